"""A SPARQL 1.1 server over an Oxigraph store in memory: query and update, sent directly."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyoxigraph as ox


class SparqlServer:
    """The server; it can be stopped and started again with what it holds.

    Attributes:
        store: what it holds.
        updates: how many it took.
        refuses: answers 500 to everything.
    """

    def __init__(self):
        self.store = ox.Store()
        self.updates = self.port = 0
        self.refuses = False
        self.keys = set()
        self._server = None

    @property
    def url(self):
        """Where updates go."""
        return f"http://ann:s%40fe@127.0.0.1:{self.port}/update"

    def start(self):
        """Answers, on the port that it had."""
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        """Answers no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def quads(self):
        """What it holds, as lines."""
        return set(map(str, self.store))


class _Handler(BaseHTTPRequestHandler):
    owner = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.owner.keys.add(self.headers.get("Authorization"))
        if self.owner.refuses:
            self._tell(500, b"out of order")
        elif self.path == "/update" and self._is("application/sparql-update"):
            self.owner.store.update(body)
            self.owner.updates += 1
            self._tell(204, b"")
        elif self.path == "/query" and self._is("application/sparql-query"):
            found = self.owner.store.query(body)
            self._tell(200, found.serialize(format=ox.QueryResultsFormat.JSON))
        else:
            self._tell(404, b"")

    def _is(self, media_type):
        return self.headers["Content-Type"].split(";")[0] == media_type

    def _tell(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given):
        """Is silent."""


@contextmanager
def answering():
    """A server that answers while the block runs."""
    server = SparqlServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
