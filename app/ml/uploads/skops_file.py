"""scikit-learn models as `.skops`: the list of what they are made of, read without loading them.

Source: skops 0.16, `skops.io` (schema of protocol 2); NumPy enhancement proposal 1 (`.npy`).
"""

from __future__ import annotations

import ast
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from app.domain.errors import Invalid, Problem, Problems
from app.domain.messages import say
from app.ml.uploads import json_files, zips
from app.ml.uploads.found import shown
from app.ml.uploads.limits import Limits
from app.ml.uploads.skops_types import ALLOWED, PROTOCOL

SCHEMA = "schema.json"
_PART = re.compile(r"\d{1,40}\.np[yz]")
_ARRAY_OF_NPZ = re.compile(r"(data|indices|indptr|shape|format|offsets|row|col|_is_array)\.npy")
_PLAIN = re.compile(r"[<>|=]([biufSU])(\d{1,6})")
_PADDING = re.compile(r"\|V(\d{1,2})")  # between the fields of a tree's nodes
_MAGIC, _LONGEST_HEADER = b"\x93NUMPY", 4096
_MOST_NUMBERS = 1 << 40


@dataclass(frozen=True)
class Described:
    """What is known of a file that passed.

    Attributes:
        estimator: the class of the whole model.
        types: everything that it is made of, by full names.
        versions: of scikit-learn that its parts name; more than one is odd.
        skops: the version that wrote it.
        array_bytes: of its arrays.
    """

    estimator: str
    types: tuple[str, ...]
    versions: tuple[str, ...]
    skops: str
    array_bytes: int


def describe(path: Path, name: str, limits: Limits) -> Described:
    """Looks through a `.skops` file.

    Raises:
        Invalid: with everything that is wrong with it.
    """
    with zips.opened(path, name) as archive:
        members = zips.checked(archive, limits, limits.parts, nested=(".npz",))
        parts = {member.filename: member for member in members}
        schema = _schema(archive, parts, limits)
        nodes = list(_nodes(schema))
        _check_types(nodes)
        _check_parts(nodes, parts)
        for member in members:
            _check_arrays(archive, member)
    return Described(
        _type_of(schema),
        tuple(sorted({_type_of(one) for one in nodes})),
        tuple(sorted(_versions(schema))),
        shown(str(schema.get("_skops_version", "")))[:20],
        sum(member.file_size for member in members),
    )


def _schema(
    archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], limits: Limits
) -> dict[str, Any]:
    if SCHEMA not in parts:
        raise Invalid(Problem(SCHEMA, "This file is missing: the zip is no model of skops."))
    if parts[SCHEMA].file_size > limits.schema:
        much = say("This file has more than %(most)s bytes.", most=f"{limits.schema:,}")
        raise Invalid(Problem(SCHEMA, much))
    with archive.open(parts[SCHEMA]) as file:
        schema = json_files.parse(file.read(limits.schema), limits.depth, SCHEMA)
    if not isinstance(schema, dict) or "__loader__" not in schema:
        raise Invalid(Problem(SCHEMA, "This is no schema of skops."))
    if type(schema.get("protocol")) is not int or schema["protocol"] != PROTOCOL:
        what = (
            "The file was written by another skops. Save the model again with skops 0.16 and the "
            "same version of scikit-learn."
        )
        raise Invalid(Problem(SCHEMA, what))
    return schema


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Everything that would be built, also what is hidden where skops would not look."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if "__loader__" in one or "__class__" in one or "__module__" in one:
                yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _type_of(node: dict[str, Any]) -> str:
    return f"{node.get('__module__')}.{node.get('__class__')}"


def _check_types(nodes: list[dict[str, Any]]) -> None:
    problems, seen = Problems(), set[tuple[str, str]]()
    for node in nodes:
        loader, name = str(node.get("__loader__")), _type_of(node)
        if (loader, name) in seen:
            continue
        seen.add((loader, name))
        if name in ALLOWED.get(loader, ()):
            continue
        what = (
            "The model is made with “%(name)s”, which is not among what is loaded here. Build it "
            "with what scikit-learn has for texts, without functions of your own."
        )
        problems.add(SCHEMA, say(what, name=shown(f"{name} ({loader})" if loader else name)))
    if len(problems.found) > 20:
        more = say("… and %(count)s more.", count=len(problems.found) - 20)
        problems.found[20:] = [Problem(SCHEMA, more)]
    problems.check()


