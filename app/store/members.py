"""Who belongs to which project, with which role and in which groups."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pymongo.client_session import ClientSession

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Actor, Role
from app.store import audit
from app.store.database import Document, Store


def make_indexes(store: Store) -> None:
    """Makes the indexes of members; safe to call again."""
    store.members.create_index([("project", 1), ("user", 1)], unique=True)
    store.members.create_index("user")


def find(
    store: Store, project_id: str, user_id: str, session: ClientSession | None = None
) -> Document | None:
    """The membership of an account in a project."""
    return store.members.find_one({"project": project_id, "user": user_id}, session=session)


def find_all(store: Store, project_id: str) -> list[Document]:
    """The members of a project, first come first."""
    return list(store.members.find({"project": project_id}).sort("_id"))


def find_of(store: Store, user_id: str) -> list[Document]:
    """The memberships of an account."""
    return list(store.members.find({"user": user_id}))


def put(
    store: Store,
    project_id: str,
    user_id: str,
    role: Role,
    *,
    by: Actor,
    at: datetime,
    session: ClientSession | None = None,
) -> None:
    """Gives an account a role in a project, in place of the one it has; audited."""
    query = {"project": project_id, "user": user_id}
    before = store.members.find_one_and_update(
        query,
        {
            "$set": {"role": role.value},
            "$setOnInsert": {"_id": new_id("m"), "groups": [], "added": at, "by": by.id},
        },
        upsert=True,
        session=session,
    )
    details = {"role": role.value, "before": before["role"] if before else None}
    audit.write(
        store,
        at,
        by,
        "member.role" if before else "member.add",
        about=user_id,
        project=project_id,
        details=details,
        session=session,
    )


def adopt(store: Store, user_id: str, *, at: datetime) -> list[str]:
    """Makes an account the owner of every project that has no members; returns their ids."""
    owned = store.members.distinct("project")
    orphans = [found["_id"] for found in store.projects.find({"_id": {"$nin": owned}}, {"_id": 1})]
    for project in orphans:
        put(store, project, user_id, Role.OWNER, by=SYSTEM, at=at)
    return orphans


def put_groups(
    store: Store,
    project_id: str,
    user_id: str,
    groups: Iterable[str],
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Sets the groups that a member belongs to; audited."""
    wanted = sorted(set(groups))
    query = {"project": project_id, "user": user_id}
    before = store.members.find_one_and_update(query, {"$set": {"groups": wanted}})
    if before and before["groups"] != wanted:
        details = {"groups": wanted, "before": before["groups"]}
        audit.write(
            store, at, by, "member.groups", about=user_id, project=project_id, details=details
        )


def remove(
    store: Store,
    project_id: str,
    user_id: str,
    *,
    by: Actor,
    at: datetime,
    session: ClientSession | None = None,
) -> None:
    """Ends a membership; audited."""
    query = {"project": project_id, "user": user_id}
    before = store.members.find_one_and_delete(query, session=session)
    if before:
        audit.write(
            store,
            at,
            by,
            "member.remove",
            about=user_id,
            project=project_id,
            details={"before": before["role"]},
            session=session,
        )


def lock_owners(store: Store, project_id: str, session: ClientSession) -> set[str]:
    """The ids of a project's owners, held until the transaction ends.

    Two transactions that both do this cannot both succeed at once: one is tried again and sees
    what the other did. So the last owner cannot slip away beside the last but one.
    """
    query = {"project": project_id, "role": Role.OWNER.value}
    store.members.update_many(query, {"$inc": {"held": 1}}, session=session)
    return {member["user"] for member in store.members.find(query, session=session)}


def find_by_project(store: Store) -> dict[str, list[Document]]:
    """The members of every project, by its id."""
    found: dict[str, list[Document]] = {}
    for member in store.members.find({}).sort("_id"):
        found.setdefault(member["project"], []).append(member)
    return found
