"""What an import makes of linked data: of a project of LiFE, or of others' making.

Records are found again by their ids, which lie in their IRIs or are made of them. A graph says a
part of a record only: what it cannot say stays as it is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from app.formats.base import FoundRecord
from app.services.desk import Desk
from app.services.import_report import Report
from app.services.merging_ids import IdMerger
from app.store.changes import Op
from app.store.database import Document

FORMAT = "rdf"


class GraphMerger(IdMerger):
    """Merges records by the ids in their IRIs."""

    def __init__(self, desk: Desk, report: Report) -> None:
        super().__init__(desk, report, FORMAT)
        self._whole = False

    def ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """The operations for some records of one kind."""
        self._whole = self._whole or any(one.kind == "project" for one in found)
        yield from super().ops(found)

    def unused_defaults(self, brought: set[str]) -> Iterator[Op]:
        """The items that a new project began with, where a whole project of LiFE comes in.

        Args:
            brought: lists in which the file has items.
        """
        if self._whole:
            yield from super().unused_defaults(brought)

    def _known_ops(self, found: FoundRecord, known: Document, base: dict[str, Any]) -> Iterator[Op]:
        if found.lay is not None and found.deleted is None:
            found = replace(found, content=found.lay(base, False).content)
        yield from super()._known_ops(found, known, base)
