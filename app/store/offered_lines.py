"""To which line somebody was led last, so that nobody else is led there at the same time."""

from __future__ import annotations

from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from app.store.database import Store

LASTS = timedelta(minutes=10)
FORGOTTEN = timedelta(hours=1)  # by the database itself


def take(store: Store, project: str, user: str, line: str, now: datetime) -> bool:
    """Notes that somebody is led to a line; what they were led to before is free again.

    Returns:
        Whether it could be had: nobody else was led there a moment ago.
    """
    told = {"project": project, "user": user, "line": line, "at": now}
    stale = {"project": project, "line": line, "at": {"$lt": now - LASTS}, "user": {"$ne": user}}
    mine = {"_id": f"{project}:{user}"}
    for _ in range(2):
        try:
            store.offered_lines.update_one(mine, {"$set": told}, upsert=True)
        except DuplicateKeyError:
            if not store.offered_lines.delete_many(stale).deleted_count:
                return False
        else:
            return True
    return False


def taken(store: Store, project: str, user: str, now: datetime) -> set[str]:
    """The lines to which others were led a moment ago."""
    query = {"project": project, "user": {"$ne": user}, "at": {"$gte": now - LASTS}}
    return {str(one["line"]) for one in store.offered_lines.find(query, {"line": 1})}
