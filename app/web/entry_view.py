"""What the templates of the lexicon are given: an entry with the names of all it points at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from flask import url_for

from app.domain import project as lists
from app.domain.schema import LEVELS, Field
from app.domain.text import first_plain, plain, plains
from app.services import lexicon, projects
from app.services.desk import Desk
from app.services.lexicon import Related
from app.store.database import Document
from app.store.envelope import content_of


@dataclass(frozen=True)
class Item:
    """A list item for a template: its id, name, short form and depth in the list."""

    id: str
    code: str
    name: str
    short: str
    parent: str | None = None


@dataclass
class Lists:
    """The items of all lists of a project."""

    by_id: dict[str, Item] = field(default_factory=dict)
    by_list: dict[str, list[Item]] = field(default_factory=dict)

    def name(self, item: str | None) -> str:
        """The name of an item; empty for none."""
        found = self.by_id.get(item or "")
        return found.name if found else ""

    def short(self, item: str | None) -> str:
        """The short form of an item, else its name."""
        found = self.by_id.get(item or "")
        return found.short if found else ""


@dataclass(frozen=True)
class EntryView:
    """An entry as the editor and the preview show it.

    Attributes:
        content: its content.
        rev: its revision.
        editable: whether the reader may change it.
        headword: the form under which it is listed.
    """

    id: str
    content: Document
    rev: int
    editable: bool
    headword: str
    related: list[Related]
    project: Document
    lists: Lists
    own_fields: list[Document]
    deleted: bool = False

    @property
    def slug(self) -> str:
        """The project's slug."""
        return str(self.project["slug"])

    @property
    def as_json(self) -> str:
        """The content for the editor's script."""
        return json.dumps(self.content, ensure_ascii=False)

    def levels(self, level: str) -> tuple[Field, ...]:
        """The fields of a level."""
        return LEVELS[level]

    def systems(self, of: Field, content: Document) -> list[Document]:
        """The writing systems of a text: the project's for its role, and those it is in."""
        role = "vernacular" if of.vernacular else "analysis"
        everything = self.project.get("writing_systems", ())
        used = (content.get(of.name) or {}).keys()
        wanted = [ws for ws in everything if ws.get(role) or ws["id"] in used]
        known = {ws["id"] for ws in wanted}
        return wanted + [{"id": code, "tag": code} for code in used if code not in known]

    def system(self, code: str) -> Document:
        """A writing system by its code."""
        found = next(
            (ws for ws in self.project.get("writing_systems", ()) if ws["id"] == code), None
        )
        return found or {"id": code, "tag": code}

    def related_at(self, part: str) -> list[Related]:
        """The relations of the entry or of one of its senses."""
        return [found for found in self.related if found.at == part]

    def media_url(self, member: Document) -> str:
        """The address of a picture or recording; empty if its file is not here."""
        if not member.get("file"):
            return ""
        return url_for("media.show_file", slug=self.slug, file_id=member["file"])


# Lists that are short enough to stand whole in a page; of the others only what is used.
SHORT_LISTS = (
    lists.PARTS_OF_SPEECH,
    lists.MORPH_TYPES,
    lists.STATUSES,
    lists.RELATION_TYPES,
    lists.NOTE_TYPES,
    lists.TRANSLATION_TYPES,
    lists.ETYMOLOGY_TYPES,
)


def make_lists(
    desk: Desk, ids: Iterable[str] = (), codes: Iterable[str] | None = SHORT_LISTS
) -> Lists:
    """The lists of a project with their names in the first analysis language that has one.

    Args:
        desk: who reads what.
        ids: items that are wanted whatever their list.
        codes: lists that are wanted whole; None for every list.
    """
    order = tuple(ws["id"] for ws in desk.project.get("writing_systems", ()) if ws.get("analysis"))
    found = Lists()
    for stored in projects.list_items(desk, codes=codes, ids=ids):
        name = first_plain(stored.get("name") or {}, order) or stored["code"]
        short = first_plain(stored.get("abbreviation") or {}, order) or name
        item = Item(stored["_id"], stored["code"], name, short, stored.get("parent"))
        found.by_id[item.id] = item
        found.by_list.setdefault(stored["list"], []).append(item)
    return found


def items_in(value: Any) -> Iterator[str]:
    """The ids of list items anywhere in some content."""
    if isinstance(value, str):
        if value.startswith("i_"):
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from items_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from items_in(inner)


def make_entry_view(desk: Desk, stored: Document, lists: Lists) -> EntryView:
    """The view of a stored entry."""
    order = tuple(
        ws["id"] for ws in desk.project.get("writing_systems", ()) if ws.get("vernacular")
    )
    headword = first_plain(stored.get("citation") or {}, order) or first_plain(
        stored.get("lemma") or {}, order
    )
    return EntryView(
        stored["_id"],
        content_of(stored),
        stored["rev"],
        not stored.get("deleted") and lexicon.may_edit(desk, stored),
        headword,
        lexicon.relations_of(desk, stored["_id"]),
        desk.project,
        lists,
        projects.own_fields(desk),
        bool(stored.get("deleted")),
    )


def is_filled(content: Document, of: Field) -> bool:
    """Whether a field holds something."""
    value: Any = content.get(of.name)
    if of.kind == "multitext":
        return bool(plains(value or {}))
    return value not in (None, "", [], (), {})


def pieces(value: Any) -> list[tuple[str, Document]]:
    """A text value cut at the ends of its spans: each piece with the span's properties."""
    if not isinstance(value, dict):
        return [(plain(value), {})]
    text, spans = plain(value), value.get("spans", ())
    edges = sorted({0, len(text), *(s["start"] for s in spans), *(s["end"] for s in spans)})
    cut = []
    for begin, end in pairwise(edges):
        over = [s for s in spans if s["start"] <= begin and end <= s["end"]]
        cut.append((text[begin:end], {k: v for s in over for k, v in s.items() if v}))
    return cut
