"""What is no LIFT, broken or hostile is refused with its place and a sentence."""

from __future__ import annotations

import time

import pytest

from app.domain.errors import Unreadable
from app.formats.base import FoundProblem, Names
from app.formats.lift import LIFT
from tests.formats.memory import load
from tests.formats.samples import FULL_ENTRY, lift, save

LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE lift [\n<!ENTITY a "ha">\n'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">\n' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + ']>\n<lift version="0.13"><entry id="&i;"/></lift>'
)
EXTERNAL = (
    '<!DOCTYPE lift [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
    '<lift version="0.13"><entry id="a"><note><form lang="en"><text>&x;</text></form></note>'
    "</entry></lift>"
)
PARAMETER = (
    '<!DOCTYPE lift [<!ENTITY % p SYSTEM "http://example.org/p.dtd"> %p;]>\n<lift version="0.13"/>'
)


def refusal(path):
    with pytest.raises(Unreadable) as caught:
        list(LIFT.read(path, Names()))
    assert caught.value.file == path.name
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param(LAUGHS, 3, "declares entities", id="billion-laughs"),
        pytest.param(EXTERNAL, 1, "declares entities", id="external-entity"),
        pytest.param(PARAMETER, 1, "declares entities", id="parameter-entity"),
        pytest.param("<html><body/></html>", 1, "<html>", id="not-lift"),
        pytest.param("<lift-ranges/>", 1, "<lift-ranges>", id="ranges-instead"),
        pytest.param("plain words", 1, "", id="no-xml"),
        pytest.param("", 1, "", id="empty"),
        pytest.param("<lift version='0.13'>\n<entry></lift>", 2, "broken", id="mismatched"),
        pytest.param(lift(FULL_ENTRY)[:400], 9, "cut off", id="truncated"),
        pytest.param("<lift version='new'/>", 1, "no version of LIFT", id="version-in-words"),
        pytest.param(
            "<lift version='0.13'><entry>&nbsp;</entry></lift>", 1, "nbsp", id="undeclared-entity"
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_line(text, line, words, tmp_path):
    error = refusal(save(tmp_path, text, "bad.lift"))
    assert words in error.what
    assert error.line == line
    assert str(error).startswith("bad.lift:")
    assert len(error.what) > 20


@pytest.mark.parametrize("place", ["<note>&x;</note>", "<odd><b>&x;</b></odd>", "&x;"])
def test_an_entity_left_to_an_outside_document_type_is_refused(place, tmp_path):
    text = '<!DOCTYPE lift SYSTEM "http://example.org/lift.dtd">\n<lift version="0.13">'
    path = save(tmp_path, f"{text}<entry>{place}</entry></lift>")
    assert "entity" in refusal(path).what.lower()


def test_a_document_type_without_entities_is_read(tmp_path):
    text = '<!DOCTYPE lift SYSTEM "http://example.org/lift.dtd">\n' + lift(FULL_ENTRY)[39:]
    assert len(load(LIFT, save(tmp_path, text)).entries()) == 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("<lift version='0.13'>é</lift>".encode("latin-1"), id="latin-1-as-utf-8"),
        pytest.param(
            b"<?xml version='1.0' encoding='klingon'?><lift version='0.13'/>", id="no-encoding"
        ),
        pytest.param(b"<lift version='0.13'>\x00</lift>", id="nul"),
        pytest.param(
            b"<lift version='0.13'>" + b"<entry/>" * 20000 + b"\xff</lift>", id="far-into-the-file"
        ),
    ],
)
def test_bytes_that_do_not_fit_the_encoding_are_refused(data, tmp_path):
    path = tmp_path / "bad.lift"
    path.write_bytes(data)
    error = refusal(path)
    assert error.line >= 1
    assert "encoding" in error.what


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_other_encodings_are_read(encoding, tmp_path):
    text = lift('<entry id="é"/>').replace("UTF-8", encoding.removesuffix("-sig"))
    path = tmp_path / "sample.lift"
    path.write_bytes(text.encode(encoding))
    assert load(LIFT, path).entries()[0]["sources"][0]["id"] == "é"


def test_a_missing_file_is_refused(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.lift").what


@pytest.mark.parametrize(("version", "told"), [("0.13", 0), ("0.14", 1), ("1.0", 1), (None, 1)])
def test_an_unknown_version_is_told(version, told, tmp_path):
    text = lift(FULL_ENTRY, version=version or "0.13")
    if version is None:
        text = text.replace(' version="0.13"', "")
    contents = load(LIFT, save(tmp_path, text))
    assert len(contents.problems) == told
    assert len(contents.entries()) == 1


def test_doubled_ids_are_told_with_their_lines(tmp_path):
    entries = [
        '<entry id="a" guid="g1"><sense id="s"/></entry>',
        '<entry id="a" guid="g2"/>',
        '<entry id="b" guid="g1"/>',
        '<entry id="c"><sense id="s"/></entry>',
    ]
    contents = load(LIFT, save(tmp_path, lift(*entries)))
    assert contents.problems == [
        FoundProblem(5, "Another entry before has the id “a”."),
        FoundProblem(6, "Another entry before has the guid “g1”."),
        FoundProblem(7, "Another sense before has the id “s”."),
    ]
    occurrences = [e["sources"][0].get("occurrence", 0) for e in contents.entries()]
    assert occurrences == [0, 1, 0, 0]


def test_a_bad_companion_is_refused_by_its_own_name(tmp_path):
    save(tmp_path, LAUGHS.replace("lift", "lift-ranges"), "sample.lift-ranges")
    path = save(tmp_path, lift(FULL_ENTRY))
    with pytest.raises(Unreadable, match=r"^sample\.lift-ranges:3"):
        load(LIFT, path)


def test_too_many_languages_are_refused(tmp_path):
    forms = "".join(f'<form lang="x-{n}"><text/></form>' for n in range(2001))
    error = refusal(save(tmp_path, lift(f"<entry><citation>{forms}</citation></entry>")))
    assert "languages" in error.what


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param("<a/>" * 40_000 + "<citation/>" * 40_000, id="residue"),
        pytest.param(
            "<note><form lang='x'><text>" + "<span/>a" * 60_000 + "</text></form></note>",
            id="empty-spans",
        ),
        pytest.param(
            "<note><form lang='x'><text>" + "<span>a</span>" * 60_000 + "</text></form></note>",
            id="spans",
        ),
        pytest.param("<trait name='a'/>" * 60_000, id="bad-traits"),
        pytest.param("<sense order='1'/>" * 30_000, id="senses"),
    ],
)
def test_time_grows_with_the_file_and_not_with_its_square(inner, tmp_path):
    begin = time.process_time()
    path = save(tmp_path, lift(f"<entry id='a'>{inner}</entry>"))
    list(LIFT.write(load(LIFT, path), tmp_path / "out.lift", {}))
    assert time.process_time() - begin < 10


def test_deep_nesting_is_refused_before_it_harms(tmp_path):
    deep = "<subsense>" * 3000 + "</subsense>" * 3000
    error = refusal(save(tmp_path, lift(f"<entry><sense>{deep}</sense></entry>")))
    assert error.line == 4
