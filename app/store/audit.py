"""The audit log: who did what to accounts, members and projects as a whole, and when.

Project content is not in it: that has its own log (`app.store.changes`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo import DESCENDING
from pymongo.client_session import ClientSession

from app.domain.ids import new_id
from app.domain.roles import Actor
from app.store.database import Document, Store


def make_indexes(store: Store) -> None:
    """Makes the indexes of the audit log; safe to call again."""
    store.audit.create_index([("at", DESCENDING)])
    store.audit.create_index([("project", 1), ("at", DESCENDING)])
    store.audit.create_index([("about", 1), ("at", DESCENDING)])


def write(
    store: Store,
    at: datetime,
    actor: Actor,
    what: str,
    *,
    about: str = "",
    project: str = "",
    details: dict[str, Any] | None = None,
    session: ClientSession | None = None,
) -> None:
    """Notes one thing done.

    Args:
        store: the database.
        at: when.
        actor: who did it.
        what: a short stable code such as `member.set`.
        about: id of the account or thing it was done to.
        project: id of the project it belongs to, if to any.
        details: further facts; never secrets.
        session: a transaction to take part in.
    """
    entry: Document = {
        "_id": new_id("a"),
        "at": at,
        "actor": actor.id,
        "actor_name": actor.name,
        "what": what,
        "about": about,
        "project": project,
        "details": details or {},
    }
    store.audit.insert_one(entry, session=session)


def find_latest(
    store: Store, *, project: str = "", before: datetime | None = None, limit: int = 100
) -> list[Document]:
    """The latest entries, newest first; of one project where given."""
    query: Document = {"project": project} if project else {}
    if before:
        query["at"] = {"$lt": before}
    return list(
        store.audit.find(query).sort([("at", DESCENDING), ("_id", DESCENDING)]).limit(limit)
    )
