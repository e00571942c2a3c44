"""How much each project holds."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.kinds import KINDS
from app.store.database import Document, Store

# What a project's records bring along, beside the records themselves.
ALONGSIDE = ("changes", "change_parts", "rows")


@dataclass
class Usage:
    """What a project holds.

    Attributes:
        entries: how many are not deleted, as its list counts them.
        content: bytes of records and their history, estimated from the mean of each collection.
        files: bytes of pictures, recordings and other files.
    """

    entries: int = 0
    content: int = 0
    files: int = 0

    @property
    def total(self) -> int:
        """All bytes."""
        return self.content + self.files


def measure(store: Store) -> dict[str, Usage]:
    """What every project holds, by its id.

    Documents are counted from indexes and weighed by the mean size in their collection, so that
    no content is read.
    """
    found: dict[str, Usage] = {}
    records = {kind.collection for kind in KINDS.values()} - {"projects"}
    for collection in sorted(records | set(ALONGSIDE)):
        mean = _mean_size(store, collection)
        for project, number in _count_by_project(store, collection, "$project").items():
            usage = found.setdefault(project, Usage())
            usage.content += round(number * mean)
    for project, number in _listed(store).items():
        found.setdefault(project, Usage()).entries = number
    for project, length in _file_bytes(store).items():
        found.setdefault(project, Usage()).files += length
    return found


def _mean_size(store: Store, collection: str) -> float:
    stages: list[Document] = [{"$collStats": {"storageStats": {}}}]
    if collection not in store.list_collection_names():
        return 0.0
    for stats in store[collection].aggregate(stages):
        return float(stats["storageStats"].get("avgObjSize", 0))
    return 0.0


def _count_by_project(store: Store, collection: str, key: str) -> dict[str, int]:
    stages: list[Document] = [
        {"$sort": {"project": 1}},
        {"$group": {"_id": key, "number": {"$sum": 1}}},
    ]
    return {row["_id"]: row["number"] for row in store[collection].aggregate(stages) if row["_id"]}


def _listed(store: Store) -> dict[str, int]:
    """How many entries stand under the letters of each project, in one of its orders."""
    by_order = {"project": "$project", "order": "$order"}
    stages: list[Document] = [
        {"$group": {"_id": by_order, "number": {"$sum": "$count"}}},
        {"$group": {"_id": "$_id.project", "number": {"$max": "$number"}}},
    ]
    return {row["_id"]: int(row["number"]) for row in store.letters.aggregate(stages)}


def _file_bytes(store: Store) -> dict[str, int]:
    group = {"_id": "$metadata.project", "bytes": {"$sum": "$length"}}
    rows = store["blobs.files"].aggregate([{"$group": group}])
    return {row["_id"]: row["bytes"] for row in rows if row["_id"]}


def measure_one(store: Store, project_id: str) -> int:
    """Bytes that one project holds, estimated like those of all."""
    total = 0.0
    for collection in sorted({kind.collection for kind in KINDS.values()} | set(ALONGSIDE)):
        number = store[collection].count_documents({"project": project_id})
        total += number * _mean_size(store, collection) if number else 0
    stages: list[Document] = [
        {"$match": {"metadata.project": project_id}},
        {"$group": {"_id": None, "bytes": {"$sum": "$length"}}},
    ]
    files = sum(int(row["bytes"]) for row in store["blobs.files"].aggregate(stages))
    return round(total) + files


def quotas(store: Store) -> dict[str, int]:
    """Bytes that projects may hold, by id; those without a limit are left out."""
    return {row["_id"]: row["bytes"] for row in store.quotas.find({})}


def find_quota(store: Store, project_id: str) -> int | None:
    """Bytes that a project may hold; None without a limit."""
    row = store.quotas.find_one({"_id": project_id})
    return int(row["bytes"]) if row else None


def set_quota(store: Store, project_id: str, quota: int | None) -> None:
    """Sets the bytes that a project may hold, or takes the limit away."""
    if quota is None:
        store.quotas.delete_one({"_id": project_id})
    else:
        store.quotas.replace_one({"_id": project_id}, {"bytes": quota}, upsert=True)
