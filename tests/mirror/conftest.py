"""A mirror in this process, over a project of its own."""

from __future__ import annotations

import threading

import pytest

from app.mirror import service
from app.mirror.listening import listen
from app.services.linked_data import EVERYTHING, keep_base
from tests.factories import make_desk, make_store

BASE = "https://life.example.org"


@pytest.fixture
def desk(database):
    store = make_store(database)
    keep_base(store, BASE, "")
    return make_desk(store)


@pytest.fixture
def own(settings, desk):
    """The service, not following by itself."""
    with service.owned(settings, desk.store) as made:
        yield made


@pytest.fixture
def look(own, desk):
    """Catches up with a view; gives the quads of it as lines."""

    def run(view=EVERYTHING):
        found = own.views.get(desk.project_id, view)
        own._wait(found)
        return set(map(str, found.graphs.iter_quads()))

    return run


@pytest.fixture
def served(settings, own):
    """The service, answering over its socket."""
    with listen(settings, own) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield own
        server.shutdown()
        thread.join()
