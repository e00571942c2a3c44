"""The labels of a model from outside, as its project has them."""

from __future__ import annotations

from app.ml.labels import Fit, fit_of, fitted, read_fit

LINE = {"id": "1", "words": [{"form": "mbwa"}, {"form": "paka"}]}


def label(name, probability):
    return {"label": name, "probability": probability}


def analysis(*glosses, probability=0.5):
    morphs = [
        {"form": "x", "gloss": one, "joint": "-" * bool(at)} for at, one in enumerate(glosses)
    ]
    return {"morphs": morphs, "probability": probability, "source": "model"}


def of(words, fit, **more):
    (found,) = fitted([{"id": "1", "words": words, **more}], [LINE], fit)
    return found


def test_glosses_of_words_become_analyses_in_the_words_of_the_project():
    fit = Fit("gloss", others="leave", pairs={"hound": "dog", "Dog": "dog", "pl": "PL", "x": ""})
    first = [label("hound", 0.4), label("x", 0.3), label("Dog", 0.2), label("hound-pl", 0.1)]
    found = of([first, [label("cat", 1.0)]], fit)
    told = [(one["morphs"], one["probability"]) for one in found["words"][0]]
    assert [(one[0]["form"], one[0]["gloss"]) for one, _ in told] == [
        ("mbwa", "dog"), ("mbwa", "dog-PL"),
    ]  # fmt: skip
    assert told[0][1] == 0.4 + 0.2 and found["words"][1] == []


def test_an_analysis_goes_with_a_gloss_that_is_left_out():
    fit = Fit("gloss", others="leave", pairs={"dog": "dog", "pl": "PL"})
    found = of([[analysis("dog", "pl"), analysis("dog", "odd"), analysis("", "dog")], []], fit)
    said = [[one["gloss"] for one in each["morphs"]] for each in found["words"][0]]
    assert said == [["dog", "PL"], ["", "dog"]]
    kept = of([[analysis("dog", "odd")], []], Fit("gloss", pairs={"odd": "ODD"}))
    assert [one["gloss"] for one in kept["words"][0][0]["morphs"]] == ["dog", "ODD"]


def test_other_labels_stay_labels_of_words_and_lines():
    fit = Fit("pos", pairs={"N": "Noun"})
    assert of([[label("N", 0.9), label("a-b", 0.1)], []], fit)["words"][0] == [
        label("Noun", 0.9), label("a-b", 0.1),
    ]  # fmt: skip
    line = of([], Fit("classify", "line", "leave", {"Tale": "tale"}),
              line=[label("Tale", 0.6), label("x", 0.4)])  # fmt: skip
    assert line["line"] == [label("tale", 0.6)]
    near = of([], Fit("suggest"), line=[analysis("house")])
    assert near["line"] == [analysis("house")]


def test_what_is_decided_is_read_again_where_it_changed(tmp_path):
    assert read_fit(tmp_path) is None
    fit = Fit("gloss", "word", "leave", {"a.b": "A", "$x": ""})
    (tmp_path / "use.json").write_bytes(fit.written())
    assert read_fit(tmp_path) == fit == fit_of(fit.written())
