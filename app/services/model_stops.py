"""Whether somebody has stopped a job, for work that must not ask the database all the time."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.services.desk import Desk
from app.store.database import Document

Beat = Callable[[str, int, int], None]
_LOOK = 0.4  # seconds between two looks


def stopper(desk: Desk, job: Document) -> Callable[[], bool]:
    """What tells whether a job was stopped; it can be asked as often as one likes."""
    looked, stopped = 0.0, False

    def is_stopped() -> bool:
        nonlocal looked, stopped
        if not stopped and time.monotonic() - looked > _LOOK:
            looked = time.monotonic()
            asked = {"_id": job["_id"], "cancel": True}
            stopped = desk.store.jobs.find_one(asked, {"_id": 1}) is not None
        return stopped

    return is_stopped
