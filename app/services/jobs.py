"""Long work: asked for by a person, done by a worker, seen by both."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.domain.errors import DomainError, NotAllowed
from app.domain.roles import Action, Actor
from app.services import exports, history, imports, list_merging
from app.services.clock import utc_now
from app.services.desk import Desk, open_desk
from app.store import accounts, files, jobs
from app.store.database import Document, Store

Enqueue = Callable[[str], None]
_BEAT = 0.5  # seconds between two notes of progress


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


def run(store: Store, job_id: str, scratch: Path) -> None:
    """Runs a job in this process, noting progress, result or error on its record.

    Args:
        scratch: where temporary files may lie.
    """
    job = jobs.claim(store, job_id, utc_now())
    if job is None:
        return
    try:
        desk = open_desk(store, _actor(store, job["actor"]), job["project"])
        result = KINDS[job["kind"]](desk, job, _Beat(store, job_id), scratch)
        jobs.update(store, job_id, state="done", result=result, ended=utc_now())
    except Cancelled:
        jobs.update(store, job_id, state="cancelled", ended=utc_now())
    except DomainError as error:
        jobs.update(store, job_id, state="failed", error=str(error), ended=utc_now())
    except Exception:
        told = "The program failed at this; what was there before is unchanged."
        jobs.update(store, job_id, state="failed", error=told, ended=utc_now())
        raise


class _Beat:
    """Notes progress at most twice a second, and stops the job when that is asked."""

    def __init__(self, store: Store, job: str) -> None:
        self._store, self._job = store, job
        self._last = 0.0

    def __call__(self, phase: str, done: int, total: int) -> None:
        if time.monotonic() - self._last < _BEAT:
            return
        self._last = time.monotonic()
        if jobs.update(self._store, self._job, phase=phase, done=done, total=total, beat=utc_now()):
            raise Cancelled("It was stopped.")


def _actor(store: Store, account_id: str) -> Actor:
    account = accounts.find(store, account_id)
    if account is None or account.get("disabled"):
        raise NotAllowed("The account that asked for this is gone or disabled.")
    return Actor(account_id, account["name"], bool(account.get("admin")))


def _preview(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    asked = job["arguments"]
    with imports.scratch(scratch) as folder:
        path = imports.fetch(desk, asked["file"], Path(folder))
        change = imports.preview(
            desk,
            path,
            name=path.name,
            format_id=asked.get("format", ""),
            progress=beat,
            options=asked.get("options"),
        )
    files.delete(desk.store, asked["file"])
    return {"change": change["_id"]}


def _confirm(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    with contextlib.nullcontext(scratch):
        # from here on it goes through to the end: half an import must not stay
        change = imports.confirm(desk, job["arguments"]["change"], progress=_unstoppable(beat))
    return {"change": change["_id"]}


def _export(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    asked = job["arguments"]
    beat("writing", 0, 0)
    with imports.scratch(scratch) as folder:
        path = Path(folder) / asked["name"]
        warnings = exports.write(
            desk, path, format_id=asked["format"], options=asked.get("options")
        )
        with path.open("rb") as stream:
            file_id = files.put(
                desk.store,
                desk.project_id,
                stream,
                asked["name"],
                use="export",
                actor=desk.actor.id,
            )
    return {"file": file_id, "name": asked["name"], "warnings": warnings}


def _undo(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    beat("undoing", 0, 0)
    done = history.undo(desk, [job["arguments"]["change"]], change_id=job["arguments"]["id"])
    return {"change": done.change["_id"] if done.change else None}


def _merge_items(desk: Desk, job: Document, beat: _Beat, scratch: Path) -> dict[str, Any]:
    beat("merging", 0, 0)
    asked = job["arguments"]
    done = list_merging.merge(desk, asked["item"], asked["into"], change_id=asked["id"])
    return {"change": done["_id"]}


def _unstoppable(beat: _Beat) -> imports.Progress:
    def go_on(phase: str, done: int, total: int) -> None:
        with contextlib.suppress(Cancelled):
            beat(phase, done, total)

    return go_on


KINDS: dict[str, Callable[[Desk, Document, _Beat, Path], dict[str, Any]]] = {
    "preview": _preview,
    "import": _confirm,
    "export": _export,
    "undo": _undo,
    "merge-items": _merge_items,
}
