"""What a model learns from and is asked about: lines of words, free of any framework.

A file of lines has one JSON object a line, so it can be written and read without holding it whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.as_json import fields_of
from app.domain.errors import Unreadable

JOINT = "-"  # what stands between two morphs if nothing else is said


@dataclass(frozen=True, slots=True)
class Morph:
    """A morph of a word.

    Attributes:
        form: as the analysis has it, which need not be what is heard.
        gloss: its gloss; empty if it has none, or is asked for.
        joint: the sign before it (`-`, `=`, `~`); empty before the first morph of a word.
    """

    form: str = ""
    gloss: str = ""
    joint: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line.

    Attributes:
        form: as it is written, marks included.
        morphs: in their order; empty if the word is not taken apart.
        pos: part of speech.
        language: code of the language the word is in.
        confirmed: whether a person stands behind its analysis.
    """

    form: str
    morphs: tuple[Morph, ...] = ()
    pos: str = ""
    language: str = ""
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance.

    Attributes:
        id: its record.
        text: the text it stands in; what is split by text keeps these together.
        words: in their order.
        translations: by language code.
        labels: by the id of a field what the project says there.
    """

    id: str
    text: str = ""
    words: tuple[Word, ...] = ()
    translations: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the lexicon, as it is given with a question.

    Attributes:
        forms: under which its morph may stand; the first is the one to show.
        glosses: of its senses, the likeliest first.
        category: its part of speech.
        joint: the sign of a bound form, empty for a stem.
    """

    forms: tuple[str, ...]
    glosses: tuple[str, ...]
    category: str = ""
    joint: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One analysis of a word.

    Attributes:
        morphs: forms and glosses.
        probability: calibrated, from 0 to 1; those of a word sum up to at most 1.
        source: `model`, `lexicon` (an entry that came with the question) or `translation`.
    """

    morphs: tuple[Morph, ...]
    probability: float
    source: str = "model"

    @property
    def gloss(self) -> str:
        """The glosses of the morphs in one string."""
        return joined((one.joint, one.gloss) for one in self.morphs)

    @property
    def form(self) -> str:
        """The forms of the morphs in one string."""
        return joined((one.joint, one.form) for one in self.morphs)


@dataclass(frozen=True, slots=True)
class LineGuess:
    """What a model says of a line.

    Attributes:
        id: of the line.
        words: for each of its words the alternatives, the likeliest first.
    """

    id: str
    words: tuple[tuple[Alternative, ...], ...]


def joined(parts: Iterable[tuple[str, str]]) -> str:
    """Parts with the signs before them; none before the first.

    >>> joined([("", "house"), ("-", "PL"), ("=", "also")])
    'house-PL=also'
    """
    return "".join(part if not n else joint + part for n, (joint, part) in enumerate(parts))


def write_lines(lines: Iterable[Line]) -> Iterator[str]:
    """Each line as a line of JSON, its end included."""
    for line in lines:
        row = json.dumps(line, default=fields_of, ensure_ascii=False, separators=(",", ":"))
        yield row + "\n"


def read_lines(written: Iterable[str], name: str = "lines") -> Iterator[Line]:
    """The lines of a file that `write_lines` made.

    Args:
        written: its lines.
        name: of the file, for messages.

    Raises:
        Unreadable: a line is none, with its number.
    """
    for number, row in enumerate(written, start=1):
        if not row.strip():
            continue
        try:
            yield line_of(json.loads(row))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Unreadable("This is no line to learn from.", name, number) from error


def line_of(value: Any) -> Line:
    """The line that JSON gives the fields of.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: it is none.
    """
    words = tuple(
        Word(**{**one, "morphs": tuple(Morph(**morph) for morph in one.get("morphs", ()))})
        for one in value["words"]
    )
    return Line(**{**value, "words": words})
