"""Dictionaries and texts in Standard Format lose what they say they lose."""

from __future__ import annotations

import copy

import pytest

from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.domain.project import WritingSystem
from app.formats.base import Names
from app.formats.standard_format import FORMATS, MDF, TOOLBOX
from tests.formats.memory import load
from tests.formats.standard_formats import DICTIONARY, TEXT, save

SEH = WritingSystem(id="seh", tag="seh", vernacular=True)
EN = WritingSystem(id="en", tag="en", analysis=True)
LOST = {"level": "groups", "groups": ["lost words"]}
FILES = {"mdf": (DICTIONARY, "words.sfm"), "toolbox": (TEXT, "story.txt")}
LIST = {"id": new_id("i"), "list": "note-types", "code": "lost words"}


def made(format_, tmp_path):
    text, name = FILES[format_.id]
    return load(format_, save(tmp_path, text, name), Names({"seh": SEH, "en": EN}))


def first(contents, kind):
    return next(iter(contents.records[kind].values()))


def entry(contents):
    return first(contents, "entry")


def sense(contents):
    return entry(contents)["senses"][0]


def example(contents):
    return sense(contents)["examples"][0]


def line(contents):
    return first(contents, "utterance")


def story(contents):
    return first(contents, "text")


def word(contents):
    return line(contents)["words"][0]


def analysis(contents):
    return word(contents)["analyses"][0]


def morph(contents):
    return analysis(contents)["morphs"][0]


def put(place, name, value):
    def change(contents):
        place(contents)[name] = value

    return change


def part(place, name, number=0):
    return lambda contents: place(contents)[name][number]


def everything(contents):
    if "entry" in contents.records:
        found = (entry(contents), sense(contents), example(contents))
        return (*found, entry(contents)["pronunciations"][0], sense(contents)["notes"][0])
    return story(contents), line(contents), word(contents), analysis(contents), morph(contents)


def own(contents):
    for one in everything(contents):
        field = {"id": new_id("o"), "type": "lost words", "text": {"en": "lost words"}}
        one.setdefault("fields", []).append(field)
        one["traits"] = [{"id": new_id("t"), "name": "x", "value": "lost words"}]
        one["annotations"] = [{"id": new_id("a"), "name": "x", "value": "lost words"}]


def dates(contents):
    for one in everything(contents):
        one["created"] = "lost words"
    if "utterance" in contents.records:
        line(contents)["modified"] = "lost words"


def spans(text, name):
    def change(contents):
        link = {"start": 0, "end": 1, "href": "lost words", "style": "lost words"}
        old = text(contents)[name]["en"]
        text(contents)[name] = {"en": {"text": old, "spans": [link]}}

    return change


def elsewhere(place, *names):
    """Texts in a writing system of which the mapping knows nothing."""

    def change(contents):
        for name in names:
            place(contents).setdefault(name, {})["xx"] = "lost words"

    return change


def record(kind, /, **facts):
    def change(contents):
        contents.add(kind, {"id": new_id(KINDS[kind].letter), **facts})

    return change


def about_the_project(contents):
    contents.project = contents.project.model_copy(update={"description": "lost words"})


def form_details(contents):
    form = entry(contents)["forms"][0]
    form |= {"morph_type": "lost words", "environments": ["lost words"], "ref": "lost words"}
    form["pronunciations"] = [{"id": new_id("u"), "form": {"seh": "lost words"}}]


def reversal_details(contents):
    main = {"id": new_id("v"), "form": {"en": "lost words"}}
    found = sense(contents)["reversals"][0]
    found |= {"type": "lost words", "pos": "lost words", "main": main}


def rival(contents):
    one = {"id": new_id("y"), "morphs": [], "gloss": {"en": "lost words"}}
    word(contents)["analyses"].insert(0, one)


def typed(contents):
    etymology = entry(contents)["etymologies"][0]
    etymology["type"] = "lost words"


def unused_recording(contents):
    story(contents)["media"].append({"id": new_id("m"), "href": "lost words"})


