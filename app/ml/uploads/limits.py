"""How much an uploaded model may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of an upload.

    Attributes:
        total: bytes of all files together, unpacked.
        entries: files of a folder or zip.
        parts: members of a `.skops` file: each array of a model is one.
        ratio: how many times its packed size a zip may unpack to.
        ratio_from: bytes under which the ratio says nothing: few letters pack well.
        json: bytes of a JSON file, other than the two below.
        tokenizer: bytes of `tokenizer.json`.
        schema: bytes of the schema of a `.skops` file.
        depth: how deep JSON may be nested.
        header: bytes of the header of a safetensors file.
        tensors: of one file.
        notes: bytes of a text for people.
    """

    total: int = 2 << 30
    entries: int = 64
    parts: int = 1000
    ratio: int = 100
    ratio_from: int = 1 << 20
    json: int = 2 << 20
    tokenizer: int = 32 << 20
    schema: int = 24 << 20
    depth: int = 150
    header: int = 4 << 20
    tensors: int = 20_000
    notes: int = 1 << 20


USUAL = Limits()
