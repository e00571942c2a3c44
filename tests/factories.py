"""Small projects and entries for tests; each call makes new ones."""

from __future__ import annotations

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Actor, Role
from app.services import projects
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import accounts, audit, changes, invitations, members
from app.store.changes import Op
from app.store.indexes import ensure_indexes


def make_store(database):
    """The database with every index."""
    ensure_indexes(database)
    for part in (accounts, audit, invitations, members):
        part.make_indexes(database)
    return database


def make_project(store, slug="sena", language="seh", **facts):
    """A project with its default lists; returns its id."""
    return projects.create_project(
        store, SYSTEM, slug=slug, title=slug.title(), language=language, **facts
    )


def make_desk(store, slug="sena", role=Role.OWNER, name="Ann"):
    """The desk of a new member of a project, which is made if there is none."""
    if store.projects.find_one({"slug": slug}) is None:
        make_project(store, slug)
    actor = Actor(new_id("u"), name)
    project = store.projects.find_one({"slug": slug})
    members.put(store, project["_id"], actor.id, role, by=SYSTEM, at=utc_now())
    return open_desk(store, actor, slug)


def make_entry(lemma="nyumba", gloss="house", ws="seh", **fields):
    """The content of an entry with one sense."""
    sense = {"id": new_id("s"), "gloss": {"en": gloss}, **fields.pop("sense", {})}
    return {"id": new_id("e"), "lemma": {ws: lemma}, "senses": [sense], **fields}


def save_entry(desk, *args, **fields):
    """Saves a new entry; returns its content."""
    content = make_entry(*args, **fields)
    op = Op("entry", content["id"], "create", content)
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    return content


def item_id(desk, list_code, code):
    """The id of an item of a list."""
    found = desk.store.items.find_one({"project": desk.project_id, "list": list_code, "code": code})
    return found["_id"]
