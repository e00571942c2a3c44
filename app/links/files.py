"""Opening text files as they are published: plain or packed with gzip, bzip2 or xz."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from app.domain.errors import Unreadable
from app.domain.messages import say

_MAGIC = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))
PACKED = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked.

    Raises:
        Unreadable: while reading: the packed file is cut off or damaged.
    """
    with path.open("rb") as raw:
        head = raw.read(6)
        raw.seek(0)
        kind = next((name for magic, name in _MAGIC if head.startswith(magic)), "")
        stream: Any = raw
        if kind == "gzip":
            stream = gzip.GzipFile(fileobj=raw)
        elif kind == "bzip2":
            stream = bz2.BZ2File(raw)
        elif kind == "xz":
            stream = lzma.LZMAFile(raw)  # noqa: SIM115  closed with the raw file
        try:
            yield cast("BinaryIO", stream)
        except PACKED as error:
            raise cut_off(path) from error
        except OSError as error:
            if kind and error.errno is None:  # how bzip2 says that its data are no bzip2
                raise cut_off(path) from error
            raise


def iter_lines(path: Path, *, whole: bool = True) -> Iterator[tuple[int, str]]:
    """The lines of a text file with their numbers from 1, without their ends.

    Args:
        whole: whether a last line without an end shows that the file is cut off.

    Raises:
        Unreadable: a packed file is cut off; the text is not UTF-8; the last line has no end.
    """
    number, line = 0, "\n"
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="\n")
        try:
            for number, line in enumerate(text, 1):
                yield number, line.rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise Unreadable(say("This is no UTF-8 text."), path.name, number + 1) from error
    if whole and not line.endswith("\n"):
        raise cut_off(path, number)


def cut_off(path: Path, line: int = 0) -> Unreadable:
    """That a file ends too early."""
    return Unreadable(
        say("The file is damaged or ends too early. Fetch it again; nothing was changed."),
        path.name,
        line,
    )
