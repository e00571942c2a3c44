"""`python -m app user`: accounts of the server.

What an administrator does on a page can be done here too: for a server whose only administrator
has lost the password.
"""

from __future__ import annotations

import click

from app.commands.terminal import json_option, opened, show
from app.domain.accounts import username_key
from app.domain.errors import NotFound
from app.domain.roles import SYSTEM, Role
from app.services import accounts as service
from app.services import administration
from app.services import members as membership
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import accounts
from app.store.database import Document, Store


@click.group()
def user() -> None:
    """List, add, disable accounts; give them roles, or a link for a new password."""


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
    with opened() as (_, store):
        account = _get(store, username)
        desk = open_desk(store, SYSTEM, slug)
        membership.put(desk, account["_id"], Role(role), utc_now())
        show({"user": username, "role": role}, [f"{username} is now {role} of {slug}."], as_json)


@user.command()
@click.argument("username")
@json_option
def disable(username: str, as_json: bool) -> None:
    """Shut USERNAME out; what they wrote stays."""
    with opened() as (_, store):
        administration.disable(store, SYSTEM, _get(store, username)["_id"], utc_now())
        show({"user": username, "disabled": True}, [f"{username} is shut out."], as_json)


@user.command()
@click.argument("username")
@json_option
def enable(username: str, as_json: bool) -> None:
    """Let USERNAME in again."""
    with opened() as (_, store):
        administration.enable(store, SYSTEM, _get(store, username)["_id"], utc_now())
        show({"user": username, "disabled": False}, [f"{username} is let in again."], as_json)


@user.command()
@click.argument("username")
@json_option
def link(username: str, as_json: bool) -> None:
    """Make a link with which USERNAME sets a new password, once, within two days."""
    with opened() as (settings, store):
        account = _get(store, username)
        secret = administration.make_password_link(store, SYSTEM, account["_id"], utc_now())
        address = f"{settings.base_url}/password/{secret}"
        show({"user": username, "link": address}, [address], as_json)


@user.command()
@click.argument("username")
@click.option("--no", "take", is_flag=True, help="Take the administration away instead.")
@json_option
def admin(username: str, take: bool, as_json: bool) -> None:
    """Make USERNAME an administrator of the server."""
    with opened() as (_, store):
        account = _get(store, username)
        administration.set_administrator(store, SYSTEM, account["_id"], not take, utc_now())
        line = f"{username} is {'no longer' if take else 'now'} an administrator."
        show({"user": username, "admin": not take}, [line], as_json)


def _get(store: Store, username: str) -> Document:
    account = accounts.find_by_key(store, username_key(username))
    if account is None:
        raise NotFound(f"There is no account “{username}”.")
    return account
