"""Training as a job: a model with its figures, or nothing."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from app.domain.errors import Conflict, Invalid, NotAllowed
from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.domain.models import is_evaluated
from app.domain.roles import Role
from app.ml import engines, running
from app.processes.talking import Talker
from app.services import (
    erase,
    history,
    jobs,
    model_data,
    model_training,
    model_wishes,
    models,
    people,
)
from app.services.clock import utc_now
from app.services.model_wishes import Wish
from app.store import accounts, changes, files
from app.store import jobs as job_records
from app.store.changes import Op
from tests.factories import make_desk, make_project, make_store
from tests.modelling import add_lines

KEEP = ("archive", "report", "lines")


@pytest.fixture
def desk(database):
    made = make_desk(make_store(database))
    add_account(made)
    return made


def add_account(desk):
    account = {"_id": desk.actor.id, "username": "ann", "key": "ann", "name": "Ann", "email": ""}
    accounts.insert(desk.store, {**account, "admin": False, "disabled": False})


@pytest.fixture
def quick(monkeypatch):
    """The simplest engine in the place of the usual one: its process starts at once."""
    use(monkeypatch, "app.ml.lookup")


def use(monkeypatch, module):
    for part in (running, model_training):
        monkeypatch.setattr(part, "module_of", lambda _engine: module)


def train(desk, folder, **wish):
    asked = {"task": "gloss", "curve": False, **wish}
    job = model_training.ask(desk, Wish(**asked), lambda job: None)
    jobs.run(desk.store, job, folder)
    return job_records.get(desk.store, job)


def trained(desk, folder, **wish):
    job = train(desk, folder, **wish)
    assert job["state"] == "done", job.get("error")
    return models.get(desk, job["result"]["model"])


def blobs(desk):
    return [one["_id"] for one in files.iterate(desk.store, desk.project_id)]


def test_a_model_is_trained_measured_and_kept(desk, tmp_path, quick):
    lines = add_lines(desk, 80)
    job = train(desk, tmp_path, curve=True)
    assert job["state"] == "done", job
    model = models.get(desk, job["result"]["model"])
    learnt = model["learnt_from"]
    assert learnt["train"] + learnt["test"] == learnt["lines"] == len(set(lines))
    assert model["is_default"] and model["version"] == 1 and model["series"] == model["_id"]
    word = model["measures"][0]
    assert word["name"] == "word" and word["low"] <= word["value"] <= word["high"]
    assert word["value"] == pytest.approx(word["baseline"])  # both are lookups here
    told = models.report(desk, model)
    assert len(told["sentences"]) == learnt["test"]
    assert [size for size, _, _ in told["curve"]["points"]][-1] == learnt["train"]
    assert "Learning curve" in {row["said"].partition(":")[0] for row in job["log"]}
    assert not list(tmp_path.glob("work-*"))


def test_the_archive_is_whole_and_its_card_tells_what_it_is(desk, tmp_path, quick):
    add_lines(desk, 60)
    model = trained(desk, tmp_path)
    name, stream = models.open_archive(desk, model)
    assert name == "sena-gloss-v1.life-model.zip"
    (tmp_path / name).write_bytes(stream.read())
    with zipfile.ZipFile(tmp_path / name) as packed:
        assert {"card.md", "sha256.json", "model.json"} <= set(packed.namelist())
        assert json.loads(packed.read("model.json"))["task"] == "gloss"
        card = packed.read("card.md").decode()
    assert card.startswith("---\n") and "library_name: life" in card
    assert "by sentences" in card or "sentences, after removing" in card
    assert "mbwa" not in card  # no word of a text


def test_the_same_data_give_the_same_model(desk, tmp_path, quick):
    add_lines(desk, 60)
    first = trained(desk, tmp_path, options={"translation": "none"})
    second = trained(desk, tmp_path, series=first["_id"])
    assert second["options"] == first["options"] == {"from": "words", "translation": "none"}
    assert second["version"] == 2 and second["series"] == first["_id"]
    assert second["measures"] == first["measures"]
    assert [one["version"] for one in models.versions(desk, first)] == [2, 1]
    assert first["is_default"] and not second.get("is_default")


@pytest.mark.parametrize(("value", "may"), [(0.7, False), (0.8, True), (0.9, True)])
def test_what_is_worse_than_the_lookup_guesses_only_if_it_is_chosen(value, may):
    measures = [{"name": "word", "value": value, "baseline": 0.8}]
    assert model_training.is_worth_showing(measures) == may


def test_the_usual_engine_beats_the_lookup(desk, tmp_path):
    add_lines(desk, 120)
    model = trained(desk, tmp_path)
    word = model["measures"][0]
    assert word["value"] > word["baseline"]
    segment = trained(desk, tmp_path, task="segment")
    assert segment["measures"][0]["value"] > segment["measures"][0]["baseline"]


def test_too_little_is_refused_with_what_is_missing(desk):
    add_lines(desk, 18)
    with pytest.raises(Invalid, match="12 more glossed sentences"):
        model_training.ask(desk, Wish("gloss"), lambda job: None)
    assert job_records.find_all(desk.store, desk.project_id) == []


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"task": "fly"}, "There is no task"),
        ({"engine": "magic"}, "cannot do this"),
        ({"options": {"colour": "red"}}, "no such option"),
        ({"options": {"from": "letters"}}, "It is one of: words, morphs"),
        ({"task": "pos", "options": {"size": "small"}}, "no such option"),
        ({"task": "pos", "engine": "transformer", "options": {"size": "huge"}}, "small, medium"),
    ],
)
def test_wishes_that_are_not_to_be_had(desk, wish, told, monkeypatch):
    monkeypatch.setattr(engines, "_is_there", lambda package: True)
    with pytest.raises(Invalid, match=told):
        model_training.ask(desk, Wish(**{"task": "gloss", **wish}), lambda job: None)


def test_an_engine_is_not_to_be_had_where_a_package_is_left_out(desk, monkeypatch):
    monkeypatch.setattr(engines, "_is_there", lambda package: package != "torch")
    with pytest.raises(Invalid, match="needs torch, which this server does not have"):
        model_training.ask(desk, Wish("pos", "transformer"), lambda job: None)
    here, missing = engines.engines_here(("crf", "transformer"))
    assert [one.name for one in here] == ["crf"]
    assert [one.name for one in missing] == ["transformer"]


def test_a_further_version_is_trained_as_the_one_before():
    before = {"engine": "sklearn", "options": {"from": "morphs", "size": "small"}}
    wish = model_wishes.as_before(Wish("gloss"), before)
    assert wish.engine == "sklearn" and wish.options == {"from": "morphs"}
    wish = model_wishes.as_before(Wish("gloss", "crf", {"from": "words"}), before)
    assert wish.engine == "crf" and wish.options == {"from": "words"}


def test_only_editors_and_above_train(desk):
    contributor = make_desk(desk.store, role=Role.CONTRIBUTOR, name="Con")
    with pytest.raises(NotAllowed):
        model_training.ask(contributor, Wish("gloss"), lambda job: None)


def test_one_training_a_project_at_a_time(desk):
    add_lines(desk, 60)
    model_training.ask(desk, Wish("gloss"), lambda job: None)
    with pytest.raises(Conflict, match="being trained"):
        model_training.ask(desk, Wish("gloss"), lambda job: None)


def test_what_fails_leaves_nothing(desk, tmp_path, monkeypatch, quick):
    add_lines(desk, 60)
    before = blobs(desk)

    def break_off(*_args, **_kwargs):
        raise Conflict("no")

    monkeypatch.setattr(model_training.changes, "commit", break_off)
    assert train(desk, tmp_path)["state"] == "failed"
    assert models.find_all(desk) == [] and blobs(desk) == before
    assert not list(tmp_path.glob("work-*"))


ENDLESS = """
import time
while True:
    print('{"share": 0.1, "phase": "turning"}', flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def endless(monkeypatch):
    """A process that never comes to an end; its number as soon as it runs, and when to stop it."""
    begun = []

    def start(_module, fence, log, **_kwargs):
        command = (sys.executable, "-c", ENDLESS)
        begun.append(Talker(command, running.environment(), Path(fence.folder), log))
        return begun[-1]

    monkeypatch.setattr(running, "start", start)
    return begun


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def in_the_background(desk, folder):
    job = model_training.ask(desk, Wish("gloss", curve=False), lambda job: None)
    thread = threading.Thread(target=jobs.run, args=(desk.store, job, folder))
    thread.start()
    return job, thread


def test_a_training_that_is_stopped_ends_its_process(desk, tmp_path, endless):
    add_lines(desk, 60)
    job, thread = in_the_background(desk, tmp_path)
    wait_for(lambda: endless and job_records.get(desk.store, job)["phase"] == "Training")
    asked = time.monotonic()
    jobs.cancel(desk, job)
    thread.join(20)
    assert time.monotonic() - asked < 2
    assert job_records.get(desk.store, job)["state"] == "cancelled"
    assert not endless[0].is_alive()
    assert models.find_all(desk) == [] and not list(tmp_path.glob("work-*"))


def test_a_process_that_is_killed_makes_the_job_fail(desk, tmp_path, endless):
    add_lines(desk, 60)
    job, thread = in_the_background(desk, tmp_path)
    wait_for(lambda: endless)
    os.killpg(endless[0].pid, signal.SIGKILL)
    thread.join(20)
    found = job_records.get(desk.store, job)
    assert found["state"] == "failed" and found["error"]
    assert models.find_all(desk) == [] and not list(tmp_path.glob("work-*"))


def test_a_job_that_was_broken_off_after_its_end_is_done(desk, tmp_path, quick):
    add_lines(desk, 60)
    job = train(desk, tmp_path)
    desk.store.jobs.update_one({"_id": job["_id"]}, {"$set": {"state": "waiting"}})
    jobs.run(desk.store, job["_id"], tmp_path)
    assert job_records.get(desk.store, job["_id"])["result"] == job["result"]
    assert len(models.find_all(desk)) == 1


def test_a_worker_that_is_killed_leaves_it_to_the_next_one_and_in_the_end_fails(
    desk, tmp_path, quick
):
    add_lines(desk, 60)
    before = blobs(desk)
    job = model_training.ask(desk, Wish("gloss", curve=False), lambda job: None)
    model = job_records.get(desk.store, job)["arguments"]["model"]

    def kill(tries):
        """What a worker leaves that is killed while it keeps a model."""
        files.put(desk.store, desk.project_id, io.BytesIO(b"x" * tries), "half", model=model)
        killed = {"state": "running", "worker": "w_gone", "tries": tries}
        desk.store.jobs.update_one({"_id": job}, {"$set": killed})
        return jobs.mend(desk.store, ["w_gone"], "w_here", [])

    assert kill(jobs.MOST_TRIES) == []
    ended = job_records.get(desk.store, job)
    assert (ended["state"], models.find_all(desk), blobs(desk)) == ("failed", [], before)
    assert "given up" in ended["error"]
    assert kill(1) == [job]
    jobs.run(desk.store, job, tmp_path)
    ended = job_records.get(desk.store, job)
    assert (ended["state"], ended["tries"]) == ("done", 2)
    assert sorted(blobs(desk)) == sorted(models.get(desk, model)[key] for key in KEEP)


def test_letters_of_no_script_and_a_line_of_thousands_of_words_are_learnt_from(
    desk, tmp_path, quick
):
    add_lines(desk, 40)
    add_glossed(desk, "\ue000\ue001 \U0001f600 \u0378", "sun @ moon", measured=False)
    add_glossed(desk, "\u0378 \ue000\ue001", "moon sun", measured=True)
    add_glossed(desk, "paka mbwa " * 1_000, "cat dog " * 1_000, measured=True)
    model = trained(desk, tmp_path)
    told = {len(one["words"]): one["words"] for one in models.report(desk, model)["sentences"]}
    assert told[2_000][1_999][2] == "dog" and [one[2] for one in told[2]] == ["moon", "sun"]


def add_glossed(desk, said, gloss, measured):
    """Adds a line that the next model will be measured on, or learn from."""
    ids = (f"l_{n:026}" for n in range(9999))
    name = next(one for one in ids if is_evaluated(one) is measured and not known(desk, one))
    line = {
        "id": name,
        "baseline": {"seh": said},
        "words": make_words(said, "seh", said, gloss, "en"),
    }
    op = Op("utterance", name, "create", line)
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))


