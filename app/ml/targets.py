"""What of a line is learnt: morphs, glosses, labels of its words or its own, its translation."""

from __future__ import annotations

from dataclasses import dataclass

from app.ml.data import Alternative, Line, Morph, Word

GLOSS, FORM, POS, LANGUAGE, FIELD = "gloss", "form", "pos", "language", "field"
TRANSLATION = "translation"  # of the line; it stands in its labels under `FIELD`
SAID = "said"  # label of a line: what is said in it, as it is written with its marks
SENSE = "sense"  # a field of a sense: the line is its form, and asks about one under `ASKED`
ASKED = "asked"
SENSE_FIELDS = ("gloss", "pos", "domain")
OF_MORPHS = (GLOSS, FORM)
OF_WORDS = (POS, LANGUAGE)
OF_LINES = (FIELD, SENSE, TRANSLATION)


@dataclass(frozen=True, slots=True)
class Unit:
    """Something of which a label, or a row of labels, is learnt: a word, or a whole line.

    Attributes:
        form: as it is written.
        labels: of its morphs, or its own one; empty if nobody has said.
        forms: of its morphs.
        part: which field of a sense it is.
    """

    form: str
    labels: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    part: str = ""


def units_of(line: Line, target: str) -> tuple[Unit, ...]:
    """The words of a line with what is learnt of each; for a field the line as one unit."""
    if target in OF_LINES:
        label = line.labels.get(FIELD, "")
        return (Unit(text_of(line), (label,) if label else (), part=line.labels.get(ASKED, "")),)
    return tuple(_unit(word, target) for word in line.words)


def is_taught(word: Word, target: str) -> bool:
    """Whether a word has what is learnt."""
    return bool(_unit(word, target).labels)


def label_of(word: Word, target: str) -> str:
    """The label of a word; empty if nobody has said."""
    if target == LANGUAGE:
        return word.language
    return word.pos if word.confirmed else ""


def text_of(line: Line) -> str:
    """The words of a line as they are written; where that is known with the marks between them."""
    return line.labels.get(SAID) or " ".join(word.form for word in line.words)


def labels_said(alternative: Alternative, target: str) -> tuple[str, ...]:
    """What a guess says, as `units_of` has it."""
    return _labels(alternative.morphs, target)


def of_label(label: str, probability: float) -> Alternative:
    """A label as a guess: it stands in the place of a gloss."""
    return Alternative((Morph("", label),), probability)


def _unit(word: Word, target: str) -> Unit:
    if target in OF_WORDS:
        label = label_of(word, target)
        return Unit(word.form, (label,) if label else ())
    taught = word.confirmed and all(getattr(one, target) for one in word.morphs)
    forms = tuple(one.form.casefold() for one in word.morphs)
    return Unit(word.form, _labels(word.morphs, target) if taught else (), forms)


def _labels(morphs: tuple[Morph, ...], target: str) -> tuple[str, ...]:
    if target == FORM:
        return tuple(one.form.casefold() for one in morphs)
    return tuple(one.gloss for one in morphs)
