"""Erasing: nothing that was erased is found anywhere again, and the log still says that it was."""

from __future__ import annotations

import io

import pytest
from bson.raw_bson import RawBSONDocument

from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import backup as backups
from app.services import erase as service
from app.services import history, imports, jobs, lexicon, projects, releases
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import bulk, changes, erase, files
from app.store import history as log
from app.store import jobs as job_records
from app.store.changes import Op
from tests.factories import item_id, make_desk, make_entry, save_entry

SECRET = "zibwiriri"  # in every value that is erased, and in none that stays
VOICE = b"RIFF" + SECRET.encode() * 50


@pytest.fixture
def desk(store):
    return make_desk(store)


def holding(store, text=SECRET):
    """The collections in which some bytes still stand, whatever field they are in."""
    options = store.codec_options.with_options(document_class=RawBSONDocument)
    found = set()
    for name in store.list_collection_names():
        for document in store.get_collection(name, codec_options=options).find():
            if text.encode() in document.raw:
                found.add(name)
    return found


def commit(desk, *ops, cause="edit"):
    return changes.commit(
        desk.store, desk.project_id, desk.actor, cause, ops, change_id=new_id("x")
    )


def erased(desk, kind, record, reason="withdrawn"):
    return service.erase(desk, kind, record, reason=reason, change_id=new_id("x"), now=utc_now())


def comment(desk, on, text, **more):
    content = {"id": new_id("c"), "on": on, "kind": "entry", "text": text, **more}
    commit(desk, Op("comment", content["id"], "create", content))
    return content["id"]


def relation(desk, *entries, label=SECRET):
    members = [
        {"id": new_id("z"), "entry": one["id"], "label": f"{n}"} for n, one in enumerate(entries)
    ]
    members[0]["label"] = label
    said = [
        {"id": new_id("w"), "at": a["id"], "to": b["id"]}
        for a in members
        for b in members
        if a != b
    ]
    content = {
        "id": new_id("r"),
        "type": item_id(desk, "relation-types", "Synonym"),
        "members": members,
        "statements": said,
    }
    commit(desk, Op("relation", content["id"], "create", content))
    return content["id"]


def is_whole(desk):
    return backups.check(desk.store, SYSTEM, "sena") == []


def rich(desk):
    """An entry with history, a recording, comments, relations and a deletion that was undone."""
    voice = files.put(desk.store, desk.project_id, io.BytesIO(VOICE), f"{SECRET}.wav", "audio/wav")
    media = [{"id": new_id("m"), "href": f"{SECRET}.wav", "file": voice}]
    entry = save_entry(
        desk,
        SECRET,
        f"gloss {SECRET}",
        pronunciations=[{"id": new_id("u"), "form": {"seh": SECRET}, "media": media}],
    )
    path = ("senses", entry["senses"][0]["id"], "gloss", "en")
    change = FieldChange(path, f"gloss {SECRET}", f"other {SECRET}")
    commit(desk, Op("entry", entry["id"], changes=[change]))
    commit(desk, Op("entry", entry["id"], "delete"))
    commit(desk, Op("entry", entry["id"], "restore"))
    first = comment(desk, entry["id"], f"about {SECRET}")
    comment(desk, first, f"answer {SECRET}", reply_to=first)
    return entry, voice


def test_an_entry_leaves_nothing_behind(desk):
    entry, voice = rich(desk)
    kept, third = save_entry(desk, "nyumba"), save_entry(desk, "moto")
    pair, trio = relation(desk, entry, kept), relation(desk, entry, kept, third)
    assert {"entries", "changes", "rows", "comments", "relations", "blobs.chunks"} <= holding(
        desk.store
    )
    change = erased(desk, "entry", entry["id"])
    assert holding(desk.store) == set()
    assert desk.store["blobs.files"].find_one({"_id": voice}) is None
    assert desk.store.relations.find_one({"_id": {"$in": [pair, trio]}}) is None
    (left,) = desk.store.relations.find({"project": desk.project_id})
    assert [m["entry"] for m in left["members"]] == [kept["id"], third["id"]]
    assert len(left["statements"]) == 2
    assert change["cause"] == "erase"
    assert is_whole(desk)


def test_the_log_says_who_erased_what_and_when(desk):
    entry, _ = rich(desk)
    erased(desk, "entry", entry["id"], reason="the speaker withdrew")
    (change,) = desk.store.changes.find({"cause": "erase"})
    assert (change["actor"], change["label"]) == (desk.actor.id, "the speaker withdrew")
    assert change["seq"] == changes.current_seq(desk.store, desk.project_id)
    assert {"kind": "entry", "id": entry["id"], "action": "erased"} in change["ops"]
    told = [op for _, op in log.iter_record(desk.store, desk.project_id, entry["id"])]
    assert told == [{"kind": "entry", "id": entry["id"], "action": "erased"}] * 5
    assert any(op["id"] == entry["id"] for one in history.activity(desk) for op in one["ops"])
    (noted,) = desk.store.erasures.find({})
    assert set(noted) == {*("_id", "project", "kind", "records", "files", "actor", "time", "state")}
    assert noted["state"] == "done"


