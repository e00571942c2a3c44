"""The connection to MongoDB, made one way everywhere."""

from __future__ import annotations

from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

Document = dict[str, Any]
Store = Database[Document]


def connect(uri: str, name: str) -> Database[Document]:
    """A database whose writes are journaled by a majority and whose dates carry their zone.

    The connection is made on first use. A client made before the replica set was initiated sees
    no sessions: connect only to what `app.store.mongod.hold` gave.

    Args:
        uri: MongoDB's address.
        name: the database's name.
    """
    client: MongoClient[Document] = MongoClient(
        uri,
        tz_aware=True,
        retryWrites=True,
        w="majority",
        journal=True,
        uuidRepresentation="standard",
        serverSelectionTimeoutMS=10_000,
        appname="life",
    )
    return client[name]
