"""What a machine filled in and nobody has confirmed is marked in the formats that can."""

from __future__ import annotations

import csv
import io

import pytest

from app.domain.glossing import guessed
from app.formats.cldf import CLDF
from app.formats.conllu import CONLLU
from app.formats.papers import HTML, LATEX, TEXT_TABLE
from tests.formats.datasets import complaints, rows
from tests.formats.losing import line, some_text
from tests.formats.memory import load


@pytest.fixture
def contents():
    """A text of which a model has filled in the second word; its certainty is known."""
    made = some_text()
    second = line(made)["words"][1]["analyses"][0]
    second.update(origin="model", by="a_1", confidence=0.9321)
    return made


def confirm(contents):
    for word in line(contents)["words"]:
        for one in word.get("analyses", ()):
            one["confirmed_by"] = "u_ann"


def written(format_, contents, path, **options):
    format_.write(contents, path, options)
    return path.read_text(encoding="utf-8-sig")


def marks(contents):
    found = guessed(line(contents)["words"])
    return {number: one["origin"] for number, one in found.items()}


def test_conllu_says_so_in_misc_and_keeps_it(contents, tmp_path):
    path = tmp_path / "sw_x-y.conllu"
    text = written(CONLLU, contents, path)
    assert text.count("Guess=model|GuessConfidence=0.9321") == text.count("Guess=") == 1
    back = load(CONLLU, path)
    assert marks(back) == {2: "model"}
    assert line(back)["words"][1]["analyses"][0]["confidence"] == 0.9321
    assert written(CONLLU, back, path) == text
    confirm(back)
    assert "Guess" not in written(CONLLU, back, path)
    odd = text.replace("=model", "=somebody").replace("0.9321", "1e9")
    path.write_text(odd)
    assert marks(load(CONLLU, path)) == {} and written(CONLLU, load(CONLLU, path), path) == odd


def test_cldf_has_a_column_for_it_and_keeps_it(contents, tmp_path):
    path = tmp_path / "out.cldf.zip"
    CLDF.write(contents, path, {})
    assert complaints(path) == []
    assert [one["Guessed_Words"] for one in rows(path, "examples")] == ["2:model"]
    back = load(CLDF, path)
    assert marks(back) == {2: "model"}
    confirm(back)
    CLDF.write(back, path, {})
    assert not any(one.get("Guessed_Words") for one in rows(path, "examples"))
    assert marks(load(CLDF, path)) == {}
    plain = tmp_path / "plain.cldf.zip"
    CLDF.write(some_text(), plain, {})
    assert "Guessed_Words" not in rows(plain, "examples")[0]


def test_a_table_names_the_words(contents, tmp_path):
    text = written(TEXT_TABLE, contents, tmp_path / "out.csv")
    assert [one["guessed words"] for one in csv.DictReader(io.StringIO(text))] == ["2"]
    confirm(contents)
    text = written(TEXT_TABLE, contents, tmp_path / "out.csv")
    assert [one["guessed words"] for one in csv.DictReader(io.StringIO(text))] == [""]


@pytest.mark.parametrize("package", ["gb4e", "expex", "linguex"])
def test_a_paper_has_a_comment_above_the_example(contents, tmp_path, package):
    said = "% not confirmed, filled in by a machine: the glosses of word 2"
    text = written(LATEX, contents, tmp_path / "out.tex", package=package)
    above, _, below = text.partition(said + "\n")
    assert below.split("\n")[0].startswith((r"\begin{exe}", r"\ex"))
    assert above.endswith("\n") and said not in below
    confirm(contents)
    assert said not in written(LATEX, contents, tmp_path / "out.tex", package=package)


def test_a_page_marks_them(contents, tmp_path):
    text = written(HTML, contents, tmp_path / "out.html")
    assert text.count('class="guess" title="filled in by a machine, not confirmed">book<') == 1
    confirm(contents)
    assert 'class="guess"' not in written(HTML, contents, tmp_path / "out.html")
