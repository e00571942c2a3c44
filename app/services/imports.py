"""Imports: a file is read into a prepared change, shown, and carried out when confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import filetype

from app.domain import diff
from app.domain.errors import Conflict, Invalid, NotFound, Problem
from app.domain.ids import new_id
from app.domain.items import replaced
from app.domain.messages import say
from app.domain.project import WritingSystem
from app.domain.roles import Action
from app.domain.text import plains
from app.formats import project_json
from app.formats.base import (
    Found,
    FoundFile,
    FoundProblem,
    FoundRecord,
    Names,
    ReadableFormat,
    is_readable,
)
from app.services import (
    list_merging,
    marker_maps,
    merging_cldf,
    merging_graphs,
    merging_ids,
    merging_markers,
    merging_table,
    merging_texts,
    pointers,
)
from app.services.desk import Desk
from app.services.formats import choose_format
from app.services.import_report import Report
from app.services.merging import Merger, batches
from app.services.projects import refresh_order
from app.services.quotas import require_room_for
from app.store import bulk, files, records
from app.store.changes import Op, current_seq
from app.store.database import Document
from app.store.envelope import content_of

Progress = Callable[[str, int, int], None]


def _quiet(_phase: str, _done: int, _total: int) -> None:
    """No progress is shown."""


@dataclass
class _Reading:
    """What is gathered while a file is read."""

    desk: Desk
    names: Names
    report: Report
    media: dict[str, str]
    progress: Progress
    options: Mapping[str, str] = field(default_factory=dict)
    records: int = 0
    missing: set[str] = field(default_factory=set)


def preview(
    desk: Desk,
    path: Path,
    *,
    name: str = "",
    format_id: str = "",
    progress: Progress = _quiet,
    options: dict[str, str] | None = None,
    change_id: str = "",
) -> Document:
    """Reads a file into a prepared change, which changes nothing until it is confirmed.

    Returns:
        The prepared change; `report` says what it would do.

    Raises:
        Unreadable: the file is not of its format; nothing stays of it.
        Invalid: the format is one that is only written.
    """
    desk.require(Action.IMPORT)
    chosen = choose_format(name or path.name, format_id, path)
    if not is_readable(chosen):
        what = say("%(format)s is written here, and not read.", format=chosen.name)
        raise Invalid(Problem("format", what))
    change = bulk.prepare(
        desk.store,
        desk.project_id,
        desk.actor,
        "import",
        change_id=change_id or new_id("x"),
        label=name or path.name,
    )
    reading = _Reading(desk, names_of(desk), Report(), {}, progress, options or {})
    try:
        reading.options = marker_maps.with_kept(desk, chosen, path, reading.options)
        bulk.stage(desk.store, change, _ops(reading, chosen, path))
        bulk.ready(
            desk.store,
            change,
            format=chosen.id,
            report=reading.report.to_document(),
            files=sorted(reading.media.values()),
            seen=current_seq(desk.store, desk.project_id),
        )
    except BaseException:
        _forget(desk, change["_id"], list(reading.media.values()))
        raise
    return change


def confirm(desk: Desk, change_id: str, *, progress: Progress = _quiet) -> Document:
    """Carries a prepared import out, whole or not at all.

    Raises:
        NotFound: it was not prepared here, or was discarded.
        Conflict: another large change of the project is at work.
    """
    desk.require(Action.IMPORT)
    _prepared(desk, change_id)
    list_merging.resolve(desk, change_id)
    pointers.extend(desk, change_id)
    done = bulk.apply(desk.store, change_id, lambda part, parts: progress("writing", part, parts))
    refresh_order(desk.store, desk.project_id)
    return done


def discard(desk: Desk, change_id: str) -> None:
    """Forgets a prepared import."""
    desk.require(Action.IMPORT)
    change = _prepared(desk, change_id)
    _forget(desk, change_id, change.get("files", []))


def get_prepared(desk: Desk, change_id: str) -> Document:
    """A prepared, running or finished import with its report.

    Raises:
        NotFound: there is none.
    """
    desk.require(Action.IMPORT)
    change = desk.store.changes.find_one({"_id": change_id, "project": desk.project_id})
    if change is None or change.get("cause") != "import":
        raise NotFound("This import is not there any more; start it again.")
    return change


def names_of(desk: Desk) -> Names:
    """The project's writing systems, list items and own fields, for a reader."""
    systems = [WritingSystem.model_validate(ws) for ws in desk.project.get("writing_systems", ())]
    names = Names({ws.id: ws for ws in systems})
    for item in records.iterate(desk.store, desk.scope, "item"):
        names.items[item["list"], item["code"]] = item["_id"]
        names.add_labels(item, item["_id"])
    for item, into in list_merging.merged_records(desk):
        names.merged[item["list"], item["code"]] = into
        for label in plains(item.get("name") or {}):
            names.labels.setdefault((item["list"], label), into)
    for definition in records.iterate(desk.store, desk.scope, "field"):
        names.fields[definition["code"]] = definition["_id"]
    return names


