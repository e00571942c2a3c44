"""A file as a whole: its mapping, encoding, line ends and what stands before its records."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from app.domain.errors import Invalid, NotFound, Problem
from app.domain.ids import new_id
from app.domain.messages import say
from app.formats.base import Contents, Found, FoundProblem, FoundRecord, Names
from app.formats.standard_format import presets
from app.formats.standard_format.lines import (
    DEFAULT_ENCODING,
    Field,
    Scan,
    check_encoding,
    scan,
    written,
)
from app.formats.standard_format.mapping import (
    MEANINGS,
    MarkerMap,
    Systems,
    check_map,
    parse_map,
)
from app.formats.standard_format.shape import Line

Dict = dict[str, Any]


@dataclass
class Document:
    """A file to be read or written.

    Attributes:
        newline: how its lines end.
        bom: whether it begins with a mark of UTF-8.
        header: lines before its first record.
        begun: something was written to it.
        replaced: how many lines hold characters that their encoding lacks, by marker.
    """

    markers: MarkerMap
    path: Path = Path()
    id: str = field(default_factory=lambda: new_id("d"))
    scan: Scan = field(default_factory=Scan)
    newline: str = "\n"
    bom: bool = False
    header: list[Line] = field(default_factory=list)
    begun: bool = False
    replaced: dict[str, int] = field(default_factory=dict)

    def open(self, header: list[Field]) -> Iterator[Found]:
        """The source document, with what stands before the records."""
        for one in header:
            if not one.marker.startswith("_"):
                name = f"\\{one.marker}" if one.marker else "Text without a marker"
                what = f"{name} stands before the first record: it is kept as it is."
                yield FoundProblem(one.line, what)
        facts = {
            "newline": self.scan.newline,
            "bom": self.scan.bom,
            "header": [(one.marker, one.raw) for one in header],
            "mapping": self.markers.to_document(),
        }
        residue = [
            {
                "format": self.markers.format,
                "at": name,
                "content": json.dumps(value, ensure_ascii=False),
            }
            for name, value in facts.items()
        ]
        content = {
            "id": self.id,
            "format": self.markers.format,
            "name": self.path.name,
            "residue": residue,
        }
        yield FoundRecord("document", content, 1, None, len(header), 0)

    @contextmanager
    def create(self, path: Path) -> Iterator[BinaryIO]:
        """A new file, with its header."""
        with path.open("wb") as out:
            if self.bom and self.markers.encoding == DEFAULT_ENCODING:
                out.write(codecs.BOM_UTF8)
            if self.header:
                write_lines(out, self.header, self)
            yield out

    def warnings(self) -> list[str]:
        """What the encodings of the file could not say."""
        told = ", ".join(f"\\{one} ({n:,})" for one, n in self.replaced.items())
        what = f"Characters that the encoding lacks are written as question marks: {told}."
        return [what] if told else []


def open_to_read(path: Path, format_id: str, names: Names, options: Mapping[str, str]) -> Document:
    """A file to be read, with the mapping as it was chosen, else as it is guessed.

    Raises:
        Unreadable: it is no text, or no marker of it begins a record.
        Invalid: the mapping is wrong.
    """
    found = scan(path)
    systems = Systems.of(names.writing_systems.values())
    given = options.get("map", "")
    guessed = _guessed(found, format_id, systems, given, path.name)
    markers = parse_map(given, format_id, guessed) if given else guessed
    if encoding := options.get("encoding", ""):
        markers = MarkerMap(**{**vars(markers), "encoding": check_encoding(encoding)})
    for use in markers.markers.values():
        if use.ws:
            vernacular = MEANINGS[format_id][use.field].vernacular
            _writing_system(names, use.ws, vernacular)
    return Document(markers, path, scan=found)


def open_to_write(contents: Contents, format_id: str, options: Mapping[str, str]) -> Document:
    """A file to be written like the one that was read, else as is usual.

    Raises:
        NotFound: there is no such document.
        Invalid: the mapping is wrong.
    """
    wanted = options.get("document", "")
    known = [one for one in contents.iter_records("document") if one["format"] == format_id]
    if wanted:
        known = [one for one in known if one["id"] == wanted]
        if not known:
            raise NotFound(f"There is no document {wanted} of this format in this project.")
    systems = Systems.of(contents.project.writing_systems)
    preset = presets.preset(format_id, systems)
    document = Document(preset)
    if known:
        _like(document, known[0], preset)
    if given := options.get("map", ""):
        document.markers = _first(given, parse_map(given, format_id, document.markers))
    encoding = check_encoding(options.get("encoding") or document.markers.encoding)
    document.markers = MarkerMap(**{**vars(document.markers), "encoding": encoding})
    return document


def write_lines(out: BinaryIO, lines: Iterable[Line], document: Document) -> None:
    """Writes a record, and a blank line before it unless it is the first."""
    newline = document.newline.encode()
    if document.begun:
        out.write(newline)
    document.begun = True
    for marker, raw in lines:
        here = marker
        for line in (written(marker, raw) if marker else raw).split("\n"):
            if line.startswith("\\"):
                here = line[1:].partition(" ")[0]
            out.write(_encoded(line, here, document) + newline)


def _encoded(line: str, marker: str, document: Document) -> bytes:
    encoding = document.markers.encoding_of(marker)
    try:
        return line.encode(encoding)
    except UnicodeEncodeError:
        document.replaced[marker] = document.replaced.get(marker, 0) + 1
        return line.encode(encoding, "replace")


def _first(given: str, markers: MarkerMap) -> MarkerMap:
    """A mapping in which the markers that were given come before others for the same."""
    named = json.loads(given).get("markers", {})
    order = [*named, *(one for one in markers.markers if one not in named)]
    return MarkerMap(**{**vars(markers), "markers": {one: markers.markers[one] for one in order}})


def _like(document: Document, known: Dict, preset: MarkerMap) -> None:
    facts = {one["at"]: json.loads(one["content"]) for one in known.get("residue", ())}
    document.newline = facts.get("newline", "\n")
    document.bom = bool(facts.get("bom"))
    document.header = [(marker, raw) for marker, raw in facts.get("header", ())]
    if "mapping" in facts:
        found = facts["mapping"]
        markers = parse_map(json.dumps(found), preset.format, MarkerMap(preset.format, ""))
        rest = {
            one: use
            for one, use in preset.markers.items()
            if one not in markers.markers and not markers.find(use.field, use.ws, use.type)
        }
        document.markers = check_map(
            MarkerMap(**{**vars(markers), "markers": {**markers.markers, **rest}})
        )


def _guessed(found: Scan, format_id: str, systems: Systems, given: str, file: str) -> MarkerMap:
    """What the file tells, with the record's marker as it is chosen."""
    try:
        record = json.loads(given or "{}").get("record", "")
    except (ValueError, AttributeError):
        record = ""
    if record and record not in found.markers:
        told = " ".join(f"\\{one}" for one in list(found.markers)[:20]) or "none"
        what = say(
            "%(file)s: no record begins with \\%(marker)s; the file has: %(markers)s.",
            file=file,
            marker=record,
            markers=told,
        )
        raise Invalid(Problem("record", what))
    if record:
        chosen = Scan(**vars(found))
        return presets.guess(chosen, format_id, systems, file, record)
    return presets.guess(found, format_id, systems, file)


def _writing_system(names: Names, code: str, vernacular: bool) -> None:
    names.writing_system(code, vernacular=vernacular, analysis=not vernacular)
