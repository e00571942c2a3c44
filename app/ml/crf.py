"""The engine that labels words where they stand, by a chain; imported by child processes only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pycrfsuite

from app.domain.errors import Invalid, Unreadable
from app.domain.messages import say
from app.ml import gloss_crf
from app.ml.chain import Chain, Row, calibrated, fit
from app.ml.data import Entry, Line
from app.ml.folder import Saved, read_model, write_model
from app.ml.outside import LabelGuess, best
from app.ml.targets import OF_MORPHS, POS, label_of
from app.ml.word_traits import is_mark, traits_of

ENGINE = "crf"
Tell = Callable[[float, str], None]
_PARTS, _MOST_HELD = 5, 300  # every which line says how sure to be, and how many at most
_MARK = "\x00"  # the label of marks of which nobody says what they are


class Model:
    """Words with the labels that they have in a line."""

    def __init__(self, chain: Chain, options: Mapping[str, Any]) -> None:
        self._chain, self._options = chain, dict(options)

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """Up to 8 labels of each word, with how probable they are."""
        return [self._guess(line) for line in lines]

    def facts(self) -> dict[str, Any]:
        """What it is, for a record and a card."""
        return {
            "task": self._options.get("target", POS),
            "engine": ENGINE,
            "options": self._options,
            "labels": [one for one in self._chain.labels if one != _MARK],
            "versions": {"numpy": np.__version__, "python-crfsuite": _version()},
        }

    def save(self, folder: Path) -> None:
        """Writes the model, whole or not at all."""
        write_model(folder, Saved(self.facts(), self._chain.told()))

    @classmethod
    def load(cls, folder: Path) -> Model | gloss_crf.Model:
        """Reads a model, of labels or of glosses.

        Raises:
            Unreadable: the folder holds no model of this engine.
        """
        saved = read_model(folder, ENGINE)
        if saved.model.get("task") == "gloss":
            return gloss_crf.Model.load(folder)
        try:
            return cls(Chain.of(saved.lexicon), dict(saved.model["options"]))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Unreadable("The model lacks something, or it is of another kind.") from error

    def _guess(self, line: Line) -> LabelGuess:
        shares = self._chain.shares(traits_of([word.form for word in line.words]))
        words = []
        for row in shares:
            order = np.argsort(-row, kind="stable")[:9]
            likely = [(self._chain.labels[n], float(row[n])) for n in order]
            mark = likely[0][0] == _MARK
            words.append(() if mark else best((k, p) for k, p in likely if k != _MARK))
        return LabelGuess(line.id, words=tuple(words))


def train(
    lines: Sequence[Line], options: Mapping[str, Any], tell: Tell = lambda share, phase: None
) -> Model | gloss_crf.Model:
    """Trains on the words that have a label, or glosses.

    Args:
        options: `target` (`pos`, `language` or `gloss`) and `seed`.

    Raises:
        Invalid: there is nothing to learn from.
    """
    target, seed = str(options.get("target", POS)), int(options.get("seed", 1))
    if target in OF_MORPHS:
        return gloss_crf.train(lines, options, tell)
    tell(0.0, "count")
    runs = [runs_of(line, target) for line in lines]
    every = [run for row in runs for run in row]
    if len({label for _, labels in every for label in labels} - {_MARK}) < 2:
        raise Invalid(say("All words have the same label: there is nothing to choose between."))
    held = [run for row in runs[::_PARTS] for run in row][:_MOST_HELD]
    rest = [run for n, row in enumerate(runs) if n % _PARTS for run in row]
    heat = 1.0
    if rest and held:
        part = _fitted(rest, seed, lambda share: tell(0.45 * share, "how sure to be"))
        heat = calibrated(part, [row for row, _ in held], [labels for _, labels in held])
    chain = _fitted(every, seed, lambda share: tell(0.5 + 0.5 * share, "weights"))
    chain.heat = heat
    return Model(chain, {"target": target, "seed": seed})


def runs_of(line: Line, target: str) -> list[tuple[Row, list[str]]]:
    """The stretches of a line whose words all have a label: traits of each word, and labels."""
    traits = traits_of([word.form for word in line.words])
    found: list[tuple[list[list[str]], list[str]]] = [([], [])]
    for word, seen in zip(line.words, traits, strict=True):
        label = label_of(word, target) or (_MARK if is_mark(word.form) else "")
        if label:
            found[-1][0].append(seen)
            found[-1][1].append(label)
        elif found[-1][1]:
            found.append(([], []))
    return [(row, labels) for row, labels in found if set(labels) - {_MARK}]


def _fitted(
    runs: Sequence[tuple[Row, list[str]]], seed: int, tell: Callable[[float], None]
) -> Chain:
    return fit([row for row, _ in runs], [labels for _, labels in runs], seed, tell=tell)


def _version() -> str:
    from importlib.metadata import version

    return version("python-crfsuite") if pycrfsuite else ""
