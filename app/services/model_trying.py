"""Trying a model on what somebody types: lines go in, alternatives with probabilities come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain import leipzig
from app.domain.errors import Invalid, NotAllowed, Problem
from app.domain.messages import say
from app.domain.roles import Action
from app.domain.splitting import tokens
from app.domain.text import bad_characters, is_written, normalise
from app.ml.data import Entry, Line, Morph, Word, joined
from app.ml.targets import SAID
from app.services import models
from app.services.desk import Desk
from app.services.model_guesses import Asked, entries_for
from app.services.model_uploads import TRANSLATE
from app.services.text_lines import main_system, rules_of
from app.store.database import Document
from app.store.moment import held

MOST_LINES, LONGEST, MOST_WORDS = 50, 2_000, 300
_MOST_TRANSLATED = 5  # lines, asked about one by one: each takes seconds
SECONDS = 25.0  # that a page waits, the loading of the model included
_TAB = "\t"


@dataclass(frozen=True)
class Alternative:
    """What a word, or a line, may be.

    Attributes:
        written, gloss: the morphs and their glosses with the signs between them; of a model that
            gives labels `written` is empty.
        probability: from 0 to 1.
        source: `model`, `lexicon` or `translation`.
    """

    written: str
    gloss: str
    probability: float
    source: str


@dataclass(frozen=True)
class Answer:
    """What a model says of a typed line.

    Attributes:
        text, translation: as they were typed.
        words: each with its alternatives, the likeliest first; marks of punctuation left out.
        line: alternatives for the line as a whole.
    """

    text: str
    translation: str
    words: tuple[tuple[str, tuple[Alternative, ...]], ...]
    line: tuple[Alternative, ...] = ()


def try_out(desk: Desk, predict: Asked, model: Document, typed: Sequence[str]) -> list[Answer]:
    """Asks a model about typed lines; after a tab a line may have its translation.

    Raises:
        Invalid: nothing was typed, or too much; or the model cannot be loaded.
        NotAllowed: what it learnt from may not be used any more.
        Unavailable: the service that runs models does not answer, or the model was ended.
    """
    lines = _lines(desk, model, typed)
    with held():
        require_usable(desk, model)
        entries = entries_for(desk, model, [word.form for line in lines for word in line.words])
    said = _said(predict, model, lines, entries)
    told = [one.strip() for one in typed if one.strip()]
    return [_answer(text, line, guess) for text, line, guess in zip(told, lines, said, strict=True)]


def most_lines(model: Document) -> int:
    """How many lines a model is asked about at once."""
    return _MOST_TRANSLATED if model.get("task") == TRANSLATE else MOST_LINES


def require_usable(desk: Desk, model: Document) -> None:
    """Refuses what may not be asked: by guests, or of a model that should not be used any more.

    Raises:
        NotAllowed: with the reason.
    """
    desk.require(Action.EXPORT)
    if models.withdrawn(desk, model) is not None:
        raise NotAllowed(
            "What it learnt from may not be used any more; train a new version instead."
        )


def alternatives_of(said: Sequence[Mapping[str, Any]]) -> tuple[Alternative, ...]:
    """Guesses as an engine gives them, to be shown."""
    return tuple(_alternative(one) for one in said)


def _said(
    predict: Asked, model: Document, lines: Sequence[Line], entries: Sequence[Entry]
) -> list[dict[str, Any]]:
    if model.get("task") != TRANSLATE:
        return predict.guess(model["_id"], lines, entries, seconds=SECONDS)
    return [one for line in lines for one in predict.guess(model["_id"], [line], seconds=SECONDS)]


def _lines(desk: Desk, model: Document, typed: Sequence[str]) -> list[Line]:
    wanted = [one.strip() for one in typed if one.strip()]
    if not wanted:
        raise Invalid(Problem("typed", "Type at least one line."))
    if len(wanted) > most_lines(model):
        what = say("Type at most %(most)s lines; a text is asked about as a whole.",
                   most=most_lines(model))  # fmt: skip
        raise Invalid(Problem("typed", what))
    ws, apart = main_system(desk), (model.get("options") or {}).get("from") == "morphs"
    systems = {one["id"]: one for one in desk.project.get("writing_systems", ())}
    analysis = next((code for code, one in systems.items() if one.get("analysis")), "und")
    form = str(systems.get(ws, {}).get("normal_form", "NFC"))
    made = []
    for number, line in enumerate(wanted, start=1):
        if len(line) > LONGEST:
            what = say(
                "Line %(line)s has more than %(most)s characters; type less, or ask about a text.",
                line=number,
                most=LONGEST,
            )
            raise Invalid(Problem("typed", what))
        if bad := bad_characters(line.replace(_TAB, "")):
            what = say("Line %(line)s has control characters: %(bad)s.", line=number, bad=bad)
            raise Invalid(Problem("typed", what))
        text, _, translation = line.partition(_TAB)
        said = normalise(text.strip(), form)
        words = _apart(said) if apart else tuple(
            Word(one.text, confirmed=False) for one in tokens(said, rules_of(desk))
        )  # fmt: skip
        if len(words) > MOST_WORDS:
            what = say("Line %(line)s has more than %(most)s words.", line=number, most=MOST_WORDS)
            raise Invalid(Problem("typed", what))
        told = {analysis: translation.strip()} if translation.strip() else {}
        if model.get("task") == TRANSLATE:
            made.append(Line(str(number), words=words, labels={SAID: said}))
        else:
            made.append(Line(str(number), words=words, translations=told))
    return made


def _apart(line: str) -> tuple[Word, ...]:
    """The words of a line whose morphs are parted by the signs of the Leipzig rules."""
    words = []
    for written in line.split():
        morphs = tuple(
            Morph(piece.text, "", (piece.left or "-") if place else "")
            for place, piece in enumerate(leipzig.pieces(written))
        )
        words.append(Word(leipzig.surface(written), morphs, confirmed=False))
    return tuple(words)


def _answer(typed: str, line: Line, guess: Mapping[str, Any]) -> Answer:
    text, _, translation = typed.partition(_TAB)
    words = tuple(
        (word.form, alternatives_of(said))
        for word, said in zip(line.words, guess.get("words", ()), strict=False)
        if is_written(word.form)
    )
    return Answer(text.strip(), translation.strip(), words, alternatives_of(guess.get("line", ())))


def _alternative(said: Mapping[str, Any]) -> Alternative:
    sure, source = float(said["probability"]), str(said.get("source", "model"))
    if "label" in said:
        return Alternative("", str(said["label"]), sure, source)
    morphs = [(one["joint"], one["form"], one["gloss"]) for one in said["morphs"]]
    return Alternative(
        joined((joint, form) for joint, form, _ in morphs),
        joined((joint, gloss or "?") for joint, _, gloss in morphs)
        if any(gloss for _, _, gloss in morphs)
        else "",
        sure,
        source,
    )
