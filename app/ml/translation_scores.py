"""How near translations come to those that people wrote: chrF, and the words that they share.

Source: Popović 2015, chrF: character n-gram F-score for automatic MT evaluation, doi
10.18653/v1/W15-3049: n-grams of up to six characters without spaces, recall counted as twice as
weighty (chrF2). Counts are summed over sentences, n-grams that neither side has are left out, as
sacrebleu does it (Post 2018, doi 10.18653/v1/W18-6319).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import mul

from app.domain.text import words

_ORDER, _BETA = 6, 2
Counts = tuple[int, ...]  # said, gold and same n-grams, for each n


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 to 1, with the interval in which 95 of 100 new samples would lie."""

    value: float
    low: float
    high: float


def chrf(said: Sequence[str], gold: Sequence[str]) -> float:
    """The chrF of translations, sentence by sentence as they should be, from 0 to 1.

    >>> chrf(["the dog sees"], ["the dog sees"]), chrf(["x"], ["the dog"])
    (1.0, 0.0)
    """
    return _chrf(_sums(_columns(said, gold, _characters), [1] * len(said)))


def overlap(said: Sequence[str], gold: Sequence[str]) -> float:
    """The F1 of the words that translations share with those they should be, case left aside.

    >>> overlap(["The dog"], ["the dog sees him"])
    0.6666666666666666
    """
    return _overlap(_sums(_columns(said, gold, _words), [1] * len(said)))


def chrf_interval(said: Sequence[str], gold: Sequence[str], seed: int = 1) -> Score:
    """The same as `chrf`, with its interval from drawing sentences again and again."""
    return _drawn(_columns(said, gold, _characters), _chrf, seed)


def overlap_interval(said: Sequence[str], gold: Sequence[str], seed: int = 1) -> Score:
    """The same as `overlap`, with its interval."""
    return _drawn(_columns(said, gold, _words), _overlap, seed)


_DRAWS = 1000


def _drawn(columns: list[Counts], of: Callable[[list[int]], float], seed: int) -> Score:
    size = len(columns[0])
    value = of(_sums(columns, [1] * size))
    drawing = random.Random(seed)  # noqa: S311 - no secret
    found = []
    for _ in range(_DRAWS if size else 0):
        times = [0] * size
        for place in drawing.choices(range(size), k=size):
            times[place] += 1
        found.append(of(_sums(columns, times)))
    found.sort()
    if not found:
        return Score(0.0, 0.0, 1.0)
    return Score(value, found[int(0.025 * _DRAWS)], found[int(0.975 * _DRAWS)])


def _columns(
    said: Sequence[str], gold: Sequence[str], of: Callable[[str, str], Counts]
) -> list[Counts]:
    """What is counted, a column for each number and in it one for each sentence."""
    rows = [of(one, other) for one, other in zip(said, gold, strict=True)]
    return list(zip(*rows, strict=True)) if rows else [()] * len(of("", ""))


def _sums(columns: Sequence[Counts], times: Sequence[int]) -> list[int]:
    return [sum(map(mul, one, times)) for one in columns]


def _characters(said: str, gold: str) -> Counts:
    one, other = ("".join(text.split()) for text in (said, gold))
    counts: list[int] = []
    for order in range(1, _ORDER + 1):
        made, there = _ngrams(one, order), _ngrams(other, order)
        # n-grams of which the other side can have none, being too short, are not held against it
        counts += [made.total() if there else 0, there.total(), (made & there).total()]
    return tuple(counts)


def _ngrams(text: str, order: int) -> Counter[str]:
    return Counter(text[at : at + order] for at in range(len(text) - order + 1))


def _chrf(counts: Sequence[int]) -> float:
    precision = recall = 0.0
    orders = 0
    for said, gold, same in zip(counts[::3], counts[1::3], counts[2::3], strict=True):
        if said and gold:
            precision += same / said
            recall += same / gold
            orders += 1
    if not precision + recall:
        return 0.0
    precision, recall = precision / orders, recall / orders
    return (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)


def _words(said: str, gold: str) -> Counts:
    one, other = (Counter(map(str.casefold, words(text))) for text in (said, gold))
    return one.total(), other.total(), (one & other).total()


def _overlap(counts: Sequence[int]) -> float:
    said, gold, same = counts
    return 2 * same / (said + gold) if said + gold else 0.0
