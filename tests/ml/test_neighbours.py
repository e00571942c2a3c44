"""Fields of senses proposed by those that are like them, on a lexicon made up here."""

from __future__ import annotations

import random
from dataclasses import asdict

import pytest

from app.domain.errors import Invalid, Unreadable
from app.ml import commonest, crf, lookup, neighbours
from app.ml.answers import taken
from app.ml.data import Line, Word

THINGS = {"house": "6.5 House", "roof": "6.5 House", "door": "6.5 House", "fish": "1.6 Animal",
          "bird": "1.6 Animal", "dog": "1.6 Animal"}  # fmt: skip
OPTIONS = {"target": "sense", "seed": 1}


def line(sense, asked, form, gloss, pos, domain):
    known = {"gloss": gloss, "pos": pos, "domain": domain}
    labels = {key: one for key, one in known.items() if one and key not in (asked, "gloss")}
    labels |= {"asked": asked, **({"field": known[asked]} if known[asked] else {})}
    told = {"en": gloss} if gloss and asked != "gloss" else {}
    return Line(f"{sense}.{asked}", f"e{sense}", (Word(form),), told, labels)


def lines(count, seed):
    """Nouns begin with `ki`, verbs end in `za`; the gloss of a thing says its domain."""
    drawn, made = random.Random(seed), []
    for number in range(count):
        stem = "".join(drawn.choice("ptkml") + drawn.choice("aiu") for _ in range(2))
        if number % 3:
            thing = drawn.choice(sorted(THINGS))
            facts = (f"ki{stem}", f"{drawn.choice(['old', 'new', 'big'])} {thing}", "n",
                     THINGS[thing])  # fmt: skip
        else:
            facts = (f"{stem}za", f"to {stem}", "v", "")
        made += [line(f"{seed}-{number}", asked, *facts) for asked in ("gloss", "pos", "domain")]
    return [one for one in made if one.labels.get("field")]


def bare(held):
    return [
        Line(one.id, one.text, one.words, one.translations,
             {key: value for key, value in one.labels.items() if key != "field"})
        for one in held
    ]  # fmt: skip


def share(model, held, asked):
    wanted = [one for one in held if one.labels["asked"] == asked]
    said = [
        one["line"][0].get("label") or one["line"][0]["morphs"][0]["gloss"]
        for one in taken([as_told(one) for one in model.predict(bare(wanted))],
                         [asdict(one) for one in bare(wanted)])
    ]  # fmt: skip
    return sum(a == b.labels["field"] for a, b in zip(said, wanted, strict=True)) / len(wanted)


def as_told(guess):
    told = asdict(guess)
    return {**told, "line": [{**one, "morphs": list(one["morphs"])} if "morphs" in one else one
                             for one in told["line"]]}  # fmt: skip


LEARNT, HELD = lines(60, 1), lines(30, 2)


@pytest.fixture(scope="module")
def model():
    return neighbours.train(LEARNT, OPTIONS)


@pytest.mark.parametrize("asked", ["pos", "domain"])
def test_more_proposals_are_right_than_by_the_commonest_value(model, asked):
    baseline = lookup.train(LEARNT, OPTIONS)
    assert share(model, HELD, asked) > share(baseline, HELD, asked) + 0.2


def test_it_says_who_is_like_it_and_how_sure_it_is(model):
    asked = line("x", "domain", "kipapa", "small fish", "n", "")
    (guess,) = model.predict([asked])
    best = guess.line[0]
    assert best.gloss == "1.6 Animal" and best.source.startswith("ki")
    assert 0 < sum(one.probability for one in guess.line) <= 1.0001


def test_of_the_lexicon_nothing_is_told_where_nothing_is_known(model):
    (guess,) = model.predict([Line("x.pos", "e", (Word("漢字"),), {}, {"asked": "pos"})])
    assert [one.gloss for one in guess.line] == ["n", "v"] and guess.line[0].source == ""
    (guess,) = model.predict([Line("x", "e", (Word("kipapa"),))])
    assert guess.line == ()


def test_a_saved_model_says_the_same_and_so_does_one_trained_again(model, tmp_path):
    model.save(tmp_path / "model")
    asked = bare(HELD)
    assert neighbours.Model.load(tmp_path / "model").predict(asked) == model.predict(asked)
    assert neighbours.train(LEARNT, OPTIONS).predict(asked) == model.predict(asked)
    with pytest.raises(Unreadable):
        crf.Model.load(tmp_path / "model")


def test_senses_that_all_say_the_same_are_refused():
    same = [line(str(n), "pos", f"a{n}", "", "n", "") for n in range(5)]
    with pytest.raises(Invalid, match="nothing to choose"):
        neighbours.train(same, OPTIONS)


def test_the_commonest_value_of_the_field_that_is_asked(tmp_path):
    made = lookup.train(LEARNT, OPTIONS)
    made.save(tmp_path / "model")
    again = commonest.Model.load(tmp_path / "model")
    said = {
        one.labels["asked"]: guess.line[0].label
        for one, guess in zip(HELD, again.predict(bare(HELD)), strict=True)
    }
    assert said["pos"] == "n" and said["domain"] in THINGS.values()
