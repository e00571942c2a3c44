"""flextext loses what it says it loses."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.formats.flextext import FLEXTEXT
from tests.formats.flextexts import WORD, flextext, phrase, save, text
from tests.formats.memory import load

LOST = {"level": "groups", "groups": ["lost words"]}
MEDIA = '<media-files offset-type=""><media guid="m-1" location="a.wav"/></media-files>'
NOTE = '<item type="note" lang="en">a note</item>'
TIMES = 'begin-time-offset="0" end-time-offset="10" '


@pytest.fixture
def contents(tmp_path):
    line = phrase(WORD, "g-1", "Animals.", NOTE, TIMES)
    return load(FLEXTEXT, save(tmp_path, flextext(text(line, guid="t-1", more=MEDIA))))


def story(contents):
    return next(iter(contents.records["text"].values()))


def line(contents):
    return next(iter(contents.records["utterance"].values()))


def word(contents):
    return line(contents)["words"][0]


def analysis(contents):
    return word(contents)["analyses"][0]


def morph(contents):
    return analysis(contents)["morphs"][0]


def note(contents):
    return line(contents)["notes"][0]


def media(contents):
    return story(contents)["media"][0]


def everything(contents):
    return story(contents), line(contents), word(contents), analysis(contents), morph(contents)


def put(place, name, value):
    def change(contents):
        place(contents)[name] = value

    return change


def own_field(contents):
    for one in everything(contents):
        one["fields"] = [{"id": new_id("o"), "type": "x", "text": {"en": "lost words"}}]
        one["traits"] = [{"id": new_id("t"), "name": "x", "value": "lost words"}]
        one["annotations"] = [{"id": new_id("a"), "name": "x", "value": "lost words"}]


def dates(contents):
    for one in everything(contents):
        one["created"] = one["modified"] = "lost words"


def spans(contents):
    link = {"start": 0, "end": 1, "href": "lost words"}
    line(contents)["translation"] = {"en": {"text": "Animals.", "spans": [link]}}


def rival(contents):
    one = {"id": new_id("y"), "gloss": {"en": "lost words"}}
    word(contents)["analyses"].append(one)


def record(kind, /, **facts):
    def change(contents):
        contents.add(kind, {"id": new_id(KINDS[kind].letter), **facts})

    return change


def about_the_project(contents):
    contents.project = contents.project.model_copy(update={"description": "lost words"})


WORDS = {
    "text.access": put(story, "access", LOST),
    "text.genre": put(story, "genre", "lost words"),
    "text.date": put(story, "date", "lost words"),
    "text.notes": put(story, "notes", [{"id": new_id("n"), "text": {"en": "lost words"}}]),
    "text.status": put(story, "status", "lost words"),
    "text.speakers": put(story, "speakers", ["lost words"]),
    "media.file": put(media, "file", "lost words"),
    "media.label": put(media, "label", {"en": "lost words"}),
    "media.access": put(media, "access", LOST),
    "utterance.access": put(line, "access", LOST),
    "utterance.translations": put(
        line, "translations", [{"id": new_id("t"), "text": {"en": "lost words"}}]
    ),
    "utterance.groups": put(
        line, "groups", [{"id": new_id("g"), "type": "lost words", "gloss": {"en": "lost words"}}]
    ),
    "utterance.source": put(line, "source", "lost words"),
    "utterance.status": put(line, "status", "lost words"),
    "word.language": put(word, "language", "lost words"),
    "word.speaker": put(word, "speaker", "lost words"),
    "word.time": put(word, "time", {"start": 1, "end": 2, "recording": "lost words"}),
    "word.analyses": rival,
    "analysis.by": put(analysis, "by", "lost words"),
    "analysis.entry": put(analysis, "entry", "lost words"),
    "morph.entry": put(morph, "entry", "lost words"),
    "note.type": put(note, "type", "lost words"),
    "spans": spans,
    "dates": dates,
    "fields": own_field,
    "entry": record("entry", lemma={"seh": "lost words"}),
    "relation": record("relation", type="lost words"),
    "item": record("item", list="lost words", code="lost words"),
    "field": record("field", code="lost words"),
    "person": record("person", name="lost words"),
    "comment": record("comment", on="lost words", kind="entry", text="lost words"),
    "project": about_the_project,
}


def again(contents, tmp_path):
    out = tmp_path / "lost.flextext"
    assert list(FLEXTEXT.write(contents, out, {})) == []
    return load(FLEXTEXT, out), out.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORDS)
def test_what_is_stated_as_lost_is_lost(path, contents, tmp_path):
    plain = again(contents, tmp_path)[1]
    WORDS[path](contents)
    assert again(contents, tmp_path)[1] == plain


def test_a_sentence_that_stands_alone_comes_in_a_text(contents, tmp_path):
    line(contents).pop("text")
    back, _ = again(contents, tmp_path)
    titles = [one.get("title") for one in back.records["text"].values()]
    assert titles == [None, {"en": "Sentences"}]
    assert line(back)["text"] == list(back.records["text"])[1]


def test_an_estimate_is_a_time_like_others(contents, tmp_path):
    line(contents)["time"]["estimated"] = True
    assert line(again(contents, tmp_path)[0])["time"] == {"start": 0.0, "end": 0.01}


def test_where_a_word_stands_is_looked_for_again(contents, tmp_path):
    line(contents)["baseline"]["seh"] = "wanyama wanyama."
    word(contents)["spans"] = [{"ws": "seh", "start": 8, "end": 15}]
    assert word(again(contents, tmp_path)[0])["spans"][0]["start"] == 0


def test_which_stretch_a_morph_is_is_worked_out_again(contents, tmp_path):
    morph(contents)["parts"] = [{"start": 0, "end": 1}, {"start": 6, "end": 7}]
    assert morph(again(contents, tmp_path)[0])["parts"] == [{"start": 0, "end": 2}]


def test_how_sure_an_analysis_is_is_not_said(contents, tmp_path):
    analysis(contents).update(origin="model", confidence=0.5)
    word(contents).pop("chosen")
    found = analysis(again(contents, tmp_path)[0])
    assert (found["origin"], found.get("confidence")) == ("model", None)


OTHERS = {
    "utterance.text",
    "time.estimated",
    "word.spans",
    "morph.parts",
    "analysis.confidence",
}


def test_every_stated_loss_is_tested():
    assert {loss.path for loss in FLEXTEXT.losses} == {*WORDS, *OTHERS}
    assert all(loss.why.endswith(".") for loss in FLEXTEXT.losses)


FIELDS = {
    "title": (story, {"en": "T", "seh": "U"}),
    "abbreviation": (story, {"en": "t"}),
    "source": (story, {"en": "told by Ana"}),
    "description": (story, {"en": "about"}),
    "baseline": (line, {"seh": "Wanyama."}),
    "translation": (line, {"en": "Beasts.", "pt": "Animais."}),
    "literal": (line, {"en": "PL-animal"}),
    "label": (line, "7"),
    "time": (line, {"start": 0.25, "end": 1.75}),
    "form": (word, {"seh": "wanyame"}),
    "gloss": (analysis, {"en": "beasts"}),
    "lemma": (morph, {"seh": "va-"}),
    "homograph": (morph, 3),
}


@pytest.mark.parametrize("name", FIELDS)
def test_all_else_comes_back(name, contents, tmp_path):
    place, value = FIELDS[name]
    place(contents)[name] = value
    assert place(again(contents, tmp_path)[0])[name] == value


def test_a_morph_that_was_edited_comes_back(contents, tmp_path):
    found = analysis(contents)["morphs"][1]
    found |= {"form": {"seh": "nyame"}, "gloss": {"en": "beast"}}
    found["type"] = contents.item("morph-types", "prefix")["id"]
    back = analysis(again(contents, tmp_path)[0])["morphs"][1]
    assert (back["form"], back["gloss"], back["left"]) == ({"seh": "nyame"}, {"en": "beast"}, "-")
    assert back["type"] is not None
