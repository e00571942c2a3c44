"""The door through which all project content is written, and the log it leaves.

`commit` writes a small change (up to 500 records) in one transaction. Large ones go through
`app.store.bulk`. See decision 2 in docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.domain.errors import Conflict, FieldConflict, Invalid, Problem
from app.domain.roles import Actor
from app.store import rows
from app.store.database import Document, Store
from app.store.operation import ERASED, Op, OpAction, is_done
from app.store.writer import Writer, validate

__all__ = [
    "ERASED",
    "SMALL",
    "Cause",
    "Committed",
    "Op",
    "OpAction",
    "commit",
    "current_seq",
    "header",
    "is_done",
    "iter_ops",
    "next_seq",
    "validate",
]

Cause = Literal[
    "edit", "import", "bulk", "model", "undo", "merge", "sync", "erase", "create", "comment"
]
SMALL = 500


@dataclass
class Committed:
    """What came of a change.

    Attributes:
        change: the stored change; None if nothing had to be written.
        conflicts: fields that were left alone because somebody changed them meanwhile.
        revs: new revision by record.
    """

    change: Document | None
    conflicts: list[FieldConflict] = field(default_factory=list)
    revs: dict[str, int] = field(default_factory=dict)


def commit(
    store: Store,
    project: str,
    actor: Actor,
    cause: Cause,
    ops: Sequence[Op],
    *,
    change_id: str,
    now: datetime | None = None,
    strict: bool = True,
    label: str = "",
    undoes: str | None = None,
) -> Committed:
    """Writes records, derived rows and the change in one transaction.

    Args:
        strict: with True any conflict refuses the whole; with False what does not conflict is
            written and the rest reported.
        change_id: made by the client; a second commit with it returns the first's result.

    Raises:
        Conflict: a field was changed meanwhile, and `strict`.
        NotFound: a record does not exist or is deleted.
        Invalid: the result breaks the type of its kind.
    """
    if len(ops) > SMALL:
        raise ValueError(f"{len(ops)} records are too many for one transaction: use bulk")
    when = now or datetime.now(UTC)

    def run(session: ClientSession) -> Committed:
        writer = Writer(store, project, actor, when, session, strict)
        writer.load(ops)
        done = [written for op in ops if (written := writer.write(op)) is not None]
        if not done:
            return _known(store, project, change_id) or Committed(None, writer.conflicts)
        change = header(project, actor, cause, change_id, when, label, undoes)
        change |= {"seq": next_seq(store, project, session), "state": "done", "ops": done}
        writer.flush(change["seq"])
        rows.count_letters(store, project, writer.letters, session)
        store.changes.insert_one(change, session=session)
        return Committed(change, writer.conflicts, writer.revs)

    try:
        with store.client.start_session() as session:
            return session.with_transaction(run)
    except (DuplicateKeyError, BulkWriteError, Conflict) as error:
        known = _known(store, project, change_id)
        if known is not None:  # a retry of what went through
            return known
        raise error if isinstance(error, Conflict) else _duplicate(error) from error


def header(
    project: str,
    actor: Actor,
    cause: Cause,
    change_id: str,
    when: datetime,
    label: str,
    undoes: str | None,
) -> Document:
    """The part of a change that says who, when and why."""
    change: Document = {
        "_id": change_id,
        "project": project,
        "actor": actor.id,
        "actor_name": actor.name,
        "time": when,
        "cause": cause,
    }
    if label:
        change["label"] = label
    if undoes:
        change["undoes"] = undoes
    return change


def next_seq(store: Store, project: str, session: ClientSession) -> int:
    """The project's next number; the transaction's other writers of it wait or retry."""
    counter = store.counters.find_one_and_update(
        {"_id": project},
        {"$inc": {"seq": 1}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return int(counter["seq"]) if counter else 1


def current_seq(store: Store, project: str, session: ClientSession | None = None) -> int:
    """The number of the project's last change; 0 before the first."""
    counter = store.counters.find_one({"_id": project}, session=session)
    return int(counter["seq"]) if counter else 0


def iter_ops(store: Store, change: Document) -> Iterable[Op]:
    """The operations of a change, small or large, in the order in which they were made.

    What was done to records that were erased since is left out.
    """
    if "ops" in change:
        yield from (Op.from_document(op) for op in change["ops"] if op["action"] != ERASED)
        return
    for part in store.change_parts.find({"change": change["_id"]}).sort("number"):
        yield from (Op.from_document(op) for op in part["ops"] if is_done(op))


def _known(store: Store, project: str, change_id: str) -> Committed | None:
    """What came of a change that was committed before; None if it was not."""
    change = store.changes.find_one({"_id": change_id, "project": project})
    return Committed(change) if change else None


def _duplicate(error: Exception) -> Exception:
    if "E11000" not in str(error):
        return error
    if "slug" in str(error):
        return Invalid(Problem("slug", "This address is taken by another project."))
    return Conflict("A record with this id exists already.")
