"""Writing systems in LDML."""

from __future__ import annotations

import pytest

from app.domain.project import Collation, WritingSystem
from app.formats.base import Names
from app.formats.lift.compare import differences
from app.formats.lift.ldml import (
    find_writing_system,
    read_writing_system,
    write_writing_system,
)
from tests.formats.samples import SENA, needs_data, save

MODERN = """<ldml xmlns:sil="urn://www.sil.org/ldml/0.1">
<identity><version number="1"/><language type="ar"/><script type="Latn"/></identity>
<layout><orientation><characterOrder>right-to-left</characterOrder></orientation></layout>
<collations><collation type="standard"><cr><![CDATA[&a < b]]></cr>
{simple}</collation><collation type="search"><cr>&amp;x</cr></collation></collations>
<special><sil:external-resources><sil:font name="Scheherazade" types="default ui"/>
<sil:kbd id="ar-kbd"/></sil:external-resources></special>
</ldml>"""
SIMPLE = "<special><sil:simple><![CDATA[a A\nb B]]></sil:simple></special>"


@needs_data
def test_the_writing_systems_of_sena_come_back(tmp_path):
    paths = sorted((SENA / "WritingSystems").glob("*.ldml"))
    assert len(paths) == 4
    for path in paths:
        out = tmp_path / path.name
        out.write_bytes(write_writing_system(read_writing_system(path)))
        assert differences(path, out) == []
    sena = read_writing_system(SENA / "WritingSystems" / "seh.ldml")
    assert (sena.id, sena.name, sena.abbreviation) == ("seh", "Sena", "Sen")
    assert sena.font == "Doulos SIL"
    assert "a A b B" in sena.valid_characters
    etic = read_writing_system(SENA / "WritingSystems" / "seh-fonipa-x-etic.ldml")
    assert etic.tag == "seh-fonipa-x-etic"


def test_direction_font_and_sorting(tmp_path):
    system = read_writing_system(save(tmp_path, MODERN.format(simple=""), "ar-Latn.ldml"))
    assert (system.direction, system.font, system.keyboard) == ("rtl", "Scheherazade", "ar-kbd")
    assert system.collation == Collation(kind="icu", rules="&a < b")
    system = read_writing_system(save(tmp_path, MODERN.format(simple=SIMPLE), "ar-Latn.ldml"))
    assert system.collation == Collation(kind="alphabet", letters="a A\nb B")


@pytest.mark.parametrize(("rules", "told"), [("&a < b", 0), ("&a < b | c", 1)])
def test_rules_that_cannot_be_applied_are_told(rules, told, tmp_path):
    text = MODERN.format(simple="").replace("&a < b", rules)
    names = Names()
    problems = list(find_writing_system(save(tmp_path, text, "ar-Latn.ldml"), names))
    assert len(problems) == told
    assert all("not applied" in one.what and "|" in one.what for one in problems)
    assert names.writing_systems["ar-Latn"].collation.rules == rules


def test_the_tag_comes_from_inside_where_the_name_is_none(tmp_path):
    system = read_writing_system(save(tmp_path, MODERN.format(simple=""), "my file.ldml"))
    assert system.tag == "ar-Latn"


CHANGES = {
    "name": "New",
    "abbreviation": "nw",
    "font": "Charis SIL",
    "direction": "ltr",
    "collation": Collation(kind="alphabet", letters="b\na"),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_is_written_and_nothing_else(field, tmp_path):
    path = save(tmp_path, MODERN.format(simple=SIMPLE), "ar-Latn.ldml")
    system = read_writing_system(path)
    changed = system.model_copy(update={field: CHANGES[field]})
    out = tmp_path / "out" / "ar-Latn.ldml"
    out.parent.mkdir()
    out.write_bytes(write_writing_system(changed))
    back = read_writing_system(out)
    assert getattr(back, field) == CHANGES[field]
    for other in CHANGES.keys() - {field}:
        assert getattr(back, other) == getattr(system, other)


@pytest.mark.parametrize("tag", ["seh", "az-Arab", "pt-BR", "seh-fonipa-x-etic", "zh-Hans-CN-x-a"])
def test_one_made_here_comes_back(tag, tmp_path):
    system = WritingSystem(
        id=tag,
        tag=tag,
        name="Name",
        abbreviation="N",
        font="Andika",
        direction="rtl",
        collation=Collation(kind="icu", rules="&n < ng"),
        keyboard="k",
    )
    path = tmp_path / f"{tag}.ldml"
    path.write_bytes(write_writing_system(system))
    back = read_writing_system(path).model_copy(update={"residue": ()})
    assert back == system
    other = path.rename(tmp_path / "no tag.ldml")
    assert read_writing_system(other).tag == tag
