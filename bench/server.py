"""A real web server for benchmarks, on loopback, and a signed-in member's cookie."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from app.settings import Settings

NAME = "bench-bench-1000"


@contextmanager
def running(settings: Settings) -> Iterator[tuple[int, str]]:
    """Starts gunicorn; gives its port and the cookie of a member."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "app.web.wsgi:make_app()", "-b", f"127.0.0.1:{port}",
        "-k", "gthread", "--threads", str(settings.threads), "--log-level", "warning",
    ]  # fmt: skip
    server = subprocess.Popen(command, env={**os.environ, **settings.environ()})
    try:
        _wait(port)
        yield port, _login(port)
    finally:
        server.terminate()
        server.wait()


def _wait(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            _get(port, "/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not answer")


def _get(port: int, path: str, cookie: str = "") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    return connection.getresponse()


def _login(port: int) -> str:
    page = _get(port, "/login")
    cookie = (page.getheader("Set-Cookie") or "").split(";")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
    form = {
        "username": NAME,
        "password": "correct horse battery",
        "csrf_token": token.group(1) if token else "",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", urlencode(form), headers)
    answer = connection.getresponse()
    found = [value.split(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie"]
    return "; ".join(found)
