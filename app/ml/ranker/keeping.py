"""What a ranker counted, as JSON and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.ml.ranker.bridge import Bridge
from app.ml.ranker.inventory import Inventory

if TYPE_CHECKING:
    from app.ml.ranker.model import Ranker


def kept_of(model: Ranker) -> dict[str, Any]:
    """What a model counted, as plain lists and objects."""
    held = model.inventory
    kept: dict[str, Any] = {
        "words": [
            [word, [[_split(analysis), count] for analysis, count in sorted(rows.items())]]
            for word, rows in sorted(held.words.items())
        ],
        "cases": model.cases,
        "memory": {key: list(names) for key, names in model.memory.glosses.items()},
        "joints": [[*unit, joint] for unit, joint in sorted(model.joints.items())],
    }
    if not held.segmented:
        kept["chunks"] = [
            [part, [[_split(chunk), count] for chunk, count in sorted(rows.items())]]
            for part, rows in sorted(held.chunks.items())
        ]
    if model.bridge is not None:
        kept["bridge"] = _bridge(model.bridge)
    return kept


def restore(model: Ranker, kept: Mapping[str, Any]) -> None:
    """Puts back what a model counted."""
    held = model.inventory
    for word, rows in kept["words"]:
        held.words[word] = Counter({_units(told): int(count) for told, count in rows})
    _restore_chunks(held, kept)
    held.count_pairs()
    model.cases = {str(low): str(form) for low, form in kept["cases"].items()}
    model.joints = {(form, gloss): joint for form, gloss, joint in kept["joints"]}
    if "bridge" in kept:
        model.bridge = _bridge_of(kept["bridge"])


def _restore_chunks(held: Inventory, kept: Mapping[str, Any]) -> None:
    if not held.segmented:
        for part, rows in kept["chunks"]:
            held.chunks[part] = Counter({_units(told): int(count) for told, count in rows})
        return
    for rows in held.words.values():
        for analysis, count in rows.items():
            for unit in analysis:
                held.chunks[unit[0]][(unit,)] += count


def _bridge(bridge: Bridge) -> dict[str, Any]:
    return {
        "renders": bridge.renders,
        "words": dict(bridge.words),
        "stands": dict(bridge.stands),
        "endings": [
            [ending, [[cut, put, count] for (cut, put), count in sorted(rows.items())]]
            for ending, rows in sorted(bridge.endings.items())
        ],
        "glosses": dict(bridge.glosses),
        "lines": bridge.lines,
    }


def _bridge_of(kept: Mapping[str, Any]) -> Bridge:
    made = Bridge()
    made.renders = {
        gloss: {word: float(count) for word, count in rows.items()}
        for gloss, rows in kept["renders"].items()
    }
    made.words, made.stands = Counter(kept["words"]), Counter(kept["stands"])
    for ending, rows in kept["endings"]:
        made.endings[ending] = Counter({(int(cut), put): int(count) for cut, put, count in rows})
    made.glosses, made.lines = Counter(kept["glosses"]), int(kept["lines"])
    made.finish()
    return made


def _split(units: tuple[tuple[str, str], ...]) -> list[list[str]]:
    return [[form for form, _ in units], [gloss for _, gloss in units]]


def _units(told: list[list[str]]) -> tuple[tuple[str, str], ...]:
    forms, glosses = told
    return tuple((str(form), str(gloss)) for form, gloss in zip(forms, glosses, strict=True))
