"""From glosses to candidates: what is looked up, what is proposed, why."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import gloss_keys, word_classes
from app.domain.candidates import is_covered, rank
from app.domain.concepts import Facts
from app.domain.gloss_keys import alternatives, key_of, stems
from app.domain.link_keys import Habits, learn
from app.domain.text import plain
from app.domain.word_classes import word_class
from app.links import dbpedia
from app.services.link_facts import facts_of_entry
from tests.links import samples


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    made = samples.install(tmp_path_factory.mktemp("links"))
    yield made
    made.close()


def facts(gloss="", pos="", **more):
    glosses = (("en", gloss),) if gloss else ()
    return Facts("s_1", more.pop("glosses", glosses), pos=pos, **more)


def best(words, *args, habits=None, **more):
    return rank(facts(*args, **more), [words], habits or Habits())


def ids(ranked):
    return [one.concept.id for one in ranked]


@pytest.mark.parametrize("module", (gloss_keys, word_classes, dbpedia))
def test_examples_in_the_code_hold(module):
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted


@pytest.mark.parametrize(
    ("text", "keys"),
    (
        ("to row (a boat); paddle", ["row", "paddle"]),
        ("peel sth.", ["peel"]),
        ("str.surgeonfish", ["str surgeonfish"]),
        ("mouth.of", ["mouth"]),
        ("pawpaw, literally: 'breadfruit of the white man'", ["pawpaw"]),
        ("kind of hornbill", ["hornbill"]),
        ("[third person plural]", []),
        ("$3pl.poss", []),
        ("1PL.EXCL", []),
        ("who?", ["who"]),
        ("Loin-cloth", ["loin cloth"]),
        ("", []),
    ),
)
def test_a_gloss_offers_words(text, keys):
    assert [one.key for one in alternatives(text)] == keys


@given(st.text())
def test_any_gloss_offers_words_that_are_keys(text):
    for one in alternatives(text):
        assert one.words and key_of(one.key) == one.key
    assert all(stem == stem.lower() for stem in stems(text))


@pytest.mark.parametrize(
    ("label", "pos"),
    (
        ("Noun", "n"), ("nome", "n"), ("n.rel.b", "n"), ("Sustantivo", "n"), ("properNoun", "n"),
        ("v.tr", "v"), ("Verbo", "v"), ("Irregular Verb - li", "v"), ("transitiveVerb", "v"),
        ("adj1", "a"), ("Adjectivo", "a"), ("attribute", "a"), ("Advérbio", "r"), ("adv", "r"),
        ("pron", "x"), ("personalPronoun", "x"), ("Preposição", "x"), ("poss.suf", "x"),
        ("intj", ""), ("num", ""), ("", ""),
    ),
)  # fmt: skip
def test_a_part_of_speech_is_understood(label, pos):
    assert word_class(label) == pos


def test_the_part_of_speech_decides(words):
    assert ids(best(words, "house", "n"))[0] == "00000006-n"
    assert ids(best(words, "house", "v"))[0] == "00000008-v"


def test_a_domain_decides_among_meanings(words):
    assert ids(best(words, "crane", "n", domains=("birds",)))[0] == "00000003-n"
    assert ids(best(words, "crane", "n", domains=("1.6.1.2 Bird",)))[0] == "00000003-n"
    tool = best(words, "crane", "n", definitions=(("en", "lifts heavy things"),))
    assert ids(tool)[0] == "00000004-n"
    assert any("heav" in reason for reason in tool[0].reasons)


def test_a_phrase_leads_to_what_is_broader(words):
    (found, *_) = best(words, "water carrying basket", "n")
    assert (found.concept.id, found.kind) == ("00000005-n", "broader")
    (found, *_) = best(words, "type of bird", "n")
    assert (found.concept.id, found.kind) == ("00000002-n", "broader")
    (found, *_) = best(words, "walk slowly", "v")
    assert (found.concept.id, found.kind) == ("00000009-v", "broader")


@pytest.mark.parametrize(
    ("gloss", "pos", "wanted"),
    (
        ("feet", "n", "00000015-n"), ("baskets", "n", "00000005-n"), ("went", "v", "00000010-v"),
        ("walking", "v", "00000009-v"), ("baskett", "n", "00000005-n"),
        ("put-up", "v", "00000008-v"), ("get dirty", "v", "00000011-a"),
    ),
)  # fmt: skip
def test_other_forms_and_spellings_are_found(gloss, pos, wanted, words):
    assert ids(best(words, gloss, pos))[0] == wanted


def test_a_scientific_name_is_a_member_or_names_a_genus(words):
    assert ids(best(words, "", "n", scientific=("Carica papaya",)))[0] == "00000013-n"


def test_words_of_other_languages_are_bridged_by_the_project(words):
    told = Facts("s_2", (("en", "house"), ("pt", "casa")), pos="n")
    habits = learn([told], words)
    found = rank(Facts("s_3", (("pt", "casa"),), pos="n"), [words], habits)
    assert found[0].concept.id == "00000006-n"
    assert any("elsewhere means" in reason for reason in found[0].reasons)
    assert rank(Facts("s_3", (("pt", "casa"),), pos="n"), [words], Habits()) == []


def test_labels_and_unknown_words_give_nothing(words):
    assert best(words, "$3pl") == best(words, "INF", "x") == best(words, "xyzzyq", "n") == []
    assert not is_covered([])


def test_scores_are_shares_in_order(words):
    ranked = best(words, "house", "n")
    scores = [one.score for one in ranked]
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1 and all(one.reasons for one in ranked)


def test_the_facts_of_an_entry_are_told():
    items = {"i_n": {"code": "Noun", "name": {"en": "Noun"}}, "i_d": {"code": "1.1 Sky"}}
    entry = {
        "notes": [{"text": {"en": "of the entry"}}],
        "senses": [
            {
                "id": "s_1", "gloss": {"en": "sky", "x": "bwe"}, "pos": "i_n", "domains": ["i_d"],
                "definition": {"en": {"text": "the sky", "spans": []}},
                "further_glosses": [{"id": "g_1", "text": {"en": "heaven"}}],
                "examples": [{"translations": [{"text": {"en": "It is blue."}}]}],
                "senses": [{"id": "s_2", "gloss": {"en": "cloud"}}],
            }
        ],
    }  # fmt: skip
    one, other = facts_of_entry(entry, items, {"en": "en", "x": "qaa-x-nat"})
    assert one.glosses == (("en", "sky"), ("qaa-x-nat", "bwe"), ("en", "heaven"))
    assert (one.pos, one.domains, one.examples) == ("n", ("1.1 Sky",), ("It is blue.",))
    assert one.definitions == (("en", plain("the sky")),)
    assert (one.others, other.others) == (("cloud",), ("sky", "bwe"))


def test_what_is_closed_inside_of_an_entry_is_no_fact_that_reasons_quote():
    closed = {"level": "groups", "groups": ["a"]}
    said = [{"id": "t", "text": {"en": "the secret"}}]
    inner = {"id": "s3", "gloss": {"en": "deep secret"}}
    entry = {
        "senses": [
            {"id": "s1", "gloss": {"en": "house"}, "examples": [
                {"id": "x1", "access": closed, "translations": said},
                {"id": "x2", "translations": [{"id": "u", "text": {"en": "a house"}}]},
            ]},
            {"id": "s2", "gloss": {"en": "secret"}, "access": closed, "senses": [inner]},
        ]
    }  # fmt: skip
    first, second, third = facts_of_entry(entry, {}, {})
    assert "secret" not in repr(first) and first.examples == ("a house",)
    assert second.glosses and second.others == third.others == ("house",)
