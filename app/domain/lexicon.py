"""The lexicon: entries, forms, senses, examples, relations.

Source: LIFT 0.13 and the FieldWorks lexicon for what an entry can say; OntoLex-Lemon for names.
Fields that hold the id of an item of a project list say so.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.domain.records import Access, Extensible, Record, Residue, Trait
from app.domain.text import Model, Text

# Source: RFC 3987; http and https only, without the characters that no IRI may hold.
_IRI = r"^(https?://[^\s<>\"{}|\\^`\x00-\x1f]+)?$"


class Media(Model):
    """A picture or a recording.

    Attributes:
        href: the file name as the source wrote it.
        file: id of the stored file, if it was there.
        label: caption.
        access: who of the readers of what it is in may read it; None for all of them.
    """

    id: str
    href: str = ""
    file: str | None = None
    label: Text = {}
    access: Access | None = None
    residue: tuple[Residue, ...] = ()


class Note(Extensible):
    """A remark of a type (`type`: item of the list `note-types`; none for a general note)."""

    id: str
    type: str | None = None
    text: Text = {}


class Pronunciation(Extensible):
    """How a form is said."""

    id: str
    form: Text = {}
    media: tuple[Media, ...] = ()


class Form(Extensible):
    """A further form of the entry: variant, allomorph or inflected form.

    Attributes:
        morph_type: item of the list `morph-types`; makes it an allomorph.
        environments: where the allomorph stands, as `/_#`.
        paradigm: the cell that an inflected form fills, such as `plural`.
        ref: the entry that this variant is, as the source named it.
    """

    id: str
    form: Text = {}
    morph_type: str | None = None
    environments: tuple[str, ...] = ()
    paradigm: str | None = None
    ref: str | None = None
    pronunciations: tuple[Pronunciation, ...] = ()


class Translation(Model):
    """A translation of an example (`type`: item of the list `translation-types`)."""

    id: str
    type: str | None = None
    text: Text = {}
    residue: tuple[Residue, ...] = ()


class Example(Extensible):
    """A sentence that shows a sense in use.

    Attributes:
        source: where it is from, as a reference.
        utterance: the utterance of a text that it is, in which case `form` is empty.
        access: who of the readers of its sense may read it; None for all of them.
    """

    id: str
    form: Text = {}
    translations: tuple[Translation, ...] = ()
    source: str | None = None
    notes: tuple[Note, ...] = ()
    utterance: str | None = None
    access: Access | None = None


class Reversal(Model):
    """A word of an analysis language under which the sense is to be found.

    Attributes:
        type: which reversal index.
        main: the heading above this one.
        pos: item of the list `parts-of-speech`.
    """

    id: str
    type: str | None = None
    form: Text = {}
    pos: str | None = None
    pos_traits: tuple[Trait, ...] = ()
    main: Reversal | None = None
    residue: tuple[Residue, ...] = ()


class Phrase(Model):
    """A text with an id, for a list of texts."""

    id: str
    text: Text = {}


class Link(Model):
    """What somebody decided of a sense and a concept of a catalog outside of the project.

    Attributes:
        catalog: which catalog.
        target: IRI of the concept; empty for the status `none`.
        label: what the concept was called when it was decided.
        kind: how the sense stands to the concept: the same, nearly, or is the concept broader or
            narrower than the sense.
        status: `accepted`, `rejected`, or `none`: the catalog has nothing for this sense.
        score: how sure the program was, from 0 to 1; None where a person chose by themselves.
        by: id of the account that decided; empty for the program itself.
        at: when, ISO 8601 date and time.
    """

    id: str
    catalog: Literal["wordnet", "dbpedia", "wikidata", "concepticon"]
    target: str = Field(default="", max_length=2000, pattern=_IRI)
    label: str = Field(default="", max_length=1000)
    kind: Literal["exact", "close", "broader", "narrower"] = "exact"
    status: Literal["accepted", "rejected", "none"] = "accepted"
    score: float | None = Field(default=None, ge=0, le=1)
    by: str = ""
    at: str = ""


class Sense(Extensible):
    """One meaning of an entry; `senses` are its subsenses, to any depth.

    Attributes:
        source_id: the sense's identifier in the file it came from.
        order: its number there, if one was written.
        gloss: short translation by analysis language.
        further_glosses: second and later glosses in a language that has one already.
        pos: item of the list `parts-of-speech`; `pos_traits` refine it.
        domains: items of the list `semantic-domains`.
        links: what was decided of concepts of WordNet, DBpedia and other catalogs.
        access: who of the readers of its entry may read it; None for all of them.
    """

    id: str
    source_id: str | None = None
    order: int | None = None
    gloss: Text = {}
    further_glosses: tuple[Phrase, ...] = ()
    definition: Text = {}
    pos: str | None = None
    pos_traits: tuple[Trait, ...] = ()
    domains: tuple[str, ...] = ()
    scientific_name: Text = {}
    examples: tuple[Example, ...] = ()
    pictures: tuple[Media, ...] = ()
    notes: tuple[Note, ...] = ()
    reversals: tuple[Reversal, ...] = ()
    links: tuple[Link, ...] = ()
    senses: tuple[Sense, ...] = ()
    access: Access | None = None


class Etymology(Extensible):
    """Where the word comes from (`type`: item of the list `etymology-types`)."""

    id: str
    type: str | None = None
    source: str | None = None
    form: Text = {}
    gloss: Text = {}


class LexicalEntry(Record):
    """A word, affix or phrase of the language with all that is known of it.

    Attributes:
        lemma: the form under which it is analysed, by writing system.
        citation: the form under which it stands in a dictionary, where it differs.
        homograph: number among entries with the same lemma.
        morph_type: item of the list `morph-types`.
        status: item of the list `statuses`.
    """

    lemma: Text = {}
    citation: Text = {}
    homograph: int | None = None
    morph_type: str | None = None
    pronunciations: tuple[Pronunciation, ...] = ()
    forms: tuple[Form, ...] = ()
    senses: tuple[Sense, ...] = ()
    etymologies: tuple[Etymology, ...] = ()
    notes: tuple[Note, ...] = ()
    status: str | None = None


class RelationMember(Model):
    """One end of a relation.

    Attributes:
        entry: id of the entry; None while the reference of the source is unresolved.
        part: id of the sense or form inside the entry, if not the entry as a whole.
        label: the reference as the source wrote it.
    """

    id: str
    entry: str | None = None
    part: str | None = None
    label: str = ""


class RelationStatement(Extensible):
    """That a source states the relation at one end towards another.

    Attributes:
        at: member at which it is written.
        to: member to which it points.
        order: place among the statements of that end.
        usage: how it is used.
    """

    id: str
    at: str
    to: str
    order: int | None = None
    usage: Text = {}


class Relation(Record):
    """One relation between entries, senses or forms, shown at each of them.

    Attributes:
        type: item of the list `relation-types`.
        members: the ends, in order.
        statements: at which ends a source states it; empty for one made here.
    """

    type: str
    members: tuple[RelationMember, ...] = ()
    statements: tuple[RelationStatement, ...] = ()


Sense.model_rebuild()
Reversal.model_rebuild()
