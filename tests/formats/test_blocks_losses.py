"""Glossed examples in plain text lose what they say they lose."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.formats.blocks import BLOCKS
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
        notes=[{"id": new_id("n"), "text": {"en": "lost words"}}],
        status="lost words",
        speakers=["lost words"],
        media=[{"id": new_id("m"), "href": "lost words"}],
        access={"level": "members"},
    )
    story(contents)["title"]["pt"] = "lost words"


def word_details(contents):
    word(contents).update(
        language="lost words",
        speaker="lost words",
        time={"start": 1, "end": 2},
        notes=[{"id": new_id("n"), "text": {"en": "lost words"}}],
    )
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


TEXT = {"text": {"en": "lost words"}}
WORDS = {
    "text.details": text_details,
    "text.paragraphs": put(story, "paragraphs", [{"id": "lost words"}]),
    "utterance.access": put(line, "access", {"level": "members"}),
    "utterance.label": put(line, "label", "lost words"),
    "utterance.baseline": put(line, "baseline", {"sw": "Ninasoma kitabu.", "x": "lost words"}),
    "utterance.translation": put(line, "translation", {"en": "I read.", "pt": "lost words"}),
    "utterance.translations": put(line, "translations", [{"id": "x", **TEXT}]),
    "utterance.notes": put(line, "notes", [{"id": "x", **TEXT}]),
    "utterance.groups": group,
    "utterance.speaker": put(line, "speaker", "lost words"),
    "utterance.time": put(line, "time", {"start": 1, "end": 2}),
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
OTHERS = {"utterance.text", "word.form"}


def again(contents, tmp_path):
    out = tmp_path / "lost.txt"
    assert list(BLOCKS.write(contents, out, {})) == []
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORDS)
def test_what_is_stated_as_lost_is_lost(path, contents, tmp_path):
    plain = again(contents, tmp_path)
    WORDS[path](contents)
    assert again(contents, tmp_path) == plain


def test_a_sentence_that_stands_alone_comes_in_a_text(contents, tmp_path):
    line(contents).pop("text")
    assert "# Sentences\n\n(1) Ni" in again(contents, tmp_path)


def test_a_space_in_a_gloss_becomes_a_full_stop(contents, tmp_path):
    morph(contents)["gloss"] = {"en": "first person"}
    assert "first.person" in again(contents, tmp_path)


def test_every_stated_loss_is_tested():
    assert {loss.path for loss in BLOCKS.losses} == {*WORDS, *OTHERS}
    assert all(loss.why.endswith(".") for loss in BLOCKS.losses)


KEPT = {
    "title": (story, {"en": "kept words"}),
    "baseline": (line, {"sw": "Kept words, ninasoma kitabu."}),
    "translation": (line, {"en": "kept words"}),
    "literal": (line, {"en": "kept words"}),
    "source": (line, "kept words"),
    "label": (line, "17"),
    "gloss": (morph, {"en": "KEPT"}),
}


@pytest.mark.parametrize("name", KEPT)
def test_all_else_comes(name, contents, tmp_path):
    place, value = KEPT[name]
    place(contents)[name] = value
    told = value if isinstance(value, str) else next(iter(value.values()))
    assert told in again(contents, tmp_path)
