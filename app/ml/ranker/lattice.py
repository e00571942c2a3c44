"""Words taken apart: the likeliest ways through all stretches that are known, and new stems.

A way is a row of units; the gloss of a stem that was never seen is `None` and is proposed later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from itertools import groupby
from typing import NamedTuple

from app.ml.ranker.inventory import EDGE, STEM, Inventory, Withheld

Open = tuple[str, str | None]  # a unit whose gloss may still have to be found
_BEAM, _OFTEN, _LONGEST = 8, 3, 40
_ENDS = 64  # whole ways that are kept: some of them say the same
_ROUNDING = 1e-9  # sums in another order differ by less
Taught = Mapping[str, Sequence[tuple[str, str]]]


class Way(NamedTuple):
    """One way through a word.

    Attributes:
        score: the logarithm of how likely it is.
        units: forms and glosses.
        last: class of the last gloss.
        new: how many stems in it were never seen.
        taught: whether an entry that came with the question stands in it.
    """

    score: float
    units: tuple[Open, ...]
    last: str
    new: int = 0
    taught: bool = False


_Arc = tuple[float, tuple[Open, ...], str, str, int, bool]


def ways(
    inventory: Inventory,
    word: str,
    forms: Sequence[str],
    withheld: Withheld,
    lexicon: Taught,
    most: int = 8,
) -> list[Way]:
    """The likeliest ways through a word.

    Args:
        inventory: what was seen.
        word: its key; for words that come taken apart, not looked at.
        forms: its morphs, for words that come taken apart.
        withheld: what must not be counted.
        lexicon: by form the units of entries that came with the question.
        most: how many.
    """
    if inventory.segmented:
        rows = [[(n + 1, one)] for n, one in enumerate(forms)]
        arcs = [
            [(end, _arcs(inventory, form, withheld, lexicon)) for end, form in row] for row in rows
        ]
    else:
        word = word[:_LONGEST]
        arcs = [
            [
                (end, _arcs(inventory, word[start:end], withheld, lexicon))
                for end in range(start + 1, len(word) + 1)
            ]
            for start in range(len(word))
        ]
    return _through(inventory, arcs, most)


def _arcs(inventory: Inventory, form: str, withheld: Withheld, lexicon: Taught) -> list[_Arc]:
    """What a stretch or morph may be."""
    found: list[_Arc] = []
    part = form.lower()
    seen, known = 0, inventory.known(part, withheld)
    for chunk, count in known:
        first, last = inventory.class_of(chunk[0][1]), inventory.class_of(chunk[-1][1])
        units = ((form, chunk[0][1]),) if inventory.segmented else chunk
        found.append((inventory.chance(chunk, count), units, first, last, 0, False))
        seen += count
    for unit in lexicon.get(part, ()):
        if all(units != (unit,) for _, units, *_ in found):
            kind = inventory.class_of(unit[1])
            found.append((inventory.chance((unit,), 1), (unit,), kind, kind, 0, True))
    if seen < _OFTEN or not inventory.segmented:
        found.append((inventory.new_chance(part), ((form, None),), STEM, STEM, 1, False))
    return found


def _through(
    inventory: Inventory, arcs: Sequence[Sequence[tuple[int, list[_Arc]]]], most: int
) -> list[Way]:
    size = len(arcs)
    at = [_Place(_BEAM) for _ in range(size)] + [_Place(_ENDS)]
    at[0].ways.append(Way(0.0, (), EDGE))
    limit = size if inventory.segmented else 1
    for start in range(size):
        held = sorted(at[start].ways, key=_less_likely)[:_BEAM]
        steps = _Steps(inventory, held)
        for end, row in arcs[start] if held else ():
            into = at[end]
            for chance, units, first, last, new, taught in row:
                edge = inventory.follows(last, EDGE) if end == size else 0.0
                after, likeliest = steps[first]
                if likeliest + chance + edge < into.floor - _ROUNDING:
                    continue
                for way, step in zip(held, after, strict=True):
                    score = way.score + chance + step + edge
                    if score > into.floor and way.new + new <= limit:
                        into.add(
                            Way(score, way.units + units, last, way.new + new, way.taught or taught)
                        )
    return _likeliest(at[size].ways, most) if size else []


class _Place:
    """A place in a word with the ways to it.

    Attributes:
        ways: all but those than which as many as are wanted are likelier.
        floor: the score of the last that is wanted; no limit while there are fewer.
    """

    __slots__ = ("_best", "_most", "floor", "ways")

    def __init__(self, most: int) -> None:
        self.ways: list[Way] = []
        self.floor = -math.inf
        self._best: list[float] = []
        self._most = most

    def add(self, way: Way) -> None:
        """Adds a way whose score is above the floor."""
        self.ways.append(way)
        heappush(self._best, way.score)
        if len(self._best) > self._most:
            heappop(self._best)
        if len(self._best) == self._most:
            self.floor = self._best[0]


class _Steps(dict[str, tuple[list[float], float]]):
    """By the class of what comes next, how likely it is after each of some ways, and how likely
    the best of these ways is with it.
    """

    def __init__(self, inventory: Inventory, ways: Sequence[Way]) -> None:
        self._follows, self._ways = inventory.follows, ways

    def __missing__(self, first: str) -> tuple[list[float], float]:
        after = [self._follows(way.last, first) for way in self._ways]
        likeliest = max(way.score + one for way, one in zip(self._ways, after, strict=True))
        found = self[first] = after, likeliest
        return found


def _likeliest(found: list[Way], most: int) -> list[Way]:
    """The likeliest first, each row of units once."""
    found.sort(key=_less_likely)
    seen: set[tuple[Open, ...]] = set()
    kept: list[Way] = []
    for _, same in groupby(found, key=_less_likely):
        for way in _in_order(list(same)):
            if way.units not in seen:
                seen.add(way.units)
                kept.append(way)
        if len(kept) >= most:
            break
    return kept[:most]


def _in_order(ways: list[Way]) -> list[Way]:
    """Ways that are as likely, by their units."""
    if len(ways) > 1:
        ways.sort(key=lambda way: [(form, gloss or "") for form, gloss in way.units])
    return ways


def _less_likely(way: Way) -> float:
    return -way.score
