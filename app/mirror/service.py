"""The process that owns the mirror: follows the log, answers what is asked of the views."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pymongo.errors import PyMongoError

from app.domain.errors import Conflict, DomainError, Unavailable
from app.mirror import asking
from app.mirror.follower import TooMuch
from app.mirror.listening import listen
from app.mirror.pool import Limits, Pool
from app.mirror.views import GROUP, SentView, View, Views
from app.processes.alone import alone
from app.processes.stop import Stop, until_signal
from app.settings import Settings
from app.store import followers
from app.store.database import Document, Store

_log = logging.getLogger(__name__)
_WAIT_MS = 200
_LOOK_EVERY = 5.0  # seconds between two looks for what no change tells
_PAUSE = 1.0  # seconds after the database did not answer
_MOMENT = 1.0  # seconds that others wait for a view
_AT_ONCE = 2  # views that take longer side by side
_LONGEST_PAUSE = 60.0  # seconds between two tries to send
_TRIES = 5
_PATIENCE = 20.0  # seconds that a query waits for a view that is being made


class Service:
    """The views, kept up to date, and what is asked of them."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.views = Views(settings.graphs, settings.sent_to)
        limits = Limits(settings.sparql_seconds, settings.sparql_rows, settings.sparql_memory)
        self.pool = Pool(limits)
        self._sends = False
        self._to_send: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._longer = threading.BoundedSemaphore(_AT_ONCE)

    # Following

    def follow(self, stop: Stop) -> None:
        """Catches up with every project, then with each that changes, until told to end."""
        self._sends = bool(self.settings.sent_to[0] or self.views.sent())
        if self._sends:
            threading.Thread(target=self._send, daemon=True).start()
        while not stop.is_set():
            try:
                self._follow(stop)
            except (PyMongoError, DomainError) as error:
                _log.warning("The mirror waits for the database: %s", error)
                stop.wait(_PAUSE)

    def end(self) -> None:
        """Has everything that still works stop as soon as it can, and ends the processes."""
        self._ended.set()
        self._to_send.put("")
        self.pool.close()

    def _follow(self, stop: Stop) -> None:
        wanted: list[Document] = [{"$match": {"fullDocument.state": "done"}}]
        with self.store.changes.watch(
            wanted, full_document="updateLookup", max_await_time_ms=_WAIT_MS
        ) as stream:
            looked, late = 0.0, set[View]()
            while not stop.is_set():
                if time.monotonic() - looked > _LOOK_EVERY:
                    late |= set(self.views.keep(self.store))
                    looked = time.monotonic()
                event = stream.try_next()
                if event is not None:
                    project = str(event["fullDocument"]["project"])
                    late |= set(self.views.of(project))
                    if self._sends:
                        self._to_send.put(project)
                late = {view for view in late if not self._attend(view, stop)}

    def _attend(self, view: View, stop: Stop) -> bool:
        """Catches up with a view; tells whether nothing is left.

        What takes longer than a moment goes on beside, so that no project waits for another one.
        """
        if view.working.locked():
            return False
        end = time.monotonic() + _MOMENT
        if self._catch_up(view, lambda: stop.is_set() or time.monotonic() > end):
            return True
        if not stop.is_set() and self._longer.acquire(blocking=False):
            threading.Thread(target=self._go_on, args=(view,), daemon=True).start()
        return False

    def _go_on(self, view: View) -> None:
        try:
            self._make(view)
        finally:
            self._longer.release()

    def _send(self) -> None:
        """Sends what everybody may read to the SPARQL server, beside all other work.

        Where that does not answer, it is tried again, later each time.
        """
        pause, looked = 0.0, 0.0
        while not self._ended.wait(pause):
            waiting = self._told_to_send() if looked else set()
            try:
                if time.monotonic() - looked > _LOOK_EVERY:
                    waiting = {one.project for one in self.views.keep_sent(self.store)}
                    looked = time.monotonic()
                for view in [one for one in self.views.sent() if one.project in waiting]:
                    self._catch_up(view, self._ended.is_set)
            except (PyMongoError, DomainError) as error:
                if not pause:
                    _log.warning("Linked data are not sent for now: %s", error)
                pause, looked = min(_LONGEST_PAUSE, max(_PAUSE, 2 * pause)), 0.0
            else:
                pause = 0.0

    def _told_to_send(self) -> set[str]:
        """The projects that changed; waits for one."""
        told: set[str] = set()
        with suppress(queue.Empty):
            told.add(self._to_send.get(timeout=_LOOK_EVERY))
            while True:
                told.add(self._to_send.get_nowait())
        return told

    def _catch_up(self, view: View | SentView, stop: Callable[[], bool]) -> bool:
        """Has a view hold all that there is; tells whether it does."""
        with view.working:
            if not view.mirror.look(self.store):
                return True
            at, is_known = view.position(self.store), self._is_known(view)
            if at.building or not is_known:  # whole only after this process has caught up once
                view.is_whole = False
            if at.is_current and view.mirror.is_finished and is_known:
                return True
            group, is_done = f"{GROUP} {view.name}", False
            try:
                followers.catch_up(self.store, view.project, (view.mirror,), stop=stop, group=group)
                if view.position(self.store).is_current:
                    view.mirror.finish(self.store)
                    if at.building:
                        view.mirror.tidy()
                    view.is_whole = is_done = True
            except TooMuch:
                view.begin_anew()
            view.flush()
            return is_done

    def _is_known(self, view: View | SentView) -> bool:
        """Whether the checkpoint is of this very store."""
        mine = {"project": view.project, "name": view.mirror.name, "version": view.mirror.version}
        return self.store.followers.find_one(mine, {"_id": 1}) is not None

    # Answers

    def position(self, asked: Document) -> Document:
        """How far a view is."""
        view = self.views.get(str(asked["project"]), str(asked["view"]))
        view.mirror.look(self.store)
        at = view.position(self.store)
        building = at.building or not self._is_known(view)
        return {"seq": at.seq, "current": at.current, "building": building}

    def query(self, asked: Document, out: Path) -> Document:
        """Answers a query into a file; gives its media type, rows and whether there are more."""
        asking.check(str(asked["query"]))
        view = self._ready(str(asked["project"]), str(asked["view"]))
        request = {
            key: asked.get(key)
            for key in ("query", "rows_type", "graph_type", "default_graphs", "named_graphs",
                        "prefixes")
        }  # fmt: skip
        rows = min(int(asked.get("rows") or self.pool.limits.rows), self.pool.limits.rows)
        with view.copy() as copy:
            return self.pool.ask(request | {"store": str(copy), "out": str(out), "rows": rows})

    def dump(self, asked: Document, out: Path) -> Document:
        """Writes all of a view into a file."""
        view = self._ready(str(asked["project"]), str(asked["view"]))
        media_type = str(asked["media_type"])
        view.graphs.dump(out, media_type, dict(asked.get("prefixes") or {}))
        return {"type": media_type}

    def hello(self, _asked: Document) -> Document:
        """Says that it is there."""
        return {"there": True}

    def look_after(self, name: str, project: str) -> list[str]:
        """Rebuilds or checks the views of a project in this process."""
        list(self.views.keep(self.store))
        self.views.keep_sent(self.store)
        asked = {"project": project}
        return list(
            self.rebuild(asked)["made"] if name == "rebuild" else self.check(asked)["wrong"]
        )

    def rebuild(self, asked: Document) -> Document:
        """Makes all views of a project anew."""
        made = []
        for view in self.views.all_of(str(asked["project"])):
            view.begin_anew()
            self._wait(view)
            made.append(view.name)
        return {"made": made}

    def check(self, asked: Document) -> Document:
        """Compares all views of a project with what the records give; they are right then."""
        wrong = []
        for view in self.views.all_of(str(asked["project"])):
            if not self._is_right(view):
                wrong.append(view.name)
        return {"wrong": wrong}

    def _is_right(self, view: View | SentView) -> bool:
        """Whether a view is what it is when it is made anew, with nothing changed meanwhile.

        Raises:
            Conflict: people write all the time, so that nothing can be compared.
        """
        for _try in range(_TRIES):
            self._wait(view)
            at, before = view.position(self.store).seq, view.digest()
            view.begin_anew()
            self._wait(view)
            after = view.digest()
            if before == after:
                return True
            if view.position(self.store).seq == at:
                return False
        raise Conflict("People write in the project all the time; try again later.")

    def _ready(self, project: str, view_name: str) -> View:
        """A view that is whole; it has what was changed a moment ago within a second or two.

        Raises:
            Unavailable: it is being made, and that takes longer than anybody waits.
        """
        view = self.views.get(project, view_name)
        view.note_asked()
        if not view.is_whole:
            making = threading.Thread(target=self._make, args=(view,), daemon=True)
            making.start()
            making.join(_PATIENCE)
            if not view.is_whole:
                raise Unavailable("The graphs are being made; try again in a minute.")
        return view

    def _make(self, view: View) -> None:
        with suppress(PyMongoError, DomainError):
            self._wait(view)

    def _wait(self, view: View | SentView) -> None:
        """Catches up until there is nothing left, or everything ends."""
        while not self._ended.is_set():
            if self._catch_up(view, self._ended.is_set):
                return
            time.sleep(0.05)


def run(settings: Settings, store: Store) -> None:
    """Owns the mirror until told to end.

    Raises:
        Unavailable: another process owns it.
    """
    with (
        until_signal() as stop,
        owned(settings, store) as service,
        listen(settings, service) as server,
    ):
        answering = threading.Thread(target=server.serve_forever, daemon=True)
        answering.start()
        try:
            service.follow(stop)
        finally:
            server.shutdown()


@contextmanager
def owned(settings: Settings, store: Store) -> Iterator[Service]:
    """The mirror, of which this process is the owner while the block runs.

    Raises:
        Unavailable: another process owns it.
    """
    otherwise = "Another process owns the mirror of this data folder."
    with alone(settings.run / "mirror.lock", otherwise):
        followers.forget_leases(store, GROUP)  # of one that was killed
        service = Service(settings, store)
        try:
            yield service
        finally:
            service.end()
