"""Putting residue back where it stood; `app.formats.lift.texts` tells the notation of `at`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from lxml import etree

from app.formats.lift.values import FORMAT, Dict
from app.formats.xml import Element, parse_piece

_STEP = re.compile(r"([^\[\]]+)(?:\[(.*)\])?")


class ResidueWriter:
    """Puts residue back into elements that were written from fields.

    Args:
        tag_of: the language tag of a writing system's code.
    """

    def __init__(self, tag_of: Callable[[str], str]) -> None:
        self._tag_of = tag_of

    def put_all(self, element: Element, residue: Iterable[Dict]) -> None:
        """Puts back all residue of an object into its element."""
        for piece in residue:
            if piece["format"] == FORMAT:
                self._put(element, piece.get("at", ""), piece["content"])

    def _put(self, element: Element, at: str, content: str) -> None:
        path, is_attribute, name = at.partition("@")
        if is_attribute:
            self._put_attribute(element, path.rstrip("/"), name, content)
        elif at.endswith("text()"):
            self._put_text(element, at.removesuffix("text()").rstrip("/"), content)
        elif at.endswith("/text"):
            self._put_spelling(element, at.removesuffix("/text"), content)
        elif at != ".":
            target = self._find(element, at)
            if target is not None and content:
                target.append(parse_piece(content))

    def _put_attribute(self, element: Element, path: str, name: str, content: str) -> None:
        """An attribute, unless a field gave it a value meanwhile."""
        target = self._find(element, path)
        if target is None:
            return
        name, renamed, other = name.partition(">")
        if renamed:
            value = target.get(name)
            if value is not None:
                del target.attrib[name]
                target.set(other.removeprefix("@"), value)
        elif name not in target.attrib:
            target.set(name, content)

    def _put_text(self, element: Element, path: str, content: str) -> None:
        target = self._find(element, path)
        if target is not None and len(target):
            target[-1].tail = (target[-1].tail or "") + content
        elif target is not None:
            target.text = (target.text or "") + content

    def _put_spelling(self, element: Element, path: str, content: str) -> None:
        """How a text was written, if it still says the same."""
        target = self._find(element, path)
        text = None if target is None else target.find("text")
        if target is None or text is None:
            return
        kept = parse_piece(content)
        if "".join(kept.itertext()) == "".join(text.itertext()):  # type: ignore[arg-type]
            target.replace(text, kept)

    def _find(self, element: Element, path: str) -> Element | None:
        """The element at a path; one without a key is made where it is missing."""
        for step in path.split("/") if path else ():
            match = _STEP.fullmatch(step)
            if match is None:
                return None
            tag, key = match[1], match[2]
            found = next((c for c in element if c.tag == tag and self._is(c, key)), None)
            if found is None:
                if key is not None:
                    return None
                found = etree.SubElement(element, tag)
            element = found
        return element

    def _is(self, element: Element, key: str | None) -> bool:
        if key is None:
            return True
        if element.tag in ("form", "gloss"):
            return element.get("lang") == self._tag_of(key)
        return key in (element.get("name"), element.get("type"))
