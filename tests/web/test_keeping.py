"""Backups by page and erasing by page, through the client that checks every page it fetches."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import accounts, people
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import members
from tests.factories import make_project, make_store, save_entry


@pytest.fixture
def desks(store, make_user):
    """An owner's and a manager's desk in a project, by role."""
    make_project(make_store(store))
    project = store.projects.find_one({"slug": "sena"})
    found = {}
    for role in (Role.OWNER, Role.MANAGER, Role.EDITOR):
        user = make_user(role.value)
        members.put(store, project["_id"], user["_id"], role, by=SYSTEM, at=utc_now())
        found[role] = open_desk(store, accounts.actor_of(user), "sena")
    return found


@pytest.fixture
def at(desks, make_client):
    return lambda role: make_client(role.value)


def back_up(client):
    """Writes a backup; returns the address of its file."""
    job = client.post("/sena/backups").headers["Location"]
    page = client.get_page(client.http.get(job).headers["Location"])
    return page.xpath("string(//main//a[contains(@class, 'button--main')]/@href)")


def test_a_backup_is_for_whoever_asked_for_it(desks, at):
    manager, owner = at(Role.MANAGER), at(Role.OWNER)
    link = back_up(manager)
    assert manager.http.get(link).status_code == 200
    assert owner.http.get(link).status_code == 404
    assert at(Role.EDITOR).post("/sena/backups").status_code == 403


def test_who_lost_the_role_cannot_fetch_the_backup_any_more(desks, at, store):
    manager = at(Role.MANAGER)
    link = back_up(manager)
    desk = desks[Role.MANAGER]
    members.put(store, desk.project_id, desk.actor.id, Role.EDITOR, by=SYSTEM, at=utc_now())
    assert manager.http.get(link).status_code == 403


def test_erasing_wants_a_reason_and_says_what_goes(desks, at):
    entry = save_entry(desks[Role.OWNER], "siri", "secret")["id"]
    owner = at(Role.OWNER)
    assert "siri" in owner.get_page(f"/sena/erase/entry/{entry}").findtext(".//h1")
    page = owner.post_page(f"/sena/erase/entry/{entry}", {"reason": " "}, status=422)
    assert "Say why" in page.xpath("string(//*[contains(@class, 'field__error')])")
    owner.submit(f"/sena/erase/entry/{entry}", {"reason": "asked for"})
    assert owner.http.get(f"/sena/erase/entry/{entry}").status_code == 404


def test_a_person_is_erased_and_another_kind_is_not(desks, at):
    facts = {"name": "Ana", "label": "", "languages": [], "note": ""}
    person = people.add(desks[Role.OWNER], facts, change_id=new_id("x"))
    owner = at(Role.OWNER)
    assert "Ana" in owner.get_page(f"/sena/erase/person/{person}").findtext(".//h1")
    owner.submit(f"/sena/erase/person/{person}", {"reason": "asked for"})
    assert owner.http.get(f"/sena/people/{person}").status_code == 404
    assert owner.http.get(f"/sena/erase/project/{desks[Role.OWNER].project_id}").status_code == 404
