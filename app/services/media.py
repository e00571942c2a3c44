"""Pictures and recordings: kept when they are what they claim, given to who may read."""

from __future__ import annotations

from typing import BinaryIO

import filetype
from gridfs import GridOut

from app.domain.errors import Invalid, NotFound, Problem
from app.domain.messages import say
from app.domain.parts import iter_parts
from app.domain.roles import Action
from app.services.desk import Desk
from app.services.quotas import require_room_for
from app.store import files, records

KINDS = ("image/", "audio/", "video/")
_DEPTH = 6  # of senses in senses
_PLACES = (
    "pronunciations.media.file",
    "forms.pronunciations.media.file",
    *(f"{'senses.' * depth}pictures.file" for depth in range(1, _DEPTH + 1)),
)


def keep_media(desk: Desk, stream: BinaryIO, name: str) -> str:
    """Stores a picture or a recording; returns the file's id.

    Raises:
        Invalid: the bytes are neither, or the project has no room for them.
    """
    desk.require(Action.ADD)
    require_room_for(desk, stream)
    head = stream.read(8192)
    stream.seek(0)
    kind = filetype.guess(head)
    if kind is None or not kind.mime.startswith(KINDS) or kind.mime == "image/svg+xml":
        raise Invalid(
            Problem(
                "file",
                say(
                    "“%(name)s” is neither a picture nor a recording that a browser plays.",
                    name=name,
                ),
            )
        )
    return files.put(desk.store, desk.project_id, stream, name, kind.mime)


def open_media(desk: Desk, file_id: str) -> GridOut:
    """A stored picture or recording, if an entry that the actor may read shows it.

    Raises:
        NotFound: there is none, or the actor may not read what shows it.
    """
    desk.require(Action.READ)
    found = files.open_file(desk.store, desk.project_id, file_id)
    if (found.metadata or {}).get("use"):
        raise NotFound("There is no such picture or recording here.")
    if not desk.scope.everything and not _may_open(desk, file_id):
        raise NotFound("There is no such picture or recording here.")
    return found


def _may_open(desk: Desk, file_id: str) -> bool:
    """Whether something that the actor may read shows a file, or nothing yet and they may add."""
    shown = {"project": desk.project_id, "$or": [{place: file_id} for place in _PLACES]}
    entries = [one["_id"] for one in desk.store.entries.find(shown, {"_id": 1})]
    read = records.find_shown(desk.store, desk.scope, entries)
    if any(part.get("file") == file_id for entry in read for part in iter_parts(entry)):
        return True
    return not entries and desk.role is not None and desk.may(Action.ADD)
