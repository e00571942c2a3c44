"""Pages about who belongs to a project, and the one that an invitation leads to."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app.domain.errors import Invalid
from app.domain.roles import DESCRIPTIONS, MAY, Action, Role
from app.services import members as service
from app.web.auth import actor_of_request
from app.web.context import desk, now, parts, store
from app.web.forms import errors_of
from app.web.pages import role_names
from app.web.rules import rule
from app.web.texts import translate

members = Blueprint("members", __name__)
Page = str | Response | tuple[str, int]


@members.get("/<slug>/members")
@rule("member")
def index(slug: str) -> Page:
    """The members of a project and the invitations that wait."""
    return _page()


@members.post("/<slug>/members/<user_id>/role")
@rule(Action.MEMBERS)
def set_role(slug: str, user_id: str) -> Page:
    """Gives a member another role."""
    service.set_role(desk(), user_id, _role(), now())
    flash(_("Saved."), "done")
    return redirect(url_for("members.index", slug=slug))


@members.post("/<slug>/members/<user_id>/groups")
@rule(Action.MEMBERS)
def set_groups(slug: str, user_id: str) -> Page:
    """Sets the groups that a member belongs to."""
    service.set_groups(desk(), user_id, request.form.getlist("groups"), now())
    flash(_("Saved."), "done")
    return redirect(url_for("members.index", slug=slug))


@members.post("/<slug>/members/groups")
@rule(Action.SETTINGS)
def name_groups(slug: str) -> Page:
    """Sets the groups of members that access can be given to."""
    try:
        service.name_groups(desk(), request.form.get("groups", "").splitlines(), now())
    except Invalid as error:
        return _page(errors=errors_of(error)), 422
    flash(_("Saved."), "done")
    return redirect(url_for("members.index", slug=slug))


@members.post("/<slug>/members/<user_id>/remove")
@rule(Action.MEMBERS)
def remove(slug: str, user_id: str) -> Page:
    """Ends somebody's membership."""
    service.remove(desk(), user_id, now())
    flash(_("They are no longer a member. What they wrote stays."), "done")
    return redirect(url_for("members.index", slug=slug))


@members.post("/<slug>/members/leave")
@rule("member")
def leave(slug: str) -> Page:
    """Ends one's own membership."""
    service.remove(desk(), actor_of_request().id, now())
    flash(_("You have left the project."), "done")
    return redirect(url_for("home.show"))


@members.post("/<slug>/members/<user_id>/own")
@rule(Action.OWN)
def pass_on(slug: str, user_id: str) -> Page:
    """Passes ownership on."""
    service.pass_on(desk(), user_id, now())
    flash(_("The project has a new owner; you are now a manager."), "done")
    return redirect(url_for("members.index", slug=slug))


@members.post("/<slug>/members/invitations")
@rule(Action.MEMBERS)
def invite(slug: str) -> Page:
    """Makes an invitation and shows its link once."""
    form = request.form
    try:
        days = form.get("days", type=int) or service.INVITATION_LASTS.days
        secret = service.invite(desk(), _role(), form.get("note", ""), days, now())
    except Invalid as error:
        return _page(errors=errors_of(error)), 422
    return _page(link=f"{parts().settings.base_url}{url_for('members.invitation', secret=secret)}")


@members.post("/<slug>/members/invitations/<invitation_id>/revoke")
@rule(Action.MEMBERS)
def revoke(slug: str, invitation_id: str) -> Page:
    """Takes an invitation back."""
    service.revoke(desk(), invitation_id, now())
    flash(_("The invitation is revoked."), "done")
    return redirect(url_for("members.index", slug=slug))


@members.get("/invite/<secret>")
@rule("anyone")
def invitation(secret: str) -> Page:
    """The page that an invitation's link leads to."""
    found, project = service.read_invitation(store(), secret, now())
    if project is None:
        return redirect(url_for("accounts.register", invitation=secret))
    return render_template(
        "members/invitation.html", invitation=found, project=project, secret=secret
    )


@members.post("/invite/<secret>")
@rule("session")
def accept(secret: str) -> Page:
    """Accepts an invitation."""
    slug = service.accept(store(), actor_of_request(), secret, now())
    flash(_("Welcome to the project."), "done")
    return redirect(url_for("lexicon.index", slug=slug))


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError as error:
        raise BadRequest(_("Choose one of the roles.")) from error


def _powers() -> list[tuple[str, list[bool]]]:
    """The table role × action in words."""
    return [
        (said[0].upper() + said[1:], [action in MAY[role] for role in Role])
        for action, said in ((key, translate(text)) for key, text in DESCRIPTIONS.items())
    ]


def _page(link: str = "", errors: dict[str, str] | None = None) -> str:
    manages = desk().may(Action.MEMBERS)
    grantable = service.grantable(desk())
    names = role_names()
    return render_template(
        "members/index.html",
        members=service.find_all(desk()),
        grantable=grantable,
        grantable_names=[(role.value, names[role.value]) for role in grantable],
        pending=service.find_pending(desk(), now()) if manages else [],
        manages=manages,
        may_set=desk().may(Action.SETTINGS),
        may_own=desk().may(Action.OWN),
        role_columns=[(names[role.value], "powers__mark") for role in Role],
        powers=_powers(),
        groups=desk().project.get("groups", ()),
        days=service.INVITATION_LASTS.days,
        link=link,
        errors=errors or {},
    )
