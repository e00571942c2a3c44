"""Accounts: registering, one's own name and password, one-time links and personal tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.client_session import ClientSession

from app.domain.accounts import (
    Scope,
    check_account,
    clean_name,
    email_problem,
    name_problem,
    password_problem,
    username_key,
)
from app.domain.errors import Invalid, NotAllowed, NotFound, Problem, Problems
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import Actor
from app.services import passwords
from app.store import accounts, audit, invitations, members
from app.store.database import Document, Store

LINK_LASTS = timedelta(days=2)
TOKEN_PREFIX = "life_"  # noqa: S105  so that a leaked token can be recognised
MOST_TOKENS = 50


@dataclass(frozen=True)
class NewAccount:
    """What somebody who registers types.

    Attributes:
        invitation: the secret of an invitation's link; empty without one.
    """

    username: str
    name: str
    email: str
    password: str
    invitation: str = ""


def actor_of(account: Document) -> Actor:
    """The actor that an account is."""
    return Actor(id=account["_id"], name=account["name"], admin=account["admin"])


def may_register(store: Store, open_registration: bool, invitation: str, now: datetime) -> bool:
    """Whether somebody may make an account: the first one, when open, or when invited."""
    if open_registration or accounts.is_empty(store):
        return True
    return bool(invitation and invitations.find(store, passwords.digest(invitation), now))


def register(store: Store, new: NewAccount, open_registration: bool, now: datetime) -> Document:
    """Makes an account; the first one administers the server and owns the projects of nobody.

    An invitation to a project stays usable, to be accepted next; one to the server is used up.

    Raises:
        Invalid: a field is wrong, or the username is taken.
        NotAllowed: registration is closed and there is no invitation.
    """
    if not may_register(store, open_registration, new.invitation, now):
        raise NotAllowed("New accounts are by invitation here. Ask an administrator for a link.")
    account = _account(new, now)

    def write(session: ClientSession) -> None:
        accounts.insert(store, account, session)
        _use_up(store, new.invitation, open_registration, now, session)
        actor = Actor(id=account["_id"], name=account["name"])
        audit.write(store, now, actor, "account.add", about=account["_id"], session=session)

    with store.client.start_session() as session:
        session.with_transaction(write)
    made = accounts.find(store, account["_id"])
    assert made is not None
    if made["admin"]:
        members.adopt(store, made["_id"], at=now)
    return made


def adopt_projects(store: Store, now: datetime) -> None:
    """Gives projects that nobody belongs to, as the command line makes them, to an administrator.

    Where there is none yet, whoever registers first gets them.
    """
    first = accounts.find_first_administrator(store)
    if first is not None:
        members.adopt(store, first["_id"], at=now)


def rename(store: Store, actor: Actor, name: str, email: str, now: datetime) -> None:
    """Changes one's own name and e-mail address.

    Raises:
        Invalid: one of them cannot be used.
    """
    name, email = clean_name(name), email.strip()
    problems = Problems()
    for where, what in (("name", name_problem(name)), ("email", email_problem(email))):
        if what:
            problems.add(where, what)
    problems.check()
    accounts.update(store, actor.id, {"name": name, "email": email})
    audit.write(store, now, actor, "account.rename", about=actor.id, details={"name": name})


def save_preference(store: Store, actor: Actor, name: str, value: object) -> None:
    """Keeps how a person likes to work, such as the tiers that they want to see."""
    accounts.update(store, actor.id, {f"preferences.{name}": value})


def change_password(store: Store, actor: Actor, old: str, new: str, now: datetime) -> str:
    """Changes one's own password and ends all other sessions; gives the new session stamp.

    Raises:
        Invalid: the old password is wrong or the new one cannot be used.
    """
    account = _get(store, actor.id)
    problems = Problems()
    if not passwords.verify_password(account["password"], old):
        problems.add("old", "This is not your password.")
    what = password_problem(new, account["username"])
    if what:
        problems.add("new", what)
    problems.check()
    audit.write(store, now, actor, "account.password", about=actor.id)
    return _set_password(store, actor.id, new)


def end_other_sessions(store: Store, actor: Actor, now: datetime) -> str:
    """Ends every session of one's own account; gives the stamp with which to go on."""
    stamp = passwords.new_secret()
    accounts.update(store, actor.id, {"stamp": stamp})
    audit.write(store, now, actor, "account.sessions", about=actor.id)
    return stamp


def account_of_link(store: Store, secret: str, now: datetime) -> Document:
    """The account that a one-time password link is for.

    Raises:
        NotFound: the link was used, replaced or has expired.
    """
    link = accounts.find_password_link(store, passwords.digest(secret), now)
    account = accounts.find(store, link["user"]) if link else None
    if account is None or account["disabled"]:
        raise _no_link()
    return account


