"""Backing up and restoring: who may, and how a file comes to be whole or not at all."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.roles import Action, Actor
from app.services import passwords
from app.services.desk import Desk
from app.store import backup, integrity, projects
from app.store import restore as reading
from app.store.backup import Manifest, Progress, quiet
from app.store.database import Store

SUFFIX = ".life.tar"
_PART = ".part"
_SCHEDULED = re.compile(r"^life-(\d{8}T\d{6}Z)\.life\.tar$")
_STAMP = "%Y%m%dT%H%M%SZ"
_UNPACKED = 4  # an archive's bytes in the database, with indexes


def back_up_server(
    store: Store, actor: Actor, path: Path, now: datetime, progress: Progress = quiet
) -> Manifest:
    """Writes a backup of everything to a new file.

    Raises:
        NotAllowed: the actor is neither administrator nor the command line.
        Invalid: the file exists, or its folder does not.
        Unavailable: the disk has no room for it.
    """
    _require(actor)
    return _write(store, path, now, None, progress)


def back_up_project(desk: Desk, path: Path, now: datetime, progress: Progress = quiet) -> Manifest:
    """Writes a backup of one project, without accounts, to a new file.

    Raises:
        NotAllowed: the role does not permit it.
        Invalid: the file exists, or its folder does not.
        Unavailable: the disk has no room for it.
    """
    desk.require(Action.BACKUP)
    return _write(desk.store, path, now, desk.project_id, progress)


def restore(
    store: Store,
    actor: Actor,
    path: Path,
    *,
    erased_in: tuple[Path, ...] = (),
    disk: Path | None = None,
    progress: Progress = quiet,
) -> tuple[Manifest, list[str]]:
    """Reads a backup into an empty database, or a project's into one that lacks it.

    What was erased since it was made stays erased: as this server knows, and as the newer
    archives `erased_in` know.

    Args:
        disk: a folder of the disk on which the database lies, if it is on this machine.

    Returns:
        What the archive held, and what a person should know.

    Raises:
        NotAllowed: the actor is neither administrator nor the command line.
        Unreadable: a file is no backup, or was cut off or changed; nothing was written.
        Unavailable: a newer program wrote it, or the disk has no room.
        Conflict: the database is not empty, or the project is there.
    """
    _require(actor)
    with ExitStack() as stack:
        newer = [stack.enter_context(reading.open_archive(one)) for one in erased_in]
        archive = stack.enter_context(reading.open_archive(path, progress))
        if disk is not None:
            backup.require_disk(disk, path.stat().st_size * _UNPACKED, "Restoring")
        erased = [found for one in newer for found in one.iter_documents("erasures.jsonl.gz")]
        told = reading.restore(
            store,
            archive,
            erased_since=erased,
            progress=progress,
            make_stamp=passwords.new_secret,
        )
        return archive.manifest, told


def check(store: Store, actor: Actor, slug: str = "", *, repair: bool = False) -> list[str]:
    """Looks at everything in one project or in all; one line a finding.

    Args:
        repair: make all derived data anew first.

    Raises:
        NotAllowed: the actor is neither administrator nor the command line.
        NotFound: there is no such project.
    """
    _require(actor)
    found = projects.find(store, slug) if slug else None
    if slug and found is None:
        raise NotFound(f"There is no project “{slug}”.")
    findings = []
    for project in [found] if found else list(store.projects.find({}).sort("slug", 1)):
        if repair:
            integrity.repair(store, project["_id"])
        lines = integrity.check(store, project)
        findings += [f"{project['slug']}: {line}" for line in lines]
    return findings


def clear(store: Store, actor: Actor) -> bool:
    """Takes back what a restore that was broken off had written; tells whether there was one."""
    _require(actor)
    return reading.clear(store)


def scheduled_name(now: datetime) -> str:
    """The name of a backup made by the schedule."""
    return f"life-{now.strftime(_STAMP)}{SUFFIX}"


def prune(folder: Path, keep: int) -> list[Path]:
    """Deletes the oldest backups that the schedule made, but for the last `keep`."""
    made = sorted(path for path in folder.iterdir() if _SCHEDULED.match(path.name))
    gone = made[:-keep]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def is_due(folder: Path, every: int, now: datetime) -> bool:
    """Whether the last backup of the schedule is older than `every` hours."""
    if not every:
        return False
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    stamps = [found[1] for name in names if (found := _SCHEDULED.match(name))]
    if not stamps:
        return True
    last = datetime.strptime(f"{max(stamps)}+0000", f"{_STAMP}%z")
    return now - last >= timedelta(hours=every)


def _require(actor: Actor) -> None:
    if not (actor.system or actor.admin):
        raise NotAllowed("Only administrators of the server back it up and restore it.")


def _write(
    store: Store, path: Path, now: datetime, project: str | None, progress: Progress
) -> Manifest:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise Invalid(f"There is no folder {folder}; make it, or choose another one.")
    _clean(folder)
    backup.require_disk(folder, backup.estimate(store, project), "The backup")
    with _whole_or_not(path) as out:
        return backup.write(store, out, folder, now, project=project, progress=progress)


@contextmanager
def _whole_or_not(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is complete, and is gone if it does not come to that."""
    if path.exists():
        raise Invalid(f"{path} exists already; give the backup another name.")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_PART}")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            yield out
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(part, path)
        except FileExistsError as error:
            raise Conflict(f"{path} was made by somebody else meanwhile.") from error
        _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _clean(folder: Path) -> None:
    """Removes what backups that were killed left behind; one at work holds its file locked."""
    for part in folder.glob(f".*{SUFFIX}.????????{_PART}"):
        with part.open("rb") as found:
            try:
                fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
