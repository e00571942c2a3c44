"""CSV and other delimited text: read with care about where it is broken, written by the rule.

Source: RFC 4180.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

from app.domain.errors import Unreadable
from app.domain.text import bad_characters
from app.formats.table.cells import guard, unguard

Row = tuple[int, list[str]]
DELIMITERS = ",;\t"
_LONGEST = 16 << 20  # bytes of a line
_HEAD = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_rows(path: Path) -> Generator[Row, None, None]:
    """Line number and cells of each row that is not blank, the headings first.

    Raises:
        Unreadable: bytes that are no text, quotes that do not close, with line and column.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        lines = _Lines(text, path.name, encoding)
        first = next(iter(lines), "")
        delimiter = _delimiter(first)
        if first.lower().startswith("sep=") and len(first.strip()) <= 5:
            delimiter = first[4:5] if first[4:5] in DELIMITERS else delimiter
        else:
            lines.put_back(first)
        yield from _rows(lines, delimiter, path.name)


def write_rows(path: Path, rows: Iterable[Sequence[str]], *, bom: bool) -> None:
    """Writes rows as UTF-8, cells that a spreadsheet would run made harmless.

    They are separated by commas, in a file whose name ends in .tsv by tabs.
    """
    sign = "\t" if path.suffix.lower() == ".tsv" else ","
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=sign, lineterminator="\r\n")
        for row in rows:
            writer.writerow([guard(cell) for cell in row])


class _Lines:
    """The lines of a text, those of the current row kept for messages."""

    def __init__(self, text: io.TextIOBase, file: str, encoding: str) -> None:
        self._text, self._file, self._encoding = text, file, encoding
        self._back: list[str] = []
        self.number = 0
        self.row: list[str] = []

    def put_back(self, line: str) -> None:
        """Gives a line again, as if it had not been read."""
        if line:
            self._back.append(line)
            self.number -= 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self.row.append(line)
        return line

    def _read(self) -> str:
        try:
            line = self._text.readline(_LONGEST)
        except UnicodeError as error:
            raise self._undecodable() from error
        if len(line) >= _LONGEST:
            what = "The line is too long; is this a table?"
            raise Unreadable(what, self._file, self.number + 1, 1)
        return line

    def _undecodable(self) -> Unreadable:
        """Finds the place that the decoder, which reads ahead, only knows roughly."""
        line, column = _place_of_bad_byte(Path(str(self._text.name)), self._encoding)  # type: ignore[attr-defined]
        what = "Here are bytes that are no text in UTF-8; save the file as “CSV UTF-8”."
        return Unreadable(what, self._file, line, column)


def _place_of_bad_byte(path: Path, encoding: str) -> tuple[int, int]:
    decode = codecs.getincrementaldecoder(encoding)("strict").decode
    line, column = 1, 1
    with path.open("rb") as stream:
        while block := stream.read(1 << 16):
            try:
                text = decode(block)
            except UnicodeError as error:
                good = getattr(error, "object", b"")[: getattr(error, "start", 0)]
                text = good.decode(encoding.removesuffix("-sig"), "ignore")
                return _after(text, line, column)
            line, column = _after(text, line, column)
    return line, column


def _after(text: str, line: int, column: int) -> tuple[int, int]:
    lines = text.count("\n")
    return line + lines, len(text) - text.rindex("\n") if lines else column + len(text)


def _rows(lines: _Lines, delimiter: str, file: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.row = []
        start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _broken(lines.row, start, delimiter, file, str(error)) from error
        if any(cells):
            yield start, [_cell(cell, start, place, file) for place, cell in enumerate(cells, 1)]


def _cell(cell: str, line: int, place: int, file: str) -> str:
    if bad := bad_characters(cell):
        raise Unreadable(f"The cell in column {place} holds {bad}; take it out.", file, line)
    return unguard(cell)


def _broken(rows: list[str], start: int, delimiter: str, file: str, error: str) -> Unreadable:
    """What is wrong with the quotes of a row, and where."""
    if "field larger" in error:
        what = "A cell is too long, or the quotation mark before it is never closed."
        return Unreadable(what, file, start)
    text = "".join(rows)
    at = opened = 0
    while at < len(text):
        if text[at] != '"':  # a bare cell
            while at < len(text) and text[at] not in delimiter + "\r\n":
                at += 1
            at += 1
            continue
        opened, at = at, at + 1
        while at < len(text) and (text[at] != '"' or text[at + 1 : at + 2] == '"'):
            at += 2 if text[at] == '"' else 1
        if at >= len(text):
            what = "The quotation mark that opens here is never closed."
            return Unreadable(what, file, *_after(text[:opened], start, 1))
        at += 1
        if at < len(text) and text[at] not in delimiter + "\r\n":
            what = "After a quotation mark the cell must end; double the marks inside a cell."
            return Unreadable(what, file, *_after(text[:at], start, 1))
        at += 1
    return Unreadable(f"The row is broken: {error}.", file, start)


def _delimiter(line: str) -> str:
    """The sign that parts the headings into most cells."""
    found = {}
    for sign in DELIMITERS:
        try:
            found[sign] = len(next(csv.reader([line], delimiter=sign), []))
        except csv.Error:
            found[sign] = 0
    return max(DELIMITERS, key=lambda sign: found[sign])


def _encoding(path: Path) -> str:
    """By its mark, else UTF-16 where every second byte is zero, else UTF-8."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    pairs = len(head) // 2 or 1
    if head[1::2].count(0) > pairs * 0.4:
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > pairs * 0.4 else "utf-8"
