"""The list reads derived rows: keys of their own, and words by their beginnings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.services import lexicon
from app.services.erase import erase
from app.store import bulk, listing, migrations, rows
from app.store.indexes import ensure_indexes
from app.store.listing import Query
from app.store.operation import Op
from tests.factories import make_desk, make_entry, make_store, save_entry


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    return make_desk(store)


def lemmas(desk, text):
    return [row["lemma"] for row in lexicon.list_page(desk, Query(text)).rows]


def begun(desk, prefix=""):
    return rows.beginnings(desk.store, desk.project_id, prefix, 1000)


def test_pages_neither_repeat_nor_skip_entries_of_one_lemma(desk):
    for _ in range(7):
        save_entry(desk, "same")
    seen, after = [], ""
    while True:
        page = lexicon.list_page(desk, Query(), after=after, limit=2)
        seen += [row["entry"] for row in page.rows]
        if not page.more:
            break
        after = page.rows[-1]["key"]
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("many", [False, True])
def test_one_letter_and_two_find_the_same_with_few_beginnings_and_with_many(desk, many):
    if many:  # more than the index merges
        letters = "abcdefghijklmnopqrst"
        save_entry(desk, "zz", " ".join(f"ma{x} m{x}{y}" for x in letters for y in letters))
    for lemma in ("moto", "maji", "mto", "mama", "m", "nyoka"):
        save_entry(desk, lemma, f"{lemma}x")
    rest = ["zz"] if many else []
    assert lemmas(desk, "m") == ["m", "maji", "mama", "moto", "mto", *rest]
    assert lemmas(desk, "ma") == ["maji", "mama", *rest]
    assert lemmas(desk, "mot") == ["moto", *rest]
    assert lemmas(desk, "q") == []


def test_a_changed_word_is_found_by_its_new_beginning(desk):
    entry = save_entry(desk, "moto")
    change = FieldChange(("lemma", "seh"), "moto", "zawadi")
    lexicon.save(desk, entry["id"], [change], base_rev=None, change_id=new_id("x"))
    assert lemmas(desk, "za") == ["zawadi"]
    assert lemmas(desk, "mo") == []


def test_an_import_notes_beginnings_and_takes_rows_that_were_worked_out_ahead(desk):
    ops = []
    for number in range(bulk.PART_RECORDS + 10):
        entry = make_entry(f"w{number:04d}", f"gloss{number}")
        ops.append(Op("entry", entry["id"], "create", entry))
    last = make_entry("before", "gloss")
    ops.append(Op("entry", last["id"], "create", last))
    change = bulk.prepare(desk.store, desk.project_id, desk.actor, "import", change_id=new_id("x"))
    bulk.stage(desk.store, change, ops)
    bulk.ready(desk.store, change)
    bulk.apply(desk.store, change["_id"])
    assert lemmas(desk, "w0811") == []
    assert lemmas(desk, "w0809") == ["w0809"]
    assert lemmas(desk, "be") == ["before"]
    order = listing.current_order(desk.store, desk.project_id)
    stored = desk.store.rows.find_one({"entry": last["id"]})
    entry = desk.store.entries.find_one({"_id": last["id"]})
    assert list(rows.make_rows(entry, [order])) == [stored]


def test_parts_that_lose_operations_after_they_were_read_are_read_again(desk):
    kept, gone = make_entry("kept"), make_entry("gone")
    change = bulk.prepare(desk.store, desk.project_id, desk.actor, "import", change_id=new_id("x"))
    bulk.stage(desk.store, change, [Op("entry", e["id"], "create", e) for e in (kept, gone)])
    bulk.ready(desk.store, change)
    part = f"{change['_id']}:000000"
    worked = bulk._work_out(desk.store, change, part)
    bulk.leave_out(desk.store, change["_id"], [gone["id"]])
    desk.store.changes.update_one({"_id": change["_id"]}, {"$set": {"state": "applying"}})
    with desk.store.client.start_session() as session:
        session.with_transaction(lambda s: bulk._apply_part(desk.store, change, part, worked, s))
    assert [e["_id"] for e in desk.store.entries.find({})] == [kept["id"]]


def test_erasing_takes_the_beginnings_that_nothing_else_has(desk):
    gone = save_entry(desk, "zawadi", "gift")
    save_entry(desk, "moto", "gilt")
    assert begun(desk, "za") == ["zaw"]
    erase(
        desk,
        "entry",
        gone["id"],
        reason="withdrawn",
        change_id=new_id("x"),
        now=datetime.now(UTC),
    )
    assert begun(desk, "za") == []
    assert begun(desk, "gi") == ["gil"]


def test_rows_of_an_older_shape_are_made_anew(desk):
    save_entry(desk, "moto", "fire")
    row = desk.store.rows.find_one({})
    desk.store.rows.update_one({"_id": row["_id"]}, {"$set": {"key": "x", "starts": ["mo", "mot"]}})
    desk.store.beginnings.drop()
    desk.store.meta.update_one({"_id": "schema"}, {"$set": {"version": 1}}, upsert=True)
    for _ in range(2):
        said = []
        migrations.migrate(desk.store, said.append)
        ensure_indexes(desk.store)
    assert said == []
    assert desk.store.rows.find_one({}) == row
    assert lemmas(desk, "mo") == ["moto"]
    names = {tuple(index["key"]) for index in desk.store.rows.list_indexes()}
    assert ("project", "order", "key") in names
    assert ("project", "order", "key", "entry") not in names


def test_orders_whose_rules_were_not_applied_are_made_anew(desk):
    save_entry(desk, "nga")
    rules = {"kind": "icu", "rules": "&n < ng"}
    desk.store.orders.update_one({"_id": desk.project_id}, {"$set": {"orders.0.collation": rules}})
    before = desk.store.rows.find_one({})["letter"]
    desk.store.meta.update_one({"_id": "schema"}, {"$set": {"version": 2}}, upsert=True)
    migrations.migrate(desk.store)
    assert (before, desk.store.rows.find_one({})["letter"]) == ("N", "Ng")
