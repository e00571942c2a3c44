"""Who belongs to a project: roles, groups and invitations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.client_session import ClientSession

from app.domain.accounts import clean_name, name_problem
from app.domain.errors import Invalid, NotAllowed, NotFound, Problem
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import Action, Actor, Role
from app.services import passwords
from app.services.desk import Desk
from app.services.projects import save_settings
from app.store import accounts, audit, invitations, members, projects
from app.store.database import Document, Store

INVITATION_LASTS = timedelta(days=7)
LONGEST_INVITATION = 90  # days
MOST_PENDING = 200
LONGEST_GROUP = 60
_ORDER = list(Role)


@dataclass(frozen=True)
class Member:
    """A member as the list of members shows it.

    Attributes:
        name: as shown; `username` as typed to log in.
        added: when they joined.
    """

    id: str
    name: str
    username: str
    role: Role
    groups: tuple[str, ...]
    added: datetime
    disabled: bool = False


def find_all(desk: Desk) -> list[Member]:
    """The members of a project, by role and name."""
    rows = members.find_all(desk.store, desk.project_id)
    people = accounts.find_many(desk.store, (row["user"] for row in rows))
    found = [_member(row, people[row["user"]]) for row in rows if row["user"] in people]
    return sorted(found, key=lambda member: (_ORDER.index(member.role), member.name.casefold()))


def grantable(desk: Desk) -> tuple[Role, ...]:
    """The roles that one may give and take: all for an owner, those below one's own for others."""
    if desk.actor.system or desk.role is Role.OWNER:
        return tuple(_ORDER)
    if desk.role is None or not desk.may(Action.MEMBERS):
        return ()
    return tuple(_ORDER[_ORDER.index(desk.role) + 1 :])


def set_role(desk: Desk, user_id: str, role: Role, now: datetime) -> None:
    """Gives a member another role.

    Raises:
        Invalid: it would leave the project without an owner.
        NotAllowed: the role given or taken is not below one's own.
        NotFound: there is no such member.
    """
    desk.require(Action.MEMBERS)

    def write(session: ClientSession) -> None:
        before = _get(desk, user_id, session)
        _require_grantable(desk, Role(before["role"]), role)
        if role is not Role.OWNER:
            _require_another_owner(desk, user_id, session)
        members.put(
            desk.store, desk.project_id, user_id, role, by=desk.actor, at=now, session=session
        )

    with desk.store.client.start_session() as session:
        session.with_transaction(write)


def put(desk: Desk, user_id: str, role: Role, now: datetime) -> None:
    """Gives an account a role, whether it is a member already or not.

    Raises:
        Invalid: it would leave the project without an owner.
        NotAllowed: the role is not below one's own.
    """
    if members.find(desk.store, desk.project_id, user_id) is not None:
        set_role(desk, user_id, role, now)
        return
    desk.require(Action.MEMBERS)
    _require_grantable(desk, role)
    members.put(desk.store, desk.project_id, user_id, role, by=desk.actor, at=now)


def set_groups(desk: Desk, user_id: str, groups: Iterable[str], now: datetime) -> None:
    """Sets the groups of members that somebody belongs to.

    Raises:
        Invalid: a group that the project does not have.
        NotFound: there is no such member.
    """
    desk.require(Action.MEMBERS)
    _get(desk, user_id)
    wanted, known = set(groups), set(desk.project.get("groups", ()))
    if wanted - known:
        unknown = ", ".join(sorted(wanted - known))
        raise Invalid(
            Problem("groups", say("The project has no group %(unknown)s.", unknown=unknown))
        )
    members.put_groups(desk.store, desk.project_id, user_id, wanted, by=desk.actor, at=now)


def name_groups(desk: Desk, names: Iterable[str], now: datetime) -> None:
    """Sets the project's groups of members; one that goes is taken from its members too.

    Raises:
        Invalid: a name cannot be used.
    """
    wanted = tuple(dict.fromkeys(filter(None, map(clean_name, names))))
    problems = [name_problem(name, LONGEST_GROUP) for name in wanted]
    if any(problems):
        raise Invalid(*(Problem("groups", what) for what in problems if what))
    content = {"groups": list(wanted)}
    save_settings(desk, content, desk.project["rev"], new_id("x"))
    for member in members.find_all(desk.store, desk.project_id):
        kept = [group for group in member["groups"] if group in wanted]
        if kept != member["groups"]:
            members.put_groups(
                desk.store, desk.project_id, member["user"], kept, by=desk.actor, at=now
            )


def remove(desk: Desk, user_id: str, now: datetime) -> None:
    """Ends a membership: one's own, or one with a role below one's own.

    Raises:
        Invalid: it would leave the project without an owner.
        NotAllowed: the member's role is not below one's own.
        NotFound: there is no such member.
    """
    own = user_id == desk.actor.id
    if not own:
        desk.require(Action.MEMBERS)

    def write(session: ClientSession) -> None:
        before = _get(desk, user_id, session)
        if not own:
            _require_grantable(desk, Role(before["role"]))
        _require_another_owner(desk, user_id, session)
        members.remove(desk.store, desk.project_id, user_id, by=desk.actor, at=now, session=session)

    with desk.store.client.start_session() as session:
        session.with_transaction(write)


