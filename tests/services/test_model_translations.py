"""Models that translate: brought in, tried, trained, and what they say where somebody works."""

from __future__ import annotations

import csv
import gzip
import io
import json
from contextlib import contextmanager
from dataclasses import replace

import pytest

from app.domain.errors import Invalid, Unavailable
from app.ml import asking, external, lookup, running, translation_scores
from app.ml.data import read_lines
from app.ml.labels import fit_of_texts
from app.ml.targets import TRANSLATION
from app.predict.catalog import StoredModels
from app.services import (
    jobs,
    model_bases,
    model_batch,
    model_comparison,
    model_data,
    model_renewal,
    model_silence,
    model_training,
    model_translations,
    model_trials,
    model_trying,
    model_uploads,
    models,
)
from app.services.model_data import Choice
from app.services.model_trials import Wanted
from app.services.model_uploads import Sent
from app.services.model_wishes import Wish
from app.store import accounts, files
from app.store import jobs as job_records
from app.store import models as model_records
from app.store.followers import catch_up
from app.store.occurrences import Occurrences
from tests.factories import make_desk, make_store
from tests.ml.uploads import transformers, zipped
from tests.modelling import add_bare_lines, add_lines, add_model, make_line

CONFIG = {
    "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "vocab_size": 40,
    "d_model": 8, "d_kv": 8, "d_ff": 8, "num_layers": 1, "num_heads": 2,
}  # fmt: skip
FILES = zipped(transformers(config__json=CONFIG))


def desk_in(database):
    made = make_desk(make_store(database))
    account = {"_id": made.actor.id, "username": "ann", "key": "ann", "name": "Ann", "email": ""}
    accounts.insert(made.store, {**account, "admin": False, "disabled": False})
    return made


@pytest.fixture(scope="module")
def desk(module_database):
    made = desk_in(module_database)
    add_lines(made, 60)
    return made


class Knows(asking.Loaded):
    """A model that knows the language of the tests, in this process."""

    def guess(self, lines):
        assert all(not line["translations"] and "field" not in line["labels"] for line in lines)
        return [{"id": one["id"], "words": [], "line": known(one["labels"]["said"])}
                for one in lines]  # fmt: skip


def known(said):
    """Two translations of a line, as a model gives them."""
    told = next((make_line(n) for n in range(200) if make_line(n)["line"] == said), None)
    best = told["translation"].upper().lower() if told else "somebody does something"
    return [{"label": best, "probability": 0.6}, {"label": "x", "probability": 0.1}]


@pytest.fixture
def fitted(monkeypatch):
    """Models are not started; gives what was said to them of how they are asked."""
    seen = []

    @contextmanager
    def loaded(module, folder, log, stop):
        use = folder / "use.json"
        seen.append(json.loads(use.read_text()) if use.exists() else None)
        facts = asking.Facts((), "ForConditionalGeneration", "5", ("eng_Latn", "swh_Latn"))
        yield Knows(facts, None, stop)

    monkeypatch.setattr(asking, "loaded", loaded)
    return seen


def offered(desk, folder):
    sent = [Sent("Small.zip", io.BytesIO(FILES))]
    job = model_uploads.receive(desk, sent, lambda _: None)
    jobs.run(desk.store, job, folder)
    found = job_records.get(desk.store, job)
    assert found["state"] == "done", found["error"]
    return found["_id"]


def tried(desk, folder, offer, **wanted):
    asked = Wanted("Small", "translate", **wanted)
    job = model_trials.try_it(desk, model_uploads.get(desk, offer), asked, lambda _: None)
    jobs.run(desk.store, job, folder)
    return job_records.get(desk.store, job)


def test_lines_with_a_translation_are_learnt_from_glossed_or_not(desk):
    found = model_data.gather(desk, TRANSLATION)
    assert found.gloss_ws == "en" and len(found.lines) >= 50
    line = next(iter(found.lines.values()))
    assert set(line.labels) == {"said", "field"} and not line.translations
    assert model_data.gather(desk, TRANSLATION, Choice(into="pt")).lines == {}
    assert model_data.amount(desk, TRANSLATION).missing == 0