COMMON = {
    "item": record("item", list="lost words", code="lost words"),
    "field": record("field", code="lost words"),
    "comment": record("comment", on="lost words", kind="entry", text="lost words"),
    "project": about_the_project,
    "fields": own,
    "dates": dates,
}
MEDIA = [{"id": new_id("m"), "href": "lost words"}]
NOTES = [{"id": new_id("n"), "text": {"en": "lost words"}}]
WORDS = {
    "mdf": {
        **COMMON,
        "entry.access": put(entry, "access", LOST),
        "sense.access": put(sense, "access", LOST),
        "example.access": put(example, "access", LOST),
        "relation.access": put(lambda c: first(c, "relation"), "access", LOST),
        "relation.usage": put(
            part(lambda c: first(c, "relation"), "statements"), "usage", {"en": "lost words"}
        ),
        "media.access": put(part(sense, "pictures"), "access", LOST),
        "media.file": put(part(sense, "pictures"), "file", "lost words"),
        "media.label": put(part(sense, "pictures"), "label", {"en": "lost words"}),
        "entry.morph_type": put(entry, "morph_type", "lost words"),
        "form.details": form_details,
        "pronunciation.media": put(part(entry, "pronunciations"), "media", MEDIA),
        "sense.source_id": put(sense, "source_id", "lost words"),
        "sense.pos_traits": put(
            sense, "pos_traits", [{"id": new_id("t"), "name": "x", "value": "lost words"}]
        ),
        "sense.links": put(
            sense, "links", [{"id": new_id("k"), "catalog": "wordnet", "label": "lost words"}]
        ),
        "reversal.details": reversal_details,
        "example.notes": put(example, "notes", NOTES),
        "translation.type": put(part(example, "translations"), "type", "lost words"),
        "etymology.type": typed,
        "writing-system": elsewhere(sense, "gloss", "definition"),
        "spans": spans(sense, "definition"),
        "text": record("text", title={"en": "lost words"}),
        "utterance": record("utterance", baseline={"seh": "lost words"}),
        "person": record("person", name="lost words"),
    },
    "toolbox": {
        **COMMON,
        "text.access": put(story, "access", LOST),
        "text.date": put(story, "date", "lost words"),
        "text.notes": put(story, "notes", NOTES),
        "text.status": put(story, "status", "lost words"),
        "text.speakers": put(story, "speakers", ["lost words"]),
        "text.paragraphs": put(story, "paragraphs", [{"id": "lost words"}]),
        "text.media": unused_recording,
        "media.file": put(part(story, "media"), "file", "lost words"),
        "media.label": put(part(story, "media"), "label", {"en": "lost words"}),
        "media.access": put(part(story, "media"), "access", LOST),
        "utterance.access": put(line, "access", LOST),
        "utterance.translations": put(line, "translations", NOTES),
        "utterance.groups": put(
            line, "groups", [{"id": new_id("g"), "type": "lost words", "members": []}]
        ),
        "utterance.status": put(line, "status", "lost words"),
        "word.language": put(word, "language", "lost words"),
        "word.speaker": put(word, "speaker", "lost words"),
        "word.time": put(word, "time", {"start": 1, "end": 2, "recording": "lost words"}),
        "word.notes": put(word, "notes", NOTES),
        "word.form": put(word, "form", {"seh": "lost words"}),
        "word.analyses": rival,
        "analysis.entry": put(analysis, "entry", "lost words"),
        "analysis.gloss": put(analysis, "gloss", {"en": "lost words"}),
        "morph.entry": put(morph, "entry", "lost words"),
        "morph.lemma": put(morph, "lemma", {"seh": "lost words"}),
        "writing-system": elsewhere(line, "translation", "baseline"),
        "spans": spans(line, "translation"),
        "entry": record("entry", lemma={"seh": "lost words"}),
        "relation": record("relation", type="lost words"),
        "person": record("person", name="lost words"),
    },
}
CASES = [(one, path) for one in FORMATS for path in WORDS[one.id]]


def again(format_, contents, tmp_path):
    """What is written, and what is read of it."""
    out = tmp_path / f"lost{format_.suffixes[0]}"
    list(format_.write(contents, out, {}))
    names = Names({"seh": SEH, "en": EN})
    return load(format_, out, names), out.read_text(encoding="utf-8")


