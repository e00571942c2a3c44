"""Pages of words and the concordance: finds in their lines, frequencies, counts over time."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, cast

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.corpus_query import (
    MODES,
    MORPH_LINES,
    NEAR,
    SORTS,
    WORD_LINES,
    CorpusQuery,
    Line,
    read,
)
from app.domain.errors import Invalid
from app.domain.ids import new_id
from app.domain.leipzig import gloss_parts
from app.domain.project import PARTS_OF_SPEECH
from app.domain.roles import Action
from app.domain.text import first_plain
from app.formats.examples import STYLES
from app.services import concordance, derived, lexicon, queries
from app.services.projects import list_items
from app.store.concordance import After
from app.web.context import desk
from app.web.forms import errors_of
from app.web.pages import number
from app.web.rules import rule

bp = Blueprint("concordance", __name__)
bp.add_app_template_filter(gloss_parts)
Page = str | BaseResponse | tuple[str, int]
COUNTED: tuple[Line, ...] = ("word", "morph", "gloss", "category")
_NOTHING = concordance.Found([], None, 0, False, False, False)


@bp.get("/<slug>/concordance")
@rule(Action.READ)
def index(slug: str) -> Page:
    """The form, and what it finds."""
    query = read(request.args)
    try:
        after = after_of(request.args.get("after", ""))
        found = concordance.search(desk(), query, after=after, limit=concordance.PAGE)
    except Invalid as error:
        return _screen(query, _NOTHING, errors_of(error)), 422
    return _screen(query, found, {})


@bp.get("/<slug>/concordance/frequencies")
@rule(Action.READ)
def frequencies(slug: str) -> Page:
    """What stands on a line, the commonest first."""
    line: Line = next((one for one in COUNTED if one == request.args.get("line")), "word")
    after = request.args.get("after", "")
    known = after_of(after) if after else None
    start = (int(known[0]), known[1]) if known and known[0].isdigit() else None
    found, more, partial = concordance.frequencies(desk(), line, after=start)
    return render_template(
        "concordance/frequencies.html",
        line=line,
        names=line_names(),
        lines=COUNTED,
        found=found,
        partial=partial,
        after=_token((str(found[-1][1]), found[-1][0])) if more else "",
        categories=_categories(),
        position=derived.position(desk(), "occurrences"),
        systems=_systems(),
    )


@bp.get("/<slug>/concordance/years")
@rule(Action.READ)
def years(slug: str) -> Page:
    """How often a query is found by the years of the texts."""
    query = read(request.args)
    periods, partial = concordance.over_time(desk(), query)
    return render_template(
        "concordance/years.html", query=query, told=say_query(query), periods=periods,
        partial=partial, most=max((one.finds for one in periods), default=0),
    )  # fmt: skip


@bp.get("/<slug>/concordance/finds.csv")
@rule(Action.EXPORT)
def table(slug: str) -> Response:
    """The finds as a table."""
    return _download(concordance.iter_csv(desk(), read(request.args)), "csv", "text/csv")


@bp.get("/<slug>/concordance/examples/<style>")
@rule(Action.EXPORT)
def examples(slug: str, style: str) -> Response:
    """The lines with finds as glossed examples."""
    suffix = {"text": "txt", "html": "html"}.get(style, "tex")
    found = concordance.iter_examples(desk(), read(request.args), style)
    return _download(found, suffix, "text/plain")


@bp.post("/<slug>/concordance/saved")
@rule(Action.ADD)
def save(slug: str) -> Page:
    """Keeps a query for the project."""
    query = read(request.form)
    change = request.form.get("change") or new_id("x")
    try:
        queries.save(desk(), request.form.get("name", ""), query, change_id=change)
    except Invalid as error:
        flash(" ".join(errors_of(error).values()), "danger")
    else:
        flash(_("The query is kept."), "done")
    return redirect(url_for("concordance.index", slug=slug, **cast(Any, query.arguments())))


@bp.post("/<slug>/concordance/saved/<query>/delete")
@rule(Action.EDIT_OWN)
def delete(slug: str, query: str) -> Page:
    """Forgets a query."""
    queries.delete(desk(), query, change_id=new_id("x"))
    flash(_("The query is deleted. Undo it in Activity."), "done")
    return redirect(url_for("concordance.index", slug=slug))


@bp.get("/<slug>/lexicon/<entry>/occurrences")
@rule(Action.READ)
def of_entry(slug: str, entry: str) -> Page:
    """All occurrences of an entry and its senses."""
    term = concordance.term_of_entry(lexicon.get(desk(), entry))
    return redirect(
        url_for("concordance.index", slug=slug, **cast(Any, CorpusQuery(term).arguments()))
    )


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"occurrences_of": occurrences_of}


def occurrences_of(entry: str, content: dict[str, Any]) -> str:
    """How often an entry occurs in texts; empty if it does not."""
    count, more = concordance.count_of_entry(desk(), {**content, "_id": entry})
    return f"{number(count)}+" if more else number(count) if count else ""


def line_names() -> dict[str, str]:
    """The lines, in the reader's language."""
    return {
        "word": _("Word"),
        "morph": _("Morph"),
        "gloss": _("Gloss"),
        "category": _("Category"),
        "sense": _("Entry"),
        "word-gloss": _("Gloss of the word"),
        "translation": _("Free translation"),
    }


