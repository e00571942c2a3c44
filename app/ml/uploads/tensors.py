"""Safetensors files: their headers, compared with the file.

Source: github.com/huggingface/safetensors, README "Format".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from app.domain.errors import Invalid, Problem
from app.domain.messages import Message, say
from app.ml.uploads import json_files
from app.ml.uploads.found import shown
from app.ml.uploads.limits import Limits

_SIZES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2,
    "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
}  # fmt: skip
_MOST_AXES, _LONGEST_AXIS, _LONGEST_NAME = 8, 1 << 40, 300


@dataclass(frozen=True)
class Tensor:
    """One array of a file.

    Attributes:
        dtype: as the format names it.
        shape: lengths of its axes.
    """

    dtype: str
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


def read_header(path: Path, limits: Limits, name: str = "") -> dict[str, Tensor]:
    """The arrays that a safetensors file holds, which is exactly what its length says.

    Raises:
        Invalid: the header is none, or lies about the file.
    """
    name = name or path.name
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if len(start) < 8:
            raise _refusal(name, "This is no safetensors file: it is too short.")
        length = struct.unpack("<Q", start)[0]
        if length > limits.header:
            what = (
                "This is no safetensors file, or its header is too long: it would have %(found)s "
                "bytes, at most %(most)s are read."
            )
            raise _refusal(name, say(what, found=f"{length:,}", most=f"{limits.header:,}"))
        if length + 8 > size:
            raise _refusal(name, "The safetensors file is cut off in its header.")
        header = json_files.parse(file.read(length), limits.depth, name)
    if not isinstance(header, dict):
        raise _refusal(name, "The header of this safetensors file is no object.")
    _check_metadata(header.pop("__metadata__", {}), name)
    if len(header) > limits.tensors:
        what = say("The file holds more than %(most)s arrays.", most=f"{limits.tensors:,}")
        raise _refusal(name, what)
    _check_order(header, size - 8 - length, name)
    return {key: Tensor(one["dtype"], tuple(one["shape"])) for key, one in header.items()}


def _check_metadata(metadata: Any, name: str) -> None:
    is_text = isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values())
    if not is_text:
        raise _refusal(name, "The notes in the header of this safetensors file are no texts.")


def _check_order(header: Mapping[str, Any], length: int, name: str) -> None:
    """Sees that arrays fill the file one after the other, each as long as its shape says."""
    for key, one in header.items():
        if len(key) > _LONGEST_NAME or not _is_array(one):
            raise _refusal(name, say("The array “%(key)s” is described wrongly.", key=shown(key)))
    at = 0
    for key, one in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = one["data_offsets"]
        if begin < at:
            raise _refusal(name, say("The array “%(key)s” lies on top of another.", key=shown(key)))
        if begin > at:
            raise _refusal(name, say("There is a gap before the array “%(key)s”.", key=shown(key)))
        if end - begin != prod(one["shape"]) * _SIZES[one["dtype"]]:
            what = "The array “%(key)s” has another length than its shape and type give."
            raise _refusal(name, say(what, key=shown(key)))
        at = end
    if at != length:
        what = (
            "The file has %(found)s bytes of numbers, and its header describes %(told)s: it is cut "
            "off, or holds something else. Upload it again."
        )
        raise _refusal(name, say(what, found=f"{length:,}", told=f"{at:,}"))


def _is_array(one: Any) -> bool:
    if not isinstance(one, dict) or set(one) != {"dtype", "shape", "data_offsets"}:
        return False
    shape, offsets = one["shape"], one["data_offsets"]
    return (
        isinstance(one["dtype"], str)
        and one["dtype"] in _SIZES
        and isinstance(shape, list)
        and len(shape) <= _MOST_AXES
        and all(type(axis) is int and 0 <= axis < _LONGEST_AXIS for axis in shape)
        and isinstance(offsets, list)
        and len(offsets) == 2
        and all(type(place) is int and 0 <= place < 1 << 62 for place in offsets)
        and offsets[0] <= offsets[1]
    )


def _refusal(name: str, what: Message | str) -> Invalid:
    return Invalid(Problem(shown(name), what))
