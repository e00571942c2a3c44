"""Queries as addresses have them, and what an utterance gives to be found."""

from __future__ import annotations

import time

import pytest

from app.domain import corpus_query, occurrences
from app.domain.corpus_query import CorpusQuery, Term
from app.domain.errors import Invalid
from app.domain.interlinear import make_words
from app.domain.text import fold


def utterance(line, written="", glossed=""):
    return {"baseline": {"seh": line}, "words": make_words(line, "seh", written, glossed, "en")}


def found(line, key):
    return [one for one in occurrences.occurrences(line) if key in {s.key for s in one.said}]


def test_words_and_their_morphs_are_found_each_with_what_stands_beside_it():
    line = utterance("Anyumba akulu, ana!", "a-nyumba a-kulu ana", "PL-house PL-big child")
    first, second = found(line, "g:pl")
    assert (first.left, first.right) == ("", "nyumba akulu ana")
    assert (second.left, second.right) == ("anyumba", "kulu ana")
    assert second.near == [
        ">m:kulu",
        ">g:big",
        "[w:anyumba",
        "[g:pl",
        "[g:house",
        "]w:ana",
        "]g:child",
    ]
    (word,) = found(line, "w:akulu")
    assert (word.left, word.right, word.place) == ("anyumba", "ana", (1, 0))


def test_a_word_of_one_morph_is_one_find():
    line = utterance("ana", "ana", "child")
    (one,) = occurrences.occurrences(line)
    assert [said.key for said in one.said] == ["w:ana", "m:ana", "g:child"]


def test_only_the_chosen_analysis_counts_and_a_suggestion_is_marked():
    line = utterance("ana", "ana", "child")
    word = line["words"][0]
    rival = {"id": "y_2", "morphs": [{"id": "m_2", "form": {"seh": "a"}, "gloss": {"en": "other"}}]}
    word["analyses"].append(rival)
    assert not found(line, "g:other")
    word["analyses"][0] |= {"origin": "memory"}
    assert found(line, "g:child")[0].unsure
    word["analyses"][0] |= {"confirmed_by": "u_ann"}
    assert not found(line, "g:child")[0].unsure
    word.pop("chosen")
    assert not found(line, "g:child") and found(line, "w:ana")


def test_a_line_that_nobody_took_apart_is_found_by_its_words():
    line = {"baseline": {"seh": "Nyumba, ikulu"}}
    assert [one.said[0].key for one in occurrences.occurrences(line)] == ["w:nyumba", "w:ikulu"]


def test_a_sense_stands_for_its_entry_and_ids_are_kept_as_they_are():
    line = utterance("ana", "ana", "child")
    line["words"][0]["analyses"][0]["morphs"][0] |= {"pos": "i_AB", "sense": "s_1", "entry": "e_1"}
    (one,) = occurrences.occurrences(line)
    assert [said.key for said in one.said][-2:] == ["c:i_AB", "s:s_1"]


def test_a_query_is_the_same_after_it_stood_in_an_address():
    query = CorpusQuery(
        Term("gloss", "PL", "regex", True),
        "morph-before",
        Term("category", "i_v"),
        "t_1",
        "left",
    )
    again = corpus_query.read(query.arguments())
    assert again.arguments() == query.arguments()
    assert again.beside == query.beside and again.term == query.term
    assert corpus_query.read({}) == CorpusQuery()
    strange = {"line": "colour", "mode": "x", "sort": "y", "near": "z", "text": " a "}
    assert corpus_query.read(strange) == CorpusQuery(Term("word", "a"))


def test_the_category_chosen_from_the_list_counts_before_what_is_typed():
    read = corpus_query.read({"line": "category", "text": "typed", "category": "i_v"})
    assert read.term.text == "i_v"


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"text": "a(", "mode": "regex"}, "text"),
        ({"text": "a", "near": "word-after"}, "near_text"),
        ({"text": "a", "near": "morph-after", "near_line": "word", "near_text": "b"}, "near_line"),
        ({"text": "a", "near": "word-after", "near_text": "[", "near_mode": "regex"}, "near_text"),
        ({"text": "a", "line": "translation", "near": "word-after", "near_text": "b"}, "near"),
    ],
)
def test_what_cannot_be_answered_is_refused_at_its_field(given, where):
    with pytest.raises(Invalid) as refused:
        corpus_query.check(corpus_query.read(given))
    assert [problem.where for problem in refused.value.problems] == [where]


def test_a_bad_expression_says_where_it_is_bad():
    with pytest.raises(Invalid, match="at character 5"):
        Term("word", "ab[c", "regex").matcher()


@pytest.mark.parametrize(
    "pattern", ["(((a{60}){60}){60}){60}", "(a{1,99}){1,99}", "a{99999999999}"]
)
def test_an_expression_whose_counts_would_fill_the_memory_is_refused(pattern):
    with pytest.raises(Invalid, match="Counts in braces"):
        Term("word", pattern, "regex").matcher()


def test_a_hostile_expression_ends_in_time():
    term = Term("word", "(a|aa)+$", "regex")
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        term.matches("a" * 60 + "b", "a" * 60 + "b", term.matcher(), 0.2)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("term", "form", "fits"),
    [
        (Term("word", "umb", "inside"), "nyÚmba", True),
        (Term("word", "umb", "inside", True), "nyÚmba", False),
        (Term("word", "^NYU", "regex"), "nyúmba", True),
        (Term("word", "^NYU", "regex", True), "nyumba", False),
        (Term("word", "a.b", "inside"), "axb", False),
    ],
)
def test_case_and_marks_count_where_that_is_asked(term, form, fits):
    assert term.matches(form, fold(form), term.matcher(), 1) is fits
