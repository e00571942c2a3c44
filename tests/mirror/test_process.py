"""The mirror as the process that `serve` starts: killed, ended, asked twice."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import DomainError
from app.domain.ids import new_id
from app.mirror import results
from app.services import lexicon
from app.services.linked_data import EVERYTHING
from app.services.mirror import Mirror
from app.settings import REPOSITORY
from app.store import followers
from tests.factories import save_entry
from tests.faults.programs import Program, wait_for
from tests.mirror.test_queries import ENDLESS

GLOSSES = "SELECT ?g { ?s ?p ?g FILTER(STRENDS(STR(?p), '#gloss')) }"
COMMAND = [sys.executable, "-m", "app", "mirror"]


@pytest.fixture
def settings(settings):
    return replace(settings, sparql_seconds=60)


@pytest.fixture
def start(settings):
    """Starts the mirror; it answers then."""
    started = []

    def run(answering=True):
        program = Program(settings, COMMAND)
        started.append(program)
        if answering:
            wait_for(Mirror(settings).is_there)
        return program

    yield run
    for program in started:
        program.kill()


@pytest.fixture
def command(settings):
    """Runs a command of the mirror."""

    def run(*arguments):
        return subprocess.run(
            [*COMMAND, *arguments], cwd=REPOSITORY, env={**os.environ, **settings.environ()},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def edit(desk, entry, number):
    """Says another gloss."""
    stored = desk.store.entries.find_one({"_id": entry["id"]})["senses"][0]
    path = ("senses", stored["id"], "gloss", "en")
    change = FieldChange(path, stored["gloss"]["en"], f"gloss {number}")
    lexicon.save(desk, entry["id"], [change], base_rev=None, change_id=new_id("x"))


def glosses(settings, desk):
    """The glosses that a query finds."""
    found = Mirror(settings).query(desk, GLOSSES, rows_type=results.CSV, graph_type="text/turtle")
    return set(b"".join(found.body).decode().splitlines()[1:])


def is_current(desk):
    """Whether the mirror holds everything."""
    return followers.position(desk.store, desk.project_id, f"mirror {EVERYTHING}").is_current


def children(pid):
    """The processor time of each process that a process started, by its id, in ticks."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            facts = stat.read_text().rpartition(")")[2].split()
            if int(facts[3]) == pid and stat.parent.name != str(pid) and facts[0] != "Z":
                found[int(stat.parent.name)] = int(facts[11])
    return found


def test_killed_while_people_edit_it_goes_on_and_is_right(settings, desk, start, command):
    entries = [save_entry(desk, f"neno{number}") for number in range(5)]
    program = start()
    wait_for(lambda: "house" in glosses(settings, desk), but=(DomainError,))
    done = threading.Event()

    def write():
        number = 0
        while not done.is_set():
            edit(desk, entries[number % 5], number)
            number += 1

    writing = threading.Thread(target=write)
    writing.start()
    try:
        wait_for(lambda: any(one.startswith("gloss") for one in glosses(settings, desk)))
        os.kill(program.process.pid, signal.SIGKILL)
        program.process.wait()
        wait_for(lambda: not children(program.process.pid))
        begun = time.monotonic()
        start()
        wait_for(lambda: is_current(desk))
    finally:
        done.set()
        writing.join()
    wait_for(lambda: is_current(desk))
    assert time.monotonic() - begun < 30  # not as long as the lease of one that was killed
    second = command()
    assert second.returncode != 0 and second.stderr.count("\n") == 1
    assert "Another process owns the mirror" in second.stderr
    assert command("check").stdout == "Everything is as it should be.\n"
    edit(desk, entries[0], "last")
    wait_for(lambda: "gloss last" in glosses(settings, desk))


def test_told_to_end_it_does_with_all_its_processes(settings, desk, start, command):
    save_entry(desk)
    program = start()
    wait_for(lambda: "house" in glosses(settings, desk), but=(DomainError,))

    def ask():
        with pytest.raises(DomainError):
            Mirror(settings).query(desk, ENDLESS, rows_type=results.CSV, graph_type="text/turtle")

    asking = threading.Thread(target=ask)  # a query that is still at work
    pid = program.process.pid
    before = sum(children(pid).values())
    asking.start()
    wait_for(lambda: sum(children(pid).values()) > before + 30)
    begun = time.monotonic()
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(10) == 0
    asking.join(10)
    wait_for(lambda: not children(pid), 5)
    assert time.monotonic() - begun < 10 and not asking.is_alive()
    wrong = json.loads(command("check", desk.project["slug"], "--json").stdout)
    assert wrong == {"findings": []}


def test_told_to_end_while_it_makes_a_view_it_does(settings, desk, start):
    batch = [
        {"_id": new_id("e"), "project": desk.project_id, "rev": 1, "seq": 1,
         "lemma": {"seh": f"neno{number}"}, "senses": []}
        for number in range(20_000)
    ]  # fmt: skip
    desk.store.entries.insert_many(batch)
    program = start(answering=False)
    name = f"mirror {EVERYTHING}"
    found = {"project": desk.project_id, "name": name, "building.kind": "entry"}
    wait_for(lambda: desk.store.followers.find_one(found))
    begun = time.monotonic()
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(10) == 0 and time.monotonic() - begun < 8
    assert followers.position(desk.store, desk.project_id, name).building
