"""The label that a form, or any line, had most often: beside what others are measured.

It needs nothing but Python.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.domain.errors import Unreadable
from app.ml.data import Entry, Line
from app.ml.outside import Label, LabelGuess, best
from app.ml.targets import ASKED, FIELD, SENSE, units_of

FILE, ABOUT = "lookup.json.gz", "model.json"
_LARGEST = 64 << 20


class Model:
    """Labels that were counted."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.forms: dict[str, Counter[str]] = {}
        self.every: Counter[str] = Counter()

    def learn(self, lines: Sequence[Line]) -> None:
        """Counts labels."""
        for line in lines:
            for unit in units_of(line, self.target):
                for label in unit.labels:
                    self.every[label] += 1
                    if self.target != FIELD:
                        key = unit.part if self.target == SENSE else unit.form.casefold()
                        self.forms.setdefault(key, Counter())[label] += 1

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """The labels of each word, or of each line, by how often they stood there."""
        if self.target == FIELD:
            return [LabelGuess(line.id, self._likely(self.every)) for line in lines]
        if self.target == SENSE:
            held = [self.forms.get(line.labels.get(ASKED, ""), Counter()) for line in lines]
            return [
                LabelGuess(line.id, self._likely(one))
                for line, one in zip(lines, held, strict=True)
            ]
        return [
            LabelGuess(line.id, words=tuple(self._of(word.form) for word in line.words))
            for line in lines
        ]

    def facts(self) -> dict[str, Any]:
        """What is told of it."""
        return {"forms": len(self.forms), "labels": sorted(self.every)}

    def save(self, folder: Path) -> None:
        """Writes it into a new folder."""
        forms = {key: dict(one) for key, one in self.forms.items()}
        task = {FIELD: "classify", SENSE: "suggest"}.get(self.target, self.target)
        about = {"format": 1, "task": task, "engine": "lookup", "target": self.target}
        told = {"every": dict(self.every), "forms": forms}
        data = {ABOUT: _json(about), FILE: gzip.compress(_json(told), mtime=0)}
        hashes = {name: hashlib.sha256(one).hexdigest() for name, one in data.items()}
        folder.mkdir(parents=True)
        for name, one in {**data, "sha256.json": _json(hashes)}.items():
            (folder / name).write_bytes(one)

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Reads what `save` wrote.

        Raises:
            Unreadable: it is none.
        """
        try:
            about = json.loads((folder / ABOUT).read_bytes())
            with gzip.open(folder / FILE) as file:
                told = json.loads(file.read(_LARGEST))
            made = cls(str(about["target"]))
            made.every = _counts(told["every"])
            made.forms = {str(key): _counts(one) for key, one in told["forms"].items()}
        except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unreadable("This is no lookup.", FILE) from error
        return made

    def _of(self, form: str) -> tuple[Label, ...]:
        """Of a form that nobody has seen, what words are most often; it is sure of nothing."""
        found = self.forms.get(form.casefold())
        if found is not None:
            return self._likely(found)
        return tuple(Label(one.label, 0.0) for one in self._likely(self.every)[:1])

    @staticmethod
    def _likely(counts: Counter[str]) -> tuple[Label, ...]:
        every = sum(counts.values())
        return best((label, count / every) for label, count in counts.items())


def _counts(told: Mapping[str, Any]) -> Counter[str]:
    return Counter({str(label): int(count) for label, count in told.items()})


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
