"""A project: its languages, writing systems, lists, own fields, people and comments."""

from __future__ import annotations

from typing import Literal

from app.domain.records import Record, Residue
from app.domain.splitting import DEFAULT, Splitting
from app.domain.text import Model, Text

Direction = Literal["ltr", "rtl"]
FieldKind = Literal["text", "multitext", "list", "number", "date"]
Purpose = Literal["keep", "show", "publish", "train"]

PARTS_OF_SPEECH = "parts-of-speech"
SEMANTIC_DOMAINS = "semantic-domains"
MORPH_TYPES = "morph-types"
STATUSES = "statuses"
RELATION_TYPES = "relation-types"
NOTE_TYPES = "note-types"
TRANSLATION_TYPES = "translation-types"
ETYMOLOGY_TYPES = "etymology-types"
GLOSS_ABBREVIATIONS = "gloss-abbreviations"
GENRES = "genres"
LISTS = (
    PARTS_OF_SPEECH,
    SEMANTIC_DOMAINS,
    MORPH_TYPES,
    STATUSES,
    RELATION_TYPES,
    NOTE_TYPES,
    TRANSLATION_TYPES,
    ETYMOLOGY_TYPES,
    GLOSS_ABBREVIATIONS,
    GENRES,
)


class Collation(Model):
    """How a writing system is sorted.

    Attributes:
        kind: `alphabet` (a list of letters), `icu` (rules, applied where all of them are
            understood) or `default`.
        letters: for `alphabet`: one letter a line, its variants after spaces (`ch Ch CH`).
        rules: for `icu`: tailoring rules, as the file has them.
    """

    kind: Literal["default", "alphabet", "icu"] = "default"
    letters: str = ""
    rules: str = ""


class WritingSystem(Model):
    """A language in a script or transcription, as the project writes it.

    Attributes:
        id: the code, fixed once used.
        tag: BCP 47 tag; may be corrected.
        vernacular: whether object-language text is written in it.
        analysis: whether glosses and translations are written in it.
        normal_form: `NFC`, `NFD` or empty for text as typed.
        valid_characters: letters that may be typed without a warning, separated by spaces.
    """

    id: str
    tag: str
    name: str = ""
    abbreviation: str = ""
    vernacular: bool = False
    analysis: bool = False
    direction: Direction = "ltr"
    font: str = ""
    keyboard: str = ""
    collation: Collation = Collation()
    normal_form: Literal["NFC", "NFD", ""] = "NFC"
    valid_characters: str = ""
    residue: tuple[Residue, ...] = ()


class Language(Model):
    """An object language: BCP 47 tag, ISO 639-3 code, Glottocode."""

    id: str
    name: str
    tag: str = ""
    iso639_3: str = ""
    glottocode: str = ""


class Project(Record):
    """What a project is, beside its records.

    Attributes:
        slug: its segment in addresses; may change, unlike its id.
        visibility: who may read it at all: anybody or members.
        groups: names of groups of members that access can be given to.
        splitting: how typed texts are parted into utterances and words.
        base: what its IRIs begin with, frozen at its first release; empty until then.
    """

    slug: str
    title: str
    description: str = ""
    languages: tuple[Language, ...] = ()
    writing_systems: tuple[WritingSystem, ...] = ()
    licence: str = ""
    citation: str = ""
    visibility: Literal["members", "public"] = "members"
    groups: tuple[str, ...] = ()
    splitting: Splitting = DEFAULT
    base: str = ""


class ListItem(Record):
    """An item of a list of the project.

    Attributes:
        list: which list.
        code: its stable name in files; `name` is what people read.
        parent: the item above it.
        rank: place among its siblings.
        iri: what it is in linked data, if the project says so itself, such as a category of
            LexInfo; without it the tables of `ontology/` are asked.
    """

    list: str
    code: str
    name: Text = {}
    abbreviation: Text = {}
    description: Text = {}
    parent: str | None = None
    rank: int = 0
    iri: str = ""


class FieldDefinition(Record):
    """A field that the project defines itself.

    Attributes:
        code: its name in files.
        levels: parts of the record that have it, such as `entry`, `sense`, `example`.
        kind: what its values are; `list` takes items of `list`.
    """

    code: str
    name: Text = {}
    description: Text = {}
    levels: tuple[str, ...] = ("entry",)
    kind: FieldKind = "multitext"
    list: str = ""


class SourceDocument(Record):
    """A file that was imported, and what of it stands in no record.

    Attributes:
        format: id of the format.
        name: file name.
        version: version of the format.
        producer: program that wrote it.
        files: further files of the same folder that are kept whole, by name.
    """

    format: str
    name: str
    version: str = ""
    producer: str = ""
    files: dict[str, str] = {}


class Consent(Model):
    """What a person agreed to.

    Attributes:
        purposes: any of keep, show, publish, train.
        date: ISO 8601 date.
        scope: which recordings or texts; empty for all.
        proof: id of a stored file, or words that say where the proof is.
    """

    id: str
    purposes: tuple[Purpose, ...] = ()
    date: str = ""
    scope: str = ""
    proof: str = ""


class Person(Record):
    """Somebody whose words are kept. Without a consent: for members only.

    Attributes:
        name: real name, or a code.
        label: what the public may see instead.
    """

    name: str
    label: str = ""
    languages: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()
    note: str = ""


class Comment(Record):
    """A remark in a discussion about a record or one of its fields.

    Attributes:
        on: id of the record; `kind` its kind; `path` the field, empty for the record.
        reply_to: the comment that it answers.
    """

    on: str
    kind: str
    path: tuple[str, ...] = ()
    text: str
    reply_to: str | None = None
    resolved: bool = False
