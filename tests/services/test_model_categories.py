"""Parts of speech: what they are learnt from, trained by a job, and said in guesses."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid, Unavailable
from app.domain.ids import new_id
from app.domain.project import PARTS_OF_SPEECH
from app.ml import running
from app.services import (
    jobs,
    model_categories,
    model_data,
    model_guesses,
    model_silence,
    model_training,
    models,
)
from app.services.guesses import Suggestion
from app.services.model_lines import categories_of
from app.services.model_wishes import Wish
from app.store import accounts, changes
from app.store import jobs as job_records
from app.store.changes import Op
from tests.factories import item_id, make_desk, make_store
from tests.labelling import add_categories, change_lines
from tests.modelling import add_lines


@pytest.fixture
def desk(database):
    made = make_desk(make_store(database))
    account = {"_id": made.actor.id, "username": "ann", "key": "ann", "name": "Ann", "email": ""}
    accounts.insert(made.store, {**account, "admin": False, "disabled": False})
    return made


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for part in (running, model_training):
        monkeypatch.setattr(part, "module_of", lambda _engine: "app.ml.lookup")
    model_silence.forget()


def test_words_have_their_own_category_or_that_of_their_stem(desk):
    lines = add_lines(desk, 2)
    noun, verb = (item_id(desk, PARTS_OF_SPEECH, one) for one in ("Noun", "Verb"))

    def change(_number, line):
        first, second, _ = line["words"]
        first["analyses"][0]["pos"] = noun
        for morph in second["analyses"][0]["morphs"]:
            morph["pos"] = verb if morph["gloss"]["en"].islower() else noun

    change_lines(desk, lines, change)
    found = model_data.gather(desk, "pos")
    assert [
        [word.pos for word in found.lines[one].words] for one in lines
    ] == [["Noun", "Verb", ""]] * 2  # fmt: skip
    assert model_data.amount(desk, "pos").words == 4


def test_without_categories_it_says_what_is_missing(desk):
    add_lines(desk, 40)
    with pytest.raises(Invalid, match="30 more sentences with categories of words"):
        model_training.ask(desk, Wish("pos"), lambda job: None)


def test_it_is_trained_and_measured_word_by_word(desk, tmp_path):
    add_categories(desk, add_lines(desk, 60))
    job = model_training.ask(desk, Wish("pos"), lambda job: None)
    jobs.run(desk.store, job, tmp_path)
    done = job_records.get(desk.store, job)
    assert done["state"] == "done", done.get("error")
    model = models.get(desk, done["result"]["model"])
    assert [one["name"] for one in model["measures"]] == ["word", "calibration_error"]
    assert model["engine"] == "crf" and model["is_default"]
    told = models.report(desk, model)
    assert {label for label, *_ in told["labels"]} == {"Noun", "Verb"}
    assert told["sentences"][0]["words"][0][1] == "Noun" and told["curve"]["points"]
    assert "Words that are right" in models.card(desk, model)


class Told:
    """A service that says the same category of every word, or nothing at all."""

    def __init__(self, label, probability, silent=False):
        self.said = [{"label": label, "probability": probability}]
        self.silent, self.asked = silent, 0

    def guess(self, _model, lines, _lexicon=(), *, seconds=0.0):
        self.asked += 1
        if self.silent:
            raise Unavailable("nobody is there")
        return [{"words": [self.said for _ in line.words]} for line in lines]


@pytest.fixture
def line(desk, monkeypatch):
    """A line with a word that has a guess without a category, and a model of categories."""
    made = {"id": new_id("a"), "name": "C", "task": "pos", "engine": "crf", "is_default": True}
    made |= {"series": made["id"], "learnt_from": {"seq": 1}, "access": {"level": "members"}}
    ops = [Op("model", made["id"], "create", made)]
    changes.commit(desk.store, desk.project_id, desk.actor, "model", ops, change_id=new_id("x"))
    (first,) = add_lines(desk, 1)
    stored = desk.store.utterances.find_one({"_id": first})
    stored["words"][0] |= {"analyses": [], "chosen": None}
    morph = {"id": new_id("m"), "form": {"seh": "mbwa"}, "gloss": {"en": "dog"}}
    known = Suggestion({"id": new_id("y"), "morphs": [morph]}, "memory", 0.8, 2, "known")
    found = {stored["words"][0]["id"]: [known]}
    monkeypatch.setattr(model_guesses.guesses, "suggest", lambda _desk, _line, _most=0: dict(found))
    return stored


def offers(desk, told, line):
    return model_guesses.suggest(desk, told, [line])[line["_id"]][line["words"][0]["id"]]


def test_a_guess_without_a_category_gets_the_likeliest(desk, line):
    (best, *_) = offers(desk, Told("Noun", 0.93), line)
    assert best.analysis["pos"] == item_id(desk, PARTS_OF_SPEECH, "Noun")
    assert best.reason.endswith("category: the model, 93 % sure")


@pytest.mark.parametrize(("label", "probability"), [("Noun", 0.3), ("Nobody", 0.99)])
def test_what_is_unlikely_or_unknown_is_not_said(desk, line, label, probability):
    assert all("pos" not in one.analysis for one in offers(desk, Told(label, probability), line))


def test_in_the_background_only_sure_categories_are_taken(desk, line):
    told = Told("Noun", 0.9)
    found = model_guesses.suggest_patiently(desk, told, [line])[line["_id"]]
    assert told.asked and all("pos" not in one.analysis for row in found.values() for one in row)


def test_without_an_answer_glosses_stand_alone_and_it_is_not_asked_again(desk, line):
    told = Told("Noun", 0.9, silent=True)
    assert offers(desk, told, line) and offers(desk, told, line)
    assert told.asked == 1


def test_a_category_of_the_stem_stays(desk, line):
    verb = item_id(desk, PARTS_OF_SPEECH, "Verb")
    (best, *_) = offers(desk, Told("Noun", 0.1), line)
    best.analysis["morphs"][0]["pos"] = verb
    found = {line["_id"]: {line["words"][0]["id"]: [best]}}
    model_categories.add_categories(desk, Told("Noun", 0.99), [line], found)
    assert found[line["_id"]][line["words"][0]["id"]] == [best]
    assert categories_of(desk).of(best.analysis) == "Verb"
