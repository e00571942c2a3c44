"""The envelope that the store puts around a record's content."""

from __future__ import annotations

from typing import Any

from app.store.database import Document

# Keys of a stored record that are not content. `closed`: the access of parts that are there no more
# (`app.domain.parts.gone`).
ENVELOPE = frozenset(
    {
        "_id",
        "project",
        "rev",
        "seq",
        "owner",
        "deleted",
        "deleted_at",
        "merged_into",
        "batch",
        "closed",
    }
)


def content_of(document: Document) -> dict[str, Any]:
    """The content of a stored record, with its `id`."""
    content = {key: value for key, value in document.items() if key not in ENVELOPE}
    return {"id": document["_id"], **content}


def wrap(content: dict[str, Any], envelope: Document) -> Document:
    """A stored record made of content and envelope; `id` becomes `_id`."""
    return {**envelope, **{key: value for key, value in content.items() if key != "id"}}
