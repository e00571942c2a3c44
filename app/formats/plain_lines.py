"""The lines of a text in UTF-8, with care about where it is broken."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from app.domain.errors import Unreadable
from app.domain.text import bad_characters

Line = tuple[int, str]
_LONGEST = 16 << 20  # bytes of a line
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_lines(path: Path) -> Iterator[Line]:
    """Number and text of each line, without its end and without a mark of UTF-8.

    Raises:
        Unreadable: there is no such file, or bytes of it are no text in UTF-8, with line and
            column.
    """
    if not path.is_file():
        raise Unreadable("There is no such file.", path.name)
    with path.open("rb") as stream:
        number = 0
        while raw := stream.readline(_LONGEST):
            number += 1
            if len(raw) >= _LONGEST:
                raise Unreadable("The line is too long; is this a text?", path.name, number, 1)
            if number == 1:
                if raw.startswith(_UTF16):
                    what = "The file is in UTF-16; save it as UTF-8."
                    raise Unreadable(what, path.name, 1, 1)
                raw = raw.removeprefix(codecs.BOM_UTF8)
            yield number, _decoded(raw, path.name, number)


def blocks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """The stretches of lines between blank ones."""
    block: list[Line] = []
    for number, line in lines:
        if line.strip():
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _decoded(raw: bytes, file: str, number: int) -> str:
    try:
        line = raw.decode()
    except UnicodeDecodeError as error:
        column = len(raw[: error.start].decode(errors="ignore")) + 1
        what = "Here are bytes that are no text in UTF-8; save the file as UTF-8."
        raise Unreadable(what, file, number, column) from error
    line = line.rstrip("\r\n")
    if bad := bad_characters(line):
        column = line.index(chr(int(bad.split()[0][2:], 16))) + 1
        raise Unreadable(f"The line holds {bad}; take it out.", file, number, column)
    return line
