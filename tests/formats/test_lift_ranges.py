"""Lists and own fields: header, .lift-ranges, and back."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.domain.project import ListItem
from app.formats.base import Names
from app.formats.lift import LIFT
from app.formats.lift.compare import differences
from tests.formats.memory import load
from tests.formats.samples import HEADER, lift, save

ENTRY = '<entry id="e"><sense id="s"><grammatical-info value="Noun"/></sense></entry>'


@pytest.fixture
def contents(tmp_path):
    return load(LIFT, save(tmp_path, lift(ENTRY, header=HEADER)))


def test_a_range_is_a_list(contents):
    noun = contents.item("parts-of-speech", "Noun")
    assert (noun["name"], noun["abbreviation"]) == ({"en": "noun"}, {"en": "n"})
    assert noun["sources"][0]["guid"] == "g-2"
    assert noun["traits"][0]["value"] == "N"
    proper = contents.item("parts-of-speech", "Proper")
    assert (proper["parent"], proper["rank"]) == (noun["id"], 1)
    assert contents.entries()[0]["senses"][0]["pos"] == noun["id"]
    assert contents.item("clan", "lion")["list"] == "clan"
    assert "parent" not in contents.item("parts-of-speech", "Lost")


def test_own_fields_are_defined(contents):
    fields = {field["code"]: field for field in contents.records["field"].values()}
    assert set(fields) == {"Plural", "Clan", "tone"}
    assert fields["Plural"]["kind"] == "text"
    assert fields["Plural"].get("levels", ["entry"]) == ["entry"]
    clan = fields["Clan"]
    assert (clan["levels"], clan["kind"], clan["list"]) == (["sense"], "list", "clan")
    assert clan["description"] == {"en": "which clan"}


def test_ranges_are_found_by_name_whatever_the_href(tmp_path):
    ranges = (
        '<lift-ranges a="b"><range id="status" guid="g">'
        '<label><form lang="en"><text>S</text></form></label>'
        '<range-element id="done"><label><form lang="en"><text>Done</text></form></label>'
        "</range-element></range><other/></lift-ranges>"
    )
    header = '<ranges><range id="status" href="file://C:\\Users\\A\\far.lift-ranges"/></ranges>'
    path = save(
        tmp_path, lift('<entry id="e"><trait name="status" value="done"/></entry>', header=header)
    )
    save(tmp_path, ranges, "far.lift-ranges")
    contents = load(LIFT, path)
    assert contents.problems == []
    done = contents.item("statuses", "done")
    assert done["name"] == {"en": "Done"}
    assert contents.entries()[0]["status"] == done["id"]
    out = tmp_path / "out" / "sample.lift"
    out.parent.mkdir()
    list(LIFT.write(contents, out, {}))
    assert differences(path, out) == []
    assert differences(tmp_path / "far.lift-ranges", out.with_suffix(".lift-ranges")) == []


def test_missing_ranges_are_told(tmp_path):
    header = '<ranges><range id="status" href="file://C:/far.lift-ranges"/></ranges>'
    contents = load(LIFT, save(tmp_path, lift(header=header)))
    assert ["far.lift-ranges" in problem.what for problem in contents.problems] == [True]


def test_an_item_that_the_project_has_is_told_again_under_its_id(tmp_path):
    names = Names()
    known = names.add_item(ListItem(id=new_id("i"), list="parts-of-speech", code="Noun"))
    names.new.clear()
    contents = load(LIFT, save(tmp_path, lift(ENTRY, header=HEADER)), names)
    assert contents.entries()[0]["senses"][0]["pos"] == known
    told = [r for r in contents.found if r.kind == "item"]
    assert [(r.content["id"], r.content["name"]) for r in told] == [(known, {"en": "noun"})]
    assert contents.item("parts-of-speech", "Proper")["parent"] == known


def test_an_item_made_here_goes_to_the_ranges_file(tmp_path):
    contents = load(LIFT, save(tmp_path, lift(ENTRY)))
    item = contents.item("parts-of-speech", "Noun")
    item |= {"name": {"en": "noun", "pt": "nome"}, "code": "Noun of ours"}
    out = tmp_path / "out" / "x.lift"
    out.parent.mkdir()
    assert list(LIFT.write(contents, out, {})) == []
    assert '<range id="grammatical-info" href="x.lift-ranges"/>' in out.read_text()
    again = load(LIFT, out)
    assert again.problems == []
    assert again.item("parts-of-speech", "Noun of ours")["name"] == {"en": "noun", "pt": "nome"}


@pytest.mark.parametrize("version", ["0.12", "0.13", "0.15"])
@pytest.mark.parametrize("kind", ["text", "multitext", "list", "number", "date"])
@pytest.mark.parametrize("level", ["entry", "sense", "example", "form"])
def test_an_own_field_made_here_comes_back(version, kind, level, tmp_path):
    contents = load(LIFT, save(tmp_path, lift(version=version)))
    field = {
        "id": new_id("f"),
        "code": "age",
        "levels": [level],
        "kind": kind,
        "description": {"en": "how old"},
    }
    if kind == "list":
        field["list"] = "clan"
    contents.add("field", field)
    out = tmp_path / "out.lift"
    list(LIFT.write(contents, out, {}))
    (back,) = load(LIFT, out).records["field"].values()
    assert back["code"] == "age"
    assert back["description"] == {"en": "how old"}
    assert back.get("levels", ["entry"]) == [level]
    assert back.get("kind", "multitext") == kind
    assert back.get("list", "") == field.get("list", "")


def test_an_own_field_edited_here_is_described_anew(tmp_path, contents):
    clan = next(f for f in contents.records["field"].values() if f["code"] == "Clan")
    clan["kind"] = "number"
    clan.pop("list")
    out = tmp_path / "out.lift"
    list(LIFT.write(contents, out, {}))
    back = next(f for f in load(LIFT, out).records["field"].values() if f["code"] == "Clan")
    assert (back["kind"], back.get("list", "")) == ("number", "")
    assert out.read_text().count("Class=LexSense") == 1
