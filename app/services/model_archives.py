"""Models as one file, which another LiFE takes in or a script reads."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path

from app.ml.uploads.limits import USUAL

SUFFIX = ".life-model.zip"
_CARD, _SUMS = "card.md", "sha256.json"
_MOST_RATIO = USUAL.ratio // 2
_SQUEEZED = 16 << 20  # bytes; weights that are larger gain nothing worth the time
_BLOCK = 1 << 20


def seal(folder: Path, card: str) -> None:
    """Puts a card into the folder of a model, and the hashes of all its files."""
    (folder / _CARD).write_text(card, encoding="utf-8")
    paths = sorted(path for path in folder.iterdir() if path.name != _SUMS)
    sums = {path.name: _hash(path) for path in paths}
    (folder / _SUMS).write_text(json.dumps(sums, sort_keys=True), encoding="utf-8")


def pack(folder: Path, archive: Path) -> str:
    """Makes one file of the files in a folder; returns its SHA-256."""
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.iterdir()):
            info = zipfile.ZipInfo(path.name)
            info.compress_type = _compression(path)
            with path.open("rb") as source, packed.open(info, "w", force_zip64=True) as out:
                while block := source.read(_BLOCK):
                    out.write(block)
    return _hash(archive)


def _compression(path: Path) -> int:
    """How a file is packed: as it is, where it would look like a bomb to who takes it in.

    The weights of a model that has seen little are nearly all zero.
    """
    if path.stat().st_size > _SQUEEZED:
        return zipfile.ZIP_STORED
    data = path.read_bytes()
    is_dense = len(data) < _MOST_RATIO * len(zlib.compress(data))
    return zipfile.ZIP_DEFLATED if is_dense else zipfile.ZIP_STORED


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
