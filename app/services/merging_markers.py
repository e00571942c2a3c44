"""What an import makes of the records of a dictionary in Standard Format.

An entry is found again by lemma and homograph number under which it came before; among several by
its gloss, then by its place. One that was made here is found by lemma, number and gloss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from app.domain import diff
from app.formats.base import FoundRecord
from app.services.merging import Merger, rename
from app.services.merging_table import TableMerger
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

FORMATS = frozenset({"mdf"})


class MarkerMerger(TableMerger):
    """Merges entries, subentries and relations."""

    formats = FORMATS

    def ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """The operations for some records of one kind."""
        if found and found[0].kind == "document":
            yield from self._same_document(found[0])
        else:
            yield from Merger.ops(self, found)

    def _match(self, found: Sequence[FoundRecord]) -> dict[int, Document]:
        return {place: entry for place, (_, entry) in self._find(found).items()}

    def _find(self, found: Sequence[FoundRecord]) -> dict[int, tuple[Any, Document]]:
        told = [record.content["sources"][0]["id"] for record in found]
        by_source = self._by_sources(told)
        matched: dict[int, tuple[Any, Document]] = {}
        for place, record in enumerate(found):
            known = self._of_source(record, by_source.get(told[place], []))
            if known is None:
                known = self._of_form(record)
            if known is not None and known["_id"] not in self._seen:
                self._seen.add(known["_id"])
                matched[place] = ("source", known)
        return matched

    def _of_form(self, found: FoundRecord) -> Document | None:
        known = super()._of_form(found)
        return known if known is not None and self._is_made_here(known) else None

    def _completed(
        self,
        content: dict[str, Any],
        known: Document,
        base: dict[str, Any],
        renamed: dict[str, str],
    ) -> dict[str, Any]:
        """A found record whose residue names the members that are here."""
        content = dict(rename(content, renamed))
        if self._is_made_here(known):  # how a file writes it is nothing new
            content.pop("residue", None)
        return content

    def _same_document(self, found: FoundRecord) -> Iterator[Op]:
        """The source document: the one of the same name that was read before, as it is now."""
        self.report.filled += found.filled
        wanted = {"format": self.format_id, "name": found.content["name"]}
        known = self.desk.store.documents.find_one(
            {"project": self.desk.project_id, **wanted, "deleted": {"$ne": True}}
        )
        if known is None:
            yield Op("document", found.content["id"], "create", found.content)
            return
        self.renamed[found.content["id"]] = known["_id"]
        changes = diff.diff(content_of(known), {**found.content, "id": known["_id"]})
        if changes:
            yield Op("document", known["_id"], changes=changes)

    def _load_relations(self) -> None:
        if self._relations_loaded:
            return
        super()._load_relations()
        self._relations = {self._key(one): one for one in self._all_relations()}

    def _all_relations(self) -> Iterator[Document]:
        if not self._fresh:
            wanted = {"project": self.desk.project_id, "deleted": {"$ne": True}}
            yield from self.desk.store.relations.find(wanted)

    def _find_relation(self, content: dict[str, Any]) -> Document | None:
        """The project's relation of the same type with the same ends, by the same names."""
        return self._relations.get(self._key(content))

    @staticmethod
    def _key(relation: dict[str, Any]) -> Any:
        members = relation.get("members", ())
        ends = [(one.get("entry"), one.get("part"), one.get("label")) for one in members]
        return relation["type"], tuple(ends)
