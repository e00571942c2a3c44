"""How long a guess takes through the service that runs models, beside the bare prediction.

    python -m bench.predict TRAIN TEST [--lines N] [--engine ranker] [--times N] [--no-web]

Trains on the first N sentences of a file of the glossing benchmark, has the service keep the model
warm, asks it for sentences of 8 to 12 words one by one, and does the same in a process of its own
without service, pipe and fence. Then a project has these sentences, confirmed ones and bare ones
with their translations, and its own model. It is asked about a typed line (`web_model`), and with
memory and lexicon about a stored one (`web`), through the web application: its API, in this
process. Ends with one line of JSON: medians and 95th centiles in ms, and the load of the machine
before.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app import wiring
from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.domain.roles import SYSTEM, Role
from app.ml import running
from app.ml.data import write_lines
from app.ml.engines import module_of
from app.predict import service
from app.predict.catalog import StoredModels
from app.predict.pool import Kept
from app.processes.trials import clean_environment
from app.services import guesses, model_training, projects, text_lines, text_writing
from app.services.accounts import NewAccount, actor_of, make_token, register
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.services.model_data import Choice
from app.services.model_wishes import Wish
from app.services.predict import Predict
from app.settings import REPOSITORY, Settings
from app.store import followers, members
from app.store.changes import Op
from app.store.mongod import hold
from app.web import create_app

BARE = """
import importlib, sys, time, json
from pathlib import Path
from app.ml.data import read_lines
model = importlib.import_module(sys.argv[1]).Model.load(Path(sys.argv[2]))
lines = list(read_lines(open(sys.argv[3], encoding="utf-8")))
times = []
for line in lines:
    began = time.perf_counter()
    model.predict([line])
    times.append(time.perf_counter() - began)
