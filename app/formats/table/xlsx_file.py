"""Excel workbooks: one sheet of text.

What is read of a cell with a formula is the value that the program which saved the file had
calculated; no formula is ever run here.

Source: ECMA-376, Office Open XML.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from app.domain.errors import Invalid, Unreadable
from app.domain.text import bad_characters
from app.formats.archive import open_archive
from app.formats.table.csv_file import Row

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
LONGEST = 32_767  # characters of a cell
MAX_SIZE = 1 << 30
_HEAD = 4096
# What openpyxl and the parsers under it raise at a workbook that is not what it should be.
_BROKEN = (
    AttributeError, EOFError, IndexError, KeyError, SyntaxError, TypeError, ValueError,
    BadZipFile, zlib.error,
)  # fmt: skip
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read_rows(path: Path, max_size: int = MAX_SIZE) -> Generator[Row, None, None]:
    """Row number and cells of each row of the first sheet that is not blank.

    Raises:
        Unreadable: it is no workbook, has a document type, or is like a zip bomb.
    """
    from openpyxl import load_workbook  # where it is used: it brings numpy if that is there
    from openpyxl.utils.exceptions import InvalidFileException

    _check(path, max_size)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, OSError, *_BROKEN) as error:
        raise Unreadable(f"The workbook cannot be read ({error}).", path.name) from error
    try:
        if not book.worksheets:
            raise Unreadable("The workbook has no sheet.", path.name)
        yield from _rows(book.worksheets[0], path.name)
    except _BROKEN as error:
        raise Unreadable(f"The workbook is broken ({error}).", path.name) from error
    finally:
        book.close()


def has_formulas(path: Path) -> bool:
    """Whether any sheet holds a formula."""
    with open_archive(path, MAX_SIZE) as archive:
        for member in archive.infolist():
            if member.filename.startswith("xl/worksheets/"):
                with archive.open(member) as stream:
                    before = b""
                    while block := stream.read(1 << 20):
                        if re.search(rb"<f[ >/]", before + block):
                            return True
                        before = block[-4:]
    return False


def write_rows(path: Path, rows: Iterable[Sequence[str]], sheet_name: str = "Lexicon") -> list[str]:
    """Writes rows as text, so that nothing in them is run; returns what had to be cut.

    Raises:
        Invalid: there are more rows than a sheet takes.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_name)
    sheet.freeze_panes = "A2"
    warnings: list[str] = []
    for number, row in enumerate(rows, 1):
        if number > MAX_ROWS:
            raise Invalid(f"A sheet holds {MAX_ROWS:,} rows at most; export to CSV.")
        sheet.append([_text_cell(sheet, value, number, warnings) for value in row])
    book.save(path)
    return warnings


def _text_cell(sheet: Any, value: str, number: int, warnings: list[str]) -> Any:
    if not value:
        return None
    if _ILLEGAL.search(value):
        value = _ILLEGAL.sub("", value)
        warnings.append(f"Row {number}: a control character was left out.")
    if len(value) > LONGEST:
        value = value[:LONGEST]
        warnings.append(f"Row {number}: a text of over {LONGEST:,} characters was cut; use CSV.")
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def _check(path: Path, max_size: int) -> None:
    """Refuses what is no workbook, or would blow up in the parser."""
    with open_archive(path, max_size) as archive:
        names = set(archive.namelist())
        if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
            raise Unreadable("The file is no Excel workbook (.xlsx).", path.name)
        for member in archive.infolist():
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as stream:
                    head = stream.read(_HEAD).replace(b"\0", b"")
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    what = f"“{member.filename}” has a document type, which no workbook has."
                    raise Unreadable(what, path.name)


def _rows(sheet: Any, file: str) -> Iterator[Row]:
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if number > MAX_ROWS or len(cells) > MAX_COLUMNS:
            raise Unreadable("The sheet is larger than a sheet can be.", file, number)
        values = [_value(cell, number, file) for cell in cells]
        if any(values):
            yield number, values


def _value(cell: Any, number: int, file: str) -> str:
    """A cell as text; an error such as #REF! is refused, since no value is known."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        what = f"The cell {cell.coordinate} holds the error {value}: mend the formula first."
        raise Unreadable(what, file, number)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    text = value.isoformat() if isinstance(value, date | datetime | time) else str(value)
    if bad := bad_characters(text):
        raise Unreadable(f"The cell {cell.coordinate} holds {bad}; take it out.", file, number)
    return text
