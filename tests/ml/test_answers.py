"""What models say, as it is taken over."""

from __future__ import annotations

import pytest

from app.ml.answers import taken

LINES = [{"id": "l1", "words": [{"form": "nyumba"}, {"form": "moja"}]}]


def said(**changed):
    alternative = {
        "morphs": [{"form": "nyumba", "gloss": "house", "joint": "", "run": "this"}],
        "probability": 0.9, "source": "model", "html": "<b>",
    }  # fmt: skip
    return [{"id": "l1", "words": [[alternative], []], "more": 1} | changed]


def test_what_belongs_to_a_guess_is_taken_and_nothing_else():
    alternative = {
        "morphs": [{"form": "nyumba", "gloss": "house", "joint": ""}],
        "probability": 0.9, "source": "model",
    }  # fmt: skip
    assert taken(said(), LINES) == [{"id": "l1", "words": [[alternative], []]}]
    label = {"label": "N\x00", "probability": 1.5}
    assert taken(said(line=[label], words=[]), LINES) == [
        {"id": "l1", "words": [], "line": [{"label": "N", "probability": 1.0}]}
    ]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        said() * 2,
        [[]],
        said(id="l2"),
        said(words=[[]]),
        said(words={"a": 1}),
        said(words=[["x"], []]),
        said(words=[[{}] * 17, []]),
        said(words=[[{"morphs": "x"}], []]),
        said(words=[[{"morphs": ["x"]}], []]),
        said(line="x"),
        said(line=[{"label": 1, "probability": 1}]),
        said(line=[{"label": "x" * 5000, "probability": 1}]),
        said(line=[{"label": "x", "probability": float("nan")}]),
        said(line=[{"label": "x", "probability": True}]),
        said(line=[{"label": "x"}]),
    ],
)
def test_what_is_no_guess_is_refused(bad):
    with pytest.raises(ValueError, match=r"no |not |another"):
        taken(bad, LINES)
