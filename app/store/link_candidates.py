"""Concepts that senses may stand for, worked out beforehand, and who is looking at which sense.

Derived data outside of the log and of backups. `_id` is the sense. `state` is `open`, `decided`
or `none` (nothing to propose); a lease says who has a sense before them until when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReplaceOne, ReturnDocument

from app.store.database import Document, Store

LEASE = timedelta(minutes=5)
STATES = ("open", "decided", "none")
_ORDER = [("best", -1), ("_id", 1)]


def find(store: Store, project: str, sense: str) -> Document | None:
    """What is proposed for a sense."""
    return store.link_candidates.find_one({"_id": sense, "project": project})


def find_many(store: Store, senses: Sequence[str]) -> dict[str, Document]:
    """What is proposed for some senses."""
    return {one["_id"]: one for one in store.link_candidates.find({"_id": {"$in": list(senses)}})}


def ids(store: Store, project: str) -> set[str]:
    """The senses of a project of which something is kept."""
    return {one["_id"] for one in store.link_candidates.find({"project": project}, {"_id": 1})}


def put_many(store: Store, documents: Sequence[Document]) -> None:
    """Writes candidates of senses; leases and who skipped them begin anew."""
    if documents:
        writes = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in documents]
        store.link_candidates.bulk_write(writes, ordered=False)


def update(store: Store, document: Document) -> None:
    """Writes candidates of one sense; who has it before them and who skipped it stays."""
    changed = {name: value for name, value in document.items() if name != "_id"}
    store.link_candidates.update_one({"_id": document["_id"]}, {"$set": changed})


def set_states(store: Store, states: dict[str, str]) -> None:
    """Notes what was decided of senses."""
    for state in set(states.values()):
        ids = [sense for sense, one in states.items() if one == state]
        store.link_candidates.update_many(
            {"_id": {"$in": ids}, "state": {"$ne": state}}, {"$set": {"state": state}}
        )


def remove(store: Store, project: str, senses: Iterable[str]) -> None:
    """Forgets senses that are gone."""
    store.link_candidates.delete_many({"project": project, "_id": {"$in": list(senses)}})


def forget_project(store: Store, project: str) -> None:
    """Forgets all that was proposed in a project, and what services said of its words.

    Reasons quote glosses, also those of other entries; all of it can be made again.
    """
    store.link_candidates.delete_many({"project": project})
    store.link_runs.delete_one({"_id": project})
    store.link_cache.delete_many({})


def reopen(store: Store, sense: str) -> None:
    """Puts a sense back among those to be decided."""
    store.link_candidates.update_one(
        {"_id": sense, "state": "decided"}, {"$set": {"state": "open"}}
    )


def lease_next(
    store: Store, project: str, account: str, now: datetime, *, after: Document | None = None
) -> Document | None:
    """The next open sense that nobody else has before them, leased to an account.

    The one that the account has already comes first, unless `after` is given.
    """
    free: list[Document] = [{"lease.by": account}, {"lease.until": {"$not": {"$gt": now}}}]
    query: Document = {"project": project, "state": "open", "skipped": {"$ne": account}}
    change = {"$set": {"lease": {"by": account, "until": now + LEASE}}}
    if after is None:
        mine = query | {"lease.by": account, "lease.until": {"$gt": now}}
        found = store.link_candidates.find_one_and_update(
            mine, change, sort=_ORDER, return_document=ReturnDocument.AFTER
        )
        if found is not None:
            return found
    place: Document = {}
    if after is not None:
        place = {
            "$and": [
                {
                    "$or": [
                        {"best": {"$lt": after["best"]}},
                        {"best": after["best"], "_id": {"$gt": after["_id"]}},
                    ]
                }
            ]
        }
    found = store.link_candidates.find_one_and_update(
        query | {"$or": free} | place, change, sort=_ORDER, return_document=ReturnDocument.AFTER
    )
    if found is None and after is not None:
        return lease_next(store, project, account, now)
    return found


def lease(store: Store, sense: str, account: str, now: datetime) -> bool:
    """Leases one sense to an account; False if somebody else has it."""
    free: list[Document] = [{"lease.by": account}, {"lease.until": {"$not": {"$gt": now}}}]
    change = {"$set": {"lease": {"by": account, "until": now + LEASE}}}
    done = store.link_candidates.update_one({"_id": sense, "$or": free}, change)
    return bool(done.matched_count)


def release(store: Store, sense: str, account: str) -> None:
    """Gives a lease back."""
    store.link_candidates.update_one({"_id": sense, "lease.by": account}, {"$unset": {"lease": ""}})


def skip(store: Store, sense: str, account: str) -> None:
    """Notes that an account does not want to decide about a sense."""
    store.link_candidates.update_one(
        {"_id": sense}, {"$addToSet": {"skipped": account}, "$unset": {"lease": ""}}
    )


def unskip(store: Store, project: str, account: str) -> None:
    """Shows an account again what it has skipped."""
    store.link_candidates.update_many({"project": project}, {"$pull": {"skipped": account}})


def counts(store: Store, project: str, account: str) -> dict[str, int]:
    """How many senses are in each state, and how many of the open ones an account has skipped."""
    steps: list[dict[str, Any]] = [
        {"$match": {"project": project}},
        {"$group": {"_id": "$state", "n": {"$sum": 1}}},
    ]
    found = {str(one["_id"]): int(one["n"]) for one in store.link_candidates.aggregate(steps)}
    skipped = {"project": project, "state": "open", "skipped": account}
    found["skipped"] = store.link_candidates.count_documents(skipped) if account else 0
    return {name: found.get(name, 0) for name in (*STATES, "skipped")}


def find_run(store: Store, project: str) -> Document | None:
    """When and from what candidates were made last."""
    return store.link_runs.find_one({"_id": project})


def advance_run(store: Store, project: str, seq: int) -> None:
    """Notes that a change decided about links only, so that candidates are as good as before."""
    store.link_runs.update_one({"_id": project, "seq": seq - 1}, {"$set": {"seq": seq}})


def note_run(store: Store, project: str, facts: Document) -> None:
    """Notes that candidates were made."""
    store.link_runs.replace_one({"_id": project}, facts, upsert=True)
