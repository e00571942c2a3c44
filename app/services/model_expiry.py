"""Offers of models from outside about which nobody decides: deleted after a while, with all files.

An encoder waits for no decision, trainings begin with it: it stays until it is withdrawn.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.services import model_uploads
from app.services.model_uploads import KIND, TRY
from app.store.database import Document, Store

LASTS = timedelta(days=14)  # after it was uploaded, looked through or tried last
_AT_WORK = ("waiting", "running")


def ends(store: Store, job: Document) -> datetime | None:
    """When an offer is deleted if nobody does anything with it; None for an encoder.

    Args:
        job: in which it was looked through.
    """
    if model_uploads.is_encoder(job):
        return None
    trials = store.jobs.find(
        {"project": job["project"], "kind": TRY, "arguments.offer": job["_id"]},
        {"created": 1, "ended": 1},
    )
    touched = [one.get(key) for one in (job, *trials) for key in ("created", "ended")]
    last: datetime = max(one for one in touched if one is not None)
    return last + LASTS


def sweep(store: Store, now: datetime) -> int:
    """Deletes the offers whose time is over; returns how many."""
    query = {
        "kind": KIND, "state": "done", "decided": {"$ne": True}, "created": {"$lt": now - LASTS}
    }  # fmt: skip
    swept = 0
    for job in list(store.jobs.find(query)):
        until = ends(store, job)
        if until is None or until > now or _is_tried(store, job):
            continue
        undecided = {"_id": job["_id"], "decided": {"$ne": True}}
        told = {"$set": {"decided": True, "expired": True}}
        if store.jobs.update_one(undecided, told).modified_count:
            model_uploads.forget(store, job)
            swept += 1
    return swept


def _is_tried(store: Store, job: Document) -> bool:
    """Whether somebody has it tried right now."""
    trial = {"project": job["project"], "kind": TRY, "arguments.offer": job["_id"],
             "state": {"$in": list(_AT_WORK)}}  # fmt: skip
    return store.jobs.find_one(trial, {"_id": 1}) is not None
