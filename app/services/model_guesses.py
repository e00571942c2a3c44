"""Guesses of memory, lexicon and the project's model, in one list for each word.

What somebody has confirmed of a word comes before what nobody has. The model is asked once for all
lines that are shown together; where the service that runs it does not answer at once, the others'
guesses stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol

from app.domain.errors import DomainError
from app.domain.ids import new_id
from app.domain.interlinear import align
from app.domain.lessons import confirmed
from app.domain.messages import say
from app.domain.models import gloss_system_of
from app.domain.text import first_plain, fold
from app.ml.data import Entry, Line
from app.services import guesses, model_silence, models
from app.services.desk import Desk
from app.services.guesses import Suggestion
from app.services.lexicon_morphs import entries_in
from app.services.linking import Linker
from app.services.model_categories import add_categories
from app.services.model_lines import line_of, said_line
from app.services.model_uploads import TRANSLATE
from app.services.text_lines import main_system
from app.store.database import Document
from app.store.moment import held

MOST = 8
MOST_WORDS = 1_500  # of a line of which a page tells guesses, and of a page that the model tells
_TASK = "gloss"
_SECONDS = 0.7  # that a page waits for the model
_MOST_LINES = 40  # of a page that the model is asked about
_MOST_FORMS = 60  # different words of which the lexicon is asked for the model
_LEAST = 0.02  # probability that is worth showing
_SURE = 0.95  # the same of a category that is taken over without a look
_JOINS = ("-", "=", "~", "<>")

Content = dict[str, Any]
Found = dict[str, list[Suggestion]]


class Asked(Protocol):
    """What runs models; `app.services.predict.Predict` is one."""

    def guess(
        self,
        model: str,
        lines: Iterable[Line],
        lexicon: Sequence[Entry] = (),
        *,
        seconds: float = 0.0,
    ) -> list[dict[str, Any]]:
        """What a model says of lines."""


def suggest(desk: Desk, predict: Asked, lines: Sequence[Document]) -> dict[str, Found]:
    """What the words of stored utterances without a confirmed analysis may be, by line and word.

    As `guesses.suggest`, with what the project's model says.
    """
    asked = [line for line in lines if _has_open_words(line)]
    with held(), ThreadPoolExecutor(1) as beside:  # others are asked while the model thinks
        coming = beside.submit(copy_context().run, _told, desk, predict, asked)
        known = {line["_id"]: guesses.suggest(desk, line, MOST_WORDS) for line in lines}
        for line, words in coming.result().items():
            for word, offers in words.items():
                known[line][word] = merged(known[line].get(word, []), offers)
        add_categories(desk, predict, _first_of(lines), known, seconds=_SECONDS)
    return known


def is_waiting(desk: Desk) -> bool:
    """Whether the model's guesses are missing because it is being loaded: ask again."""
    return guessing_model(desk) is not None and model_silence.is_loading(desk, _TASK)


def suggest_patiently(desk: Desk, predict: Asked, lines: Sequence[Document]) -> dict[str, Found]:
    """As `suggest`, however long the model takes: for work that runs in the background.

    Raises:
        Unavailable: the service that runs models does not answer, or the model was ended.
        Invalid: the model cannot be loaded, or has no answer to that.
    """
    known = {line["_id"]: guesses.suggest(desk, line) for line in lines}
    model = guessing_model(desk)
    asked = [line for line in lines if _has_open_words(line)]
    for start in range(0, len(asked) if model else 0, _MOST_LINES):
        assert model is not None
        batch = asked[start : start + _MOST_LINES]
        for line, words in _said(desk, predict, model, batch, 0.0).items():
            for word, offers in words.items():
                known[line][word] = merged(known[line].get(word, []), offers)
    for start in range(0, len(lines), _MOST_LINES):
        add_categories(desk, predict, lines[start : start + _MOST_LINES], known, least=_SURE)
    return known


def guessing_model(desk: Desk) -> Document | None:
    """The model whose guesses are shown to somebody who gets any; None if there is none."""
    if not guesses.may_suggest(desk):
        return None
    model = models.default_of(desk, _TASK)
    if model is None or (model.get("options") or {}).get("from") == "morphs":
        return None
    return model


def ask_about(
    desk: Desk, predict: Asked, model: Document, lines: Sequence[Document], seconds: float
) -> list[dict[str, Any]]:
    """What a model says of stored utterances, in their order, as its engine gives it.

    Args:
        seconds: that are waited; 0 for as long as it may take.

    Raises:
        Invalid, Unavailable: as `Predict.guess`.
    """
    ws, gloss_ws = main_system(desk), gloss_system_of(model)
    told = [line_of(line, ws, gloss_ws) for line in lines]
    if model.get("task") == TRANSLATE:
        said = [said_line(one, line, ws) for one, line in zip(told, lines, strict=True)]
        return predict.guess(model["_id"], said, seconds=seconds)
    entries = entries_for(desk, model, _open_forms(lines, ws))
    return predict.guess(model["_id"], told, entries, seconds=seconds)


def entries_for(desk: Desk, model: Document, forms: Iterable[str]) -> list[Entry]:
    """The entries that words may be, for a model that glosses: a new one helps it at once."""
    gloss_ws = gloss_system_of(model)
    wanted = islice(dict.fromkeys(filter(None, forms)), _MOST_FORMS)
    return entries_in(desk, main_system(desk), gloss_ws, wanted) if gloss_ws else []


