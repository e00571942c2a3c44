"""How far what is derived from the project has come."""

from __future__ import annotations

import time

from app.domain.roles import Action
from app.services.desk import Desk
from app.store import followers

_STEP = 0.03  # seconds between two looks


def wait(desk: Desk, name: str, seq: int, seconds: float) -> bool:
    """Waits until a follower has taken a change in; False when the time is up before.

    Args:
        name: of the follower.
        seq: number of the change.
    """
    desk.require(Action.READ)
    until = time.monotonic() + seconds
    while followers.position(desk.store, desk.project_id, name).seq < seq:
        if time.monotonic() > until:
            return False
        time.sleep(_STEP)
    return True
