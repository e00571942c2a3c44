"""Pointers of texts at the lexicon stay right when entries and senses are deleted and merged."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.pointers import holders
from app.domain.roles import Role
from app.services import bulk_edit, clock, duplicates, erase, history, lexicon, pointers, text_lines
from app.services.bulk_edit import Operation
from app.services.text_writing import commit_all
from app.store import integrity
from app.store.changes import Op
from app.store.listing import Query
from tests.factories import make_desk, make_store, save_entry


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def add(desk, entry, count=1, gloss="house", form="nyumba", access=None, **more):
    """A text with lines of one word whose morph points at an entry; returns the lines' ids."""
    text = {"id": new_id("t"), "title": {"seh": "Nyumba"}} | ({"access": access} if access else {})
    pointer = {"entry": entry["id"], "sense": entry["senses"][0]["id"], **more}
    ops = [Op("text", text["id"], "create", text)]
    for number in range(count):
        line = {"id": new_id("l"), "text": text["id"], "rank": f"{number:05d}"}
        line |= text_lines.make_line(desk, form, "seh")
        morph = {"id": new_id("m"), "form": {"seh": form}, "gloss": {"en": gloss}, **pointer}
        analysis = {"id": new_id("y"), "morphs": [morph]}
        line["words"][0] |= {"analyses": [analysis], "chosen": analysis["id"]}
        line["groups"] = [{"id": new_id("g"), "members": [morph["id"]], **pointer}]
        line["groups"][0].pop("allomorph", None)
        ops.append(Op("utterance", line["id"], "create", line))
    commit_all(desk, ops, new_id("x"))
    return [op.id for op in ops[1:]]


def morph_of(desk, line):
    stored = desk.store.utterances.find_one({"_id": line})
    return stored["words"][0]["analyses"][0]["morphs"][0]


def pointer(desk, line):
    morph = morph_of(desk, line)
    return morph.get("entry"), morph.get("sense"), morph.get("allomorph")


def dangling(desk):
    found = integrity.check(desk.store, desk.project)
    return [one for one in found if "leads nowhere" in one]


def undo(desk, done):
    return history.undo(desk, [done.change["_id"]], change_id=new_id("x"))


def without_sense(entry, place=0):
    sense = entry["senses"][place]
    left = entry["senses"][place - 1]["id"] if place else None
    return [FieldChange(("senses", sense["id"]), sense, None, True, left, None)]


def remove(desk, entry, place=0):
    made = without_sense(entry, place)
    return lexicon.save(desk, entry["id"], made, base_rev=None, change_id=new_id("x"))


def test_a_deleted_entry_is_pointed_at_no_more_and_its_return_brings_the_pointers_back(desk):
    entry = save_entry(desk)
    (line,) = add(desk, entry)
    before = pointer(desk, line)
    assert pointers.count(desk, [entry["id"]]) == 2  # the morph and the group
    done = lexicon.delete(desk, entry["id"], change_id=new_id("x"))
    assert pointer(desk, line) == (None, None, None)
    assert morph_of(desk, line)["gloss"] == {"en": "house"}
    assert dangling(desk) == []
    undo(desk, done)
    assert pointer(desk, line) == before
    lexicon.delete(desk, entry["id"], change_id=new_id("x"))
    lexicon.restore(desk, entry["id"], change_id=new_id("x"))
    assert pointer(desk, line) == before
    assert len(set(filter(None, (one.get("entry") for _, one in holders_of(desk, line))))) == 1


def holders_of(desk, line):
    return list(holders(desk.store.utterances.find_one({"_id": line})))


def test_a_deleted_sense_takes_its_pointers_and_leaves_the_entry_s(desk):
    other = {"id": new_id("s"), "gloss": {"en": "home"}}
    entry = save_entry(desk)
    lexicon.save(
        desk,
        entry["id"],
        [FieldChange(("senses", other["id"]), None, other, True, entry["senses"][0]["id"])],
        base_rev=None,
        change_id=new_id("x"),
    )
    entry["senses"].append(other)
    (line,) = add(desk, entry)
    (second,) = add(desk, {**entry, "senses": [other]}, gloss="home")
    done = remove(desk, entry)
    assert pointer(desk, line) == (entry["id"], None, None)
    assert pointer(desk, second) == (entry["id"], other["id"], None)
    assert dangling(desk) == []
    undo(desk, done)
    assert pointer(desk, line) == (entry["id"], entry["senses"][0]["id"], None)


