"""A project in memory, as a reader found it and as a writer wants it."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from app.domain.errors import NotFound
from app.domain.project import Project, WritingSystem
from app.formats.base import Format, FoundFile, FoundProblem, FoundRecord, Names

Dict = dict[str, Any]
_ID = re.compile(r"\b[a-z]_[0-9a-v]{26}\b")


class MemoryContents:
    """What a format may write, held in dicts; implements `app.formats.base.Contents`."""

    def __init__(self, writing_systems: tuple[WritingSystem, ...] = ()) -> None:
        self.records: dict[str, dict[str, Dict]] = {}
        self.deleted: dict[str, dict[str, Dict]] = {}
        self.files: dict[str, bytes] = {}
        self.problems: list[FoundProblem] = []
        self.found: list[FoundRecord] = []
        self.project = Project(
            id="p_00000000000000000000000000",
            slug="test",
            title="Test",
            writing_systems=writing_systems,
        )

    def add(self, kind: str, content: Dict) -> Dict:
        """Puts a record in."""
        self.records.setdefault(kind, {})[content["id"]] = content
        return content

    def iter_records(self, kind: str) -> Iterator[Dict]:
        for _, content in sorted(self.records.get(kind, {}).items()):
            yield {**copy.deepcopy(content), "_rev": 1}

    def iter_utterances(self, text: str | None) -> Iterator[Dict]:
        found = [one for one in self.iter_records("utterance") if one.get("text") == text]
        yield from sorted(found, key=lambda one: (one.get("rank", ""), one["id"]))

    def iter_deleted(self, kind: str) -> Iterator[Dict]:
        for _, content in sorted(self.deleted.get(kind, {}).items()):
            yield copy.deepcopy(content)

    def open_file(self, file_id: str) -> BinaryIO:
        if file_id not in self.files:
            raise NotFound(file_id)
        return io.BytesIO(self.files[file_id])

    def entries(self) -> list[Dict]:
        """The entries, in the order in which they were found."""
        return list(self.records.get("entry", {}).values())

    def item(self, list_code: str, code: str) -> Dict:
        """An item of a list by its code."""
        return next(
            item
            for item in self.records["item"].values()
            if (item["list"], item["code"]) == (list_code, code)
        )


def load(format_: Format, path: Path, names: Names | None = None) -> MemoryContents:
    """Reads a file into memory, as an import that is confirmed would."""
    names = names if names is not None else Names()
    contents = MemoryContents()
    hrefs: dict[str, str] = {}
    for found in format_.read(path, names):
        if isinstance(found, FoundProblem):
            contents.problems.append(found)
        elif isinstance(found, FoundFile):
            file_id = f"m_{len(hrefs):026d}"
            contents.files[file_id] = found.path.read_bytes()
            hrefs[found.href] = file_id
        else:
            contents.found.append(found)
            if found.deleted is None:
                contents.add(found.kind, found.content)
            else:
                tombstone = {**found.content, "_deleted": found.deleted}
                contents.deleted.setdefault(found.kind, {})[found.content["id"]] = tombstone
    for found in names.new:
        contents.records.setdefault(found.kind, {}).setdefault(found.content["id"], found.content)
    for entry in contents.entries():
        _attach(entry, hrefs)
    systems = {ws.id: ws for ws in names.writing_systems.values()}
    contents.project = contents.project.model_copy(
        update={"writing_systems": tuple(systems.values())}
    )
    return contents


def _attach(value: Any, hrefs: dict[str, str]) -> None:
    """Sets `file` where a record names a file that was found."""
    if isinstance(value, dict):
        if value.get("href") in hrefs and "id" in value:
            value["file"] = hrefs[value["href"]]
        for inner in value.values():
            _attach(inner, hrefs)
    elif isinstance(value, list):
        for inner in value:
            _attach(inner, hrefs)


def without_ids(value: Any, known: dict[str, str] | None = None) -> Any:
    """The same content with every id replaced by its number in order of appearance."""
    known = {} if known is None else known
    if isinstance(value, str):
        return _ID.sub(lambda m: known.setdefault(m[0], f"{m[0][0]}{len(known)}"), value)
    if isinstance(value, dict):
        return {key: without_ids(inner, known) for key, inner in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [without_ids(inner, known) for inner in value]
    return value
