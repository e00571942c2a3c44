"""Reading glossed examples: each text before its utterances, block by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.domain import leipzig
from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.ranks import spread
from app.formats.base import Found, FoundProblem, FoundRecord, Names
from app.formats.blocks.shape import Block, Group, parse_block
from app.formats.blocks.words import Content, bare_words, pair, place_words
from app.formats.plain_lines import blocks, read_lines
from app.formats.text_setting import choose_systems

FORMAT = "blocks"


@dataclass
class _Place:
    """Where the next utterance goes: its text, the text's key, ranks, and how many came."""

    text: str
    key: str
    ranks: list[str]
    number: int = 0


class Reader:
    """Reads one file once.

    Args:
        options: `ws` and `gloss`, the writing systems of words and of glosses.
    """

    def __init__(self, path: Path, names: Names, options: Mapping[str, str]) -> None:
        self.path, self.document = path, new_id("d")
        self.ws, self.gloss_ws = choose_systems(names, options)
        self._seen: Counter[str] = Counter()

    def read(self) -> Iterator[Found]:
        """The source document, then each text with its utterances.

        Raises:
            Unreadable: it is no text in UTF-8, or is empty.
        """
        counts = self._count()
        yield FoundRecord(
            "document", {"id": self.document, "format": FORMAT, "name": self.path.name}, 1
        )
        place: _Place | None = None
        for block in self._blocks():
            if block.title or place is None:
                title = block.title or self.path.stem
                place = _Place(new_id("t"), title, spread(counts.pop(0)))
                yield self._text(place, block)
            if not block.is_empty:
                yield from self._utterance(place, block)

    def _blocks(self) -> Iterator[Block]:
        before = ""
        for lines in blocks(read_lines(self.path)):
            block = parse_block(lines, before)
            before = block.label
            yield block

    def _count(self) -> list[int]:
        """How many utterances each text has."""
        counts: list[int] = []
        for block in self._blocks():
            if block.title or not counts:
                counts.append(0)
            counts[-1] += not block.is_empty
        if not counts:
            raise Unreadable("The file is empty.", self.path.name, 1)
        return counts

    def _text(self, place: _Place, block: Block) -> FoundRecord:
        content: Content = {"id": place.text, "title": {self.gloss_ws: place.key}}
        content["sources"] = [self._source(place.key)]
        return FoundRecord("text", content, block.line, filled=1)

    def _utterance(self, place: _Place, block: Block) -> Iterator[Found]:
        place.number += 1
        content: Content = {"id": new_id("l"), "text": place.text}
        content["rank"] = place.ranks[place.number - 1]
        content |= {name: getattr(block, name) for name in ("label", "source") if vars(block)[name]}
        for name in ("translation", "literal"):
            if told := getattr(block, name):
                content[name] = {self.gloss_ws: told}
        yield from self._words(content, block)
        key = f"{place.key}#{block.label or place.number}"
        content["sources"] = [self._source(key)]
        filled = sum(1 + bool(one.glosses) + bool(one.baseline) for one in block.groups)
        filled += sum(
            1 for name in ("label", "source", "translation", "literal") if content.get(name)
        )
        yield FoundRecord("utterance", content, block.line, filled=filled)

    def _words(self, content: Content, block: Block) -> Iterator[Found]:
        """Fills in the line and its words; glosses that do not fit become a note."""
        lines: list[str] = []
        words: list[Content] = []
        for group in block.groups:
            yield from self._misfits(group)
            fits = group.fits or not group.glosses
            if not fits:
                told = f"{group.words}\n{group.glosses}"
                note = {"id": new_id("n"), "text": {self.gloss_ws: told}}
                content.setdefault("notes", []).append(note)
            glosses = group.glosses if fits else ""
            joined = bool(group.glosses)
            line, found = pair(group.words, glosses, self.ws, self.gloss_ws, joined=joined)
            if group.baseline:
                line = group.baseline
                place_words(found, line, self.ws)
            start = sum(map(len, lines)) + len(lines)
            for word in found:
                for span in word.get("spans", ()):
                    span["start"], span["end"] = span["start"] + start, span["end"] + start
            lines.append(line)
            words += found
        baseline = " ".join(lines)
        if block.baseline:
            baseline = block.baseline
            place_words(words, baseline, self.ws)
        if baseline:
            content["baseline"] = {self.ws: baseline}
            content["words"] = words or list(bare_words(baseline, self.ws))

    def _misfits(self, group: Group) -> Iterator[Found]:
        if not group.glosses:
            return
        if not group.fits:
            what = say(
                "%(words)s words and %(glosses)s glosses: the line is taken without an analysis, "
                "and as a note with its glosses.",
                words=len(group.words.split()),
                glosses=len(group.glosses.split()),
            )
            yield FoundProblem(group.line, what)
            return
        for one in leipzig.check(group.words, group.glosses):
            if one.code == "morphs":
                what = say("%(what)s The gloss is taken for the whole word.", what=one.what)
                yield FoundProblem(group.line, what, "note")

    def _source(self, key: str) -> Content:
        source: Content = {"format": FORMAT, "document": self.document, "id": key}
        if before := self._seen[key.lower()]:
            source["occurrence"] = before
        self._seen[key.lower()] += 1
        return source
