"""The table for bulk work, and the finder of duplicates."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.errors import Invalid
from app.domain.ids import new_id
from app.domain.roles import Action
from app.services import bulk_edit, duplicates, lexicon, pointers
from app.services.checking import ITEM_FIELDS
from app.store.bulk import conflicts_of
from app.store.listing import Query
from app.web.context import desk
from app.web.entry_view import EntryView, Lists, make_entry_view, make_lists
from app.web.forms import errors_of
from app.web.lexicon import missing_names, query_of
from app.web.rules import rule
from app.web.waiting import as_job

bp = Blueprint("bulk", __name__)
Page = str | Response | tuple[str, int]
_PAIRS = 40


@bp.get("/<slug>/table")
@rule(Action.BULK)
def table(slug: str) -> Page:
    """Entries as a table: filter, choose, change."""
    return _table({})


@bp.post("/<slug>/table")
@rule(Action.BULK)
def prepare(slug: str) -> Page:
    """Works out what an operation would do, and shows it."""
    form = request.form
    target, _dot, ws = form.get("target", "").partition(".")
    operation = bulk_edit.Operation(
        kind=cast(bulk_edit.Kind, form.get("kind", "")),
        target=target,
        ws=ws,
        value=form.get("item", "") if target in ITEM_FIELDS else form.get("value", ""),
        find=form.get("find", ""),
        as_regex=form.get("regex") == "yes",
        empty_only=form.get("empty") == "yes",
    )
    ids = [] if form.get("all") == "yes" else form.getlist("entry")
    if not ids and form.get("all") != "yes":
        return _table({"": _("Choose entries first, or all that the filter shows.")}), 422
    try:
        change = bulk_edit.prepare(desk(), query_of(form), operation, ids)
    except Invalid as error:
        return _table(errors_of(error)), 422
    return redirect(url_for("bulk.preview", slug=slug, change=change["_id"]))


@bp.get("/<slug>/table/<change>")
@rule(Action.BULK)
def preview(slug: str, change: str) -> Page:
    """What a bulk change would do, before and after."""
    found = bulk_edit.get_prepared(desk(), change)
    left = conflicts_of(desk().store, change) if found["state"] == "done" else []
    return render_template(
        "lexicon/bulk_preview.html", change=found, lists=make_lists(desk(), codes=None), left=left
    )


@bp.post("/<slug>/table/<change>")
@rule(Action.BULK)
def confirm(slug: str, change: str) -> Page:
    """Carries a bulk change out, or forgets it."""
    if request.form.get("do") != "yes":
        bulk_edit.discard(desk(), change)
        flash(_("Nothing was changed."), "done")
        return redirect(url_for("bulk.table", slug=slug))
    shown = set(request.form.getlist("shown[]"))
    found = bulk_edit.choose(desk(), change, sorted(shown - set(request.form.getlist("entry"))))
    if bulk_edit.is_large(found):
        return as_job("bulk", change=change)
    bulk_edit.carry_out(desk(), change)
    flash(_("Done. It can be undone as one from the activity page."), "done")
    return redirect(url_for("bulk.preview", slug=slug, change=change))


@bp.get("/<slug>/duplicates")
@rule(Action.EDIT)
def find_duplicates(slug: str) -> Page:
    """Entries that may be one and the same, two by two."""
    pairs = duplicates.find_pairs(desk())
    lists = make_lists(desk(), codes=None)
    shown = [
        (pair, _view(pair.one["entry"], lists), _view(pair.other["entry"], lists))
        for pair in pairs[:_PAIRS]
    ]
    return render_template("lexicon/duplicates.html", pairs=shown, total=len(pairs))


@bp.post("/<slug>/duplicates")
@rule(Action.EDIT)
def decide(slug: str) -> Page:
    """Merges two entries, or notes that they are different."""
    form = request.form
    one, other = form.get("one", ""), form.get("other", "")
    if form.get("do") == "apart":
        duplicates.set_apart(desk(), one, other)
        flash(_("They will not be shown as duplicates again."), "done")
    else:
        into, gone = (one, other) if form.get("do") == "one" else (other, one)
        if pointers.are_many(desk(), gone):
            return as_job("merge-entries", entry=into, other=gone, id=new_id("x"))
        duplicates.merge(desk(), into, gone, change_id=new_id("x"))
        flash(_("Merged. It can be undone from the activity page."), "done")
    return redirect(url_for("bulk.find_duplicates", slug=slug))


def _view(entry: str, lists: Lists) -> EntryView:
    return make_entry_view(desk(), lexicon.get(desk(), entry), lists)


def _table(errors: dict[str, str]) -> str:
    source = request.form if request.method == "POST" else request.args
    query: Query = query_of(source)
    page = lexicon.list_page(desk(), query, after=source.get("after", ""), limit=lexicon.PAGE)
    entries = lexicon.get_many(desk(), [row["entry"] for row in page.rows])
    counted, more = lexicon.count(desk(), query)
    systems = desk().project.get("writing_systems", ())
    return render_template(
        "lexicon/table.html",
        query=query,
        page=page,
        entries=entries,
        lists=make_lists(desk(), codes=None),
        counted=f"{counted:,}{'+' if more else ''}",
        vernacular=[ws for ws in systems if ws.get("vernacular")],
        analysis=[ws for ws in systems if ws.get("analysis")],
        item_fields=ITEM_FIELDS,
        missing=missing_names(),
        errors=errors,
        form=request.form,
        may_delete=desk().may(Action.DELETE),
    )