def test_one_is_offered_tried_beside_word_by_word_and_accepted(desk, tmp_path, fitted):
    offer = offered(desk, tmp_path)
    seen = model_uploads.get(desk, offer)
    assert [one.name for one in seen.tasks] == ["translate"] and not seen.labels
    assert seen.codes == ["eng_Latn", "swh_Latn"] and model_uploads.rows(seen, "translate") == []
    assert model_bases.bases(desk) == [] and model_bases.translators(desk) == [(offer, "Small")]
    with pytest.raises(Invalid, match="It is one of: en"):
        tried(desk, tmp_path, offer, options={"into": "xx"})
    with pytest.raises(Invalid, match="at most 40 letters"):
        tried(desk, tmp_path, offer, says={"gives": "x" * 41})
    says = {"prefix": "translate:", "source": "swh_Latn", "gives": "eng_Latn"}
    done = tried(desk, tmp_path, offer, says=says)
    assert done["state"] == "done", done["error"]
    told = done["result"]
    assert [fitted[-1][key] for key in ("source", "gives")] == ["swh_Latn", "eng_Latn"]
    assert fitted[-1]["prefix"] == "translate: "  # set off by a space
    (chrf, overlap) = told["measures"]
    assert (chrf["name"], overlap["name"]) == ("chrf", "overlap")
    assert chrf["value"] == 1.0 > chrf["baseline"] > 0.2 and chrf["count"] == told["tried"] >= 5
    report = model_trials.report(desk, model_uploads.get(desk, offer))
    ((said, gold, guessed, share),) = report["sentences"][0]["words"]
    assert (gold, share, report["sentences"][0]["chrf"]) == (guessed, 0.6, 1.0) and said

    model = models.get(desk, model_trials.accept(desk, model_uploads.get(desk, offer)))
    assert (model["task"], model["ws"], model["options"]) == ("translate", "en", {"into": "en"})
    assert models.use(desk, model) == fit_of_texts({**says, "prefix": "translate: "})
    assert model_bases.translators(desk) == [(model["_id"], "Small")]
    into, room = model_bases.lay(desk, model["_id"], tmp_path)
    assert json.loads((into / "use.json").read_text())["gives"] == "eng_Latn"
    assert room.memory >= 4096
    assert StoredModels(desk.store, tmp_path).find(model["_id"]).outside
    assert "Words shared with the translation" in models.card(desk, model)


def test_without_a_translated_line_it_is_shown_at_work(database, tmp_path, fitted):
    desk = desk_in(database)
    add_bare_lines(desk, ["mbwa anaona paka"])
    told = tried(desk, tmp_path, offered(desk, tmp_path))["result"]
    assert (told["tried"], told["shown"], told["measures"]) == (0, 1, [])
    (report,) = model_trials.report(desk, model_uploads.get(desk, told_offer(desk)))["sentences"]
    assert report["words"][0][:3] == ["mbwa anaona paka", "", "somebody does something"]


def told_offer(desk):
    (job,) = model_uploads.find_open(desk)
    return job["_id"]


def test_the_lookup_is_trained_and_measured_with_a_curve(desk, tmp_path, monkeypatch):
    def carry_out(training, into, work, tell, stop):
        with training.lines.open(encoding="utf-8") as file:
            lookup.train(list(read_lines(file)), training.options).save(into)

    def guesses(self, folder, lines):
        made = lookup.Model.load(folder).predict(model_training._blank(self._options, lines))
        return [model_training.units_said({"line": [vars_of(o) for o in one.line], "words": []},
                                          TRANSLATION) for one in made]  # fmt: skip

    monkeypatch.setattr(running, "carry_out", carry_out)
    monkeypatch.setattr(model_training._Training, "_guesses", guesses)
    with pytest.raises(Invalid, match="no model to begin with"):
        model_training.prepare(make_desk(desk.store, "other"), Wish("translate"))
    made = model_training.train_now(desk, Wish("translate", "lookup"), lambda *_: None, tmp_path)
    model = models.get(desk, made)
    main = model["measures"][0]
    assert main["name"] == "chrf" and main["value"] == main["baseline"] > 0.2
    assert model["learnt_from"]["gloss_ws"] == "en" and model["options"] == {"into": "en"}
    points = models.report(desk, model)["curve"]["points"]
    assert len(points) >= 2 and points[-1][1] == main["value"]
    assert not model.get("is_default")
    assert model_renewal.since(desk, model).new == 0
    add_lines(desk, 12, first=3000)
    found = model_renewal.since(desk, model)
    assert found.new == 12 and found.is_worth_it


def vars_of(label):
    return {"label": label.label, "probability": label.probability}


class Told:
    """What runs models, without any."""

    def __init__(self):
        self.asked, self.silent = [], False

    def guess(self, model, lines, lexicon=(), *, seconds=0.0):
        if self.silent:
            raise Unavailable("nobody is there")
        self.asked.append([line.labels["said"] for line in lines])
        assert not any(line.translations for line in lines) and not lexicon
        return [{"id": one.id, "words": [], "line": known(one.labels["said"])} for one in lines]


@pytest.fixture
def model(desk):
    facts = {"task": "translate", "engine": "transformers", "origin": "uploaded", "ws": "en"}
    made = add_model(desk, **facts, options={"into": "en"}, learnt_from=None)
    yield models.get(desk, made)
    models.delete(desk, made, change_id=f"x{made[1:]}")
    model_silence.forget()


