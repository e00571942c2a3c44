"""Changes as they happen: the change stream wakes, the log says what."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymongo.errors import PyMongoError

from app.store.database import Document, Store

_log = logging.getLogger(__name__)
_WAIT_MS = 1000
_REPLAY = 200  # changes that a reader who was away is given; after that it reads afresh


class Feed:
    """One reader of the change stream in this process, waking whoever waits for a project."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._latest: dict[str, int] = defaultdict(int)
        self._moves: dict[str, int] = defaultdict(int)
        self._thread: threading.Thread | None = None

    def wait(self, project: str, seen: int, seconds: float) -> bool:
        """Waits until the project has a change after number `seen`.

        Returns:
            False when the time is up before, or somebody has moved to another place.
        """
        self._start()
        with self._changed:
            moves = self._moves[project]
            self._changed.wait_for(
                lambda: self._latest[project] > seen or self._moves[project] != moves, seconds
            )
            return self._latest[project] > seen

    def _start(self) -> None:
        with self._changed:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        places = {"ns.coll": "presence", "updateDescription.updatedFields.place": {"$exists": True}}
        done = {"ns.coll": "changes", "fullDocument.state": "done"}
        wanted = [{"$match": {"$or": [done, places]}}]
        while True:
            try:
                stream = self._store.watch(
                    wanted, full_document="updateLookup", max_await_time_ms=_WAIT_MS
                )
                with stream:
                    for event in stream:
                        self._take(event)
            except PyMongoError as error:
                _log.info("the change stream is opened again: %s", error)
                with contextlib.suppress(PyMongoError):
                    self._catch_up()
                time.sleep(1)

    def _take(self, event: Document) -> None:
        found = event.get("fullDocument")
        if found is None:  # it went before it could be looked at
            return
        if event["ns"]["coll"] == "changes":
            self._note(found["project"], int(found["seq"]))
            return
        with self._changed:
            self._moves[found["project"]] += 1
            self._changed.notify_all()

    def _catch_up(self) -> None:
        for counter in self._store.counters.find():
            self._note(counter["_id"], int(counter["seq"]))

    def _note(self, project: str, seq: int) -> None:
        with self._changed:
            self._latest[project] = max(self._latest[project], seq)
            self._changed.notify_all()


def iter_since(store: Store, project: str, seen: int) -> Iterator[Document]:
    """The project's changes after number `seen`, first to last, at most 200 of them."""
    query = {"project": project, "seq": {"$gt": seen}}
    yield from store.changes.find(query).sort("seq", 1).limit(_REPLAY)


def touch_presence(
    store: Store, project: str, user: str, name: str, now: datetime, place: str | None = None
) -> None:
    """Notes that somebody has the project open.

    Args:
        place: the record at which they are; None to leave what was noted.
    """
    known = {"project": project, "user": user, "name": name, "at": now}
    if place is not None:
        known["place"] = place
    store.presence.update_one({"_id": f"{project}:{user}"}, {"$set": known}, upsert=True)


def present(store: Store, project: str, since: datetime) -> list[dict[str, Any]]:
    """Who has the project open, by name, each with the record at which they are."""
    found = store.presence.find({"project": project, "at": {"$gt": since}}).sort("name")
    return [{"user": one["user"], "name": one["name"], "at": one.get("place", "")} for one in found]
