"""What an import makes of each record that it finds: new, changed, unchanged or in conflict.

A record is found again by its source's guid, then by its identifier there. The base of the
three-way merge is what the source delivered last time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from app.domain import diff, parts
from app.domain.align import align
from app.domain.diff import FieldChange
from app.domain.ids import id_of, is_id, uuid_of
from app.domain.items import replaced
from app.domain.kinds import KINDS
from app.domain.project import PARTS_OF_SPEECH, STATUSES
from app.formats.base import FoundProblem, FoundRecord
from app.services.desk import Desk
from app.services.import_report import Report
from app.services.list_merging import merged_items
from app.store import rows
from app.store.access import closed_parts
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of
from app.store.history import creations

BATCH = 400
# Lists of a new project that give way to those of the first file that brings its own.
REPLACED_LISTS = frozenset({PARTS_OF_SPEECH, STATUSES})
_WHOLE = frozenset({"item"})  # of these one may name another that comes later


class Merger:
    """Turns found records into operations, in batches, remembering which ids became which."""

    def __init__(self, desk: Desk, format_id: str, report: Report) -> None:
        self.desk, self.format_id, self.report = desk, format_id, report
        self.renamed: dict[str, str] = {}
        self.document: str | None = None
        self._seen: set[str] = set()
        # records of the project can only be found again once something was imported
        self._fresh = desk.store.entries.find_one({"project": desk.project_id}) is None
        self._relations: dict[Any, Document] = {}
        self._relations_loaded = False
        self._kept: set[str] = set()
        self._described: set[str] = set()
        self._merged = merged_items(desk)
        self._delivered: set[str] = set()  # entries of this batch that a source has changed
        self._closed: dict[str, set[str]] = {}  # parts of entries that the actor may not read

    def ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """The operations for some records of one kind."""
        if not found:
            return
        kind = found[0].kind
        if kind == "relation":
            yield from self._relation_ops(found)
        elif kind == "document":
            yield from self._document_ops(found)
        elif kind in ("item", "field"):
            yield from self._list_ops(found)
        else:
            known = {} if self._fresh else self._match(found)
            bases = self._bases(known.values())
            for place, record in enumerate(found):
                self.report.filled += record.filled
                self.report.leftover += record.leftover
                entry = known.get(place)
                base = bases.get(entry["_id"]) or content_of(entry) if entry else {}
                yield from self._entry_ops(record, entry, base)

    def gone(self) -> Iterator[Op]:
        """Relations that this source gave before and does not give any more."""
        self._load_relations()
        for relation in self._relations.values():
            ends = [member.get("entry") for member in relation.get("members", ())]
            from_source = any(
                source.get("format") == self.format_id for source in relation.get("sources", ())
            )
            if relation["_id"] in self._kept or not from_source:
                continue
            if ends and all(end in self._seen for end in ends if end):
                self.report.counts["relation/deleted"] += 1
                yield Op("relation", relation["_id"], "delete")

    def unused_defaults(self, brought: set[str]) -> Iterator[Op]:
        """The items that a new project began with, where its first file brings a list of its own.

        Args:
            brought: lists in which the file made items.
        """
        if not self._fresh:
            return
        wanted = {
            "project": self.desk.project_id,
            "list": {"$in": sorted(brought & REPLACED_LISTS)},
            "sources": None,
            "rev": 1,
            "deleted": {"$ne": True},
        }
        for item in self.desk.store.items.find(wanted):
            if item["_id"] not in self._described:
                yield Op("item", item["_id"], "delete")

    def _list_ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """Items and own fields: new ones are made, known ones filled in from the file."""
        kind = found[0].kind
        ids = [record.content["id"] for record in found]
        collection = self.desk.store[KINDS[kind].collection]
        wanted = {"_id": {"$in": ids}, "project": self.desk.project_id}
        known = {one["_id"]: one for one in collection.find(wanted)}
        for record in found:
            self.report.filled += record.filled
            self.report.leftover += record.leftover
            self._described.add(record.content["id"])
            current = known.get(record.content["id"])
            if current is None:
                self.report.note(kind, "new", record)
                yield _created(record)
                continue
            changes = _filling(content_of(current), _aligned(record.content, content_of(current)))
            self.report.note(kind, "changed" if changes else "unchanged", record)
            if changes:
                yield Op(kind, current["_id"], changes=changes)

    def _entry_ops(
        self, found: FoundRecord, known: Document | None, base: dict[str, Any]
    ) -> Iterator[Op]:
        if known is None:
            outcome = "new" if found.deleted is None else "tombstone"
            if not self._fresh:  # else nothing is looked for again
                self._seen.add(found.content["id"])
            else:
                self._described.update(_listed(found.content))
            self.report.note(found.kind, outcome, found)
            yield _created(found)
            if found.deleted is not None:
                yield Op(found.kind, found.content["id"], "delete", at=when(found.deleted))
            return
        self._seen.add(known["_id"])
        self.renamed[found.content["id"]] = known["_id"]
        if self._is_closed(found, known):
            return
        if found.deleted is not None:
            yield from self._deleted_ops(found, known, base)
            return
        made_here = self._is_made_here(known)
        if made_here:
            base = content_of(known)
        told = self._with_own_senses(rename(found.content, self.renamed), known)
        content, renamed = align(told, base)
        self.renamed.update(renamed)
        content |= {"id": known["_id"], "sources": base.get("sources", [])}
        content = self._completed(content, known, base, renamed)
        changes = self._diff(known, base, content)
        if made_here:  # nobody knows what the file was made from: it takes nothing away
            changes = [one for one in changes if one.after is not None]
            if changes and str(content.get("modified", "")) < str(known.get("modified", "")):
                fields = ["/".join(one.path) for one in changes]
                self.report.note(found.kind, "conflict", found, fields=fields)
                return
        if known.get("deleted"):
            if not changes:
                self.report.note(found.kind, "unchanged", found)
                return
            self.report.note(found.kind, "conflict", found, fields=["deleted here, changed there"])
            return
        _, done, conflicts = diff.apply(content_of(known), changes)
        fields = ["/".join(conflict.path) for conflict in conflicts]
        if conflicts:
            self.report.note(found.kind, "conflict", found, fields=fields)
        elif done:
            changed = ["/".join(change.path) for change in done]
            self.report.note(found.kind, "changed", found, fields=changed)
        else:
            self.report.note(found.kind, "unchanged", found)
        if done:
            if self._closed.get(known["_id"]):
                content = diff.apply(base, changes)[0]
            yield Op(
                found.kind, known["_id"], changes=done, base_rev=known["rev"], delivered=content
            )

    def _completed(
        self,
        content: dict[str, Any],
        known: Document,
        base: dict[str, Any],
        renamed: dict[str, str],
    ) -> dict[str, Any]:
        """A found record with what is added to it here, as it was added at its first import.

        Args:
            renamed: which of its members' ids became which.
        """
        return content

    def _deleted_ops(
        self, found: FoundRecord, known: Document, base: dict[str, Any]
    ) -> Iterator[Op]:
        if known.get("deleted"):
            self.report.note(found.kind, "unchanged", found)
        elif diff.same(base, content_of(known)) and not self._closed.get(known["_id"]):
            self.report.note(found.kind, "deleted", found)
            yield Op(
                found.kind, known["_id"], "delete", base_rev=known["rev"], at=when(found.deleted)
            )
        else:
            self.report.note(found.kind, "conflict", found, fields=["deleted there, changed here"])

    def _document_ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        for record in found:
            self.document = record.content["id"]
            self.report.filled += record.filled
            self.report.leftover += record.leftover
            yield _created(record)

    def _relation_ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        self._load_relations()
        for record in found:
            self.report.filled += record.filled
            self.report.leftover += record.leftover
            content = rename(record.content, self.renamed)
            known = self._find_relation(content)
            if known is None:
                self.report.note("relation", "new", record)
                yield Op("relation", content["id"], "create", content)
                continue
            self._kept.add(known["_id"])
            aligned = _aligned(content, content_of(known))
            aligned |= {"id": known["_id"], "sources": known.get("sources", [])}
            changes = diff.diff(content_of(known), aligned)
            outcome = "changed" if changes else "unchanged"
            self.report.note("relation", outcome, record)
            if changes:
                yield Op("relation", known["_id"], changes=changes, base_rev=known["rev"])

    def _load_relations(self) -> None:
        if self._relations_loaded:
            return
        self._relations_loaded = True
        if self._fresh:
            return
        wanted = {"project": self.desk.project_id, "deleted": {"$ne": True}}
        for relation in self.desk.store.relations.find(wanted):
            self._relations[_relation_key(relation)] = relation

    def _find_relation(self, content: dict[str, Any]) -> Document | None:
        """The project's relation of the same type with the same ends."""
        return self._relations.get(_relation_key(content))

    def _match(self, found: Sequence[FoundRecord]) -> dict[int, Document]:
        """The project's entry for each found one, by guid, then by id, place and form."""
        sources = [(record.content.get("sources") or [{}])[0] for record in found]
        guids = [source["guid"] for source in sources if source.get("guid")]
        ids = [source["id"] for source in sources if source.get("id")]
        own = [one for one in map(_own_id, guids) if one]
        either = [
            {"sources.guid": {"$in": guids}},
            {"sources.id": {"$in": ids}},
            {"_id": {"$in": own}},
        ]
        by_own: dict[str, Document] = {}
        by_guid: dict[str, Document] = {}
        by_id: dict[str, list[Document]] = {}
        for entry in self.desk.store.entries.find({"project": self.desk.project_id, "$or": either}):
            by_own[entry["_id"]] = entry
            for source in entry.get("sources", ()):
                if source.get("guid"):
                    by_guid.setdefault(source["guid"].lower(), entry)
                by_id.setdefault(source.get("id", ""), []).append(entry)
        matched: dict[int, Document] = {}
        for place, source in enumerate(sources):
            known = by_guid.get(str(source.get("guid", "")).lower())
            if known is None and source.get("id"):
                known = self._by_id(found[place], source, by_id.get(source["id"], []))
            if known is None:  # made here, and written with its own id as guid
                known = by_own.get(_own_id(source.get("guid", "")))
            if known is not None and known["_id"] not in self._seen:
                matched[place] = known
        return matched

    def _is_made_here(self, known: Document) -> bool:
        """Whether a record did not come from a file of this format, nor was changed by one."""
        sources = known.get("sources", ())
        from_source = any(source.get("format") == self.format_id for source in sources)
        return not from_source and known["_id"] not in self._delivered

    def _with_own_senses(self, content: dict[str, Any], known: Document) -> dict[str, Any]:
        """Content in which senses that were made here have their ids again, not as a source's."""
        own = {
            str(uuid_of(sense["id"])): sense["id"]
            for sense in rows.iter_senses(known.get("senses", ()))
            if not sense.get("source_id") and is_id(sense["id"])
        }
        return self._with_ids(content, own) if own else content

    def _with_ids(self, content: dict[str, Any], own: dict[str, str]) -> dict[str, Any]:
        senses = []
        for sense in content.get("senses", ()):
            here = own.get(sense.get("source_id", ""))
            made = self._with_ids(sense, own)
            if here:
                self.renamed[sense["id"]] = here
                made = {key: value for key, value in made.items() if key != "source_id"}
                made["id"] = here
            senses.append(made)
        return {**content, "senses": senses} if senses else content

    def _by_id(
        self, found: FoundRecord, source: Document, candidates: list[Document]
    ) -> Document | None:
        """Among entries with the same foreign id: the one at the same place or of the same form."""
        free = [
            entry
            for entry in candidates
            if not source.get("guid")
            or not any(known.get("guid") for known in entry.get("sources", ()))
        ]
        if len(free) <= 1:
            return free[0] if free else None
        same_place = [
            entry
            for entry in free
            if any(
                known.get("occurrence", 0) == source.get("occurrence", 0)
                for known in entry.get("sources", ())
            )
        ]
        same_form = [
            entry
            for entry in (same_place or free)
            if diff.same(entry.get("lemma"), found.content.get("lemma"))
        ]
        if len(same_form) == 1:
            return same_form[0]
        if len(same_place) == 1:
            return same_place[0]
        self.report.problem(
            FoundProblem(
                found.line,
                f"{len(free)} entries of the project came from id “{source['id']}”, and none of "
                "them matches by place and form: this one is taken as a new entry.",
            )
        )
        return None

    def _is_closed(self, found: FoundRecord, known: Document) -> bool:
        """Whether the actor may not read a record, and so does not change it."""
        if self.desk.scope.permits(known.get("access")):
            return False
        self.report.note(found.kind, "conflict", found, fields=["not open to you"])
        return True

    def _diff(
        self, known: Document, base: dict[str, Any], content: dict[str, Any]
    ) -> list[FieldChange]:
        """What a source changed of an entry, leaving alone the parts that the actor can't see."""
        closed = self._closed.get(known["_id"], set())
        if closed:
            base, content = parts.without(base, closed), parts.without(content, closed)
        return diff.diff(base, content)

    def _bases(self, known: Iterable[Document]) -> dict[str, dict[str, Any]]:
        """What the source delivered last: noted at the last import, else at the first."""
        known = list(known)
        for entry in known:
            self._closed[entry["_id"]] = closed_parts(self.desk.scope, entry)
        ids = [entry["_id"] for entry in known]
        bases = creations(self.desk.store, self.desk.project_id, ids)
        self._delivered.clear()
        for delivered in self.desk.store.deliveries.find({"_id": {"$in": ids}}):
            self._delivered.add(delivered["_id"])
            bases[delivered["_id"]] = delivered["content"]
        return dict(replaced(bases, self._merged))


