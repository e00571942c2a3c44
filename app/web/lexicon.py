"""The lexicon: the list with its filters, an entry beside it, its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import (
    Blueprint,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid
from app.domain.ids import new_id
from app.domain.project import RELATION_TYPES
from app.domain.roles import Action
from app.services import history, lexicon, pointers
from app.services.desk import Desk
from app.store.database import Document
from app.store.listing import FILTERS, MODES, Query
from app.store.listing import Page as ListPage
from app.web.context import desk
from app.web.entry_parts import render_editor, render_rows
from app.web.entry_view import (
    is_filled,
    items_in,
    make_entry_view,
    make_lists,
    pieces,
)
from app.web.forms import errors_of
from app.web.pages import number
from app.web.rules import rule
from app.web.waiting import as_job

bp = Blueprint("lexicon", __name__)
Page = str | BaseResponse | tuple[str, int]
_ROW = 56  # height of a row in CSS pixels, which the scroller counts with


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"is_filled": is_filled, "pieces": pieces, "new_id": new_id}


@bp.get("/<slug>")
@rule(Action.READ)
def project(slug: str) -> Page:
    """The front of a project is its lexicon."""
    return redirect(url_for("lexicon.index", slug=slug))


@bp.get("/<slug>/lexicon")
@rule(Action.READ)
def index(slug: str) -> Page:
    """The list, and beside it a way to begin."""
    return _screen(desk(), None)


@bp.get("/<slug>/lexicon/rows")
@rule(Action.READ)
def rows(slug: str) -> Page:
    """A stretch of the list, for scrolling and for searching while one types."""
    query = query_of(request.args)
    at = request.args.get("at", 0, type=int)
    page = lexicon.list_page(
        desk(),
        query,
        at=max(0, at),
        letter=request.args.get("letter", ""),
        after=request.args.get("after", ""),
        limit=lexicon.PAGE,
    )
    answer = make_response(render_rows(desk(), page.rows))
    answer.headers["X-More"] = "yes" if page.more else "no"
    if page.partial:
        answer.headers["X-Partial"] = "yes"
    if not at and "after" not in request.args:
        answer.headers["X-Count"] = quote(_count_words(desk(), query, page))
    return answer


@bp.get("/<slug>/lexicon/<entry>")
@rule(Action.READ)
def show(slug: str, entry: str) -> Page:
    """An entry in its editor."""
    if request.headers.get("X-Part") == "row":
        return render_rows(desk(), lexicon.rows_of(desk(), entry))
    stored = lexicon.get(desk(), entry, deleted=True)
    if request.headers.get("X-Part") == "entry":
        return render_editor(desk(), stored)
    return _screen(desk(), stored)


@bp.post("/<slug>/lexicon")
@rule(Action.ADD)
def add(slug: str) -> Page:
    """Adds an entry from the short form: word, gloss, part of speech."""
    form = request.form
    sense = {
        "id": new_id("s"),
        "gloss": {ws: text for ws, text in _texts("gloss").items() if text.strip()},
    }
    if form.get("pos"):
        sense["pos"] = form["pos"]
    content = {
        "id": form.get("id") or new_id("e"),
        "lemma": {ws: text for ws, text in _texts("lemma").items() if text.strip()},
        "senses": [sense],
    }
    try:
        made = lexicon.add(desk(), content, form.get("change") or new_id("x"))
    except Invalid as error:
        flash(" ".join(errors_of(error).values()), "danger")
        return _screen(desk(), None), 422
    return redirect(url_for("lexicon.show", slug=slug, entry=made))


@bp.post("/<slug>/lexicon/<entry>/delete")
@rule(Action.EDIT_OWN)
def delete(slug: str, entry: str) -> Page:
    """Deletes an entry; the page that follows offers to bring it back."""
    if pointers.are_many(desk(), entry):
        return as_job("delete-entry", entry=entry, id=new_id("x"))
    done = lexicon.delete(desk(), entry, change_id=request.form.get("change") or new_id("x"))
    if done.change:
        flash(_("Deleted. It can be brought back from here or from the activity page."), "done")
    return redirect(url_for("lexicon.show", slug=slug, entry=entry))


@bp.post("/<slug>/lexicon/<entry>/restore")
@rule(Action.DELETE)
def restore(slug: str, entry: str) -> Page:
    """Brings a deleted entry back."""
    if pointers.return_many(desk(), entry):
        return as_job("restore-entry", entry=entry, id=new_id("x"))
    lexicon.restore(desk(), entry, change_id=new_id("x"))
    flash(_("The entry is back."), "done")
    return redirect(url_for("lexicon.show", slug=slug, entry=entry))


@bp.get("/<slug>/lexicon/<entry>/history")
@rule(Action.READ)
def show_history(slug: str, entry: str) -> Page:
    """Who changed what in an entry, and when."""
    stored = lexicon.get(desk(), entry, deleted=True)
    steps = history.of_record(desk(), "entry", entry)
    fields = [step.fields for step in steps]
    lists = make_lists(desk(), {*items_in(stored), *items_in(fields)})
    view = make_entry_view(desk(), stored, lists)
    part = request.headers.get("X-Part") == "history"
    template = "lexicon/history.html" if part else "lexicon/history_page.html"
    return render_template(template, view=view, steps=steps)


@bp.get("/<slug>/lexicon/items/<list_code>")
@rule(Action.READ)
def items(slug: str, list_code: str) -> Page:
    """The items of a long list, for fields in which one of them is chosen."""
    lists = make_lists(desk(), (), (list_code,))
    found = lists.by_list.get(list_code, ())
    return jsonify([{"id": one.id, "name": one.name} for one in found])


@bp.get("/<slug>/lexicon/find")
@rule(Action.READ)
def find(slug: str) -> Page:
    """Entries for a field in which one chooses an entry, and words that are there already."""
    text = request.args.get("q", "")
    if request.args.get("same"):
        found = lexicon.similar(desk(), text) if text.strip() else []
    else:
        found = lexicon.list_page(desk(), Query(text), limit=12).rows if text.strip() else []
    return jsonify(
        [
            {
                "id": row["entry"],
                "lemma": row["lemma"],
                "homograph": row.get("homograph"),
                "gloss": row["gloss"],
                "href": url_for("lexicon.show", slug=slug, entry=row["entry"]),
            }
            for row in found
        ]
    )


def _screen(at: Desk, stored: Document | None) -> str:
    """The whole page: list, and an entry or the way to begin."""
    query = query_of(request.args)
    wanted = {*items_in(stored or {}), *query.only.values()}
    lists = make_lists(at, (item for item in wanted if item.startswith("i_")))
    letter = request.args.get("letter", "")
    page = lexicon.list_page(at, query, letter=letter)
    headings = lexicon.headings(at) if query.is_all else []
    total = sum(heading.count for heading in headings)
    first = next((h.before for h in headings if h.letter == letter), 0)
    view = make_entry_view(at, stored, lists) if stored else None
    return render_template(
        "lexicon/index.html",
        view=view,
        page=page,
        lists=lists,
        query=query,
        headings=headings,
        total=total,
        first=first,
        counted="" if query.is_all else _count_words(at, query, page),
        row_height=_ROW,
        missing=missing_names(),
        may_add=at.may(Action.ADD),
        relation_types=lists.by_list.get(RELATION_TYPES, []),
        vernacular=[w for w in at.project.get("writing_systems", ()) if w.get("vernacular")],
        analysis=[w for w in at.project.get("writing_systems", ()) if w.get("analysis")],
    )


def query_of(source: Mapping[str, str]) -> Query:
    """The filter that an address or a form asks for."""
    mode = source.get("mode", "start")
    only = {name: source[name] for name in FILTERS if source.get(name)}
    return Query(
        source.get("q", "")[:200],
        mode if mode in MODES else "start",
        source.get("exact") == "yes",
        only,
    )


def missing_names() -> dict[str, str]:
    """What an entry can lack, by its key in a filter."""
    return {
        "gloss": _("gloss"),
        "definition": _("definition"),
        "pos": _("part of speech"),
        "domain": _("semantic domain"),
        "example": _("example"),
        "pronunciation": _("pronunciation"),
        "picture": _("picture"),
        "sense": _("sense"),
    }


def _count_words(at: Desk, query: Query, shown: ListPage) -> str:
    """How many entries a filtered list has; while one types, only whether there are many."""
    if query.is_all:
        return ""
    if not shown.more:
        count, more = len(shown.rows), False
    elif query.text:
        count, more = len(shown.rows), True
    else:
        count, more = lexicon.count(at, query)
    if more:
        return str(_("more than %(n)s entries", n=number(count)))
    return str(ngettext("1 entry", "%(n)s entries", count, n=number(count)))


def _texts(name: str) -> dict[str, str]:
    """The values of form fields `name.ws`, by writing system."""
    prefix = f"{name}."
    return {
        key.removeprefix(prefix): value
        for key, value in request.form.items()
        if key.startswith(prefix)
    }
