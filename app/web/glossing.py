"""What the script of the interlinear editor asks for: each answer is the line as it is now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypeGuard

from flask import Blueprint, jsonify, request, url_for
from flask.wrappers import Response
from werkzeug.wrappers import Response as BaseResponse

from app.domain import leipzig
from app.domain.defaults import ABBREVIATIONS
from app.domain.errors import Invalid, Problem
from app.domain.project import GLOSS_ABBREVIATIONS
from app.domain.roles import Action
from app.domain.text import plains
from app.services import (
    glossing,
    guesses,
    history,
    label_guesses,
    model_guesses,
    model_translations,
    morph_entries,
    text_lines,
    texts,
)
from app.services.followers import wait
from app.services.glossing import Written
from app.services.predict import Predict
from app.services.projects import list_items
from app.store.changes import Committed
from app.store.database import Document
from app.web.bodies import change_id_of, field_changes_of, json_body
from app.web.context import desk, parts
from app.web.interlinear import render_lines
from app.web.rules import rule
from app.web.texts import describe_path, translate

bp = Blueprint("glossing", __name__)
_MOST_LINES = 200
_PATIENCE = 1.5  # seconds that an answer waits for the memory to have learnt


@bp.get("/<slug>/texts/lines")
@rule(Action.READ)
def lines(slug: str) -> BaseResponse:
    """Lines as they are now, each as an item of the list; `after` waits for what was learnt.

    `X-Waiting` says that guesses are missing because the model is being loaded.
    """
    wanted = request.args.getlist("id")[:_MOST_LINES]
    if after := request.args.get("after", 0, type=int):
        wait(desk(), "memory", after, _PATIENCE)
    found = texts.get_lines(desk(), wanted)
    numbers = dict(zip(wanted, request.args.getlist("number", type=int), strict=False))
    made = {
        line["_id"]: render_lines([line], numbers.get(line["_id"], 1), guess=True) for line in found
    }
    answer = jsonify(made)
    if model_guesses.is_waiting(desk()):
        answer.headers["X-Waiting"] = "model"
    return answer


@bp.post("/<slug>/texts/lines/<line>/words/<word>")
@rule(Action.EDIT_OWN)
def gloss(slug: str, line: str, word: str) -> BaseResponse:
    """Does something to a word: see `_WORD`."""
    body = json_body()
    done = _WORD.get(str(body.get("do")), _unknown)(line, word, body, change_id_of(body))
    return _answer(line, done)


@bp.post("/<slug>/texts/lines/<line>")
@rule(Action.EDIT_OWN)
def change_line(slug: str, line: str) -> BaseResponse:
    """Changes a line: `save` fields, `respell`, `split`, `join`, `add` one after it, `delete`."""
    body = json_body()
    change_id = change_id_of(body)
    match body.get("do"):
        case "save":
            return _answer(
                line, text_lines.save(desk(), line, field_changes_of(body), change_id=change_id)
            )
        case "respell":
            ws = str(body.get("ws") or text_lines.main_system(desk()))
            said = str(body.get("text", ""))
            return _answer(line, text_lines.respell(desk(), line, ws, said, change_id=change_id))
        case "split":
            word = str(body.get("word", ""))
            new = text_lines.split_line(desk(), line, word, change_id=change_id)
            return _moved(line, new, change_id)
        case "join":
            kept = text_lines.join_lines(desk(), line, change_id=change_id)
            return _moved(kept, kept, change_id)
        case "add":
            said = str(body.get("text", ""))
            new = text_lines.add_line(desk(), line, said, change_id=change_id)
            return _moved(line, new, change_id)
        case "delete":
            text_lines.delete_line(desk(), line, change_id=change_id)
            return jsonify(reload=True, change=change_id)
    raise Invalid(Problem("do", "Nothing of this name can be done to a line."))


@bp.post("/<slug>/texts/lines/<line>/accept")
@rule(Action.EDIT_OWN)
def accept(slug: str, line: str) -> BaseResponse:
    """Takes over the best guess of each word of a line that nobody has glossed.

    A gloss that is but a word of the translation is for people to choose.
    """
    body = json_body()
    offers = _guesses(text_lines.get(desk(), line))
    firm = {word: [one for one in found if not one.tentative] for word, found in offers.items()}
    best = {word: found[0].analysis for word, found in firm.items() if found}
    done = glossing.take_all(desk(), line, best, change_id=change_id_of(body))
    return _answer(line, done)


@bp.get("/<slug>/texts/lines/<line>/words/<word>/choices")
@rule(Action.EDIT_OWN)
def choices(slug: str, line: str, word: str) -> BaseResponse:
    """The analyses that a word may have: what is likeliest here, then others of the same word."""
    stored = text_lines.get(desk(), line)
    ws = text_lines.main_system(desk())
    form = next((w.get("form", {}).get(ws, "") for w in stored["words"] if w["id"] == word), "")
    here = _guesses(stored).get(word, [])
    found = [*here, *guesses.analyses_of(desk(), str(form), ws)]
    return jsonify([{**asdict(one), "reason": translate(one.reason)} for one in found])


@bp.get("/<slug>/texts/lines/<line>/words/<word>/language")
@rule(Action.EDIT_OWN)
def language(slug: str, line: str, word: str) -> BaseResponse:
    """Of which other language a word may be, by the model that says such; nothing if of none."""
    stored = text_lines.get(desk(), line)
    found = label_guesses.language_of(desk(), Predict(parts().settings), stored, word)
    return jsonify({**asdict(found), "reason": translate(found.reason)} if found else None)


def _guesses(line: Document) -> dict[str, list[guesses.Suggestion]]:
    return model_guesses.suggest(desk(), Predict(parts().settings), [line])[line["_id"]]


@bp.get("/<slug>/texts/lines/<line>/translations/<ws>")
@rule(Action.EDIT_OWN)
def translations(slug: str, line: str, ws: str) -> BaseResponse:
    """What the free translation of a line may be, with the reasons.

    With `model=no` at once, without the model's; `waiting` says whether it may have more to say.
    """
    stored, at_once = text_lines.get(desk(), line), request.args.get("model") == "no"
    predict = None if at_once else Predict(parts().settings)
    found = model_translations.suggest(desk(), predict, stored, ws)
    waiting = model_translations.is_waiting(desk())
    if at_once:
        waiting = waiting or model_translations.has_model(desk(), ws)
    offers = [{**asdict(one), "reason": translate(one.reason)} for one in found]
    return jsonify(offers=offers, waiting=waiting)


@bp.get("/<slug>/texts/senses")
@rule(Action.READ)
def senses(slug: str) -> BaseResponse:
    """The senses that a morph of a form may realise."""
    found = morph_entries.choices(desk(), request.args.get("form", ""))
    return jsonify([_choice(one) for one in found])


@bp.post("/<slug>/texts/senses")
@rule(Action.ADD)
def add_sense(slug: str) -> BaseResponse:
    """Adds an entry for a morph, or a sense to the entry that is named."""
    body = json_body()
    morph = body.get("morph")
    if not isinstance(morph, dict):
        raise Invalid(Problem("morph", "Send the morph with its form and gloss."))
    change_id = change_id_of(body)
    if entry := body.get("entry"):
        made = morph_entries.add_sense(desk(), str(entry), morph, change_id=change_id)
    else:
        made = morph_entries.add_entry(desk(), morph, change_id=change_id)
    return jsonify(_choice(made) | {"change": change_id})


@bp.post("/<slug>/texts/check")
@rule(Action.READ)
def check(slug: str) -> BaseResponse:
    """What does not fit between a written word and its gloss; warnings, never a refusal."""
    body = json_body()
    form, gloss_ = str(body.get("form", "")), str(body.get("gloss", ""))
    found = leipzig.check(form, gloss_, _labels())
    return jsonify([one.what for one in found])


@bp.post("/<slug>/texts/lines/<line>/undo")
@rule(Action.EDIT_OWN)
def undo(slug: str, line: str) -> BaseResponse:
    """Takes changes back."""
    body = json_body()
    undone = [str(one) for one in body.get("undo", ())]
    done = history.undo(desk(), undone, change_id=change_id_of(body))
    ops = (done.change or {}).get("ops", ())
    if len(ops) == 1 and ops[0]["id"] == line and ops[0]["action"] == "update":
        return _answer(line, done)
    return jsonify(reload=True, change=done.change["_id"] if done.change else None)


# What can be done to a word: line, word, body, id of the change


def _write(line: str, word: str, body: Document, change_id: str) -> Committed:
    typed, seen = body.get("typed"), body.get("seen")
    if not _is_analysis(typed) or not (seen is None or isinstance(seen, dict)):
        raise Invalid(Problem("typed", "Send what was typed as an object with a list of morphs."))
    said = Written(typed, seen, bool(body.get("confirm")))
    return glossing.write(desk(), line, word, said, change_id=change_id)


def _take(line: str, word: str, body: Document, change_id: str) -> Committed:
    analysis = body.get("analysis")
    if not _is_analysis(analysis):
        raise Invalid(Problem("analysis", "Send the analysis as an object."))
    return glossing.take(desk(), line, word, analysis, change_id=change_id)


def _add(line: str, word: str, body: Document, change_id: str) -> Committed:
    typed = body.get("typed")
    if not _is_analysis(typed):
        raise Invalid(Problem("typed", "Send what was typed as an object with a list of morphs."))
    return glossing.add(desk(), line, word, typed, change_id=change_id)


def _set_language(line: str, word: str, body: Document, change_id: str) -> Committed:
    code = str(body.get("language") or "")
    return glossing.set_language(desk(), line, word, code, change_id=change_id)


def _choose(line: str, word: str, body: Document, change_id: str) -> Committed:
    analysis = str(body.get("analysis", ""))
    return glossing.choose(desk(), line, word, analysis, change_id=change_id)


def _reject(line: str, word: str, body: Document, change_id: str) -> Committed:
    analysis = str(body.get("analysis", ""))
    return glossing.reject(desk(), line, word, analysis, change_id=change_id)


def _confirm(line: str, word: str, _body: Document, change_id: str) -> Committed:
    return glossing.confirm(desk(), line, word, change_id=change_id)


def _split(line: str, word: str, body: Document, change_id: str) -> Committed:
    at = body.get("at")
    if not isinstance(at, int):
        raise Invalid(Problem("at", "Say where to split as a number of characters."))
    return text_lines.split_word(desk(), line, word, at, change_id=change_id)


def _join(line: str, word: str, _body: Document, change_id: str) -> Committed:
    return text_lines.join_words(desk(), line, word, change_id=change_id)


def _unknown(_line: str, _word: str, _body: Document, _change_id: str) -> Committed:
    raise Invalid(Problem("do", "Nothing of this name can be done to a word."))


_WORD = {
    "write": _write,
    "add": _add,
    "take": _take,
    "choose": _choose,
    "reject": _reject,
    "confirm": _confirm,
    "split": _split,
    "join": _join,
    "language": _set_language,
}


def _is_analysis(value: Any) -> TypeGuard[Document]:
    if not isinstance(value, dict):
        return False
    morphs = value.get("morphs", [])
    return isinstance(morphs, list) and all(isinstance(one, dict) for one in morphs)


def _answer(line: str, done: Committed) -> BaseResponse:
    stored = text_lines.get(desk(), line)
    change = done.change or {}
    return jsonify(
        html=render_lines([stored], request.args.get("number", 1, type=int), guess=True),
        change=change.get("_id"),
        seq=change.get("seq"),
        conflicts=[
            {
                "path": list(found.path),
                "label": describe_path(found.path, "utterance"),
                "mine": found.mine,
                "theirs": found.theirs,
            }
            for found in done.conflicts
        ],
    )


def _moved(line: str, new: str, change_id: str) -> Response:
    return jsonify(reload=True, line=line, new=new, change=change_id)


def _choice(one: morph_entries.Choice) -> Document:
    slug = desk().project["slug"]
    href = url_for("lexicon.show", slug=slug, entry=one.entry)
    return {**asdict(one), "gloss": dict(one.gloss), "href": href}


def _labels() -> frozenset[str]:
    """The category labels that the project's list has, with those of the standard list."""
    found = {code for code, _name in ABBREVIATIONS}
    for item in list_items(desk(), GLOSS_ABBREVIATIONS):
        found |= {item["code"], *plains(item.get("abbreviation") or {})}
    return frozenset(found)
