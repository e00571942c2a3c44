"""Writing a project as LIFT: header, entries one by one, ranges, writing systems, media."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from app.domain.defaults import default_codes
from app.domain.errors import Invalid, NotFound
from app.domain.ids import uuid_of
from app.domain.text import first_plain
from app.formats.base import Contents
from app.formats.lift import ldml
from app.formats.lift.elements import EntryWriter
from app.formats.lift.header import HeaderWriter, is_described
from app.formats.lift.links import Links
from app.formats.lift.targets import MediaNames, Target
from app.formats.lift.values import (
    DEFAULT_VERSION,
    DIALECTS,
    FORMAT,
    RANGES_FORMAT,
    VERSIONS,
    Dict,
    lift_source,
)
from app.formats.xml import Element, parse_piece, without_bad_characters


class Writer:
    """Writes one project once.

    Args:
        contents: what to write.
        target: where to.
        options: `version` and `document`; see `app.formats.lift.format`.

    Raises:
        Invalid: an option has a value that is none.
        NotFound: there is no such document.
    """

    def __init__(self, contents: Contents, target: Target, options: dict[str, str]) -> None:
        self.contents, self.target = contents, target
        self.warnings: list[str] = []
        self.documents = list(contents.iter_records("document"))
        self.document = self._choose(options.get("document", ""))
        version = options.get("version") or self.document.get("version") or DEFAULT_VERSION
        if options.get("version") and version not in VERSIONS:
            raise Invalid(f"LIFT {version} cannot be written; choose from {', '.join(VERSIONS)}.")
        self.version = version if version in VERSIONS else DEFAULT_VERSION
        dialect = DIALECTS[self.version]
        tags = {ws.id: ws.tag for ws in contents.project.writing_systems}
        self.items = list(contents.iter_records("item"))
        codes = {item["id"]: item["code"] for item in self.items}
        self.media = MediaNames()
        self.header = HeaderWriter(dialect, tags, codes)
        self.entries = EntryWriter(dialect, tags, codes)
        self.entries.media = self.media.name
        self.links = Links(contents, self.items, self.entries, self.names)

    def write(self) -> list[str]:
        """Writes everything; returns what could not be said."""
        here, companions = self._sort_items()
        own = f"{self.target.stem}.lift-ranges"
        with self.target.open(f"{self.target.stem}.lift") as file:
            self._write_lift(file, here, companions, own)
        for place, (document, items) in enumerate(companions):
            name = own if place == 0 else str(document["name"])
            root = self.header.ranges_file(document, items)
            with self.target.open(name) as file:
                file.write(etree.tostring(root, encoding="utf-8", xml_declaration=True))
        if self.target.whole:
            self._write_companions()
        return self.warnings + self.links.warnings

    def names(self, content: Dict) -> tuple[str, str]:
        """Identifier and guid of an entry: as in its file, or made from its own id."""
        source = lift_source(content, self.document["id"])
        if source is not None:
            return source.get("id", ""), source.get("guid", "")
        guid = str(uuid_of(content["id"]))
        lemma = first_plain(content.get("lemma", {})) or first_plain(content.get("citation", {}))
        return f"{lemma}_{guid}", guid

    def _choose(self, wanted: str) -> Dict:
        found = [d for d in self.documents if d["format"] == FORMAT]
        if wanted:
            for document in found:
                if document["id"] == wanted:
                    return document
            raise NotFound(f"There is no LIFT document {wanted} in this project.")
        return found[0] if found else {"id": ""}

    def _is_given(self, item: Dict) -> bool:
        """Whether an item is one that every project begins with, as it was then.

        Such an item says nothing of the language; it is written only where no file was read.
        """
        untouched = not item.get("sources") and item.get("_rev", 1) == 1
        known = (item["list"], item["code"]) in default_codes()
        return untouched and known and bool(self.document["id"])

    def _sort_items(self) -> tuple[list[Dict], list[tuple[Dict, list[Dict]]]]:
        """Items for the header, and ranges files with theirs; the first also takes new items."""
        files = [
            (document, list[Dict]())
            for document in self.documents
            if document["format"] == RANGES_FORMAT
            and (lift_source(document) or {}).get("document") == self.document["id"]
        ]
        places = {document["id"]: items for document, items in files}
        here: list[Dict] = []
        places[self.document["id"]] = here
        rest: list[Dict] = []
        for item in self.items:
            documents = [source.get("document", "") for source in item.get("sources", ())]
            place = next((places[d] for d in documents if d in places), rest)
            if place is not rest or (is_described(item) and not self._is_given(item)):
                place.append(item)
        if rest and not files:
            files.append(({"name": ""}, []))
        if rest:
            files[0][1].extend(rest)
            self.header.companion = list(
                dict.fromkeys(self.header.dialect.range_of(item["list"]) for item in rest)
            )
        return here, files

    def _write_lift(
        self, file: IO[bytes], here: list[Dict], companions: list[Any], own: str
    ) -> None:
        definitions = self.contents.iter_records("field")
        href = own if companions else ""
        header = self.header.header(self.document, here, definitions, href)
        with etree.xmlfile(file, encoding="utf-8") as out:
            out.write_declaration()
            with out.element("lift", self._attributes()):
                out.write("\n")
                if header is not None:
                    out.write(header)
                    out.write("\n")
                self._write_entries(out)
                for piece in self._other_pieces():
                    out.write(piece)

    def _attributes(self) -> dict[str, str]:
        attributes = {}
        if self.document.get("version") or not self.document["id"] or self.version != "0.13":
            attributes["version"] = self.version
        if self.document.get("producer"):
            attributes["producer"] = self.document["producer"]
        for piece in self.document.get("residue", ()):
            if piece["format"] == FORMAT and piece.get("at", "").startswith("@"):
                attributes.setdefault(piece["at"][1:], piece["content"])
        return attributes

    def _other_pieces(self) -> Iterator[Element | str]:
        """What else stood in the file beside header and entries."""
        headers = 0
        for piece in self.document.get("residue", ()):
            at, content = piece.get("at", ""), piece["content"]
            if piece["format"] != FORMAT:
                continue
            if at == "text()":
                yield content
            elif not at:
                element = parse_piece(content)
                headers += element.tag == "header"
                if element.tag != "header" or headers > 1:
                    yield element

    def _write_entries(self, out: Any) -> None:
        self.entries.relations = self.links.write
        for content in self.contents.iter_records("entry"):
            self._write_entry(out, content, None)
        for content in self.contents.iter_deleted("entry"):
            if lift_source(content) is not None:
                self._write_entry(out, content, str(content.get("_deleted") or ""))

    def _write_entry(self, out: Any, content: Dict, deleted: str | None) -> None:
        names = self.names(content)
        try:
            element = self.entries.entry(content, *names, deleted)
        except ValueError:
            clean: Any = without_bad_characters(content)
            element = self.entries.entry(clean, *names, deleted)
            self.warnings.append(
                f"{first_plain(content.get('lemma', {}))}: control characters were left out."
            )
        out.write(element)
        out.write("\n")

    def _write_companions(self) -> None:
        for system in self.contents.project.writing_systems:
            with self.target.open(f"WritingSystems/{system.tag}.ldml") as file:
                file.write(ldml.write_writing_system(system))
        for (folder, name), stored in self.media.files.items():
            try:
                with (
                    self.contents.open_file(stored) as source,
                    self.target.open(f"{folder}/{name}") as file,
                ):
                    shutil.copyfileobj(source, file)
            except NotFound:
                self.warnings.append(f"The file “{name}” is not stored and was left out.")
