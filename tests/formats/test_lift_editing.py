"""An edit shows in the file, and nothing else does."""

from __future__ import annotations

import copy

import pytest

from app.domain.ids import new_id, uuid_of
from app.formats.lift import LIFT
from app.formats.lift.compare import differences
from tests.formats.memory import load
from tests.formats.samples import FULL_ENTRY, SENA, lift, needs_data, save

ORDERED = lift(
    '<entry id="e"><sense id="a" order="0"/><sense id="b" order="1"/><sense id="c" order="2"/>'
    "</entry>"
)
PLAIN = lift('<entry id="e"><sense id="a"/><sense id="b"/></entry>')
NAMELESS = lift('<entry id="e"><sense/><sense/></entry>')


def written(contents, tmp_path):
    out = tmp_path / "out.lift"
    assert list(LIFT.write(contents, out, {})) == []
    return out


def senses(path):
    entry = load(LIFT, path).entries()[0]
    return [(s.get("source_id") or None, s.get("order")) for s in entry.get("senses", ())]


@needs_data
def test_one_gloss_edited_in_sena_is_the_only_difference(tmp_path):
    path = SENA / "Sena.lift"
    contents = load(LIFT, path)
    entry = contents.entries()[700]
    entry["senses"][0]["gloss"]["en"] += " (edited)"
    found = differences(path, written(contents, tmp_path))
    assert len(found) == 1
    assert entry["sources"][0]["id"] in found[0]
    assert "(edited)" in found[0]


def test_one_gloss_edited_is_the_only_difference(tmp_path):
    path = save(tmp_path, lift(FULL_ENTRY))
    contents = load(LIFT, path)
    contents.entries()[0]["senses"][0]["gloss"]["pt"] = "carne de animal"
    assert differences(path, written(contents, tmp_path)) == [
        "/lift/entry[nyama_1]/sense[s-1]/gloss[pt]/text[1]: “carne” / “carne de animal”"
    ]


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        (ORDERED, [0, 1, 2], [("a", 0), ("b", 1), ("c", 2)]),
        (ORDERED, [2, 0, 1], [("c", 0), ("a", 1), ("b", 2)]),
        (ORDERED, [0, 2], [("a", 0), ("c", 2)]),
        (ORDERED, [], []),
        (PLAIN, [1, 0], [("b", None), ("a", None)]),
    ],
)
def test_senses_reordered_and_removed(text, order, expected, tmp_path):
    contents = load(LIFT, save(tmp_path, text))
    entry = contents.entries()[0]
    entry["senses"] = [entry["senses"][place] for place in order]
    assert senses(written(contents, tmp_path)) == expected


def test_a_sense_added_gets_number_and_id_where_others_have_them(tmp_path):
    contents = load(LIFT, save(tmp_path, ORDERED))
    sense = {"id": new_id("s"), "gloss": {"en": "new"}}
    contents.entries()[0]["senses"].insert(1, sense)
    name = str(uuid_of(sense["id"]))
    expected = [("a", 0), (name, 1), ("b", 2), ("c", 3)]
    assert senses(written(contents, tmp_path)) == expected


def test_a_sense_added_stays_nameless_where_others_are(tmp_path):
    contents = load(LIFT, save(tmp_path, NAMELESS))
    contents.entries()[0]["senses"].append({"id": new_id("s")})
    assert senses(written(contents, tmp_path)) == [(None, None)] * 3


def test_a_sense_without_id_among_others_stays_so(tmp_path):
    path = save(tmp_path, lift('<entry id="e"><sense id="a"/><sense/></entry>'))
    assert differences(path, written(load(LIFT, path), tmp_path)) == []


def test_an_entry_made_here_gets_id_and_guid_from_its_own(tmp_path):
    contents = load(LIFT, save(tmp_path, lift()))
    entry = contents.add("entry", {"id": new_id("e"), "lemma": {"seh": "nyumba"}})
    out = written(contents, tmp_path)
    source = load(LIFT, out).entries()[0]["sources"][0]
    guid = str(uuid_of(entry["id"]))
    assert (source["id"], source["guid"]) == (f"nyumba_{guid}", guid)


def test_the_document_chosen_gives_the_identifiers(tmp_path):
    contents = load(LIFT, save(tmp_path, lift(FULL_ENTRY)))
    entry = contents.entries()[0]
    second = copy.deepcopy(next(iter(contents.records["document"].values())))
    second |= {"id": new_id("d"), "producer": "Other"}
    contents.add("document", second)
    entry["sources"].append({"format": "lift", "document": second["id"], "id": "other"})
    out = tmp_path / "out.lift"
    list(LIFT.write(contents, out, {"document": second["id"]}))
    assert load(LIFT, out).entries()[0]["sources"][0]["id"] == "other"
    list(LIFT.write(contents, out, {}))
    assert load(LIFT, out).entries()[0]["sources"][0]["id"] == "nyama_1"


def test_crossing_spans_are_cut_where_they_cross(tmp_path):
    contents = load(LIFT, save(tmp_path, lift(FULL_ENTRY)))
    spans = [{"start": 0, "end": 3, "style": "a"}, {"start": 2, "end": 9, "style": "b"}]
    contents.entries()[0]["citation"] = {"seh": {"text": "abcde", "spans": spans}}
    value = load(LIFT, written(contents, tmp_path)).entries()[0]["citation"]["seh"]
    assert value == {
        "text": "abcde",
        "spans": [
            {"start": 0, "end": 3, "style": "a"},
            {"start": 2, "end": 3, "style": "b"},
            {"start": 3, "end": 5, "style": "b"},
        ],
    }


def test_a_removed_form_takes_its_annotations_to_the_entry(tmp_path):
    contents = load(LIFT, save(tmp_path, lift(FULL_ENTRY)))
    del contents.entries()[0]["lemma"]["seh"]
    entry = load(LIFT, written(contents, tmp_path)).entries()[0]
    assert sorted((a["name"], a.get("on")) for a in entry["annotations"]) == [
        ("flag", None),
        ("review", None),
    ]
