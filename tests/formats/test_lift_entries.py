"""What stands in an entry goes to its field; what has none is kept and written back."""

from __future__ import annotations

import pytest

from app.domain.kinds import KINDS
from app.formats.lift import LIFT
from app.formats.lift.compare import differences
from tests.formats.memory import load, without_ids
from tests.formats.samples import FULL_ENTRY, HEADER, ODD_ENTRY, lift, save


def read(tmp_path, *entries, **more):
    return load(LIFT, save(tmp_path, lift(*entries, **more)))


def round_trip(tmp_path, text, options=None, name="sample.lift"):
    path = save(tmp_path, text, name)
    out = tmp_path / "out" / name
    out.parent.mkdir(exist_ok=True)
    contents = load(LIFT, path)
    assert list(LIFT.write(contents, out, options or {})) == []
    return contents, out


def plain(members, *keys):
    return [{key: member.get(key) for key in keys} for member in members]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lift(FULL_ENTRY), id="full"),
        pytest.param(lift(ODD_ENTRY), id="odd"),
        pytest.param(lift(FULL_ENTRY, ODD_ENTRY, header=HEADER), id="with-header"),
        pytest.param(lift(ODD_ENTRY, version="0.15"), id="odd-0.15"),
        pytest.param(lift(FULL_ENTRY, ODD_ENTRY, version="0.12"), id="0.12"),
        pytest.param(lift(version="0.14"), id="0.14-empty"),
        pytest.param(lift("<header/>", "<foo><entry/></foo>", more=' a="b"'), id="strange-root"),
        pytest.param(lift("between", "<entry/>", "<entry/>", FULL_ENTRY), id="loose-text"),
    ],
)
def test_nothing_is_lost(text, tmp_path):
    contents, out = round_trip(tmp_path, text)
    found = differences(tmp_path / "sample.lift", out)
    if 'version="0.14"' in text:
        assert found == ["/lift/@version: “0.14” / “0.13”"]
    else:
        assert found == []
    assert not (tmp_path / "out" / "sample.lift-ranges").exists()
    for kind, records in contents.records.items():
        for content in records.values():
            KINDS[kind].type.model_validate(content)


def test_the_fields_of_an_entry(tmp_path):
    contents = read(tmp_path, FULL_ENTRY)
    entry = contents.entries()[0]
    assert entry["lemma"] == {"seh": "nyama", "seh-fonipa": "ɲama"}
    assert entry["citation"] == {"seh": "nyama (9)"}
    assert entry["homograph"] == 2
    assert entry["created"] == "2020-01-02"
    assert entry["morph_type"] == contents.item("morph-types", "root")["id"]
    assert entry["status"] == contents.item("statuses", "checked")["id"]
    assert plain(entry["traits"], "name", "value") == [{"name": "dialect", "value": "north"}]
    source = {k: v for k, v in entry["sources"][0].items() if k != "document"}
    guid = "11111111-1111-4111-8111-111111111111"
    assert source == {"format": "lift", "id": "nyama_1", "guid": guid}
    flag, review = entry["annotations"]
    assert (flag["on"], flag["who"], flag["text"]) == ("lemma/seh", "Ana", {"en": "check"})
    assert (review["name"], review.get("on")) == ("review", None)
    own = entry["fields"][0]
    assert (own["type"], own["text"], own["created"]) == ("Plural", {"seh": "nyama"}, "2020-02-02")
    assert "residue" not in entry


def test_the_fields_of_pronunciations_forms_notes_and_etymologies(tmp_path):
    contents = read(tmp_path, FULL_ENTRY)
    entry = contents.entries()[0]
    said = entry["pronunciations"][0]
    assert said["form"] == {"seh-fonipa": "ˈɲama"}
    assert plain(said["media"], "href", "label") == [
        {"href": "nyama.wav", "label": {"en": "by Ana"}}
    ]
    assert said["fields"][0]["type"] == "cv-pattern"
    form = entry["forms"][0]
    assert form["environments"] == ["/_#", "/#_"]
    assert (form["paradigm"], form["ref"]) == ("plural", "nyama_2")
    assert form["morph_type"] == entry["morph_type"]
    assert form["pronunciations"][0]["form"] == {"seh-fonipa": "nama"}
    general, grammar = entry["notes"]
    assert general.get("type") is None
    assert grammar["type"] == contents.item("note-types", "grammar")["id"]
    spans = [{"start": 4, "end": 5, "ws": "seh"}]
    assert grammar["text"] == {"en": {"text": "see a.", "spans": spans}}
    origin = entry["etymologies"][0]
    assert origin["type"] == contents.item("etymology-types", "borrowed")["id"]
    assert (origin["source"], origin["gloss"]) == ("pt", {"en": "meat"})


def test_the_fields_of_a_sense(tmp_path):
    contents = read(tmp_path, FULL_ENTRY)
    sense, other = contents.entries()[0]["senses"]
    assert (sense["source_id"], sense["order"], other["order"]) == ("s-1", 1, 2)
    assert sense["gloss"] == {"en": "meat", "pt": "carne"}
    assert plain(sense["further_glosses"], "text") == [{"text": {"en": "flesh"}}]
    assert sense["pos"] == contents.item("parts-of-speech", "Noun")["id"]
    assert sense["pos_traits"][0]["value"] == "9/10"
    assert sense["domains"] == [contents.item("semantic-domains", "5.2 Food")["id"]]
    assert sense["scientific_name"] == {"la": "caro"}
    assert sense["traits"][0]["name"] == "usage-type"
    example = sense["examples"][0]
    assert (example["source"], example["form"]) == ("T1:5", {"seh": "Nyama!"})
    kind = contents.item("translation-types", "Free translation")["id"]
    assert plain(example["translations"], "type", "text") == [
        {"type": kind, "text": {"en": "Meat!"}}
    ]
    assert example["notes"][0]["text"] == {"en": "T1"}
    assert sense["pictures"][0]["href"] == "meat.png"
    reversal = sense["reversals"][0]
    assert reversal["main"]["form"] == {"en": "food"}
    assert reversal["pos"] == reversal["main"]["pos"] == sense["pos"]
    assert sense["senses"][0]["senses"][0]["gloss"] == {"en": "steak"}


