"""The engine that labels texts by their letters: TF-IDF of stretches of 1 to 4, and regression.

scikit-learn trains it; what is kept are counts and arrays, which numpy alone can run. Imported by
child processes only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import Invalid, Unreadable
from app.domain.messages import say
from app.ml.data import Entry, Line
from app.ml.folder import Saved, read_model, write_model
from app.ml.outside import Label, LabelGuess, best
from app.ml.targets import FIELD, LANGUAGE, label_of, text_of
from app.ml.word_traits import is_mark, key_of

ENGINE = "pipeline"
Tell = Callable[[float, str], None]
Floats = NDArray[np.float32]
_LONGEST = 4  # letters of a stretch
_MOST_WEIGHTS = 20_000_000
_PARTS, _ENOUGH = 5, 50
_STRENGTH = 10.0  # inverse of the regression's penalty
_HEATS = tuple(1.2**n for n in range(-8, 12))


def stretches(text: str) -> Counter[str]:
    """The stretches of 1 to 4 letters of the words of a text, with their edges, and whole words.

    >>> sorted(stretches("Ab"))
    [' ', ' a', ' ab', ' ab ', 'a', 'ab', 'ab ', 'b', 'b ']
    """
    found: Counter[str] = Counter()
    for word in text.casefold().split():
        found.update(_of_word(word))
    return found


class Model:
    """Weights of stretches by label.

    Attributes:
        labels: in the order of columns.
        places: rows of stretches.
        rarity: of each stretch.
        weights: `(stretches, labels)`; `bias` those of the labels.
        heat: by what scores are divided before they are taken for logarithms of probabilities.
    """

    def __init__(
        self,
        labels: Sequence[str],
        stretches_: Sequence[str],
        rarity: Floats,
        weights: Floats,
        bias: Floats,
        options: Mapping[str, Any],
        heat: float = 1.0,
    ) -> None:
        if weights.shape != (len(stretches_), len(labels)) or bias.shape != (len(labels),):
            raise ValueError("weights of another size")
        if rarity.shape != (len(stretches_),) or not labels or heat <= 0:
            raise ValueError("weights of another size")
        self.labels, self.options, self.heat = tuple(labels), dict(options), heat
        self.places = {one: n for n, one in enumerate(stretches_)}
        self.rarity, self.weights, self.bias = rarity, weights, bias

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """Up to 8 labels of each line, or of each of its words."""
        if self.options.get("target") == FIELD:
            return [LabelGuess(line.id, self._of(text_of(line))) for line in lines]
        return [
            LabelGuess(
                line.id,
                words=tuple(
                    () if is_mark(word.form) else self._of(key_of(word.form)) for word in line.words
                ),
            )
            for line in lines
        ]

    def scores(self, text: str) -> Floats:
        """How well each label fits a text."""
        counts = [
            (self.places[one], count)
            for one, count in stretches(text).items()
            if one in self.places
        ]
        if not counts:
            return self.bias
        at = np.array([place for place, _ in counts])
        weighed = np.array([count for _, count in counts], np.float32) * self.rarity[at]
        told: Floats = (weighed / np.linalg.norm(weighed)) @ self.weights[at] + self.bias
        return told

    def facts(self) -> dict[str, Any]:
        """What it is, for a record and a card."""
        return {
            "task": "classify" if self.options.get("target") == FIELD else LANGUAGE,
            "engine": ENGINE,
            "options": self.options,
            "labels": list(self.labels),
            "heat": self.heat,
            "versions": {"numpy": np.__version__},
        }

    def save(self, folder: Path) -> None:
        """Writes the model, whole or not at all."""
        weights: dict[str, NDArray[np.generic]] = {
            "rarity": self.rarity,
            "weights": self.weights.astype(np.float16),
            "bias": self.bias,
        }
        kept = {"stretches": list(self.places)}
        write_model(folder, Saved(self.facts(), kept, weights))

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Reads a model.

        Raises:
            Unreadable: the folder holds no model of this engine.
        """
        saved = read_model(folder, ENGINE)
        try:
            rarity, weights, bias = (
                np.asarray(saved.weights[one]).astype(np.float32)
                for one in ("rarity", "weights", "bias")
            )
            return cls(
                [str(one) for one in saved.model["labels"]],
                [str(one) for one in saved.lexicon["stretches"]],
                rarity, weights, bias, dict(saved.model["options"]), float(saved.model["heat"]),
            )  # fmt: skip
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Unreadable("The model lacks something, or it is of another kind.") from error

    @lru_cache(maxsize=4096)  # noqa: B019 - a model lives as long as its process
    def _of(self, text: str) -> tuple[Label, ...]:
        return best(zip(self.labels, _shares(self.scores(text), self.heat), strict=True))


