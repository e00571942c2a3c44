"""Whether a project has room for more."""

from __future__ import annotations

import os
from typing import BinaryIO

from app.domain.errors import Invalid
from app.domain.messages import say
from app.services.desk import Desk
from app.store import usage
from app.store.database import Store


def require_room(store: Store, project_id: str, more: int) -> None:
    """Refuses what would not fit into a project's quota; asked before an upload or import.

    Args:
        store: the database.
        project_id: which project.
        more: bytes that are to come.

    Raises:
        Invalid: they do not fit; the message says how much does.
    """
    quota = usage.find_quota(store, project_id)
    if quota is None:
        return
    room = quota - usage.measure_one(store, project_id)
    if more > room:
        raise Invalid(
            say(
                "This needs %(needed)s and the project has room for %(room)s left. Ask "
                "an administrator of the server for more.",
                needed=_mebibytes(more),
                room=_mebibytes(max(0, room)),
            )
        )


def require_room_for(desk: Desk, stream: BinaryIO) -> None:
    """Refuses an upload that would not fit; the stream stands at its beginning afterwards.

    Raises:
        Invalid: it does not fit.
    """
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    require_room(desk.store, desk.project_id, size)


def _mebibytes(value: int) -> str:
    return f"{value / 1024**2:.1f} MiB"
