"""Releases: what everybody may read of a project as linked data, dated, with a checksum, for good.

The first release freezes the base of the project's IRIs. A release is not changed afterwards; what
is erased for good leaves it by its files being taken down, and the page says so.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from app.domain.diff import FieldChange
from app.domain.errors import Conflict, NotFound, Problems
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import GUEST, Action
from app.formats.linked_data import LINKED_DATA
from app.rdf.syntax import SYNTAXES, Syntax
from app.services import linked_data
from app.services.desk import Desk
from app.services.exports import ProjectContents
from app.store import audit, changes, files
from app.store import releases as stored
from app.store.changes import Op, current_seq
from app.store.database import Document

WRITTEN: tuple[Syntax, ...] = tuple(one for one in SYNTAXES if one.id in ("turtle", "nquads"))
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
Progress = Callable[[str, int, int], None]


def find_all(desk: Desk) -> list[Document]:
    """The releases of the project, the last one first."""
    desk.require(Action.READ)
    mine = {"project": desk.project_id}
    return list(desk.store.releases.find(mine).sort([("made", -1), ("_id", -1)]))


def check(desk: Desk, version: str, licence: str, citation: str) -> None:
    """Refuses a release that could not be made.

    Raises:
        Invalid: with everything that is wrong.
    """
    desk.require(Action.OWN)
    found = Problems()
    if not _VERSION.fullmatch(version):
        found.add("version", "A version is a date or a number such as 2026-11-23 or 1.0.")
    elif desk.store.releases.find_one({"project": desk.project_id, "version": version}):
        what = "There is a release “%(version)s” already; choose another name."
        found.add("version", say(what, version=version))
    if not licence.strip():
        what = "Say under which licence it may be used, such as CC-BY-4.0."
        found.add("licence", what)
    if not citation.strip():
        found.add("citation", "Say how it is to be cited: names, year, title.")
    if desk.project.get("visibility") != "public":
        what = "Only a project that is public is published: change who may read it in Settings."
        found.add("visibility", what)
    found.check()


def publish(
    desk: Desk,
    version: str,
    licence: str,
    citation: str,
    folder: Path,
    now: datetime,
    progress: Progress,
) -> str:
    """Makes a release; returns its id.

    Args:
        folder: where temporary files may lie.

    Raises:
        Invalid: as `check`.
    """
    check(desk, version, licence, citation)
    erased = desk.store.erasures.distinct("_id", {"project": desk.project_id})
    base = _freeze(desk)
    seq = current_seq(desk.store, desk.project_id)
    public = Desk(desk.store, GUEST, desk.project, None)
    contents = ProjectContents(public, progress)
    made = [_write(desk, contents, syntax, version, base, folder) for syntax in WRITTEN]
    release = {
        "_id": new_id("v"),
        "project": desk.project_id,
        "version": version,
        "made": now.astimezone(UTC),
        "by": desk.actor.id,
        "seq": seq,
        "base": base,
        "licence": licence.strip(),
        "citation": citation.strip(),
        "files": made,
    }
    desk.store.releases.insert_one(release)
    stored.take_down_erased(desk.store, desk.project_id, erased)  # meanwhile
    details = {"version": version, "seq": seq}
    audit.write(
        desk.store, now, desk.actor, "project.release", project=desk.project_id, details=details
    )
    return str(release["_id"])


def open_file(desk: Desk, version: str, name: str) -> tuple[Document, BinaryIO]:
    """A file of a release, with what is known of it.

    Raises:
        NotFound: there is none, or it was taken down.
    """
    desk.require(Action.READ)
    release = desk.store.releases.find_one({"project": desk.project_id, "version": version})
    known = next((one for one in (release or {}).get("files", ()) if one["name"] == name), None)
    if known is None:
        raise NotFound(say("There is no file %(name)s in this release.", name=name))
    return known, cast(BinaryIO, files.open_file(desk.store, desk.project_id, known["file"]))


def _freeze(desk: Desk) -> str:
    """The base of the project's IRIs, from now on for good."""
    base = linked_data.base_of(desk.store, desk.project)
    if not desk.project.get("base"):
        change = FieldChange(("base",), None, base)
        op = Op("project", desk.project_id, changes=[change])
        done = changes.commit(
            desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x")
        )
        if done.conflicts:
            raise Conflict("Somebody changed the project; try again.", tuple(done.conflicts))
    return base


def _write(
    desk: Desk, contents: ProjectContents, syntax: Syntax, version: str, base: str, folder: Path
) -> dict[str, Any]:
    name = f"{desk.project['slug']}-{version}{syntax.suffix}.gz"
    plain, packed = folder / f"{new_id('o')}{syntax.suffix}", folder / name
    list(LINKED_DATA.write(contents, plain, {"base": base}))
    with (
        plain.open("rb") as source,
        packed.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as out,
    ):
        shutil.copyfileobj(source, out)
    plain.unlink()
    with packed.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        file_id = files.put(
            desk.store, desk.project_id, stream, name, "application/gzip", use="release"
        )
    size = packed.stat().st_size
    packed.unlink()
    media_type = syntax.media_type
    return {
        "name": name, "file": file_id, "size": size, "sha256": digest, "media_type": media_type,
    }  # fmt: skip
