"""The one task of the queue: run a job that the database describes."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo.errors import PyMongoError

from app.domain.errors import DomainError
from app.settings import Settings
from app.worker import attendance
from app.worker.backups import schedule
from app.worker.queue import make_queue

_log = logging.getLogger(__name__)
Run = Callable[[Settings, str], None]
Mend = Callable[[Settings, Sequence[str], str, Sequence[str]], list[str]]

LONGEST_PAUSE = 0.5  # seconds between two looks into an empty queue
AT_ONCE = 2  # jobs that one worker runs side by side
LOOK_EVERY = 5.0  # seconds between two looks for jobs that were broken off
SWEEP_EVERY = 3600.0  # seconds between two looks for what nobody has decided about in time


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
        run: runs a job by its id; none where jobs are only handed over.
    """

    @queue.task(name="run_job")  # type: ignore[untyped-decorator]
    def run_job(job_id: str) -> None:
        if run is not None:
            run(settings, job_id)

    return run_job


def consume(settings: Settings, run: Run | None = None) -> None:
    """Runs jobs until the process is told to stop.

    A job that is running when SIGTERM comes ends with the process, and goes on in the next
    worker; SIGINT lets it finish.

    Args:
        run: runs a job by its id; the joined program's way where left out.
    """
    queue = make_queue(settings)
    with attendance.sign_on(settings) as name:
        at_work = AtWork(run or _wired(name))
        task = register(queue, settings, at_work)
        consumer = queue.create_consumer(workers=AT_ONCE, periodic=False, max_delay=LONGEST_PAUSE)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with schedule(settings), _mending(settings, name, at_work, task, wanted=run is None):
            consumer.run()


class AtWork:
    """Runs jobs and knows which it is at."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._jobs: set[str] = set()

    def __call__(self, settings: Settings, job_id: str) -> None:
        """Runs a job."""
        self._jobs.add(job_id)
        try:
            self._run(settings, job_id)
        finally:
            self._jobs.discard(job_id)

    def jobs(self) -> list[str]:
        """The jobs that are running."""
        return list(self._jobs)


@contextmanager
def _mending(
    settings: Settings, name: str, at_work: AtWork, task: Callable[[str], Any], *, wanted: bool
) -> Iterator[None]:
    """Looks for jobs that were broken off, at once and then again, while the block runs."""
    stop = threading.Event()

    def look() -> None:
        from app import wiring

        for job in wiring.begin_work(settings):  # a worker that was killed has taken their calls
            task(job)
        swept = time.monotonic()
        while not stop.is_set():
            if time.monotonic() - swept > SWEEP_EVERY:
                wiring.sweep(settings)
                swept = time.monotonic()
            gone = attendance.find_gone(settings)
            for job in wiring.mend_jobs(settings, gone, name, at_work.jobs()):
                task(job)
            attendance.forget(settings, gone)
            stop.wait(LOOK_EVERY)

    def keep_looking() -> None:
        while not stop.is_set():
            try:
                look()
            except (PyMongoError, DomainError) as error:
                _log.warning("Jobs that were broken off could not be looked for: %s", error)
                stop.wait(LOOK_EVERY)

    thread = threading.Thread(target=keep_looking, name="mending", daemon=True)
    if wanted:
        thread.start()
    try:
        yield
    finally:
        stop.set()


def _wired(name: str) -> Run:
    from app.wiring import run_job

    return lambda settings, job_id: run_job(settings, job_id, name)
