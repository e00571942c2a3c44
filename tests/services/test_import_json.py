"""A project goes to another server as JSON, and comes back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.domain.roles import SYSTEM
from app.formats.lift.compare import differences
from app.services import exports, imports, projects
from app.services.desk import Desk, open_desk
from app.store import changes, files
from app.store.changes import Op, commit
from tests.factories import make_desk, make_store

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LIFE_TEST_DATA") or ROOT / ".." / "shared" / "data").resolve()
REAL = "lift/biatah/biatah.lift"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(60)


@pytest.fixture
def first(database):
    return make_desk(make_store(database))


@pytest.fixture
def second(mongo_uri):
    """A project on a server of its own."""
    from app.store.database import connect

    store = connect(mongo_uri, f"test_{new_id('t')[2:]}")
    yield make_desk(make_store(store))
    store.client.drop_database(store.name)
    store.client.close()


def run(desk: Desk, path: Path) -> dict:
    change = imports.preview(desk, path)
    imports.confirm(desk, change["_id"])
    return change["report"]


def write(desk: Desk, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    exports.write(open_desk(desk.store, desk.actor, desk.project_id), path)
    return path


def save(desk: Desk, record_kind: str, /, **content) -> str:
    record = new_id(KINDS[record_kind].letter)
    op = Op(record_kind, record, "create", {"id": record, **content})
    commit(desk.store, desk.project_id, SYSTEM, "edit", [op], change_id=new_id("x"))
    return record


def change(desk: Desk, kind: str, record: str, *path: str, to) -> None:
    found = desk.store[KINDS[kind].collection].find_one({"_id": record})
    before = found
    for key in path:
        before = (before or {}).get(key)
    op = Op(kind, record, changes=[FieldChange(path, before, to)])
    commit(desk.store, desk.project_id, SYSTEM, "edit", [op], change_id=new_id("x"))


def content(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_real_project_is_the_same_on_another_server(first, second, tmp_path):
    source = DATA / REAL
    if not source.is_file():
        pytest.skip(f"no sample data at {DATA}; set LIFE_TEST_DATA")
    run(first, source)
    life = write(first, tmp_path / "one.life.json")
    report = run(second, life)
    assert [one for one in report["problems"] if one["severity"] == "error"] == []
    one = write(first, tmp_path / "a" / "out.lift")
    other = write(second, tmp_path / "b" / "out.lift")
    assert differences(one, other) == []
    ranges = [path.with_suffix(".lift-ranges") for path in (one, other)]
    assert [path.is_file() for path in ranges] in ([True, True], [False, False])
    if ranges[0].is_file():
        assert differences(*ranges) == []
    again = run(second, life)
    assert {key for key in again["counts"] if not key.endswith("/unchanged")} <= {"project/changed"}
    here, there = content(life), content(write(second, tmp_path / "two.life.json"))
    for section in ("items", "fields", "documents", "entries", "relations", "comments"):
        assert there[section] == here[section], section


def test_everything_comes_along(first, second, tmp_path):
    item = save(first, "item", list="own-list", code="one", name={"en": "One"})
    entry = save(first, "entry", lemma={"seh": "nyama"}, status=item,
                 access={"level": "groups", "groups": ["us"]}, created="2020-01-01",
                 residue=[{"format": "lift", "at": "", "content": "<x/>"}])  # fmt: skip
    other = save(first, "entry", lemma={"seh": "madzi"})
    save(first, "person", name="Ana", consents=[{"id": new_id("k"), "purposes": ["keep"]}])
    comment = save(first, "comment", on=entry, kind="entry", text="really?")
    save(first, "comment", on=entry, kind="entry", text="yes", reply_to=comment)
    save(first, "relation", type=item, members=[{"id": new_id("m"), "entry": entry}])
    delete = Op("entry", other, "delete")
    commit(first.store, first.project_id, SYSTEM, "edit", [delete], change_id=new_id("x"))
    one = content(write(first, tmp_path / "one.life.json"))
    run(second, tmp_path / "one.life.json")
    two = content(write(second, tmp_path / "two.life.json"))
    assert [gone["record"]["id"] for gone in one["deleted"]] == [other]
    assert [gone for gone in two["deleted"] if gone["kind"] != "item"] == one["deleted"]
    for section in ("items", "entries", "persons", "relations", "comments"):
        assert two[section] == one[section], section
        assert one[section], section
    own = ("id", "slug", "visibility")
    assert {k: v for k, v in two["project"].items() if k not in own} == {
        k: v for k, v in one["project"].items() if k not in own
    }


def test_a_file_comes_along_in_a_zip_file_and_is_missed_without(first, second, tmp_path):
    picture = tmp_path / "dog.png"
    picture.write_bytes(PNG)
    with picture.open("rb") as stream:
        file_id = files.put(first.store, first.project_id, stream, "dog.png", "image/png")
    media = {"id": new_id("m"), "href": "dog.png", "file": file_id}
    sense = {"id": new_id("s"), "pictures": [media]}
    entry = save(first, "entry", lemma={"seh": "mbwa"}, senses=[sense])
    run(second, write(first, tmp_path / "all.life.zip"))
    found = second.store.entries.find_one({"_id": entry})["senses"][0]["pictures"][0]
    stored = files.open_file(second.store, second.project_id, found["file"])
    assert (stored.read(), stored.filename) == (PNG, "dog.png")
    third = make_desk(second.store, slug="third")
    report = run(third, write(first, tmp_path / "bare.life.json"))
    assert ["dog.png" in one["what"] for one in report["problems"]] == [True]
    (bare,) = third.store.entries.find({"project": third.project_id})
    assert "file" not in bare["senses"][0]["pictures"][0]


def test_a_copy_on_the_same_server_has_ids_of_its_own_and_is_found_again(first, tmp_path):
    item = save(first, "item", list="own-list", code="one")
    entry = save(first, "entry", lemma={"seh": "nyama"}, status=item)
    save(first, "comment", on=entry, kind="entry", text="hm")
    life = write(first, tmp_path / "one.life.json")
    copy = make_desk(first.store, slug="copy")
    run(copy, life)
    (made,) = copy.store.entries.find({"project": copy.project_id})
    assert made["_id"] != entry
    assert copy.store.items.find_one({"_id": made["status"]})["project"] == copy.project_id
    (comment,) = copy.store.comments.find({"project": copy.project_id})
    assert comment["on"] == made["_id"]
    change(first, "entry", entry, "lemma", "seh", to="nyamba")
    run(copy, write(first, life))
    made, *more = copy.store.entries.find({"project": copy.project_id})
    assert not more, (entry, made, more)
    assert made["lemma"] == {"seh": "nyamba"}


def test_what_both_changed_is_a_conflict_and_what_one_changed_is_taken(first, second, tmp_path):
    kept = save(first, "entry", lemma={"seh": "a"}, citation={"seh": "a"})
    life = write(first, tmp_path / "one.life.json")
    run(second, life)
    change(second, "entry", kept, "lemma", "seh", to="b")
    change(second, "entry", kept, "citation", "seh", to="c")
    back = write(second, tmp_path / "back.life.json")
    change(first, "entry", kept, "lemma", "seh", to="z")
    report = run(first, back)
    assert report["counts"]["entry/conflict"] == 1
    found = first.store.entries.find_one({"_id": kept})
    assert (found["lemma"], found["citation"]) == ({"seh": "z"}, {"seh": "c"})


def test_an_old_export_takes_nothing_back(first, tmp_path):
    entry = save(first, "entry", lemma={"seh": "a"}, citation={"seh": "x"})
    life = write(first, tmp_path / "old.life.json")
    change(first, "entry", entry, "lemma", "seh", to="b")
    run(first, life)
    assert first.store.entries.find_one({"_id": entry})["lemma"] == {"seh": "b"}


def test_a_project_in_use_keeps_its_title_and_lists(first, second, tmp_path):
    save(second, "entry", lemma={"seh": "own"})
    save(first, "entry", lemma={"seh": "theirs"})
    before = projects.list_items(second)
    save(first, "item", list="statuses", code="new one")
    run(second, write(first, tmp_path / "one.life.json"))
    after = open_desk(second.store, SYSTEM, second.project_id)
    assert after.project["title"] == second.project["title"]
    codes = [(item["list"], item["code"]) for item in projects.list_items(after)]
    assert len(codes) == len(set(codes)) == len(before) + 1
    assert after.store.entries.count_documents({"project": after.project_id}) == 2


def test_a_deleted_record_is_deleted_there_too(first, second, tmp_path):
    entry = save(first, "entry", lemma={"seh": "a"})
    run(second, write(first, tmp_path / "one.life.json"))
    delete = Op("entry", entry, "delete")
    changes.commit(first.store, first.project_id, SYSTEM, "edit", [delete], change_id=new_id("x"))
    run(second, write(first, tmp_path / "two.life.json"))
    assert second.store.entries.find_one({"_id": entry})["deleted"]
