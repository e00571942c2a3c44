"""LiFE's own format: a whole project as one JSON object, with its files as a zip file.

    {"format": "life-project", "version": 1,
     "project": {...},
     "items": [...], "fields": [...], "documents": [...], "persons": [...],
     "entries": [...], "relations": [...], "texts": [...], "utterances": [...], "comments": [...],
     "deleted": [{"kind": "entry", "at": "2026-01-01T00:00:00Z", "record": {...}}]}

A deleted record that was merged into another one says so in `into`.

Each record is the content of its kind (`app.domain.kinds`), one a line, with its own id. The
members stand in this order; white space means nothing. The zip file holds `project.life.json` and
`files/ID/NAME` for each stored file that a record names.
"""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from app.domain.errors import NotFound, Unreadable
from app.domain.ids import is_id
from app.domain.kinds import KINDS
from app.formats.archive import extract, open_archive
from app.formats.base import (
    NO_OPTIONS,
    Contents,
    Found,
    FoundFile,
    FoundProblem,
    FoundRecord,
    Loss,
    Names,
)
from app.formats.json_stream import JsonStream, Piece

NAME = "life-project"
VERSION = 1
MEMBER = "project.life.json"
# Where records of each kind stand, in the order in which they can be read: what is pointed at
# comes before what points at it.
SECTIONS = {
    "items": "item",
    "fields": "field",
    "documents": "document",
    "persons": "person",
    "entries": "entry",
    "relations": "relation",
    "texts": "text",
    "utterances": "utterance",
    "queries": "query",
    "comments": "comment",
}
_ORDER = ("format", "version", "project", *SECTIONS, "deleted")
_UNSAFE = re.compile(r'[\x00-\x1f<>:"|?*/\\]')
Dict = dict[str, Any]


class ProjectJson:
    """A whole project, without loss: `.life.json`, or `.life.zip` with the stored files.

    Models stay where they are: each travels as a file of its own, which is looked through before
    anything of it is used.
    """

    id = "json"
    name = "LiFE"
    suffixes: tuple[str, ...] = (".life.json", ".life.zip")
    media_type = "application/json"
    losses: tuple[Loss, ...] = (Loss("model", "Models are downloaded one by one."),)

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the files of a zip file, then the project and its records with their ids.

        Raises:
            Unreadable: it is not this format, of a newer version, or broken.
        """
        if not path.is_file():
            raise Unreadable("There is no such file.", path.name)
        if not zipfile.is_zipfile(path):
            with path.open("rb") as stream:
                yield from _read(stream, path.name)
            return
        with open_archive(path) as archive, tempfile.TemporaryDirectory(prefix="life-") as folder:
            yield from _files(archive, Path(folder))
            try:
                member = archive.getinfo(MEMBER)
            except KeyError as error:
                raise Unreadable(f"The zip file holds no {MEMBER}.", path.name) from error
            with archive.open(member) as stream:
                yield from _read(stream, MEMBER)  # type: ignore[arg-type]

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes a `.life.json`, or by the name of the file a `.life.zip`.

        Returns:
            Warnings about stored files that are gone.
        """
        if path.suffix.lower() == ".zip":
            return _write_archive(contents, path)
        with path.open("wb") as out:
            _write(contents, out, lambda _: None)
        return []


JSON = ProjectJson()


def is_project_archive(path: Path) -> bool:
    """Tells whether a zip file holds a project in this format."""
    try:
        with zipfile.ZipFile(path) as archive:
            return MEMBER in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def _read(stream: BinaryIO, file: str) -> Iterator[Found]:
    seen: list[str] = []
    ids: set[str] = set()
    for piece in JsonStream(stream, file).pieces():
        if not seen or piece.key != seen[-1]:
            _check_order(piece, seen, file)
            seen.append(piece.key)
        if piece.key == "format" and piece.value != NAME:
            raise Unreadable(f"“{piece.value}” is not {NAME}.", file, piece.line)
        if piece.key == "version":
            _check_version(piece, file)
        empty = piece.value == [] and not piece.in_list and piece.key != "project"
        if not empty and piece.key not in ("format", "version"):
            yield from _record(piece, ids, file)
    if "project" not in seen:
        raise Unreadable("The file has no “project”: it is cut off or not from LiFE.", file)


def _check_order(piece: Piece, seen: list[str], file: str) -> None:
    if piece.key not in _ORDER:
        what = f"“{piece.key}” is not known in version {VERSION} of the format."
        raise Unreadable(what, file, piece.line)
    if piece.key in seen:
        raise Unreadable(f"“{piece.key}” comes twice.", file, piece.line)
    place = _ORDER.index(piece.key)
    if (place > 1 and seen[:2] != ["format", "version"]) or (
        seen and _ORDER.index(seen[-1]) > place
    ):
        what = f"“{piece.key}” stands in the wrong place; the order is {', '.join(_ORDER)}."
        raise Unreadable(what, file, piece.line)


def _check_version(piece: Piece, file: str) -> None:
    if not isinstance(piece.value, int) or isinstance(piece.value, bool) or piece.value < 1:
        raise Unreadable("The version must be a whole number.", file, piece.line)
    if piece.value > VERSION:
        what = (
            f"The file has version {piece.value} of the format; this program knows version "
            f"{VERSION}. Bring the program up to date, or export again from the older one."
        )
        raise Unreadable(what, file, piece.line)


