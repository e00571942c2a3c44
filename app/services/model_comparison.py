"""Two models of one task beside each other.

It is a comparison only where both were measured on the same sentences. Where they share some, those
alone are compared, and it is said; where they share none, their figures are not to be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.domain.errors import Invalid, Problem
from app.ml import scores
from app.ml.translation_scores import chrf
from app.services import models
from app.services.desk import Desk
from app.services.model_uploads import TRANSLATE
from app.store import models as model_records
from app.store.database import Document

MOST_SENTENCES = 100  # on which they differ, that are shown
Kind = Literal["same", "some", "none"]
Share = Callable[[str, str], float]


@dataclass(frozen=True)
class Word:
    """A word that both were measured on.

    Attributes:
        gold: what somebody has confirmed.
        one, other: what each said.
    """

    form: str
    gold: str
    one: str
    other: str

    @property
    def differs(self) -> bool:
        """Whether they say different things."""
        return self.one != self.other


@dataclass(frozen=True)
class Sentence:
    """A sentence that both were measured on, by the words that they have in common.

    Attributes:
        words: of one that was translated the whole, as if it were a word.
        one, other: how much of it each has right: words, or the chrF of its translation.
    """

    id: str
    words: tuple[Word, ...]
    one: float
    other: float

    @property
    def gain(self) -> float:
        """How much more the first one has right."""
        return self.one - self.other


@dataclass(frozen=True)
class Comparison:
    """Two models beside each other.

    Attributes:
        kind: whether they were measured on the same sentences, share some, or none.
        shared: sentences that both were measured on; seen: those of them whose answers are there.
        words: words in them, of translations as many as sentences; one_right, other_right: how
            many of these each has right, of translations the sum of their chrF.
        difference, low, high: of the shares, the first less the second, with the interval in which
            it lies for 95 of 100 such samples of sentences.
        differing: sentences on which they say different things, the largest gains first.
    """

    kind: Kind
    shared: int
    seen: int
    words: int
    one_right: float
    other_right: float
    difference: float
    low: float
    high: float
    differing: tuple[Sentence, ...]

    @property
    def may_be_chance(self) -> bool:
        """Whether there may be no difference at all."""
        return self.low <= 0.0 <= self.high


def compare(desk: Desk, one: Document, other: Document) -> Comparison:
    """Two models beside each other, on the sentences that both were measured on.

    Raises:
        Invalid: they do different things, are of different projects, or are one and the same.
    """
    if one["_id"] == other["_id"]:
        raise Invalid(Problem("other", "Choose another model to compare it with."))
    if one["task"] != other["task"] or one["project"] != other["project"]:
        what = "Only models of this project that do the same can be compared."
        raise Invalid(Problem("other", what))
    measured = [model_records.evaluated_in(desk.store, model) for model in (one, other)]
    shared = measured[0] & measured[1]
    told = [_sentences(desk, model) for model in (one, other)]
    both = [key for key in told[0] if key in told[1] and key in shared]
    share = _near if one["task"] == TRANSLATE else _right
    sentences = [_sentence(key, told[0][key], told[1][key], share) for key in both]
    right = [[each.one for each in sentences], [each.other for each in sentences]]
    counts = [len(each.words) for each in sentences]
    low, high = scores.difference(right[0], right[1], counts)
    every = sum(counts)
    kind: Kind = "none"
    if shared:
        kind = "same" if measured[0] == measured[1] else "some"
    differing = [each for each in sentences if any(word.differs for word in each.words)]
    differing.sort(key=lambda each: -abs(each.gain))
    return Comparison(
        kind, len(shared), len(sentences), every, sum(right[0]), sum(right[1]),
        (sum(right[0]) - sum(right[1])) / every if every else 0.0, low, high,
        tuple(differing[:MOST_SENTENCES]),
    )  # fmt: skip


def comparable_with(desk: Desk, model: Document) -> list[Document]:
    """The other models of the project that do the same, its own versions first."""
    if model["project"] != desk.project_id:
        return []
    found = [
        one
        for one in models.find_all(desk)
        if one["task"] == model["task"] and one["_id"] != model["_id"]
    ]
    return sorted(found, key=lambda one: one.get("series") != model.get("series"))


def _sentences(desk: Desk, model: Document) -> dict[str, list[Sequence[Any]]]:
    found = models.report(desk, model).get("sentences", ())
    return {one["id"]: one["words"] for one in found}


def _sentence(
    key: str, one: Sequence[Sequence[Any]], other: Sequence[Sequence[Any]], share: Share
) -> Sentence:
    """The words that both were measured on; where somebody has changed one since, it is left out.

    Words of the same form and gloss stand for one another in their order.
    """
    left: dict[tuple[str, str], list[str]] = {}
    for form, gold, said, *_ in other:
        left.setdefault((form, gold), []).append(said)
    words = [
        Word(form, gold, said, left[form, gold].pop(0))
        for form, gold, said, *_ in one
        if left.get((form, gold))
    ]
    return Sentence(
        key,
        tuple(words),
        sum(share(word.one, word.gold) for word in words),
        sum(share(word.other, word.gold) for word in words),
    )


def _right(said: str, gold: str) -> float:
    return int(said == gold)


def _near(said: str, gold: str) -> float:
    return chrf([said], [gold])


def told(found: Comparison) -> Mapping[str, Any]:
    """A comparison as the API gives it."""
    return {
        "measured_on": found.kind,
        "shared": found.shared,
        "seen": found.seen,
        "words": found.words,
        "right": [found.one_right, found.other_right],
        "difference": None
        if found.kind == "none"
        else {"value": found.difference, "low": found.low, "high": found.high},
        "sentences": [
            {"id": one.id, "words": [vars(word) for word in one.words]} for one in found.differing
        ],
    }
