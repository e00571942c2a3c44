"""A project as it was after one change, read while people go on editing.

Records are read in batches, each batch with what the log says of it in one snapshot, so that
exactly those operations are taken back that the batch shows. What a large change did that had no
number yet counts as made later, whole or in part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pymongo.client_session import ClientSession

from app.domain import diff
from app.domain.diff import FieldChange
from app.domain.kinds import KINDS
from app.store.database import Document, Store
from app.store.envelope import content_of, wrap

BATCH = 400
_UNFINISHED = {"$in": ["applying", "reverting"]}
_LIVE = frozenset({"deleted", "deleted_at", "merged_into"})


@dataclass(frozen=True)
class _Done:
    """One operation and its place in time.

    Attributes:
        at: number of the last change before it and, for a part of a large one, its own number.
        change: the change without its operations.
    """

    at: tuple[int, int, int, int]
    change: Document
    op: Document

    @property
    def is_large(self) -> bool:
        """Whether it is part of a large change."""
        return self.at[1] == 1


class Past:
    """The records, deliveries and changes of a project after change number `seq`."""

    def __init__(self, store: Store, project: str, seq: int) -> None:
        self._store, self._project, self._seq = store, project, seq

    def iter_records(self, kind: str) -> Iterator[Document]:
        """Stored records of a kind, tombstones too, in the order of their ids."""
        for batch, later, session in self._batches(KINDS[kind].collection):
            for record in batch:
                done = [one for one in later[record["_id"]] if not one.op.get("skipped")]
                found = self._taken_back(record, kind, done, session) if done else record
                if found is not None:
                    yield found

    def iter_deliveries(self) -> Iterator[Document]:
        """What sources delivered last, by record."""
        for batch, later, session in self._batches("deliveries"):
            for delivery in batch:
                if not any("delivered" in one.op for one in later[delivery["_id"]]):
                    yield delivery
                    continue
                earlier = self._log(session, [delivery["_id"]], later=False)[delivery["_id"]]
                given = [one.op["delivered"] for one in earlier if "delivered" in one.op]
                if given:
                    yield {**delivery, "content": given[-1]}

    def iter_changes(self) -> Iterator[Document]:
        """The changes that were done, first to last."""
        query = {"project": self._project, "seq": {"$lte": self._seq}, "state": "done"}
        yield from self._store.changes.find(query).sort("seq", 1)

    def iter_parts(self) -> Iterator[Document]:
        """The parts of the large ones among them."""
        query = {"project": self._project, "seq": {"$lte": self._seq}, "state": "done"}
        large = self._store.changes.find({**query, "ops": {"$exists": False}}, {"_id": 1})
        for change in list(large.sort("seq", 1)):
            yield from self._store.change_parts.find({"change": change["_id"]}).sort("number", 1)

    def _batches(
        self, collection: str
    ) -> Iterator[tuple[list[Document], dict[str, list[_Done]], ClientSession]]:
        """Stored documents with the later operations on them, as one snapshot shows both."""
        with self._store.client.start_session(snapshot=True) as session:
            query = {"project": self._project}
            found = self._store[collection].find(query, {"_id": 1}, session=session)
            ids = sorted(one["_id"] for one in found)
        for start in range(0, len(ids), BATCH):
            wanted = {"_id": {"$in": ids[start : start + BATCH]}}
            with self._store.client.start_session(snapshot=True) as session:
                read = self._store[collection].find(wanted, session=session)
                batch = sorted(read, key=lambda one: str(one["_id"]))
                later = self._log(session, [one["_id"] for one in batch], later=True)
                yield batch, later, session

    def _log(self, session: ClientSession, ids: list[str], *, later: bool) -> defaultdict[str, Any]:
        """The operations on some records after `seq`, or up to it, first to last."""
        found: defaultdict[str, list[_Done]] = defaultdict(list)
        bound = {"$gt": self._seq} if later else {"$lte": self._seq}
        numbered: Document = {"project": self._project, "seq": bound}
        unfinished: Document = {"project": self._project, "state": _UNFINISHED}
        heads = [numbered, unfinished] if later else [numbered]
        changes = self._store.changes
        if later and all(changes.find_one(head, session=session) is None for head in heads):
            return found
        wanted = {"$in": ids}
        for change in changes.find({**numbered, "ops.id": wanted}, session=session):
            for place, op in enumerate(change.pop("ops")):
                found[op["id"]].append(_Done((change["seq"], 0, 0, place), change, op))
        large = {
            change["_id"]: change
            for head in heads
            for change in changes.find({**head, "ops": {"$exists": False}}, session=session)
        }
        parts: Document = {"change": {"$in": list(large)}, "applied": True, "ops.id": wanted}
        for part in self._store.change_parts.find(parts, session=session):
            change = large[part["change"]]
            at = int(part.get("at_seq") or change.get("seq") or self._seq)
            for place, op in enumerate(part["ops"]):
                found[op["id"]].append(_Done((at, 1, part["number"], place), change, op))
        for operations in found.values():
            operations.sort(key=lambda one: one.at)
        return found

    def _taken_back(
        self, record: Document, kind: str, later: list[_Done], session: ClientSession
    ) -> Document | None:
        """A record without what was done to it later; None if it did not exist."""
        content = content_of(record)
        for one in reversed(later):
            if one.op["action"] == "create":
                return None
            if one.op["action"] == "update":
                made = [FieldChange.from_document(c) for c in one.op.get("changes", ())]
                content, _, _ = diff.apply(content, diff.invert(made))
        found = self._log(session, [record["_id"]], later=False)[record["_id"]]
        earlier = [one for one in found if not one.op.get("skipped")]
        envelope = {k: v for k, v in record.items() if k not in content and k not in _LIVE}
        envelope["rev"] = record["rev"] - len(later)
        if earlier:
            last = earlier[-1]
            envelope["seq"] = 0 if last.is_large else last.change["seq"]
        if kind == "entry":
            _set_modified(content, earlier)
        return wrap(content, envelope | _tombstone(earlier))


def _tombstone(earlier: list[_Done]) -> Document:
    """What the envelope says of a deletion, if the last one was not taken back."""
    turns = [one for one in earlier if one.op["action"] in ("delete", "restore")]
    if not turns or turns[-1].op["action"] == "restore":
        return {}
    last = turns[-1]
    gone: Document = {"deleted": True, "deleted_at": last.change["time"]}
    return gone | ({"merged_into": last.op["into"]} if last.op.get("into") else {})


def _set_modified(content: Document, earlier: list[_Done]) -> None:
    """The date of the last edit, which is no content that the log compares."""
    content.pop("modified", None)
    for one in reversed(earlier):
        if one.op["action"] == "update":
            content["modified"] = one.change["time"].strftime("%Y-%m-%dT%H:%M:%SZ")
            return
        if one.op["action"] == "create" and "modified" in (one.op.get("content") or {}):
            content["modified"] = one.op["content"]["modified"]
