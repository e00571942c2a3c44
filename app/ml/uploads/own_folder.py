"""Models of another LiFE: JSON and safetensors, with a list of what each file has to be."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.errors import Invalid, Problem, Problems
from app.domain.messages import Message, say
from app.ml.uploads import json_files, tensors
from app.ml.uploads.found import refusal, shown
from app.ml.uploads.limits import Limits

ABOUT, SUMS = "model.json", "sha256.json"
WEIGHTS, CARD = "weights.safetensors", "card.md"
_PACKED = re.compile(r"[a-z][a-z0-9_-]{0,40}\.json\.gz")
_TENSORS = re.compile(r"[a-z][a-z0-9_-]{0,40}\.safetensors")
_SUM = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z][a-z0-9_ .-]{0,60}")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Described:
    """What is known of a folder that passed.

    Attributes:
        task: `gloss` …
        engine: what trained it.
        labels: of its predictions, where it lists them.
        weight_bytes: of its weights.
    """

    task: str
    engine: str
    labels: tuple[str, ...]
    weight_bytes: int


def is_name(name: str) -> bool:
    """Whether a file of this name may be in such a folder."""
    return (
        name in (ABOUT, SUMS, CARD)
        or _PACKED.fullmatch(name) is not None
        or _TENSORS.fullmatch(name) is not None
    )


def check_files(names: Iterable[str]) -> None:
    """Refuses files that such a folder does not have, and a folder that lacks one.

    Raises:
        Invalid: with each.
    """
    present, problems = list(names), Problems()
    for name in present:
        if not is_name(name):
            problems.add(shown(name), refusal(name))
    for name in (ABOUT, SUMS):
        if name not in present:
            problems.add(name, "This file is missing. Download the model again, and upload all.")
    problems.check()


def describe(folder: Path, limits: Limits) -> Described:
    """Looks through a folder of files with the right names.

    Raises:
        Invalid: with what is wrong.
    """
    _check_sums(folder, limits)
    about = json_files.read(folder / ABOUT, limits.json, limits.depth)
    if not isinstance(about, dict):
        raise _refusal(ABOUT, "This file has to hold one JSON object.")
    json_files.refuse_keys(about, ABOUT)
    weights = 0
    for path in sorted(folder.iterdir()):
        if path.suffix == ".safetensors":
            tensors.read_header(path, limits)
            weights += path.stat().st_size
        elif path.name.endswith(".json.gz"):
            json_files.parse(unpacked(path, limits.tokenizer), limits.depth, path.name)
        elif path.name == CARD and path.stat().st_size > limits.notes:
            raise _refusal(CARD, say("This file has more than %(most)s bytes.", most=limits.notes))
    task, engine = (_name(about, key) for key in ("task", "engine"))
    return Described(task, engine, _labels(about), weights)


def unpacked(path: Path, most: int) -> bytes:
    """What a gzip file holds, within bounds.

    Raises:
        Invalid: it is none, cut off, or larger.
    """
    unpacking = zlib.decompressobj(wbits=31)
    content = bytearray()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                while block and len(content) <= most and not unpacking.eof:
                    content += unpacking.decompress(block, most + 1 - len(content))
                    block = unpacking.unconsumed_tail
    except zlib.error as error:
        raise _refusal(path.name, "This is no gzip file, or it is broken.") from error
    if len(content) > most:
        what = "This file unpacks to more than %(most)s bytes."
        raise _refusal(path.name, say(what, most=f"{most:,}"))
    if not unpacking.eof or unpacking.unused_data:
        raise _refusal(path.name, "This gzip file is cut off, or has something behind its end.")
    return bytes(content)


def _check_sums(folder: Path, limits: Limits) -> None:
    """Sees that every file but the list is in it, with its content."""
    wanted = json_files.read(folder / SUMS, limits.notes, limits.depth)
    if not isinstance(wanted, dict) or not all(
        isinstance(one, str) and _SUM.fullmatch(one) for one in wanted.values()
    ):
        raise _refusal(SUMS, "The list has to give a sha256 sum for each file.")
    there = {path.name for path in folder.iterdir()} - {SUMS}
    problems = Problems()
    for name in sorted(there ^ wanted.keys()):
        problems.add(shown(name), "This file is in the folder or in the list only, not in both.")
    for name in sorted(there & wanted.keys()):
        if _sum_of(folder / name) != wanted[name]:
            problems.add(name, "This file was changed, or damaged on its way: its sum is another.")
    problems.check()


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _name(about: dict[str, Any], key: str) -> str:
    value = about.get(key)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _refusal(ABOUT, say("“%(key)s” is missing, or no name.", key=key))
    return value


def _labels(about: dict[str, Any]) -> tuple[str, ...]:
    labels = about.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        raise _refusal(ABOUT, "“labels” has to be a list of texts.")
    return tuple(labels)


def _refusal(name: str, what: str | Message) -> Invalid:
    return Invalid(Problem(shown(name), what))
