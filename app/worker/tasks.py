"""The one task of the queue: run a job that the database describes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from app.settings import Settings
from app.worker.queue import make_queue

LONGEST_PAUSE = 0.5  # seconds between two looks into an empty queue
AT_ONCE = 2  # jobs that one worker runs side by side


def make_enqueue(settings: Settings) -> Callable[[str], None]:
    """Gives the function that hands a job, by its id, to the worker."""
    task = register(make_queue(settings), settings)

    def enqueue(job_id: str) -> None:
        task(job_id)

    return enqueue


def register(queue: Any, settings: Settings) -> Any:
    """Makes the task known to a queue, under the same name in every process."""

    @queue.task(name="run_job")  # type: ignore[untyped-decorator]
    def run_job(job_id: str) -> None:
        from app import wiring

        wiring.run_job(settings, job_id)

    return run_job


def consume(settings: Settings) -> None:
    """Runs jobs until the process is told to stop."""
    queue = make_queue(settings)
    register(queue, settings)
    consumer = queue.create_consumer(workers=AT_ONCE, periodic=False, max_delay=LONGEST_PAUSE)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    consumer.run()
