"""Followers: collections that are derived from the project's records by reading the log.

A follower reads `changes` after the number that it noted last (collection `followers`, one
checkpoint a project and follower) and derives anew what the touched records give **as they are
now**, so that doing it twice changes nothing. What it writes and its checkpoint are one
transaction; a process may be killed at any moment. One without a checkpoint, or of another version
than the checkpoint's, is rebuilt.

A large change counts when it has its number. Until then its new records are hidden (`live` leaves
them out); what it changed of older records may be seen, and where it is taken back the log says
nothing of it. So a follower that worked meanwhile notes since when (`held`), and if it was taken
back reads from there again.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bson import encode

from app.domain.errors import Conflict
from app.store.catching_up import (
    BATCH,
    LEASE,
    Follower,
    Lease,
    Outside,
    Progress,
    Stop,
    Touched,
    Work,
    batches,
    in_transaction,
    key_of,
    live,
    unfinished,
)
from app.store.changes import current_seq
from app.store.database import Store

__all__ = [
    "BATCH",
    "LEASE",
    "Follower",
    "Outside",
    "Progress",
    "Stop",
    "Touched",
    "live",
    "unfinished",
]
_TRIES = 5
_PAUSE = 0.1  # seconds between two looks whether another process is done


@dataclass(frozen=True)
class Position:
    """How far a follower is in a project.

    Attributes:
        seq: number of the last change that it holds in full.
        current: number of the project's last change.
        building: it is being made anew, and does not yet hold everything.
    """

    seq: int
    current: int
    building: bool

    @property
    def is_current(self) -> bool:
        """Whether everything is derived."""
        return not self.building and self.seq >= self.current


def position(store: Store, project: str, name: str) -> Position:
    """How far a follower is; one that never worked is being built."""
    current = current_seq(store, project)
    found = store.followers.find_one({"_id": key_of(project, name)})
    if found is None:
        return Position(0, current, True)
    return Position(int(found["seq"]), current, "building" in found)


def catch_up(
    store: Store,
    project: str,
    followers: Sequence[Follower],
    *,
    stop: Stop = lambda: False,
    progress: Progress = lambda _name, _records: None,
    group: str = "",
) -> int:
    """Has followers derive all that they lack; returns the number that all of them hold.

    Does nothing where another process is at the project's derived data.

    Args:
        group: of followers that go on while those of another group are at work.
        stop: asked between two transactions.
        progress: told the follower's name and how many records were derived from.
    """
    lease = Lease(store, project, group)
    if not lease.take():
        return min((position(store, project, one.name).seq for one in followers), default=0)
    try:
        works = [Work(store, project, one, stop, progress, lease) for one in followers]
        return min((work.run() for work in works), default=0)
    finally:
        lease.give_back()


def rebuild(
    store: Store, project: str, follower: Follower, *, progress: Progress = lambda _n, _r: None
) -> int:
    """Derives everything of a project anew, also where nothing is wrong.

    Returns:
        The number of the last change that it holds.
    """
    store.followers.delete_one({"_id": key_of(project, follower.name)})
    return _wait_for(store, project, follower, progress)


def check(store: Store, project: str, follower: Follower) -> bool:
    """Brings a follower up to date, then makes it anew; tells whether both are the same.

    Afterwards it is right, whatever it was. Readers meet it half made meanwhile.

    Raises:
        Conflict: people write all the time, so that nothing can be compared.
    """
    for _try in range(_TRIES):
        seq = _wait_for(store, project, follower, lambda _name, _records: None)
        before = digest(store, project, follower)
        if rebuild(store, project, follower) == seq:
            return before == digest(store, project, follower)
    raise Conflict("People write in the project all the time; try again later.")


def digest(store: Store, project: str, follower: Follower) -> list[tuple[str, int, int]]:
    """What a follower derived: by collection how many documents, and a sum of their hashes."""
    found = []
    for name in follower.collections:
        count = total = 0
        for document in store[name].find({"project": project}):
            ordered = {key: document[key] for key in sorted(document)}
            hashed = hashlib.blake2b(encode(ordered), digest_size=8).digest()
            count, total = count + 1, total ^ int.from_bytes(hashed)
        found.append((name, count, total))
    return found


def clear(store: Store, followers: Sequence[Follower], project: str | None = None) -> None:
    """Removes what was derived for a project, or for all, with the checkpoints."""
    only = {"project": project} if project else {}
    store.followers.delete_many(only)
    for follower in followers:
        for name in follower.collections:
            store[name].delete_many(only)


def forget_leases(store: Store, group: str) -> None:
    """Lets in whoever comes next; for those of whom there is one at a time anyway.

    Args:
        group: with what the groups of the followers begin.
    """
    store.follower_leases.delete_many({"_id": {"$regex": re.escape(group)}})


def forget(
    store: Store, project: str, followers: Sequence[Follower], records: Mapping[str, str]
) -> None:
    """Removes at once what erased records gave; the log says it to the followers again.

    Args:
        records: kind by id.
    """
    for follower in followers:
        touched: dict[str, set[str]] = {}
        for record, kind in records.items():
            if kind in follower.kinds:
                touched.setdefault(kind, set()).add(record)
        for batch in batches(touched):
            in_transaction(
                store,
                lambda session, f=follower, b=batch: f.follow(  # type: ignore[misc]
                    store, project, b, session
                ),
            )


def behind(store: Store, followers: Sequence[Follower]) -> set[str]:
    """Projects in which something is to be derived, or whose large change has ended."""
    counters = {one["_id"]: one["seq"] for one in store.counters.find({})}
    found = set()
    known = set()
    for at in store.followers.find({}):
        known.add((at["project"], at["name"], at["version"]))
        if "held" in at or "building" in at or at["seq"] < counters.get(at["project"], 0):
            found.add(str(at["project"]))
    wanted = {(one, each.name, each.version) for one in counters for each in followers}
    return found | {project for project, _name, _version in wanted - known}


def _wait_for(store: Store, project: str, follower: Follower, progress: Progress) -> int:
    """Catches up, or waits until the process that is at it has."""
    while True:
        catch_up(store, project, (follower,), progress=progress)
        at = position(store, project, follower.name)
        if at.is_current:
            return at.seq
        time.sleep(_PAUSE)
