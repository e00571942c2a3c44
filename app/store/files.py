"""Stored files: pictures, recordings, uploads, exports; kept once per project and content.

They lie in GridFS under the name of their SHA-256; an owner record and its access decide who may
read one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO

from gridfs import GridFSBucket, GridOut
from gridfs.errors import NoFile
from pymongo.errors import PyMongoError

from app.domain.errors import NotFound
from app.domain.ids import new_id
from app.domain.messages import say
from app.store.database import Document, Store

_CHUNK = 1 << 20
_BATCH = 4  # chunks that are sent at once


def put(
    store: Store,
    project: str,
    stream: BinaryIO,
    name: str,
    media_type: str = "application/octet-stream",
    **facts: Any,
) -> str:
    """Stores a file unless the project has the same bytes already; returns its id.

    Args:
        facts: further metadata, such as `use="upload"` for what is to be thrown away.
    """
    digest = _digest(stream)
    wanted = {"metadata.project": project, "metadata.sha256": digest, "metadata.use": None}
    known = store["blobs.files"].find_one(wanted)
    if known is not None and "use" not in facts:
        return str(known["_id"])
    file_id = new_id("b")
    length = _write_chunks(store, file_id, stream)
    metadata = {"project": project, "sha256": digest, "type": media_type, **facts}
    store["blobs.files"].insert_one(
        {
            "_id": file_id,
            "filename": name,
            "length": length,
            "chunkSize": _CHUNK,
            "uploadDate": datetime.now(UTC),
            "metadata": metadata,
        }
    )
    return file_id


def open_file(store: Store, project: str, file_id: str) -> GridOut:
    """A stored file, open for reading.

    Raises:
        NotFound: the project has no such file.
    """
    try:
        found = _bucket(store).open_download_stream(file_id)
    except NoFile as error:
        raise NotFound(
            say("There is no file %(file_id)s in this project.", file_id=file_id)
        ) from error
    if (found.metadata or {}).get("project") != project:
        raise NotFound(say("There is no file %(file_id)s in this project.", file_id=file_id))
    return found


def keep(store: Store, file_id: str, **facts: Any) -> None:
    """Keeps for good what was stored to be thrown away.

    Args:
        facts: further metadata.
    """
    told = {f"metadata.{key}": one for key, one in facts.items()}
    changed = {"$unset": {"metadata.use": ""}, "$set": told}
    store["blobs.files"].update_one({"_id": file_id}, changed)


def delete(store: Store, file_id: str) -> None:
    """Deletes a stored file; nothing happens if it is gone."""
    try:
        _bucket(store).delete(file_id)
    except NoFile:
        return


def iterate(store: Store, project: str, **metadata: Any) -> Iterator[Document]:
    """What is known of a project's files: id, filename, length, metadata."""
    query = {"metadata.project": project, **{f"metadata.{k}": v for k, v in metadata.items()}}
    yield from store["blobs.files"].find(query)


def clear_unfinished(store: Store, before: datetime) -> int:
    """Removes what uploads have left that were killed before a time; returns how many.

    The contents of a file come first and count once the file is listed.
    """
    chunks = store["blobs.chunks"]
    steps: list[Document] = [{"$sort": {"files_id": 1}}, {"$group": {"_id": "$files_id"}}]
    begun = {str(found["_id"]) for found in chunks.aggregate(steps)}
    begun -= {str(found["_id"]) for found in store["blobs.files"].find({}, {"_id": 1})}
    removed = 0
    for file_id in begun:
        first = chunks.find_one({"files_id": file_id}, {"_id": 1})
        if first is not None and first["_id"].generation_time < before:
            chunks.delete_many({"files_id": file_id})
            removed += 1
    return removed


def _write_chunks(store: Store, file_id: str, stream: BinaryIO) -> int:
    """Writes the content of a file, which counts once it is listed; returns its length.

    PyMongo's own writer gathers 48 MB before it sends them, and copies of them: with a few
    uploads at once that is all the memory of a small server.

    Source: the GridFS specification, `chunks` and `files`.
    """
    chunks = store["blobs.chunks"]
    stream.seek(0)
    length = number = 0
    try:
        while batch := [block for _ in range(_BATCH) if (block := stream.read(_CHUNK))]:
            chunks.insert_many(
                [
                    {"files_id": file_id, "n": number + place, "data": block}
                    for place, block in enumerate(batch)
                ]
            )
            number += len(batch)
            length += sum(map(len, batch))
    except BaseException:
        with suppress(PyMongoError):
            chunks.delete_many({"files_id": file_id})
        raise
    return length


def _bucket(store: Store) -> GridFSBucket:
    return GridFSBucket(store, "blobs")


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_CHUNK):
        digest.update(block)
    return digest.hexdigest()
