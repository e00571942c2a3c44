"""The process that runs models: what is asked of it, and its children."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseServer
from typing import Any

from pymongo.errors import PyMongoError

from app.domain.errors import Unavailable
from app.domain.messages import say
from app.ml.answers import taken
from app.ml.labels import fitted, read_fit
from app.predict.catalog import Catalog, StoredModels
from app.predict.elsewhere import Elsewhere
from app.predict.pool import Kept, Limits, Pool
from app.processes import trials
from app.processes.alone import alone
from app.processes.calling import token_of
from app.processes.serving import Service, serve
from app.processes.stop import until_signal
from app.services.predict import NAME, SOCKET
from app.services.scratch import scratch_folder
from app.settings import Settings
from app.store.database import Store
from app.store.mongod import make_private, socket_path

_log = logging.getLogger(__name__)
_TIDY_EVERY = 5.0  # seconds
_LARGEST_QUESTION = 16 << 20

Body = dict[str, Any]


class Models:
    """What is asked of models."""

    def __init__(self, settings: Settings, catalog: Catalog, logs: Path) -> None:
        self.settings, self._catalog = settings, catalog
        limits = Limits(
            seconds=settings.predict_seconds,
            memory=settings.predict_memory,
            at_once=settings.predict_models,
        )
        self.pool = Pool(limits, catalog.lay, logs)
        self._elsewhere = Elsewhere(settings)

    def hello(self, _asked: Body) -> Body:
        """Says that it is there."""
        return {"there": True}

    def fences(self, _asked: Body) -> Body:
        """What keeps models from outside in, and why not where it does not."""
        return {"fences": [[one.fence, one.why] for one in trials.proven()]}

    def guess(self, asked: Body) -> Body:
        """What a model says of lines.

        Raises:
            NotFound: there is none.
            Invalid: it cannot be loaded, or has no answer to that.
            Unavailable: it was ended, or is off on this machine.
        """
        model = self._catalog.find(str(asked["model"]))
        guesses = (
            self._elsewhere.guess(model, asked["lines"])
            if model.address
            else self._here(model, asked)
        )
        fit = read_fit(self._catalog.lay(model)) if model.outside else None
        return {"guesses": fitted(guesses, asked["lines"], fit) if fit else guesses}

    def state(self, _asked: Body) -> Body:
        """Which models are ready, and what is held against which."""
        return self.pool.state()

    def forget(self, asked: Body) -> Body:
        """Ends a model's process, removes its files, and takes back what was held against it."""
        self.pool.forget(str(asked["model"]))
        self._catalog.forget(str(asked["model"]))
        return {}

    def _here(self, model: Kept, asked: Body) -> list[Body]:
        """What a model says that runs in a process of this machine."""
        if model.outside:
            _require_fences(model)
        request = {
            "do": "predict", "lines": asked["lines"], "lexicon": asked.get("lexicon") or []
        }  # fmt: skip
        said = self.pool.ask(model, request)
        try:
            return taken(said.get("guesses"), asked["lines"])
        except ValueError as error:
            what = say("The model “%(name)s” gave no answer that fits.", name=model.name)
            raise Unavailable(what) from error


def run(settings: Settings, store: Store) -> None:
    """Runs models until told to end.

    Raises:
        Unavailable: another process of this data folder does.
    """
    otherwise = "Another process runs the models of this data folder."
    with (
        until_signal() as stop,
        alone(settings.run / "predict.lock", otherwise),
        scratch_folder(settings.tmp) as folder,
    ):
        models = Models(settings, StoredModels(store, folder), folder)
        threading.Thread(target=_tell_fences, daemon=True).start()
        try:
            with listen(settings, models) as server:
                answering = threading.Thread(target=server.serve_forever, daemon=True)
                answering.start()
                while not stop.wait(_TIDY_EVERY):
                    models.pool.tidy()
                server.shutdown()
        finally:
            models.pool.close()


@contextmanager
def listen(settings: Settings, models: Models) -> Iterator[BaseServer]:
    """The server, while the block runs."""
    path = socket_path(settings, SOCKET)
    if not settings.predict_url:
        make_private(path.parent)
    served = Service(
        token_of(settings.secret_key, NAME),
        {
            "hello": models.hello,
            "fences": models.fences,
            "guess": models.guess,
            "state": models.state,
            "forget": models.forget,
        },
        away=(PyMongoError,),
        largest=_LARGEST_QUESTION,
    )
    with serve(served, path, settings.predict_url) as server:
        yield server


def _require_fences(model: Kept) -> None:
    """Refuses to run what nobody vouches for where it could not be kept in.

    Raises:
        Unavailable: with what is missing.
    """
    why = trials.missing()
    if why:
        what = (
            "“%(name)s” was uploaded, and models from outside are off on this server, because a "
            "process cannot be fenced in here. %(why)s"
        )
        raise Unavailable(say(what, name=model.name, why=why))


def _tell_fences() -> None:
    for one in trials.proven():
        if not one.holds:
            _log.warning("Models from outside are off: %s: %s", one.fence, one.why)
