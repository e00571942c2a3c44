"""Reading records of any kind through the access predicate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.domain.errors import NotFound
from app.domain.kinds import KINDS
from app.store.access import Scope, readable
from app.store.database import Document, Store


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
    return store[KINDS[kind].collection].find_one(query)


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
    return {found["_id"]: found for found in store[KINDS[kind].collection].find(query)}


def iterate(store: Store, scope: Scope, kind: str, **only: Any) -> Iterator[Document]:
    """All stored records of a kind that may be read, in the order of their ids."""
    query = readable(store, scope) | {"deleted": {"$ne": True}, **only}
    yield from store[KINDS[kind].collection].find(query).sort("_id", 1)


def iterate_deleted(store: Store, scope: Scope, kind: str) -> Iterator[Document]:
    """All tombstones of a kind."""
    query = readable(store, scope) | {"deleted": True}
    yield from store[KINDS[kind].collection].find(query).sort("_id", 1)


def count(store: Store, scope: Scope, kind: str, **only: Any) -> int:
    """How many records of a kind may be read."""
    query = readable(store, scope) | {"deleted": {"$ne": True}, **only}
    return store[KINDS[kind].collection].count_documents(query)
