"""Texts from other programs: read once, found again, tied to the lexicon."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.interlinear import written_gloss, written_morphs
from app.domain.roles import SYSTEM
from app.formats.flextext.compare import differences
from app.services import exports, imports, sample
from app.services.desk import open_desk
from app.store import changes
from app.store.changes import Op
from tests.factories import make_desk, make_project, make_store, save_entry
from tests.formats.flextexts import WORD, flextext, phrase, save, text
from tests.formats.samples import real_flextexts


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def run(desk, path):
    desk = open_desk(desk.store, desk.actor, desk.project["slug"])
    change = imports.preview(desk, path)
    imports.confirm(desk, change["_id"])
    return change["report"]


def lines(desk):
    found = desk.store.utterances.find({"project": desk.project_id, "deleted": {"$ne": True}})
    return list(found.sort([("text", 1), ("rank", 1), ("_id", 1)]))


def translations(desk):
    return [line.get("translation", {}).get("en") for line in lines(desk)]


def change_field(desk, line, path, before, after):
    op = Op("utterance", line["_id"], changes=[FieldChange(path, before, after)])
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))


def story(*phrases, guid="t-1"):
    return flextext(text(*phrases, guid=guid))


FIRST, SECOND, THIRD = (
    phrase(WORD, guid=f"g-{number}", gloss=gloss)
    for number, gloss in enumerate(("one", "two", "three"))
)


@pytest.mark.parametrize("path", real_flextexts())
def test_a_real_file_goes_through_a_project_and_comes_back_as_it_was(desk, path, tmp_path):
    report = run(desk, path)
    assert [one for one in report["problems"] if one["severity"] != "note"] == []
    assert exports.write(desk, tmp_path / "out.flextext") == []
    assert differences(path, tmp_path / "out.flextext") == []
    counts = run(desk, path)["counts"]
    assert {key for key in counts if key.partition("/")[2] != "unchanged"} == set()
    assert exports.write(desk, tmp_path / "again.flextext") == []
    assert differences(path, tmp_path / "again.flextext") == []


def test_a_second_import_keeps_what_was_changed_here_and_takes_what_changed_there(desk, tmp_path):
    run(desk, save(tmp_path, story(FIRST, SECOND)))
    first = lines(desk)[0]
    change_field(desk, first, ("translation", "en"), "one", "ours")
    again = story(FIRST, SECOND.replace("two", "zwei"))
    counts = run(desk, save(tmp_path, again))["counts"]
    assert (counts["utterance/unchanged"], counts["utterance/changed"]) == (1, 1)
    assert translations(desk) == ["ours", "zwei"]
    assert desk.store.documents.count_documents({}) == 1


def test_what_changed_in_both_is_a_conflict_that_is_named(desk, tmp_path):
    run(desk, save(tmp_path, story(FIRST)))
    change_field(desk, lines(desk)[0], ("translation", "en"), "one", "ours")
    report = run(desk, save(tmp_path, story(FIRST.replace("one", "theirs"))))
    assert report["counts"]["utterance/conflict"] == 1
    assert report["examples"]["conflict"][0]["label"] == "wanyama."
    assert translations(desk) == ["ours"]


def test_new_lines_come_where_the_file_has_them(desk, tmp_path):
    run(desk, save(tmp_path, story(FIRST, THIRD)))
    fourth = phrase(WORD, guid="g-9", gloss="four")
    counts = run(desk, save(tmp_path, story(FIRST, SECOND, THIRD, fourth)))["counts"]
    assert (counts["utterance/new"], counts["utterance/unchanged"]) == (2, 2)
    assert translations(desk) == ["one", "two", "three", "four"]


def test_a_line_that_moved_moves(desk, tmp_path):
    run(desk, save(tmp_path, story(FIRST, SECOND, THIRD)))
    run(desk, save(tmp_path, story(SECOND, THIRD, FIRST)))
    assert translations(desk) == ["two", "three", "one"]


def test_a_file_without_guids_is_found_again_by_its_name(desk, tmp_path):
    bare = flextext(text(phrase(WORD, gloss="one"), phrase(WORD, gloss="two")))
    run(desk, save(tmp_path, bare))
    counts = run(desk, save(tmp_path, bare))["counts"]
    assert (counts["text/unchanged"], counts["utterance/unchanged"]) == (1, 2)
    run(desk, save(tmp_path, bare, "other.flextext"))
    assert desk.store.texts.count_documents({}) == 2


def test_phrases_with_the_same_guid_are_told_apart(desk, tmp_path):
    twice = story(FIRST, FIRST.replace("one", "two"))
    report = run(desk, save(tmp_path, twice))
    assert any("was used before" in one["what"] for one in report["problems"])
    assert run(desk, save(tmp_path, twice))["counts"]["utterance/unchanged"] == 2
    assert translations(desk) == ["one", "two"]


def test_a_speaker_is_the_person_of_that_name(desk, tmp_path):
    said = story(FIRST.replace("<phrase ", '<phrase speaker="Ana" '))
    run(desk, save(tmp_path, said))
    (ana,) = desk.store.people.find()
    assert (ana["name"], ana.get("consents")) == ("Ana", None)
    assert lines(desk)[0]["speaker"] == ana["_id"]
    run(
        desk,
        save(
            tmp_path,
            story(
                phrase(WORD, guid="o").replace("<phrase ", '<phrase speaker="Ana" '), guid="other"
            ),
            "other.flextext",
        ),
    )
    assert desk.store.people.count_documents({}) == 1


def morphs(desk):
    return [
        morph
        for line in lines(desk)
        for word in line["words"]
        for analysis in word.get("analyses", ())
        for morph in analysis["morphs"]
    ]


def test_morphs_are_tied_to_the_lexicon_by_lemma_number_and_gloss(desk, tmp_path):
    save_entry(desk, "nyama", "animal", homograph=1)
    second = save_entry(desk, "nyama", "animal", homograph=2)
    prefix = save_entry(desk, "wa-", "PL")
    run(desk, save(tmp_path, story(FIRST)))
    plural, stem = morphs(desk)
    assert (plural["entry"], plural["sense"]) == (prefix["id"], prefix["senses"][0]["id"])
    assert stem["entry"] == second["id"]


def test_a_second_import_ties_what_the_lexicon_has_by_then_and_nothing_else(desk, tmp_path):
    run(desk, save(tmp_path, story(FIRST)))
    assert all("entry" not in morph for morph in morphs(desk))
    prefix = save_entry(desk, "wa-", "PL")
    assert run(desk, save(tmp_path, story(FIRST)))["counts"]["utterance/changed"] == 1
    assert [morph.get("entry") for morph in morphs(desk)] == [prefix["id"], None]
    assert run(desk, save(tmp_path, story(FIRST)))["counts"]["utterance/unchanged"] == 1


def test_the_sample_goes_out_and_into_another_project(database, tmp_path):
    make_store(database)
    sample.ensure_sample(database, lambda _: None)
    here = open_desk(database, SYSTEM, sample.SLUG)
    path = tmp_path / "sample.flextext"
    assert exports.write(here, path) == []
    make_project(database, "other", "swh")
    there = open_desk(database, SYSTEM, "other")
    report = run(there, path)
    assert [one for one in report["problems"] if one["severity"] != "note"] == []
    assert len(lines(there)) == len(lines(here)) == 12
    one, two = written(here), written(there)
    assert one == two


def written(desk):
    """What is written below each word of the lines, by baseline."""
    told = {}
    for line in lines(desk):
        analyses = []
        for word in line["words"]:
            chosen = next(
                (a for a in word.get("analyses", ()) if a["id"] == word.get("chosen")), None
            )
            if chosen:
                analyses.append((written_morphs(chosen), written_gloss(chosen)))
        told[line["baseline"]["swh"]] = analyses
    return told