@pytest.mark.parametrize(("format_", "path"), CASES, ids=lambda one: getattr(one, "id", one))
def test_what_is_stated_as_lost_is_lost(format_, path, tmp_path):
    contents = made(format_, tmp_path)
    plain = again(format_, contents, tmp_path)[1]
    before = copy.deepcopy(contents.records)
    WORDS[format_.id][path](contents)
    assert contents.records != before or path == "project"
    assert again(format_, contents, tmp_path)[1] == plain


def test_subsenses_come_as_senses(tmp_path):
    contents = made(MDF, tmp_path)
    sense(contents)["senses"] = [{"id": new_id("s"), "gloss": {"en": "beef"}}]
    back = entry(again(MDF, contents, tmp_path)[0])
    assert [one["gloss"]["en"] for one in back["senses"]] == ["meat", "beef", "animal"]
    assert not any("senses" in one for one in back["senses"])


def test_an_example_that_is_an_utterance_has_no_words(tmp_path):
    contents = made(MDF, tmp_path)
    sense(contents)["examples"] = [{"id": new_id("x"), "utterance": "l_1", "source": "T2"}]
    back = sense(again(MDF, contents, tmp_path)[0])["examples"]
    assert [(one["source"], one.get("form")) for one in back] == [("T2", None)]


def test_a_note_of_an_unknown_type_is_a_general_note_in_a_dictionary(tmp_path):
    contents = made(MDF, tmp_path)
    contents.add("item", LIST)
    sense(contents)["notes"][0]["type"] = LIST["id"]
    assert "type" not in sense(again(MDF, contents, tmp_path)[0])["notes"][0]


def test_a_relation_of_three_comes_as_pairs(tmp_path):
    contents = made(MDF, tmp_path)
    found = first(contents, "relation")
    other = contents.add("entry", {"id": new_id("e"), "lemma": {"seh": "maji"}})
    found["members"].append({"id": new_id("b"), "entry": other["id"]})
    found["statements"] = []
    back = again(MDF, contents, tmp_path)[0].records["relation"].values()
    assert max(len(one["members"]) for one in back) == 2
    assert any(one["members"][1].get("label") == "maji" for one in back)


def test_a_sentence_that_stands_alone_comes_in_a_text(tmp_path):
    contents = made(TOOLBOX, tmp_path)
    line(contents).pop("text")
    back, _ = again(TOOLBOX, contents, tmp_path)
    titles = [one.get("title") for one in back.records["text"].values()]
    assert titles == [{"seh": "The story"}, {"seh": "Sentences"}]


def test_an_estimate_is_a_time_like_others(tmp_path):
    contents = made(TOOLBOX, tmp_path)
    line(contents)["time"]["estimated"] = True
    assert "estimated" not in line(again(TOOLBOX, contents, tmp_path)[0])["time"]


def test_who_made_an_analysis_is_not_said(tmp_path):
    contents = made(TOOLBOX, tmp_path)
    analysis(contents).update(origin="model", confidence=0.5, by="m", confirmed_by="u")
    found = analysis(again(TOOLBOX, contents, tmp_path)[0])
    assert (found["origin"], found.get("confidence"), found.get("by")) == ("import", None, None)


def test_a_space_in_a_morph_becomes_a_full_stop(tmp_path):
    contents = made(TOOLBOX, tmp_path)
    morph(contents)["form"] = {"seh": "w a"}
    assert morph(again(TOOLBOX, contents, tmp_path)[0])["form"] == {"seh": "w.a"}


def test_which_stretch_a_morph_is_is_worked_out_again(tmp_path):
    contents = made(TOOLBOX, tmp_path)
    morph(contents)["parts"] = [{"start": 0, "end": 1}, {"start": 6, "end": 7}]
    assert morph(again(TOOLBOX, contents, tmp_path)[0])["parts"] == [{"start": 0, "end": 2}]


def test_a_type_that_no_join_shows_is_lost(tmp_path):
    contents = made(TOOLBOX, tmp_path)
    root = contents.add("item", {"id": new_id("i"), "list": "morph-types", "code": "root"})
    analysis(contents)["morphs"][1]["type"] = root["id"]
    assert "type" not in analysis(again(TOOLBOX, contents, tmp_path)[0])["morphs"][1]