def offers_of(
    desk: Desk, model: Document, lines: Sequence[Document], said: Sequence[Mapping[str, Any]]
) -> dict[str, Found]:
    """What `ask_about` said, as analyses of the words that nobody has confirmed.

    Returns:
        By line and word, the likeliest first; nothing of a model that takes no words apart.
    """
    ws, gloss_ws = main_system(desk), gloss_system_of(model)
    made = {
        line["_id"]: _found(line, guess, model, ws, gloss_ws)
        for line, guess in zip(lines, said, strict=False)
    }
    offers = [one for words in made.values() for found in words.values() for one in found]
    Linker(desk).tie([morph for one in offers for morph in one.analysis["morphs"]])
    return made


def merged(known: Sequence[Suggestion], told: Sequence[Suggestion]) -> list[Suggestion]:
    """Guesses of memory and lexicon with those of a model, the likeliest first, each once.

    What was confirmed comes first; among that the model's probability counts as much as how often
    it was confirmed.
    """
    by_key = {key_of(one.analysis): one for one in reversed(told)}
    found: list[Suggestion] = []
    for one in known:
        same = by_key.pop(key_of(one.analysis), None)
        if same is None:
            found.append(one)
        elif one.count:
            found.append(_both(one, same, (one.confidence + same.confidence) / 2))
        else:
            sure = _both(one, same, max(one.confidence, same.confidence))
            found.append(replace(sure, tentative=False) if same.confidence > 0.5 else sure)
    confirmed_so = any(one.count for one in known)
    new = [one for one in told if key_of(one.analysis) in by_key]
    if confirmed_so:
        first = sorted((one for one in found if one.count), key=_likeliest)
        rest = sorted([*(one for one in found if not one.count), *new], key=_likeliest)
        return [*first, *rest][:MOST]
    return sorted([*found, *new], key=_likeliest)[:MOST]


def key_of(analysis: Content) -> tuple[tuple[str, str], ...]:
    """In which two analyses say the same: forms but for case and marks, and glosses."""
    return tuple(
        (fold(first_plain(morph.get("form") or {})), first_plain(morph.get("gloss") or {}))
        for morph in analysis.get("morphs", ())
    )


def _told(desk: Desk, predict: Asked, lines: Sequence[Document]) -> dict[str, Found]:
    """What the model that guesses says; nothing where there is none, or no answer."""
    if not lines or model_silence.holds(desk, _TASK):
        return {}
    model = guessing_model(desk)
    if model is None:
        return {}
    try:
        return _said(desk, predict, model, _first_of(lines), _SECONDS)
    except DomainError as error:  # it is being loaded, was ended, or is none: others go on
        model_silence.note(desk, _TASK, error)
        return {}


def _first_of(lines: Sequence[Document]) -> list[Document]:
    """The lines of a page that the model is asked about: not so many that a page must wait.

    One that is too long for that has the guesses of memory and lexicon only.
    """
    found: list[Document] = []
    words = 0
    for line in lines:
        count = len(line.get("words", ()))
        if len(found) < _MOST_LINES and words + count <= MOST_WORDS:
            found.append(line)
            words += count
    return found


def _said(
    desk: Desk, predict: Asked, model: Document, lines: Sequence[Document], seconds: float
) -> dict[str, Found]:
    return offers_of(desk, model, lines, ask_about(desk, predict, model, lines, seconds))


def _found(
    line: Document, guess: Mapping[str, Any], model: Document, ws: str, gloss_ws: str
) -> Found:
    made: Found = {}
    for word, alternatives in zip(line.get("words", ()), guess["words"], strict=False):
        if not _is_open(word):
            continue
        form = first_plain(word.get("form") or {}, (ws,))
        offers = [
            _suggestion(one, model, form, ws, gloss_ws)
            for one in alternatives
            if one["probability"] >= _LEAST and one.get("morphs")
        ]
        if offers:
            made[word["id"]] = offers
    return made


def _suggestion(
    told: Mapping[str, Any], model: Document, form: str, ws: str, gloss_ws: str
) -> Suggestion:
    morphs: list[Content] = []
    for place, one in enumerate(told["morphs"]):
        morph: Content = {"id": new_id("m"), "form": {ws: one["form"]}}
        if place:
            morph["left"] = one["joint"] if one["joint"] in _JOINS else "-"
        if one["gloss"]:
            morph["gloss"] = {gloss_ws: one["gloss"]}
        morphs.append(morph)
    sure = round(float(told["probability"]), 4)
    analysis = align({"id": new_id("y"), "morphs": morphs}, form, ws)
    analysis |= {"origin": "model", "by": model["_id"], "confidence": sure}
    reason = say("the model, %(share)s %% sure", share=round(100 * sure))
    return Suggestion(analysis, "model", sure, 0, reason, told.get("source") == "translation")


def _both(one: Suggestion, same: Suggestion, confidence: float) -> Suggestion:
    """A guess of memory or lexicon that the model has too."""
    sure = round(confidence, 4)
    reason = say("%(reason)s; %(model)s", reason=one.reason, model=same.reason)
    analysis = {**one.analysis, "confidence": sure}
    return replace(one, confidence=sure, analysis=analysis, reason=reason)


def _likeliest(one: Suggestion) -> float:
    """What guesses are sorted by; one that leaves a morph without a gloss says but half."""
    morphs = one.analysis.get("morphs", ())
    whole = one.analysis.get("gloss") or all(morph.get("gloss") for morph in morphs)
    return -one.confidence if whole else -one.confidence / 2


def _open_forms(lines: Iterable[Document], ws: str) -> Iterable[str]:
    words = (word for line in lines for word in line.get("words", ()) if _is_open(word))
    return (first_plain(word.get("form") or {}, (ws,)) for word in words)


def _is_open(word: Mapping[str, Any]) -> bool:
    return word.get("type") != "punctuation" and confirmed(word) is None


def _has_open_words(line: Document) -> bool:
    return any(map(_is_open, line.get("words", ())))
