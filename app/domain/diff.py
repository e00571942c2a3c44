"""Differences between two states of a record, and how they are applied, inverted and merged.

A record is a tree of maps, lists of members that have ids, and values. A change of one field is
a path (keys and member ids) with the value before and after:

- a value: `path`, `before`, `after`; `None` stands for absent;
- a member put in or taken out: the path ends in its id; `left` and `right` name its neighbours;
- an order: the path ends in `#`; the values are the sequences of ids.

Source: decision 2 in docs/architecture.md.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import FieldConflict

ORDER = "#"
# Not content: who saved it when is in the change log.
UNCOMPARED = frozenset({"created", "modified"})


@dataclass(frozen=True)
class FieldChange:
    """One change of one field; see the module for the three shapes."""

    path: tuple[str, ...]
    before: Any = None
    after: Any = None
    member: bool = False
    left: str | None = None
    right: str | None = None

    def to_document(self) -> dict[str, Any]:
        """As stored in a change and sent to browsers."""
        document: dict[str, Any] = {
            "path": list(self.path),
            "before": self.before,
            "after": self.after,
        }
        if self.member:
            document |= {"member": True, "left": self.left, "right": self.right}
        return document

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> FieldChange:
        """The inverse of `to_document`."""
        return cls(
            tuple(document["path"]),
            document.get("before"),
            document.get("after"),
            bool(document.get("member")),
            document.get("left"),
            document.get("right"),
        )

    def inverted(self) -> FieldChange:
        """The change that takes this one back."""
        return FieldChange(self.path, self.after, self.before, self.member, self.left, self.right)


def is_members(value: Any) -> bool:
    """Tells whether a value is a non-empty list of members with ids."""
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(item, dict) and "id" in item for item in value)
    )


def same(one: Any, other: Any) -> bool:
    """Equal content: absent, None and empty are the same, and so are list and tuple."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() | other.keys()
        return all(same(one.get(key), other.get(key)) for key in keys - UNCOMPARED)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (_is_empty(one) and _is_empty(other))


def diff(before: dict[str, Any], after: dict[str, Any]) -> list[FieldChange]:
    """The changes that lead from one state to another, in the order of applying."""
    changes: list[FieldChange] = []
    _diff_map((), before, after, changes)
    return changes


def apply(
    document: dict[str, Any], changes: Iterable[FieldChange]
) -> tuple[dict[str, Any], list[FieldChange], list[FieldConflict]]:
    """Applies changes to a state that may have moved on since they were made.

    Returns:
        The new state, the changes that had an effect (with the values that they really
        replaced), and those that met a different value.
    """
    changes = list(changes)
    state = copy.deepcopy(document) if changes else dict(document)
    done: list[FieldChange] = []
    conflicts: list[FieldConflict] = []
    for change in changes:
        outcome = _apply_one(state, change)
        if isinstance(outcome, FieldConflict):
            conflicts.append(outcome)
        elif outcome is not None:
            done.append(outcome)
    return state, done, conflicts


def invert(changes: Sequence[FieldChange]) -> list[FieldChange]:
    """The changes that take these back, in the order of applying."""
    return [change.inverted() for change in reversed(changes)]


def merge(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> tuple[dict[str, Any], list[FieldConflict]]:
    """Three-way merge: my changes since `base`, laid over theirs.

    Returns:
        The merged state, in which conflicting fields hold their value, and the conflicts.
    """
    merged, _, conflicts = apply(theirs, diff(base, mine))
    return merged, conflicts


def get(document: Any, path: Sequence[str]) -> Any:
    """The value at a path, or None."""
    value = document
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list | tuple):
            value = next((m for m in value if isinstance(m, dict) and m.get("id") == key), None)
        else:
            return None
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == () or value == {}


def _diff_map(
    path: tuple[str, ...], before: dict[str, Any], after: dict[str, Any], out: list[FieldChange]
) -> None:
    for key in dict.fromkeys((*before, *after)):
        if key in UNCOMPARED:
            continue
        _diff_value((*path, key), before.get(key), after.get(key), out)


def _diff_value(path: tuple[str, ...], before: Any, after: Any, out: list[FieldChange]) -> None:
    if same(before, after):
        return
    if (is_members(before) or is_members(after)) and (
        (is_members(before) or _is_empty(before)) and (is_members(after) or _is_empty(after))
    ):
        _diff_members(path, list(before or ()), list(after or ()), out)
    elif _is_map(before) and _is_map(after):
        _diff_map(path, before, after, out)
    elif _is_map(before) and before and _is_empty(after):
        _diff_map(path, before, {}, out)
    elif _is_map(after) and after and _is_empty(before):
        _diff_map(path, {}, after, out)
    else:
        out.append(
            FieldChange(
                path, None if _is_empty(before) else before, None if _is_empty(after) else after
            )
        )


def _is_map(value: Any) -> bool:
    """Whether a value is compared key by key: a map that is neither a spanned text nor empty."""
    return isinstance(value, dict) and not ("text" in value and "spans" in value)


