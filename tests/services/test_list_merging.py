"""Merging and deleting items of the project's lists."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import Invalid, NotAllowed
from app.domain.ids import new_id
from app.domain.project import (
    ETYMOLOGY_TYPES,
    MORPH_TYPES,
    NOTE_TYPES,
    PARTS_OF_SPEECH,
    RELATION_TYPES,
    SEMANTIC_DOMAINS,
    STATUSES,
    TRANSLATION_TYPES,
)
from app.domain.roles import Role
from app.services import (
    bulk_edit,
    exports,
    history,
    imports,
    lexicon,
    list_merging,
    projects,
    settings_forms,
)
from app.services.bulk_edit import Operation
from app.store import changes
from app.store.changes import Op
from app.store.envelope import content_of
from app.store.listing import Query
from tests.factories import item_id, make_desk, make_store, save_entry

LIFT = """<lift version="0.13"><header><ranges><range id="grammatical-info">
<range-element id="{code}"><label><form lang="en"><text>{code}</text></form></label></range-element>
</range></ranges></header><entry id="a"><lexical-unit><form lang="seh"><text>moto</text></form>
</lexical-unit><sense id="s"><grammatical-info value="{code}"/>
<gloss lang="en"><text>{gloss}</text></gloss></sense></entry></lift>"""


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    return make_desk(store)


def merge(desk, item, into):
    return list_merging.merge(desk, item, into, change_id=new_id("x"))


def add(desk, list_code, code, **facts):
    return projects.save_item(desk, list_code, code, {"en": code}, **facts)


def state(desk):
    """Everything that a merging may change, by id, without revisions."""
    found = {}
    for kind in ("entries", "relations", "items"):
        for one in desk.store[kind].find({"project": desk.project_id}):
            content = content_of(one)
            content.pop("modified", None)
            found[one["_id"]] = (content, bool(one.get("deleted")))
    return found


PLACES = {
    PARTS_OF_SPEECH: lambda i: {"sense": {"senses": [{"id": new_id("s"), "pos": i}]}},
    SEMANTIC_DOMAINS: lambda i: {"sense": {"domains": [i]}},
    MORPH_TYPES: lambda i: {"forms": [{"id": new_id("f"), "morph_type": i}]},
    STATUSES: lambda i: {"status": i},
    NOTE_TYPES: lambda i: {"notes": [{"id": new_id("n"), "type": i}]},
    ETYMOLOGY_TYPES: lambda i: {"etymologies": [{"id": new_id("y"), "type": i}]},
    TRANSLATION_TYPES: lambda i: {
        "sense": {
            "examples": [{"id": new_id("x"), "translations": [{"id": new_id("l"), "type": i}]}]
        }
    },
}


@pytest.mark.parametrize("list_code", PLACES)
def test_what_held_one_holds_the_other_and_undoing_brings_it_back(desk, list_code):
    one, other = add(desk, list_code, "one"), add(desk, list_code, "other")
    for item in (one, one, other):
        save_entry(desk, **PLACES[list_code](item))
    before = state(desk)
    assert list_merging.uses_of(desk, one).words == "2 entries"
    change = merge(desk, one, other)
    assert list_merging.uses_of(desk, other).words == "3 entries"
    assert one not in str([state(desk)[e["_id"]] for e in desk.store.entries.find()])
    history.undo(desk, [change["_id"]], change_id=new_id("x"))
    assert state(desk) == before


def test_the_list_shows_what_was_merged(desk):
    noun, verb = (item_id(desk, PARTS_OF_SPEECH, code) for code in ("Noun", "Verb"))
    save_entry(desk, "a", sense={"pos": noun})
    merge(desk, noun, verb)
    rows = lexicon.list_page(desk, Query(only={"pos": verb})).rows
    assert [row["lemma"] for row in rows] == ["a"]


def test_an_item_stands_once_among_domains(desk):
    one, other = add(desk, SEMANTIC_DOMAINS, "1"), add(desk, SEMANTIC_DOMAINS, "2")
    entry = save_entry(desk, sense={"domains": [one, other]})
    merge(desk, one, other)
    assert lexicon.get(desk, entry["id"])["senses"][0]["domains"] == [other]


def test_relations_take_the_other_type(desk):
    one, other = add(desk, RELATION_TYPES, "like"), add(desk, RELATION_TYPES, "same")
    first, second = save_entry(desk), save_entry(desk)
    lexicon.relate(desk, first["id"], None, one, second["id"], change_id=new_id("x"))
    assert list_merging.uses_of(desk, one).words == "1 relation"
    merge(desk, one, other)
    assert [r.label for r in lexicon.relations_of(desk, first["id"])] == ["same"]


def test_lines_of_texts_follow_too(desk):
    noun, verb = (item_id(desk, PARTS_OF_SPEECH, code) for code in ("Noun", "Verb"))
    morph = {"id": new_id("m"), "pos": noun}
    analysis = {"id": new_id("a"), "pos": noun, "morphs": [morph]}
    word = {"id": new_id("w"), "analyses": [analysis]}
    line = {"id": new_id("l"), "words": [word]}
    op = Op("utterance", line["id"], "create", line)
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    save_entry(desk, sense={"pos": noun})
    assert list_merging.uses_of(desk, noun).words == "1 entry and 1 line of a text"
    merge(desk, noun, verb)
    (found,) = desk.store.utterances.find({})
    assert noun not in str(found) and str(found).count(verb) == 2


def test_items_below_come_under_the_other_one(desk):
    top = add(desk, SEMANTIC_DOMAINS, "1")
    one = add(desk, SEMANTIC_DOMAINS, "1.1", parent=top)
    middle = add(desk, SEMANTIC_DOMAINS, "1.1.1", parent=one)
    low = add(desk, SEMANTIC_DOMAINS, "1.1.1.1", parent=middle)
    before = state(desk)
    change = merge(desk, one, low)
    parents = {i["_id"]: i.get("parent") for i in projects.list_items(desk, SEMANTIC_DOMAINS)}
    assert parents == {top: None, low: top, middle: low}
    history.undo(desk, [change["_id"]], change_id=new_id("x"))
    assert state(desk) == before


def test_values_of_own_fields_are_codes_and_follow(desk):
    settings_forms.save_field(desk, "clan", "list", ["entry"], {})
    desk.store.fields.update_one({"code": "clan"}, {"$set": {"list": "clans"}})
    one, other = add(desk, "clans", "lion"), add(desk, "clans", "crocodile")
    traits = [{"id": new_id("t"), "name": name, "value": "lion"} for name in ("clan", "animal")]
    entry = save_entry(desk, traits=traits)
    assert list_merging.uses_of(desk, one).total == 1
    merge(desk, one, other)
    found = lexicon.get(desk, entry["id"])["traits"]
    assert [trait["value"] for trait in found] == ["crocodile", "lion"]


def test_an_item_in_use_is_not_deleted(desk):
    one = add(desk, NOTE_TYPES, "one")
    entry = save_entry(desk, notes=[{"id": new_id("n"), "type": one}])
    with pytest.raises(Invalid, match=r"1 entry holds “one”: merge it"):
        list_merging.delete(desk, one)
    lexicon.delete(desk, entry["id"], change_id=new_id("x"))
    list_merging.delete(desk, one)
    assert one not in {item["_id"] for item in projects.list_items(desk, NOTE_TYPES)}


def test_only_two_items_of_one_list_are_merged_and_by_whom(store, desk):
    noun = item_id(desk, PARTS_OF_SPEECH, "Noun")
    for other in (noun, add(desk, NOTE_TYPES, "n")):
        with pytest.raises(Invalid):
            merge(desk, noun, other)
    editor = make_desk(store, role=Role.EDITOR)
    verb = item_id(desk, PARTS_OF_SPEECH, "Verb")
    with pytest.raises(NotAllowed):
        merge(editor, noun, verb)
    with pytest.raises(NotAllowed):
        list_merging.delete(editor, noun)


def test_what_is_brought_back_has_the_item_that_there_is_now(desk):
    noun, verb = (item_id(desk, PARTS_OF_SPEECH, code) for code in ("Noun", "Verb"))
    deleted = save_entry(desk, sense={"pos": noun})
    lexicon.delete(desk, deleted["id"], change_id=new_id("x"))
    changed = save_entry(desk, sense={"pos": noun})
    path = ("senses", changed["senses"][0]["id"], "pos")
    edit = lexicon.save(
        desk, changed["id"], [FieldChange(path, noun, None)], base_rev=None, change_id=new_id("x")
    )
    prepared = bulk_edit.prepare(desk, Query(), Operation("set", "pos", value=noun))
    merge(desk, noun, verb)
    lexicon.restore(desk, deleted["id"], change_id=new_id("x"))
    assert lexicon.get(desk, deleted["id"])["senses"][0]["pos"] == verb
    undone = history.undo(desk, [edit.change["_id"]], change_id=new_id("x"))
    assert lexicon.get(desk, changed["id"])["senses"][0]["pos"] == verb
    history.undo(desk, [undone.change["_id"]], change_id=new_id("x"))
    bulk_edit.confirm(desk, prepared["_id"])
    assert lexicon.get(desk, changed["id"])["senses"][0]["pos"] == verb


def test_a_second_import_does_not_bring_the_merged_item_back(desk, tmp_path):
    path = tmp_path / "words.lift"

    def run(code, gloss):
        path.write_text(LIFT.format(code=code, gloss=gloss))
        change = imports.preview(desk, path)
        imports.confirm(desk, change["_id"])
        return change["report"]

    run("Substantive", "fire")
    one = item_id(desk, PARTS_OF_SPEECH, "Substantive")
    other = add(desk, PARTS_OF_SPEECH, "N")
    merge(desk, one, other)
    items = state(desk)
    report = run("Substantive", "flame")
    assert report["counts"]["entry/changed"] == 1
    (sense,) = desk.store.entries.find_one({})["senses"]
    assert (sense["pos"], sense["gloss"]["en"]) == (other, "flame")
    assert state(desk)[other] == items[other]
    assert list_merging.uses_of(desk, other).total == 1
    codes = [i["code"] for i in projects.list_items(desk, PARTS_OF_SPEECH)]
    assert "Substantive" not in codes


def test_a_project_file_of_before_brings_the_successor(desk, tmp_path):
    noun, verb = (item_id(desk, PARTS_OF_SPEECH, code) for code in ("Noun", "Verb"))
    entry = save_entry(desk, sense={"pos": noun})
    path = tmp_path / "sena.life.json"
    exports.write(desk, path)
    merge(desk, noun, verb)
    change = imports.preview(desk, path)
    imports.confirm(desk, change["_id"])
    assert lexicon.get(desk, entry["id"])["senses"][0]["pos"] == verb
    assert change["report"]["counts"].get("entry/conflict", 0) == 0
    assert change["report"]["counts"].get("item/conflict", 0) == 0
