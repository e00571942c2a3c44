"""Search keys, sort keys, names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import ids, sorting, text
from app.domain.project import Collation
from app.domain.schema import LEVELS, describe, find_field
from app.services.projects import check_tag

SENGWER = "A a\nĀ ā\nB b\nCH ch Ch\nE e\nMB mb\nN n\nND nd\nNG ng\nNG' ng'\nNJ nj\nNY ny\nT t"


@pytest.mark.parametrize("typed", ["a", "A", "á", "a\u0301", "Á"])
def test_search_ignores_case_marks_and_normal_form(typed):
    assert text.fold(typed) == "a"


def test_hangul_is_the_same_in_both_normal_forms():
    assert text.fold("감") == text.fold(unicodedata.normalize("NFD", "감"))


def test_letters_with_modifiers_stay_one_word():
    assert text.words("ng'ombe mʼa k’aba a-b") == ["ng'ombe", "mʼa", "k’aba", "a", "b"]


@pytest.mark.parametrize("name", ["", "  ", "\u0301\u0301", "\u200f\u200e", "\ufe0f"])
def test_a_name_with_nothing_to_see_is_blank(name):
    assert text.is_blank(name)


@pytest.mark.parametrize("name", ["a", "😀", "감", "é", "…"])
def test_a_name_with_something_to_see_is_not_blank(name):
    assert not text.is_blank(name)


def test_control_characters_are_named():
    assert text.bad_characters("a\x00b\x1b") == "U+0000 U+001B"
    assert text.bad_characters("a\nb\tc") == ""


def test_digraphs_sort_as_letters_of_the_alphabet():
    sorter = sorting.make_sorter(Collation(kind="alphabet", letters=SENGWER))
    words = ["nyi", "nga", "na", "nda", "mba", "āb", "ab", "cha", "ng'a", "nja", "ba"]
    found = sorted(words, key=lambda word: sorter.sort_key(word).key)
    assert found == ["ab", "āb", "ba", "cha", "mba", "na", "nda", "nga", "ng'a", "nja", "nyi"]
    assert sorter.sort_key("NG'a").letter == "NG'"
    assert sorter.sort_key("nga").letter == "NG"


def test_the_same_alphabet_works_for_both_normal_forms():
    sorter = sorting.make_sorter(Collation(kind="alphabet", letters="a\ná\nb"))
    assert sorter.sort_key("a\u0301b") == sorter.sort_key("\u00e1b")


def test_letters_outside_the_alphabet_come_last():
    sorter = sorting.make_sorter(Collation(kind="alphabet", letters="b\na"))
    found = sorted(["z", "a", "b", "ab"], key=lambda word: sorter.sort_key(word).key)
    assert found == ["b", "a", "ab", "z"] or found == ["b", "ab", "a", "z"]
    assert sorter.sort_key("z").letter == sorting.OTHER_LETTER


@pytest.mark.parametrize("collation", [Collation(), Collation(kind="alphabet", letters=SENGWER)])
@given(word=st.text(max_size=8))
def test_a_word_lies_in_the_stretch_of_its_letter(collation, word):
    sorter = sorting.make_sorter(collation)
    key = sorter.sort_key(word)
    assert key.key >= sorter.letter_start(key.letter) or key.letter == sorting.OTHER_LETTER


def test_without_an_alphabet_marks_and_capitals_decide_only_last():
    sorter = sorting.make_sorter(Collation())
    words = ["Éb", "ea", "éa", "eb", "-aji", "1"]
    found = sorted(words, key=lambda word: sorter.sort_key(word).key)
    assert found == ["1", "-aji", "ea", "éa", "eb", "Éb"]
    assert sorter.sort_key("-aji").letter == "A"


def test_ids_sort_as_they_were_made_and_hold_a_uuid():
    made = [ids.new_id("e") for _ in range(100)]
    assert made == sorted(made)
    assert all(ids.is_id(one) for one in made)
    assert ids.id_of(ids.uuid_of(made[0]), "e") == made[0]
    assert ids.uuid_of(made[0]).version == 7


@pytest.mark.parametrize("tag", ["seh", "bho-Deva", "seh-fonipa", "qaa-x-spec", "x-own", "pt-BR"])
def test_language_tags_are_taken(tag):
    assert check_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", "Sena", "e n", "en_US!", "123", "verylonglanguage"])
def test_what_is_no_language_tag_is_refused(tag):
    assert check_tag(tag) == ""


def test_every_level_of_the_schema_exists_in_the_type():
    from app.domain import lexicon, texts

    types = {
        "entry": lexicon.LexicalEntry,
        "sense": lexicon.Sense,
        "example": lexicon.Example,
        "translation": lexicon.Translation,
        "note": lexicon.Note,
        "form": lexicon.Form,
        "pronunciation": lexicon.Pronunciation,
        "etymology": lexicon.Etymology,
        "reversal": lexicon.Reversal,
        "link": lexicon.Link,
        "phrase": lexicon.Phrase,
        "picture": lexicon.Media,
        "media": lexicon.Media,
        "interlinear": texts.InterlinearText,
        "utterance": texts.Utterance,
        "word": texts.Word,
        "analysis": texts.Analysis,
        "morph": texts.Morph,
        "group": texts.Group,
    }
    assert types.keys() == LEVELS.keys()
    for level, fields in LEVELS.items():
        names = {field.name for field in fields}
        assert names <= set(types[level].model_fields)


def test_a_path_is_described_in_words():
    path = ("senses", "s_1", "examples", "x_1", "translations", "t_1", "text", "en")
    assert describe(path) == "sense › example › translation › Translation (en)"
    assert describe(("senses", "#")) == "order"
    assert find_field("sense", "gloss").label == "Gloss"
