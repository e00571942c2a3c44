"""A real server on loopback, and people at browsers."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import urllib.request
from dataclasses import replace

import pytest
from playwright.sync_api import expect, sync_playwright

from app.domain.roles import SYSTEM
from app.services.desk import open_desk
from app.settings import Settings
from app.store.database import connect
from app.wiring import prepare
from tests.links import samples
from tests.translation import write_translation

expect.set_options(timeout=20_000)  # a limit, not a wait: the machine may be busy
PASSWORD = "correct horse battery"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def server_settings(mongo_uri, tmp_path_factory):
    """The settings of the server: a folder and a port of its own, a database of this run."""
    data = tmp_path_factory.mktemp("server")
    name = f"browser_{os.getpid()}"
    settings = Settings(data=data, mongodb_uri=mongo_uri, database=name, dbpedia=False)
    settings = replace(settings.with_secret(), port=_free_port())
    settings.make_folders()
    return settings


@pytest.fixture
def open_project(server_settings):
    """Opens the desk of a project on the server, past the pages, to set a stage quickly."""
    store = connect(server_settings.mongodb_uri, server_settings.database)
    yield lambda slug: open_desk(store, SYSTEM, slug)
    store.client.close()


@pytest.fixture(scope="session")
def server(server_settings):
    """The address of a web server, with what runs beside it and a small wordnet."""
    settings, data = server_settings, server_settings.data
    write_translation(data)  # for whoever's browser asks for it
    samples.install(settings.links).close()
    prepare(settings)
    environ = {**os.environ, **settings.environ()}
    web = [
        *(sys.executable, "-m", "gunicorn", "app.web.wsgi:make_app()"),
        *(
            "-b",
            f"127.0.0.1:{settings.port}",
            "-k",
            "gthread",
            "--threads",
            "16",
            "--graceful-timeout",
            "1",
        ),
    ]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((data / "log.txt").open("wb"))
        beside = [
            [sys.executable, "-m", "app", name]
            for name in ("worker", "follow", "mirror", "predict")
        ]
        for command in (web, *beside):
            child = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
            stack.callback(child.wait)
            stack.callback(child.terminate)
        address = f"http://127.0.0.1:{settings.port}"
        _wait(address, data / "log.txt")
        yield address


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _wait(address, log):
    for _ in range(600):
        with contextlib.suppress(OSError):  # not there yet, or too busy to answer in time
            urllib.request.urlopen(f"{address}/healthz", timeout=5)
            return
        subprocess.run(["sleep", "0.1"], check=True)
    pytest.fail(f"the server does not answer: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def chromium(chromium_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield browser
        browser.close()


class Person:
    """Somebody at a browser of their own; errors in the page's scripts fail the test."""

    numbers = itertools.count(1)

    def __init__(self, chromium, server, width=1440, locale="en"):
        self.context = chromium.new_context(
            base_url=server, viewport={"width": width, "height": 900}, locale=locale
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.name = f"person{next(self.numbers)}"

    def register(self, invitation=""):
        """Makes an account, through an invitation's link where there is one."""
        self.page.goto(invitation or "/register")
        if invitation:
            self.page.click("a[href*='register']")
        self.page.fill("input[name=username]", self.name)
        self.page.fill("input[name=name]", self.name.title())
        for field in self.page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_load_state()
        return self

    def make_project(self, slug, language="seh", analysis="en"):
        """Makes a project and opens its lexicon."""
        self.page.goto("/new")
        self.page.fill("input[name=title]", slug.title())
        self.page.fill("input[name=language]", language)
        self.page.fill("input[name=analysis]", analysis)
        self.page.fill("input[name=slug]", slug)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(f"**/{slug}/lexicon")
        return self

    def invite(self, slug, role="viewer", note=""):
        """Makes an invitation to a project; returns its link."""
        self.page.goto(f"/{slug}/members")
        self.page.select_option("#invite-role", role)
        self.page.fill("#invite-note", note)
        self.page.click("#invite button[type=submit]")
        return self.page.input_value("#new-invitation")

    def add_entry(self, lemma, gloss):
        """Adds an entry with the short form."""
        self.ready()
        self.page.click("[data-dialog=add-entry]")
        self.page.fill("#add-form input[name^='lemma.']", lemma)
        self.page.fill("#add-form input[name='gloss.en']", gloss)
        with self.page.expect_navigation():
            self.page.click("#add-form button[type=submit]")
        self.page.wait_for_selector("#entry")
        return self.ready()  # before that a menu of the page does not open

    def ready(self):
        """Waits until the scripts of the lexicon's page are at work."""
        self.page.wait_for_selector("#lexicon[data-ready]")
        return self

    def field(self, key, ws="en"):
        """The field of a text in the editor."""
        self.ready()
        return self.page.locator(
            f'textarea[data-path*=\'"{key}","{ws}"\'], textarea[data-path*=\'"{key}", "{ws}"\']'
        ).first

    def state(self):
        """The sign beside the title."""
        return self.page.locator("#entry-state")


@pytest.fixture
def somebody(chromium, server):
    """Makes people; their pages are closed and their scripts must have had no error."""
    people = []

    def make(**facts):
        person = Person(chromium, server, **facts)
        people.append(person)
        return person

    yield make
    for person in people:
        person.context.close()
        assert person.errors == []


@pytest.fixture
def slug():
    """An address for a project that no other test uses."""
    return f"story-{next(_SLUGS)}"


_SLUGS = itertools.count(1)
