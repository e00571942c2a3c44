"""A web server that is killed while people save: every save is there once, and whole."""

from __future__ import annotations

import http.client
import os
import signal
import threading
from pathlib import Path

import pytest

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import accounts, backup
from app.services.accounts import NewAccount, register
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import changes, members, migrations
from tests.factories import make_entry, make_project, make_store, save_entry
from tests.faults.programs import call, listening, wait_for, web

PEOPLE = 4
SAVES = 12  # of each person between two kills


@pytest.fixture
def store(database):
    store = make_store(database)
    migrations.migrate(store)
    return store


@pytest.fixture
def token(store):
    """The token of an editor of a project."""
    project = make_project(store)
    new = NewAccount("ann", "Ann", "", "correct horse battery")
    account = register(store, new, True, utc_now())
    members.put(store, project, account["_id"], Role.EDITOR, by=SYSTEM, at=utc_now())
    actor = accounts.actor_of(account)
    return accounts.make_token(store, actor, "t", ["read", "write"], None, utc_now())


class Person(threading.Thread):
    """Saves one gloss after the other, each under an id of its own, until it is answered."""

    def __init__(self, port, token, entry):
        super().__init__(daemon=True)
        self.port, self.token = port, token
        self.entry, self.sense = entry["id"], entry["senses"][0]["id"]
        self.saved, self.made, self.retries = [], [], 0
        self.stop = threading.Event()

    def run(self):
        number = 0
        while not self.stop.is_set():
            path = ["senses", self.sense, "gloss", "en"]
            body = {"changes": [{"path": path, "before": str(number), "after": str(number + 1)}]}
            number += 1
            self.saved.append(self.send("PATCH", f"/{self.entry}", body)[0])
            if number % 5 == 0:
                content = make_entry(f"w{number}")
                del content["id"]  # the server makes it: only the change has an id of ours
                self.made.append(self.send("POST", "", content)[1]["id"])

    def send(self, method, path, body):
        change = new_id("x")
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": change}
        address = f"/api/v1/projects/sena/entries{path}"
        while True:
            try:
                status, answer = call(self.port, method, address, body, headers)
            except (OSError, http.client.HTTPException):
                self.retries += 1
                continue
            assert status in (200, 201), answer
            return change, answer


def kill_one_process(program):
    """Kills the process that answers, and not the one that starts it again."""
    master = program.process.pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)


def test_every_save_is_there_once(settings, store, token):
    desk = open_desk(store, SYSTEM, "sena")
    entries = [save_entry(desk, f"person{n}", "0") for n in range(PEOPLE)]
    first = changes.current_seq(store, desk.project_id)
    with listening() as listener:
        port = listener.getsockname()[1]
        people = [Person(port, token, entry) for entry in entries]

        def go_on():
            reached = [len(person.saved) + SAVES for person in people]
            wait_for(lambda: all(len(p.saved) >= n for p, n in zip(people, reached, strict=True)))

        with web(settings, listener) as server:
            for person in people:
                person.start()
            go_on()
            kill_one_process(server)
            go_on()
        for _ in range(2):  # the whole server, twice
            with web(settings, listener):
                go_on()
        with web(settings, listener):
            for person in people:
                person.stop.set()
            for person in people:
                person.join(60)
                assert not person.is_alive()
    assert sum(person.retries for person in people) >= 3  # it was killed in the middle
    for person in people:
        stored = store.entries.find_one({"_id": person.entry})
        assert stored["senses"][0]["gloss"]["en"] == str(len(person.saved))
        assert stored["rev"] == len(person.saved) + 1
        logged = store.changes.find({"ops.id": person.entry, "ops.action": "update"})
        assert [one["_id"] for one in logged.sort("seq", 1)] == person.saved
    made = [entry for person in people for entry in person.made]
    assert len(set(made)) == len(made)
    assert store.entries.count_documents({}) == len(made) + PEOPLE
    count = len(made) + sum(len(person.saved) for person in people)
    assert changes.current_seq(store, desk.project_id) == first + count
    assert backup.check(store, SYSTEM) == []