def batches(found: Iterable[FoundRecord]) -> Iterator[list[FoundRecord]]:
    """Records of one kind that follow one another, up to `BATCH` of them."""
    batch: list[FoundRecord] = []
    for record in found:
        full = len(batch) >= BATCH and record.kind not in _WHOLE
        if batch and (batch[0].kind != record.kind or full):
            yield batch
            batch = []
        batch.append(record)
    if batch:
        yield batch


def when(deleted: str | None) -> datetime | None:
    """The time at which a file says that something was deleted; None if it names none."""
    try:
        found = datetime.fromisoformat(deleted or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _own_id(guid: str) -> str:
    """The id of the entry that a guid would be, if it was made here; empty for no guid."""
    try:
        return id_of(uuid.UUID(guid), KINDS["entry"].letter)
    except ValueError:
        return ""


def _listed(entry: dict[str, Any]) -> Iterator[str]:
    """The parts of speech and the status that an entry has, by id."""
    if entry.get("status"):
        yield entry["status"]
    for sense in rows.iter_senses(entry.get("senses", ())):
        if sense.get("pos"):
            yield sense["pos"]
        yield from (one["pos"] for one in sense.get("reversals", ()) if one.get("pos"))


def _aligned(found: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """Found content with the member ids of `base`, also where members name one another."""
    aligned, renamed = align(found, base)
    return dict(rename(aligned, renamed))


def _filling(before: dict[str, Any], found: dict[str, Any]) -> list[FieldChange]:
    """What a file adds to an item or own field that the project has: never another value.

    An item that the project began with and nobody has touched takes the file's word instead.
    """
    untouched = not before.get("sources")
    changes = diff.diff(before, {**before, **found})
    if untouched:
        return changes
    return [change for change in changes if change.before is None]


def _created(found: FoundRecord) -> Op:
    return Op(found.kind, found.content["id"], "create", found.content)


def rename(value: Any, renamed: dict[str, str]) -> Any:
    """Content in which the ids of this reading are replaced by those known already."""
    if not renamed:
        return value
    if isinstance(value, dict):
        return {key: rename(inner, renamed) for key, inner in value.items()}
    if isinstance(value, list):
        return [rename(inner, renamed) for inner in value]
    return renamed.get(value, value) if isinstance(value, str) else value


def _relation_key(relation: Document) -> Any:
    ends = tuple(
        (member.get("entry") or member.get("label", ""), member.get("part") or "")
        for member in relation.get("members", ())
    )
    orders = tuple(sorted(str(one.get("order", "")) for one in relation.get("statements", ())))
    return relation["type"], ends, orders
