"""Comments: a discussion about a record or one of its fields, until it is resolved.

Members read and write them. Who may not read a record reads no comment on it: `app.store.records`
sees to that, for pages, export and stream alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.domain import diff
from app.domain.errors import Invalid, NotAllowed, NotFound, Problem
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.domain.messages import say
from app.domain.project import Comment
from app.domain.roles import Action
from app.domain.text import bad_characters, is_blank
from app.services.desk import Desk
from app.store import accounts, changes, listing, records, rows
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

LONGEST = 10_000
DEEPEST = 20  # keys of a path
COMMENTABLE = frozenset(KINDS) - {"comment", "project"}


@dataclass(frozen=True)
class Said:
    """One comment as people read it.

    Attributes:
        author: name of who wrote it, as it is now.
        text: empty if `deleted`: others had answered it, so its place stays.
        created: when it was written; None if an import did not say it.
        own: whether the reader wrote it and may take it back.
    """

    id: str
    author: str
    text: str
    created: datetime | None
    own: bool
    deleted: bool = False


@dataclass
class Thread:
    """A comment with its answers.

    Attributes:
        on: id of the record, `kind` its kind, `path` the field; empty for the whole record.
    """

    first: Said
    on: str
    kind: str
    path: tuple[str, ...]
    resolved: bool
    answers: list[Said] = field(default_factory=list)


def add(
    desk: Desk,
    kind: str,
    on: str,
    text: str,
    now: datetime,
    *,
    path: Sequence[str] = (),
    reply_to: str | None = None,
    change_id: str,
) -> str:
    """Adds a comment or an answer; returns its id.

    Args:
        path: the field that is meant; an answer takes that of what it answers.
        reply_to: the comment that is answered, or one of its answers.

    Raises:
        Invalid: there is no text, or the path is none.
        NotFound: the record or the comment does not exist, or may not be read.
    """
    desk.require(Action.COMMENT)
    _check_text(text)
    _get_target(desk, kind, on)
    if records.closed_in(desk.store, desk.scope, [on]).get(on, set()) & set(path):
        raise Invalid(Problem("path", "This part is not there, or you may not read it."))
    first = _first_of(desk, on, reply_to) if reply_to else None
    where = tuple(first.get("path", ())) if first else _checked_path(path)
    comment = Comment(
        id=new_id("c"),
        on=on,
        kind=kind,
        path=where,
        text=text.strip(),
        reply_to=first["_id"] if first else None,
        created=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    content = comment.model_dump(mode="json", exclude_defaults=True)
    _commit(desk, Op("comment", comment.id, "create", content), change_id)
    return comment.id


def set_resolved(desk: Desk, comment: str, resolved: bool, *, change_id: str) -> Document:
    """Closes a thread, or opens it again; gives its first comment as it was.

    Raises:
        NotFound: there is no such comment, or what it is on may not be read.
    """
    desk.require(Action.COMMENT)
    stored = get(desk, comment)
    if stored.get("reply_to"):
        stored = get(desk, stored["reply_to"])
    before = content_of(stored)
    after: dict[str, Any] = {key: one for key, one in before.items() if key != "resolved"}
    if resolved:
        after["resolved"] = True
    _commit(desk, Op("comment", stored["_id"], changes=diff.diff(before, after)), change_id)
    return stored


def delete(desk: Desk, comment: str, *, change_id: str) -> Document:
    """Deletes one's own comment; gives it as it was.

    Raises:
        NotAllowed: somebody else wrote it.
        NotFound: there is no such comment, or what it is on may not be read.
    """
    desk.require(Action.COMMENT)
    stored = get(desk, comment)
    if not _is_own(desk, stored):
        raise NotAllowed("Only who wrote a comment deletes it; you can resolve it.")
    _commit(desk, Op("comment", comment, "delete"), change_id)
    return stored


def get(desk: Desk, comment: str) -> Document:
    """A stored comment.

    Raises:
        NotFound: there is none, or what it is on may not be read.
    """
    _require_member(desk)
    return records.get(desk.store, desk.scope, "comment", comment)


def threads_on(desk: Desk, kind: str, on: str) -> list[Thread]:
    """The threads on a record and its fields: open ones first, each in the order of writing.

    Raises:
        NotFound: the record does not exist, or may not be read.
    """
    _require_member(desk)
    _get_target(desk, kind, on)
    said = list(records.iterate(desk.store, desk.scope, "comment", on=on))
    return sorted(_threads(desk, said), key=lambda thread: thread.resolved)


def threads_of(desk: Desk, *, everything: bool = False, limit: int = 200) -> list[Thread]:
    """The threads of the project, last first: the open ones, or all."""
    _require_member(desk)
    only: dict[str, Any] = {} if everything else {"resolved": {"$ne": True}}
    first = list(records.iterate(desk.store, desk.scope, "comment", reply_to=None, **only))
    first = first[::-1][:limit]
    ids = [one["_id"] for one in first]
    answers = list(
        records.iterate(desk.store, desk.scope, "comment", reply_to={"$in": ids}) if ids else ()
    )
    found = {thread.first.id: thread for thread in _threads(desk, [*first, *answers])}
    return [found[one] for one in ids]


def count_open(desk: Desk, on: str) -> int:
    """How many threads on a record are open; 0 for who reads no comments."""
    if desk.role is None and not desk.actor.system:
        return 0
    only: dict[str, Any] = {"on": on, "reply_to": None, "resolved": {"$ne": True}}
    return records.count(desk.store, desk.scope, "comment", **only)


def headwords(desk: Desk, threads: Sequence[Thread]) -> dict[str, str]:
    """The headwords of the entries that some threads are on, by id."""
    wanted = {thread.on for thread in threads if thread.kind == "entry"}
    found = records.find_many(desk.store, desk.scope, "entry", wanted)
    order = listing.current_order(desk.store, desk.project_id)
    return {one: rows.headword(entry, order["ws"]) for one, entry in found.items()}


def _threads(desk: Desk, said: Sequence[Document]) -> list[Thread]:
    """Threads made of comments; the first of one that was deleted but answered keeps its place."""
    firsts = {one["_id"]: one for one in said if not one.get("reply_to")}
    lost = {one["reply_to"] for one in said if one.get("reply_to")} - firsts.keys()
    gone = [
        records.find(desk.store, desk.scope, "comment", one, deleted=True) for one in sorted(lost)
    ]
    firsts |= {one["_id"]: one for one in gone if one}
    names = accounts.find_many(desk.store, {one["owner"] for one in (*said, *firsts.values())})
    made = {
        key: Thread(
            _said(desk, one, names),
            one["on"],
            one["kind"],
            tuple(one.get("path", ())),
            bool(one.get("resolved")),
        )
        for key, one in sorted(firsts.items())
    }
    for one in sorted(said, key=lambda one: str(one["_id"])):
        if one.get("reply_to") in made:
            made[one["reply_to"]].answers.append(_said(desk, one, names))
    return list(made.values())


def _said(desk: Desk, comment: Document, names: dict[str, Document]) -> Said:
    deleted = bool(comment.get("deleted"))
    return Said(
        comment["_id"],
        str(names.get(comment["owner"], {}).get("name", "")),
        "" if deleted else comment["text"],
        _moment(comment.get("created")),
        _is_own(desk, comment) and not deleted and desk.may(Action.COMMENT),
        deleted,
    )


def _moment(text: str | None) -> datetime | None:
    try:
        made = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def _is_own(desk: Desk, comment: Document) -> bool:
    return bool(desk.actor.id) and comment.get("owner") == desk.actor.id


def _first_of(desk: Desk, on: str, answered: str) -> Document:
    """The comment that begins the thread in which somebody answers."""
    stored = get(desk, answered)
    if stored.get("reply_to"):
        stored = records.get(desk.store, desk.scope, "comment", stored["reply_to"], deleted=True)
    if stored["on"] != on:
        raise NotFound("This comment is on another record.")
    return stored


def _get_target(desk: Desk, kind: str, on: str) -> Document:
    if kind not in COMMENTABLE:
        raise NotFound(say("Nothing of kind “%(kind)s” takes comments.", kind=kind))
    return records.get(desk.store, desk.scope, kind, on, deleted=True)


def _check_text(text: str) -> None:
    if is_blank(text):
        raise Invalid(Problem("text", "Write something first."))
    if len(text) > LONGEST:
        raise Invalid(
            Problem("text", say("A comment has at most %(most)s characters.", most=LONGEST))
        )
    if bad_characters(text):
        raise Invalid(
            Problem("text", say("This holds %(what)s; take it out.", what=bad_characters(text)))
        )


def _checked_path(path: Sequence[str]) -> tuple[str, ...]:
    if len(path) > DEEPEST or not all(key and len(key) <= 200 for key in path):
        raise Invalid(Problem("path", "This is no field of the record."))
    return tuple(path)


def _require_member(desk: Desk) -> None:
    if desk.role is None and not desk.actor.system:
        raise NotAllowed("Comments are for the project's members.")


def _commit(desk: Desk, op: Op, change_id: str) -> None:
    changes.commit(desk.store, desk.project_id, desk.actor, "comment", [op], change_id=change_id)
