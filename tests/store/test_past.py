"""A project as it was after one change: what a backup that people edit meanwhile is made of."""

from __future__ import annotations

import threading
import time

import pytest

from app.domain import diff
from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.services import imports
from app.store import bulk, changes, past
from app.store.changes import Op
from tests.factories import make_desk, make_entry, save_entry
from tests.store.backups import (
    at,
    back_up,
    bring_back,
    commit,
    contents,
    edit,
    fill,
    gloss,
    is_whole,
    now,
)


def test_every_past_state_is_the_one_that_was(store, tmp_path):
    desk = make_desk(store)
    states = {}

    def note():
        states[changes.current_seq(store, desk.project_id)] = now(store, desk.project_id)

    entry = save_entry(desk, gloss="a")
    note()
    edit(desk, entry, gloss(entry, "a", "b"))
    note()
    edit(desk, entry, gloss(entry, "b", "a"))
    note()
    commit(desk, Op("entry", entry["id"], "delete"))
    note()
    save_entry(desk, "other")
    commit(desk, Op("entry", entry["id"], "restore"))
    note()
    edit(desk, entry, gloss(entry, "a", "c"), FieldChange(("citation", "seh"), None, "x"))
    note()
    for seq, state in states.items():
        found = at(store, desk.project_id, seq)
        assert found.keys() == state.keys()
        for record, then in state.items():
            assert diff.same(found[record], then)  # an empty field is an absent one
            assert found[record].get("modified") == then.get("modified")


LIFT = """<lift version="0.13"><entry id="moto" guid="{guid}"><lexical-unit><form lang="seh">
<text>moto</text></form></lexical-unit><sense id="m1"><gloss lang="en"><text>{gloss}</text></gloss>
</sense></entry>{more}</lift>"""
GUID = "11111111-1111-4111-8111-111111111111"


def lift(folder, gloss, more=""):
    path = folder / "words.lift"
    path.write_text(LIFT.format(gloss=gloss, guid=GUID, more=more), encoding="utf-8")
    return path


def carry_out(desk, path):
    return imports.confirm(desk, imports.preview(desk, path)["_id"])


def deliveries(store, project, seq):
    return {d["_id"]: d for d in past.Past(store, project, seq).iter_deliveries()}


def test_imports_and_what_they_delivered_are_taken_back(store, tmp_path):
    desk = make_desk(store)
    form = '<lexical-unit><form lang="seh"><text>maji</text></form></lexical-unit>'
    states = {}
    for words in (("fire", ""), ("blaze", ""), ("flame", f'<entry id="maji">{form}</entry>')):
        carry_out(desk, lift(tmp_path, *words))
        seq = changes.current_seq(store, desk.project_id)
        given = {d["_id"]: d for d in store.deliveries.find({"project": desk.project_id})}
        states[seq] = now(store, desk.project_id), given
    assert len(states) == 3
    assert [len(given) for _, given in states.values()] == [0, 1, 1]
    for seq, (state, given) in states.items():
        assert at(store, desk.project_id, seq) == state
        assert deliveries(store, desk.project_id, seq) == given


def test_an_unfinished_large_change_is_left_out(store, other, tmp_path):
    desk = make_desk(store)
    entry = save_entry(desk, gloss="a")
    before = contents(store)
    prepared = bulk.prepare(
        store, desk.project_id, desk.actor, "bulk", change_id=new_id("x"), label="l"
    )
    ops = [Op("entry", (made := make_entry(f"w{n}"))["id"], "create", made) for n in range(900)]
    bulk.stage(
        store, prepared, [Op("entry", entry["id"], changes=[gloss(entry, "a", "bulk")]), *ops]
    )
    bulk.ready(store, prepared)

    class Broken(Exception):
        pass

    def stop(_done, _total):
        raise Broken

    with pytest.raises(Broken):
        bulk.apply(store, prepared["_id"], stop)
    assert store.changes.find_one({"_id": prepared["_id"]})["state"] == "applying"
    assert store.entries.find_one({"_id": entry["id"]})["senses"][0]["gloss"]["en"] == "bulk"
    edit(desk, entry, gloss(entry, "bulk", "after"))  # on top of the part that was applied
    back_up(store, tmp_path / "b.life.tar")
    bring_back(other, tmp_path / "b.life.tar")
    assert other.entries.count_documents({}) == 1
    assert other.changes.find_one({"_id": prepared["_id"]}) is None
    unlike = ("changes", "counters", "entries", "rows")
    assert contents(other, but=unlike) == {k: v for k, v in before.items() if k[0] not in unlike}


def test_a_part_between_two_edits_of_a_field_is_taken_back_in_its_place(store):
    desk = make_desk(store)
    entry = save_entry(desk, gloss="a")
    state = now(store, desk.project_id)
    seq = changes.current_seq(store, desk.project_id)
    edit(desk, entry, gloss(entry, "a", "b"))
    large = bulk.prepare(store, desk.project_id, desk.actor, "bulk", change_id=new_id("x"))
    bulk.stage(store, large, [Op("entry", entry["id"], changes=[gloss(entry, "b", "a")])])
    bulk.ready(store, large)
    bulk.apply(store, large["_id"], lambda *_: edit(desk, entry, gloss(entry, "a", "b")))
    edit(desk, entry, gloss(entry, "b", "c"))
    assert at(store, desk.project_id, seq) == state


def test_a_backup_while_people_edit_is_one_state_of_the_log(store, other, tmp_path):
    desk = fill(store)
    entries = [save_entry(desk, f"word{n}", "0") for n in range(20)]
    stop = threading.Event()

    def people(mine):
        number = 0
        while not stop.is_set():
            for one in mine:
                edit(desk, one, gloss(one, str(number), str(number + 1)))
            number += 1

    threads = [threading.Thread(target=people, args=(entries[n::2],)) for n in range(2)]
    for thread in threads:
        thread.start()
    try:
        begun = changes.current_seq(store, desk.project_id)
        while changes.current_seq(store, desk.project_id) < begun + 20:
            time.sleep(0.01)
        manifest = back_up(store, tmp_path / "b.life.tar")
        held = next(one for one in manifest.projects if one.slug == "sena")
        while changes.current_seq(store, desk.project_id) == held.seq:
            time.sleep(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    bring_back(other, tmp_path / "b.life.tar")
    assert changes.current_seq(other, desk.project_id) == held.seq
    assert is_whole(other)
    assert now(other, desk.project_id) == at(store, desk.project_id, held.seq)
    replayed = {}
    for change in other.changes.find({"project": desk.project_id}).sort("seq", 1):
        for op in change["ops"]:
            if op["action"] == "create":
                replayed[op["id"]] = op["content"]
            elif op["action"] == "update":
                made = [FieldChange.from_document(one) for one in op["changes"]]
                replayed[op["id"]], _, conflicts = diff.apply(replayed[op["id"]], made)
                assert conflicts == []
    for one in entries:
        stored = other.entries.find_one({"_id": one["id"]})
        assert stored["senses"] == replayed[one["id"]]["senses"]
