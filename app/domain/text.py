"""Text in several writing systems, and the keys by which it is searched and compared.

A `Text` maps a writing-system code of the project to a value: a string, or a string with spans.
Code points are kept as they came; only keys are normalised.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import regex
from pydantic import BaseModel, ConfigDict

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}\p{Sk}\u02bc\u2019'\ua78c]+")
_MARKS = regex.compile(r"\p{Mn}+")
_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}--\t\n\r]", regex.V1)
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class Model(BaseModel):
    """Base of domain types: frozen, refusing what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(Model):
    """A stretch of a text with a property.

    Attributes:
        start: offset of the first code point.
        end: offset after the last code point.
        ws: writing-system code, if the stretch is in another one.
        href: link target.
        style: name of a character style.
    """

    start: int
    end: int
    ws: str | None = None
    href: str | None = None
    style: str | None = None


class SpannedText(Model):
    """A string with spans, outer before inner."""

    text: str
    spans: tuple[Span, ...] = ()


TextValue = str | SpannedText
Text = dict[str, TextValue]


def plain(value: Any) -> str:
    """The bare string of a text value, whether model, stored dict or string.

    >>> plain({"text": "a b", "spans": []})
    'a b'
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, SpannedText):
        return value.text
    return str(value.get("text", ""))


def first_plain(text: Mapping[str, Any], order: Iterable[str] = ()) -> str:
    """The first non-empty value, by preference `order`, then by the order stored."""
    for code in (*order, *text):
        value = plain(text.get(code))
        if value:
            return value
    return ""


def plains(text: Mapping[str, Any]) -> list[str]:
    """All non-empty bare strings of a text."""
    return [
        found
        for value in text.values()
        if (found := value if isinstance(value, str) else plain(value))
    ]


@lru_cache(maxsize=4096)
def fold(value: str) -> str:
    r"""The search key of a string: without case, marks and normal form.

    >>> fold("Ábe\u0301") == fold("ABE") == "abe"
    True
    """
    return fold_anew(value)


def fold_anew(value: str) -> str:
    """As `fold`, for longer texts that will not come again."""
    if value.isascii():
        return value.lower()
    decomposed = unicodedata.normalize("NFD", value.casefold())
    kept = _MARKS.sub("", decomposed)
    return unicodedata.normalize("NFC", kept) or unicodedata.normalize("NFC", value)


def compare_key(value: str) -> str:
    """NFC, the only normalisation under which two strings count as the same."""
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def words(value: str) -> list[str]:
    """The words of a string; marks, tone letters and apostrophes belong to their word."""
    return _WORD.findall(value)


def is_written(value: str) -> bool:
    """Tells whether there is a letter or digit in a string.

    What a project writes with characters for private use, or with those of a newer Unicode than
    the program knows, are letters too.

    >>> is_written("ŋ"), is_written("\ue000"), is_written("…"), is_written("\U0001f600")
    (True, True, False, False)
    """
    return any(c.isalnum() or unicodedata.category(c) in ("Co", "Cn") for c in value)


def normalise(value: str, form: str = "NFC") -> str:
    """Typed text in the project's normal form.

    Args:
        value: what was typed.
        form: `NFC`, `NFD` or empty for as typed.
    """
    if form == "NFC":
        return unicodedata.normalize("NFC", value)
    return unicodedata.normalize("NFD", value) if form == "NFD" else value


def bad_characters(value: str) -> str:
    r"""Control characters that no field may hold, as code points; empty if there are none.

    >>> bad_characters("a\x00b")
    'U+0000'
    """
    return " ".join(f"U+{ord(c):04X}" for c in dict.fromkeys(_CONTROL.findall(value)))


def is_blank(value: str) -> bool:
    """Tells whether a name has nothing to see: spaces, marks alone or direction controls."""
    return not any(
        not c.isspace() and unicodedata.category(c) not in ("Mn", "Me", "Cf", "Cc") for c in value
    )


def direction_controls(value: str) -> bool:
    """Tells whether a string holds characters that reorder what follows them."""
    return any(c in _BIDI for c in value)
