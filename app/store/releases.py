"""Releases that hold what was erased since: their files are taken down, the note of them stays."""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection
from datetime import datetime
from typing import BinaryIO, cast

from app.domain.errors import NotFound
from app.store import files
from app.store.database import Store

_WORDS = re.compile(rb"\w+")


def take_down(store: Store, project: str, records: Collection[str], now: datetime) -> list[str]:
    """Takes the files of releases down in which erased records stand; returns the versions."""
    wanted = {record.encode() for record in records}
    gone = []
    for release in store.releases.find({"project": project, "files": {"$ne": []}}):
        if not any(_holds(store, project, one["file"], wanted) for one in release["files"]):
            continue
        for one in release["files"]:
            files.delete(store, one["file"])
        note = {"files": [], "taken_down": now}
        store.releases.update_one({"_id": release["_id"]}, {"$set": note})
        gone.append(str(release["version"]))
    return gone


def take_down_erased(store: Store, project: str, known: Collection[str] = ()) -> None:
    """The same for all that was erased in a project.

    Args:
        known: ids of erasures that are left out.
    """
    query = {"project": project, "_id": {"$nin": list(known)}}
    found = list(store.erasures.find(query).sort("time", -1))
    records = {record for erasure in found for record in erasure["records"]}
    if records:
        take_down(store, project, records, found[0]["time"])


def _holds(store: Store, project: str, file_id: str, wanted: set[bytes]) -> bool:
    """Whether one of some ids stands in a packed file, or it is gone already."""
    try:
        stream = files.open_file(store, project, file_id)
    except NotFound:
        return True
    with gzip.open(cast(BinaryIO, stream)) as lines:
        return any(not wanted.isdisjoint(_WORDS.findall(line)) for line in lines)
