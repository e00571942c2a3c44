"""Invitations: single-use links to an account or to a role in a project, stored hashed."""

from __future__ import annotations

from datetime import datetime

from pymongo import DESCENDING
from pymongo.client_session import ClientSession

from app.store.database import Document, Store


def make_indexes(store: Store) -> None:
    """Makes the indexes of invitations; safe to call again."""
    store.invitations.create_index("hash", unique=True)
    store.invitations.create_index([("project", 1), ("expires", DESCENDING)])
    store.invitations.create_index("expires", expireAfterSeconds=30 * 24 * 3600)


def insert(store: Store, invitation: Document) -> None:
    """Keeps an invitation."""
    store.invitations.insert_one(invitation)


def find(store: Store, digest: str, now: datetime) -> Document | None:
    """The invitation with a hash that can still be used."""
    return store.invitations.find_one({"hash": digest, "expires": {"$gt": now}})


def find_pending(store: Store, project_id: str, now: datetime) -> list[Document]:
    """Those of a project (empty: of the server) that can still be used, newest first."""
    query = {"project": project_id, "expires": {"$gt": now}}
    return list(store.invitations.find(query, {"hash": 0}).sort("_id", DESCENDING))


def take(
    store: Store, digest: str, now: datetime, session: ClientSession | None = None
) -> Document | None:
    """Uses an invitation up; None if it was used, revoked or has expired."""
    query = {"hash": digest, "expires": {"$gt": now}}
    return store.invitations.find_one_and_delete(query, session=session)


def delete(store: Store, project_id: str, invitation_id: str) -> Document | None:
    """Revokes an invitation of a project (empty: of the server); gives what it was."""
    return store.invitations.find_one_and_delete({"_id": invitation_id, "project": project_id})


def find_unused(store: Store, project_id: str) -> list[Document]:
    """All that nobody has used, those included that expired in the last month, newest first."""
    found = store.invitations.find({"project": project_id}, {"hash": 0})
    return list(found.sort("_id", DESCENDING))
