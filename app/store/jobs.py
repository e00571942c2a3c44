"""Records of long work: what was asked, how far it is, what came of it.

They are the truth about a job; the queue only wakes a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from app.domain.errors import NotFound
from app.domain.ids import new_id
from app.domain.messages import packed
from app.store.database import Document, Store

STALE = timedelta(minutes=2)


def add(
    store: Store, project: str, actor_id: str, kind: str, now: datetime, **arguments: Any
) -> str:
    """Notes a job that waits to be run; returns its id."""
    job: Document = {
        "_id": new_id("j"),
        "project": project,
        "actor": actor_id,
        "kind": kind,
        "arguments": arguments,
        "state": "waiting",
        "phase": "",
        "done": 0,
        "total": 0,
        "created": now,
        "beat": now,
    }
    store.jobs.insert_one(job)
    return str(job["_id"])


def get(store: Store, job: str, project: str | None = None) -> Document:
    """One job.

    Raises:
        NotFound: there is none with this id (in this project).
    """
    query = {"_id": job} if project is None else {"_id": job, "project": project}
    found = store.jobs.find_one(query)
    if found is None:
        raise NotFound("There is no such job here.")
    return found


def find_all(
    store: Store, project: str, kind: str | None = None, limit: int = 20
) -> list[Document]:
    """The latest jobs of a project."""
    query = {"project": project} | ({"kind": kind} if kind else {})
    return list(store.jobs.find(query).sort("created", -1).limit(limit))


def claim(store: Store, job: str, now: datetime, worker: str = "") -> Document | None:
    """Takes a waiting job to run it; None if another worker was quicker or it was cancelled."""
    return store.jobs.find_one_and_update(
        {"_id": job, "state": "waiting"},
        {
            "$set": {"state": "running", "started": now, "beat": now, "worker": worker},
            "$inc": {"tries": 1},
        },
        return_document=True,
    )


def update(store: Store, job: str, **facts: Any) -> bool:
    """Notes facts of a job; returns whether it has been asked to stop."""
    found = store.jobs.find_one_and_update(
        {"_id": job}, {"$set": facts}, {"cancel": 1}, return_document=True
    )
    return bool(found and found.get("cancel"))


def waiting(store: Store) -> list[str]:
    """Jobs that a worker should take up, the oldest first."""
    return [job["_id"] for job in store.jobs.find({"state": "waiting"}).sort("created", 1)]


def broken_off(
    store: Store, now: datetime, gone: Sequence[str], worker: str, at_work: Sequence[str]
) -> list[Document]:
    """Jobs that nobody is at any more though they are said to be running.

    Args:
        gone: workers that have ended.
        worker: the worker that asks.
        at_work: the jobs that it is at.
    """
    lost: list[Document] = [
        {"beat": {"$lt": now - STALE}},
        {"worker": {"$in": list(gone)}},
        {"worker": worker, "_id": {"$nin": list(at_work)}},
    ]
    return list(store.jobs.find({"state": "running", "$or": lost}))


def put_back(store: Store, job: Document) -> None:
    """Puts a job that was broken off back in line, unless another worker has taken it up."""
    tried = {"_id": job["_id"], "state": "running", "tries": job.get("tries")}
    store.jobs.update_one(tried, {"$set": {"state": "waiting"}})


def log(store: Store, job: str, line: str, now: datetime) -> None:
    """Notes a line in the log of a job; the last two hundred are kept."""
    row = {"at": now, "said": str(line), "told": packed(line)}
    store.jobs.update_one({"_id": job}, {"$push": {"log": {"$each": [row], "$slice": -200}}})
