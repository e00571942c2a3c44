"""What an import makes of texts, their utterances and who speaks in them.

A record is found again by its guid in the source, or by its place where it has none. Utterances
keep the ranks that they have here as far as their sequence is the same; new ones are put between.
Morphs are tied to the lexicon when they come in, and keep their ties when they come again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from app.domain.diff import same
from app.domain.kinds import KINDS
from app.domain.ranks import between
from app.formats.base import FoundRecord
from app.services.desk import Desk
from app.services.import_report import Report
from app.services.linking import Linker
from app.services.merging import Merger, rename
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

FORMATS = frozenset({"flextext", "toolbox", "blocks", "conllu"})
_LIVE: Document = {"deleted": {"$ne": True}}
_TOLD = ("form", "gloss", "lemma", "homograph")
_TIES = ("entry", "sense", "allomorph")
_Key = tuple[str, int]


class TextMerger(Merger):
    """Merges texts and utterances."""

    def __init__(self, desk: Desk, format_id: str, report: Report) -> None:
        super().__init__(desk, format_id, report)
        here = {"project": desk.project_id, "sources.format": format_id}
        self._fresh = desk.store.texts.find_one(here, {"_id": 1}) is None
        self._linker = Linker(desk)
        self._made = False
        self._last: dict[str, str] = {}  # the rank of the utterance before, by text

    def ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """The operations for some records of one kind."""
        kind = found[0].kind if found else ""
        if kind == "person":
            yield from self._person_ops(found)
        elif kind == "document":
            yield from self._document_again(found[0])
        elif kind in ("text", "utterance"):
            yield from self._text_ops(found)
        else:
            yield from super().ops(found)

    def gone(self) -> Iterator[Op]:
        """Nothing: what a file does not have any more stays here."""
        yield from ()

    def unused_defaults(self, brought: set[str]) -> Iterator[Op]:
        """Nothing: texts use the lists that are there.

        Args:
            brought: lists in which the file made items.
        """
        yield from ()

    def _text_ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        kind = found[0].kind
        known = {} if self._fresh else self._match(found)
        bases = self._bases(known.values())
        shared = dict(self.renamed)
        self._place_and_tie(found, known)
        for place, record in enumerate(found):
            self.report.filled += record.filled
            self.report.leftover += record.leftover
            here = known.get(place)
            base = (bases.get(here["_id"]) or content_of(here)) if here else {}
            if here is None:
                self._made = True
                record.content.update(rename(record.content, self.renamed))
            yield from self._entry_ops(record, here, base)
        if kind == "utterance":  # nothing else names what is inside of them
            self.renamed = shared

    def _match(self, found: Sequence[FoundRecord]) -> dict[int, Document]:
        """The project's record for each found one, by guid or place and by occurrence."""
        sources = [record.content["sources"][0] for record in found]
        guids = [source["guid"] for source in sources if source.get("guid")]
        ids = [source["id"] for source in sources if source.get("id")]
        either = [{"sources.guid": {"$in": guids}}, {"sources.id": {"$in": ids}}]
        collection = self.desk.store[KINDS[found[0].kind].collection]
        by_key: dict[_Key, Document] = {}
        for one in collection.find({"project": self.desk.project_id, "$or": either}).sort("_id", 1):
            for source in one.get("sources", ()):
                if source.get("format") == self.format_id:
                    by_key.setdefault(_key(source), one)
        matched = {}
        for place, source in enumerate(sources):
            known = by_key.get(_key(source))
            if known is not None and known["_id"] not in self._seen:
                matched[place] = known
        return matched

    def _place_and_tie(self, found: Sequence[FoundRecord], known: dict[int, Document]) -> None:
        """Gives utterances their ranks, and the new ones their ties to the lexicon."""
        if found[0].kind != "utterance":
            return
        new = [record for place, record in enumerate(found) if place not in known]
        self._linker.link(word for one in new for word in one.content.get("words", ()))
        again = (found[place] for place in known)
        self._linker.read_ahead(word for one in again for word in one.content.get("words", ()))
        coming: list[dict[str, Any]] = []
        for place, record in enumerate(found):
            content = record.content
            text = self.renamed.get(content["text"])
            if text is None:  # a new text: its utterances have the ranks of the file
                continue
            rank = str(known[place].get("rank", "")) if place in known else ""
            if rank > self._last.get(text, ""):
                self._insert(coming, text, rank)
                self._last[text] = content["rank"] = rank
            else:
                if coming and coming[-1]["text"] != content["text"]:
                    self._insert(coming, self.renamed[coming[-1]["text"]], None)
                coming.append(content)
        if coming:
            self._insert(coming, self.renamed[coming[-1]["text"]], None)

    def _insert(self, coming: list[dict[str, Any]], text: str, before: str | None) -> None:
        """Gives ranks to utterances that come after the last one, and before another.

        Args:
            before: its rank; None for the next one that is here.
        """
        if not coming:
            return
        last = self._last.get(text, "")
        if before is None:
            wanted = {"project": self.desk.project_id, "text": text, "rank": {"$gt": last}, **_LIVE}
            after = self.desk.store.utterances.find_one(wanted, {"rank": 1}, sort=[("rank", 1)])
            before = after["rank"] if after else None
        for content, rank in zip(coming, _ranks(last, before, len(coming)), strict=True):
            content["rank"] = self._last[text] = rank
        coming.clear()

    def _completed(
        self,
        content: dict[str, Any],
        known: Document,
        base: dict[str, Any],
        renamed: dict[str, str],
    ) -> dict[str, Any]:
        content = dict(rename(content, renamed))
        if "rank" in content and content["rank"] == known.get("rank"):
            content["rank"] = base.get("rank", content["rank"])  # where it is here, it stays
        if "words" not in content:
            return content
        told, here = _morphs(base), _morphs(known)
        loose = []
        for morph in _morphs(content).values():
            before = told.get(morph["id"], {})
            alike = all(same(before.get(key), morph.get(key)) for key in _TOLD)
            if alike and before.get("entry"):
                morph |= {key: before[key] for key in _TIES if key in before}
            elif not alike or not here.get(morph["id"], {}).get("entry"):
                loose.append(morph)
        self._linker.tie(loose)
        return content

    def _person_ops(self, found: Sequence[FoundRecord]) -> Iterator[Op]:
        """Who speaks: the person who came under this name or has it, else a new one."""
        for record in found:
            name = record.content["name"]
            came = {"sources": {"$elemMatch": {"format": self.format_id, "id": name}}}
            wanted = {"project": self.desk.project_id, "$or": [came, {"name": name}], **_LIVE}
            known = self.desk.store.people.find_one(wanted, sort=[("_id", 1)])
            if known is not None:
                self.renamed[record.content["id"]] = known["_id"]
                self.report.note("person", "unchanged", record)
            else:
                self.report.note("person", "new", record)
                content = rename(record.content, self.renamed)
                yield Op("person", content["id"], "create", content)

    def _document_again(self, found: FoundRecord) -> Iterator[Op]:
        """The source document, unless it was read before and nothing new came with it."""
        self.report.filled += found.filled
        self.report.leftover += found.leftover
        wanted = {"format": self.format_id, "name": found.content["name"]}
        known = self.desk.store.documents.find_one(
            {"project": self.desk.project_id, **wanted, **_LIVE}, {"_id": 1}
        )
        if known is None or self._made:
            yield Op("document", found.content["id"], "create", found.content)


def _ranks(left: str, right: str | None, count: int) -> list[str]:
    """Ranks between two others, for so many things in order."""
    if not count:
        return []
    middle, before = between(left, right), count // 2
    return [*_ranks(left, middle, before), middle, *_ranks(middle, right, count - before - 1)]


def _key(source: dict[str, Any]) -> _Key:
    return str(source.get("guid") or source.get("id", "")).lower(), source.get("occurrence", 0)


def _morphs(utterance: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The morphs of an utterance by id."""
    return {
        morph["id"]: morph
        for word in utterance.get("words", ())
        for analysis in word.get("analyses", ())
        for morph in analysis.get("morphs", ())
    }
