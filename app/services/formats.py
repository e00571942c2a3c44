"""Choosing an interchange format by name or by file name."""

from __future__ import annotations

from app.domain.errors import Invalid
from app.formats import FORMATS, find_format
from app.formats.base import Format


def choose_format(name: str, format_id: str = "") -> Format:
    """The format named, or the one that a file's name tells.

    Raises:
        Invalid: the name tells none; lists what is known.
        NotFound: there is no format with that id.
    """
    if format_id:
        return find_format(format_id)
    found = next((one for one in FORMATS if name.lower().endswith(one.suffixes)), None)
    if found is None:
        known = ", ".join(f"{one.id} ({' '.join(one.suffixes)})" for one in FORMATS)
        raise Invalid(f"The name “{name}” tells no format known here; name one: {known}.")
    return found
