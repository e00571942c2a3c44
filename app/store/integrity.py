"""What is not as it should be in the stored data, found by looking at everything.

Entries are compared with their rows in snapshots, so that people can go on editing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from gridfs import GridFSBucket
from gridfs.errors import CorruptGridFile, NoFile

from app.domain import project as lists
from app.domain.kinds import KINDS
from app.domain.pointers import holders, parts_of
from app.store import rows
from app.store.changes import current_seq, is_done
from app.store.database import Document, Store

_BATCH = 500
_CHUNK = 1 << 20
_SHOWN = 20  # findings of one sort that are told one by one
# What fields of an entry point at: by the key of the part that holds the field, and the field.
_PLACES = {
    ("", "status"): lists.STATUSES,
    ("", "morph_type"): lists.MORPH_TYPES,
    ("forms", "morph_type"): lists.MORPH_TYPES,
    ("senses", "pos"): lists.PARTS_OF_SPEECH,
    ("reversals", "pos"): lists.PARTS_OF_SPEECH,
    ("main", "pos"): lists.PARTS_OF_SPEECH,
    ("senses", "domains"): lists.SEMANTIC_DOMAINS,
    ("notes", "type"): lists.NOTE_TYPES,
    ("translations", "type"): lists.TRANSLATION_TYPES,
    ("etymologies", "type"): lists.ETYMOLOGY_TYPES,
    ("media", "file"): "file",
    ("pictures", "file"): "file",
}
_LIVE = "live"  # entries and their parts that are not deleted: what texts may point at
_BUSY = {"$in": ["applying", "reverting"]}


def check(store: Store, project: Document) -> Iterator[str]:
    """What is wrong in a project, one line a finding."""
    found = _Project(store, project)
    for part in (found.files, found.derived, found.pointers, found.log, found.revisions):
        count = 0
        for line in part():
            count += 1
            if count <= _SHOWN:
                yield line
        if count > _SHOWN:
            yield f"... and {count - _SHOWN} more like the last one"


def repair(store: Store, project: str) -> int:
    """Makes all derived data of a project anew; returns of how many entries."""
    orders = rows.orders_in_use(store, project)["orders"]
    for derived in (store.rows, store.letters, store.beginnings):
        derived.delete_many({"project": project})
    return rows.rebuild(store, project, orders)


class _Project:
    """One project while it is checked."""

    def __init__(self, store: Store, project: Document) -> None:
        self.store, self.project = store, str(project["_id"])

    def files(self) -> Iterator[str]:
        """Stored files whose bytes are not those that were stored."""
        bucket = GridFSBucket(self.store, "blobs")
        for found in self.store["blobs.files"].find({"metadata.project": self.project}):
            digest = hashlib.sha256()
            name = f"file {found['_id']} ({found['filename']})"
            try:
                with bucket.open_download_stream(found["_id"]) as stream:
                    while block := stream.read(_CHUNK):
                        digest.update(block)
            except NoFile:
                continue
            except CorruptGridFile as error:
                yield f"{name} is damaged: {error}"
                continue
            if digest.hexdigest() != found["metadata"].get("sha256"):
                yield f"{name} is damaged: its bytes do not have the hash that was noted"

    def derived(self) -> Iterator[str]:
        """Rows and letters that are not those that the entries give."""
        in_use = rows.orders_in_use(self.store, self.project)
        orders = in_use["orders"]
        if in_use["current"] not in {order["id"] for order in orders}:
            yield f"the order {in_use['current']} that lists show is not among those in use"
        for entries, stored in self._entries_with_rows():
            for entry in entries:
                made = {row["_id"]: row for row in rows.make_rows(entry, orders)}
                made = {} if entry.get("deleted") else made
                have = stored.get(entry["_id"], {})
                for row in made.keys() | have.keys():
                    if made.get(row) != have.get(row):
                        yield f"row {row} is not what its entry gives; --repair makes it anew"
        yield from self._stray()
        yield from self._letters()

    def _stray(self) -> Iterator[str]:
        """Rows whose entry is not there."""
        mine = {"project": self.project}
        known = {found["_id"] for found in self.store.entries.find(mine, {"_id": 1})}
        for row in self.store.rows.find(mine, {"entry": 1}):
            entry = row["entry"]
            if entry not in known and self.store.entries.find_one({"_id": entry}) is None:
                yield f"row {row['_id']} belongs to no entry; --repair removes it"

    def _entries_with_rows(self) -> Iterator[tuple[list[Document], dict[str, dict[str, Document]]]]:
        """Batches of entries with their rows, as one snapshot shows both."""
        found = self.store.entries.find({"project": self.project}, {"_id": 1})
        ids = sorted({one["_id"] for one in found})
        for start in range(0, len(ids), _BATCH):
            wanted = {"$in": ids[start : start + _BATCH]}
            with self.store.client.start_session(snapshot=True) as session:
                entries = list(self.store.entries.find({"_id": wanted}, session=session))
                stored: dict[str, dict[str, Document]] = {}
                query = {"project": self.project, "entry": wanted}
                for row in self.store.rows.find(query, session=session):
                    stored.setdefault(row["entry"], {})[row["_id"]] = row
            yield entries, stored

    def _letters(self) -> Iterator[str]:
        """Letters that count other than their rows; they wait for the end of a large change."""
        with self.store.client.start_session(snapshot=True) as session:
            busy = {"project": self.project, "state": _BUSY}
            if self.store.changes.find_one(busy, {"_id": 1}, session=session) is not None:
                return
            stages: list[Document] = [
                {"$match": {"project": self.project, "variant": None}},
                {"$group": {"_id": {"o": "$order", "l": "$letter"}, "n": {"$sum": 1}}},
            ]
            real = {
                (found["_id"]["o"], found["_id"]["l"]): int(found["n"])
                for found in self.store.rows.aggregate(stages, session=session)
            }
            counted = {
                (found["order"], found["letter"]): int(found["count"])
                for found in self.store.letters.find({"project": self.project}, session=session)
            }
        for order, letter in sorted(real.keys() | counted.keys()):
            have, want = counted.get((order, letter), 0), real.get((order, letter), 0)
            if have != want:
                yield (
                    f"letter {letter!r} of order {order} counts {have} entries and has {want}; "
                    "--repair counts anew"
                )

    def pointers(self) -> Iterator[str]:
        """Ids in live records that lead nowhere."""
        targets = self._targets()
        for kind in KINDS.values():
            query = {"project": self.project, "deleted": {"$ne": True}}
            for record in self.store[kind.collection].find(query):
                for what, target, among in _pointers(kind.name, record):
                    if target not in targets[among]:
                        yield f"{kind.name} {record['_id']}: {what} leads nowhere ({target})"

    def _targets(self) -> dict[str, set[str]]:
        """Ids that can be pointed at: tombstones too, but for items of lists and from texts."""
        mine = {"project": self.project}
        targets: dict[str, set[str]] = {
            "entry": set(),
            "part": set(),
            "record": set(),
            _LIVE: set(),
        }
        for entry in self.store.entries.find(mine, {"senses": 1, "forms.id": 1, "deleted": 1}):
            targets["entry"].add(entry["_id"])
            inner = {f"{entry['_id']}/{one}" for one in parts_of(entry)}
            targets["part"] |= inner
            if not entry.get("deleted"):
                targets[_LIVE] |= {entry["_id"], *inner}
        targets |= {code: set() for code in (*lists.LISTS, "items")}
        for item in self.store.items.find(mine | {"deleted": {"$ne": True}}, {"list": 1}):
            targets["items"].add(item["_id"])
            targets.setdefault(item["list"], set()).add(item["_id"])
        files = self.store["blobs.files"].find({"metadata.project": self.project}, {"_id": 1})
        targets["file"] = {found["_id"] for found in files}
        for kind in KINDS.values():
            found = self.store[kind.collection].find(mine, {"_id": 1})
            targets["record"] |= {one["_id"] for one in found}
        return targets

    def log(self) -> Iterator[str]:
        """Numbers of changes that are missing, and parts of large ones."""
        last = current_seq(self.store, self.project)
        expected = 1
        query = {"project": self.project, "seq": {"$lte": last}}
        shown = {"seq": 1, "parts": 1, "ops.id": 1}
        for change in self.store.changes.find(query, shown).sort("seq", 1):
            if change["seq"] != expected:
                yield f"changes {expected} to {change['seq'] - 1} are missing in the log"
            expected = change["seq"] + 1
            if "ops" not in change:
                parts = {"change": change["_id"], "applied": True}
                have = self.store.change_parts.count_documents(parts)
                if have != change.get("parts", 0):
                    yield f"change {change['seq']} has {have} parts of {change.get('parts', 0)}"
        if expected <= last:
            yield f"changes {expected} to {last} are missing in the log"
        if self.store.changes.find_one({"project": self.project, "seq": {"$gt": last}}):
            later = current_seq(self.store, self.project)
            beyond = {"project": self.project, "seq": {"$gt": later}}
            if self.store.changes.find_one(beyond):
                yield f"the log goes on after change {later}, at which the project is said to be"

    def revisions(self) -> Iterator[str]:
        """Records whose revision is not the number of operations that the log has on them.

        A large change that was taken back leaves two revisions a record and nothing in the log.
        """
        busy = {"project": self.project, "state": _BUSY}
        if self.store.changes.find_one(busy, {"_id": 1}) is not None:
            return
        last = current_seq(self.store, self.project)
        counts = self._operations(last)
        for kind in KINDS.values():
            shown = {"rev": 1, "seq": 1}
            for record in self.store[kind.collection].find({"project": self.project}, shown):
                if record["seq"] > last:
                    continue  # written since
                more = record["rev"] - counts[record["_id"]]
                if (more < 0 or more % 2) and self._is_still(kind.collection, record):
                    yield (
                        f"{kind.name} {record['_id']} has revision {record['rev']}, and the log "
                        f"has {counts[record['_id']]} operations on it"
                    )

    def _is_still(self, collection: str, record: Document) -> bool:
        """Whether nobody has written a record since it was read."""
        same = {"_id": record["_id"], "rev": record["rev"], "seq": record["seq"]}
        return self.store[collection].find_one(same, {"_id": 1}) is not None

    def _operations(self, last: int) -> Counter[str]:
        """How many operations the log has on each record, up to a change."""
        counts: Counter[str] = Counter()
        shown = {"ops.id": 1, "ops.action": 1, "ops.skipped": 1}
        query = {"project": self.project, "seq": {"$lte": last}, "state": "done"}
        for change in self.store.changes.find(query, shown):
            if "ops" in change:
                counts.update(op["id"] for op in change["ops"])
                continue
            for part in self.store.change_parts.find({"change": change["_id"]}, shown):
                counts.update(op["id"] for op in part["ops"] if is_done(op))
        return counts


def _pointers(kind: str, record: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The ids that a record holds: what for, which, and among which targets it must be."""
    if kind == "entry":
        yield from _entry_pointers(record)
    elif kind == "utterance":
        yield from _lexicon_pointers(record)
    elif kind == "relation":
        yield "its type", record["type"], lists.RELATION_TYPES
        for member in record.get("members", ()):
            if member.get("entry"):
                yield "an end", member["entry"], "entry"
                if member.get("part"):
                    yield "the part at an end", f"{member['entry']}/{member['part']}", "part"
    elif kind == "item" and record.get("parent"):
        yield "its parent", record["parent"], "items"
    elif kind == "comment":
        yield "what it is about", record["on"], "record"
        if record.get("reply_to"):
            yield "what it answers", record["reply_to"], "record"
    elif kind == "document":
        for name, file in record.get("files", {}).items():
            yield f"file “{name}”", file, "file"
    elif kind == "model":
        for name in ("archive", "lines"):  # its report may have gone with what was erased
            if record.get(name):
                yield f"its {name}", record[name], "file"


def _lexicon_pointers(utterance: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for path, holder in holders(utterance):
        entry = holder.get("entry", "")
        if entry:
            yield f"the entry of {path[-1]}", entry, _LIVE
        for name in ("sense", "allomorph"):
            if holder.get(name):
                yield f"the {name} of {path[-1]}", f"{entry}/{holder[name]}", _LIVE


def _entry_pointers(value: Any, key: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            among = _PLACES.get((key, name))
            if among is not None and isinstance(inner, str):
                yield f"{key} {name}".strip(), inner, among
            elif among is not None and isinstance(inner, list):
                yield from ((f"{key} {name}", one, among) for one in inner)
            elif isinstance(inner, Mapping | list):
                yield from _entry_pointers(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _entry_pointers(inner, key)
