"""Translations word by word: beside what others that translate are measured.

A sentence that is known gets the translation that it had; in others each word gets the word that
is in the translations of lines with it most faithfully, and unknown ones stay. Nothing of any
language is built in, and it needs nothing but Python.

Source: Dice 1945, doi 10.2307/1932409; for word pairs of translations Melamed 2000, doi
10.1162/089120100561683.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.domain.errors import Unreadable
from app.domain.text import words
from app.ml.data import Entry, Line
from app.ml.outside import Label, LabelGuess
from app.ml.targets import FIELD, TRANSLATION, text_of

FILE, ABOUT = "lookup.json.gz", "model.json"
_LARGEST = 64 << 20


class Model:
    """Pairs of words, and whole sentences."""

    def __init__(self) -> None:
        self.pairs: dict[str, tuple[str, float]] = {}
        self.known: dict[str, str] = {}

    def learn(self, lines: Sequence[Line]) -> None:
        """Counts which words stand in one line with which of its translation."""
        said, told = Counter[str](), Counter[str]()
        both: dict[str, Counter[str]] = {}
        spelt: dict[str, Counter[str]] = {}
        for line in lines:
            translation = line.labels.get(FIELD, "")
            self.known.setdefault(_key(text_of(line)), translation)
            here = {one.casefold() for one in words(translation)}
            told.update(here)
            for one in words(translation):
                spelt.setdefault(one.casefold(), Counter())[one] += 1
            for word in {one.casefold() for one in words(text_of(line))}:
                said[word] += 1
                both.setdefault(word, Counter()).update(here)
        for word, beside in both.items():
            if not beside:
                continue
            fit = {one: 2 * n / (said[word] + told[one]) for one, n in beside.items()}
            best = min(fit, key=lambda one: (-fit[one], one))
            self.pairs[word] = (_commonest(spelt[best]), round(fit[best], 6))

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """A translation of each line, with how faithful its pairs of words are on average."""
        return [LabelGuess(line.id, self._translated(text_of(line))) for line in lines]

    def facts(self) -> dict[str, Any]:
        """What is told of it."""
        return {"forms": len(self.pairs)}

    def save(self, folder: Path) -> None:
        """Writes it into a new folder."""
        about = {"format": 1, "task": "translate", "engine": "lookup", "target": TRANSLATION}
        told = {"pairs": self.pairs, "known": self.known}
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
        made = cls()
        try:
            with gzip.open(folder / FILE) as file:
                told = json.loads(file.read(_LARGEST))
            made.pairs = {str(key): (str(one), float(fit)) for key, (one, fit) in
                          told["pairs"].items()}  # fmt: skip
            made.known = {str(key): str(one) for key, one in told["known"].items()}
        except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unreadable("This is no lookup.", FILE) from error
        return made

    def _translated(self, text: str) -> tuple[Label, ...]:
        known = self.known.get(_key(text))
        if known:
            return (Label(known, 1.0),)
        found = [self.pairs.get(one.casefold(), (one, 0.0)) for one in words(text)]
        if not found:
            return ()
        said = " ".join(one for one, _ in found)
        return (Label(said, round(sum(fit for _, fit in found) / len(found), 6)),)


def _key(text: str) -> str:
    return " ".join(one.casefold() for one in words(text))


def _commonest(counts: Counter[str]) -> str:
    return min(counts, key=lambda one: (-counts[one], one))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