def pass_on(desk: Desk, user_id: str, now: datetime) -> None:
    """Makes another member owner and oneself a manager.

    Raises:
        Invalid: it is oneself.
        NotFound: there is no such member.
    """
    desk.require(Action.OWN)
    if user_id == desk.actor.id:
        raise Invalid("Choose another member to pass the project on to.")

    def write(session: ClientSession) -> None:
        members.lock_owners(desk.store, desk.project_id, session)
        _get(desk, user_id, session)
        for user, role in ((user_id, Role.OWNER), (desk.actor.id, Role.MANAGER)):
            members.put(
                desk.store, desk.project_id, user, role, by=desk.actor, at=now, session=session
            )

    with desk.store.client.start_session() as session:
        session.with_transaction(write)


def invite(desk: Desk, role: Role, note: str, days: int, now: datetime) -> str:
    """Makes an invitation; gives the secret of its link, which is shown once.

    Args:
        desk: whose.
        role: the role that the guest will have.
        note: for whom it is, as a reminder.
        days: how long it can be used.
        now: the time.

    Raises:
        Invalid: the days are out of range, or too many wait already.
        NotAllowed: the role is not below one's own.
    """
    desk.require(Action.MEMBERS)
    _require_grantable(desk, role)
    if not 1 <= days <= LONGEST_INVITATION:
        raise Invalid(
            Problem("days", say("An invitation lasts 1 to %(most)s days.", most=LONGEST_INVITATION))
        )
    if len(invitations.find_pending(desk.store, desk.project_id, now)) >= MOST_PENDING:
        raise Invalid(
            say("%(most)s invitations are waiting; revoke some first.", most=MOST_PENDING)
        )
    secret = passwords.new_secret()
    invitation = {
        "_id": new_id("n"),
        "project": desk.project_id,
        "role": role.value,
        "note": note.strip()[:120],
        "hash": passwords.digest(secret),
        "by": desk.actor.id,
        "by_name": desk.actor.name,
        "created": now,
        "expires": now + timedelta(days=days),
    }
    invitations.insert(desk.store, invitation)
    _audit_invitation(desk, "invitation.add", invitation, now)
    return secret


def find_pending(desk: Desk, now: datetime) -> list[Document]:
    """The invitations that wait to be accepted, newest first."""
    desk.require(Action.MEMBERS)
    return invitations.find_pending(desk.store, desk.project_id, now)


def revoke(desk: Desk, invitation_id: str, now: datetime) -> None:
    """Takes an invitation back.

    Raises:
        NotFound: it was used, revoked or has expired.
    """
    desk.require(Action.MEMBERS)
    invitation = invitations.delete(desk.store, desk.project_id, invitation_id)
    if invitation is None:
        raise NotFound("This invitation was used or revoked already, or has expired.")
    _audit_invitation(desk, "invitation.revoke", invitation, now)


def read_invitation(store: Store, secret: str, now: datetime) -> tuple[Document, Document | None]:
    """An invitation by its secret, and the project that it is to (None: to the server).

    Raises:
        NotFound: it was used or revoked, or has expired, or its project is gone.
    """
    invitation = invitations.find(store, passwords.digest(secret), now)
    if invitation is None:
        raise _no_invitation()
    if not invitation["project"]:
        return invitation, None
    project = projects.find(store, invitation["project"])
    if project is None:
        raise _no_invitation()
    return invitation, project


def accept(store: Store, actor: Actor, secret: str, now: datetime) -> str:
    """Accepts an invitation to a project; gives the project's slug.

    Somebody who is a member already keeps the higher role.

    Raises:
        NotAllowed: nobody is signed in.
        NotFound: it was used or revoked, or has expired.
    """
    if not actor.id:
        raise NotAllowed("Sign in to accept the invitation.")
    _invitation, project = read_invitation(store, secret, now)
    if project is None:
        raise NotFound("This invitation is for a new account; you have one already.")

    def write(session: ClientSession) -> None:
        taken = invitations.take(store, passwords.digest(secret), now, session)
        if taken is None:
            raise _no_invitation()
        member = members.find(store, project["_id"], actor.id, session)
        wanted = Role(taken["role"])
        if member and _ORDER.index(Role(member["role"])) <= _ORDER.index(wanted):
            return
        members.put(store, project["_id"], actor.id, wanted, by=actor, at=now, session=session)

    with store.client.start_session() as session:
        session.with_transaction(write)
    return str(project["slug"])


def _member(row: Document, account: Document) -> Member:
    return Member(
        account["_id"],
        account["name"],
        account["username"],
        Role(row["role"]),
        tuple(row["groups"]),
        row["added"],
        account["disabled"],
    )


def _get(desk: Desk, user_id: str, session: ClientSession | None = None) -> Document:
    member = members.find(desk.store, desk.project_id, user_id, session)
    if member is None:
        raise NotFound("There is no such member; they may have left.")
    return member


def _require_grantable(desk: Desk, *roles: Role) -> None:
    allowed = grantable(desk)
    refused = [role for role in roles if role not in allowed]
    if refused:
        raise NotAllowed(
            say(
                "You may not give or take the role %(role)s: it is not below your "
                "own. Ask an owner of the project.",
                role=refused[0].value,
            )
        )


def _require_another_owner(desk: Desk, user_id: str, session: ClientSession) -> None:
    if members.lock_owners(desk.store, desk.project_id, session) == {user_id}:
        raise Invalid(
            "A project needs an owner, and this is its only one. Make another member owner first."
        )


def _audit_invitation(desk: Desk, what: str, invitation: Document, now: datetime) -> None:
    details = {"role": invitation["role"], "note": invitation["note"]}
    audit.write(
        desk.store,
        now,
        desk.actor,
        what,
        about=invitation["_id"],
        project=desk.project_id,
        details=details,
    )


def _no_invitation() -> NotFound:
    return NotFound(
        "This invitation was used or revoked already, or has expired. Ask for a new link."
    )