def test_it_is_gone_for_everybody(desk):
    entry, _ = rich(desk)
    erased(desk, "entry", entry["id"])
    with pytest.raises(NotFound):
        lexicon.get(desk, entry["id"], deleted=True)
    with pytest.raises(NotFound):
        erased(desk, "entry", entry["id"])
    with pytest.raises(NotFound):
        commit(desk, Op("entry", entry["id"], "restore"))


def test_only_owners_with_a_reason(desk):
    entry = save_entry(desk)
    for role in (Role.MANAGER, Role.EDITOR, Role.VIEWER):
        with pytest.raises(NotAllowed):
            erased(make_desk(desk.store, role=role), "entry", entry["id"])
    for reason in ("", "  ", "x" * 501, "a\x00b"):
        with pytest.raises(Invalid):
            erased(desk, "entry", entry["id"], reason=reason)
    with pytest.raises(Invalid, match="deleted, not erased"):
        erased(desk, "project", desk.project_id)
    other = make_desk(desk.store, "other")
    with pytest.raises(NotFound):
        erased(other, "entry", entry["id"])
    assert desk.store.entries.find_one({"_id": entry["id"]}) is not None


def test_undo_passes_over_what_was_erased(desk):
    gone, kept = make_entry(SECRET), make_entry("nyumba")
    both = commit(desk, *(Op("entry", one["id"], "create", one) for one in (gone, kept)))
    erased(desk, "entry", gone["id"])
    done = history.undo(desk, [both.change["_id"]], change_id=new_id("x"))
    assert [op["id"] for op in done.change["ops"]] == [kept["id"]]
    stored = desk.store.entries.find_one({"_id": kept["id"]})
    assert stored["deleted"]
    assert log.state_at(desk.store, desk.project_id, stored, both.change["seq"]) is not None
    assert is_whole(desk)


def test_an_erasure_cannot_be_undone(desk):
    entry = save_entry(desk, SECRET)
    change = erased(desk, "entry", entry["id"])
    again = {"reason": "r", "change_id": change["_id"], "now": utc_now()}
    assert service.erase(desk, "entry", entry["id"], **again)["seq"] == change["seq"]
    with pytest.raises(NotAllowed, match="can't be undone"):
        history.undo(desk, [change["_id"]], change_id=new_id("x"))


def test_a_tombstone_can_be_erased(desk):
    entry = save_entry(desk, SECRET)
    commit(desk, Op("entry", entry["id"], "delete"))
    erased(desk, "entry", entry["id"])
    assert holding(desk.store) == set()
    assert is_whole(desk)


@pytest.mark.parametrize("kind", ["person", "comment", "relation"])
def test_other_kinds(kind, desk):
    entry = save_entry(desk)
    if kind == "person":
        record = new_id("h")
        proof = files.put(desk.store, desk.project_id, io.BytesIO(VOICE), "consent.pdf")
        consent = {"id": new_id("k"), "purposes": ["keep"], "proof": proof}
        content = {"id": record, "name": SECRET, "note": SECRET, "consents": [consent]}
        commit(desk, Op("person", record, "create", content))
    elif kind == "comment":
        record = comment(desk, entry["id"], SECRET)
        comment(desk, entry["id"], f"re {SECRET}", reply_to=record)
    else:
        record = relation(desk, entry, save_entry(desk, "moto"))
    assert holding(desk.store)
    erased(desk, kind, record)
    assert holding(desk.store) == set()
    assert desk.store.entries.find_one({"_id": entry["id"]}) is not None
    assert is_whole(desk)


def test_a_recording_goes_and_the_entries_that_showed_it_stay(desk):
    entry, voice = rich(desk)
    change = erased(desk, "file", voice)
    assert "blobs.chunks" not in holding(desk.store)
    assert "blobs.files" not in holding(desk.store)
    stored = desk.store.entries.find_one({"_id": entry["id"]})
    (media,) = stored["pronunciations"][0]["media"]
    assert "file" not in media
    assert stored["rev"] == 5
    assert {op["action"] for op in change["ops"]} == {"update", "erased"}
    assert is_whole(desk)


