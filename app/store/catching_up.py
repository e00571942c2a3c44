"""How a follower catches up: one transaction after the other, each with its checkpoint.

See `app.store.followers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar, runtime_checkable

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.store.changes import current_seq
from app.store.database import Document, Store

BATCH = 300  # records that one transaction derives from
LEASE = timedelta(seconds=60)  # a transaction's longest life
Touched = Mapping[str, frozenset[str]]
Stop = Callable[[], bool]
Progress = Callable[[str, int], None]
T = TypeVar("T")
_UNFINISHED = {"$in": ["applying", "reverting"]}


class Follower(Protocol):
    """What derives a collection.

    Attributes:
        name: of the checkpoint; as in `python -m app followers`.
        version: of what it derives; a new one has it rebuilt.
        kinds: the kinds of record that it derives from.
        collections: what it writes, and nobody else does; each document holds `project`, and
            an index begins with it.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def version(self) -> int | str: ...  # noqa: D102

    @property
    def kinds(self) -> frozenset[str]: ...  # noqa: D102

    @property
    def collections(self) -> tuple[str, ...]: ...  # noqa: D102

    def follow(self, store: Store, project: str, touched: Touched, session: ClientSession) -> None:
        """Derives anew what some records give as `live` shows them in the session.

        Args:
            touched: ids by kind; they may be deleted, erased or unknown: what they gave goes.
        """


@runtime_checkable
class Outside(Protocol):
    """A follower that writes something beside the database, which it must be able to empty.

    Attributes:
        portion: records that it takes at once while everything is derived.
    """

    @property
    def portion(self) -> int: ...  # noqa: D102

    def begin(self, store: Store, project: str) -> None:
        """Removes what was derived for a project; everything is derived anew from here on."""


def live(store: Store, project: str, session: ClientSession | None = None) -> Document:
    """The filter of the records that count: not deleted, not of an unfinished large change."""
    query: Document = {"project": project, "deleted": {"$ne": True}}
    change = unfinished(store, project, session)
    if change is not None:
        query["batch"] = {"$ne": change}
    return query


def unfinished(store: Store, project: str, session: ClientSession | None = None) -> str | None:
    """The large change that is being carried out or taken back."""
    query = {"project": project, "state": _UNFINISHED}
    found = store.changes.find_one(query, {"_id": 1}, session=session)
    return str(found["_id"]) if found else None


class Lease:
    """Keeps two processes from working at the derived data of one project at once.

    It saves work; that nothing is derived wrongly rests on the checkpoint, which each transaction
    compares with what it had read.
    """

    def __init__(self, store: Store, project: str, group: str) -> None:
        self._store, self._project, self._owner = store, f"{project}{group}", new_id("w")
        self._until = datetime.min.replace(tzinfo=UTC)

    def take(self) -> bool:
        """Takes or prolongs it; False where another process has it."""
        now = datetime.now(UTC)
        if self._until - now > LEASE / 2:
            return True
        mine = {"$or": [{"owner": self._owner}, {"until": {"$lt": now}}]}
        try:
            self._store.follower_leases.update_one(
                {"_id": self._project} | mine,
                {"$set": {"owner": self._owner, "until": now + LEASE}},
                upsert=True,
            )
        except DuplicateKeyError:
            return False
        self._until = now + LEASE
        return True

    def give_back(self) -> None:
        """Lets the next one in."""
        mine = {"_id": self._project, "owner": self._owner}
        self._store.follower_leases.delete_one(mine)