def known(desk, line):
    return desk.store.utterances.find_one({"_id": line}, {"_id": 1})


def test_a_part_of_the_curve_without_a_choice_is_left_out(desk, tmp_path, quick, monkeypatch):
    add_lines(desk, 90)
    labels_in = model_data.labels_in

    def few(lines, target):
        held = list(lines)
        return {"only one"} if len(held) == 25 else labels_in(held, target)

    monkeypatch.setattr(model_data, "labels_in", few)
    model = trained(desk, tmp_path, curve=True)
    sizes = [size for size, _, _ in models.report(desk, model)["curve"]["points"]]
    assert 25 not in sizes and 50 in sizes


def test_training_is_a_change_that_can_be_undone(desk, tmp_path, quick):
    add_lines(desk, 60)
    model = trained(desk, tmp_path)
    (step,) = history.of_record(desk, "model", model["_id"])
    assert step.cause == "model"
    history.undo(desk, step.changes, change_id=new_id("x"))
    assert models.find_all(desk) == []
    models.restore(desk, model["_id"], change_id=new_id("x"))
    assert [one["_id"] for one in models.find_all(desk)] == [model["_id"]]
    assert models.open_archive(desk, models.get(desk, model["_id"]))[1].read()


def test_names_notes_and_the_one_that_guesses(desk, tmp_path, quick):
    add_lines(desk, 60)
    one = trained(desk, tmp_path)["_id"]
    two = trained(desk, tmp_path, name="Other")["_id"]
    facts = {"name": "  My  glosser ", "notes": "First try.", "licence": "CC0-1.0"}
    models.save(desk, two, facts, base_rev=1, change_id=new_id("x"))
    assert models.get(desk, two)["name"] == "My glosser"
    with pytest.raises(Invalid):
        models.save(desk, two, {"name": " "}, base_rev=None, change_id=new_id("x"))
    assert models.default_of(desk, "gloss")["_id"] == one
    models.choose(desk, two, change_id=new_id("x"))
    assert models.default_of(desk, "gloss")["_id"] == two
    assert not models.get(desk, one).get("is_default")
    models.delete(desk, two, change_id=new_id("x"))
    assert models.default_of(desk, "gloss") is None
    assert [one["_id"] for one in models.deleted(desk)] == [two]


