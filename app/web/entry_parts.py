"""The parts of the lexicon's page that scripts fetch: the editor of an entry, rows of the list."""

from __future__ import annotations

from flask import render_template

from app.services.desk import Desk
from app.store.database import Document
from app.web.entry_view import Lists, items_in, make_entry_view, make_lists


def render_editor(at: Desk, stored: Document) -> str:
    """An entry in its editor."""
    view = make_entry_view(at, stored, make_lists(at, items_in(stored)))
    return render_template("lexicon/entry.html", view=view)


def render_rows(at: Desk, rows: list[Document]) -> str:
    """Rows of the list."""
    slug = at.project["slug"]
    return render_template("lexicon/rows.html", rows=rows, slug=slug, lists=_row_lists(at, rows))


def _row_lists(at: Desk, rows: list[Document]) -> Lists:
    """The names of the few items that rows show."""
    wanted = {item for row in rows for item in (*row.get("pos", ()), row.get("status")) if item}
    return make_lists(at, wanted, ())
