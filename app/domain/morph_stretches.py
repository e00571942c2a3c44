"""Which letters of a word each morph of an analysis stands for, also where they are spelt apart.

An analysis may write morphs in their base form: `debex` as `mi-x`. So that the letters of a word
can teach something about words that were never seen, each morph is given the stretch of the word
that it most likely is: letters are matched in order with the fewest changes.

Source: the alignment is that of Wagner and Fischer 1974, doi 10.1145/321796.321811.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

_CHANGED, _SKIPPED = 10, 9
_LONGEST = 60


@lru_cache(maxsize=4096)
def stretches(word: str, morphs: tuple[str, ...]) -> tuple[str, ...]:
    """The stretch of a word that each of its morphs is, in order; all of them make up the word.

    A morph of which nothing is to be seen has an empty one. Words too long to be worth it give
    nothing.

    >>> stretches("boqno", ("b", "oq", "n"))
    ('b', 'oq', 'no')
    >>> stretches("rixoqiil", ("r", "ixóqiil"))
    ('r', 'ixoqiil')
    """
    if "".join(morphs) == word:
        return morphs
    if not morphs or not any(morphs) or max(len(word), sum(map(len, morphs))) > _LONGEST:
        return ()
    owners = [place for place, morph in enumerate(morphs) for _ in morph]
    found = [""] * len(morphs)
    last = 0
    for letter, place in zip(word, _matched(word, "".join(morphs)), strict=True):
        last = max(last, owners[place])
        found[last] += letter
    return tuple(found)


def _matched(word: str, base: str) -> list[int]:
    """For each letter of a word the place in its base form to which it belongs."""
    back = _steps(word, base)
    places = [0] * len(word)
    row, column = len(base), len(word)
    while (row, column) != (0, 0):
        step = back[row][column]
        if step[1]:
            column -= 1
            places[column] = max(row - 1, 0)
        row -= step[0]
    return places


def _steps(word: str, base: str) -> list[list[tuple[int, int]]]:
    """The last step of the cheapest way to each pair of places: how far in base and in word."""
    costs: list[list[int]] = [[column * _SKIPPED for column in range(len(word) + 1)]]
    back: list[list[tuple[int, int]]] = [[(0, 1)] * (len(word) + 1)]
    for row, letter in enumerate(base, start=1):
        above, line, steps = costs[-1], [row * _SKIPPED], [(1, 0)]
        for column, other in enumerate(word, start=1):
            step = (1, 1)
            cost = above[column - 1] + (0 if letter == other else _CHANGED)
            for skipped, way in ((above[column], (1, 0)), (line[-1], (0, 1))):
                if skipped + _SKIPPED < cost:
                    cost, step = skipped + _SKIPPED, way
            line.append(cost)
            steps.append(step)
        costs.append(line)
        back.append(steps)
    return back


def fits(found: Sequence[str], word: str) -> bool:
    """Whether stretches make up a word."""
    return bool(found) and "".join(found) == word
