"""What a request handler is given: store, settings and clock of its application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app, g

from app.services.clock import Clock
from app.services.desk import Desk
from app.settings import Settings
from app.store.database import Store


@dataclass(frozen=True)
class Parts:
    """What an application is made from."""

    settings: Settings
    store: Store
    clock: Clock
    enqueue: Callable[[str], None]


def parts() -> Parts:
    """The parts of the application that handles this request."""
    return cast(Parts, current_app.extensions["life"])


def store() -> Store:
    """The database of the application that handles this request."""
    return parts().store


def now() -> datetime:
    """The time, by the application's clock."""
    return parts().clock()


def desk() -> Desk:
    """The desk that the route's rule has opened."""
    return cast(Desk, g.desk)


def enqueue(job: str) -> None:
    """Hands a job to a worker."""
    parts().enqueue(job)