def _record(piece: Piece, ids: set[str], file: str) -> Iterator[Found]:
    """A record that is what its kind must be; one that is not is left out and told."""
    kind, content = SECTIONS.get(piece.key, "project"), piece.value
    deleted: str | None = None
    into: str | None = None
    if piece.in_list != (piece.key != "project"):
        raise Unreadable(f"“{piece.key}” is not what it must be.", file, piece.line)
    if piece.key == "deleted":
        if not isinstance(content, dict) or content.get("kind") not in SECTIONS.values():
            raise Unreadable("A deleted record names no kind.", file, piece.line)
        into = content["into"] if is_id(content.get("into")) else None
        kind, deleted, content = content["kind"], str(content.get("at", "")), content.get("record")
    problem = _problem(kind, content, ids)
    if problem:
        yield FoundProblem(piece.line, f"This {kind} was left out: {problem}", "error")
        return
    ids.add(content["id"])
    yield FoundRecord(kind, content, piece.line, deleted, into=into)


def _problem(kind: str, content: Any, ids: set[str]) -> str:
    """What keeps a record from being taken; empty if nothing does."""
    if not isinstance(content, dict):
        return "it is no object."
    if not is_id(content.get("id")) or content["id"][0] != KINDS[kind].letter:
        return f"its id “{content.get('id')}” is none of this kind."
    if content["id"] in ids:
        return f"another record before has its id {content['id']}."
    if _is_unstorable(content):
        return "a name in it is empty, begins with “$” or holds a NUL, or a text is no Unicode."
    try:
        KINDS[kind].type.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        return f"{'/'.join(str(part) for part in found['loc'])}: {found['msg']}."
    return ""


def _is_unstorable(value: Any) -> bool:
    """Tells of names that MongoDB has no place for, and of halves of surrogate pairs."""
    if isinstance(value, str):
        return not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, dict):
        return any(
            not key or key.startswith("$") or "\0" in key or _is_unstorable(key)
            or _is_unstorable(inner)
            for key, inner in value.items()
        )  # fmt: skip
    return isinstance(value, list) and any(map(_is_unstorable, value))


def _files(archive: zipfile.ZipFile, folder: Path) -> Iterator[Found]:
    """The stored files; each lies in the folder until the next is asked for."""
    for member in archive.infolist():
        parts = member.filename.split("/")
        if len(parts) != 3 or parts[0] != "files" or not is_id(parts[1]):
            continue
        path = folder / (_UNSAFE.sub("_", parts[2])[-200:].strip(".") or parts[1])
        extract(archive, member, path)
        yield FoundFile(parts[1], path)
        path.unlink()


def _write(contents: Contents, out: Any, see: Callable[[Dict], None]) -> None:
    """Writes the object; `see` is shown every record."""
    project = contents.project.model_dump(mode="json", exclude_defaults=True)
    see(project)
    out.write(f'{{"format":"{NAME}","version":{VERSION},\n"project":'.encode() + _dump(project))
    for section, kind in SECTIONS.items():
        out.write(f',\n"{section}":['.encode())
        _write_list(out, _seen(_records(contents, kind), see))
        out.write(b"]")
    out.write(b',\n"deleted":[')
    _write_list(out, _tombstones(contents))
    out.write(b"]}\n")


def _seen(found: Iterable[Dict], see: Callable[[Dict], None]) -> Iterator[Dict]:
    for record in found:
        see(record)
        yield record


def _write_list(out: Any, found: Iterable[Dict]) -> None:
    start = b"\n"
    for record in found:
        out.write(start + _dump(record))
        start = b",\n"


def _records(contents: Contents, kind: str) -> Iterator[Dict]:
    for record in contents.iter_records(kind):
        yield {key: value for key, value in record.items() if key != "_rev"}


def _tombstones(contents: Contents) -> Iterator[Dict]:
    for kind in SECTIONS.values():
        for record in contents.iter_deleted(kind):
            content = {key: value for key, value in record.items() if not key.startswith("_")}
            merged = {"into": record["_into"]} if record.get("_into") else {}
            yield {"kind": kind, "at": record.get("_deleted") or "", **merged, "record": content}


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _write_archive(contents: Contents, path: Path) -> list[str]:
    files: dict[str, str] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(MEMBER, "w", force_zip64=True) as out:
            _write(contents, out, lambda record: files.update(files_named(record)))
        return list(_write_files(contents, archive, files))


def _write_files(
    contents: Contents, archive: zipfile.ZipFile, files: dict[str, str]
) -> Iterator[str]:
    for file_id, name in files.items():
        try:
            source = contents.open_file(file_id)
        except NotFound:
            yield f"The file “{name or file_id}” is gone; the export does not have it."
            continue
        own = str(getattr(source, "filename", "") or name or file_id)
        member = f"files/{file_id}/{_UNSAFE.sub('_', own)[-120:]}"
        with source, archive.open(member, "w", force_zip64=True) as out:
            while block := source.read(1 << 20):
                out.write(block)


def files_named(value: Any) -> dict[str, str]:
    """The stored files that a record names, by id, each with its name there."""
    found: dict[str, str] = {}
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("file", "proof") and is_id(inner):
                found[inner] = str(value.get("href", "")).replace("\\", "/").split("/")[-1]
            elif key == "files" and isinstance(inner, dict):
                found |= {one: name for name, one in inner.items() if is_id(one)}
            else:
                found |= files_named(inner)
    elif isinstance(value, list):
        for inner in value:
            found |= files_named(inner)
    return found


def with_files(value: Any, files: Mapping[str, str | None]) -> Any:
    """A record in which stored files have other ids.

    Args:
        files: new id by old one; None for a file that is not there, whose field is left out.
    """
    if isinstance(value, list):
        return [with_files(inner, files) for inner in value]
    if not isinstance(value, dict):
        return value
    made: Dict = {}
    for key, inner in value.items():
        if key in ("file", "proof") and is_id(inner):
            if new := files.get(inner):
                made[key] = new
        elif key == "files" and isinstance(inner, dict):
            made[key] = {n: files.get(one) or one for n, one in inner.items()}
        else:
            made[key] = with_files(inner, files)
    return made
