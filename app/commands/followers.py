"""`python -m app followers`: making derived collections anew, and seeing that they are right."""

from __future__ import annotations

import sys

import click

from app.commands.terminal import Progress, json_option, opened, show
from app.domain.roles import SYSTEM
from app.services import derived
from app.store.derived import FOLLOWERS

_names = click.Choice([one.name for one in FOLLOWERS])


@click.group()
def followers() -> None:
    """Look after what is derived from the data."""


@followers.command()
@click.argument("slug", default="")
@click.option("--only", type=_names, help="One of them instead of all.")
@json_option
def rebuild(slug: str, only: str | None, as_json: bool) -> None:
    """Make what is derived from the project SLUG, or from all, anew."""
    progress = Progress()
    with opened() as (_, store):
        made = derived.rebuild(
            store, SYSTEM, slug, only, progress=lambda name, n: progress(name, n, 0)
        )
    progress.end()
    show({"made": made}, [f"Made {name} of {project} anew." for project, name in made], as_json)


@followers.command()
@click.argument("slug", default="")
@click.option("--only", type=_names, help="One of them instead of all.")
@json_option
def check(slug: str, only: str | None, as_json: bool) -> None:
    """Make it anew and compare; exit 1 where something else had been derived."""
    with opened() as (_, store):
        findings = derived.check(store, SYSTEM, slug, only)
    show({"findings": findings}, findings or ["Everything is as it should be."], as_json)
    if findings:
        sys.exit(1)
