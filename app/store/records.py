"""Reading records of any kind through the access predicate.

Persons and comments are for members only. A comment is read by who may read what it is on. Of a
relation those ends are read whose entries may be read; with one end alone there is no relation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from app.domain.errors import NotFound
from app.domain.kinds import KINDS
from app.store.access import Scope, readable
from app.store.database import Document, Store

MEMBERS_ONLY = frozenset({"person", "comment"})
_SIFTED = MEMBERS_ONLY | {"relation"}
_BATCH = 200


def find(
    store: Store, scope: Scope, kind: str, record: str, *, deleted: bool = False
) -> Document | None:
    """One stored record, envelope included, if it may be read.

    Args:
        deleted: whether a tombstone counts.
    """
    query = readable(store, scope) | {"_id": record}
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
        raise NotFound(f"There is no {kind} {record} here, or you may not read it.")
    return found


def find_many(
    store: Store, scope: Scope, kind: str, ids: Iterable[str], **only: Any
) -> dict[str, Document]:
    """Stored records by id; those that do not exist or may not be read are left out."""
    query = readable(store, scope) | {"_id": {"$in": list(ids)}, "deleted": {"$ne": True}, **only}
    documents = store[KINDS[kind].collection].find(query)
    return {found["_id"]: found for found in _shown(store, scope, kind, documents)}


def iterate(store: Store, scope: Scope, kind: str, **only: Any) -> Iterator[Document]:
    """All stored records of a kind that may be read, in the order of their ids."""
    query = readable(store, scope) | {"deleted": {"$ne": True}, **only}
    yield from _shown(store, scope, kind, store[KINDS[kind].collection].find(query).sort("_id", 1))


def iterate_deleted(store: Store, scope: Scope, kind: str) -> Iterator[Document]:
    """All tombstones of a kind."""
    query = readable(store, scope) | {"deleted": True}
    yield from _shown(store, scope, kind, store[KINDS[kind].collection].find(query).sort("_id", 1))


def count(store: Store, scope: Scope, kind: str, **only: Any) -> int:
    """How many records of a kind may be read."""
    if kind in _SIFTED and not scope.everything:
        return sum(1 for _ in iterate(store, scope, kind, **only))
    query = readable(store, scope) | {"deleted": {"$ne": True}, **only}
    return store[KINDS[kind].collection].count_documents(query)


def _shown(
    store: Store, scope: Scope, kind: str, documents: Iterable[Document]
) -> Iterator[Document]:
    """What of some documents may be read, beyond the access that they carry themselves."""
    if scope.everything or kind not in _SIFTED:
        yield from documents
        return
    if kind in MEMBERS_ONLY and not scope.member:
        return
    if kind == "person":
        yield from documents
        return
    waiting = iter(documents)
    while batch := list(islice(waiting, _BATCH)):
        if kind == "comment":
            about = _readable_targets(store, scope, batch)
            yield from (comment for comment in batch if comment["on"] in about)
        else:
            yield from _readable_relations(store, scope, batch)


def readable_ids(store: Store, scope: Scope, kind: str, ids: Iterable[str]) -> set[str]:
    """Those of some ids whose records, tombstones too, carry an access that lets them be read."""
    query = readable(store, scope) | {"_id": {"$in": sorted(ids)}}
    return {found["_id"] for found in store[KINDS[kind].collection].find(query, {"_id": 1})}


def _readable_relations(store: Store, scope: Scope, batch: list[Document]) -> Iterator[Document]:
    """Relations with the ends that may be read, without what a source calls the others."""
    named = {m["entry"] for one in batch for m in one.get("members", ()) if m.get("entry")}
    known = readable_ids(store, scope, "entry", named) | {None}
    for relation in batch:
        members = relation.get("members", ())
        ends = [end for end in members if end.get("entry") in known]
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
