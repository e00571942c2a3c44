"""What the operations of one transaction make of the records, and its writing.

Only `app.store.changes`, `app.store.bulk` and `app.store.erase` write project content with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pymongo import InsertOne, ReplaceOne
from pymongo.client_session import ClientSession

from app.domain import diff, parts
from app.domain.errors import Conflict, FieldConflict, Invalid, NotFound, Problem
from app.domain.kinds import KINDS
from app.domain.messages import say
from app.domain.roles import Actor
from app.store import rows
from app.store.database import Document, Store
from app.store.envelope import ENVELOPE, content_of, wrap
from app.store.operation import Op


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


def created(project: str, owner: str, op: Op, batch: str | None = None) -> Document:
    """The stored record that an operation creates, checked.

    Raises:
        Invalid: the content breaks the type of its kind.
    """
    content = op.content or {}
    validate(op.kind, content)
    envelope: Document = {"_id": op.id, "project": project, "rev": 1, "seq": 0, "owner": owner}
    if batch:
        envelope["batch"] = batch
    return wrap(content, envelope)


@dataclass(frozen=True)
class Ahead:
    """What was worked out of new records before their transaction: it depends on nothing else.

    Attributes:
        records: the stored record by id.
        rows: the derived rows of each new entry.
    """

    records: dict[str, Document] = field(default_factory=dict)
    rows: dict[str, list[Document]] = field(default_factory=dict)


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
        ahead: Ahead | None = None,
    ) -> None:
        self._ahead = ahead or Ahead()
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
            raise NotFound(
                say("There is no %(kind)s %(id)s in this project.", kind=op.kind, id=op.id)
            )
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
            self.letters = rows.replace(
                self.store, self.project, entries, before, self.session, self._ahead.rows
            )

    def _create(self, op: Op) -> Document:
        made = self._ahead.records.get(op.id)
        self._remember(op, made or created(self.project, self.actor.id, op, self.batch))
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
        if op.kind == "entry":
            envelope.pop("closed", None)
            if closed := parts.gone(current.get("closed", {}), content_of(current), content):
                envelope["closed"] = closed
        envelope["rev"] = current["rev"] + 1
        self._remember(op, wrap(content, envelope))

    def _remember(self, op: Op, document: Document) -> None:
        self._written[op.kind, op.id] = document
        self.revs[op.id] = document["rev"]

    def _refuse(self, found: FieldConflict, what: str) -> None:
        self.conflicts.append(found)
        if self.strict:
            raise Conflict(what, (found,))
