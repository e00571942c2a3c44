"""Folders for the temporary files of one piece of work, gone at its end or when it was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "work-"


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A new folder that is removed at the end of the block.

    A lock on the folder shows that somebody is at it, so that `clear` finds what a kill left.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=_PREFIX) as made, _locked(Path(made)):
        yield Path(made)


@contextmanager
def temporary_files_in(parent: Path) -> Iterator[None]:
    """Has this whole process keep its temporary files in a scratch folder, not in the system's.

    The system's folder may be small, or in memory, and keeps what a kill leaves behind.
    """
    before = tempfile.tempdir
    with scratch_folder(parent) as folder:
        tempfile.tempdir = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before


def clear(parent: Path) -> int:
    """Removes the folders whose work was killed; returns how many."""
    removed = 0
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            with _locked(folder, wait=False):
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        except (BlockingIOError, FileNotFoundError):
            continue
    return removed


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)
