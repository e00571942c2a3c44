"""What a change does to one record, and how the log keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.domain import diff
from app.domain.diff import FieldChange
from app.store.database import Document

OpAction = Literal["create", "update", "delete", "restore"]
ERASED = "erased"  # the action that the log keeps of an erased record: no values


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


def is_done(op: Document) -> bool:
    """Whether a logged operation of a large change had an effect that is still known."""
    return not op.get("skipped") and op["action"] != ERASED