def _check_parts(nodes: list[dict[str, Any]], parts: dict[str, zipfile.ZipInfo]) -> None:
    problems = Problems()
    used = {str(one["file"]) for one in nodes if "file" in one}
    for name in sorted(used - parts.keys()):
        problems.add(shown(name), "The model names this file, and it is not there.")
    for name in sorted(parts.keys() - used - {SCHEMA}):
        problems.add(shown(name), "Nothing in the model needs this file.")
    for name in sorted(used & parts.keys()):
        if not _PART.fullmatch(name):
            problems.add(shown(name), "Files of arrays are numbers that end in .npy or .npz.")
    problems.check()


def _check_arrays(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Sees that arrays are as long as they say, and hold numbers and texts only."""
    name = member.filename
    if name.endswith(".npy"):
        _check_array(archive, member, name)
    elif name.endswith(".npz"):
        with archive.open(member) as file, zips.opened(file, name) as inner:
            for one in inner.infolist():
                if not _ARRAY_OF_NPZ.fullmatch(one.filename):
                    raise _refusal(name, "This is no sparse matrix.")
            names = [one.filename for one in inner.infolist()]
            if len(set(names)) != len(names):
                raise _refusal(name, "A name is there twice.")
            unpacked = sum(one.file_size for one in inner.infolist())
            if unpacked > 100 * max(member.file_size, 1 << 14):
                raise _refusal(name, "It unpacks to more than 100 times its size, like a bomb.")
            for one in inner.infolist():
                _check_array(inner, one, name)


def _check_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    with archive.open(member) as file:
        start = file.read(12)
        wide = start[6:7] in (b"\x02", b"\x03")
        length = int.from_bytes(start[8:12] if wide else start[8:10], "little")
        if start[:6] != _MAGIC or length > _LONGEST_HEADER:
            raise _refusal(name, "This is no array of numpy.")
        header = (start[12:] if wide else start[10:]) + file.read(length - (0 if wide else 2))
    at = (12 if wide else 10) + length
    try:
        told = ast.literal_eval(header.decode("latin-1").strip())
        size = _item_size(told["descr"]) * _count(told["shape"])
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        what = "The array holds something else than numbers and texts."
        raise _refusal(name, what) from error
    if at + size != member.file_size:
        raise _refusal(name, "The array has another length than its shape and type give.")


def _item_size(kind: Any) -> int:
    """Bytes of one item; of several fields, as the nodes of a tree have, together."""
    if isinstance(kind, list) and 0 < len(kind) < 20:
        fields = [one[1] for one in kind if isinstance(one, tuple) and len(one) == 2]
        if len(fields) != len(kind) or not all(isinstance(one, str) for one in fields):
            raise ValueError("fields of fields")
        return sum(
            int(pad[1]) if (pad := _PADDING.fullmatch(one)) else _item_size(one) for one in fields
        )
    found = _PLAIN.fullmatch(kind) if isinstance(kind, str) else None
    if found is None:
        raise ValueError("an unknown type")
    return int(found[2]) * (4 if found[1] == "U" else 1)


def _count(shape: Any) -> int:
    if not isinstance(shape, tuple) or len(shape) > 4:
        raise ValueError("no shape")
    if not all(type(axis) is int and 0 <= axis < _MOST_NUMBERS for axis in shape):
        raise ValueError("no lengths")
    return prod(shape)


def _versions(schema: Any) -> set[str]:
    """The versions of scikit-learn that the parts of a model name."""
    found, waiting = set[str](), [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            said = one.get("_sklearn_version")
            if isinstance(said, dict) and isinstance(said.get("content"), str):
                found.add(_unquoted(said["content"]))
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


def _unquoted(content: str) -> str:
    try:
        return shown(str(json.loads(content)))[:20]
    except ValueError:
        return "?"


def _refusal(name: str, what: str) -> Invalid:
    return Invalid(Problem(shown(name), what))
