"""LiFE's own format holds everything, whatever it is laid out like, and refuses what is broken."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.formats import json_stream
from app.formats.base import FoundFile, FoundProblem, FoundRecord, Names
from app.formats.json_stream import JsonStream
from app.formats.project_json import JSON, MEMBER, SECTIONS, is_project_archive
from app.services.formats import choose_format
from tests.formats.memory import MemoryContents

ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


def contents() -> MemoryContents:
    made = MemoryContents()
    sense = {"id": new_id("s"), "gloss": {"en": "meat\n“raw”\u2028"}}
    picture = {"id": new_id("m"), "href": "dog.png", "file": new_id("b")}
    entry = {"id": new_id("e"), "lemma": {"seh": "nyama"}, "senses": [sense, {"id": new_id("s")}]}
    entry["senses"][1]["pictures"] = [picture]
    made.files[picture["file"]] = b"bytes"
    made.add("entry", entry)
    made.add("person", {"id": new_id("h"), "name": "Ana"})
    made.add("item", {"id": new_id("i"), "list": "statuses", "code": "draft"})
    gone = {"id": new_id("e"), "lemma": {"seh": "x"}}
    made.deleted = {"entry": {gone["id"]: {**gone, "_deleted": "2020-01-01T00:00:00Z"}}}
    return made


def write(made, path):
    assert list(JSON.write(made, path, {})) == []
    return path


def read(path):
    return [found for found in JSON.read(path, Names()) if isinstance(found, FoundRecord)]


def refuse(tmp_path, text, where=None):
    path = tmp_path / "bad.life.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Unreadable) as caught:
        list(JSON.read(path, Names()))
    if where:
        assert (caught.value.line, caught.value.column) == where
    assert caught.value.file == path.name
    return str(caught.value)


def test_there_is_a_section_for_each_kind_of_record():
    assert sorted(SECTIONS.values()) == sorted(KINDS.keys() - {"project", "model"})


def test_it_is_valid_json_with_a_record_a_line(tmp_path):
    made = contents()
    text = write(made, tmp_path / "x.life.json").read_text(encoding="utf-8")
    whole = json.loads(text)
    assert (whole["format"], whole["version"]) == ("life-project", 1)
    assert whole["entries"] == list(made.records["entry"].values())
    line = next(one for one in text.split("\n") if "nyama" in one)
    assert json.loads(line.strip("[],") + "") == whole["entries"][0]


@pytest.mark.parametrize("indent", [None, 0, 1, 4, "\t"])
def test_it_is_read_however_it_is_laid_out(tmp_path, indent):
    made = contents()
    path = write(made, tmp_path / "x.life.json")
    plain = read(path)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")), indent=indent))
    laid_out = read(path)
    assert [one.content for one in laid_out] == [one.content for one in plain]
    assert [one.kind for one in plain] == ["project", "item", "person", "entry", "entry"]
    assert plain[-1].deleted == "2020-01-01T00:00:00Z"
    if indent == 4:
        assert len({one.line for one in laid_out}) == len(laid_out)


@settings(max_examples=30)
@given(value=st.dictionaries(st.text(max_size=8), ANY), indent=st.sampled_from([None, 0, 3]))
@pytest.mark.parametrize("block", [1, 7, 1 << 18])
def test_any_json_comes_in_pieces_whatever_the_blocks(value, indent, block):
    stream = io.BytesIO(json.dumps(value, indent=indent, ensure_ascii=False).encode())
    before, json_stream._BLOCK = json_stream._BLOCK, block
    try:
        pieces = list(JsonStream(stream, "x").pieces())
    finally:
        json_stream._BLOCK = before
    made = {key: [] if isinstance(inner, list) else None for key, inner in value.items()}
    for piece in pieces:
        if piece.in_list:
            made[piece.key].append(piece.value)
        else:
            made[piece.key] = piece.value
    assert made == value


def test_a_zip_file_brings_the_files(tmp_path):
    made = contents()
    path = write(made, tmp_path / "x.life.zip")
    assert is_project_archive(path)
    assert choose_format("x.zip", path=path) is JSON
    found = []
    for one in JSON.read(path, Names()):
        if isinstance(one, FoundFile):
            found.append((one.href, one.path.name, one.path.read_bytes()))
    (file_id,) = made.files
    assert found == [(file_id, "dog.png", b"bytes")]


def test_a_file_that_is_gone_is_told(tmp_path):
    made = contents()
    made.files.clear()
    warnings = list(JSON.write(made, tmp_path / "x.life.zip", {}))
    assert len(warnings) == 1 and "dog.png" in warnings[0]


@pytest.mark.parametrize("name", ["x.life.json", "x.LIFE.JSON", "x.life.zip"])
def test_the_longest_ending_names_the_format(name):
    assert choose_format(name).id == "json"
    assert choose_format("x.zip").id == "lift"


HEAD = '{"format":"life-project","version":1,\n"project":{"id":"p_' + "0" * 26
HEAD += '","slug":"x","title":"X"}'


def test_a_newer_version_is_refused(tmp_path):
    assert "version 2" in refuse(tmp_path, '{"format":"life-project",\n"version":2}')


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", (1, 1)),
        ("[1]", (1, 1)),
        ("<xml/>", (1, 1)),
        (HEAD, None),
        (HEAD + ',\n"items":[{"id":\n tru}]}', (4, 2)),
        (HEAD + ',\n"items":[{}{}]}', (3, 12)),
        (HEAD + ',\n"items":["never closed', (3, 10)),
        (HEAD + "} {}", None),
        (HEAD + ',"items":[1e999999,NaN]}', None),
        (HEAD + ',"items":[' + "9" * 400 + "]}", None),
        (HEAD + ',"items":[' + "[" * 200_000, None),
        (HEAD + ',"items":[{"a":1,"a":2}]}', None),
        (HEAD.encode() + b',\n"items":["\xff"]}', (3, 11)),
        (HEAD + ',"unknown":[]}', None),
        (HEAD + ',"unknown":[1]}', None),
        (HEAD + ',"entries":[1],"items":[1]}', None),
        (HEAD + ',"items":{}}', None),
        ('{"format":"other","version":1}', None),
        ('{"format":"life-project","version":true}', None),
        ('{"format":"life-project","version":1}', None),
        ('{"items":[{}]}', None),
    ],
)
def test_broken_files_are_refused_with_their_place(tmp_path, text, where):
    refuse(tmp_path, text, where)


@pytest.mark.parametrize(
    "record",
    [
        "1",
        "{}",
        '{"id":"e_1","lemma":{}}',
        '{"id":"i_00000000000000000000000001"}',
        '{"id":"e_00000000000000000000000001","nonsense":1}',
        '{"id":"e_00000000000000000000000001","lemma":{"$where":"1"}}',
        '{"id":"e_00000000000000000000000001","lemma":{"seh":"\\ud800"}}',
    ],
)
def test_a_record_that_is_wrong_is_left_out_and_told(tmp_path, record):
    path = tmp_path / "x.life.json"
    path.write_text(HEAD + f',\n"entries":[\n{record}]}}', encoding="utf-8")
    found = [one for one in JSON.read(path, Names()) if not isinstance(one, FoundFile)]
    assert [type(one) for one in found] == [FoundRecord, FoundProblem]
    assert (found[1].line, found[1].severity) == (4, "error")


def test_an_id_that_comes_twice_is_told(tmp_path):
    path = tmp_path / "x.life.json"
    one = '{"id":"e_00000000000000000000000001"}'
    path.write_text(HEAD + f',\n"entries":[{one},{one}]}}', encoding="utf-8")
    assert [type(found) for found in JSON.read(path, Names())][1:] == [FoundRecord, FoundProblem]


def test_a_zip_bomb_and_a_zip_without_a_project_are_refused(tmp_path):
    bomb = tmp_path / "bomb.life.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MEMBER, b" " * (40 << 20))
    with pytest.raises(Unreadable, match="bomb"):
        list(JSON.read(bomb, Names()))
    empty = tmp_path / "empty.life.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("other.txt", b"x")
    with pytest.raises(Unreadable, match=MEMBER):
        list(JSON.read(empty, Names()))


def test_memory_does_not_grow_with_the_file(tmp_path):
    import tracemalloc

    path = tmp_path / "big.life.json"
    lemma = "x" * 2000
    with path.open("w", encoding="utf-8") as out:
        out.write(HEAD + ',\n"entries":[')
        for number in range(8000):
            comma = "," if number else ""
            out.write(f'{comma}\n{{"id":"e_{number:026d}","lemma":{{"seh":"{lemma}"}}}}')
        out.write("]}")
    tracemalloc.start()
    try:
        count = sum(1 for _ in JSON.read(path, Names()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 8001
    assert peak < path.stat().st_size / 2
