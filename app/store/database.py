"""The connection to MongoDB, made one way everywhere."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

Document = dict[str, Any]
Store = Database[Document]
_NAMESPACE = Path("/proc/self/ns/pid")  # numbers of processes mean something inside of it only


def connect(uri: str, name: str) -> Database[Document]:
    """A database whose writes are journaled by a majority and whose dates carry their zone.

    The connection is made on first use. A client made before the replica set was initiated sees
    no sessions: connect only to what `app.store.mongod.hold` gave.

    Args:
        uri: MongoDB's address.
        name: the database's name.
    """
    ours: dict[str, Any] = {"serverSelectionTimeoutMS": 10_000}
    if "serverselectiontimeoutms" in uri.lower():  # what the address says counts
        ours = {}
    client: MongoClient[Document] = MongoClient(
        uri,
        tz_aware=True,
        retryWrites=True,
        w="majority",
        journal=True,
        uuidRepresentation="standard",
        appname=f"{place_name()}{os.getpid()}",
        **ours,
    )
    return client[name]


def place_name() -> str:
    """What the names of this machine's processes towards MongoDB begin with; then their number."""
    space = _NAMESPACE.stat().st_ino if _NAMESPACE.exists() else 0
    return f"life@{socket.gethostname()[:60]}:{space}:"
