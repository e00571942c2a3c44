"""Fits an encoder to the words of a project that have a label; imported by child processes only."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from app.domain.errors import Invalid
from app.domain.messages import say
from app.ml.data import Line
from app.ml.encoder import MARK, NOTHING, Ids, Parts, Stretch, labels_of, scored, stretches_of

Tell = Callable[[float, str], None]
_PARTS, _MOST_HELD = 10, 150  # every which line says when to stop, and how many at most
_BATCH = 16
_HEATS = tuple(1.15**n for n in range(-8, 16))


@dataclass(frozen=True)
class Pace:
    """How fast is learnt.

    Attributes:
        epochs: how often every line is seen.
        rate: the longest step, of which the first tenth and the rest lead up and down.
        split: the share of words that are seen letter by letter, as unknown ones would be.
    """

    epochs: int
    rate: float
    split: float = 0.0


Letters = Callable[[Ids], Ids]


def known_labels(lines: Sequence[Line], target: str) -> list[str]:
    """The labels in some lines.

    Raises:
        Invalid: there is one at most.
    """
    labels = {one for line in lines for one in labels_of(line, target) if one}
    if len(labels - {MARK}) < 2:
        raise Invalid(say("All words have the same label: there is nothing to choose between."))
    return sorted(labels)


def fit(
    parts: Parts, lines: Sequence[Line], labels: Sequence[str], options: Mapping[str, Any],
    pace: Pace, tell: Tell, letters: Letters | None = None,
) -> float:  # fmt: skip
    """Fits the weights of an encoder, in place; gives the heat with which it is sure of itself.

    Every tenth line only says after which epoch it was best.

    Args:
        options: `target` and `seed`.
        letters: the letters of a word of which the pieces are given.
    """
    target, seed = str(options["target"]), int(options.get("seed", 1))
    held = lines[::_PARTS][:_MOST_HELD] if len(lines) > 2 * _PARTS else []
    aside = {id(one) for one in held}
    learnt = _stretches(parts, [one for one in lines if id(one) not in aside], labels, target)
    asked = _stretches(parts, held, labels, target)
    torch.manual_seed(seed)
    drawn = random.Random(seed)  # noqa: S311 - no secret
    fitting = _Fitting(parts, learnt, pace, drawn, letters)
    kept, least = None, float("inf")
    for epoch in range(pace.epochs):
        fitting.epoch(_told_by_round(tell, epoch, pace.epochs))
        loss = _loss(parts, asked)
        if loss < least:
            least = loss
            kept = {key: one.detach().clone() for key, one in parts.network.state_dict().items()}
    if kept is not None and asked:
        parts.network.load_state_dict(kept)
    _settle(parts)
    tell(1.0, "how sure to be")
    return min(_HEATS, key=lambda heat: _loss(parts, asked, heat)) if asked else 1.0


def _told_by_round(tell: Tell, done: int, rounds: int) -> Callable[[float], None]:
    def told(share: float) -> None:
        tell((done + share) / rounds, f"round {done + 1} of {rounds}")

    return told


class _Fitting:
    """Steps through the stretches of a project."""

    def __init__(
        self, parts: Parts, stretches: Sequence[Stretch], pace: Pace, drawn: random.Random,
        letters: Letters | None,
    ) -> None:  # fmt: skip
        if torch.cuda.is_available():
            parts.network.to("cuda")
        self._parts, self._stretches, self._pace = parts, list(stretches), pace
        self._drawn, self._letters = drawn, letters
        self._steps = pace.epochs * -(-len(self._stretches) // _BATCH)
        self._step = 0
        self._optimizer = torch.optim.AdamW(
            parts.network.parameters(), lr=pace.rate, weight_decay=0.01
        )

    def epoch(self, tell: Callable[[float], None]) -> None:
        self._parts.network.train()
        order = list(self._stretches)
        self._drawn.shuffle(order)
        for start in range(0, len(order), _BATCH):
            self._fit(order[start : start + _BATCH])
            tell(min(1.0, (start + _BATCH) / len(order)))

    def _fit(self, batch: Sequence[Stretch]) -> None:
        pieces = [[self._seen(one) for one in stretch.pieces] for stretch in batch]
        loss = _crossed(scored(self._parts, batch, pieces), batch)
        for group in self._optimizer.param_groups:
            group["lr"] = self._pace.rate * self._share()
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parts.network.parameters(), 1.0)
        self._optimizer.step()
        self._step += 1

    def _seen(self, pieces: Ids) -> Ids:
        if self._letters is None or self._drawn.random() >= self._pace.split:
            return pieces
        return self._letters(pieces)

    def _share(self) -> float:
        done = self._step / self._steps
        return min(1.0, 10 * done + 0.05, (1.0 - done) / 0.9)


def _stretches(
    parts: Parts, lines: Sequence[Line], labels: Sequence[str], target: str
) -> list[Stretch]:
    at = {one: number for number, one in enumerate(labels)}
    found = []
    for line in lines:
        told = [at.get(one, NOTHING) for one in labels_of(line, target)]
        found += stretches_of(parts, [word.form for word in line.words], told)
    return [one for one in found if any(label != NOTHING for label in one.labels)]


def _crossed(scores: Any, batch: Sequence[Stretch]) -> Any:
    gold = torch.tensor([one for stretch in batch for one in stretch.labels], device=scores.device)
    return torch.nn.functional.cross_entropy(scores, gold, ignore_index=NOTHING)


def _loss(parts: Parts, stretches: Sequence[Stretch], heat: float = 1.0) -> float:
    """How far what is said lies from what is so, of words that are not learnt from."""
    parts.network.eval()
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(stretches), _BATCH):
            batch = stretches[start : start + _BATCH]
            scores = scored(parts, batch, [one.pieces for one in batch])
            count = sum(one != NOTHING for stretch in batch for one in stretch.labels)
            total += float(_crossed(scores / heat, batch)) * count
    return total


def _settle(parts: Parts) -> None:
    """Brings the weights to the processor, as exact as a file keeps them."""
    parts.network.cpu().eval()
    with torch.no_grad():
        for one in parts.network.parameters():
            one.copy_(one.to(torch.float16).float())
