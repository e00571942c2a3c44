"""Stopping when a signal says so."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class Stop:
    """An event that a signal may set at any moment.

    The lock of a `threading.Event` would be asked for by the signal's handler while the same thread
    holds it in `wait`, and neither would go on.
    """

    def __init__(self) -> None:
        self._seen, self._set = os.pipe()
        os.set_blocking(self._set, False)

    def set(self) -> None:
        """Sets it for good."""
        with suppress(BlockingIOError):
            os.write(self._set, b"!")

    def is_set(self) -> bool:
        """Whether it was set."""
        return self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Waits until it is set, so long at most; tells whether it is."""
        return bool(select.select([self._seen], [], [], seconds)[0])

    def close(self) -> None:
        """Frees its pipe."""
        os.close(self._seen)
        os.close(self._set)


@contextmanager
def until_signal() -> Iterator[Stop]:
    """What SIGTERM and SIGINT set while the block runs."""
    stop = Stop()

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stop.close()
