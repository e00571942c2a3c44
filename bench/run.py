"""Runs the benchmarks of the lexicon and prints a table of ratios.

python -m bench.run [--entries 100000] [--small 1000] [--only import,pages,save,streams]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.services import lexicon, projects
from app.services.desk import open_desk
from app.settings import Settings
from app.store import listing
from app.store.access import readable
from app.store.database import connect
from app.store.indexes import ensure_indexes
from app.store.listing import Query
from app.store.mongod import hold
from app.web import create_app
from bench.generate import write

ROWS: list[tuple[str, str, str, str]] = []


def told(what: str, ours: str, other: str, ratio: str) -> None:
    """Prints one line of the table."""
    ROWS.append((what, ours, other, ratio))
    print(f"{what:58} {ours:>22} {other:>30} {ratio:>10}", flush=True)


def percentile(values: list[float], share: float = 0.95) -> float:
    """The value below which `share` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(run: Callable[[], Any], times: int) -> list[float]:
    """Milliseconds of each of some runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append((time.perf_counter() - start) * 1000)
    return found


def import_in_child(uri: str, database: str, path: Path) -> dict[str, float]:
    """Imports a file in a process of its own; gives its seconds and its peak memory."""
    code = "import sys,json,bench.run as b; print(json.dumps(b.imported(*sys.argv[1:4])))"
    done = subprocess.run(
        [sys.executable, "-c", code, uri, database, str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def imported(uri: str, database: str, path: str) -> dict[str, float]:
    """Imports a file, preview included, into a new project."""
    from app.services import imports

    store = connect(uri, database)
    slug = Path(path).stem
    projects.create_project(store, SYSTEM, slug=slug, title=slug, language="seh")
    desk = open_desk(store, SYSTEM, slug)
    start = time.perf_counter()
    change = imports.preview(desk, Path(path))
    seen = time.perf_counter()
    imports.confirm(desk, change["_id"])
    end = time.perf_counter()
    peak = _peak_memory()
    return {"preview": seen - start, "write": end - seen, "all": end - start, "peak": peak}


def _peak_memory() -> float:
    """The most memory in MB that this process held (what Unix tells includes its parent's)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (held,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(held) / 1024


def bare_import(store: Any, path: Path, slug: str) -> float:
    """What it is measured against: lxml parsing the file, and one bulk insert of the documents."""
    start = time.perf_counter()
    etree.parse(str(path))
    parsed = time.perf_counter() - start
    project = store.projects.find_one({"slug": slug})
    documents = list(store.entries.find({"project": project["_id"]}))
    start = time.perf_counter()
    store.bare.insert_many(documents, ordered=False)
    inserted = time.perf_counter() - start
    store.bare.drop()
    return parsed + inserted


def bench_import(store: Any, uri: str, folder: Path, sizes: tuple[int, ...]) -> None:
    """Import from file to committed."""
    for size in sizes:
        path = write(folder / f"bench-{size}.lift", size)
        ours = import_in_child(uri, store.name, path)
        bare = bare_import(store, path, path.stem)
        told(
            f"LIFT import, {size:,} entries ({path.stat().st_size >> 20} MB)",
            f"{ours['all']:.1f} s ({ours['preview']:.1f}+{ours['write']:.1f})",
            f"{bare:.1f} s lxml + bulk insert",
            f"{ours['all'] / bare:.1f}",
        )
        told(f"  peak memory of the importing process, {size:,}", f"{ours['peak']:.0f} MB", "", "")


def requests_of(app: Any, store: Any, slug: str) -> dict[str, list[str]]:
    """Addresses by what they show."""
    desk = open_desk(store, SYSTEM, slug)
    items = {
        name: [i["_id"] for i in projects.list_items(desk, name)][:12]
        for name in ("parts-of-speech", "semantic-domains", "statuses")
    }
    letters = [found.letter for found in lexicon.headings(desk)]
    typed = ["m", "ma", "mak", "n", "ng", "wat", "water", "hou", "s", "small", "tree", "k", "ki"]
    base = f"/{slug}/lexicon"
    return {
        "first page": [base] * 12,
        "jump to a letter": [f"{base}?letter={letter}" for letter in letters],
        "filter: part of speech": [f"{base}?pos={i}" for i in items["parts-of-speech"]],
        "filter: domain": [f"{base}?domains={i}" for i in items["semantic-domains"]],
        "filter: status": [f"{base}?status={i}" for i in items["statuses"]],
        "filter: missing field": [f"{base}?missing={m}" for m in ("gloss", "example", "domain")],
        "search: beginnings of words": [f"{base}/rows?q={q}" for q in typed],
        "search: inside words (reported)": [f"{base}/rows?mode=inside&q={q}" for q in typed],
    }


def member_client(app: Any, store: Any, slug: str, role: str = "editor") -> Any:
    """A client of the WSGI app that is signed in as a member."""
    from app.domain.roles import Role
    from app.services import accounts
    from app.services.clock import utc_now
    from app.store import members

    name = f"bench-{slug}"
    account = store.accounts.find_one({"username": name}) or accounts.register(
        store, accounts.NewAccount(name, name, "", "correct horse battery"), True, utc_now()
    )
    project = store.projects.find_one({"slug": slug})
    members.put(store, project["_id"], account["_id"], Role(role), by=SYSTEM, at=utc_now())
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"username": name, "password": "correct horse battery", "csrf_token": token}
    assert client.post("/login", data=form).status_code == 302
    return client


