"""Weights of the ranker: a conditional logit over the candidates of each word, by L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_matrix

from app.ml.ranker.features import DENSE, Arrays, Ints

Floats = NDArray[np.float64]
_CHUNK = 4000  # items that are crossed at once
_HISTORY = 6


@dataclass
class Weights:
    """What was learnt.

    Attributes:
        signs: by hash of a sign.
        dense: of the numbers.
        bits: of a hash.
    """

    signs: NDArray[np.float32]
    dense: NDArray[np.float32]
    bits: int


@dataclass
class Fit:
    """How weights are found.

    Attributes:
        bits: of a hash.
        hold: how much weights of signs are held back (L2).
        hold_dense: the same for those of numbers.
        rounds: of L-BFGS at most.
        least: signs seen in fewer candidates are left out.
    """

    bits: int = 19
    hold: float = 8.0
    hold_dense: float = 1.0
    rounds: int = 32
    least: int = 2


def scored(arrays: Arrays, tops: list[Ints], weights: Weights) -> Floats:
    """The score of each candidate."""
    found, count = [], len(arrays.items)
    for low in range(0, count, _CHUNK):
        high = min(count, low + _CHUNK)
        units, wholes = arrays.cross(low, high, tops, weights.bits)
        begin, end = int(arrays.starts[low]), int(arrays.starts[high])
        rows = weights.signs[units].sum(1, dtype=np.float64)
        first = arrays.first[begin:end] - arrays.first[begin]
        score = np.add.reduceat(rows, first) + weights.signs[wholes].sum(1, dtype=np.float64)
        found.append(score + arrays.dense[begin:end] @ weights.dense.astype(np.float64))
    return np.concatenate(found) if found else np.zeros(0)


def shares(scores: Floats, starts: NDArray[Any]) -> Floats:
    """How likely each candidate is among those of its word."""
    counts = np.diff(starts)
    top = np.maximum.reduceat(scores, starts[:-1])
    raised = np.exp(scores - np.repeat(top, counts))
    found: Floats = raised / np.repeat(np.add.reduceat(raised, starts[:-1]), counts)
    return found


def fit(
    arrays: Arrays,
    gold: NDArray[np.int64],
    used: NDArray[np.bool_],
    tops: list[Ints],
    how: Fit,
    tell: Callable[[float], None] = lambda share: None,
    begin: Weights | None = None,
) -> Weights:
    """Finds the weights with which the right candidates come out likeliest.

    Args:
        arrays: words and candidates.
        gold: for each item its right candidate, counted over all; -1 if it is not there.
        used: which items to learn from.
        tops: signs of neighbours.
        how: settings.
        tell: is told the share done.
        begin: weights to go on from.
    """
    learnt = np.flatnonzero(used & (gold >= 0) & (np.diff(arrays.starts) > 1))
    problem = Problem(arrays, gold, learnt, tops, how)
    rounds = [0]

    def counted(_: Floats) -> None:
        rounds[0] += 1
        tell(min(1.0, rounds[0] / how.rounds))

    found = minimize(
        problem,
        problem.start(begin),
        jac=True,
        method="L-BFGS-B",
        callback=counted,
        options={"maxiter": how.rounds, "maxcor": _HISTORY, "ftol": 1e-7},
    )
    return problem.weights(found.x)


class Problem:
    """The objective and its slope.

    Attributes:
        starts: where the candidates of each item begin; `gold` the right one of each.
        units, wholes: signs of candidates, a row each; the first column stands for rare ones.
        dense: numbers of candidates.
    """

    def __init__(
        self,
        arrays: Arrays,
        gold: NDArray[np.int64],
        learnt: NDArray[np.int64],
        tops: list[Ints],
        how: Fit,
    ) -> None:
        self._how = how
        counts = np.diff(arrays.starts)[learnt]
        self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        inside = np.arange(self.starts[-1]) - np.repeat(self.starts[:-1], counts)
        chosen = np.repeat(arrays.starts[learnt].astype(np.int64), counts) + inside
        self.gold = self.starts[:-1] + gold[learnt] - arrays.starts[learnt]
        self.dense = arrays.dense[chosen].astype(np.float64)
        self.counts = counts
        self._read(arrays, learnt, chosen, tops)

    def _read(
        self,
        arrays: Arrays,
        learnt: NDArray[np.int64],
        chosen: NDArray[np.int64],
        tops: list[Ints],
    ) -> None:
        bits, used = self._how.bits, np.zeros(len(arrays.items), bool)
        used[learnt] = True
        units, wholes, sizes = [], [], []
        for low in range(0, len(arrays.items), _CHUNK):
            high = min(len(arrays.items), low + _CHUNK)
            unit, whole = arrays.cross(low, high, tops, bits)
            keep = np.repeat(used[low:high], np.diff(arrays.starts[low : high + 1]))
            size = np.diff(arrays.first[int(arrays.starts[low]) : int(arrays.starts[high]) + 1])
            units.append(unit[np.repeat(keep, size)])
            wholes.append(whole[keep])
            sizes.append(size[keep])
        size = np.concatenate(sizes)
        seen = np.zeros(1 << bits, np.int32)
        for part in (*units, *wholes):
            seen += np.bincount(part.ravel(), minlength=1 << bits).astype(np.int32)
        self.columns = np.flatnonzero(seen >= self._how.least)
        number = np.zeros(1 << bits, np.int32)
        number[self.columns] = np.arange(1, len(self.columns) + 1)
        self.units = _matrix(units, number, size, len(self.columns) + 1)
        self.wholes = _matrix(wholes, number, np.ones(len(size), np.int64), len(self.columns) + 1)

    def start(self, begin: Weights | None) -> Floats:
        """Where the search begins."""
        found = np.zeros(len(self.columns) + 1 + DENSE)
        if begin is not None:
            found[1 : len(self.columns) + 1] = begin.signs[self.columns]
            found[len(self.columns) + 1 :] = begin.dense
            return found
        found[len(self.columns) + 1] = 1.0
        return found

    def __call__(self, found: Floats) -> tuple[float, Floats]:
        """The objective at some weights, and its slope there."""
        count = len(self.columns) + 1
        signs, dense = found[:count].copy(), found[count:]
        signs[0] = 0.0
        small = signs.astype(np.float32)
        score = (self.units @ small + self.wholes @ small).astype(np.float64)
        score += self.dense @ dense
        chance = shares(score, self.starts)
        value = -np.log(chance[self.gold] + 1e-300).sum()
        rest = chance
        rest[self.gold] -= 1.0
        thin = rest.astype(np.float32)
        slope = np.empty(len(found))
        slope[:count] = self.units.T @ thin + self.wholes.T @ thin
        slope[0] = 0.0
        slope[:count] += self._how.hold * signs
        slope[count:] = self.dense.T @ rest + self._how.hold_dense * dense
        value += 0.5 * self._how.hold * signs @ signs + 0.5 * self._how.hold_dense * dense @ dense
        return float(value), slope

    def weights(self, found: Floats) -> Weights:
        """What was found, as it is kept."""
        signs = np.zeros(1 << self._how.bits, np.float32)
        signs[self.columns] = found[1 : len(self.columns) + 1].astype(np.float16)  # as kept on disk
        dense = found[len(self.columns) + 1 :].astype(np.float32)
        return Weights(signs, dense, self._how.bits)


def _matrix(
    parts: list[NDArray[np.int32]], number: NDArray[np.int32], size: NDArray[np.int64], width: int
) -> Any:
    columns = parts[0].shape[1]
    flat = np.empty(sum(len(part) for part in parts) * columns, np.int32)
    at = 0
    while parts:
        part = parts.pop(0)
        flat[at : at + part.size] = number[part.ravel()]
        at += part.size
    ends = np.concatenate([[0], np.cumsum(size.astype(np.int64) * columns)]).astype(np.int32)
    return csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(size), width))


def temperature(scores: Floats, starts: NDArray[np.int32], gold: NDArray[np.int64]) -> float:
    """By what to divide scores so that likely ones are as often right as they say.

    Args:
        scores: of candidates that were not learnt from.
        starts: where those of each item begin.
        gold: the right one of each item; -1 if it is not among them.
    """
    there = gold >= 0

    def loss(heat: float) -> float:
        chance = shares(scores / heat, starts)
        return float(-np.log(chance[gold[there]] + 1e-12).sum())

    return float(minimize_scalar(loss, bounds=(0.3, 5.0), method="bounded").x)
