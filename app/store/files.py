"""Stored files: pictures, recordings, uploads, exports; kept once per project and content.

They lie in GridFS under the name of their SHA-256; an owner record and its access decide who may
read one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from gridfs import GridFSBucket, GridOut
from gridfs.errors import NoFile

from app.domain.errors import NotFound
from app.domain.ids import new_id
from app.domain.messages import say
from app.store.database import Document, Store

_CHUNK = 1 << 20


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
    stream.seek(0)
    file_id = new_id("b")
    _bucket(store).upload_from_stream_with_id(
        file_id,
        name,
        stream,
        chunk_size_bytes=_CHUNK,
        metadata={"project": project, "sha256": digest, "type": media_type, **facts},
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


def _bucket(store: Store) -> GridFSBucket:
    return GridFSBucket(store, "blobs")


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_CHUNK):
        digest.update(block)
    return digest.hexdigest()
