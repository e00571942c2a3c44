"""The program that keeps derived collections up to date: woken by the change stream."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from pymongo.change_stream import ChangeStream
from pymongo.errors import PyMongoError

from app.domain.errors import DomainError
from app.processes.stop import Stop, until_signal
from app.store import followers
from app.store.database import Document, Store
from app.store.derived import FOLLOWERS
from app.store.followers import Follower

_log = logging.getLogger(__name__)
LOOK_EVERY = 5.0  # seconds between two looks for what no change tells
_WAIT_MS = 500
_PAUSE = 1.0  # seconds after the database did not answer


def run(store: Store, following: Sequence[Follower] = FOLLOWERS) -> None:
    """Catches up with every project, then with each that changes, until told to end."""
    with until_signal() as stop:
        while not stop.is_set():
            try:
                _follow(store, following, stop)
            except (PyMongoError, DomainError) as error:
                _log.warning("Derived data wait for the database: %s", error)
                stop.wait(_PAUSE)


def _follow(store: Store, following: Sequence[Follower], stop: Stop) -> None:
    """Follows until told to end; the stream is open before the first look, so nothing is missed."""
    wanted: list[Document] = [{"$match": {"fullDocument.state": "done"}}]
    with store.changes.watch(
        wanted, full_document="updateLookup", max_await_time_ms=_WAIT_MS
    ) as stream:
        stale = followers.behind(store, following)
        looked = time.monotonic()
        while not stop.is_set():
            for project in sorted(stale):
                followers.catch_up(store, project, following, stop=stop.is_set)
            stale = _changed(stream)
            if time.monotonic() - looked > LOOK_EVERY:
                stale |= followers.behind(store, following)
                looked = time.monotonic()


def _changed(stream: ChangeStream[Document]) -> set[str]:
    """The projects that have changed; waits half a second for one."""
    event = stream.try_next()
    return {str(event["fullDocument"]["project"])} if event is not None else set()
