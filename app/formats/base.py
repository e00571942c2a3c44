"""What every format is, reads and writes.

A reader is handed `Names`, through which it turns codes of a file into ids of the project, and
yields `Found` things. A writer is handed `Contents`. Neither knows the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Literal, Protocol, TypeGuard

from app.domain.direction import direction_of
from app.domain.ids import new_id
from app.domain.project import FieldDefinition, ListItem, Project, WritingSystem
from app.domain.text import plains

NO_OPTIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class FoundRecord:
    """A record in a file.

    Attributes:
        kind: key of `app.domain.kinds.KINDS`.
        content: the record's content as the model of that kind dumps it without defaults,
            with its new `id` and its `sources`.
        line: line of the file at which it starts; 0 where there are no lines.
        deleted: the file says that it was deleted (a tombstone); its date, or empty.
        filled: how many elements and attributes of the file went into fields ...
        leftover: ... and how many into residue.
        lay: for a file that says a part of a record only, lays that part over what is there
            already (with True only where nothing is); without it `content` is all that the
            file's record can hold.
        into: id of the record that a deleted one was merged into.
    """

    kind: str
    content: dict[str, Any]
    line: int = 0
    deleted: str | None = None
    filled: int = 0
    leftover: int = 0
    lay: Callable[[dict[str, Any], bool], Laid] | None = None
    into: str | None = None


@dataclass(frozen=True)
class Laid:
    """What came of laying a part of a record over what was there.

    Attributes:
        content: the whole record.
        left: fields that could not be laid, each as a path of keys and member ids.
    """

    content: dict[str, Any]
    left: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class FoundProblem:
    """Something a person should know before the import is carried out."""

    line: int
    what: str
    severity: Literal["error", "warning", "note"] = "warning"


@dataclass(frozen=True)
class FoundFile:
    """A picture, recording or companion file that the records name.

    Attributes:
        href: as the records name it.
        path: where it lies now.
    """

    href: str
    path: Path


Found = FoundRecord | FoundProblem | FoundFile


@dataclass
class Names:
    """The project's writing systems, lists and own fields while a file is read.

    A reader asks for ids by code; what the project lacks is made and collected in `new`.

    Attributes:
        labels: items by list and by what people call them; an empty id where two share a name.
        merged: items that were merged into others, as `items`: the id of the other one.
        short: abbreviations of items, by id.
    """

    writing_systems: dict[str, WritingSystem] = field(default_factory=dict)
    items: dict[tuple[str, str], str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    new_writing_systems: list[WritingSystem] = field(default_factory=list)
    new: list[FoundRecord] = field(default_factory=list)
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    merged: dict[tuple[str, str], str] = field(default_factory=dict)
    short: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def find_item(self, list_code: str, code: str) -> str | None:
        """The id of the item with this code, or of the one that it was merged into."""
        key = (list_code, code)
        return self.items.get(key) or self.merged.get(key)

    def item(self, list_code: str, code: str) -> str:
        """The id of the item with this code in this list, made if there is none."""
        found = self.find_item(list_code, code)
        if found is None:
            found = self.add_item(ListItem(id=new_id("i"), list=list_code, code=code))
        return found

    def labelled_item(self, list_code: str, label: str) -> str:
        """The id of the item with this code, name or short form, made if there is none."""
        found = self.items.get((list_code, label)) or self.labels.get((list_code, label))
        return found or self.item(list_code, label)

    def add_labels(self, item: Mapping[str, Any], item_id: str) -> None:
        """Notes what people call an item."""
        if item.get("abbreviation"):
            self.short[item_id] = item["abbreviation"]
        for name in ("name", "abbreviation"):
            for label in plains(item.get(name) or {}):
                key = (item["list"], label)
                known = self.labels.setdefault(key, item_id)
                if known != item_id:
                    self.labels[key] = ""

    def add_item(self, item: ListItem) -> str:
        """Adds an item that a file describes; returns its id."""
        self.items[item.list, item.code] = item.id
        self.new.append(FoundRecord("item", item.model_dump(mode="json", exclude_defaults=True)))
        return item.id

    def add_field(self, definition: FieldDefinition) -> str:
        """Adds an own field that a file describes; returns its id."""
        self.fields[definition.code] = definition.id
        content = definition.model_dump(mode="json", exclude_defaults=True)
        self.new.append(FoundRecord("field", content))
        return definition.id

    def writing_system(self, tag: str, *, vernacular: bool = False, analysis: bool = False) -> str:
        """The project's code for a language tag of the file, made if there is none.

        The code is the tag as the file writes it; a writing system is matched by code first,
        then by tag without regard to case.
        """
        known = self.writing_systems.get(tag) or next(
            (ws for ws in self.writing_systems.values() if ws.tag.lower() == tag.lower()), None
        )
        if known is None:
            known = WritingSystem(
                id=tag,
                tag=tag,
                vernacular=vernacular,
                analysis=analysis,
                direction=direction_of(tag),
            )
            self.new_writing_systems.append(known)
        self.writing_systems[tag] = known
        return known.id


class Contents(Protocol):
    """What a writer may read: only what the asker may read, in one consistent state."""

    @property
    def project(self) -> Project:
        """The project itself."""

    def iter_records(self, kind: str) -> Iterator[dict[str, Any]]:
        """Stored documents of a kind in the order of their ids, without deleted ones.

        Each is the content with `id`, plus `_rev` (int).
        """

    def iter_deleted(self, kind: str) -> Iterator[dict[str, Any]]:
        """Tombstones: content, `_deleted` (date and time, ISO 8601), `_into` if merged."""

    def iter_utterances(self, text: str | None) -> Iterator[dict[str, Any]]:
        """The utterances of a text in their order, or those that stand alone, as above."""

    def open_file(self, file_id: str) -> BinaryIO:
        """The bytes of a stored file."""


@dataclass(frozen=True)
class Loss:
    """Something that a format cannot hold; a test proves each stated loss and no other.

    Attributes:
        path: field of the domain, as `entry.access`.
        why: in words for the person who exports.
    """

    path: str
    why: str


class Format(Protocol):
    """A format in which a project is written: one file and one entry in `FORMATS`.

    One that is read too is a `ReadableFormat`.
    """

    id: str
    name: str
    suffixes: tuple[str, ...]
    media_type: str
    losses: tuple[Loss, ...]

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes a project to a new file; yields warnings about what could not be said."""


class ReadableFormat(Format, Protocol):
    """An interchange format: it is read as well as written."""

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams what a file or folder holds.

        Args:
            options: what a person chose for this file, as the format describes it.

        Raises:
            Unreadable: the file is not of this format or broken, with line and column.
        """


def is_readable(known: Format) -> TypeGuard[ReadableFormat]:
    """Whether files of a format can be read."""
    return hasattr(known, "read")
