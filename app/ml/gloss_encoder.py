"""The glosser by an encoder: it ranks the candidates of the ranker by words where they stand.

What is proposed, with translations, entries and forms, is what the ranker proposes; a transformer,
trained here or fine-tuned, chooses. Imported by child processes only.

Source: the encoders of the SIGMORPHON 2023 shared task, Ginn et al. 2023,
doi 10.18653/v1/2023.sigmorphon-1.20; here they choose among candidates, as labels are too many.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from app.ml.encoder import Ids, Parts, kept_of, restored, versions
from app.ml.encoder_fitting import (
    Best,
    Letters,
    Pace,
    Steps,
    Tell,
    held_apart,
    on_graphics,
    rounds,
    settle,
    spelt,
)
from app.ml.folder import Saved
from app.ml.gloss_scoring import WIDTH, Grid, Scorer, ranges
from app.ml.ranker.candidates import Asked
from app.ml.ranker.features import Arrays
from app.ml.ranker.model import Ranker

_RATE, _LEAN_RATE = 1e-3, 1e-2  # of what is beside the encoder
_BATCH = 32
_NETWORK = "network."
Truth = NDArray[np.int64]  # the place of the right candidate of each word; -1 where none is


@dataclass(frozen=True)
class Begun:
    """What a training begins with.

    Attributes:
        parts: an encoder that gives `WIDTH` numbers.
        letters: the letters of a word of which the pieces are given, where it is to learn them.
    """

    parts: Parts
    pace: Pace
    letters: Letters | None = None


Begin = Callable[[Sequence[str], int], Begun]  # from forms of words, and the number of lines


class Glosser(Ranker):
    """A glosser whose candidates are ranked by an encoder."""

    def __init__(self, options: Mapping[str, Any], begin: Begin | None = None) -> None:
        super().__init__(options)
        self._begin = begin
        self.parts: Parts | None = None
        self.scorer: Scorer | None = None

    def facts(self) -> dict[str, Any]:
        """What it is, for a record and a card."""
        told = super().facts()
        return {**told, "versions": {**told["versions"], **versions()}}

    def _fit(
        self,
        arrays: Arrays,
        gold: NDArray[np.int64],
        usable: NDArray[np.bool_],
        lines: NDArray[np.int64],
        rows: Sequence[Sequence[Asked]],
        tell: Tell,
    ) -> None:
        """Weights from all lines but every tenth, which says when to stop and how sure to be."""
        assert self._begin is not None
        seed = int(self.options.get("seed", 1))
        torch.manual_seed(seed)
        forms = [form for row in rows for one in row for form in one.forms or (one.form,)]
        begun = self._begin(forms, len(rows))
        self.parts = begun.parts
        grid = Grid.of(arrays, rows, begun.parts)
        self.scorer = Scorer.known(grid)
        place = gold - arrays.starts[:-1]
        truth = np.where((gold >= 0) & (np.diff(arrays.starts) > 1), place, -1)
        aside = held_apart(len(rows))

        def told(share: float, phase: str) -> None:
            tell(0.4 + 0.6 * share, phase)

        _Fitting(begun, self.scorer, grid, truth, random.Random(seed)).run(aside, told)  # noqa: S311
        tell(1.0, "how sure to be")
        held = usable & np.isin(lines, aside)
        self._calibrate(arrays, gold, held, usable, self._scored(grid))

    def _scores(
        self, arrays: Arrays, rows: Sequence[Sequence[Asked]]
    ) -> NDArray[np.float64]:  # fmt: skip
        assert self.parts is not None
        return self._scored(Grid.of(arrays, rows, self.parts))

    def _scored(self, grid: Grid) -> NDArray[np.float64]:
        assert self.parts is not None and self.scorer is not None
        found = np.zeros(grid.starts[-1])
        for batch in _by_length(grid, range(len(grid.stretches))):
            with torch.inference_mode():
                told = self.scorer(self.parts, grid, batch).numpy()
            words = ranges(grid.lines, np.asarray(batch, np.int64))[0]
            at, _ = ranges(grid.starts, words)
            found[at] = told[told > -np.inf]
        return found

    def _kept_weights(self) -> tuple[dict[str, Any], dict[str, NDArray[np.generic]]]:
        assert self.parts is not None and self.scorer is not None
        kept, weights = kept_of(self.parts)
        named = {f"{_NETWORK}{key}": one for key, one in weights.items()}
        return {"encoder": kept}, {**named, **self.scorer.kept()}

    def _restore_weights(self, saved: Saved) -> None:
        named = {
            key.removeprefix(_NETWORK): one
            for key, one in saved.weights.items()
            if key.startswith(_NETWORK)
        }
        self.parts = restored(saved.lexicon["encoder"], named, WIDTH)
        self.scorer = Scorer.restored(saved.weights)


class _Fitting:
    """Fits an encoder and what is beside it, in place."""

    def __init__(
        self, begun: Begun, scorer: Scorer, grid: Grid, truth: Truth, drawn: random.Random
    ) -> None:
        self._begun, self._parts, self._scorer = begun, begun.parts, scorer
        self._grid, self._truth, self._drawn = grid, truth, drawn

    def run(self, aside: Sequence[int], tell: Tell) -> None:
        """Learns from all lines but some, which say when to stop."""
        pace, scorer = self._begun.pace, self._scorer
        held, sizes = set(aside), self._grid.sizes()
        learnt = [n for n in range(len(sizes)) if n not in held and sizes[n]]
        on_graphics(self._parts)
        scorer.to(next(self._parts.network.parameters()).device)
        steps = Steps([
            (list(self._parts.network.parameters()), pace.rate),
            ([scorer.table], _RATE),
            ([scorer.leans], _LEAN_RATE),
        ])  # fmt: skip

        def learn(batch: Sequence[int], done: float) -> None:
            self._parts.network.train()
            scorer.train()
            loss = self._loss([learnt[n] for n in batch], self._pieces)
            if loss is not None:
                steps.take(loss, done)

        best = Best([self._parts.network, scorer])
        rounds(
            [sizes[n] for n in learnt], pace.epochs, self._drawn, tell, learn,
            lambda: not aside or best.see(self._far_off(aside)),
        )  # fmt: skip
        best.put_back()
        settle(self._parts)
        scorer.cpu().eval()
        scorer.table.data = scorer.table.data.half().float()

    def _loss(
        self, lines: Sequence[int], pieces: Callable[[Sequence[int]], Any] | None = None,
        how: str = "mean",
    ) -> Any:  # fmt: skip
        truth = self._truth[ranges(self._grid.lines, np.asarray(lines, np.int64))[0]]
        told = np.flatnonzero(truth >= 0)
        if not len(told):
            return None
        scores = self._scorer(self._parts, self._grid, lines, pieces(lines) if pieces else None)
        gold = torch.from_numpy(truth[told]).to(scores.device)
        chosen = scores[torch.from_numpy(told).to(scores.device)]
        return torch.nn.functional.cross_entropy(chosen, gold, reduction=how)

    def _pieces(self, lines: Sequence[int]) -> list[list[Ids]]:
        """The pieces of lines, some words letter by letter."""
        begun = self._begun
        return [
            spelt(begun.parts, stretch, begun.pace, begun.letters, self._drawn)
            for line in lines
            for stretch in self._grid.stretches[line]
        ]

    def _far_off(self, lines: Sequence[int]) -> float:
        self._parts.network.eval()
        self._scorer.eval()
        total = 0.0
        with torch.inference_mode():
            for batch in _by_length(self._grid, lines):
                loss = self._loss(batch, how="sum")
                total += 0.0 if loss is None else float(loss)
        return total


def _by_length(grid: Grid, lines: Sequence[int]) -> list[list[int]]:
    sizes = grid.sizes()
    order = sorted(lines, key=lambda n: sizes[n])
    return [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
