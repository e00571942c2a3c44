"""Trainings that begin with an encoder from outside."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import replace

import pytest

from app.domain.errors import Invalid
from app.ml import asking, engines, running
from app.ml.running import Training
from app.processes import trials
from app.services import jobs, model_bases, model_training, model_uploads, models
from app.services.model_tasks import choices_of
from app.services.model_uploads import Sent
from app.services.model_wishes import Wish
from app.store import accounts
from app.store import jobs as job_records
from tests.factories import make_desk, make_store
from tests.labelling import add_categories
from tests.ml.uploads import CONFIG, transformers, zipped
from tests.modelling import add_lines

pytestmark = pytest.mark.skipif(
    not all(one.holds for one in trials.proven()), reason="not every fence holds here"
)
ENCODER = {**CONFIG, "architectures": ["BertForMaskedLM"]}


@pytest.fixture
def desk(database):
    made = make_desk(make_store(database))
    account = {"_id": made.actor.id, "username": "ann", "key": "ann", "name": "Ann", "email": ""}
    accounts.insert(made.store, {**account, "admin": False, "disabled": False})
    add_categories(made, add_lines(made, 40))
    return made


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The simplest engine in the place of the usual one, and an encoder that nobody loads."""

    @contextmanager
    def loaded(module, folder, log, stop):
        assert module == "app.ml.outside_transformers"
        yield asking.Loaded(asking.Facts((), "ForMaskedLM", "5"), None, stop)

    monkeypatch.setattr(asking, "loaded", loaded)
    monkeypatch.setattr(model_training, "module_of", lambda _engine: "app.ml.lookup")
    monkeypatch.setattr(engines, "_is_there", lambda package: True)


@pytest.fixture
def trainings(monkeypatch):
    """What is asked of processes that train."""
    found, carry_out = [], running.carry_out

    def told(training, into, *more):
        names = {one.name for one in training.base.iterdir()}
        found.append((training, names))
        return carry_out(replace(training, base=None), into, *more)

    monkeypatch.setattr(running, "carry_out", told)
    return found


def bring_in(desk, folder):
    """Uploads an encoder; its job."""
    sent = [Sent("Small encoder.zip", io.BytesIO(zipped(transformers(config__json=ENCODER))))]
    job = model_uploads.receive(desk, sent, lambda _: None)
    jobs.run(desk.store, job, folder)
    return job_records.get(desk.store, job)


def test_an_encoder_stays_to_begin_with_and_nothing_is_to_be_decided(desk, tmp_path):
    assert model_bases.bases(desk) == []
    found = bring_in(desk, tmp_path)
    assert found["state"] == "done", found["error"]
    assert model_uploads.is_encoder(found) and not model_uploads.get(desk, found["_id"]).tasks
    (option, _) = engines.find_engine("fine-tuned").options
    assert choices_of(desk, option) == [(found["_id"], "Small encoder")]
    model_uploads.withdraw(desk, found["_id"])
    assert model_bases.bases(desk) == []
    with pytest.raises(Invalid, match="not there any more"):
        model_bases.lay(desk, found["_id"], tmp_path)


def test_a_training_has_its_files_and_room_and_its_model_says_what_it_began_with(
    desk, tmp_path, trainings
):
    with pytest.raises(Invalid, match="no model to begin with"):
        model_training.ask(desk, Wish("pos", "fine-tuned"), lambda job: None)
    base = bring_in(desk, tmp_path)["_id"]
    with pytest.raises(Invalid, match="It is one of"):
        model_training.ask(desk, Wish("pos", "fine-tuned", {"base": "m1"}), lambda job: None)
    job = model_training.ask(desk, Wish("pos", "fine-tuned", curve=False), lambda job: None)
    jobs.run(desk.store, job, tmp_path)
    done = job_records.get(desk.store, job)
    assert done["state"] == "done", done["error"]
    ((training, names),) = trainings
    assert isinstance(training, Training) and training.room.memory >= 4096
    assert {"config.json", "tokenizer.json", "model.safetensors"} <= names
    assert models.get(desk, done["result"]["model"])["options"] == {"base": base, "epochs": "auto"}
    assert not list(tmp_path.iterdir())
