"""A model on disk: a folder with what it is, what it knows, its weights, its card and their hashes.

`model.json` says what it is, `lexicon.json.gz` holds what was counted, `weights.safetensors` the
numbers, `card.md` is for people, and `sha256.json` lists the hash of each. Nothing in it can run
code, so a model of one server can be used by another. A folder is written whole or not at all, and
read with limits on every file, hashes before contents.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.errors import Unreadable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL, LEXICON, WEIGHTS, CARD, HASHES = (
    "model.json",
    "lexicon.json.gz",
    "weights.safetensors",
    "card.md",
    "sha256.json",
)
FORMAT = 1
_MEGABYTE = 1 << 20
_LIMITS = {MODEL: 4, LEXICON: 64, WEIGHTS: 1024, CARD: 1, HASHES: 1}  # megabytes on disk
_MOST_LEXICON = 512 * _MEGABYTE  # unpacked


@dataclass
class Saved:
    """What a folder holds.

    Attributes:
        model: what it is: task, engine, options, labels, seeds, versions of libraries.
        lexicon: what was counted.
        weights: arrays by name.
        card: for people, in Markdown.
    """

    model: dict[str, Any]
    lexicon: dict[str, Any]
    weights: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    card: str = ""


def write_model(folder: Path, saved: Saved) -> int:
    """Writes a model, whole or not at all; one that was there is replaced.

    Returns:
        how many bytes it takes.
    """
    from safetensors.numpy import save

    folder.parent.mkdir(parents=True, exist_ok=True)
    held = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        files = {
            MODEL: _json({"format": FORMAT, **saved.model}),
            LEXICON: gzip.compress(_json(saved.lexicon), mtime=0),
            WEIGHTS: save(saved.weights),
            CARD: saved.card.encode(),
        }
        files[HASHES] = _json({name: _hash(data) for name, data in files.items()})
        for name, data in files.items():
            (held / name).write_bytes(data)
        if folder.exists():
            shutil.rmtree(folder)
        held.rename(folder)
    except BaseException:
        shutil.rmtree(held, ignore_errors=True)
        raise
    return sum(len(data) for data in files.values())


def read_model(folder: Path, engine: str = "") -> Saved:
    """Reads a model that `write_model` wrote.

    Args:
        engine: which must have made it; any if left out.

    Raises:
        Unreadable: a file is missing, too large, changed since, or not what it should be.
    """
    hashes = _object(_bytes(folder, HASHES), HASHES)
    data = {}
    for name in (MODEL, LEXICON, WEIGHTS, CARD):
        data[name] = _bytes(folder, name)
        if _hash(data[name]) != hashes.get(name):
            raise Unreadable("The file was changed since the model was saved.", name)
    model = _object(data[MODEL], MODEL)
    if model.pop("format", None) != FORMAT:
        raise Unreadable("The model has a format that this version does not know.", MODEL)
    if engine and model.get("engine") != engine:
        raise Unreadable("The model was made by another engine.", MODEL)
    lexicon = _object(_unpacked(data[LEXICON]), LEXICON)
    return Saved(model, lexicon, _weights(data[WEIGHTS]), data[CARD].decode("utf-8", "replace"))


def task_of(folder: Path) -> str:
    """What the model in a folder is for, by its word; empty if it does not say.

    Raises:
        Unreadable: there is no model.
    """
    return str(_object(_bytes(folder, MODEL), MODEL).get("task", ""))


def _weights(data: bytes) -> dict[str, NDArray[np.generic]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise Unreadable("These are no weights.", WEIGHTS) from error


def _bytes(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise Unreadable("The file is missing.", name)
    limit = _LIMITS[name] * _MEGABYTE
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Unreadable(f"The file is larger than {_LIMITS[name]} MB.", name)
    return data


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(_MOST_LEXICON + 1)
    except (OSError, EOFError, ValueError) as error:
        raise Unreadable("The file is not packed as it should be.", LEXICON) from error
    if len(found) > _MOST_LEXICON:
        raise Unreadable("The file is too large when it is unpacked.", LEXICON)
    return found


def _object(data: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The file is no JSON.", name) from error
    if not isinstance(found, dict):
        raise Unreadable("The file holds no object.", name)
    return found


def _json(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