def after_of(token: str) -> After | None:
    """The place that an address names; None where it names none."""
    try:
        found = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        return None
    if isinstance(found, list) and len(found) == 2 and all(isinstance(x, str) for x in found):
        return found[0], found[1]
    return None


def token_of(after: After | None) -> str:
    """The place as an address names it."""
    return _token(after) if after else ""


def say_query(query: CorpusQuery) -> str:
    """What is looked for, in words."""
    if query.term.line == "category":
        return _categories().get(query.term.text, query.term.text)
    if query.term.line == "sense":
        entry = query.term.text.partition(" ")[0]
        found = lexicon.get_many(desk(), [entry])
        return first_plain(found[0]["lemma"]) if found else _("an entry")
    return query.term.text


def _token(after: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(after).encode()).decode()


def _screen(query: CorpusQuery, found: concordance.Found, errors: dict[str, str]) -> str:
    saved = queries.find_all(desk())
    return render_template(
        "concordance/index.html",
        query=query,
        told="" if query.is_empty else say_query(query),
        found=found,
        errors=errors,
        after=token_of(found.after),
        begun=bool(request.args.get("after")),
        names=line_names(),
        lines=[
            (one, name)
            for one, name in line_names().items()
            if one != "sense" or query.term.line == "sense"
        ],
        modes=_named(MODES, _("is"), _("begins with"), _("contains"), _("matches (regex)")),
        near=_named(
            NEAR,
            _("(no condition)"),
            _("directly after the morph"),
            _("directly before the morph"),
            _("after the word"),
            _("before the word"),
        ),
        near_lines=[
            (one, name) for one, name in line_names().items() if one in (*MORPH_LINES, *WORD_LINES)
        ],
        sorts=_named(SORTS, _("order of the texts"), _("what stands before"), _("what follows")),
        categories=_categories(),
        saved=saved,
        position=derived.position(desk(), "occurrences"),
        systems=_systems(),
        styles=STYLES,
        change=new_id("x"),
        state=query.arguments(),
    )


def _named(codes: tuple[str, ...], *names: str) -> list[tuple[str, str]]:
    return list(zip(codes, names, strict=True))


def _categories() -> dict[str, str]:
    items = list_items(desk(), PARTS_OF_SPEECH)
    named = {item["_id"]: first_plain(item.get("name") or {}) or item["code"] for item in items}
    return dict(sorted(named.items(), key=lambda one: one[1].casefold()))


def _systems() -> dict[str, dict[str, Any]]:
    """The first object language and the first analysis language."""
    systems = desk().project.get("writing_systems", ())
    plain = {"tag": "und", "direction": "auto"}
    return {
        use: next((ws for ws in systems if ws.get(use)), plain)
        for use in ("vernacular", "analysis")
    }


def _download(parts: Iterator[str], suffix: str, media_type: str) -> Response:
    first = next(parts, "")  # what cannot be answered is refused before anything is sent
    name = f"{desk().project['slug']}-concordance.{suffix}"
    return Response(
        stream_with_context(chain([first], parts)),
        mimetype=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
