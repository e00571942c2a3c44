"""What an import makes of the rows of a CLDF dataset.

A record is found again by the id that its row had in that dataset, or by its own id where the row
was written here. Rows say a part of a record only: what they have no column for stays, and what a
dataset does not have any more stays too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from app.domain import diff, parts
from app.domain.kinds import KINDS
from app.formats.base import FoundRecord
from app.formats.cldf.reader import own_id
from app.services.desk import Desk
from app.services.import_report import Report
from app.services.merging import Merger, rename
from app.services.merging_texts import TextMerger
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

FORMAT = "cldf"
_KINDS = ("entry", "text", "utterance")


class DatasetMerger(TextMerger):
    """Merges texts, utterances and entries."""

    def __init__(self, desk: Desk, report: Report) -> None:
        super().__init__(desk, FORMAT, report)
        here = {"project": desk.project_id}
        collections = [desk.store[KINDS[kind].collection] for kind in _KINDS]
        self._fresh = all(one.find_one(here, {"_id": 1}) is None for one in collections)

    def ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """The operations for some records of one kind."""
        kind = found[0].kind if found else ""
        if kind == "document":
            yield from self._same_document(found[0])
        elif kind in _KINDS:
            yield from self._row_ops(found)
        else:
            yield from Merger.ops(self, found)

    def _row_ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        known = {} if self._fresh else self._match(found)
        bases = self._bases(known.values())
        for place, here in known.items():
            self.renamed[found[place].content["id"]] = here["_id"]
        self._place(found, known)
        for place, record in enumerate(found):
            self.report.filled += record.filled
            self.report.leftover += record.leftover
            if place in known:
                yield from self._known_ops(record, known[place], bases)
            else:
                record.content.update(rename(record.content, self.renamed))
                yield from self._entry_ops(record, None, {})

    def _known_ops(
        self, found: FoundRecord, known: Document, bases: dict[str, dict[str, Any]]
    ) -> Iterator[Op]:
        """What a row changes of a record: since it was read last, or against what is there."""
        assert found.lay is not None
        self._seen.add(known["_id"])
        if self._is_closed(found, known):
            return
        from_source = not self._is_made_here(known)
        whole = bases.get(known["_id"]) if from_source else None
        whole = whole or content_of(known)
        closed = self._closed.get(known["_id"], set())
        base = parts.without(whole, closed) if closed else whole
        laid = rename(found.lay(base, False).content, self.renamed)
        self._tie_new(base, laid)
        changes = diff.diff(base, laid)
        if known.get("deleted"):
            fields = ["deleted here, changed there"] if changes else []
            outcome = "conflict" if changes else "unchanged"
            self.report.note(found.kind, outcome, found, fields=fields)
            return
        _, done, conflicts = diff.apply(content_of(known), changes)
        outcome = "conflict" if conflicts else "changed" if done else "unchanged"
        told = [one.path for one in conflicts] or [one.path for one in done]
        self.report.note(found.kind, outcome, found, fields=["/".join(path) for path in told])
        if done:
            content = diff.apply(whole, changes)[0] if closed else laid
            delivered = content if from_source else None
            yield Op(
                found.kind, known["_id"], changes=done, base_rev=known["rev"], delivered=delivered
            )

    def _match(self, found: Sequence[FoundRecord]) -> dict[int, Document]:
        """The project's record for each row, by its id in the dataset, else by its own."""
        told = [record.content["sources"][0]["id"] for record in found]
        own = [own_id(one) for one in told]
        collection = self.desk.store[KINDS[found[0].kind].collection]
        either = [{"sources.id": {"$in": told}}, {"_id": {"$in": [one for one in own if one]}}]
        by_source: dict[str, Document] = {}
        by_id: dict[str, Document] = {}
        for one in collection.find({"project": self.desk.project_id, "$or": either}).sort("_id", 1):
            by_id[one["_id"]] = one
            for source in one.get("sources", ()):
                if source.get("format") == FORMAT:
                    by_source.setdefault(source.get("id", ""), one)
        matched = {}
        for place, key in enumerate(told):
            known = by_source.get(key) or by_id.get(own[place])
            if known is not None and known["_id"] not in self._seen:
                matched[place] = known
        return matched

    def _place(self, found: Sequence[FoundRecord], known: dict[int, Document]) -> None:
        """Gives lines of texts their ranks, and new lines their ties to the lexicon."""
        if found[0].kind != "utterance":
            return
        inside = [place for place, one in enumerate(found) if one.content.get("text")]
        if inside:
            again = {new: known[old] for new, old in enumerate(inside) if old in known}
            self._place_and_tie([found[place] for place in inside], again)
        alone = (one for one in found if not one.content.get("text"))
        self._linker.link(word for one in alone for word in one.content.get("words", ()))

    def _tie_new(self, base: dict[str, Any], laid: dict[str, Any]) -> None:
        before = {one["id"] for one in _morphs(base)}
        self._linker.tie(one for one in _morphs(laid) if one["id"] not in before)

    def _same_document(self, found: FoundRecord) -> Iterator[Op]:
        """The dataset itself: the one of the same name that was read before, as it is now."""
        self.report.filled += found.filled
        wanted = {"format": FORMAT, "name": found.content["name"], "deleted": {"$ne": True}}
        known = self.desk.store.documents.find_one({"project": self.desk.project_id, **wanted})
        if known is None:
            yield Op("document", found.content["id"], "create", found.content)
            return
        self.renamed[found.content["id"]] = known["_id"]
        changes = diff.diff(content_of(known), {**found.content, "id": known["_id"]})
        if changes:
            yield Op("document", known["_id"], changes=changes)


def _morphs(utterance: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for word in utterance.get("words", ()):
        for analysis in word.get("analyses", ()):
            yield from analysis.get("morphs", ())
