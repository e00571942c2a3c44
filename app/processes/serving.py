"""Services that stand beside the web server, over HTTP: the side that answers.

They listen on a Unix socket in a folder that only its owner may enter, or at an address. Bodies are
JSON objects; who asks is told by a key that all processes of the program share.
"""

from __future__ import annotations

import hmac
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import BaseServer, TCPServer, ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import urlsplit

from app.domain.errors import DomainError, Invalid, NotFound
from app.domain.ids import new_id

Body = dict[str, Any]


@dataclass(frozen=True)
class Service:
    """What is served.

    Attributes:
        token: what askers have to know.
        answers: by name, what answers with a JSON object.
        files: by name, what writes its answer into a file and returns what is said of it, its
            media type as `type`.
        scratch: folder for such files.
        away: errors of libraries that say that something is not there now.
        largest: bytes of a question.
    """

    token: str
    answers: Mapping[str, Callable[[Body], Body]]
    files: Mapping[str, Callable[[Body, Path], Body]] = field(default_factory=dict)
    scratch: Path = Path()
    away: tuple[type[Exception], ...] = ()
    largest: int = 1 << 20


@contextmanager
def serve(service: Service, socket: Path, url: str = "") -> Iterator[BaseServer]:
    """The server, while the block runs; at the address where there is one, else on the socket."""
    handler = type("Handler", (_Handler,), {"service": service})
    if url:
        place = urlsplit(url)
        server: BaseServer = _OverTcp((place.hostname or "127.0.0.1", place.port or 80), handler)
        with server:
            yield server
        return
    socket.unlink(missing_ok=True)
    with _OverUnix(str(socket), handler) as server:
        try:
            yield server
        finally:
            socket.unlink(missing_ok=True)


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
        body = self.rfile.read(min(size, self.service.largest))
        if not hmac.compare_digest(self.headers.get("Authorization", ""), self.service.token):
            self._tell(HTTPStatus.FORBIDDEN, {"error": "not-allowed", "what": "Wrong key."})
            return
        name = self.path.strip("/")
        try:
            if name in self.service.files:
                self._send_file(self.service.files[name], json.loads(body))
            elif name in self.service.answers:
                self._tell(HTTPStatus.OK, self.service.answers[name](json.loads(body)))
            else:
                self._tell(HTTPStatus.NOT_FOUND, {"error": "not-found", "what": name})
        except Invalid as error:
            what = error.problems[0].what
            self._tell(HTTPStatus.BAD_REQUEST, {"error": error.code, "what": what})
        except NotFound as error:
            self._tell(HTTPStatus.NOT_FOUND, {"error": error.code, "what": str(error)})
        except DomainError as error:
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, {"error": error.code, "what": str(error)})
        except self.service.away as error:
            said = {"error": "unavailable", "what": str(error)}
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, said)

    def _send_file(self, answer: Callable[[Body, Path], Body], asked: Body) -> None:
        """Sends what was written to a file, and what is said of it as a header."""
        out = self.service.scratch / f"{new_id('o')}.result"
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
