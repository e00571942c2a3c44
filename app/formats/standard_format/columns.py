r"""Interlinear lines: which piece of one line stands under which of another.

Toolbox aligns by columns, the original program in bytes; people who write by hand align by number
alone. Where neither tells, nothing is decided.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.domain.text import fold

_TOKEN = re.compile(r"\S+")
JOINS = "-=~\u2011\u2010"
FAILED = "***"  # what Toolbox writes where its lexicon has nothing
GAP = "\ufffc"  # stands for a morph that is missing
_MOST = 2000  # words that are compared by spelling


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a line between spaces.

    Attributes:
        start, end: in code points.
        column: where it starts, in bytes of UTF-8.
    """

    text: str
    start: int
    end: int
    column: int


def tokens_of(line: str) -> list[Token]:
    """The pieces of a line.

    >>> [(t.text, t.start, t.column) for t in tokens_of("é  b")]
    [('é', 0, 0), ('b', 3, 4)]
    """
    found, column, done = [], 0, 0
    for match in _TOKEN.finditer(line):
        column += len(line[done : match.start()].encode())
        done = match.start()
        found.append(Token(match.group(), match.start(), match.end(), column))
    return found


def align(upper: str, lower: str) -> list[str] | None:
    """What of the lower line stands under each piece of the upper one; None where unclear.

    Columns count where every piece of the lower line begins below one of the upper, in code
    points or in bytes; else as many pieces below as above stand in their sequence.

    >>> align("ni- soma kitabu", "1SG read a.book"), align("a  b", "x y"), align("a b", "x")
    (['1SG', 'read', 'a.book'], ['x', 'y'], ['x', ''])
    >>> align("na     kuli", "go up  three") , align("aa bb", "x y z")
    (['go up', 'three'], None)
    """
    heads, pieces = tokens_of(upper), tokens_of(lower)
    places = _likelier(heads, pieces)
    if places is not None:
        return [
            lower[pieces[numbers[0]].start : pieces[numbers[-1]].end] if numbers else ""
            for numbers in places
        ]
    if len(heads) == len(pieces):
        return [piece.text for piece in pieces]
    return None


def group(morphs: Sequence[str]) -> list[list[int]]:
    """Pieces of a line of morphs in words, by their joins.

    >>> group(["ya", "-m", "t-", "i", "na=m", "-"])
    [[0, 1], [2, 3], [4], [5]]
    """
    words: list[list[int]] = []
    open_ = False
    for place, text in enumerate(morphs):
        bare = text.strip(JOINS)
        if words and bare and (open_ or text[0] in JOINS):
            words[-1].append(place)
        else:
            words.append([place])
        open_ = bool(bare) and text[-1] in JOINS
    return words


def pair(words: Sequence[str], surfaces: Sequence[str]) -> list[int | None] | None:
    """For each word of a line the number of its group of morphs; None where nothing fits.

    Args:
        words: of the line, without punctuation alone.
        surfaces: how each group would be written as a word.
    """
    if len(words) == len(surfaces):
        return list(range(len(words)))
    if len(words) + len(surfaces) > _MOST:
        return None
    ours, theirs = [fold(one) for one in words], [fold(one) for one in surfaces]
    found: list[int | None] = [None] * len(words)
    matched = 0
    for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            found[block.a + step] = block.b + step
            matched += 1
    return found if 2 * matched >= len(words) and matched else None


def by_columns(line: str, morphs: str) -> list[list[int]] | None:
    """Pieces of a line of morphs in the words that they stand under, if the columns say it."""
    return _likelier(tokens_of(line), tokens_of(morphs))


def fill_gaps(line: str, morphs: str) -> str:
    """A line of morphs with a `GAP` below each word below which it has nothing.

    Only where the columns tell; so that what stands lower stands below the gap.

    >>> fill_gaps("na kuli sa", "na      sa").split(GAP)
    ['na ', '    sa']
    """
    heads = tokens_of(line)
    places = _places(heads, tokens_of(morphs), by_bytes=False)
    if places is None or all(places):
        return morphs
    made = morphs.ljust(len(line))
    for head, numbers in zip(heads, places, strict=True):
        if not numbers and any(c.isalnum() for c in head.text):
            made = made[: head.start] + GAP + made[head.start + 1 :]
    return made.rstrip()


def lay_out(
    stacks: Iterable[tuple[str, Sequence[Mapping[str, str]]]],
    tiers: Sequence[str],
    *,
    by_bytes: bool = False,
) -> list[str]:
    """Lines in which cells begin below one another: that of the words, then the tiers.

    Args:
        stacks: each word with the columns that stand below it, at least one.

    >>> lay_out([("nakuli", [{"a": "na"}, {"a": "-k", "b": "go up"}]), ("x", [{}])], ["a", "b"])
    ['nakuli   x', 'na -k', '   go up']
    """
    lines: list[list[str]] = [[] for _ in range(len(tiers) + 1)]
    for word, columns in stacks:
        widths = [
            max((_width(column.get(tier, ""), by_bytes) for tier in tiers), default=0)
            for column in columns
        ]
        room = sum(widths) + len(widths) - 1
        widths[-1] += max(0, _width(word, by_bytes) - room)
        lines[0].append(_padded(word, max(room, _width(word, by_bytes)), by_bytes))
        for column, width in zip(columns, widths, strict=True):
            for place, tier in enumerate(tiers, 1):
                lines[place].append(_padded(column.get(tier, ""), width, by_bytes))
    return [" ".join(cells).rstrip() for cells in lines]


def _padded(cell: str, width: int, by_bytes: bool) -> str:
    return cell + " " * (width - _width(cell, by_bytes))


def _width(cell: str, by_bytes: bool) -> int:
    return len(cell.encode()) if by_bytes else len(cell)


def _likelier(heads: Sequence[Token], pieces: Sequence[Token]) -> list[list[int]] | None:
    """The pieces under each head, in code points or in bytes: as fewer heads have nothing."""
    found = [_places(heads, pieces, by_bytes) for by_bytes in (False, True)]
    return min(
        (one for one in found if one is not None), key=lambda one: one.count([]), default=None
    )


def _places(
    heads: Sequence[Token], pieces: Sequence[Token], by_bytes: bool
) -> list[list[int]] | None:
    """The pieces under each head; None unless the first of each begins exactly below it."""
    starts = [one.column if by_bytes else one.start for one in heads]
    found: list[list[int]] = [[] for _ in heads]
    for number, piece in enumerate(pieces):
        place = piece.column if by_bytes else piece.start
        under = bisect_right(starts, place) - 1
        if under < 0:
            return None
        if not found[under] and starts[under] != place:
            return None
        found[under].append(number)
    for under, numbers in enumerate(found[:-1]):  # none may reach into the next column
        if numbers:
            last = pieces[numbers[-1]]
            end = last.column + len(last.text.encode()) if by_bytes else last.end
            if end >= starts[under + 1]:
                return None
    return found
