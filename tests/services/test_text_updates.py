"""Texts follow a change of the lexicon, where somebody asks for it."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.roles import Role
from app.services import history, lexicon, text_lines, text_updates
from tests.factories import make_desk, make_store, save_entry
from tests.services.test_pointers import add, morph_of, remove


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def change(desk, entry, path, before, after):
    made = [FieldChange(path, before, after)]
    lexicon.save(desk, entry["id"], made, base_rev=None, change_id=new_id("x"))


def regloss(desk, entry, after="dwelling"):
    change(desk, entry, ("senses", entry["senses"][0]["id"], "gloss", "en"), "house", after)


def use(desk, entry, places):
    keys = {one.key for one in places}
    return text_updates.update(desk, entry["id"], keys, change_id=new_id("x"))


def test_a_changed_gloss_is_offered_and_only_what_was_chosen_follows(desk):
    entry = save_entry(desk)
    lines = add(desk, entry, 3)
    (other,) = add(desk, entry, gloss="hut")
    assert text_updates.offer(desk, entry["id"]) == text_updates.Offer(1)
    regloss(desk, entry)
    assert text_updates.offer(desk, entry["id"]) == text_updates.Offer(3, "house")
    found = text_updates.find(desk, entry["id"])
    assert sorted((one.line["_id"], one.earlier) for one in found) == sorted(
        [(other, False), *((line, True) for line in lines)]
    )
    assert {one.changes for one in found if one.earlier} == {(("en", "house", "dwelling"),)}
    seq = desk.store.changes.count_documents({})
    assert use(desk, entry, [one for one in found if one.line["_id"] in lines[:2]]) == 2
    told = [morph_of(desk, line)["gloss"]["en"] for line in (*lines, other)]
    assert told == ["dwelling", "dwelling", "house", "hut"]
    assert desk.store.changes.count_documents({}) == seq + 1
    last = desk.store.changes.find_one({}, sort=[("seq", -1)])
    history.undo(desk, [last["_id"]], change_id=new_id("x"))
    assert {morph_of(desk, line)["gloss"]["en"] for line in lines} == {"house"}


def test_600_places_follow_as_one_change_and_come_back_as_one(desk):
    entry = save_entry(desk)
    lines = add(desk, entry, 600)
    regloss(desk, entry)
    assert use(desk, entry, text_updates.find(desk, entry["id"])) == 600
    assert {morph_of(desk, line)["gloss"]["en"] for line in lines} == {"dwelling"}
    assert text_updates.offer(desk, entry["id"]) is None
    last = desk.store.changes.find_one({}, sort=[("seq", -1)])
    history.undo(desk, [last["_id"]], change_id=new_id("x"))
    assert {morph_of(desk, line)["gloss"]["en"] for line in lines} == {"house"}


def test_a_corrected_spelling_is_offered_where_it_was_exactly_the_old_one(desk):
    entry = save_entry(desk, "nyuma")
    (line,) = add(desk, entry, form="nyuma")
    (other,) = add(desk, entry, form="nyumba")
    (third,) = add(desk, entry, form="umba")
    assert text_updates.offer(desk, entry["id"]) is None
    change(desk, entry, ("lemma", "seh"), "nyuma", "nyumba")
    assert text_updates.offer(desk, entry["id"]) == text_updates.Offer(1, "nyuma")
    (place,) = text_updates.find(desk, entry["id"])
    use(desk, entry, [place])
    assert [morph_of(desk, one)["form"]["seh"] for one in (line, other, third)] == [
        "nyumba",
        "nyumba",
        "umba",
    ]
    stored = text_lines.get(desk, line)
    assert (stored["words"][0]["form"], stored["baseline"]) == ({"seh": "nyuma"},) * 2


def test_a_form_s_spelling_is_followed_where_it_is_that_form(desk):
    form = {"id": new_id("o"), "form": {"seh": "-umbe"}}
    entry = save_entry(desk, forms=[form])
    (line,) = add(desk, entry, form="umbe", allomorph=form["id"])
    add(desk, entry, form="umbe", allomorph="o_other")
    change(desk, entry, ("forms", form["id"], "form", "seh"), "-umbe", "-umba")
    (place,) = text_updates.find(desk, entry["id"])
    assert (place.line["_id"], place.changes) == (line, (("seh", "umbe", "umba"),))
    assert place.key.endswith(".form")


def test_nobody_is_offered_what_they_may_not_read_or_change(desk):
    entry = save_entry(desk)
    add(desk, entry, access={"level": "groups", "groups": ["elders"]})
    regloss(desk, entry)
    assert text_updates.offer(desk, entry["id"])
    assert text_updates.offer(make_desk(desk.store, role=Role.EDITOR), entry["id"]) is None
    add(desk, entry)
    assert text_updates.offer(make_desk(desk.store, role=Role.EDITOR), entry["id"]).places == 1
    contributor = make_desk(desk.store, role=Role.CONTRIBUTOR)
    assert text_updates.offer(contributor, entry["id"]) is None
    assert use(contributor, entry, text_updates.find(desk, entry["id"])) == 0
    (own,) = add(contributor, entry)
    (place,) = text_updates.find(contributor, entry["id"])
    assert place.line["_id"] == own
    assert text_updates.offer(make_desk(desk.store, role=Role.VIEWER), entry["id"]) is None


def test_what_is_pointed_at_is_known_before_it_is_deleted(desk):
    entry = save_entry(desk)
    assert text_updates.parts_pointed_at(desk, entry) == set()
    add(desk, entry)
    assert text_updates.parts_pointed_at(desk, entry) == {entry["id"], entry["senses"][0]["id"]}
    remove(desk, entry)
    assert text_updates.parts_pointed_at(desk, entry) == {entry["id"]}
