"""From records to the parts of FieldWorks' elements, alike for reading and for writing.

A reader asks for them to see whether an element was written otherwise; then that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from app.domain.ids import uuid_of
from app.domain.text import plain
from app.formats.baselines import compose
from app.formats.flextext.shape import Holds, Key, Part
from app.formats.flextext.values import (
    ITEM_LANGUAGE,
    MORPH_TYPE_GUIDS,
    STATUS,
    Dict,
    maker_of,
    put_together,
    status_of,
    take_apart,
)
from app.formats.xml import Element

Attributes = dict[str, str]
Reads = dict[Key, Callable[[str], bool]]
Made = tuple[Attributes, list[Part], Reads]
TEXT_ITEMS = {
    "title": "title",
    "title-abbreviation": "abbreviation",
    "source": "source",
    "comment": "description",
}
PHRASE_ITEMS = {"gls": "translation", "lit": "literal"}
WORDS, MORPHEMES, PARAGRAPHS, PHRASES = (
    ("words", ""),
    ("morphemes", ""),
    ("paragraphs", ""),
    ("phrases", ""),
)
LANGUAGES, MEDIA_FILES = ("languages", ""), ("media-files", "")
SEGNUM, HOMOGRAPH, MSA, POS = ("segnum", ""), ("hn", ""), ("msa", ""), ("pos", "")


@dataclass
class Names:
    """What the parts need to know of the project.

    Attributes:
        tags: language tag by writing system.
        codes: code by item of a list.
        short: abbreviations by item.
        answers: everything that an item is called.
        persons: name by person.
        media: guid by recording.
        complete: what the lexicon says of a morph that was made here.
        used: writing systems that were written.
    """

    tags: Mapping[str, str]
    codes: Mapping[str, str]
    short: Mapping[str, Mapping[str, Any]]
    answers: Callable[[str, str], bool] = lambda _item, _label: False
    persons: Mapping[str, str] = field(default_factory=dict)
    media: Mapping[str, str] = field(default_factory=dict)
    complete: Callable[[Dict], Dict] = lambda _morph: {}
    used: dict[str, bool] = field(default_factory=dict)

    def label(self, item: str) -> str:
        """What an item is called in a file: its abbreviation, else its code."""
        short = self.short.get(item) or {}
        known = (plain(value) for value in (short.get(ITEM_LANGUAGE), *short.values()))
        return next((one for one in known if one), self.codes.get(item, ""))

    def tag(self, ws: str) -> str:
        """The language tag of a writing system."""
        return self.tags.get(ws, ws)

    def items(self, kind: str, text: Mapping[str, Any], vernacular: bool = False) -> list[Part]:
        """A text as items, one a writing system."""
        made = []
        for ws, value in text.items():
            if plain(value):
                self.used[ws] = vernacular or self.used.get(ws, False)
                made.append(((kind, ws), make_item(kind, self.tag(ws), plain(value))))
        return made

    def notes(self, content: Dict) -> list[Part]:
        """The notes of something, numbered."""
        texts = [one.get("text") or {} for one in content.get("notes", ())]
        found = [part for text in texts for part in self.items("note", text)]
        return [(("note", str(place)), element) for place, (_, element) in enumerate(found)]


def make_item(kind: str, lang: str, text: str) -> Element:
    """An item."""
    element = etree.Element("item", {"type": kind, "lang": lang})
    element.text = text
    return element


def holds(reads: Reads, parts: Iterable[Part] = ()) -> Holds:
    """Whether what a file wrote for a part still says it: by `reads`, else if it is equal."""
    texts = {key: element.text or "" for key, element in parts}

    def tell(key: Key, raw: str | None) -> bool:
        if key[0] == STATUS and key not in reads:  # it says nothing of an analysis
            return True
        if key in reads:
            return reads[key](raw if raw is not None else "")
        return raw is None or texts.get(key) == raw

    return tell


def text_parts(content: Dict, names: Names) -> Made:
    """A text: items, and the containers of the rest, empty."""
    parts = [
        part
        for kind, name in TEXT_ITEMS.items()
        for part in names.items(kind, content.get(name, {}))
    ]
    parts += [(PARAGRAPHS, etree.Element("paragraphs")), (LANGUAGES, etree.Element("languages"))]
    if content.get("media"):
        parts.append((MEDIA_FILES, etree.Element("media-files", {"offset-type": ""})))
    return {"guid": guid_of(content)}, parts, {LANGUAGES: lambda raw: True}


def phrase_parts(content: Dict, names: Names) -> Made:
    """An utterance: items, and an empty container for its words."""
    attributes = {"guid": guid_of(content)}
    time = content.get("time") or {}
    if time:
        attributes["begin-time-offset"] = str(round(time["start"] * 1000))
        attributes["end-time-offset"] = str(round(time["end"] * 1000))
    if name := names.persons.get(content.get("speaker") or ""):
        attributes["speaker"] = name
    if guid := names.media.get(time.get("recording") or ""):
        attributes["media-file"] = guid
    parts = names.items("txt", content.get("baseline", {}), vernacular=True)
    if content.get("label"):
        parts.append((SEGNUM, make_item("segnum", ITEM_LANGUAGE, content["label"])))
    if content.get("words"):
        parts.append((WORDS, etree.Element("words")))
    for kind, name in PHRASE_ITEMS.items():
        parts += names.items(kind, content.get(name, {}))
    parts += names.notes(content)
    return attributes, parts, _lines(content)


def word_parts(content: Dict, names: Names) -> Made:
    """A word with its analysis: items, and an empty container for its morphs."""
    mark = content.get("type") == "punctuation"
    attributes = {} if mark else {"guid": str(uuid_of(content["id"]))}
    kind = "punct" if mark else "txt"
    parts = names.items(kind, content.get("form", {}), vernacular=True)
    reads: Reads = {}
    analysis = analysis_of(content)
    if analysis is not None:
        analysed = _analysis_parts(analysis, names, reads)
        status = status_of(analysis)
        if status and analysed:
            analysed[0][1].set(STATUS, status)
        parts += analysed
        origin = analysis.get("origin", "person")
        reads[STATUS, ""] = lambda raw: _says(raw, status, origin)
    return attributes, parts + names.notes(content), reads


def morph_parts(content: Dict, names: Names) -> Made:
    """A morph: items only."""
    code = names.codes.get(content.get("type") or "", "")
    attributes = {"type": code} if code else {}
    if code in MORPH_TYPE_GUIDS:
        attributes["guid"] = MORPH_TYPE_GUIDS[code]
    joins = (content.get("left", ""), content.get("right", ""))
    form = {
        ws: put_together(plain(value), code, *joins) if plain(value) else ""
        for ws, value in content.get("form", {}).items()
    }
    parts = names.items("txt", form, vernacular=True)
    parts += names.items("cf", content.get("lemma", {}), vernacular=True)
    if content.get("homograph") is not None:
        parts.append((HOMOGRAPH, make_item("hn", ITEM_LANGUAGE, str(content["homograph"]))))
    parts += names.items("gls", content.get("gloss", {}))
    reads = _spellings(content, code)
    if content.get("pos"):
        parts.append((MSA, make_item("msa", ITEM_LANGUAGE, names.label(content["pos"]))))
        reads[MSA] = lambda raw: names.answers(content["pos"], raw)
    return attributes, parts, reads


def paragraph_parts(content: Dict, filled: bool) -> Made:
    """A paragraph: an empty container for its phrases, if it has any."""
    parts = [(PHRASES, etree.Element("phrases"))] if filled else []
    return {"guid": str(uuid_of(content["id"]))}, parts, {}


def media_parts(content: Dict) -> Made:
    """A recording or picture of a text."""
    attributes = {"guid": str(uuid_of(content["id"])), "location": content.get("href", "")}
    return attributes, [], {}


def analysis_of(word: Dict) -> Dict | None:
    """The analysis that is written: the chosen one, else the first."""
    analyses = word.get("analyses") or ()
    chosen = next((one for one in analyses if one["id"] == word.get("chosen")), None)
    return chosen or next(iter(analyses), None)


def guid_of(content: Dict) -> str:
    """The guid of a record: as in its file, else made from its own id."""
    for source in content.get("sources", ()):
        if source.get("format") == "flextext" and source.get("guid"):
            return str(source["guid"])
    return str(uuid_of(content["id"]))


def bare_gloss(raw: str, left: str, right: str) -> str:
    """A gloss without the markers of its morph, where it has the same.

    >>> bare_gloss("=OBJ", "=", "")
    'OBJ'
    """
    bare = raw
    if left and bare.startswith(left) and len(bare) > len(left):
        bare = bare[len(left) :]
    if right and bare.endswith(right) and len(bare) > len(right):
        bare = bare[: -len(right)]
    return bare


def _analysis_parts(analysis: Dict, names: Names, reads: Reads) -> list[Part]:
    parts: list[Part] = []
    if analysis.get("morphs"):
        parts.append((MORPHEMES, etree.Element("morphemes")))
    parts += names.items("gls", analysis.get("gloss", {}))
    if pos := analysis.get("pos"):
        parts.append((POS, make_item("pos", ITEM_LANGUAGE, names.label(pos))))
        reads[POS] = lambda raw: names.answers(pos, raw)
    return parts


def _says(raw: str, status: str, origin: str) -> bool:
    """Whether what a file says of who made an analysis is what is known of it now."""
    makers = {maker_of(one) for one in raw.split()} - {"import"}
    if not makers:
        return not status
    return bool(status) and origin in makers


def _lines(content: Dict) -> Reads:
    """Which lines only say what the words say: those were in no file."""
    words = content.get("words", ())

    def reader(ws: str, line: str) -> Callable[[str], bool]:
        return lambda raw: raw == line or (not raw and line == compose(words, ws))

    lines = {ws: plain(value) for ws, value in content.get("baseline", {}).items()}
    return {("txt", ws): reader(ws, line) for ws, line in lines.items()}


def _spellings(content: Dict, code: str) -> Reads:
    """When a morph or its gloss, written with markers, is still the same."""
    left, right = content.get("left", ""), content.get("right", "")

    def form(value: str) -> Callable[[str], bool]:
        def same(raw: str) -> bool:
            bare, before, after = take_apart(raw, code)
            return bare == value and before in ("", left) and after in ("", right)

        return same

    def gloss(value: str) -> Callable[[str], bool]:
        return lambda raw: value in (raw, bare_gloss(raw, left, right))

    reads: Reads = {("txt", ws): form(plain(one)) for ws, one in content.get("form", {}).items()}
    reads |= {("gls", ws): gloss(plain(one)) for ws, one in content.get("gloss", {}).items()}
    if (number := content.get("homograph")) is not None:
        reads[HOMOGRAPH] = lambda raw: raw.strip().isdecimal() and int(raw) == number
    return reads
