"""What every test can ask for: settings, a real MongoDB, a fresh database."""

from __future__ import annotations

import gc
import os
import uuid
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import settings as properties
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from xdist.scheduler import LoadFileScheduling

from app.services import passwords
from app.settings import Settings
from app.store.database import connect
from app.store.mongod import hold

BROWSERS = 0

# How long one takes says nothing here. In CI the examples are the same at each run, so that nothing
# hangs on a draw, and fewer; everywhere else they are new ones.
CI = os.environ.get("CI") == "true"
properties.register_profile("ours", deadline=None, derandomize=CI, max_examples=30 if CI else 100)
properties.load_profile("ours")


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory):
    """The address of one real MongoDB for the whole run; `MONGODB_URI` is used where it is set."""
    settings = Settings(
        data=tmp_path_factory.mktemp("life"), mongodb_uri=os.environ.get("MONGODB_URI", "")
    )
    with hold(settings) as uri:
        # the clocks of tests stand in the past: nothing may go because its time is over
        admin = connect(uri, "admin")
        admin.command("setParameter", 1, ttlMonitorEnabled=False)
        admin.client.close()
        yield uri


passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # slow on purpose


_EMPTY: list[str] = []  # databases that can be used again: a dropped one keeps its files a while


def _fresh(uri):
    name = _EMPTY.pop() if _EMPTY else f"test_{uuid.uuid4().hex[:16]}"
    database = connect(uri, name)
    yield database
    for collection in _filled(database):
        database[collection].delete_many({})
    database.client.close()
    _EMPTY.append(name)


def _filled(database):
    """The collections that hold something, asked for in one command."""
    names = database.list_collection_names()
    steps = {name: [{"$limit": 1}, {"$project": {"_id": name}}] for name in names}
    more = [{"$unionWith": {"coll": name, "pipeline": steps[name]}} for name in names[1:]]
    found = database[names[0]].aggregate([*steps[names[0]], *more]) if names else ()
    return [one["_id"] for one in found]


_INDEXED: set[tuple] = set()  # indexes that a database has since an earlier test


def _once(make):
    """Makes indexes where they are not there yet: databases are used again, and keep theirs."""

    def made(self, *args, **kwargs):
        indexes = (
            args[0] if isinstance(args[0], str) else [getattr(i, "document", i) for i in args[0]]
        )
        key = (self.database.name, self.name, repr(indexes), repr(kwargs))
        if key in _INDEXED:
            return None
        name = make(self, *args, **kwargs)
        _INDEXED.add(key)
        return name

    return made


def _anew(drop):
    """Forgets that there are indexes where some are dropped."""

    def dropped(self, *args, **kwargs):
        _INDEXED.clear()
        return drop(self, *args, **kwargs)

    return dropped


for change in ("create_index", "create_indexes"):
    setattr(Collection, change, _once(getattr(Collection, change)))
for change in ("drop", "drop_index", "drop_indexes", "rename"):
    setattr(Collection, change, _anew(getattr(Collection, change)))
for owner, change in ((Database, "drop_collection"), (MongoClient, "drop_database")):
    setattr(owner, change, _anew(getattr(owner, change)))


@pytest.fixture
def database(mongo_uri):
    """An empty database for one test."""
    yield from _fresh(mongo_uri)


@pytest.fixture
def other_database(mongo_uri):
    """A second empty database for one test."""
    yield from _fresh(mongo_uri)


@pytest.fixture(scope="module")
def module_database(mongo_uri):
    """An empty database for the tests of one module."""
    yield from _fresh(mongo_uri)


@pytest.fixture
def settings(tmp_path, mongo_uri, database):
    """Settings with a data folder and a database of this test's own."""
    made = Settings(
        data=tmp_path / "data",
        mongodb_uri=mongo_uri,
        database=database.name,
        secret_key="a-secret-for-tests",
        dbpedia=False,
    )
    made.make_folders()
    return made


@pytest.fixture(scope="session")
def chromium_path():
    """Chromium's program; without one the test is skipped, and fails in CI.

    The one without windows comes first: it takes a quarter of the time.
    """
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if (Path(folder) / name).is_file():
                return str(Path(folder) / name)
    if os.environ.get("CI") == "true":
        pytest.fail("no Chromium was found; scripts/setup --dev installs one")
    return pytest.skip("no Chromium was found; scripts/setup --dev installs one")


class Together(LoadFileScheduling):
    """The tests of a file run in one process; all that drive Chromium share one server in one, and
    those that need torch read it in one.
    """

    def _split_scope(self, nodeid):
        found = super()._split_scope(nodeid)
        return next((name for name, files in _TOGETHER.items() if found.startswith(files)), found)


_TOGETHER = {
    "browser": ("tests/browser/",),
    "torch": tuple(
        f"tests/ml/test_{one}.py"
        for one in ("fine_tuned", "gloss_encoder", "sequences", "transformer")
    ),
}


def pytest_collection_finish(session):
    """What is imported stays: it need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish(session):
    """A process that ends need not look through what it leaves."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """How tests are shared out."""
    return Together(config, log)


def pytest_runtest_logreport(report):
    """Counts the browser tests that ran."""
    global BROWSERS
    if report.when == "call" and "browser" in report.keywords:
        BROWSERS += 1


def pytest_terminal_summary(terminalreporter):
    """Says how many browser tests ran, so that none is left out unseen."""
    terminalreporter.write_line(f"browser tests run: {BROWSERS}")
