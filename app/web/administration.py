"""Pages for administrators of the server."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app.domain.errors import Invalid
from app.services import administration as service
from app.services.projects import restore_project as restore
from app.store.accounts import find_many
from app.store.database import Document
from app.store.projects import find_all
from app.web.auth import actor_of_request
from app.web.context import now, parts, store
from app.web.pages import role_names
from app.web.rules import rule
from app.web.texts import message_of, translate

administration = Blueprint("administration", __name__, url_prefix="/admin")
Page = str | Response | tuple[str, int]


@administration.get("")
@rule("admin")
def users() -> Page:
    """All accounts, and the invitations to make one."""
    return _users_page()


@administration.post("/users/<user_id>/disable")
@rule("admin")
def disable(user_id: str) -> Page:
    """Shuts an account out."""
    try:
        service.disable(store(), actor_of_request(), user_id, now())
    except Invalid as error:
        return _users_page(error=message_of(error)), 422
    flash(_("The account is disabled. What they wrote stays."), "done")
    return redirect(url_for("administration.users"))


@administration.post("/users/<user_id>/enable")
@rule("admin")
def enable(user_id: str) -> Page:
    """Lets an account in again."""
    service.enable(store(), actor_of_request(), user_id, now())
    flash(_("The account is enabled."), "done")
    return redirect(url_for("administration.users"))


@administration.post("/users/<user_id>/password-link")
@rule("admin")
def make_password_link(user_id: str) -> Page:
    """Makes a one-time link to a new password and shows it once."""
    try:
        secret = service.make_password_link(store(), actor_of_request(), user_id, now())
    except Invalid as error:
        return _users_page(error=message_of(error)), 422
    name = find_many(store(), [user_id])[user_id]["name"]
    about = _("For %(name)s, to set a new password. It works once, for two days.", name=name)
    return _users_page(link=_address("accounts.password_link", secret), about=about)


@administration.post("/invitations")
@rule("admin")
def invite() -> Page:
    """Makes an invitation to an account and shows its link once."""
    secret = service.invite(store(), actor_of_request(), request.form.get("note", ""), now())
    return _invitation_page(secret)


@administration.post("/invitations/<invitation_id>/again")
@rule("admin")
def invite_again(invitation_id: str) -> Page:
    """Replaces an invitation by a fresh one."""
    secret = service.invite_again(store(), actor_of_request(), invitation_id, now())
    return _invitation_page(secret)


@administration.post("/invitations/<invitation_id>/revoke")
@rule("admin")
def revoke(invitation_id: str) -> Page:
    """Takes an invitation back."""
    service.revoke(store(), actor_of_request(), invitation_id, now())
    flash(_("The invitation is revoked."), "done")
    return redirect(url_for("administration.users"))


@administration.get("/projects")
@rule("admin")
def projects() -> Page:
    """All projects with the space they take."""
    return _projects_page()


@administration.post("/projects/<project_id>/quota")
@rule("admin")
def set_quota(project_id: str) -> Page:
    """Limits what a project may hold."""
    typed = request.form.get("quota", "").strip()
    if typed and not typed.isdecimal():
        return _projects_page(_("A quota is a whole number of MiB, or empty for none.")), 422
    try:
        service.set_quota(
            store(), actor_of_request(), project_id, int(typed) if typed else None, now()
        )
    except Invalid as error:
        return _projects_page(translate(error.problems[0].what)), 422
    flash(_("Saved."), "done")
    return redirect(url_for("administration.projects"))


@administration.post("/projects/<project_id>/owner")
@rule("admin")
def pass_on(project_id: str) -> Page:
    """Makes a member the owner of a project."""
    service.pass_on(store(), actor_of_request(), project_id, request.form.get("user", ""), now())
    flash(_("The project has a new owner."), "done")
    return redirect(url_for("administration.projects"))


@administration.post("/projects/<project_id>/delete")
@rule("admin")
def delete_project(project_id: str) -> Page:
    """Hides a project from everybody; it can be restored from here."""
    typed = request.form.get("confirm", "")
    try:
        service.delete_project(store(), actor_of_request(), project_id, typed, now())
    except Invalid as error:
        return _projects_page(translate(error.problems[0].what)), 422
    flash(_("The project is deleted. It can be restored below."), "done")
    return redirect(url_for("administration.projects"))


@administration.post("/projects/<project_id>/restore")
@rule("admin")
def restore_project(project_id: str) -> Page:
    """Brings a deleted project back."""
    restore(store(), actor_of_request(), project_id, now())
    flash(_("The project is back, with its members."), "done")
    return redirect(url_for("administration.projects"))


@administration.get("/audit")
@rule("admin")
def audit() -> Page:
    """Who did what to accounts, members and projects."""
    entries = service.find_audit(store(), actor_of_request(), _moment(request.args.get("before")))
    people = find_many(store(), {entry["about"] for entry in entries})
    titles = {project["_id"]: project["title"] for project in find_all(store())}
    for entry in entries:
        entry["facts"] = _facts(entry, titles)
    return render_template(
        "administration/audit.html", entries=entries, people=people, words=_audit_words()
    )


def _facts(entry: Document, titles: dict[str, str]) -> list[str]:
    """The details of a thing done."""
    names = role_names()
    facts = [titles[entry["project"]]] if entry["project"] in titles else []
    for key, value in entry["details"].items():
        if key == "role" and value:
            facts.append(names[value])
        elif key == "before" and value:
            before = [names.get(one, one) for one in _listed(value)]
            facts.append(_("before: %(what)s", what=", ".join(before)))
        elif key == "bytes":
            facts.append(f"{value // 1024**2} MiB" if value else _("no limit"))
        elif value:
            facts.append(", ".join(_listed(value)))
    return facts


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _audit_words() -> dict[str, str]:
    """What was done, in words, by its code."""
    return {
        "account.add": _("made an account"),
        "account.rename": _("changed their name"),
        "account.password": _("changed their password"),
        "account.sessions": _("signed out elsewhere"),
        "account.password-link": _("made a password link"),
        "account.password-link.used": _("used a password link"),
        "account.disable": _("disabled the account"),
        "account.administrator": _("made an administrator of"),
        "account.no-administrator": _("took the administration from"),
        "account.enable": _("enabled the account"),
        "token.add": _("made a token"),
        "token.revoke": _("revoked a token"),
        "invitation.add": _("invited somebody"),
        "invitation.revoke": _("revoked an invitation"),
        "member.add": _("added a member"),
        "member.role": _("changed a role"),
        "member.groups": _("changed groups"),
        "member.remove": _("ended a membership"),
        "project.quota": _("set a quota"),
        "project.delete": _("deleted the project"),
        "project.restore": _("restored the project"),
    }


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadRequest(_("This is no date.")) from error
    if moment.tzinfo is None:
        raise BadRequest(_("This is no date with a time zone."))
    return moment


def _address(endpoint: str, secret: str) -> str:
    return parts().settings.base_url + url_for(endpoint, secret=secret)


def _invitation_page(secret: str) -> str:
    about = _("For somebody to make an account. It works once, for seven days.")
    return _users_page(link=_address("members.invitation", secret), about=about)


def _users_page(link: str = "", about: str = "", error: str = "") -> str:
    actor = actor_of_request()
    return render_template(
        "administration/users.html",
        users=service.find_users(store(), actor),
        invitations=service.find_invitations(store(), actor),
        open_registration=parts().settings.open_registration,
        now=now(),
        link=link,
        about=about,
        error=error,
    )


def _projects_page(error: str = "") -> str:
    projects = service.find_projects(store(), actor_of_request())
    return render_template("administration/projects.html", projects=projects, error=error)
