"""What can be seen of the words of a line, for engines that label words where they stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from app.domain.text import is_written

_PREFIX, _SUFFIX = 4, 5  # letters at the ends of a word
BEFORE, AFTER = "<s>", "</s>"


def traits_of(forms: Sequence[str]) -> list[list[str]]:
    """For each word of a line what it is made of and what stands beside it.

    Args:
        forms: of all its words and marks.
    """
    keys = [key_of(form) for form in forms]
    around = [BEFORE, BEFORE, *keys, AFTER, AFTER]
    return [
        [*_own(form, keys[place]), *_beside(around, place + 2)] for place, form in enumerate(forms)
    ]


@lru_cache(maxsize=65536)
def key_of(form: str) -> str:
    """Under which a form is known: case and marks at its ends aside.

    >>> key_of("Xaq,"), key_of("//")
    ('xaq', '//')
    """
    low = unicodedata.normalize("NFC", form).casefold()
    start, end = 0, len(low)
    while start < end and _is_mark(low[start]):
        start += 1
    while start < end and _is_mark(low[end - 1]):
        end -= 1
    return low[start:end] or low


def is_mark(form: str) -> bool:
    """Whether there is neither letter nor digit in a form."""
    return not is_written(form)


@lru_cache(maxsize=65536)
def _own(form: str, key: str) -> tuple[str, ...]:
    found = ["b", f"w={key}", f"x={_shape(form)}"]
    found += [f"p={key[:n]}" for n in range(1, min(_PREFIX, len(key) - 1) + 1)]
    found += [f"s={key[-n:]}" for n in range(1, min(_SUFFIX, len(key) - 1) + 1)]
    if "-" in key[1:-1] or "=" in key:
        found += ["h", *(f"h={part}" for part in key.replace("=", "-").split("-") if part)]
    return tuple(found)


def _beside(around: Sequence[str], place: int) -> tuple[str, ...]:
    before, after = around[place - 1], around[place + 1]
    return (
        f"-1={before}",
        f"+1={after}",
        f"-2={around[place - 2]}",
        f"+2={around[place + 2]}",
        f"-1s={before[-3:]}",
        f"+1s={after[-3:]}",
        f"-1w={before} {around[place]}",
        f"+1w={around[place]} {after}",
    )


def _shape(form: str) -> str:
    """Of what sorts of characters a form is: `a` letters, `A` capitals, `1` digits, `.` marks."""
    sorts: list[str] = []
    for one in form:
        sort = "A" if one.isupper() else "a" if one.isalpha() else "1" if one.isdigit() else "."
        if not sorts or sorts[-1] != sort:
            sorts.append(sort)
    return "".join(sorts)[:6]


def _is_mark(one: str) -> bool:
    return unicodedata.category(one)[0] in "PS" and one not in "'’ʼʔ"