def upload(desk: Desk, stream: BinaryIO, name: str) -> str:
    """Keeps an uploaded file until its import is decided; returns its id.

    Raises:
        Invalid: the project has no room for it.
    """
    desk.require(Action.IMPORT)
    require_room_for(desk, stream)
    return files.put(desk.store, desk.project_id, stream, name, use="upload", actor=desk.actor.id)


def fetch(desk: Desk, file_id: str, folder: Path) -> Path:
    """Writes an uploaded file into a scratch folder, under its own last name."""
    source = files.open_file(desk.store, desk.project_id, file_id)
    path = folder / (Path(source.filename or "upload").name or "upload")
    with path.open("wb") as out:
        while block := source.read(1 << 20):
            out.write(block)
    return path


def _ops(reading: _Reading, chosen: ReadableFormat, path: Path) -> Iterator[Op]:
    """The operations of an import: lists first, then records as they are read."""
    merger = _merger(reading, chosen)
    names = reading.names
    known_systems = set(names.writing_systems)
    brought: set[str] = set()
    for batch in batches(_records(reading, chosen, path)):
        ops = list(merger.ops(batch))
        if names.new:
            made, names.new = names.new, []
            brought |= {one.content["list"] for one in made if one.kind == "item"}
            for kind in ("item", "field"):
                yield from merger.ops([one for one in made if one.kind == kind])
        if batch[0].kind == "item":
            brought |= {one.content["list"] for one in batch}
        yield from ops
        reading.records += len(batch)
        reading.progress("reading", reading.records, 0)
    for kind in ("item", "field"):
        yield from merger.ops([one for one in names.new if one.kind == kind])
    brought |= {one.content["list"] for one in names.new if one.kind == "item"}
    yield from merger.gone()
    yield from merger.unused_defaults(brought)
    yield from _writing_system_ops(reading, known_systems)


def _merger(reading: _Reading, chosen: ReadableFormat) -> Merger:
    """What finds the project's own record for each that a format gives."""
    if chosen.id == merging_ids.FORMAT:
        return merging_ids.IdMerger(reading.desk, reading.report)
    if chosen.id == merging_graphs.FORMAT:
        return merging_graphs.GraphMerger(reading.desk, reading.report)
    if chosen.id in merging_table.FORMATS:
        return merging_table.TableMerger(reading.desk, chosen.id, reading.report)
    if chosen.id in merging_markers.FORMATS:
        return merging_markers.MarkerMerger(reading.desk, chosen.id, reading.report)
    if chosen.id == merging_cldf.FORMAT:
        return merging_cldf.DatasetMerger(reading.desk, reading.report)
    if chosen.id in merging_texts.FORMATS:
        return merging_texts.TextMerger(reading.desk, chosen.id, reading.report)
    return Merger(reading.desk, chosen.id, reading.report)


