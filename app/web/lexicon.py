"""The lexicon: list, entry editor, history, relations and files of entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from flask import (
    Blueprint,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.diff import FieldChange
from app.domain.errors import Invalid, Problem
from app.domain.ids import is_id, new_id
from app.domain.project import RELATION_TYPES
from app.domain.roles import Action
from app.domain.schema import describe
from app.services import history, lexicon, media
from app.services.desk import Desk
from app.store.database import Document
from app.store.listing import FILTERS, MODES, Query
from app.store.listing import Page as ListPage
from app.web.context import desk
from app.web.entry_view import (
    Lists,
    is_filled,
    items_in,
    make_entry_view,
    make_lists,
    pieces,
)
from app.web.forms import errors_of
from app.web.rules import rule

bp = Blueprint("lexicon", __name__)
Page = str | BaseResponse | tuple[str, int]
_ROW = 56  # height of a row in CSS pixels, which the scroller counts with
MISSING = ("gloss", "definition", "pos", "domain", "example", "pronunciation", "picture", "sense")


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"is_filled": is_filled, "pieces": pieces, "describe": describe, "new_id": new_id}


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
    body = render_template(
        "lexicon/rows.html", rows=page.rows, lists=_row_lists(desk(), page.rows), slug=slug
    )
    answer = make_response(body)
    answer.headers["X-More"] = "yes" if page.more else "no"
    if page.partial:
        answer.headers["X-Partial"] = "yes"
    if not at and "after" not in request.args:
        answer.headers["X-Count"] = _count_words(desk(), query, page)
    return answer


@bp.get("/<slug>/lexicon/<entry>")
@rule(Action.READ)
def show(slug: str, entry: str) -> Page:
    """An entry in its editor."""
    if request.headers.get("X-Part") == "row":
        found = lexicon.rows_of(desk(), entry)
        lists = _row_lists(desk(), found)
        return render_template("lexicon/rows.html", rows=found, slug=slug, lists=lists)
    stored = lexicon.get(desk(), entry, deleted=True)
    if request.headers.get("X-Part") == "entry":
        return _editor(desk(), stored)
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


@bp.post("/<slug>/lexicon/<entry>/changes")
@rule(Action.EDIT_OWN)
def save(slug: str, entry: str) -> Page:
    """Saves changes of fields; answers with the entry as it is now."""
    body = _body()
    done = lexicon.save(
        desk(),
        entry,
        [_change(found) for found in body.get("changes", ())],
        base_rev=body.get("rev"),
        change_id=_change_id(body),
    )
    stored = lexicon.get(desk(), entry)
    change = done.change["_id"] if done.change else None
    found = lexicon.rows_of(desk(), entry)
    row = render_template(
        "lexicon/rows.html", rows=found, slug=slug, lists=_row_lists(desk(), found)
    )
    return jsonify(html=_editor(desk(), stored), rev=stored["rev"], change=change, row=row)


@bp.post("/<slug>/lexicon/<entry>/delete")
@rule(Action.EDIT_OWN)
def delete(slug: str, entry: str) -> Page:
    """Deletes an entry; the page that follows offers to bring it back."""
    done = lexicon.delete(desk(), entry, change_id=request.form.get("change") or new_id("x"))
    if done.change:
        flash(_("Deleted. It can be brought back from here or from the activity page."), "done")
    return redirect(url_for("lexicon.show", slug=slug, entry=entry))


@bp.post("/<slug>/lexicon/<entry>/restore")
@rule(Action.DELETE)
def restore(slug: str, entry: str) -> Page:
    """Brings a deleted entry back."""
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


@bp.post("/<slug>/lexicon/<entry>/undo")
@rule(Action.EDIT_OWN)
def undo(slug: str, entry: str) -> Page:
    """Takes a step of an entry's history back."""
    body = _body()
    done = history.undo(
        desk(), [str(one) for one in body.get("undo", ())], change_id=_change_id(body)
    )
    stored = lexicon.get(desk(), entry, deleted=True)
    return jsonify(
        html=_editor(desk(), stored),
        rev=stored["rev"],
        change=done.change["_id"] if done.change else None,
        conflicts=[
            {
                "path": list(found.path),
                "label": describe(found.path),
                "base": found.base,
                "mine": found.mine,
                "theirs": found.theirs,
                "reason": found.reason,
            }
            for found in done.conflicts
        ],
    )


