"""How good a model is on sentences that it never saw, and what the simplest guess would have said.

A report is what a person reads to decide whether to trust a model: figures with intervals beside
the lookup's, what is taken for what, how far its probabilities can be believed, what more sentences
would bring, and the sentences themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.domain.models import Measure
from app.ml import scores, translation_scores
from app.ml.data import Alternative, Line
from app.ml.targets import (
    FIELD,
    FORM,
    GLOSS,
    SENSE,
    SENSE_FIELDS,
    TRANSLATION,
    Unit,
    labels_said,
    units_of,
)

Guesses = Sequence[tuple[Alternative, ...]]
MORE = 400  # sentences at most for which the gain is told
_MOST_SENTENCES = 300
_MOST_LABELS = 100
_LONGEST = 160  # characters of a line, or text, that are shown
_CERTAINTIES = (0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Judged:
    """A word that was measured.

    Attributes:
        form: as it is written.
        gold, said: what it should be, morph by morph, and what was guessed.
        probability: of the guess.
        part: which field of a sense it is; `is_near` whether what it should be is among the first
            five.
    """

    form: str
    gold: tuple[str, ...]
    said: tuple[str, ...]
    probability: float
    gold_forms: tuple[str, ...] = ()
    said_forms: tuple[str, ...] = ()
    part: str = ""
    is_near: bool = False

    @property
    def is_right(self) -> bool:
        """Whether all of it is right."""
        return self.gold == self.said


def judge(lines: Sequence[Line], guesses: Sequence[Guesses], target: str) -> list[list[Judged]]:
    """What was guessed of all that somebody has said, sentence by sentence."""
    return [
        [
            _judged(unit, alternatives, target)
            for unit, alternatives in zip(units_of(line, target), told, strict=True)
            if unit.labels
        ]
        for line, told in zip(lines, guesses, strict=True)
    ]


def report(
    lines: Sequence[Line],
    judged: Sequence[Sequence[Judged]],
    baseline: Sequence[Sequence[Judged]],
    target: str,
    learnt: set[str],
    *,
    segments: bool,
) -> dict[str, Any]:
    """Everything that is told of a model.

    Args:
        judged: what it guessed; `baseline` what the lookup did.
        learnt: labels that stood in what it learnt from.
        segments: whether it takes words apart itself.
    """
    words = [word for sentence in judged for word in sentence]
    if target == TRANSLATION:
        return _of_translations(lines, judged, baseline)
    said = [word.probability for word in words]
    right = [word.is_right for word in words]
    aligned = [word for word in words if len(word.gold) == len(word.said)]
    gold = [one for word in aligned for one in word.gold]
    guessed = [one for word in aligned for one in word.said]
    labels = scores.by_label(guessed, gold)
    unseen = {one for word in words for one in word.gold} - learnt
    return {
        "measures": [one.model_dump(exclude_none=True) for one in measures(
            judged, baseline, target, segments=segments
        )],
        "reliability": [asdict(one) for one in scores.reliability(said, right)],
        "certain": [[one, *scores.above(said, right, one)] for one in _CERTAINTIES],
        "confusions": [list(one) for one in scores.confusions(guessed, gold, 40)],
        "labels": [
            [label, *figures] for label, figures in list(labels.items())[:_MOST_LABELS]
        ],
        "unseen": len(unseen),
        "sentences": [
            {"id": line.text if target == SENSE else line.id, "words": [
                [_shown(word), "-".join(word.gold), "-".join(word.said),
                 round(word.probability, 3)]
                for word in sentence
            ]}
            for line, sentence in list(zip(lines, judged, strict=True))[:_MOST_SENTENCES]
        ],
    }  # fmt: skip


def measures(
    judged: Sequence[Sequence[Judged]],
    baseline: Sequence[Sequence[Judged]],
    target: str,
    *,
    segments: bool,
) -> list[Measure]:
    """The figures, the main one first."""
    found = [_share(_MAIN.get(target, "word"), judged, baseline, _words)]
    if target == SENSE:
        found.append(_share("five", judged, baseline, _near))
        parts = {word.part for sentence in judged for word in sentence}
        found += [
            _share(f"value-{one}", _only(judged, one), _only(baseline, one), _words)
            for one in SENSE_FIELDS
            if one in parts
        ]
    if target == GLOSS:
        found.append(_share("morpheme", judged, baseline, _morphs))
    if segments:
        found.append(
            Measure(
                name="segmentation",
                value=_segmentation(judged),
                count=sum(len(word.gold) for one in judged for word in one),
                baseline=_segmentation(baseline),
            )
        )
    words = [word for sentence in judged for word in sentence]
    said, right = [one.probability for one in words], [one.is_right for one in words]
    error = scores.calibration_error(said, right)
    found.append(Measure(name="calibration_error", value=error, count=len(words)))
    return found


def curve_of(points: Mapping[int, tuple[float, float]]) -> dict[str, Any]:
    """A learning curve, with what more sentences would bring.

    Args:
        points: word accuracy of the model and of the lookup by number of sentences.
    """
    model = {size: one for size, (one, _) in points.items()}
    more = min(MORE, max(points))  # nothing is foretold beyond twice of what was seen
    return {
        "points": [[size, *points[size]] for size in sorted(points)],
        "more": more,
        "gain": scores.expected_gain(model, more),
    }


def main_value(judged: Sequence[Sequence[Judged]], target: str) -> float:
    """The main figure: the share of words that are right, or how near translations come."""
    if target == TRANSLATION:
        return translation_scores.chrf(*_texts(judged))
    pairs = [_words(one) for one in judged]
    every = sum(count for _, count in pairs)
    return sum(right for right, _ in pairs) / every if every else 0.0


def _of_translations(
    lines: Sequence[Line],
    judged: Sequence[Sequence[Judged]],
    baseline: Sequence[Sequence[Judged]],
) -> dict[str, Any]:
    """What is told of a model that translates: there is no label to count."""
    (said, gold), (other, _) = _texts(judged), _texts(baseline)
    found = []
    for name, score in (
        ("chrf", translation_scores.chrf_interval),
        ("overlap", translation_scores.overlap_interval),
    ):
        model, base = score(said, gold), score(other, gold)
        found.append(Measure(
            name=name, value=model.value, low=model.low, high=model.high, count=len(gold),
            baseline=base.value, baseline_low=base.low, baseline_high=base.high,
        ))  # fmt: skip
    rows = [(line, one[0]) for line, one in zip(lines, judged, strict=True) if one]
    return {
        "measures": [one.model_dump(exclude_none=True) for one in found],
        "sentences": [
            {"id": line.id, "words": [[word.form, *word.gold, _text(word),
                                       round(word.probability, 3)]],
             "chrf": round(translation_scores.chrf([_text(word)], list(word.gold)), 3)}
            for line, word in rows
        ],
    }  # fmt: skip


def _texts(judged: Sequence[Sequence[Judged]]) -> tuple[list[str], list[str]]:
    """The translations that were said, and those that somebody has written."""
    words = [one[0] for one in judged if one]
    return [_text(word) for word in words], [word.gold[0] for word in words]


def _text(word: Judged) -> str:
    return word.said[0] if word.said else ""


def _shown(word: Judged) -> str:
    form = word.form[:_LONGEST]
    return f"{form} ({word.part})" if word.part else form


def _judged(unit: Unit, alternatives: Sequence[Alternative], target: str) -> Judged:
    best = alternatives[0] if alternatives else Alternative((), 0.0)
    return Judged(
        unit.form,
        unit.labels,
        labels_said(best, target),
        min(max(best.probability, 0.0), 1.0),
        unit.forms,
        labels_said(best, FORM),
        unit.part,
        unit.labels in [labels_said(one, target) for one in alternatives[:5]],
    )


def _share(
    name: str, judged: Sequence[Sequence[Judged]], baseline: Sequence[Sequence[Judged]], of: Any
) -> Measure:
    model = _widened(scores.bootstrap(*_columns(judged, of)))
    other = _widened(scores.bootstrap(*_columns(baseline, of)))
    return Measure(
        name=name, value=model.value, low=model.low, high=model.high, count=model.all,
        baseline=other.value, baseline_low=other.low, baseline_high=other.high,
    )  # fmt: skip


def _widened(share: scores.Share) -> scores.Share:
    """A share; where all or none are right, with the interval that drawing again cannot show.

    Source: Wilson 1927, doi 10.1080/01621459.1927.10502953.
    """
    if share.all and share.right in (0, share.all):
        beyond = _Z**2 / (share.all + _Z**2)
        low, high = (1 - beyond, 1.0) if share.right else (0.0, beyond)
        return scores.Share(share.right, share.all, low, high)
    return share


_Z = 1.96  # of the normal distribution, for 95 %


_MAIN = {FIELD: "line", SENSE: "value"}


def _only(judged: Sequence[Sequence[Judged]], part: str) -> list[list[Judged]]:
    return [[word for word in sentence if word.part == part] for sentence in judged]


def _near(sentence: Sequence[Judged]) -> tuple[int, int]:
    return sum(word.is_near for word in sentence), len(sentence)


def _columns(judged: Sequence[Sequence[Judged]], of: Any) -> tuple[list[int], list[int]]:
    pairs = [of(sentence) for sentence in judged]
    return [right for right, _ in pairs], [count for _, count in pairs]


def _words(sentence: Sequence[Judged]) -> tuple[int, int]:
    return sum(word.is_right for word in sentence), len(sentence)


def _morphs(sentence: Sequence[Judged]) -> tuple[int, int]:
    """Place by place in each word."""
    right = sum(
        one == other for word in sentence for one, other in zip(word.gold, word.said, strict=False)
    )
    return right, sum(len(word.gold) for word in sentence)


def _segmentation(judged: Sequence[Sequence[Judged]]) -> float:
    return scores.segmentation_f1(
        [[form for word in one for form in word.said_forms] for one in judged],
        [[form for word in one for form in word.gold_forms] for one in judged],
    )
