"""CoNLL-U loses what it says it loses."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.formats.conllu import CONLLU
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
from tests.formats.memory import load

TEXT = {"text": {"en": "lost words"}}


@pytest.fixture
def contents():
    return some_text()


def text_details(contents):
    story(contents).update(
        abbreviation={"en": "lost words"},
        source={"en": "lost words"},
        description={"en": "lost words"},
        genre="lost words",
        date="lost words",
        notes=[{"id": new_id("n"), **TEXT}],
        status="lost words",
        speakers=["lost words"],
        media=[{"id": new_id("m"), "href": "lost words"}],
        access={"level": "members"},
    )


def word_details(contents):
    word(contents).update(
        language="lost words", speaker="lost words", notes=[{"id": new_id("n"), **TEXT}]
    )
    word(contents)["form"]["x"] = "lost words"


def morph_details(contents):
    morph(contents).update(
        type="lost words", homograph=2, pos="lost words", entry="lost words", sense="lost words",
        allomorph="lost words",
    )  # fmt: skip


def morph_glosses(contents):
    morph(contents)["gloss"]["pt"] = "lost words"


def analysis_origin(contents):
    analysis(contents).update(origin="model", by="lost words", confidence=0.5, confirmed_by="x")


def group(contents):
    one = {"id": new_id("g"), "type": "lost words", "gloss": {"en": "lost words"}}
    line(contents)["groups"] = [one]


WORDS = {
    "text.details": text_details,
    "utterance.access": put(line, "access", {"level": "members"}),
    "utterance.baseline": put(line, "baseline", {"sw": "Ninasoma kitabu.", "x": "lost words"}),
    "utterance.literal": put(line, "literal", {"en": "lost words"}),
    "utterance.translations": put(line, "translations", [{"id": "x", **TEXT}]),
    "utterance.notes": put(line, "notes", [{"id": "x", **TEXT}]),
    "utterance.groups": group,
    "utterance.time": put(line, "time", {"start": 1, "end": 2}),
    "utterance.source": put(line, "source", "lost words"),
    "utterance.status": put(line, "status", "lost words"),
    "word.details": word_details,
    "word.analyses": rival,
    "analysis.origin": analysis_origin,
    "analysis.entry": put(analysis, "entry", "lost words"),
    "morph.details": morph_details,
    "morph.lemma": put(morph, "lemma", {"sw": "lost words"}),
    "morph.gloss": morph_glosses,
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
OTHERS = {"utterance.text", "analysis.pos"}


def again(contents, tmp_path):
    out = tmp_path / "sw_lost-ud-test.conllu"
    assert list(CONLLU.write(contents, out, {})) == []
    return out.read_text(encoding="utf-8"), load(CONLLU, out)


@pytest.mark.parametrize("path", WORDS)
def test_what_is_stated_as_lost_is_lost(path, contents, tmp_path):
    plain, _ = again(contents, tmp_path)
    WORDS[path](contents)
    assert again(contents, tmp_path)[0] == plain


def test_a_sentence_that_stands_alone_comes_in_a_document(contents, tmp_path):
    line(contents).pop("text")
    assert again(contents, tmp_path)[0].startswith("# newdoc id = Sentences\n")


def test_a_space_in_a_part_of_speech_becomes_an_underscore(contents, tmp_path):
    found = {"id": new_id("i"), "list": "parts-of-speech", "code": "main verb"}
    analysis(contents)["pos"] = contents.add("item", found)["id"]
    assert "\t_\tmain_verb\t" in again(contents, tmp_path)[0]


def test_every_stated_loss_is_tested():
    assert {loss.path for loss in CONLLU.losses} == {*WORDS, *OTHERS}
    assert all(loss.why.endswith(".") for loss in CONLLU.losses)


KEPT = {
    "title": (story, {"sw": "kept"}),
    "baseline": (line, {"sw": "Ninasoma  kitabu?"}),
    "translation": (line, {"en": "kept", "pt": "guardado"}),
    "form": (word, {"sw": "kept"}),
    "time": (word, {"start": 0.25, "end": 1.75}),
    "gloss": (morph, {"en": "KEPT"}),
    "word gloss": (analysis, {"en": "kept"}),
}


@pytest.mark.parametrize("name", KEPT)
def test_all_else_comes_back(name, contents, tmp_path):
    place, value = KEPT[name]
    place(contents)[name.split()[-1]] = value
    back = place(again(contents, tmp_path)[1])[name.split()[-1]]
    if name == "baseline":
        value = {"sw": "Ninasoma kitabu?"}
    assert back == value
