"""A linear chain of labels (conditional random field): trained by python-crfsuite, run in numpy.

What is kept are weights by trait and label, never the file of crfsuite, which is read by code that
trusts it. Imported by child processes only.

Source: Lafferty, McCallum and Pereira 2001; the averaged perceptron of Collins 2002,
doi 10.3115/1118693.1118694.
"""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycrfsuite
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Row = Sequence[Sequence[str]]  # for each place the traits that it has
ROUNDS = 15
_HEATS = tuple(1.35**n for n in range(-2, 22))
_PLACES = 6  # figures of a weight that is written


@dataclass
class Chain:
    """Weights.

    Attributes:
        labels: in the order of the columns.
        moves: how well a label goes after another, `(labels, labels)`.
        traits: where the weights of a trait begin and end in `columns` and `weights`.
        heat: by what scores are divided before they are taken for logarithms of probabilities.
    """

    labels: tuple[str, ...]
    moves: Floats
    traits: dict[str, tuple[int, int]]
    columns: NDArray[np.int32]
    weights: Floats
    heat: float = 1.0

    def scores(self, row: Row) -> Floats:
        """How well each label fits each place by itself, `(places, labels)`."""
        found = np.zeros((len(row), len(self.labels)))
        for place, traits in enumerate(row):
            for one in traits:
                begin, end = self.traits.get(one, (0, 0))
                if end > begin:
                    found[place, self.columns[begin:end]] += self.weights[begin:end]
        return found

    def shares(self, row: Row, heat: float = 0.0) -> Floats:
        """How probable each label is at each place, `(places, labels)`; rows sum up to 1."""
        return marginals(self.scores(row), self.moves, heat or self.heat)

    def best(self, row: Row) -> list[str]:
        """The labels that fit best together (Viterbi)."""
        scores = self.scores(row)
        if not len(scores):
            return []
        back, held = [], scores[0]
        for here in scores[1:]:
            ways = held[:, None] + self.moves
            back.append(ways.argmax(0))
            held = ways.max(0) + here
        path = [int(held.argmax())]
        for one in reversed(back):
            path.append(int(one[path[-1]]))
        return [self.labels[one] for one in reversed(path)]

    def told(self) -> dict[str, Any]:
        """The weights as JSON has them."""
        columns, weights = self.columns.tolist(), self.weights.tolist()
        return {
            "labels": list(self.labels),
            "moves": [[round(one, _PLACES) for one in row] for row in self.moves.tolist()],
            "heat": self.heat,
            "traits": {
                trait: [columns[begin:end], [round(one, _PLACES) for one in weights[begin:end]]]
                for trait, (begin, end) in sorted(self.traits.items())
            },
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Chain:
        """The weights from what `told` gave.

        Raises:
            ValueError, KeyError, TypeError: they are none.
        """
        labels = tuple(str(one) for one in told["labels"])
        moves = np.array(told["moves"], np.float64)
        columns, weights = list[int](), list[float]()
        traits: dict[str, tuple[int, int]] = {}
        for trait, (at, held) in told["traits"].items():
            if len(at) != len(held):
                raise ValueError("labels and weights of a trait do not go together")
            traits[str(trait)] = (len(columns), len(columns) + len(at))
            columns += at
            weights += held
        made = cls(labels, moves, traits, np.array(columns, np.int32),
                   np.array(weights, np.float64), float(told["heat"]))  # fmt: skip
        made.check()
        return made

    def check(self) -> None:
        """Sees that it can be run.

        Raises:
            ValueError: it cannot.
        """
        size = len(self.labels)
        fits = size > 0 and self.moves.shape == (size, size) and self.heat > 0
        inside = not len(self.columns) or bool(
            self.columns.min() >= 0 and self.columns.max() < size
        )
        if not (fits and inside and np.isfinite(self.moves).all()
                and np.isfinite(self.weights).all()):  # fmt: skip
            raise ValueError("weights that do not go together")


def fit(
    rows: Sequence[Row],
    labels: Sequence[Sequence[str]],
    seed: int = 1,
    rounds: int = ROUNDS,
    tell: Callable[[float], None] = lambda share: None,
) -> Chain:
    """A chain by the averaged perceptron; the same for the same rows and seed."""
    names = sorted({one for row in labels for one in row})
    traits = sorted({one for row in rows for place in row for one in place})
    label_at = {one: str(n) for n, one in enumerate(names)}
    trait_at = {one: str(n) for n, one in enumerate(traits)}
    trainer = _Trainer(rounds, tell)
    for row, told in zip(rows, labels, strict=True):
        trainer.append([[trait_at[one] for one in place] for place in row],
                       [label_at[one] for one in told])  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "chain")
        ctypes.CDLL(None).srand(seed)  # in which order crfsuite takes rows
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        found = tagger.info()
        tagger.close()
    moves = np.zeros((len(names), len(names)))
    for (one, other), weight in found.transitions.items():
        moves[int(one), int(other)] = weight
    held: dict[int, list[tuple[int, float]]] = {}
    for (trait, label), weight in found.state_features.items():
        held.setdefault(int(trait), []).append((int(label), weight))
    return _chain(names, moves, {traits[n]: sorted(one) for n, one in sorted(held.items())})


