"""Reading a flextext file: each text with what stands beside its phrases, then phrase by phrase.

What a text says of itself and of its languages stands behind its phrases; so the file is read
twice at the same time, once ahead for the texts and once for the phrases. Neither keeps more than
one text without its phrases, or one phrase.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.domain.ranks import spread
from app.domain.text import first_plain
from app.formats import base
from app.formats.base import Found, FoundProblem, FoundRecord
from app.formats.flextext import parts
from app.formats.flextext.phrases import PhraseReader, Setting, Taken
from app.formats.flextext.shape import MEMBERS, SLOT, keep, leftover_in, residue_of
from app.formats.flextext.values import FORMAT, Dict
from app.formats.xml import Element, check_prolog, count, iter_elements, line_of

_TAGS = ("document", "interlinear-text", "paragraph", "phrase")
_PATH = ("phrases", "paragraph", "paragraphs", "interlinear-text", "document")


@dataclass
class _Head:
    """A text without its phrases.

    Attributes:
        phrases: how many it has.
        speakers: their names, in the sequence in which they speak.
        paragraphs: as records, in order.
        tags: languages that its phrases use.
    """

    content: Dict
    line: int
    phrases: int = 0
    speakers: list[str] = field(default_factory=list)
    paragraphs: list[Dict] = field(default_factory=list)
    media: dict[str, str] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    problems: list[FoundProblem] = field(default_factory=list)
    filled: int = 0
    leftover: int = 0


class Reader:
    """Reads one file once."""

    def __init__(self, path: Path, names: base.Names) -> None:
        self.path, self.names = path, names
        self.document: Dict = {"id": new_id("d"), "format": FORMAT, "name": path.name}
        self.phrases = PhraseReader(names)
        self.persons: dict[str, str] = {}
        self._counts = (0, 0)
        # an empty name: a file of its own that is gone when it is closed
        self._guids = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._guids.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE guids (guid PRIMARY KEY, number) WITHOUT ROWID; BEGIN"
        )

    def read(self) -> Iterator[Found]:
        """Everything that the file holds; the document last, as it is known only then."""
        check_prolog(self.path, "document")
        ahead = iter_elements(self.path, _TAGS)
        events = iter_elements(self.path, _TAGS)
        with closing(self._guids), closing(ahead), closing(events):
            heads = self._heads(ahead)
            yield from self._bodies(events, heads)
            for _ in heads:  # what stands behind the last text
                pass
        if not self._number:
            yield FoundProblem(1, "The file holds no text.")
        yield FoundRecord("document", self.document, 1, None, *self._counts)

    def _heads(self, events: Iterator[tuple[str, Element]]) -> Iterator[_Head]:
        """Each text of the file without its phrases."""
        _, root = next(events)
        head: _Head | None = None
        done: Element | None = None
        for event, el in events:
            if done is not None:
                _collapse(done)
                done = None
            if event == "start":
                if _is_text(el):
                    head = _Head({"id": new_id("t")}, line_of(el))
                continue
            if _is_text(el) and head is not None:
                self._finish(el, head)
                yield head
                head, done = None, el
            elif head is not None and _is_at(el, 1):
                head.paragraphs.append(self._paragraph(el, head))
                done = el
            elif head is not None and _is_at(el, 0):
                head.phrases += 1
                head.tags.update(item.get("lang") or "" for item in el.iter("item"))
                if (name := el.get("speaker")) and name not in head.speakers:
                    head.speakers.append(name)
                done = el
        if done is not None:
            _collapse(done)
        self._close(root)

    def _bodies(
        self, events: Iterator[tuple[str, Element]], heads: Iterator[_Head]
    ) -> Iterator[Found]:
        head: _Head | None = None
        done: Element | None = None
        paragraph = phrase = 0
        ranks: list[str] = []
        self._number = 0
        for event, el in events:
            if done is not None:
                _collapse(done)
                done = None
            if event == "start" and _is_text(el):
                head = next(heads)
                self._number += 1
                paragraph, phrase, ranks = 0, 0, spread(head.phrases)
                yield from self._text(head)
            elif event == "end" and head is not None:
                if _is_text(el):
                    head, done = None, el
                elif _is_at(el, 1):
                    paragraph, done = paragraph + 1, el
                elif _is_at(el, 0):
                    place = {
                        "text": head.content["id"],
                        "paragraph": head.paragraphs[paragraph]["id"],
                        "rank": ranks[phrase],
                    }
                    phrase, done = phrase + 1, el
                    yield from self._phrase(el, head, place, phrase)

    def _text(self, head: _Head) -> Iterator[Found]:
        content = head.content
        for name in head.speakers:
            if name not in self.persons:
                self.persons[name] = new_id("h")
                source = {"format": FORMAT, "document": self.document["id"], "id": name}
                person = {"id": self.persons[name], "name": name, "sources": [source]}
                yield FoundRecord("person", person, head.line)
        if head.speakers:
            content["speakers"] = [self.persons[name] for name in head.speakers]
        title = first_plain(content.get("title") or {})
        guid = content.pop("guid", "")
        if not guid:
            what = "The text has no guid: it is found again by file name and place only."
            yield FoundProblem(head.line, what, "note")
        yield from self._identify(content, guid, f"{self.path.name}#{self._number}", head.line)
        yield from head.problems
        if not head.phrases:
            yield FoundProblem(head.line, f"The text “{title}” has no lines.", "note")
        yield FoundRecord("text", content, head.line, None, head.filled, head.leftover)

    def _phrase(self, el: Element, head: _Head, place: Dict, number: int) -> Iterator[Found]:
        before = self.phrases.leftover
        content = self.phrases.utterance(el, Setting(head.media, self.persons)) | place
        key = f"{self.path.name}#{self._number}.{number}"
        yield from self._identify(content, el.get("guid") or "", key, line_of(el))
        yield from self.phrases.problems
        self.phrases.problems.clear()
        leftover = self.phrases.leftover - before
        filled = count(el) - leftover
        yield FoundRecord("utterance", content, line_of(el), None, filled, leftover)

    def _identify(self, content: Dict, guid: str, key: str, line: int) -> Iterator[Found]:
        """Notes where a record is from; one without a guid is known by its place."""
        source: Dict = {"format": FORMAT, "document": self.document["id"]}
        source |= {"guid": guid} if guid else {"id": key}
        content["sources"] = [source]
        if guid:
            known = self._guids.execute("SELECT number FROM guids WHERE guid = ?", (guid,))
            if (before := known.fetchone()) is not None:
                source["occurrence"] = before[0]
                yield FoundProblem(line, f"The guid “{guid}” was used before.")
            self._guids.execute(
                "INSERT INTO guids VALUES (?, 1) ON CONFLICT DO UPDATE SET number = number + 1",
                (guid,),
            )

    def _paragraph(self, el: Element, head: _Head) -> Dict:
        content: Dict = {"id": new_id("b")}
        phrases = el.find("phrases")
        taken: Taken = {} if phrases is None else {phrases: parts.PHRASES}
        filled = phrases is not None and phrases.find(SLOT) is not None
        if residue := residue_of(el, taken, *parts.paragraph_parts(content, filled)[:2]):
            content["residue"] = residue
            head.leftover += leftover_in(residue)
        head.filled += 1 + (phrases is not None) + (el.get("guid") is not None)
        return content

    def _finish(self, el: Element, head: _Head) -> None:
        """Reads what a text says of itself; its paragraphs are in `head` already."""
        content = head.content
        self._languages(el, head)
        taken: Taken = {}
        self.phrases.texts(el, parts.TEXT_ITEMS, content, taken)
        for key in (parts.PARAGRAPHS, parts.LANGUAGES, parts.MEDIA_FILES):
            if (container := el.find(key[0])) is not None:
                taken[container] = key
        self._media(el, head)
        if head.paragraphs:
            content["paragraphs"] = head.paragraphs
        if guid := el.get("guid"):
            content["guid"] = guid
        attributes, made, _ = parts.text_parts(content, self.phrases.known)
        attributes = {"guid": guid} if guid else attributes
        residue = residue_of(el, taken, attributes, made)
        if (unlisted := _unlisted(el, head.tags)) and parts.LANGUAGES in taken.values():
            residue.append(keep("!languages", unlisted))
        if residue:
            content["residue"] = residue
            head.leftover += leftover_in(residue)
        head.filled += sum(count(child) for child in el if child in taken)

    def _languages(self, el: Element, head: _Head) -> None:
        """Makes the writing systems that the text lists, with font and use."""
        for child in el.iterfind("languages/language"):
            tag = child.get("lang")
            if not tag:
                continue
            own = child.get("vernacular") == "true"
            code = self.names.writing_system(tag, vernacular=own, analysis=not own)
            new = self.names.new_writing_systems
            for place, one in enumerate(new):
                if one.id == code and child.get("font") and not one.font:
                    new[place] = one.model_copy(update={"font": child.get("font")})
                    self.names.writing_systems[tag] = new[place]

    def _media(self, el: Element, head: _Head) -> None:
        found = []
        for child in el.iterfind("media-files/media"):
            media: Dict = {"id": new_id("m"), "href": child.get("location") or ""}
            if residue := residue_of(child, {}, *parts.media_parts(media)[:2]):
                media["residue"] = residue
            if guid := child.get("guid"):
                if guid in head.media:
                    what = f"Another recording of the text has the guid “{guid}”."
                    head.problems.append(FoundProblem(line_of(child), what))
                head.media.setdefault(guid, media["id"])
            found.append(media)
        if found:
            head.content["media"] = found

    def _close(self, root: Element) -> None:
        """Keeps what the document says beside its texts."""
        if version := root.get("version"):
            self.document["version"] = version
        canonical = {"version": version or "2"}
        container = etree.Element(SLOT)
        for child in root:
            container.append(child)
        residue = residue_of(root, {}, canonical, [])
        odd = any(child.tag != SLOT for child in container)
        if odd:
            shape = etree.tostring(container, encoding="unicode")
            residue.append({"format": FORMAT, "at": ".", "content": shape})
        if residue:
            self.document["residue"] = residue
        self._counts = (2, leftover_in(residue))


def _is_text(el: Element) -> bool:
    parent = el.getparent()
    return el.tag == "interlinear-text" and parent is not None and parent.getparent() is None


def _is_at(el: Element, depth: int) -> bool:
    """Whether a phrase (0) or paragraph (1) stands where it is read: in the first containers."""
    if el.tag != ("phrase", "paragraph")[depth]:
        return False
    inner = el
    for tag in _PATH[2 * depth :]:
        parent = inner.getparent()
        if parent is None or parent.tag != tag:
            return False
        if inner.tag in MEMBERS and parent.find(str(inner.tag)) is not inner:
            return False
        inner = parent
    return inner.getparent() is None


def _unlisted(text: Element, used: set[str]) -> str:
    """The languages that a text uses and does not list."""
    own = {item.get("lang") or "" for item in text.iterfind("item")}
    listed = {one.get("lang") or "" for one in text.iterfind("languages/language")}
    return " ".join(sorted((used | own) - listed - {""}))


def _collapse(el: Element) -> None:
    """Leaves a number in place of an element that was read."""
    parent = el.getparent()
    if parent is None:
        raise Unreadable("The file ends in the middle.")
    tail = (el.tail or "").strip()
    before = el.getprevious()
    if before is not None and before.tag == SLOT and not (before.tail or "").strip():
        before.set("n", str(int(before.get("n", "0")) + 1))
        before.tail = tail or None
    else:
        slot = etree.Element(SLOT, {"n": "1"})
        slot.tail = tail or None
        el.addprevious(slot)
    parent.remove(el)
