"""Uploads too large for the limit or the disk, and large ones that go through: never in memory."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bson import ObjectId

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import accounts
from app.services.accounts import NewAccount, register
from app.services.clock import utc_now
from app.services.space import free_bytes
from app.store import files, members, migrations
from tests.factories import make_project, make_store
from tests.faults.programs import call, listening, web

MB = 10**6
PATH = "/api/v1/projects/sena/imports"
BEFORE = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="words.lift"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n"
)
AFTER = b"\r\n--b--\r\n"


@pytest.fixture
def token(database):
    """The token of an owner of a project."""
    store = make_store(database)
    migrations.migrate(store)
    project = make_project(store)
    new = NewAccount("ann", "Ann", "", "correct horse battery")
    account = register(store, new, True, utc_now())
    members.put(store, project, account["_id"], Role.OWNER, by=SYSTEM, at=utc_now())
    actor = accounts.actor_of(account)
    return accounts.make_token(store, actor, "t", ["read", "write"], None, utc_now())


@contextlib.contextmanager
def running(settings, **changed):
    """A web server that answers, and its port."""
    with listening() as listener:
        port = listener.getsockname()[1]
        with web(replace(settings, **changed), listener) as server:
            assert call(port, "GET", "/healthz")[0] == 200
            yield port, server


def body(size, step=1 << 20):
    """A form with a file of so many bytes, made as it is sent."""
    yield BEFORE
    block = bytes(range(256)) * (step // 256)
    for at in range(0, size, step):
        yield block[: min(step, size - at)]
    yield AFTER


def upload(port, token, size, *, chunked=False):
    """Sends a file; gives status, answer and how many bytes were sent until it came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("POST", PATH)
    connection.putheader("Authorization", f"Bearer {token}")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    else:
        connection.putheader("Content-Length", str(len(BEFORE) + size + len(AFTER)))
    connection.endheaders()
    sent = 0
    try:
        for piece in body(size):
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            sent += len(piece)
        if chunked:
            connection.send(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        pass  # it did not want to hear the end of it: the answer is there
    try:
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), sent
    finally:
        connection.close()


class Memory(threading.Thread):
    """Watches the memory of a server and of what it started while a block runs."""

    def __init__(self, server):
        super().__init__(daemon=True)
        master = server.process.pid
        (child,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        self.status = Path(f"/proc/{child}/status")
        self.begun = self.peak = self.now()
        self.stop = threading.Event()

    def now(self):
        """Bytes of memory that the process holds of its own."""
        lines = dict(line.split(":", 1) for line in self.status.read_text().splitlines())
        return int(lines["RssAnon"].split()[0]) * 1024

    def run(self):
        while not self.stop.wait(0.01):
            self.peak = max(self.peak, self.now())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop.set()
        self.join()


@pytest.mark.parametrize("chunked", [False, True], ids=["length known", "in chunks"])
def test_a_large_upload_goes_to_the_disk_and_not_through_memory(settings, database, token, chunked):
    size = 100 * MB if chunked else 300 * MB
    with running(settings) as (port, server):
        upload(port, token, 1000)
        with Memory(server) as memory:
            status, answer, _ = upload(port, token, size, chunked=chunked)
    assert status == 202, answer
    stored = database["blobs.files"].find_one(sort=[("length", -1)])
    assert stored["length"] == size
    chunks = list(database["blobs.chunks"].find({"files_id": stored["_id"]}, {"n": 1}))
    assert sorted(one["n"] for one in chunks) == list(range(-(-size // (1 << 20))))
    assert memory.peak - memory.begun < 60 * MB


def test_two_gigabytes_are_refused_before_they_are_sent(settings, database, token):
    with running(settings) as (port, server):
        with Memory(server) as memory:
            status, answer, sent = upload(port, token, 2000 * MB)
        assert status == 413
        assert "at most 1,024 MiB" in answer["detail"]
        assert sent < 100 * MB
        assert memory.peak - memory.begun < 30 * MB
        assert database["blobs.chunks"].find_one() is None
        assert upload(port, token, 1000)[0] == 202


def test_more_than_the_limit_in_chunks_is_refused_where_the_limit_is(settings, database, token):
    with running(settings, max_upload=20 * MB) as (port, _):
        status, answer, sent = upload(port, token, 400 * MB, chunked=True)
        assert status == 413
        assert "at most 19 MiB" in answer["detail"]
        assert sent < 200 * MB
        assert database["blobs.chunks"].find_one() is None
        assert upload(port, token, 15 * MB, chunked=True)[0] == 202


@pytest.mark.parametrize("chunked", [False, True], ids=["length known", "in chunks"])
def test_an_upload_for_which_the_disk_has_no_room_is_refused(settings, database, token, chunked):
    least = free_bytes(settings.data) - 400 * MB  # what is written here and elsewhere is less
    with running(settings, min_free=least) as (port, _):
        status, answer, sent = upload(port, token, 1000 * MB, chunked=chunked)
        assert status == 503
        assert "The disk of the server has" in answer["detail"]
        assert sent < 700 * MB
    assert database["blobs.chunks"].find_one() is None
    assert list(settings.tmp.iterdir()) == []


def test_what_is_no_file_is_small_because_it_is_held_in_memory(settings, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    path = "/api/v1/projects/sena/entries"
    with running(settings) as (port, server), Memory(server) as memory:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            status, answer = call(port, "POST", path, b" " * 200 * MB, headers)
            assert (status, "at most 16 MiB" in answer["detail"]) == (413, True)
        assert call(port, "POST", path, b" " * MB, headers)[0] == 422
        assert memory.peak - memory.begun < 30 * MB


def test_what_a_killed_upload_left_is_cleared_away(database):
    store = make_store(database)
    kept = files.put(store, "p", io.BytesIO(b"whole"), "a.wav")
    left, coming = new_id("b"), new_id("b")
    for name, at in ((left, utc_now() - timedelta(days=2)), (coming, utc_now())):
        chunk = {"_id": ObjectId.from_datetime(at), "files_id": name, "n": 0, "data": b"half"}
        store["blobs.chunks"].insert_one(chunk)
    assert files.clear_unfinished(store, utc_now() - timedelta(days=1)) == 1
    assert set(store["blobs.chunks"].distinct("files_id")) == {kept, coming}
