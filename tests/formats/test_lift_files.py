"""Every real LIFT file comes back as it was."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from app.domain.errors import Unreadable
from app.domain.kinds import KINDS
from app.formats import FORMATS, find_format
from app.formats.base import FoundRecord, Names
from app.formats.lift import LIFT
from app.formats.lift.compare import differences
from tests.formats.memory import load, without_ids
from tests.formats.samples import DATA, SENA, needs_data, real_files

NOT_LIFT = ("entry_good_v0.15.lift",)
FILES = real_files(but=NOT_LIFT)
# What of each file must be in fields; the others are samples of odd things.
COVERAGE = {"Sena.lift": 0.98, "biatah.lift": 0.98, "SILCAWL.lift": 0.98}
ODD = {
    "lexicon_good_v0.13_FW.lift": 0.5,
    "lexicon_good_v0.15.lift": 0.5,
    "header_good_v0.15.lift": 0.3,
    "header.lift": 0.7,
}


@pytest.mark.parametrize("path", FILES)
def test_a_file_read_and_written_is_the_same(path, tmp_path):
    contents = load(LIFT, path)
    out = tmp_path / path.name
    assert list(LIFT.write(contents, out, {})) == []
    assert differences(path, out) == []
    ranges = path.with_suffix(".lift-ranges")
    assert ranges.exists() == out.with_suffix(".lift-ranges").exists()
    if ranges.exists():
        assert differences(ranges, out.with_suffix(".lift-ranges")) == []


@pytest.mark.parametrize("path", FILES)
def test_records_are_valid_the_same_again_and_nearly_all_in_fields(path, capsys):
    names = Names()
    first = [r for r in LIFT.read(path, names) if isinstance(r, FoundRecord)]
    for record in (*first, *names.new):
        model = KINDS[record.kind].type.model_validate(record.content)
        assert model.model_dump(mode="json", exclude_defaults=True) == record.content
    check_a_second_reading(path, names, first)
    filled = sum(record.filled for record in first)
    leftover = sum(record.leftover for record in first)
    share = filled / (filled + leftover)
    with capsys.disabled():
        print(f"\n{path.name}: {share:.2%} of {filled + leftover} in fields", end="")
    assert share >= {**COVERAGE, **ODD}.get(path.name, 0.95)


def check_a_second_reading(path, names, first):
    made = len(names.new)
    second = [r for r in LIFT.read(path, names) if isinstance(r, FoundRecord)]
    assert len(names.new) == made
    described = [r for r in second if r.kind in ("item", "field")]
    assert without_ids([r.content for r in first]) == without_ids(
        [r.content for r in second if r not in described]
    )
    known = {record.content["id"] for record in names.new}
    assert {record.content["id"] for record in described} <= known


@needs_data
def test_an_entry_alone_is_no_lift_file():
    path = next(DATA.rglob(NOT_LIFT[0]))
    with pytest.raises(Unreadable, match=r"<entry>.*<lift>"):
        load(LIFT, path)


@needs_data
def test_the_zip_of_sena_comes_back_whole(tmp_path):
    contents = load(LIFT, SENA / "Sena.zip")
    assert len(contents.entries()) == 1462
    out = tmp_path / "Sena.zip"
    assert list(LIFT.write(contents, out, {})) == []
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path)
    assert differences(SENA / "Sena.lift", tmp_path / "Sena" / "Sena.lift") == []
    ranges = tmp_path / "Sena" / "Sena.lift-ranges"
    assert differences(SENA / "Sena.lift-ranges", ranges) == []
    for ldml in (SENA / "WritingSystems").glob("*.ldml"):
        assert differences(ldml, tmp_path / "Sena" / "WritingSystems" / ldml.name) == []
    assert without_ids(load(LIFT, out).entries()) == without_ids(contents.entries())


@needs_data
def test_sena_holds_what_is_known_of_it():
    contents = load(LIFT, SENA / "Sena.lift")
    entries = contents.entries()
    assert len(entries) == 1462
    assert sum(len(e.get("senses", ())) for e in entries) == 1717
    assert sum(bool(e.get("citation")) for e in entries) == 887
    assert sum(len(e.get("forms", ())) for e in entries) == 168
    assert sum(len(e.get("etymologies", ())) for e in entries) == 105
    assert contents.item("parts-of-speech", "Nome")["name"]["en"] == "Noun"
    part = contents.item("relation-types", "Part")
    traits = {trait["name"]: trait["value"] for trait in part["traits"]}
    assert traits["relation-kind"] == "tree"
    assert traits["inverse-name"] == "Whole"
    systems = {ws.id: ws for ws in contents.project.writing_systems}
    assert systems["seh"].vernacular
    assert systems["seh"].font == "Doulos SIL"
    assert systems["en"].analysis


@needs_data
def test_biatah_has_tombstones_and_a_doubled_id():
    contents = load(LIFT, DATA / "lift" / "biatah" / "biatah.lift")
    assert len(contents.deleted["entry"]) == 6
    assert ["NoForm" in problem.what for problem in contents.problems] == [True]
    occurrences = [
        e["sources"][0].get("occurrence", 0)
        for e in (*contents.entries(), *contents.deleted["entry"].values())
        if e["sources"][0].get("id") == "NoForm"
    ]
    assert occurrences == [0, 1]


def test_formats_are_found_by_name():
    assert find_format("lift") is LIFT
    assert LIFT in FORMATS
    with pytest.raises(Exception, match="no format “nonsense”"):
        find_format("nonsense")


def test_the_data_folder_is_outside_the_repository():
    assert not DATA.is_relative_to(Path(__file__).resolve().parents[2])
