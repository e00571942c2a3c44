"""CLDF loses what it says it loses."""

from __future__ import annotations

import zipfile

import pytest

from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.formats.cldf import CLDF
from tests.formats.datasets import DICTIONARY, TEXTS, save
from tests.formats.memory import load

LOST = {"level": "groups", "groups": ["lost words"]}
TEXT = {"en": "lost words"}


@pytest.fixture
def contents(tmp_path):
    made = load(CLDF, save(tmp_path, DICTIONARY))
    texts = load(CLDF, save(tmp_path, TEXTS, "texts.cldf.zip", **{"rdf:ID": "texts"}))
    for kind in ("text", "utterance"):
        made.records.setdefault(kind, {}).update(texts.records[kind])
    made.records.pop("document")
    return made


def entry(contents):
    return contents.entries()[0]


def sense(contents):
    return entry(contents)["senses"][0]


def example(contents):
    return next(one for one in sense(contents)["examples"] if "form" in one)


def story(contents):
    return next(iter(contents.records["text"].values()))


def line(contents):
    return next(one for one in contents.records["utterance"].values() if one.get("text"))


def word(contents):
    return line(contents)["words"][1]


def analysis(contents):
    return word(contents)["analyses"][0]


def morph(contents):
    return analysis(contents)["morphs"][1]


def everything(contents):
    places = (entry, sense, example, story, line, word, analysis, morph)
    return [place(contents) for place in places]


def put(place, name, value):
    def change(contents):
        place(contents)[name] = value

    return change


def member(place, name, letter, /, **facts):
    return put(place, name, [{"id": new_id(letter), **facts}])


def own_field(contents):
    for one in everything(contents):
        one["fields"] = [{"id": new_id("o"), "type": "x", "text": TEXT}]
        one["traits"] = [{"id": new_id("t"), "name": "x", "value": "lost words"}]
        one["annotations"] = [{"id": new_id("a"), "name": "x", "value": "lost words"}]


def dates(contents):
    for one in everything(contents):
        one["created"] = one["modified"] = "lost words"


def spans(contents):
    link = {"start": 0, "end": 1, "href": "lost words"}
    sense(contents)["gloss"] = {"en": {"text": "animal", "spans": [link]}}


def notes(contents):
    for one in (entry(contents), sense(contents), example(contents), line(contents)):
        one["notes"] = [
            {"id": new_id("n"), "type": "i_1", "text": TEXT},
        ]


def rival(contents):
    word(contents)["analyses"].append({"id": new_id("y"), "gloss": TEXT})


def guess(contents):
    """A word that only a memory has analysed."""
    found = contents.records["utterance"].values()
    alone = next(one for one in found if one["baseline"] == {"seh": "Mwana"})
    alone["words"][0] |= {"analyses": [{"id": new_id("y"), "origin": "memory", "gloss": TEXT}]}
    alone["words"][0].pop("chosen")


def record(kind, /, **facts):
    def change(contents):
        contents.add(kind, {"id": new_id(KINDS[kind].letter), **facts})

    return change


def about_the_project(contents):
    contents.project = contents.project.model_copy(update={"groups": ("lost words",)})


WORDS = {
    "entry.access": put(entry, "access", LOST),
    "sense.access": put(sense, "access", LOST),
    "example.access": put(example, "access", LOST),
    "text.access": put(story, "access", LOST),
    "utterance.access": put(line, "access", LOST),
    "entry.pronunciations": member(entry, "pronunciations", "k", form=TEXT),
    "entry.forms": member(entry, "forms", "v", form=TEXT),
    "entry.etymologies": member(entry, "etymologies", "y", form=TEXT),
    "sense.order": put(sense, "order", 77),
    "sense.further_glosses": member(sense, "further_glosses", "g", text=TEXT),
    "sense.definition": put(sense, "definition", {"en": "animal"}),
    "sense.pos_traits": member(sense, "pos_traits", "t", name="x", value="lost words"),
    "sense.pictures": member(sense, "pictures", "m", href="lost words"),
    "sense.reversals": member(sense, "reversals", "v", form=TEXT),
    "sense.links": member(sense, "links", "k", catalog="wordnet", label="lost words"),
    "notes": notes,
    "text.notes": member(story, "notes", "n", text=TEXT),
    "text.speakers": put(story, "speakers", ["lost words"]),
    "text.media": member(story, "media", "m", href="lost words"),
    "text.status": put(story, "status", "lost words"),
    "text.paragraphs": member(story, "paragraphs", "b"),
    "utterance.translations": member(line, "translations", "t", text=TEXT),
    "utterance.groups": member(line, "groups", "g", type="lost words", gloss=TEXT),
    "utterance.speaker": put(line, "speaker", "lost words"),
    "utterance.time": put(line, "time", {"start": 1, "end": 2, "recording": "lost words"}),
    "utterance.status": put(line, "status", "lost words"),
    "word.language": put(word, "language", "lost words"),
    "word.speaker": put(word, "speaker", "lost words"),
    "word.time": put(word, "time", {"start": 1, "end": 2, "recording": "lost words"}),
    "word.spans": put(word, "spans", [{"ws": "seh", "start": 0, "end": 1}]),
    "word.notes": member(word, "notes", "n", text=TEXT),
    "word.analyses": rival,
    "analysis.by": put(analysis, "by", "lost words"),
    "analysis.gloss": put(analysis, "gloss", TEXT),
    "analysis.pos": put(analysis, "pos", "lost words"),
    "analysis.entry": put(analysis, "entry", "lost words"),
    "morph.parts": put(morph, "parts", [{"start": 0, "end": 1}]),
    "morph.type": put(morph, "type", "lost words"),
    "morph.lemma": put(morph, "lemma", {"seh": "lost words"}),
    "morph.pos": put(morph, "pos", "lost words"),
    "morph.entry": put(morph, "entry", "lost words"),
    "spans": spans,
    "dates": dates,
    "fields": own_field,
    "relation": record("relation", type="lost words"),
    "item": record("item", list="lost words", code="lost words"),
    "field": record("field", code="lost words"),
    "person": record("person", name="lost words"),
    "comment": record("comment", on="lost words", kind="entry", text="lost words"),
    "project": about_the_project,
}


