"""Reading projects; writing one is a change like any other (`app.store.changes`)."""

from __future__ import annotations

from app.domain.ids import is_id
from app.store.database import Document, Store

BASE = "base"  # id, in `server`, of what the IRIs of projects begin with that are not released yet


def find(store: Store, slug_or_id: str) -> Document | None:
    """The stored project with a slug or an id, if it exists and is not deleted."""
    key = "_id" if is_id(slug_or_id) else "slug"
    return store.projects.find_one({key: slug_or_id, "deleted": {"$ne": True}})


def is_taken(store: Store, slug: str) -> bool:
    """Whether a project has an address; one that is deleted keeps its own."""
    return store.projects.find_one({"slug": slug}, {"_id": 1}) is not None


def find_many(store: Store, ids: list[str]) -> list[Document]:
    """The stored projects with these ids, by title."""
    query = {"_id": {"$in": ids}, "deleted": {"$ne": True}}
    return list(store.projects.find(query).sort("title"))


def find_all(store: Store) -> list[Document]:
    """All projects that are not deleted, by title."""
    return list(store.projects.find({"deleted": {"$ne": True}}).sort("title"))


def find_deleted(store: Store, project_id: str = "") -> list[Document]:
    """The projects that are deleted, by title; or the one with an id, if it is."""
    query: Document = {"deleted": True}
    if project_id:
        query["_id"] = project_id
    return list(store.projects.find(query).sort("title"))