def bench_pages(app: Any, store: Any, small: str, big: str) -> None:
    """Pages through the WSGI app with a signed-in member."""
    results: dict[str, dict[str, float]] = {}
    for slug in (small, big):
        client = member_client(app, store, slug)
        for what, addresses in requests_of(app, store, slug).items():
            for address in addresses[:3]:
                client.get(address)
            found: list[float] = []
            for _ in range(max(3, 120 // max(1, len(addresses)))):
                for address in addresses:
                    start = time.perf_counter()
                    answer = client.get(address)
                    found.append((time.perf_counter() - start) * 1000)
                    assert answer.status_code == 200, (address, answer.status)
            results.setdefault(what, {})[slug] = percentile(found)
    for what, found in results.items():
        told(
            f"{what}, 95th centile",
            f"{found[big]:.1f} ms",
            f"{found[small]:.1f} ms at 1,000",
            f"{found[big] / found[small]:.2f}",
        )


def bench_service(store: Any, slug: str) -> None:
    """The service call alone against the bare indexed query."""
    desk = open_desk(store, SYSTEM, slug)
    order = listing.current_order(store, desk.project_id)
    scope = readable(store, desk.scope) | {"order": order["id"]}
    ours = timed(lambda: lexicon.list_page(desk, Query()), 200)
    bare = timed(
        lambda: list(store.rows.find(scope).sort("key").limit(lexicon.PAGE + 1)),
        200,
    )
    told(
        "list service, median",
        f"{statistics.median(ours):.2f} ms",
        f"{statistics.median(bare):.2f} ms bare query",
        f"{statistics.median(ours) / statistics.median(bare):.2f}",
    )


def bench_save(store: Any, slug: str) -> None:
    """Saving one field of an entry against a bare transaction that writes as much."""
    from app.domain.diff import FieldChange

    desk = open_desk(store, SYSTEM, slug)
    rows = lexicon.list_page(desk, Query(), limit=50).rows
    entries = [lexicon.get(desk, row["entry"]) for row in rows]
    wanted = {"project": desk.project_id, "entry": {"$in": [row["entry"] for row in rows]}}
    by_entry = {row["entry"]: row for row in store.rows.find(wanted)}
    counter = iter(range(10**6))

    def ours() -> None:
        number = next(counter)
        entry = entries[number % len(entries)]
        change = FieldChange(
            ("citation", "seh"), (entry.get("citation") or {}).get("seh"), f"x{number}"
        )
        lexicon.save(desk, entry["_id"], [change], base_rev=None, change_id=new_id("x"))
        entry.setdefault("citation", {})["seh"] = f"x{number}"

    def bare() -> None:
        number = next(counter)
        entry = entries[number % len(entries)]
        row = by_entry[entry["_id"]]

        def write_all(session: Any) -> None:
            store.counters.update_one({"_id": "bare"}, {"$inc": {"seq": 1}}, True, session=session)
            store.entries.replace_one({"_id": entry["_id"]}, entry, session=session)
            store.rows.replace_one({"_id": row["_id"]}, row, session=session)
            store.bare_changes.insert_one(
                {"at": number, "before": "a", "after": "b"}, session=session
            )

        with store.client.start_session() as session:
            session.with_transaction(write_all)

    for run in (ours, bare):
        timed(run, 20)
    mine, theirs = [], []
    for _ in range(20):  # in turns, so that both meet the same machine
        mine += timed(ours, 10)
        theirs += timed(bare, 10)
    told(
        "save one field, median",
        f"{statistics.median(mine):.2f} ms",
        f"{statistics.median(theirs):.2f} ms bare transaction",
        f"{statistics.median(mine) / statistics.median(theirs):.2f}",
    )


def bench_streams(settings: Settings, slug: str, count: int = 100) -> None:
    """A page beside many open live streams, on a real server."""
    import http.client

    from bench.server import running

    with running(settings) as (port, cookie):

        def page() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", f"/{slug}/lexicon", headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            connection.close()

        timed(page, 10)
        idle = timed(page, 60)
        connections, streams, told_to_ask = [], 0, 0
        for _ in range(count):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", f"/{slug}/live", headers={"Cookie": cookie})
            answer = connection.getresponse()
            streams += answer.status == 200
            told_to_ask += answer.status == 503
            connections.append(connection)
        busy = timed(page, 60)
        for connection in connections:
            connection.close()
    told(
        f"page beside {count} streams ({streams} open, {told_to_ask} told to ask)",
        f"{percentile(busy):.1f} ms",
        f"{percentile(idle):.1f} ms idle",
        f"{percentile(busy) / percentile(idle):.2f}",
    )


def main() -> None:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--middle", type=int, default=20_000)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--only", default="import,pages,save,streams")
    asked = parser.parse_args()
    wanted = set(asked.only.split(","))
    folder = Path(tempfile.mkdtemp(prefix="life-bench-"))
    settings = Settings.from_env({**os.environ, "LIFE_DATA": str(folder / "data")}).with_secret()
    settings.make_folders()
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )
    with hold(settings) as uri:
        store = connect(uri, "bench")
        ensure_indexes(store)
        sizes = (asked.small, asked.middle, asked.entries)
        if "import" not in wanted:
            sizes = (asked.small, asked.entries)
        bench_import(store, uri, folder, sizes)
        big, small = f"bench-{asked.entries}", f"bench-{asked.small}"
        app = create_app(settings, store)
        if "pages" in wanted:
            bench_pages(app, store, small, big)
            bench_service(store, big)
        if "save" in wanted:
            bench_save(store, big)
        if "streams" in wanted:
            from dataclasses import replace

            joined = replace(settings, mongodb_uri=uri, database="bench")
            bench_streams(joined, small)
    (folder / "table.json").write_text(json.dumps(ROWS))


if __name__ == "__main__":
    threading.current_thread().name = "bench"
    main()
