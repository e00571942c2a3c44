"""Warm processes: kept, made room for, ended and named."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict

import pytest

from app.domain.errors import Invalid, Unavailable
from app.ml.data import Line, Word
from app.predict.pool import ModelEnded
from app.processes import landlock

LINE = asdict(Line("l1", words=(Word("nyumba"),)))


def asking(word="nyumba", lexicon=()):
    line = asdict(Line("l1", words=(Word(word),)))
    return {"do": "predict", "lines": [line], "lexicon": list(lexicon)}


def gloss(answer):
    return answer["guesses"][0]["words"][0][0]["morphs"][0]["gloss"]


def test_a_model_is_loaded_once_and_answers_at_once_then(pool, shelf):
    model, pool = shelf.add("m1"), pool()
    assert gloss(pool.ask(model, asking())) == "house"
    began = time.monotonic()
    entry = {"forms": ["nyumba"], "glosses": ["home"], "category": "", "joint": ""}
    assert gloss(pool.ask(model, asking(lexicon=[entry]))) == "home"
    assert time.monotonic() - began < 0.5
    assert shelf.laid == ["m1"] and pool.state() == {"warm": ["m1"], "marks": {}}


def test_the_one_asked_longest_ago_makes_room(pool, shelf):
    models, pool = [shelf.add(f"m{number}") for number in range(3)], pool(at_once=2)
    for model in (models[0], models[1], models[0], models[2]):
        pool.ask(model, asking())
    assert pool.state()["warm"] == ["m0", "m2"]


def test_one_that_nobody_asks_is_ended(pool, shelf):
    model, pool = shelf.add("m1"), pool(idle=0.0)
    pool.ask(model, asking())
    child = pool._warm["m1"].talker
    pool.tidy()
    assert pool.state()["warm"] == [] and not child.is_alive()
    assert gloss(pool.ask(model, asking())) == "house"


@pytest.mark.parametrize(
    ("does", "reason", "told"),
    [
        ("loop", "seconds", "longer than 1 s"),
        ("hog", "memory", "more than 512 MiB"),
        ("crash", "died", "ended by itself"),
        ("babble", "babble", "no answer"),
        ("fork_bomb", "processes", "tried to start other processes"),
        ("call_home", "network", "tried to reach the network"),
        ("read_disk", "files", "files that are closed to it"),
    ],
)
def test_one_that_takes_too_much_is_ended_named_and_marked(pool, shelf, does, reason, told):
    if does == "read_disk" and not landlock.version():
        pytest.skip("the system has no Landlock")
    model, pool = shelf.add("m1", "Lezgi, second"), pool(seconds=1.0 if does == "loop" else 10.0)
    pool.ask(model, asking())
    with pytest.raises(ModelEnded, match=f"“Lezgi, second” was ended: .*{told}") as caught:
        pool.ask(model, asking(does))
    assert (caught.value.model, caught.value.reason) == ("m1", reason)
    assert pool.state() == {"warm": [], "marks": {"m1": {"count": 1, "reason": reason}}}
    assert gloss(pool.ask(model, asking())) == "house"  # good again
    assert pool.state()["marks"] == {}


def test_one_that_was_ended_often_is_off_until_it_is_forgiven(pool, shelf):
    model, other, pool = shelf.add("m1"), shelf.add("m2"), pool(tries=2)
    for _ in range(2):
        with pytest.raises(ModelEnded):
            pool.ask(model, asking("crash"))
    with pytest.raises(ModelEnded, match="off for now: its process was ended 2 times"):
        pool.ask(model, asking())
    assert gloss(pool.ask(other, asking())) == "house"
    pool.forget("m1")
    assert gloss(pool.ask(model, asking())) == "house"


def test_what_is_off_is_tried_again_after_a_while(pool, shelf):
    model, pool = shelf.add("m1"), pool(tries=1, off=0.0)
    with pytest.raises(ModelEnded):
        pool.ask(model, asking("crash"))
    assert gloss(pool.ask(model, asking())) == "house"


@pytest.mark.parametrize("does", ["fail", "refuse"])
def test_what_a_model_cannot_answer_is_its_answer(pool, shelf, does):
    model, pool = shelf.add("m1", "Sena"), pool()
    with pytest.raises(Invalid, match="“Sena” gave no answer"):
        pool.ask(model, asking(does))
    assert gloss(pool.ask(model, asking())) == "house" and shelf.laid == ["m1"]


@pytest.mark.parametrize(
    ("does", "told"), [("loop", "to load"), ("hog", "memory"), ("leave", "by itself")]
)
def test_one_that_does_harm_while_it_is_loaded_is_ended(pool, shelf, does, told):
    model, pool = shelf.add("m1", load=does), pool(load_seconds=1.0 if does == "loop" else 20.0)
    with pytest.raises(ModelEnded, match=told):
        pool.ask(model, asking())
    assert pool.state()["warm"] == []


def test_one_that_is_none_is_said_to_be(pool, shelf):
    model, pool = shelf.add("m1", load="refuse"), pool()
    with pytest.raises(Invalid, match="cannot be loaded: There is one label"):
        pool.ask(model, asking())
    with pytest.raises(Unavailable, match="cannot be run here"):
        pool.ask(shelf.add("m2", module="nowhere"), asking())


def test_too_many_askers_are_told_at_once(pool, shelf):
    model, pool = shelf.add("m1"), pool(waiting=1, seconds=2.0)
    pool.ask(model, asking())
    errors = []

    def ask():
        try:
            pool.ask(model, asking("loop"))
        except Unavailable as error:
            errors.append(error)

    first = threading.Thread(target=ask)
    first.start()
    while not pool._warm["m1"].waiting:
        time.sleep(0.01)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="Too many"):
        pool.ask(model, asking())
    assert time.monotonic() - began < 1.0
    first.join()
    assert isinstance(errors[0], ModelEnded)


def test_forgotten_while_it_works_nothing_is_left(pool, shelf):
    model, pool = shelf.add("m1"), pool(seconds=1.5)
    pool.ask(model, asking())
    child, done = pool._warm["m1"].talker, []
    asker = threading.Thread(target=lambda: done.append(_tried(pool, model)))
    asker.start()
    while not pool._warm["m1"].waiting:
        time.sleep(0.01)
    pool.forget("m1")
    asker.join()
    assert not child.is_alive() and pool.state()["warm"] == []


def _tried(pool, model):
    try:
        return pool.ask(model, asking("loop"))
    except Unavailable as error:
        return error
