"""Services that stand beside the web server, over HTTP: the side that asks."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.domain.as_json import fields_of
from app.domain.errors import Invalid, NotAllowed, NotFound, Problem, Unavailable

_BLOCK = 1 << 16


@dataclass(frozen=True)
class Way:
    """The way to a service.

    Attributes:
        socket: where it listens; `url`: its address, where it has one.
        token: what it knows the askers by.
        subject: which part of what was asked is wrong where the service says so.
        silence: what is said where it does not answer.
    """

    socket: Path
    url: str
    token: str
    subject: str
    silence: str

    def ask(self, name: str, asked: dict[str, Any], seconds: float) -> dict[str, Any]:
        """A service's answer.

        Raises:
            Invalid, NotFound, NotAllowed: as the service says.
            Unavailable: it does not answer, or cannot.
        """
        connection = self._connect(seconds)
        with closing(connection):
            response = self._send(connection, name, asked)
            return dict(json.loads(self._read(response)))

    def open(
        self, name: str, asked: dict[str, Any], seconds: float
    ) -> tuple[dict[str, Any], Iterator[bytes]]:
        """What is said of an answer that is a file, and the file in blocks.

        Raises:
            Invalid, NotFound, NotAllowed, Unavailable: as `ask`; the blocks raise `Unavailable`
                where they end too early.
        """
        connection = self._connect(seconds)
        try:
            response = self._send(connection, name, asked)
        except BaseException:
            connection.close()
            raise
        said = json.loads(response.headers.get("X-Said") or "{}")
        return said, self._iter_body(connection, response)

    def _send(self, connection: HTTPConnection, name: str, asked: dict[str, Any]) -> HTTPResponse:
        headers = {"Content-Type": "application/json", "Authorization": self.token}
        body = json.dumps(asked, default=fields_of)
        try:
            connection.request("POST", f"/{name}", body, headers)
            response = connection.getresponse()
        except (OSError, HTTPException) as error:
            raise Unavailable(self.silence) from error
        if response.status == HTTPStatus.OK:
            return response
        said = json.loads(self._read(response) or b"{}")
        raise self._error(response.status, str(said.get("what", "")), str(said.get("error", "")))

    def _error(self, status: int, what: str, code: str) -> Exception:
        if status == HTTPStatus.FORBIDDEN:
            return NotAllowed(what)
        if status == HTTPStatus.NOT_FOUND:
            return NotFound(what)
        if status == HTTPStatus.BAD_REQUEST:
            problem = Invalid(Problem(self.subject, what))
            problem.code = code or problem.code
            return problem
        away = Unavailable(what or self.silence)
        away.code = code or away.code
        return away

    def _connect(self, seconds: float) -> HTTPConnection:
        if self.url:
            place = urlsplit(self.url)
            return HTTPConnection(place.hostname or "", place.port, timeout=seconds)
        return _UnixConnection(str(self.socket), seconds)

    def _read(self, response: HTTPResponse) -> bytes:
        try:
            return response.read()
        except (OSError, HTTPException) as error:
            raise Unavailable(self.silence) from error

    def _iter_body(self, connection: HTTPConnection, response: HTTPResponse) -> Iterator[bytes]:
        with closing(connection):
            while block := response.read(_BLOCK):
                yield block
            if response.length:  # `read` does not tell; who gets half must not take it for all
                raise Unavailable(f"{self.silence} Its answer ended too early.")


class _UnixConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path, self._seconds = path, seconds

    def connect(self) -> None:
        """Connects."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._seconds)
        self.sock.connect(self._path)


def token_of(secret_key: str, service: str) -> str:
    """What the processes of the program and a service know each other by."""
    digest = hashlib.blake2b(secret_key.encode(), key=service.encode(), digest_size=24)
    return f"Bearer {digest.hexdigest()}"
