"""Keeping the pointers of texts at the lexicon right when entries or their parts go or merge.

What points at something that is deleted loses the pointer and keeps its gloss and form; what
points at something merged points at what it was merged into. That is part of the same change and
undone with it, also in texts that the actor may not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from app.domain import diff, pointers
from app.domain.diff import FieldChange
from app.domain.errors import Conflict, FieldConflict
from app.domain.ids import new_id
from app.domain.pointers import GONE, Standing
from app.services.desk import Desk
from app.store import bulk, changes, history, records
from app.store.changes import SMALL, Cause, Committed, Op
from app.store.database import Document
from app.store.envelope import content_of
from app.store.pointers import POINTERS, iter_pointing, pointing_at

AT_ONCE = 1000  # lines that are made right while a person waits; more are a job
_BATCH = 400
_MOST_MERGES = 50  # entries that were merged one into the next


def count(desk: Desk, entries: Sequence[str], part: str = "") -> int:
    """How many places in texts that the actor may read point at some entries.

    Args:
        part: only those that point at this sense or form, or at what is in it.
    """
    query = records.filter_of(desk.store, desk.scope, "utterance")
    wanted = set(entries)
    return sum(
        1
        for line in desk.store.utterances.find(pointing_at(query, entries), POINTERS)
        for _, one in pointers.holders(line)
        if one.get("entry") in wanted
        and (not part or part in (one.get("sense"), one.get("allomorph")))
    )


def are_many(desk: Desk, *entries: str) -> bool:
    """Whether so many lines of texts point at some entries that clearing them is a job."""
    query = pointing_at({"project": desk.project_id}, entries)
    return desk.store.utterances.count_documents(query, limit=AT_ONCE + 1) > AT_ONCE


def return_many(desk: Desk, entry: str) -> bool:
    """Whether so many pointers went with the last deletion of an entry that its return is a job."""
    return any(
        int(change.get("records") or len(change.get("ops", ()))) > AT_ONCE
        for change, op in history.iter_record(desk.store, desk.project_id, entry)
        if op["action"] == "delete"
    )


def changed(desk: Desk, op: Op) -> dict[str, Standing]:
    """How the entry that an operation changes stands after it, if something of it goes."""
    if op.action == "delete":
        return {op.id: GONE}
    if op.action != "update" or not pointers.takes_parts(op.changes):
        return {}
    stored = desk.store.entries.find_one({"_id": op.id, "project": desk.project_id})
    if stored is None:
        return {}
    before = content_of(stored)
    after, _, _ = diff.apply(before, op.changes)
    if pointers.parts_of(before) <= pointers.parts_of(after):
        return {}
    return {op.id: pointers.standing(op.id, after)}


def mending(desk: Desk, now: Mapping[str, Standing]) -> Iterator[Op]:
    """The operations that make the pointers of texts at some entries right again."""
    for line in iter_pointing(desk.store, desk.project_id, now.keys()):
        if made := pointers.repointed(line, now):
            yield Op("utterance", line["_id"], changes=made)


def commit(
    desk: Desk, cause: Cause, ops: Sequence[Op], now: Mapping[str, Standing], *, change_id: str
) -> Committed:
    """Writes operations on the lexicon, and what they make of the pointers of texts, as one change.

    What somebody saved in that moment follows as a second change.

    Args:
        now: how the entries stand afterwards of which something goes.

    Raises:
        Conflict: somebody changed something of it meanwhile; nothing is written.
    """
    everything = [*ops, *mending(desk, now)]
    done = write(desk, cause, everything, change_id=change_id)
    if late := list(mending(desk, now)):
        write(desk, cause, late, change_id=new_id("x"), strict=False)
    return done


def write(
    desk: Desk,
    cause: Cause,
    ops: Sequence[Op],
    *,
    change_id: str,
    strict: bool = True,
    label: str = "",
) -> Committed:
    """Writes any number of operations as one change, which can be undone as one.

    Raises:
        Conflict: as `changes.commit`; many operations are only looked at for it beforehand.
    """
    if len(ops) <= SMALL:
        return changes.commit(
            desk.store,
            desk.project_id,
            desk.actor,
            cause,
            ops,
            change_id=change_id,
            strict=strict,
            label=label,
        )
    begun = bulk.go_on(desk.store, change_id)
    if begun is not None:
        return Committed(begun)
    if strict:
        _check(desk, ops)
    change = bulk.prepare(
        desk.store, desk.project_id, desk.actor, cause, change_id=change_id, label=label
    )
    try:
        bulk.stage(desk.store, change, ops)
        bulk.ready(desk.store, change)
        return Committed(bulk.apply(desk.store, change_id))
    except BaseException:
        bulk.discard(desk.store, change_id)
        raise


def extend(desk: Desk, change_id: str) -> None:
    """Has a prepared large change mend the pointers at what it takes out of the lexicon."""
    change = desk.store.changes.find_one({"_id": change_id, "state": "prepared"})
    if change is None:
        return
    own = int(change["own_parts"] if "own_parts" in change else change["parts"])
    own_records = int(change["records"])
    later = {"change": change_id, "number": {"$gte": own}}
    desk.store.change_parts.delete_many(later)  # of a try that was broken off
    now: dict[str, Standing] = {}
    taking = {"change": change_id, "ops.action": {"$in": ["update", "delete"]}}
    for part in desk.store.change_parts.find(taking):
        for op in part["ops"]:
            if op["kind"] == "entry" and op["action"] != "create":
                now |= changed(desk, Op.from_document(op))
    if now:
        change |= {"parts": own, "own_parts": own}
        bulk.stage(desk.store, change, _in_batches(desk, now))
        bulk.ready(desk.store, change, records=own_records)


def returning(desk: Desk, entry: str) -> list[Op]:
    """What brings the pointers back that the last deletion of an entry cleared."""
    for change, op in history.iter_record(desk.store, desk.project_id, entry):
        if op["action"] == "delete":
            ops = (one for one in changes.iter_ops(desk.store, change) if one.kind == "utterance")
            found = ((one.id, pointers.back_at(one.changes, entry)) for one in ops)
            return [Op("utterance", line, changes=made) for line, made in found if made]
    return []


def settle(desk: Desk, ops: Iterable[Op]) -> None:
    """Makes pointers right after operations that went back to an old state, as an undo does.

    Pointers that lead nowhere now are cleared, or lead to what their entry was merged into.
    """
    waiting = iter(ops)
    while batch := list(islice(waiting, _BATCH)):
        lines = {op.id for op in batch if op.kind == "utterance" and op.action != "delete"}
        touched = {
            op.id
            for op in batch
            if op.kind == "entry" and (op.action == "delete" or pointers.takes_parts(op.changes))
        }
        found = {line["_id"]: line for line in _lines(desk, lines)}
        found |= {line["_id"]: line for line in iter_pointing(desk.store, desk.project_id, touched)}
        named = set().union(*map(pointers.entries_in, found.values()))
        now = {entry: _standing_now(desk, entry) for entry in sorted(named)}
        mends = ((line, pointers.repointed(stored, now)) for line, stored in found.items())
        made = [Op("utterance", line, changes=change) for line, change in mends if change]
        if made:
            write(desk, "undo", made, change_id=new_id("x"), strict=False)


def _in_batches(desk: Desk, now: Mapping[str, Standing]) -> Iterator[Op]:
    entries = iter(now)
    while batch := list(islice(entries, _BATCH)):
        yield from mending(desk, {entry: now[entry] for entry in batch})


def _lines(desk: Desk, lines: set[str]) -> Iterator[Document]:
    if lines:
        query = {"_id": {"$in": sorted(lines)}, "project": desk.project_id}
        yield from desk.store.utterances.find(query | {"deleted": {"$ne": True}}, POINTERS)


def _standing_now(desk: Desk, entry: str) -> Standing:
    """How an entry stands in the store, or what it was merged into."""
    seen, at = 0, entry
    while seen < _MOST_MERGES:
        stored = desk.store.entries.find_one({"_id": at, "project": desk.project_id})
        if stored is None:
            return GONE
        if not stored.get("deleted"):
            return pointers.standing(at, stored)
        if not stored.get("merged_into"):
            return GONE
        at, seen = stored["merged_into"], seen + 1
    return GONE


def _check(desk: Desk, ops: Iterable[Op]) -> None:
    """Refuses what a small change would refuse: what of the lexicon somebody changed meanwhile.

    Raises:
        Conflict: with each field.
    """
    found: list[FieldConflict] = []
    for op in ops:
        if op.kind != "entry":
            continue
        stored = desk.store.entries.find_one({"_id": op.id, "project": desk.project_id}) or {}
        if op.action == "delete" and op.base_rev not in (None, stored.get("rev")):
            found.append(FieldConflict((), None, None, None, "changed", op.id))
        found += _conflicts(stored, op.changes)
    if found:
        raise Conflict("Somebody changed this meanwhile: look at it again.", tuple(found))


def _conflicts(stored: Document, made: Sequence[FieldChange]) -> list[FieldConflict]:
    return diff.apply(content_of(stored), made)[2] if made else []
