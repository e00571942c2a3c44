"""Models from outside: offered, tried on the project's own sentences, accepted or withdrawn."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from app.commands import model_uploads as command
from app.commands import models as model_commands
from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.project import GENRES
from app.domain.roles import Role
from app.ml import asking, crf, external, gloss, lookup
from app.ml.answers import taken
from app.ml.data import Line, Morph, Word, write_lines
from app.ml.labels import fitted, read_fit
from app.predict import service
from app.predict.catalog import StoredModels
from app.processes import trials
from app.services import (
    jobs,
    model_archives,
    model_expiry,
    model_trials,
    model_uploads,
    models,
)
from app.services.clock import utc_now
from app.services.model_trials import Wanted
from app.services.model_uploads import Sent
from app.store import accounts, files
from app.store import jobs as job_records
from tests.factories import item_id, make_desk, make_project, make_store
from tests.labelling import add_categories
from tests.ml.uploads import own, skops, zipped
from tests.modelling import PREFIXES, STEMS, TENSES, add_lines, make_line

pytestmark = pytest.mark.skipif(
    not all(one.holds for one in trials.proven()), reason="not every fence holds here"
)


@pytest.fixture
def desk(database):
    made = make_desk(make_store(database))
    account = {"_id": made.actor.id, "username": "ann", "key": "ann", "name": "Ann", "email": ""}
    accounts.insert(made.store, {**account, "admin": False, "disabled": False})
    return made


def glossed(number, *, other=False):
    """A line with glosses and parts of speech; of another project, where they are spelt so."""
    told = make_line(number, seed=9)
    words = []
    for form, morphs, glosses in zip(
        told["line"].split(), told["morphs"].split(), told["gloss"].split(), strict=True
    ):
        spelt = glosses.lower().replace("dog", "hound") if other else glosses
        pairs = list(zip(morphs.split("-"), spelt.split("-"), strict=True))
        joined = tuple(Morph(one, gloss, "-" * bool(at)) for at, (one, gloss) in enumerate(pairs))
        words.append(Word(form, joined, "Verb" if len(pairs) > 1 else "Noun"))
    return Line(str(number), words=tuple(words))


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A lookup as another LiFE gives it; its glosses are spelt otherwise."""
    folder = tmp_path_factory.mktemp("other") / "model"
    lines = [glossed(number, other=True) for number in range(1200)]
    lookup.train(lines, {}).save(folder)
    return zipped({path.name: path.read_bytes() for path in folder.iterdir()})


def offer(desk, folder, *sent, run=True):
    """What becomes of an upload: its job."""
    files_ = [Sent(name, io.BytesIO(content)) for name, content in sent]
    waiting = []
    job = model_uploads.receive(desk, files_, waiting.append)
    assert waiting == [job]
    if run:
        jobs.run(desk.store, job, folder)
    return job_records.get(desk.store, job)


def tried(desk, folder, found, **wanted):
    asked = Wanted(**{"name": "Theirs", "task": "gloss", "others": "keep", **wanted})
    job = model_trials.try_it(desk, model_uploads.get(desk, found["_id"]), asked, lambda _: None)
    jobs.run(desk.store, job, folder)
    return job_records.get(desk.store, job)


def blobs(desk):
    return [one["_id"] for one in files.iterate(desk.store, desk.project_id)]


def test_one_is_offered_tried_accepted_and_used(desk, tmp_path, counted):
    add_lines(desk, 60)
    found = offer(desk, tmp_path, ("theirs.zip", counted))
    assert found["state"] == "done", found.get("error")
    facts = model_uploads.get(desk, found["_id"]).facts
    assert (facts["kind"], facts["engine"], facts["tasks"]) == ("own", "lookup", ["gloss"])
    with pytest.raises(Conflict, match="Try it first"):
        model_trials.accept(desk, model_uploads.get(desk, found["_id"]))
    assert models.find_all(desk) == []

    plain = tried(desk, tmp_path, found)["result"]
    assert plain["tried"] >= 5 and plain["measures"][0]["value"] < 0.7
    odd = {label: became for label, _, became in plain["odd"]}
    assert odd.items() & {(one.lower(), one.lower()) for one in TENSES.values()}

    pairs = {one.lower(): one for one in (*PREFIXES.values(), *TENSES.values())}
    told = tried(desk, tmp_path, found, pairs={**pairs, "hound": "dog"}, ws="en")
    assert told["state"] == "done", told.get("error")
    assert told["result"]["measures"][0]["value"] > 0.9 and told["result"]["odd"] == []
    seen = model_uploads.get(desk, found["_id"])
    assert model_trials.report(desk, seen)["sentences"]

    model = models.get(desk, model_trials.accept(desk, seen))
    assert (model["origin"], model["ws"], model["name"]) == ("uploaded", "en", "Theirs")
    assert not model.get("is_default") and models.withdrawn(desk, model) is None
    assert models.use(desk, model).said("hound-pl") == "dog-pl"
    with pytest.raises(NotFound):
        model_uploads.get(desk, found["_id"])
    kept = [model[key] for key in ("archive", "report", "use", "lines")]
    assert sorted(blobs(desk)) == sorted(kept)
    laid = StoredModels(desk.store, tmp_path).lay(
        StoredModels(desk.store, tmp_path).find(model["_id"])
    )
    assert json.loads((laid / "use.json").read_text())["pairs"]["hound"] == "dog"
    assert not list(tmp_path.glob("work-*"))


