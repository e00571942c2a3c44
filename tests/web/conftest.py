"""Accounts, projects and checked clients for tests of pages."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

import pytest
from jinja2 import BytecodeCache

from app.domain.accounts import username_key
from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services.passwords import hash_password
from app.store import accounts, audit, invitations, members
from app.web import _run_here, create_app
from app.web.context import Parts
from tests import factories
from tests.web.client import PASSWORD, Client, make_validator

hash_once = lru_cache(hash_password)  # a hash is slow on purpose


class Compiled(BytecodeCache):
    """Templates are compiled once for all the applications of a run."""

    def __init__(self):
        self._codes = {}

    def load_bytecode(self, bucket):
        if bucket.key in self._codes:
            bucket.bytecode_from_string(self._codes[bucket.key])

    def dump_bytecode(self, bucket):
        self._codes[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class TestClock:
    """A clock that stands until it is told to go on."""

    __test__ = False

    def __init__(self):
        self.now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_(self, **duration):
        self.now += timedelta(**duration)


@pytest.fixture
def clock():
    return TestClock()


@pytest.fixture(scope="session")
def validator():
    made = make_validator()
    yield made
    if made:
        made.close()


@pytest.fixture
def store(database):
    for part in (accounts, audit, invitations, members):
        part.make_indexes(database)
    return database


@pytest.fixture
def make_app(settings, store, clock):
    """Makes an application, with some settings changed."""

    def make(**changed):
        made = create_app(replace(settings, **changed), store, clock=clock)
        made.jinja_env.bytecode_cache = COMPILED
        return made

    return make


_APPS = []  # the one application of a run, whose routes were compiled once


@pytest.fixture
def app(make_app, settings, store, clock):
    """The application, with the parts of this test: it keeps nothing else."""
    if not _APPS:
        _APPS.append(make_app())
    return with_parts_of(_APPS[0], settings, store, clock)


def with_parts_of(made, settings, store, clock):
    """An application that works with the parts of one test."""
    made.extensions["life"] = Parts(settings, store, clock, partial(_run_here, settings, store))
    return made


@pytest.fixture
def make_client(app, validator):
    """Makes a browser of its own, signed in where a user is given."""

    def make(user=None, app=app):
        client = Client(app, validator)
        if user is not None:
            client.login(user)
        return client

    return make


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture
def make_user(store, clock):
    """Makes an account; the first one of a test is the administrator."""
    numbers = itertools.count(1)

    def make(username="", **values):
        username = username or f"user{next(numbers)}"
        account = {
            "_id": new_id("u"),
            "username": username,
            "key": username_key(username),
            "name": username.title(),
            "email": "",
            "password": hash_once(values.pop("password", PASSWORD)),
            "stamp": username,
            "admin": False,
            "disabled": False,
            "created": clock(),
            "last_login": clock(),
            **values,
        }
        accounts.insert(store, account)
        return accounts.find(store, account["_id"])

    return make


@pytest.fixture
def admin(make_user):
    return make_user("root", name="Root Admin")


@pytest.fixture
def owner(store, admin, make_user, clock):
    """The owner of the project “sena”, whose server somebody else administers."""
    made = make_user("olga", name="Olga Owner")
    project = factories.make_project(factories.make_store(store))
    members.put(store, project, made["_id"], Role.OWNER, by=SYSTEM, at=clock())
    return made


@pytest.fixture
def make_project(store, clock):
    """Makes a project with members, given as keyword arguments: role and account."""
    numbers = itertools.count(1)

    def make(title="", visibility="members", groups=(), **roles):
        number = next(numbers)
        project = {
            "_id": new_id("p"),
            "slug": f"project-{number}",
            "title": title or f"Project {number}",
            "languages": [],
            "writing_systems": [],
            "visibility": visibility,
            "groups": list(groups),
            "rev": 1,
        }
        store.projects.insert_one(project)
        for role, user in roles.items():
            members.put(store, project["_id"], user["_id"], Role(role), by=SYSTEM, at=clock())
        return project

    return make
