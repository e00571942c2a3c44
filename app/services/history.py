"""Who changed what and when; taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.domain.errors import NotAllowed, NotFound
from app.domain.roles import Action
from app.services import pointers
from app.services.closed_parts import permitted, shown_op, shown_ops
from app.services.desk import Desk
from app.services.list_merging import resolved_ops
from app.store import bulk, changes, history, listing, records, rows
from app.store.access import readable
from app.store.changes import Committed, Op
from app.store.database import Document

_RUN = timedelta(minutes=10)


@dataclass
class Step:
    """One person's run of edits on a record, within ten minutes.

    Attributes:
        changes: the changes of the run, last first.
        fields: what they did to the record together: path, before, after, last first.
        action: what happened to the record: create, update, delete or restore.
    """

    actor: str
    time: datetime
    cause: str
    action: str
    label: str = ""
    changes: list[str] = field(default_factory=list)
    fields: list[dict[str, Any]] = field(default_factory=list)


def of_record(desk: Desk, kind: str, record: str) -> list[Step]:
    """The history of a record, last step first.

    Raises:
        NotFound: it does not exist, or may not be read.
    """
    desk.require(Action.READ)
    records.get(desk.store, desk.scope, kind, record, deleted=True)
    closed = records.closed_in(desk.store, desk.scope, [record]).get(record, set())
    steps: list[Step] = []
    for change, logged in history.iter_record(desk.store, desk.project_id, record):
        op = shown_op(desk, logged, closed)
        if op is None:
            continue
        last = steps[-1] if steps else None
        if last is None or not _continues(last, change, op):
            last = Step(
                change["actor_name"],
                change["time"],
                change["cause"],
                op["action"],
                change.get("label", ""),
            )
            steps.append(last)
        if change["_id"] not in last.changes:
            last.changes.append(change["_id"])
        last.fields.extend(reversed(op.get("changes", ())))
    for step in steps:
        step.fields = _net(step.fields)
    return steps


def activity(desk: Desk, before: int | None = None, limit: int = 50) -> list[Document]:
    """The project's changes, last first; of each at most 20 operations on what may be read."""
    desk.require(Action.READ)
    found = list(history.iter_changes(desk.store, desk.project_id, before=before, limit=limit))
    if desk.scope.everything:
        return found
    return [_visible(desk, change) for change in found]


def get_visible(desk: Desk, change_id: str) -> Document:
    """One change, with what of it the actor may see.

    Raises:
        NotFound: there is no such change in the project.
    """
    desk.require(Action.READ)
    change = history.find_change(desk.store, desk.project_id, change_id)
    if change is None or change.get("state") != "done":
        raise NotFound("There is no such change in this project.")
    return change if desk.scope.everything else _visible(desk, change)


def find_own(desk: Desk, change_id: str) -> Document | None:
    """A change that the actor made under an id of their own; None if there is none yet."""
    change = history.find_change(desk.store, desk.project_id, change_id)
    done = change is not None and change.get("state") == "done"
    return change if done and change and change["actor"] == desk.actor.id else None


def undo(desk: Desk, change_ids: list[str], *, change_id: str) -> Committed:
    """Takes changes back, last first, as one change.

    A field goes back where its value is still what the undone change wrote; elsewhere it is left
    alone and listed.

    Raises:
        NotFound: there is no such change in the project.
        NotAllowed: it is somebody else's and the role does not permit that.
    """
    ops = []
    label = ""
    for one in change_ids:
        change = history.find_change(desk.store, desk.project_id, one)
        if change is None or change.get("state") != "done":
            raise NotFound("There is no such change in this project.")
        if change["cause"] == "erase":
            raise NotAllowed("An erasure can't be undone: nothing is left of what was erased.")
        _require_undo(desk, change)
        if "ops" not in change:
            return _undo_large(desk, change, change_id)
        ops += list(bulk.undo_ops(desk.store, change))
        label = change.get("label", "")
    done = changes.commit(
        desk.store,
        desk.project_id,
        desk.actor,
        "undo",
        list(permitted(desk, resolved_ops(desk, ops, _restored(ops)))),
        change_id=change_id,
        strict=False,
        label=label,
        undoes=change_ids[0],
    )
    pointers.settle(desk, ops)
    return done


def is_large(desk: Desk, change_id: str) -> bool:
    """Whether a change was an import or a bulk run, whose undoing is a job."""
    change = history.find_change(desk.store, desk.project_id, change_id)
    return change is not None and "ops" not in change


