"""From a phrase to an utterance: its lines, words, analyses and morphs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.domain.ids import new_id
from app.domain.project import MORPH_TYPES, PARTS_OF_SPEECH
from app.domain.text import fold, plain
from app.formats import base
from app.formats.baselines import compose, locate
from app.formats.flextext import parts
from app.formats.flextext.shape import Key, leftover_in, residue_of
from app.formats.flextext.values import (
    STATUS,
    UNSURE,
    Dict,
    maker_of,
    take_apart,
)
from app.formats.xml import Element, line_of

_NUMBER = re.compile(r"\d{1,15}")
_PHRASE = {"gls": "translation", "lit": "literal"}
Taken = dict[Element, Key]


@dataclass
class Setting:
    """What a phrase is in.

    Attributes:
        media: ids of the recordings of its text by guid.
        persons: ids of persons by name.
    """

    media: Mapping[str, str]
    persons: Mapping[str, str]


class PhraseReader:
    """Reads phrases; items of lists and writing systems are found or made.

    Attributes:
        problems: line and what is wrong, to be taken away by who reads.
        leftover: how many elements and attributes went to residue so far.
    """

    def __init__(self, names: base.Names) -> None:
        self.names = names
        self.problems: list[base.FoundProblem] = []
        self.leftover = 0
        self.codes: dict[str, str] = {}
        self.known = parts.Names(_Tags(names), self.codes, names.short)

    def utterance(self, el: Element, setting: Setting) -> Dict:
        """The content of an utterance, without its text, place and sources."""
        content: Dict = {"id": new_id("l")}
        taken: Taken = {}
        self.texts(el, {"txt": "baseline"}, content, taken, vernacular=True)
        self._single(el, "segnum", "label", content, taken)
        self._words(el, content, taken)
        self.texts(el, _PHRASE, content, taken)
        self._notes(el, content, taken)
        self._attributes(el, content, setting)
        _place_words(content)
        self.known.persons = {one: name for name, one in setting.persons.items()}
        self.known.media = {one: guid for guid, one in setting.media.items()}
        attributes, made, reads = parts.phrase_parts(content, self.known)
        attributes["guid"] = el.get("guid") or attributes["guid"]
        self._keep(el, content, taken, (attributes, made, reads))
        return content

    def texts(
        self,
        el: Element,
        kinds: Mapping[str, str],
        content: Dict,
        taken: Taken,
        *,
        vernacular: bool = False,
    ) -> None:
        """Puts items of some kinds into texts: the first in a language that says something."""
        for child in _items(el):
            kind, tag = str(child.get("type")), child.get("lang")
            if kind not in kinds or not tag:
                continue
            ws = self.names.writing_system(tag, vernacular=vernacular, analysis=not vernacular)
            text, key = child.text or "", (kind, ws)
            field = content.setdefault(kinds[kind], {})
            if text.strip() and ws not in field:
                for other in [one for one, known in taken.items() if known == key]:
                    del taken[other]
                field[ws] = text
                taken[child] = key
            elif key not in taken.values():
                taken[child] = key
        for name in kinds.values():
            if not content.get(name):
                content.pop(name, None)

    def _single(
        self, el: Element, kind: str, name: str, content: Dict, taken: Taken
    ) -> Element | None:
        """Puts the first item of a kind into a field that has no languages."""
        for child in _items(el):
            if child.get("type") == kind and (child.text or "").strip():
                content[name] = child.text
                taken[child] = (kind, "")
                return child
        return None

    def _notes(self, el: Element, content: Dict, taken: Taken) -> None:
        notes: list[Dict] = []
        for child in _items(el):
            tag = child.get("lang")
            if child.get("type") == "note" and tag and (child.text or "").strip():
                ws = self.names.writing_system(tag, analysis=True)
                taken[child] = ("note", str(len(notes)))
                notes.append({"id": new_id("n"), "text": {ws: child.text}})
        if notes:
            content["notes"] = notes

    def _words(self, el: Element, content: Dict, taken: Taken) -> None:
        container = el.find("words")
        if container is not None:
            taken[container] = parts.WORDS
            words = [self._word(child) for child in container.iterfind("word")]
            if words:
                content["words"] = words

    def _attributes(self, el: Element, content: Dict, setting: Setting) -> None:
        begin, end = el.get("begin-time-offset"), el.get("end-time-offset")
        media = el.get("media-file")
        if _NUMBER.fullmatch(begin or "") and _NUMBER.fullmatch(end or ""):
            start, stop = int(str(begin)) / 1000, int(str(end)) / 1000
            if start <= stop:
                content["time"] = {"start": start, "end": stop}
        if (begin or end) and "time" not in content:
            self._problem(el, f"The times “{begin or ''}” to “{end or ''}” are no stretch.")
        if media and media not in setting.media:
            self._problem(el, f"The recording “{media}” is not in the list of the text.")
        elif media and "time" in content:
            content["time"]["recording"] = setting.media[media]
        if person := setting.persons.get(el.get("speaker") or ""):
            content["speaker"] = person

    def _word(self, el: Element) -> Dict:
        content: Dict = {"id": new_id("w")}
        taken: Taken = {}
        self.texts(el, {"txt": "form"}, content, taken, vernacular=True)
        if not content.get("form"):
            taken.clear()
            self.texts(el, {"punct": "form"}, content, taken, vernacular=True)
            if content.get("form"):
                content["type"] = "punctuation"
        analysis = self._analysis(el, content, taken)
        if analysis:
            content["analyses"] = [analysis]
            if analysis["origin"] == "import":
                content["chosen"] = analysis["id"]
        self._notes(el, content, taken)
        self._keep(el, content, taken, parts.word_parts(content, self.known))
        return content

    def _analysis(self, el: Element, word: Dict, taken: Taken) -> Dict:
        content: Dict = {"id": new_id("y")}
        container = el.find("morphemes")
        if container is not None:
            taken[container] = parts.MORPHEMES
            morphs = [self._morph(child) for child in container.iterfind("morph")]
            if morphs:
                _join(morphs)
                _cut(word, morphs)
                for child, morph in zip(container.iterfind("morph"), morphs, strict=True):
                    self._keep_morph(child, morph)
                content["morphs"] = morphs
        self.texts(el, {"gls": "gloss"}, content, taken)
        self._pos(el, "pos", content, taken)
        if not {"morphs", "gloss", "pos"} & content.keys():
            return {}
        statuses = [str(one.get(STATUS)) for one in el if one.get(STATUS)]
        guesses = [one for one in statuses if maker_of(one) != "import"]
        content["origin"] = maker_of(guesses[0]) if guesses else "import"
        if statuses and not guesses:
            content["confirmed_by"] = statuses[0]
        return content

    def _morph(self, el: Element) -> Dict:
        content: Dict = {"id": new_id("m")}
        code = el.get("type") or ""
        if code:
            content["type"] = self.names.item(MORPH_TYPES, code)
            self.codes[content["type"]] = code
        taken: Taken = {}
        self.texts(el, {"txt": "form"}, content, taken, vernacular=True)
        for ws, written in content.get("form", {}).items():
            bare, left, right = take_apart(written, code)
            content["form"][ws] = bare
            content |= {
                k: v for k, v in (("left", left), ("right", right)) if v and k not in content
            }
        self.texts(el, {"gls": "gloss"}, content, taken)
        own = (content.get("left", ""), content.get("right", ""))
        for ws, written in content.get("gloss", {}).items():
            content["gloss"][ws] = parts.bare_gloss(written, *own)
        return content

    def _keep_morph(self, el: Element, content: Dict) -> None:
        """Reads the rest of a morph when its joins are known, and keeps how it was written."""
        taken: Taken = {}
        again: Dict = {}
        self.texts(el, {"txt": "form"}, again, taken, vernacular=True)
        self.texts(el, {"cf": "lemma"}, content, taken, vernacular=True)
        for child in _items(el):
            if child.get("type") == "hn" and _NUMBER.fullmatch((child.text or "").strip()):
                content["homograph"] = int(str(child.text))
                taken[child] = parts.HOMOGRAPH
                break
        self.texts(el, {"gls": "gloss"}, again, taken)
        self._pos(el, "msa", content, taken)
        self._keep(el, content, taken, parts.morph_parts(content, self.known))

    def _pos(self, el: Element, kind: str, content: Dict, taken: Taken) -> None:
        for child in _items(el):
            label = (child.text or "").strip()
            if child.get("type") != kind or not child.get("lang"):
                continue
            if label and label != UNSURE:
                item = self.names.labelled_item(PARTS_OF_SPEECH, label)
                content["pos"] = item
                self._learn(item, label)
            taken[child] = (kind, "")
            return

    def _learn(self, item: str, label: str) -> None:
        """Notes the code of an item of the project."""
        if item not in self.codes:
            if self.names.items.get((PARTS_OF_SPEECH, label)) == item:
                self.codes[item] = label
            else:
                wanted = (key[1] for key, one in self.names.items.items() if one == item)
                self.codes[item] = next(wanted, label)

    def _keep(self, el: Element, content: Dict, taken: Taken, canonical: parts.Made) -> None:
        """Notes what an element says beyond its fields, or says in other words."""
        if residue := residue_of(el, taken, *canonical[:2]):
            content["residue"] = residue
            self.leftover += leftover_in(residue)

    def _problem(self, el: Element, what: str) -> None:
        self.problems.append(base.FoundProblem(line_of(el), what))


class _Tags(Mapping[str, str]):
    """The tag of each writing system, also of those to come."""

    def __init__(self, names: base.Names) -> None:
        self._names = names

    def __getitem__(self, ws: str) -> str:
        for one in self._names.writing_systems.values():
            if one.id == ws:
                return one.tag
        raise KeyError(ws)

    def __iter__(self) -> Any:
        return iter(self._names.writing_systems)

    def __len__(self) -> int:
        return len(self._names.writing_systems)


def _items(el: Element) -> list[Element]:
    """The items of an element that hold nothing but text."""
    return [child for child in el.iterfind("item") if not len(child)]


def _place_words(content: Dict) -> None:
    """Finds the words in the lines; a line that the file lacks is made of its words."""
    words = content.get("words", ())
    for ws in dict.fromkeys(ws for word in words for ws in word.get("form", {})):
        line = plain(content.get("baseline", {}).get(ws))
        if not line:
            line = compose(words, ws)
            content.setdefault("baseline", {})[ws] = line
        locate(line, words, ws)


def _join(morphs: list[Dict]) -> None:
    """Tells neighbours of the joins that are written at one of them."""
    for one, other in pairwise(morphs):
        if other.get("left") and not one.get("right") and other["left"] != "<>":
            one["right"] = other["left"]
        elif one.get("right") and not other.get("left") and one["right"] != "<>":
            other["left"] = one["right"]


def _cut(word: Dict, morphs: list[Dict]) -> None:
    """Notes which stretches of the word its morphs are, where they spell it one by one."""
    for ws, value in word.get("form", {}).items():
        forms = [plain(morph.get("form", {}).get(ws)) for morph in morphs]
        spelt, form = "".join(forms), plain(value)
        if len(spelt) != len(form) or fold(spelt) != fold(form):
            continue
        place = 0
        for morph, text in zip(morphs, forms, strict=True):
            if text:
                morph["ws"] = ws
                morph["parts"] = [{"start": place, "end": place + len(text)}]
            place += len(text)
        return
