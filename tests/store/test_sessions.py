"""Transactions of processes that were killed keep nobody waiting."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from pymongo.errors import OperationFailure

from app.settings import REPOSITORY
from app.store import sessions

HOLD = """
import sys, time
from app.store.database import connect
store = connect(sys.argv[1], sys.argv[2])
with store.client.start_session() as session:
    session.start_transaction()
    store.counters.insert_one({"_id": "held"}, session=session)
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(mongo_uri, database):
    """A process with an open transaction."""
    database.counters.insert_one({"_id": "other"})
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, mongo_uri, database.name],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
    sessions.end_orphaned(database)


def is_held(database):
    """Whether somebody else's transaction has the record."""
    try:
        with database.client.start_session() as session, session.start_transaction():
            database.counters.insert_one({"_id": "held"}, session=session)
            session.abort_transaction()
    except OperationFailure:
        return True
    return False


def test_the_transaction_of_a_killed_process_is_ended(database, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert is_held(database)
    assert sessions.end_orphaned(database) == 1
    assert not is_held(database)


def test_one_of_a_process_that_lives_is_left_alone(database, holder):
    assert sessions.end_orphaned(database) == 0
    assert is_held(database)
