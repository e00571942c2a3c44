"""Writing lists and own fields: the header of a LIFT file and its .lift-ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from app.domain.project import RELATION_TYPES
from app.formats.lift.elements import TextWriter, remarks_of
from app.formats.lift.ranges import field_nature, make_attributes, make_specification
from app.formats.lift.values import (
    FORMAT,
    INVERSE_NAME,
    RELATION_KIND,
    SPEC_LANGUAGE,
    Dict,
    dialect_of,
    nature_of_item,
)
from app.formats.xml import Element, parse_piece

SubElement = etree.SubElement


class HeaderWriter(TextWriter):
    """Writes headers and ranges files.

    Attributes:
        companion: ranges of which the ranges file holds new items.
    """

    companion: Sequence[str] = ()

    def header(
        self, document: Dict, items: Iterable[Dict], definitions: Iterable[Dict], href: str
    ) -> Element | None:
        """The header of a file; None if there is nothing to say in it.

        Args:
            document: the source document, whose residue is the rest of the header.
            items: those that stand in the header itself.
            definitions: own fields.
            href: name of the ranges file, if there is one of our own making.
        """
        header = self._rest(document, "header")
        made = header is None
        if header is None:
            header = etree.Element("header")
        self._items(header, items)
        self._definitions(header, definitions)
        if href and self.companion:
            ranges = _child(header, "ranges", first=True)
            have = {el.get("id") for el in ranges}
            for range_id in self.companion:
                if range_id not in have:
                    SubElement(ranges, "range", {"id": range_id, "href": href})
        return None if made and not len(header) else header

    def ranges_file(self, document: Dict, items: Iterable[Dict]) -> Element:
        """The outermost element of a ranges file."""
        root = self._rest(document, "lift-ranges")
        if root is None:
            root = etree.Element("lift-ranges")
        self._fill_ranges(root, items)
        return root

    def _rest(self, document: Dict, tag: str) -> Element | None:
        for piece in document.get("residue", ()):
            content = piece["content"]
            if piece["format"] == FORMAT and "at" not in piece and content.startswith(f"<{tag}"):
                element = parse_piece(content)
                if element.tag == tag:
                    return self._rename_ranges(element, document.get("version", ""))
        return None

    def _rename_ranges(self, element: Element, version: str) -> Element:
        """Calls ranges as the version calls them that is written."""
        source = dialect_of(version) if version else self.dialect
        if source is not self.dialect:
            for el in element.iter("range"):
                if (name := el.get("id") or "") in source.ranges:
                    el.set("id", self.dialect.range_of(source.list_of(name)))
        return element

    def _items(self, header: Element, items: Iterable[Dict]) -> None:
        items = list(items)
        if items:
            self._fill_ranges(_child(header, "ranges", first=True), items)

    def _fill_ranges(self, parent: Element, items: Iterable[Dict]) -> None:
        ranges: dict[str, Element] = {}
        places: dict[str, int] = {}
        for el in parent.iterchildren("range"):
            ranges.setdefault(el.get("id") or "", el)
        for item in items:
            range_id = self.dialect.range_of(item["list"])
            if range_id not in ranges:
                ranges[range_id] = SubElement(parent, "range", {"id": range_id})
            parent_range = ranges[range_id]
            if range_id not in places:  # what was kept of doubled items stays behind the first
                kept = parent_range.find("range-element")
                places[range_id] = len(parent_range) if kept is None else parent_range.index(kept)
            parent_range.insert(places[range_id], self._item(item))
            places[range_id] += 1

    def _item(self, item: Dict) -> Element:
        el = etree.Element("range-element", {"id": item["code"]})
        guid = next((s["guid"] for s in item.get("sources", ()) if s.get("guid")), None)
        if guid:
            el.set("guid", guid)
        if item.get("parent"):
            el.set("parent", self.code_of(item["parent"]))
        remarks = remarks_of(item)
        self.container(el, item, "name", "label", remarks)
        self.container(el, item, "abbreviation", "abbrev", remarks)
        self.container(el, item, "description", "description", remarks)
        self.close(el, own_traits(item), remarks)
        return el

    def _definitions(self, header: Element, definitions: Iterable[Dict]) -> None:
        definitions = list(definitions)
        if not definitions:
            return
        fields = _child(header, "fields")
        have = {el.get("tag") or el.get("name") for el in fields}
        for definition in definitions:
            if definition["code"] not in have:
                have.add(definition["code"])
                self._definition(fields, definition)

    def _definition(self, parent: Element, definition: Dict) -> None:
        tag = self.dialect.definition_tag
        residue = definition.get("residue", ())
        tag = next((r["content"] for r in residue if r.get("at") == "."), tag)
        el = SubElement(parent, tag, {self.dialect.definition_key: definition["code"]})
        described = definition.get("description", {})
        if self.dialect.definition_key == "name":
            self.container(el, definition, "description", "description", {})
            self.container(el, definition, "name", "label", {})
        else:
            self.forms(el, described, "form", "description", {})
        residue = self._specified(el, definition)
        self.close(el, {**definition, "residue": residue}, remarks_of(definition))

    def _specified(self, el: Element, definition: Dict) -> list[Dict]:
        """Says level and kind where the file did not or says otherwise; returns what else is."""
        residue = list(definition.get("residue", ()))
        nature = (
            tuple(definition.get("levels", ("entry",))),
            definition.get("kind", "multitext"),
            definition.get("list", ""),
        )
        if field_nature(definition, self.dialect) == nature:
            return residue
        if self.dialect.definition_key == "name":
            for name, value in make_attributes(nature, self.dialect).items():
                el.set(name, value)
            return residue
        form = SubElement(el, "form", {"lang": SPEC_LANGUAGE})
        SubElement(form, "text").text = make_specification(nature, self.dialect)
        return [r for r in residue if f'"{SPEC_LANGUAGE}"' not in r["content"]]


def own_traits(item: Dict) -> Dict:
    """An item without the traits that a reader finds out again."""
    if item["list"] != RELATION_TYPES or not item.get("traits"):
        return item
    kind, inverse = nature_of_item(item)
    derived = {(RELATION_KIND, kind), (INVERSE_NAME, inverse)}
    traits = [t for t in item["traits"] if (t["name"], t["value"]) not in derived]
    return {**item, "traits": traits}


def is_described(item: Dict) -> bool:
    """Whether there is more to an item than its code."""
    return any(
        item.get(key) for key in ("sources", "name", "abbreviation", "description", "parent")
    ) or bool(own_traits(item).get("traits") or item.get("fields"))


def _child(parent: Element, tag: str, *, first: bool = False) -> Element:
    found = parent.find(tag)
    if found is None:
        found = etree.Element(tag)
        parent.insert(0 if first else len(parent), found)
    return found
