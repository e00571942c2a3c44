"""How well guesses agree with what people wrote: shares, intervals, calibration, confusions.

Word and morpheme accuracy are those of the SIGMORPHON 2023 shared task on interlinear glossing.

Source: Ginn et al. 2023, doi 10.18653/v1/2023.sigmorphon-1.20, and its `eval.py`; segmentation F1
as PolyGloss has it, the mean over sentences.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MORPHS = re.compile(r"[\s\-]")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of all, with the interval in which 95 of 100 new samples would lie.

    Attributes:
        right: how many.
        all: of how many.
        low: lower end of the interval, from 0 to 1.
        high: upper end.
    """

    right: int
    all: int
    low: float = 0.0
    high: float = 1.0

    @property
    def value(self) -> float:
        """The share, from 0 to 1."""
        return self.right / self.all if self.all else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Guesses of about the same probability.

    Attributes:
        low: the least probability.
        high: the highest.
        count: how many guesses.
        said: their mean probability.
        right: the share of right ones.
    """

    low: float
    high: float
    count: int
    said: float
    right: float


def word_accuracy(guessed: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> float:
    """The share of words whose whole gloss is right, over all sentences, place by place."""
    pairs = [_agreeing(one, other) for one, other in zip(guessed, gold, strict=True)]
    return _ratio(sum(right for right, _ in pairs), sum(count for _, count in pairs))


def morpheme_accuracy(guessed: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> float:
    """The share of glosses of morphs that are right, place by place in a sentence.

    One morph too many puts the rest of its sentence in the wrong place, as the script has it.
    """
    split = [_MORPHS.split(" ".join(one)) for one in guessed]
    return word_accuracy(split, [_MORPHS.split(" ".join(one)) for one in gold])


def segmentation_f1(guessed: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> float:
    """The mean over sentences of F1 of the morphs of a sentence, their order left aside.

    Args:
        guessed: per sentence the morphs of its words.
        gold: the same as they should be.
    """
    found = [_f1(one, other) for one, other in zip(guessed, gold, strict=True)]
    return _ratio(sum(found), len(found))


def bootstrap(
    right: Sequence[int], counts: Sequence[int], seed: int = 1, draws: int = 1000
) -> Share:
    """A share with its interval, from drawing sentences again and again.

    Args:
        right: per sentence how many are right.
        counts: per sentence of how many.
        seed: of the drawing.
        draws: how often.
    """
    drawing, size = random.Random(seed), len(right)  # noqa: S311 - no secret
    shares = []
    for _ in range(draws if size else 0):
        drawn = drawing.choices(range(size), k=size)
        shares.append(_ratio(sum(right[n] for n in drawn), sum(counts[n] for n in drawn)))
    shares.sort()
    low, high = (shares[_at(draws, 0.025)], shares[_at(draws, 0.975)]) if shares else (0.0, 1.0)
    return Share(sum(right), sum(counts), low, high)


def difference(
    one: Sequence[float],
    other: Sequence[float],
    counts: Sequence[int],
    seed: int = 1,
    draws: int = 1000,
) -> tuple[float, float]:
    """The interval of the difference of two shares of the same words, the first less the second.

    The same sentences are drawn for both, so that what makes a sentence hard for both cancels out.

    Args:
        one, other: per sentence how many each has right; counts: of how many.

    Source: Koehn 2004, Statistical Significance Tests for Machine Translation Evaluation.
    """
    drawing, size = random.Random(seed), len(counts)  # noqa: S311 - no secret
    gains = [right - less for right, less in zip(one, other, strict=True)]
    found = []
    for _ in range(draws if size else 0):
        drawn = drawing.choices(range(size), k=size)
        found.append(_ratio(sum(gains[n] for n in drawn), sum(counts[n] for n in drawn)))
    found.sort()
    return (found[_at(draws, 0.025)], found[_at(draws, 0.975)]) if found else (-1.0, 1.0)


def reliability(said: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """How often guesses of some probability are right, in bins of the same width."""
    table: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for probability, is_right in zip(said, right, strict=True):
        table[min(int(probability * bins), bins - 1)].append((probability, is_right))
    return [
        Bin(
            n / bins,
            (n + 1) / bins,
            len(held),
            _ratio(sum(probability for probability, _ in held), len(held)),
            _ratio(sum(is_right for _, is_right in held), len(held)),
        )
        for n, held in enumerate(table)
    ]


def calibration_error(said: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """The expected calibration error: how far probabilities lie from shares of right ones."""
    table = reliability(said, right, bins)
    return _ratio(sum(one.count * abs(one.said - one.right) for one in table), len(said))


def above(said: Sequence[float], right: Sequence[bool], certainty: float) -> tuple[float, float]:
    """The share of guesses that are at least so certain, and the share of right ones in them."""
    held = [one for one, probability in zip(right, said, strict=True) if probability >= certainty]
    return _ratio(len(held), len(said)), _ratio(sum(held), len(held))


def confusions(
    guessed: Sequence[str], gold: Sequence[str], most: int = 20
) -> list[tuple[str, str, int]]:
    """What was taken for what: gold label, guessed label, how often; the commonest first."""
    found = Counter(
        (right, said) for said, right in zip(guessed, gold, strict=True) if said != right
    )
    return [(*pair, count) for pair, count in sorted(found.items(), key=_commonest)[:most]]


def by_label(guessed: Sequence[str], gold: Sequence[str]) -> dict[str, tuple[float, float, int]]:
    """Precision, recall and number in the gold data of each label."""
    hit = Counter(right for said, right in zip(guessed, gold, strict=True) if said == right)
    said, there = Counter(guessed), Counter(gold)
    return {
        label: (_ratio(hit[label], said[label]), _ratio(hit[label], there[label]), there[label])
        for label in sorted(there, key=lambda one: (-there[one], one))
    }


def curve_sizes(lines: int, least: int = 25) -> list[int]:
    """At how many lines a learning curve is measured: doublings, and all.

    >>> curve_sizes(450)
    [25, 50, 100, 200, 400, 450]
    """
    doubled = [least << n for n in range(max(0, math.ceil(math.log2(max(lines, 1) / least))))]
    return [*(size for size in doubled if size < lines), lines]


def expected_gain(curve: Mapping[int, float], more: int) -> float:
    """What `more` lines would bring, going on as between the last two doublings of a curve.

    >>> round(expected_gain({100: 0.6, 200: 0.7, 400: 0.8}, 400), 3)
    0.1
    """
    sizes = sorted(size for size in curve if size > 0)
    if len(sizes) < 2:
        return 0.0
    last = sizes[-1]
    before = max((size for size in sizes if 2 * size <= last), default=sizes[0])
    slope = (curve[last] - curve[before]) / math.log2(last / before)
    return max(0.0, min(1.0 - curve[last], slope * math.log2((last + more) / last)))


def _agreeing(guessed: Sequence[str], gold: Sequence[str]) -> tuple[int, int]:
    return sum(one == other for one, other in zip(guessed, gold, strict=False)), len(gold)


def _f1(guessed: Sequence[str], gold: Sequence[str]) -> float:
    same = sum((Counter(guessed) & Counter(gold)).values())
    return _ratio(2 * same, len(guessed) + len(gold))


def _ratio(some: float, of: float) -> float:
    return some / of if of else 0.0


def _at(draws: int, share: float) -> int:
    return min(draws - 1, int(share * draws))


def _commonest(item: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -item[1], item[0]
