"""Labels by letters: of lines by a field, of words by language."""

from __future__ import annotations

import random

import pytest

from app.domain.errors import Invalid, Unreadable
from app.ml import crf, lookup, pipelines
from app.ml.data import Line, Word
from app.ml.folder import read_model, write_model

SOUNDS = {"aa": ("ptk", "ai"), "bb": ("mnl", "ou"), "cc": ("ptk", "ou")}


def word(drawn, code):
    consonants, vowels = SOUNDS[code]
    return "".join(drawn.choice(consonants) + drawn.choice(vowels) for _ in range(3))


def lines(count, seed, mixed=False):
    """Lines in three languages that sound differently, or each word in another."""
    drawn, made = random.Random(seed), []
    for number in range(count):
        code = drawn.choice(sorted(SOUNDS))
        codes = [drawn.choice(sorted(SOUNDS)) if mixed else code for _ in range(4)]
        words = (*(Word(word(drawn, one), language=one) for one in codes), Word("."))
        made.append(Line(str(number), words=words, labels={} if mixed else {"field": code}))
    return made


def bare(held):
    return [Line(one.id, words=tuple(Word(w.form) for w in one.words)) for one in held]


@pytest.fixture(scope="module", params=["field", "language"])
def trained(request):
    target, mixed = request.param, request.param == "language"
    learnt, held = lines(60, 1, mixed), lines(40, 2, mixed)
    return pipelines.train(learnt, {"target": target}), target, learnt, held


def share(model, target, held):
    guesses = model.predict(bare(held))
    if target == "field":
        hits = [one.line[0].label == line.labels["field"]
                for one, line in zip(guesses, held, strict=True)]  # fmt: skip
    else:
        hits = [
            row[0].label == word.language
            for one, line in zip(guesses, held, strict=True)
            for row, word in zip(one.words, line.words, strict=True)
            if word.language
        ]
    return sum(hits) / len(hits)


def test_more_is_right_than_by_the_commonest_label(trained):
    model, target, learnt, held = trained
    baseline = lookup.train(learnt, {"target": target})
    assert share(model, target, held) > share(baseline, target, held) + 0.1


def test_a_saved_model_says_the_same_without_scikit_learn(trained, tmp_path):
    model, target, learnt, held = trained
    model.save(tmp_path / "model")
    assert pipelines.Model.load(tmp_path / "model").predict(bare(held)) == model.predict(bare(held))
    again = pipelines.train(learnt, {"target": target})
    assert again.predict(bare(held)) == model.predict(bare(held))
    with pytest.raises(Unreadable):
        crf.Model.load(tmp_path / "model")
    saved = read_model(tmp_path / "model")
    saved.weights["bias"] = saved.weights["bias"][:1]
    write_model(tmp_path / "broken", saved)
    with pytest.raises(Unreadable):
        pipelines.Model.load(tmp_path / "broken")


def test_probabilities_sum_up_and_marks_have_none(trained):
    model, target, _, held = trained
    (guess,) = model.predict(bare(held[:1]))
    rows = [guess.line] if target == "field" else guess.words[:-1]
    assert all(sum(one.probability for one in row) == pytest.approx(1, abs=1e-4) for row in rows)
    if target == "language":
        assert guess.words[-1] == ()


def test_two_labels_and_letters_that_nobody_has_seen():
    learnt = [one for one in lines(40, 3) if one.labels["field"] != "cc"]
    model = pipelines.train(learnt, {"target": "field"})
    assert share(model, "field", learnt) > 0.9
    for line in (Line("1"), Line("2", words=(Word("漢字"),)), Line("3", words=(Word("\x00"),))):
        (guess,) = model.predict([line])
        assert {one.label for one in guess.line} == {"aa", "bb"}


def test_one_label_only_is_refused():
    learnt = [one for one in lines(40, 3) if one.labels["field"] == "aa"]
    with pytest.raises(Invalid, match="same label"):
        pipelines.train(learnt, {"target": "field"})
