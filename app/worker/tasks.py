"""The one task of the queue: run a job that the database describes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from app.settings import Settings
from app.worker.backups import schedule
from app.worker.queue import make_queue

Run = Callable[[Settings, str], None]

LONGEST_PAUSE = 0.5  # seconds between two looks into an empty queue
AT_ONCE = 2  # jobs that one worker runs side by side


def make_enqueue(settings: Settings) -> Callable[[str], None]:
    """Gives the function that hands a job, by its id, to the worker."""
    task = register(make_queue(settings), settings)

    def enqueue(job_id: str) -> None:
        task(job_id)

    return enqueue


def register(queue: Any, settings: Settings, run: Run | None = None) -> Any:
    """Makes the task known to a queue, under the same name in every process.

    Args:
        queue: where calls go and come from.
        settings: handed to whatever runs the job.
        run: runs a job by its id; the joined program's way where left out.
    """

    @queue.task(name="run_job")  # type: ignore[untyped-decorator]
    def run_job(job_id: str) -> None:
        (run or _wired())(settings, job_id)

    return run_job


def consume(settings: Settings, run: Run | None = None) -> None:
    """Runs jobs until the process is told to stop.

    A job that is running when SIGTERM comes ends with the process; SIGINT lets it finish.
    """
    queue = make_queue(settings)
    register(queue, settings, run)
    consumer = queue.create_consumer(workers=AT_ONCE, periodic=False, max_delay=LONGEST_PAUSE)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with schedule(settings):
        consumer.run()


def _wired() -> Run:
    from app.wiring import run_job

    return run_job
