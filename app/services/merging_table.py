"""What an import makes of the rows of a table.

An entry is found again by its id in this project; by the id, or lemma and homograph number, under
which a table brought it before; and, where the table has no ids, by lemma, homograph number and
gloss. A table says a part of an entry only: what it has no column for stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from app.domain import diff, parts
from app.domain.ids import is_id
from app.domain.text import plain
from app.formats.base import FoundRecord
from app.services.desk import Desk
from app.services.import_report import Report
from app.services.merging import Merger
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

FORMATS = frozenset({"csv", "xlsx"})
How = Literal["id", "source", "form"]
_ENTRY = {"_id": 1, "lemma": 1}


class TableMerger(Merger):
    """Merges the entries of a table.

    Attributes:
        formats: those of which one is found again in another.
    """

    formats = FORMATS

    def __init__(self, desk: Desk, format_id: str, report: Report) -> None:
        super().__init__(desk, format_id, report)
        self._forms: dict[tuple[str, str], list[str]] | None = None

    def ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """The operations for some records of one kind."""
        if found and found[0].kind == "document":
            yield from self._document_again(found[0])
        elif found and found[0].kind == "entry":
            known = {} if self._fresh else self._find(found)
            bases = self._bases([one for _, one in known.values()])
            for place, record in enumerate(found):
                self.report.filled += record.filled
                if place in known:
                    how, entry = known[place]
                    base = bases.get(entry["_id"]) if how == "source" else None
                    yield from self._row_ops(record, how, entry, base or content_of(entry))
                else:
                    yield from self._entry_ops(record, None, {})
        else:
            yield from super().ops(found)

    def unused_defaults(self, brought: set[str]) -> Iterator[Op]:
        """Nothing: a table uses the lists that are there.

        Args:
            brought: lists in which the file made items.
        """
        yield from ()

    def _document_again(self, found: FoundRecord) -> Iterator[Op]:
        """The source document: the one of the same name that was read before, if there is one."""
        wanted = {"project": self.desk.project_id, "format": {"$in": sorted(self.formats)}}
        name = found.content["name"].rpartition(".")[0]
        for known in self.desk.store.documents.find({**wanted, "deleted": {"$ne": True}}):
            if known["name"].rpartition(".")[0] == name:
                self.renamed[found.content["id"]] = known["_id"]
                return
        yield Op("document", found.content["id"], "create", found.content)

    def _entry_ops(
        self, found: FoundRecord, known: Document | None, base: dict[str, Any]
    ) -> Iterator[Op]:
        """A new entry, which points at the document that is kept."""
        for source in found.content["sources"]:
            source["document"] = self.renamed.get(source["document"], source["document"])
        yield from super()._entry_ops(found, known, base)

    def _row_ops(
        self, found: FoundRecord, how: How, known: Document, base: dict[str, Any]
    ) -> Iterator[Op]:
        """What rows change of an entry: since they were read last, or against what is there."""
        assert found.lay is not None
        self._seen.add(known["_id"])
        if self._is_closed(found, known):
            return
        closed = self._closed.get(known["_id"], set())
        whole, base = base, parts.without(base, closed)
        laid = found.lay(base, how == "form")
        changes = diff.diff(base, laid.content)
        left = ["/".join(part for part in path if part) for path in laid.left]
        if known.get("deleted"):
            fields = ["deleted here, changed there"] if changes else []
            self.report.note("entry", "conflict" if changes else "unchanged", found, fields=fields)
            return
        _, done, conflicts = diff.apply(content_of(known), changes)
        left += ["/".join(conflict.path) for conflict in conflicts]
        outcome = "conflict" if left else "changed" if done else "unchanged"
        fields = left or ["/".join(change.path) for change in done]
        self.report.note("entry", outcome, found, fields=fields)
        if done:
            content = diff.apply(whole, changes)[0] if closed else laid.content
            delivered = content if how == "source" else None
            yield Op(
                "entry", known["_id"], changes=done, base_rev=known["rev"], delivered=delivered
            )

    def _find(self, found: Sequence[FoundRecord]) -> dict[int, tuple[How, Document]]:
        """The project's entry for each found one, and how it was found."""
        told = [record.content["sources"][0]["id"] for record in found]
        by_id = self._by_ids(one for one in told if is_id(one))
        by_source = self._by_sources(told)
        matched: dict[int, tuple[How, Document]] = {}
        for place, record in enumerate(found):
            how: How = "id"
            known = by_id.get(told[place])
            if known is None:
                how, known = "source", self._of_source(record, by_source.get(told[place], []))
            if known is None and "\x1f" in told[place]:
                how, known = "form", self._of_form(record)
            if known is not None and known["_id"] not in self._seen:
                self._seen.add(known["_id"])
                matched[place] = (how, known)
        return matched

    def _by_ids(self, ids: Iterable[str]) -> dict[str, Document]:
        wanted = {"project": self.desk.project_id, "_id": {"$in": list(ids)}}
        return {one["_id"]: one for one in self.desk.store.entries.find(wanted)}

    def _by_sources(self, ids: list[str]) -> dict[str, list[Document]]:
        wanted = {"project": self.desk.project_id, "sources.id": {"$in": ids}}
        found: dict[str, list[Document]] = {}
        for entry in self.desk.store.entries.find(wanted):
            for source in entry.get("sources", ()):
                if source.get("format") in self.formats:
                    found.setdefault(source.get("id", ""), []).append(entry)
        return found

    def _of_source(self, found: FoundRecord, candidates: list[Document]) -> Document | None:
        """Among entries with the same id or form: from the same file or of the same lemma.

        Of several, the one with the same gloss, else the one at the same place.
        """
        source = found.content["sources"][0]
        document = self.renamed.get(source["document"], source["document"])
        free = [
            one
            for one in candidates
            if one["_id"] not in self._seen
            and (_is_from(one, document) or _forms(one) & _forms(found.content))
        ]
        if len(free) > 1:
            alike = [one for one in free if _glosses(one) & _glosses(found.content)]
            occurrence = source.get("occurrence", 0)
            placed = [one for one in free if _occurrence(one, source["id"]) == occurrence]
            free = alike if len(alike) == 1 else placed or alike
        return free[0] if free else None

    def _of_form(self, found: FoundRecord) -> Document | None:
        """The only entry with the same lemma and homograph number whose gloss is no other."""
        ids = {one for form in _forms(found.content) for one in self._index().get(form, ())}
        glosses = _glosses(found.content)
        free = [
            one
            for one in self._by_ids(ids - self._seen).values()
            if not one.get("deleted")
            and one.get("homograph") == found.content.get("homograph")
            and (not glosses or not _glosses(one) or glosses & _glosses(one))
        ]
        return free[0] if len(free) == 1 else None

    def _index(self) -> dict[tuple[str, str], list[str]]:
        """The entries by their lemmas, read once."""
        if self._forms is None:
            self._forms = {}
            wanted = {"project": self.desk.project_id, "deleted": {"$ne": True}}
            for entry in self.desk.store.entries.find(wanted, _ENTRY):
                for form in _forms(entry):
                    self._forms.setdefault(form, []).append(entry["_id"])
        return self._forms


def _forms(entry: dict[str, Any]) -> set[tuple[str, str]]:
    return {(ws, plain(text)) for ws, text in (entry.get("lemma") or {}).items() if plain(text)}


def _glosses(entry: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (ws, plain(text))
        for sense in entry.get("senses") or ()
        for ws, text in (sense.get("gloss") or {}).items()
        if plain(text)
    }


def _is_from(entry: Document, document: str) -> bool:
    return any(source.get("document") == document for source in entry.get("sources", ()))


def _occurrence(entry: Document, key: str) -> int:
    """The place of an entry among those that came under the same id."""
    sources = entry.get("sources", ())
    return next((one.get("occurrence", 0) for one in sources if one.get("id") == key), 0)
