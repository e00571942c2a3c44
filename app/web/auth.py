"""Who makes a request: a session in a browser, a bearer token, or a guest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from flask import Flask, current_app, g, request
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf import CSRFProtect
from werkzeug.exceptions import Unauthorized

from app.domain.accounts import Scope
from app.domain.roles import GUEST, Actor
from app.services import accounts as service
from app.store import accounts
from app.store.database import Document
from app.web.context import now, store

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_csrf = CSRFProtect()


@dataclass(frozen=True)
class Caller:
    """Who makes a request.

    Attributes:
        actor: the account as the domain sees it; a guest without one.
        account: the stored account; None for a guest.
        scopes: what the bearer token allows; None for a session.
    """

    actor: Actor
    account: Document | None = None
    scopes: frozenset[Scope] | None = None


class SessionUser:
    """An account as Flask-Login keeps it in a cookie: id and session stamp."""

    is_active = True
    is_authenticated = True
    is_anonymous = False

    def __init__(self, account: Document) -> None:
        self.account = account

    def get_id(self) -> str:
        """What the cookie holds; a new stamp makes every older cookie void."""
        return f"{self.account['_id']}.{self.account['stamp']}"


def caller() -> Caller:
    """Who makes this request; found out once.

    Raises:
        Unauthorized: the request brings a bearer token that is not good.
    """
    if "caller" not in g:
        header = request.headers.get("Authorization", "")
        bearer = _bearer(header)
        g.caller = _caller_of_token(bearer) if bearer is not None else _caller_of_session()
    return cast(Caller, g.caller)


def actor_of_request() -> Actor:
    """The actor of this request; `GUEST` for nobody.

    Raises:
        Unauthorized: the request brings a bearer token that is not good.
    """
    return caller().actor


def start_session(account: Document, remember: bool = False) -> None:
    """Logs an account in on this browser, or goes on with a new stamp."""
    login_user(SessionUser(account), remember=remember)
    g.caller = Caller(service.actor_of(account), account)


def end_session() -> None:
    """Logs out on this browser."""
    logout_user()
    g.caller = Caller(GUEST)


def install(app: Flask) -> None:
    """Sets up sessions and the check against forged requests."""
    manager = LoginManager()
    manager.user_loader(_load)
    manager.init_app(app)
    _csrf.init_app(app)
    app.before_request(_check_forgery)


def _check_forgery() -> None:
    """A session must prove an unsafe request; a token in a header cannot be sent by accident."""
    view = current_app.view_functions.get(request.endpoint or "")
    reads = request.method in SAFE_METHODS or getattr(view, "reads", False)
    if not reads and caller().scopes is None:
        _csrf.protect()


def _load(value: str) -> SessionUser | None:
    user_id, _, stamp = value.partition(".")
    account = accounts.find(store(), user_id)
    if account is None or account["disabled"] or account["stamp"] != stamp:
        return None
    return SessionUser(account)


def _bearer(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def _caller_of_session() -> Caller:
    user = cast(Any, current_user)
    if not user.is_authenticated:
        return Caller(GUEST)
    return Caller(service.actor_of(user.account), user.account)


def _caller_of_token(secret: str) -> Caller:
    found = service.account_of_token(store(), secret, now())
    if found is None:
        g.caller = Caller(GUEST, scopes=frozenset())  # for the page that says so
        raise Unauthorized("The bearer token is unknown, revoked or expired.")
    account, scopes = found
    actor = service.actor_of(account)
    actor = replace(actor, admin=actor.admin and Scope.ADMIN in scopes)
    return Caller(actor, account, scopes)
