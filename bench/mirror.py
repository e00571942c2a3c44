"""The mirror over a generated dictionary: how soon it has an edit, lookups, dumps.

    python -m bench.mirror [--entries 100000] [--data FOLDER] [--only edits,lookup,dump]

The mirror runs as a process of its own, as `serve` starts it. With `--data` the dictionary and its
graphs stay in that folder, so that a second run need not make them.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.mirror.views import Views
from app.rdf.namespaces import ONTOLEX
from app.services import lexicon
from app.services.desk import Desk, open_desk
from app.services.linked_data import EVERYTHING, base_of, keep_base
from app.services.mirror import Mirror
from app.settings import Settings
from app.store import followers
from app.store.database import Store, connect
from app.store.mongod import hold
from app.web import create_app
from app.wiring import prepare
from bench.generate import write
from bench.run import import_in_child, member_client, percentile, told

BASE = "https://life.example.org"
SECONDS, A_SECOND = 30, 10  # of edits
PLACES = 50  # senses that are edited in turn
LOOKUPS = 400
DUMPS = 3


@dataclass
class Edits:
    """When each edit was made, and when it was seen, in seconds.

    Attributes:
        made: by number of the edit: when it was committed, and the number of its change.
        held: by number of the edit: when the checkpoint had passed it.
        found: by number of the edit: when a query found it.
    """

    made: dict[int, tuple[float, int]] = field(default_factory=dict)
    held: dict[int, float] = field(default_factory=dict)
    found: dict[int, float] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)

    def missing(self, where: dict[int, float]) -> bool:
        """Whether there is still something to be waited for."""
        return not self.done.is_set() or max(self.made, default=-1) not in where

    def told(self, where: dict[int, float]) -> list[float]:
        """Milliseconds from each commit until somebody saw it, or one after it in its place."""
        return [(at - self.made[number][0]) * 1000 for number, at in where.items()]


def bench_edits(settings: Settings, desk: Desk) -> None:
    """How long edits take from their commit to the mirror, while more of them are made."""
    entries = list(desk.store.entries.find({"project": desk.project_id}).limit(PLACES))
    edits = Edits()
    watching = [
        threading.Thread(target=_watch_checkpoint, args=(desk, edits)),
        threading.Thread(target=_watch_queries, args=(settings, desk, entries, edits)),
    ]
    for thread in watching:
        thread.start()
    begun = time.perf_counter()
    for number in range(SECONDS * A_SECOND):
        time.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
        _edit(desk, entries[number % PLACES], number, edits)
    edits.done.set()
    for thread in watching:
        thread.join()
    held, found = edits.told(edits.held), edits.told(edits.found)
    rate = f"{A_SECOND} edits a second for {SECONDS} s"
    told(
        f"edit to checkpoint, 95th centile, {rate}",
        f"{percentile(held):.0f} ms",
        f"median {percentile(held, 0.5):.0f} ms, aim 2,000",
        f"{percentile(held) / 2000:.2f}",
    )
    told(
        "edit to answer of a query, 95th centile",
        f"{percentile(found):.0f} ms",
        f"median {percentile(found, 0.5):.0f} ms, {len(found)} seen",
        f"{percentile(found) / 2000:.2f}",
    )


def _edit(desk: Desk, entry: Any, number: int, edits: Edits) -> None:
    stored = desk.store.entries.find_one({"_id": entry["_id"]})
    assert stored is not None
    sense = stored["senses"][0]
    before = sense.get("gloss", {}).get("en")
    change = FieldChange(("senses", sense["id"], "gloss", "en"), before, f"edit {number}")
    done = lexicon.save(desk, entry["_id"], [change], base_rev=None, change_id=new_id("x"))
    assert done.change is not None
    edits.made[number] = (time.perf_counter(), int(done.change["seq"]))


def _watch_checkpoint(desk: Desk, edits: Edits) -> None:
    while edits.missing(edits.held):
        at = followers.position(desk.store, desk.project_id, f"mirror {EVERYTHING}")
        now = time.perf_counter()
        for number, (_made, seq) in list(edits.made.items()):
            if seq <= at.seq:
                edits.held.setdefault(number, now)
        time.sleep(0.02)


def _watch_queries(settings: Settings, desk: Desk, entries: list[Any], edits: Edits) -> None:
    base = base_of(desk.store, desk.project)
    senses = [
        f"<{base}/id/{desk.project_id}/{one['_id']}#{one['senses'][0]['id']}>" for one in entries
    ]
    query = (
        f"SELECT ?g {{ VALUES ?s {{ {' '.join(senses)} }} ?s <{base}/ontology/life#gloss> ?g "
        'FILTER(STRSTARTS(?g, "edit ")) }'
    )
    while edits.missing(edits.found):
        found = Mirror(settings).query(
            desk, query, rows_type="text/csv", graph_type="text/turtle", rows=1000
        )
        lines = b"".join(found.body).decode().splitlines()[1:]
        now = time.perf_counter()
        for line in lines:
            number = int(line.strip('"').removeprefix("edit "))
            if number in edits.made and now > edits.made[number][0]:
                edits.found.setdefault(number, now)
        time.sleep(0.05)


def bench_lookup(client: Any, desk: Desk) -> None:
    """A lookup by written form over HTTP."""
    chance = random.Random(5)
    entries = list(desk.store.entries.find({"project": desk.project_id}, {"lemma": 1}))
    forms = [one["lemma"]["seh"] for one in chance.sample(entries, LOOKUPS)]
    took = []
    for place, form in enumerate(forms):
        query = (
            f'SELECT ?entry {{ ?form <{ONTOLEX.writtenRep}> "{form}"@seh . '
            f"?entry <{ONTOLEX.canonicalForm}>|<{ONTOLEX.otherForm}> ?form }}"
        )
        start = time.perf_counter()
        answer = client.post(
            f"/{desk.project['slug']}/sparql",
            data=query,
            content_type="application/sparql-query",
            headers={"Accept": "application/sparql-results+json"},
        )
        body = answer.get_json(force=True)
        took.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200 and body["results"]["bindings"], (place, form, body)
    told(
        "SPARQL lookup by written form, 95th centile",
        f"{percentile(took):.1f} ms",
        f"median {percentile(took, 0.5):.1f} ms, aim 25",
        f"{percentile(took) / 25:.2f}",
    )


def bench_dump(client: Any, settings: Settings, desk: Desk) -> None:
    """A dump over HTTP, beside the store's own."""
    folder = Views.folder_of(settings.graphs, desk.project_id, EVERYTHING) / "graphs"
    ours, bare, size = [], [], 0
    for _ in range(DUMPS):
        bare.append(_bare_dump(folder, settings.tmp / "bare.nq"))
        start, size = time.perf_counter(), 0
        answer = client.get(f"/{desk.project['slug']}/dump.nq", buffered=False)
        assert answer.status_code == 200
        for block in answer.response:
            size += len(block)
        answer.close()
        ours.append(time.perf_counter() - start)
    told(
        f"dump over HTTP ({size / 1e6:.0f} MB)",
        f"{min(ours):.1f} s",
        f"{min(bare):.1f} s Store.dump, aim 1.5",
        f"{min(ours) / min(bare):.2f}",
    )


