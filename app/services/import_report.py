"""What an import would do, for the person who decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.domain.text import first_plain
from app.formats.base import FoundProblem, FoundRecord
from app.store.database import Document

_EXAMPLES = 200  # of each outcome, how many a report lists
# What a record is called in a report.
_LABELLED = {
    "entry": ("citation", "lemma"),
    "text": ("title", "abbreviation"),
    "utterance": ("baseline", "translation"),
}


@dataclass
class Report:
    """What an import would do, for the person who decides.

    Attributes:
        counts: records by kind and outcome (`entry/new`, `entry/changed` ...).
        examples: by outcome, the first records: line, label, and fields in conflict.
        problems: line, severity, what.
        filled, leftover: elements and attributes in fields, and in residue.
    """

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    filled: int = 0
    leftover: int = 0
    unread: int = 0

    def note(self, kind: str, outcome: str, found: FoundRecord, **facts: Any) -> None:
        """Counts one record and keeps the first of each outcome."""
        self.counts[f"{kind}/{outcome}"] += 1
        if kind not in _LABELLED and kind != "relation":
            return
        kept = self.examples.setdefault(outcome, [])
        if len(kept) < _EXAMPLES and (kind in _LABELLED or facts):
            texts = (found.content.get(name) or {} for name in _LABELLED.get(kind, ()))
            label = next((one for text in texts if (one := first_plain(text))), "")
            kept.append({"line": found.line, "label": label, **facts})

    def problem(self, found: FoundProblem) -> None:
        """Keeps what the reader warns of."""
        if len(self.problems) < 1000:
            self.problems.append(
                {"line": found.line, "severity": found.severity, "what": found.what}
            )
        else:
            self.unread += 1

    def to_document(self) -> Document:
        """As stored with the prepared change."""
        return {
            "counts": dict(self.counts),
            "examples": self.examples,
            "problems": self.problems,
            "filled": self.filled,
            "leftover": self.leftover,
            "unread": self.unread,
        }
