"""Labels of words where they stand, on a language made up here."""

from __future__ import annotations

import json
import random

import pytest

from app.domain.errors import Invalid, Unreadable
from app.ml import crf, lookup
from app.ml.chain import Chain, fit, marginals
from app.ml.data import Line, Word
from app.ml.targets import units_of

ENDS = {"N": ("ka", "mo"), "V": ("ti", "ra"), "D": ("", "")}


def lines(count, seed):
    """Sentences of a word `le` that is a determiner before nouns and a verb at the end."""
    drawn, made = random.Random(seed), []
    for number in range(count):
        words = []
        for _ in range(2):
            stem = "".join(drawn.choice("ptkml") + drawn.choice("aiu") for _ in range(2))
            words += [("le", "D"), (stem + drawn.choice(ENDS["N"]), "N")]
        stem = "".join(drawn.choice("ptkml") + drawn.choice("aiu") for _ in range(2))
        words.append(("le", "V") if number % 3 == 0 else (stem + drawn.choice(ENDS["V"]), "V"))
        held = (*(Word(form, pos=pos) for form, pos in words), Word(".", confirmed=False))
        made.append(Line(str(number), words=held))
    return made


def bare(held):
    return [Line(one.id, words=tuple(Word(word.form) for word in one.words)) for one in held]


def accuracy(model, held):
    right = every = 0
    for line, guess in zip(held, model.predict(bare(held)), strict=True):
        for unit, row in zip(units_of(line, "pos"), guess.words, strict=True):
            if unit.labels:
                right += row[0].label == unit.labels[0]
                every += 1
    return right / every


LEARNT, HELD = lines(60, 1), lines(30, 2)
OPTIONS = {"target": "pos", "seed": 1}


@pytest.fixture(scope="module")
def model():
    return crf.train(LEARNT, OPTIONS)


def test_more_words_are_right_than_by_their_most_frequent_label(model):
    assert accuracy(model, HELD) > accuracy(lookup.train(LEARNT, OPTIONS), HELD) + 0.1


def test_probabilities_sum_up_and_a_mark_has_none(model):
    (guess,) = model.predict(bare(HELD[:1]))
    assert guess.words[-1] == ()
    assert all(0.9 < sum(one.probability for one in row) <= 1.001 for row in guess.words[:-1])


def test_the_same_lines_give_the_same_answers(model):
    fit([[["a"]], [["b"]]], [["A"], ["B"]], seed=7)  # others draw from the same source
    assert crf.train(LEARNT, OPTIONS).predict(bare(HELD)) == model.predict(bare(HELD))


def test_a_saved_model_says_the_same_and_holds_no_file_of_crfsuite(model, tmp_path):
    model.save(tmp_path / "model")
    assert {one.name for one in (tmp_path / "model").iterdir()} == {
        "model.json", "lexicon.json.gz", "weights.safetensors", "card.md", "sha256.json"
    }  # fmt: skip
    held = bare(HELD)
    again = crf.Model.load(tmp_path / "model")
    for one, other in zip(again.predict(held), model.predict(held), strict=True):
        assert [[label.label for label in row] for row in one.words] == [
            [label.label for label in row] for row in other.words
        ]
        assert [row[0].probability for row in one.words if row] == pytest.approx(
            [row[0].probability for row in other.words if row], abs=1e-4
        )
    with pytest.raises(Unreadable):
        type(lookup.train(LEARNT, OPTIONS)).load(tmp_path / "model")


def test_only_stretches_whose_words_have_labels_are_learnt_from():
    words = (Word("a", pos="X"), Word("b"), Word("c", pos="Y"), Word("!"), Word("d", pos="X"))
    runs = crf.runs_of(Line("1", words=words), "pos")
    assert [labels for _, labels in runs] == [["X"], ["Y", "\x00", "X"]]
    with pytest.raises(Invalid, match="nothing to choose"):
        crf.train([Line("1", words=(Word("a", pos="X"),))], OPTIONS)


def test_lines_without_words_and_ones_of_no_known_letters_are_answered(model):
    guesses = model.predict([Line("1"), Line("2", words=(Word("漢字"), Word("\x00")))])
    assert guesses[0].words == () and guesses[1].words[0]


def test_marginals_are_those_of_all_paths():
    import numpy as np

    scores, moves = np.array([[0.2, 1.0], [0.5, 0.1]]), np.array([[0.3, -1.0], [0.9, 0.4]])
    paths = {
        (a, b): np.exp(scores[0, a] + moves[a, b] + scores[1, b]) for a in (0, 1) for b in (0, 1)
    }
    share = (paths[0, 0] + paths[0, 1]) / sum(paths.values())
    assert marginals(scores, moves, 1.0)[0, 0] == pytest.approx(share)


@pytest.mark.parametrize(
    "change",
    [
        {"moves": [[0.0]]},
        {"labels": []},
        {"heat": 0},
        {"traits": {"b": [[99], [1.0]]}},
        {"traits": {"b": [[0], [1.0, 2.0]]}},
        {"traits": {"b": [[0], [float("nan")]]}},
    ],
)
def test_weights_that_do_not_go_together_are_refused(model, change):
    told = json.loads(json.dumps(model._chain.told()))
    with pytest.raises((ValueError, KeyError, TypeError, IndexError)):
        Chain.of({**told, **change})


def test_the_lookup_of_labels_is_kept_and_says_the_commonest_of_unknown_words(tmp_path):
    made = lookup.train(LEARNT, OPTIONS)
    made.save(tmp_path / "model")
    again = lookup.Model.load(tmp_path / "model")
    assert again.predict(bare(HELD)) == made.predict(bare(HELD))
    (guess,) = again.predict([Line("1", words=(Word("nobody"), Word("le")))])
    assert guess.words[0][0].label == "D" and guess.words[0][0].probability == 0
    assert guess.words[1][0].label == "D" and guess.words[1][0].probability > 0.5
