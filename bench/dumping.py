"""A dump from MongoDB by the pure functions, beside rdflib's Turtle writer.

    python -m bench.dumping [--sizes 2000,20000,100000]

The dictionary is that of `bench.generate`. Its records lie in MongoDB as an import leaves them; a
dump reads them, makes their quads and writes N-Quads to a file, in a process of its own whose peak
memory is told. rdflib has the same triples of 2,000 entries in memory before its time begins; how
it goes on is shown at 4,000, as it is not linear.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import rdflib

from app.domain.defaults import default_items
from app.formats.base import FoundRecord, Names
from app.formats.lift import LIFT
from app.rdf.context import Context, make_context
from app.rdf.records import graph_of, triples_of
from app.rdf.syntax import find_syntax, write_quads, write_triples
from app.rdf.terms import Quad
from app.settings import Settings
from app.store.database import Store, connect
from app.store.mongod import hold
from bench import generate
from bench.run import told

BASE = "https://life.example.org"
PROJECT = "p_06h0eum0000000000000000000"
KINDS = ("item", "entry", "relation")
SMALL = 2000


def load(store: Store, size: int) -> None:
    """Puts a dictionary where the store has it."""
    names = Names()
    for item in default_items():
        names.add_item(item)
    with tempfile.TemporaryDirectory() as folder:
        path = generate.write(Path(folder) / "dictionary.lift", size)
        found = (one for one in LIFT.read(path, names) if isinstance(one, FoundRecord))
        while batch := list(islice(found, 1000)):
            for one in batch:
                _insert(store, one)
    for one in names.new:
        _insert(store, one)
    systems = [one.model_dump(mode="json") for one in names.writing_systems.values()]
    store.projects.insert_one(
        {"_id": PROJECT, "slug": "bench", "title": "Bench", "writing_systems": systems}
    )


def _insert(store: Store, found: FoundRecord) -> None:
    collection = {"item": "items", "entry": "entries", "relation": "relations"}.get(found.kind)
    if collection is not None:
        content = {key: value for key, value in found.content.items() if key != "id"}
        store[collection].insert_one({"_id": found.content["id"], "project": PROJECT, **content})


def context_of(store: Store) -> Context:
    """What the records' triples need beside them."""
    project = store.projects.find_one({"_id": PROJECT})
    assert project is not None
    return make_context(BASE, project, store.items.find({"project": PROJECT}))


def quads(store: Store, context: Context) -> Iterator[Quad]:
    """The quads of all records, record by record."""
    for kind, collection in zip(KINDS, ("items", "entries", "relations"), strict=True):
        for record in store[collection].find({"project": PROJECT}).sort("_id", 1).batch_size(500):
            graph = graph_of(kind, record, context)
            for subject, predicate, value in triples_of(kind, record, context):
                yield subject, predicate, value, graph


def dump(uri: str, database: str) -> None:
    """Dumps a database's project; prints seconds, quads, bytes and peak memory."""
    store = connect(uri, database)
    syntax = find_syntax("nquads")
    assert syntax is not None
    with tempfile.TemporaryFile() as out:
        start, busy = time.perf_counter(), time.process_time()
        write_quads(quads(store, context_of(store)), out, syntax, BASE)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        size = out.tell()
        out.seek(0)
        count = sum(1 for _ in out)
    status = Path("/proc/self/status").read_text(encoding="ascii")  # of this program alone
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(seconds, busy, count, size, peak)  # read by whoever started this process


def dump_in_child(uri: str, database: str) -> list[float]:
    """What `dump` tells, from a process of its own."""
    command = [sys.executable, "-m", "bench.dumping", "--dump", uri, database]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(one) for one in done.stdout.split()]


def rdflib_seconds(store: Store, entries: int) -> float:
    """How long rdflib takes to write some entries as Turtle."""
    context = context_of(store)
    triples = (
        triple
        for record in store.entries.find({"project": PROJECT}).sort("_id", 1).limit(entries)
        for triple in triples_of("entry", record, context)
    )
    lines = io.BytesIO()
    syntax = find_syntax("ntriples")
    assert syntax is not None
    write_triples(triples, lines, syntax, BASE)
    graph = rdflib.Graph().parse(data=lines.getvalue(), format="nt")
    start = time.perf_counter()
    graph.serialize(format="turtle")
    return time.perf_counter() - start


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="2000,20000,100000")
    parser.add_argument("--dump", nargs=2)
    options = parser.parse_args()
    if options.dump:
        dump(*options.dump)
        return
    sizes = [int(one) for one in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(data=Path(home), secret_key="bench")
        settings.make_folders()
        with hold(settings) as uri:
            _measure(uri, sizes)


def _measure(uri: str, sizes: list[int]) -> None:
    by_rdflib = 0.0
    for size in sizes:
        store: Any = connect(uri, f"bench_dumping_{size}")
        store.client.drop_database(store.name)
        load(store, size)
        if not by_rdflib:
            by_rdflib = rdflib_seconds(store, min(size, SMALL)) / min(size, SMALL) * 1000
            twice = rdflib_seconds(store, min(size, 2 * SMALL)) / min(size, 2 * SMALL) * 1000
        seconds, busy, count, written, peak = dump_in_child(uri, store.name)
        each = seconds / size * 1000
        told(
            f"dump of {size:,} entries ({count:,.0f} quads, {written / 1e6:.0f} MB)",
            f"{seconds:.1f} s, {each:.3f} ms each",
            f"rdflib, {SMALL:,}: {by_rdflib:.2f} ms each",
            f"{by_rdflib / each:.0f}",
        )
        told("  of it this program; its peak memory", f"{busy:.1f} s; {peak:.0f} MB", "", "")
        store.client.drop_database(store.name)
    told(f"rdflib at {2 * SMALL:,} (where there are as many)", "", f"{twice:.2f} ms each", "")


if __name__ == "__main__":
    main()
