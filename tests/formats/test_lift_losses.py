"""LIFT loses what it says it loses."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.formats.lift import LIFT
from tests.formats.memory import load
from tests.formats.samples import FULL_ENTRY, HEADER, lift, save


@pytest.fixture
def contents(tmp_path):
    second = '<entry id="b"><relation type="Part" ref="nyama_1"/></entry>'
    return load(LIFT, save(tmp_path, lift(FULL_ENTRY, second, header=HEADER)))


def again(contents, tmp_path):
    out = tmp_path / "lost.lift"
    list(LIFT.write(contents, out, {}))
    return load(LIFT, out), out.read_text()


def entry_access(found):
    found.entries()[0]["access"] = {"level": "groups", "groups": ["lost words"]}


def sense_access(found):
    found.entries()[0]["senses"][0]["access"] = {"level": "groups", "groups": ["lost words"]}


def example_access(found):
    example = found.entries()[0]["senses"][0]["examples"][0]
    example["access"] = {"level": "groups", "groups": ["lost words"]}


def sense_links(found):
    one = {"id": new_id("k"), "catalog": "wordnet", "label": "lost words"}
    found.entries()[0]["senses"][0]["links"] = [one]


def media_access(found):
    picture = found.entries()[0]["senses"][0]["pictures"][0]
    picture["access"] = {"level": "groups", "groups": ["lost words"]}


def relation_access(found):
    relation = next(iter(found.records["relation"].values()))
    relation["access"] = {"level": "groups", "groups": ["lost words"]}


def item_access(found):
    noun = found.item("parts-of-speech", "Noun")
    noun["access"] = {"level": "groups", "groups": ["lost words"]}


def item_iri(found):
    found.item("parts-of-speech", "Noun")["iri"] = "lost words"


def example_utterance(found):
    found.entries()[0]["senses"][0]["examples"][0]["utterance"] = "lost words"


def media_file(found):
    found.entries()[0]["senses"][0]["pictures"][0]["file"] = "lost words"


def annotation_on(found):
    found.entries()[0]["annotations"] = [{"id": new_id("a"), "name": "n", "on": "lost words"}]


def field_name(found):
    next(iter(found.records["field"].values()))["name"] = {"en": "lost words"}


def field_levels(found):
    next(iter(found.records["field"].values()))["levels"] = ["entry", "lost words"]


def document_files(found):
    next(iter(found.records["document"].values()))["files"] = {"lost words": "x"}


def project(found):
    found.project = found.project.model_copy(update={"title": "lost words"})


def person(found):
    found.add("person", {"id": new_id("h"), "name": "lost words"})


def comment(found):
    found.add("comment", {"id": new_id("c"), "on": "e", "kind": "entry", "text": "lost words"})


def text(found):
    found.add("text", {"id": new_id("t"), "title": {"seh": "lost words"}})


def utterance(found):
    found.add("utterance", {"id": new_id("l"), "baseline": {"seh": "lost words"}})


WORDS = {
    "entry.access": entry_access,
    "sense.access": sense_access,
    "example.access": example_access,
    "sense.links": sense_links,
    "media.access": media_access,
    "relation.access": relation_access,
    "item.access": item_access,
    "item.iri": item_iri,
    "example.utterance": example_utterance,
    "media.file": media_file,
    "annotation.on": annotation_on,
    "field.name": field_name,
    "field.levels": field_levels,
    "document.files": document_files,
    "project": project,
    "person": person,
    "comment": comment,
    "text": text,
    "utterance": utterance,
}


@pytest.mark.parametrize("path", WORDS)
def test_a_stated_loss_is_one(path, contents, tmp_path):
    WORDS[path](contents)
    for kind, records in contents.records.items():
        for content in records.values():
            KINDS[kind].type.model_validate(content)
    back, text = again(contents, tmp_path)
    assert "lost words" not in text
    assert "lost words" not in str(back.records)


def test_the_rank_of_an_item_is_its_place(contents, tmp_path):
    contents.item("parts-of-speech", "Noun")["rank"] = 77
    back, _ = again(contents, tmp_path)
    assert back.item("parts-of-speech", "Noun").get("rank", 0) == 0


def relate(contents, code):
    """One relation between three entries, the last of them first."""
    a, b, c = [contents.add("entry", {"id": new_id("e"), "lemma": {"seh": w}}) for w in "abc"]
    item = {"id": new_id("i"), "list": "relation-types", "code": code}
    contents.add("item", item)
    members = [{"id": new_id("z"), "entry": entry["id"]} for entry in (c, a, b)]
    contents.records["relation"].clear()
    contents.add("relation", {"id": new_id("r"), "type": item["id"], "members": members})


def members_of(contents):
    lemmas = {one["id"]: one.get("lemma", {}).get("seh") for one in contents.entries()}
    relations = contents.records["relation"].values()
    return [[lemmas[member["entry"]] for member in one["members"]] for one in relations]


def test_the_sequence_of_the_members_of_a_set_is_lost(contents, tmp_path):
    relate(contents, "Synonyms")
    assert members_of(again(contents, tmp_path)[0]) == [["a", "c", "b"]]


def test_many_members_of_a_type_that_has_pairs_are_pairs(contents, tmp_path):
    relate(contents, "own type")
    assert members_of(again(contents, tmp_path)[0]) == [["c", "a"], ["c", "b"]]


@pytest.mark.parametrize("code", ["Calendar", "Part"])
def test_sequences_and_trees_are_not_lost(code, contents, tmp_path):
    relate(contents, code)
    assert members_of(again(contents, tmp_path)[0]) == [["c", "a", "b"]]


def test_every_stated_loss_is_tested():
    assert {loss.path for loss in LIFT.losses} == {*WORDS, "item.rank", "relation.members"}
    assert all(loss.why.endswith(".") for loss in LIFT.losses)


def test_all_else_of_an_item_comes_back(contents, tmp_path):
    noun = contents.item("parts-of-speech", "Noun")
    noun["fields"] = [{"id": new_id("o"), "type": "note", "text": {"en": "x"}}]
    noun["annotations"] = [{"id": new_id("a"), "name": "n", "on": "name/en"}]
    noun["created"] = "2020-01-01"
    back, _ = again(contents, tmp_path)
    found = back.item("parts-of-speech", "Noun")
    for key in ("name", "abbreviation", "description", "created", "residue"):
        assert found.get(key) == noun.get(key)
    assert found["fields"][0]["text"] == {"en": "x"}
    assert found["annotations"][0]["on"] == "name/en"
