"""The check finds whatever does not belong together, and repairs what is derived."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.services import backup as service
from app.services import history, sample
from app.services.desk import open_desk
from app.store import bulk, changes
from app.store.changes import Op
from tests.factories import make_entry, save_entry
from tests.store.backups import PICTURE, fill, gloss, last_change


def findings(store, slug="sena", **more):
    return service.check(store, SYSTEM, slug, **more)


def test_a_damaged_file_is_found(store):
    desk = fill(store)
    chunk = store["blobs.chunks"].find_one({})
    store["blobs.chunks"].update_one({"_id": chunk["_id"]}, {"$set": {"data": b"?" * len(PICTURE)}})
    assert any("is damaged" in line for line in findings(store))
    store["blobs.chunks"].delete_many({})
    assert any("is damaged" in line for line in findings(store))
    assert desk


def test_derived_data_that_went_astray_are_found_and_repaired(store):
    desk = fill(store)
    mine = {"project": desk.project_id}
    store.rows.update_one(mine, {"$set": {"gloss": "wrong"}})
    store.letters.update_one(mine, {"$inc": {"count": 3}})
    stray = next(iter(store.rows.find(mine)))
    store.rows.insert_one({**stray, "_id": "e_none:x", "entry": "e_none"})
    found = findings(store)
    assert any("is not what its entry gives" in line for line in found)
    assert any("belongs to no entry" in line for line in found)
    assert any("counts" in line for line in found)
    assert findings(store, repair=True) == []


def test_pointers_that_lead_nowhere_are_found(store):
    desk = fill(store)
    entry = store.entries.find_one({"project": desk.project_id, "deleted": {"$ne": True}})
    store["blobs.files"].delete_many({"metadata.project": desk.project_id})
    relation = {"_id": new_id("r"), "project": desk.project_id, "rev": 1, "seq": 0}
    members_ = [
        {"id": "z_1", "entry": "e_none"},
        {"id": "z_2", "entry": entry["_id"], "part": "s_0"},
    ]
    store.relations.insert_one({**relation, "type": "i_none", "members": members_})
    store.entries.update_one(
        {"_id": entry["_id"]},
        {
            "$set": {
                "status": "i_1",
                "senses.0.pos": "i_2",
                "senses.0.domains": ["i_3"],
                "notes": [{"id": "n_1", "type": "i_4"}],
            }
        },
    )
    text = "\n".join(findings(store))
    for target in ("e_none", f"{entry['_id']}/s_0", "i_none", "i_1", "i_2", "i_3", "i_4"):
        assert f"leads nowhere ({target})" in text
    assert "pictures file leads nowhere" in text


def test_gaps_and_wrong_revisions_are_found(store):
    desk = fill(store)
    entry = store.entries.find_one({"project": desk.project_id, "deleted": {"$ne": True}})
    store.changes.delete_one({"project": desk.project_id, "seq": 3})
    store.changes.delete_one({"_id": last_change(store, desk.project_id)})
    text = "\n".join(findings(store))
    assert "changes 3 to 3 are missing" in text
    last = changes.current_seq(store, desk.project_id)
    assert f"changes {last} to {last} are missing" in text
    store.entries.update_one({"_id": entry["_id"]}, {"$inc": {"rev": 1}})
    assert any("has revision" in line for line in findings(store))


def test_a_large_change_that_was_taken_back_is_no_finding(store):
    desk = fill(store)
    entry = save_entry(desk, gloss="a")
    large = bulk.prepare(store, desk.project_id, desk.actor, "bulk", change_id=new_id("x"))
    made = [Op("entry", (one := make_entry(f"w{n}"))["id"], "create", one) for n in range(900)]
    known = Op("entry", entry["id"], changes=[gloss(entry, "a", "b")])
    nowhere = Op("entry", new_id("e"), changes=[gloss(entry, "a", "b")])
    bulk.stage(store, large, [known, *made, nowhere])
    bulk.ready(store, large)
    with pytest.raises(Exception, match="There is no entry"):
        bulk.apply(store, large["_id"])
    assert store.entries.find_one({"_id": entry["id"]})["rev"] == 3
    bulk.discard(store, large["_id"])
    assert findings(store) == []


def test_a_tombstone_of_the_sample_has_both_steps_in_its_history(store):
    fill(store)
    desk = open_desk(store, SYSTEM, sample.SLUG)
    gone = store.entries.find_one({"project": desk.project_id, "deleted": True})
    steps = history.of_record(desk, "entry", gone["_id"])
    assert sorted(step.action for step in steps) == ["create", "delete"]
