"""Texts: reading them, and adding one with its utterances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import Invalid, NotAllowed, Problem
from app.domain.ids import new_id
from app.domain.ranks import spread
from app.domain.roles import Action
from app.domain.text import first_plain
from app.services.desk import Desk
from app.store import bulk, changes, records, texts
from app.store.changes import SMALL, Op
from app.store.database import Document

Content = dict[str, Any]
PAGE = 100


@dataclass(frozen=True)
class Listed:
    """A text as the list of texts shows it.

    Attributes:
        utterances: how many it has that may be read.
        glossed: how many of its words have a chosen analysis, of ...
        words: ... how many words.
    """

    text: Document
    title: str
    utterances: int
    words: int
    glossed: int


@dataclass(frozen=True)
class Stretch:
    """Utterances of a text in order, how many come before, and whether others follow."""

    utterances: list[Document]
    before: int
    more: bool


def list_texts(desk: Desk) -> list[Listed]:
    """The texts of the project by title, with how far they are."""
    desk.require(Action.READ)
    counts = texts.counts(desk.store, records.filter_of(desk.store, desk.scope, "utterance"))
    found = []
    for text in records.iterate(desk.store, desk.scope, "text"):
        count = counts.get(text["_id"], texts.NONE)
        found.append(Listed(text, title_of(text), count.utterances, count.words, count.glossed))
    return sorted(found, key=lambda one: one.title.casefold())


def standing_alone(desk: Desk) -> int:
    """How many utterances belong to no text."""
    desk.require(Action.READ)
    return records.count(desk.store, desk.scope, "utterance", text=None)


def get(desk: Desk, text: str) -> Document:
    """A stored text.

    Raises:
        NotFound: there is none, or it may not be read.
    """
    desk.require(Action.READ)
    return records.get(desk.store, desk.scope, "text", text)


def utterances(desk: Desk, text: str | None, *, after: str = "", limit: int = PAGE) -> Stretch:
    """A stretch of the utterances of a text, or of those that stand alone.

    Args:
        after: id of the utterance before.
    """
    desk.require(Action.READ)
    query = records.filter_of(desk.store, desk.scope, "utterance")
    known = records.find(desk.store, desk.scope, "utterance", after) if after else None
    found = texts.page(desk.store, query, text, known, limit + 1)
    before = texts.place(desk.store, query, known) if known else 0
    return Stretch(found[:limit], before, len(found) > limit)


def get_lines(desk: Desk, lines: Sequence[str]) -> list[Document]:
    """Utterances in the order asked for; those that may not be read are left out."""
    desk.require(Action.READ)
    found = records.find_many(desk.store, desk.scope, "utterance", lines)
    return [found[line] for line in lines if line in found]


def around(desk: Desk, text: str | None, line: str, limit: int = PAGE) -> Stretch:
    """The stretch in which an utterance is: every stretch has `limit` of them, from the first.

    Raises:
        NotFound: it is not there, or may not be read.
    """
    desk.require(Action.READ)
    known = records.get(desk.store, desk.scope, "utterance", line)
    query = records.filter_of(desk.store, desk.scope, "utterance")
    place = texts.place(desk.store, query, known)
    skipped = (place - 1) // limit * limit
    if not skipped:
        return utterances(desk, text, limit=limit)
    before = texts.at_place(desk.store, query, text, skipped)
    return utterances(desk, text, after=before["_id"] if before else "", limit=limit)


def add(desk: Desk, text: Content, lines: Sequence[Content], *, change_id: str) -> str:
    """Adds a text with its utterances in order, in one change; returns its id.

    Args:
        text: content of an `InterlinearText`; an id is made where it has none.
        lines: content of each `Utterance`, to which id, text and rank are added.

    Raises:
        Invalid: the text or an utterance is not what it must be, or there are too many at once.
    """
    desk.require(Action.ADD)
    if len(lines) >= SMALL:
        what = f"A text of {len(lines)} lines is added by importing it."
        raise Invalid(Problem("utterances", what))
    made = {"id": new_id("t"), **text}
    ops = [Op("text", made["id"], "create", made)]
    for line, rank in zip(lines, spread(len(lines)), strict=True):
        content = {"id": new_id("l"), **line, "text": made["id"], "rank": rank}
        ops.append(Op("utterance", content["id"], "create", content))
    changes.commit(desk.store, desk.project_id, desk.actor, "create", ops, change_id=change_id)
    return str(made["id"])


def delete(desk: Desk, text: str, *, change_id: str) -> None:
    """Deletes a text with all its utterances as one change, which can be undone.

    Raises:
        NotAllowed: some of its utterances may not be read, or the role does not permit it.
        NotFound: there is none, or it may not be read.
    """
    desk.require(Action.DELETE)
    get(desk, text)
    mine = {"project": desk.project_id, "text": text, "deleted": {"$ne": True}}
    lines = [one["_id"] for one in desk.store.utterances.find(mine, {"_id": 1})]
    if len(lines) != records.count(desk.store, desk.scope, "utterance", text=text):
        raise NotAllowed("It has lines that you may not see. Ask an owner or manager.")
    ops = [Op("utterance", line, "delete") for line in lines] + [Op("text", text, "delete")]
    if len(ops) <= SMALL:
        changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=change_id)
        return
    change = bulk.prepare(desk.store, desk.project_id, desk.actor, "bulk", change_id=change_id)
    bulk.stage(desk.store, change, ops)
    bulk.ready(desk.store, change)
    bulk.apply(desk.store, change_id)


def add_utterance(desk: Desk, line: Content, *, change_id: str) -> str:
    """Adds an utterance that belongs to no text; returns its id.

    Raises:
        Invalid: it is not what it must be.
    """
    desk.require(Action.ADD)
    made = {"id": new_id("l"), **line}
    op = Op("utterance", made["id"], "create", made)
    changes.commit(desk.store, desk.project_id, desk.actor, "create", [op], change_id=change_id)
    return str(made["id"])


def title_of(text: Document) -> str:
    """What a text is called; empty if it has no title."""
    return first_plain(text.get("title") or {}) or first_plain(text.get("abbreviation") or {})
