"""Every route states who may use it; one that does not keeps the server from starting."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any, Literal, TypeVar, cast

from flask import Flask, g, request

from app.domain.accounts import Scope
from app.domain.errors import NotAllowed, NotFound
from app.domain.messages import say
from app.domain.roles import Action
from app.services.desk import open_desk
from app.store import moment
from app.web.auth import SAFE_METHODS, Caller, caller
from app.web.context import store

# anyone: guests too. user: an account, by session or token. session: an account in a browser,
# since a token must not change the account itself. member: any role in the project of the route's
# `slug`. admin: who administers the server. An `Action`: whose role permits it in that project.
Word = Literal["anyone", "user", "session", "member", "admin"]
Rule = Word | Action
View = TypeVar("View", bound=Callable[..., Any])

# What a token may do only with the scope `admin`.
ADMINISTRATIVE = frozenset(
    {Action.MEMBERS, Action.SETTINGS, Action.BACKUP, Action.ERASE, Action.OWN}
)


def rule(required: Rule, *, reads: bool = False) -> Callable[[View], View]:
    """Declares who may use a route; goes directly under the route's decorator.

    For "member" and an `Action` the route has an argument `slug`; the project's desk is opened
    and found by `app.web.context.desk`.

    Args:
        reads: whether it changes nothing, whatever the method is.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            only_reads = reads or request.method in SAFE_METHODS
            enforce(required, kwargs.get("slug", ""), reads=only_reads)
            with moment.held() if only_reads else nullcontext():
                return view(*args, **kwargs)

        guarded.rule = required  # type: ignore[attr-defined]
        guarded.reads = reads  # type: ignore[attr-defined]
        return cast(View, guarded)

    return guard


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """The rule that a view declares."""
    return cast("Rule | None", getattr(view, "rule", None))


def check_rules(app: Flask) -> None:
    """Refuses an application with a route that nobody decided about.

    Raises:
        RuntimeError: naming every route without a rule, or without the `slug` that its rule needs.
    """
    wrong = []
    for route in app.url_map.iter_rules():
        declared = rule_of(app.view_functions[route.endpoint])
        if declared is None:
            wrong.append(f"{route.rule} ({route.endpoint}) declares no rule")
        elif needs_project(declared) and "slug" not in route.arguments:
            wrong.append(f"{route.rule} ({route.endpoint}) has no <slug> for {declared!r}")
    if wrong:
        raise RuntimeError("; ".join(wrong))


def needs_project(required: Rule) -> bool:
    """Whether a rule is about a role in a project."""
    return isinstance(required, Action) or required == "member"


def enforce(required: Rule, slug: str = "", *, reads: bool = False) -> None:
    """Refuses the request unless its caller fulfils a rule.

    Raises:
        NotAllowed: the caller may not.
        NotFound: there is no such project, as far as the caller may know.
    """
    who = caller()
    _enforce_scopes(who, required, reads or request.method in SAFE_METHODS)
    if needs_project(required):
        g.desk = open_desk(store(), who.actor, slug)
        if isinstance(required, Action):
            g.desk.require(required)
        elif g.desk.role is None:
            raise NotFound(
                say("There is no project “%(slug)s”, or you are not a member of it.", slug=slug)
            )
    elif required != "anyone" and not who.actor.id:
        raise NotAllowed("Sign in to go on.")
    elif required == "admin" and not who.actor.admin:
        raise NotAllowed("This is for administrators of the server.")


def _enforce_scopes(who: Caller, required: Rule, reads: bool) -> None:
    if who.scopes is None:
        return
    if required == "session":
        raise NotAllowed("This works in a browser session only, not with a token.")
    if not reads and not who.scopes & {Scope.WRITE, Scope.ADMIN}:
        raise NotAllowed("The token only reads; make one with the scope “write”.")
    administrative = required == "admin" or required in ADMINISTRATIVE
    if administrative and Scope.ADMIN not in who.scopes:
        raise NotAllowed("This needs a token with the scope “admin”.")