@bp.post("/<slug>/lexicon/<entry>/relations")
@rule(Action.EDIT_OWN)
def relate(slug: str, entry: str) -> Page:
    """Relates an entry or a sense to another entry."""
    body = _body()
    part = body.get("part")
    lexicon.relate(
        desk(),
        entry,
        part if part != entry else None,
        str(body.get("type", "")),
        str(body.get("other", "")),
        change_id=_change_id(body),
    )
    return jsonify(html=_editor(desk(), lexicon.get(desk(), entry)))


@bp.post("/<slug>/lexicon/<entry>/relations/<relation>/delete")
@rule(Action.EDIT)
def unrelate(slug: str, entry: str, relation: str) -> Page:
    """Deletes a relation."""
    lexicon.unrelate(desk(), relation, change_id=_change_id(_body()))
    return jsonify(html=_editor(desk(), lexicon.get(desk(), entry)))


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


@bp.get("/<slug>/files/<file_id>")
@rule(Action.READ)
def show_file(slug: str, file_id: str) -> Page:
    """A picture or a recording; parts of it by range."""
    found = media.open_media(desk(), file_id)
    facts = found.metadata or {}
    answer = send_file(
        cast(Any, found),
        mimetype=facts.get("type", "application/octet-stream"),
        download_name=found.filename,
        conditional=True,
        etag=facts.get("sha256", file_id),
        max_age=3600,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@bp.post("/<slug>/files")
@rule(Action.ADD)
def upload(slug: str) -> Page:
    """Keeps a picture or a recording; answers with its id."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(Problem("file", "Choose a picture or a recording first."))
    kept = media.keep_media(desk(), cast(Any, sent.stream), sent.filename)
    return jsonify(id=kept, href=sent.filename)


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
        missing=MISSING,
        may_add=at.may(Action.ADD),
        relation_types=lists.by_list.get(RELATION_TYPES, []),
        vernacular=[w for w in at.project.get("writing_systems", ()) if w.get("vernacular")],
        analysis=[w for w in at.project.get("writing_systems", ()) if w.get("analysis")],
    )


def _editor(at: Desk, stored: Document) -> str:
    view = make_entry_view(at, stored, make_lists(at, items_in(stored)))
    return render_template("lexicon/entry.html", view=view)


def _row_lists(at: Desk, rows: list[Document]) -> Lists:
    """The names of the few items that rows show."""
    wanted = {item for row in rows for item in (*row.get("pos", ()), row.get("status")) if item}
    return make_lists(at, wanted, ())


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
        return str(_("more than %(n)s entries", n=f"{count:,}"))
    return str(_("1 entry") if count == 1 else _("%(n)s entries", n=f"{count:,}"))


def _texts(name: str) -> dict[str, str]:
    """The values of form fields `name.ws`, by writing system."""
    prefix = f"{name}."
    return {
        key.removeprefix(prefix): value
        for key, value in request.form.items()
        if key.startswith(prefix)
    }


def _body() -> Document:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid("Send a JSON object.")
    return body


def _change_id(body: Document) -> str:
    """The id that the client gave the change, so that a retry is not a second change."""
    given = body.get("id")
    if given is None:
        return new_id("x")
    if not is_id(given) or not str(given).startswith("x_"):
        raise Invalid(Problem("id", "A change's id is x_ and a UUIDv7 in base32hex."))
    return str(given)


def _change(found: Any) -> FieldChange:
    try:
        change = FieldChange.from_document(found)
    except (KeyError, TypeError, AttributeError) as error:
        raise Invalid(Problem("changes", "Each change has a path, before and after.")) from error
    if not all(isinstance(key, str) for key in change.path):
        raise Invalid(Problem("changes", "The keys of a path are strings."))
    return replace(change, path=tuple(change.path))
