"""Pages of one's own account: sign in and out, register, name, password, tokens."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.accounts import Scope
from app.domain.errors import Invalid
from app.services import accounts as service
from app.services.login import Attempt, TooManyAttempts, log_in
from app.web.auth import actor_of_request, caller, end_session, start_session
from app.web.context import now, parts, store
from app.web.forms import errors_of
from app.web.pages import safe_target
from app.web.rules import rule
from app.web.texts import message_of

accounts = Blueprint("accounts", __name__)
Page = str | Response | tuple[str, int]


@accounts.get("/login")
@rule("anyone")
def login() -> Page:
    """The form to sign in."""
    if caller().actor.id:
        return redirect(safe_target(request.args.get("next")))
    return render_template("accounts/login.html", username="", error="", **_ways(request.args))


@accounts.post("/login")
@rule("anyone")
def log_in_here() -> Page:
    """Signs in."""
    form = request.form
    attempt = Attempt(form.get("username", ""), form.get("password", ""), request.remote_addr or "")
    try:
        account = log_in(store(), attempt, now())
    except TooManyAttempts as error:
        return _refused(attempt.username, message_of(error)), 429
    if account is None:
        return _refused(attempt.username, _("Username and password don't fit.")), 422
    start_session(account, remember=bool(form.get("remember")))
    return redirect(safe_target(form.get("next")))


@accounts.post("/logout")
@rule("anyone")
def logout() -> Page:
    """Signs out on this browser."""
    end_session()
    return redirect(url_for("home.show"))


@accounts.get("/register")
@rule("anyone")
def register() -> Page:
    """The form to make an account."""
    invitation = request.args.get("invitation", "")
    open_to_all = parts().settings.open_registration
    allowed = service.may_register(store(), open_to_all, invitation, now())
    return render_template(
        "accounts/register.html", values={}, errors={}, allowed=allowed, **_ways(request.args)
    )


@accounts.post("/register")
@rule("anyone")
def register_here() -> Page:
    """Makes an account and signs in."""
    form = request.form
    new = service.NewAccount(
        form.get("username", ""),
        form.get("name", ""),
        form.get("email", ""),
        form.get("password", ""),
        form.get("invitation", ""),
    )
    try:
        account = service.register(store(), new, parts().settings.open_registration, now())
    except Invalid as error:
        page = render_template(
            "accounts/register.html",
            values=form,
            errors=errors_of(error),
            allowed=True,
            **_ways(form),
        )
        return page, 422
    start_session(account)
    return redirect(safe_target(form.get("next")))


@accounts.get("/password/<secret>")
@rule("anyone")
def password_link(secret: str) -> Page:
    """The form that a one-time link leads to."""
    account = service.account_of_link(store(), secret, now())
    return render_template(
        "accounts/new_password.html", username=account["username"], secret=secret, errors={}
    )


@accounts.post("/password/<secret>")
@rule("anyone")
def use_password_link(secret: str) -> Page:
    """Sets the password and signs in."""
    try:
        account = service.use_password_link(store(), secret, request.form.get("new", ""), now())
    except Invalid as error:
        account = service.account_of_link(store(), secret, now())
        page = render_template(
            "accounts/new_password.html",
            username=account["username"],
            secret=secret,
            errors=errors_of(error),
        )
        return page, 422
    start_session(account)
    flash(_("Your new password is set."), "done")
    return redirect(url_for("home.show"))


@accounts.get("/account")
@rule("session")
def show() -> Page:
    """One's own account."""
    return _account_page()


@accounts.post("/account/name")
@rule("session")
def rename() -> Page:
    """Changes name and e-mail address."""
    form = request.form
    try:
        service.rename(
            store(), actor_of_request(), form.get("name", ""), form.get("email", ""), now()
        )
    except Invalid as error:
        return _account_page(errors_of(error)), 422
    flash(_("Saved."), "done")
    return redirect(url_for("accounts.show"))


@accounts.post("/account/password")
@rule("session")
def change_password() -> Page:
    """Changes the password; other sessions end."""
    form = request.form
    try:
        stamp = service.change_password(
            store(), actor_of_request(), form.get("old", ""), form.get("new", ""), now()
        )
    except Invalid as error:
        return _account_page(errors_of(error)), 422
    _go_on(stamp)
    flash(_("Your password is changed. Sessions on other devices have ended."), "done")
    return redirect(url_for("accounts.show"))


@accounts.post("/account/sessions")
@rule("session")
def end_other_sessions() -> Page:
    """Signs out everywhere else."""
    _go_on(service.end_other_sessions(store(), actor_of_request(), now()))
    flash(_("You are signed out on all other devices."), "done")
    return redirect(url_for("accounts.show"))


@accounts.get("/account/tokens")
@rule("session")
def tokens() -> Page:
    """One's personal tokens."""
    return _tokens_page()


@accounts.post("/account/tokens")
@rule("session")
def make_token() -> Page:
    """Makes a token and shows it once."""
    form = request.form
    try:
        secret = service.make_token(
            store(),
            actor_of_request(),
            form.get("name", ""),
            form.getlist("scopes"),
            form.get("days", type=int),
            now(),
        )
    except Invalid as error:
        return _tokens_page(errors_of(error)), 422
    return _tokens_page(secret=secret)


@accounts.post("/account/tokens/<token_id>/revoke")
@rule("session")
def revoke_token(token_id: str) -> Page:
    """Takes a token away."""
    service.revoke_token(store(), actor_of_request(), token_id, now())
    flash(_("The token is revoked."), "done")
    return redirect(url_for("accounts.tokens"))


def _refused(username: str, error: str) -> str:
    return render_template(
        "accounts/login.html", username=username, error=error, **_ways(request.form)
    )


def _ways(source: dict[str, str]) -> dict[str, str]:
    """Where to go after signing in, and with which invitation."""
    return {"next": source.get("next", ""), "invitation": source.get("invitation", "")}


def _account_page(errors: dict[str, str] | None = None) -> str:
    return render_template("accounts/account.html", errors=errors or {}, values=request.form)


def _tokens_page(errors: dict[str, str] | None = None, secret: str = "") -> str:
    return render_template(
        "accounts/tokens.html",
        tokens=service.tokens_of(store(), actor_of_request()),
        scopes=list(Scope),
        secret=secret,
        errors=errors or {},
        values=request.form,
    )


def _go_on(stamp: str) -> None:
    account = caller().account
    assert account is not None
    start_session({**account, "stamp": stamp})
