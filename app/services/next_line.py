"""The sentence to gloss next: the one from which memory and model would learn most.

Before there is a model these are sentences of which the largest share of morphs is unknown; then
those whose words the model doubts most, word for word, so that long ones are not preferred. A
quarter comes by chance, so that what is glossed stays a fair sample. Sentences on which a model was
measured are never offered, and those that the next one would be measured on come by chance only.
Who asks again on the same day is told the same until something is glossed, and two people who are
at work at the same time are led to different ones.

Source: Settles 2009, Active Learning Literature Survey, sections 3.1 and 3.6.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Literal

from app.domain.errors import DomainError
from app.domain.knowledge import Knowledge
from app.domain.lessons import confirmed, form_of, stretch_fact, word_fact, word_key
from app.domain.messages import Message, say
from app.domain.models import is_evaluated, place_of
from app.domain.roles import Action
from app.domain.text import first_plain
from app.services import guesses
from app.services.desk import Desk
from app.services.live import PRESENT
from app.services.model_guesses import Asked, ask_about, guessing_model
from app.services.text_lines import main_system
from app.store import followers, memory, offered_lines, open_lines, records
from app.store import models as model_records
from app.store.database import Document
from app.store.feed import present

CHANCE = 0.25
_LOOKED, _WINDOWS = 2_000, 5  # lines of which some are drawn; so often, if none can be had
_DRAWN = 240  # of which the best one is sought
_AT_ONCE = 20  # that are read where one comes by chance
_TRIES = 5  # where others are led to a line at the same moment
_WAIT = 0.5  # seconds that are waited for the newest lines
_ASKED = 24  # lines of these that a model is asked about
_SECONDS = 2.0  # that a page waits for it
_LONG = 12  # words beyond which a line is not preferred to one that scores the same
_BY_CHANCE = (
    "It comes by chance, as a quarter of them do, so that all sorts of sentences are learnt."
)
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


def find(desk: Desk, predict: Asked, now: datetime, passed: Collection[str] = ()) -> Next | None:
    """The sentence to gloss next, among those that the actor may change; None if all are done.

    None that others are at, or were led to a moment ago.

    Args:
        passed: lines that the actor does not want now.
    """
    desk.require(Action.EDIT_OWN)
    _freshen(desk)
    looking = _Looking(desk, predict, now.date(), passed, _taken(desk, now))
    for _ in range(_TRIES):
        found = looking.run()
        if found is None or not desk.actor.id:
            return found
        line = str(found.line["_id"])
        if offered_lines.take(desk.store, desk.project_id, desk.actor.id, line, now):
            return found
        looking.without.add(line)  # somebody was quicker
    return None


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


class _Looking:
    """Looks for one."""

    def __init__(
        self, desk: Desk, predict: Asked, day: date, passed: Collection[str], taken: Collection[str]
    ) -> None:
        self._desk, self._predict, self.without = desk, predict, {*passed, *taken}
        self._measured, self._seed = _measured(desk), f"{day.isoformat()} {desk.actor.id}"
        self._count = open_lines.count(desk.store, desk.project_id)
        self._passed = len(passed)

    def run(self) -> Next | None:
        """The sentence, or None."""
        for window in self._windows():
            drawn = [one for one, text in window if not self._measured.would_be(one, text)]
            turn = place_of(f"{self._seed} {self._count} {self._passed}")
            if turn >= CHANCE and drawn:
                lines = self._open(drawn[:_DRAWN])
                if best := _best(self._desk, self._predict, lines):
                    return best
            for start in range(0, len(window), _AT_ONCE):
                ids = [one for one, _ in window[start : start + _AT_ONCE]]
                if lines := self._open(ids):
                    return Next(lines[0], "chance", 0.0, _BY_CHANCE)
        return None

    def _windows(self) -> Iterator[list[open_lines.Row]]:
        """Open lines, some at a time, in an order drawn for a person."""
        desk = self._desk
        own = "" if desk.may(Action.EDIT) else desk.actor.id
        start = place_of(self._seed)
        coming = open_lines.draw(desk.store, desk.project_id, start, own)
        for _ in range(_WINDOWS):
            rows = list(islice(coming, _LOOKED))
            left = [one for one in rows if self._is_wanted(*one)]
            if left:
                yield sorted(left, key=lambda one: place_of(f"{self._seed} {one[0]}"))
            if len(rows) < _LOOKED:
                return

    def _is_wanted(self, line: str, text: str) -> bool:
        measured = self._measured
        return not (line in self.without or line in measured.lines or text in measured.texts)

    def _open(self, ids: Sequence[str]) -> list[Document]:
        """Those of some lines that the actor may read, and that are still open."""
        found = records.find_many(self._desk.store, self._desk.scope, "utterance", ids)
        return [found[one] for one in ids if one in found and open_lines.is_open(found[one])]


def _taken(desk: Desk, now: datetime) -> set[str]:
    """The lines at which others are, or to which they were led a moment ago."""
    store, project, me = desk.store, desk.project_id, desk.actor.id
    here = {one["at"] for one in present(store, project, now - PRESENT) if one["user"] != me}
    return here | offered_lines.taken(store, project, me, now)


def _freshen(desk: Desk) -> None:
    """Sees that the newest lines count, unless that takes long."""
    end = time.monotonic() + _WAIT
    follower = open_lines.OpenLines()
    if not followers.position(desk.store, desk.project_id, follower.name).is_current:
        followers.catch_up(
            desk.store, desk.project_id, (follower,), stop=lambda: time.monotonic() > end
        )


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
