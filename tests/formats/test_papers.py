"""Texts for people: LaTeX, a page and a table; what they say and what they lose."""

from __future__ import annotations

import csv
import io

import pytest
from lxml import html
from openpyxl import load_workbook

from app.domain.errors import Invalid, NotFound
from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.formats import FORMATS
from app.formats.base import is_readable
from app.formats.papers import HTML, LATEX, TEXT_TABLE
from tests.formats.losing import (
    about_the_project,
    analysis,
    dates,
    line,
    morph,
    own_field,
    put,
    record,
    rival,
    some_text,
    spans,
    story,
    word,
)

TEXT = {"text": {"en": "lost words"}}
SUFFIXES = {"latex": ".tex", "html": ".html", "text-table": ".csv"}
ALPHABET = "abcdefghijklmnopqrstuvwxy"
PAPERS = (LATEX, HTML, TEXT_TABLE)


@pytest.fixture
def contents():
    return some_text()


def written(format_, contents, tmp_path, **options):
    out = tmp_path / f"out{SUFFIXES[format_.id]}"
    assert list(format_.write(contents, out, options)) == []
    return out.read_text(encoding="utf-8-sig")


def rows(contents, tmp_path):
    text = written(TEXT_TABLE, contents, tmp_path)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def page(contents, tmp_path):
    return html.fromstring(written(HTML, contents, tmp_path))


def add_line(contents, baseline, morphs, glosses, **facts):
    words = make_words(baseline, "sw", morphs, glosses, "en")
    text = next(iter(contents.records["text"]))
    place = {"id": new_id("l"), "text": text, "rank": "r", "baseline": {"sw": baseline}}
    return contents.add("utterance", {**place, "words": words, **facts})


@pytest.mark.parametrize(
    ("package", "lines"),
    [
        ("gb4e", [r"\usepackage{gb4e}", r"\ex\label{ex:1-the-hare-1} \gll Ni-na-soma kitabu.\\"]),
        ("expex", [r"\usepackage{expex}", r"\ex<ex:1-the-hare-1>", r"\gla Ni-na-soma kitabu. //"]),
        ("linguex", [r"\usepackage{linguex}",
                     r"\exg. \label{ex:1-the-hare-1}Ni-na-soma kitabu.\\"]),
    ],
)  # fmt: skip
def test_a_paper_is_a_whole_document(package, lines, contents, tmp_path):
    text = written(LATEX, contents, tmp_path, package=package)
    assert text.index(r"\documentclass") < text.index(lines[0]) < text.index(r"\begin{document}")
    assert text.endswith("\\end{document}\n")
    assert [one for one in lines if one not in text.splitlines()] == []
    assert r"1\textsc{sg}-\textsc{prs}-read book" in text or r"\textsc{1sg}-\textsc{prs}" in text
    assert "`I read.'" in text
    assert text.count("{") == text.count("}")


def test_special_characters_are_escaped_in_a_paper(contents, tmp_path):
    story(contents)["title"] = {"en": r"50% & more_\#"}
    add_line(contents, "a_b //", "a_b //", "x&y z", translation={"en": "{$1} ~ 2^3 [a] // b"})
    text = written(LATEX, contents, tmp_path, package="expex")
    assert r"\section{50\% \& more\_\textbackslash{}\#}" in text
    assert r"x\&y" in text
    assert r"\{\$1\} \textasciitilde{} 2\textasciicircum{}3 [a] /{}/ b" in text
    gla = [one for one in text.splitlines() if one.startswith(r"\gla")]
    gla += [one for one in text.splitlines() if one.startswith((r"\glb", r"\glft"))]
    assert len(gla) == 6
    assert all(one.count("//") == 1 for one in gla)


def test_there_is_no_other_package(contents, tmp_path):
    with pytest.raises(Invalid, match="gb4e, expex, linguex"):
        LATEX.write(contents, tmp_path / "a.tex", {"package": "covington"})


def test_a_paper_lists_the_abbreviations_that_it_uses(contents, tmp_path):
    for code, name in (("PRS", "present"), ("FUT", "future")):
        contents.add(
            "item",
            {"id": new_id("i"), "list": "gloss-abbreviations", "code": code, "name": {"en": name}},
        )
    for text in (written(LATEX, contents, tmp_path), written(HTML, contents, tmp_path)):
        assert "present" in text
        assert "future" not in text


