"""The supervisor starts everything for real, restarts what dies, and ends it all."""

from __future__ import annotations

import fcntl
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from app.settings import REPOSITORY, Settings
from app.store.mongod import hold

SERVE = """
import os, sys
from app.settings import Settings
from app.worker import supervisor
from app.worker.supervisor import Program

def serve():
    prepare = [sys.executable, "-c", sys.argv[3]]
    helper = (sys.executable, "-c", sys.argv[1])
    supervisor.serve(
        Settings.from_env(os.environ),
        sample=True,
        application=sys.argv[2],
        prepare=prepare,
        beside=[Program("helper", helper)],
    )
from app.domain.errors import DomainError
try:
    serve()
except DomainError as error:
    sys.exit(f"told: {error}")
"""
APPLICATION = "tests.worker.stand_in:make_app()"
PREPARE = "import sys; print('prepared', *sys.argv[1:], flush=True)"
IDLE = "import time; print('idle', flush=True); time.sleep(600)"


class Server:
    """The supervisor in a process of its own."""

    def __init__(self, data, port, helper=IDLE, application=APPLICATION, prepare=PREPARE):
        self.settings = Settings(data=data, port=port)
        environ = {**os.environ, **self.settings.environ(), "MONGODB_URI": ""}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, helper, application, prepare],
            cwd=REPOSITORY,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines = queue.Queue()
        self.seen = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def line(self, containing, limit=60):
        """Waits for a line that contains something."""
        deadline = time.monotonic() + limit
        while True:
            try:
                self.seen.append(self.lines.get(timeout=max(deadline - time.monotonic(), 0.01)))
            except queue.Empty:
                raise AssertionError(f"no line with {containing!r} in {self.seen}") from None
            if containing in self.seen[-1]:
                return self.seen[-1]

    def address(self):
        return self.line("LiFE is running at").split()[4]

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(60)

    def close(self):
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        self.reader.join(60)
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path):
    servers = []

    def make(**arguments):
        servers.append(Server(tmp_path / "data", free_port(), **arguments))
        return servers[-1]

    yield make
    for server in servers:
        server.close()
    if database_runs(tmp_path / "data"):
        with hold(Settings(data=tmp_path / "data")):
            pass  # stops a database that a killed supervisor left
    assert not database_runs(tmp_path / "data")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(address, path):
    """The body and the web server's main process."""
    with urllib.request.urlopen(f"{address}/{path}", timeout=10) as answer:
        return answer.read().decode(), int(answer.headers["X-Process"])


def children_of(pid):
    """Command lines of the processes that a process started, by their ids."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = status.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found[int(status.parent.name)] = command
    return found


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def database_runs(data):
    try:
        with (data / "db" / "mongod.lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def wait_until(holds, limit=30.0):
    deadline = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < deadline, "the condition did not come to hold"
        time.sleep(0.02)


def answers(address):
    try:
        return fetch(address, "healthz")[0] == "ok"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_everything_and_a_signal_ends_everything(start, number):
    server = start()
    address = server.address()
    assert address == f"http://127.0.0.1:{server.settings.port}"
    assert "prepared --sample" in server.seen
    uri, web = fetch(address, "MONGODB_URI")
    assert uri.startswith("mongodb://%2F")
    assert len(fetch(address, "LIFE_SECRET_KEY")[0]) >= 48
    children = children_of(server.process.pid)
    assert web in children
    grandchildren = children_of(web)
    assert len(children) == 2
    assert database_runs(server.settings.data)
    assert server.end(number) == 0
    assert not any(is_alive(pid) for pid in (*children, *grandchildren))
    assert not database_runs(server.settings.data)


def test_a_child_that_is_killed_is_started_again(start):
    server = start()
    address = server.address()
    web = fetch(address, "healthz")[1]
    os.kill(web, signal.SIGKILL)
    assert "signal 9" in server.line("The web server ended")
    wait_until(lambda: answers(address) and fetch(address, "healthz")[1] != web)
    helper = next(
        pid for pid, command in children_of(server.process.pid).items() if "idle" in command
    )
    os.kill(helper, signal.SIGKILL)
    assert "signal 9" in server.line("The helper ended")
    wait_until(lambda: any("idle" in c for c in children_of(server.process.pid).values()))


def test_a_database_that_is_killed_is_started_again(start):
    server = start()
    server.address()
    lock = server.settings.db / "mongod.lock"
    os.kill(int(lock.read_text()), signal.SIGKILL)
    server.line("MongoDB had ended and was started again")
    assert database_runs(server.settings.data)


def test_a_port_that_is_taken_is_replaced_by_a_free_one(tmp_path, start):
    server = start()
    first = server.address()
    second = Server(tmp_path / "data", server.settings.port)
    try:
        said = second.line("is taken")
        address = second.address()
        assert address != first
        assert address.rpartition(":")[2] in said
        assert fetch(address, "LIFE_PORT")[0] == address.rpartition(":")[2]
    finally:
        second.close()
    assert answers(first)
    assert database_runs(server.settings.data)


def test_nothing_outlives_a_supervisor_that_is_killed(start):
    server = start()
    web = fetch(server.address(), "healthz")[1]
    processes = [*children_of(server.process.pid), *children_of(web)]
    server.end(signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in processes))
    assert database_runs(server.settings.data)  # adopted and stopped by the fixture


def test_a_program_that_keeps_dying_is_started_after_growing_pauses(start):
    server = start(helper="raise SystemExit('out of order')")
    first = server.line("ended (exit code 1): out of order")
    assert "again in 0.5 s" in first
    assert "helper.log" in first
    assert "again in 1 s" in server.line("ended (exit code 1)")


def test_a_web_server_that_never_starts_ends_it_with_one_line(start):
    server = start(application="tests.worker.stand_in:broken()")
    said = server.line("told:")
    assert "ValueError: out of order" in said
    assert "does not start" in said
    assert "web-server.log" in said
    assert server.process.wait(60) == 1
    assert not database_runs(server.settings.data)


def test_a_database_that_cannot_be_brought_up_to_date_ends_it_with_one_line(start):
    server = start(prepare="raise SystemExit('no way up')")
    server.line("no way up")
    assert "could not be brought up to date" in server.line("told:")
    assert server.process.wait(60) == 1
    assert not database_runs(server.settings.data)


def test_a_signal_ends_it_while_the_database_is_brought_up_to_date(start):
    server = start(prepare="import time; print('begun', flush=True); time.sleep(600)")
    server.line("begun")
    assert server.end(signal.SIGINT) == 0
    assert not database_runs(server.settings.data)
