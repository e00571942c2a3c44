"""The ranker with weights by scikit-learn: each candidate by itself, right or wrong.

What is asked, proposed and kept is that of the ranker; only training imports scikit-learn. Imported
by child processes only.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from app.ml.data import Line
from app.ml.ranker.features import Arrays, Ints
from app.ml.ranker.fitting import Fit, Problem, Weights
from app.ml.ranker.model import Ranker

_STRENGTH, _ROUNDS = 0.5, 40  # the inverse of the penalty; rounds at most


def fit(
    arrays: Arrays,
    gold: NDArray[np.int64],
    used: NDArray[np.bool_],
    tops: list[Ints],
    how: Fit,
    tell: Callable[[float], None] = lambda share: None,
    begin: Weights | None = None,
) -> Weights:
    """Weights with which right candidates are told from wrong ones, each by itself.

    Args:
        arrays, gold, used, tops, how, tell: as the ranker's own.
        begin: weights to go on from; none are needed here.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    learnt = np.flatnonzero(used & (gold >= 0) & (np.diff(arrays.starts) > 1))
    problem = Problem(arrays, gold, learnt, tops, how)
    seen = hstack([problem.units + problem.wholes, csr_matrix(problem.dense)], format="csr")
    right = np.zeros(seen.shape[0], np.int8)
    right[problem.gold] = 1
    regression = LogisticRegression(
        solver="liblinear", C=_STRENGTH, max_iter=_ROUNDS, tol=1e-2, random_state=1
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # rounds are what there is time for
        regression.fit(seen, right)
    tell(1.0)
    return problem.weights(regression.coef_[0])


class Model(Ranker):
    """A glosser whose weights scikit-learn found."""

    engine = "sklearn"
    fit = staticmethod(fit)


def train(
    lines: Sequence[Line],
    options: Mapping[str, Any],
    tell: Callable[[float, str], None] = lambda share, phase: None,
) -> Model:
    """Trains such a ranker; see `app.ml.ranker.model.train`.

    Raises:
        Invalid: there is nothing to learn from.
    """
    made = Model(options)
    made.learn(lines, tell)
    return made
