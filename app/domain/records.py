"""What every record has in common: sources, access, extensions, residue."""

from __future__ import annotations

from typing import Literal

from app.domain.text import Model, Text

AccessLevel = Literal["public", "members", "groups"]


class Access(Model):
    """Who may read a record.

    Attributes:
        level: anybody, the project's members, or named groups of them.
        groups: names of the groups, where `level` is `groups`.
    """

    level: AccessLevel = "members"
    groups: tuple[str, ...] = ()


class Source(Model):
    """Where a record came from, so that a second import finds it again.

    Attributes:
        format: id of the format, such as `lift`.
        document: id of the project's `SourceDocument`.
        id: the record's identifier in that file.
        guid: its globally unique identifier, where the format has both.
        occurrence: 0 for the first record with that id in the file, then 1, 2 ...
    """

    format: str
    document: str = ""
    id: str = ""
    guid: str = ""
    occurrence: int = 0


class Residue(Model):
    """Something an import understood as belonging here but no field holds.

    Attributes:
        format: id of the format that can write it back.
        at: where inside the object it stood, in the format's own notation.
        content: the thing itself, in the format's own notation.
    """

    format: str
    at: str = ""
    content: str


class Annotation(Model):
    """A remark about a value: who said what of it, and when.

    Attributes:
        on: the field inside the parent that is meant (`gloss/en`), empty for the parent.
    """

    id: str
    name: str
    value: str | None = None
    who: str | None = None
    when: str | None = None
    text: Text = {}
    on: str = ""


class Trait(Model):
    """A property with a value from a list, a number or a date."""

    id: str
    name: str
    value: str
    residue: tuple[Residue, ...] = ()


class Dated(Model):
    """Dates as a source gave them (ISO 8601, date or date and time)."""

    created: str | None = None
    modified: str | None = None


class OwnField(Dated):
    """The value of a field that the project or a file defines itself."""

    id: str
    type: str
    text: Text = {}
    traits: tuple[Trait, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    residue: tuple[Residue, ...] = ()


class Extensible(Dated):
    """A part of a record that projects and files may extend.

    Source: LIFT 0.13, `extensible-content`.
    """

    fields: tuple[OwnField, ...] = ()
    traits: tuple[Trait, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    residue: tuple[Residue, ...] = ()


class Record(Extensible):
    """A thing that is saved, versioned and shared as one.

    The store adds an envelope (project, rev, seq, owner, deleted) that is not content.
    """

    id: str
    access: Access | None = None
    sources: tuple[Source, ...] = ()
