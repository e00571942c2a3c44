"""Long work: asked for by a person, done by a worker, seen by both."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pymongo.errors import PyMongoError

from app.domain.errors import DomainError, Invalid, NotAllowed, Unavailable, Unreadable
from app.domain.messages import packed
from app.domain.roles import Action, Actor
from app.ml.running import Stopped
from app.services import (
    backup,
    bulk_edit,
    duplicates,
    exports,
    history,
    imports,
    lexicon,
    link_proposals,
    list_merging,
    model_batch,
    model_checks,
    model_fill,
    model_jobs,
    model_training,
    model_trials,
    model_uploads,
    releases,
    text_updates,
)
from app.services.catalogs import Catalogs
from app.services.clock import utc_now
from app.services.desk import Desk, open_desk
from app.services.model_guesses import Asked
from app.services.scratch import scratch_folder
from app.services.space import require_space
from app.store import accounts, bulk, files, jobs
from app.store.database import Document, Store

Enqueue = Callable[[str], None]
_BEAT = 0.5  # seconds between two notes of progress
_PULSE = 20.0  # seconds between two signs of life of a job that notes no progress
LINK = "link"
MOST_TRIES = 3  # a job that ends its worker each time is given up


class Cancelled(DomainError):
    """The person who asked for the job has stopped it."""

    code = "cancelled"


def ask(desk: Desk, enqueue: Enqueue, kind: str, **arguments: Any) -> str:
    """Notes a job and wakes a worker; returns the job's id."""
    job = jobs.add(desk.store, desk.project_id, desk.actor.id, kind, utc_now(), **arguments)
    enqueue(job)
    return job


def get(desk: Desk, job: str) -> Document:
    """A job of the project.

    Raises:
        NotFound: there is none with this id.
    """
    desk.require(Action.READ)
    return jobs.get(desk.store, job, desk.project_id)


def cancel(desk: Desk, job: str) -> None:
    """Asks a job to stop; one that waits never begins."""
    found = get(desk, job)
    if found["actor"] != desk.actor.id and not desk.may(Action.SETTINGS):
        raise NotAllowed("Only who started it, managers and owners can stop it.")
    waiting = {"_id": job, "state": "waiting"}
    if not desk.store.jobs.update_one(waiting, {"$set": {"state": "cancelled"}}).modified_count:
        jobs.update(desk.store, job, cancel=True)
    elif found["kind"] == model_uploads.KIND:
        model_uploads.forget(desk.store, found)


def run(
    store: Store,
    job_id: str,
    scratch: Path,
    *,
    least_free: int = 0,
    worker: str = "",
    catalogs: Catalogs | None = None,
    predict: Asked | None = None,
) -> None:
    """Runs a job in this process, noting progress, result or error on its record.

    Args:
        scratch: where temporary files may lie.
        catalogs: to which senses are linked; without them nothing is proposed.
        predict: what runs models; without it none is asked.
        least_free: free bytes of that disk below which the job is stopped.
        worker: who runs it.
    """
    job = jobs.claim(store, job_id, utc_now(), worker)
    if job is None:
        return
    try:
        with _pulse(store, job_id):
            desk = open_desk(store, actor_of_account(store, job["actor"]), job["project"])
            beat = _Beat(store, job_id, scratch, least_free)
            if job["kind"] == LINK:
                result = _link(desk, beat, catalogs)
            elif job["kind"] in ASKING:
                result = ASKING[job["kind"]](desk, job, beat, scratch, _required(predict))
            else:
                result = KINDS[job["kind"]](desk, job, beat, scratch)
        jobs.update(store, job_id, state="done", result=result, ended=utc_now())
    except Cancelled:
        jobs.update(store, job_id, state="cancelled", ended=utc_now())
    except DomainError as error:
        why = {"error": str(error), "error_told": told_of(error)}
        jobs.update(store, job_id, state="failed", ended=utc_now(), **why)
    except PyMongoError:
        raise  # it is still said to be running, and put back in line when the database answers
    except Exception:
        told = "The program failed at this; what was there before is unchanged."
        jobs.update(store, job_id, state="failed", error=told, ended=utc_now())
        raise


def told_of(error: DomainError) -> list[dict[str, Any]]:
    """What an error says, kept so that it can be said in the language of whoever reads it."""
    if isinstance(error, Invalid):
        return [{"where": one.where, "what": packed(one.what)} for one in error.problems]
    if isinstance(error, Unreadable):
        place = ":".join(str(part) for part in (error.file, error.line, error.column) if part)
        return [{"where": place, "what": packed(error.what)}]
    return [{"where": "", "what": packed(error.args[0])}] if error.args else []


