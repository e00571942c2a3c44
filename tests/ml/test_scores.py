"""Measures: those of the shared task by examples, intervals and calibration."""

import pytest

from app.ml import scores

GOLD = [["house-PL", "see"], ["dog"]]


def test_word_accuracy_counts_words_over_all_sentences():
    assert scores.word_accuracy([["house-PL", "go"], ["dog"]], GOLD) == pytest.approx(2 / 3)


def test_one_morph_too_many_shifts_the_rest_of_its_sentence():
    assert scores.morpheme_accuracy([["house-PL", "see"], ["dog"]], GOLD) == 1
    assert scores.morpheme_accuracy([["house-X-PL", "see"], ["dog"]], GOLD) == pytest.approx(2 / 4)


def test_missing_words_are_wrong():
    assert scores.word_accuracy([["house-PL"], []], GOLD) == pytest.approx(1 / 3)


def test_segmentation_is_the_mean_of_sentences():
    found = scores.segmentation_f1([["a", "b"], ["c"]], [["a", "b"], ["d"]])
    assert found == pytest.approx(0.5)


def test_the_interval_holds_the_share_and_narrows_with_more_sentences():
    few = scores.bootstrap([3, 1] * 10, [4, 4] * 10)
    many = scores.bootstrap([3, 1] * 200, [4, 4] * 200)
    assert few.value == many.value == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    assert scores.bootstrap([3, 1] * 10, [4, 4] * 10) == few


def test_calibration_tells_boasting_from_honesty():
    assert scores.calibration_error([0.75] * 4, [True, True, True, False]) == 0
    assert scores.calibration_error([1.0] * 4, [True, True, True, False]) == pytest.approx(0.25)
    assert scores.above([0.9, 0.4], [True, False], 0.8) == (0.5, 1.0)


def test_confusions_and_labels():
    gold, said = ["a", "a", "b"], ["a", "b", "b"]
    assert scores.confusions(said, gold) == [("a", "b", 1)]
    assert scores.by_label(said, gold) == {"a": (1.0, 0.5, 2), "b": (0.5, 1.0, 1)}


def test_nothing_measured_is_no_error():
    assert scores.word_accuracy([], []) == 0
    assert scores.bootstrap([], []).value == 0
    assert scores.calibration_error([], []) == 0


def test_a_curve_goes_on_as_it_went():
    assert scores.curve_sizes(10) == [10]
    assert scores.expected_gain({100: 0.5}, 100) == 0
    assert scores.expected_gain({100: 0.5, 200: 0.9, 400: 0.99}, 4000) == pytest.approx(0.01)
