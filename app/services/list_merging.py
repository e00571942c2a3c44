"""Merging and deleting items of the project's lists.

What held the merged item holds the other one afterwards: one change, undone as one. The item
stays as a tombstone that says into which it was merged, so that imports, undoing and restoring
bring its successor where an old state had it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain import diff
from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.domain.items import replaced, replaced_change, with_traits
from app.domain.messages import say
from app.domain.roles import Action
from app.services.desk import Desk
from app.store import bulk, changes, items, listing, records, rows
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

SHOWN = 12  # entries that a preview names
AT_ONCE = 2000  # records that are changed while a person waits; more are a job
_SMALL = 500


@dataclass
class Uses:
    """What holds an item.

    Attributes:
        counts: how many records by kind: `entry`, `relation`, `text`, `utterance`, `item` (those
            below it).
        entries: id and headword of the first entries.
    """

    counts: Counter[str] = field(default_factory=Counter)
    entries: list[tuple[str, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many records hold it."""
        return self.counts.total()

    @property
    def words(self) -> str:
        """The counts in words, as `3 entries and 1 relation`."""
        told = [
            f"{self.counts[kind]:,} {one if self.counts[kind] == 1 else many}"
            for kind, (one, many) in _NAMES.items()
            if self.counts[kind]
        ]
        return " and ".join(filter(None, (", ".join(told[:-1]), *told[-1:])))


_NAMES = {
    "entry": ("entry", "entries"),
    "relation": ("relation", "relations"),
    "text": ("text", "texts"),
    "utterance": ("line of a text", "lines of texts"),
    "item": ("item below it", "items below it"),
}


def uses_of(desk: Desk, item_id: str) -> Uses:
    """What holds an item, for who decides what becomes of it.

    Raises:
        NotFound: there is no such item.
    """
    desk.require(Action.LISTS)
    item = records.get(desk.store, desk.scope, "item", item_id)
    order = listing.current_order(desk.store, desk.project_id)
    found = Uses()
    for kind, stored, _ in _holders(desk, item, item_id, item["code"]):
        found.counts[kind] += 1
        if kind == "entry" and len(found.entries) < SHOWN:
            found.entries.append((stored["_id"], rows.headword(stored, order["ws"])))
    return found


def get(desk: Desk, item_id: str) -> Document:
    """A stored item of a list.

    Raises:
        NotFound: there is none with this id.
    """
    desk.require(Action.READ)
    return records.get(desk.store, desk.scope, "item", item_id)


def delete(desk: Desk, item_id: str) -> None:
    """Deletes an item that nothing holds.

    Raises:
        Invalid: something holds it; says what.
        NotFound: there is no such item.
    """
    item = get(desk, item_id)
    uses = uses_of(desk, item_id)
    if uses.total:
        holds = "holds" if uses.total == 1 else "hold"
        what = say(
            "%(words)s %(holds)s “%(code)s”: merge it into another item instead.",
            words=uses.words,
            holds=holds,
            code=item["code"],
        )
        raise Invalid(Problem("item", what))
    op = Op("item", item_id, "delete")
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))


def others_of(desk: Desk, item: Document) -> list[Document]:
    """The items of the same list into which an item can be merged, in the order of the list."""
    found = records.iterate(desk.store, desk.scope, "item", list=item["list"])
    others = (one for one in found if one["_id"] != item["_id"])
    return sorted(others, key=lambda one: (one.get("rank", 0), one["code"]))


def merge(desk: Desk, item_id: str, into_id: str, *, change_id: str) -> Document:
    """Merges an item into another of its list, as one change; gives the change.

    Items below it come under the other one. The item is deleted first, so that nobody can choose
    it while records are changed; what was saved with it in that moment follows as a second change.

    Raises:
        Invalid: both are one item, or of different lists.
        NotFound: one of them does not exist.
        Conflict: an import or another bulk change is at work.
    """
    desk.require(Action.LISTS)
    item = records.get(desk.store, desk.scope, "item", item_id)
    into = records.get(desk.store, desk.scope, "item", into_id)
    if item_id == into_id:
        raise Invalid(Problem("into", "An item can't be merged into itself; choose another."))
    if item["list"] != into["list"]:
        raise Invalid(Problem("into", "Choose an item of the same list."))
    label = f"merge “{item['code']}” into “{into['code']}”"
    change = bulk.prepare(
        desk.store, desk.project_id, desk.actor, "merge", change_id=change_id, label=label
    )
    try:
        bulk.stage(desk.store, change, _merge_ops(desk, item, into))
        bulk.ready(desk.store, change)
        done = bulk.apply(desk.store, change["_id"])
    except BaseException:
        bulk.discard(desk.store, change["_id"])
        raise
    _follow(desk, item, into, label)
    return done


def merged_items(desk: Desk) -> dict[str, str]:
    """The items that were merged into others: by id, the one that stands for it now."""
    return items.merged(desk.store, desk.project_id)


