"""What differs between two files of Standard Format, whatever wrote them.

Records and fields are compared in their sequence; white space at the ends of values, blank lines
and the endings of lines mean nothing. In interlinear lines the columns do.
"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

from app.formats.standard_format.lines import DEFAULT_ENCODING, read_fields, scan


def differences(file_a: Path, file_b: Path, encoding: str = DEFAULT_ENCODING) -> list[str]:
    """Each place at which two files differ: line, and what stands there in each.

    Raises:
        Unreadable: a file is broken.
    """
    found = []
    for one, other in zip_longest(_fields(file_a, encoding), _fields(file_b, encoding)):
        a, b = one and one[1:], other and other[1:]
        if a != b:
            line = one[0] if one else (other[0] if other else 0)
            found.append(f"line {line}: {a} / {b}")
    return found


def _fields(path: Path, encoding: str) -> list[tuple[int, str, str]]:
    fields = read_fields(path, lambda _: encoding, scan(path))
    return [
        (one.line, one.marker, "\n".join(line.rstrip() for line in one.raw.split("\n")).strip("\n"))
        for one in fields
    ]
