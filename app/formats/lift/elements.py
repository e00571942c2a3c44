"""Writing the content of an entry as an `entry` element, and what it is made of.

Elements stand in the order in which FieldWorks writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush
from itertools import pairwise

from lxml import etree

from app.domain.ids import uuid_of
from app.formats.lift.residue import ResidueWriter
from app.formats.lift.values import Dialect, Dict
from app.formats.xml import Element

SubElement = etree.SubElement
Remarks = dict[str, list[Dict]]


class TextWriter:
    """Writes texts, traits, fields and annotations.

    Args:
        tags: language tag by code of the writing system.
        codes: code of an item by its id.
    """

    def __init__(self, dialect: Dialect, tags: Mapping[str, str], codes: Mapping[str, str]) -> None:
        self.dialect = dialect
        self._tags = tags
        self._codes = codes
        self._residue = ResidueWriter(self.tag_of)

    def tag_of(self, code: str) -> str:
        """The language tag of a writing system."""
        return self._tags.get(code, code)

    def code_of(self, item: str) -> str:
        """The code of a list item; its id, if the item is gone."""
        return self._codes.get(item, item)

    def close(self, el: Element, content: Dict, remarks: Remarks) -> None:
        """Writes what every extensible object has, and its residue, at the end of its element."""
        for name, key in (("dateCreated", "created"), ("dateModified", "modified")):
            if (date := content.get(key)) is not None:
                el.set(name, date)
        for own in content.get("fields", ()):
            self._own_field(el, own)
        for trait in content.get("traits", ()):
            self.trait(el, trait)
        for rest in remarks.values():
            for annotation in rest:
                self._annotation(el, annotation)
        if residue := content.get("residue"):
            self._residue.put_all(el, residue)

    def forms(
        self, parent: Element, text: Mapping[str, str | Dict], tag: str, on: str, remarks: Remarks
    ) -> None:
        """Writes a text as `form` (or `gloss`) elements with their annotations."""
        for code, value in text.items():
            form = SubElement(parent, tag, {"lang": self.tag_of(code)})
            element = SubElement(form, "text")
            if isinstance(value, str):
                element.text = value
            else:
                self._spans(element, value)
            for annotation in remarks.pop(f"{on}/{code}", ()) if remarks else ():
                self._annotation(form, annotation)

    def container(
        self, parent: Element, content: Dict, field: str, tag: str, remarks: Remarks
    ) -> None:
        """Writes a text inside an element of its own, if there is any."""
        if text := content.get(field):
            self.forms(SubElement(parent, tag), text, "form", field, remarks)

    def trait(self, parent: Element, trait: Dict) -> None:
        """Writes a trait."""
        el = SubElement(parent, "trait", {"name": trait["name"], "value": trait["value"]})
        if residue := trait.get("residue"):
            self._residue.put_all(el, residue)

    def _own_field(self, parent: Element, own: Dict) -> None:
        el = SubElement(parent, "field", {self.dialect.field_key: own["type"]})
        remarks = remarks_of(own)
        self.forms(el, own.get("text", {}), "form", "text", remarks)
        self.close(el, own, remarks)

    def _annotation(self, parent: Element, annotation: Dict) -> None:
        el = SubElement(parent, "annotation", {"name": annotation["name"]})
        for name in ("value", "who", "when"):
            if (value := annotation.get(name)) is not None:
                el.set(name, value)
        self.forms(el, annotation.get("text", {}), "form", "", {})

    def _spans(self, parent: Element, value: Dict) -> None:
        text = value["text"]
        spans = [
            (span["start"], -span["end"], place, span)
            for place, span in enumerate(value.get("spans", ()))
        ]
        heapify(spans)
        self._stretch(parent, text, 0, len(text), spans)

    def _stretch(
        self,
        parent: Element,
        text: str,
        start: int,
        end: int,
        spans: list[tuple[int, int, int, Dict]],
    ) -> None:
        """Writes part of a text; spans that cross an outer one's end are cut in two there.

        Args:
            spans: a heap of start, negative end, sequence, and span.
        """
        place, last = start, None
        while spans and spans[0][0] < end:
            begin, far, sequence, span = heappop(spans)
            stop = min(-far, end)
            if stop <= begin:
                continue
            _append(parent, last, text[place:begin])
            if -far > end:
                heappush(spans, (end, far, sequence, span))
            last = el = SubElement(parent, "span")
            if span.get("ws") is not None:
                el.set("lang", self.tag_of(span["ws"]))
            for name, key in (("href", "href"), ("class", "style")):
                if span.get(key) is not None:
                    el.set(name, span[key])
            self._stretch(el, text, begin, stop, spans)
            place = stop
        _append(parent, last, text[place:end])


class EntryWriter(TextWriter):
    """Writes entries.

    Attributes:
        relations: writes the relations that an entry (by id) or a part of it states.
        targets: ids of senses to which relations point.
    """

    def __init__(self, dialect: Dialect, tags: Mapping[str, str], codes: Mapping[str, str]) -> None:
        super().__init__(dialect, tags, codes)
        self.relations: Callable[[Element, str, str | None], None] = lambda *_: None
        self.targets: set[str] = set()
        self.media: Callable[[Dict, str], str] = lambda media, _: str(media.get("href", ""))
        self._entry = ""
        self._with_ids = False

    def entry(
        self, content: Dict, identifier: str, guid: str, deleted: str | None = None
    ) -> Element:
        """The element of an entry; an empty identifier or guid is left out."""
        el = etree.Element("entry")
        for name, value in (("id", identifier), ("guid", guid), ("dateDeleted", deleted)):
            if value or (name == "dateDeleted" and value is not None):
                el.set(name, value or "")
        if (homograph := content.get("homograph")) is not None:
            el.set("order", str(homograph))
        self._entry = content["id"]
        self._with_ids = has_sense_ids(content)
        remarks = remarks_of(content)
        self.container(el, content, "lemma", "lexical-unit", remarks)
        self._item_trait(el, self.dialect.morph_type, content.get("morph_type"))
        self.container(el, content, "citation", "citation", remarks)
        self._notes(el, content)
        self._pronunciations(el, content)
        for form in content.get("forms", ()):
            self._form(el, form)
        for etymology in content.get("etymologies", ()):
            self._etymology(el, etymology)
        self.relations(el, self._entry, None)
        self._senses(el, content.get("senses", ()), "sense")
        self._item_trait(el, "status", content.get("status"))
        self.close(el, content, remarks)
        return el

    def _item_trait(self, parent: Element, name: str, item: str | None) -> None:
        if item is not None:
            SubElement(parent, "trait", {"name": name, "value": self.code_of(item)})

    def _notes(self, parent: Element, content: Dict) -> None:
        for note in content.get("notes", ()):
            el = SubElement(parent, "note")
            if note.get("type") is not None:
                el.set("type", self.code_of(note["type"]))
            remarks = remarks_of(note)
            self.forms(el, note.get("text", {}), "form", "text", remarks)
            self.close(el, note, remarks)

    def _pronunciations(self, parent: Element, content: Dict) -> None:
        for pronunciation in content.get("pronunciations", ()):
            el = SubElement(parent, "pronunciation")
            remarks = remarks_of(pronunciation)
            self.forms(el, pronunciation.get("form", {}), "form", "form", remarks)
            for media in pronunciation.get("media", ()):
                self._media(el, media, "media", "audio")
            self.close(el, pronunciation, remarks)

    def _media(self, parent: Element, media: Dict, tag: str, folder: str) -> None:
        el = SubElement(parent, tag, {"href": self.media(media, folder)})
        self.container(el, media, "label", "label", {})
        self._residue.put_all(el, media.get("residue", ()))

    def _form(self, parent: Element, form: Dict) -> None:
        el = SubElement(parent, "variant")
        if form.get("ref") is not None:
            el.set("ref", form["ref"])
        remarks = remarks_of(form)
        self.forms(el, form.get("form", {}), "form", "form", remarks)
        for environment in form.get("environments", ()):
            SubElement(el, "trait", {"name": "environment", "value": environment})
        if form.get("paradigm") is not None:
            SubElement(el, "trait", {"name": "paradigm", "value": form["paradigm"]})
        self._item_trait(el, self.dialect.morph_type, form.get("morph_type"))
        self._pronunciations(el, form)
        self.relations(el, self._entry, form["id"])
        self.close(el, form, remarks)

    def _etymology(self, parent: Element, etymology: Dict) -> None:
        el = SubElement(parent, "etymology")
        if etymology.get("type") is not None:
            el.set("type", self.code_of(etymology["type"]))
        if etymology.get("source") is not None:
            el.set("source", etymology["source"])
        remarks = remarks_of(etymology)
        self.forms(el, etymology.get("form", {}), "form", "form", remarks)
        self.forms(el, etymology.get("gloss", {}), "gloss", "gloss", remarks)
        self.close(el, etymology, remarks)

    def _senses(self, parent: Element, senses: Iterable[Dict], tag: str) -> None:
        senses = list(senses)
        for sense, order in zip(senses, sense_orders(senses), strict=True):
            el = SubElement(parent, tag)
            if (identifier := self.sense_id(sense)) is not None:
                el.set("id", identifier)
            if order is not None:
                el.set("order", str(order))
            self._sense(el, sense)

    def sense_id(self, sense: Dict) -> str | None:
        """How a sense is called: as in its file, or by its UUID where senses have ids."""
        identifier: str | None = sense.get("source_id")
        nameless = identifier is None and self._with_ids
        if nameless or (not identifier and sense["id"] in self.targets):
            return str(uuid_of(sense["id"]))
        return identifier or None

    def _sense(self, el: Element, sense: Dict) -> None:
        remarks = remarks_of(sense)
        self._pos(el, sense)
        self.forms(el, sense.get("gloss", {}), "gloss", "gloss", remarks)
        for phrase in sense.get("further_glosses", ()):
            self.forms(el, phrase.get("text", {}), "gloss", "", {})
        self.container(el, sense, "definition", "definition", remarks)
        for example in sense.get("examples", ()):
            self._example(el, example)
        if scientific_name := sense.get("scientific_name"):
            attributes = {self.dialect.field_key: self.dialect.scientific_name}
            own = SubElement(el, "field", attributes)
            self.forms(own, scientific_name, "form", "scientific_name", remarks)
        for domain in sense.get("domains", ()):
            self._item_trait(el, self.dialect.domain, domain)
        self._notes(el, sense)
        self.relations(el, self._entry, sense["id"])
        for reversal in sense.get("reversals", ()):
            self._reversal(el, reversal, "reversal")
        for picture in sense.get("pictures", ()):
            self._media(el, picture, "illustration", "pictures")
        self._senses(el, sense.get("senses", ()), "subsense")
        self.close(el, sense, remarks)

    def _pos(self, parent: Element, content: Dict) -> None:
        pos, traits = content.get("pos"), content.get("pos_traits")
        if pos is None and not traits:
            return
        el = SubElement(parent, "grammatical-info")
        if pos is not None:
            el.set("value", self.code_of(pos))
        for trait in traits or ():
            self.trait(el, trait)

    def _example(self, parent: Element, example: Dict) -> None:
        el = SubElement(parent, "example")
        if example.get("source") is not None:
            el.set("source", example["source"])
        remarks = remarks_of(example)
        self.forms(el, example.get("form", {}), "form", "form", remarks)
        for translation in example.get("translations", ()):
            child = SubElement(el, "translation")
            if translation.get("type") is not None:
                child.set("type", self.code_of(translation["type"]))
            self.forms(child, translation.get("text", {}), "form", "", {})
            self._residue.put_all(child, translation.get("residue", ()))
        self._notes(el, example)
        self.close(el, example, remarks)

    def _reversal(self, parent: Element, reversal: Dict, tag: str) -> None:
        el = SubElement(parent, tag)
        if reversal.get("type") is not None:
            el.set("type", reversal["type"])
        self.forms(el, reversal.get("form", {}), "form", "", {})
        if reversal.get("main") is not None:
            self._reversal(el, reversal["main"], "main")
        self._pos(el, reversal)
        self._residue.put_all(el, reversal.get("residue", ()))


def remarks_of(content: Dict) -> Remarks:
    """An object's annotations by what they are on."""
    remarks: Remarks = {}
    for annotation in content.get("annotations", ()):
        remarks.setdefault(annotation.get("on", ""), []).append(annotation)
    return remarks


def has_sense_ids(content: Dict) -> bool:
    """Whether any sense of an entry has an identifier from its file."""
    return any(
        bool(sense.get("source_id")) or has_sense_ids(sense) for sense in content.get("senses", ())
    )


def sense_orders(senses: list[Dict]) -> list[int | None]:
    """The numbers to write: as they were, or anew where the sequence was edited."""
    orders = [sense.get("order") for sense in senses]
    numbers = [order for order in orders if order is not None]
    edited = any(one >= other for one, other in pairwise(numbers))
    if numbers and (edited or len(numbers) < len(orders)):
        return list(range(min(numbers), min(numbers) + len(orders)))
    return orders


def _append(parent: Element, last: Element | None, text: str) -> None:
    """Adds text behind the last child (which lxml would have to count to find)."""
    if last is None:
        parent.text = text
    else:
        last.tail = text
