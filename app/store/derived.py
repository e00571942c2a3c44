"""Every collection that is derived by following the log."""

from __future__ import annotations

from app.store.followers import Follower
from app.store.memory import Memory
from app.store.occurrences import Occurrences
from app.store.open_lines import OpenLines

FOLLOWERS: tuple[Follower, ...] = (Occurrences(), Memory(), OpenLines())


def find(name: str) -> Follower | None:
    """The follower with a name."""
    return next((one for one in FOLLOWERS if one.name == name), None)
