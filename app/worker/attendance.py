"""Which workers are there: each holds a lock in `LIFE_DATA/run` for as long as it lives.

The lock goes with the process, however that ends, so that the next worker knows at once whose
jobs were broken off. A worker on another machine is told by the beat of its jobs.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.ids import new_id
from app.settings import Settings


@contextmanager
def sign_on(settings: Settings) -> Iterator[str]:
    """A name for this worker, whose lock is held while the block runs."""
    settings.make_folders()
    name = new_id("w")
    with _path(settings, name).open("x") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield name


def find_gone(settings: Settings) -> list[str]:
    """Workers of this data folder that have ended."""
    names = (path.stem.partition("-")[2] for path in settings.run.glob("worker-*.lock"))
    return [name for name in names if _is_gone(_path(settings, name))]


def forget(settings: Settings, names: list[str]) -> None:
    """Removes what is left of workers that have ended."""
    for name in names:
        _path(settings, name).unlink(missing_ok=True)


def _is_gone(path: Path) -> bool:
    try:
        with path.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _path(settings: Settings, name: str) -> Path:
    return settings.run / f"worker-{name}.lock"
