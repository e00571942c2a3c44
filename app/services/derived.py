"""Derived collections: how far they are, making them anew, seeing that they are right."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.errors import NotAllowed, NotFound
from app.domain.messages import say
from app.domain.roles import Actor
from app.services.desk import Desk
from app.store import followers, projects
from app.store.database import Document, Store
from app.store.derived import FOLLOWERS
from app.store.followers import Follower, Position, Progress


def position(desk: Desk, name: str) -> Position:
    """How far a derived collection of the project is."""
    return followers.position(desk.store, desk.project_id, name)


def rebuild(
    store: Store, actor: Actor, slug: str, only: str | None, *, progress: Progress
) -> list[tuple[str, str]]:
    """Makes derived collections anew; returns slug and name of each.

    Args:
        slug: of a project; empty for all.
        only: the name of one follower; None for all.

    Raises:
        NotFound: there is no such project.
    """
    made = []
    for project, follower in _wanted(store, actor, slug, only):
        followers.rebuild(store, project["_id"], follower, progress=progress)
        made.append((str(project["slug"]), follower.name))
    return made


def check(store: Store, actor: Actor, slug: str, only: str | None) -> list[str]:
    """Makes derived collections anew; returns a line for each that was not right before.

    Raises:
        NotFound: there is no such project.
        Conflict: people write in it all the time.
    """
    return [
        f"{follower.name} of {project['slug']} was not what its records give; it is now"
        for project, follower in _wanted(store, actor, slug, only)
        if not followers.check(store, project["_id"], follower)
    ]


def _wanted(
    store: Store, actor: Actor, slug: str, only: str | None
) -> Iterator[tuple[Document, Follower]]:
    if not actor.system:
        raise NotAllowed(say("Only whoever runs the server may do that."))
    found = [projects.find(store, slug)] if slug else projects.find_all(store)
    for project in found:
        if project is None:
            raise NotFound(say("There is no project “%(slug)s”.", slug=slug))
        for follower in FOLLOWERS:
            if only in (None, follower.name):
                yield project, follower
