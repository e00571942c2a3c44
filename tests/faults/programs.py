"""The program's own processes, as a test starts and kills them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from app.settings import REPOSITORY
from app.worker import supervisor


class Program:
    """A process of the program in a session of its own, killed at the end of the block."""

    def __init__(self, settings, command, descriptors=(), log=None):
        self.log = (log or settings.log / "fault.log").open("ab")
        self.process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={**os.environ, **settings.environ()},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=descriptors,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.kill()

    def kill(self):
        """Ends the process and all that it started at once, as `kill -9` does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()


def worker(settings):
    """A worker."""
    return Program(settings, [sys.executable, "-m", "app", "worker"])


@contextlib.contextmanager
def listening():
    """A socket that outlives the web server, and so does its queue of connections."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener


def web(settings, listener):
    """The web server, started as the supervisor starts it."""
    settings = replace(settings, port=listener.getsockname()[1])
    command = supervisor.web(settings, listener).command
    return Program(settings, command, (listener.fileno(),))


def call(port, method, path, body=None, headers=None, timeout=30):
    """An answer's status and JSON, or None for what is not JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        if isinstance(body, dict):
            body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        is_json = "json" in answer.getheader("Content-Type", "")
        return answer.status, json.loads(text) if is_json else None
    finally:
        connection.close()


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=60, but=()):
    """Waits until a condition holds and gives it; errors of some kinds count as not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(*but):
            if found := condition():
                return found
        time.sleep(0.005)
    return pytest.fail("the condition did not come about")


def write_lift(path, count):
    """A dictionary of so many entries, `w0` to the last, each with a meaning."""
    entries = "".join(
        f'<entry id="{n}"><lexical-unit><form lang="seh"><text>w{n}</text></form></lexical-unit>'
        f'<sense><gloss lang="en"><text>meaning {n}</text></gloss></sense></entry>\n'
        for n in range(count)
    )
    path.write_text(f'<lift version="0.13">{entries}</lift>', encoding="utf-8")
    return path
