"""Reading CoNLL-U: each text, after who speaks in it, before its sentences."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.domain import project as lists
from app.domain.errors import Invalid, Problem, Unreadable
from app.domain.ids import new_id
from app.domain.project import Direction
from app.domain.ranks import spread
from app.formats.base import Found, FoundRecord, Names
from app.formats.conllu.columns import COUNT
from app.formats.conllu.sentences import Sentence, read_sentence
from app.formats.conllu.words import FORMAT, Content, Languages, keep
from app.formats.plain_lines import blocks, read_lines
from app.formats.text_setting import choose_systems

UNNAMED = "unnamed"  # residue of a text for which the file has no `newdoc`
_TAGGED = re.compile(r"([a-z]{2,3})_[a-z0-9]+-")


@dataclass
class _Head:
    """A text without its sentences.

    Attributes:
        name: its identifier; None where the file has none.
        paragraphs: ids, for as many as begin.
    """

    id: str
    name: str | None
    line: int
    count: int = 0
    speakers: dict[str, str] = field(default_factory=dict)
    paragraphs: list[str] = field(default_factory=list)


class Reader:
    """Reads one file once.

    Args:
        options: `ws`, `gloss`, `pos`; see `app.formats.conllu.format`.

    Raises:
        Invalid: `pos` is none of the two columns.
    """

    def __init__(self, path: Path, names: Names, options: Mapping[str, str]) -> None:
        self.path, self.names = path, names
        pos = options.get("pos", "upos")
        if pos not in ("upos", "xpos"):
            raise Invalid(Problem("pos", "The parts of speech are in “upos” or “xpos”."))
        tag = found[1] if (found := _TAGGED.match(path.name.lower())) else ""
        ws, gloss = choose_systems(names, options, tag)
        base = names.writing_systems[ws].tag.split("-")[0]
        self.languages = Languages(ws, gloss, f"{base}-Latn", pos)
        self.document: Content = {"id": new_id("d"), "format": FORMAT, "name": path.name}
        self.persons: dict[str, str] = {}
        self._tags: set[str] = set()
        self._seen: Counter[str] = Counter()
        self._end: list[str] = []

    def read(self) -> Iterator[Found]:
        """The source document, then each text with its sentences.

        Raises:
            Unreadable: it is no text in UTF-8, or holds no sentences.
        """
        heads = self._heads()
        yield self._open()
        head: _Head | None = None
        number, paragraph, ranks = 0, -1, [""]
        for sentence in self._sentences():
            if head is None or sentence.newdoc is not None:
                head = heads.pop(0)
                number, paragraph, ranks = 0, -1, spread(head.count)
                yield from self._text(head)
            paragraph += sentence.newpar
            place: Content = {"text": head.id, "rank": ranks[number]}
            if paragraph >= 0:
                place["paragraph"] = head.paragraphs[paragraph]
            number += 1
            yield from self._sentence(sentence, place, f"{self._key(head)}#{number}")

    def _sentences(self) -> Iterator[Sentence]:
        """The sentences; comments that stand alone go to the next one."""
        waiting: list[str] = []
        for block in blocks(read_lines(self.path)):
            sentence = Sentence.parse(block)
            if not sentence.tokens:
                waiting += sentence.comments
                continue
            if waiting:
                joined = Sentence(sentence.line, tokens=sentence.tokens)
                for comment in (*waiting, *sentence.comments):
                    joined.add_comment(comment)
                sentence, waiting = joined, []
            yield sentence
        self._end = waiting

    def _heads(self) -> list[_Head]:
        heads: list[_Head] = []
        for sentence in self._sentences():
            if not heads and all(token.ragged for _, token in sentence.tokens):
                what = f"This is no sentence of CoNLL-U, whose lines have {COUNT} columns."
                raise Unreadable(what, self.path.name, sentence.tokens[0][0], 1)
            if not heads or sentence.newdoc is not None:
                heads.append(_Head(new_id("t"), sentence.newdoc, sentence.line))
            head = heads[-1]
            head.count += 1
            if sentence.newpar:
                head.paragraphs.append(new_id("b"))
            if name := sentence.keys.get("speaker_id"):
                head.speakers[name] = self.persons.setdefault(name, new_id("h"))
            if sentence.keys.get("translit") or any(
                "Translit=" in token.columns[9] for _, token in sentence.tokens
            ):
                self._tags.add(self.languages.translit)
        if not heads:
            raise Unreadable("The file holds no sentences.", self.path.name, 1)
        self._direct()
        for tag in self._tags:
            self.names.writing_system(tag, vernacular=True)
        return heads

    def _direct(self) -> None:
        """Lets a writing system that is new run as the letters of the first sentence do."""
        sentence = next(self._sentences())
        forms = "".join(token.columns[1] for _, token in sentence.tokens)
        kinds = Counter(map(unicodedata.bidirectional, forms))
        runs: Direction = "rtl" if kinds["R"] + kinds["AL"] > kinds["L"] else "ltr"
        for place, system in enumerate(self.names.new_writing_systems):
            if system.id == self.languages.ws and kinds["R"] + kinds["AL"] + kinds["L"]:
                known = system.model_copy(update={"direction": runs})
                self.names.new_writing_systems[place] = known
                self.names.writing_systems[system.id] = known

    def _open(self) -> FoundRecord:
        residue = [keep(self.languages.pos, "pos"), keep(self.languages.ws, "ws")]
        with self.path.open("rb") as stream:
            if stream.readline().endswith(b"\r\n"):
                residue.append(keep("\r\n", "newline"))
        if self._end:
            residue.append(keep("\n".join(self._end), "end"))
        return FoundRecord("document", {**self.document, "residue": residue}, 1)

    def _key(self, head: _Head) -> str:
        return head.name or self.path.stem

    def _text(self, head: _Head) -> Iterator[Found]:
        for name, person in head.speakers.items():
            source = {"format": FORMAT, "document": self.document["id"], "id": name}
            yield FoundRecord("person", {"id": person, "name": name, "sources": [source]})
        content: Content = {"id": head.id, "title": {self.languages.ws: self._key(head)}}
        if head.speakers:
            content["speakers"] = list(head.speakers.values())
        if head.paragraphs:
            content["paragraphs"] = [{"id": one} for one in head.paragraphs]
        if head.name is None:
            content["residue"] = [keep("", UNNAMED)]
        content["sources"] = [self._source(self._key(head))]
        yield FoundRecord("text", content, head.line, filled=1)

    def _sentence(self, sentence: Sentence, place: Content, key: str) -> Iterator[Found]:
        content, problems = read_sentence(sentence, self.languages, self._item)
        yield from problems
        for tag in content.get("translation", ()):
            self.names.writing_system(tag, analysis=True)
        if name := sentence.keys.get("speaker_id"):
            content["speaker"] = self.persons[name]
        key = sentence.keys.get("sent_id") or key
        content |= {**place, "sources": [self._source(key)]}
        told = [value for _, token in sentence.tokens for value in token.columns[1:]]
        leftover = [
            value
            for _, token in sentence.tokens
            for value in (token.columns[4], *token.columns[5:9])
            if value != "_"
        ]
        filled = sum(1 for value in told if value != "_") - len(leftover)
        yield FoundRecord(
            "utterance", content, sentence.line, filled=filled, leftover=len(leftover)
        )

    def _item(self, label: str) -> str:
        return self.names.labelled_item(lists.PARTS_OF_SPEECH, label)

    def _source(self, key: str) -> Content:
        source: Content = {"format": FORMAT, "document": self.document["id"], "id": key}
        if before := self._seen[key.lower()]:
            source["occurrence"] = before
        self._seen[key.lower()] += 1
        return source
