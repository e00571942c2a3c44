"""Models from outside: offered, tried on the project's own sentences, accepted or withdrawn."""

from __future__ import annotations

import io
import json

import pytest

from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.roles import Role
from app.ml import lookup
from app.ml.data import Line, Morph, Word
from app.predict.catalog import StoredModels
from app.processes import trials
from app.services import jobs, model_trials, model_uploads, models
from app.services.model_trials import Wanted
from app.services.model_uploads import Sent
from app.store import accounts, files
from app.store import jobs as job_records
from tests.factories import make_desk, make_project, make_store
from tests.ml.uploads import own, zipped
from tests.modelling import PREFIXES, TENSES, add_lines, make_line

pytestmark = pytest.mark.skipif(
    not all(one.holds for one in trials.proven()), reason="not every fence holds here"
)


@pytest.fixture
def desk(database):
    made = make_desk(make_store(database))
    account = {"_id": made.actor.id, "username": "ann", "key": "ann", "name": "Ann", "email": ""}
    accounts.insert(made.store, {**account, "admin": False, "disabled": False})
    return made


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A lookup as another LiFE gives it; its glosses are spelt otherwise."""
    folder = tmp_path_factory.mktemp("other") / "model"
    lines = []
    for number in range(1200):
        told = make_line(number, seed=9)
        words = [
            Word(form, tuple(
                Morph(morph, gloss.lower().replace("dog", "hound"), "-" if place else "")
                for place, (morph, gloss) in enumerate(
                    zip(morphs.split("-"), glosses.split("-"), strict=True)
                )
            ))
            for form, morphs, glosses in zip(
                told["line"].split(), told["morphs"].split(), told["gloss"].split(), strict=True
            )
        ]  # fmt: skip
        lines.append(Line(str(number), words=tuple(words)))
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
    assert odd["hound"] == "hound" and odd["3sg"] == "3sg"

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
