"""What models propose where a field is empty: the class of a text or line, the language of a word.

Nothing is stored before a person takes it over. Where the service that runs models does not answer
at once, nothing is proposed, and it is left alone for a moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from app.domain.errors import DomainError
from app.domain.messages import Message, say
from app.domain.project import GENRES, STATUSES
from app.domain.text import first_plain
from app.ml.data import Line
from app.services import guesses, model_silence, models, people, texts
from app.services.desk import Desk
from app.services.model_fields import GENRE, SPEAKER, STATUS
from app.services.model_guesses import Asked
from app.services.model_lines import line_of
from app.services.projects import list_items
from app.services.text_lines import main_system, may_edit
from app.store.database import Document

CLASSIFY, LANGUAGE = "classify", "language"
OF_TEXT, OF_LINE = (GENRE, STATUS), (SPEAKER, STATUS)
_LEAST = 0.5  # probability that is worth showing
_SECONDS = 0.7  # that is waited for a model
_MOST_LINES, _MOST_WORDS = 40, 1_500  # of a text
_AROUND = 100  # words before and after one whose language is asked


@dataclass(frozen=True)
class Offer:
    """What a field may be.

    Attributes:
        field: `genre`, `speaker`, `status` or `language`.
        value: what would stand there: an id, or the code of a writing system.
        shown: what people read.
        probability: from 0 to 1.
        reason: why, for people.
    """

    field: str
    value: str
    shown: str
    probability: float
    reason: Message | str


def of_text(desk: Desk, predict: Asked, text: Document) -> Offer | None:
    """What an empty genre or status of a text may be, by the model that sorts by it."""
    model = _sorter(desk, text, OF_TEXT)
    if model is None or not may_edit(desk, text):
        return None
    ws = main_system(desk)
    stored = texts.utterances(desk, text["_id"], limit=_MOST_LINES).utterances
    lines = _short([line_of(one, ws, "") for one in stored])
    if (model.get("options") or {}).get("each") == "text":
        words = tuple(word for one in lines for word in one.words)
        lines = [Line(text["_id"], text["_id"], words)] if words else []
    return _class(desk, predict, model, lines)


def of_line(desk: Desk, predict: Asked, line: Document) -> Offer | None:
    """What an empty speaker or status of a line may be, by the model that sorts lines by it."""
    model = _sorter(desk, line, OF_LINE)
    if model is None or (model.get("options") or {}).get("each") == "text":
        return None
    asked = _short([line_of(line, main_system(desk), "")])
    return _class(desk, predict, model, asked) if may_edit(desk, line) else None


def has_languages(desk: Desk) -> bool:
    """Whether a model says the language of words to somebody who may change texts."""
    return guesses.may_suggest(desk) and models.default_of(desk, LANGUAGE) is not None


def language_of(desk: Desk, predict: Asked, line: Document, word: str) -> Offer | None:
    """Which other language a word may be of that is said to be of none."""
    words = list(line.get("words", ()))
    place = next((at for at, one in enumerate(words) if one["id"] == word), None)
    model = models.default_of(desk, LANGUAGE) if guesses.may_suggest(desk) else None
    if place is None or words[place].get("language") or model is None:
        return None
    ws, first = main_system(desk), max(0, place - _AROUND)
    around = line_of({**line, "words": words[first : place + _AROUND + 1]}, ws, "")
    asked = replace(around, words=tuple(replace(one, language="") for one in around.words))
    said = _ask(desk, predict, model, LANGUAGE, [asked])
    best = _best(said[0]["words"][place - first]) if said and said[0].get("words") else None
    named = {one["id"]: one for one in desk.project.get("writing_systems", ())}
    if best is None or best[0] == ws or best[0] not in named:
        return None
    shown = str(named[best[0]].get("name") or named[best[0]].get("tag") or best[0])
    return _offer(LANGUAGE, best[0], shown, best[1])


def _sorter(desk: Desk, record: Document, fields: Sequence[str]) -> Document | None:
    """The model that sorts by a field that is empty in a record."""
    model = models.default_of(desk, CLASSIFY) if guesses.may_suggest(desk) else None
    field = str(((model or {}).get("options") or {}).get("field", ""))
    return model if field in fields and not record.get(field) else None


def _class(desk: Desk, predict: Asked, model: Document, lines: Sequence[Line]) -> Offer | None:
    field = str(model["options"]["field"])
    said = _ask(desk, predict, model, CLASSIFY, [one for one in lines if one.words])
    sums: defaultdict[str, float] = defaultdict(float)
    for guess in said:
        for one in guess.get("line") or ():
            sums[str(one["label"])] += float(one["probability"]) / len(said)
    best = max(sums.items(), key=lambda pair: pair[1], default=("", 0.0))
    value, shown = _named(desk, field, best[0])
    return _offer(field, value, shown, best[1]) if value and best[1] >= _LEAST else None


def _ask(
    desk: Desk, predict: Asked, model: Document, task: str, lines: Sequence[Line]
) -> Sequence[Mapping[str, Any]]:
    if not lines or model_silence.holds(desk, task):
        return []
    try:
        return predict.guess(model["_id"], lines, seconds=_SECONDS)
    except DomainError as error:  # the field can be filled in without it
        model_silence.note(desk, task, error)
        return []


def _best(said: Sequence[Mapping[str, Any]]) -> tuple[str, float] | None:
    found = [(str(one.get("label", "")), float(one["probability"])) for one in said[:1]]
    return found[0] if found and found[0][1] >= _LEAST else None


def _named(desk: Desk, field: str, label: str) -> tuple[str, str]:
    """The id that a label of a field stands for, and what people read; empty if there is none."""
    if field == SPEAKER:
        for one in people.find_all(desk):
            if label and label in (one.get("label"), one.get("name")):
                return str(one["_id"]), str(one["name"])
        return "", ""
    for one in list_items(desk, GENRES if field == GENRE else STATUSES):
        if one["code"] == label:
            return str(one["_id"]), first_plain(one.get("name") or {}) or label
    return "", ""


def _short(lines: Sequence[Line]) -> list[Line]:
    """Lines up to so many words that a page need not wait."""
    totals = accumulate(len(one.words) for one in lines)
    kept = [one for one, total in zip(lines, totals, strict=True) if total <= _MOST_WORDS]
    return kept or [replace(one, words=one.words[:_MOST_WORDS]) for one in lines[:1]]


def _offer(field: str, value: str, shown: str, probability: float) -> Offer:
    reason = say("the model, %(share)s %% sure", share=round(100 * probability))
    return Offer(field, value, shown, round(probability, 4), reason)
