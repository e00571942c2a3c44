"""What models propose where a field is empty: a class of a text or line, the language of a word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.errors import Unavailable
from app.domain.ids import new_id
from app.domain.project import GENRES, STATUSES
from app.domain.roles import Role
from app.services import label_guesses, model_silence, people
from tests.factories import item_id, make_desk, make_store
from tests.modelling import add_bare_lines, add_model


class Told:
    """A service that says the same of every line and word, or nothing."""

    def __init__(self, *labels, silent=False):
        self.said = [{"label": one, "probability": sure} for one, sure in labels]
        self.silent, self.asked = silent, []

    def guess(self, _model, lines, _lexicon=(), *, seconds=0.0):
        assert 0 < seconds < 1
        self.asked += lines
        if self.silent:
            raise Unavailable("nobody is there")
        return [{"words": [self.said for _ in one.words], "line": self.said} for one in lines]


@pytest.fixture(scope="module")
def home(module_database):
    desk = make_desk(make_store(module_database))
    add_bare_lines(desk, ["mti jua", "mwezi"])
    return desk


@pytest.fixture
def desk(home):
    model_silence.forget()
    home.store.models.delete_many({})
    return home


def text_of(desk):
    return desk.store.texts.find_one({"project": desk.project_id})


def line_of(desk):
    return desk.store.utterances.find_one(
        {"project": desk.project_id, "words.1": {"$exists": True}}
    )


def sorter(desk, field, each="line"):
    add_model(desk, task="classify", engine="letters", options={"field": field, "each": each})


def test_an_empty_genre_is_proposed_by_the_model_that_sorts_by_it(desk):
    told = Told(("narrative", 0.8), ("song", 0.2))
    assert label_guesses.of_text(desk, told, text_of(desk)) is None and not told.asked
    sorter(desk, "genre")
    found = label_guesses.of_text(desk, told, text_of(desk))
    assert (found.field, found.value) == ("genre", item_id(desk, GENRES, "narrative"))
    assert found.probability == pytest.approx(0.8) and "the model, 80 % sure" in found.reason
    assert len(told.asked) == 2
    filled = {**text_of(desk), "genre": "i_1"}
    assert label_guesses.of_text(desk, told, filled) is None
    assert label_guesses.of_line(desk, told, line_of(desk)) is None  # a line has no genre
    assert label_guesses.of_text(desk, Told(("unheard of", 0.9)), text_of(desk)) is None
    assert label_guesses.of_text(desk, Told(("narrative", 0.4)), text_of(desk)) is None


def test_a_text_is_asked_about_as_a_whole_where_that_was_learnt(desk):
    sorter(desk, "status", each="text")
    code = desk.store.items.find_one({"project": desk.project_id, "list": STATUSES})["code"]
    told = Told((code, 0.9))
    assert label_guesses.of_text(desk, told, text_of(desk)).field == "status"
    assert [len(one.words) for one in told.asked] == [3]
    assert label_guesses.of_line(desk, told, line_of(desk)) is None


def test_a_speaker_is_proposed_by_name_or_by_what_the_public_sees(desk):
    facts = {"name": "Ana", "label": "A1", "languages": [], "note": ""}
    person = people.add(desk, facts, change_id=new_id("x"))
    sorter(desk, "speaker")
    found = label_guesses.of_line(desk, Told(("A1", 0.7)), line_of(desk))
    assert (found.field, found.value, found.shown) == ("speaker", person, "Ana")
    assert label_guesses.of_line(desk, Told(("A2", 0.7)), line_of(desk)) is None


def test_the_language_of_a_word_is_proposed_where_it_is_another_one(desk):
    line = line_of(desk)
    word = line["words"][1]["id"]
    told = Told(("en", 0.9), ("seh", 0.1))
    assert label_guesses.language_of(desk, told, line, word) is None
    add_model(desk, task="language", engine="letters")
    assert label_guesses.has_languages(desk)
    found = label_guesses.language_of(desk, told, line, word)
    assert (found.value, found.shown, found.probability) == ("en", "English", 0.9)
    for other in (Told(("seh", 0.9)), Told(("xx", 0.9)), Told(("en", 0.4)), Told()):
        assert label_guesses.language_of(desk, other, line, word) is None
    said = {**line, "words": [{**one, "language": "en"} for one in line["words"]]}
    assert label_guesses.language_of(desk, told, said, word) is None
    assert label_guesses.language_of(desk, told, line, "w_gone") is None


def test_a_word_of_a_long_line_is_asked_about_with_what_stands_around_it(desk):
    add_model(desk, task="language", engine="letters")
    words = [{"id": f"w_{n}", "form": {"seh": f"x{n}"}} for n in range(5000)]
    told = Told(("en", 0.9))
    assert label_guesses.language_of(desk, told, {**line_of(desk), "words": words}, "w_4000")
    forms = [one.form for one in told.asked[0].words]
    assert len(forms) == 201 and forms[100] == "x4000"


def test_a_model_without_an_answer_is_left_alone_and_viewers_get_nothing(desk):
    sorter(desk, "genre")
    silent = Told(silent=True)
    for _ in range(2):
        assert label_guesses.of_text(desk, silent, text_of(desk)) is None
    assert len(silent.asked) == 2  # the lines of one question
    model_silence.forget()
    told = Told(("narrative", 0.8))
    viewer = replace(make_desk(desk.store, role=Role.VIEWER, name="Vi"), project=desk.project)
    assert label_guesses.of_text(viewer, told, text_of(desk)) is None and not told.asked
