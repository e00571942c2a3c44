"""What counts as a difference between two LIFT files."""

from __future__ import annotations

import pytest

from app.formats.lift.compare import differences
from tests.formats.samples import lift, save

ENTRY = (
    '<entry id="e"><note type="a"/><note type="b"/><sense id="1"/><sense id="2"/>'
    '<citation><form lang="x"><text>a <span lang="y">b</span> c</text></form></citation></entry>'
)


def compared(tmp_path, one, other):
    return differences(save(tmp_path, lift(one), "a.lift"), save(tmp_path, lift(other), "b.lift"))


@pytest.mark.parametrize(
    "other",
    [
        ENTRY,
        ENTRY.replace("><", ">\n <!-- c --> <").replace("<text>\n", "<text>"),
        ENTRY.replace('<note type="a"/><note type="b"/>', '<note type="b"/><note type="a"/>'),
        ENTRY.replace('<note type="a"/>', "").replace("</entry>", '<note type="a"/></entry>'),
    ],
)
def test_what_means_nothing_is_no_difference(other, tmp_path):
    assert compared(tmp_path, ENTRY, other) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'id="1"/><sense id="2"',
            'id="2"/><sense id="1"',
            "/lift/entry[e]/sense[1]/@id: “1” / “2”",
        ),
        ('<note type="a"/>', "", "/lift/entry[e]/note[a]: only in the first"),
        ("</entry>", "<x/></entry>", "/lift/entry[e]/x[1]: only in the second"),
        (' id="e"', ' id="e" order="1"', "/lift/entry[e]/@order: nothing / “1”"),
        ("<text>a ", "<text>a  ", "/lift/entry[e]/citation[1]/form[x]/text[1]: "),
        ('<span lang="y">', '<span lang="z">', "/lift/entry[e]/citation[1]/form[x]/text[1]: "),
        ('<sense id="1"/>', '<sense id="1"/>words', "/lift/entry[e]/text(): “” / “words”"),
        ('<note type="a"/>', '<note type="a"/><note type="a"/>', "only in the second"),
    ],
)
def test_each_difference_is_told_by_its_path(old, new, expected, tmp_path):
    found = compared(tmp_path, ENTRY, ENTRY.replace(old, new))
    assert any(expected in line for line in found)
    assert compared(tmp_path, ENTRY.replace(old, new), ENTRY)
