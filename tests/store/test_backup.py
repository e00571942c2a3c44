"""Backups: consistent while people edit, whole or not at all, back to an identical state."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import uuid
from contextlib import contextmanager

import pytest
from bson import encode

from app.domain import diff
from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotAllowed, Unavailable, Unreadable
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.domain.roles import SYSTEM, Role
from app.services import backup as service
from app.services import history, imports, sample
from app.services.accounts import NewAccount, register
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.settings import REPOSITORY
from app.store import (
    backup,
    bulk,
    changes,
    files,
    integrity,
    members,
    migrations,
    past,
    restore,
    rows,
)
from app.store.changes import Op
from app.store.database import connect
from tests.factories import make_desk, make_entry, make_project, make_store, save_entry

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
KEPT = (
    *(kind.collection for kind in KINDS.values()),
    *("changes", "change_parts", "deliveries", "counters", "members", "audit", "erasures"),
    *("accounts", "invitations", "server", "quotas", "not_duplicates", "rows", "letters", "orders"),
    *("blobs.files", "blobs.chunks"),
)


@pytest.fixture
def store(database):
    store = make_store(database)
    migrations.migrate(store)
    return store


@pytest.fixture
def other(mongo_uri):
    """A second, empty database."""
    made = connect(mongo_uri, f"test_{uuid.uuid4().hex[:16]}")
    yield migrated(made)
    made.client.drop_database(made.name)
    made.client.close()


def migrated(store):
    make_store(store)
    migrations.migrate(store)
    return store


def fill(store):
    """A server with the sample project, one of our own with history, files and people."""
    account = register(
        store, NewAccount("ann", "Ann", "", "correct horse battery"), True, utc_now()
    )
    sample.ensure_sample(store, lambda _line: None)
    desk = make_desk(store)
    members.put(store, desk.project_id, account["_id"], Role.OWNER, by=SYSTEM, at=utc_now())
    first, second = save_entry(desk), save_entry(desk, "moto", "fire")
    picture = files.put(store, desk.project_id, io.BytesIO(PICTURE), "house.png", "image/png")
    files.put(store, desk.project_id, io.BytesIO(b"once"), "export.lift", use="export")
    shown = {"id": new_id("m"), "href": "house.png", "file": picture}
    path = ("senses", first["senses"][0]["id"], "pictures", shown["id"])
    edit(desk, first, FieldChange(path, None, shown, member=True))
    edit(desk, second, gloss(second, "fire", "blaze"))
    commit(desk, Op("entry", second["id"], "delete"))
    return desk


def gloss(entry, before, after):
    return FieldChange(("senses", entry["senses"][0]["id"], "gloss", "en"), before, after)


def commit(desk, *ops, cause="edit"):
    change = new_id("x")
    return changes.commit(desk.store, desk.project_id, desk.actor, cause, ops, change_id=change)


def edit(desk, entry, *made):
    return commit(desk, Op("entry", entry["id"], changes=made))


def contents(store, *, but=()):
    """Everything that a backup keeps, by collection and id, with what may differ left out."""
    found = {}
    for name in KEPT:
        if name in but:
            continue
        for document in store[name].find({}):
            if name.startswith("blobs") and _is_temporary(store, document):
                continue
            if document.get("count") == 0:  # a letter that has no entries any more
                continue
            document = {k: v for k, v in document.items() if k not in ("stamp", "held")}
            if name == "blobs.chunks":  # their ids mean nothing
                document["_id"] = (document["files_id"], document["n"])
            found[name, document["_id"]] = document
    return found


def _is_temporary(store, document):
    about = document.get("files_id", document["_id"])
    return "use" in store["blobs.files"].find_one({"_id": about})["metadata"]


def back_up(store, path, **more):
    return service.back_up_server(store, SYSTEM, path, utc_now(), **more)


def bring_back(store, path, **more):
    return service.restore(store, SYSTEM, path, **more)


def is_whole(store):
    return service.check(store, SYSTEM) == []


def test_a_restore_ends_in_an_identical_state(store, other, tmp_path):
    desk = fill(store)
    manifest = back_up(store, tmp_path / "b.life.tar")
    assert [held.slug for held in manifest.projects] == ["swahili-sample", "sena"]
    _, told = bring_back(other, tmp_path / "b.life.tar")
    assert told == []
    assert contents(other) == contents(store)
    assert is_whole(store)
    assert is_whole(other)
    again = open_desk(other, desk.actor, "sena")
    assert again.role is Role.OWNER
    entry = store.entries.find_one({"project": desk.project_id, "deleted": {"$ne": True}})
    assert history.of_record(again, "entry", entry["_id"]) == history.of_record(
        desk, "entry", entry["_id"]
    )
    for found in files.iterate(other, desk.project_id):
        assert files.open_file(other, desk.project_id, found["_id"]).read() == PICTURE


def test_work_goes_on_after_a_restore(store, other, tmp_path):
    desk = fill(store)
    back_up(store, tmp_path / "b.life.tar")
    bring_back(other, tmp_path / "b.life.tar")
    again = open_desk(other, SYSTEM, "sena")
    before = changes.current_seq(other, again.project_id)
    done = history.undo(again, [_last(other, desk.project_id)], change_id=new_id("x"))
    assert done.change["seq"] == before + 1
    assert is_whole(other)


def _last(store, project):
    return store.changes.find({"project": project}).sort("seq", -1).next()["_id"]


def test_no_session_nor_link_is_kept(store, other, tmp_path):
    fill(store)
    account = store.accounts.find_one({})
    store.tokens.insert_one({"_id": "t", "hash": "secret-token-hash", "user": account["_id"]})
    path = tmp_path / "b.life.tar"
    back_up(store, path)
    everything = b"".join(_members(path).values())
    assert account["password"].encode() in everything
    assert account["stamp"].encode() not in everything
    assert b"secret-token-hash" not in everything
    assert path.stat().st_mode & 0o777 == 0o600
    bring_back(other, path)
    assert other.accounts.find_one({})["stamp"] not in (account["stamp"], "", None)


def _members(path):
    """The members of an archive, unpacked."""
    with tarfile.open(path) as tar:
        found = {info.name: tar.extractfile(info).read() for info in tar}
    return {n: gzip.decompress(b) if n.endswith(".gz") else b for n, b in found.items()}


# -- one number


def at(store, project, seq):
    """All records of a project after a change."""
    taken = past.Past(store, project, seq)
    return {r["_id"]: r for kind in KINDS for r in taken.iter_records(kind)}


def now(store, project):
    names = [kind.collection for kind in KINDS.values()]
    return {r["_id"]: r for name in names for r in store[name].find({"project": project})}


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


# -- one project


def test_one_project_goes_into_a_server_that_lacks_it(store, other, tmp_path):
    desk = fill(store)
    path = tmp_path / "sena.life.tar"
    service.back_up_project(open_desk(store, SYSTEM, "sena"), path, utc_now())
    assert b'"password"' not in b"".join(_members(path).values())
    make_project(other, "another")
    _, told = bring_back(other, path)
    assert ["2 members" in line for line in told] == [True]
    mine = {"project": desk.project_id}
    for name in (*(kind.collection for kind in KINDS.values()), "changes", "rows"):
        assert list(other[name].find(mine).sort("_id", 1)) == list(
            store[name].find(mine).sort("_id", 1)
        )
    assert is_whole(other)
    with pytest.raises(Conflict, match="is here already"):
        bring_back(other, path)


def test_one_project_comes_back_to_its_own_server_with_its_members(store, tmp_path):
    desk = fill(store)
    before = contents(store)
    path = tmp_path / "sena.life.tar"
    store.accounts.insert_one({"_id": desk.actor.id, "key": "x", "name": "Ann"})
    service.back_up_project(desk, path, utc_now())
    for name in KEPT:
        if name not in ("accounts", "server"):
            store[name].delete_many({"project": desk.project_id})
    store.counters.delete_one({"_id": desk.project_id})
    store.orders.delete_one({"_id": desk.project_id})
    for found in list(files.iterate(store, desk.project_id)):
        files.delete(store, found["_id"])
    bring_back(store, path)
    store.accounts.delete_one({"_id": desk.actor.id})
    assert contents(store) == before


def test_an_address_that_is_taken_is_said(store, other, tmp_path):
    fill(store)
    path = tmp_path / "sena.life.tar"
    service.back_up_project(open_desk(store, SYSTEM, "sena"), path, utc_now())
    make_project(other, "sena")
    with pytest.raises(Invalid, match="address sena"):
        bring_back(other, path)


def test_who_may(store, tmp_path):
    fill(store)
    editor = make_desk(store, role=Role.EDITOR)
    with pytest.raises(NotAllowed):
        service.back_up_project(editor, tmp_path / "x.life.tar", utc_now())
    for refused in (service.back_up_server, service.restore):
        with pytest.raises(NotAllowed):
            refused(store, editor.actor, tmp_path / "x.life.tar", **_now(refused))
    assert list(tmp_path.iterdir()) == []


def _now(function):
    return {"now": utc_now()} if function is service.back_up_server else {}


# -- refusals


def test_a_server_goes_only_into_an_empty_database(store, other, tmp_path):
    fill(store)
    back_up(store, tmp_path / "b.life.tar")
    make_project(other, "another")
    before = contents(other)
    with pytest.raises(Conflict, match="not empty"):
        bring_back(other, tmp_path / "b.life.tar")
    assert contents(other) == before


@pytest.fixture(scope="module")
def archive(module_database, tmp_path_factory):
    store = migrated(module_database)
    fill(store)
    path = tmp_path_factory.mktemp("backup") / "b.life.tar"
    back_up(store, path)
    return path


def repacked(path, out, change):
    """An archive with members changed: name and bytes in, name and bytes out, or None."""
    with tarfile.open(path) as old, tarfile.open(out, "w") as new:
        for info in old:
            found = change(info.name, old.extractfile(info).read())
            if found is not None:
                name, data = found
                info = tarfile.TarInfo(name)
                info.size = len(data)
                new.addfile(info, io.BytesIO(data))
    return out


def test_whatever_was_changed_or_cut_off_is_refused_and_nothing_written(archive, other, tmp_path):
    whole = archive.read_bytes()
    bad = tmp_path / "bad.life.tar"
    for size in (0, 1, 511, 512, 5000, len(whole) // 2, len(whole) - 10240, len(whole) - 11000):
        bad.write_bytes(whole[:size])
        with pytest.raises(Unreadable):
            bring_back(other, bad)
    with tarfile.open(archive) as tar:
        places = [(info.name, info.offset_data, info.size) for info in tar if info.size]
    for name, offset, size in places:
        changed = bytearray(whole)
        changed[offset + size // 2] ^= 1
        bad.write_bytes(changed)
        with pytest.raises(Unreadable):
            bring_back(other, bad)
        assert contents(other) == {}, name


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256", "accounts.jsonl.gz"])
def test_a_missing_member_is_refused(name, archive, other, tmp_path):
    bad = repacked(archive, tmp_path / "bad.tar", lambda n, d: None if n == name else (n, d))
    with pytest.raises(Unreadable):
        bring_back(other, bad)


def test_a_member_too_many_is_refused(archive, other, tmp_path):
    first = []

    def change(name, data):
        if not first:
            first.append(name)
            return "projects/more.jsonl.gz", b""
        return name, data

    with pytest.raises(Unreadable):
        bring_back(other, repacked(archive, tmp_path / "bad.tar", change))


def sealed(archive, out, change):
    """An archive whose manifest was changed by somebody who knows how to seal it."""
    import hashlib

    seal = []

    def again(name, data):
        if name == backup.MANIFEST:
            manifest = json.loads(data)
            change(manifest)
            data = json.dumps(manifest).encode()
            seal.append(hashlib.sha256(data).hexdigest().encode())
        return name, (seal[0] if name == backup.SEAL else data)

    return repacked(archive, out, again)


def test_a_newer_schema_is_refused(archive, other, tmp_path):
    newest = migrations.MIGRATIONS[-1].number

    def newer(manifest):
        manifest["schema"] = newest + 1

    with pytest.raises(Unavailable, match=f"newer program .* version {newest + 1}"):
        bring_back(other, sealed(archive, tmp_path / "new.tar", newer))


def test_a_manifest_that_is_none_is_refused(archive, other, tmp_path):
    for change in (lambda m: m.pop("projects"), lambda m: m.update(format="zip", x=1)):
        with pytest.raises(Unreadable):
            bring_back(other, sealed(archive, tmp_path / f"{uuid.uuid4()}.tar", change))


def test_a_failed_restore_leaves_nothing(archive, other, tmp_path):
    def broken(_phase, done, total):
        if total == 0 and done and _phase.startswith("project"):
            raise Unreadable("broken off in the middle")

    with pytest.raises(Unreadable, match="in the middle"):
        bring_back(other, archive, progress=broken)
    assert contents(other) == {}
    restore.refuse_half(other)
    bring_back(other, archive)
    assert is_whole(other)


def test_an_existing_file_is_not_replaced(store, tmp_path):
    path = tmp_path / "b.life.tar"
    path.write_text("mine")
    with pytest.raises(Invalid, match="exists already"):
        back_up(store, path)
    assert path.read_text() == "mine"
    with pytest.raises(Invalid, match="no folder"):
        back_up(store, tmp_path / "nowhere" / "b.life.tar")


def test_a_backup_that_fails_leaves_no_file(store, tmp_path):
    fill(store)

    def broken(*_):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        back_up(store, tmp_path / "b.life.tar", progress=broken)
    assert list(tmp_path.iterdir()) == []


def test_too_little_disk_is_said_before_it_starts(tmp_path):
    with pytest.raises(Unavailable, match=r"needs about .* free"):
        backup.require_disk(tmp_path, 1 << 62, "The backup")
    backup.require_disk(tmp_path, 0, "The backup")


def test_the_estimate_counts_the_files(store):
    desk = fill(store)
    assert backup.estimate(store) > len(PICTURE)
    more = backup.estimate(store, desk.project_id)
    files.put(store, desk.project_id, io.BytesIO(b"x" * 100_000), "a")
    assert backup.estimate(store, desk.project_id) >= more + 100_000


# -- checking


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
    store.changes.delete_one({"_id": _last(store, desk.project_id)})
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


def test_rows_equal_a_rebuild_after_a_restore(archive, other):
    bring_back(other, archive)
    before = [encode(row) for row in other.rows.find().sort("_id", 1)]
    for project in other.projects.find({}):
        assert integrity.repair(other, project["_id"]) >= 1
        assert rows.orders_in_use(other, project["_id"])["orders"]
    key_sorted = [encode(row) for row in other.rows.find().sort("_id", 1)]
    assert key_sorted == before


# -- killed in the middle


@contextmanager
def command(settings, *arguments):
    """A command of the program that is killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *map(str, arguments)],
        cwd=REPOSITORY,
        env={**os.environ, **settings.environ()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def run(settings, *arguments):
    with command(settings, *arguments) as process:
        said = process.communicate()[0]
        return process.returncode, said


def wait_for(condition, process):
    while not (found := condition()):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    return found


def heavy(store):
    """A server whose backup takes a while: files that do not compress."""
    desk = fill(store)
    for number in range(12):
        files.put(store, desk.project_id, io.BytesIO(os.urandom(8 << 20)), f"{number}.wav")
    return desk


def test_a_killed_backup_leaves_no_backup_and_can_be_repeated(settings, store, tmp_path):
    heavy(store)
    path = tmp_path / "b.life.tar"
    with command(settings, "backup", path) as process:
        wait_for(lambda: any(p.stat().st_size > 1 << 20 for p in tmp_path.glob(".*.part")), process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not path.exists()
    assert len(list(tmp_path.glob(".*.part"))) == 1
    code, said = run(settings, "backup", path)
    assert (code, said.count("Wrote 2 projects")) == (0, 1), said
    assert list(tmp_path.glob(".*.part")) == []
    with restore.open_archive(path) as archive:
        assert len(archive.manifest.projects) == 2


def test_a_killed_restore_says_so_and_can_be_repeated(settings, mongo_uri, store, other, tmp_path):
    heavy(other)
    path = tmp_path / "b.life.tar"
    back_up(other, path)
    with command(settings, "restore", path) as process:
        wait_for(lambda: store["blobs.chunks"].find_one({}, {"_id": 1}), process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert store.accounts.find_one({}) is None
    code, said = run(settings, "check")
    assert code == 1
    assert said.startswith("Unavailable: A restore was broken off")
    code, said = run(settings, "restore", path)
    assert code == 0, said
    assert "Took back what an earlier restore had left" in said
    assert contents(store) == contents(other)
    assert run(settings, "check") == (0, "Everything is as it should be.\n")


def test_a_killed_restore_can_be_cleared(settings, store, other, tmp_path):
    fill(other)
    path = tmp_path / "b.life.tar"
    back_up(other, path)
    store.meta.insert_one({"_id": restore.MARK, "project": None})
    store.entries.insert_one({"_id": "e_1", "project": "p_1"})
    assert run(settings, "prepare")[0] == 1
    assert run(settings, "restore", "--clear")[0] == 0
    assert contents(store) == {}
    assert run(settings, "prepare")[0] == 0


def test_the_commands(settings, store, other, tmp_path):
    fill(store)
    path = tmp_path / "b.life.tar"
    code, said = run(settings, "backup", path, "--project", "sena", "--json")
    assert code == 0, said
    assert json.loads(said)["projects"][0]["slug"] == "sena"
    assert run(settings, "restore", path)[1].startswith("Conflict: The project “Sena”")
    assert run(settings, "restore", tmp_path / "no")[1].startswith("Invalid: There is no file")
    store.letters.update_many({}, {"$inc": {"count": 1}})
    code, said = run(settings, "check", "sena")
    assert code == 1
    assert all(line.startswith("sena: letter") for line in said.splitlines())
    assert run(settings, "check", "sena", "--repair")[0] == 0
    assert run(settings, "check", "nowhere") == (1, "NotFound: There is no project “nowhere”.\n")