def test_a_note_of_an_unknown_type_is_a_general_note_in_a_text(tmp_path):
    contents = made(TOOLBOX, tmp_path)
    contents.add("item", LIST)
    line(contents)["notes"][0]["type"] = LIST["id"]
    assert "type" not in line(again(TOOLBOX, contents, tmp_path)[0])["notes"][0]


OTHERS = {
    "mdf": {"sense.senses", "example.utterance", "note.type", "relation.members"},
    "toolbox": {
        "utterance.text",
        "time.estimated",
        "analysis.origin",
        "morph.form",
        "morph.parts",
        "morph.type",
        "note.type",
    },
}


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.id)
def test_every_stated_loss_is_tested(format_):
    stated = {loss.path for loss in format_.losses}
    assert stated == {*WORDS[format_.id], *OTHERS[format_.id]}
    assert all(loss.why.endswith(".") for loss in format_.losses)


FIELDS = {
    "lemma": (entry, {"seh": "nyamba"}),
    "homograph": (entry, 3),
    "citation": (entry, {"seh": "cited"}),
    "pronunciation": (part(entry, "pronunciations"), "form", {"seh": "ɲ"}),
    "variant": (part(entry, "forms"), "form", {"seh": "nyam"}),
    "paradigm": (part(entry, "forms", 1), "form", {"seh": "manya"}),
    "etymology": (part(entry, "etymologies"), "form", {"seh": "*nya"}),
    "etymology source": (part(entry, "etymologies"), "source", "Bantu"),
    "borrowed": (part(entry, "etymologies", 1), "source", "Arabic"),
    "gloss": (sense, {"en": "beef"}),
    "definition": (sense, {"en": "of a cow"}),
    "scientific_name": (sense, {"la": "bos"}),
    "further gloss": (part(sense, "further_glosses"), "text", {"en": "body"}),
    "reversal": (part(sense, "reversals"), "form", {"en": "steak"}),
    "note": (part(sense, "notes"), "text", {"en": "other"}),
    "typed note": (part(sense, "notes", 1), "text", {"en": "other"}),
    "example": (part(sense, "examples"), "form", {"seh": "Hii nyama."}),
    "example source": (part(sense, "examples"), "source", "T9"),
    "translation": (part(example, "translations"), "text", {"en": "This meat."}),
    "picture": (part(sense, "pictures"), "href", "cow.png"),
}
LINES = {
    "title": (story, {"seh": "T"}),
    "abbreviation": (story, {"seh": "t"}),
    "source": (story, {"en": "told by Ana"}),
    "description": (story, {"en": "about"}),
    "label": (line, "7"),
    "translation": (line, {"en": "Beasts."}),
    "literal": (line, {"en": "PL-animal"}),
    "note": (part(line, "notes"), "text", {"en": "other"}),
    "time": (line, {"start": 0.5, "end": 3.25}),
    "form": (morph, {"seh": "va"}),
    "gloss": (morph, {"en": "PLURAL"}),
    "gloss of several words": (morph, "gloss", {"en": "more than one"}),
}


KEPT = [(MDF, name, case) for name, case in FIELDS.items()]
KEPT += [(TOOLBOX, name, case) for name, case in LINES.items()]


@pytest.mark.parametrize("residue", [True, False], ids=["as it came", "as made here"])
@pytest.mark.parametrize(
    ("format_", "name", "case"), KEPT, ids=[f"{one.id} {name}" for one, name, _ in KEPT]
)
def test_all_else_comes_back(format_, name, case, residue, tmp_path):
    contents = made(format_, tmp_path)
    for found in () if residue else contents.records.values():
        for one in found.values():
            one.pop("residue", None)
    place, *rest = case
    field, value = rest if len(rest) == 2 else (name, rest[0])
    place(contents)[field] = value
    back = place(again(format_, contents, tmp_path)[0])[field]
    if name == "time":
        back = {key: back[key] for key in value}
    assert back == value
