"""What the empty fields of an entry may be: from texts where its form was glossed, and a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.domain.errors import DomainError
from app.domain.messages import Message, say
from app.domain.project import PARTS_OF_SPEECH, SEMANTIC_DOMAINS
from app.domain.text import first_plain, plain
from app.ml.data import Line
from app.services import guesses, lexicon, model_silence, models
from app.services.desk import Desk
from app.services.model_senses import item_codes, line_of_sense
from app.services.text_lines import main_system
from app.store import records
from app.store.database import Document

TASK = "suggest"
MOST = 5
_MOST_SENSES = 10
_LEAST = 0.02  # probability that is worth showing
_SECONDS = 0.7  # that is waited for the model
_LISTS = {"pos": PARTS_OF_SPEECH, "domain": SEMANTIC_DOMAINS}
_FIELDS = {"gloss": "gloss", "pos": "pos", "domain": "domains"}
Content = Mapping[str, Any]


class Asked(Protocol):
    """What runs models; `app.services.predict.Predict` is one."""

    def guess(self, model: str, lines: list[Line], *, seconds: float = 0.0) -> list[dict[str, Any]]:
        """What a model says of lines."""


@dataclass(frozen=True)
class Offer:
    """What a field may be.

    Attributes:
        value: a text, or the id of an item.
        shown: what people read.
        probability: from 0 to 1.
        reason: why, for people.
        origin: `memory` or `model`.
    """

    value: str
    shown: str
    probability: float
    reason: Message | str
    origin: str


@dataclass(frozen=True)
class Open:
    """An empty field of a sense with what it may be, the likeliest first.

    Attributes:
        path: that leads to it in the entry.
        kind: `text`, `item` or `items`.
    """

    path: tuple[str, ...]
    kind: str
    offers: tuple[Offer, ...]


def suggest(desk: Desk, predict: Asked, entry: str) -> list[Open]:
    """What the empty glosses, parts of speech and domains of an entry may be, at most five each.

    Nothing for those who may not change the entry.

    Raises:
        NotFound: there is none.
    """
    stored = lexicon.get(desk, entry)
    form = first_plain(stored.get("lemma") or {}, (main_system(desk),))
    senses = list(stored.get("senses", ()))[:_MOST_SENSES]
    if not form or not lexicon.may_edit(desk, stored):
        return []
    model = models.default_of(desk, TASK)
    gloss_ws = _gloss_system(desk, model)
    open_fields = [
        (sense, field)
        for sense in senses
        for field in ("gloss", "pos", "domain")
        if not _has(sense, field, gloss_ws)
    ]
    if not open_fields:
        return []
    seen = _seen(desk, form, gloss_ws)
    told = _told(desk, predict, model, stored, open_fields, gloss_ws)
    found = []
    for place, (sense, field) in enumerate(open_fields):
        offers = _merged(seen.get(field, []), told[place] if told else [])
        if offers:
            path = ("senses", sense["id"], _FIELDS[field])
            kind = {"gloss": "text", "pos": "item"}.get(field, "items")
            found.append(Open((*path, gloss_ws) if field == "gloss" else path, kind, offers))
    return found


def is_waiting(desk: Desk) -> bool:
    """Whether the model gave no answer a moment ago: it is loaded then, and may be asked again."""
    return model_silence.is_loading(desk, TASK)


def _has(sense: Content, field: str, gloss_ws: str) -> bool:
    if field == "gloss":
        return bool(plain((sense.get("gloss") or {}).get(gloss_ws)))
    return bool(sense.get(_FIELDS[field]))


def _gloss_system(desk: Desk, model: Document | None) -> str:
    learnt = str(((model or {}).get("learnt_from") or {}).get("gloss_ws", ""))
    systems = [ws["id"] for ws in desk.project.get("writing_systems", ()) if ws.get("analysis")]
    return learnt if learnt in systems else str((systems or [""])[0])


def _seen(desk: Desk, form: str, gloss_ws: str) -> dict[str, list[Offer]]:
    """What texts say of the form where somebody has confirmed it, as one morph."""
    found: dict[str, list[Offer]] = {"gloss": [], "pos": []}
    names = _items(desk, "pos")
    for one in guesses.analyses_of(desk, form, main_system(desk)):
        morphs = one.analysis.get("morphs", ())
        if not one.count or len(morphs) > 1:
            continue
        holders = (one.analysis, *morphs)
        gloss = next(
            filter(None, (plain((h.get("gloss") or {}).get(gloss_ws)) for h in holders)), ""
        )
        pos = next((h["pos"] for h in holders if h.get("pos") in names), "")
        for field, value, shown in (("gloss", gloss, gloss), ("pos", pos, names.get(pos, ""))):
            if value and all(other.value != value for other in found[field]):
                reason = say("in texts: %(reason)s", reason=one.reason)
                found[field].append(Offer(value, shown, one.confidence, reason, "memory"))
    return found


def _told(
    desk: Desk,
    predict: Asked,
    model: Document | None,
    entry: Document,
    open_fields: list[tuple[Content, str]],
    gloss_ws: str,
) -> list[list[Offer]]:
    """What the model says of each open field; nothing where there is none, or no answer."""
    if model is None or model_silence.holds(desk, TASK):
        return []
    codes, ws = item_codes(desk), main_system(desk)
    asked = [
        line_of_sense(entry, sense, field, ws, gloss_ws, codes) for sense, field in open_fields
    ]
    try:
        said = predict.guess(model["_id"], asked, seconds=_SECONDS)
    except DomainError as error:  # texts have their say without it
        model_silence.note(desk, TASK, error)
        return []
    names = {field: _items(desk, field) for field in ("pos", "domain")}
    by_code = {field: {codes[key]: key for key in held} for field, held in names.items()}
    made = []
    for (_, field), guess in zip(open_fields, said, strict=True):
        offers = []
        for one in guess.get("line", ()):
            label = "".join(morph["gloss"] for morph in one.get("morphs", ()))
            value = label if field == "gloss" else by_code[field].get(label, "")
            if value and one["probability"] >= _LEAST:
                shown = label if field == "gloss" else names[field][value]
                offers.append(Offer(value, shown, one["probability"], _why(one), "model"))
        made.append(offers)
    return made


def _why(one: Mapping[str, Any]) -> Message | str:
    share = round(100 * one["probability"])
    if one.get("source"):
        what = "like %(entries)s; the model, %(share)s %% sure"
        return say(what, entries=one["source"], share=share)
    return say("common in this lexicon; the model, %(share)s %% sure", share=share)


def _merged(seen: list[Offer], told: list[Offer]) -> tuple[Offer, ...]:
    """What was seen in texts first, then what a model says; each value once."""
    known = {one.value for one in seen}
    return (*seen, *(one for one in told if one.value not in known))[:MOST]


def _items(desk: Desk, field: str) -> dict[str, str]:
    """What items of a list are called, by id."""
    found = records.iterate(desk.store, desk.scope, "item", list=_LISTS[field])
    return {one["_id"]: first_plain(one.get("name") or {}) or str(one["code"]) for one in found}
