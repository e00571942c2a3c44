"""Projects that are deleted and come back; what cannot be undone into a deletion."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.roles import GUEST, SYSTEM, Actor, Role
from app.services import administration, history, imports, lexicon, media, projects
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import usage
from tests.factories import make_desk, make_project, make_store, save_entry
from tests.web.client import REPOSITORY

ADMIN = Actor(new_id("u"), "Root", admin=True)


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    return make_desk(store)


def test_a_deleted_project_is_reached_by_nobody_until_it_is_restored(store, desk):
    entry = save_entry(desk)
    projects.save_settings(desk, {"visibility": "public"}, 1, new_id("x"))
    projects.delete_project(desk, " sena ", utc_now())
    for actor in (desk.actor, GUEST, SYSTEM, ADMIN):
        for name in ("sena", desk.project_id):
            with pytest.raises(NotFound):
                open_desk(store, actor, name)
    assert projects.projects_of(store, desk.actor) == []
    (held,) = administration.find_projects(store, ADMIN)
    assert held.deleted
    projects.restore_project(store, ADMIN, desk.project_id, utc_now())
    back = open_desk(store, desk.actor, "sena")
    assert back.role is Role.OWNER
    assert store.entries.find_one({"_id": entry["id"]})
    told = {row["what"] for row in administration.find_audit(store, ADMIN)}
    assert {"project.delete", "project.restore"} <= told


def test_only_an_owner_who_types_the_address_deletes(store, desk):
    with pytest.raises(Invalid, match="Type sena"):
        projects.delete_project(desk, "Sena", utc_now())
    with pytest.raises(NotAllowed):
        projects.delete_project(make_desk(store, role=Role.MANAGER), "sena", utc_now())
    with pytest.raises(NotAllowed):
        projects.restore_project(store, desk.actor, desk.project_id, utc_now())
    with pytest.raises(NotAllowed):
        administration.delete_project(store, desk.actor, desk.project_id, "sena", utc_now())
    with pytest.raises(NotFound):
        projects.restore_project(store, ADMIN, desk.project_id, utc_now())


def test_the_address_of_a_deleted_project_stays_its_own(store, desk):
    projects.delete_project(desk, "sena", utc_now())
    assert projects.suggest_slug(store, "Sena") == "sena-2"
    with pytest.raises(Invalid, match="taken"):
        make_project(store)


def test_no_undo_deletes_a_project(store, desk):
    editor = make_desk(store, role=Role.EDITOR)
    projects.save_settings(desk, {"title": "New"}, 1, new_id("x"))
    projects.delete_project(desk, "sena", utc_now())
    projects.restore_project(store, ADMIN, desk.project_id, utc_now())
    restored, _deleted, settings, *_, created = history.activity(desk)
    for at, change in ((editor, created), (desk, created), (desk, restored), (editor, settings)):
        with pytest.raises(NotAllowed):
            history.undo(at, [change["_id"]], change_id=new_id("x"))
    history.undo(desk, [settings["_id"]], change_id=new_id("x"))
    assert open_desk(store, desk.actor, "sena").project["title"] == "Sena"


def test_deleted_entries_do_not_count_as_entries(store, desk):
    before = usage.measure(store)[desk.project_id].entries
    save_entry(desk, "moto")
    gone = save_entry(desk, "maji")
    lexicon.delete(desk, gone["id"], change_id=new_id("x"))
    assert usage.measure(store)[desk.project_id].entries == before + 1


def test_what_does_not_fit_into_the_quota_is_not_taken(store, desk):
    usage.set_quota(store, desk.project_id, 1)
    picture = REPOSITORY / "package.json"
    for take in (imports.upload, media.keep_media):
        with picture.open("rb") as stream, pytest.raises(Invalid, match="room"):
            take(desk, stream, "x.png")
    assert store["blobs.files"].find_one() is None
