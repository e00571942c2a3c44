"""Ranks: strings that keep the order of things that are put between one another.

Two inserts at the same place by two people may give the same rank: things are compared as
(rank, id). When ranks have grown long, `spread` gives short ones anew.
"""

from __future__ import annotations

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE = len(_LETTERS)
LONG = 24  # ranks longer than this are spread again


def between(left: str, right: str | None) -> str:
    """A rank after `left` and before `right`; no rank ends in `0`.

    Args:
        left: the rank before; empty for the beginning.
        right: the rank after; None for the end.

    Raises:
        ValueError: `left` is not before `right`.

    >>> between("", None), between("i", None), between("a", "b")
    ('i', 'r', 'ai')
    >>> between("a", "a1")
    'a0i'
    """
    if right is not None and left >= right:
        raise ValueError(f"{left!r} is not before {right!r}")
    made = ""
    place = 0
    while True:
        low = _LETTERS.index(left[place]) if place < len(left) else 0
        high = _LETTERS.index(right[place]) if right is not None and place < len(right) else _BASE
        if high - low > 1:
            return made + _LETTERS[(low + high) // 2]
        made += _LETTERS[low]
        if high != low:
            right = None  # from here on anything is before it
        place += 1


def spread(count: int) -> list[str]:
    """Ranks for so many things in order, evenly, with room between them.

    >>> spread(3)
    ['9', 'i', 'r']
    """
    length = 1
    while _BASE**length <= 2 * count:
        length += 1
    step = _BASE**length / (count + 1)
    return [_written(round(step * (place + 1)), length) for place in range(count)]


def _written(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, place = divmod(number, _BASE)
        letters.append(_LETTERS[place])
    return "".join(reversed(letters)).rstrip("0")
