"""Models of an engine that does harm when it is told to, and a service that runs them."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import NotFound
from app.predict import service
from app.predict.pool import Kept, Limits, Pool

ENGINES = str(Path(__file__).parent.parent / "ml" / "engines")


class Shelf:
    """A catalog of models in folders."""

    def __init__(self, folder):
        self.folder, self.models, self.laid = folder, {}, []

    def add(self, model, name="", **more):
        """A model with what its engine is told."""
        told = {key: more.pop(key) for key in ("load", "predict") if key in more}
        (self.folder / model).mkdir()
        (self.folder / model / "model.json").write_text(json.dumps(told))
        facts = {"module": "hostile", "also": (ENGINES,), **more}
        self.models[model] = Kept(model, name or f"Model {model}", **facts)
        return self.models[model]

    def find(self, model):
        if model not in self.models:
            raise NotFound(f"There is no model {model}.")
        return self.models[model]

    def lay(self, model):
        self.laid.append(model.id)
        return self.folder / model.id

    def forget(self, model):
        self.laid.append(f"forgot {model}")


@pytest.fixture
def shelf(tmp_path):
    (tmp_path / "shelf").mkdir()
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def pool(shelf, tmp_path):
    """Makes a pool with limits."""
    made = []

    def run(**limits):
        usual = {"seconds": 10.0, "memory": 512, "at_once": 2}
        made.append(Pool(Limits(**{**usual, **limits}), shelf.lay, tmp_path))
        return made[-1]

    yield run
    for one in made:
        one.close()


@pytest.fixture
def served(settings, shelf, tmp_path):
    """The settings of a service that answers over its socket, and the service."""
    settings = replace(settings, predict_memory=512)
    models = service.Models(settings, shelf, tmp_path)
    with service.listen(settings, models) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield settings, models
        server.shutdown()
        thread.join()
    models.pool.close()