def test_a_page_has_columns_and_needs_nothing_else(contents, tmp_path):
    story(contents)["title"] = {"en": "<script>alert(1)</script>"}
    found = page(contents, tmp_path)
    assert found.xpath("//script | //link | //img") == []
    words = found.xpath("//span[@class='word']")
    assert [[cell.text_content() for cell in one] for one in words] == [
        ["Ni-na-soma", "1SG-PRS-read"], ["kitabu.", "book"],
    ]  # fmt: skip
    assert [one.text for one in words[0].xpath(".//span[@class='label']")] == ["1SG", "PRS"]
    (run,) = found.xpath("//div[@class='words']")
    assert (run.get("lang"), run.get("dir")) == ("sw", "ltr")


def test_a_clitic_that_is_written_apart_has_its_join(contents, tmp_path):
    morph(contents)["left"] = "="
    words = page(contents, tmp_path).xpath("//span[@class='word']")
    assert [cell.text_content() for cell in words[0]] == ["=Ni-na-soma", "=1SG-PRS-read"]


def test_words_from_right_to_left(contents, tmp_path):
    systems = contents.project.writing_systems
    arabic = systems[0].model_copy(update={"tag": "ar", "direction": "rtl"})
    contents.project = contents.project.model_copy(
        update={"writing_systems": (arabic, *systems[1:])}
    )
    (run,) = page(contents, tmp_path).xpath("//div[@class='words']")
    assert (run.get("lang"), run.get("dir")) == ("ar", "rtl")
    text = written(LATEX, contents, tmp_path)
    assert text.index(r"\usepackage{bidi}") < text.index(r"\begin{document}")
    assert r"\gll \RL{Ni-na-soma} \RL{kitabu.}\\" in text


def test_a_table_has_a_row_an_utterance(contents, tmp_path):
    line(contents)["time"] = {"start": 1.5, "end": 2}
    line(contents)["speaker"] = contents.add("person", {"id": "h_1", "name": "Ana"})["id"]
    line(contents)["literal"] = {"en": "I-am-reading"}
    assert rows(contents, tmp_path) == [
        {
            "text": "The hare", "number": "1", "line": "Ninasoma kitabu.",
            "words": "Ni-na-soma kitabu.", "glosses": "1SG-PRS-read book",
            "translation (en)": "I read.", "literal (en)": "I-am-reading", "speaker": "Ana",
            "start": "1.5", "end": "2", "guessed words": "", "id": line(contents)["id"],
        }
    ]  # fmt: skip


