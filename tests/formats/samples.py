"""Small LIFT files of our own, and where the shared real ones lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LIFE_TEST_DATA") or ROOT / ".." / "shared" / "data").resolve()
LIFT_FILES = sorted(DATA.rglob("*.lift")) if DATA.is_dir() else []
MISSING = f"no sample data at {DATA}; set LIFE_TEST_DATA"

needs_data = pytest.mark.skipif(not LIFT_FILES, reason=MISSING)
SENA = DATA / "lift" / "sena"


def real_files(*, but: tuple[str, ...] = ()) -> list[object]:
    """The real files as parameters; one that is skipped where there are none."""
    found = [p for p in LIFT_FILES if p.name not in but]
    if not found:
        return [pytest.param(Path(), marks=pytest.mark.skip(reason=MISSING))]
    return [pytest.param(p, id=str(p.relative_to(DATA))) for p in found]


def real_flextexts() -> list[object]:
    """The real interlinear texts as parameters; one that is skipped where there are none."""
    found = sorted((DATA / "flextext").rglob("*.flextext"))
    if not found:
        return [pytest.param(Path(), marks=pytest.mark.skip(reason=MISSING))]
    return [pytest.param(p, id=p.stem) for p in found]


def lift(*entries: str, header: str = "", version: str = "0.13", more: str = "") -> str:
    """A LIFT file around entries."""
    head = f"<header>{header}</header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<lift version="{version}" producer="Test"{more}>'
        f"\n{head}\n" + "\n".join(entries) + "\n</lift>\n"
    )


def save(folder: Path, text: str, name: str = "sample.lift") -> Path:
    """Writes a sample to a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


FULL_ENTRY = """
<entry id="nyama_1" guid="11111111-1111-4111-8111-111111111111" order="2"
       dateCreated="2020-01-02" dateModified="2021-03-04T05:06:07Z">
  <lexical-unit>
    <form lang="seh"><text>nyama</text><annotation name="flag" value="1" who="Ana"
      when="2020-01-01"><form lang="en"><text>check</text></form></annotation></form>
    <form lang="seh-fonipa"><text>ɲama</text></form>
  </lexical-unit>
  <citation><form lang="seh"><text>nyama (9)</text></form></citation>
  <trait name="morph-type" value="root"/>
  <trait name="status" value="checked"/>
  <trait name="dialect" value="north"><annotation name="sure" value="no"/></trait>
  <pronunciation dateCreated="2020-01-03">
    <form lang="seh-fonipa"><text>ˈɲama</text></form>
    <media href="nyama.wav"><label><form lang="en"><text>by Ana</text></form></label></media>
    <field type="cv-pattern"><form lang="en"><text>CVCV</text></form></field>
    <trait name="location" value="Caia"/>
  </pronunciation>
  <variant ref="nyama_2">
    <form lang="seh"><text>nama</text></form>
    <trait name="morph-type" value="root"/><trait name="environment" value="/_#"/>
    <trait name="environment" value="/#_"/><trait name="paradigm" value="plural"/>
    <pronunciation><form lang="seh-fonipa"><text>nama</text></form></pronunciation>
  </variant>
  <note><form lang="en"><text>general</text></form></note>
  <note type="grammar"><form lang="en"><text>see <span lang="seh">a</span>.</text></form></note>
  <etymology type="borrowed" source="pt">
    <form lang="pt"><text>carne</text></form>
    <gloss lang="en"><text>meat</text></gloss>
    <field type="comment"><form lang="en"><text>maybe</text></form></field>
  </etymology>
  <field type="Plural" dateCreated="2020-02-02">
    <form lang="seh"><text>nyama</text></form><trait name="a" value="b"/>
  </field>
  <annotation name="review" value="open"/>
  <sense id="s-1" order="1">
    <grammatical-info value="Noun"><trait name="inflection-feature" value="9/10"/>
    </grammatical-info>
    <gloss lang="en"><text>meat</text></gloss>
    <gloss lang="en"><text>flesh</text></gloss>
    <gloss lang="pt"><text>carne</text></gloss>
    <definition><form lang="en"><text>flesh of <span class="emphasis">any
      <span lang="la" href="http://example.org/">animal</span></span> eaten</text></form>
    </definition>
    <trait name="semantic-domain-ddp4" value="5.2 Food"/>
    <trait name="usage-type" value="old"/>
    <field type="scientific-name"><form lang="la"><text>caro</text></form></field>
    <example source="T1:5">
      <form lang="seh"><text>Nyama!</text></form>
      <translation type="Free translation"><form lang="en"><text>Meat!</text></form></translation>
      <note type="reference"><form lang="en"><text>T1</text></form></note>
    </example>
    <illustration href="meat.png"><label><form lang="en"><text>meat</text></form></label>
    </illustration>
    <reversal type="en"><form lang="en"><text>meat</text></form>
      <main><form lang="en"><text>food</text></form><grammatical-info value="Noun"/></main>
      <grammatical-info value="Noun"/></reversal>
    <subsense id="s-1a"><gloss lang="en"><text>beef</text></gloss>
      <subsense id="s-1a1"><gloss lang="en"><text>steak</text></gloss></subsense>
    </subsense>
  </sense>
  <sense id="s-2" order="2"><gloss lang="en"><text>animal</text></gloss></sense>
</entry>"""

