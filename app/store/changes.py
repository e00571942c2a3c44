"""The door through which all project content is written, and the log it leaves.

`commit` writes a small change (up to 500 records) in one transaction. Large ones go through
`app.store.bulk`. See decision 2 in docs/architecture.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import ValidationError
from pymongo import InsertOne, ReplaceOne, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.domain import diff
from app.domain.diff import FieldChange
from app.domain.errors import Conflict, FieldConflict, Invalid, NotFound, Problem
from app.domain.kinds import KINDS
from app.domain.roles import Actor
from app.store import rows
from app.store.database import Document, Store
from app.store.envelope import ENVELOPE, content_of, wrap

Cause = Literal[
    "edit", "import", "bulk", "model", "undo", "merge", "sync", "erase", "create", "comment"
]
OpAction = Literal["create", "update", "delete", "restore"]
ERASED = "erased"  # the action that the log keeps of an erased record: no values
SMALL = 500


@dataclass(frozen=True)
class Op:
    """What a change does to one record.

    Attributes:
        kind: key of `KINDS`.
        id: the record.
        action: create, update, delete (leaves a tombstone) or restore.
        content: the whole content, for `create`; for `delete` the content that is expected, so
            that what somebody changed since is not deleted unseen.
        changes: field by field, for `update`; for `restore` what changes besides.
        base_rev: the revision that the writer saw; None for whatever is there.
        delivered: what a source says of the record now, kept for the next import from it.
        into: for `delete`, the record that it was merged into.
        at: for `delete`, when it was deleted, if that was not now.
    """

    kind: str
    id: str
    action: OpAction = "update"
    content: dict[str, Any] | None = None
    changes: Sequence[FieldChange] = ()
    base_rev: int | None = None
    delivered: dict[str, Any] | None = None
    into: str | None = None
    at: datetime | None = None

    def to_document(self) -> Document:
        """As stored in the log."""
        document: Document = {"kind": self.kind, "id": self.id, "action": self.action}
        if self.content is not None:
            document["content"] = self.content
        if self.changes:
            document["changes"] = [change.to_document() for change in self.changes]
        if self.base_rev is not None:
            document["base_rev"] = self.base_rev
        if self.delivered is not None:
            document["delivered"] = self.delivered
        if self.into is not None:
            document["into"] = self.into
        if self.at is not None:
            document["at"] = self.at
        return document

    @classmethod
    def from_document(cls, document: Document) -> Op:
        """The inverse of `to_document`."""
        return cls(
            document["kind"],
            document["id"],
            document["action"],
            document.get("content"),
            tuple(FieldChange.from_document(change) for change in document.get("changes", ())),
            document.get("base_rev"),
            document.get("delivered"),
            document.get("into"),
            document.get("at"),
        )

    def inverted(self) -> Op:
        """What takes it back."""
        opposite: dict[OpAction, OpAction] = {
            "create": "delete",
            "delete": "restore",
            "restore": "delete",
            "update": "update",
        }
        expected = self.content if self.action == "create" else None
        changes = tuple(diff.invert(self.changes))
        return Op(self.kind, self.id, opposite[self.action], expected, changes)


@dataclass
class Committed:
    """What came of a change.

    Attributes:
        change: the stored change; None if nothing had to be written.
        conflicts: fields that were left alone because somebody changed them meanwhile.
        revs: new revision by record.
    """

    change: Document | None
    conflicts: list[FieldConflict] = field(default_factory=list)
    revs: dict[str, int] = field(default_factory=dict)


def commit(
    store: Store,
    project: str,
    actor: Actor,
    cause: Cause,
    ops: Sequence[Op],
    *,
    change_id: str,
    now: datetime | None = None,
    strict: bool = True,
    label: str = "",
    undoes: str | None = None,
) -> Committed:
    """Writes records, derived rows and the change in one transaction.

    Args:
        strict: with True any conflict refuses the whole; with False what does not conflict is
            written and the rest reported.
        change_id: made by the client; a second commit with it returns the first's result.

    Raises:
        Conflict: a field was changed meanwhile, and `strict`.
        NotFound: a record does not exist or is deleted.
        Invalid: the result breaks the type of its kind.
    """
    if len(ops) > SMALL:
        raise ValueError(f"{len(ops)} records are too many for one transaction: use bulk")
    when = now or datetime.now(UTC)

    def run(session: ClientSession) -> Committed:
        writer = Writer(store, project, actor, when, session, strict)
        writer.load(ops)
        done = [written for op in ops if (written := writer.write(op)) is not None]
        if not done:
            return _known(store, change_id) or Committed(None, writer.conflicts)
        change = header(project, actor, cause, change_id, when, label, undoes)
        change |= {"seq": next_seq(store, project, session), "state": "done", "ops": done}
        writer.flush(change["seq"])
        rows.count_letters(store, project, writer.letters, session)
        store.changes.insert_one(change, session=session)
        return Committed(change, writer.conflicts, writer.revs)

    try:
        with store.client.start_session() as session:
            return session.with_transaction(run)
    except (DuplicateKeyError, BulkWriteError, Conflict) as error:
        known = _known(store, change_id)
        if known is not None:  # a retry of what went through
            return known
        raise error if isinstance(error, Conflict) else _duplicate(error) from error


def header(
    project: str,
    actor: Actor,
    cause: Cause,
    change_id: str,
    when: datetime,
    label: str,
    undoes: str | None,
) -> Document:
    """The part of a change that says who, when and why."""
    change: Document = {
        "_id": change_id,
        "project": project,
        "actor": actor.id,
        "actor_name": actor.name,
        "time": when,
        "cause": cause,
    }
    if label:
        change["label"] = label
    if undoes:
        change["undoes"] = undoes
    return change


def next_seq(store: Store, project: str, session: ClientSession) -> int:
    """The project's next number; the transaction's other writers of it wait or retry."""
    counter = store.counters.find_one_and_update(
        {"_id": project},
        {"$inc": {"seq": 1}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return int(counter["seq"]) if counter else 1


def current_seq(store: Store, project: str, session: ClientSession | None = None) -> int:
    """The number of the project's last change; 0 before the first."""
    counter = store.counters.find_one({"_id": project}, session=session)
    return int(counter["seq"]) if counter else 0


