"""Every index, made at start; each on project content starts with `project`."""

from __future__ import annotations

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.domain.kinds import KINDS
from app.store import offered_lines
from app.store.database import Store
from app.store.pointers import PLACES

_UP, _DOWN = ASCENDING, DESCENDING
_BULK = {"state": {"$in": ["applying", "reverting"]}}

INDEXES: dict[str, list[IndexModel]] = {
    "projects": [IndexModel([("slug", _UP)], unique=True)],
    "entries": [
        IndexModel([("project", _UP), ("sources.guid", _UP)]),
        IndexModel([("project", _UP), ("sources.id", _UP)]),
        IndexModel([("project", _UP), ("seq", _UP)]),
    ],
    "relations": [
        IndexModel([("project", _UP), ("members.entry", _UP)]),
        IndexModel([("project", _UP), ("sources.id", _UP)]),
    ],
    "texts": [
        IndexModel([("project", _UP), ("sources.id", _UP)]),
        IndexModel([("project", _UP), ("sources.guid", _UP)]),
    ],
    "utterances": [
        IndexModel([("project", _UP), ("text", _UP), ("rank", _UP), ("_id", _UP)]),
        IndexModel([("project", _UP), ("sources.id", _UP)]),
        IndexModel([("project", _UP), ("sources.guid", _UP)]),
        *(
            IndexModel(
                [("project", _UP), (place, _UP)],
                partialFilterExpression={place: {"$exists": True}},
            )
            for place in PLACES
        ),
    ],
    "items": [IndexModel([("project", _UP), ("list", _UP), ("code", _UP)])],
    "comments": [IndexModel([("project", _UP), ("on", _UP)])],
    "changes": [
        IndexModel(
            [("project", _UP), ("seq", _DOWN)],
            unique=True,
            partialFilterExpression={"seq": {"$exists": True}},
        ),
        IndexModel([("project", _UP), ("ops.id", _UP), ("seq", _DOWN)]),
        IndexModel([("project", _UP)], name="bulk", unique=True, partialFilterExpression=_BULK),
    ],
    "change_parts": [
        IndexModel([("project", _UP), ("ops.id", _UP)]),
        IndexModel([("change", _UP), ("number", _UP)], unique=True),
    ],
    "rows": [
        IndexModel([("project", _UP), ("order", _UP), ("key", _UP)]),
        IndexModel([("project", _UP), ("order", _UP), ("pos", _UP), ("key", _UP)]),
        IndexModel([("project", _UP), ("order", _UP), ("domains", _UP), ("key", _UP)]),
        IndexModel([("project", _UP), ("order", _UP), ("status", _UP), ("key", _UP)]),
        IndexModel([("project", _UP), ("order", _UP), ("missing", _UP), ("key", _UP)]),
        IndexModel([("project", _UP), ("order", _UP), ("starts", _UP), ("key", _UP)]),
        IndexModel([("project", _UP), ("order", _UP), ("forms", _UP)]),
        IndexModel(
            [("project", _UP), ("order", _UP), ("access.level", _UP)],
            partialFilterExpression={"access.level": {"$exists": True}},
        ),
        IndexModel(
            [("project", _UP), ("order", _UP), ("variant", _UP)],
            partialFilterExpression={"variant": {"$exists": True}},
        ),
        IndexModel([("project", _UP), ("entry", _UP)]),
    ],
    "occurrences": [
        IndexModel([("project", _UP), ("line", _UP)], name="line"),
        IndexModel([("project", _UP), ("keys", _UP), ("_id", _UP)], name="text"),
        IndexModel(
            [("project", _UP), ("ids", _UP), ("_id", _UP)],
            name="ids",
            partialFilterExpression={"ids": {"$exists": True}},
        ),
        IndexModel([("project", _UP), ("keys", _UP), ("left", _UP), ("tie", _UP)], name="by_left"),
        IndexModel(
            [("project", _UP), ("keys", _UP), ("right", _UP), ("tie", _UP)], name="by_right"
        ),
    ],
    "vocabulary": [
        IndexModel([("project", _UP), ("key", _UP)], name="key"),
        IndexModel([("project", _UP), ("line", _UP), ("n", _DOWN), ("form", _UP)], name="count"),
    ],
    "memory": [IndexModel([("project", _UP), ("key", _UP)])],
    "memory_lines": [
        IndexModel([("project", _UP), ("text", _UP)]),
        IndexModel(
            [("project", _UP), ("words", _UP)], partialFilterExpression={"words": {"$exists": True}}
        ),
    ],
    "presence": [
        IndexModel([("project", _UP), ("at", _DOWN)]),
        IndexModel([("at", _UP)], name="gone", expireAfterSeconds=3600),
    ],
    "open_lines": [
        IndexModel([("project", _UP), ("draw", _UP)]),
        IndexModel([("project", _UP), ("owner", _UP), ("draw", _UP)]),
    ],
    "offered_lines": [
        IndexModel([("project", _UP), ("line", _UP)], unique=True),
        IndexModel(
            [("at", _UP)],
            name="gone",
            expireAfterSeconds=int(offered_lines.FORGOTTEN.total_seconds()),
        ),
    ],
    "link_candidates": [
        IndexModel([("project", _UP), ("state", _UP), ("best", _DOWN), ("_id", _UP)]),
        IndexModel([("entry", _UP)]),
    ],
    "link_cache": [IndexModel([("until", _UP)], name="gone", expireAfterSeconds=0)],
    "not_duplicates": [IndexModel([("project", _UP)])],
    "releases": [IndexModel([("project", _UP), ("version", _UP)], unique=True)],
    "deliveries": [IndexModel([("project", _UP)])],
    "beginnings": [IndexModel([("project", _UP)])],
    "letters": [IndexModel([("project", _UP), ("order", _UP)])],
    "jobs": [IndexModel([("project", _UP), ("created", _DOWN)])],
    "blobs.chunks": [IndexModel([("files_id", _UP), ("n", _UP)], unique=True)],
    "blobs.files": [IndexModel([("metadata.project", _UP), ("metadata.sha256", _UP)])],
}


def ensure_indexes(store: Store) -> None:
    """Makes what is missing; does nothing where all is there."""
    for name in {kind.collection for kind in KINDS.values()} - INDEXES.keys():
        store[name].create_index([("project", _UP)])
    for name, models in INDEXES.items():
        store[name].create_indexes(models)
