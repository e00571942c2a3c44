"""Transactions of processes that were killed: ended, so that nobody waits for them.

MongoDB keeps the transaction of a client that has gone for up to a minute, and with it the
project's counter: until then nobody could save in the project.
"""

from __future__ import annotations

import os
from pathlib import Path

from pymongo.errors import OperationFailure

from app.store.database import Document, Store, place_name


def end_orphaned(store: Store) -> int:
    """Ends the open transactions of processes of this machine that have gone; returns how many.

    Where MongoDB does not permit to look, its own limit of a minute stays.
    """
    looked: list[Document] = [
        {"$currentOp": {"idleSessions": True}},
        {"$match": {"type": "idleSession", "transaction": {"$exists": True}}},
    ]
    try:
        found = list(store.client.admin.aggregate(looked))
        orphaned = [{"id": one["lsid"]["id"]} for one in found if _is_gone(one.get("appName", ""))]
        if orphaned:
            options = store.codec_options  # ids of sessions are UUIDs
            store.client.admin.command({"killSessions": orphaned}, codec_options=options)
    except OperationFailure:
        return 0
    return len(orphaned)


def _is_gone(name: str) -> bool:
    """Whether a name is that of a process of this machine that has ended."""
    number = name.removeprefix(place_name())
    if number == name or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    status = Path(f"/proc/{number}/stat")  # one that nobody has waited for yet is still listed
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"
