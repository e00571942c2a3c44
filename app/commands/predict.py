"""`python -m app predict`: running models, and seeing whether those from outside can be."""

from __future__ import annotations

import logging
import sys

import click

from app.commands.terminal import json_option, opened, show


@click.group(invoke_without_command=True)
@click.pass_context
def predict(context: click.Context) -> None:
    """Run models while people work."""
    if context.invoked_subcommand is not None:
        return
    from app.predict import service

    with opened() as (settings, store):
        logging.basicConfig(
            level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        service.run(settings.with_secret(), store)


@predict.command()
@json_option
def fences(as_json: bool) -> None:
    """Try what keeps models from outside in; exit 1 where something does not hold."""
    from app.processes import trials

    results = trials.try_all()
    lines = [f"{one.fence}: {one.why or 'holds'}" for one in results]
    show({"fences": [{"fence": one.fence, "why": one.why} for one in results]}, lines, as_json)
    if not all(one.holds for one in results):
        sys.exit(1)
