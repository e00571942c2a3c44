"""What administrators of the server do: users, invitations, projects, quotas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.client_session import ClientSession

from app.domain.errors import Invalid, NotAllowed, NotFound, Problem
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import Actor, Role
from app.services import passwords
from app.services.accounts import LINK_LASTS
from app.services.projects import hide_project
from app.store import accounts, audit, invitations, members, projects, usage
from app.store.database import Document, Store
from app.store.usage import Usage

INVITATION_LASTS = timedelta(days=7)
MEBIBYTE = 1024**2
LARGEST_QUOTA = 1024**2  # MiB


@dataclass(frozen=True)
class HeldProject:
    """A project as administrators see it.

    Attributes:
        owners: names of its owners, `members` all of its members' ids and names.
        quota: bytes it may hold; None without a limit.
        deleted: whether nobody but administrators knows of it.
    """

    id: str
    slug: str
    title: str
    owners: tuple[str, ...]
    members: tuple[tuple[str, str], ...]
    usage: Usage
    quota: int | None
    deleted: bool = False


def find_users(store: Store, actor: Actor) -> list[Document]:
    """All accounts by username, without their secrets."""
    _require(actor)
    return accounts.find_all(store)


def find_audit(store: Store, actor: Actor, before: datetime | None = None) -> list[Document]:
    """A page of the audit log, newest first."""
    _require(actor)
    return audit.find_latest(store, before=before)


def disable(store: Store, actor: Actor, user_id: str, now: datetime) -> None:
    """Shuts an account out: its sessions end and its tokens stop; what it wrote stays.

    Raises:
        Invalid: it is one's own, or the only administrator's.
        NotFound: there is no such account.
    """
    _require(actor)
    if user_id == actor.id:
        raise Invalid("You cannot disable your own account; another administrator can.")
    _require_another_administrator(store, _get(store, user_id))
    accounts.update(store, user_id, {"disabled": True, "stamp": passwords.new_secret()})
    accounts.delete_password_links(store, user_id)
    audit.write(store, now, actor, "account.disable", about=user_id)


def enable(store: Store, actor: Actor, user_id: str, now: datetime) -> None:
    """Lets an account in again.

    Raises:
        NotFound: there is no such account.
    """
    _require(actor)
    _get(store, user_id)
    accounts.update(store, user_id, {"disabled": False})
    audit.write(store, now, actor, "account.enable", about=user_id)


def set_administrator(store: Store, actor: Actor, user_id: str, admin: bool, now: datetime) -> None:
    """Makes an account an administrator of the server, or no longer one.

    Raises:
        Invalid: the server would have no administrator left.
        NotFound: there is no such account.
    """
    _require(actor)
    account = _get(store, user_id)
    if not admin:
        _require_another_administrator(store, account)
    accounts.update(store, user_id, {"admin": admin})
    what = "account.administrator" if admin else "account.no-administrator"
    audit.write(store, now, actor, what, about=user_id)


def make_password_link(store: Store, actor: Actor, user_id: str, now: datetime) -> str:
    """Makes a one-time link with which somebody sets a new password; gives its secret.

    Raises:
        Invalid: the account is disabled.
        NotFound: there is no such account.
    """
    _require(actor)
    if _get(store, user_id)["disabled"]:
        raise Invalid("The account is disabled; enable it first.")
    secret = passwords.new_secret()
    link = {
        "_id": new_id("k"),
        "user": user_id,
        "hash": passwords.digest(secret),
        "by": actor.id,
        "created": now,
        "expires": now + LINK_LASTS,
    }
    accounts.replace_password_link(store, link)
    audit.write(store, now, actor, "account.password-link", about=user_id)
    return secret


def invite(store: Store, actor: Actor, note: str, now: datetime) -> str:
    """Makes a link with which somebody makes an account; gives its secret."""
    _require(actor)
    secret = passwords.new_secret()
    invitation = {
        "_id": new_id("n"),
        "project": "",
        "role": "",
        "note": note.strip()[:120],
        "hash": passwords.digest(secret),
        "by": actor.id,
        "by_name": actor.name,
        "created": now,
        "expires": now + INVITATION_LASTS,
    }
    invitations.insert(store, invitation)
    details = {"note": invitation["note"]}
    audit.write(store, now, actor, "invitation.add", about=str(invitation["_id"]), details=details)
    return secret


def invite_again(store: Store, actor: Actor, invitation_id: str, now: datetime) -> str:
    """Replaces an invitation by a fresh one; gives the new secret.

    Raises:
        NotFound: it was used, revoked or has long expired.
    """
    return invite(store, actor, revoke(store, actor, invitation_id, now)["note"], now)


def revoke(store: Store, actor: Actor, invitation_id: str, now: datetime) -> Document:
    """Takes an invitation to the server back; gives what it was.

    Raises:
        NotFound: it was used, revoked or has long expired.
    """
    _require(actor)
    invitation = invitations.delete(store, "", invitation_id)
    if invitation is None:
        raise NotFound("This invitation was used or revoked already.")
    audit.write(store, now, actor, "invitation.revoke", about=invitation_id)
    return invitation


def find_invitations(store: Store, actor: Actor) -> list[Document]:
    """Invitations to the server that nobody has used, expired ones for a month, newest first."""
    _require(actor)
    return invitations.find_unused(store, "")


def find_projects(store: Store, actor: Actor) -> list[HeldProject]:
    """All projects by title, with their space; deleted ones after the others."""
    _require(actor)
    used = usage.measure(store)
    quotas = usage.quotas(store)
    rows = members.find_by_project(store)
    names = {user["_id"]: user["name"] for user in accounts.find_all(store)}
    return [
        _held(
            project,
            [row for row in rows.get(project["_id"], ()) if row["user"] in names],
            names,
            used.get(project["_id"], Usage()),
            quotas.get(project["_id"]),
        )
        for project in (*projects.find_all(store), *projects.find_deleted(store))
    ]


def delete_project(store: Store, actor: Actor, project_id: str, typed: str, now: datetime) -> None:
    """Hides a project from everybody, its owners too.

    Args:
        typed: the project's slug, typed to confirm.

    Raises:
        Invalid: something else was typed.
        NotFound: there is no such project.
    """
    _require(actor)
    hide_project(store, actor, _get_project(store, project_id), typed, now)


def set_quota(
    store: Store, actor: Actor, project_id: str, mebibytes: int | None, now: datetime
) -> None:
    """Limits what a project may hold; None takes the limit away.

    Raises:
        Invalid: the limit is out of range.
        NotFound: there is no such project.
    """
    _require(actor)
    if mebibytes is not None and not 1 <= mebibytes <= LARGEST_QUOTA:
        raise Invalid(
            Problem(
                "quota", say("A quota is 1 to %(most)s MiB, or empty for none.", most=LARGEST_QUOTA)
            )
        )
    _get_project(store, project_id)
    quota = mebibytes * MEBIBYTE if mebibytes else None
    usage.set_quota(store, project_id, quota)
    audit.write(store, now, actor, "project.quota", project=project_id, details={"bytes": quota})


def pass_on(store: Store, actor: Actor, project_id: str, user_id: str, now: datetime) -> None:
    """Makes a member the owner of a project; its owners so far become managers.

    Raises:
        NotFound: there is no such project or member.
    """
    _require(actor)
    _get_project(store, project_id)

    def write(session: ClientSession) -> None:
        owners = members.lock_owners(store, project_id, session)
        if members.find(store, project_id, user_id, session) is None:
            raise NotFound("There is no such member; they may have left.")
        for owner in owners - {user_id}:
            members.put(store, project_id, owner, Role.MANAGER, by=actor, at=now, session=session)
        members.put(store, project_id, user_id, Role.OWNER, by=actor, at=now, session=session)

    with store.client.start_session() as session:
        session.with_transaction(write)


def _require(actor: Actor) -> None:
    if not (actor.admin or actor.system):
        raise NotAllowed("This is for administrators of the server.")


def _require_another_administrator(store: Store, account: Document) -> None:
    others = (
        one
        for one in accounts.find_all(store)
        if one["admin"] and not one["disabled"] and one["_id"] != account["_id"]
    )
    if account["admin"] and next(others, None) is None:
        raise Invalid(
            "The server needs an administrator, and this is its only one. Make another one first."
        )


def _get(store: Store, user_id: str) -> Document:
    account = accounts.find(store, user_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account


def _get_project(store: Store, project_id: str) -> Document:
    project = projects.find(store, project_id)
    if project is None:
        raise NotFound("There is no such project.")
    return project


def _held(
    project: Document,
    own: list[Document],
    names: dict[str, str],
    used: Usage,
    quota: int | None,
) -> HeldProject:
    return HeldProject(
        project["_id"],
        project["slug"],
        project["title"],
        tuple(names[row["user"]] for row in own if row["role"] == Role.OWNER),
        tuple((row["user"], names[row["user"]]) for row in own),
        used,
        quota,
        bool(project.get("deleted")),
    )
