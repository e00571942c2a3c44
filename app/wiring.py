"""The one place where parts are joined."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask

from app.services import jobs, linked_data, model_expiry
from app.services.catalogs import catalogs_of
from app.services.clock import utc_now
from app.services.predict import Predict
from app.services.sample import ensure_sample
from app.services.scratch import clear
from app.settings import Settings
from app.store import (
    accounts,
    audit,
    bulk,
    erase,
    files,
    invitations,
    members,
    migrations,
    restore,
    sessions,
)
from app.store import jobs as job_records
from app.store.database import Store, connect
from app.store.indexes import ensure_indexes
from app.worker.tasks import make_enqueue

_log = logging.getLogger(__name__)
_LONGEST_UPLOAD = timedelta(days=1)


def open_store(settings: Settings) -> Store:
    """The database that the settings name.

    Raises:
        ValueError: there is no address; `app.store.mongod.hold` gives one.
    """
    if not settings.mongodb_uri:
        raise ValueError("the settings name no MongoDB; use app.store.mongod.hold")
    return connect(settings.mongodb_uri, settings.database)


def prepare(
    settings: Settings,
    *,
    sample: bool = False,
    resume: bool = True,
    say: Callable[[str], None] = _log.info,
) -> None:
    """Brings the database up to date and drives what a crash left unfinished to its end.

    Args:
        sample: whether to load the sample project.
        resume: whether this process owns the database; a command beside a server does not.
    """
    with opened(settings) as store:
        sessions.end_orphaned(store)
        restore.refuse_half(store)
        migrations.migrate(store, say)
        ensure_indexes(store)
        for part in (accounts, members, invitations, audit):
            part.make_indexes(store)
        linked_data.keep_base(store, settings.public_url, settings.base_url)
        if resume:
            _resume(store, say)
        if sample:
            ensure_sample(store, say)


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The database for one piece of work, closed at its end."""
    store = open_store(settings)
    try:
        yield store
    finally:
        store.client.close()


def _resume(store: Store, say: Callable[[str], None]) -> None:
    for change in bulk.resume(store):
        say(f"Finished “{change.get('label', change['_id'])}”, which had been interrupted.")
    if erase.resume(store):
        say("Finished erasing what an interruption had left.")


def make_web_app(settings: Settings) -> Flask:
    """The web application, joined to the database and the queue."""
    from app.web import create_app

    store = open_store(settings)
    sessions.end_orphaned(store)
    return create_app(settings, store, enqueue=make_enqueue(settings))


def run_job(settings: Settings, job_id: str, worker: str = "") -> None:
    """Runs one job in this process."""
    with opened(settings) as store:
        jobs.run(
            store,
            job_id,
            settings.tmp,
            least_free=settings.min_free,
            worker=worker,
            catalogs=catalogs_of(settings),
            predict=Predict(settings.with_secret()),
        )


def begin_work(settings: Settings) -> list[str]:
    """Clears away what killed work has left on the disk; gives the jobs that wait for a worker."""
    clear(settings.tmp)
    with opened(settings) as store:
        files.clear_unfinished(store, utc_now() - _LONGEST_UPLOAD)
        model_expiry.sweep(store, utc_now())
        return job_records.waiting(store)


def sweep(settings: Settings) -> None:
    """Deletes what was brought in and nobody has decided about in time."""
    with opened(settings) as store:
        model_expiry.sweep(store, utc_now())


def mend_jobs(
    settings: Settings, gone: Sequence[str], worker: str, at_work: Sequence[str]
) -> list[str]:
    """Ends what processes that were killed have left; returns the jobs that are to go on."""
    with opened(settings) as store:
        sessions.end_orphaned(store)
        return jobs.mend(store, gone, worker, at_work)
