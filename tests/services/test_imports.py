"""Imports: seen first, whole or not at all, merged the second time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.formats.lift.compare import differences
from app.services import exports, history, imports, lexicon
from app.store.listing import Query
from tests.factories import make_desk, make_store

DATA = Path(os.environ.get("LIFE_TEST_DATA", Path(__file__).parents[2] / "../shared/data"))
REAL = {"sena": "lift/sena/Sena.lift", "biatah": "lift/biatah/biatah.lift"}
LIFT = """<?xml version="1.0" encoding="UTF-8"?>
<lift version="0.13">
  <entry id="moto" guid="11111111-1111-4111-8111-111111111111">
    <lexical-unit><form lang="seh"><text>moto</text></form></lexical-unit>
    <sense id="m1"><gloss lang="en"><text>{gloss}</text></gloss></sense>
    <sense id="m2"><gloss lang="en"><text>heat</text></gloss></sense>
  </entry>
  <entry id="maji"><lexical-unit><form lang="seh"><text>maji</text></form></lexical-unit>
    {relation}<sense><gloss lang="en"><text>water</text></gloss></sense></entry>
  {more}
</lift>
"""
RELATION = '<relation type="Antonym" ref="moto"/>'


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


@pytest.fixture
def lift(tmp_path):
    def write(gloss="fire", relation=RELATION, more=""):
        path = tmp_path / "words.lift"
        path.write_text(LIFT.format(gloss=gloss, relation=relation, more=more), encoding="utf-8")
        return path

    return write


def run(desk, path):
    change = imports.preview(desk, path)
    imports.confirm(desk, change["_id"])
    return change["report"]


def entry(desk, lemma):
    (row,) = [r for r in lexicon.list_page(desk, Query()).rows if r["lemma"] == lemma]
    return lexicon.get(desk, row["entry"])


def edit(desk, lemma, path, before, after):
    found = entry(desk, lemma)
    full = tuple(found["senses"][0]["id"] if key == "S" else key for key in path)
    change = [FieldChange(full, before, after)]
    lexicon.save(desk, found["_id"], change, base_rev=None, change_id=new_id("x"))


GLOSS = ("senses", "S", "gloss", "en")


def test_a_writing_system_that_comes_along_runs_as_its_script_does(desk, lift):
    gloss = '<entry><sense><gloss lang="he"><text>אש</text></gloss></sense></entry>'
    run(desk, lift(more=gloss))
    project = desk.store.projects.find_one({"_id": desk.project_id})
    directions = {ws["id"]: ws.get("direction", "ltr") for ws in project["writing_systems"]}
    assert directions["he"] == "rtl"
    assert directions["seh"] == directions["en"] == "ltr"


def test_a_preview_changes_nothing(desk, lift):
    change = imports.preview(desk, lift())
    assert change["report"]["counts"]["entry/new"] == 2
    assert lexicon.list_page(desk, Query()).rows == []
    imports.discard(desk, change["_id"])
    assert desk.store.change_parts.count_documents({}) == 0


def test_a_second_import_never_doubles(desk, lift):
    run(desk, lift())
    report = run(desk, lift())
    assert report["counts"]["entry/unchanged"] == 2
    assert report["counts"]["relation/unchanged"] == 1
    assert len(lexicon.list_page(desk, Query()).rows) == 2
    assert desk.store.relations.count_documents({}) == 1


def test_what_changed_in_the_file_comes_in_and_what_changed_here_stays(desk, lift):
    run(desk, lift())
    edit(desk, "maji", GLOSS, "water", "fresh water")
    report = run(desk, lift(gloss="flame"))
    assert report["counts"]["entry/changed"] == 1
    assert entry(desk, "moto")["senses"][0]["gloss"]["en"] == "flame"
    assert entry(desk, "maji")["senses"][0]["gloss"]["en"] == "fresh water"


def test_what_changed_in_both_is_a_conflict_and_stays_as_it_is_here(desk, lift):
    run(desk, lift())
    edit(desk, "moto", GLOSS, "fire", "our fire")
    report = run(desk, lift(gloss="their fire"))
    assert report["counts"]["entry/conflict"] == 1
    (found,) = report["examples"]["conflict"]
    assert found["label"] == "moto"
    assert found["line"] == 3
    assert entry(desk, "moto")["senses"][0]["gloss"]["en"] == "our fire"


def test_the_third_import_merges_against_the_second(desk, lift):
    run(desk, lift())
    run(desk, lift(gloss="flame"))
    edit(desk, "moto", GLOSS, "flame", "ours")
    report = run(desk, lift(gloss="flame"))
    assert report["counts"]["entry/unchanged"] == 2
    assert entry(desk, "moto")["senses"][0]["gloss"]["en"] == "ours"


def test_an_entry_deleted_in_the_file_is_deleted_here_and_kept_if_changed_here(desk, lift):
    run(desk, lift())
    gone = '<entry id="maji" dateDeleted="2020-01-01T00:00:00Z"/>'
    text = lift().read_text()
    start = text.index('<entry id="maji">')
    path = lift()
    path.write_text(text[:start] + gone + "</lift>")
    edit(desk, "maji", GLOSS, "water", "ours")
    assert run(desk, path)["counts"]["entry/conflict"] == 1
    edit(desk, "maji", GLOSS, "ours", "water")
    assert run(desk, path)["counts"]["entry/deleted"] == 1
    assert [row["lemma"] for row in lexicon.list_page(desk, Query()).rows] == ["moto"]


def test_a_relation_taken_out_of_the_file_goes(desk, lift):
    run(desk, lift())
    assert lexicon.relations_of(desk, entry(desk, "moto")["_id"])
    run(desk, lift(relation=""))
    assert lexicon.relations_of(desk, entry(desk, "moto")["_id"]) == []


def test_an_id_that_occurs_twice_is_matched_by_place(desk, lift):
    twice = "".join(
        f'<entry id="x"><lexical-unit><form lang="seh"><text>{word}</text></form>'
        f"</lexical-unit></entry>"
        for word in ("one", "two")
    )
    run(desk, lift(more=twice))
    report = run(desk, lift(more=twice))
    assert report["counts"]["entry/unchanged"] == 4
    assert len(lexicon.list_page(desk, Query()).rows) == 4


def test_an_import_is_undone_as_one(desk, lift):
    change = imports.preview(desk, lift())
    imports.confirm(desk, change["_id"])
    history.undo(desk, [change["_id"]], change_id=new_id("x"))
    assert lexicon.list_page(desk, Query()).rows == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<lift version='0.13'><entry id='a'>",
        "<html/>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><lift version='0.13'><entry id='&a;'/></lift>",
    ],
)
def test_a_file_that_cannot_be_read_leaves_nothing(desk, tmp_path, text):
    path = tmp_path / "bad.lift"
    path.write_text(text)
    with pytest.raises(Unreadable):
        imports.preview(desk, path)
    assert desk.store.changes.count_documents({"cause": "import"}) == 0
    assert desk.store.change_parts.count_documents({}) == 0


@pytest.mark.parametrize("name", REAL)
def test_a_real_dictionary_comes_back_as_it_was(desk, tmp_path, name):
    if not DATA.exists():
        pytest.skip("the folder with real dictionaries is not there (LIFE_TEST_DATA)")
    path = DATA / REAL[name]
    report = run(desk, path)
    assert report["filled"] / (report["filled"] + report["leftover"]) >= 0.98
    out = tmp_path / "out.lift"
    assert exports.write(desk, out) == []
    found = differences(path, out)
    assert found == []
    again = imports.preview(desk, path)["report"]["counts"]
    outcomes = {key for key, n in again.items() if n and key.split("/")[0] in ("entry", "relation")}
    assert outcomes == {"entry/unchanged", "relation/unchanged"}


def test_one_gloss_edited_in_a_real_dictionary_is_all_that_differs(desk, tmp_path):
    if not DATA.exists():
        pytest.skip("the folder with real dictionaries is not there (LIFE_TEST_DATA)")
    path = DATA / REAL["sena"]
    run(desk, path)
    row = lexicon.list_page(desk, Query("bande")).rows[0]
    stored = lexicon.get(desk, row["entry"])
    where = ("senses", stored["senses"][0]["id"], "gloss", "en")
    change = [FieldChange(where, stored["senses"][0]["gloss"]["en"], "EDITED")]
    lexicon.save(desk, row["entry"], change, base_rev=None, change_id=new_id("x"))
    out = tmp_path / "out.lift"
    exports.write(desk, out)
    found = differences(path, out)
    assert len(found) == 2, found  # the gloss, and the date on which it was changed
    assert any("gloss" in one and "EDITED" in one for one in found)
    assert any("dateModified" in one for one in found)


def made_here(desk, **sense):
    """An entry made by hand with what LIFT can say, and an access, which it can't."""
    sense = {"id": new_id("s"), "gloss": {"en": "wind"}, "access": {"level": "members"}, **sense}
    sense["examples"] = [{"id": new_id("x"), "form": {"seh": "Upepo unavuma."}}]
    sense["reversals"] = [
        {
            "id": new_id("v"),
            "form": {"en": "gust"},
            "main": {"id": new_id("v"), "form": {"en": "w"}},
        }
    ]
    content = {"lemma": {"seh": "upepo"}, "senses": [sense], "status": None}
    return lexicon.add(desk, content, new_id("x"))


