"""Dictionaries and texts in Standard Format go through a project, again and again."""

from __future__ import annotations

import json

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.formats.standard_format.compare import differences
from app.services import exports, history, imports
from app.services.desk import open_desk
from app.store import changes
from app.store.changes import Op
from tests.factories import make_desk, make_store, save_entry
from tests.formats.samples import MISSING
from tests.formats.standard_formats import DICTIONARY, MDF_FILES, TEXT, save


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


def gloss(desk, lemma):
    return entry(desk, lemma)["senses"][0]["gloss"]["en"]


FILES = [(DICTIONARY, "words.sfm", "mdf"), (TEXT, "story.txt", "toolbox")]


@pytest.mark.parametrize(("text", "name", "format_id"), FILES)
def test_a_file_goes_through_a_project_and_comes_back_as_it_was(
    desk, text, name, format_id, tmp_path
):
    path = save(tmp_path, text, name)
    assert run(desk, path)["problems"] == []
    for number in range(2):
        out = tmp_path / f"{number}-{name}"
        assert exports.write(reopened(desk), out, format_id=format_id) == []
        assert out.read_text(encoding="utf-8") == text
        assert outcomes(run(desk, out)) == {"unchanged"}


@pytest.mark.skipif(not MDF_FILES[0].is_file(), reason=MISSING)
def test_a_real_dictionary_goes_through_a_project_and_is_found_again(desk, tmp_path):
    report = run(desk, MDF_FILES[0])
    assert report["counts"]["entry/new"] == 2167
    out = tmp_path / "db.sfm"
    assert exports.write(reopened(desk), out) == []
    assert differences(MDF_FILES[0], out) == []
    counts = run(desk, out)["counts"]
    assert (counts["entry/unchanged"], outcomes({"counts": counts})) == (2167, {"unchanged"})


def test_a_second_import_keeps_what_changed_here_and_takes_what_changed_there(desk, tmp_path):
    text = "\\lx a\n\\ge one\n\\zz kept\n\n\\lx b\n\\ge two\n"
    run(desk, save(tmp_path, text))
    here = entry(desk, "a")
    edit(desk, "entry", here, ("senses", here["senses"][0]["id"], "gloss", "en"), "one", "ours")
    again = save(tmp_path, "\\lx c\n\\ge new\n\n" + text.replace("two", "theirs"))
    counts = run(desk, again)["counts"]
    assert counts == {"entry/new": 1, "entry/unchanged": 1, "entry/changed": 1}
    assert [gloss(desk, one) for one in "abc"] == ["ours", "theirs", "new"]
    assert desk.store.documents.count_documents({}) == 1
    out = tmp_path / "out.sfm"
    exports.write(reopened(desk), out)
    assert "\\ge ours\n\\zz kept" in out.read_text(encoding="utf-8")


def test_what_changed_in_both_is_a_conflict(desk, tmp_path):
    run(desk, save(tmp_path, "\\lx a\n\\ge one\n"))
    here = entry(desk, "a")
    edit(desk, "entry", here, ("senses", here["senses"][0]["id"], "gloss", "en"), "one", "ours")
    report = run(desk, save(tmp_path, "\\lx a\n\\ge theirs\n"))
    assert report["counts"] == {"entry/conflict": 1}
    assert gloss(desk, "a") == "ours"


def test_the_same_word_twice_is_told_apart_by_its_gloss(desk, tmp_path):
    run(desk, save(tmp_path, "\\lx a\n\\ge one\n\n\\lx a\n\\ge two\n"))
    counts = run(desk, save(tmp_path, "\\lx a\n\\ge two\n\n\\lx a\n\\ge one\n\\de more\n"))[
        "counts"
    ]
    assert counts == {"entry/unchanged": 1, "entry/changed": 1}


def test_entries_that_were_made_here_do_not_come_a_second_time(desk, tmp_path):
    save_entry(desk, "moto", "fire", sense={"definition": {"en": "hot"}})
    run(desk, save(tmp_path, "\\lx maji\n\\ge water\n\\cf jua\n\n\\lx jua\n"))
    save_entry(desk, "anga", "sky")
    out = tmp_path / "out.sfm"
    exports.write(reopened(desk), out)
    assert outcomes(run(desk, out)) == {"unchanged"}
    assert desk.store.entries.count_documents({}) == 4


def test_an_import_is_undone_as_one(desk, tmp_path):
    run(desk, save(tmp_path, DICTIONARY))
    change = desk.store.changes.find_one({"cause": "import"})
    history.undo(reopened(desk), [change["_id"]], change_id=new_id("x"))
    assert desk.store.entries.count_documents({"deleted": {"$ne": True}}) == 0


def test_a_text_takes_new_lines_and_keeps_edits(desk, tmp_path):
    text = "\\id S\n\\ref 1\n\\tx na\n\\ft one\n\\ref 3\n\\tx ku\n\\ft three\n"
    run(desk, save(tmp_path, text, "s.txt"))
    line = desk.store.utterances.find_one({"label": "1"})
    edit(desk, "utterance", line, ("translation", "en"), "one", "ours")
    more = text.replace("\\ref 3", "\\ref 2\n\\tx li\n\\ft two\n\\ref 3")
    counts = run(desk, save(tmp_path, more, "s.txt"))["counts"]
    assert (counts["utterance/new"], counts["utterance/unchanged"]) == (1, 2)
    found = desk.store.utterances.find({}).sort("rank", 1)
    assert [one["translation"]["en"] for one in found] == ["ours", "two", "three"]


def test_morphs_are_tied_to_the_lexicon(desk, tmp_path):
    made = save_entry(desk, "nyama", "animal")
    run(desk, save(tmp_path, TEXT, "story.txt"))
    morphs = desk.store.utterances.find_one({"label": "Story1.001"})["words"][0]["analyses"][0]
    assert [one.get("entry") for one in morphs["morphs"]] == [None, made["id"]]


def test_a_broken_file_leaves_nothing(desk, tmp_path):
    with pytest.raises(Unreadable, match=r"words\.sfm:3:"):
        run(desk, save(tmp_path, b"\\lx a\n\\ge b\n\\ge \xff\n"))
    assert desk.store.entries.count_documents({}) == 0
    assert desk.store.changes.count_documents({"cause": "import"}) == 0


def test_the_mapping_of_the_first_import_is_that_of_the_second(desk, tmp_path):
    path = save(tmp_path, "\\lx a\n\\zz note\n")
    mapping = {"markers": {"zz": {"field": "own", "type": "remark", "ws": "en"}}}
    run(desk, path, map=json.dumps(mapping))
    assert entry(desk, "a")["fields"][0]["type"] == "remark"
    assert outcomes(run(desk, path)) == {"unchanged"}
    assert desk.store.mappings.count_documents({}) == 1
