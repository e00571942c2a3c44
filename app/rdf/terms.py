"""IRIs, literals and triples: plain values that are soon made. There are no blank nodes.

Source: RDF 1.1 Concepts; RFC 3987 for what an IRI may hold.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?")
_PLANES = "".join(f"{chr(n << 16)}-{chr((n << 16) + 0xFFFD)}" for n in range(1, 14))
_NOT_IN_IRI = re.compile(
    f"[^!#-;=?-\\[\\]_a-z~\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef{_PLANES}\U000e1000-\U000efffd]"
)
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")
_HOST = re.compile(r"(?:https?|ftp)://[^/?#]", re.IGNORECASE)
_SIGNS = {code: 0x2400 + code for code in range(32)}
_CONTROLS = {sign: code for code, sign in _SIGNS.items()}
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DATES = (
    (re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"), "date"),
    (
        re.compile(
            r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
            r"(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)?"
        ),
        "dateTime",
    ),
    (re.compile(r"\d{4}-(?:0[1-9]|1[0-2])"), "gYearMonth"),
    (re.compile(r"\d{4}"), "gYear"),
)
_NO_ZONE = re.compile(r"[+-]00:00$")
_FRACTION = re.compile(r"\.(\d*?)0*(?=Z|[+-]|$)")
_SHORT_MONTHS = {"02": 29, "04": 30, "06": 30, "09": 30, "11": 30}


class Iri(str):
    """An absolute IRI, without angle brackets."""

    __slots__ = ()


class Literal(NamedTuple):
    """A literal with a language tag, a datatype (an IRI), or neither for a bare string."""

    value: str
    lang: str = ""
    datatype: str = ""


Term = Iri | Literal
Triple = tuple[Iri, Iri, Term]
Quad = tuple[Iri, Iri, Term, Iri]


def clean(value: str) -> str:
    r"""A string as every syntax can hold it: lines end in LF, no control characters.

    >>> clean("a\r\nb\x00")
    'a\nb'
    """
    if value.isprintable():  # as most are
        return value
    return _BAD.sub("", _LINE_ENDS.sub("\n", value))


def shown(value: str) -> str:
    r"""A key with its control characters as the signs that stand for them.

    >>> shown("a\x1f1"), hidden(shown("a\x1f1")) == "a\x1f1"
    ('a␟1', True)
    """
    return value if value.isprintable() else value.translate(_SIGNS)


def hidden(value: str) -> str:
    """What `shown` was made of."""
    return value.translate(_CONTROLS)


def string(value: str) -> Literal:
    """A bare string."""
    return Literal(clean(value))


def integer(value: int) -> Literal:
    """An `xsd:integer`."""
    return Literal(str(value), "", _XSD + "integer")


def boolean(value: bool) -> Literal:
    """An `xsd:boolean`."""
    return Literal("true" if value else "false", "", _XSD + "boolean")


def decimal(value: float) -> Literal:
    """An `xsd:decimal`, without an exponent.

    >>> decimal(0.25).value, decimal(3).value
    ('0.25', '3')
    """
    return Literal(plain_number(value), "", _XSD + "decimal")


def plain_number(value: float) -> str:
    """A number in decimal digits, without an exponent.

    >>> plain_number(1e-05)
    '0.00001'
    """
    written = repr(float(value))
    if "e" in written:
        written = f"{float(value):.15f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def date(value: str) -> Literal:
    """A date as far as it is known, typed; a bare string if it is none.

    >>> date("2017-02").datatype.rpartition("#")[2], date("long ago").datatype
    ('gYearMonth', '')
    """
    for pattern, name in _DATES:
        if pattern.fullmatch(value) and value[:4] != "0000" and _is_in_month(value):
            return Literal(_canonical(value) if name == "dateTime" else value, "", _XSD + name)
    return string(value)


def iri(value: str) -> Iri | None:
    """An IRI that somebody wrote, with what may not stand in one escaped; None if it is none.

    >>> iri("http://dbpedia.org/resource/New Guinea")
    'http://dbpedia.org/resource/New%20Guinea'
    >>> iri("see below") is None
    True
    """
    value = value.strip()
    if not _IRI.match(value) or (not value.isascii() and not _encodes(value)):
        return None
    scheme = value.partition(":")[0].lower()
    if scheme in ("http", "https", "ftp") and not _HOST.match(value):
        return None
    escaped = _NOT_IN_IRI.sub(lambda found: quote(found[0], safe=""), value)
    head, sign, rest = _BROKEN_ESCAPE.sub("%25", escaped).partition("#")
    head = head.replace("[", "%5B").replace("]", "%5D")
    rest = rest.replace("#", "%23").replace("[", "%5B").replace("]", "%5D")
    return Iri(head + sign + rest)


def segment(value: str) -> str:
    """A code or id as a part of an IRI.

    >>> segment("s_01"), segment("gloss abbreviations/é")
    ('s_01', 'gloss%20abbreviations%2F%C3%A9')
    """
    if value.isascii() and value.isidentifier():
        return value
    return quote(value.encode("utf-8", "replace"), safe="-.")


def _canonical(value: str) -> str:
    """A date and time as stores keep it: no zeros at the end of a second, `Z` for UTC."""
    value = _NO_ZONE.sub("Z", value)
    return _FRACTION.sub(lambda found: f".{found[1]}" if found[1] else "", value)


def _encodes(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_in_month(value: str) -> bool:
    if len(value) < 10:
        return True
    if value[5:10] == "02-29":
        year = int(value[:4])
        return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return int(value[8:10]) <= _SHORT_MONTHS.get(value[5:7], 31)
