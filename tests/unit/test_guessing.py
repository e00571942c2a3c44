"""Guesses without a database: what words teach, and what is made of it."""

from __future__ import annotations

import pytest

from app.domain.guessing import remembered
from app.domain.interlinear import make_words, written_gloss, written_morphs
from app.domain.knowledge import Asked, Knowledge, Order, keys_around, keys_for, stretches_of
from app.domain.lessons import confirmed, lessons_of, order_fact
from app.domain.morph_stretches import stretches
from app.domain.taking_apart import taken_apart


class Learnt:
    """A memory of lines, each with its morphs and glosses."""

    def __init__(self, *lines):
        self.knowledge = Knowledge()
        for line, morphs, glosses in lines:
            words = make_words(line, "x", morphs, glosses, "en", facts={"origin": "person"})
            lessons = lessons_of({"words": words})
            for fact, count in lessons.counts.items():
                self.knowledge.add(fact.key, fact.value, count)
            self.knowledge.contents |= lessons.contents
        self.order = Order(self.knowledge.under(order_fact("x")))

    def known(self, form, before="", after=""):
        asked = Asked("x", form, before, after)
        return [said(one) for one in remembered(asked, self.knowledge, self.order)]

    def apart(self, form):
        found = taken_apart(Asked("x", form), self.knowledge, self.order)
        return [said(one) for one in found if one.known]


def said(guess):
    return f"{written_morphs(guess.analysis)} {written_gloss(guess.analysis)}".strip()


LONG = "-".join(f"m{n:02d}" for n in range(25))
ODD = {
    "25 morphs": (LONG.replace("-", ""), LONG, "-".join(f"G{n}" for n in range(25))),
    "a full stop in the gloss": ("leo", "leo", "this.morning"),
    "a clitic": ("nanipo", "nani=po", "who=LOC"),
    "reduplication": ("polepole", "pole~pole", "slow~INT"),
    "an infix": ("bumili", "b<um>ili", "<PST>buy"),
    "a zero morph": ("mtu", "mtu-Ø", "person-SG"),
    "several combining marks": ("ɔ̃̀kpá", "ɔ̃̀-kpá", "DEF-go"),
    "right to left": ("کتابم", "کتاب-م", "book-1SG"),
}


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_a_word_comes_back_as_it_was_confirmed(line):
    (first, *_) = Learnt(line).known(line[0])
    assert first == f"{line[1].replace('b<um>ili', 'bili<um>')} {written(line)}"


def written(line):
    return "buy<PST>" if line[2] == "<PST>buy" else line[2]


def test_a_word_that_ends_in_a_full_stop_is_that_word():
    word = {"id": "w", "form": {"x": "Dkt."}, "chosen": "y"}
    word["analyses"] = [{"id": "y", "morphs": [], "gloss": {"en": "doctor"}}]
    knowledge = Knowledge()
    lessons = lessons_of({"words": [word]})
    for fact, count in lessons.counts.items():
        knowledge.add(fact.key, fact.value, count, lessons.contents.get(fact.value))
    assert [g.count for g in remembered(Asked("x", "dkt."), knowledge, Order({}))] == [1]
    assert remembered(Asked("x", "dkt"), knowledge, Order({})) == []


def test_the_same_word_twice_in_a_line_counts_twice():
    learnt = Learnt(("ni ni", "ni ni", "COP COP"), ("ni", "ni", "and"))
    asked = Asked("x", "ni")
    assert [one.count for one in remembered(asked, learnt.knowledge, learnt.order)] == [2, 1]


def test_a_capital_at_the_beginning_of_a_sentence_does_not_make_another_word():
    learnt = Learnt(("Tikagwa", "Ti-ka-gwa", "1PL-PST-fall"))
    assert learnt.known("tikagwa") == ["ti-ka-gwa 1PL-PST-fall"]
    learnt = Learnt(
        ("Tikagwa", "Ti-ka-gwa", "1PL-PST-fall"), ("tikagwa", "ti-ka-gwa", "1PL-PST-fall")
    )
    assert len(learnt.known("tikagwa")) == 1


def test_composed_and_decomposed_letters_are_the_same_word():
    learnt = Learnt(("\u00e1li", "\u00e1-li", "3SG-eat"))
    assert [one.split()[1] for one in learnt.known("a\u0301li")] == ["3SG-eat"]


def test_no_gloss_is_made_up():
    learnt = Learnt(("tikagwa", "ti-ka-gwa", "1PL-PST-fall"), ("tikafa", "ti-ka-fa", "1PL-PST-die"))
    told = {gloss for line in learnt.apart("tikasomesha") for gloss in line.split()[1].split("-")}
    assert told <= {"1PL", "PST", "fall", "die", "?"}
    assert learnt.apart("tikasomesha")[0] == "ti-ka-somesha 1PL-PST-?"


def test_an_affix_is_joined_as_it_was_before():
    learnt = Learnt(("nanipo", "nani=po", "who=LOC"), ("kitabu", "ki-tabu", "CL7-book"))
    assert learnt.apart("tabupo")[0] == "tabu=po book=LOC"


def test_base_forms_help_with_other_stems():
    learnt = Learnt(("boqno", "b-oq-n", "III-become-PST"), ("exno", "ex-n", "die-PST"))
    assert learnt.apart("boqex")  # a word of known stems only
    assert "b-ex-n III-die-PST" in learnt.apart("bexno")


def test_stretches_of_what_is_taken_apart_are_where_they_stand():
    learnt = Learnt(("tikagwa", "ti-ka-gwa", "1PL-PST-fall"), ("tikafa", "ti-ka-fa", "1PL-PST-die"))
    (first, *_) = taken_apart(Asked("x", "Tikaona"), learnt.knowledge, learnt.order)
    parts = [morph["parts"][0] for morph in first.analysis["morphs"]]
    assert [(part["start"], part["end"]) for part in parts] == [(0, 2), (2, 4), (4, 7)]


@pytest.mark.parametrize("form", ["", "a" * 500, "\u0301", "🙂", "123"])
def test_strange_words_do_no_harm(form):
    learnt = Learnt(("tikagwa", "ti-ka-gwa", "1PL-PST-fall"))
    learnt.apart(form)
    learnt.known(form)
    assert len(stretches_of(form)) < 2000
    assert keys_for([Asked("x", form)])
    assert keys_around(Asked("x", form))


def test_what_is_typed_and_says_nothing_teaches_nothing():
    word = {"id": "w", "form": {"x": "a"}, "chosen": "y"}
    bare = {"id": "y", "origin": "person", "morphs": [{"id": "m", "form": {"x": "a"}}]}
    assert confirmed(word | {"analyses": [bare]}) is None
    assert confirmed(word | {"analyses": [bare | {"gloss": {"en": "b"}}]}) is not None


def test_all_letters_of_a_word_belong_to_a_morph():
    assert "".join(stretches("debex", ("mi", "x"))) == "debex"
    assert stretches("abc", ()) == ()
    assert stretches("a" * 100, ("b", "c")) == ()
