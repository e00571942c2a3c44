"""Models that gave no answer are left alone a moment, so that no page waits for them twice.

One that is being loaded gives none at first: pages ask again after `SECONDS`.
"""

from __future__ import annotations

import time

from app.domain.errors import DomainError, Unavailable
from app.services.desk import Desk

SECONDS = 4.0  # without asking, after no answer
_USELESS = 60.0  # the same for a model that cannot be loaded
_until: dict[tuple[str, str], tuple[float, bool]] = {}  # by project and task: when, and if loading


def note(desk: Desk, task: str, error: DomainError) -> None:
    """The model of a task gave no answer for a reason."""
    loading = isinstance(error, Unavailable)
    ends = time.monotonic() + (SECONDS if loading else _USELESS)
    _until[desk.project_id, task] = (ends, loading)


def holds(desk: Desk, task: str) -> bool:
    """Whether the model of a task is not to be asked now."""
    return time.monotonic() < _until.get((desk.project_id, task), (0.0, False))[0]


def is_loading(desk: Desk, task: str) -> bool:
    """Whether it gave no answer a moment ago, but may give one soon."""
    return holds(desk, task) and _until[desk.project_id, task][1]


def forget() -> None:
    """Asks again at once."""
    _until.clear()
