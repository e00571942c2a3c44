"""Forms of words and morphs: keys, marks, how alike two are."""

from __future__ import annotations

from functools import lru_cache

import regex

from app.domain.text import compare_key

_LETTERS = r"\p{L}\p{N}\p{M}\p{Sk}\p{Co}\p{Cn}'’ʼ‘ꞌʔ"
_EDGES = regex.compile(rf"^[^{_LETTERS}]+|[^{_LETTERS}]+$")
_SAYS = regex.compile(r"[\p{L}\p{N}\p{Co}\p{Cn}]")


@lru_cache(maxsize=65536)
def key_of(form: str) -> str:
    """The key of a word: no case, no marks at its edges; letters like apostrophes stay.

    >>> key_of("“Tb'ee,")
    "tb'ee"
    """
    return compare_key(_EDGES.sub("", form)).lower()


def bare(form: str) -> str:
    """A form without marks at its edges, its case kept."""
    return _EDGES.sub("", form)


def is_mark(form: str) -> bool:
    """Whether there is no letter and no digit in it."""
    return not _SAYS.search(form)


@lru_cache(maxsize=262144)
def distance(one: str, other: str) -> int:
    """How many letters have to be put in, left out or replaced.

    >>> distance("kitten", "sitting")
    3
    """
    if one == other:
        return 0
    if not one or not other:
        return len(one) + len(other)
    before = list(range(len(other) + 1))
    for n, letter in enumerate(one, start=1):
        row = [n]
        for m, beside in enumerate(other):
            row.append(before[m] if letter == beside else 1 + min(before[m], before[m + 1], row[m]))
        before = row
    return before[-1]
