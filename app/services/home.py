"""What somebody sees first: the projects they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.roles import Actor, Role
from app.store import members, projects
from app.store.database import Document, Store


@dataclass(frozen=True)
class ProjectCard:
    """A project as the home page lists it.

    Attributes:
        languages: names of the object languages.
        entries: number of entries that are not deleted.
        changed: when something was last changed, and `changed_by` whom; None before.
    """

    slug: str
    title: str
    languages: tuple[str, ...]
    entries: int
    role: Role
    changed: datetime | None
    changed_by: str


def projects_of(store: Store, actor: Actor) -> list[ProjectCard]:
    """The projects of an actor, the one changed last first."""
    roles = {row["project"]: Role(row["role"]) for row in members.find_of(store, actor.id)}
    found = projects.find_many(store, list(roles))
    cards = [_card(store, project, roles[project["_id"]]) for project in found]
    return sorted(cards, key=lambda card: (-_stamp(card), card.title.casefold()))


def _card(store: Store, project: Document, role: Role) -> ProjectCard:
    query = {"project": project["_id"], "deleted": {"$ne": True}}
    latest = store.changes.find_one({"project": project["_id"]}, sort=[("seq", -1)])
    return ProjectCard(
        project["slug"],
        project["title"],
        tuple(language["name"] for language in project.get("languages", ())),
        store.entries.count_documents(query),
        role,
        latest["time"] if latest else None,
        str(latest.get("actor_name", "")) if latest else "",
    )


def _stamp(card: ProjectCard) -> float:
    return card.changed.timestamp() if card.changed else 0.0