def validate(kind: str, content: dict[str, Any]) -> None:
    """Checks content against the type of its kind.

    Raises:
        Invalid: with the path of each field that is wrong.
    """
    try:
        KINDS[kind].type.model_validate(content)
    except ValidationError as error:
        raise Invalid(
            *(
                Problem("/".join(str(part) for part in found["loc"]), found["msg"])
                for found in error.errors(include_url=False, include_input=False)
            )
        ) from error


class Writer:
    """Works out what the operations of one transaction make of the records, then writes it."""

    def __init__(
        self,
        store: Store,
        project: str,
        actor: Actor,
        now: datetime,
        session: ClientSession | None,
        strict: bool = True,
        batch: str | None = None,
    ) -> None:
        self.store, self.project, self.actor = store, project, actor
        self.now, self.session, self.strict, self.batch = now, session, strict, batch
        self.conflicts: list[FieldConflict] = []
        self.revs: dict[str, int] = {}
        self.letters: rows.Letters = Counter()
        self._stored: dict[tuple[str, str], Document] = {}
        self._written: dict[tuple[str, str], Document] = {}
        self._delivered: dict[str, dict[str, Any]] = {}

    def load(self, ops: Sequence[Op]) -> None:
        """Reads the records that the operations change, one query a collection."""
        wanted: dict[str, list[str]] = {}
        for op in ops:
            if op.action != "create":
                wanted.setdefault(op.kind, []).append(op.id)
        for kind, ids in wanted.items():
            query = {"_id": {"$in": ids}, "project": self.project}
            for found in self.store[KINDS[kind].collection].find(query, session=self.session):
                self._stored[kind, found["_id"]] = found

    def write(self, op: Op) -> Document | None:
        """Works out one operation; returns it as it is to be logged, None if without effect.

        Raises:
            Conflict: a field was changed meanwhile, and the writer is strict.
            NotFound: the record does not exist.
            Invalid: the result breaks the type of its kind.
        """
        if op.delivered is not None:
            self._delivered[op.id] = op.delivered
        if op.action == "create":
            return self._create(op)
        key = (op.kind, op.id)
        current = self._written.get(key) or self._stored.get(key)
        if current is None:
            raise NotFound(f"There is no {op.kind} {op.id} in this project.")
        if op.action == "delete":
            return self._delete(op, current)
        if op.action == "restore":
            return self._restore(op, current)
        return self._update(op, current)

    def flush(self, seq: int) -> None:
        """Writes the records with the change's number, and the derived rows of the entries."""
        by_kind: dict[str, list[InsertOne[Document] | ReplaceOne[Document]]] = {}
        for (kind, record), document in self._written.items():
            document["seq"] = seq
            stored = self._stored.get((kind, record))
            by_kind.setdefault(kind, []).append(
                ReplaceOne({"_id": record, "rev": stored["rev"]}, document)
                if stored
                else InsertOne(document)
            )
        for kind, requests in by_kind.items():
            self.store[KINDS[kind].collection].bulk_write(
                requests, ordered=False, session=self.session
            )
        if self._delivered:
            self.store.deliveries.bulk_write(
                [
                    ReplaceOne(
                        {"_id": record}, {"project": self.project, "content": content}, upsert=True
                    )
                    for record, content in self._delivered.items()
                ],
                ordered=False,
                session=self.session,
            )
        entries = [doc for (kind, _), doc in self._written.items() if kind == "entry"]
        if entries:
            before = {
                record: doc for (kind, record), doc in self._stored.items() if kind == "entry"
            }
            self.letters = rows.replace(self.store, self.project, entries, before, self.session)

    def _create(self, op: Op) -> Document:
        content = op.content or {}
        validate(op.kind, content)
        envelope: Document = {
            "_id": op.id,
            "project": self.project,
            "rev": 1,
            "seq": 0,
            "owner": self.actor.id,
        }
        if self.batch:
            envelope["batch"] = self.batch
        self._remember(op, wrap(content, envelope))
        return op.to_document()

    def _update(self, op: Op, current: Document) -> Document | None:
        if current.get("deleted"):
            gone = FieldConflict((), None, None, None, "deleted", op.id)
            self._refuse(gone, "It was deleted meanwhile; restore it to go on.")
            return None
        content, done, conflicts = diff.apply(content_of(current), op.changes)
        for found in conflicts:
            self._refuse(
                replace(found, record=op.id),
                "Somebody changed the same field meanwhile: choose which value stays.",
            )
        if not done:
            return None
        if op.kind == "entry":
            content["modified"] = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        validate(op.kind, content)
        self._replace(op, current, content)
        return Op(op.kind, op.id, "update", None, done, delivered=op.delivered).to_document()

    def _delete(self, op: Op, current: Document) -> Document | None:
        if current.get("deleted"):
            return None
        moved = op.base_rev is not None and current["rev"] != op.base_rev
        if moved or (op.content is not None and not diff.same(content_of(current), op.content)):
            changed = FieldConflict((), None, None, content_of(current), "changed", op.id)
            self._refuse(changed, "It was changed meanwhile: look at it before deleting it.")
            return None
        gone = {"deleted": True, "deleted_at": op.at or self.now, "merged_into": op.into}
        self._replace(op, current, content_of(current), **gone)
        return Op(op.kind, op.id, "delete", into=op.into, at=op.at).to_document()

    def _restore(self, op: Op, current: Document) -> Document | None:
        if not current.get("deleted"):
            return None
        back = {"deleted": None, "deleted_at": None, "merged_into": None}
        self._replace(op, current, content_of(current), **back)
        return Op(op.kind, op.id, "restore").to_document()

    def _replace(self, op: Op, current: Document, content: dict[str, Any], **changed: Any) -> None:
        envelope = {key: value for key, value in current.items() if key in ENVELOPE} | changed
        envelope = {key: value for key, value in envelope.items() if value is not None}
        envelope["rev"] = current["rev"] + 1
        self._remember(op, wrap(content, envelope))

    def _remember(self, op: Op, document: Document) -> None:
        self._written[op.kind, op.id] = document
        self.revs[op.id] = document["rev"]

    def _refuse(self, found: FieldConflict, what: str) -> None:
        self.conflicts.append(found)
        if self.strict:
            raise Conflict(what, (found,))


def iter_ops(store: Store, change: Document) -> Iterable[Op]:
    """The operations of a change, small or large, in the order in which they were made.

    What was done to records that were erased since is left out.
    """
    if "ops" in change:
        yield from (Op.from_document(op) for op in change["ops"] if op["action"] != ERASED)
        return
    for part in store.change_parts.find({"change": change["_id"]}).sort("number"):
        yield from (Op.from_document(op) for op in part["ops"] if is_done(op))


def is_done(op: Document) -> bool:
    """Whether a logged operation of a large change had an effect that is still known."""
    return not op.get("skipped") and op["action"] != ERASED


def _known(store: Store, change_id: str) -> Committed | None:
    """What came of a change that was committed before; None if it was not."""
    change = store.changes.find_one({"_id": change_id})
    return Committed(change) if change else None


def _duplicate(error: Exception) -> Exception:
    if "E11000" not in str(error):
        return error
    if "slug" in str(error):
        return Invalid(Problem("slug", "This address is taken by another project."))
    return Conflict("A record with this id exists already.")