def calibrated(chain: Chain, rows: Sequence[Row], labels: Sequence[Sequence[str]]) -> float:
    """The heat with which a chain is as sure as it is right, on rows that it never saw."""
    at = {one: n for n, one in enumerate(chain.labels)}
    scored = [chain.scores(row) for row in rows]
    gold = [[at.get(one, -1) for one in told] for told in labels]

    def loss(heat: float) -> float:
        total = 0.0
        for scores, told in zip(scored, gold, strict=True):
            shares = marginals(scores, chain.moves, heat)
            known = [(n, one) for n, one in enumerate(told) if one >= 0]
            total -= sum(float(np.log(max(shares[n, one], 1e-9))) for n, one in known)
        return total

    return min(_HEATS, key=loss) if rows else 1.0


def marginals(scores: Floats, moves: Floats, heat: float) -> Floats:
    """How probable each label is at each place, by going forward and backward."""
    if not len(scores):
        return scores
    here = np.exp((scores - scores.max(1, keepdims=True)) / heat)
    step = np.exp((moves - moves.max()) / heat)
    count = len(here)
    forward, backward = np.empty_like(here), np.ones_like(here)
    forward[0] = here[0] / here[0].sum()
    for place in range(1, count):
        held = here[place] * (forward[place - 1] @ step) + 1e-300
        forward[place] = held / held.sum()
    for place in range(count - 2, -1, -1):
        held = step @ (here[place + 1] * backward[place + 1]) + 1e-300
        backward[place] = held / held.sum()
    both = forward * backward
    shares: Floats = both / both.sum(1, keepdims=True)
    return shares


def _chain(
    names: Sequence[str], moves: Floats, held: Mapping[str, list[tuple[int, float]]]
) -> Chain:
    traits, columns, weights = {}, list[int](), list[float]()
    for trait, found in held.items():
        traits[trait] = (len(columns), len(columns) + len(found))
        columns += [label for label, _ in found]
        weights += [weight for _, weight in found]
    return Chain(tuple(names), moves, traits, np.array(columns, np.int32), np.array(weights))


class _Trainer(pycrfsuite.Trainer):  # type: ignore[misc]
    """Training that says how far it is."""

    def __init__(self, rounds: int, tell: Callable[[float], None]) -> None:
        super().__init__(algorithm="averaged-perceptron", verbose=False)
        self.set_params({"max_iterations": rounds})
        self._rounds, self._tell, self._done = rounds, tell, 0

    def message(self, message: str) -> None:
        """Counts the rounds in what crfsuite says."""
        if "Iteration #" in message:
            self._done += 1
            self._tell(min(1.0, self._done / self._rounds))
