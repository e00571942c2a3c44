"""Large changes: imports and bulk runs, whole or not at all.

A large change is a header with a state and numbered parts. While it is `preparing` and
`prepared`, nothing but the parts exists: that is a preview. `applying` writes each part in a
transaction of its own; created records stay hidden until the header takes its `seq` at `done`.
Whoever owns the database at start drives an unfinished one to its end (`resume`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from bson import encode
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteOne, ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError

from app.domain.errors import Conflict, DomainError, NotFound
from app.domain.kinds import KINDS
from app.domain.roles import SYSTEM, Actor
from app.store import history, rows
from app.store.changes import Cause, current_seq, header, iter_ops, next_seq
from app.store.database import Document, Store
from app.store.operation import ERASED, Op, is_done
from app.store.writer import Ahead, Writer, created

PART_RECORDS = 800
PART_BYTES = 3_000_000
ABANDONED = timedelta(hours=1)  # a preview takes minutes; one still being made is somebody's
Progress = Callable[[int, int], None]
T = TypeVar("T")


def _quiet(_done: int, _total: int) -> None:
    """No progress is shown."""


def prepare(
    store: Store,
    project: str,
    actor: Actor,
    cause: Cause,
    *,
    change_id: str,
    label: str = "",
    undoes: str | None = None,
    now: datetime | None = None,
) -> Document:
    """Starts a large change that parts are then staged into."""
    change = header(project, actor, cause, change_id, now or datetime.now(UTC), label, undoes) | {
        "state": "preparing",
        "parts": 0,
        "records": 0,
    }
    store.changes.insert_one(change)
    return change


def stage(store: Store, change: Document, ops: Iterable[Op]) -> int:
    """Stages operations as parts of a change that is being prepared; returns how many."""
    number, total = int(change["parts"]), int(change["records"])
    with ThreadPoolExecutor(1) as beside:  # one part is written while the next is read
        writing: Future[Any] | None = None
        for part in _parts(ops):
            if writing is not None:
                writing.result()
            document = {
                "_id": f"{change['_id']}:{number:06d}",
                "project": change["project"],
                "change": change["_id"],
                "number": number,
                "ops": part,
            }
            writing = beside.submit(store.change_parts.insert_one, document)
            number, total = number + 1, total + len(part)
        if writing is not None:
            writing.result()
    change["parts"], change["records"] = number, total
    return total


def ready(store: Store, change: Document, **facts: Any) -> None:
    """Marks a change as prepared: it can be applied or discarded."""
    change |= {"state": "prepared", **facts}
    store.changes.replace_one({"_id": change["_id"]}, change)


def leave_out(store: Store, change_id: str, ids: Sequence[str]) -> None:
    """Takes the operations on some records out of a prepared change."""
    store.change_parts.update_many(
        {"change": change_id, "applied": {"$ne": True}},
        {"$pull": {"ops": {"id": {"$in": list(ids)}}}, "$inc": {"edits": 1}},
    )
    counted = store.change_parts.aggregate(
        [
            {"$match": {"change": change_id}},
            {"$group": {"_id": None, "n": {"$sum": {"$size": "$ops"}}}},
        ]
    )
    total = next((int(found["n"]) for found in counted), 0)
    store.changes.update_one({"_id": change_id}, {"$set": {"records": total}})


def ops_on(store: Store, change_id: str, ids: Sequence[str]) -> Iterator[Op]:
    """The operations of a change on some records; none on what was erased since."""
    wanted = set(ids)
    for ops in batches_of(store, change_id, {"ops.id": {"$in": sorted(wanted)}}):
        yield from (op for op in ops if op.id in wanted)


def batches_of(store: Store, change_id: str, only: Document | None = None) -> Iterator[list[Op]]:
    """The operations of a change part by part; none on what was erased since.

    Args:
        only: which parts.
    """
    for part in store.change_parts.find({"change": change_id, **(only or {})}).sort("number"):
        yield [Op.from_document(op) for op in part["ops"] if op["action"] != ERASED]


def discard(store: Store, change_id: str) -> None:
    """Forgets a change that was not applied; nothing else knew of it."""
    done = store.changes.delete_one({"_id": change_id, "state": {"$in": ["preparing", "prepared"]}})
    if done.deleted_count:
        store.change_parts.delete_many({"change": change_id})


def apply(store: Store, change_id: str, progress: Progress = _quiet) -> Document:
    """Carries out a prepared change, or goes on with one that was interrupted.

    Raises:
        NotFound: there is no such change.
        Conflict: another large change of the project is at work.
    """
    change = store.changes.find_one({"_id": change_id})
    if change is None:
        raise NotFound("This import is not there any more; start it again.")
    if change["state"] == "done":
        return change
    if change["state"] == "reverting":
        _revert(store, change_id)
    try:
        store.changes.update_one(
            {"_id": change_id, "state": "prepared"},
            {"$set": {"state": "applying", "beat": datetime.now(UTC)}},
        )
    except DuplicateKeyError as error:
        raise Conflict(
            "Another import or bulk change of this project is at work; wait for its end."
        ) from error
    try:
        return _drive(store, {**change, "state": "applying"}, progress)
    except (DomainError, PyMongoError):
        _revert(store, change_id)
        raise


def go_on(store: Store, change_id: str) -> Document | None:
    """Ends a change that was begun under this id before a crash; None if it has to begin anew."""
    change = store.changes.find_one({"_id": change_id}, {"state": 1})
    if change is None or change["state"] == "preparing":
        discard(store, change_id)
        return None
    return apply(store, change_id)


def take_back(store: Store, change_id: str) -> None:
    """Takes back what was applied of a change that is not done; it is then prepared again."""
    _revert(store, change_id)


def resume(store: Store, quiet_since: datetime | None = None) -> list[Document]:
    """Ends every change that a crash left unfinished; returns those driven to their end.

    One that cannot be carried out is taken back whole. What was being prepared long ago is
    forgotten: nobody had confirmed it.

    Args:
        quiet_since: leave alone what somebody was seen to be at since then; None for nothing.
    """
    abandoned = {"state": "preparing", "time": {"$lt": datetime.now(UTC) - ABANDONED}}
    for change in store.changes.find(abandoned, {"_id": 1}):
        discard(store, change["_id"])
    left: Document = {"beat": {"$lt": quiet_since}} if quiet_since else {}
    for change in list(store.changes.find({"state": "reverting", **left}, {"_id": 1})):
        _revert(store, change["_id"])
    ended = []
    for change in list(store.changes.find({"state": "applying", **left}, {"_id": 1})):
        with suppress(DomainError):  # it was taken back
            ended.append(apply(store, change["_id"]))
    return ended


def undo_ops(store: Store, change: Document) -> Iterator[Op]:
    """The operations that take a change back, last first within what memory allows."""
    if "ops" in change:
        yield from (op.inverted() for op in reversed(list(iter_ops(store, change))))
        return
    for part in store.change_parts.find({"change": change["_id"]}).sort("number", -1):
        ops = [Op.from_document(op) for op in part["ops"] if is_done(op)]
        yield from (op.inverted() for op in reversed(ops))


def _parts(ops: Iterable[Op]) -> Iterator[list[RawBSONDocument]]:
    part: list[RawBSONDocument] = []
    size = 0
    for op in ops:
        document = RawBSONDocument(encode(op.to_document()))
        if part and (size + len(document.raw) > PART_BYTES or len(part) >= PART_RECORDS):
            yield part
            part, size = [], 0
        size += len(document.raw)
        part.append(document)
    if part:
        yield part


def _drive(store: Store, change: Document, progress: Progress) -> Document:
    """Applies the parts that are still to be applied, then gives the change its number."""
    total = int(change["parts"])
    rows.orders_in_use(store, change["project"])
    waiting = store.change_parts.find(
        {"change": change["_id"], "applied": {"$ne": True}}, {"number": 1}
    ).sort("number")
    parts = list(waiting)
    with ThreadPoolExecutor(1) as beside:  # while one part is written, the next is worked out
        coming = beside.submit(_work_out, store, change, parts[0]["_id"]) if parts else None
        for place, part in enumerate(parts):
            ahead = coming.result() if coming else None
            after = parts[place + 1]["_id"] if place + 1 < len(parts) else None
            coming = beside.submit(_work_out, store, change, after) if after else None
            _in_transaction(store, partial(_apply_part, store, change, part["_id"], ahead))
            progress(int(part["number"]) + 1, total)
    return _in_transaction(store, partial(_finish, store, change))


@dataclass(frozen=True)
class _Part:
    """A part as it was read, and what was worked out of it before its transaction."""

    document: Document
    ops: list[Op]
    ahead: Ahead


def _work_out(store: Store, change: Document, part_id: str) -> _Part | None:
    """Reads a part and works out the records that it creates, with their rows."""
    part = store.change_parts.find_one({"_id": part_id})
    if part is None:
        return None
    ops = [Op.from_document(op) for op in part["ops"]]
    orders = rows.orders_in_use(store, change["project"])["orders"]
    ahead = Ahead()
    for op in ops:
        if op.action != "create":
            continue
        made = created(change["project"], change["actor"], op, change["_id"])
        ahead.records[op.id] = made
        if op.kind == "entry":
            ahead.rows[op.id] = list(rows.make_rows(made, orders))
    rows.note_beginnings(store, change["project"], chain.from_iterable(ahead.rows.values()))
    return _Part(part, ops, ahead)


def _hold(store: Store, change_id: str, state: str, session: ClientSession) -> bool:
    """Makes two processes at one change take turns; tells whether it is still in a state.

    Writing the header makes their transactions exclude each other, so that none applies a part
    of what another takes back.
    """
    held = {"_id": change_id, "state": state}
    seen = {"$set": {"beat": datetime.now(UTC)}}
    return store.changes.update_one(held, seen, session=session).matched_count > 0


def _revert(store: Store, change_id: str) -> None:
    """Takes back the parts that were applied, last first; the change is then prepared again."""
    unfinished = {"_id": change_id, "state": "applying"}
    store.changes.update_one(unfinished, {"$set": {"state": "reverting"}})
    parts = store.change_parts.find({"change": change_id, "applied": True}, {"_id": 1})
    for part in list(parts.sort("number", -1)):
        _in_transaction(store, partial(_revert_part, store, change_id, part["_id"]))
    store.changes.update_one(
        {"_id": change_id, "state": "reverting"},
        {"$set": {"state": "prepared"}, "$unset": {"beat": ""}},
    )


def _revert_part(store: Store, change_id: str, part_id: str, session: ClientSession) -> None:
    if not _hold(store, change_id, "reverting", session):
        return  # it went through after all, or another process has taken it back
    part = store.change_parts.find_one({"_id": part_id}, session=session)
    if part is None or not part.get("applied"):
        return
    done = [Op.from_document(op) for op in part["ops"] if not op.get("skipped")]
    created = {op.id for op in done if op.action == "create"}
    inverse = [op.inverted() for op in reversed(done) if op.id not in created]
    writer = Writer(store, part["project"], SYSTEM, datetime.now(UTC), session, False)
    writer.load(inverse)
    for op in inverse:
        writer.write(op)
    writer.flush(0)
    for kind in {op.kind for op in done if op.id in created}:
        _remove(store, kind, sorted(created), change_id, session)
    _give_back_deliveries(store, part, session)
    store.change_parts.update_one(
        {"_id": part_id},
        {"$unset": {"applied": "", "at_seq": "", "conflicts": "", "letters": ""}},
        session=session,
    )


def _remove(
    store: Store, kind: str, ids: list[str], change_id: str, session: ClientSession
) -> None:
    """Removes records that a change made, as if they had never been."""
    wanted = {"_id": {"$in": ids}, "batch": change_id}
    found = list(store[KINDS[kind].collection].find(wanted, session=session))
    if kind == "entry" and found:
        gone = [{**entry, "deleted": True} for entry in found]
        before = {entry["_id"]: entry for entry in found}
        rows.replace(store, found[0]["project"], gone, before, session)
    store[KINDS[kind].collection].delete_many(wanted, session=session)


def _give_back_deliveries(store: Store, part: Document, session: ClientSession) -> None:
    """Has the records of a part remember what their sources had delivered before it."""
    noted = [op["id"] for op in part["ops"] if "delivered" in op]
    if not noted:
        return
    before = history.deliveries(store, part["project"], noted, session)
    writes: list[ReplaceOne[Document] | DeleteOne] = [
        ReplaceOne(
            {"_id": record}, {"project": part["project"], "content": before[record]}, upsert=True
        )
        if record in before
        else DeleteOne({"_id": record})
        for record in noted
    ]
    store.deliveries.bulk_write(writes, ordered=False, session=session)


def _in_transaction(store: Store, run: Callable[[ClientSession], T]) -> T:
    with store.client.start_session() as session:
        return session.with_transaction(run)


def _is_as_read(store: Store, worked: _Part, session: ClientSession) -> bool:
    """Whether a part still has the operations that it was read with."""
    part = worked.document
    now = store.change_parts.find_one(
        {"_id": part["_id"]}, {"applied": 1, "edits": 1}, session=session
    )
    return now is not None and all(now.get(key) == part.get(key) for key in ("applied", "edits"))


def _apply_part(
    store: Store, change: Document, part_id: str, worked: _Part | None, session: ClientSession
) -> None:
    if not _hold(store, change["_id"], "applying", session):
        return  # another process has ended it, or is taking it back; `_finish` tells
    if not (worked and _is_as_read(store, worked, session)):
        worked = _work_out(store, change, part_id)  # something was taken out of it meanwhile
    if worked is None or worked.document.get("applied"):
        return
    part = worked.document
    actor = Actor(change["actor"], change["actor_name"])
    writer = Writer(
        store,
        change["project"],
        actor,
        change["time"],
        session,
        False,
        change["_id"],
        worked.ahead,
    )
    writer.load(worked.ops)
    logged = []
    for op in worked.ops:
        written = writer.write(op)
        logged.append(written or {**op.to_document(), "skipped": True})
    writer.flush(0)
    facts: Document = {} if logged == part["ops"] else {"ops": logged}
    # where the part stands among the small changes: any later one of a record has a larger number
    at_seq = current_seq(store, change["project"], session)
    conflicts = [
        {
            "record": found.record,
            "path": list(found.path),
            "base": found.base,
            "mine": found.mine,
            "theirs": found.theirs,
            "reason": found.reason,
        }
        for found in writer.conflicts
    ]
    store.change_parts.update_one(
        {"_id": part_id},
        {
            "$set": facts
            | {
                "applied": True,
                "at_seq": at_seq,
                "conflicts": conflicts,
                "letters": [[*key, count] for key, count in writer.letters.items() if count],
            }
        },
        session=session,
    )


def _finish(store: Store, change: Document, session: ClientSession) -> Document:
    current = store.changes.find_one({"_id": change["_id"]}, session=session)
    if current is not None and current["state"] == "done":
        return current
    if current is None or current["state"] != "applying":
        raise Conflict("This was taken back by another process; look again.")
    seq = next_seq(store, change["project"], session)
    letters: rows.Letters = Counter()
    for part in store.change_parts.find({"change": change["_id"]}, {"letters": 1}, session=session):
        for order, letter, count in part.get("letters", ()):
            letters[order, letter] += count
    rows.count_letters(store, change["project"], letters, session)
    store.changes.update_one(
        {"_id": change["_id"]},
        {"$set": {"state": "done", "seq": seq}, "$unset": {"beat": ""}},
        session=session,
    )
    return {**current, "state": "done", "seq": seq}


def conflicts_of(store: Store, change_id: str) -> list[Document]:
    """What a large change left alone because somebody had changed it meanwhile."""
    parts = store.change_parts.find(
        {"change": change_id, "conflicts.0": {"$exists": True}}, {"conflicts": 1}
    )
    return [found for part in parts for found in part["conflicts"]]
