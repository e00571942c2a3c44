"""Models that run elsewhere: asked once about the same words, and only while they are listed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.errors import Invalid, Unavailable
from app.ml.external import Service
from app.predict import elsewhere
from app.predict.elsewhere import Elsewhere
from app.predict.pool import Kept

MODEL = Kept("a_1", "Glosses", "", outside=True, address="https://good.example.org/", task="gloss")


def line(number, *words):
    return {"id": str(number), "words": [{"form": one} for one in words], "translations": {}}


@pytest.fixture
def asked(monkeypatch):
    """What was sent."""
    sent = []

    def ask(_service, question):
        sent.append([one["words"] for one in question["lines"]])
        return {"guesses": [
            {"id": one["id"], "words": [[{"label": word.upper(), "probability": 1}]
                                        for word in one["words"]]}
            for one in question["lines"]
        ]}  # fmt: skip

    monkeypatch.setattr(Service, "_ask", ask)
    return sent


def test_words_are_sent_once(asked, settings, monkeypatch):
    services = Elsewhere(replace(settings, model_hosts="good.example.org"))
    first = services.guess(MODEL, [line(1, "a", "b"), line(2, "c"), line(3, "a", "b")])
    assert [one["id"] for one in first] == ["1", "2", "3"]
    assert first[0]["words"] == first[2]["words"] and first[1]["words"][0][0]["label"] == "C"
    again = services.guess(MODEL, [line(7, "c"), line(8, "d")])
    assert asked == [[["a", "b"], ["c"]], [["d"]]] and again[0]["id"] == "7"
    other = replace(MODEL, id="a_2")
    services.guess(other, [line(7, "c")])
    monkeypatch.setattr(elsewhere, "_KEPT", 0.0)
    services.guess(MODEL, [line(7, "c")])
    assert asked[2:] == [[["c"]], [["c"]]]


def test_of_one_that_was_struck_off_nothing_is_told(asked, settings):
    with pytest.raises(Invalid, match="have listed none"):
        Elsewhere(settings).guess(MODEL, [line(1, "a")])
    assert asked == []


def test_few_are_asked_at_once(asked, settings):
    services = Elsewhere(replace(settings, model_hosts="good.example.org"))
    for _ in range(elsewhere.AT_ONCE):
        services._asking.acquire()
    with pytest.raises(Unavailable, match="Too many"):
        services.guess(MODEL, [line(1, "a")])
    services._asking.release()
    assert services.guess(MODEL, [line(1, "a")])
