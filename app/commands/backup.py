"""`python -m app backup`, `restore` and `check`: keeping the data, seeing that they are whole."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from app.commands.terminal import Progress, json_option, note, opened, show
from app.domain.errors import Conflict, Invalid
from app.domain.roles import SYSTEM
from app.services import backup as service
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.settings import Settings
from app.store.backup import Manifest
from app.store.database import Store


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--project", "slug", default="", help="Only this project, without accounts.")
@click.option("--scheduled", is_flag=True, help="Into LIFE_DATA/backups if one is due.")
@json_option
def backup(file: Path | None, slug: str, scheduled: bool, as_json: bool) -> None:
    """Write everything, or one project, to the new file FILE; people can go on working."""
    with opened() as (settings, store):
        if scheduled:
            _scheduled(settings, store, as_json)
            return
        if file is None:
            raise Invalid("Say which file to write, such as life.tar.")
        progress, now = Progress(), utc_now()
        if slug:
            desk = open_desk(store, SYSTEM, slug)
            manifest = service.back_up_project(desk, file, now, progress)
        else:
            manifest = service.back_up_server(store, SYSTEM, file, now, progress)
        progress.end()
        show(_told(file, manifest), [f"Wrote {_summary(manifest)} to {file}."], as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--erased-in",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A newer backup: what was erased before it was made stays erased (again).",
)
@click.option("--clear", is_flag=True, help="Only take back what a broken-off restore has written.")
@json_option
def restore(file: Path | None, erased_in: tuple[Path, ...], clear: bool, as_json: bool) -> None:
    """Read the backup FILE into an empty database, or a project into one that lacks it."""
    settings = Settings.from_env(os.environ)
    settings.make_folders()
    with _alone(settings), opened(first=_clear) as (_, store):
        if clear:
            return
        if file is None or not file.exists():
            raise Invalid(f"There is no file {file}." if file else "Say which backup to restore.")
        disk = None if settings.mongodb_uri else settings.db
        progress = Progress()
        manifest, told = service.restore(
            store, SYSTEM, file, erased_in=erased_in, disk=disk, progress=progress
        )
        progress.end()
        lines = [*told, f"Restored {_summary(manifest)} from {file}."]
        show(_told(file, manifest) | {"told": told}, lines, as_json)


@click.command()
@click.argument("slug", default="")
@click.option("--repair", is_flag=True, help="Make lists and letter counts anew first.")
@json_option
def check(slug: str, repair: bool, as_json: bool) -> None:
    """Look whether the data of the project SLUG, or of all, are whole; exit 1 if not."""
    with opened() as (_, store):
        findings = service.check(store, SYSTEM, slug, repair=repair)
    show({"findings": findings}, findings or ["Everything is as it should be."], as_json)
    if findings:
        sys.exit(1)


def _clear(store: Store) -> None:
    if service.clear(store, SYSTEM):
        note("Took back what an earlier restore had left when it was broken off.")


def _scheduled(settings: Settings, store: Store, as_json: bool) -> None:
    """Makes the backup that is due, unless another process is at it, and prunes the oldest."""
    with _alone(settings):
        now = utc_now()
        if not service.is_due(settings.backups, settings.backup_every, now):
            show({"file": None}, ["No backup is due."], as_json)
            return
        file = settings.backups / service.scheduled_name(now)
        manifest = service.back_up_server(store, SYSTEM, file, now)
        gone = service.prune(settings.backups, settings.backup_keep)
        lines = [f"Wrote {_summary(manifest)} to {file}.", *(f"Deleted {path}." for path in gone)]
        show(_told(file, manifest), lines, as_json)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keeps a second restore, or a second scheduled backup, from running beside this one."""
    settings.backups.mkdir(mode=0o700, exist_ok=True)
    with (settings.run / "backup.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            what = "A restore or a scheduled backup is at work; wait for its end."
            raise Conflict(what) from error
        yield


def _summary(manifest: Manifest) -> str:
    entries = sum(held.counts.get("entries", 0) for held in manifest.projects)
    files = sum(held.counts.get("files", 0) for held in manifest.projects)
    counts = ((len(manifest.projects), "project"), (entries, "entry"), (files, "file"))
    return ", ".join(_amount(number, what) for number, what in counts)


def _amount(number: int, what: str) -> str:
    many = {"entry": "entries"}.get(what, f"{what}s")
    return f"{number:,} {what if number == 1 else many}"


def _told(file: Path, manifest: Manifest) -> dict[str, object]:
    return {
        "file": str(file),
        "made": manifest.made,
        "scope": manifest.scope,
        "projects": [asdict(held) for held in manifest.projects],
    }