def _bare_dump(folder: Path, path: Path) -> float:
    """Seconds of `Store.dump`, in a process of its own."""
    code = (
        "import sys, time, pyoxigraph as ox; store = ox.Store.read_only(sys.argv[1]); "
        "start = time.perf_counter(); store.dump(sys.argv[2], format=ox.RdfFormat.N_QUADS); "
        "print(time.perf_counter() - start)"
    )
    command = [sys.executable, "-c", code, str(folder), str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    path.unlink()
    return float(done.stdout)


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """The mirror, in a process of its own."""
    command = [sys.executable, "-m", "app", "mirror"]
    process = subprocess.Popen(command, env={**os.environ, **settings.environ()})
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def wait(settings: Settings, desk: Desk) -> float:
    """Seconds until the mirror holds everything."""
    start = time.perf_counter()
    while True:
        at = Mirror(settings).position(desk)
        if at is not None and at.is_current:
            return time.perf_counter() - start
        time.sleep(0.2)


def _dictionary(store: Store, uri: str, folder: Path, size: int) -> Desk:
    """A project with so many entries, made where it is not there."""
    slug = f"bench-{size}"
    if store.projects.find_one({"slug": slug}) is None:
        import_in_child(uri, store.name, write(folder / f"{slug}.lift", size))
    return open_desk(store, SYSTEM, slug)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", default="edits,lookup,dump")
    asked = parser.parse_args()
    folder = asked.data or Path(tempfile.mkdtemp(prefix="life-bench-"))
    settings = Settings(
        data=folder / "data", database="bench", secret_key="bench", log_level="WARNING"
    )
    settings.make_folders()
    with hold(settings) as uri:
        joined = replace(settings, mongodb_uri=uri)
        store = connect(uri, "bench")
        prepare(joined, say=lambda _line: None, resume=False)
        keep_base(store, BASE, "")
        desk = _dictionary(store, uri, folder, asked.entries)
        client = member_client(create_app(joined, store), store, desk.project["slug"], "owner")
        with running(joined):
            print(f"graphs after {wait(joined, desk):.0f} s", flush=True)
            _measure(set(asked.only.split(",")), client, joined, desk)


def _measure(wanted: set[str], client: Any, settings: Settings, desk: Desk) -> None:
    if "lookup" in wanted:
        bench_lookup(client, desk)
    if "edits" in wanted:
        bench_edits(settings, desk)
    if "dump" in wanted:
        bench_dump(client, settings, desk)


if __name__ == "__main__":
    main()
