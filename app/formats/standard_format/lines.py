r"""Reading and writing lines of Standard Format: a marker, a value, perhaps further lines.

A field begins with a backslash and its marker; lines without one belong to the field before. Each
marker may have an encoding of its own, since older files hold several.

Source: the formats of the Toolbox and Shoebox programs of SIL International.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.errors import Invalid, Problem, Unreadable
from app.domain.messages import say
from app.domain.text import bad_characters

DEFAULT_ENCODING = "utf-8"
_MARKED = re.compile(rb"\\([^\s\\]+)(?:[ \t](.*))?$", re.DOTALL)
_SHOWN = 5  # values of a marker, or lines, that are shown to people
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Field:
    r"""A marker with its value.

    Attributes:
        raw: the value as it was written, without what is between marker and value and without
            blank lines at its end; its lines are separated by `\n`.
        line: number of its first line.
    """

    marker: str
    raw: str
    line: int = 0

    @property
    def value(self) -> str:
        """The value on one line."""
        return tidy(self.raw)


@dataclass
class Scan:
    """What a file holds at first sight.

    Attributes:
        markers: how often each marker occurs, in the sequence in which they come first.
        values: the first values of each.
        newline: how its lines end.
        bom: whether it begins with a mark of UTF-8.
        wrong: lines that are no UTF-8, with their markers.
        other: how many lines are UTF-8 and not ASCII alone.
    """

    markers: Counter[str] = field(default_factory=Counter)
    values: dict[str, list[str]] = field(default_factory=dict)
    newline: str = "\n"
    bom: bool = False
    wrong: list[tuple[int, str]] = field(default_factory=list)
    other: int = 0


def tidy(raw: str) -> str:
    r"""A value on one line.

    >>> tidy("cools the\nclimate ")
    'cools the climate'
    """
    return " ".join(part for line in raw.split("\n") if (part := line.strip()))


def scan(path: Path) -> Scan:
    """Looks through a file: its markers, its line ends and whether it is UTF-8.

    Raises:
        Unreadable: it is no text.
    """
    found = Scan()
    marker = ""
    for number, line, ending in _lines(path):
        if number == 1:
            found.bom = line.startswith(codecs.BOM_UTF8)
            found.newline = "\r\n" if ending == b"\r\n" else "\n"
            line = line.removeprefix(codecs.BOM_UTF8)
        match = _MARKED.match(line)
        if match:
            marker = match[1].decode("latin-1")
            found.markers[marker] += 1
            kept = found.values.setdefault(marker, [])
            if len(kept) < _SHOWN and (match[2] or b"").strip():
                kept.append((match[2] or b"").decode("utf-8", "replace").strip())
        if not line.isascii():
            try:
                line.decode()
                found.other += 1
            except UnicodeDecodeError:
                found.wrong.append((number, marker))
    return found


def check_encoding(name: str) -> str:
    """The name of an encoding as Python knows it.

    Raises:
        Invalid: there is no such encoding of texts.
    """
    try:
        known = codecs.lookup(name)
        "a".encode(known.name)
    except (LookupError, TypeError, ValueError) as error:
        raise Invalid(
            Problem("encoding", say("There is no encoding “%(name)s”.", name=name))
        ) from error
    return known.name


def read_fields(path: Path, encoding_of: Callable[[str], str], found: Scan) -> Iterator[Field]:
    """The fields of a file, in their sequence.

    Text before the first marker comes as a field with an empty marker.

    Args:
        encoding_of: the encoding of a marker's values.
        found: what `scan` saw, for telling what is wrong.

    Raises:
        Unreadable: a value is not in its encoding, with line and column.
    """
    marker, start = "", 1
    values: list[str] = []
    for number, line, _ in _lines(path):
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        match = _MARKED.match(line)
        if match is None:
            values.append(_decode(line, encoding_of(marker), path.name, number, found))
            continue
        if marker or any(value.strip() for value in values):
            yield _field(marker, values, start)
        marker = _decode(match[1], DEFAULT_ENCODING, path.name, number, found)
        place, encoding = match.start(2), encoding_of(marker)
        text = _decode(match[2] or b"", encoding, path.name, number, found, max(place, 0))
        values, start = [text], number
    if marker or any(value.strip() for value in values):
        yield _field(marker, values, start)


def records(fields: Iterable[Field], markers: frozenset[str]) -> Iterator[list[Field]]:
    """Fields in records, each from one of the markers on; first what stands before them all."""
    group: list[Field] = []
    for one in fields:
        if one.marker in markers:
            yield group
            group = []
        group.append(one)
    yield group


def written(marker: str, raw: str) -> str:
    r"""A field as a line of a file.

    >>> written("lx", "moto"), written("dt", "")
    ('\\lx moto', '\\dt')
    """
    return f"\\{marker} {raw}" if raw else f"\\{marker}"


def _field(marker: str, values: list[str], line: int) -> Field:
    while len(values) > 1 and not values[-1].strip():
        values.pop()
    return Field(marker, "\n".join(values), line)


def _lines(path: Path) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, content and ending of each line; a carriage return alone ends a line too."""
    if not path.is_file():
        raise Unreadable("There is no such file.", path.name)
    number = 0
    with path.open("rb") as file:
        if file.read(2) in _UTF16:
            what = "The file is in UTF-16: save it as UTF-8."
            raise Unreadable(what, path.name, 1, 1)
        file.seek(0)
        for line in file:
            body = line.rstrip(b"\r\n")
            ending = line[len(body) :]
            for piece in body.split(b"\r"):
                number += 1
                if b"\0" in piece:
                    what = "There is a zero byte: this is no text file."
                    raise Unreadable(what, path.name, number, piece.index(b"\0") + 1)
                yield number, piece, ending


def _decode(data: bytes, encoding: str, file: str, line: int, found: Scan, place: int = 0) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        wrong = " ".join(f"{byte:02X}" for byte in data[error.start : error.start + 4])
        column = place + error.start + 1
        raise Unreadable(_advice(wrong, encoding, found), file, line, column) from error
    if not text.isascii() or not text.isprintable():
        bad = bad_characters(text)
        if bad:
            raise Unreadable(f"There are control characters ({bad}).", file, line, place + 1)
    return text


def _advice(wrong: str, encoding: str, found: Scan) -> str:
    if encoding != DEFAULT_ENCODING:
        return f"The bytes {wrong} are not {encoding}; choose the encoding of this file or marker."
    markers = ", ".join(f"\\{one}" for one in dict.fromkeys(marker for _, marker in found.wrong))
    lines = ", ".join(str(number) for number, _ in found.wrong[:_SHOWN])
    if not found.other:
        return (
            f"The bytes {wrong} are not UTF-8: the file is in an older encoding; say which one, "
            "such as cp1252."
        )
    more = " …" if len(found.wrong) > _SHOWN else ""
    return (
        f"The bytes {wrong} are not UTF-8, and other lines are: the encodings are mixed. "
        f"{len(found.wrong)} lines are in another one (lines {lines}{more}; markers {markers}); "
        "give these markers an encoding of their own in the mapping."
    )
