"""What models say, taken over field by field: the process that says it is trusted with nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

_LONGEST, _MOST = 4000, 16  # characters of a text; alternatives, and morphs of each

Body = dict[str, Any]


def taken(guesses: object, lines: Sequence[Body]) -> list[Body]:
    """Guesses for lines, with nothing in them but what they may have.

    Raises:
        ValueError: they are none, or not of these lines.
    """
    if not isinstance(guesses, list) or len(guesses) != len(lines):
        raise ValueError("not as many guesses as lines")
    return [_guess(said, line) for said, line in zip(guesses, lines, strict=True)]


def _guess(said: object, line: Body) -> Body:
    told = _object(said)
    words = told.get("words", [])
    if told.get("id") != line["id"] or not isinstance(words, list | tuple):
        raise ValueError("a guess of another line")
    if words and len(words) != len(line["words"]):
        raise ValueError("not as many guesses as words")
    guess: Body = {"id": line["id"], "words": [_several(one) for one in words]}
    if "line" in told:
        guess["line"] = _several(told["line"])
    return guess


def _several(said: object) -> list[Body]:
    if not isinstance(said, list) or len(said) > _MOST:
        raise ValueError("no alternatives")
    return [_alternative(_object(one)) for one in said]


def _alternative(told: Body) -> Body:
    if "label" in told:
        return {"label": _text(told["label"]), "probability": _share(told.get("probability"))}
    morphs = told.get("morphs")
    if not isinstance(morphs, list) or len(morphs) > _MOST * 4:
        raise ValueError("no morphs")
    return {
        "morphs": [
            {key: _text(_object(one).get(key, "")) for key in ("form", "gloss", "joint")}
            for one in morphs
        ],
        "probability": _share(told.get("probability")),
        "source": _text(told.get("source", "model")),
    }


def _object(said: object) -> Body:
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def _text(said: object) -> str:
    if not isinstance(said, str) or len(said) > _LONGEST:
        raise ValueError("no text")
    return said.replace("\x00", "")


def _share(said: object) -> float:
    if type(said) not in (int, float) or not math.isfinite(said):  # type: ignore[arg-type]
        raise ValueError("no probability")
    return min(max(float(said), 0.0), 1.0)  # type: ignore[arg-type]
