"""Queries that a project keeps."""

from __future__ import annotations

from typing import Any

from app.domain.corpus_query import CorpusQuery, check
from app.domain.errors import Invalid, NotAllowed, Problem
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import Action
from app.services.desk import Desk
from app.store import changes, records
from app.store.changes import Op
from app.store.database import Document

LONGEST = 200


def find_all(desk: Desk) -> list[Document]:
    """The queries that are kept, by name."""
    desk.require(Action.READ)
    found = records.iterate(desk.store, desk.scope, "query")
    return sorted(found, key=lambda one: str(one["name"]).casefold())


def save(desk: Desk, name: str, query: CorpusQuery, *, change_id: str) -> str:
    """Keeps a query; returns its id.

    Raises:
        Invalid: it has no name or a long one, or cannot be answered.
    """
    desk.require(Action.ADD)
    called = " ".join(name.split())
    if not called or len(called) > LONGEST:
        raise Invalid(
            Problem("name", say("Give it a name of 1 to %(most)s letters.", most=LONGEST))
        )
    if query.is_empty:
        raise Invalid(Problem("text", "Look for something first."))
    check(query)
    made: dict[str, Any] = {"id": new_id("q"), "name": called, "query": query.arguments()}
    op = Op("query", made["id"], "create", made)
    changes.commit(desk.store, desk.project_id, desk.actor, "create", [op], change_id=change_id)
    return str(made["id"])


def delete(desk: Desk, query: str, *, change_id: str) -> None:
    """Forgets a query: one's own, or anybody's for who may change all.

    Raises:
        NotFound: there is none.
        NotAllowed: somebody else keeps it.
    """
    desk.require(Action.EDIT_OWN)
    stored = records.get(desk.store, desk.scope, "query", query)
    if not desk.may(Action.EDIT) and stored.get("owner") != desk.actor.id:
        raise NotAllowed("Somebody else keeps this query; ask an editor.")
    op = Op("query", query, "delete")
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=change_id)