def merged_records(desk: Desk) -> Iterator[tuple[Document, str]]:
    """The tombstones of merged items, each with the id of the item that stands for it now."""
    renamed = merged_items(desk)
    for item in records.iterate_deleted(desk.store, desk.scope, "item"):
        if item["_id"] in renamed:
            yield item, renamed[item["_id"]]


def resolve(desk: Desk, change_id: str) -> None:
    """Has a change that was prepared before a merging write the items that there are now."""
    renamed = merged_items(desk)
    if not renamed:
        return
    for part in desk.store.change_parts.find({"change": change_id, "applied": {"$ne": True}}):
        ops = [Op.from_document(op) for op in part["ops"]]
        new = [made.to_document() for op in ops if (made := _resolved(op, renamed)) is not None]
        if new != part["ops"]:
            desk.store.change_parts.update_one(
                {"_id": part["_id"]}, {"$set": {"ops": new}, "$inc": {"edits": 1}}
            )


def resolved_ops(desk: Desk, ops: Iterable[Op], restored: frozenset[str]) -> Iterator[Op]:
    """Operations that go back to an old state, with the items that there are now.

    Args:
        restored: items that the same change brings back.
    """
    renamed = {old: new for old, new in merged_items(desk).items() if old not in restored}
    if not renamed:
        yield from ops
        return
    for op in ops:
        made = _resolved(op, renamed)
        if made is not None:
            yield made
        if op.action == "restore" and op.kind in items.HOLDERS:
            yield from _updated(desk, op, renamed)


def _resolved(op: Op, renamed: dict[str, str]) -> Op | None:
    """An operation with other items in its values; None if it has nothing left to do."""
    made = [replaced_change(change, renamed) for change in op.changes]
    left = tuple(change for change in made if change is not None)
    if op.action == "update" and not left:
        return None
    content = None if op.content is None else {**replaced(op.content, renamed), "id": op.id}
    return replace(op, content=content, changes=left, delivered=replaced(op.delivered, renamed))


def _updated(desk: Desk, op: Op, renamed: dict[str, str]) -> Iterator[Op]:
    """What a record that is brought back must change because its items were merged meanwhile."""
    stored = records.find(desk.store, desk.scope, op.kind, op.id, deleted=True)
    if stored is None:
        return
    before = content_of(stored)
    made = diff.diff(before, {**replaced(before, renamed), "id": op.id})
    if made:
        yield Op(op.kind, op.id, changes=made)


def _merge_ops(desk: Desk, item: Document, into: Document) -> Iterator[Op]:
    above = _parent_of(desk, item, into)
    if above is not None:  # the other one was below it and takes its place
        before = content_of(into)
        after = {**before, "parent": above or None}
        yield Op("item", into["_id"], changes=diff.diff(before, after))
    yield Op("item", item["_id"], "delete", into=into["_id"])
    for kind, stored, after in _holders(desk, item, into["_id"], into["code"]):
        if stored["_id"] != into["_id"]:
            yield Op(kind, stored["_id"], changes=diff.diff(content_of(stored), after))


def _parent_of(desk: Desk, item: Document, into: Document) -> str | None:
    """What is above an item, if the other one is below it; else None."""
    above, seen = into.get("parent"), set()
    while above and above not in seen:
        if above == item["_id"]:
            return str(item.get("parent") or "")
        seen.add(above)
        found = records.find(desk.store, desk.scope, "item", above)
        above = found.get("parent") if found else None
    return None


def _holders(
    desk: Desk, item: Document, into: str, code: str
) -> Iterator[tuple[str, Document, dict[str, Any]]]:
    """Kind and record of all that holds an item, and its content with another one instead.

    Values of own fields of the list hold the code.
    """
    fields = records.iterate(desk.store, desk.scope, "field", list=item["list"])
    names = frozenset(str(one["code"]) for one in fields)
    words = [item["_id"], *([item["code"]] if names else [])]
    same = into == item["_id"]
    for kind in items.HOLDERS:
        for stored in items.iter_holders(desk.store, desk.scope, kind, words):
            if kind == "item" and stored["_id"] == item["_id"]:
                continue
            before = content_of(stored)
            after = replaced(before, {item["_id"]: _MARK if same else into})
            if names:
                after = with_traits(after, names, {item["code"]: _MARK if same else code})
            if not diff.same(before, after):
                yield kind, stored, after


_MARK = "\x00"  # stands for an item where only whether it is there is asked


def _follow(desk: Desk, item: Document, into: Document, label: str) -> None:
    """Changes what was saved with the item in the moment of its merging."""
    late = [
        Op(kind, stored["_id"], changes=diff.diff(content_of(stored), after))
        for kind, stored, after in _holders(desk, item, into["_id"], into["code"])
    ]
    for start in range(0, len(late), _SMALL):
        changes.commit(
            desk.store,
            desk.project_id,
            desk.actor,
            "merge",
            late[start : start + _SMALL],
            change_id=new_id("x"),
            strict=False,
            label=label,
        )
