"""CLDF datasets go through a project, again and again."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.interlinear import written_gloss, written_morphs
from app.domain.roles import SYSTEM
from app.formats.cldf.compare import differences
from app.services import exports, imports, sample
from app.services.desk import open_desk
from app.store import changes
from app.store.changes import Op
from tests.factories import make_desk, make_project, make_store, save_entry
from tests.formats.datasets import DICTIONARY, TEXTS, complaints, real_datasets, rows, save


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def reopened(desk):
    return open_desk(desk.store, desk.actor, desk.project["slug"])


def run(desk, path, **options):
    desk = reopened(desk)
    change = imports.preview(desk, path, options=options)
    imports.confirm(desk, change["_id"])
    return change["report"]


def outcomes(report):
    return {key.partition("/")[2] for key in report["counts"]}


def edit(desk, kind, record, path, before, after):
    op = Op(kind, record["_id"], changes=[FieldChange(path, before, after)])
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))


def entry(desk, lemma):
    return desk.store.entries.find_one({"lemma.seh": lemma, "deleted": {"$ne": True}})


@pytest.mark.parametrize("path", real_datasets("cldf-igt/lgr"))
def test_a_real_dataset_goes_through_a_project_and_comes_back_as_it_was(desk, path, tmp_path):
    assert run(desk, path)["counts"]["utterance/new"] == 35
    out = tmp_path / "out.cldf.zip"
    assert exports.write(reopened(desk), out) == []
    assert differences(path, out) == []
    assert complaints(out) == []
    assert outcomes(run(desk, out)) == {"unchanged"}


@pytest.mark.parametrize("tables", [DICTIONARY, TEXTS], ids=["dictionary", "texts"])
def test_a_dataset_comes_back_as_it_was_and_changes_nothing_when_it_comes_again(
    desk, tables, tmp_path
):
    path = save(tmp_path, tables)
    assert run(desk, path)["problems"] == []
    for number in range(2):
        out = tmp_path / f"{number}.cldf.zip"
        assert exports.write(reopened(desk), out) == []
        assert differences(path, out) == []
        assert outcomes(run(desk, out)) == {"unchanged"}
    assert desk.store.documents.count_documents({}) == 1


def test_a_second_import_keeps_what_changed_here_and_takes_what_changed_there(desk, tmp_path):
    run(desk, save(tmp_path, DICTIONARY))
    here = entry(desk, "nyama")
    edit(desk, "entry", here, ("senses", here["senses"][0]["id"], "gloss", "en"), "animal", "beast")
    changed = {
        "senses": DICTIONARY["senses"].replace("meat", "flesh") + "S4,walk,enda,\n",
        "examples": DICTIONARY["examples"].replace("our meat", "our flesh"),
    }
    counts = run(desk, save(tmp_path, DICTIONARY | changed))["counts"]
    assert counts == {"entry/changed": 2, "utterance/unchanged": 1}
    glosses = [one["gloss"]["en"] for one in entry(desk, "nyama")["senses"]]
    assert glosses == ["beast", "flesh"]
    assert [one["gloss"]["en"] for one in entry(desk, "enda")["senses"]] == ["go", "walk"]
    out = tmp_path / "out.cldf.zip"
    exports.write(reopened(desk), out)
    assert [row["Description"] for row in rows(out, "senses")] == ["beast", "flesh", "go", "walk"]
    assert complaints(out) == []


def test_what_changed_in_both_is_a_conflict(desk, tmp_path):
    run(desk, save(tmp_path, DICTIONARY))
    here = entry(desk, "nyama")
    path = ("senses", here["senses"][0]["id"], "gloss", "en")
    edit(desk, "entry", here, path, "animal", "beast")
    theirs = {"senses": DICTIONARY["senses"].replace("animal", "creature")}
    assert run(desk, save(tmp_path, DICTIONARY | theirs))["counts"]["entry/conflict"] == 1
    assert entry(desk, "nyama")["senses"][0]["gloss"]["en"] == "beast"


def test_a_line_that_changed_there_keeps_its_other_words(desk, tmp_path):
    run(desk, save(tmp_path, TEXTS))
    before = desk.store.utterances.find_one({"baseline.seh": "Mwana aenda."})
    theirs = {"examples": TEXTS["examples"].replace("CL1-go", "SBJ-go")}
    counts = run(desk, save(tmp_path, TEXTS | theirs))["counts"]
    assert counts == {"text/unchanged": 2, "utterance/unchanged": 2, "utterance/changed": 1}
    after = desk.store.utterances.find_one({"_id": before["_id"]})
    assert [one["id"] for one in after["words"]] == [one["id"] for one in before["words"]]
    assert written_gloss(after["words"][1]["analyses"][0]) == "SBJ-go"


def test_a_new_line_comes_where_the_dataset_has_it(desk, tmp_path):
    run(desk, save(tmp_path, TEXTS))
    head, first, rest = TEXTS["examples"].split("\n", 2)
    more = {"examples": f"{head}\n{first}\n9,seh,Pano,pano,here,,1,\n{rest}"}
    run(desk, save(tmp_path, TEXTS | more))
    text = desk.store.texts.find_one({"title.en": "One"})["_id"]
    found = desk.store.utterances.find({"text": text}).sort([("rank", 1), ("_id", 1)])
    assert [one["baseline"]["seh"] for one in found] == ["Mwana aenda.", "Pano", "Ona!"]


def test_records_of_one_id_in_two_datasets_are_different_records(desk, tmp_path):
    run(desk, save(tmp_path, TEXTS))
    other = save(tmp_path, TEXTS, "other.cldf.zip", **{"rdf:ID": "other"})
    assert run(desk, other)["counts"] == {"text/new": 2, "utterance/new": 3}
    out = tmp_path / "out.cldf.zip"
    exports.write(reopened(desk), out)
    assert complaints(out) == []
    assert len(rows(out, "examples")) == 6
    assert outcomes(run(desk, out)) == {"unchanged"}


def test_examples_that_stand_alone_all_come_out(desk, tmp_path):
    more = "".join(f"Y{number},seh,nyama,nyama,animal,,S2\n" for number in range(205))
    run(desk, save(tmp_path, DICTIONARY | {"examples": DICTIONARY["examples"] + more}))
    out = tmp_path / "out.cldf.zip"
    exports.write(reopened(desk), out)
    assert len(rows(out, "examples")) == 207


def test_entries_that_were_made_here_do_not_come_a_second_time(desk, tmp_path):
    sense = {"definition": {"en": "hot"}, "gloss": {"en": "fire"}}
    save_entry(desk, "moto", sense=sense, notes=[{"id": new_id("n"), "text": {"en": "a"}}])
    for module in ({}, {"module": "dictionary"}):
        out = tmp_path / "out.cldf.zip"
        exports.write(reopened(desk), out, options=module)
        assert complaints(out) == []
        assert run(desk, out)["counts"] == {"entry/unchanged": 1}


def test_the_sample_goes_out_and_into_another_project(database, tmp_path):
    make_store(database)
    sample.ensure_sample(database, lambda _: None)
    here = open_desk(database, SYSTEM, sample.SLUG)
    path = tmp_path / "sample.cldf.zip"
    assert exports.write(here, path) == []
    assert complaints(path) == []
    assert outcomes(run(here, path)) == {"unchanged"}
    make_project(database, "other", "swh")
    there = open_desk(database, SYSTEM, "other")
    counts = run(there, path)["counts"]
    assert counts["utterance/new"] == len(lines(here)) == len(lines(there))
    assert written(here) == written(there)
    again = tmp_path / "again.cldf.zip"
    assert exports.write(reopened(there), again) == []
    assert differences(path, again) == []


def lines(desk):
    wanted = {"project": desk.project_id, "deleted": {"$ne": True}}
    return list(desk.store.utterances.find(wanted))


def written(desk):
    """What is written below each word of the lines, by baseline."""
    told = {}
    for line in lines(desk):
        chosen = [
            one
            for word in line.get("words", ())
            for one in word.get("analyses", ())
            if one["id"] == word.get("chosen")
        ]
        told[line["baseline"]["swh"]] = [(written_morphs(a), written_gloss(a)) for a in chosen]
    return told
