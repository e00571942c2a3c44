"""Models as records of a project: what each is, what it learnt from, how good it is.

Large things (the model itself, its report) are stored files that a record names. No word of the
project's texts stands in a record: what is erased has no place in it to be erased from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from app.domain.records import Record
from app.domain.text import Model

Origin = Literal["trained", "uploaded", "service"]
Split = Literal["text", "sentence"]
Value = str | int | float | bool
# The share of sentences, or of texts, that are kept for evaluation.
EVALUATED = 0.15
LEAST_TESTED = 5  # sentences, if there are so many
# The texts that it takes to split by text, and which share of the sentences may be held back then.
_LEAST_TEXTS, _LEAST_SHARE, _MOST_SHARE = 5, 0.05, 0.35


class Measure(Model):
    """A figure of a model on sentences that it never saw, beside the lookup's.

    Attributes:
        name: `word`, `morpheme`, `segmentation` or `calibration_error`.
        value: from 0 to 1.
        low, high: the interval in which 95 of 100 such samples lie; none where it has none.
        count: of how many words or morphs.
        baseline: the same figure of the most frequent answer for each form.
        baseline_low, baseline_high: its interval.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    count: int = 0
    baseline: float | None = None
    baseline_low: float | None = None
    baseline_high: float | None = None


class LearntFrom(Model):
    """What a model learnt from.

    Attributes:
        seq: number of the last change that it knows of.
        texts: whose lines were used; `alone` says how many lines stand in no text.
        statuses: items of the list `statuses` that lines had to have; empty for any.
        speakers: persons whose words were used.
        unnamed: lines of which no speaker is recorded.
        lines: sentences after removing duplicates; of them `train` were learnt from, `test` kept.
        words: words with a confirmed analysis in all of them.
        duplicates: sentences that stood there twice and were left out.
        left_out: how many lines were left out for want of what, by reason.
        split: what was kept together when they were parted.
        evaluated: texts kept for evaluation, where the split is by text.
        licence: of the data.
        gloss_ws: the writing system of the glosses.
        seconds: that the training took; memory in MB.
    """

    seq: int
    texts: tuple[str, ...] = ()
    alone: int = 0
    statuses: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    unnamed: int = 0
    lines: int = 0
    train: int = 0
    test: int = 0
    words: int = 0
    duplicates: int = 0
    left_out: dict[str, int] = {}
    split: Split = "sentence"
    evaluated: tuple[str, ...] = ()
    licence: str = ""
    gloss_ws: str = ""
    seconds: float = 0.0


class Shared(Model):
    """Who else may use a model: whole projects, or people in any project of theirs."""

    projects: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


class ProjectModel(Record):
    """A model of a project.

    Attributes:
        task, engine: names in `app.ml.tasks`.
        options: with which it was trained.
        series: id of the first of its versions; `version` counts them.
        origin: trained here, uploaded, or a service elsewhere.
        ws: writing system of the glosses of one that learnt elsewhere.
        address: of one that is asked elsewhere.
        tried: sentences of the project that one from outside was tried on before it was accepted.
        languages: BCP 47 tags.
        licence: of the model.
        is_default: whether it is the one whose guesses are shown for its task.
        archive, report, lines, use: stored files: the model as a zip file, what was measured in
            detail, which sentences it learnt from and which not (ids), and what the labels of one
            from outside mean here (`app.ml.labels`).
        size: bytes of the archive; `sha256` its hash.
        libraries: with which versions it was made.
        seed: of all that is drawn.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    task: str
    engine: str
    options: dict[str, Value] = {}
    series: str
    version: Annotated[int, Field(ge=1)] = 1
    origin: Origin = "trained"
    ws: str = ""
    address: str = ""
    tried: int = 0
    learnt_from: LearntFrom | None = None
    measures: tuple[Measure, ...] = ()
    languages: tuple[str, ...] = ()
    licence: str = ""
    notes: Annotated[str, Field(max_length=10_000)] = ""
    shared: Shared = Shared()
    is_default: bool = False
    archive: str = ""
    report: str = ""
    lines: str = ""
    use: str = ""
    size: int = 0
    sha256: str = ""
    libraries: dict[str, str] = {}
    seed: int = 1


def gloss_system_of(model: Mapping[str, Any]) -> str:
    """The writing system in which a model glosses, as its record says; empty where it does not."""
    return str(model.get("ws") or (model.get("learnt_from") or {}).get("gloss_ws") or "")


@dataclass(frozen=True)
class Parted:
    """Sentences to learn from and sentences kept for evaluation, by id.

    Attributes:
        split: what was kept together.
        evaluated: the texts that were kept, where that were texts.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    split: Split
    evaluated: tuple[str, ...] = ()


def part(lines: Mapping[str, str | None], held: Sequence[str] = ()) -> Parted:
    """Parts sentences by what their ids are, never by chance: the same ids part the same way.

    Args:
        lines: the text of each sentence by its id.
        held: sentences that an earlier model was measured on; they are never learnt from.

    Returns:
        By text, where there are enough texts; else by sentence.
    """
    kept = {one for one in held if one in lines}
    texts = {text for text in lines.values() if text}
    evaluated = {text for text in texts if is_evaluated(text)}
    by_text = {one for one, text in lines.items() if text in evaluated}
    share = len(by_text) / len(lines) if lines else 0.0
    enough = len(texts) >= _LEAST_TEXTS and _LEAST_SHARE <= share <= _MOST_SHARE
    test = kept | (by_text if enough else {one for one in lines if is_evaluated(one)})
    if len(test) < LEAST_TESTED:  # of few sentences the share may be next to none
        test |= set(sorted(lines, key=place_of)[:LEAST_TESTED])
    return Parted(
        tuple(one for one in lines if one not in test),
        tuple(one for one in lines if one in test),
        "text" if enough else "sentence",
        tuple(sorted(evaluated)) if enough else (),
    )


def is_evaluated(record: str) -> bool:
    """Whether a sentence, or a text, is one of those that are kept for evaluation."""
    return place_of(record) < EVALUATED


def place_of(record: str) -> float:
    """A number from 0 to 1 that belongs to an id and to nothing else.

    >>> 0 <= place_of("l_1") < 1 and place_of("l_1") == place_of("l_1") != place_of("l_2")
    True
    """
    return int.from_bytes(hashlib.sha256(record.encode()).digest()[:8], "big") / 2**64
