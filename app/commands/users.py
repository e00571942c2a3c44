"""`python -m app user`: accounts of the server."""

from __future__ import annotations

import click

from app.commands.terminal import json_option, opened, show
from app.domain.accounts import username_key
from app.domain.errors import NotFound
from app.domain.roles import Role
from app.services import accounts as service
from app.services.clock import utc_now
from app.store import accounts, members, projects


@click.group()
def user() -> None:
    """List, add, disable accounts; give them roles."""


@user.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all accounts."""
    with opened() as (_, store):
        found = [
            {
                "id": account["_id"],
                "username": account["username"],
                "name": account["name"],
                "admin": account["admin"],
                "disabled": account["disabled"],
            }
            for account in accounts.find_all(store)
        ]
        lines = [
            f"{one['username']}\t{one['name']}"
            f"{' (administrator)' if one['admin'] else ''}"
            f"{' (disabled)' if one['disabled'] else ''}"
            for one in found
        ]
        show({"users": found}, lines, as_json)


@user.command()
@click.argument("username")
@click.option("--name", help="Name as shown; the user name if left out.")
@click.option("--email", default="")
@click.password_option(help="Asked for if left out.", envvar="LIFE_PASSWORD")
@json_option
def add(username: str, name: str | None, email: str, password: str, as_json: bool) -> None:
    """Make an account; the first one is administrator."""
    with opened() as (_, store):
        new = service.NewAccount(username, name or username, email, password)
        made = service.register(store, new, True, utc_now())
        show({"id": made["_id"], "username": username}, [f"Made account {username}."], as_json)


@user.command()
@click.argument("username")
@click.argument("slug")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@json_option
def role(username: str, slug: str, role: str, as_json: bool) -> None:
    """Give USERNAME the ROLE in the project SLUG."""
    from app.domain.roles import SYSTEM

    with opened() as (_, store):
        account = accounts.find_by_key(store, username_key(username))
        project = projects.find(store, slug)
        if account is None or project is None:
            missing = f"account “{username}”" if account is None else f"project “{slug}”"
            raise NotFound(f"There is no {missing}.")
        members.put(store, project["_id"], account["_id"], Role(role), by=SYSTEM, at=utc_now())
        show({"user": username, "role": role}, [f"{username} is now {role} of {slug}."], as_json)
