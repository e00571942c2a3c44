"""What an import makes of records that carry the ids of another LiFE project.

A record is found again by its id; where it has come here under another id, by that; else by what
names it: an item by list and code, an entry by its source. A record whose id a different project
of this server has already gets a new id, and remembers the one that it came with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.domain import diff
from app.domain.align import align
from app.domain.ids import new_id
from app.domain.items import replaced
from app.domain.kinds import KINDS
from app.domain.roles import Action
from app.formats.base import FoundProblem, FoundRecord
from app.services.desk import Desk
from app.services.import_report import Report
from app.services.merging import Merger, rename, when
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

FORMAT = "json"
# What of a project is decided where it lies: its address there, and who may read it.
_OWN = frozenset({"id", "slug", "visibility"})
_LIVE: Document = {"deleted": {"$ne": True}}


class IdMerger(Merger):
    """Merges records by their ids; nothing that a file leaves out is deleted."""

    def __init__(self, desk: Desk, report: Report, format_id: str = FORMAT) -> None:
        super().__init__(desk, format_id, report)
        self._defaults = self._untouched_defaults()

    def ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """The operations for some records of one kind, deleted ones among them."""
        if not found:
            return
        if found[0].kind == "project":
            yield from self._project_ops(found[0])
            return
        kind = found[0].kind
        known = self._known(kind, found)
        bases = self._beginnings(known.values()) | self._bases(known.values())
        for record in found:
            old = record.content["id"]
            if old in known:
                here = str(known[old]["_id"])
                self.renamed[old] = self._merged.get(here, here)
        self._renumber(kind, found, known)
        for record in found:
            current = known.get(record.content["id"])
            if current is None:
                yield from self._new_ops(record)
            else:
                self._kept.add(current["_id"])
                base = bases.get(current["_id"]) or content_of(current)
                yield from self._known_ops(record, current, base)

    def gone(self) -> Iterator[Op]:
        """Nothing: what was deleted is in the file as deleted."""
        yield from ()

    def unused_defaults(self, brought: set[str]) -> Iterator[Op]:
        """The items that a new project began with: the file has the lists of its own project.

        Args:
            brought: lists in which the file has items.
        """
        for item in sorted(self._defaults - self._kept) if brought else ():
            yield Op("item", item, "delete")

    def _project_ops(self, found: FoundRecord) -> Iterator[Op]:
        """A new project takes what is said of the other; one in use its writing systems only."""
        before = content_of(self.desk.project)
        if self._fresh and self.desk.may(Action.SETTINGS):
            told = {key: value for key, value in found.content.items() if key not in _OWN}
            after = {**before, **told}
        else:
            after = {**before, "writing_systems": _joined(before, found.content)}
        if found.content.get("visibility", "members") != before.get("visibility", "members"):
            what = "Who may read the project at all was not taken over: settle it in the settings."
            self.report.problem(FoundProblem(found.line, what, "note"))
        changes = diff.diff(before, after)
        self.report.note("project", "changed" if changes else "unchanged", found)
        if changes:
            yield Op("project", self.desk.project_id, changes=changes)

    def _untouched_defaults(self) -> set[str]:
        """The items that a new project began with and nobody has touched."""
        if not self._fresh:
            return set()
        wanted = {"project": self.desk.project_id, "sources": None, "rev": 1, **_LIVE}
        return {item["_id"] for item in self.desk.store.items.find(wanted, {"_id": 1})}

    def _known(self, kind: str, found: Sequence[FoundRecord]) -> dict[str, Document]:
        """The project's record for found ids, by id, by the id it came with, then by name."""
        ids = [record.content["id"] for record in found]
        collection = self.desk.store[KINDS[kind].collection]
        here = {"project": self.desk.project_id}
        known: dict[str, Document] = {}
        came = {"sources": {"$elemMatch": {"format": self.format_id, "id": {"$in": ids}}}}
        for one in collection.find({**here, **came}):
            for source in one["sources"]:
                if source.get("format") == self.format_id:
                    known[source.get("id", "")] = one
        for one in collection.find({**here, "_id": {"$in": ids}}):
            known[one["_id"]] = one
        left = [one for one in found if one.content["id"] not in known and one.deleted is None]
        return known | self._by_name(kind, left)

    def _by_name(self, kind: str, found: Sequence[FoundRecord]) -> dict[str, Document]:
        if kind == "entry" and not self._fresh:
            matched = self._match(found)
            return {found[place].content["id"]: one for place, one in matched.items()}
        if kind == "relation":
            self._load_relations()
            keyed = ((one, self._relation_of(one.content)) for one in found)
            return {one.content["id"]: relation for one, relation in keyed if relation}
        if kind not in ("item", "field"):
            return {}
        wanted = {"project": self.desk.project_id, **_LIVE}
        by_code = {
            _name_of(kind, one): one
            for one in self.desk.store[KINDS[kind].collection].find(wanted)
            if one["_id"] not in self._defaults
        }
        keys = {one.content["id"]: _name_of(kind, one.content) for one in found}
        return {one: by_code[key] for one, key in keys.items() if key in by_code}

    def _renumber(
        self, kind: str, found: Sequence[FoundRecord], known: dict[str, Document]
    ) -> None:
        """Gives new records whose id another project has already ids of their own."""
        new = [one.content["id"] for one in found if one.content["id"] not in known]
        collection = self.desk.store[KINDS[kind].collection]
        for taken in collection.find({"_id": {"$in": new}}, {"_id": 1}):
            self.renamed[taken["_id"]] = new_id(KINDS[kind].letter)

    def _new_ops(self, found: FoundRecord) -> Iterator[Op]:
        kind, content = found.kind, rename(found.content, self.renamed)
        if content["id"] != found.content["id"]:
            came = {"format": self.format_id, "id": found.content["id"]}
            content = {**content, "sources": [*content.get("sources", ()), came]}
        outcome = "new" if found.deleted is None else "tombstone"
        if found.deleted is not None and kind == "item" and not self._fresh:
            return  # an item that was never here need not be gone
        self._seen.add(content["id"])
        self.report.note(kind, outcome, found)
        yield Op(kind, content["id"], "create", content)
        if found.deleted is not None:
            into = self.renamed.get(found.into, found.into) if found.into else None
            yield Op(kind, content["id"], "delete", into=into, at=when(found.deleted))

    def _known_ops(self, found: FoundRecord, known: Document, base: dict[str, Any]) -> Iterator[Op]:
        kind = found.kind
        if self._is_closed(found, known):
            return
        if found.deleted is not None:
            yield from self._gone_ops(found, known, base)
            return
        content = {**rename(found.content, self.renamed), "id": known["_id"]}
        if found.content["id"] != known["_id"]:
            content = {**content, "id": known["_id"], "sources": base.get("sources", [])}
            aligned, renamed = align(content, base)
            self.renamed.update(renamed)
            content = rename(aligned, renamed)
        changes = self._diff(known, base, content)
        if known.get("deleted"):
            conflict = ["deleted here, changed there"] if changes else []
            self.report.note(kind, "conflict" if changes else "unchanged", found, fields=conflict)
            return
        _, done, conflicts = diff.apply(content_of(known), changes)
        outcome = "conflict" if conflicts else "changed" if done else "unchanged"
        paths = [one.path for one in conflicts] or [one.path for one in done]
        self.report.note(kind, outcome, found, fields=["/".join(path) for path in paths])
        if done:
            if self._closed.get(known["_id"]):
                content = diff.apply(base, changes)[0]
            delivered = content if kind == "entry" else None
            yield Op(kind, known["_id"], changes=done, base_rev=known["rev"], delivered=delivered)

    def _gone_ops(self, found: FoundRecord, known: Document, base: dict[str, Any]) -> Iterator[Op]:
        current = content_of(known)
        if known.get("deleted"):
            self.report.note(found.kind, "unchanged", found)
        elif not self._closed.get(known["_id"]) and (
            diff.same(base, current) or diff.same(rename(found.content, self.renamed), current)
        ):
            self.report.note(found.kind, "deleted", found)
            at, into = when(found.deleted), found.into
            yield Op(
                found.kind, known["_id"], "delete", base_rev=known["rev"], at=at,
                into=self.renamed.get(into, into) if into else None,
            )  # fmt: skip
        else:
            fields = ["deleted there, changed here"]
            self.report.note(found.kind, "conflict", found, fields=fields)

    def _beginnings(self, known: Iterable[Document]) -> dict[str, dict[str, Any]]:
        """How records began that were made by hand: what the other project surely knew of them."""
        ids = {one["_id"] for one in known}
        wanted = {"project": self.desk.project_id, "ops.id": {"$in": sorted(ids)}}
        changes = self.desk.store.changes.find({**wanted, "ops.action": "create"}, {"ops": 1})
        ops = (op for change in changes for op in change["ops"] if op["action"] == "create")
        made = ((op["id"], op["content"]) for op in ops if op["id"] in ids)
        return {one: {**replaced(content, self._merged), "id": one} for one, content in made}

    def _relation_of(self, content: dict[str, Any]) -> Document | None:
        return self._find_relation(rename(content, self.renamed))


def _name_of(kind: str, content: dict[str, Any]) -> tuple[str, str]:
    """What names an item (its list and code) or an own field (its code)."""
    return (content["list"] if kind == "item" else "", content["code"])


def _joined(before: dict[str, Any], found: dict[str, Any]) -> list[dict[str, Any]]:
    """The writing systems of a project, and those that another one has besides."""
    own = list(before.get("writing_systems", ()))
    codes = {ws["id"] for ws in own}
    return [*own, *(ws for ws in found.get("writing_systems", ()) if ws["id"] not in codes)]