def test_the_editor_is_offered_the_same_sentence_first_then_the_model(desk, model):
    line = make_line(2)
    (bare,) = add_bare_lines(desk, [f"{line['line'].capitalize()}!"])
    catch_up(desk.store, desk.project_id, (Occurrences(),))
    stored, told = desk.store.utterances.find_one({"_id": bare}), Told()
    assert model_translations.has_model(desk, "en") and not model_translations.has_model(
        desk, "seh"
    )
    first, second, third = model_translations.suggest(desk, told, stored, "en")
    assert (first.text, first.origin, first.probability) == (line["translation"], "memory", None)
    assert "translated so once" in str(first.reason)
    assert (second.text, second.origin) == ("somebody does something", "model")
    assert "60 % sure of each piece" in str(second.reason) and third.text == "x"
    assert told.asked == [[f"{line['line'].capitalize()}!"]]
    assert len(model_translations.suggest(desk, None, stored, "en")) == 1
    told.silent = True
    for _ in range(2):
        assert len(model_translations.suggest(desk, told, stored, "en")) == 1
    assert model_translations.is_waiting(desk)
    assert model_translations.suggest(replace(desk, role=None), told, stored, "en") == []
    with pytest.raises(Invalid, match="It is one of: en"):
        model_translations.suggest(desk, told, stored, "translation.en")
    assert "translation" not in desk.store.utterances.find_one({"_id": bare})


def test_it_is_tried_on_few_typed_lines_and_writes_tables(desk, model, tmp_path):
    told = Told()
    (answer,) = model_trying.try_out(desk, told, model, ["Mbwa, xoxo!\tnot read"])
    assert [one.gloss for one in answer.line] == ["somebody does something", "x"]
    assert told.asked == [["Mbwa, xoxo!"]]
    with pytest.raises(Invalid, match="at most 5 lines"):
        model_trying.try_out(desk, told, model, ["mbwa"] * 6)
    assert model_batch.formats_for(model) == ("csv", "jsonl")
    made = {}
    for form in ("csv", "jsonl"):
        path = tmp_path / form
        model_batch.write(desk, told, model["_id"], (), form, path, lambda *_: None)
        made[form] = path.read_text(encoding="utf-8-sig")
    rows = [one for one in csv.DictReader(io.StringIO(made["csv"])) if one["form"]]
    line = make_line(1)
    mine = [(one["state"], one["label"]) for one in rows if one["form"] == line["line"]]
    assert ("confirmed", line["translation"]) in mine and ("guess", line["translation"]) in mine
    objects = [json.loads(one) for one in made["jsonl"].splitlines()]
    assert {"text", "line", "confirmed", "guesses"} == set(objects[0])
    assert max(map(len, told.asked)) == 2


def measured(desk, lines, said):
    """A model that says the same of lines; returns its id."""
    report = {"sentences": [
        {"id": one, "words": [["mbwa anaona", "the dog sees", said, 0.5]]} for one in lines
    ]}  # fmt: skip
    kept = [gzip.compress(json.dumps(report).encode()), model_records.write_lines((), lines)]
    report_file, lines_file = (
        files.put(desk.store, desk.project_id, io.BytesIO(one), "x") for one in kept
    )
    share = translation_scores.chrf([said], ["the dog sees"])
    measure = {"name": "chrf", "value": share, "low": share, "high": share, "baseline": 0.1}
    return add_model(
        desk, task="translate", engine="lookup", report=report_file, lines=lines_file,
        measures=[measure], is_default=False,
    )  # fmt: skip


def test_two_are_compared_by_how_near_their_sentences_come(desk):
    lines = [one["_id"] for one in desk.store.utterances.find().limit(8)]
    one, other = (
        models.get(desk, measured(desk, lines, said)) for said in ("the dog saw", "a cat")
    )
    assert other in model_comparison.comparable_with(desk, one)
    found = model_comparison.compare(desk, one, other)
    assert (found.kind, found.words) == ("same", 8) and not found.may_be_chance
    near = translation_scores.chrf(["the dog saw"], ["the dog sees"])
    assert found.one_right / 8 == pytest.approx(near) and found.low > 0
    assert found.differing[0].gain == pytest.approx(found.difference)


def test_a_service_may_translate(monkeypatch):
    asked = []

    def ask(_self, question):
        asked.append(question)
        if question["ask"] == "about":
            return {"name": "Far", "unit": "text"}
        long = {"label": "long " * 100, "probability": 0.5}
        return {"guesses": [{"id": one["id"], "words": [], "line": [long]}
                            for one in question["lines"]]}  # fmt: skip

    monkeypatch.setattr(external.Service, "_ask", ask)
    service = external.Service("https://a.example.org/", ("a.example.org",))
    assert service.about().unit == "text"
    lines = [{"id": "l1", "words": [{"form": "mbwa"}], "translations": {}, "labels": {}}]
    (guess,) = service.guess("translate", lines)
    assert guess["id"] == "l1" and len(guess["line"][0]["label"]) == 500
    with pytest.raises(Unavailable, match="not of these lines"):
        service.guess("classify", lines)
