"""The other engines of the glosser: a chain with looked-up stems, and weights by scikit-learn."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid, Unreadable
from app.ml import crf, gloss, lookup, pointwise
from app.ml.data import Line, Word
from tests.ml.test_ranker import accuracy, bare, lines

LEARNT, HELD = lines(80, 1), lines(30, 2)


@pytest.fixture(scope="module", params=["words", "morphs"])
def chain(request):
    options = {"from": request.param, "target": "gloss", "seed": 1}
    return 1 if request.param == "words" else 2, crf.train(LEARNT, options), options


def test_a_chain_glosses_more_words_than_the_lookup(chain):
    track, model, options = chain
    assert accuracy(model, HELD, track) > accuracy(lookup.train(LEARNT, options), HELD, track)


def test_a_kept_chain_says_the_same_and_so_does_one_trained_again(chain, tmp_path):
    track, model, options = chain
    asked = [bare(line, track) for line in HELD]
    model.save(tmp_path / "model")
    kept = crf.Model.load(tmp_path / "model").predict(asked)
    said = [[row[0].gloss for row in one.words] for one in model.predict(asked)]
    assert [[row[0].gloss for row in one.words] for one in kept] == said
    again = crf.train(LEARNT, options).predict(asked)
    assert [[row[0].gloss for row in one.words] for one in again] == said
    with pytest.raises(Unreadable):
        gloss.Model.load(tmp_path / "model")


def test_a_chain_takes_words_apart_and_copies_what_nobody_has_seen():
    model = crf.train(LEARNT, {"from": "words", "target": "gloss"})
    (guess,) = model.predict([Line("1", words=(Word("xyzmi"), Word("漢字"), Word(".")))])
    best = guess.words[0][0]
    assert best.probability > 0 and "".join(one.form for one in best.morphs) == "xyzmi"
    assert guess.words[1][0].gloss and guess.words[2][0].gloss == "."


def test_it_does_not_take_words_apart_alone_and_needs_glosses():
    with pytest.raises(Invalid, match="does not take words apart"):
        crf.train(LEARNT, {"from": "words", "target": "form"})
    with pytest.raises(Invalid, match="nothing to choose"):
        crf.train([Line("1", words=(Word("a"),))], {"from": "words", "target": "gloss"})


def test_weights_by_scikit_learn_beat_the_lookup_and_are_kept(tmp_path):
    options = {"from": "morphs", "target": "gloss"}
    model = pointwise.train(LEARNT, options)
    assert accuracy(model, HELD, 2) > accuracy(lookup.train(LEARNT, options), HELD, 2) + 0.05
    model.save(tmp_path / "model")
    asked = [bare(line, 2) for line in HELD]
    assert pointwise.Model.load(tmp_path / "model").predict(asked) == model.predict(asked)
    assert model.facts()["engine"] == "sklearn"
    with pytest.raises(Unreadable, match="another engine"):
        gloss.Model.load(tmp_path / "model")
