"""Processes that are killed in the middle: what was begun is there whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from pymongo.errors import PyMongoError

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.services import lexicon
from app.services.desk import open_desk
from app.settings import Settings
from app.store import changes, records
from app.store.database import connect
from app.store.mongod import hold, revive
from app.wiring import prepare
from tests.factories import make_project, save_entry
from tests.faults.programs import write_lift

COUNT = 3000


@pytest.fixture
def settings(tmp_path):
    """Settings with a data folder, and so a MongoDB, of this test's own."""
    made = Settings(data=tmp_path / "data").with_secret()
    made.make_folders()
    return made


@pytest.fixture
def lift(tmp_path):
    return write_lift(tmp_path / "words.lift", COUNT)


@contextlib.contextmanager
def opened(settings):
    """The database as a start of the program finds and mends it."""
    with hold(settings) as uri:
        joined = replace(settings, mongodb_uri=uri)
        prepare(joined)
        store = connect(uri, joined.database)
        try:
            yield store
        finally:
            store.client.close()


def wait_for(condition, seconds=60):
    """Waits until a condition holds; an error of the database counts as not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(PyMongoError):
            if condition():
                return
        time.sleep(0.005)
    pytest.fail("the condition did not come about")


def start_import(settings, lift):
    command = [sys.executable, "-m", "app", "import", "sena", str(lift), "--yes"]
    return subprocess.Popen(
        command,
        env={**os.environ, **settings.environ()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def applied(store):
    return store.change_parts.count_documents({"applied": True})


def assert_whole(store):
    """The import is there whole, and the derived data agree with it."""
    desk = open_desk(store, SYSTEM, "sena")
    assert store.changes.find_one({"cause": "import"})["state"] == "done"
    assert records.count(store, desk.scope, "entry") == COUNT
    assert store.rows.count_documents({}) == COUNT
    assert sum(found.count for found in lexicon.headings(desk)) == COUNT


def test_the_importing_process_is_killed(settings, lift):
    with opened(settings) as store:
        make_project(store)
        process = start_import(settings, lift)
        wait_for(lambda: applied(store) >= 1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        desk = open_desk(store, SYSTEM, "sena")
        if store.changes.find_one({"cause": "import"})["state"] == "applying":
            assert records.count(store, desk.scope, "entry") == 0
    with opened(settings) as store:
        assert_whole(store)


def test_mongod_is_killed_during_an_import(settings, lift):
    with opened(settings) as store:
        make_project(store)
        process = start_import(settings, lift)
        wait_for(lambda: applied(store) >= 1)
        kill_mongod(settings)
        wait_for(lambda: revive(settings))  # as the supervisor does; the import goes on
        assert process.wait(timeout=100) is not None
    with opened(settings) as store:
        state = store.changes.find_one({"cause": "import"})["state"]
        assert state in ("done", "prepared")
        if state == "done":
            assert_whole(store)
        else:
            assert store.entries.count_documents({}) == 0
            assert store.rows.count_documents({}) == 0


def test_mongod_is_killed_between_saves(settings):
    with opened(settings) as store:
        make_project(store)
        desk = open_desk(store, SYSTEM, "sena")
        entry = save_entry(desk, gloss="0")
        path = ("senses", entry["senses"][0]["id"], "gloss", "en")
        told = 0
        for number in range(1, 2000):
            change = FieldChange(path, str(number - 1), str(number))
            if number == 40:
                kill_mongod(settings)
                wait_for(lambda: revive(settings))
            if number == 80:
                break
            try:
                lexicon.save(desk, entry["id"], [change], base_rev=None, change_id=new_id("x"))
            except PyMongoError:
                break
            told = number
        assert told >= 39
    with opened(settings) as store:
        stored = store.entries.find_one({"_id": entry["id"]})
        value = int(stored["senses"][0]["gloss"]["en"])
        assert value in (told, told + 1)  # the last one may have been written but not told
        assert stored["rev"] == value + 1
        assert changes.current_seq(store, stored["project"]) == value + 2
        assert store.changes.count_documents({"ops.action": "update"}) == value


def kill_mongod(settings):
    """Kills the mongod of this data folder, whose number it keeps in its lock."""
    os.kill(int((settings.db / "mongod.lock").read_text()), signal.SIGKILL)
