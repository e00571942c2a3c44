"""The sentence to gloss next: what is new, what the model doubts, some by chance."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import NotAllowed, Unavailable
from app.domain.models import is_evaluated
from app.domain.roles import Actor, Role
from app.services import next_line
from app.store import feed, files, models
from tests.factories import make_desk, make_store
from tests.modelling import add_bare_lines, add_lines, add_model

DAYS = [datetime(2026, 3, one, tzinfo=UTC) for one in range(1, 29)]


class Told:
    """A service that is the surer the longer a word is; it may be silent."""

    def __init__(self, silent=False):
        self.silent, self.asked = silent, 0

    def guess(self, _model, lines, _lexicon=(), *, seconds=0.0):
        self.asked += 1
        if self.silent:
            raise Unavailable("nobody is there")
        said = lambda word: [{"probability": min(len(word.form) / 10, 1), "morphs": []}]  # noqa: E731
        return [{"words": [said(word) for word in line.words]} for line in lines]


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def ask(desk, told=None, passed=()):
    """What is offered on each of some days."""
    return [next_line.find(desk, told or Told(), day, passed) for day in DAYS]


def words_of(found):
    return {" ".join(word["form"]["seh"] for word in one.line["words"]) for one in found}


def test_what_is_newest_comes_first_and_a_quarter_by_chance(desk):
    add_lines(desk, 12)
    said = ["mbwa paka", "mbwa xoxo", "xixi xuxu", *["paka samaki"] * 12]
    desk = replace(desk, actor=Actor("u_ann", "Ann"))  # what is drawn is the same at each run
    ids = [f"l_{n:026}" for n in range(len(said))]
    lines = add_bare_lines(desk, said, ids)
    found = ask(desk)
    chosen = [one for one in found if one.by == "new"]
    chance = [one for one in found if one.by == "chance"]
    assert 4 <= len(chance) <= 10 and len(chosen) + len(chance) == len(DAYS)
    assert not is_evaluated(lines[2]) and {one.line["_id"] for one in chosen} == {lines[2]}
    assert "of its 2 words or morphs were never confirmed" in chosen[0].why
    assert len({one.line["_id"] for one in chance}) > 2
    again = ask(desk)
    assert [(one.line["_id"], one.by) for one in again] == [
        (one.line["_id"], one.by) for one in found
    ]


def test_what_would_be_measured_on_comes_by_chance_only(desk):
    kept = [one for n in range(99) if is_evaluated(one := f"l_{n:026}")][:2]
    add_bare_lines(desk, ["xa", "xe"], kept)
    assert {one.by for one in ask(desk)} == {"chance"}
    add_model(desk, is_default=False, learnt_from={"seq": 1, "split": "text"})
    text = desk.store.utterances.find_one({"_id": kept[0]})["text"]
    assert {one.by for one in ask(desk)} == (
        {"chance"} if is_evaluated(text) else {"new", "chance"}
    )


def test_one_that_is_passed_over_is_not_offered_again(desk):
    lines = add_bare_lines(desk, ["xa", "xe", "xi"])
    assert {one.line["_id"] for one in ask(desk, passed=lines[:2])} == {lines[2]}
    assert ask(desk, passed=lines)[0] is None


def test_after_the_first_model_its_doubt_decides_word_for_word(desk):
    desk = replace(desk, actor=Actor("u_ann", "Ann"))
    add_model(desk)
    said = ["xxxxxxxxx xxxxxxxx", *["aa bb"] * 8, "ccccccccc " * 12]
    add_bare_lines(desk, said, [f"l_{n:026}" for n in range(len(said))])
    found = ask(desk)
    doubted = [one for one in found if one.by == "doubt"]
    assert words_of(doubted) == {"aa bb"} and doubted[0].score == pytest.approx(0.8)
    assert "20 % sure" in doubted[0].why
    silent = Told(silent=True)
    assert {one.by for one in ask(desk, silent)} <= {"new", "chance"} and silent.asked


def test_what_a_model_was_measured_on_is_never_offered(desk):
    first, second, third = add_bare_lines(desk, ["xa", "xe", "xi"])
    (other,) = add_bare_lines(desk, ["xo"])
    text = desk.store.utterances.find_one({"_id": other})["text"]
    written = models.write_lines([third], [first, second])
    kept = files.put(desk.store, desk.project_id, io.BytesIO(written), "lines.txt")
    learnt = {"seq": 1, "gloss_ws": "en", "evaluated": [text]}
    add_model(desk, is_default=False, lines=kept, learnt_from=learnt)
    assert {one.line["_id"] for one in ask(desk)} == {third}


def test_what_is_done_is_not_offered_and_only_who_may_gloss_is_told(desk):
    add_lines(desk, 3)
    assert ask(desk)[0] is None
    (line,) = add_bare_lines(desk, ["xa"])
    assert ask(desk)[0].line["_id"] == line
    contributor = make_desk(desk.store, role=Role.CONTRIBUTOR, name="Co")
    assert ask(contributor)[0] is None  # it is somebody else's
    viewer = make_desk(desk.store, role=Role.VIEWER, name="Vi")
    with pytest.raises(NotAllowed):
        ask(viewer)


def test_two_who_are_at_work_are_led_to_different_sentences(desk, monkeypatch):
    lines = set(add_bare_lines(desk, ["xa", "xe", "xi", "xo"]))
    people = [replace(desk, actor=Actor(f"u_{n}", str(n))) for n in range(5)]
    now, minute = DAYS[0], timedelta(minutes=1)

    def led(person, at=now, passed=()):
        found = next_line.find(people[person], Told(), at, passed)
        return found and found.line["_id"]

    first, second = led(0), led(1)
    assert first != second and led(0) == first  # who asks again is told the same
    feed.touch_presence(
        desk.store, desk.project_id, "u_2", "2", now, (lines - {first, second}).pop()
    )
    third = led(3)
    assert third not in (first, second, None) and led(4) is None
    assert led(0, passed=[first]) is None
    assert led(4, now + 11 * minute) in lines  # they were led there long ago, and are not there
    taken = set()
    monkeypatch.setattr(next_line, "_taken", lambda *_: set())  # both look at the same moment
    for person in range(5):
        taken.add(led(person, now + 60 * minute))
    assert taken == {*lines, None}
