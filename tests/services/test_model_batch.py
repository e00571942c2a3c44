"""What a model says of typed lines, and of whole texts as a file."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest
from lxml import etree

from app.domain.errors import Invalid, NotAllowed, Unavailable
from app.services import model_batch, model_trying, models
from tests.factories import make_desk, make_store
from tests.modelling import add_bare_lines, add_lines, add_model


class Told:
    """A service that knows two words; of lines it says which dialect they are."""

    def __init__(self):
        self.lines = []

    def guess(self, _model, lines, _lexicon=(), *, seconds=0.0):
        self.lines += lines
        return [{"words": [KNOWN.get(word.form, []) for word in line.words]} for line in lines]


def _said(*morphs, probability):
    told = [{"form": form, "gloss": gloss, "joint": "-" if place else ""}
            for place, (form, gloss) in enumerate(morphs)]  # fmt: skip
    return {"morphs": told, "probability": probability, "source": "model"}


KNOWN = {
    "mti": [_said(("mti", "tree"), probability=0.9),
            _said(("m", "3"), ("ti", "x"), probability=0.1)],
    "שלום": [{"label": "noun", "probability": 0.8}],
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(module_database):
    return make_desk(make_store(module_database))


@pytest.fixture(scope="module")
def model(desk):
    return models.get(desk, add_model(desk))


@pytest.fixture(scope="module")
def lines(desk):
    """A text that somebody has glossed, and one that nobody has."""
    return add_lines(desk, 1) + add_bare_lines(desk, ["mti, xoxo.", "mti"])


def test_typed_lines_are_answered_word_by_word(desk, model):
    told = Told()
    typed = ["  mti, ʃɔŋ̩!\tthe tree  ", "", "שלום mti"]
    first, second = model_trying.try_out(desk, told, model, typed)
    assert (first.text, first.translation) == ("mti, ʃɔŋ̩!", "the tree")
    assert [form for form, _ in first.words] == ["mti", "ʃɔŋ̩"]
    best, other = first.words[0][1]
    assert (best.written, best.gloss, best.probability) == ("mti", "tree", 0.9)
    assert (other.written, other.gloss) == ("m-ti", "3-x")
    assert second.words[0][1][0].gloss == "noun" and first.words[1][1] == ()
    assert told.lines[0].translations == {"en": "the tree"} and len(told.lines) == 2


def test_words_taken_apart_are_asked_about_morph_by_morph(desk, model):
    told = Told()
    apart = {**model, "options": {"from": "morphs"}}
    model_trying.try_out(desk, told, apart, ["a-na=ona mti"])
    morphs = [(one.joint, one.form) for one in told.lines[0].words[0].morphs]
    assert (
        morphs == [("", "a"), ("-", "na"), ("=", "ona")] and told.lines[0].words[0].form == "anaona"
    )


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ([" "], "at least one line"),
        (["mti"] * 51, "at most 50 lines"),
        (["m" * 2001], "more than 2000 characters"),
        (["mti"] * 3 + ["mti " * 10_000], "Line 4 has more than"),
        (["a " * 400], "more than 300 words"),
        (["m\x00ti"], "U\\+0000"),
    ],
)
def test_nothing_and_too_much_are_refused(desk, model, typed, told):
    with pytest.raises(Invalid, match=told):
        model_trying.try_out(desk, Told(), model, typed)


def test_letters_of_no_known_script_are_words_and_pictures_are_none(desk, model):
    told = Told()
    typed = ["\ue000\ue001 mti", "\U0001f600 …", "\u0378\u0379"]
    ours, pictures, unassigned = model_trying.try_out(desk, told, model, typed)
    assert [form for form, _ in ours.words] == ["\ue000\ue001", "mti"]
    assert pictures.words == () and [form for form, _ in unassigned.words] == ["\u0378\u0379"]


def test_guests_and_withdrawn_models_are_refused(desk, model):
    with pytest.raises(NotAllowed):
        model_trying.try_out(replace(desk, role=None), Told(), model, ["mti"])
    gone = {**model, "learnt_from": {"seq": 1, "speakers": ["r_gone"]}}
    with pytest.raises(NotAllowed):
        model_trying.try_out(desk, Told(), gone, ["mti"])


def write(desk, model, form, path, chosen=()):
    seen = lambda *_: None  # noqa: E731
    return model_batch.write(desk, Told(), model["_id"], chosen, form, path, seen)


def test_a_table_marks_what_is_confirmed_and_what_is_guessed(desk, model, lines, tmp_path):
    path = tmp_path / "found.csv"
    write(desk, model, "csv", path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    by_line = {line: [one for one in rows if one["line"] == line] for line in lines}
    assert {one["state"] for one in by_line[lines[0]]} == {"confirmed"}
    assert all(one["gloss"] and not one["probability"] for one in by_line[lines[0]])
    known, unknown = by_line[lines[1]]  # the comma is no word
    assert (known["form"], known["state"], known["gloss"]) == ("mti", "guess", "tree")
    assert (known["probability"], known["source"]) == ("0.9", "model")
    assert (unknown["form"], unknown["state"], unknown["gloss"]) == ("xoxo", "", "")


def test_json_lines_have_every_alternative_of_the_chosen_texts(desk, model, lines, tmp_path):
    path = tmp_path / "found.jsonl"
    text = desk.store.utterances.find_one({"_id": lines[1]})["text"]
    write(desk, model, "jsonl", path, [text])
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["line"] for one in told] == lines[1:]
    assert [one["gloss"] for one in told[1]["words"][0]["guesses"]] == ["tree", "3-x"]
    with pytest.raises(Invalid):
        write(desk, model, "jsonl", path, ["t_nothing"])


def test_texts_carry_the_guesses_as_guesses(desk, model, lines, tmp_path):
    path = tmp_path / "found.flextext"
    text = desk.store.utterances.find_one({"_id": lines[1]})["text"]
    write(desk, model, "flextext", path, [text])
    told = etree.parse(path)
    assert len(told.findall(".//interlinear-text")) == 1
    status = {one.get("analysisStatus") for one in told.iter("morphemes")}
    assert status == {"guessByStatisticalAnalysis"}
    assert "tree" in {one.text for one in told.iter("item") if one.get("type") == "gls"}
    path = tmp_path / "found.life.json"
    write(desk, model, "json", path, [text])
    written = path.read_text()
    assert '"model"' in written and model["_id"] in written and "0.9" in written
    stored = desk.store.utterances.find_one({"_id": lines[2]})
    assert "analyses" not in stored["words"][0]  # nothing is changed here


def test_a_model_of_labels_has_tables_only_and_silence_is_told(desk, model, tmp_path):
    assert model_batch.formats_for({**model, "task": "pos"}) == ("csv", "jsonl")
    with pytest.raises(Invalid):
        write(desk, model, "docx", tmp_path / "x")

    class Silent:
        def guess(self, *_asked, **_options):
            raise Unavailable("nobody is there")

    with pytest.raises(Unavailable):
        model_batch.write(desk, Silent(), model["_id"], (), "csv", tmp_path / "y", lambda *_: None)