def test_spans_are_counted_in_code_points_outer_before_inner(tmp_path):
    text = "𐐀<span class='a'>𐐁<span lang='pt'>𐐂</span></span>𐐃"
    entry = f"<entry id='x'><citation><form lang='en'><text>{text}</text></form></citation></entry>"
    value = read(tmp_path, entry).entries()[0]["citation"]["en"]
    assert value == {
        "text": "𐐀𐐁𐐂𐐃",
        "spans": [{"start": 1, "end": 3, "style": "a"}, {"start": 2, "end": 3, "ws": "pt"}],
    }


def test_odd_things_leave_the_value_readable(tmp_path):
    entry = read(tmp_path, ODD_ENTRY).entries()[0]
    assert entry["lemma"]["seh"] == {"text": "abc", "spans": [{"start": 2, "end": 3}]}
    assert entry["morph_type"]
    assert entry["senses"][0]["gloss"] == {"en": "g1"}
    assert {piece["format"] for piece in entry["residue"]} == {"lift"}


def test_edited_text_is_written_and_odd_spelling_dropped(tmp_path):
    contents = read(tmp_path, ODD_ENTRY)
    contents.entries()[0]["lemma"]["seh"] = "new"
    out = tmp_path / "out.lift"
    list(LIFT.write(contents, out, {}))
    assert load(LIFT, out).entries()[0]["lemma"]["seh"] == "new"
    places = [line.partition(": ")[0] for line in differences(tmp_path / "sample.lift", out)]
    assert places == ["/lift/entry[odd]/lexical-unit[1]/form[seh]/text[1]"]


def test_a_value_set_later_wins_over_an_empty_one(tmp_path):
    contents = read(tmp_path, ODD_ENTRY)
    sense = contents.entries()[0]["senses"][0]
    sense["pos"] = contents.add(
        "item", {"id": "i_0000000000000000000000000v", "list": "parts-of-speech", "code": "V"}
    )["id"]
    out = tmp_path / "out.lift"
    list(LIFT.write(contents, out, {}))
    assert '<grammatical-info value="V">' in out.read_text()


def test_tombstones_come_back(tmp_path):
    dead = (
        '<entry guid="33333333-3333-4333-8333-333333333333" dateDeleted="1999-03-02T15:35:47Z">'
        '<relation type="t" ref="x"/></entry>'
    )
    contents, out = round_trip(tmp_path, lift(dead))
    assert contents.entries() == []
    assert contents.found[0].deleted == "1999-03-02T15:35:47Z"
    assert not contents.records.get("relation")
    assert differences(tmp_path / "sample.lift", out) == []


def test_a_tombstone_needs_only_its_source(tmp_path):
    contents = read(tmp_path, FULL_ENTRY)
    entry = contents.records["entry"].popitem()[1]
    contents.deleted["entry"] = {
        entry["id"]: {"id": entry["id"], "sources": entry["sources"], "_deleted": "2024-01-01"},
        "e_0": {"id": "e_0", "sources": [], "_deleted": "2024-01-01"},
    }
    out = tmp_path / "out.lift"
    list(LIFT.write(contents, out, {}))
    again = load(LIFT, out)
    assert [t["_deleted"] for t in again.deleted["entry"].values()] == ["2024-01-01"]
    assert again.entries() == []


@pytest.mark.parametrize("version", ["0.12", "0.13", "0.15"])
def test_a_file_can_be_written_in_another_version(version, tmp_path):
    contents, out = round_trip(tmp_path, lift(FULL_ENTRY, header=HEADER), {"version": version})
    again = load(LIFT, out)
    assert {problem.severity for problem in again.problems} <= {"note"}
    names = ("lemma", "senses", "forms", "fields", "notes", "morph_type")
    strip = [{name: e.get(name) for name in names} for e in contents.entries()]
    back = [{name: e.get(name) for name in names} for e in again.entries()]
    assert without_ids(strip) == without_ids(back)
    assert again.item("parts-of-speech", "Noun")["name"] == {"en": "noun"}
    assert any(d.get("version") == version for d in again.records["document"].values())


def test_an_option_that_is_none_is_refused(tmp_path):
    contents = read(tmp_path, FULL_ENTRY)
    with pytest.raises(Exception, match=r"LIFT 9\.9 cannot be written"):
        LIFT.write(contents, tmp_path / "a.lift", {"version": "9.9"})
    with pytest.raises(Exception, match="no LIFT document"):
        LIFT.write(contents, tmp_path / "a.lift", {"document": "d_x"})


def test_control_characters_are_left_out_and_told(tmp_path):
    contents = read(tmp_path, FULL_ENTRY)
    contents.entries()[0]["citation"] = {"seh": "a\x07b"}
    warnings = list(LIFT.write(contents, tmp_path / "a.lift", {}))
    assert len(warnings) == 1
    assert "control characters" in warnings[0]
    assert load(LIFT, tmp_path / "a.lift").entries()[0]["citation"] == {"seh": "ab"}