def mend(store: Store, gone: Sequence[str], worker: str, at_work: Sequence[str]) -> list[str]:
    """Puts jobs back in line that were broken off, or gives them up; returns those to be run.

    A job goes on where it was broken off. One that was broken off three times is taken back and
    marked as failed, so that it does not end one worker after the other. So are ended large
    changes that a command had begun and nobody is at any more.

    Args:
        gone: workers that have ended.
        worker: the worker that looks.
        at_work: the jobs that it is at.
    """
    back = []
    for job in jobs.broken_off(store, utc_now(), gone, worker, at_work):
        if job.get("tries", 0) < MOST_TRIES:
            jobs.put_back(store, job)
            back.append(str(job["_id"]))
        else:
            _give_up(store, job)
    bulk.resume(store, quiet_since=utc_now() - jobs.STALE)
    return back


def _give_up(store: Store, job: Document) -> None:
    asked = job["arguments"]
    for change in filter(None, (asked.get("change"), asked.get("id"))):
        bulk.take_back(store, change)
    if job["kind"] == model_uploads.KIND:
        model_uploads.forget(store, job)
    if job["kind"] == model_training.KIND:
        model_training.forget_files(store, job["project"], asked["model"])
    told = f"It was broken off {MOST_TRIES} times and given up; what was there before is unchanged."
    jobs.update(store, job["_id"], state="failed", error=told, ended=utc_now())


