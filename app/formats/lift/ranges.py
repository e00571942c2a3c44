"""Reading lists and own fields: the header of a LIFT file and its .lift-ranges.

What of a header or ranges file is no item and no field definition (descriptions and guids of
ranges, where they lie) stays together as one piece of residue of the source document: the
element without what was taken out of it.

Source: LIFT 0.13, `header-content`; lift-ranges-0.13.rng; LIFT 0.15 for field definitions.
"""

from __future__ import annotations

import re

from lxml import etree

from app.domain.ids import new_id
from app.domain.project import RELATION_TYPES, FieldDefinition, FieldKind, ListItem
from app.formats.base import FoundRecord, Names
from app.formats.lift.texts import ANALYSIS, Handler, TextReader
from app.formats.lift.values import (
    FORMAT,
    SPEC_LANGUAGE,
    Dialect,
    Dict,
    nature_of_item,
    nature_traits,
)
from app.formats.xml import Element, line_of

_CLASSES = {
    "LexEntry": "entry",
    "LexSense": "sense",
    "LexExampleSentence": "example",
    "MoForm": "form",
}
_SPEC_KINDS: dict[str, FieldKind] = {
    "String": "text",
    "Unicode": "text",
    "MultiString": "multitext",
    "MultiUnicode": "multitext",
    "OwningAtom": "multitext",
    "ReferenceAtom": "list",
    "ReferenceAtomic": "list",
    "ReferenceCollection": "list",
    "ReferenceSequence": "list",
    "Integer": "number",
    "GenDate": "date",
    "Time": "date",
}
_TYPES: dict[str, FieldKind] = {
    "multi-string": "multitext",
    "multi-text": "multitext",
    "option": "list",
    "option-collection": "list",
    "option-sequence": "list",
    "datetime": "date",
    "integer": "number",
    "string": "text",
}
Nature = tuple[tuple[str, ...], FieldKind, str]


class RangeReader(TextReader):
    """Reads ranges into list items and header fields into definitions.

    Attributes:
        known: descriptions of items that the project already has, with the project's ids.
        natures: kind and name of the other direction of relation types, by code.
    """

    def __init__(self, names: Names, dialect: Dialect, file: str) -> None:
        super().__init__(names, dialect, file)
        self.known: list[FoundRecord] = []
        self.natures: dict[str, tuple[str, str]] = {}
        self._made: set[tuple[str, str]] = set()
        self._item: dict[str, Handler] = {
            **self.extensible,
            "label": lambda out, el: self.container(out, el, "name", "label", ANALYSIS),
            "abbrev": lambda out, el: self.container(out, el, "abbreviation", "abbrev", ANALYSIS),
            "description": lambda out, el: self.container(
                out, el, "description", "description", ANALYSIS
            ),
        }
        self._definition: dict[str, Handler] = {
            "label": lambda out, el: self.container(out, el, "name", "label", ANALYSIS),
            "description": self._describe,
            "form": self._describe_directly,
        }

    def header(self, el: Element, document: str) -> Dict:
        """Reads a header; returns what is left of it, as a piece of residue."""
        self.begin(el)
        for ranges in el.iterchildren("ranges"):
            self._ranges(ranges, document)
        for fields in el.iterchildren("fields"):
            for definition in list(fields):
                if definition.tag in ("field", "field-definition") and self._define(
                    definition, document
                ):
                    fields.remove(definition)
        return self._rest(el)

    def ranges_file(self, root: Element, document: str) -> Dict:
        """Reads a .lift-ranges file; returns what is left of it, as a piece of residue."""
        self.begin(root)
        self._ranges(root, document)
        return self._rest(root)

    def _ranges(self, parent: Element, document: str) -> None:
        for element in parent.iterchildren("range"):
            list_code = self.dialect.list_of(element.get("id") or "")
            if not list_code:
                continue
            new = []
            for child in list(element.iterchildren("range-element")):
                key = (list_code, child.get("id") or "")
                if key in self.names.merged and key not in self.names.items:
                    element.remove(child)  # the project has another item for it
                elif key[1] and key not in self._made:
                    self._made.add(key)
                    new.append((child, self.names.items.get(key) or new_id("i")))
            ids = {child.get("id") or "": item_id for child, item_id in new}
            for rank, (child, item_id) in enumerate(new):
                self._read_item(child, item_id, list_code, ids, rank, document)
                element.remove(child)

    def _read_item(
        self,
        el: Element,
        item_id: str,
        list_code: str,
        ids: dict[str, str],
        rank: int,
        document: str,
    ) -> None:
        item: Dict = {"id": item_id, "list": list_code}
        self.fill(item, el, {"id": "code", "guid": "guid", "parent": "parent"}, self._item)
        source = {"format": FORMAT, "document": document, "id": item["code"]}
        if guid := item.pop("guid", ""):
            source["guid"] = guid
        item["sources"] = [source]
        if rank:
            item["rank"] = rank
        parent = item.get("parent")
        if parent is not None:
            item["parent"] = ids.get(parent) or self.names.find_item(list_code, parent)
            if item["parent"] is None or item["parent"] == item_id:
                del item["parent"]
                self.keep_attribute(item, "", "parent", parent)
        if list_code == RELATION_TYPES:
            self.natures[item["code"]] = nature_of_item(item)
        if list_code == RELATION_TYPES and (traits := nature_traits(item)):
            item["traits"] = [*item.get("traits", ()), *traits]
        if self.names.items.get((list_code, item["code"])) == item_id:
            self.known.append(FoundRecord("item", item, line_of(el)))
        else:
            self.names.add_item(ListItem.model_validate(item))

    def _define(self, el: Element, document: str) -> bool:
        key = self.dialect.definition_key
        if el.get(key) is None:
            key = "name" if key == "tag" else "tag"
        code = el.get(key)
        if not code or ("field", code) in self._made:
            return False
        self._made.add(("field", code))
        found: Dict = {"id": new_id("f")}
        self.fill(found, el, {key: "code"}, self._definition)
        if el.tag != self.dialect.definition_tag:
            self.remember(found, ".", str(el.tag))
        if key != self.dialect.definition_key:
            self.remember(found, f"@{self.dialect.definition_key}>@{key}", "")
        levels, kind, list_code = field_nature(found, self.dialect)
        found |= {"levels": levels, "kind": kind, "list": list_code}
        found["sources"] = [{"format": FORMAT, "document": document, "id": code}]
        if code not in self.names.fields:
            self.names.add_field(FieldDefinition.model_validate(found))
        else:
            found["id"] = self.names.fields[code]
            definition = FieldDefinition.model_validate(found)
            content = definition.model_dump(mode="json", exclude_defaults=True)
            self.known.append(FoundRecord("field", content, line_of(el)))
        return True

    def _describe(self, out: Dict, el: Element) -> bool:
        return self.container(out, el, "description", "description", ANALYSIS)

    def _describe_directly(self, out: Dict, el: Element) -> bool:
        """A form right in the definition; in 0.15 it should stand in a `description`."""
        if el.get("lang") == SPEC_LANGUAGE or self.dialect.definition_key == "name":
            return False
        return self.form(out, el, "description", "form", ANALYSIS)

    def _rest(self, el: Element) -> Dict:
        for inner in el.iter("*"):
            if inner.tag not in ("text", "span") and not any(
                parent.tag == "text" for parent in inner.iterancestors()
            ):
                inner.text = inner.text if (inner.text or "").strip() else None
                inner.tail = inner.tail if (inner.tail or "").strip() else None
        holder: Dict = {}
        self.keep(holder, "", el)
        piece: Dict = holder["residue"][0]
        return piece