def train(
    lines: Sequence[Line], options: Mapping[str, Any], tell: Tell = lambda share, phase: None
) -> Model:
    """Trains on lines, or words, that have a label.

    Args:
        options: `target` (`field` or `language`).

    Raises:
        Invalid: there is nothing to learn from.
    """
    target = str(options.get("target", FIELD))
    tell(0.0, "count")
    samples = _samples(lines, target)
    if len({label for _, label, _ in samples}) < 2:
        raise Invalid(say("All have the same label: there is nothing to choose between."))
    held = _samples(lines[::_PARTS], target)
    rest = _samples([one for n, one in enumerate(lines) if n % _PARTS], target)
    heat = 1.0
    if len(held) >= _ENOUGH and len({label for _, label, _ in rest}) > 1:
        tell(0.1, "how sure to be")
        heat = _calibrated(_fitted(rest, options), held)
    tell(0.5, "weights")
    made = _fitted(samples, options)
    made.heat = heat
    tell(1.0, "weights")
    return made


def _samples(lines: Sequence[Line], target: str) -> list[tuple[str, str, int]]:
    """Texts with their labels and how often they stand there."""
    if target == FIELD:
        told = ((text_of(line), line.labels.get(FIELD, "")) for line in lines)
        return [(text, label, 1) for text, label in told if label]
    counts = Counter(
        (key_of(word.form), label_of(word, target))
        for line in lines
        for word in line.words
        if label_of(word, target) and not is_mark(word.form)
    )
    return [(form, label, count) for (form, label), count in sorted(counts.items())]


def _fitted(samples: Sequence[tuple[str, str, int]], options: Mapping[str, Any]) -> Model:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    labels = sorted({label for _, label, _ in samples})
    most = max(1000, _MOST_WEIGHTS // len(labels))
    counter = TfidfVectorizer(analyzer=_every, max_features=most, dtype=np.float32)
    counted = counter.fit_transform([text for text, _, _ in samples])
    regression = LogisticRegression(C=_STRENGTH, max_iter=1000, tol=1e-3)
    regression.fit(counted, [label for _, label, _ in samples],
                   [np.sqrt(count) for _, _, count in samples])  # fmt: skip
    weights, bias = regression.coef_.T, regression.intercept_
    if len(labels) == 2:
        weights, bias = np.hstack([-weights / 2, weights / 2]), np.array([-bias[0], bias[0]]) / 2
    return Model(
        labels,
        [str(one) for one in counter.get_feature_names_out()],
        counter.idf_.astype(np.float32),
        weights.astype(np.float16).astype(np.float32),
        bias.astype(np.float32),
        {"target": LANGUAGE, **options},
    )


def _every(text: str) -> list[str]:
    return list(stretches(text).elements())


def _calibrated(model: Model, samples: Sequence[tuple[str, str, int]]) -> float:
    """The heat with which it is as sure as it is right, on texts that it never saw."""
    at = {one: n for n, one in enumerate(model.labels)}
    known = [
        (model.scores(text), at[label], count) for text, label, count in samples if label in at
    ]

    def loss(heat: float) -> float:
        chances = ((_shares(row, heat)[gold], count) for row, gold, count in known)
        return -sum(count * float(np.log(max(one, 1e-9))) for one, count in chances)

    return min(_HEATS, key=loss)


def _shares(scores: Floats, heat: float) -> Floats:
    powers = np.exp((scores - scores.max()) / heat)
    shares: Floats = powers / powers.sum()
    return shares


@lru_cache(maxsize=65536)
def _of_word(word: str) -> tuple[str, ...]:
    edged = f" {word} "
    parts = tuple(
        edged[start : start + size]
        for size in range(1, _LONGEST + 1)
        for start in range(len(edged) - size + 1)
    )
    return (*parts, edged) if len(edged) > _LONGEST else parts
