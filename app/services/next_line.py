"""The sentence to gloss next: the one from which memory and model would learn most.

Before there is a model these are sentences of which the largest share of morphs is unknown; then
those whose words the model doubts most, word for word, so that long ones are not preferred. A
quarter comes by chance, so that what is glossed stays a fair sample. Sentences on which a model was
measured are never offered, and those that the next one would be measured on come by chance only.
Who asks again on the same day is told the same until something is glossed.

Source: Settles 2009, Active Learning Literature Survey, sections 3.1 and 3.6.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from app.domain import glossing
from app.domain.errors import DomainError
from app.domain.knowledge import Knowledge
from app.domain.lessons import confirmed, form_of, stretch_fact, word_fact, word_key
from app.domain.messages import Message, say
from app.domain.models import is_evaluated, place_of
from app.domain.roles import Action
from app.domain.text import first_plain
from app.services import guesses
from app.services.desk import Desk
from app.services.model_guesses import Asked, ask_about, guessing_model
from app.services.text_lines import main_system
from app.store import memory, records
from app.store import models as model_records
from app.store.database import Document

CHANCE = 0.25
_LOOKED = 20_000  # lines of which some are drawn
_DRAWN = 240  # of which the best one is sought
_ASKED = 24  # lines of these that a model is asked about
_SECONDS = 2.0  # that a page waits for it
_LONG = 12  # words beyond which a line is not preferred to one that scores the same
By = Literal["new", "doubt", "chance"]


@dataclass(frozen=True)
class Next:
    """A sentence to gloss.

    Attributes:
        by: why: much in it is new, the model doubts it, or by chance.
        score: the share or mean doubt, from 0 to 1; 0 by chance.
        why: the same for people.
    """

    line: Document
    by: By
    score: float
    why: Message | str


def find(desk: Desk, predict: Asked, day: date, passed: Collection[str] = ()) -> Next | None:
    """The sentence to gloss next, among those that the actor may change; None if all are done.

    Args:
        passed: lines that the actor does not want now.
    """
    desk.require(Action.EDIT_OWN)
    measured = _measured(desk)
    waiting = _waiting(desk, measured, f"{day.isoformat()} {desk.actor.id}", passed)
    if not waiting:
        return None
    drawn = [one for one, text in waiting if not measured.would_be(one, text)][:_DRAWN]
    turn = place_of(f"{day.isoformat()} {desk.actor.id} {len(waiting)} {len(passed)}")
    if turn >= CHANCE and drawn:
        found = records.find_many(desk.store, desk.scope, "utterance", drawn)
        if best := _best(desk, predict, [found[one] for one in drawn if one in found]):
            return best
    line = records.get(desk.store, desk.scope, "utterance", waiting[0][0])
    why = "It comes by chance, as a quarter of them do, so that all sorts of sentences are learnt."
    return Next(line, "chance", 0.0, why)


@dataclass(frozen=True)
class _Measured:
    """The lines, and the whole texts, that models of the project were measured on.

    Attributes:
        by_text: whether the last model kept whole texts.
    """

    lines: frozenset[str]
    texts: frozenset[str]
    by_text: bool

    def would_be(self, line: str, text: str) -> bool:
        """Whether the next model would be measured on a line, as far as that can be foreseen."""
        return is_evaluated(text if self.by_text and text else line)


def _waiting(
    desk: Desk, measured: _Measured, seed: str, passed: Collection[str]
) -> list[tuple[str, str]]:
    """The lines with words of which nobody has said anything, in an order drawn for a person.

    Each with its text, empty where it stands alone.
    """
    filled = {"origin": {"$in": sorted(glossing.MACHINES)}, "confirmed_by": {"$exists": False}}
    nothing = [{"analyses": {"$exists": False}}, {"analyses": {"$elemMatch": filled}}]
    query = records.filter_of(desk.store, desk.scope, "utterance")
    word = {"type": {"$ne": "punctuation"}, "$or": nothing}
    wanted: list[Document] = [query, {"deleted": {"$ne": True}, "words": {"$elemMatch": word}}]
    if not desk.may(Action.EDIT):
        wanted.append({"owner": desk.actor.id})
    found = desk.store.utterances.find({"$and": wanted}, {"text": 1}).limit(_LOOKED)
    left = [
        (one["_id"], one.get("text") or "")
        for one in found
        if one["_id"] not in measured.lines
        and one.get("text") not in measured.texts
        and one["_id"] not in passed
    ]
    return sorted(left, key=lambda one: place_of(f"{seed} {one[0]}"))


def _measured(desk: Desk) -> _Measured:
    lines: set[str] = set()
    texts: set[str] = set()
    by_text = False
    for model in model_records.iterate_all(desk.store, desk.project_id):
        lines |= model_records.evaluated_in(desk.store, model)
        if learnt := model.get("learnt_from"):
            texts |= set(learnt.get("evaluated", ()))
            by_text = learnt.get("split") == "text"
    return _Measured(frozenset(lines), frozenset(texts), by_text)


def _best(desk: Desk, predict: Asked, lines: Sequence[Document]) -> Next | None:
    """The line from which most would be learnt; None where nothing speaks for any."""
    shares = _shares(desk, lines)
    order = sorted(
        range(len(lines)),
        key=lambda n: (-shares[lines[n]["_id"]][0], -min(len(_words(lines[n])), _LONG), n),
    )
    if (doubted := _doubted(desk, predict, [lines[n] for n in order])) is not None:
        return doubted
    best = lines[order[0]] if order else None
    if best is None or not shares[best["_id"]][0]:
        return None
    share, new, known = shares[best["_id"]]
    why = say(
        "%(new)s of its %(all)s words or morphs were never confirmed before: it teaches most.",
        new=new, all=known,
    )  # fmt: skip
    return Next(best, "new", share, why)


def _doubted(desk: Desk, predict: Asked, lines: Sequence[Document]) -> Next | None:
    """The line whose words the model doubts most; None without a model or an answer."""
    model = guessing_model(desk)
    if model is None or not lines:
        return None
    # half of what is asked about is what is newest, half is as it was drawn
    half = list(lines[: _ASKED // 2])
    rest = sorted(lines[_ASKED // 2 :], key=lambda one: place_of(one["_id"]))
    asked = half + rest[: _ASKED - len(half)]
    try:
        said = ask_about(desk, predict, model, asked, _SECONDS)
    except DomainError:
        return None
    doubts = [_doubt(line, guess) for line, guess in zip(asked, said, strict=True)]
    best = max(range(len(asked)), key=lambda n: (doubts[n], -n))
    if not doubts[best]:
        return None
    why = say(
        "The model is on average %(share)s %% sure of its words: it would learn most from them.",
        share=round(100 * (1 - doubts[best])),
    )
    return Next(asked[best], "doubt", doubts[best], why)


def _doubt(line: Document, guess: Mapping[str, Any]) -> float:
    """The mean doubt of the words of a line; of what is confirmed there is none."""
    doubts = []
    for word, alternatives in zip(line.get("words", ()), guess["words"], strict=False):
        if word.get("type") == "punctuation":
            continue
        sure = max((float(one["probability"]) for one in alternatives), default=0.0)
        doubts.append(0.0 if confirmed(word) else 1.0 - min(sure, 1.0))
    return round(sum(doubts) / len(doubts), 4) if doubts else 0.0


def _shares(desk: Desk, lines: Sequence[Document]) -> dict[str, tuple[float, int, int]]:
    """By line the share of its morphs that nobody has confirmed, how many these are, of how many.

    A word that is not taken apart counts as one.
    """
    guesses.freshen(desk)
    ws = main_system(desk)
    keys = {line["_id"]: _keys(line, ws) for line in lines}
    knowledge = Knowledge()
    wanted = {key for found in keys.values() for key in found if key}
    memory.look_up(desk.store, desk.scope, wanted, knowledge)
    shares = {}
    for line, found in keys.items():
        new = sum(bool(key) and not knowledge.under(key) for key in found)
        shares[line] = (new / len(found) if found else 0.0, new, len(found))
    return shares


def _keys(line: Document, ws: str) -> list[str]:
    """Under what each word or morph of a line is remembered; empty where it is confirmed."""
    keys: list[str] = []
    for word in _words(line):
        code = word.get("language") or ws
        if confirmed(word) is not None:
            keys.append("")
            continue
        apart = next((one for one in word.get("analyses", ()) if len(one.get("morphs", ())) > 1),
                     None)  # fmt: skip
        if apart is None:
            keys.append(word_fact(code, word_key(form_of(word, ws))))
            continue
        forms = [first_plain(one.get("form") or {}, (ws,)) for one in apart["morphs"]]
        keys += [stretch_fact(code, word_key(one)) for one in forms]
    return keys


def _words(line: Document) -> list[Document]:
    return [one for one in line.get("words", ()) if one.get("type") != "punctuation"]