def use_password_link(store: Store, secret: str, new: str, now: datetime) -> Document:
    """Sets the password of the account that a one-time link is for; gives the account.

    Raises:
        Invalid: the password cannot be used; the link stays good.
        NotFound: the link was used, replaced or has expired.
    """
    account = account_of_link(store, secret, now)
    what = password_problem(new, account["username"])
    if what:
        raise Invalid(Problem("new", what))
    hashed = passwords.hash_password(new)
    actor = actor_of(account)

    def write(session: ClientSession) -> None:
        if accounts.take_password_link(store, passwords.digest(secret), now, session) is None:
            raise _no_link()
        values = {"password": hashed, "stamp": passwords.new_secret()}
        accounts.update(store, account["_id"], values, session)
        audit.write(
            store, now, actor, "account.password-link.used", about=actor.id, session=session
        )

    with store.client.start_session() as session:
        session.with_transaction(write)
    accounts.forget_attempts_of(store, f"account:{passwords.digest(account['key'])}")
    return _get(store, account["_id"])


def make_token(
    store: Store,
    actor: Actor,
    name: str,
    scopes: Iterable[str],
    days: int | None,
    now: datetime,
) -> str:
    """Makes a personal token; what it gives is shown once and not kept.

    Args:
        store: the database.
        actor: whose token it is.
        name: what it is for.
        scopes: values of `Scope`.
        days: how long it lasts; None for as long as it is not revoked.
        now: the time.

    Raises:
        Invalid: the name, a scope or the time cannot be used.
    """
    name, wanted = clean_name(name), sorted(set(scopes))
    _check_token(store, actor, name, wanted, days)
    secret = TOKEN_PREFIX + passwords.new_secret()
    token = {
        "_id": new_id("t"),
        "user": actor.id,
        "name": name,
        "scopes": wanted,
        "hash": passwords.digest(secret),
        "created": now,
        "expires": now + timedelta(days=days) if days else None,
        "used": None,
    }
    accounts.insert_token(store, token)
    audit.write(
        store, now, actor, "token.add", about=actor.id, details={"name": name, "scopes": wanted}
    )
    return secret


def revoke_token(store: Store, actor: Actor, token_id: str, now: datetime) -> None:
    """Takes one of one's own tokens away.

    Raises:
        NotFound: there is no such token.
    """
    token = accounts.delete_token(store, actor.id, token_id)
    if token is None:
        raise NotFound("There is no such token; it may have been revoked already.")
    audit.write(store, now, actor, "token.revoke", about=actor.id, details={"name": token["name"]})


def tokens_of(store: Store, actor: Actor) -> list[Document]:
    """One's own tokens, newest first."""
    return accounts.find_tokens(store, actor.id)


def account_of_token(
    store: Store, secret: str, now: datetime
) -> tuple[Document, frozenset[Scope]] | None:
    """The account and scopes of a bearer token; None where it is not good."""
    token = accounts.find_token(store, passwords.digest(secret), now)
    account = accounts.find(store, token["user"]) if token else None
    if token is None or account is None or account["disabled"]:
        return None
    return account, frozenset(Scope(scope) for scope in token["scopes"])


def _account(new: NewAccount, now: datetime) -> Document:
    username, email = clean_name(new.username), new.email.strip()
    name = clean_name(new.name) or username
    check_account(username, name, email, new.password)
    return {
        "_id": new_id("u"),
        "username": username,
        "key": username_key(username),
        "name": name,
        "email": email,
        "password": passwords.hash_password(new.password),
        "stamp": passwords.new_secret(),
        "admin": False,
        "disabled": False,
        "created": now,
        "last_login": now,
    }


def _use_up(
    store: Store, secret: str, open_registration: bool, now: datetime, session: ClientSession
) -> None:
    """Uses up an invitation to the server; two people cannot both come in by it."""
    if not secret:
        return
    hashed = passwords.digest(secret)
    found = invitations.find(store, hashed, now)
    if found and found["project"]:
        return
    taken = invitations.take(store, hashed, now, session)
    if taken is None and not open_registration:
        raise NotAllowed("This invitation has been used or has expired. Ask for a new link.")


def _check_token(
    store: Store, actor: Actor, name: str, scopes: list[str], days: int | None
) -> None:
    problems = Problems()
    what = name_problem(name, 80)
    if what:
        problems.add("name", what)
    if not scopes or not set(scopes) <= set(Scope):
        problems.add("scopes", "Choose what the token may do.")
    if days is not None and not 1 <= days <= 3650:
        problems.add("days", "A token lasts from 1 to 3650 days.")
    if len(accounts.find_tokens(store, actor.id)) >= MOST_TOKENS:
        problems.add(
            "", say("An account has at most %(most)s tokens; revoke one first.", most=MOST_TOKENS)
        )
    problems.check()


def _set_password(store: Store, user_id: str, new: str) -> str:
    stamp = passwords.new_secret()
    hashed = passwords.hash_password(new)
    accounts.update(store, user_id, {"password": hashed, "stamp": stamp})
    accounts.delete_password_links(store, user_id)
    return stamp


def _get(store: Store, user_id: str) -> Document:
    account = accounts.find(store, user_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account


def _no_link() -> NotFound:
    return NotFound("This link has been used or has expired. Ask an administrator for a new one.")