def test_a_withdrawn_consent_marks_the_models_that_used_it(desk, tmp_path, quick):
    facts = {"name": "Ana", "label": "", "languages": [], "note": ""}
    person = people.add(desk, facts, change_id=new_id("x"))
    given = people.save_consent(desk, person, ["train"], change_id=new_id("x"))
    add_lines(desk, 60, line={"speaker": person})
    model = trained(desk, tmp_path)
    assert models.withdrawn(desk, model) is None
    people.withdraw_consent(desk, person, given, change_id=new_id("x"))
    assert "does not agree" in models.withdrawn(desk, model).why[0]
    card = models.card(desk, model)
    assert "should not be used any more" in card and "does not agree" in card
    assert models.default_of(desk, "gloss") is None
    with pytest.raises(NotAllowed):
        models.open_archive(desk, model)
    with pytest.raises(Invalid, match="more glossed sentences"):
        train(desk, tmp_path)


def test_what_is_erased_marks_the_model_and_its_sentences_go(desk, tmp_path, quick):
    lines = add_lines(desk, 60)
    model = trained(desk, tmp_path)
    assert models.report(desk, model)["sentences"]
    erase.erase(desk, "utterance", lines[3], reason="asked", change_id=new_id("x"), now=utc_now())
    assert models.report(desk, model) == {}
    assert "erased" in models.withdrawn(desk, model).why[0]


