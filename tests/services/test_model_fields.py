"""Sorting lines and texts by a field, words by language: what is learnt from, and by a job."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid
from app.domain.ids import new_id
from app.domain.project import GENRES
from app.ml import running
from app.ml.tasks import find_task
from app.services import (
    erase,
    jobs,
    model_cards,
    model_data,
    model_tasks,
    model_training,
    models,
    people,
)
from app.services.clock import utc_now
from app.services.model_data import Choice
from app.services.model_wishes import Wish
from app.store import accounts
from app.store import jobs as job_records
from tests.factories import item_id, make_desk, make_store
from tests.labelling import add_categories, change_lines
from tests.modelling import add_lines


@pytest.fixture
def desk(database):
    made = make_desk(make_store(database))
    account = {"_id": made.actor.id, "username": "ann", "key": "ann", "name": "Ann", "email": ""}
    accounts.insert(made.store, {**account, "admin": False, "disabled": False})
    return made


@pytest.fixture
def quick(monkeypatch):
    for part in (running, model_training):
        monkeypatch.setattr(part, "module_of", lambda _engine: "app.ml.lookup")


def trained(desk, folder, **wish):
    job = model_training.ask(desk, Wish(**{"curve": False, **wish}), lambda job: None)
    jobs.run(desk.store, job, folder)
    done = job_records.get(desk.store, job)
    assert done["state"] == "done", done.get("error")
    return models.get(desk, done["result"]["model"])


def labels(desk, field, whole=False):
    found = model_data.gather(desk, "field", Choice(field=field, whole=whole))
    return [one.labels["field"] for one in found.lines.values()]


def add_genres(desk, count, texts, codes=("narrative", "song"), **facts):
    for number in range(texts):
        genre = item_id(desk, GENRES, codes[number % len(codes)])
        add_lines(desk, count, first=number * count, text={"genre": genre}, **facts)


def test_lines_have_the_genre_of_their_text_and_texts_are_one_line(desk):
    add_genres(desk, 3, 2)
    assert labels(desk, "genre") == ["narrative"] * 3 + ["song"] * 3
    assert labels(desk, "genre", whole=True) == ["narrative", "song"]
    assert labels(desk, "status") == [] and labels(desk, "") == labels(desk, "genre")


def test_speakers_are_named_by_what_the_public_may_see(desk):
    facts = {"name": "Ana", "label": "A1", "languages": [], "note": ""}
    person = people.add(desk, facts, change_id=new_id("x"))
    people.save_consent(desk, person, ["train"], change_id=new_id("x"))
    add_lines(desk, 2, line={"speaker": person})
    add_lines(desk, 2, first=10, text={"speakers": [person]})
    add_lines(desk, 2, first=20)
    assert labels(desk, "speaker") == ["A1"] * 4


def test_own_fields_can_be_chosen(desk):
    own = {"fields": [{"id": new_id("f"), "type": "dialect", "text": {"en": "north"}}]}
    add_lines(desk, 2, text=own)
    trait = {"traits": [{"id": new_id("f"), "name": "register", "value": "formal"}]}
    add_lines(desk, 2, first=10, line=trait)
    field = next(one for one in find_task("classify").options if one.name == "field")
    offered = [key for key, _ in model_tasks.choices_of(desk, field)]
    assert offered == ["genre", "speaker", "status", "own:dialect", "own:register"]
    assert labels(desk, "own:dialect") == ["north"] * 2
    assert labels(desk, "own:register") == ["formal"] * 2


def test_words_are_in_the_first_language_where_others_are_marked(desk):
    first, *_ = add_lines(desk, 2)
    add_lines(desk, 1, first=10)

    def change(_number, line):
        line["words"][0]["language"] = "pt"

    change_lines(desk, [first], change)
    found = model_data.gather(desk, "language")
    assert [[word.language for word in one.words] for one in found.lines.values()] == [
        ["pt", "seh", "seh"], ["seh", "seh", "seh"]
    ]  # fmt: skip
    assert model_data.amount(desk, "language").words == 6


def test_a_field_of_which_too_little_is_known_is_refused(desk):
    add_genres(desk, 20, 2)
    with pytest.raises(Invalid, match="30 more lines, or texts"):
        model_training.ask(desk, Wish("classify", options={"field": "speaker"}), lambda job: None)
    with pytest.raises(Invalid, match="28 more lines, or texts"):
        model_training.ask(desk, Wish("classify", options={"each": "text"}), lambda job: None)
    with pytest.raises(Invalid, match="It is one of: genre, speaker, status"):
        model_training.ask(desk, Wish("classify", options={"field": "own:x"}), lambda job: None)


def test_a_sorter_of_lines_is_measured_line_by_line(desk, tmp_path, quick):
    add_genres(desk, 20, 3)
    model = trained(desk, tmp_path, task="classify", curve=True)
    assert [one["name"] for one in model["measures"]] == ["line", "calibration_error"]
    assert model["options"] == {"field": "genre", "each": "line"}
    told = models.report(desk, model)
    assert told["sentences"][0]["words"][0][1] in ("narrative", "song")
    assert "Lines that are right" in models.card(desk, model)


def test_cards_speak_of_what_was_learnt_from(desk):
    facts = {"name": "M", "engine": "letters", "learnt_from": {"seq": 1, "lines": 40, "test": 7}}
    report = {"unseen": 2, "curve": {"points": [[25, 0.5, 0.4]], "more": 400, "gain": 0.1}}
    said = {
        name: model_cards.write(desk, {**facts, "task": task, "options": options}, report)
        for name, task, options in (
            ("lines", "classify", {"each": "line"}), ("texts", "classify", {"each": "text"}),
            ("fields of senses", "suggest", {}), ("words", "gloss", {}),
        )
    }  # fmt: skip
    for name, card in said.items():
        many = "sentences" if name == "words" else name
        assert f"On 7 {many} that it never saw" in card and f"400 more {many} would" in card
        assert ("sentences" in card) == ("always says the commonest" not in card) == (many != name)
        assert f"type: {'token' if name == 'words' else 'text'}-classification" in card


def test_a_sorter_of_texts_shows_the_texts(desk, tmp_path, quick):
    add_genres(desk, 1, 40)
    model = trained(desk, tmp_path, task="classify", options={"each": "text"})
    assert len(models.report(desk, model)["sentences"]) == model["learnt_from"]["test"]
    line = desk.store.utterances.find_one({})["_id"]
    erase.erase(desk, "utterance", line, reason="asked", change_id=new_id("x"), now=utc_now())
    assert "erased" in models.withdrawn(desk, model).why[0]


def test_words_of_another_language_are_learnt_by_a_job(desk, tmp_path, quick):
    def change(number, line):
        line["words"][number % 3]["language"] = "pt"

    change_lines(desk, add_lines(desk, 50), change)
    model = trained(desk, tmp_path, task="language")
    assert {label for label, *_ in models.report(desk, model)["labels"]} == {"seh", "pt"}


def test_the_usual_engine_of_categories_beats_the_lookup_behind_its_fence(desk, tmp_path):
    add_categories(desk, add_lines(desk, 60), ("Noun", "Verb", "Pronoun"))
    model = trained(desk, tmp_path, task="pos")  # the first and last word differ by place alone
    assert model["measures"][0]["value"] > model["measures"][0]["baseline"]


def test_what_there_is_for_every_task_is_read_once_for_lines_of_a_kind(desk, monkeypatch):
    add_genres(desk, 5, 2)
    reads = []
    filter_of = model_data.records.filter_of
    monkeypatch.setattr(
        model_data.records,
        "filter_of",
        lambda store, scope, kind: reads.append(kind) or filter_of(store, scope, kind),
    )
    told = model_data.amounts(desk, ("gloss", "form", "pos", "field", "language"))
    assert {key: one.lines for key, one in told.items()} == {
        "gloss": 10, "form": 10, "pos": 0, "field": 10, "language": 0
    }  # fmt: skip
    assert reads.count("utterance") == 2 and reads.count("text") == 1
