"""`python -m app project`: make a project."""

from __future__ import annotations

import click

from app.commands.terminal import json_option, opened, show
from app.domain.accounts import username_key
from app.domain.roles import SYSTEM, Actor
from app.services import accounts as account_service
from app.services import projects
from app.services.clock import utc_now
from app.store import accounts


@click.command()
@click.argument("slug")
@click.option("--title", required=True, help="What people read.")
@click.option("--language", required=True, help="BCP 47 tag of the object language.")
@click.option("--analysis", multiple=True, default=("en",), help="Language of glosses (again).")
@click.option("--owner", help="Account that owns it; left out, the first administrator.")
@json_option
def project(
    slug: str,
    title: str,
    language: str,
    analysis: tuple[str, ...],
    owner: str | None,
    as_json: bool,
) -> None:
    """Make the project SLUG."""
    with opened() as (_, store):
        actor = SYSTEM
        if owner:
            found = accounts.find_by_key(store, username_key(owner))
            if found is None:
                raise click.ClickException(f"There is no account “{owner}”.")
            actor = Actor(found["_id"], found["name"])
        made = projects.create_project(
            store, actor, slug=slug, title=title, language=language, analysis=analysis
        )
        if not owner:
            account_service.adopt_projects(store, utc_now())
        show({"id": made, "slug": slug}, [f"Made project {slug} ({made})."], as_json)
