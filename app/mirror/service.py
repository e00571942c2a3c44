"""The process that owns the mirror: follows the log, answers queries over HTTP.

It listens on a Unix socket in the data folder that only its owner may enter, or at an address; the
callers are the web processes and commands, which say as whom they ask. Bodies are JSON.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import logging
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import BaseServer, TCPServer, ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import urlsplit

from pymongo.errors import PyMongoError

from app.domain.errors import Conflict, DomainError, Invalid, Unavailable
from app.domain.ids import new_id
from app.mirror import asking
from app.mirror.follower import TooMuch
from app.mirror.pool import Limits, Pool
from app.mirror.views import GROUP, SentView, View, Views
from app.processes.stop import Stop, until_signal
from app.services.mirror import SOCKET, token_of
from app.settings import Settings
from app.store import followers
from app.store.database import Document, Store
from app.store.mongod import make_private, socket_path

_log = logging.getLogger(__name__)
_WAIT_MS = 200
_LOOK_EVERY = 5.0  # seconds between two looks for what no change tells
_PAUSE = 1.0  # seconds after the database did not answer
_LONGEST_PAUSE = 60.0  # seconds between two tries to send
_TRIES = 5
_PATIENCE = 20.0  # seconds that a query waits for a view that is being made
_LARGEST_REQUEST = 1 << 20


class Service:
    """The views, kept up to date, and what is asked of them."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.views = Views(settings.graphs, settings.sent_to)
        limits = Limits(settings.sparql_seconds, settings.sparql_rows, settings.sparql_memory)
        self.pool = Pool(limits)
        self._to_send: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ended = threading.Event()

    # Following

    def follow(self, stop: Stop) -> None:
        """Catches up with every project, then with each that changes, until told to end."""
        if self.settings.sent_to[0] or self.views.sent():
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
            looked = 0.0
            while not stop.is_set():
                if time.monotonic() - looked > _LOOK_EVERY:
                    for view in list(self.views.keep(self.store)):
                        self._catch_up(view, stop.is_set)
                    looked = time.monotonic()
                event = stream.try_next()
                if event is not None:
                    project = str(event["fullDocument"]["project"])
                    self._to_send.put(project)
                    for view in self.views.of(project):
                        self._catch_up(view, stop.is_set)

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

    def _catch_up(self, view: View | SentView, stop: Callable[[], bool]) -> None:
        """Has a view hold all that there is."""
        with view.working:
            if not view.mirror.look(self.store):
                return
            at, is_known = view.position(self.store), self._is_known(view)
            view.is_whole = is_known and not at.building
            if at.is_current and view.mirror.is_finished and is_known:
                return
            group = f"{GROUP} {view.name}"
            try:
                followers.catch_up(self.store, view.project, (view.mirror,), stop=stop, group=group)
                if view.position(self.store).is_current:
                    view.mirror.finish(self.store)
                    if not view.is_whole:
                        view.mirror.tidy()
                    view.is_whole = True
            except TooMuch:
                view.begin_anew()
            view.flush()

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
        """A view that holds everything that there was when it was asked for.

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
            self._catch_up(view, self._ended.is_set)
            if self._is_known(view) and view.position(self.store).is_current:
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
        _listen(settings, service) as server,
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
    with _alone(settings):
        followers.forget_leases(store, GROUP)  # of one that was killed
        service = Service(settings, store)
        try:
            yield service
        finally:
            service.end()


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    with (settings.run / "mirror.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable("Another process owns the mirror of this data folder.") from None
        yield


@contextmanager
def _listen(settings: Settings, service: Service) -> Iterator[BaseServer]:
    handler = type("Handler", (_Handler,), {"service": service})
    if settings.mirror_url:
        place = urlsplit(settings.mirror_url)
        server: BaseServer = _OverTcp((place.hostname or "127.0.0.1", place.port or 80), handler)
        with server:
            yield server
        return
    path = socket_path(settings, SOCKET)
    make_private(path.parent)
    path.unlink(missing_ok=True)
    with _OverUnix(str(path), handler) as server:
        try:
            yield server
        finally:
            path.unlink(missing_ok=True)


class _OverUnix(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class _OverTcp(ThreadingMixIn, TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    """One request: `POST /NAME` with a JSON object."""

    service: Service
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answers."""
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(size, _LARGEST_REQUEST))
        wanted = token_of(self.service.settings)
        if not hmac.compare_digest(self.headers.get("Authorization", ""), wanted):
            self._tell(HTTPStatus.FORBIDDEN, {"error": "not-allowed", "what": "Wrong key."})
            return
        name = self.path.strip("/")
        try:
            if name in ("query", "dump"):
                self._send_file(getattr(self.service, name), json.loads(body))
            elif name in ("hello", "position", "rebuild", "check"):
                self._tell(HTTPStatus.OK, getattr(self.service, name)(json.loads(body)))
            else:
                self._tell(HTTPStatus.NOT_FOUND, {"error": "not-found", "what": name})
        except Invalid as error:
            what = error.problems[0].what
            self._tell(HTTPStatus.BAD_REQUEST, {"error": error.code, "what": what})
        except (DomainError, PyMongoError) as error:
            code = getattr(error, "code", "unavailable")
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, {"error": code, "what": str(error)})

    def _send_file(self, answer: Callable[[Document, Path], Document], asked: Document) -> None:
        """Sends what was written to a file, and what is said of it as a header."""
        folder = self.service.settings.tmp
        out = folder / f"{new_id('o')}.result"
        try:
            said = answer(asked, out)
            with out.open("rb") as found:
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", str(said["type"]))
                self.send_header("X-Said", json.dumps(said))
                self.send_header("Content-Length", str(out.stat().st_size))
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):
                    shutil.copyfileobj(found, self.wfile)
        finally:
            out.unlink(missing_ok=True)

    def _tell(self, status: HTTPStatus, said: Any) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def address_string(self) -> str:
        """Who asks: nobody has an address on a Unix socket."""
        return "local"

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""
