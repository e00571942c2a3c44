"""Whether the disk has room: work stops while there is enough left to take it back."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.domain.errors import Unavailable
from app.domain.messages import say


def free_bytes(folder: Path) -> int:
    """Free bytes of the disk on which a folder lies, or will lie once it is made."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(there).free


def require_space(folder: Path, least: int, more: int = 0) -> None:
    """Refuses work for which the disk has no room.

    Args:
        folder: on the disk in question.
        least: bytes that have to stay free.
        more: bytes that the work needs besides.

    Raises:
        Unavailable: says how much is free and how much it takes.
    """
    free = free_bytes(folder)
    if free < least + more:
        raise Unavailable(
            say(
                "The disk of the server has %(free)s MB left, and this needs %(needed)s "
                "MB. Nothing was changed. Ask whoever runs the server to make room, "
                "then try again.",
                free=free // 10**6,
                needed=(least + more) // 10**6,
            )
        )
