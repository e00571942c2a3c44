"""Who is at work in which project, with which role: what every service is handed first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain.errors import NotAllowed, NotFound
from app.domain.messages import say
from app.domain.roles import MAY, PUBLIC, Action, Actor, Role
from app.store import members, projects
from app.store.access import Scope
from app.store.database import Store


@dataclass(frozen=True)
class Desk:
    """An actor in a project.

    Attributes:
        store: the database.
        project: the project's stored document, envelope included.
        role: the actor's role there; None for a guest of a public project.
        groups: the groups of members that the actor belongs to.
    """

    store: Store
    actor: Actor
    project: dict[str, Any]
    role: Role | None
    groups: frozenset[str] = frozenset()

    @property
    def project_id(self) -> str:
        """The id of the project."""
        return str(self.project["_id"])

    @property
    def scope(self) -> Scope:
        """What the actor may read here."""
        everything = self.actor.system or self.role in (Role.OWNER, Role.MANAGER)
        return Scope(self.project_id, everything, self.role is not None, self.groups)

    def may(self, action: Action) -> bool:
        """Tells whether the role permits an action."""
        if self.actor.system:
            return True
        if self.role is None:
            return self.project.get("visibility") == "public" and action in PUBLIC
        return action in MAY[self.role]

    def require(self, action: Action) -> None:
        """Refuses an action that the role does not permit.

        Raises:
            NotAllowed: with the role and what it would take.
        """
        if not self.may(action):
            role = self.role.value if self.role else "guest"
            raise NotAllowed(
                say(
                    "As %(role)s of “%(title)s” you may not %(action)s. Ask an owner or "
                    "manager of the project for another role.",
                    role=role,
                    title=self.project["title"],
                    action=action.value,
                )
            )


def open_desk(store: Store, actor: Actor, slug_or_id: str) -> Desk:
    """The desk of an actor in a project, found by slug or id.

    Raises:
        NotFound: there is no such project, or the actor may not know of it.
    """
    project = projects.find(store, slug_or_id)
    if project is not None:
        member = members.find(store, project["_id"], actor.id) if actor.id else None
        role = Role(member["role"]) if member else None
        if role or actor.system or project.get("visibility") == "public":
            groups = frozenset(member.get("groups", ())) if member else frozenset()
            return Desk(store, actor, project, role, groups)
    raise NotFound(
        say(
            "There is no project “%(slug)s”, or you are not a member of it.",
            slug=slug_or_id,
        )
    )
