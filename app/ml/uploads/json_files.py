"""JSON that somebody else wrote: read within bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from app.domain.errors import Invalid, Problem, Problems
from app.domain.messages import say
from app.ml.uploads.found import shown

# Keys by which libraries are told to fetch or run more than what was uploaded.
CODE_KEYS = frozenset({
    "auto_map", "custom_pipelines", "custom_pipeline", "trust_remote_code", "code_revision",
    "custom_generate", "use_kernels", "kernel_config", "transformers_weights", "gguf_file",
    "quantization_config", "peft_config", "base_model_name_or_path",
})  # fmt: skip


def read(path: Path, most: int, depth: int, name: str = "") -> Any:
    """What a JSON file holds.

    Args:
        most: bytes; `depth`: of nesting.

    Raises:
        Invalid: it is none, larger or deeper, or has a name twice in one object.
    """
    name = name or path.name
    size = path.stat().st_size
    if size > most:
        what = "This file has %(found)s bytes; at most %(most)s are read."
        raise Invalid(Problem(shown(name), say(what, found=f"{size:,}", most=f"{most:,}")))
    return parse(path.read_bytes(), depth, name)


def parse(content: bytes, depth: int, name: str) -> Any:
    """What JSON in bytes holds.

    Raises:
        Invalid: as `read`.
    """
    if _depth(content) > depth:
        what = "This JSON is nested more than %(most)s deep."
        raise Invalid(Problem(shown(name), say(what, most=depth)))
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        what = say("This is no JSON: %(why)s.", why=shown(str(error)))
        raise Invalid(Problem(shown(name), what)) from error


def refuse_keys(
    value: Any, name: str, keys: Collection[str] = CODE_KEYS, skipped: Collection[str] = ()
) -> None:
    """Refuses keys anywhere in what JSON held.

    Args:
        skipped: keys below which everything is data: the words of a vocabulary.

    Raises:
        Invalid: with each that is there.
    """
    problems = Problems()
    for key in sorted({one for one in _keys(value, skipped) if one.lower() in keys}):
        what = (
            "“%(key)s” has other files or programs be used than those of the model itself; take "
            "the entry out."
        )
        problems.add(shown(name), say(what, key=shown(key)))
    problems.check()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def _depth(content: bytes) -> int:
    """How deep brackets are nested; those in strings do not count."""
    deepest = depth = 0
    for one in _STRING.sub(b"", content).translate(None, _PLAIN):
        depth += 1 if one in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PLAIN = bytes(set(range(256)) - set(b"[]{}"))


def _keys(value: Any, skipped: Collection[str]) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one
            waiting += [held for key, held in one.items() if key not in skipped]
        elif isinstance(one, list):
            waiting += one
