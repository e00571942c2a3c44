"""Guesses of memory, lexicon and model in one list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.errors import Unavailable
from app.domain.ids import new_id
from app.domain.project import MORPH_TYPES
from app.domain.roles import Role
from app.services import guesses, model_guesses, models
from app.services.guesses import Suggestion
from app.store import changes
from app.store.changes import Op
from tests.factories import item_id, make_desk, make_store, save_entry
from tests.modelling import add_bare_lines, add_lines


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


class Told:
    """A service that says the same of every word, or nothing at all."""

    def __init__(self, *alternatives, silent=False):
        self.alternatives, self.silent, self.asked = alternatives, silent, []
        self.lexicon = ()

    def guess(self, model, lines, lexicon=(), *, seconds=0.0):
        self.lexicon = lexicon
        self.asked.append((model, list(lines), seconds))
        if self.silent:
            raise Unavailable("nobody is there")
        return [{"words": [list(self.alternatives) for _ in line.words]} for line in lines]


def alternative(form, gloss, probability):
    morphs = [
        {"form": one, "gloss": other, "joint": "-" if place else ""}
        for place, (one, other) in enumerate(zip(form.split("-"), gloss.split("-"), strict=True))
    ]
    return {"morphs": morphs, "probability": probability, "source": "model"}


def suggestion(form, gloss, confidence, count=0, tentative=False):
    morph = {"id": new_id("m"), "form": {"seh": form}, "gloss": {"en": gloss}}
    analysis = {"id": new_id("y"), "morphs": [morph], "confidence": confidence}
    return Suggestion(analysis, "memory", confidence, count, "", tentative)


@pytest.fixture
def line(desk):
    """A line with one word that nobody has glossed, in a project with a model that guesses."""
    learnt = {"seq": 1, "gloss_ws": "en"}
    made = {"id": new_id("a"), "name": "G", "task": "gloss", "engine": "ranker", "is_default": True}
    made |= {"series": made["id"], "learnt_from": learnt, "access": {"level": "members"}}
    ops = [Op("model", made["id"], "create", made)]
    changes.commit(desk.store, desk.project_id, desk.actor, "model", ops, change_id=new_id("x"))
    (first,) = add_lines(desk, 1)
    stored = desk.store.utterances.find_one({"_id": first})
    stored["words"][1] |= {"analyses": [], "chosen": None, "form": {"seh": "wana"}}
    return stored


def glosses(offers):
    return [
        ("-".join(m["gloss"]["en"] for m in one.analysis["morphs"] if "gloss" in m), one.origin)
        for one in offers
    ]


def test_a_model_says_what_nobody_has_seen(desk, line):
    told = Told(alternative("wa-na", "3PL-PRS", 0.8), alternative("wana", "lake", 0.1))
    found = model_guesses.suggest(desk, told, [line])[line["_id"]]
    word = line["words"][1]["id"]
    assert set(found) == {word}
    assert glosses(found[word])[0] == ("3PL-PRS", "model")
    best = found[word][0]
    assert best.analysis["morphs"][1]["left"] == "-" and best.analysis["by"]
    assert best.reason == "the model, 80 % sure"


def test_without_an_answer_the_others_stand_alone_and_nobody_is_asked_again_at_once(desk, line):
    told = Told(silent=True)
    known = guesses.suggest(desk, line)
    for _ in range(3):
        found = model_guesses.suggest(desk, told, [line])[line["_id"]]
        assert {w: glosses(offers) for w, offers in found.items()} == {
            w: glosses(offers) for w, offers in known.items()
        }
    assert len(told.asked) == 1
    assert model_guesses.is_waiting(desk)  # and a page asks again a little later


def test_what_memory_and_model_agree_on_has_both_reasons(desk, line):
    known = {w: offers[0] for w, offers in guesses.suggest(desk, line).items() if offers}
    one = next(iter(known.values()))
    same = replace(one, origin="model", confidence=0.9, count=0, reason="the model, 90 % sure")
    (both,) = model_guesses.merged([one], [same])
    assert both.reason == f"{one.reason}; the model, 90 % sure"
    assert both.confidence == 0.9


def test_the_model_is_told_the_entries_that_open_words_may_be(desk, line):
    save_entry(desk, "wa-", "3PL", morph_type=item_id(desk, MORPH_TYPES, "prefix"))
    save_entry(desk, "na", "with")
    save_entry(desk, "mti", "tree")
    told = Told()
    model_guesses.suggest(desk, told, [line])
    assert sorted((one.forms, one.glosses, one.joint) for one in told.lexicon) == [
        (("na",), ("with",), ""),
        (("wa",), ("3PL",), "-"),
    ]


def test_nobody_is_asked_about_lines_that_are_done_or_without_a_model(desk, line):
    told = Told(alternative("x", "X", 0.9))
    (done,) = add_lines(desk, 1, first=7)
    model_guesses.suggest(desk, told, [desk.store.utterances.find_one({"_id": done})])
    viewer = make_desk(desk.store, role=Role.VIEWER, name="Vi")
    model_guesses.suggest(viewer, told, [line])
    models.choose(
        desk, models.default_of(desk, "gloss")["_id"], chosen=False, change_id=new_id("x")
    )
    model_guesses.suggest(desk, told, [line])
    assert told.asked == []


def test_what_was_confirmed_comes_before_what_the_model_says():
    known = [suggestion("a", "A", 0.6, 3), suggestion("a", "B", 0.3, 1)]
    told = [suggestion("a", "C", 0.9), suggestion("A", "B", 0.95)]
    found = model_guesses.merged(known, told)
    assert [one.analysis["morphs"][0]["gloss"]["en"] for one in found] == ["B", "A", "C"]
    assert found[0].confidence == pytest.approx(0.625)


def test_where_nothing_was_confirmed_the_likeliest_comes_first():
    known = [suggestion("a", "A", 0.5), suggestion("a", "T", 0.9, tentative=True)]
    told = [suggestion("a", "C", 0.7), suggestion("a", "T", 0.6)]
    found = model_guesses.merged(known, told)
    assert [one.analysis["morphs"][0]["gloss"]["en"] for one in found] == ["T", "C", "A"]
    assert not found[0].tentative
    assert len(model_guesses.merged([], [suggestion("a", str(n), 0.1) for n in range(20)])) == 8


def test_a_line_of_ten_thousand_words_does_not_keep_a_page_waiting(desk, line):
    (long,) = add_bare_lines(desk, ["xaxa " * 10_000])
    stored = desk.store.utterances.find_one({"_id": long})
    told = Told(alternative("xaxa", "goat", 0.9))
    found = model_guesses.suggest(desk, told, [stored, line])
    assert [one.id for one in told.asked[0][1]] == [line["_id"]]
    assert found[line["_id"]] and len(found[long]) <= model_guesses.MOST_WORDS
