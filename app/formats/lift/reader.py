"""Reading a LIFT file with its companions: header, entries, ranges, writing systems, media."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.formats.base import Found, FoundFile, FoundProblem, FoundRecord, Names
from app.formats.lift import ldml
from app.formats.lift.entries import EntryReader
from app.formats.lift.package import Package
from app.formats.lift.ranges import RangeReader
from app.formats.lift.relations import Identifiers, iter_relations
from app.formats.lift.values import FORMAT, RANGES_FORMAT, VERSIONS, Dict, dialect_of
from app.formats.xml import (
    Element,
    attributes_of,
    check_prolog,
    count,
    iter_elements,
    line_of,
    parse,
)


class Reader:
    """Reads one package once.

    Entries are read one at a time and let go; of each, only its identifiers and the relations
    that it states stay in memory.
    """

    def __init__(self, package: Package, names: Names) -> None:
        self.package = package
        self.names = names
        self.file = package.lift.name
        self.document: Dict = {"id": new_id("d"), "format": FORMAT, "name": self.file}
        self.identifiers = Identifiers()
        self._files: set[str] = set()
        self._counted = [0, 0]
        self._companions: dict[str, int] = {}

    def read(self) -> Iterator[Found]:
        """Everything that the package holds; the document last, as it is known only then."""
        for path in self.package.writing_systems:
            yield from ldml.find_writing_system(path, self.names)
        check_prolog(self.package.lift, "lift")
        elements = iter_elements(self.package.lift, ("lift", "header", "entry"))
        with closing(elements) as events, closing(self.identifiers):
            yield from self._read(events)

    def _read(self, events: Iterator[tuple[str, Element]]) -> Iterator[Found]:
        _, root = next(events)
        yield from self._open(root)
        done: Element | None = None
        for event, el in events:
            if event == "start" or (el is not root and el.getparent() is not root):
                continue
            if done is not None:
                root.remove(done)
                done = None
            if el.tag == "entry":
                yield from self._entry(el)
                done = el
            elif el.tag == "header":
                yield from self._header(el)
                done = el
        if done is not None:
            root.remove(done)
        yield from self._close(root)

    def _open(self, root: Element) -> Iterator[Found]:
        version = root.get("version")
        if version is None:
            yield FoundProblem(line_of(root), "The file does not say its version of LIFT.")
        elif not re.fullmatch(r"\d+(\.\d+)*", version.strip()):
            what = f"“{version}” is no version of LIFT."
            raise Unreadable(what, self.file, line_of(root), 1)
        elif version not in VERSIONS:
            what = f"Version {version} of LIFT is not known; it is read like the nearest one."
            yield FoundProblem(line_of(root), what)
        if version is not None:
            self.document["version"] = version
        if root.get("producer"):
            self.document["producer"] = root.get("producer")
        self.dialect = dialect_of(version or "")
        self.entries = EntryReader(self.names, self.dialect, self.file)
        self.ranges = RangeReader(self.names, self.dialect, self.file)
        for name, value in attributes_of(root):
            if name != "version" and (name != "producer" or not value):
                self.entries.keep_attribute(self.document, "", name, value)

    def _header(self, header: Element) -> Iterator[Found]:
        for range_element in header.iterfind("ranges/range"):
            if href := range_element.get("href"):
                self._companions.setdefault(href, line_of(range_element))
        yield from self._companion_files()
        total = count(header)
        rest = self.ranges.header(header, self.document["id"])
        filled, leftover = self._take_count(total)
        self._counted = [self._counted[0] + filled, self._counted[1] + leftover]
        self.document.setdefault("residue", []).append(rest)
        yield from self.ranges.known
        self.ranges.known.clear()

    def _companion_files(self) -> Iterator[Found]:
        """The ranges files, found by name wherever the header says that they lie."""
        read = set()
        for href, line in (*self._companions.items(), ("", 0)):
            path = self.package.find_ranges(href)
            if path is not None and path not in read:
                read.add(path)
                root = parse(path, "lift-ranges")
                document: Dict = {
                    "id": new_id("d"),
                    "format": RANGES_FORMAT,
                    "name": path.name,
                    "sources": [
                        {"format": FORMAT, "document": self.document["id"], "id": path.name}
                    ],
                }
                if "version" in self.document:
                    document["version"] = self.document["version"]
                total = count(root)
                document["residue"] = [self.ranges.ranges_file(root, document["id"])]
                filled, leftover = self._take_count(total)
                yield FoundRecord("document", document, 0, None, filled, leftover)
            elif path is None and href and not read:
                name = re.split(r"[/\\]", href)[-1]
                yield FoundProblem(line, f"The ranges file “{name}” is not there.", "note")
                break

    def _entry(self, el: Element) -> Iterator[Found]:
        total = count(el)
        before = self.entries.leftover
        content, deleted = self.entries.entry(el)
        line = line_of(el)
        source: Dict = {"format": FORMAT, "document": self.document["id"]}
        identifier, guid = content.pop("identifier", ""), content.pop("guid", "")
        if identifier:
            source["id"] = identifier
        if guid:
            source["guid"] = guid
        if occurrence := self.identifiers.add_entry(identifier or guid, content["id"]):
            source["occurrence"] = occurrence
        content["sources"] = [source]
        yield from self._identify(content["id"], identifier, guid, line, occurrence)
        leftover = self.entries.leftover - before
        yield FoundRecord("entry", content, line, deleted, total - leftover, leftover)
        for href in self.entries.files:
            yield from self._find_file(href)
        self.entries.files.clear()

    def _identify(
        self, entry: str, identifier: str, guid: str, line: int, occurrence: int
    ) -> Iterator[Found]:
        """Notes the guid and the senses of an entry; tells what others before had already."""
        if identifier and occurrence:
            yield FoundProblem(line, f"Another entry before has the id “{identifier}”.")
        doubled = bool(occurrence)
        if identifier and guid and guid != identifier:
            doubled = bool(self.identifiers.add_entry(guid, entry))
        if guid and guid != identifier and doubled:
            yield FoundProblem(line, f"Another entry before has the guid “{guid}”.")
        for identifier, sense, place in self.entries.senses:
            if identifier and not self.identifiers.add_sense(identifier, entry, sense):
                yield FoundProblem(place, f"Another sense before has the id “{identifier}”.")

    def _find_file(self, href: str) -> Iterator[Found]:
        if href not in self._files:
            self._files.add(href)
            path = self.package.find_file(href)
            if path is not None:
                yield FoundFile(href, path)

    def _close(self, root: Element) -> Iterator[Found]:
        if not self._companions:
            yield from self._companion_files()
        total = 1 + len(root.keys())
        for child in root:
            if child.tag != "entry":
                total += count(child)
                self.entries.keep(self.document, "", child)
        self.entries.begin(root)
        if self.entries.mixed:
            self.entries.keep_text(self.document, "", root)
        yield from iter_relations(
            self.entries.stated,
            self.identifiers,
            self.names,
            self.document["id"],
            self.ranges.natures,
        )
        for reader in (self.entries, self.ranges):
            reader.note_roles()
        own = sum(
            1 for piece in self.document.get("residue", ()) if piece.get("at", "").startswith("@")
        )
        filled, leftover = self._counted[0] + total - own, self._counted[1] + own
        yield FoundRecord("document", self.document, line_of(root), None, filled, leftover)

    def _take_count(self, total: int) -> tuple[int, int]:
        leftover = self.ranges.leftover
        self.ranges.leftover = 0
        return total - leftover, leftover