@contextlib.contextmanager
def _pulse(store: Store, job_id: str) -> Iterator[None]:
    """Shows that a job lives while the block runs, however long it notes no progress."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(_PULSE):
            with contextlib.suppress(PyMongoError):
                jobs.update(store, job_id, beat=utc_now())

    thread = threading.Thread(target=beat, name="pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class _Beat:
    """Notes progress at most twice a second, and stops the job when that is asked.

    It stops too when the disk is nearly full, while there is still room to take the job back.
    """

    def __init__(self, store: Store, job: str, folder: Path, least_free: int) -> None:
        self._store, self._job = store, job
        self._folder, self._least_free = folder, least_free
        self._last = 0.0

    def __call__(self, phase: str, done: int, total: int) -> None:
        if time.monotonic() - self._last < _BEAT:
            return
        self._last = time.monotonic()
        require_space(self._folder, self._least_free)
        if jobs.update(self._store, self._job, phase=phase, done=done, total=total, beat=utc_now()):
            raise Cancelled("It was stopped.")


def actor_of_account(store: Store, account_id: str) -> Actor:
    """The actor that an account is; jobs run as who asked for them.

    Raises:
        NotAllowed: the account is gone or disabled.
    """
    account = accounts.find(store, account_id)
    if account is None or account.get("disabled"):
        raise NotAllowed("The account that asked for this is gone or disabled.")
    return Actor(account_id, account["name"], bool(account.get("admin")))


def _preview(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    asked = job["arguments"]
    change_id = f"x{job['_id'][1:]}"
    read = desk.store.changes.find_one({"_id": change_id, "state": "prepared"}, {"_id": 1})
    if read is not None:  # it was broken off after its end
        return {"change": change_id}
    bulk.discard(desk.store, change_id)
    with scratch_folder(scratch) as folder:
        path = imports.fetch(desk, asked["file"], folder)
        change = imports.preview(
            desk,
            path,
            change_id=change_id,
            name=path.name,
            format_id=asked.get("format", ""),
            progress=beat,
            options=asked.get("options"),
        )
    files.delete(desk.store, asked["file"])
    return {"change": change["_id"]}


def _confirm(desk: Desk, job: Document, beat: _Beat, _scratch: Path) -> dict[str, Any]:
    # from here on it goes through to the end: half an import must not stay
    change = imports.confirm(desk, job["arguments"]["change"], progress=_unstoppable(beat))
    return {"change": change["_id"]}


def _bulk(desk: Desk, job: Document, beat: _Beat, _scratch: Path) -> dict[str, Any]:
    done = bulk_edit.carry_out(desk, job["arguments"]["change"], progress=_unstoppable(beat))
    return {"change": done["_id"]}


def _export(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    asked = job["arguments"]
    beat("writing", 0, 0)
    with scratch_folder(scratch) as folder:
        path = folder / asked["name"]
        warnings = exports.write(
            desk, path, format_id=asked["format"], options=asked.get("options"), progress=beat
        )
        return {"file": _keep(desk, path), "name": path.name, "warnings": warnings}


def _backup(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    with scratch_folder(scratch) as folder:
        path = folder / job["arguments"]["name"]
        backup.back_up_project(desk, path, utc_now(), beat)
        return {"file": _keep(desk, path), "name": path.name, "warnings": []}


def _keep(desk: Desk, path: Path) -> str:
    """Keeps a file that was written for the asker; returns its id."""
    with path.open("rb") as stream:
        return files.put(
            desk.store, desk.project_id, stream, path.name, use="export", actor=desk.actor.id
        )


def _undo(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    beat("undoing", 0, 0)
    done = history.undo(desk, [job["arguments"]["change"]], change_id=job["arguments"]["id"])
    return {"change": done.change["_id"] if done.change else None}


def _merge_items(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    beat("merging", 0, 0)
    asked = job["arguments"]
    begun = bulk.go_on(desk.store, asked["id"])
    if begun is not None:
        return {"change": begun["_id"]}
    done = list_merging.merge(desk, asked["item"], asked["into"], change_id=asked["id"])
    return {"change": done["_id"]}


def _change_entry(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    """Changes the lexicon and the many places in texts that go with it."""
    beat("changing texts", 0, 0)
    asked = job["arguments"]
    begun = bulk.go_on(desk.store, asked["id"])
    if begun is None:
        _ENTRY_CHANGES[job["kind"]](desk, asked)
    return {"change": asked["id"]}


_ENTRY_CHANGES: dict[str, Callable[[Desk, Document], object]] = {
    "delete-entry": lambda desk, asked: lexicon.delete(
        desk, asked["entry"], change_id=asked["id"], base_rev=asked.get("base_rev")
    ),
    "delete-part": lambda desk, asked: lexicon.delete_part(
        desk, asked["entry"], asked["part"], change_id=asked["id"]
    ),
    "restore-entry": lambda desk, asked: lexicon.restore(
        desk, asked["entry"], change_id=asked["id"]
    ),
    "merge-entries": lambda desk, asked: duplicates.merge(
        desk, asked["entry"], asked["other"], change_id=asked["id"]
    ),
    "update-texts": lambda desk, asked: text_updates.update(
        desk, asked["entry"], asked["places"], change_id=asked["id"]
    ),
}


def _link(desk: Desk, beat: _Beat, catalogs: Catalogs | None) -> dict[str, Any]:
    if catalogs is None:
        raise Unavailable("No catalogs are known to this server.")
    told = link_proposals.propose(desk, catalogs, beat)
    return {"senses": told.senses, "covered": told.covered, "fresh": told.fresh}


def _release(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    asked = job["arguments"]
    facts = (asked["version"], asked["licence"], asked["citation"])
    with scratch_folder(scratch) as folder:
        return {"release": releases.publish(desk, *facts, folder, utc_now(), beat)}


def _train(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    try:
        return model_training.carry_out(desk, job, beat, scratch)
    except Stopped as stopped:
        raise Cancelled("It was stopped.") from stopped


def _take_model(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    try:
        return model_checks.carry_out(desk, job, beat, scratch)
    except Stopped as stopped:
        raise Cancelled("It was stopped.") from stopped


def _try_model(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    try:
        return model_trials.carry_out(desk, job, beat, scratch)
    except Stopped as stopped:
        raise Cancelled("It was stopped.") from stopped


def _required(predict: Asked | None) -> Asked:
    if predict is None:
        raise Unavailable("No models are run by this server.")
    return predict


def _fill_in(desk: Desk, job: Document, beat: _Beat, _scratch: Path) -> dict[str, Any]:
    done = model_fill.carry_out(desk, job["arguments"]["change"], _unstoppable(beat))
    return {"change": done["_id"]}


def _unstoppable(beat: _Beat) -> imports.Progress:
    def go_on(phase: str, done: int, total: int) -> None:
        with contextlib.suppress(Cancelled):
            beat(phase, done, total)

    return go_on


KINDS: dict[str, Callable[[Desk, Document, _Beat, Path], dict[str, Any]]] = {
    "preview": _preview,
    "import": _confirm,
    "bulk": _bulk,
    "export": _export,
    "backup": _backup,
    "undo": _undo,
    "merge-items": _merge_items,
    "release": _release,
    model_training.KIND: _train,
    model_uploads.KIND: _take_model,
    model_uploads.TRY: _try_model,
    model_fill.CARRY_OUT: _fill_in,
    **dict.fromkeys(_ENTRY_CHANGES, _change_entry),
}
# Work that asks models.
ASKING: dict[str, Callable[[Desk, Document, _Beat, Path, Asked], dict[str, Any]]] = {
    model_batch.KIND: model_jobs.guess,
    model_fill.KIND: model_jobs.fill,
}
