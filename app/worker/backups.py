"""Backups made by themselves: the worker starts one when it is due."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from app.processes.child import wrapped
from app.services.backup import is_due
from app.services.clock import utc_now
from app.settings import REPOSITORY, Settings

_log = logging.getLogger(__name__)
LOOK_EVERY = 60.0  # seconds
COMMAND = (sys.executable, "-m", "app", "backup", "--scheduled")


@contextmanager
def schedule(
    settings: Settings,
    command: Sequence[str] = COMMAND,
    say: Callable[[str], None] = _log.info,
    every: float = LOOK_EVERY,
) -> Iterator[None]:
    """Makes backups while the block runs, if the settings want any.

    Several workers can do this: who is first makes it, in a process of its own.

    Args:
        command: makes the backup if it is due, and prunes the oldest.
        say: told what came of each.
        every: seconds between two looks.
    """
    stop = threading.Event()
    thread = threading.Thread(
        target=_run, args=(settings, command, say, every, stop), name="backups", daemon=True
    )
    if settings.backup_every:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if settings.backup_every:
            thread.join()


def _run(
    settings: Settings,
    command: Sequence[str],
    say: Callable[[str], None],
    every: float,
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        if is_due(settings.backups, settings.backup_every, utc_now()):
            say(_back_up(settings, command, stop))
        stop.wait(every)


def _back_up(settings: Settings, command: Sequence[str], stop: threading.Event) -> str:
    """Runs the command to its end, or ends it; returns the last line that it said."""
    log = settings.log / "backup.log"
    with log.open("w+") as out:
        process = subprocess.Popen(
            wrapped(command),
            cwd=REPOSITORY,
            env={**os.environ, **settings.environ()},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None and not stop.wait(0.2):
            pass
        if process.poll() is None:
            process.terminate()
        code = process.wait()
        out.seek(0)
        lines = out.read().strip().splitlines() or [""]
    if code:
        return f"The backup failed (exit code {code}): {lines[-1]}; see {log}"
    return lines[-1]