def _records(reading: _Reading, chosen: ReadableFormat, path: Path) -> Iterator[FoundRecord]:
    """The records of a file; files that they name are stored, problems noted."""
    for found in _with_items(reading, chosen.read(path, reading.names, reading.options)):
        if isinstance(found, FoundProblem):
            reading.report.problem(found)
        elif isinstance(found, FoundFile):
            _store_file(reading, found, chosen.id == merging_ids.FORMAT)
        elif chosen.id == merging_ids.FORMAT:
            yield replace(found, content=_with_stored_files(reading, found))
        elif reading.media:
            yield replace(found, content=_with_files(found.content, reading.media))
        else:
            yield found


def _with_items(reading: _Reading, stream: Iterable[Found]) -> Iterator[Found]:
    """What a file holds, with the items that others were merged into since it was written."""
    renamed = list_merging.merged_items(reading.desk)
    for found in stream:
        if not renamed or not isinstance(found, FoundRecord):
            yield found
        elif found.content["id"] not in renamed:
            yield replace(found, content=replaced(found.content, renamed))
        else:
            yield found


def _store_file(reading: _Reading, found: FoundFile, any_kind: bool = False) -> None:
    """Stores a file that records name.

    Args:
        any_kind: whether it may be other than a picture or recording: a proof of consent.
    """
    kind = filetype.guess(str(found.path))
    media_type = kind.mime if kind else "application/octet-stream"
    if not any_kind and not media_type.startswith(("image/", "audio/", "video/")):
        reading.report.problem(
            FoundProblem(0, f"{found.href} is neither a picture nor a recording: it was not taken.")
        )
        return
    with found.path.open("rb") as stream:
        reading.media[found.href] = files.put(
            reading.desk.store, reading.desk.project_id, stream, found.path.name, media_type
        )


def _with_stored_files(reading: _Reading, found: FoundRecord) -> dict[str, Any]:
    """A record of another project in which each stored file has the id that it has here."""
    stored: dict[str, str | None] = dict(reading.media)
    for file_id, name in project_json.files_named(found.content).items():
        if file_id not in stored:
            stored[file_id] = file_id if _is_stored(reading.desk, file_id) else None
            if stored[file_id] is None and file_id not in reading.missing:
                reading.missing.add(file_id)
                what = f"The file “{name or file_id}” is not in it; a .life.zip brings files too."
                reading.report.problem(FoundProblem(found.line, what))
    content: dict[str, Any] = project_json.with_files(found.content, stored)
    return content


def _is_stored(desk: Desk, file_id: str) -> bool:
    wanted = {"_id": file_id, "metadata.project": desk.project_id}
    return desk.store["blobs.files"].find_one(wanted, {"_id": 1}) is not None


def _with_files(value: Any, media: dict[str, str]) -> Any:
    """Content in which each picture and recording names its stored file."""
    if isinstance(value, dict):
        filled = {key: _with_files(inner, media) for key, inner in value.items()}
        if value.get("href") in media and "id" in value:
            filled["file"] = media[value["href"]]
        return filled
    return [_with_files(inner, media) for inner in value] if isinstance(value, list) else value


def _writing_system_ops(reading: _Reading, known: set[str]) -> Iterator[Op]:
    """The project with the writing systems that the file brought."""
    new = [ws for ws in reading.names.new_writing_systems if ws.id not in known]
    if not new:
        return
    before = content_of(reading.desk.project)
    dumped = [ws.model_dump(mode="json", exclude_defaults=True) for ws in new]
    after = {**before, "writing_systems": [*before.get("writing_systems", ()), *dumped]}
    reading.report.counts["writing-system/new"] += len(new)
    yield Op("project", reading.desk.project_id, changes=diff.diff(before, after))


def _prepared(desk: Desk, change_id: str) -> Document:
    change = get_prepared(desk, change_id)
    if change["state"] == "preparing":
        raise Conflict("This import is still being read; wait for its preview.")
    return change


def _forget(desk: Desk, change_id: str, media: list[str]) -> None:
    """Forgets a prepared change and the files that nothing else uses."""
    change = desk.store.changes.find_one({"_id": change_id}, {"time": 1})
    bulk.discard(desk.store, change_id)
    for found in files.iterate(desk.store, desk.project_id):
        if found["_id"] in media and change and found["uploadDate"] >= change["time"]:
            files.delete(desk.store, found["_id"])
