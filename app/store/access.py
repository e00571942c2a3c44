"""The one predicate through which every read, count, search, export and stream goes."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain import parts
from app.store.database import Document, Store
from app.store.moment import once


@dataclass(frozen=True)
class Scope:
    """What an actor may read in a project.

    Attributes:
        project: id of the project.
        everything: for owners, managers and the command line.
        member: whether the actor belongs to the project at all.
        groups: the groups of members that the actor is in.
    """

    project: str
    everything: bool = False
    member: bool = False
    groups: frozenset[str] = frozenset()

    def permits(self, access: Document | None) -> bool:
        """Tells whether a record with this access may be read."""
        if self.everything or not access or access.get("level") == "public":
            return True
        if not self.member:
            return False
        if access.get("level", "members") == "members":
            return True
        return bool(self.groups & set(access.get("groups", ())))


def readable(store: Store, scope: Scope) -> Document:
    """The filter that leaves what may be read and is not part of an unfinished import."""
    query: Document = {"project": scope.project}
    unfinished = {"project": scope.project, "state": {"$in": ["applying", "reverting"]}}
    bulk = once(
        ("unfinished", store.name, scope.project),
        lambda: store.changes.find_one(unfinished, {"_id": 1}),
    )
    if bulk is not None:
        query["batch"] = {"$ne": bulk["_id"]}
    if not scope.everything:
        levels: list[Document] = [{"access": None}, {"access.level": "public"}]
        if scope.member:
            levels.append({"access.level": "members"})
            if scope.groups:
                levels.append({"access.groups": {"$in": sorted(scope.groups)}})
        query["$or"] = levels
    return query


def closed_parts(scope: Scope, entry: Document) -> set[str]:
    """Ids of the parts of a stored entry, past ones too, that may not be read."""
    if scope.everything:
        return set()
    past = {part for part, found in entry.get("closed", {}).items() if not scope.permits(found)}
    return past | parts.closed_ids(entry, scope.permits)


def readable_rows(scope: Scope) -> Document:
    """The filter that leaves, of the rows of an entry with closed parts, the one for the reader.

    A row says which accesses it `shows`, and which it `hides`; see `app.store.rows`.
    """
    if scope.everything:
        return {"hides": None}
    if not scope.member:
        return {"shows": None}
    groups = sorted(scope.groups)
    strange = {"level": "groups", "groups": {"$nin": groups}}
    own = {"$or": [{"level": "members"}, {"level": "groups", "groups": {"$in": groups}}]}
    return {"shows": {"$not": {"$elemMatch": strange}}, "hides": {"$not": {"$elemMatch": own}}}
