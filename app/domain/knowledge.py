"""What is known when a word is asked about: what was looked up, and how sorts of morphs follow.

The numbers below and in `app.domain.guessing` and `app.domain.taking_apart` hold for all languages.
They were chosen on the training files of the benchmark (`python -m bench.guessing --train`), never
on those that it measures with.

Source: Bell and Witten's method C for the order of sorts (Witten and Bell 1991, doi
10.1109/18.87000).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import regex

from app.domain.lessons import (
    BEGIN,
    END,
    beside_fact,
    edge_fact,
    near_fact,
    near_key,
    sort_of,
    stretch_fact,
    word_fact,
    word_key,
)

Content = dict[str, Any]
LONGEST, LONGEST_STRETCH = 60, 24  # letters of a word that is taken apart, and of a morph
_EDGE = {"l": 0.3, "r": 0.3}  # how much the sorts that are usual beside a neighbour weigh
_EDGE_DOUBT = 20.0
_TAB = "\t"


@dataclass(frozen=True)
class Asked:
    """A word that is asked about.

    Attributes:
        ws: the writing system of its language.
        form: as it is written.
        before, after: the keys of its neighbours; empty at the ends of a line.
        written: the writing system in which it is written, if that is not `ws`.
        place: where in the line it stands, from 0 to 1.
    """

    ws: str
    form: str
    before: str = ""
    after: str = ""
    written: str = ""
    place: float = 0.0

    @property
    def key(self) -> str:
        """Under which it is remembered."""
        return word_key(self.form)


@dataclass(frozen=True)
class Guess:
    """One analysis that a word may have.

    Attributes:
        analysis: content of an `Analysis`, without ids.
        confidence: from 0 to 1; see `docs/architecture.md`.
        count: how often the word was confirmed so; 0 for one taken apart.
        beside: how often with the neighbour `neighbour` of those times.
        known: how many of its morphs are known; all of them where `count` is more than 0.
        from_lexicon: one of its morphs was never seen in a text, and the lexicon has it.
        translated: the word of the translation that is the gloss of its stem, where nothing else
            tells of one.
    """

    analysis: Content
    confidence: float
    count: int = 0
    beside: int = 0
    neighbour: str = ""
    known: int = 0
    from_lexicon: bool = False
    translated: str = ""


@dataclass
class Knowledge:
    """What was looked up: by key how often each value was taught, and what values stand for."""

    counts: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    contents: dict[str, Content] = field(default_factory=dict)
    seen: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what people see of morphs

    def add(self, key: str, value: str, count: float, content: Content | None = None) -> None:
        """Adds to how often a value was taught under a key."""
        under = self.counts[key]
        under[value] = under.get(value, 0) + count
        if content is not None:
            self.contents[value] = content

    def under(self, key: str) -> Mapping[str, float]:
        """What was taught under a key."""
        return self.counts.get(key, {})


class Order:
    """How the sorts of morphs follow one another in the words of a writing system."""

    def __init__(self, taught: Mapping[str, float]) -> None:
        self._untaught: Mapping[str, float] = {}
        self._pairs: dict[str, dict[str, float]] = defaultdict(dict)
        for pair, count in taught.items():
            first, _, second = pair.partition(_TAB)
            self._pairs[first][second] = count
        self.totals = {sort: sum(nexts.values()) for sort, nexts in self._pairs.items()}
        self._all = sum(self.totals.values())
        self._known: dict[tuple[str, str], float] = {}

    def share(self, first: str, second: str) -> float:
        """Which share of the words begins (first is `BEGIN`) or ends (second is `END`) so."""
        words = self.totals.get(BEGIN, 0.0)
        return (self._pairs.get(first, {}).get(second, 0.0) + 0.5) / (words + 1)

    @property
    def size(self) -> float:
        """How many morphs and ends of words it was taught with."""
        return self._all

    def with_sorts(self, sorts: Mapping[str, float]) -> Order:
        """The same, where some sorts that were never seen count as seen so often."""
        new = {sort: count for sort, count in sorts.items() if sort not in self.totals}
        if not new:
            return self
        made = copy(self)
        made._untaught, made._known = new, {}
        return made

    def log(self, first: str, second: str) -> float:
        """The logarithm of how likely the second sort is after the first."""
        found = self._known.get((first, second))
        if found is None:
            nexts = self._pairs.get(first, {})
            total, kinds = self.totals.get(first, 0.0), len(nexts)
            come = self.totals.get(BEGIN if second == END else second, 0.0)
            come = come or self._untaught.get(second, 0.0)
            alone = (come + 0.01) / (self._all + 1)
            likely = (nexts.get(second, 0.0) + (kinds + 0.001) * alone) / (total + kinds + 0.001)
            found = self._known[first, second] = math.log(likely)
        return found


def keys_for(asked: Iterable[Asked]) -> set[str]:
    """What to look up for words that may have been seen."""
    found = set()
    for one in asked:
        found.add(word_fact(one.ws, one.key))
        found.update(beside_keys(one).values())
    return found


def keys_around(asked: Asked) -> Iterable[str]:
    """What to look up besides for a word that has several analyses, or none."""
    return edge_keys(asked).values()


def stretches_of(form: str) -> set[str]:
    """The stretches of a word that may be morphs, as they are remembered."""
    letters = letters_of(word_key(form))
    ends = range(1, len(letters) + 1)
    found = (
        letters[start:end] for end in ends for start in range(max(0, end - LONGEST_STRETCH), end)
    )
    return {"".join(one) for one in found} if len(letters) <= LONGEST else set()


def keys_of_parts(asked: Asked) -> set[str]:
    """What to look up for a word that is to be taken apart."""
    stretches = stretches_of(asked.form)
    near = {near_key(stretch) for stretch in stretches} - {""}
    return {stretch_fact(asked.ws, one) for one in stretches} | {
        near_fact(asked.ws, one) for one in near
    }


class Context:
    """How well the sorts at the edges of a word go with what stands beside it."""

    def __init__(self, asked: Asked, knowledge: Knowledge, order: Order) -> None:
        self._order = order
        self._sides = []
        for side, key in edge_keys(asked).items():
            taught = knowledge.under(key)
            total = sum(taught.values()) / 2  # each word has two edges
            if total and _EDGE[side]:
                self._sides.append((_EDGE[side], taught, total))

    def weigh(self, analysis: Content) -> float:
        """What to add to the logarithm of how likely an analysis is."""
        morphs = analysis.get("morphs", ())
        return self.weigh_sorts(sort_of(morphs[0]), sort_of(morphs[-1])) if morphs else 0.0

    def weigh_sorts(self, first: str, last: str) -> float:
        """The same for the first and last sort of a word."""
        score = 0.0
        for edge, pair in ((f"{BEGIN}{first}", (BEGIN, first)), (f"{last}{END}", (last, END))):
            usual = self._order.share(*pair)
            for weight, taught, total in self._sides:
                likely = (taught.get(edge, 0.0) + _EDGE_DOUBT * usual) / (total + _EDGE_DOUBT)
                score += weight * math.log(likely / usual)
        return score


@lru_cache(maxsize=4096)
def letters_of(key: str) -> tuple[str, ...]:
    """The letters of a word, each with its marks."""
    return tuple(key) if key.isascii() else tuple(regex.findall(r"\X", key))


def beside_keys(asked: Asked) -> dict[str, str]:
    """The keys of the word beside its neighbours, by side."""
    sides = (("l", asked.before), ("r", asked.after))
    return {side: beside_fact(asked.ws, asked.key, side, other) for side, other in sides}


def edge_keys(asked: Asked) -> dict[str, str]:
    """The keys of the sorts that are usual beside its neighbours, by side."""
    return {
        side: edge_fact(asked.ws, side, other)
        for side, other in (("l", asked.before), ("r", asked.after))
    }
