"""The service that runs models, asked over its socket, and as the process that `serve` starts."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Invalid, NotAllowed, NotFound, Unavailable
from app.domain.ids import new_id
from app.ml.data import Entry, Line, Word
from app.predict.catalog import StoredModels
from app.processes import trials
from app.services.predict import Predict
from app.settings import REPOSITORY
from app.store import files
from tests.factories import make_desk, make_store
from tests.faults.programs import Program, wait_for
from tests.ml.uploads import zipped

COMMAND = [sys.executable, "-m", "app", "predict"]
LINES = [Line("l1", words=(Word("nyumba"), Word("moja"))), Line("l2")]


def test_guesses_over_the_socket(served, shelf):
    settings, _ = served
    shelf.add("m1")
    predict = Predict(settings)
    assert predict.is_there()
    guesses = predict.guess("m1", LINES, [Entry(("nyumba",), ("home",))])
    assert [one["id"] for one in guesses] == ["l1", "l2"]
    assert guesses[0]["words"][1][0]["morphs"][0] == {"form": "moja", "gloss": "home", "joint": ""}
    assert predict.state() == {"warm": ["m1"], "marks": {}}
    predict.forget("m1")
    assert predict.state()["warm"] == [] and shelf.laid[-1] == "forgot m1"


def test_errors_keep_their_kind_over_the_socket(served, shelf):
    settings, _ = served
    shelf.add("m1", "Sena")
    shelf.add("m2", "Odd", load="refuse")
    predict = Predict(settings)
    with pytest.raises(NotFound):
        predict.guess("none", LINES)
    with pytest.raises(Invalid, match="one label only"):
        predict.guess("m2", LINES)
    with pytest.raises(Unavailable, match="“Sena” was ended") as caught:
        predict.guess("m1", [Line("l1", words=(Word("crash"),))])
    assert caught.value.code == "model-ended"
    with pytest.raises(NotAllowed):
        Predict(replace(settings, secret_key="another")).guess("m1", LINES)


def test_where_nobody_answers_that_is_said(settings):
    assert not Predict(settings).is_there()
    with pytest.raises(Unavailable, match="does not answer"):
        Predict(settings).guess("m1", LINES)


def test_models_from_outside_run_only_where_every_fence_holds(served, shelf):
    settings, _ = served
    shelf.add("m1", outside=True)
    failing = [one for one in trials.proven() if not one.holds]
    assert Predict(settings).fences() == [(one.fence, one.why) for one in trials.proven()]
    if failing:
        with pytest.raises(Unavailable, match="off on this server"):
            Predict(settings).guess("m1", LINES)
    else:
        assert Predict(settings).guess("m1", LINES)


@pytest.fixture
def stored(database):
    """A project, and a model of it in the database, of an engine that is known."""
    store = make_store(database)
    desk = make_desk(store)

    def add(engine="scikit-learn", content=b"{}", **more):
        packed = io.BytesIO(zipped({"model.skops": content, "use.json": b'{"unit": "word"}'}))
        file = files.put(store, desk.project_id, packed, "model.zip")
        record = {
            "_id": new_id("m"), "project": desk.project_id, "name": "Sena", "engine": engine,
            "archive": file, "size": 700, "origin": "uploaded", **more,
        }  # fmt: skip
        store.models.insert_one(record)
        return record["_id"]

    return store, add


def test_models_of_the_database_are_laid_out_once(stored, tmp_path):
    store, add = stored
    catalog, model = StoredModels(store, tmp_path), add(content=b"content")
    kept = catalog.find(model)
    assert (kept.name, kept.module, kept.size, kept.outside) == (
        "Sena", "app.ml.outside_sklearn", 700, True,
    )  # fmt: skip
    folder = catalog.lay(kept)
    assert (folder / "model.skops").read_bytes() == b"content"
    assert catalog.lay(kept) == folder and [one.name for one in tmp_path.iterdir()] == [model]
    catalog.forget(model)
    assert not list(tmp_path.iterdir())
    assert not catalog.find(add(engine="lookup", origin="trained")).outside
    assert catalog.find(add(engine="lookup")).outside
    for gone in (add(deleted=True), "none", add(engine="os")):
        with pytest.raises(NotFound):
            catalog.find(gone)


def test_as_a_process_it_answers_ends_and_leaves_nothing(settings, stored):
    _, add = stored
    model = add(engine="lookup", origin="trained")
    predict = Predict(settings)
    with Program(settings, COMMAND) as program:
        wait_for(predict.is_there)
        with pytest.raises(Invalid, match="“Sena” cannot be loaded"):
            predict.guess(model, LINES)
        second = subprocess.run(
            COMMAND, cwd=REPOSITORY, env={**os.environ, **settings.environ()},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode and "Another process runs the models" in second.stderr
        began = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(10) == 0 and time.monotonic() - began < 8
    assert not list(settings.tmp.iterdir())
    assert not (settings.run / "predict.sock").exists()


def test_the_command_tries_the_fences(settings):
    said = subprocess.run(
        [*COMMAND, "fences", "--json"], cwd=REPOSITORY, env={**os.environ, **settings.environ()},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    found = json.loads(said.stdout)["fences"]
    assert {one["fence"] for one in found} >= {"network", "reading", "memory"}
    assert said.returncode == (1 if any(one["why"] for one in found) else 0)


LIGHT = """
import sys
from app.settings import Settings
{imports}
import app.web.wsgi, app.wiring, app.worker.tasks, app.worker.supervisor, app.predict.service
import app.services.predict, app.ml, app.ml.data, app.ml.running, app.ml.uploads.taking
heavy = ("numpy", "scipy", "sklearn", "skops", "torch", "transformers", "safetensors", "pycrfsuite",
         "tokenizers", "pandas")
print(sorted(name for name in heavy if name in sys.modules))
from pathlib import Path
print(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])
"""
MOST_MEMORY = 150_000  # KiB of a web process


@pytest.mark.parametrize("more", ["", "from app.web import create_app"])
def test_web_worker_and_service_import_nothing_heavy(more):
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", LIGHT.format(imports=more)], cwd=REPOSITORY,
        capture_output=True, text=True, timeout=60, check=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    heavy, taken = said.stdout.splitlines()
    assert heavy == "[]" and said.stderr == ""
    assert int(taken) < MOST_MEMORY


def test_no_module_that_is_not_an_engine_imports_something_heavy():
    """Also not later, in a function: only a child would have it."""
    heavy = ("numpy", "scipy", "sklearn", "skops", "torch", "transformers", "pycrfsuite")
    engines = ("app/ml/",)
    for path in sorted((Path(REPOSITORY) / "app").rglob("*.py")):
        name = path.relative_to(REPOSITORY).as_posix()
        if name.startswith(engines):
            continue
        for line in path.read_text().splitlines():
            words = line.split()
            if len(words) > 1 and words[0] in ("import", "from"):
                assert words[1].split(".")[0].rstrip(",") not in heavy, name
