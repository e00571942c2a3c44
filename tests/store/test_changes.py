"""The door through which everything is written."""

from __future__ import annotations

import threading

import pytest

from app.domain import diff
from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.services import history as service
from app.store import bulk, changes, history
from app.store.changes import Op
from app.store.envelope import content_of
from tests.factories import make_desk, make_entry, make_store, save_entry


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def commit(desk, *ops, cause="edit", **facts):
    facts.setdefault("change_id", new_id("x"))
    return changes.commit(desk.store, desk.project_id, desk.actor, cause, ops, **facts)


def stored(desk, entry):
    return desk.store.entries.find_one({"_id": entry["id"]})


def gloss_path(entry):
    return ("senses", entry["senses"][0]["id"], "gloss", "en")


def regloss(entry, before, after):
    return Op("entry", entry["id"], changes=[FieldChange(gloss_path(entry), before, after)])


def test_a_change_notes_who_what_and_both_values(desk):
    entry = save_entry(desk, gloss="house")
    done = commit(desk, regloss(entry, "house", "home"))
    assert done.change["actor"] == desk.actor.id
    assert done.change["seq"] == 3  # the project, the entry, the gloss
    (op,) = done.change["ops"]
    assert (op["changes"][0]["before"], op["changes"][0]["after"]) == ("house", "home")
    assert stored(desk, entry)["rev"] == 2


def test_a_retry_with_the_same_id_is_not_a_second_change(desk):
    entry = save_entry(desk, gloss="a")
    change = new_id("x")
    first = commit(desk, regloss(entry, "a", "b"), change_id=change)
    again = commit(desk, regloss(entry, "a", "b"), change_id=change)
    assert again.change["seq"] == first.change["seq"]
    assert stored(desk, entry)["rev"] == 2
    fresh, twice = make_entry("b"), new_id("x")
    commit(desk, Op("entry", fresh["id"], "create", fresh), change_id=twice)
    commit(desk, Op("entry", fresh["id"], "create", fresh), change_id=twice)
    assert desk.store.entries.count_documents({"_id": fresh["id"]}) == 1


def test_a_conflict_writes_nothing_of_the_whole(desk):
    one, other = save_entry(desk, gloss="a"), save_entry(desk, gloss="b")
    with pytest.raises(Conflict) as caught:
        commit(desk, regloss(one, "a", "x"), regloss(other, "WRONG", "y"))
    (found,) = caught.value.conflicts
    assert (found.record, found.base, found.mine, found.theirs) == (other["id"], "WRONG", "y", "b")
    assert stored(desk, one)["rev"] == 1


def test_what_breaks_the_type_is_refused_with_its_path(desk):
    entry = save_entry(desk)
    bad = Op("entry", entry["id"], changes=[FieldChange(("homograph",), None, "many")])
    with pytest.raises(Invalid, match="homograph"):
        commit(desk, bad)
    with pytest.raises(Invalid, match="colour"):
        commit(desk, Op("entry", entry["id"], changes=[FieldChange(("colour",), None, "red")]))


def test_a_record_of_another_project_is_not_found(desk):
    entry = save_entry(desk)
    other = make_desk(desk.store, "other")
    with pytest.raises(NotFound):
        commit(other, regloss(entry, "house", "x"))


def test_twenty_people_saving_at_once_lose_nothing(desk):
    entry = save_entry(desk, gloss="0", sense={"definition": {"en": "0"}})
    errors = []

    def add(number):
        note = {"id": new_id("n"), "text": {"en": str(number)}}
        change = FieldChange(("notes", note["id"]), None, note, member=True)
        try:
            commit(desk, Op("entry", entry["id"], changes=[change]))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(stored(desk, entry)["notes"]) == 20
    seqs = [found["seq"] for found in desk.store.changes.find({"project": desk.project_id})]
    assert sorted(seqs) == list(range(1, 23))


def test_deleting_leaves_a_tombstone_and_restoring_brings_everything_back(desk):
    entry = save_entry(desk)
    commit(desk, Op("entry", entry["id"], "delete"))
    assert stored(desk, entry)["deleted"]
    assert desk.store.rows.count_documents({"entry": entry["id"]}) == 0
    commit(desk, Op("entry", entry["id"], "restore"))
    assert diff.same(content_of(stored(desk, entry)), entry)
    assert desk.store.rows.count_documents({"entry": entry["id"]}) == 1


