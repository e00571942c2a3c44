"""The sentence to gloss next in a large project: how long it takes, and what finds it.

python -m bench.next_line [--utterances 100000] [--open 0.05]

Beside it the same lines sought without their index, as they were before there was one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.domain.errors import Unavailable
from app.domain.roles import SYSTEM, Actor, Role
from app.services import next_line
from app.services.desk import Desk
from app.settings import Settings
from app.store import followers
from app.store.database import Store, connect
from app.store.mongod import hold
from app.wiring import prepare
from bench.corpus import make_corpus, measure_making, sizes
from bench.run import percentile, told

ASKED = 200
MACHINES = ["lexicon", "memory", "model"]


class Silent:
    """No model: the newest line is sought."""

    def guess(self, _model, _lines, _lexicon=(), *, seconds=0.0):
        raise Unavailable("There is none.")


def main() -> None:
    """Makes the project and measures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--utterances", type=int, default=100_000)
    arguments.add_argument("--open", type=float, default=0.05, help="share that is not glossed")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder)).with_secret()
        settings.make_folders()
        with hold(settings) as uri:
            _measure(replace(settings, mongodb_uri=uri), chosen.utterances, chosen.open)


def _measure(settings: Settings, count: int, share: float) -> None:
    prepare(settings)
    store = connect(settings.mongodb_uri, settings.database)
    project = make_corpus(store, "big", count)
    every = max(round(1 / share), 1)
    ids = [one["_id"] for one in store.utterances.find({"project": project}, {"_id": 1})]
    bare = {"$unset": {"words.$[].analyses": ""}}
    store.utterances.update_many({"_id": {"$in": ids[::every]}}, bare)
    seconds = measure_making(store, project, "open-lines")
    told(f"open lines of {count:,} utterances made anew", f"{seconds:.1f} s",
         sizes(store, "open_lines"), f"{store.open_lines.count_documents({}):,} rows")  # fmt: skip
    measure_making(store, project, "memory")
    assert followers.position(store, project, "memory").is_current
    found = store.projects.find_one({"_id": project})
    assert found is not None
    desk = Desk(store, SYSTEM, found, Role.OWNER)
    now, times = datetime(2026, 3, 1, tzinfo=UTC), []
    for n in range(ASKED):
        person = replace(desk, actor=Actor(f"u_{n % 20}", "Ann"))
        at = now + timedelta(days=n // 20, seconds=n)
        start = time.perf_counter()
        assert next_line.find(person, Silent(), at) is not None
        times.append((time.perf_counter() - start) * 1000)
    told("next sentence, 95th centile", f"{percentile(times):.1f} ms",
         f"median {sorted(times)[ASKED // 2]:.1f} ms", "")  # fmt: skip
    told("the same lines sought without an index", f"{_without(store, project):.0f} ms", "", "")


def _without(store: Store, project: str) -> float:
    """Milliseconds for what found the lines before: looking at every word of the project."""
    filled = {"origin": {"$in": MACHINES}, "confirmed_by": {"$exists": False}}
    nothing = [{"analyses": {"$exists": False}}, {"analyses": {"$elemMatch": filled}}]
    words = {"$elemMatch": {"type": {"$ne": "punctuation"}, "$or": nothing}}
    query = {"project": project, "deleted": {"$ne": True}, "words": words}
    times = []
    for _ in range(3):
        start = time.perf_counter()
        assert list(store.utterances.find(query, {"text": 1}).limit(20_000))
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[1]


if __name__ == "__main__":
    main()
