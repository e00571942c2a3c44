"""Pages that read texts: the list of them, and one with its glossed lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain import interlinear
from app.domain.ids import new_id
from app.domain.leipzig import gloss_parts
from app.domain.project import GENRES
from app.domain.roles import Action
from app.domain.text import first_plain
from app.formats.examples import STYLES
from app.services import examples, lexicon, people, texts
from app.services.projects import list_items
from app.store.database import Document
from app.web.context import desk
from app.web.rules import rule

bp = Blueprint("texts", __name__)
bp.add_app_template_filter(gloss_parts)


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"words_in": words_in, "example_styles": STYLES}


@bp.get("/<slug>/texts")
@rule(Action.READ)
def index(slug: str) -> str:
    """The texts of the project, with how far each is glossed."""
    return render_template(
        "texts/index.html",
        texts=texts.list_texts(desk()),
        alone=texts.standing_alone(desk()),
        genres=_names(GENRES),
    )


@bp.get("/<slug>/texts/sentences")
@rule(Action.READ)
def sentences(slug: str) -> str:
    """The utterances that belong to no text."""
    stretch = texts.utterances(desk(), None, after=request.args.get("after", ""))
    return _read(None, stretch)


@bp.get("/<slug>/texts/<text>")
@rule(Action.READ)
def show(slug: str, text: str) -> str:
    """One text: its lines with words, morphs, glosses and translations."""
    stored = texts.get(desk(), text)
    stretch = texts.utterances(desk(), text, after=request.args.get("after", ""))
    return _read(stored, stretch)


@bp.post("/<slug>/texts/<text>/delete")
@rule(Action.DELETE)
def delete(slug: str, text: str) -> BaseResponse:
    """Deletes a text with its lines; it can be undone."""
    name = texts.title_of(texts.get(desk(), text)) or _("Without a title")
    texts.delete(desk(), text, change_id=new_id("x"))
    flash(_("Deleted %(name)s. Undo it in Activity.", name=name), "done")
    return redirect(url_for("texts.index", slug=slug))


@bp.get("/<slug>/texts/lines/<line>/example/<style>")
@rule(Action.READ)
def example(slug: str, line: str, style: str) -> Response:
    """One line as an example for a paper."""
    return Response(examples.write_example(desk(), line, style), mimetype="text/plain")


@dataclass(frozen=True)
class Column:
    """A word of a line, as it is shown.

    Attributes:
        form: the word as it is written; shown where it has no morphs.
        morphs: of the chosen analysis: form, gloss, join, entry and sense.
        gloss: of the word as a whole.
        rivals: other analyses, in one line each.
        suggested: whether a machine made the analysis and nobody confirmed it.
    """

    form: str
    language: str
    morphs: list[Document]
    gloss: str
    rivals: list[str]
    suggested: bool


def _read(text: Document | None, stretch: texts.Stretch) -> str:
    systems = {ws["id"]: ws for ws in desk().project.get("writing_systems", ())}
    vernacular = [ws for ws in systems.values() if ws.get("vernacular")] or [*systems.values()][:1]
    code = vernacular[0]["id"] if vernacular else ""
    return render_template(
        "texts/text.html",
        text=text,
        title=texts.title_of(text) if text else "",
        lines=[(line, _columns(line, code)) for line in stretch.utterances],
        before=stretch.before,
        more=stretch.more,
        first=_first_of_paragraphs(stretch.utterances),
        systems=systems,
        code=code,
        facts=_facts(text or {}, _speakers(text, stretch.utterances)),
        entries=_entries(stretch.utterances),
    )


def _columns(line: Document, ws: str) -> list[Column]:
    """The words of a line in order, without its punctuation."""
    words = [word for word in line.get("words", ()) if word.get("type") != "punctuation"]
    return [_column(word, ws) for word in words]


def _column(word: Document, ws: str) -> Column:
    analysis = interlinear.chosen(word) or {}
    morphs = [
        {
            "form": first_plain(morph.get("form") or {}, (morph.get("ws") or ws,)),
            "gloss": first_plain(morph.get("gloss") or {}),
            "left": morph.get("left", ""),
            "entry": morph.get("entry"),
        }
        for morph in analysis.get("morphs", ())
    ]
    rivals = [one for one in word.get("analyses", ()) if one["id"] != analysis.get("id")]
    by_machine = analysis.get("origin") in ("memory", "lexicon", "model")
    return Column(
        first_plain(word.get("form") or {}, (ws,)),
        word.get("language") or "",
        morphs,
        first_plain(analysis.get("gloss") or {}),
        [
            f"{interlinear.written_morphs(one, ws)} ‘{interlinear.written_gloss(one)}’"
            for one in rivals
        ],
        by_machine and not analysis.get("confirmed_by"),
    )


def words_in(line: Document, group: Document, ws: str) -> str:
    """The words of an utterance that a group holds, or whose morphs it does."""
    members = set(group.get("members", ()))
    found = [
        first_plain(word.get("form") or {}, (ws,))
        for word in line.get("words", ())
        if word["id"] in members
        or any(
            morph["id"] in members
            for analysis in word.get("analyses", ())
            for morph in analysis.get("morphs", ())
        )
    ]
    return " ".join(found)


def _first_of_paragraphs(lines: Iterable[Document]) -> set[str]:
    """The utterances with which a paragraph begins, the first one left out."""
    found: set[str] = set()
    last: str | None = None
    for place, line in enumerate(lines):
        if place and line.get("paragraph") != last:
            found.add(line["_id"])
        last = line.get("paragraph")
    return found


def _speakers(text: Document | None, lines: Iterable[Document]) -> dict[str, str]:
    """What to call the persons who speak: members know their names, others the public labels."""
    named = {line["speaker"] for line in lines if line.get("speaker")}
    named |= set((text or {}).get("speakers", ()))
    if not named:
        return {}
    if desk().role is None and not desk().actor.system:
        return {one.id: one.label for one in people.find_public(desk()) if one.id in named}
    return {one["_id"]: one["name"] for one in people.find_all(desk()) if one["_id"] in named}


def _entries(lines: Iterable[Document]) -> dict[str, str]:
    """The lemma of each entry that the lines point at and that may be read."""
    ids = {
        morph["entry"]
        for line in lines
        for word in line.get("words", ())
        for analysis in word.get("analyses", ())
        for morph in analysis.get("morphs", ())
        if morph.get("entry")
    }
    found = lexicon.get_many(desk(), sorted(ids))
    return {
        entry["_id"]: first_plain(entry.get("citation") or {}) or first_plain(entry["lemma"])
        for entry in found
    }


def _facts(text: Document, speakers: dict[str, str]) -> list[str]:
    """Genre, date and speakers of a text, as far as they are known."""
    told = [_names(GENRES).get(text.get("genre", ""), ""), str(text.get("date", ""))]
    told += [speakers.get(person, "") for person in text.get("speakers", ())]
    return [fact for fact in told if fact]


def _names(list_code: str) -> dict[str, str]:
    items = list_items(desk(), list_code)
    return {item["_id"]: first_plain(item.get("name") or {}) or item["code"] for item in items}
