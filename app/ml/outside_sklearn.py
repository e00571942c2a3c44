"""scikit-learn models from outside; imported behind a fence only.

`model.skops` has passed `app.ml.uploads.skops_file`; `use.json` beside it says what it is asked:
`{"unit": "word"}` or `{"unit": "line"}` (the whole utterance as a text).
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# skops lists all that scikit-learn has, and would have torch be imported for it: 200 MB.
sys.modules["sklearn.externals.array_api_compat.torch"] = None  # type: ignore[assignment]

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import skops.io  # noqa: E402

from app.domain.errors import Invalid, Problem  # noqa: E402
from app.domain.messages import say  # noqa: E402
from app.ml.data import Entry, Line  # noqa: E402
from app.ml.outside import Label, LabelGuess, best  # noqa: E402
from app.ml.uploads.skops_types import TOLD  # noqa: E402

_NAME, _USE = "model.skops", "use.json"
_MOST_LABELS = 20_000


class Model:
    """A classifier of texts."""

    def __init__(self, estimator: Any, unit: str) -> None:
        self._estimator, self._unit = estimator, unit
        labels = getattr(estimator, "classes_", None)
        if labels is None or not hasattr(estimator, "predict") or len(labels) > _MOST_LABELS:
            raise Invalid(Problem("model", "This is no classifier, or it has too many labels."))
        self._labels = [str(one) for one in labels]

    @classmethod
    def load(cls, folder: Path) -> Model:
        """The model in a folder.

        Raises:
            Invalid: it holds something that is not loaded here, or is no classifier.
        """
        path = folder / _NAME
        odd = set(skops.io.get_untrusted_types(file=path)) - set(TOLD)
        if odd:
            what = "The model is made with “%(names)s”, which is not among what is loaded here."
            raise Invalid(Problem(_NAME, say(what, names=", ".join(sorted(odd))[:300])))
        use = folder / _USE
        unit = json.loads(use.read_text("utf-8"))["unit"] if use.exists() else "line"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other versions; `facts` says which
            return cls(skops.io.load(path, trusted=list(TOLD)), unit)

    def facts(self) -> dict[str, Any]:
        """Its labels, and the version that runs it."""
        return {"labels": self._labels, "version": sklearn.__version__}

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """The labels of words, or of lines."""
        if self._unit != "word":
            told = self._of([" ".join(word.form for word in line.words) for line in lines])
            return [LabelGuess(line.id, one) for line, one in zip(lines, told, strict=True)]
        words = iter(self._of([word.form for line in lines for word in line.words]))
        return [LabelGuess(line.id, words=tuple(next(words) for _ in line.words)) for line in lines]

    def _of(self, texts: list[str]) -> list[tuple[Label, ...]]:
        if not texts:
            return []
        shares = self._shares(texts)
        if shares is None:
            return [(Label(str(one), 1.0),) for one in self._estimator.predict(texts)]
        return [best(zip(self._labels, row, strict=True)) for row in shares]

    def _shares(self, texts: list[str]) -> Any:
        """Probabilities, or what can stand for them; None where there are only labels."""
        if hasattr(self._estimator, "predict_proba"):
            return np.asarray(self._estimator.predict_proba(texts))
        if not hasattr(self._estimator, "decision_function"):
            return None
        scores = np.asarray(self._estimator.decision_function(texts))
        if scores.ndim == 1:
            scores = np.stack([-scores, scores], axis=1) / 2
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
