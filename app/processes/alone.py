"""What only one process may be at."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import Unavailable


@contextmanager
def alone(lock: Path, otherwise: str) -> Iterator[None]:
    """Holds a lock while the block runs; it goes with the process, however that ends.

    Raises:
        Unavailable: another process holds it; says `otherwise`.
    """
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(otherwise) from None
        yield
