"""Values of single fields: dates, times, names of items, character styles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.text import plain
from app.formats.base import Names
from app.formats.standard_format.mapping import Style

Dict = dict[str, Any]
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OTHER_MONTHS = {"Mrz": 3, "Mär": 3, "Mai": 5, "Okt": 10, "Dez": 12, "Fev": 2, "Ago": 8, "Set": 9}
_DATE = re.compile(r"(\d{1,2})[/. -](\w{3})[a-z]*[/. -](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_CLOCK = re.compile(r"(?:(\d+):)?(?:(\d+):)?(\d+(?:[.,]\d+)?)")
_STYLED = re.compile(r"\|([A-Za-z]+)\{([^{}]*)\}|\b(f[a-z]):(\w+)")


@dataclass
class Labels:
    """What items of lists are called in a file.

    Attributes:
        codes: code by item.
        short: abbreviations by item.
    """

    codes: dict[str, str]
    short: Mapping[str, Mapping[str, Any]]
    names: Names | None = None

    def code(self, item: str) -> str:
        """The code of an item; empty for one that is not known."""
        if item not in self.codes and self.names is not None:
            self.codes |= {one: code for (_, code), one in self.names.items.items()}
        return self.codes.get(item, "")

    def label(self, item: str) -> str:
        """Its abbreviation, else its code."""
        short = self.short.get(item) or {}
        known = (plain(value) for value in (short.get("en"), *short.values()))
        return next((one for one in known if one), self.code(item))


def parse_date(value: str) -> str:
    """A date of the file as ISO 8601; empty if it is none.

    >>> parse_date("08/Feb/2017"), parse_date("26.Nov.2020"), parse_date("1/2/03")
    ('2017-02-08', '2020-11-26', '')
    """
    if found := _ISO.fullmatch(value):
        year, month, day = (int(part) for part in found.groups())
    elif (found := _DATE.fullmatch(value)) and (month := _month(found[2].title())):
        year, day = int(found[3]), int(found[1])
    else:
        return ""
    return f"{year:04}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def format_date(date: str) -> str:
    """A date as MDF writes it.

    >>> format_date("2017-02-08T10:00:00Z")
    '08/Feb/2017'
    """
    found = _ISO.match(date)
    return f"{found[3]}/{_MONTHS[int(found[2]) - 1]}/{found[1]}" if found else ""


def _month(name: str) -> int:
    return _MONTHS.index(name) + 1 if name in _MONTHS else _OTHER_MONTHS.get(name, 0)


def parse_time(value: str) -> float | None:
    """Seconds; None if it is no time.

    >>> parse_time("1:02.5"), parse_time("0.25"), parse_time("soon")
    (62.5, 0.25, None)
    """
    found = _CLOCK.fullmatch(value.strip())
    if found is None:
        return None
    hours, minutes = (found[1], found[2]) if found[2] else ("0", found[1] or "0")
    return int(hours) * 3600 + int(minutes) * 60 + float(found[3].replace(",", "."))


def format_time(seconds: float) -> str:
    """Seconds as they are written: at least one digit after the point.

    >>> format_time(62.5), format_time(1.0)
    ('62.5', '1.0')
    """
    return str(round(float(seconds), 3))


def read_styles(value: str, styles: Mapping[str, Style]) -> Any:
    """A value with its character styles: a string, or one with spans.

    >>> read_styles("see |fv{moto} here", {"fv": Style(ws="seh")})
    {'text': 'see moto here', 'spans': [{'start': 4, 'end': 8, 'ws': 'seh'}]}
    """
    if "|" not in value and ":" not in value:
        return value
    text, spans, done = "", [], 0
    for found in _STYLED.finditer(value):
        style = styles.get(found[1] or found[3])
        inner = found[2] if found[1] else found[4]
        if style is None or not inner:
            continue
        text += value[done : found.start()]
        told = {key: one for key, one in vars(style).items() if one}
        spans.append({"start": len(text), "end": len(text) + len(inner), **told})
        text, done = text + inner, found.end()
    return {"text": text + value[done:], "spans": spans} if spans else value


def write_styles(value: Any, styles: Mapping[str, Style]) -> str:
    """A value with marks around its spans; those that no style stands for are left out.

    >>> write_styles({"text": "a b", "spans": [{"start": 2, "end": 3, "ws": "x"}]},
    ...     {"fv": Style(ws="x")})
    'a |fv{b}'
    """
    text = " ".join(plain(value).split("\n"))
    if isinstance(value, str) or not isinstance(value, Mapping):
        return text
    end = len(text)
    for span in sorted(value.get("spans", ()), key=lambda one: one["start"], reverse=True):
        name = _style_of(span, styles)
        if not name or span["end"] > end or span.get("href"):
            continue
        start = end = span["start"]
        text = f"{text[:start]}|{name}{{{text[start : span['end']]}}}{text[span['end'] :]}"
    return text


def _style_of(span: Mapping[str, Any], styles: Mapping[str, Style]) -> str:
    wanted = (span.get("ws") or "", span.get("style") or "")
    return next((one for one, style in styles.items() if (style.ws, style.style) == wanted), "")
