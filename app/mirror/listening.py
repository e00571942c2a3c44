"""What is asked of the mirror; the callers are the web processes and commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseServer
from typing import Protocol

from pymongo.errors import PyMongoError

from app.processes.calling import token_of
from app.processes.serving import Service, serve
from app.services.mirror import NAME, SOCKET
from app.settings import Settings
from app.store.database import Document
from app.store.mongod import make_private, socket_path


class Answers(Protocol):
    """What answers."""

    settings: Settings

    def hello(self, asked: Document, /) -> Document:
        """Says that it is there."""

    def position(self, asked: Document, /) -> Document:
        """How far a view is."""

    def rebuild(self, asked: Document, /) -> Document:
        """Makes all views of a project anew."""

    def check(self, asked: Document, /) -> Document:
        """Compares all views of a project with what the records give."""

    def query(self, asked: Document, out: Path, /) -> Document:
        """Answers a query into a file."""

    def dump(self, asked: Document, out: Path, /) -> Document:
        """Writes everything into a file."""


@contextmanager
def listen(settings: Settings, service: Answers) -> Iterator[BaseServer]:
    """The server, while the block runs."""
    path = socket_path(settings, SOCKET)
    if not settings.mirror_url:
        make_private(path.parent)
    served = Service(
        token_of(settings.secret_key, NAME),
        {
            "hello": service.hello,
            "position": service.position,
            "rebuild": service.rebuild,
            "check": service.check,
        },
        {"query": service.query, "dump": service.dump},
        scratch=settings.tmp,
        away=(PyMongoError,),
    )
    with serve(served, path, settings.mirror_url) as server:
        yield server
