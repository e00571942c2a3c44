"""Writing texts as flextext, phrase by phrase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from lxml import etree

from app.domain.errors import NotFound
from app.domain.ids import new_id
from app.domain.text import first_plain, plains
from app.formats.base import Contents
from app.formats.flextext import parts
from app.formats.flextext.parts import Made, Names
from app.formats.flextext.shape import Key, among, attributes, find_shape, lay
from app.formats.flextext.values import FORMAT, Dict
from app.formats.xml import Element, attributes_of, without_bad_characters


class Writer:
    """Writes the texts of a project once.

    Args:
        options: `document`; see `app.formats.flextext.format`.

    Raises:
        NotFound: there is no such document.
    """

    def __init__(self, contents: Contents, options: dict[str, str]) -> None:
        self.contents = contents
        self.warnings: list[str] = []
        self.wanted = options.get("document", "")
        self.document = self._choose()
        items = {item["id"]: item for item in contents.iter_records("item")}
        self.lexicon = _Lexicon(contents)
        self.names = Names(
            tags={ws.id: ws.tag for ws in contents.project.writing_systems},
            codes={one: item["code"] for one, item in items.items()},
            short={one: item.get("abbreviation") or {} for one, item in items.items()},
            answers=lambda item, label: item in items and label in _labels(items[item]),
            persons={one["id"]: one["name"] for one in contents.iter_records("person")},
            complete=self.lexicon.complete,
        )
        self.systems = {ws.id: ws for ws in contents.project.writing_systems}

    def write(self, path: Path) -> list[str]:
        """Writes the file; returns what could not be said."""
        document = self.document
        canonical = {"version": document.get("version") or "2"}
        attributes_ = attributes(document.get("residue", ()), canonical)
        with path.open("wb") as file, etree.xmlfile(file, encoding="utf-8") as out:
            out.write_declaration()
            with out.element("document", attributes_):
                out.write("\n")
                shape = find_shape(document.get("residue", ()))
                for piece in among(self._texts(), shape):
                    if isinstance(piece, dict):
                        self._write_text(out, piece)
                    else:
                        out.write(piece)
                    out.write("\n")
        return self.warnings

    def _choose(self) -> Dict:
        found = [one for one in self.contents.iter_records("document") if one["format"] == FORMAT]
        if self.wanted:
            found = [one for one in found if one["id"] == self.wanted]
            if not found:
                raise NotFound(f"There is no flextext document {self.wanted} in this project.")
        return found[0] if found else {}

    def _texts(self) -> Iterator[Dict]:
        """The texts, and one more for the sentences that stand alone."""
        for text in self.contents.iter_records("text"):
            documents = [source.get("document") for source in text.get("sources", ())]
            if not self.wanted or self.wanted in documents:
                yield text
        if not self.wanted and next(iter(self.contents.iter_utterances(None)), None) is not None:
            alone = {"id": self.contents.project.id, "alone": True}
            alone["title"] = {"en": "Sentences"}
            yield alone

    def _write_text(self, out: Any, text: Dict) -> None:
        text = self._clean(text)
        names = self.names
        names.used = {}
        names.media = {one["id"]: _guid(one) for one in text.get("media", ())}
        made = parts.text_parts(text, names)
        element = self._element("interlinear-text", text, made)
        own = dict(made[1])
        for place, one in enumerate(text.get("media", ())):
            media = self._element("media", one, parts.media_parts(one))
            own[parts.MEDIA_FILES].insert(place, media)
        with out.element(element.tag, dict(attributes_of(element))):
            _write_loose(out, element.text)
            for child in element:
                tail, child.tail = child.tail, None
                if child is own[parts.PARAGRAPHS]:
                    self._write_paragraphs(out, child, text)
                else:
                    if child is own[parts.LANGUAGES]:
                        self._add_languages(child, text)
                    out.write(child)
                _write_loose(out, tail)

    def _write_paragraphs(self, out: Any, container: Element, text: Dict) -> None:
        with out.element("paragraphs", dict(attributes_of(container))):
            _write_loose(out, container.text)
            for piece in among(self._paragraphs(text), _template(text, parts.PARAGRAPHS)):
                if isinstance(piece, tuple):
                    self._write_paragraph(out, *piece)
                else:
                    out.write(piece)

    def _paragraphs(self, text: Dict) -> Iterator[tuple[Dict, Iterator[Dict]]]:
        """Paragraphs with their utterances; those without any too.

        An utterance goes into the paragraph that it names; utterances that name none, or one that
        is over, make one of their own.
        """
        left = list(text.get("paragraphs", ()))
        places = {one["id"]: place for place, one in enumerate(left)}
        coming = self.contents.iter_utterances(None if text.get("alone") else text["id"])
        place = 0
        for named, lines in groupby(coming, key=lambda one: one.get("paragraph") or ""):
            at = places.get(named, -1)
            for one in left[place:at] if at >= place else ():
                yield one, iter(())
            if at >= place:
                paragraph, place = left[at], at + 1
            else:
                paragraph = {"id": new_id("b")}
            yield paragraph, lines
        for one in left[place:]:
            yield one, iter(())

    def _write_paragraph(self, out: Any, paragraph: Dict, lines: Iterator[Dict]) -> None:
        first = next(lines, None)
        made = parts.paragraph_parts(paragraph, first is not None)
        element = self._element("paragraph", paragraph, made)
        own = dict(made[1])
        with out.element("paragraph", dict(attributes_of(element))):
            _write_loose(out, element.text)
            for child in element:
                tail, child.tail = child.tail, None
                if first is None or child is not own[parts.PHRASES]:
                    out.write(child)
                else:
                    with out.element("phrases", dict(attributes_of(child))):
                        _write_loose(out, child.text)
                        phrases = (self._phrase(one) for one in _chain(first, lines))
                        for phrase in among(phrases, _template(paragraph, parts.PHRASES)):
                            out.write(phrase)
                _write_loose(out, tail)

    def _phrase(self, content: Dict) -> Element:
        content = self._clean(content)
        made = parts.phrase_parts(content, self.names)
        for key, container in made[1]:
            if key == parts.WORDS:
                container.extend([self._word(word) for word in content["words"]])
        return self._element("phrase", content, made)

    def _word(self, content: Dict) -> Element:
        made = parts.word_parts(content, self.names)
        analysis = parts.analysis_of(content)
        for key, container in made[1]:
            if key == parts.MORPHEMES and analysis is not None:
                container.extend(self._morphs(analysis))
        return self._element("word", content, made)

    def _morphs(self, analysis: Dict) -> Iterator[Element]:
        own = analysis.get("origin", "person") != "import"
        for morph in analysis["morphs"]:
            full = self.names.complete(morph) if own else morph
            yield self._element("morph", full, parts.morph_parts(full, self.names))

    def _element(self, tag: str, content: Dict, made: Made) -> Element:
        canonical, children, reads = made
        residue = content.get("residue", ())
        element = etree.Element(tag, attributes(residue, canonical))
        lay(element, children, find_shape(residue), parts.holds(reads, children))
        return element

    def _add_languages(self, element: Element, text: Dict) -> None:
        """Adds to the languages that the file of a text had those that came since."""
        known = {child.get("lang") for child in element}
        for piece in text.get("residue", ()):
            if piece.get("at") == "!languages":
                known.update(piece["content"].split())
        for ws, vernacular in self.names.used.items():
            tag = self.names.tag(ws)
            if tag in known:
                continue
            facts = {"lang": tag}
            system = self.systems.get(ws)
            if system and system.font:
                facts["font"] = system.font
            if vernacular or (system and system.vernacular):
                facts["vernacular"] = "true"
            etree.SubElement(element, "language", facts)

    def _clean(self, content: Dict) -> Dict:
        """Content without characters that XML cannot hold."""
        clean: Any = without_bad_characters(content)
        if clean != content:
            line = first_plain(clean.get("title") or clean.get("baseline") or {})
            self.warnings.append(f"{line}: control characters were left out.")
        return dict(clean)


class _Lexicon:
    """What the lexicon says of the morphs that are tied to it."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._known: dict[str, Dict] | None = None

    def complete(self, morph: Dict) -> Dict:
        """A morph with lemma, homograph number, type and part of speech of its entry."""
        entry = self._entries().get(morph.get("entry") or "")
        if entry is None:
            return morph
        told = {key: entry[key] for key in ("lemma", "homograph", "type") if entry.get(key)}
        if pos := entry["senses"].get(morph.get("sense")):
            told["pos"] = pos
        return {**told, **{key: value for key, value in morph.items() if value}}

    def _entries(self) -> dict[str, Dict]:
        """Of each entry what a morph tells of it; read when it is first asked for."""
        if self._known is None:
            self._known = {
                entry["id"]: {
                    "lemma": entry.get("lemma"),
                    "homograph": entry.get("homograph"),
                    "type": entry.get("morph_type"),
                    "senses": dict(_parts_of_speech(entry.get("senses", ()))),
                }
                for entry in self._contents.iter_records("entry")
            }
        return self._known


def _parts_of_speech(senses: Iterable[Dict]) -> Iterator[tuple[str, str]]:
    for sense in senses:
        if sense.get("pos"):
            yield sense["id"], sense["pos"]
        yield from _parts_of_speech(sense.get("senses", ()))


def _labels(item: Dict) -> set[str]:
    texts = (item.get("name") or {}, item.get("abbreviation") or {})
    return {item["code"], *(label for text in texts for label in plains(text))}


def _guid(media: Dict) -> str:
    return attributes(media.get("residue", ()), parts.media_parts(media)[0]).get("guid", "")


def _template(content: Dict, key: Key) -> Element | None:
    """The shape of a container whose members are streamed."""
    shape = find_shape(content.get("residue", ()))
    for slot in shape if shape is not None else ():
        if slot.get("k") == key[0] and len(slot):
            return slot[0]
    return None


def _chain(first: Dict, rest: Iterable[Dict]) -> Iterator[Dict]:
    yield first
    yield from rest


def _write_loose(out: Any, text: str | None) -> None:
    if text:
        out.write(text)
