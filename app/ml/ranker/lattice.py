"""Words taken apart: the likeliest ways through all stretches that are known, and new stems.

A way is a row of units; the gloss of a stem that was never seen is `None` and is proposed later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.ml.ranker.inventory import EDGE, STEM, Inventory, Withheld

Open = tuple[str, str | None]  # a unit whose gloss may still have to be found
_BEAM, _OFTEN, _LONGEST = 8, 3, 40
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
    at: list[list[Way]] = [[] for _ in range(size + 1)]
    at[0] = [Way(0.0, (), EDGE)]
    follows, limit = inventory.follows, size if inventory.segmented else 1
    for start in range(size):
        held = at[start] = sorted(at[start], key=_less_likely)[:_BEAM]
        for end, row in arcs[start]:
            into = at[end]
            for chance, units, first, last, new, taught in row:
                for way in held:
                    if way.new + new <= limit:
                        score = way.score + chance + follows(way.last, first)
                        into.append(
                            Way(score, way.units + units, last, way.new + new, way.taught or taught)
                        )
    ended = [way._replace(score=way.score + follows(way.last, EDGE)) for way in at[size]]
    return _sorted(ended)[:most] if size else []


def _sorted(found: list[Way]) -> list[Way]:
    """The likeliest first, each row of units once."""
    found.sort(key=lambda way: (-way.score, [(form, gloss or "") for form, gloss in way.units]))
    seen: set[tuple[Open, ...]] = set()
    kept = []
    for way in found:
        if way.units not in seen:
            seen.add(way.units)
            kept.append(way)
    return kept


def _less_likely(way: Way) -> float:
    return -way.score
