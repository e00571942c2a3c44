"""Backups and restores: back to an identical state, of a server or of one project."""

from __future__ import annotations

import io

import pytest

from app.domain.errors import Conflict, Invalid, NotAllowed, Unavailable
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.domain.roles import SYSTEM, Role
from app.services import backup as service
from app.services import history, linked_data
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import backup, changes, files
from tests.factories import make_desk, make_project
from tests.store.backups import (
    KEPT,
    PICTURE,
    back_up,
    bring_back,
    contents,
    fill,
    is_whole,
    last_change,
    members_of,
)


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


def test_a_server_that_has_started_once_takes_a_backup_and_its_addresses(store, other, tmp_path):
    fill(store)
    linked_data.keep_base(store, "", "http://localhost:8000")
    back_up(store, tmp_path / "b.life.tar")
    linked_data.keep_base(other, "", "http://localhost:9000")
    bring_back(other, tmp_path / "b.life.tar")
    assert linked_data.base_of(other, {}) == "http://localhost:8000"


def test_work_goes_on_after_a_restore(store, other, tmp_path):
    desk = fill(store)
    back_up(store, tmp_path / "b.life.tar")
    bring_back(other, tmp_path / "b.life.tar")
    again = open_desk(other, SYSTEM, "sena")
    before = changes.current_seq(other, again.project_id)
    done = history.undo(again, [last_change(other, desk.project_id)], change_id=new_id("x"))
    assert done.change["seq"] == before + 1
    assert is_whole(other)


def test_no_session_nor_link_is_kept(store, other, tmp_path):
    fill(store)
    account = store.accounts.find_one({})
    store.tokens.insert_one({"_id": "t", "hash": "secret-token-hash", "user": account["_id"]})
    path = tmp_path / "b.life.tar"
    back_up(store, path)
    everything = b"".join(members_of(path).values())
    assert account["password"].encode() in everything
    assert account["stamp"].encode() not in everything
    assert b"secret-token-hash" not in everything
    assert path.stat().st_mode & 0o777 == 0o600
    bring_back(other, path)
    assert other.accounts.find_one({})["stamp"] not in (account["stamp"], "", None)


def test_one_project_goes_into_a_server_that_lacks_it(store, other, tmp_path):
    desk = fill(store)
    path = tmp_path / "sena.life.tar"
    service.back_up_project(open_desk(store, SYSTEM, "sena"), path, utc_now())
    assert b'"password"' not in b"".join(members_of(path).values())
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


def test_one_project_comes_back_to_its_own_server_with_itsmembers_of(store, tmp_path):
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
