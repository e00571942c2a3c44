"""What services outside said, and which of them are left alone for a while because they failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.store.database import Document, Store

KEEP = timedelta(days=30)
_FIRST = timedelta(seconds=30)
_LONGEST = timedelta(hours=1)


def find(store: Store, provider: str, question: str) -> Any | None:
    """What a provider answered before; None where it was not asked lately."""
    found = store.link_cache.find_one({"_id": f"{provider}\n{question}"})
    return found["answer"] if found else None


def put(store: Store, provider: str, question: str, answer: Any, now: datetime) -> None:
    """Keeps an answer for a month."""
    store.link_cache.replace_one(
        {"_id": f"{provider}\n{question}"},
        {"answer": answer, "until": now + KEEP},
        upsert=True,
    )


def paused_until(store: Store, provider: str, now: datetime) -> datetime | None:
    """Until when a provider is left alone; None if it may be asked."""
    found: Document | None = store.link_providers.find_one({"_id": provider})
    until = found.get("until") if found else None
    return until if until is not None and until > now else None


def note_failure(store: Store, provider: str, now: datetime) -> datetime:
    """Notes that a provider failed: each time in a row it is left alone twice as long."""
    found = store.link_providers.find_one({"_id": provider}) or {}
    failures = int(found.get("failures", 0)) + 1
    wait: timedelta = _FIRST * (1 << min(failures - 1, 10))
    until = now + min(_LONGEST, wait)
    changed = {"$set": {"failures": failures, "until": until}}
    store.link_providers.update_one({"_id": provider}, changed, upsert=True)
    return until


def note_success(store: Store, provider: str) -> None:
    """Forgets the failures of a provider."""
    store.link_providers.delete_one({"_id": provider, "failures": {"$gt": 0}})
