"""Identifiers: a letter, `_` and a UUIDv7 in lower-case base32.

Made by the client or the importer, never reused, meaning nothing. The same string is valid as
`xml:id`, as a CLDF id and as a segment of an IRI.

Source: RFC 9562, section 5.7 (UUIDv7); RFC 4648, section 7 (base32hex).
"""

from __future__ import annotations

import os
import re
import threading
import time
import uuid
from typing import NewType

RecordId = NewType("RecordId", str)
MemberId = NewType("MemberId", str)
ProjectId = NewType("ProjectId", str)
UserId = NewType("UserId", str)

PATTERN = re.compile(r"^[a-z]_[0-9a-v]{26}$")
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"  # base32hex: sorts like the number
_PAIRS = [one + other for one in _ALPHABET for other in _ALPHABET]
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_lock = threading.Lock()
_last = 0


def new_id(letter: str) -> str:
    """Makes an id; ids made by one process sort in the order in which they were made.

    Args:
        letter: one lower-case letter that names the kind for human readers.

    >>> bool(PATTERN.match(new_id("e")))
    True
    """
    return f"{letter}_{_encode(_uuid7_int())}"


def is_id(value: object) -> bool:
    """Tells whether `value` is a string in the shape of an id."""
    return isinstance(value, str) and bool(PATTERN.match(value))


def uuid_of(record_id: str) -> uuid.UUID:
    """The UUID inside an id, for formats that want a guid.

    >>> uuid_of(id_of(uuid.UUID(int=1), "e")).int
    1
    """
    number = 0
    for letter in record_id[2:]:
        number = number << 5 | _VALUES[letter]
    return uuid.UUID(int=number >> 2)


def id_of(value: uuid.UUID, letter: str) -> str:
    """The id that holds a given UUID."""
    return f"{letter}_{_encode(value.int)}"


def _uuid7_int() -> int:
    """A UUIDv7 as an integer: 48 bits of milliseconds, a counter, 62 random bits."""
    global _last
    with _lock:
        stamp = max(time.time_ns() * 4096 // 1_000_000, _last + 1)  # ms and 12 bits below
        _last = stamp
    high = (stamp >> 12) << 16 | 0x7000 | (stamp & 0xFFF)
    low = 0x8000000000000000 | int.from_bytes(os.urandom(8), "big") >> 2
    return high << 64 | low


def _encode(number: int) -> str:
    padded = number << 2  # 128 bits in 26 letters of 5 bits, two letters a step
    return "".join([_PAIRS[(padded >> shift) & 1023] for shift in range(120, -1, -10)])