def test_what_is_refused_is_named_and_leaves_nothing(desk, tmp_path):
    found = offer(desk, tmp_path, ("model.pkl", b"\x80\x04\x95cos\nsystem\n"))
    assert found["state"] == "failed" and "“model.pkl” is a pickle" in found["error"]
    assert blobs(desk) == [] and model_uploads.find_open(desk) == []
    for files_, told in (
        (own(model__json={"task": "fly", "engine": "ranker"}), "It does “fly”"),
        (own(model__json={"task": "gloss", "engine": "magic"}), "It was made by “magic”"),
        (own(), "It cannot be loaded"),
    ):
        found = offer(desk, tmp_path, ("model.zip", zipped(files_)))
        assert found["state"] == "failed" and told in found["error"]
    assert blobs(desk) == [] and not list(tmp_path.glob("work-*"))


def test_withdrawn_at_any_time_nothing_is_left(desk, tmp_path, counted):
    waiting = offer(desk, tmp_path, ("a.zip", counted), run=False)
    assert [one["_id"] for one in model_uploads.find_open(desk)] == [waiting["_id"]]
    model_uploads.withdraw(desk, waiting["_id"])
    jobs.run(desk.store, waiting["_id"], tmp_path)
    stopped = offer(desk, tmp_path, ("a.zip", counted), run=False)
    jobs.cancel(desk, stopped["_id"])
    assert blobs(desk) == []
    add_lines(desk, 40)
    found = offer(desk, tmp_path, ("a.zip", counted))
    tried(desk, tmp_path, found)
    assert len(blobs(desk)) == 3
    model_uploads.withdraw(desk, found["_id"])
    assert blobs(desk) == [] and model_uploads.find_open(desk) == []
    with pytest.raises(NotFound):
        model_uploads.withdraw(desk, found["_id"])


def test_what_nobody_decides_about_is_deleted_two_weeks_after_the_last_touch(desk):
    day = timedelta(days=1)
    now = utc_now().replace(microsecond=0) + day

    def waiting(tasks):
        job = model_uploads.ask(desk, lambda _: None, file=[], names=["a.zip"])
        job_records.update(desk.store, job, state="done", ended=now, result={"tasks": tasks})
        files.put(desk.store, desk.project_id, io.BytesIO(b"x"), "a", use="offer", offer=job)
        return job

    offered, encoder = waiting(["gloss"]), waiting([])
    kept = job_records.get(desk.store, offered)
    assert model_expiry.ends(desk.store, kept) == now + model_expiry.LASTS
    trial = job_records.add(
        desk.store, desk.project_id, desk.actor.id, "try-model", now + 10 * day, offer=offered
    )
    assert model_expiry.sweep(desk.store, now + 60 * day) == 0  # it is being tried
    job_records.update(desk.store, trial, state="done", ended=now + 10 * day)
    assert model_expiry.sweep(desk.store, now + 23 * day) == 0
    assert model_expiry.sweep(desk.store, now + 25 * day) == 1
    assert [one["_id"] for one in model_uploads.find_open(desk)] == [encoder]
    held = [one["metadata"]["offer"] for one in files.iterate(desk.store, desk.project_id)]
    assert held == [encoder] and model_expiry.sweep(desk.store, now + 99 * day) == 0
    with pytest.raises(NotFound):
        model_uploads.get(desk, offered)


