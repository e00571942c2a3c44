"""Texts: interlinear texts, their utterances, words, analyses, morphs and groups.

Source: the model of docs/architecture.md ("Texts"); Leipzig Glossing Rules 2015 for joins; the
interlinear texts of FieldWorks for what a line can say. Fields that hold the id of an item of a
project list say so. Offsets are in code points, times in seconds.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.domain.lexicon import Media, Note, Translation
from app.domain.records import Extensible, Record, Residue
from app.domain.text import Model, Text

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Join = Literal["", "-", "=", "~", "<>"]
Origin = Literal["person", "import", "memory", "lexicon", "model"]
WordType = Literal["word", "punctuation"]


class Stretch(Model):
    """A stretch of a string.

    Attributes:
        start: offset of the first code point.
        end: offset after the last one; more than `start`.
    """

    start: Annotated[int, Field(ge=0)]
    end: int

    @model_validator(mode="after")
    def _runs_forward(self) -> Stretch:
        if self.end <= self.start:
            raise ValueError("a stretch must end after it starts")
        return self


class BaselineStretch(Stretch):
    """A stretch of an utterance's baseline in one writing system."""

    ws: str


class Timed(Model):
    """A stretch of a recording.

    Attributes:
        start, end: seconds from its beginning.
        recording: which one; none for the recording of what it is a part of.
        estimated: the times were worked out, as when an utterance was split, not set by a person.
    """

    start: Seconds
    end: Seconds
    recording: str | None = None
    estimated: bool = False

    @model_validator(mode="after")
    def _runs_forward(self) -> Timed:
        if self.end < self.start:
            raise ValueError("a time must not end before it starts")
        return self


class Morph(Extensible):
    """A morph of an analysis.

    Attributes:
        form: as it is said here, by writing system.
        ws: the writing system of the word in which `parts` count.
        parts: which stretches of the word's form it is: none for a zero morph, several for a
            circumfix, a root in a pattern or a tone; those of different morphs may interleave
            and overlap.
        type: item of the list `morph-types`.
        left, right: how it is joined to its neighbours, also across a word boundary: affix `-`,
            clitic `=`, reduplication `~`, infix `<>`, or not at all.
        lemma: the form of the lexicon that a source names where no entry is known.
        homograph: its number there.
        gloss: by analysis language.
        pos: item of the list `parts-of-speech`.
        entry, sense: what of the lexicon it realises, and ...
        allomorph: ... the form of the entry that it is.
    """

    id: str
    form: Text = {}
    ws: str = ""
    parts: tuple[Stretch, ...] = ()
    type: str | None = None
    left: Join = ""
    right: Join = ""
    lemma: Text = {}
    homograph: int | None = None
    gloss: Text = {}
    pos: str | None = None
    entry: str | None = None
    sense: str | None = None
    allomorph: str | None = None


class Analysis(Extensible):
    """One analysis of a word: its morphs, and the word as a whole.

    Attributes:
        origin: who made it; what a memory, lexicon or model made is a suggestion until somebody
            confirms it.
        by: the user, model or source document.
        confidence: from 0 to 1, of what was not made by a person.
        confirmed_by: the user who confirmed it; for an import, what the source says.
        gloss: of the word, by analysis language.
        pos: of the word; item of the list `parts-of-speech`.
        entry, sense: what of the lexicon the word as a whole is.
    """

    id: str
    origin: Origin = "person"
    by: str | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    confirmed_by: str | None = None
    morphs: tuple[Morph, ...] = ()
    gloss: Text = {}
    pos: str | None = None
    entry: str | None = None
    sense: str | None = None


class Word(Extensible):
    """A word or a mark of punctuation of an utterance.

    Attributes:
        form: by writing system.
        type: word or punctuation.
        spans: where it stands in each baseline, at most once in each.
        language: the writing system of the language that it belongs to, if another one.
        speaker: the person who says it, if another one.
        time: when it is said.
        analyses: competing ones; `chosen` is the id of the one that holds.
    """

    id: str
    form: Text = {}
    type: WordType = "word"
    spans: tuple[BaselineStretch, ...] = ()
    language: str | None = None
    speaker: str | None = None
    time: Timed | None = None
    analyses: tuple[Analysis, ...] = ()
    chosen: str | None = None
    notes: tuple[Note, ...] = ()