print(json.dumps(times))
"""


class One:
    """A catalog of one model."""

    def __init__(self, kept, folder):
        self.kept, self.folder = kept, folder

    def find(self, _model):
        return self.kept

    def lay(self, _model):
        return self.folder

    def forget(self, _model):
        """Nothing is to be forgotten."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("train", type=Path)
    asked.add_argument("test", type=Path)
    asked.add_argument("--lines", type=int, default=700)
    asked.add_argument("--engine", default="ranker")
    asked.add_argument("--times", type=int, default=200)
    asked.add_argument("--no-web", action="store_true", help="leave the web application out")
    told = asked.parse_args()
    from bench.glossing import covered, read

    load = round(os.getloadavg()[0], 2)
    train = [one.line for one in read(told.train, 1)][: told.lines]
    lines = [covered(one, 1) for one in read(told.test, 1) if 8 <= len(one.line.words) <= 12]
    lines = (lines * (told.times // max(len(lines), 1) + 1))[: told.times]
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        (folder / "train.jsonl").write_text("".join(write_lines(train)), encoding="utf-8")
        (folder / "work").mkdir()
        began = time.perf_counter()
        running.train(told.engine, folder / "train.jsonl", {}, folder / "model", folder / "work",
                      lambda *_: None, lambda: False)  # fmt: skip
        trained = time.perf_counter() - began
        for path in (folder / "model").iterdir():
            path.chmod(0o644)
        (folder / "model").chmod(0o755)
        figures = {"load": load, "seconds_training": round(trained, 1), "lines": len(train)}
        figures |= _served(folder, lines, told.engine)
        figures |= _bare(folder / "model", lines, told.engine, folder, "bare")
        figures["ratio_95"] = round(figures["served_95"] / figures["bare_95"], 2)
        if not told.no_web:
            figures |= _through_the_web(folder, train, lines, told.engine)
    print(json.dumps(figures))


def _served(folder, lines, engine):
    settings = replace(Settings(data=folder / "data"), secret_key="for a benchmark")
    settings.make_folders()
    kept = Kept("m1", "Benchmark", module_of(engine), _size(folder / "model"))
    models = service.Models(settings, One(kept, folder / "model"), folder)
    with service.listen(settings, models) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        way = Predict(settings)
        began = time.perf_counter()
        way.guess("m1", lines[:1])
        first = time.perf_counter() - began
        times = []
        for line in lines:
            began = time.perf_counter()
            way.guess("m1", [line])
            times.append(time.perf_counter() - began)
        server.shutdown()
    models.pool.close()
    return {"first_ms": round(first * 1000), **_told("served", times)}


def _bare(model, lines, engine, folder, name):
    (folder / "asked.jsonl").write_text("".join(write_lines(lines)), encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-c", BARE, module_of(engine), model, folder / "asked.jsonl"],
        cwd=REPOSITORY, env=clean_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return _told(name, json.loads(said.stdout)[1:])


def _through_the_web(folder, train, lines, engine):
    settings = replace(Settings(data=folder / "web"), secret_key="for a benchmark")
    settings.make_folders()
    with hold(settings) as uri:
        joined = replace(settings, mongodb_uri=uri)
        wiring.prepare(joined)
        with wiring.opened(joined) as store:
            return _asked_by_web(joined, store, folder, (train, lines), engine)


def _asked_by_web(settings, store, folder, data, engine):
    train, lines = data
    projects.create_project(store, SYSTEM, slug="bench", title="Bench", language="und")
    desk = open_desk(store, SYSTEM, "bench")
    _fill(desk, train, bare=False)
    bare = _fill(desk, {line.id: line for line in lines}.values(), bare=True)
    followers.rebuild(store, desk.project_id, guesses.MEMORY)
    wish = Wish("gloss", engine, {}, Choice(), "", "", curve=False)
    model = model_training.train_now(desk, wish, lambda *_: None, settings.tmp)
    catalog = StoredModels(store, settings.tmp)
    figures = _bare(catalog.lay(catalog.find(model)), lines, engine, folder, "bare_own")
    with _beside(settings):
        client = create_app(settings, store).test_client()
        headers = {"Authorization": f"Bearer {_token(store, desk)}"}
        at, told = "/api/v1/projects/bench", []
        Predict(settings).guess(model, lines[:1])

        def ask(line):
            answer = client.get(f"{at}/utterances/{bare[line.id]}/guesses", headers=headers)
            told.append('"model"' in answer.text)

        def ask_model(line):
            typed = "\t".join([" ".join(word.form for word in line.words),
                               *list(line.translations.values())[:1]])  # fmt: skip
            client.post(f"{at}/models/{model}/try", headers=headers, json={"lines": [typed]})

        times = _timed(ask, lines)
        alone = _timed(ask_model, lines)
    figures |= _told("web_model", alone) | _told("web", times)
    figures["web_with_model"] = sum(told[1:])
    for name in ("web_model", "web"):
        figures[f"{name}_ratio_95"] = round(figures[f"{name}_95"] / figures["bare_own_95"], 2)
    return figures


@contextmanager
def _beside(settings):
    """The service that runs models, in a process of its own as `serve` starts it."""
    begun = subprocess.Popen(
        [sys.executable, "-m", "app", "predict"],
        cwd=REPOSITORY, env={**os.environ, **settings.environ()},
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not Predict(settings).is_there():
            if time.monotonic() > end or begun.poll() is not None:
                raise SystemExit("The service that runs models did not start.")
            time.sleep(0.05)
        yield
    finally:
        begun.terminate()
        begun.wait()


def _timed(ask, lines):
    """Seconds for each line, after a first one that finds nothing that is kept."""
    ask(lines[0])
    times = []
    for line in lines:
        began = time.perf_counter()
        ask(line)
        times.append(time.perf_counter() - began)
    return times


def _token(store, desk):
    new = NewAccount("bench", "Bench", "", "correct horse battery")
    account = register(store, new, True, utc_now())
    members.put(store, desk.project_id, account["_id"], Role.EDITOR, by=SYSTEM, at=utc_now())
    return make_token(store, actor_of(account), "bench", ["read", "write"], None, utc_now())


def _fill(desk, lines, *, bare):
    """Adds a text with lines, glossed or bare; returns their ids by those of the benchmark."""
    ws = text_lines.main_system(desk)
    text, made = new_id("t"), {}
    ops = [Op("text", text, "create", {"id": text, "title": {"en": "Bench"}})]
    for number, line in enumerate(lines):
        said = " ".join(word.form for word in line.words)
        morphs = " ".join("".join(m.joint + m.form for m in word.morphs) or word.form
                          for word in line.words)  # fmt: skip
        glosses = " ".join("".join(m.joint + m.gloss for m in word.morphs) or "?"
                           for word in line.words)  # fmt: skip
        told = () if bare else (morphs, glosses, "en")
        facts = {"origin": "import"}
        content = {"id": new_id("l"), "text": text, "rank": f"{number:06}", "baseline": {ws: said},
                   "words": make_words(said, ws, *told, facts=facts)}  # fmt: skip
        if line.translations:
            content["translation"] = {"en": next(iter(line.translations.values()))}
        made[line.id] = content["id"]
        ops.append(Op("utterance", content["id"], "create", content))
    text_writing.commit_all(desk, ops, new_id("x"))
    return made


def _told(name, times):
    ordered = sorted(1000 * one for one in times)
    return {
        f"{name}_50": round(statistics.median(ordered), 2),
        f"{name}_95": round(ordered[int(len(ordered) * 0.95)], 2),
    }


def _size(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


if __name__ == "__main__":
    main()