def test_without_confirmed_sentences_it_is_shown_at_work(desk, tmp_path, counted):
    found = offer(desk, tmp_path, ("a.zip", counted))
    assert "no sentences in the project" in tried(desk, tmp_path, found)["error"]
    lines = add_lines(desk, 3)
    desk.store.utterances.update_many(
        {"_id": {"$in": lines}}, {"$unset": {"words.$[].analyses": 1}}
    )
    told = tried(desk, tmp_path, found)["result"]
    assert told["tried"] == 0 and told["measures"] == [] and told["shown"] == 3
    report = model_trials.report(desk, model_uploads.get(desk, found["_id"]))
    assert len(report["sentences"]) == 3 and report["sentences"][0]["words"][0][2]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"name": " "}, "Give it a name"),
        ({"task": "segment"}, "Choose what it does"),
        ({"others": "maybe"}, "leave, keep"),
        ({"ws": "xx"}, "It is one of: en"),
        ({"pairs": {"pl": "x" * 300}}, "at most 200 letters"),
        ({"languages": ("a b",)}, "no language tag"),
    ],
)
def test_what_is_said_of_it_is_checked(desk, wanted, told):
    job = {"_id": new_id("j"), "project": desk.project_id}
    facts = {"tasks": ["gloss"], "options": {}, "kind": "own"}
    found = model_uploads.Offer(job, facts, (), {}, None)
    asked = Wanted(**{"name": "Theirs", "task": "gloss", **wanted})
    with pytest.raises(Invalid, match=told):
        model_trials.try_it(desk, found, asked, lambda _: None)


def test_only_who_may_train_uploads_and_decides(desk, tmp_path, counted):
    contributor = make_desk(desk.store, role=Role.CONTRIBUTOR, name="Con")
    with pytest.raises(NotAllowed):
        model_uploads.receive(contributor, [Sent("a.zip", io.BytesIO(counted))], lambda _: None)
    found = offer(desk, tmp_path, ("a.zip", counted), run=False)
    make_project(desk.store, "other")
    for other in (contributor, make_desk(desk.store, "other", name="Oth")):
        with pytest.raises((NotAllowed, NotFound)):
            model_uploads.withdraw(other, found["_id"])
    for number in range(model_uploads.MOST_OPEN - 1):
        offer(desk, tmp_path, (f"{number}.zip", b"x"), run=False)
    with pytest.raises(Conflict, match="decide about those first"):
        offer(desk, tmp_path, ("more.zip", b"x"), run=False)


@pytest.mark.parametrize(("task", "engine"), [("gloss", gloss), ("pos", crf)])
def test_what_one_project_exports_guesses_the_same_in_another(desk, tmp_path, task, engine):
    target = {"gloss": "gloss", "pos": "pos"}[task]
    options = {"target": target, "translation": "none"} if task == "gloss" else {"target": target}
    engine.train([glossed(number) for number in range(60)], options).save(tmp_path / "first")
    model_archives.seal(tmp_path / "first", "# A card")
    model_archives.pack(tmp_path / "first", tmp_path / "model.zip")

    add_categories(desk, add_lines(desk, 12, first=900))
    found = offer(desk, tmp_path, ("model.zip", (tmp_path / "model.zip").read_bytes()))
    assert found["state"] == "done", found["error"]
    told = tried(desk, tmp_path, found, task=task)
    assert told["state"] == "done", told["error"]
    model = models.get(desk, model_trials.accept(desk, model_uploads.get(desk, found["_id"])))
    assert model["task"] == task and model["options"].get("translation", "none") == "none"

    catalog = StoredModels(desk.store, tmp_path)
    second = catalog.lay(catalog.find(model["_id"]))
    bare = [
        Line(line.id, words=tuple(Word(word.form) for word in line.words))
        for line in map(glossed, range(500, 540))
    ]
    asked, said = [json.loads(one) for one in write_lines(bare)], []
    for folder in (tmp_path / "first", second):
        guesses = [asdict(one) for one in engine.Model.load(folder).predict(bare)]
        plain, fit = taken(json.loads(json.dumps(guesses)), asked), read_fit(folder)
        said.append(fitted(plain, asked, fit) if fit else plain)
    assert said[0] == said[1] and said[0][0]["words"][0] and read_fit(second)


def test_one_that_labels_lines_is_tried_by_a_field_of_the_project(desk, tmp_path, monkeypatch):
    genre = item_id(desk, GENRES, "narrative")
    add_lines(desk, 24, texts=2, text={"genre": genre})

    class Said(asking.Loaded):
        def guess(self, lines):
            told = [{"label": "Narrative", "probability": 0.6}, {"label": "x", "probability": 0.4}]
            return [{"id": line["id"], "words": [], "line": told} for line in lines]

    @contextmanager
    def loaded(module, folder, log, stop):
        units = (
            json.loads((folder / "use.json").read_text()) if (folder / "use.json").exists() else {}
        )
        assert units.get("unit", "line") == "line"
        yield Said(asking.Facts(("Narrative", "x"), "", "1.9.1"), None, stop)

    monkeypatch.setattr(asking, "loaded", loaded)
    found = offer(desk, tmp_path, ("a.skops", skops()))
    seen = model_uploads.get(desk, found["_id"])
    assert [one.name for one in seen.tasks] == ["gloss", "pos", "language", "classify"]
    assert [row.proposed for row in model_uploads.rows(seen, "classify")] == ["narrative", ""]
    with pytest.raises(Invalid, match="It is one of: genre"):
        asked = Wanted("Kinds", "classify", options={"field": "colour"})
        model_trials.try_it(desk, seen, asked, lambda _: None)
    options, pairs = {"field": "genre", "each": "line"}, {"Narrative": "narrative"}
    told = tried(desk, tmp_path, found, task="classify", options=options, pairs=pairs)
    assert told["state"] == "done", told["error"]
    assert told["result"]["measures"][0]["value"] == 1.0
    accepted = model_trials.accept(desk, model_uploads.get(desk, found["_id"]))
    assert models.get(desk, accepted)["options"] == options


