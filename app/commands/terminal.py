"""What the commands share: the database, progress on a terminal, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from app.services.scratch import temporary_files_in
from app.services.space import require_space
from app.settings import Settings
from app.store.database import Store
from app.store.mongod import hold

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@contextmanager
def opened(first: Callable[[Store], None] | None = None) -> Iterator[tuple[Settings, Store]]:
    """The settings and the database, up to date, beside a running server or without one.

    Args:
        first: what has to be done with the database before it is brought up to date.
    """
    from app import wiring

    settings = Settings.from_env(os.environ)
    settings.make_folders()
    with hold(settings) as uri, temporary_files_in(settings.tmp):
        joined = replace(settings, mongodb_uri=uri)
        if first is not None:
            with wiring.opened(joined) as store:
                first(store)
        wiring.prepare(joined, say=note, resume=False)
        with wiring.opened(joined) as store:
            yield joined, store


def note(line: str) -> None:
    """Says something that is not the command's result."""
    click.echo(line, err=True)


def show(result: dict[str, Any], lines: list[str], as_json: bool) -> None:
    """Prints a result, for programs or for people."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, default=str))
    else:
        click.echo("\n".join(lines))


class Progress:
    """One line on a terminal that says how far it is; silent elsewhere.

    With settings it stops the work when the disk is nearly full.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        self._shown = False
        self._on = sys.stderr.isatty()

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Says that `done` of `total` are done; 0 for a total that is not known.

        Raises:
            Unavailable: the disk is nearly full.
        """
        if self._settings:
            require_space(self._settings.data, self._settings.min_free)
        if not self._on:
            return
        amount = f"{done:,} of {total:,}" if total else f"{done:,}"
        click.echo(f"\r\033[K{phase} {amount}", nl=False, err=True)
        self._shown = True

    def end(self) -> None:
        """Clears the line."""
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)
