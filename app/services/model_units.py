"""What models say, as it is measured: of each word or line the labels, the likeliest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.ml.data import Alternative, Line, Morph, Word
from app.ml.targets import FIELD, LANGUAGE, OF_LINES, of_label

Body = Mapping[str, Any]


def units_said(
    told: Mapping[str, Any], target: str, *, apart: bool = False
) -> list[tuple[Alternative, ...]]:
    """What is said of the words of a line, or of the line as a whole.

    Args:
        apart: glosses of whole words, such as `dog-PL`, are taken gloss by gloss.
    """
    told_rows = [told["line"]] if target in OF_LINES else told["words"]
    return [tuple(_alternative(one, apart=apart) for one in row) for row in told_rows]


def labels_of(alternatives: Sequence[Body]) -> list[str]:
    """The labels, or the glosses of all morphs, in some guesses."""
    return [
        label
        for one in alternatives
        for label in ([one["label"]] if "label" in one else [m["gloss"] for m in one["morphs"]])
    ]


def blank_line(line: Line, target: str, *, segmented: bool) -> Line:
    """A line without what is to be found; morphs stay where that is their glosses."""
    words = tuple(
        Word(
            word.form,
            tuple(Morph(one.form, "", one.joint) for one in word.morphs) if segmented else (),
            language="" if target == LANGUAGE else word.language,
        )
        for word in line.words
    )
    asked = {key: one for key, one in line.labels.items() if key != FIELD}
    return Line(line.id, words=words, translations=line.translations, labels=asked)


def parts_in_order(gloss: str) -> list[str]:
    """The glosses of the morphs in a gloss of a word.

    >>> parts_in_order("dog-PL=also")
    ['dog', 'PL', 'also']
    """
    return [one for one in gloss.replace("=", "-").replace("~", "-").split("-") if one]


def _alternative(told: Mapping[str, Any], *, apart: bool) -> Alternative:
    if "label" in told:
        return of_label(str(told["label"]), float(told["probability"]))
    morphs = tuple(Morph(**one) for one in told["morphs"])
    if apart and len(morphs) == 1:
        morphs = _apart(morphs[0])
    return Alternative(morphs, float(told["probability"]), str(told.get("source", "model")))


def _apart(morph: Morph) -> tuple[Morph, ...]:
    """A gloss of a whole word, such as `dog-PL`, gloss by gloss."""
    glosses = parts_in_order(morph.gloss)
    if len(glosses) < 2:
        return (morph,)
    return tuple(Morph(morph.form if not place else "", one) for place, one in enumerate(glosses))