def _diff_members(
    path: tuple[str, ...],
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    out: list[FieldChange],
) -> None:
    old = {member["id"]: member for member in before}
    new = {member["id"]: member for member in after}
    before_ids, after_ids = list(old), list(new)
    for member_id in before_ids:
        if member_id in new:
            _diff_map((*path, member_id), old[member_id], new[member_id], out)
    current = list(before_ids)
    for member_id in before_ids:
        if member_id not in new:
            left, right = _neighbours(current, member_id)
            out.append(FieldChange((*path, member_id), old[member_id], None, True, left, right))
            current.remove(member_id)
    kept = [member_id for member_id in after_ids if member_id in old]
    if kept != current:
        out.append(FieldChange((*path, ORDER), current, kept))
        current = list(kept)
    for place, member_id in enumerate(after_ids):
        if member_id not in old:
            left = after_ids[place - 1] if place else None
            spot = current.index(left) + 1 if left else 0
            right = current[spot] if spot < len(current) else None
            current.insert(spot, member_id)
            out.append(FieldChange((*path, member_id), None, new[member_id], True, left, right))


def _neighbours(ids: list[str], member_id: str) -> tuple[str | None, str | None]:
    place = ids.index(member_id)
    return (
        ids[place - 1] if place else None,
        ids[place + 1] if place + 1 < len(ids) else None,
    )


def _apply_one(state: dict[str, Any], change: FieldChange) -> FieldChange | FieldConflict | None:
    parent = _parent(state, change)
    if parent is None:
        if _is_empty(change.after):
            return None
        return _conflict(change, None, "deleted")
    if change.path[-1] == ORDER:
        return _apply_order(parent, change)
    if change.member:
        return _apply_member(parent, change)
    return _apply_value(parent, change)


def _parent(state: dict[str, Any], change: FieldChange) -> Any:
    """The map or list that the last key of a path is in; made where only maps are missing."""
    listed = change.member or change.path[-1] == ORDER
    keys = change.path[:-1]
    value: Any = state
    for place, key in enumerate(keys):
        if isinstance(value, list):
            value = next((member for member in value if member.get("id") == key), None)
            if value is None:
                return None
        else:
            last = place == len(keys) - 1
            if _is_empty(value.get(key)):
                if not last and _is_id_like(keys[place + 1]):
                    return None
                value[key] = [] if last and listed else {}
            value = value[key]
            if not isinstance(value, dict | list):
                return None
    return value


def _is_id_like(key: str) -> bool:
    return len(key) > 2 and key[1] == "_"


def _apply_value(parent: Any, change: FieldChange) -> FieldChange | FieldConflict | None:
    if not isinstance(parent, dict):
        return _conflict(change, None, "deleted")
    key = change.path[-1]
    current = parent.get(key)
    if same(current, change.after):
        return None
    if not same(current, change.before):
        return _conflict(change, current, "changed")
    if _is_empty(change.after):
        parent.pop(key, None)
    else:
        parent[key] = copy.deepcopy(change.after)
    return FieldChange(change.path, current, change.after)


def _apply_member(parent: Any, change: FieldChange) -> FieldChange | FieldConflict | None:
    member_id = change.path[-1]
    if not isinstance(parent, list):
        return _conflict(change, None, "deleted")
    ids = [member["id"] for member in parent]
    if member_id in ids:
        place = ids.index(member_id)
        current = parent[place]
        if same(current, change.after):
            return None
        if change.after is not None:
            return _conflict(change, current, "exists")
        if not same(current, change.before):
            return _conflict(change, current, "changed")
        left, right = _neighbours(ids, member_id)
        del parent[place]
        return FieldChange(change.path, current, None, True, left, right)
    if change.after is None:
        return None
    place = _insertion_place(ids, member_id, change.left, change.right)
    parent.insert(place, copy.deepcopy(change.after))
    ids.insert(place, member_id)
    left, right = _neighbours(ids, member_id)
    return FieldChange(change.path, None, change.after, True, left, right)


def _insertion_place(ids: list[str], member_id: str, left: str | None, right: str | None) -> int:
    """After the left neighbour; among members that came between meanwhile, by id."""
    if left is not None and left not in ids:
        return ids.index(right) if right in ids else len(ids)
    start = ids.index(left) + 1 if left is not None else 0
    end = ids.index(right) if right in ids else (len(ids) if right is None else start)
    place = start
    while place < end and ids[place] < member_id:
        place += 1
    return place


def _apply_order(parent: Any, change: FieldChange) -> FieldChange | FieldConflict | None:
    if not isinstance(parent, list):
        return _conflict(change, None, "deleted")
    ids = [member["id"] for member in parent]
    wanted = [member_id for member_id in change.after if member_id in ids]
    known = set(wanted)
    shared = [member_id for member_id in ids if member_id in known]
    if shared == wanted:
        return None
    if shared != [member_id for member_id in change.before if member_id in known]:
        return _conflict(change, ids, "order")
    order = list(wanted)
    for place, member_id in enumerate(ids):  # newcomers stay after their left neighbour
        if member_id not in known:
            order.insert(order.index(ids[place - 1]) + 1 if place else 0, member_id)
    by_id = {member["id"]: member for member in parent}
    parent[:] = [by_id[member_id] for member_id in order]
    return FieldChange(change.path, ids, order)


def _conflict(change: FieldChange, theirs: Any, reason: str) -> FieldConflict:
    return FieldConflict(change.path, change.before, change.after, theirs, reason)
