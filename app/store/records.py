"""Reading records of any kind through the access predicate.

Persons and comments are for members only. An utterance is read by who may read its text too. A
comment is read by who may read what it is on. Of an entry those parts are read whose access permits
it. Of a relation those ends are read whose entries and senses may be read; with one end alone there
is no relation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from app.domain.errors import NotFound
from app.domain.kinds import KINDS
from app.domain.messages import say
from app.domain.parts import redacted
from app.store.access import Scope, closed_parts, readable
from app.store.database import Document, Store

MEMBERS_ONLY = frozenset({"person", "comment"})
_SIFTED = MEMBERS_ONLY | {"relation"}
_PARTS = {"senses": 1, "pronunciations": 1, "forms": 1, "closed": 1}  # what has readers of its own
_BATCH = 200


def find(
    store: Store, scope: Scope, kind: str, record: str, *, deleted: bool = False
) -> Document | None:
    """One stored record, envelope included, if it may be read.

    Args:
        deleted: whether a tombstone counts.
    """
    query = filter_of(store, scope, kind) | {"_id": record}
    if not deleted:
        query["deleted"] = {"$ne": True}
    document = store[KINDS[kind].collection].find_one(query)
    return next(_shown(store, scope, kind, [document]), None) if document else None


def get(store: Store, scope: Scope, kind: str, record: str, *, deleted: bool = False) -> Document:
    """Like `find`.

    Raises:
        NotFound: it does not exist, or may not be read.
    """
    found = find(store, scope, kind, record, deleted=deleted)
    if found is None:
        raise NotFound(
            say(
                "There is no %(kind)s %(record)s here, or you may not read it.",
                kind=kind,
                record=record,
            )
        )
    return found


def find_many(
    store: Store, scope: Scope, kind: str, ids: Iterable[str], **only: Any
) -> dict[str, Document]:
    """Stored records by id; those that do not exist or may not be read are left out."""
    query = filter_of(store, scope, kind)
    query |= {"_id": {"$in": list(ids)}, "deleted": {"$ne": True}, **only}
    documents = store[KINDS[kind].collection].find(query)
    return {found["_id"]: found for found in _shown(store, scope, kind, documents)}


def iterate(store: Store, scope: Scope, kind: str, **only: Any) -> Iterator[Document]:
    """All stored records of a kind that may be read, in the order of their ids."""
    query = filter_of(store, scope, kind) | {"deleted": {"$ne": True}, **only}
    yield from _shown(store, scope, kind, store[KINDS[kind].collection].find(query).sort("_id", 1))


def iterate_deleted(store: Store, scope: Scope, kind: str) -> Iterator[Document]:
    """All tombstones of a kind."""
    query = filter_of(store, scope, kind) | {"deleted": True}
    yield from _shown(store, scope, kind, store[KINDS[kind].collection].find(query).sort("_id", 1))


def count(store: Store, scope: Scope, kind: str, **only: Any) -> int:
    """How many records of a kind may be read."""
    if kind in _SIFTED and not scope.everything:
        return sum(1 for _ in iterate(store, scope, kind, **only))
    query = filter_of(store, scope, kind) | {"deleted": {"$ne": True}, **only}
    return store[KINDS[kind].collection].count_documents(query)


def _shown(
    store: Store, scope: Scope, kind: str, documents: Iterable[Document]
) -> Iterator[Document]:
    """What of some documents may be read, beyond the access that they carry themselves."""
    if scope.everything or kind not in (*_SIFTED, "entry"):
        yield from documents
        return
    if kind == "entry":
        yield from (redacted(entry, scope.permits) for entry in documents)
        return
    if kind in MEMBERS_ONLY and not scope.member:
        return
    if kind == "person":
        yield from documents
        return
    waiting = iter(documents)
    sift = _readable_comments if kind == "comment" else _readable_relations
    while batch := list(islice(waiting, _BATCH)):
        yield from sift(store, scope, batch)


def filter_of(store: Store, scope: Scope, kind: str) -> Document:
    """The filter of `readable`; texts and utterances also ask whose words they are.

    An utterance is read by who may read its text. What somebody says who did not agree to be shown
    is for members.
    """
    query = readable(store, scope)
    if scope.everything or kind not in ("text", "utterance"):
        return query
    spoken = None if scope.member else [None, *_shown_people(store, scope)]
    if kind == "text":
        return query | (_not_spoken_by_others("speakers", spoken) if spoken else {})
    query["text"] = {"$nin": _closed_texts(store, scope, spoken)}
    if spoken:
        query["speaker"] = {"$in": spoken}
        query["words"] = {"$not": {"$elemMatch": {"speaker": {"$nin": spoken}}}}
    return query


def _closed_texts(store: Store, scope: Scope, spoken: list[str | None] | None) -> list[str]:
    """The texts that may not be read."""
    closed: list[Document] = [{"access": {"$exists": True}}]
    if spoken:
        closed.append({"speakers": {"$elemMatch": {"$nin": spoken}}})
    found = store.texts.find(
        {"project": scope.project, "$or": closed}, {"access": 1, "speakers": 1}
    )
    return [
        text["_id"]
        for text in found
        if not scope.permits(text.get("access"))
        or (spoken and not set(text.get("speakers", ())) <= set(spoken))
    ]


def _shown_people(store: Store, scope: Scope) -> list[str]:
    """The persons who agreed that what they say is shown."""
    agreed = {"project": scope.project, "deleted": {"$ne": True}, "consents.purposes": "show"}
    return [person["_id"] for person in store.people.find(agreed, {"_id": 1})]


def _not_spoken_by_others(name: str, spoken: list[str | None]) -> Document:
    return {name: {"$not": {"$elemMatch": {"$nin": spoken}}}}


def readable_ids(store: Store, scope: Scope, kind: str, ids: Iterable[str]) -> set[str]:
    """Those of some ids whose records, tombstones too, carry an access that lets them be read."""
    query = filter_of(store, scope, kind) | {"_id": {"$in": sorted(ids)}}
    return {found["_id"] for found in store[KINDS[kind].collection].find(query, {"_id": 1})}


def find_shown(store: Store, scope: Scope, entries: Iterable[str]) -> Iterator[Document]:
    """Stored entries, tombstones too, with what of them may be read."""
    query = readable(store, scope) | {"_id": {"$in": sorted(entries)}}
    yield from _shown(store, scope, "entry", store.entries.find(query))


def find_whole(store: Store, scope: Scope, entry: str) -> Document | None:
    """A stored entry, tombstones too, with the parts that may not be read: for rules only."""
    return store.entries.find_one(readable(store, scope) | {"_id": entry})


def closed_in(store: Store, scope: Scope, entries: Iterable[str]) -> dict[str, set[str]]:
    """Ids of the parts of some entries, past ones too, that may not be read, by entry."""
    if scope.everything:
        return {}
    query = {"project": scope.project, "_id": {"$in": sorted(set(entries))}}
    found = ((one["_id"], closed_parts(scope, one)) for one in store.entries.find(query, _PARTS))
    return {entry: closed for entry, closed in found if closed}


def _readable_comments(store: Store, scope: Scope, batch: list[Document]) -> Iterator[Document]:
    about = _readable_targets(store, scope, batch)
    inside = {one["on"] for one in batch if one["kind"] == "entry" and one.get("path")}
    closed = closed_in(store, scope, inside)
    for comment in batch:
        if comment["on"] in about and not closed.get(comment["on"], set()) & {
            *comment.get("path", ())
        }:
            yield comment


def _readable_relations(store: Store, scope: Scope, batch: list[Document]) -> Iterator[Document]:
    """Relations with the ends that may be read, without what a source calls the others."""
    named = {m["entry"] for one in batch for m in one.get("members", ()) if m.get("entry")}
    known = readable_ids(store, scope, "entry", named) | {None}
    ends_inside = (m for one in batch for m in one.get("members", ()) if m.get("part"))
    closed = closed_in(store, scope, (m["entry"] for m in ends_inside if m.get("entry")))
    for relation in batch:
        members = relation.get("members", ())
        ends = [
            end
            for end in members
            if end.get("entry") in known and end.get("part") not in closed.get(end.get("entry"), ())
        ]
        if len(ends) == len(members):
            yield relation
        elif len(ends) > 1 and (ends[0] is members[0] or not _is_directed(store, relation)):
            ids = {end["id"] for end in ends}
            said = [one for one in relation.get("statements", ()) if {one["at"], one["to"]} <= ids]
            left = {k: v for k, v in relation.items() if k not in ("sources", "residue")}
            yield {**left, "members": ends, "statements": said}


def _is_directed(store: Store, relation: Document) -> bool:
    """Whether the first end of a relation is another thing to the rest than they to each other."""
    directed = {"_id": relation["type"], "traits.name": "inverse-name"}
    return store.items.find_one(directed, {"_id": 1}) is not None


def _readable_targets(store: Store, scope: Scope, comments: list[Document]) -> set[str]:
    """Ids of the records, tombstones too, that some comments are on and that may be read."""
    by_kind: dict[str, set[str]] = {}
    for comment in comments:
        if comment["kind"] in KINDS and comment["kind"] != "comment":
            by_kind.setdefault(comment["kind"], set()).add(comment["on"])
    about: set[str] = set()
    for kind, ids in by_kind.items():
        about |= readable_ids(store, scope, kind, ids)
    return about