# Where FieldWorks has the fields that it declares in every header without saying so.
_KNOWN = {
    "cv-pattern": "pronunciation",
    "tone": "pronunciation",
    "comment": "etymology",
    "scientific-name": "sense",
}


def field_nature(definition: Dict, dialect: Dialect) -> Nature:
    """Levels, kind and list of a field as the residue of its definition tells them."""
    level, kind, list_code = _KNOWN.get(definition.get("code", ""), "entry"), "multitext", ""
    spec = specification(definition)
    pairs = dict(re.findall(r"(\w+)\s*=\s*([^;]+)", spec))
    lower = {name.lower(): value.strip() for name, value in pairs.items()}
    level = _CLASSES.get(lower.get("class", ""), level)
    kind = _SPEC_KINDS.get(lower.get("type", ""), kind)
    list_code = lower.get("range", "")
    attributes = {
        piece["at"]: piece["content"] for piece in definition.get("residue", ()) if "at" in piece
    }
    level = {"variant": "form"}.get(attributes.get("@class", ""), attributes.get("@class", level))
    kind = _TYPES.get(attributes.get("@type", ""), kind)
    list_code = attributes.get("@option-range", list_code)
    return (level,), kind, dialect.list_of(list_code)  # type: ignore[return-value]


def specification(definition: Dict) -> str:
    """FieldWorks' description of a custom field, such as `Class=LexEntry; Type=String`."""
    for piece in definition.get("residue", ()):
        content = piece["content"]
        if content.startswith("<form") and f'"{SPEC_LANGUAGE}"' in content:
            return "".join(str(text) for text in etree.fromstring(content).itertext())
    return ""


def make_specification(nature: Nature, dialect: Dialect) -> str:
    """The inverse of `field_nature`, as FieldWorks writes it."""
    levels, kind, list_code = nature
    classes = {level: name for name, level in _CLASSES.items()}
    types = {
        "text": "String",
        "multitext": "MultiUnicode",
        "list": "ReferenceCollection",
        "number": "Integer",
        "date": "GenDate",
    }
    spec = f"Class={classes.get(levels[0] if levels else 'entry', 'LexEntry')}; Type={types[kind]}"
    return f"{spec}; range={dialect.range_of(list_code)}" if list_code else spec


def make_attributes(nature: Nature, dialect: Dialect) -> dict[str, str]:
    """The same as the attributes of a field definition in LIFT 0.15."""
    levels, kind, list_code = nature
    types = {
        "text": "string",
        "multitext": "multi-text",
        "list": "option-collection",
        "number": "integer",
        "date": "datetime",
    }
    level = levels[0] if levels else "entry"
    attributes = {"class": "variant" if level == "form" else level, "type": types[kind]}
    if list_code:
        attributes["option-range"] = dialect.range_of(list_code)
    return attributes
