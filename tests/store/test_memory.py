"""The memory of analyses follows the log: whatever happens to lines, it equals a rebuild."""

from __future__ import annotations

import random

import pytest

from app.domain.diff import diff
from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.services import history
from app.services.clock import utc_now
from app.store import changes, erase, followers
from app.store.changes import Op
from app.store.envelope import content_of
from app.store.memory import Memory
from tests.factories import make_desk

FOLLOWER = Memory()
LINES = [
    ("tikagwa", "ti-ka-gwa", "1PL-PST-fall"),
    ("tikagwa apa", "ti-ka-gwa apa", "1PL-PST-fall here"),
    ("apa ndi", "apa ndi", "here COP"),
    ("ndi apa", "ndi apa", "and there"),
    ("boqno", "b-oq-n", "III-become-PST"),
]


@pytest.fixture
def desk(store):
    return make_desk(store)


def content(line):
    form, morphs, glosses = line
    words = make_words(form, "seh", morphs, glosses, "en", facts={"origin": "person"})
    translation = {"en": f"the {glosses}"} if " " in form else {}
    found = {"id": new_id("l"), "baseline": {"seh": form}, "words": words}
    return found | ({"translation": translation} if translation else {})


def commit(desk, *ops):
    found = changes.commit(
        desk.store, desk.project_id, desk.actor, "edit", list(ops), change_id=new_id("x")
    )
    return found.change["_id"]


def learn(desk):
    followers.catch_up(desk.store, desk.project_id, (FOLLOWER,))
    return {row["_id"]: row for row in desk.store.memory.find({"project": desk.project_id})}


def add(desk, line):
    made = content(line)
    return commit(desk, Op("utterance", made["id"], "create", made))


def test_after_an_undo_it_is_what_it_was(desk):
    add(desk, LINES[0])
    before = learn(desk)
    change = add(desk, LINES[1])
    assert learn(desk) != before
    history.undo(desk, [change], change_id=new_id("x"))
    assert learn(desk) == before


def test_each_row_is_counted_as_often_as_it_is_taught(desk):
    for line in LINES[:2]:
        add(desk, line)
    rows = learn(desk).values()
    counts = {row["key"]: row["n"] for row in rows if row["key"].startswith("w")}
    assert counts == {"wseh\ttikagwa": 2, "wseh\tapa": 1}
    assert all(row["project"] == desk.project_id and row["n"] > 0 for row in rows)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_it_equals_a_rebuild(desk, seed):
    chance = random.Random(seed)
    for _ in range(25):
        known = list(desk.store.utterances.find({"deleted": {"$ne": True}}))
        done = list(desk.store.changes.find({"cause": "edit"}))
        move = chance.choice(("add", "add", "change", "delete", "undo", "learn"))
        if move == "add" or not known:
            add(desk, chance.choice(LINES))
        elif move == "change":
            one = chance.choice(known)
            after = content(chance.choice(LINES)) | {"id": one["_id"]}
            commit(desk, Op("utterance", one["_id"], changes=diff(content_of(one), after)))
        elif move == "delete":
            commit(desk, Op("utterance", chance.choice(known)["_id"], "delete"))
        elif move == "undo":
            history.undo(desk, [chance.choice(done)["_id"]], change_id=new_id("x"))
        else:
            learn(desk)
    assert followers.check(desk.store, desk.project_id, FOLLOWER)


def test_what_is_erased_is_forgotten(desk):
    made = content(LINES[0])
    commit(desk, Op("utterance", made["id"], "create", made))
    assert learn(desk)
    erase.erase(
        desk.store,
        desk.project_id,
        desk.actor,
        "utterance",
        made["id"],
        reason="asked for",
        change_id=new_id("x"),
        now=utc_now(),
    )
    assert learn(desk) == {}
    assert desk.store.memory_lines.count_documents({}) == 0
