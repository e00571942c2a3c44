"""Which way a language is written."""

from __future__ import annotations

from typing import Literal

import langcodes

_FROM_THE_RIGHT = frozenset(
    ["Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Mand", "Samr"]
)


def direction_of(tag: str) -> Literal["ltr", "rtl"]:
    """The direction of the script that a language tag names or implies.

    >>> direction_of("he"), direction_of("ar-fonipa"), direction_of("ku-Arab")
    ('rtl', 'ltr', 'rtl')
    """
    if "fonipa" in tag.lower().split("-"):
        return "ltr"  # the International Phonetic Alphabet, whatever the language
    try:
        script = langcodes.get(tag).maximize().script
    except ValueError:
        return "ltr"  # no tag; it is told elsewhere
    return "rtl" if script in _FROM_THE_RIGHT else "ltr"
