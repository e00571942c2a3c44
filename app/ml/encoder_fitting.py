"""Fits an encoder to the words of a project that have a label; imported by child processes only."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from app.domain.errors import Invalid
from app.domain.messages import say
from app.ml.data import Line
from app.ml.encoder import MARK, NOTHING, Ids, Parts, Stretch, labels_of, scored, stretches_of

Tell = Callable[[float, str], None]
_PARTS, _MOST_HELD = 10, 150  # every which line says when to stop, and how many at most
_PATIENCE = 5  # rounds without a better one after which no further one is tried
_PIECES, _WINDOW = 512, 128  # of a batch at most; lines that are sorted by length
_BATCH = 16  # lines that are asked together
_HEATS = tuple(1.15**n for n in range(-8, 16))


@dataclass(frozen=True)
class Pace:
    """How fast is learnt.

    Attributes:
        epochs: how often every line is seen at most.
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
    aside = set(held_apart(len(lines)))
    rest = [one for n, one in enumerate(lines) if n not in aside]
    learnt = _stretches(parts, rest, labels, target)
    asked = _stretches(parts, [lines[n] for n in sorted(aside)], labels, target)
    torch.manual_seed(seed)
    drawn = random.Random(seed)  # noqa: S311 - no secret
    on_graphics(parts)
    steps = Steps([(list(parts.network.parameters()), pace.rate)])

    def learn(batch: Sequence[int], done: float) -> None:
        parts.network.train()
        held = [learnt[n] for n in batch]
        pieces = [spelt(parts, row, pace, letters, drawn) for row in held]
        steps.take(_crossed(scored(parts, held, pieces), held), done)

    sizes = [sum(map(len, one.pieces)) for one in learnt]
    best = Best([parts.network])
    rounds(
        sizes, pace.epochs, drawn, tell, learn,
        lambda: not asked or best.see(_loss(parts, asked)),
    )  # fmt: skip
    best.put_back()
    settle(parts)
    tell(1.0, "how sure to be")
    return min(_HEATS, key=lambda heat: _loss(parts, asked, heat)) if asked else 1.0


def held_apart(lines: int) -> list[int]:
    """Which lines only say when to stop and how sure to be; none where there are few."""
    return list(range(0, lines, _PARTS))[:_MOST_HELD] if lines > 2 * _PARTS else []


def rounds(
    sizes: Sequence[int], epochs: int, drawn: random.Random, tell: Tell,
    learn: Callable[[Sequence[int], float], None], is_worth: Callable[[], bool],
) -> None:  # fmt: skip
    """Goes through lines again and again, as long as it is worth it.

    Args:
        sizes: pieces of each line.
        learn: takes the lines of a batch, and the share of everything that is done.
        is_worth: is asked after each round.
    """
    every = max(1, sum(sizes))
    for epoch in range(epochs):
        seen = 0
        for batch in batches(sizes, drawn):
            learn(batch, (epoch + seen / every) / epochs)
            seen += sum(sizes[n] for n in batch)
            share = min(1.0, (epoch + seen / every) / epochs)
            tell(share, say("round %(n)s of %(all)s", n=epoch + 1, all=epochs))
        if not is_worth():
            break


def batches(sizes: Sequence[int], drawn: random.Random) -> Iterator[list[int]]:
    """Lines that are looked at together: of about the same length, drawn anew each time.

    Args:
        sizes: pieces of each line.
    """
    order, found = list(range(len(sizes))), list[list[int]]()
    drawn.shuffle(order)
    for start in range(0, len(order), _WINDOW):
        batch = list[int]()
        for one in sorted(order[start : start + _WINDOW], key=lambda n: sizes[n]):
            if batch and (len(batch) + 1) * sizes[one] > _PIECES:
                found.append(batch)
                batch = []
            batch.append(one)
        found.append(batch)
    drawn.shuffle(found)
    yield from found


def spelt(
    parts: Parts, stretch: Stretch, pace: Pace, letters: Letters | None, drawn: random.Random
) -> list[Ids]:  # fmt: skip
    """The pieces of words, some of them letter by letter, as many as there is room for."""
    room = parts.longest - sum(map(len, stretch.pieces))
    found = []
    for one in stretch.pieces:
        told = letters(one) if letters is not None and drawn.random() < pace.split else one
        more = len(told) - len(one)
        found.append(told if more <= room else one)
        room -= more if more <= room else 0
    return found


def on_graphics(parts: Parts) -> None:
    """Brings the weights to where they are fitted fastest."""
    if torch.cuda.is_available():
        parts.network.to("cuda")


def settle(parts: Parts) -> None:
    """Brings the weights to the processor, as exact as a file keeps them."""
    parts.network.cpu().eval()
    with torch.no_grad():
        for one in parts.network.parameters():
            one.copy_(one.to(torch.float16).float())


@dataclass
class Best:
    """The round after which lines that are not learnt from were told best.

    Attributes:
        networks: whose weights are looked after.
        loss: how far off they were then.
        since: rounds that came after it.
    """

    networks: Sequence[Any]
    loss: float = float("inf")
    since: int = 0
    _weights: list[dict[str, Any]] = field(default_factory=list)

    def see(self, loss: float) -> bool:
        """Looks at the next round; gives whether another one is worth it."""
        self.since += 1
        if loss < self.loss:
            self.loss, self.since = loss, 0
            self._weights = [
                {key: one.detach().clone() for key, one in network.state_dict().items()}
                for network in self.networks
            ]
        return self.since < _PATIENCE

    def put_back(self) -> None:
        """Gives the networks the weights of that round."""
        for network, weights in zip(self.networks, self._weights, strict=False):
            network.load_state_dict(weights)


class Steps:
    """Steps towards less loss: longer ones after a beginning, shorter ones to the end."""

    def __init__(self, groups: Sequence[tuple[Sequence[Any], float]]) -> None:
        """
        Args:
            groups: parameters, and the longest step of each.
        """
        self._groups = groups
        self._optimizer = torch.optim.AdamW(
            [{"params": list(some), "lr": rate} for some, rate in groups], weight_decay=0.01
        )

    def take(self, loss: Any, done: float) -> None:
        """One step; `done` is the share of all that were taken."""
        share = min(1.0, 10 * done + 0.05, (1.0 - done) / 0.9)
        for group, (_, rate) in zip(self._optimizer.param_groups, self._groups, strict=True):
            group["lr"] = rate * share
        self._optimizer.zero_grad()
        loss.backward()
        for some, _ in self._groups:
            torch.nn.utils.clip_grad_norm_(some, 1.0)
        self._optimizer.step()


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
    order = sorted(stretches, key=lambda one: sum(map(len, one.pieces)))
    with torch.inference_mode():
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            scores = scored(parts, batch, [one.pieces for one in batch])
            count = sum(one != NOTHING for stretch in batch for one in stretch.labels)
            total += float(_crossed(scores / heat, batch)) * count
    return total
