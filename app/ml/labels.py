"""The labels of a model from outside as its project has them.

What a project decided about them stands in `use.json` beside the model's files: what the model is
asked (a word or a whole line), and for each of its labels which one of the project's is meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

USE = "use.json"
MOST, LONGEST = 20_000, 200  # labels of a model; characters of one
SAYS = ("prefix", "source", "gives")  # what is said of a model that makes texts of texts
MOST_CODES = 300  # languages that a model of texts names
_MORPHED = ("gloss",)  # tasks whose labels are glosses
_JOINTS = re.compile(r"([-=~])")

Others = Literal["keep", "leave"]
Unit = Literal["word", "line", "text"]
Body = dict[str, Any]


@dataclass(frozen=True)
class Fit:
    """What a project uses a model for.

    Attributes:
        task: `gloss` …
        unit: what it is asked about: each word, or the whole line, of which it makes a label or
            a text.
        others: what becomes of labels that are not among the pairs: kept as they are, or left out
            together with the guesses that hold them.
        pairs: for labels of the model those of the project; an empty one is left out.
        prefix: what stands before each text that a model makes texts of.
        source: how such a model calls the language that it reads; gives: the one it writes.
    """

    task: str
    unit: Unit = "word"
    others: Others = "keep"
    pairs: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    source: str = ""
    gives: str = ""

    def said(self, label: str) -> str:
        """A label as the project has it, glosses of several morphs part by part; empty: none.

        >>> Fit("gloss", others="leave", pairs={"pl": "PL", "dog": "dog"}).said("dog-pl")
        'dog-PL'
        >>> Fit("gloss", others="leave", pairs={"dog": "dog"}).said("dog-pl")
        ''
        """
        if label in self.pairs:
            return self.pairs[label]
        parts = _JOINTS.split(label)
        if len(parts) == 1 or self.task not in _MORPHED:
            return label if self.others == "keep" else ""
        told = [one if place % 2 else self._part(one) for place, one in enumerate(parts)]
        return "".join(told) if all(told) else ""

    def written(self) -> bytes:
        """The fit as a file."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()

    def _part(self, part: str) -> str:
        return self.pairs.get(part, part if self.others == "keep" else "")


def fit_of_texts(says: Mapping[str, Any]) -> Fit:
    """The fit of a model that makes texts of texts, by what is said of it."""
    said = {key: str(says.get(key) or "") for key in SAYS}
    return Fit("translate", "text", prefix=said["prefix"], source=said["source"],
               gives=said["gives"])  # fmt: skip


def parts_of(labels: Iterable[str], task: str) -> list[str]:
    """What of a model's labels is to be found in a project: glosses morph by morph.

    >>> parts_of(["dog-PL", "cat", "cat-PL"], "gloss")
    ['PL', 'cat', 'dog']
    """
    if task not in _MORPHED:
        return sorted(set(labels))
    return sorted({part for one in labels for part in _JOINTS.split(one)[::2] if part})


def proposed(labels: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """For labels of a model those of a project that are the same but for case, if any.

    >>> proposed(["pl", "Dog", "x"], ["PL", "dog", "cat"])
    {'pl': 'PL', 'Dog': 'dog'}
    """
    wanted = set(known)
    by_key = {one.casefold(): one for one in sorted(wanted, reverse=True)}
    found = {one: one if one in wanted else by_key.get(one.casefold(), "") for one in labels}
    return {label: one for label, one in found.items() if one}


def read_fit(folder: Path) -> Fit | None:
    """What is decided about the model in a folder; None where nothing is."""
    path = folder / USE
    return _read(path, path.stat().st_mtime_ns) if path.exists() else None


def fit_of(written: bytes) -> Fit:
    """The fit that a file holds; see `Fit.written`."""
    return Fit(**json.loads(written))


def fitted(guesses: Sequence[Body], lines: Sequence[Body], fit: Fit) -> list[Body]:
    """What a model says of lines, in the project's labels.

    Guesses that hold a label which is left out are left out; glosses of words become
    analyses of one morph. Two labels that mean one are one.

    Args:
        guesses: as `app.ml.answers.taken` gives them; `lines` as they were asked about.
    """
    return [_guess(said, line, fit) for said, line in zip(guesses, lines, strict=True)]


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int) -> Fit:
    return fit_of(path.read_bytes())


def _guess(said: Body, line: Body, fit: Fit) -> Body:
    words = [
        _several(alternatives, word["form"], fit)
        for alternatives, word in zip(said["words"], line["words"], strict=False)
    ]
    told: Body = {**said, "words": words}
    if "line" in said:
        told["line"] = _several(said["line"], "", fit)
    return told


def _several(alternatives: Sequence[Body], form: str, fit: Fit) -> list[Body]:
    return _merged(
        _labelled(one, form, fit) if "label" in one else _analysed(one, fit) for one in alternatives
    )


def _merged(alternatives: Iterable[Body | None]) -> list[Body]:
    found: dict[str, Body] = {}
    for told in alternatives:
        if told is None:
            continue
        key = json.dumps({**told, "probability": 0}, sort_keys=True)
        if key in found:
            found[key]["probability"] = min(1.0, found[key]["probability"] + told["probability"])
        else:
            found[key] = told
    return sorted(found.values(), key=lambda one: -one["probability"])


def _labelled(one: Body, form: str, fit: Fit) -> Body | None:
    label = fit.said(one["label"])
    if not label:
        return None
    if fit.task not in _MORPHED:
        return {**one, "label": label}
    morph = {"form": form, "gloss": label, "joint": ""}
    return {"morphs": [morph], "probability": one["probability"], "source": "model"}


def _analysed(one: Body, fit: Fit) -> Body | None:
    morphs = [
        {**morph, "gloss": fit.said(morph["gloss"])} if morph["gloss"] else dict(morph)
        for morph in one["morphs"]
    ]
    pairs = zip(morphs, one["morphs"], strict=True)
    if any(morph["gloss"] and not told["gloss"] for told, morph in pairs):
        return None
    return {**one, "morphs": morphs}
