"""Filling in guesses: worked out, seen, done and undone as one, never over what somebody said."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid, NotAllowed, NotFound, Unavailable
from app.domain.ids import new_id
from app.domain.interlinear import chosen
from app.domain.roles import Role
from app.services import glossing, guesses, history, model_fill, texts
from app.services.glossing import Written
from app.store import changes
from app.store.bulk import conflicts_of
from app.store.changes import Op
from tests.factories import make_desk, make_store
from tests.modelling import add_bare_lines, add_lines, add_model


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


class Told:
    """A service that says of each word what a table has; it may be silent."""

    def __init__(self, table, silent=False):
        self.table, self.silent = table, silent

    def guess(self, _model, lines, _lexicon=(), *, seconds=0.0):
        if self.silent:
            raise Unavailable("nobody is there")
        return [{"words": [self.table.get(word.form, []) for word in line.words]} for line in lines]


def says(form, gloss, probability):
    morphs = [
        {"form": one, "gloss": other, "joint": "-" if place else ""}
        for place, (one, other) in enumerate(zip(form.split("-"), gloss.split("-"), strict=True))
    ]
    return [{"morphs": morphs, "probability": probability, "source": "model"}]


TABLE = {
    "mti": says("mti", "tree", 0.97),
    "anaota": says("a-na-ota", "3SG-PRS-grow", 0.99),
    "jua": says("jua", "sun", 0.6),
    "zito": says("zito", "", 0.99),  # a gloss is missing
}


def work_out(desk, told, certainty=0.95, only=()):
    return model_fill.prepare(
        desk, told, only, certainty, lambda *_: None, change_id=new_id("x")
    )  # fmt: skip


def analyses(desk, line):
    stored = desk.store.utterances.find_one({"_id": line})
    return [chosen(word) for word in stored["words"]]


def test_what_is_certain_is_filled_in_marked_and_undone_as_one(desk):
    model = add_model(desk)
    first, second = add_bare_lines(desk, ["mti anaota jua", "jua zito"])
    change = work_out(desk, Told(TABLE))
    assert [(one.least, one.words, one.texts) for one in model_fill.levels(change)] == [
        (0.5, 4, 1), (0.8, 2, 1), (0.9, 2, 1), (0.95, 2, 1), (0.99, 1, 1),
    ]  # fmt: skip
    assert analyses(desk, first) == [None, None, None]  # nothing is done until it is confirmed
    shown = model_fill.examples(desk, change)
    assert [(level, [one.form for one in each]) for level, each in shown] == [
        (0.95, ["mti"]), (0.99, ["anaota"]),
    ]  # fmt: skip
    assert shown[1][1][0].written == "a-na-ota" and shown[1][1][0].gloss == "3SG-PRS-grow"
    model_fill.carry_out(desk, change["_id"], lambda *_: None)
    tree, grows, sun = analyses(desk, first)
    assert (tree["origin"], tree["by"], tree["confidence"]) == ("model", model, 0.97)
    assert "confirmed_by" not in tree and len(grows["morphs"]) == 3 and sun is None
    assert analyses(desk, second) == [None, None]
    history.undo(desk, [change["_id"]], change_id=new_id("x"))
    assert analyses(desk, first) == [None, None, None]


def test_what_somebody_said_is_never_touched_and_a_guess_gives_way_to_a_newer_one(desk):
    add_model(desk)
    (line,) = add_bare_lines(desk, ["dawa jua mti zito"])
    words = [one["id"] for one in desk.store.utterances.find_one({"_id": line})["words"]]
    typed = {"morphs": [{"form": {"seh": "dawa"}, "gloss": {"en": "medicine"}, "left": ""}]}
    glossing.write(desk, line, words[0], Written(typed, None), change_id=new_id("x"))
    apart = {"morphs": [{"form": {"seh": "zi"}, "left": ""}, {"form": {"seh": "to"}, "left": "-"}]}
    glossing.write(desk, line, words[3], Written(apart, None), change_id=new_id("x"))

    def fill(gloss):
        told = Told({form: says(form, gloss, 0.99) for form in ("dawa", "jua", "mti", "zito")})
        change = work_out(desk, told)
        model_fill.carry_out(desk, change["_id"], lambda *_: None)
        return change["fill"]["open"]

    assert fill("post") == 2
    glossing.confirm(desk, line, words[1], change_id=new_id("x"))
    assert fill("tree") == 1
    found = [one["morphs"][0].get("gloss", {}).get("en") for one in analyses(desk, line)]
    assert found == ["medicine", "post", "tree", None]
    stored = desk.store.utterances.find_one({"_id": line})["words"]
    assert [len(word["analyses"]) for word in stored] == [1, 1, 1, 1]


def test_lines_that_were_changed_meanwhile_are_left_alone(desk):
    add_model(desk)
    first, second = add_bare_lines(desk, ["mti", "anaota"])
    change = work_out(desk, Told(TABLE))
    word = desk.store.utterances.find_one({"_id": first})["words"][0]["id"]
    typed = {"morphs": [{"form": {"seh": "mti"}, "gloss": {"en": "pole"}, "left": ""}]}
    glossing.write(desk, first, word, Written(typed, None), change_id=new_id("x"))
    done = model_fill.carry_out(desk, change["_id"], lambda *_: None)
    assert done["fill"]["left"] == 1 and conflicts_of(desk.store, done["_id"]) == []
    (said,) = analyses(desk, first)
    assert said["morphs"][0]["gloss"] == {"en": "pole"}
    assert len(desk.store.utterances.find_one({"_id": first})["words"][0]["analyses"]) == 1
    assert analyses(desk, second)[0]["origin"] == "model"


def test_nothing_is_learnt_from_what_is_filled_in(desk):
    add_model(desk)
    add_bare_lines(desk, ["anaota"] * 3)
    change = work_out(desk, Told(TABLE))
    model_fill.carry_out(desk, change["_id"], lambda *_: None)
    guesses.freshen(desk)
    assert desk.store.memory.count_documents({"key": "wseh\tanaota"}) == 0
    (listed,) = texts.list_texts(desk)
    assert (listed.words, listed.glossed) == (3, 0)  # nobody has glossed them yet


def test_memory_fills_in_without_a_model_and_only_the_chosen_texts(desk):
    add_lines(desk, 12)
    bare = add_bare_lines(desk, ["mbwa paka"]) + add_bare_lines(desk, ["mbwa"])
    text = desk.store.utterances.find_one({"_id": bare[1]})["text"]
    change = work_out(desk, Told({}, silent=True), 0.5, [text])
    assert model_fill.filled(change).words == 1 and change["fill"]["model"] == ""
    model_fill.carry_out(desk, change["_id"], lambda *_: None)
    assert analyses(desk, bare[0]) == [None, None]
    (said,) = analyses(desk, bare[1])
    assert said["origin"] == "memory" and "confirmed_by" not in said


def test_bad_wishes_are_refused_and_leave_nothing(desk):
    add_model(desk)
    add_bare_lines(desk, ["mti"])
    with pytest.raises(Invalid):
        work_out(desk, Told(TABLE), 0.7)
    with pytest.raises(Invalid):
        work_out(desk, Told(TABLE), only=["t_nothing"])
    with pytest.raises(Unavailable):
        work_out(desk, Told({}, silent=True))
    assert desk.store.changes.count_documents({"fill": {"$exists": True}}) == 0
    assert desk.store.changes.count_documents({"state": "preparing"}) == 0
    contributor = make_desk(desk.store, role=Role.CONTRIBUTOR, name="Co")
    with pytest.raises(NotAllowed):
        work_out(contributor, Told(TABLE))
    change = work_out(desk, Told(TABLE))
    editor = make_desk(desk.store, role=Role.EDITOR, name="Ed")
    with pytest.raises(NotFound):  # it is somebody else's
        model_fill.get_prepared(editor, change["_id"])
    model_fill.discard(desk, change["_id"])
    with pytest.raises(NotFound):
        model_fill.get_prepared(desk, change["_id"])


def test_what_was_erased_stands_in_no_example(desk):
    add_model(desk)
    (line,) = add_bare_lines(desk, ["mti"])
    change = work_out(desk, Told(TABLE))
    op = Op("utterance", line, "delete")
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    assert model_fill.examples(desk, change) == []
    assert "mti" not in str(change)
