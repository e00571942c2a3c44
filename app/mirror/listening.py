"""What is asked of the mirror, over HTTP.

It listens on a Unix socket in the data folder that only its owner may enter, or at an address; the
callers are the web processes and commands, which say as whom they ask. Bodies are JSON.
"""

from __future__ import annotations

import hmac
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import BaseServer, TCPServer, ThreadingMixIn, UnixStreamServer
from typing import Any, Protocol
from urllib.parse import urlsplit

from pymongo.errors import PyMongoError

from app.domain.errors import DomainError, Invalid
from app.domain.ids import new_id
from app.services.mirror import SOCKET, token_of
from app.settings import Settings
from app.store.database import Document
from app.store.mongod import make_private, socket_path

_LARGEST_REQUEST = 1 << 20


class Answers(Protocol):
    """What answers; `hello`, `position`, `rebuild` and `check` have the same form."""

    settings: Settings

    def hello(self, asked: Document, /) -> Document:
        """Says that it is there."""

    def query(self, asked: Document, out: Path, /) -> Document:
        """Answers a query into a file."""

    def dump(self, asked: Document, out: Path, /) -> Document:
        """Writes everything into a file."""


@contextmanager
def listen(settings: Settings, service: Answers) -> Iterator[BaseServer]:
    """The server, while the block runs."""
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

    service: Answers
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
