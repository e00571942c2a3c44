"""The simplest engine: for each form the analysis that it had most often, beside which all others
are measured.

Where segmented words are asked about, an unknown word has the commonest gloss of each of its
morphs. It needs nothing but Python.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.domain.errors import Unreadable
from app.ml import commonest, word_by_word
from app.ml.data import Alternative, Entry, Line, LineGuess, Morph, Word
from app.ml.targets import GLOSS, OF_MORPHS, TRANSLATION

_FILE, _ABOUT = "lookup.json.gz", "model.json"
_LARGEST = 64 << 20
Units = tuple[tuple[str, str, str], ...]  # form, gloss and joint of each morph


class Model:
    """What was counted."""

    def __init__(self, segmented: bool = False) -> None:
        self.segmented = segmented
        self.words: dict[str, Counter[Units]] = {}
        self.morphs: dict[str, Counter[str]] = {}

    def learn(self, lines: Sequence[Line]) -> None:
        """Counts analyses."""
        for line in lines:
            for word in line.words:
                if word.confirmed and word.morphs:
                    units = tuple((one.form, one.gloss, one.joint) for one in word.morphs)
                    self.words.setdefault(self._key(word), Counter())[units] += 1
                    for morph in word.morphs:
                        held = self.morphs.setdefault(morph.form.lower(), Counter())
                        held[morph.gloss] += 1

    def predict(self, lines: Sequence[Line], lexicon: Sequence[Entry] = ()) -> list[LineGuess]:
        """The analyses of each word by how often it had them."""
        return [
            LineGuess(line.id, tuple(self._alternatives(word) for word in line.words))
            for line in lines
        ]

    def facts(self) -> dict[str, Any]:
        """What is told of it."""
        return {"forms": len(self.words)}

    def save(self, folder: Path) -> None:
        """Writes it into a new folder."""
        counts = {key: sorted([*map(list, one.items())]) for key, one in self.words.items()}
        morphs = {key: sorted(one.items()) for key, one in self.morphs.items()}
        told = {"words": counts, "morphs": morphs}
        about = {"format": 1, "task": "gloss", "engine": "lookup", "segmented": self.segmented}
        data = {_ABOUT: _json(about), _FILE: gzip.compress(_json(told), mtime=0)}
        hashes = {name: hashlib.sha256(one).hexdigest() for name, one in data.items()}
        folder.mkdir(parents=True)
        for name, one in {**data, "sha256.json": _json(hashes)}.items():
            (folder / name).write_bytes(one)

    @classmethod
    def load(cls, folder: Path) -> Lookup:
        """Reads what `save` wrote, or what counted labels, or pairs of words.

        Raises:
            Unreadable: it is none.
        """
        try:
            about = json.loads((folder / _ABOUT).read_bytes())
            if about.get("target") == TRANSLATION:
                return word_by_word.Model.load(folder)
            if "target" in about:
                return commonest.Model.load(folder)
            with gzip.open(folder / _FILE) as file:
                told = json.loads(file.read(_LARGEST))
            made = cls(bool(about["segmented"]))
            for key, held in told["words"].items():
                rows = ((tuple((str(a), str(b), str(c)) for a, b, c in u), int(n)) for u, n in held)
                made.words[key] = Counter(dict(rows))
            for key, found in told["morphs"].items():
                made.morphs[key] = Counter({str(gloss): int(n) for gloss, n in found})
        except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unreadable("This is no lookup.", _FILE) from error
        return made

    def _key(self, word: Word) -> str:
        return "-".join(one.form for one in word.morphs).lower() if self.segmented else (
            word.form.lower()
        )  # fmt: skip

    def _alternatives(self, word: Word) -> tuple[Alternative, ...]:
        found = self.words.get(self._key(word))
        if found is None:
            return (Alternative(self._unknown(word), 0.0),)
        every = sum(found.values())
        ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
        return tuple(
            Alternative(tuple(Morph(*unit) for unit in units), count / every)
            for units, count in ordered[:8]
        )

    def _unknown(self, word: Word) -> tuple[Morph, ...]:
        if not self.segmented:
            return (Morph(word.form, word.form),)
        return tuple(Morph(one.form, self._gloss(one.form), one.joint) for one in word.morphs)

    def _gloss(self, form: str) -> str:
        found = self.morphs.get(form.lower())
        return min(found, key=lambda one: (-found[one], one)) if found else form


def train(
    lines: Sequence[Line],
    options: Mapping[str, Any],
    tell: Callable[[float, str], None] = lambda share, phase: None,
) -> Lookup:
    """Counts the analyses, the labels, or the words of translations in some lines."""
    made = _empty(str(options.get("target", GLOSS)), segmented=options.get("from") == "morphs")
    made.learn(lines)
    tell(1.0, "counting")
    return made


Lookup = Model | commonest.Model | word_by_word.Model


def _empty(target: str, *, segmented: bool) -> Lookup:
    if target in OF_MORPHS:
        return Model(segmented)
    return word_by_word.Model() if target == TRANSLATION else commonest.Model(target)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
