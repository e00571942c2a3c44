"""Reading and writing interlinear texts: texts with their utterances, in their sequence.

A file is read three times: for its markers, for what each text says of speakers and recordings,
and for the utterances. Of a text only that is kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from app.domain import project as lists
from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.domain.ranks import spread
from app.formats.base import Contents, Found, FoundProblem, FoundRecord, Names
from app.formats.standard_format.document import Document, write_lines
from app.formats.standard_format.lines import Field, read_fields, records
from app.formats.standard_format.mapping import SKIP
from app.formats.standard_format.references import Occurrences
from app.formats.standard_format.shape import MORE, Line, Seen, lay, leftover_in, residue_of
from app.formats.standard_format.utterance_parts import (
    Setting,
    text_parts,
    utterance_parts,
)
from app.formats.standard_format.utterance_reader import (
    Draft,
    UtteranceReader,
    split_recording,
)
from app.formats.standard_format.values import Dict, Labels

FORMAT = "toolbox"
_UNNAMED = "!unnamed"  # residue of a text for which the file has no line


@dataclass
class _Head:
    """A text without its utterances.

    Attributes:
        fields: what the file says of it; empty where it has no line for texts.
        lines: how many utterances it has.
    """

    fields: list[Field]
    lines: int = 0
    speakers: dict[str, str] = field(default_factory=dict)
    recordings: dict[str, str] = field(default_factory=dict)


class TextReader:
    """Reads one file once."""

    def __init__(self, document: Document, names: Names, *, by_bytes: bool = False) -> None:
        self.document, self.names = document, names
        self.markers = document.markers
        self.utterances = UtteranceReader(names, self.markers)
        self.setting = Setting(self.markers, self.utterances.labels, by_bytes=by_bytes)
        heads = {one for one, use in self.markers.markers.items() if use.field == "text"}
        self.text_markers = frozenset(heads - {self.markers.record})
        self.persons: dict[str, str] = {}

    def read(self) -> Iterator[Found]:
        """The document; each text, after the people who speak in it and before its utterances."""
        with closing(Occurrences()) as self.occurrences:
            yield from self._read()

    def _read(self) -> Iterator[Found]:
        groups = self._groups()
        yield from self.document.open(next(groups))
        heads = iter(list(self._heads()))
        head: _Head | None = None
        number, text, key = 0, "", ""
        ranks: Iterator[str] = iter(())
        total = 0
        for group in groups:
            is_text = group[0].marker in self.text_markers
            if is_text or head is None:
                head = next(heads)
                ranks = iter(spread(head.lines))
                text, key, number = new_id("t"), self._key(head), 0
                yield from self._text(head, text, key)
            if not is_text:
                number, total = number + 1, total + 1
                place = {"text": text, "rank": next(ranks)}
                yield from self._utterance(group, head, place, key, number)
        if not total:
            what = f"No line of a text begins with \\{self.markers.record}."
            raise Unreadable(what, self.document.path.name, 1)

    def _groups(self) -> Iterator[list[Field]]:
        fields = read_fields(self.document.path, self.markers.encoding_of, self.document.scan)
        return records(fields, self.text_markers | {self.markers.record})

    def _heads(self) -> Iterator[_Head]:
        groups = self._groups()
        next(groups)
        head: _Head | None = None
        for group in groups:
            if group[0].marker in self.text_markers:
                if head is not None:
                    yield head
                head = _Head(group)
                continue
            head = head or _Head([])
            head.lines += 1
            for one in group:
                name = self.markers.use(one.marker).field
                if name == "speaker" and one.value and one.value not in head.speakers:
                    head.speakers[one.value] = self.persons.setdefault(one.value, new_id("h"))
                elif name == "recording" and one.value:
                    head.recordings.setdefault(split_recording(one.value)[0], new_id("m"))
        if head is not None:
            yield head

    def _key(self, head: _Head) -> str:
        return head.fields[0].value if head.fields else self.document.path.stem

    def _text(self, head: _Head, text: str, key: str) -> Iterator[Found]:
        for name, person in head.speakers.items():
            source = {"format": FORMAT, "document": self.document.id, "id": name}
            yield FoundRecord("person", {"id": person, "name": name, "sources": [source]})
        content: Dict = {"id": text}
        line = head.fields[0].line if head.fields else 1
        if head.fields:
            seen = self._said(head.fields, content)
        else:
            content["title"] = {self._title_ws(): self.document.path.stem}
            seen = []
        if head.speakers:
            content["speakers"] = list(head.speakers.values())
        if head.recordings:
            content["media"] = [{"id": one, "href": href} for href, one in head.recordings.items()]
        if not head.fields:
            content["residue"] = [{"format": FORMAT, "at": _UNNAMED, "content": ""}]
        elif residue := residue_of(FORMAT, seen, text_parts(content, self.setting), ()):
            content["residue"] = residue
        content["sources"] = [self._source(key)]
        if not head.lines:
            yield FoundProblem(line, f"The text “{key}” has no lines.", "note")
        leftover = leftover_in(seen)
        yield FoundRecord("text", content, line, None, len(seen) - leftover, leftover)

    def _title_ws(self) -> str:
        return self.utterances.ws or next(iter(self.names.writing_systems), "und")

    def _said(self, fields: list[Field], content: Dict) -> list[Seen]:
        """What a file says of a text."""
        head, ws = fields[0], self.markers.use(fields[0].marker).ws
        seen = [Seen("", "text", head.marker, head.raw)]
        titled = any(self.markers.use(one.marker).field == "title" and one.value for one in fields)
        if head.value:
            content["abbreviation" if titled else "title"] = {ws: head.value}
        for one in fields[1:]:
            use = self.markers.use(one.marker)
            if use.field == SKIP:
                continue
            key = use.key if not one.value and use.field != "keep" else ""
            if one.value and use.field in ("title", "source", "description"):
                text = content.setdefault(use.field, {})
                if use.ws not in text:
                    text[use.ws] = one.value
                    key = use.key
            elif one.value and use.field == "genre" and "genre" not in content:
                content["genre"] = self.names.labelled_item(lists.GENRES, one.value)
                key = use.key
            seen.append(Seen("", key, one.marker, one.raw))
        return seen

    def _utterance(
        self, group: list[Field], head: _Head, place: Dict, key: str, number: int
    ) -> Iterator[Found]:
        draft = self.utterances.read(group)
        content = draft.content | place
        self._point(draft, content, head)
        yield from draft.problems
        self.setting.persons = {one: name for name, one in self.persons.items()}
        self.setting.media = {one: href for href, one in head.recordings.items()}
        more = sum(1 for one in draft.seen if one.key == MORE)
        parts = utterance_parts(content, self.setting, more)
        if residue := residue_of(FORMAT, draft.seen, parts, ()):
            content["residue"] = residue
        label = content.get("label") or str(number)
        content["sources"] = [self._source(f"{key}#{label}")]
        leftover = leftover_in(draft.seen)
        filled = len(draft.seen) - leftover
        yield FoundRecord("utterance", content, draft.line, None, filled, leftover)

    def _point(self, draft: Draft, content: Dict, head: _Head) -> None:
        if draft.speaker:
            content["speaker"] = self.persons[draft.speaker]
        if draft.recording and "time" in content:
            content["time"]["recording"] = head.recordings[draft.recording]

    def _source(self, key: str) -> Dict:
        source: Dict = {"format": FORMAT, "document": self.document.id, "id": key}
        if before := self.occurrences.add(key.lower()):
            source["occurrence"] = before
        return source


class TextWriter:
    """Writes the texts of a project once.

    Args:
        chosen: id of the document whose texts are written; empty for all texts.
    """

    def __init__(
        self, contents: Contents, document: Document, chosen: str, *, by_bytes: bool, spaced: bool
    ) -> None:
        self.contents, self.document, self.chosen = contents, document, chosen
        items = {item["id"]: item for item in contents.iter_records("item")}
        labels = Labels(
            {one: item["code"] for one, item in items.items()},
            {one: item.get("abbreviation") or {} for one, item in items.items()},
        )
        persons = {one["id"]: one["name"] for one in contents.iter_records("person")}
        self.setting = Setting(document.markers, labels, persons, by_bytes=by_bytes, spaced=spaced)

    def write(self, path: Path) -> list[str]:
        """Writes the file; returns what could not be said."""
        with self.document.create(path) as out:
            for text in self._texts():
                self._write(out, text)
        told = ", ".join(f"{what}: {n:,}" for what, n in self.setting.unsaid.items())
        what = f"The mapping has no marker for these, which are left out: {told}."
        return [*([what] if told else ()), *self.document.warnings()]

    def _texts(self) -> Iterator[Dict]:
        for text in self.contents.iter_records("text"):
            documents = [source.get("document") for source in text.get("sources", ())]
            if not self.chosen or self.chosen in documents:
                yield text
        if not self.chosen and next(iter(self.contents.iter_utterances(None)), None) is not None:
            yield {"id": "", "title": {self.setting.ws: "Sentences"}}

    def _write(self, out: BinaryIO, text: Dict) -> None:
        if not any(one.get("at") == _UNNAMED for one in text.get("residue", ())):
            parts = text_parts(text, self.setting)
            lines = lay(FORMAT, text.get("residue", ()), parts, {})
            write_lines(out, lines, self.document)
        self.setting.media = {one["id"]: one.get("href", "") for one in text.get("media", ())}
        for content in self.contents.iter_utterances(text["id"] or None):
            write_lines(out, self._lines(content), self.document)

    def _lines(self, content: Dict) -> list[Line]:
        residue: Iterable[Any] = content.get("residue", ())
        more = sum(one.get("content", "").count(f'"{MORE}"') for one in residue)
        return lay(FORMAT, residue, utterance_parts(content, self.setting, more), {})