def test_formulas_in_a_table_are_harmless(contents, tmp_path):
    add_line(contents, "=1+2", "=1", "-PL", translation={"en": "=cmd|' /C calc'!A0"})
    found = rows(contents, tmp_path)[1]
    assert found["line"].startswith("'=")
    assert found["translation (en)"].startswith("'=cmd")
    out = tmp_path / "out.xlsx"
    assert list(TEXT_TABLE.write(contents, out, {})) == []
    sheet = load_workbook(out)["Texts"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert sheet["C3"].value == "=1+2"


@pytest.mark.parametrize("format_", PAPERS, ids=lambda one: one.id)
def test_long_lines_sentences_alone_and_one_text(format_, contents, tmp_path):
    count = 10_000 if format_ is HTML else 100
    words = ("neno " * count, "ne-no " * count, "w-d " * count)
    add_line(contents, *(f"Dr. {one}" for one in words))
    add_line(contents, "abc", "-".join(ALPHABET), "-".join(ALPHABET.upper()))
    alone = add_line(contents, "peke", "peke", "alone")
    del alone["text"]
    text = written(format_, contents, tmp_path)
    assert text.count("ne-no") == count
    assert "Sentences" in text
    chosen = written(format_, contents, tmp_path, text=story(contents)["id"])
    assert "Sentences" not in chosen
    with pytest.raises(NotFound):
        format_.write(contents, tmp_path / "none", {"text": "t_none"})


def text_details(contents):
    story(contents).update(
        abbreviation={"en": "lost words"},
        description={"en": "lost words"},
        genre="lost words",
        date="lost words",
        notes=[{"id": new_id("n"), **TEXT}],
        status="lost words",
        speakers=["lost words"],
    )


def text_source(contents):
    text_details(contents)
    story(contents)["source"] = {"en": "lost words"}


def word_details(contents):
    word(contents).update(
        language="lost words", speaker="lost words", time={"start": 1, "end": 2},
        notes=[{"id": new_id("n"), **TEXT}],
    )  # fmt: skip
    word(contents)["form"]["x"] = "lost words"


def morph_details(contents):
    morph(contents).update(
        type="lost words", lemma={"sw": "lost words"}, homograph=2, pos="lost words",
        entry="lost words", sense="lost words", allomorph="lost words",
    )  # fmt: skip


def analysis_origin(contents):
    analysis(contents).update(origin="model", by="lost words", confidence=0.5, confirmed_by="x")


def group(contents):
    one = {"id": new_id("g"), "type": "lost words", "gloss": {"en": "lost words"}}
    line(contents)["groups"] = [one]


WORDS = {
    "text.access": put(story, "access", {"level": "members"}),
    "text.media": put(story, "media", [{"id": "x", "href": "lost words"}]),
    "text.paragraphs": put(story, "paragraphs", [{"id": "lost words"}]),
    "text.details": text_details,
    "utterance.access": put(line, "access", {"level": "members"}),
    "utterance.baseline": put(line, "baseline", {"sw": "Ninasoma kitabu.", "x": "lost words"}),
    "utterance.literal": put(line, "literal", {"en": "lost words"}),
    "utterance.translations": put(line, "translations", [{"id": "x", **TEXT}]),
    "utterance.notes": put(line, "notes", [{"id": "x", **TEXT}]),
    "utterance.groups": group,
    "utterance.speaker": put(line, "speaker", "lost words"),
    "utterance.time": put(line, "time", {"start": 1, "end": 2}),
    "utterance.source": put(line, "source", "lost words"),
    "utterance.status": put(line, "status", "lost words"),
    "word.details": word_details,
    "word.analyses": rival,
    "analysis.origin": analysis_origin,
    "analysis.gloss": put(analysis, "gloss", {"en": "lost words"}),
    "analysis.pos": put(analysis, "pos", "lost words"),
    "analysis.entry": put(analysis, "entry", "lost words"),
    "morph.details": morph_details,
    "spans": spans,
    "dates": dates,
    "fields": own_field,
    "entry": record("entry", lemma={"sw": "lost words"}),
    "relation": record("relation", type="lost words"),
    "item": record("item", list="lost words", code="lost words"),
    "field": record("field", code="lost words"),
    "person": record("person", name="lost words"),
    "comment": record("comment", on="lost words", kind="entry", text="lost words"),
    "project": about_the_project,
}
CASES = [(one, loss.path) for one in PAPERS for loss in one.losses]


@pytest.mark.parametrize(("format_", "path"), CASES, ids=lambda one: getattr(one, "id", one))
def test_what_is_stated_as_lost_is_lost(format_, path, contents, tmp_path):
    plain = written(format_, contents, tmp_path)
    change = text_source if (format_, path) == (TEXT_TABLE, "text.details") else WORDS[path]
    change(contents)
    assert written(format_, contents, tmp_path) == plain


KEPT = {
    "title": (story, {"en": "kept words"}, PAPERS),
    "source": (story, {"en": "kept words"}, (LATEX, HTML)),
    "translation": (line, {"en": "kept words"}, PAPERS),
    "reference": (line, "kept words", (LATEX, HTML)),
    "label": (line, "T17", (HTML, TEXT_TABLE)),
    "gloss": (morph, {"en": "kept words"}, (HTML, LATEX)),
}


@pytest.mark.parametrize("name", KEPT)
def test_all_else_comes(name, contents, tmp_path):
    place, value, formats = KEPT[name]
    place(contents)["source" if name == "reference" else name] = value
    told = value if isinstance(value, str) else value["en"]
    for one in formats:
        assert told in written(one, contents, tmp_path)


def test_they_are_written_only():
    assert [one.id for one in FORMATS if not is_readable(one)] == [one.id for one in PAPERS]
    for one in PAPERS:
        assert all(loss.why.endswith(".") for loss in one.losses)
        assert len({loss.path for loss in one.losses}) == len(one.losses)
