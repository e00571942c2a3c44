"""The program's own MongoDB is started, shared, adopted and stopped as decided."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from pymongo import MongoClient

from app.domain.errors import Unavailable
from app.settings import REPOSITORY, Settings
from app.store.database import connect
from app.store.mongod import find_mongod, hold, socket_path

HOLDER = """
import sys
from pathlib import Path
from app.settings import Settings
from app.store.mongod import hold
with hold(Settings(data=Path(sys.argv[1]))) as uri:
    print(uri, flush=True)
    sys.stdin.readline()
"""


class Holder:
    """Another process that holds the database until it is told to leave or killed."""

    def __init__(self, data):
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(data)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.uri = self.process.stdout.readline().strip()

    def leave(self):
        self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture
def settings(tmp_path):
    made = Settings(data=tmp_path / "data")
    yield made
    if is_running(made):
        with hold(made):
            pass  # the last to leave stops it, whatever the test left behind
        assert not is_running(made)


def is_running(settings):
    """Whether a server has the data files open."""
    try:
        with (settings.db / "mongod.lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def server_pid(uri):
    with MongoClient(uri) as client:
        return client.admin.command("serverStatus")["pid"]


def insert(uri, value):
    """Writes in a transaction, which works on a replica set with a primary only."""
    database = connect(uri, "ownership")
    with database.client as client, client.start_session() as session:
        with session.start_transaction():
            database.things.insert_one({"value": value}, session=session)


def read(uri):
    database = connect(uri, "ownership")
    with database.client:
        return sorted(thing["value"] for thing in database.things.find())


def test_a_given_server_is_used_and_nothing_is_started(tmp_path):
    settings = Settings(data=tmp_path / "data", mongodb_uri="mongodb://elsewhere/")
    with hold(settings) as uri:
        assert uri == "mongodb://elsewhere/"
    assert not settings.data.exists()


def test_it_starts_with_transactions_and_stops_with_its_only_user(settings):
    with hold(settings) as uri:
        insert(uri, 1)
        assert is_running(settings)
        assert stat.S_IMODE(settings.run.stat().st_mode) == 0o700
        assert stat.S_IMODE(socket_path(settings).stat().st_mode) & 0o077 == 0
    assert not is_running(settings)
    with hold(settings) as uri:
        assert read(uri) == [1]


def test_it_opens_no_port(settings):
    with hold(settings) as uri:
        options = connect(uri, "admin").client
        with options:
            bound = options.admin.command("getCmdLineOpts")["parsed"]["net"]["bindIp"]
    assert bound == str(socket_path(settings))


def test_it_runs_in_a_session_of_its_own(settings):
    with hold(settings) as uri:
        pid = server_pid(uri)
        assert os.getsid(pid) != os.getsid(0)
        assert os.getpgid(pid) != os.getpgid(0)


@pytest.mark.parametrize("first", [0, 1])
def test_the_last_of_two_to_leave_stops_it(settings, first):
    holders = [Holder(settings.data), Holder(settings.data)]
    assert holders[0].uri == holders[1].uri
    pid = server_pid(holders[0].uri)
    holders.pop(first).leave()
    assert is_running(settings)
    assert server_pid(holders[0].uri) == pid
    holders[0].leave()
    assert not is_running(settings)


def test_two_that_come_at_once_share_one(settings):
    code = [sys.executable, "-c", HOLDER, str(settings.data)]
    both = [
        subprocess.Popen(
            code, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    pids = {server_pid(process.stdout.readline().strip()) for process in both}
    for process in both:
        process.communicate("\n", timeout=60)
    assert len(pids) == 1
    assert not is_running(settings)


def test_two_holds_in_one_process_share_one(settings):
    with ExitStack() as outer:
        uri = outer.enter_context(hold(settings))
        with hold(settings) as inner:
            assert server_pid(inner) == server_pid(uri)
        assert is_running(settings)
    assert not is_running(settings)


def test_one_left_over_from_a_kill_is_adopted_and_then_stopped(settings):
    holder = Holder(settings.data)
    pid = server_pid(holder.uri)
    insert(holder.uri, 1)
    holder.kill()
    assert is_running(settings)
    with hold(settings) as uri:
        assert server_pid(uri) == pid
        assert read(uri) == [1]
    assert not is_running(settings)


def test_a_killed_server_is_started_again(settings):
    holder = Holder(settings.data)
    insert(holder.uri, 1)
    os.kill(server_pid(holder.uri), signal.SIGKILL)
    wait_until(lambda: not is_running(settings))
    with hold(settings) as uri:
        insert(uri, 2)
        assert read(uri) == [1, 2]
    holder.leave()


def test_data_that_was_moved_opens_at_its_new_place(tmp_path, settings):
    with hold(settings) as uri:
        insert(uri, 1)
    moved = Settings(data=tmp_path / "elsewhere" / "moved")
    moved.data.parent.mkdir()
    shutil.move(settings.data, moved.data)
    with hold(moved) as uri:
        insert(uri, 2)
        assert read(uri) == [1, 2]
        with MongoClient(uri) as client:
            config = client.admin.command("replSetGetConfig")["config"]
        assert config["members"][0]["host"] == str(socket_path(moved))


def test_data_that_was_moved_under_a_running_server_opens_too(tmp_path, settings):
    holder = Holder(settings.data)
    insert(holder.uri, 1)
    pid = server_pid(holder.uri)
    holder.kill()
    moved = Settings(data=tmp_path / "moved")
    shutil.move(settings.data, moved.data)
    with hold(moved) as uri:
        assert server_pid(uri) != pid
        assert read(uri) == [1]


def test_a_path_of_200_characters_works(tmp_path):
    folder = tmp_path
    while len(str(folder)) < 200:
        folder = folder / "a long name of a folder"
    settings = Settings(data=folder)
    socket = socket_path(settings)
    assert len(os.fsencode(socket)) <= 100
    try:
        with hold(settings) as uri:
            insert(uri, 1)
            assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert not is_running(settings)
    finally:
        shutil.rmtree(socket.parent, ignore_errors=True)


def test_a_path_with_spaces_and_letters_of_other_scripts_works(tmp_path):
    with hold(Settings(data=tmp_path / "ма ल" / "%2F")) as uri:
        insert(uri, 1)
        assert read(uri) == [1]


def test_a_missing_program_is_said_with_the_way_out(tmp_path):
    def find():
        return find_mongod(search_path=str(tmp_path), packages=[tmp_path])

    with pytest.raises(Unavailable, match="docker compose up"):
        with hold(Settings(data=tmp_path / "data"), find):
            pass


def test_the_program_on_the_path_comes_first(tmp_path):
    for folder in (tmp_path / "bin", tmp_path / "package" / "db" / "bin"):
        folder.mkdir(parents=True)
        (folder / "mongod").write_text("#!/bin/sh\n")
        (folder / "mongod").chmod(0o755)
    found = find_mongod(search_path=str(tmp_path / "bin"), packages=[tmp_path / "package"])
    assert found == tmp_path / "bin" / "mongod"
    found = find_mongod(search_path=str(tmp_path), packages=[tmp_path / "package"])
    assert found == tmp_path / "package" / "db" / "bin" / "mongod"


def test_a_server_that_cannot_start_says_why(tmp_path):
    settings = Settings(data=tmp_path / "data")
    settings.make_folders()
    (settings.db / "storage.bson").write_text("not a database")
    with pytest.raises(Unavailable, match=r"did not start with the data in .*mongod\.log"):
        with hold(settings):
            pass


def test_the_wheels_program_is_found_without_importing_it():
    code = (
        "import sys; from app.store.mongod import find_mongod;"
        "print(find_mongod(search_path='')); assert 'fiftyone' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if done.returncode and "docker compose up" in done.stderr:
        pytest.skip("this machine has a server of its own and no wheel")
    assert Path(done.stdout.strip()).name == "mongod", done.stderr


def wait_until(holds, limit=30.0):
    """Waits until a condition holds."""
    deadline = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < deadline, "the condition did not come to hold"
        time.sleep(0.02)