# What no field holds: unknown elements and attributes, mixed text, doubled texts, empty elements.
ODD_ENTRY = """
<entry id="odd" guid="22222222-2222-4222-8222-222222222222" mood="blue"
       xmlns:x="http://example.org/x" x:colour="red">
  <lexical-unit kind="k">
    <form lang="seh" script="old"><text>a<span lang="en"/>b<span odd="1">c</span></text>
      <x:thing/></form>
    <form lang="seh"><text>second in the same language</text></form>
    <form><text>without language</text></form>
    <form lang="pt"/>
    <form lang="fr"><text>one</text><text>two</text></form>
    <other/>
  </lexical-unit>
  <lexical-unit><form lang="en"><text>second unit</text></form></lexical-unit>
  <citation/>
  loose text
  <trait name="morph-type" value="stem" id="t"><annotation name="n"/></trait>
  <trait name="morph-type" value="root"/>
  <trait name="no-value"/>
  <x:unknown a="b"><y>z</y></x:unknown>
  <note type=""><form lang="en"><text/></form>words<label/></note>
  <etymology><gloss lang="en"><text>g</text><annotation name="q">w</annotation></gloss>
    <form lang="pt"><text>p</text></form></etymology>
  <pronunciation><media/><media href=""/></pronunciation>
  <variant><trait name="environment" value=""/><trait name="environment" value="/_" z="1"/>
    </variant>
  <field><form lang="en"><text>which?</text></form></field>
  <field name="renamed"><form lang="en"><text>x</text></form></field>
  <relation type="r"/><relation ref="nowhere"/>
  <sense>
    <grammatical-info value=""><trait name="type" value="affix"/></grammatical-info>
    <gloss lang="en"><text>g1</text><annotation name="flag"/></gloss>
    <gloss lang="en"><text>g2</text><annotation name="flag"/></gloss>
    <definition><other/></definition>
    <definition><form lang="en"><text>second</text></form></definition>
    <field type="scientific-name" x="1"><form lang="la"><text>n</text></form></field>
    <field type="scientific-name"><form lang="la"><text>m</text></form></field>
    <trait name="semantic-domain-ddp4" value="1 Universe"><annotation name="a"/></trait>
    <example><translation type=""/><translation x="y"><other/></translation></example>
    <reversal><grammatical-info/><trait/></reversal>
    <illustration/>
    <subsense order="3"/><subsense order="1"/>
  </sense>
  <sense id="named" order="x"/>
</entry>"""

HEADER = """
<description><form lang="en"><text>A sample</text></form></description>
<ranges note="n">
  <range id="grammatical-info" guid="g-1" href="file://C:/Users/A/sample.lift-ranges">
    <description><form lang="en"><text>Parts of speech</text></form></description>
    <range-element id="Noun" guid="g-2">
      <label><form lang="en"><text>noun</text></form></label>
      <abbrev><form lang="en"><text>n</text></form></abbrev>
      <description><form lang="en"><text>a <span lang="pt">nome</span></text></form></description>
      <trait name="catalog" value="N"/>
    </range-element>
    <range-element id="Proper" parent="Noun"/>
    <range-element id="Lost" parent="Nothing" odd="1"><unknown/></range-element>
    <range-element id="Noun"><label><form lang="en"><text>again</text></form></label>
    </range-element>
    <range-element/>
  </range>
  <range id="grammatical-info"/>
  <range id="clan"><range-element id="lion"/></range>
</ranges>
<fields>
  <field tag="Plural"><form lang="en"><text></text></form>
    <form lang="qaa-x-spec"><text>Class=LexEntry; Type=String; WsSelector=kwsVern</text></form>
  </field>
  <field tag="Clan"><form lang="en"><text>which clan</text></form>
    <form lang="qaa-x-spec"><text>Class=LexSense; Type=ReferenceCollection; range=clan</text></form>
  </field>
  <field tag="tone" odd="1"><form lang="en"><text>tone</text></form></field>
  <field><form lang="en"><text>nameless</text></form></field>
</fields>
<unknown/>"""