@pytest.mark.parametrize("name", ["out.lift", "out.zip"])
def test_what_was_made_here_comes_back_as_itself(desk, lift, tmp_path, name):
    run(desk, lift())
    made = made_here(desk)
    moto = entry(desk, "moto")
    sense = {"id": new_id("s"), "gloss": {"en": "new sense"}}
    added = FieldChange(("senses", sense["id"]), None, sense, True, moto["senses"][-1]["id"])
    lexicon.save(desk, moto["_id"], [added], base_rev=None, change_id=new_id("x"))
    before = {e["_id"]: e for e in desk.store.entries.find({})}
    exports.write(desk, tmp_path / name)
    report = run(desk, tmp_path / name)
    counts = {key: n for key, n in report["counts"].items() if key.startswith("entry/")}
    assert counts == {"entry/unchanged": 3}
    assert {e["_id"]: e for e in desk.store.entries.find({})} == before
    assert made in before


def test_an_entry_made_here_takes_what_a_newer_file_says_and_keeps_what_is_newer(desk, tmp_path):
    made = made_here(desk)
    path = tmp_path / "out.lift"
    exports.write(desk, path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("<text>wind</text>", "<text>gale</text>"), encoding="utf-8")
    report = run(desk, path)
    assert report["counts"]["entry/changed"] == 1
    stored = lexicon.get(desk, made)
    assert stored["senses"][0]["gloss"] == {"en": "gale"}
    assert stored["senses"][0]["access"] == {"level": "members"}

    other = made_here(desk, gloss={"en": "other"})
    exports.write(desk, path)
    change = FieldChange(
        ("senses", lexicon.get(desk, other)["senses"][0]["id"], "gloss", "en"), "other", "mine"
    )
    desk.store.entries.update_one({"_id": other}, {"$set": {"modified": "2001-01-01T00:00:00Z"}})
    exports.write(desk, path)
    lexicon.save(desk, other, [change], base_rev=None, change_id=new_id("x"))
    report = run(desk, path)
    assert report["counts"]["entry/conflict"] == 1
    assert lexicon.get(desk, other)["senses"][0]["gloss"] == {"en": "mine"}


def test_an_export_says_how_far_it_is(desk, lift, tmp_path):
    form = '<lexical-unit><form lang="seh"><text>w</text></form></lexical-unit>'
    run(desk, lift(more="".join(f'<entry id="w{n}">{form}</entry>' for n in range(250))))
    told = []
    exports.write(desk, tmp_path / "out.life.json", progress=lambda *one: told.append(one))
    assert told and all(phase == "writing" and total == 0 for phase, _, total in told)
    assert [done for _, done, _ in told] == sorted({done for _, done, _ in told})