class Work:
    """One follower while it catches up with one project."""

    def __init__(
        self,
        store: Store,
        project: str,
        follower: Follower,
        stop: Stop,
        progress: Progress,
        lease: Lease,
    ) -> None:
        self._store, self._project, self._follower = store, project, follower
        self._stop, self._progress, self._lease = stop, progress, lease
        self._id = key_of(project, follower.name)
        self._records = 0

    def run(self) -> int:
        """Goes on until there is nothing to be done; returns the number of the last change."""
        at = self._begin()
        while not self._stop() and self._lease.take():
            step = self._building(at) if "building" in at else self._following(at)
            if step is None:
                break
            at = self._begin()
        return int(at["seq"])

    def _begin(self) -> Document:
        at = self._store.followers.find_one({"_id": self._id})
        if at is None or at["version"] != self._follower.version:
            return self._begin_anew()
        if at.get("building", {}).get("full"):  # it was killed before all was removed
            return self._empty(at)
        held = at.get("held")
        if held is None or unfinished(self._store, self._project) == held["change"]:
            return at
        return self._let_go(at, held)

    def _begin_anew(self) -> Document:
        """Notes that everything is to be derived, then removes what there is."""
        at: Document = {
            "_id": self._id,
            "project": self._project,
            "name": self._follower.name,
            "version": self._follower.version,
            "seq": current_seq(self._store, self._project),
            "part": 0,
            "building": {"kind": "", "after": "", "full": True},
        }
        self._store.followers.replace_one({"_id": self._id}, at, upsert=True)
        return self._empty(at)

    def _empty(self, at: Document) -> Document:
        """Removes what there is."""
        for name in self._follower.collections:
            self._store[name].delete_many({"project": self._project})
        if isinstance(self._follower, Outside):
            self._follower.begin(self._store, self._project)
        emptied = at | {"building": {"kind": "", "after": ""}}
        self._store.followers.replace_one({"_id": self._id}, emptied)
        return emptied

    def _let_go(self, at: Document, held: Document) -> Document:
        """Goes on after a large change: its number says all, or it was taken back."""
        done = self._store.changes.find_one({"_id": held["change"], "state": "done"}, {"_id": 1})
        if done is None and held["since"] is None:
            return self._begin_anew()
        after = {key: value for key, value in at.items() if key != "held"}
        if done is None:
            after |= {"seq": min(at["seq"], held["since"]), "part": 0}
        self._store.followers.replace_one({"_id": self._id}, after)
        return after

    def _building(self, at: Document) -> Document | None:
        """Derives from the next records of the next kind."""
        kinds = sorted(self._follower.kinds)
        place = at["building"]
        kind = place["kind"] or kinds[0]
        query = live(self._store, self._project) | {"_id": {"$gt": place["after"]}}
        found = self._store[KINDS[kind].collection].find(query, {"_id": 1}).sort("_id", 1)
        most = self._follower.portion if isinstance(self._follower, Outside) else BATCH
        ids = [one["_id"] for one in found.limit(most)]
        after = {key: value for key, value in at.items() if key != "building"}
        if ids:
            after["building"] = {"kind": kind, "after": ids[-1]}
        elif kind != kinds[-1]:
            after["building"] = {"kind": kinds[kinds.index(kind) + 1], "after": ""}
        return self._derive(at, after, {kind: frozenset(ids)} if ids else {}, None)

    def _following(self, at: Document) -> Document | None:
        """Derives from what the next changes touched."""
        touched: dict[str, set[str]] = {}
        after = dict(at)
        query = {"project": self._project, "seq": {"$gt": at["seq"]}}
        for change in self._store.changes.find(query).sort("seq", 1).limit(BATCH):
            if "ops" not in change:
                if after["seq"] == at["seq"]:
                    return self._large(at, change)
                break
            for op in change["ops"]:
                touched.setdefault(op["kind"], set()).add(op["id"])
            after |= {"seq": change["seq"], "part": 0}
            if sum(map(len, touched.values())) >= BATCH:
                break
        if after["seq"] == at["seq"]:
            return None
        return self._derive_all(at, after, touched)

    def _large(self, at: Document, change: Document) -> Document | None:
        """Derives from the next part of a large change."""
        part = self._store.change_parts.find_one(
            {"change": change["_id"], "number": {"$gte": at["part"]}}, sort=[("number", 1)]
        )
        if part is None:
            return self._derive(at, at | {"seq": change["seq"], "part": 0}, {}, at["seq"])
        touched: dict[str, set[str]] = {}
        for op in part["ops"]:
            touched.setdefault(op["kind"], set()).add(op["id"])
        return self._derive_all(at, at | {"part": part["number"] + 1}, touched)

    def _derive_all(
        self, at: Document, after: Document, touched: Mapping[str, set[str]]
    ) -> Document | None:
        """Derives in as many transactions as it takes, the last of which moves the checkpoint."""
        mine = {kind: ids for kind, ids in touched.items() if kind in self._follower.kinds}
        portions = list(batches(mine)) or [{}]
        for batch in portions[:-1]:
            step = self._derive(at, at, batch, at["seq"])
            if step is None or self._stop() or not self._lease.take():
                return None
            at = step
        held = {"held": at["held"]} if "held" in at else {}  # a batch before this one noted it
        return self._derive(at, after | held, portions[-1], at["seq"])

    def _derive(
        self, at: Document, after: Document, touched: Touched, since: int | None
    ) -> Document | None:
        """One transaction; None where another process has moved the checkpoint."""

        def run(session: ClientSession) -> Document | None:
            found = self._store.followers.find_one({"_id": self._id}, session=session)
            if found != at:
                return None
            next_one = dict(after)
            at_work = unfinished(self._store, self._project, session)
            if "held" in at and at["held"]["change"] != at_work:
                return at  # it has ended: `_begin` says what follows of that
            if touched and at_work and "held" not in at:
                next_one["held"] = {"change": at_work, "since": since}
            if touched:
                self._follower.follow(self._store, self._project, touched, session)
            self._store.followers.replace_one({"_id": self._id}, next_one, session=session)
            return next_one

        done = in_transaction(self._store, run)
        self._records += sum(map(len, touched.values()))
        self._progress(self._follower.name, self._records)
        return done


def batches(touched: Mapping[str, set[str]]) -> Iterator[dict[str, frozenset[str]]]:
    """Records in portions that fit a transaction."""
    for kind, ids in touched.items():
        ordered = sorted(ids)
        for start in range(0, len(ordered), BATCH):
            yield {kind: frozenset(ordered[start : start + BATCH])}


def in_transaction(store: Store, run: Callable[[ClientSession], T]) -> T:
    """Runs something in a transaction that sees one state of the database."""
    with store.client.start_session() as session:
        return session.with_transaction(run, read_concern=ReadConcern("snapshot"))


def key_of(project: str, name: str) -> str:
    """The id of a follower's checkpoint."""
    return f"{project}:{name}"
