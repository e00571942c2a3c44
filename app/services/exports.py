"""Exports: what the asker may read of a project, in one consistent state, in any format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from app.domain.project import Project
from app.domain.roles import Action
from app.formats.linked_data import LINKED_DATA
from app.services.desk import Desk
from app.services.formats import choose_format
from app.services.linked_data import base_of
from app.store import files, records, texts
from app.store.database import Document
from app.store.envelope import content_of

_PAGE = 200
_TOLD = 200  # records after which progress is told again
Progress = Callable[[str, int, int], None]


def _quiet(_phase: str, _done: int, _total: int) -> None:
    """No progress is shown."""


class ProjectContents:
    """`app.formats.base.Contents` of a project, through the asker's access.

    Args:
        progress: told how many records were read; a format may read some of them twice.
    """

    def __init__(self, desk: Desk, progress: Progress = _quiet) -> None:
        self._desk, self._progress = desk, progress
        self._read = 0
        self.project = Project.model_validate(content_of(desk.project))

    def iter_records(self, kind: str) -> Iterator[dict[str, Any]]:
        """Stored documents of a kind in the order of their ids."""
        for document in records.iterate(self._desk.store, self._desk.scope, kind):
            self._count()
            yield {**content_of(document), "_rev": document["rev"]}

    def iter_utterances(self, text: str | None) -> Iterator[dict[str, Any]]:
        """The utterances of a text in their order, or those that stand alone."""
        query = records.filter_of(self._desk.store, self._desk.scope, "utterance")
        last: Document | None = None
        while found := texts.page(self._desk.store, query, text, last, _PAGE):
            for document in found:
                self._count()
                yield {**content_of(document), "_rev": document["rev"]}
            last = found[-1]

    def _count(self) -> None:
        self._read += 1
        if self._read % _TOLD == 0:
            self._progress("writing", self._read, 0)

    def iter_deleted(self, kind: str) -> Iterator[dict[str, Any]]:
        """Tombstones of a kind."""
        for document in records.iterate_deleted(self._desk.store, self._desk.scope, kind):
            merged = {"_into": document["merged_into"]} if "merged_into" in document else {}
            yield {**content_of(document), "_deleted": _date(document), **merged}

    def open_file(self, file_id: str) -> BinaryIO:
        """The bytes of a stored file."""
        found = files.open_file(self._desk.store, self._desk.project_id, file_id)
        return cast(BinaryIO, found)


def write(
    desk: Desk,
    path: Path,
    *,
    format_id: str = "",
    options: dict[str, str] | None = None,
    progress: Progress = _quiet,
) -> list[str]:
    """Writes a project to a new file, which appears only when it is complete.

    Returns:
        Warnings about what the format could not say.
    """
    desk.require(Action.EXPORT)
    chosen = choose_format(path.name, format_id)
    contents = ProjectContents(desk, progress)
    told = dict(options or {})
    if chosen.id == LINKED_DATA.id:
        told.setdefault("base", base_of(desk.store, desk.project))
    return list(chosen.write(contents, path, told))


def _date(document: Document) -> str:
    deleted = document.get("deleted_at")
    return deleted.strftime("%Y-%m-%dT%H:%M:%SZ") if deleted else ""