def test_undoing_gives_equal_content_whatever_was_done(desk):
    entry = save_entry(desk, gloss="a")
    before = content_of(stored(desk, entry))
    sense = {"id": new_id("s"), "gloss": {"en": "second"}}
    done = commit(
        desk,
        Op(
            "entry",
            entry["id"],
            changes=diff.diff(before, {**before, "senses": [sense], "homograph": 2}),
        ),
    )
    service.undo(desk, [done.change["_id"]], change_id=new_id("x"))
    assert diff.same(content_of(stored(desk, entry)), before)


def test_undoing_a_creation_deletes_unless_somebody_went_on_from_it(desk):
    entry = make_entry(gloss="a")
    made = commit(desk, Op("entry", entry["id"], "create", entry))
    edited = commit(desk, regloss(entry, "a", "b"))
    blocked = service.undo(desk, [made.change["_id"]], change_id=new_id("x"))
    assert blocked.change is None
    assert [found.reason for found in blocked.conflicts] == ["changed"]
    service.undo(desk, [edited.change["_id"]], change_id=new_id("x"))
    service.undo(desk, [made.change["_id"]], change_id=new_id("x"))
    assert stored(desk, entry)["deleted"]


def test_history_tells_an_earlier_state(desk):
    entry = save_entry(desk, gloss="a")
    first = changes.current_seq(desk.store, desk.project_id)
    commit(desk, regloss(entry, "a", "b"))
    commit(desk, Op("entry", entry["id"], "delete"))
    document = stored(desk, entry)
    at = [history.state_at(desk.store, desk.project_id, document, first + n) for n in (-1, 0, 1, 2)]
    assert at[0] is None
    assert at[3] is None
    glosses = [state["senses"][0]["gloss"]["en"] for state in at[1:3]]
    assert glosses == ["a", "b"]


def large(desk, count=900, fail_at=None):
    entries = [make_entry(f"w{n}", str(n)) for n in range(count)]
    if fail_at is not None:
        entries[fail_at]["homograph"] = "no number"
    change = bulk.prepare(desk.store, desk.project_id, desk.actor, "import", change_id=new_id("x"))
    bulk.stage(desk.store, change, (Op("entry", e["id"], "create", e) for e in entries))
    bulk.ready(desk.store, change)
    return change, entries


def visible(desk):
    from app.store import records

    return records.count(desk.store, desk.scope, "entry")


def test_a_prepared_change_changes_nothing_and_can_be_forgotten(desk):
    change, _ = large(desk)
    assert visible(desk) == 0
    bulk.discard(desk.store, change["_id"])
    assert desk.store.change_parts.count_documents({}) == 0
    assert bulk.resume(desk.store) == []


def test_a_large_change_is_one_change_and_is_undone_as_one(desk):
    change, entries = large(desk)
    done = bulk.apply(desk.store, change["_id"])
    assert done["seq"] == 2
    assert visible(desk) == 900
    letters = desk.store.letters.find_one({"project": desk.project_id, "letter": "W"})
    assert letters["count"] == 900
    service.undo(desk, [change["_id"]], change_id=new_id("x"))
    assert visible(desk) == 0
    assert desk.store.rows.count_documents({}) == 0
    again = service.undo(
        desk,
        [desk.store.changes.find_one({"cause": "undo"})["_id"]],
        change_id=new_id("x"),
    )
    assert again.change is not None
    assert visible(desk) == 900
    assert diff.same(content_of(stored(desk, entries[5])), entries[5])


def test_nobody_sees_a_large_change_before_all_of_it_is_there(desk):
    change, _ = large(desk)
    seen = []
    bulk.apply(desk.store, change["_id"], lambda _part, _parts: seen.append(visible(desk)))
    assert set(seen) == {0}
    assert visible(desk) == 900


def test_a_large_change_that_cannot_be_carried_out_leaves_nothing(desk):
    change, _ = large(desk, fail_at=700)
    with pytest.raises(Invalid):
        bulk.apply(desk.store, change["_id"])
    assert desk.store.entries.count_documents({}) == 0
    assert desk.store.rows.count_documents({}) == 0
    assert sum(found["count"] for found in desk.store.letters.find()) == 0
    assert changes.current_seq(desk.store, desk.project_id) == 1
    assert desk.store.changes.find_one({"_id": change["_id"]})["state"] == "prepared"


