"""Reading one large JSON object piece by piece, however it is laid out.

The object's members come one at a time; of a member that is a list, its elements do. Memory holds
one element and one block of the file.

Source: RFC 8259.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from app.domain.errors import Unreadable

_BLOCK = 1 << 18
MAX_ELEMENT = 48 << 20  # characters; MongoDB keeps 16 MB a record
_CUT_OFF = 20  # a word or an escape that the end of a block cuts is shorter
_MAX_INT = 1 << 63
_SPACE = " \t\n\r"


@dataclass(frozen=True)
class Piece:
    """A member of the object, or an element of a list that is one.

    Attributes:
        key: the member's name.
        value: its value, or the element.
        line: line at which the value starts.
        in_list: whether it is an element of a list.
    """

    key: str
    value: Any
    line: int
    in_list: bool = False


class JsonStream:
    """One JSON object in a stream of UTF-8.

    Args:
        stream: bytes.
        file: name of the file, for messages.
    """

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self._stream, self._file = stream, file
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("strict").decode
        self._decoder = json.JSONDecoder(
            parse_constant=self._constant, parse_int=self._int, object_pairs_hook=self._object
        )
        self._text, self._at, self._ended = "", 0, False
        self._line, self._column = 1, 1

    def pieces(self) -> Iterator[Piece]:
        """All members; of those that are lists, and not empty, the elements.

        Raises:
            Unreadable: it is no JSON object, or is broken or cut off; with line and column.
        """
        self._expect("{", "The file is no JSON object: it must begin with “{”.")
        if self._peek() != "}":
            yield from self._member()
            while self._peek() == ",":
                self._skip(1)
                yield from self._member()
        self._expect("}", "Here “,” or “}” is wanted.")
        if self._peek():
            raise self._error("Something follows the end of the JSON object.")

    def _member(self) -> Iterator[Piece]:
        if self._peek() != '"':
            raise self._error("Here a name in quotation marks is wanted.")
        key = self._value()
        self._expect(":", "Here “:” is wanted.")
        if self._peek() != "[":
            line = self._line
            yield Piece(key, self._value(), line)
            return
        self._skip(1)
        if self._peek() == "]":
            yield Piece(key, [], self._line)
        else:
            yield self._element(key)
            while self._peek() == ",":
                self._skip(1)
                yield self._element(key)
        self._expect("]", "Here “,” or “]” is wanted.")

    def _element(self, key: str) -> Piece:
        self._peek()
        line = self._line
        return Piece(key, self._value(), line, True)

    def _value(self) -> Any:
        """The value that starts here, however many blocks it takes."""
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._ended or self._is_final(error):
                    raise self._error(f"The JSON is broken: {error.msg}.", error.pos) from error
            except RecursionError as error:
                raise self._error("The JSON is nested too deeply.") from error
            else:
                if end < len(self._text) or self._ended:
                    self._skip(end - self._at)
                    return value
            begun = len(self._text) - self._at
            if begun > MAX_ELEMENT:
                raise self._error("This record is too large, or its end is missing.")
            self._fill(begun)

    def _is_final(self, error: json.JSONDecodeError) -> bool:
        """Whether more of the file could not mend an error."""
        cut = error.msg.startswith("Unterminated") or error.pos > len(self._text) - _CUT_OFF
        return not cut

    def _expect(self, sign: str, what: str) -> None:
        if self._peek() != sign:
            raise self._error(what if self._peek() else "The file ends too early.")
        self._skip(1)

    def _peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            start = self._at
            while start < len(self._text) and self._text[start] in _SPACE:
                start += 1
            self._skip(start - self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._fill(0)

    def _fill(self, at_least: int) -> None:
        """Reads on: as much again as there is, so that time grows with the file only."""
        self._text, self._at = self._text[self._at :], 0
        wanted = max(_BLOCK, at_least)
        block = self._stream.read(wanted)
        self._ended = len(block) == 0
        try:
            self._text += self._decode(block, self._ended)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode("utf-8", "replace")
            self._text += good
            what = "The file is not in UTF-8 here; save it in that encoding."
            raise self._error(what, len(self._text)) from error

    def _skip(self, count: int) -> None:
        self._line, self._column = self._place(self._at + count)
        self._at += count

    def _place(self, at: int) -> tuple[int, int]:
        lines = self._text.count("\n", self._at, at)
        if not lines:
            return self._line, self._column + at - self._at
        return self._line + lines, at - self._text.rindex("\n", self._at, at)

    def _error(self, what: str, at: int | None = None) -> Unreadable:
        return Unreadable(what, self._file, *self._place(self._at if at is None else at))

    def _constant(self, name: str) -> None:
        raise self._error(f"{name} is no value of JSON.")

    def _int(self, digits: str) -> int:
        if len(digits) > 20 or not -_MAX_INT <= int(digits) < _MAX_INT:
            raise self._error("A number is too large.")
        return int(digits)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise self._error("An object names a field twice.")
        return found
