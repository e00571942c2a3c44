"""How long a guess takes through the service that runs models, beside the bare prediction.

    python -m bench.predict TRAIN TEST [--lines N] [--engine ranker] [--times N]

Trains on the first N sentences of a file of the glossing benchmark, has the service keep the model
warm, asks it for sentences of 8 to 12 words one by one, and does the same in a process of its own
without service, pipe and fence. Ends with one line of JSON: medians and 95th centiles in ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from app.ml import running
from app.ml.data import write_lines
from app.ml.engines import module_of
from app.predict import service
from app.predict.pool import Kept
from app.processes.trials import clean_environment
from app.services.predict import Predict
from app.settings import REPOSITORY, Settings

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
    told = asked.parse_args()
    from bench.glossing import covered, read

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
        figures = {"seconds_training": round(trained, 1), "lines": len(train)}
        figures |= _served(folder, lines, told.engine) | _bare(folder, lines, told.engine)
    figures["ratio_95"] = round(figures["served_95"] / figures["bare_95"], 2)
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


def _bare(folder, lines, engine):
    (folder / "asked.jsonl").write_text("".join(write_lines(lines)), encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-c", BARE, module_of(engine), folder / "model", folder / "asked.jsonl"],
        cwd=REPOSITORY, env=clean_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return _told("bare", json.loads(said.stdout)[1:])


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