def test_what_a_source_had_delivered_is_taken_back_with_the_rest(desk):
    known, fresh = save_entry(desk, gloss="1"), save_entry(desk, "moto", "a")

    def deliver(*ops):
        change = bulk.prepare(
            desk.store, desk.project_id, desk.actor, "import", change_id=new_id("x")
        )
        bulk.stage(desk.store, change, ops)
        bulk.ready(desk.store, change)
        return bulk.apply(desk.store, change["_id"])

    def brings(entry, before, after):
        changed = [FieldChange(gloss_path(entry), before, after)]
        return Op("entry", entry["id"], changes=changed, delivered={"gloss": after})

    for before, after in (("1", "2"), ("2", "3")):
        deliver(brings(known, before, after))
    noted = list(desk.store.deliveries.find())
    assert [one["content"] for one in noted] == [{"gloss": "3"}]
    wrong = make_entry("w", "w") | {"homograph": "no number"}
    more = [Op("entry", (one := make_entry(f"w{n}"))["id"], "create", one) for n in range(900)]
    with pytest.raises(Invalid):
        deliver(
            brings(known, "3", "4"),
            brings(fresh, "a", "b"),
            *more,
            Op("entry", wrong["id"], "create", wrong),
        )
    assert list(desk.store.deliveries.find()) == noted
    assert stored(desk, known)["senses"][0]["gloss"]["en"] == "3"


def test_nothing_is_seen_of_a_large_change_while_it_is_taken_back(desk):
    change, _ = large(desk)
    seen = []

    def fail(part, _parts):
        seen.append(visible(desk))
        states = {"_id": change["_id"]}, {"$set": {"state": "reverting"}}
        desk.store.changes.update_one(*states)  # as another process that met an error does
        seen.append(visible(desk))

    with pytest.raises(Conflict):
        bulk.apply(desk.store, change["_id"], fail)
    assert set(seen) == {0}
    assert desk.store.entries.count_documents({}) == 0
    bulk.apply(desk.store, change["_id"])
    assert visible(desk) == 900


def test_a_change_that_is_done_is_not_taken_back_for_an_error_that_comes_later(desk):
    change, _ = large(desk, 10)
    bulk.apply(desk.store, change["_id"])
    bulk.take_back(desk.store, change["_id"])
    assert visible(desk) == 10
    assert desk.store.changes.find_one({"_id": change["_id"]})["state"] == "done"


def test_two_processes_at_one_change_do_it_once(desk):
    change, _ = large(desk, 2500)
    failed = []

    def drive():
        try:
            bulk.apply(desk.store, change["_id"])
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=drive) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert visible(desk) == 2500
    assert sum(found["count"] for found in desk.store.letters.find()) == 2500
    assert changes.current_seq(desk.store, desk.project_id) == 2


def test_a_start_goes_on_where_a_broken_off_change_cannot_be_carried_out(desk):
    change, _ = large(desk, fail_at=880)
    applying = {"$set": {"state": "applying"}}
    desk.store.changes.update_one({"_id": change["_id"]}, applying)
    assert bulk.resume(desk.store) == []
    assert desk.store.changes.find_one({"_id": change["_id"]})["state"] == "prepared"
    assert desk.store.entries.count_documents({}) == 0


def test_a_crash_in_the_middle_is_driven_to_the_end_at_the_next_start(desk):
    change, _ = large(desk)

    class Crash(BaseException):
        """Stands for the end of the process."""

    def crash(_part, _parts):
        raise Crash

    with pytest.raises(Crash):
        bulk.apply(desk.store, change["_id"], crash)
    assert desk.store.changes.find_one({"_id": change["_id"]})["state"] == "applying"
    assert visible(desk) == 0
    (done,) = bulk.resume(desk.store)
    assert done["state"] == "done"
    assert visible(desk) == 900
    assert sum(found["count"] for found in desk.store.letters.find()) == 900


def test_one_large_change_of_a_project_at_a_time(desk):
    first, _ = large(desk, 10)
    second, _ = large(desk, 10)
    desk.store.changes.update_one({"_id": first["_id"]}, {"$set": {"state": "applying"}})
    with pytest.raises(Conflict, match="at work"):
        bulk.apply(desk.store, second["_id"])


def test_what_somebody_changed_meanwhile_is_left_alone_and_listed(desk):
    entry, other = save_entry(desk, gloss="a"), save_entry(desk, gloss="a")
    change = bulk.prepare(desk.store, desk.project_id, SYSTEM, "bulk", change_id=new_id("x"))
    bulk.stage(desk.store, change, [regloss(entry, "a", "bulk"), regloss(other, "a", "bulk")])
    bulk.ready(desk.store, change)
    commit(desk, regloss(entry, "a", "person"))
    bulk.apply(desk.store, change["_id"])
    assert stored(desk, entry)["senses"][0]["gloss"]["en"] == "person"
    assert stored(desk, other)["senses"][0]["gloss"]["en"] == "bulk"
    (left,) = bulk.conflicts_of(desk.store, change["_id"])
    assert (left["record"], left["theirs"]) == (entry["id"], "person")
