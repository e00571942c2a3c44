"""Reading the change log: a record's history, a project's activity, an earlier state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pymongo.client_session import ClientSession

from app.domain import diff
from app.domain.diff import FieldChange
from app.store.database import Document, Store
from app.store.envelope import content_of

_LIST = {"ops": {"$slice": 20}}


def find_change(store: Store, project: str, change_id: str) -> Document | None:
    """One change of a project, with its operations if it is a small one."""
    return store.changes.find_one({"_id": change_id, "project": project})


def iter_changes(
    store: Store, project: str, *, before: int | None = None, since: int = 0, limit: int = 50
) -> Iterator[Document]:
    """Changes of a project, last first; each with at most 20 of its operations.

    Args:
        before: only those with a smaller number.
        since: only those with a larger number.
    """
    bounds: dict[str, int] = {"$gt": since}
    if before is not None:
        bounds["$lt"] = before
    found = store.changes.find({"project": project, "seq": bounds}, _LIST)
    yield from found.sort("seq", -1).limit(limit)


def iter_record(store: Store, project: str, record: str) -> Iterator[tuple[Document, Document]]:
    """The changes that touched a record, last first, each with what it did to the record."""
    its_own = {"$eq": ["$$op.id", record]}
    only = {"ops": {"$filter": {"input": "$ops", "as": "op", "cond": its_own}}}
    pairs = []
    small = {"project": project, "ops.id": record, "state": "done"}
    for change in list(store.changes.find(small)):
        pairs += [(change, op) for op in change["ops"] if op["id"] == record]
    parts = store.change_parts.find({"project": project, "ops.id": record}, {"change": 1, **only})
    for part in list(parts):
        found = store.changes.find_one({"_id": part["change"], "state": "done"})
        if found is not None:
            pairs += [(found, op) for op in part["ops"] if not op.get("skipped")]
    pairs.reverse()  # a change may touch a record several times, as the undoing of several does
    yield from sorted(pairs, key=lambda pair: pair[0]["seq"], reverse=True)


def state_at(store: Store, project: str, document: Document, seq: int) -> dict[str, Any] | None:
    """The content of a stored record as it was after change number `seq`.

    Returns:
        None if it did not exist then, or was deleted.
    """
    content: dict[str, Any] | None = None if document.get("deleted") else content_of(document)
    last = content_of(document)
    for change, op in iter_record(store, project, document["_id"]):
        if change["seq"] <= seq:
            break
        if op["action"] == "create":
            return None
        if op["action"] == "delete":
            content = last
        elif op["action"] == "restore":
            content = None
        elif content is not None:
            changes = [FieldChange.from_document(found) for found in op.get("changes", ())]
            content, _, _ = diff.apply(content, diff.invert(changes))
            last = content
    return content


def creations(store: Store, project: str, records: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What imports gave some records when they made them, by record."""
    wanted = {"project": project, "ops.id": {"$in": list(records)}}
    made: dict[str, dict[str, Any]] = {}
    if not records:
        return made
    one = {"ops.id": {"$in": list(records)}, "ops.action": "create"}
    steps: list[Document] = [
        {"$match": wanted},
        {"$project": {"ops": 1}},
        {"$unwind": "$ops"},
        {"$match": one},
    ]
    for found in store.change_parts.aggregate(steps):
        made[found["ops"]["id"]] = found["ops"]["content"]
    return made


def deliveries(
    store: Store, project: str, records: Sequence[str], session: ClientSession | None = None
) -> dict[str, dict[str, Any]]:
    """What sources delivered last of some records, by the changes that are done."""
    wanted = {"project": project, "ops.id": {"$in": list(records)}}
    one = {"ops.id": {"$in": list(records)}, "ops.delivered": {"$exists": True}}
    steps: list[Document] = [
        {"$match": wanted},
        {"$project": {"change": {"$ifNull": ["$change", "$_id"]}, "ops": 1}},
        {"$unwind": "$ops"},
        {"$match": one},
    ]
    found = [
        (op["change"], op["ops"])
        for name in ("changes", "change_parts")
        for op in store[name].aggregate(steps, session=session)
    ]
    heads = {"_id": {"$in": sorted({change for change, _ in found})}, "state": "done"}
    seqs = {c["_id"]: c["seq"] for c in store.changes.find(heads, {"seq": 1}, session=session)}
    finished = [(seqs[change], op) for change, op in found if change in seqs]
    return {op["id"]: op["delivered"] for _, op in sorted(finished, key=lambda pair: pair[0])}