def test_the_command_tries_and_accepts(desk, settings, tmp_path, counted, monkeypatch):
    @contextmanager
    def opened():
        yield settings, desk.store

    monkeypatch.setattr(command, "opened", opened)
    (tmp_path / "theirs.zip").write_bytes(counted)
    add_lines(desk, 40)

    def run(*more):
        done = CliRunner().invoke(
            command.upload, ["sena", str(tmp_path / "theirs.zip"), "--means", "hound=dog", *more]
        )
        assert done.exception is None, done.output
        return done.output

    assert "It was tried only" in run("--others", "keep")
    assert blobs(desk) == [] and models.find_all(desk) == []
    told = json.loads(run("--accept", "--json", "--language", "seh"))
    assert models.get(desk, told["model"])["name"] == "theirs" and told["sentences"] >= 5
    monkeypatch.setattr(model_commands, "opened", opened)
    asked = ["sena", told["model"], "--public", "--licence", "CC0-1.0"]
    assert "Shared with everybody." in CliRunner().invoke(model_commands.share, asked).output
    assert models.get(desk, told["model"])["access"]["level"] == "public"
    (tmp_path / "theirs.zip").write_bytes(b"GGUF")
    failed = CliRunner().invoke(command.upload, ["sena", str(tmp_path / "theirs.zip")])
    assert "a GGUF model" in str(failed.exception) and len(blobs(desk)) == 4


def test_a_service_elsewhere_is_tried_accepted_and_asked(desk, settings, tmp_path, monkeypatch):
    sent, stems = [], {**STEMS, "mbwa": "DOG"}

    def said(word):
        return [{"label": stems[word], "probability": 0.9}] if word in stems else []

    def ask(service, question):
        external.checked(service.address, service.hosts)
        sent.append(question)
        if question["ask"] == "about":
            return {"name": "Glosses", "labels": ["DOG", "cat"]}
        return {"guesses": [
            {"id": one["id"], "words": [said(word) for word in one["words"]]}
            for one in question["lines"]
        ]}  # fmt: skip

    monkeypatch.setattr(external.Service, "_ask", ask)
    address, hosts = "https://good.example.org/gloss", ("good.example.org",)
    with pytest.raises(Invalid, match="have listed none"):
        model_uploads.ask_service(desk, address, (), lambda _: None)
    editor = make_desk(desk.store, role=Role.EDITOR, name="Edi")
    with pytest.raises(NotAllowed):
        model_uploads.ask_service(editor, address, hosts, lambda _: None)
    lines = add_lines(desk, 40)
    job = model_uploads.ask_service(desk, address, hosts, lambda _: None)
    jobs.run(desk.store, job, tmp_path)
    found = job_records.get(desk.store, job)
    assert found["state"] == "done", found.get("error")
    told = tried(desk, tmp_path, found, pairs={"DOG": "dog"})
    assert told["result"]["measures"][0]["value"] > 0 and told["result"]["odd"] == []
    assert not any(line in json.dumps(sent) for line in lines)
    seen = model_uploads.get(desk, job)
    with pytest.raises(NotAllowed):
        model_trials.accept(editor, seen)
    model = models.get(desk, model_trials.accept(desk, seen))
    assert (model["origin"], model["address"], model.get("archive", "")) == ("service", address, "")
    with pytest.raises(Invalid, match="asked elsewhere"):
        models.share(desk, model["_id"], public=True, slugs="", people="", licence="CC0-1.0",
                     change_id=new_id("x"))  # fmt: skip

    line = {"id": "1", "words": [{"form": "mbwa"}]}
    asked = {"model": model["_id"], "lines": [line]}
    with pytest.raises(Invalid, match="have listed none"):
        service.Models(settings, StoredModels(desk.store, tmp_path), tmp_path).guess(asked)
    allowed = replace(settings, model_hosts="good.example.org")
    running = service.Models(allowed, StoredModels(desk.store, tmp_path), tmp_path)
    (word,) = running.guess(asked)["guesses"][0]["words"]
    assert word[0]["morphs"] == [{"form": "mbwa", "gloss": "dog", "joint": ""}]
    running.pool.close()
