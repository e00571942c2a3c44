"""A signal stops what waits, whatever it was doing at that moment."""

from __future__ import annotations

import signal
import time

import pytest

from app.processes.stop import Stop


@pytest.fixture
def stop():
    made = Stop()
    yield made
    made.close()


def test_it_is_set_once_and_for_good(stop):
    assert not stop.is_set() and not stop.wait(0)
    for _ in range(100_000):  # more than a pipe holds
        stop.set()
    assert stop.is_set() and stop.wait(0) and stop.wait(10)


def test_signals_in_the_middle_of_waiting_and_looking_do_not_lock_it(stop):
    count = 0

    def note(_number, _frame):
        nonlocal count
        count += 1
        if count == 2000:
            stop.set()

    before = signal.signal(signal.SIGALRM, note)
    signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
    try:
        end = time.monotonic() + 60
        while not stop.wait(0.00001) and time.monotonic() < end:
            pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert stop.is_set()
