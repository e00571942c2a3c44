"""The home page: what LiFE is, or one's projects."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.services.home import projects_of
from app.web.auth import actor_of_request
from app.web.context import parts, store
from app.web.rules import rule

home = Blueprint("home", __name__)


@home.get("/")
@rule("anyone")
def show() -> str:
    """The home page."""
    actor = actor_of_request()
    if actor.id:
        return render_template("home/projects.html", projects=projects_of(store(), actor))
    return render_template(
        "home/welcome.html", open_registration=parts().settings.open_registration
    )