def test_a_file_that_another_entry_uses_or_used_stays(desk):
    entry, voice = rich(desk)
    shown = {"id": new_id("m"), "file": voice}
    second = save_entry(desk, "nyumba", sense={"pictures": [shown]})
    path = ("senses", second["senses"][0]["id"], "pictures", shown["id"])
    commit(desk, Op("entry", second["id"], changes=[FieldChange(path, shown, None, member=True)]))
    erased(desk, "entry", entry["id"])
    assert desk.store["blobs.files"].find_one({"_id": voice}) is not None
    erased(desk, "entry", second["id"])
    assert desk.store["blobs.files"].find_one({"_id": voice}) is None
    assert holding(desk.store) == set()


LIFT = """<lift version="0.13">
  <entry id="{0}_id" guid="11111111-1111-4111-8111-111111111111">
    <lexical-unit><form lang="seh"><text>{0}</text></form></lexical-unit>
    <relation type="Synonym" ref="moto"/>
    <sense id="{0}_s"><gloss lang="en"><text>{1} {0}</text></gloss></sense></entry>
  <entry id="{0}_id"><lexical-unit><form lang="seh"><text>{0}</text></form></lexical-unit></entry>
  <entry id="moto"><lexical-unit><form lang="seh"><text>moto</text></form></lexical-unit>
    <sense id="m"><gloss lang="en"><text>fire</text></gloss></sense></entry></lift>"""


def lift(folder, gloss="one"):
    path = folder / "words.lift"
    path.write_text(LIFT.format(SECRET, gloss), encoding="utf-8")
    return path


def test_imports_deliveries_reports_and_exports_forget_it(desk, tmp_path, settings):
    imports.confirm(desk, imports.preview(desk, lift(tmp_path))["_id"])
    imports.confirm(desk, imports.preview(desk, lift(tmp_path, "two"))["_id"])
    waiting = imports.preview(desk, lift(tmp_path, "three"))["_id"]
    job = jobs.ask(desk, lambda _job: None, "export", format="lift", name="words.lift")
    desk.store.accounts.insert_one({"_id": desk.actor.id, "name": "Ann", "key": "ann"})
    jobs.run(desk.store, job, settings.tmp)
    failed = job_records.add(desk.store, desk.project_id, desk.actor.id, "preview", utc_now())
    job_records.update(desk.store, failed, error=f"“{SECRET}” was bad")
    assert job_records.get(desk.store, job)["state"] == "done"
    assert {"deliveries", "change_parts", "changes", "blobs.chunks", "jobs"} <= holding(desk.store)
    for entry in list(desk.store.entries.find({"lemma.seh": SECRET})):
        erased(desk, "entry", entry["_id"])
    assert holding(desk.store) == set()
    with pytest.raises(NotFound):
        imports.get_prepared(desk, waiting)
    assert [e["lemma"]["seh"] for e in desk.store.entries.find({})] == ["moto"]
    assert is_whole(desk)
    first = desk.store.changes.find_one({"cause": "import"}, sort=[("seq", 1)])
    done = history.undo(desk, [first["_id"]], change_id=new_id("x"))
    assert done.change["state"] == "done"


def test_an_import_at_work_is_waited_for(desk):
    entry = save_entry(desk, SECRET)
    bulk.prepare(desk.store, desk.project_id, desk.actor, "import", change_id=new_id("x"))
    with pytest.raises(Conflict, match="wait for its end"):
        erased(desk, "entry", entry["id"])
    assert desk.store.entries.find_one({"_id": entry["id"]}) is not None


def test_an_erasure_that_was_broken_off_is_ended(desk):
    entry, _ = rich(desk)
    about = desk.project_id, desk.actor, "entry", entry["id"]
    erase.begin(desk.store, *about, reason="r", change_id=new_id("x"), now=utc_now())
    assert holding(desk.store) >= {"changes", "blobs.chunks"}
    assert "entries" not in holding(desk.store)
    assert erase.resume(desk.store) == 1
    assert holding(desk.store) == set()
    assert erase.resume(desk.store) == 0
    assert is_whole(desk)


# -- releases


def released(desk, folder):
    """A release of the project; the ids of its files."""
    facts = {"visibility": "public"}
    projects.save_settings(desk, facts, desk.project["rev"], new_id("x"))
    own = open_desk(desk.store, SYSTEM, "sena")
    releases.publish(own, "1", "CC0-1.0", "A", folder, utc_now(), lambda *_: None)
    return [one["file"] for one in desk.store.releases.find_one({})["files"]]


def are_down(store, names):
    note = store.releases.find_one({})
    there = store["blobs.files"].count_documents({"_id": {"$in": names}})
    return note["files"] == [] and bool(note["taken_down"]) and there == 0


