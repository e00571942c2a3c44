"""Glossed examples in plain text: what each line is, and that they come back."""

from __future__ import annotations

import re

import pytest

from app.domain.errors import NotFound, Unreadable
from app.domain.kinds import KINDS
from app.domain.project import WritingSystem
from app.formats.base import Names
from app.formats.blocks import BLOCKS, looks_like_blocks
from tests.formats.memory import load
from tests.formats.samples import DATA

QIANG = DATA / "igt-plain" / "lapollaqiang" / "Qiang.txt"
STORY = """# The hare

(1) Ni-na-soma   kitabu.
    1SG-PRS-read book
    ‘I am reading a book.’

(2) b<um>ili=na   siya   ng   libro-Ø
    buy<ACT>=now  3SG    LK   book-SG
    ‘Now (s)he has bought
    a book.’
    lit. ‘Bought now he book’
    (Ana 12)

(3) sema

# The dog

(1) a~a “mbwa!”
    RED~? dog
"""
_OWN = ("id", "chosen", "text", "rank", "sources", "paragraph", "members")


def save(tmp_path, text, name="story.txt", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def read(tmp_path, text, **options):
    swahili = WritingSystem(id="sw", tag="sw", vernacular=True)
    names = Names({"sw": swahili, "en": WritingSystem(id="en", tag="en", analysis=True)})
    contents = load(BLOCKS, save(tmp_path, text), names)
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    return contents


def lines(contents):
    return list(contents.records["utterance"].values())


def bare(value):
    """Content without what is new each time."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items() if key not in _OWN}
    return [bare(one) for one in value] if isinstance(value, list) else value


def again(contents, tmp_path, **options):
    out = tmp_path / "out.txt"
    assert list(BLOCKS.write(contents, out, options)) == []
    return out


def test_a_block_is_an_utterance(tmp_path):
    contents = read(tmp_path, STORY)
    assert contents.problems == []
    titles = [one["title"] for one in contents.records["text"].values()]
    assert titles == [{"en": "The hare"}, {"en": "The dog"}]
    first, second, third, fourth = lines(contents)
    assert first["baseline"] == {"sw": "Ninasoma kitabu."}
    assert (first["label"], first["translation"]) == ("1", {"en": "I am reading a book."})
    word, book, stop = first["words"]
    morphs = word["analyses"][0]["morphs"]
    assert [one["form"]["sw"] for one in morphs] == ["Ni", "na", "soma"]
    assert [one["gloss"]["en"] for one in morphs] == ["1SG", "PRS", "read"]
    assert word["chosen"] == word["analyses"][0]["id"]
    assert book["form"] == {"sw": "kitabu"}
    assert (stop["type"], stop["spans"]) == ("punctuation", [{"ws": "sw", "start": 15, "end": 16}])
    assert second["translation"] == {"en": "Now (s)he has bought a book."}
    assert (second["literal"], second["source"]) == ({"en": "Bought now he book"}, "Ana 12")
    assert [m["form"]["sw"] for m in second["words"][0]["analyses"][0]["morphs"]] == [
        "bili", "um", "na",
    ]  # fmt: skip
    assert third["baseline"] == {"sw": "sema"}
    assert "analyses" not in third["words"][0]
    assert "gloss" not in fourth["words"][0]["analyses"][0]["morphs"][1]
    assert [w["form"]["sw"] for w in fourth["words"]] == ["aa", "“", "mbwa", "!”"]


def test_what_is_written_says_the_same(tmp_path):
    contents = read(tmp_path, STORY)
    out = again(contents, tmp_path)
    back = read(tmp_path, out.read_text(encoding="utf-8"))
    assert bare(lines(back)) == bare(lines(contents))
    second = tmp_path / "second.txt"
    BLOCKS.write(back, second, {})
    assert second.read_text(encoding="utf-8") == out.read_text(encoding="utf-8")


def test_words_stand_above_their_glosses_and_wrap(tmp_path):
    words = " ".join(f"neno-{number}" for number in range(30))
    glosses = " ".join(f"word-{number}" for number in range(30))
    contents = read(tmp_path, f"(12) {words}\n{glosses}\n‘Words.’\n")
    out = again(contents, tmp_path).read_text(encoding="utf-8")
    rows = out.splitlines()[2:]
    assert max(map(len, rows)) < 110
    assert len(rows) == 3 * 2 + 1
    assert rows[0].index("neno-3") == rows[1].index("word-3")
    assert bare(lines(read(tmp_path, out))) == bare(lines(contents))


LAYOUTS = {
    "source line": ("Lezgian (Haspelmath 1993: 207)\nGila abur-u-n\nnow they-OBL-GEN\n‘Now.’", {
        "source": "Lezgian (Haspelmath 1993: 207)", "baseline": {"sw": "Gila aburun"}}),
    "number, then source line": ("(4) Lezgian\nGila abur-u-n\nnow they-OBL-GEN", {
        "source": "Lezgian", "label": "4", "baseline": {"sw": "Gila aburun"}}),
    "line as it is written": ("(5) Gila, aburun!\nGila abur-u-n\nnow they-OBL-GEN\n'Now.'", {
        "baseline": {"sw": "Gila, aburun!"}, "translation": {"en": "Now."}}),
    "wrapped": ("Gila abur-u-n\nnow they-OBL-GEN\nferma\nfarm\n\"Now.\" (H 2)", {
        "baseline": {"sw": "Gila aburun ferma"}, "source": "H 2"}),
    "sub-example": ("(6) a. Gila\nnow", {"label": "6a", "baseline": {"sw": "Gila"}}),
    "bare number": ("7 Gila ferma\nnow farm", {"label": "7", "baseline": {"sw": "Gila ferma"}}),
    "a number that is a word": ("7 ferma\nseven farm", {"baseline": {"sw": "7 ferma"}}),
    "no words": ("(8)\n‘Silence.’", {"label": "8", "translation": {"en": "Silence."}}),
    "quotation": ("“Gila”\n‘now’", {"baseline": {"sw": "“Gila”"}, "translation": {"en": "now"}}),
    "tabs and marks of direction": ("(9)\tGila\tferma \r\nnow\tfarm\r\n", {"label": "9"}),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_lines_of_a_block_are_known(name, tmp_path):
    text, facts = LAYOUTS[name]
    contents = read(tmp_path, text + "\n")
    (line,) = lines(contents)
    assert {key: line.get(key) for key in facts} == facts
    assert contents.problems == []


def test_the_line_as_it_is_written_places_its_words(tmp_path):
    (line,) = lines(read(tmp_path, LAYOUTS["line as it is written"][0]))
    assert [word["spans"][0]["start"] for word in line["words"]] == [0, 6]
    back = lines(read(tmp_path, again(read(tmp_path, LAYOUTS["line as it is written"][0]), tmp_path)
                      .read_text(encoding="utf-8")))  # fmt: skip
    assert bare(back) == bare([{**line, "label": "5"}])


def test_what_does_not_fit_is_told_with_its_line_and_kept(tmp_path):
    contents = read(tmp_path, "a-b c\nX-Y\n‘T’\n\n\nd-e f\nX g\n")
    misfit, whole = lines(contents)
    told = [(one.line, one.severity) for one in contents.problems]
    assert told == [(1, "warning"), (6, "note")]
    assert "2 words and 1 glosses" in contents.problems[0].what
    assert misfit["baseline"] == {"sw": "ab c"}
    assert [one["text"] for one in misfit["notes"]] == [{"en": "a-b c\nX-Y"}]
    assert not any("analyses" in word for word in misfit["words"])
    (analysis,) = whole["words"][0]["analyses"]
    assert (analysis["gloss"], len(analysis["morphs"])) == ({"en": "X"}, 2)


def test_abbreviations_and_same_words_and_many_morphs(tmp_path):
    many = "-".join("abcdefghijklmnopqrstuvwxy")
    contents = read(tmp_path, f"Dr. Dr. ni. {many}\nDr. Dr. be {many.upper()}\n")
    (line,) = lines(contents)
    forms = [word["form"]["sw"] for word in line["words"]]
    assert forms == ["Dr.", "Dr.", "ni", ".", "abcdefghijklmnopqrstuvwxy"]
    starts = [word["spans"][0]["start"] for word in line["words"]]
    assert starts == [0, 4, 8, 10, 12]
    assert len(line["words"][-1]["analyses"][0]["morphs"]) == 25


def test_ten_thousand_words(tmp_path):
    text = "a-b " * 10_000 + "\n" + "X-Y " * 10_000 + "\n"
    contents = read(tmp_path, text)
    assert len(lines(contents)[0]["words"]) == 10_000
    assert again(contents, tmp_path).read_text(encoding="utf-8").count("a-b") == 10_000


@pytest.mark.parametrize(
    ("text", "encoding", "place"),
    [
        ("", "utf-8", "1"),
        ("\n \n", "utf-8", "1"),
        ("ab\ncafé\n", "cp1252", "2:4"),
        ("a", "utf-16", "1:1"),
        ("a\nb\0\n", "utf-8", "2:2"),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(text, encoding, place, tmp_path):
    with pytest.raises(Unreadable, match=re.escape(f"story.txt:{place}")):
        load(BLOCKS, save(tmp_path, text, encoding=encoding))


def test_a_file_is_known_by_its_content(tmp_path):
    assert looks_like_blocks(save(tmp_path, STORY))
    assert not looks_like_blocks(save(tmp_path, "\\id a\n\\ref 1\n\\tx b\n"))
    assert not looks_like_blocks(save(tmp_path, "Once upon a time.\n\nThere was a hare.\n"))
    assert not looks_like_blocks(tmp_path / "none.txt")


def test_one_text_alone_and_no_such_text(tmp_path):
    contents = read(tmp_path, STORY)
    dog = list(contents.records["text"])[1]
    out = again(contents, tmp_path, text=dog).read_text(encoding="utf-8")
    assert "The dog" in out
    assert "The hare" not in out
    with pytest.raises(NotFound):
        again(contents, tmp_path, text="t_none")


@pytest.mark.skipif(not QIANG.is_file(), reason=f"no sample data at {QIANG}")
def test_real_texts(tmp_path):
    contents = load(BLOCKS, QIANG)
    assert (len(contents.records["text"]), len(lines(contents))) == (6, 945)
    assert sum(1 for one in contents.problems if one.severity == "warning") == 9
    back = load(BLOCKS, again(contents, tmp_path))
    pairs = zip(lines(contents), lines(back), strict=True)
    differing = [a for a, b in pairs if bare(a) != bare(b) and "notes" not in a]
    assert differing == []