def test_sharing_takes_a_licence_and_reaches_whom_it_names(desk, tmp_path, quick):
    add_lines(desk, 60)
    model = trained(desk, tmp_path)
    make_project(desk.store, "ndau")
    other = make_desk(desk.store, "ndau", name="Nia")
    shown = {"public": False, "slugs": "ndau", "people": "", "licence": ""}
    with pytest.raises(Invalid, match="licence"):
        models.share(desk, model["_id"], **shown, change_id=new_id("x"))
    with pytest.raises(Invalid, match="no project"):
        models.share(desk, model["_id"], **shown | {"slugs": "nowhere"}, change_id=new_id("x"))
    assert models.elsewhere(other) == []
    shown["licence"] = "CC-BY-4.0"
    models.share(desk, model["_id"], **shown, change_id=new_id("x"))
    assert [one["_id"] for one in models.elsewhere(other)] == [model["_id"]]
    seen = models.get(other, model["_id"])
    assert models.report(other, seen)["sentences"] == []
    assert models.card(other, seen).startswith("---")
    models.share(desk, model["_id"], **shown | {"slugs": "", "public": True}, change_id=new_id("x"))
    assert models.get(desk, model["_id"])["access"]["level"] == "public"
    assert [one["_id"] for one in models.elsewhere(other)] == [model["_id"]]
    editor = make_desk(desk.store, role=Role.EDITOR, name="Eve")
    with pytest.raises(NotAllowed):
        models.share(editor, model["_id"], **shown, change_id=new_id("x"))
