"""The command line: `python -m app COMMAND`."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import replace

import click
from pymongo.errors import ConfigurationError, ConnectionFailure

from app.commands import Commands
from app.domain.errors import DomainError
from app.processes.garbage import look_seldom
from app.services.scratch import temporary_files_in
from app.settings import Settings
from app.store.mongod import hold


@click.group(cls=Commands)
def cli() -> None:
    """LiFE: linked lexical entries and glossed texts for linguistic field data."""


@cli.command()
@click.option("--sample", is_flag=True, help="Load the sample project first.")
@click.option("--port", type=click.IntRange(1, 65535), help="Listen here instead of LIFE_PORT.")
def serve(sample: bool, port: int | None) -> None:
    """Run everything on this machine: database, web server, worker, follower, mirror, models."""
    from app.worker import supervisor

    settings = Settings.from_env(os.environ)
    supervisor.serve(replace(settings, port=port) if port else settings, sample=sample)


@cli.command()
def worker() -> None:
    """Run the jobs of the queue."""
    from app.worker.tasks import consume

    settings = Settings.from_env(os.environ)
    _log(settings)
    settings.make_folders()
    with hold(settings) as uri, temporary_files_in(settings.tmp):
        consume(replace(settings, mongodb_uri=uri))


@cli.command()
def follow() -> None:
    """Keep what is derived from the data up to date: the concordance and what suggests glosses."""
    from app import wiring
    from app.worker import following

    settings = Settings.from_env(os.environ)
    _log(settings)
    settings.make_folders()
    with hold(settings) as uri, wiring.opened(replace(settings, mongodb_uri=uri)) as store:
        following.run(store)


@cli.command()
@click.option("--sample", is_flag=True, help="Load the sample project too.")
def prepare(sample: bool) -> None:
    """Bring the database up to date; `serve` does it at every start."""
    from app import wiring

    settings = Settings.from_env(os.environ)
    _log(settings)
    with hold(settings) as uri:
        wiring.prepare(replace(settings, mongodb_uri=uri), sample=sample, say=click.echo)


def main() -> None:
    """Runs a command; what a person can be told goes to stderr as one line."""
    look_seldom()
    try:
        cli(prog_name="python -m app")
    except DomainError as error:
        _end(type(error).__name__, str(error))
    except (ConnectionFailure, ConfigurationError) as error:
        _end("Unavailable", f"The database does not answer ({str(error).split(', Timeout')[0]}).")
    except OSError as error:
        if error.filename is None:
            raise
        _end("Unavailable", f"{error.filename}: {error.strerror}.")


def _end(kind: str, what: str) -> None:
    click.echo(f"{kind}: {' '.join(what.split())}", err=True)
    sys.exit(1)


def _log(settings: Settings) -> None:
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


if __name__ == "__main__":
    main()