def headwords(desk: Desk, changes_: list[Document]) -> dict[str, str]:
    """The headwords of the entries that some changes touched, by id."""
    wanted = {
        op["id"] for change in changes_ for op in change.get("ops", ()) if op["kind"] == "entry"
    }
    found = desk.store.entries.find(
        readable(desk.store, desk.scope) | {"_id": {"$in": sorted(wanted)}},
        {"lemma": 1, "citation": 1},
    )
    order = listing.current_order(desk.store, desk.project_id)
    return {entry["_id"]: rows.headword(entry, order["ws"]) for entry in found}


def _require_undo(desk: Desk, change: Document) -> None:
    own = change["actor"] == desk.actor.id and bool(desk.actor.id)
    desk.require(Action.EDIT_OWN if own else Action.UNDO)
    if own and (change["cause"] in ("bulk", "import") or "ops" not in change):
        desk.require(Action.BULK)
    of_project = {op["action"] for op in change.get("ops", ()) if op["kind"] == "project"}
    if of_project - {"update"}:
        raise NotAllowed("A project is deleted in its settings, not by undoing a change.")
    if of_project:
        desk.require(Action.SETTINGS)


def _undo_large(desk: Desk, change: Document, change_id: str) -> Committed:
    """Undoes an import or a bulk run as one large change; goes on with one broken off."""
    begun = bulk.go_on(desk.store, change_id)
    if begun is not None:
        return Committed(begun, [])
    undoing = bulk.prepare(
        desk.store,
        desk.project_id,
        desk.actor,
        "undo",
        change_id=change_id,
        label=change.get("label", ""),
        undoes=change["_id"],
    )
    try:
        restored = _restored(bulk.undo_ops(desk.store, change))
        ops = resolved_ops(desk, bulk.undo_ops(desk.store, change), restored)
        bulk.stage(desk.store, undoing, permitted(desk, ops))
        bulk.ready(desk.store, undoing)
        done = bulk.apply(desk.store, undoing["_id"])
    except Exception:
        bulk.discard(desk.store, undoing["_id"])
        raise
    pointers.settle(desk, bulk.undo_ops(desk.store, change))
    return Committed(done, [])


def _restored(ops: Iterable[Op]) -> frozenset[str]:
    """The list items that some operations bring back."""
    return frozenset(op.id for op in ops if op.kind == "item" and op.action == "restore")


def _continues(step: Step, change: Document, op: Document) -> bool:
    if change["_id"] in step.changes:
        return bool(step.action == op["action"])
    return bool(
        step.actor == change["actor_name"]
        and step.action == op["action"] == "update"
        and step.cause == change["cause"] == "edit"
        and step.time - change["time"] < _RUN
    )


def _net(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changes of one field in a run, last first, as one from the oldest value to the newest."""
    net: dict[tuple[str, ...], dict[str, Any]] = {}
    for change in fields:
        path = tuple(change["path"])
        if path in net:
            net[path]["before"] = change["before"]
        else:
            net[path] = dict(change)
    return list(net.values())


def _visible(desk: Desk, change: Document) -> Document:
    """A change without what it did to records and parts that the actor may not read."""
    by_kind: dict[str, list[str]] = {}
    for op in change.get("ops", ()):
        by_kind.setdefault(op["kind"], []).append(op["id"])
    readable: set[str] = set()
    for kind, ids in by_kind.items():
        readable |= _readable_ids(desk, kind, ids)
    ops = [op for op in change.get("ops", ()) if op["id"] in readable]
    ends = {op["id"]: _ends(op) for op in ops if op["kind"] == "relation"}
    named = {end for found in ends.values() for end in found if end.startswith("e_")}
    hidden = named - records.readable_ids(desk.store, desk.scope, "entry", named)
    hidden |= set().union(*records.closed_in(desk.store, desk.scope, named).values())
    left = [op for op in ops if hidden.isdisjoint(ends.get(op["id"], ()))]
    return {**change, "ops": shown_ops(desk, left)}


def _ends(value: Any) -> set[str]:
    """Ids of entries and senses that stand anywhere in what a change did to a relation."""
    if isinstance(value, str):
        return {value} if value[1:2] == "_" else set()
    if isinstance(value, dict):
        value = list(value.values())
    return set().union(*map(_ends, value)) if isinstance(value, list) else set()


def _readable_ids(desk: Desk, kind: str, ids: list[str]) -> set[str]:
    found = (records.find(desk.store, desk.scope, kind, one, deleted=True) for one in ids)
    return {record["_id"] for record in found if record is not None}
