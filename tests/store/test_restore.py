"""Archives that are damaged, changed or too new are refused, and nothing is written."""

from __future__ import annotations

import io
import json
import tarfile
import uuid

import pytest
from bson import encode

from app.domain.errors import Conflict, Unavailable, Unreadable
from app.store import backup, integrity, migrations, restore, rows
from tests.factories import make_project
from tests.store.backups import back_up, bring_back, contents, fill, is_whole, migrated


@pytest.fixture(scope="module")
def archive(module_database, tmp_path_factory):
    store = migrated(module_database)
    fill(store)
    path = tmp_path_factory.mktemp("backup") / "b.life.tar"
    back_up(store, path)
    return path


def test_a_server_goes_only_into_an_empty_database(store, other, tmp_path):
    fill(store)
    back_up(store, tmp_path / "b.life.tar")
    make_project(other, "another")
    before = contents(other)
    with pytest.raises(Conflict, match="not empty"):
        bring_back(other, tmp_path / "b.life.tar")
    assert contents(other) == before


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
    with tarfile.open(archive) as tar:
        places = [(info.name, info.offset_data, info.size) for info in tar if info.size]
    end = max(offset + size for _, offset, size in places)  # zeros to fill a record come after it
    for size in (0, 1, 511, 512, 5000, len(whole) // 2, end - 600, end - 1):
        bad.write_bytes(whole[:size])
        with pytest.raises(Unreadable):
            bring_back(other, bad)
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


def test_rows_equal_a_rebuild_after_a_restore(archive, other):
    bring_back(other, archive)
    before = [encode(row) for row in other.rows.find().sort("_id", 1)]
    for project in other.projects.find({}):
        assert integrity.repair(other, project["_id"]) >= 1
        assert rows.orders_in_use(other, project["_id"])["orders"]
    key_sorted = [encode(row) for row in other.rows.find().sort("_id", 1)]
    assert key_sorted == before