def test_a_closed_text_is_right_too_and_nothing_of_it_is_told(desk):
    entry = save_entry(desk)
    (line,) = add(desk, entry, access={"level": "groups", "groups": ["elders"]})
    editor = make_desk(desk.store, role=Role.EDITOR, name="Ben")
    assert pointers.count(editor, [entry["id"]]) == 0
    done = lexicon.delete(editor, entry["id"], change_id=new_id("x"))
    assert pointer(desk, line) == (None, None, None)
    seen = history.get_visible(editor, done.change["_id"])
    assert [op["id"] for op in seen["ops"]] == [entry["id"]]
    history.undo(editor, [done.change["_id"]], change_id=new_id("x"))
    assert pointer(desk, line)[0] == entry["id"]


@pytest.mark.parametrize("count", [3, 600])
def test_a_merged_entry_s_pointers_lead_to_the_one_that_stays(desk, count):
    form = {"id": new_id("f"), "form": {"seh": "umba"}}
    kept = save_entry(desk, forms=[form])
    gone = save_entry(desk, forms=[{**form, "id": new_id("f")}], sense={"id": new_id("s")})
    extra = save_entry(desk, gloss="dwelling")
    lines = add(desk, gone, count, allomorph=gone["forms"][0]["id"])
    (line,) = add(desk, extra)
    before = pointer(desk, lines[-1])
    done = duplicates.merge(desk, kept["id"], gone["id"], change_id=new_id("x"))
    expected = (kept["id"], kept["senses"][0]["id"], form["id"])
    assert {pointer(desk, one) for one in lines} == {expected}
    assert dangling(desk) == []
    undo(desk, done)
    assert {pointer(desk, one) for one in lines} == {before}
    duplicates.merge(desk, kept["id"], extra["id"], change_id=new_id("x"))
    assert pointer(desk, line) == (kept["id"], extra["senses"][0]["id"], None)


def test_600_places_lose_a_deleted_sense_as_one_change(desk):
    entry = save_entry(desk)
    lines = add(desk, entry, 600)
    before = desk.store.changes.count_documents({})
    done = remove(desk, entry)
    assert desk.store.changes.count_documents({}) == before + 1
    assert {pointer(desk, one) for one in lines} == {(entry["id"], None, None)}
    undo(desk, done)
    assert {pointer(desk, one)[1] for one in lines} == {entry["senses"][0]["id"]}


def test_bulk_deletion_clears_pointers_of_what_is_deleted_alone(desk):
    one, other = save_entry(desk), save_entry(desk, "soma", "read")
    (line,), (second,) = add(desk, one), add(desk, other)
    change = bulk_edit.prepare(desk, Query(), Operation("delete"))
    assert change["places"] == 4
    done = bulk_edit.confirm(desk, change["_id"], [other["id"]])
    assert done["records"] == 1
    assert pointer(desk, line) == (None, None, None)
    assert pointer(desk, second)[0] == other["id"]
    assert dangling(desk) == []
    history.undo(desk, [change["_id"]], change_id=new_id("x"))
    assert pointer(desk, line)[0] == one["id"]


def test_undoing_the_making_of_an_entry_clears_what_points_at_it_since(desk):
    entry = save_entry(desk)
    made = desk.store.changes.find_one({"ops.id": entry["id"]})
    (line,) = add(desk, entry)
    history.undo(desk, [made["_id"]], change_id=new_id("x"))
    assert lexicon.get(desk, entry["id"], deleted=True).get("deleted")
    assert pointer(desk, line) == (None, None, None)


def test_undoing_what_was_done_in_a_text_brings_no_pointer_back_that_dangles(desk):
    kept, gone = save_entry(desk), save_entry(desk)
    (line,) = add(desk, gone)
    path = next(path for path, one in holders_of(desk, line) if "form" in one)
    morph = morph_of(desk, line)
    cleared = [FieldChange((*path, key), morph[key], None) for key in ("entry", "sense")]
    done = pointers.write(
        desk, "edit", [Op("utterance", line, changes=cleared)], change_id=new_id("x")
    )
    duplicates.merge(desk, kept["id"], gone["id"], change_id=new_id("x"))
    undo(desk, done)
    assert pointer(desk, line)[0] == kept["id"]
    assert dangling(desk) == []


def test_an_erased_entry_is_pointed_at_no_more(desk):
    entry = save_entry(desk)
    (line,) = add(desk, entry)
    now = clock.utc_now()
    erase.erase(desk, "entry", entry["id"], reason="wish", change_id=new_id("x"), now=now)
    assert pointer(desk, line) == (None, None, None)
    assert dangling(desk) == []


def test_the_check_finds_pointers_of_texts_that_lead_nowhere(desk):
    entry = save_entry(desk)
    add(desk, entry, allomorph="f_none")
    assert any("the allomorph of m_" in line for line in dangling(desk))
    desk.store.entries.update_one({"_id": entry["id"]}, {"$set": {"deleted": True}})
    assert any("the entry of g_" in line for line in dangling(desk))
