"""`python -m app mirror`: running the mirror, making it anew, seeing that it is right."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from app.commands.terminal import json_option, opened, show
from app.domain.errors import NotFound
from app.domain.messages import say
from app.settings import Settings
from app.store import projects
from app.store.database import Document, Store


@click.group(invoke_without_command=True)
@click.pass_context
def mirror(context: click.Context) -> None:
    """Keep the linked data up to date and answer queries."""
    if context.invoked_subcommand is not None:
        return
    from app.mirror import service

    with opened() as (settings, store):
        logging.basicConfig(
            level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        service.run(settings.with_secret(), store)


@mirror.command()
@click.argument("slug", default="")
@json_option
def rebuild(slug: str, as_json: bool) -> None:
    """Make the linked data of the project SLUG, or of all, anew."""
    with opened() as (settings, store), _owner(settings, store) as owner:
        made = []
        for project in _wanted(store, slug):
            made += [(project["slug"], view) for view in owner("rebuild", project)]
    show({"made": made}, [f"Made {view} of {slug} anew." for slug, view in made], as_json)


@mirror.command()
@click.argument("slug", default="")
@json_option
def check(slug: str, as_json: bool) -> None:
    """Make it anew and compare; exit 1 where it was another."""
    with opened() as (settings, store), _owner(settings, store) as owner:
        wrong = []
        for project in _wanted(store, slug):
            wrong += [(project["slug"], view) for view in owner("check", project)]
    lines = [f"{view} of {slug} was not what its records give; it is now" for slug, view in wrong]
    show({"findings": lines}, lines or ["Everything is as it should be."], as_json)
    if wrong:
        sys.exit(1)


@contextmanager
def _owner(settings: Settings, store: Store) -> Iterator[Callable[[str, Document], list[str]]]:
    """Whoever owns the mirror: the process that runs it, else this one."""
    from app.mirror import service
    from app.services.mirror import Mirror

    running = Mirror(settings.with_secret())

    def ask(name: str, project: Document) -> list[str]:
        return list(getattr(running, name)(project["_id"]))

    if running.is_there():
        yield ask
        return
    with service.owned(settings, store) as own:
        yield lambda name, project: own.look_after(name, project["_id"])


def _wanted(store: Store, slug: str) -> list[Document]:
    if not slug:
        return projects.find_all(store)
    found = projects.find(store, slug)
    if found is None:
        raise NotFound(say("There is no project “%(slug)s”.", slug=slug))
    return [found]
