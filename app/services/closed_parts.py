"""Parts of entries that the actor may not read: what is seen of a change, and what it may touch.

Who can't see a part neither deletes nor overwrites it, nor what it is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from app.domain import diff, parts
from app.domain.diff import ORDER, FieldChange
from app.domain.errors import Invalid, NotAllowed, Problem
from app.services.desk import Desk
from app.store import records
from app.store.access import closed_parts
from app.store.changes import Op
from app.store.database import Document

_BATCH = 400
_HOLDS = (
    "It holds something that you may not see. Ask an owner or manager of the project, or somebody "
    "of the group that may."
)


def check_changes(desk: Desk, entry: str, changes: Sequence[FieldChange]) -> None:
    """Refuses changes of closed parts, and the removal of what holds one.

    Raises:
        Invalid: a path leads into a part that the actor may not read.
        NotAllowed: something would go that holds such a part.
    """
    stored = _with_closed(desk, entry)
    if stored is None:
        return
    closed = closed_parts(desk.scope, stored)
    for change in changes:
        if closed & set(change.path):
            where = "/".join(change.path)
            raise Invalid(Problem(where, "This part is not there, or you may not read it."))
        if _touches(stored, change, closed):
            raise NotAllowed(_HOLDS)


def require_open(desk: Desk, entry: str) -> None:
    """Refuses to have a whole entry deleted or merged that holds a closed part.

    Raises:
        NotAllowed: it does.
    """
    if _with_closed(desk, entry) is not None:
        raise NotAllowed(_HOLDS)


def permitted(desk: Desk, ops: Iterable[Op]) -> Iterator[Op]:
    """Of some operations what touches no closed part; entries that hold one are not deleted.

    It is for changes of many records, such as undoing, which leave out what they can't do.
    """
    if desk.scope.everything:
        yield from ops
        return
    waiting = iter(ops)
    while batch := list(islice(waiting, _BATCH)):
        entries = (op.id for op in batch if op.kind == "entry")
        closed = records.closed_in(desk.store, desk.scope, entries)
        for op in batch:
            if op.id not in closed:
                yield op
                continue
            stored = records.find_whole(desk.store, desk.scope, op.id) or {}
            left = [one for one in op.changes if not _touches(stored, one, closed[op.id])]
            if left or op.action == "restore":
                yield replace(op, changes=left)


def shown_ops(desk: Desk, ops: Sequence[Document]) -> list[Document]:
    """Logged operations without what they say of closed parts; none that says nothing else."""
    if desk.scope.everything:
        return list(ops)
    entries = {op["id"] for op in ops if op["kind"] == "entry"}
    closed = records.closed_in(desk.store, desk.scope, entries)
    made = (shown_op(desk, op, closed.get(op["id"], set())) for op in ops)
    return [op for op in made if op is not None]


def shown_op(desk: Desk, op: Document, closed: set[str]) -> Document | None:
    """One logged operation without what it says of closed parts; None if that is all it says.

    Args:
        closed: ids of the parts of its record that the actor may not read.
    """
    if desk.scope.everything or op["kind"] != "entry":
        return op
    shown = {key: value for key, value in op.items() if key != "delivered"}
    if "content" in op:
        content = {key: value for key, value in op["content"].items() if key != "access"}
        own = {key: value for key, value in op["content"].items() if key == "access"}
        shown["content"] = own | parts.without(content, closed, desk.scope.permits)
    if "changes" in op:
        shown["changes"] = list(_shown(op["changes"], closed, desk))
        if not shown["changes"]:
            return None
    return shown


def _shown(changes: Iterable[Document], closed: set[str], desk: Desk) -> Iterator[Document]:
    for change in changes:
        if closed & set(change["path"]):
            continue
        before, after = (
            parts.without(change.get(key), closed, desk.scope.permits)
            for key in ("before", "after")
        )
        if not diff.same(before, after):
            yield {**change, "before": before, "after": after}


def _with_closed(desk: Desk, entry: str) -> Document | None:
    """A stored entry, if it holds or held parts that the actor may not read."""
    if desk.scope.everything or not records.closed_in(desk.store, desk.scope, [entry]):
        return None
    return records.find_whole(desk.store, desk.scope, entry)


def _touches(stored: Document, change: FieldChange, closed: set[str]) -> bool:
    """Whether a change is in a closed part, or puts another value in place of what holds one."""
    if closed & set(change.path):
        return True
    if change.path[-1:] == (ORDER,):
        return False
    return bool(closed & set(_ids(diff.get(stored, change.path))))


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _ids(inner)
