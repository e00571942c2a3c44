"""Pages that delete and restore projects; a disk that is full; the lock of an entry."""

from __future__ import annotations

import pytest
from lxml import html

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import lexicon
from app.services.desk import open_desk
from app.store import members
from tests.factories import make_entry, make_store
from tests.factories import make_project as make_full_project

HUGE = 10**18


@pytest.fixture
def owner(store, admin, make_user, clock):
    made = make_user("olga", name="Olga Owner")
    make_store(store)
    project = make_full_project(store)
    members.put(store, project, made["_id"], Role.OWNER, by=SYSTEM, at=clock())
    return made


def test_an_owner_deletes_and_an_administrator_restores(make_client, owner, admin, store):
    client, administering = make_client(owner), make_client(admin)
    page = client.get_page("/sena/settings")
    assert page.xpath("//form[@action='/sena/settings/delete']")
    client.post_page("/sena/settings/delete", {"confirm": "no"}, status=422)
    client.submit("/sena/settings/delete", {"confirm": "sena"})
    for url in ("/sena", "/sena/lexicon", "/sena/settings", "/sena/people", "/sena/live"):
        assert client.http.get(url).status_code == 404
    page = administering.get_page("/admin/projects")
    (restore,) = page.xpath("//form[contains(@action, '/restore')]/@action")
    assert client.post(restore).status_code == 403
    administering.submit(restore)
    assert client.http.get("/sena/lexicon").status_code == 200
    administering.get_page("/admin/audit")


def test_an_administrator_deletes(make_client, owner, admin, store):
    client = make_client(admin)
    url = f"/admin/projects/{store.projects.find_one()['_id']}/delete"
    client.post_page(url, {"confirm": ""}, status=422)
    client.submit(url, {"confirm": "sena"})
    assert store.projects.find_one()["deleted"]
    assert client.post(url, {"confirm": "sena"}).status_code == 404


def test_a_full_disk_makes_the_server_read_only(make_app, make_client, owner):
    client = make_client(owner)
    full = make_client(app=make_app(min_free=HUGE))
    page = full.get_page("/login")
    assert page is not None
    page = full.post_page("/login", {"username": "olga"}, status=503)
    assert "The server is read-only" in page.text_content()
    answer = full.http.post("/api/v1/projects/sena/entries", json={})
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    client.app.extensions["life"] = full.app.extensions["life"]  # the same session, a full disk
    client.get_page("/sena/people")
    client.post_page("/sena/people", {"name": "Maria"}, status=503)


def test_a_restricted_entry_has_a_lock(make_client, owner, store):
    store.projects.update_one({"slug": "sena"}, {"$set": {"groups": ["elders"]}})
    desk = open_desk(store, SYSTEM, "sena")
    entry = make_entry(access={"level": "groups", "groups": ["elders"]})
    made = lexicon.add(desk, entry, new_id("x"))
    page = html.fromstring(make_client(owner).http.get(f"/sena/lexicon/{made}").text)
    assert page.xpath("string(//*[contains(@class, 'entry__lock')])") == "elders"
    assert page.xpath("//dialog[@id='access']//input[@value='groups'][@checked]")