def written(contents, tmp_path):
    out = tmp_path / "lost.cldf.zip"
    assert CLDF.write(contents, out, {}) == []
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def again(contents, tmp_path):
    written(contents, tmp_path)
    return load(CLDF, tmp_path / "lost.cldf.zip")


@pytest.mark.parametrize("path", WORDS)
def test_what_is_stated_as_lost_is_lost(path, contents, tmp_path):
    if path == "sense.definition":
        sense(contents)["gloss"] = {"en": "animal"}
    plain = written(contents, tmp_path)
    WORDS[path](contents)
    assert written(contents, tmp_path) == plain


def test_guesses_stay_here(contents, tmp_path):
    guess(contents)
    assert "lost words" not in "".join(written(contents, tmp_path).values())


def test_of_translations_of_an_example_the_first_is_written(contents, tmp_path):
    plain = written(contents, tmp_path)
    found = example(contents)["translations"]
    found[0]["type"] = "lost words"
    found.append({"id": new_id("t"), "text": TEXT})
    assert written(contents, tmp_path) == plain


def test_lines_come_after_other_examples(contents, tmp_path):
    assert ["form" in one for one in sense(contents)["examples"]] == [False, True]
    back = sense(again(contents, tmp_path))
    assert ["form" in one for one in back["examples"]] == [True, False]


def test_every_stated_loss_is_tested():
    assert {loss.path for loss in CLDF.losses} == {*WORDS, "example.translations", "sense.examples"}
    assert all(loss.why.endswith(".") for loss in CLDF.losses)


FIELDS = {
    "lemma": (entry, {"seh": "nyame", "seh-fonipa": "ɲame"}),
    "citation": (entry, {"seh": "nyama (2)"}),
    "homograph": (entry, 3),
    "gloss": (sense, {"en": "beast", "pt": "animal"}),
    "definition": (sense, {"en": "a beast", "pt": "um animal"}),
    "scientific_name": (sense, {"en": "Animalia"}),
    "form": (example, {"seh": "nyama zetu"}),
    "title": (story, {"en": "T", "seh": "U"}),
    "abbreviation": (story, {"en": "t"}),
    "source": (story, {"en": "told by Ana"}),
    "description": (story, {"en": "about"}),
    "date": (story, "2026-11"),
    "baseline": (line, {"seh": "Mwana aenda!", "seh-fonipa": "mwana"}),
    "translation": (line, {"en": "She goes.", "pt": "Vai."}),
    "literal": (line, {"en": "CL1-go"}),
    "label": (line, "7"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_all_else_comes_back(name, contents, tmp_path):
    place, value = FIELDS[name]
    place(contents)[name] = value
    assert place(again(contents, tmp_path))[name] == value


def test_notes_sources_items_and_subsenses_come_back(contents, tmp_path):
    for one in (entry(contents), sense(contents), example(contents), line(contents)):
        one["notes"] = [{"id": new_id("n"), "text": {"en": "a note", "pt": "uma nota"}}]
    example(contents)["source"] = line(contents)["source"] = "Field notes 3"
    noun = contents.item("parts-of-speech", "n")["id"]
    below = {"id": new_id("s"), "gloss": {"en": "game"}, "pos": noun}
    sense(contents)["senses"] = [below]
    sense(contents).pop("pos")
    domain = contents.add("item", {"id": new_id("i"), "list": "semantic-domains", "code": "1.6"})
    sense(contents)["domains"] = [domain["id"]]
    back = again(contents, tmp_path)
    for one in (entry(back), sense(back), example(back), line(back)):
        assert [note["text"] for note in one["notes"]] == [{"en": "a note", "pt": "uma nota"}]
    assert (example(back)["source"], line(back)["source"]) == ("Field notes 3", "Field notes 3")
    assert [one["gloss"] for one in sense(back)["senses"]] == [{"en": "game"}]
    noun = back.item("parts-of-speech", "n")["id"]
    assert (sense(back).get("pos"), sense(back)["senses"][0]["pos"]) == (None, noun)
    assert sense(back)["domains"] == [back.item("semantic-domains", "1.6")["id"]]


def test_glosses_in_two_languages_come_back(contents, tmp_path):
    for one, gloss in zip(analysis(contents)["morphs"], ("SUJ", "ir"), strict=True):
        one["gloss"]["pt"] = gloss
    found = analysis(again(contents, tmp_path))["morphs"]
    assert [one["gloss"] for one in found] == [
        {"en": "CL1", "pt": "SUJ"},
        {"en": "go", "pt": "ir"},
    ]