@pytest.mark.parametrize("broken", ["begun", "deleted"])
def test_a_release_goes_though_the_erasure_was_broken_off(broken, desk, tmp_path):
    entry = save_entry(desk, SECRET)
    names = released(desk, tmp_path)
    about = desk.project_id, desk.actor, "entry", entry["id"]
    erase.begin(desk.store, *about, reason="r", change_id=new_id("x"), now=utc_now())
    if broken == "deleted":
        files.delete(desk.store, names[0])
    erase.resume(desk.store)
    assert are_down(desk.store, names)


def test_a_release_without_what_was_erased_stays(desk, tmp_path):
    entry = save_entry(desk, SECRET, access={"level": "members"})
    names = released(desk, tmp_path)
    erased(desk, "entry", entry["id"])
    assert [one["file"] for one in desk.store.releases.find_one({})["files"]] == names


def test_an_older_backup_does_not_bring_a_release_back(store, desk, tmp_path):
    entry = save_entry(desk, SECRET)
    names = released(desk, tmp_path)
    path = tmp_path / "old.life.tar"
    backups.back_up_project(desk, path, utc_now())
    erased(desk, "entry", entry["id"])
    _drop(store, desk.project_id)
    backups.restore(store, SYSTEM, path)
    assert are_down(store, names)


def test_what_is_erased_while_a_release_is_made_is_not_in_it(desk, tmp_path, monkeypatch):
    entry = save_entry(desk, SECRET)
    put = files.put

    def erase_then_put(*args, **facts):
        monkeypatch.setattr(files, "put", put)
        erased(desk, "entry", entry["id"])
        return put(*args, **facts)

    monkeypatch.setattr(files, "put", erase_then_put)
    released(desk, tmp_path)
    assert are_down(desk.store, [])


# -- backups from before


def back_up(store, path):
    backups.back_up_server(store, SYSTEM, path, utc_now())
    return path


def test_an_older_backup_of_a_project_does_not_bring_it_back(store, desk, tmp_path):
    entry, voice = rich(desk)
    relation(desk, entry, save_entry(desk, "nyumba"))
    path = tmp_path / "old.life.tar"
    backups.back_up_project(desk, path, utc_now())
    erased(desk, "entry", entry["id"])
    _drop(store, desk.project_id)
    backups.restore(store, SYSTEM, path)
    assert holding(store) == set()
    assert store["blobs.files"].find_one({"_id": voice}) is None
    assert store.relations.find_one({}) is None
    assert [row["lemma"] for row in store.rows.find({})] == ["nyumba"]
    assert is_whole(open_desk(store, SYSTEM, "sena"))


def _drop(store, project):
    for name in store.list_collection_names():
        if name not in ("erasures", "accounts", "meta") and not name.startswith("blobs"):
            store[name].delete_many({"$or": [{"project": project}, {"_id": project}]})
    for found in list(files.iterate(store, project)):
        files.delete(store, found["_id"])


def test_the_list_in_a_newer_backup_counts_for_an_older_one(store, desk, other, tmp_path):
    entry, _ = rich(desk)
    save_entry(desk, "nyumba")
    old = back_up(store, tmp_path / "old.life.tar")
    erased(desk, "entry", entry["id"])
    new = back_up(store, tmp_path / "new.life.tar")
    backups.restore(other, SYSTEM, old, erased_in=(new,))
    assert holding(other) == set()
    assert [row["lemma"] for row in other.rows.find({})] == ["nyumba"]
    assert other.erasures.count_documents({"state": "done"}) == 1
    assert is_whole(open_desk(other, SYSTEM, "sena"))


def test_without_a_newer_list_an_older_backup_is_all_that_is_known(store, desk, other, tmp_path):
    entry, _ = rich(desk)
    old = back_up(store, tmp_path / "old.life.tar")
    erased(desk, "entry", entry["id"])
    backups.restore(other, SYSTEM, old)
    assert holding(other)


def test_a_backup_first_ends_an_erasure_that_was_broken_off(store, desk, other, tmp_path):
    entry, _ = rich(desk)
    about = desk.project_id, desk.actor, "entry", entry["id"]
    erase.begin(store, *about, reason="r", change_id=new_id("x"), now=utc_now())
    backups.restore(other, SYSTEM, back_up(store, tmp_path / "b.life.tar"))
    assert holding(other) == set()


def test_a_backup_begins_again_when_something_is_erased_meanwhile(store, desk, other, tmp_path):
    entry, _ = rich(desk)
    path = tmp_path / "b.life.tar"
    begun = []

    def meanwhile(*_):
        if not begun:
            begun.append(erased(desk, "entry", entry["id"]))

    backups.back_up_server(store, SYSTEM, path, utc_now(), progress=meanwhile)
    backups.restore(other, SYSTEM, path)
    assert holding(other) == set()
    assert other.changes.count_documents({"cause": "erase"}) == 1