class Group(Extensible):
    """Words or morphs of an utterance that mean something together.

    Attributes:
        type: such as `idiom`, `clitic group`, `range`.
        members: ids of its words and morphs.
        entry, sense: what of the lexicon it is.
    """

    id: str
    type: str = ""
    members: tuple[str, ...] = ()
    gloss: Text = {}
    entry: str | None = None
    sense: str | None = None


class Utterance(Record):
    """A sentence or line of a text; it may stand alone.

    Attributes:
        text: id of its text; none for one on its own.
        paragraph: id of the paragraph of that text.
        rank: place in the text; compared as (rank, id).
        label: its number as a source has it.
        baseline: the whole line, by writing system.
        translation, literal: free and literal, by analysis language.
        translations: further ones, with a type.
        speaker: a person.
        time: when it is said.
        source: where one on its own is from, as a reference.
        status: item of the list `statuses`.
    """

    text: str | None = None
    paragraph: str | None = None
    rank: str = ""
    label: str = ""
    baseline: Text = {}
    words: tuple[Word, ...] = ()
    groups: tuple[Group, ...] = ()
    translation: Text = {}
    literal: Text = {}
    translations: tuple[Translation, ...] = ()
    notes: tuple[Note, ...] = ()
    speaker: str | None = None
    time: Timed | None = None
    source: str | None = None
    status: str | None = None

    @model_validator(mode="after")
    def _points_at_itself(self) -> Utterance:
        """Every pointer inside an utterance leads to something in it."""
        ids = set()
        for word in self.words:
            ids.add(word.id)
            _check_word(word, self.baseline)
            for analysis in word.analyses:
                ids.update(morph.id for morph in analysis.morphs)
        for group in self.groups:
            for member in group.members:
                if member not in ids:
                    raise ValueError(f"group {group.id} holds {member}, which is not in it")
        return self


class Paragraph(Model):
    """A paragraph of a text; its utterances name it."""

    id: str
    residue: tuple[Residue, ...] = ()


class InterlinearText(Record):
    """A text: story, conversation, questionnaire, song.

    Attributes:
        title, abbreviation: by writing system.
        source: where it is from.
        genre: item of the list `genres`.
        speakers: persons.
        date: when it was told; ISO 8601 date, or as much of one as is known.
        media: recordings and pictures of it.
        status: item of the list `statuses`.
        paragraphs: in order.
    """

    title: Text = {}
    abbreviation: Text = {}
    source: Text = {}
    description: Text = {}
    genre: str | None = None
    speakers: tuple[str, ...] = ()
    date: str = ""
    media: tuple[Media, ...] = ()
    notes: tuple[Note, ...] = ()
    status: str | None = None
    paragraphs: tuple[Paragraph, ...] = ()


def _check_word(word: Word, baseline: Text) -> None:
    if word.chosen is not None and word.chosen not in {one.id for one in word.analyses}:
        raise ValueError(f"word {word.id} chooses {word.chosen}, which is not in it")
    seen = set()
    for span in word.spans:
        if span.ws in seen:
            raise ValueError(f"word {word.id} stands twice in the baseline of {span.ws}")
        seen.add(span.ws)
        line = _length(baseline.get(span.ws))
        if span.end > line:
            raise ValueError(f"word {word.id} ends at {span.end} of {line} characters")
    for analysis in word.analyses:
        for morph in analysis.morphs:
            length = _length(word.form.get(morph.ws))
            if any(part.end > length for part in morph.parts):
                raise ValueError(f"morph {morph.id} reaches beyond its word")


def _length(value: object) -> int:
    if value is None:
        return 0
    return len(value) if isinstance(value, str) else len(getattr(value, "text", ""))
