"""chrF and shared words: by their published definition, with their intervals."""

from __future__ import annotations

import pytest

from app.ml import translation_scores as scores

SAID = ["the dog sees the cat", "Der Hund", "نعم الكلب", "a"]
GOLD = ["the dog saw a cat", "the dog sees", "الكلب يرى", "the dog"]


@pytest.mark.parametrize(
    ("place", "value"),
    # by sacrebleu 2.6.0: CHRF().corpus_score([said], [[gold]])
    [(0, 46.84117404992742), (1, 3.546099290780142), (2, 39.107142857142854), (3, 0.0)],
)
def test_chrf_is_that_of_sacrebleu(place, value):
    assert 100 * scores.chrf([SAID[place]], [GOLD[place]]) == pytest.approx(value)


def test_counts_are_summed_over_sentences():
    assert scores.chrf(["the dog", "x"], ["the dog", "y"]) > scores.chrf(["x"], ["y"]) == 0.0
    mean = sum(scores.chrf([a], [b]) for a, b in zip(SAID, GOLD, strict=True)) / len(SAID)
    assert scores.chrf(SAID, GOLD) != pytest.approx(mean)
    assert scores.chrf([], []) == scores.chrf([""], [""]) == 0.0


def test_shared_words_leave_case_and_marks_aside():
    assert scores.overlap(["The DOG, sees."], ["the dog sees"]) == 1.0
    assert scores.overlap(["dog dog"], ["dog"]) == pytest.approx(2 / 3)
    assert scores.overlap([""], [""]) == 0.0


def test_intervals_hold_the_value_and_are_the_same_each_time():
    for of in (scores.chrf_interval, scores.overlap_interval):
        found = of(SAID * 5, GOLD * 5)
        assert found.low < found.value < found.high
        assert of(SAID * 5, GOLD * 5) == found
    same = scores.chrf_interval(GOLD, GOLD)
    assert (same.value, same.low, same.high) == (1.0, 1.0, 1.0)
    assert scores.chrf_interval([], []).high == 1.0
