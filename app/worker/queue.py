"""The queue between the web processes and the worker: SQLite on one machine, Redis on many."""

from __future__ import annotations

import json
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.registry import Message

from app.settings import Settings

NAME = "life"
FIELDS = ("id", "name", "args", "kwargs", "retries", "retry_delay", "priority")


class JsonSerializer:
    """Writes calls as JSON, so that nothing in the queue can run code when it is read.

    A call consists of its name and JSON arguments. Schedules and chains are not carried: jobs
    are recorded in the database, and the queue only says which to look at.
    """

    def serialize(self, message: Any) -> bytes:
        """The call as UTF-8 JSON.

        Raises:
            TypeError: an argument has no JSON form.
        """
        record = message._asdict()
        lost = [key for key, value in record.items() if value and key not in FIELDS]
        if lost:
            raise TypeError(f"a queued call cannot carry {', '.join(lost)}")
        return json.dumps({key: record[key] for key in FIELDS}).encode()

    def deserialize(self, data: bytes) -> Any:
        """The call that was written."""
        record = json.loads(bytes(data))
        return Message(**{key: record[key] for key in FIELDS})


def make_queue(settings: Settings) -> Any:
    """The queue that the settings name; Huey's own results are off, jobs keep theirs."""
    common = {"results": False, "serializer": JsonSerializer()}
    if settings.redis_url:
        return RedisHuey(NAME, url=settings.redis_url, **common)
    settings.make_folders()
    queue: Huey = SqliteHuey(
        NAME, filename=str(settings.data / "queue.db"), strict_fifo=True, **common
    )
    return queue
