"""Translations word by word, beside which others are measured."""

from __future__ import annotations

import gzip

import pytest

from app.domain.errors import Unreadable
from app.ml import lookup, word_by_word
from app.ml.data import Line, Word
from app.ml.targets import FIELD, SAID
from app.ml.translation_scores import chrf
from tests.modelling import make_line

OPTIONS = {"target": "translation"}


def translated(said, translation=""):
    labels = {SAID: said} | ({FIELD: translation} if translation else {})
    return Line(said, words=tuple(Word(one) for one in said.split()), labels=labels)


def lines(numbers):
    told = [make_line(number) for number in numbers]
    return [translated(one["line"], one["translation"]) for one in told]


@pytest.fixture(scope="module")
def model():
    return lookup.train(lines(range(120)), OPTIONS)


def said(model, text):
    (guess,) = model.predict([translated(text)])
    return [one.label for one in guess.line]


def test_words_get_those_that_go_with_them_and_unknown_ones_stay(model):
    assert said(model, "Mbwa, xoxo Simba!") == ["dog xoxo lion"]
    assert said(model, "…") == []


def test_a_known_sentence_has_its_translation(model):
    told = make_line(3)
    assert said(model, told["line"].upper()) == [told["translation"]]


def test_it_comes_nearer_than_nothing_on_lines_that_it_never_saw(model):
    held = [one for one in lines(range(500, 560)) if said(model, one.id) != [one.labels[FIELD]]]
    gold = [one.labels[FIELD] for one in held]
    assert len(held) > 30
    found = chrf([said(model, one.id)[0] for one in held], gold)
    assert found > chrf([one.id for one in held], gold) + 0.2


def test_a_saved_one_says_the_same(model, tmp_path):
    model.save(tmp_path / "model")
    again = lookup.Model.load(tmp_path / "model")
    assert isinstance(again, word_by_word.Model)
    asked = [translated("mbwa anaona kuku"), translated("xoxo")]
    assert again.predict(asked) == model.predict(asked)
    (tmp_path / "model" / word_by_word.FILE).write_bytes(gzip.compress(b"[]"))
    with pytest.raises(Unreadable):
        lookup.Model.load(tmp_path / "model")
