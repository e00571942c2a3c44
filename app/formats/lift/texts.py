"""Reading what all of LIFT is made of: texts with spans, traits, fields, annotations, and the rest.

An object is read into a plain dict. Whatever no field holds is kept as residue of the nearest
object, and `at` says where inside the object's element it stood:

- nothing: `content` is an XML element and a child of the object's element;
- a path such as `lexical-unit/form[seh]`: it is a child of that element (the key in brackets is
  the writing system of a form, or the name of a trait);
- a path that ends in `/text` with a `text` element: how the text was written, as long as its
  words are the same;
- an empty `content`: the element at the path was there and empty;
- a path that ends in `@name`: an attribute; `@name>@other`: it was written under another name;
- a path that ends in `text()`: text between elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lxml import etree

from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.formats.base import Names
from app.formats.lift.values import FORMAT, Dialect, Dict
from app.formats.xml import Element, attributes_of, count, line_of

Handler = Callable[[Dict, Element], bool]
VERNACULAR, ANALYSIS, NEITHER = range(3)

_TAG = re.compile(r"[A-Za-z0-9_-]+")
_MAX_LANGUAGES = 2000
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,8}")
_MIXED = etree.XPath("boolean(.//text()[normalize-space()][not(ancestor::text)])")
_DATES = {"dateCreated": "created", "dateModified": "modified"}
_ANNOTATION = ("name", "value", "who", "when")


class TextReader:
    """Reads texts, traits, fields, annotations; keeps what does not fit.

    Attributes:
        leftover: how many elements and attributes went to residue so far.
        mixed: whether the entry at hand has text between elements, which is then looked for.
    """

    def __init__(self, names: Names, dialect: Dialect, file: str) -> None:
        self.names = names
        self.dialect = dialect
        self.file = file
        self.leftover = 0
        self.mixed = False
        # Where residue was put, by object; held so that its address is not used again.
        self._kept: dict[int, tuple[Dict, set[str]]] = {}
        self._codes: tuple[dict[str, str | None], ...] = ({}, {}, {})
        self.extensible: dict[str, Handler] = {
            "trait": self.trait,
            "field": self.own_field,
            "annotation": self.annotation,
        }
        self._own_field_parts: dict[str, Handler] = {
            "form": lambda out, el: self.form(out, el, "text", "form", NEITHER),
            "trait": self.trait,
            "annotation": self.annotation,
        }

    def begin(self, element: Element) -> None:
        """Prepares for an entry; finds out whether text stands between its elements."""
        self._kept.clear()
        self.mixed = bool(_MIXED(element))

    def fill(
        self, out: Dict, el: Element, attributes: Mapping[str, str], parts: Mapping[str, Handler]
    ) -> None:
        """Reads attributes and children of an object's element."""
        for name, value in attributes_of(el):
            key = attributes.get(name) or _DATES.get(name)
            if key is None:
                self.keep_attribute(out, "", name, value)
            else:
                out[key] = value
        self.fill_parts(out, el, parts)

    def fill_parts(self, out: Dict, el: Element, parts: Mapping[str, Handler]) -> None:
        """Reads the children of an object's element."""
        if self.mixed:
            self.keep_text(out, "", el)
        for child in el:
            handler = parts.get(child.tag)
            if handler is None or not handler(out, child):
                self.keep(out, "", child)

    def keep(self, out: Dict, at: str, el: Element) -> None:
        """Keeps an element as residue."""
        self._refuse_entities(el)
        self.leftover += count(el)
        content = etree.tostring(el, encoding="unicode", with_tail=False)
        self.remember(out, at, content)

    def keep_attribute(self, out: Dict, at: str, name: str, value: str) -> None:
        """Keeps an attribute as residue."""
        self.leftover += 1
        self.remember(out, f"{at}/@{name}" if at else f"@{name}", value)

    def keep_text(self, out: Dict, at: str, el: Element) -> None:
        """Keeps text that stands directly in an element that should hold only elements."""
        pieces = [el.text, *(child.tail for child in el)]
        found = "\n".join(piece.strip() for piece in pieces if piece and piece.strip())
        if found:
            self.remember(out, f"{at}/text()" if at else "text()", found)

    def remember(self, out: Dict, at: str, content: str) -> None:
        """Adds a piece of residue."""
        piece = {"format": FORMAT, "at": at, "content": content}
        if at:
            self._kept.setdefault(id(out), (out, set()))[1].add(at.partition("/")[0])
        else:
            del piece["at"]
        out.setdefault("residue", []).append(piece)

    def code(self, tag: str, role: int) -> str | None:
        """The project's code for a language tag; None for one that cannot be a key."""
        codes = self._codes[role]
        if tag not in codes:
            if len(codes) >= _MAX_LANGUAGES:
                raise Unreadable(f"The file names over {_MAX_LANGUAGES} languages.", self.file)
            codes[tag] = (
                self.names.writing_system(
                    tag, vernacular=role == VERNACULAR, analysis=role == ANALYSIS
                )
                if _TAG.fullmatch(tag)
                else None
            )
        return codes[tag]

    def note_roles(self) -> None:
        """Tells new writing systems what they were used for in the whole file."""
        used = [{code for code in codes.values() if code} for codes in self._codes]
        for place, ws in enumerate(self.names.new_writing_systems):
            roles = {
                "vernacular": ws.vernacular or ws.id in used[VERNACULAR],
                "analysis": ws.analysis or ws.id in used[ANALYSIS],
            }
            if roles != {"vernacular": ws.vernacular, "analysis": ws.analysis}:
                updated = ws.model_copy(update=roles)
                self.names.new_writing_systems[place] = updated
                for tag, known in self.names.writing_systems.items():
                    if known is ws:
                        self.names.writing_systems[tag] = updated

    def form(
        self,
        out: Dict,
        el: Element,
        field: str,
        path: str,
        role: int,
        annotated: bool = True,
    ) -> bool:
        """Reads a `form` or `gloss` into the text `out[field]`.

        Args:
            path: where the element stands inside the object, without key.
            annotated: whether the object can hold annotations.

        Returns:
            False if it has no place there: no language, or one that has a text already.
        """
        code = self.code(el.get("lang") or "", role)
        if code is None or (field in out and code in out[field]):
            return False
        if len(el) == 1 and not self.mixed and len(el.keys()) == 1:
            text = el[0]
            if text.tag == "text" and not len(text) and not text.keys():
                out.setdefault(field, {})[code] = text.text or ""
                return True
        return self._odd_form(out, el, field, f"{path}[{code}]", code, annotated)

    def container(
        self,
        out: Dict,
        el: Element,
        field: str,
        tag: str,
        role: int,
        annotated: bool = True,
    ) -> bool:
        """Reads an element that holds forms, such as `definition`, into `out[field]`."""
        if field in out or self.kept_at(out, tag):
            return False
        for name, value in attributes_of(el):
            self.keep_attribute(out, tag, name, value)
        if self.mixed:
            self.keep_text(out, tag, el)
        path = f"{tag}/form"
        for child in el:
            if child.tag != "form" or not self.form(out, child, field, path, role, annotated):
                self.keep(out, tag, child)
        if field not in out and not self.kept_at(out, tag):
            self.leftover += 1
            self.remember(out, tag, "")
        return True

    def trait(self, out: Dict, el: Element) -> bool:
        """Reads a trait into `traits`."""
        return self.trait_into(out, "traits", el)

    def trait_into(self, out: Dict, key: str, el: Element) -> bool:
        """Reads a trait into a list of traits; False if it lacks a name or value."""
        name, value = el.get("name"), el.get("value")
        if name is None or value is None:
            return False
        trait: Dict = {"id": new_id("t"), "name": name, "value": value}
        if len(el) or len(el.keys()) > 2 or self.mixed:
            self._odd_parts(trait, "", el, ("name", "value"))
        out.setdefault(key, []).append(trait)
        return True

    def plain_trait(self, out: Dict, el: Element, path: str) -> None:
        """Keeps what else a trait has whose value went into a field of its own."""
        if len(el) or len(el.keys()) > 2 or self.mixed:
            self._odd_parts(out, path, el, ("name", "value"))

    def own_field(self, out: Dict, el: Element) -> bool:
        """Reads a field that FieldWorks or the project defines itself."""
        key = self.dialect.field_key
        other = "name" if key == "type" else "type"
        if el.get(key) is None:
            key, other = other, ""
        if el.get(key) is None:
            return False
        found: Dict = {"id": new_id("o")}
        self.fill(found, el, {key: "type"}, self._own_field_parts)
        if not other:
            self.remember(found, f"@{self.dialect.field_key}>@{key}", "")
        out.setdefault("fields", []).append(found)
        return True

    def annotation(self, out: Dict, el: Element, on: str = "") -> bool:
        """Reads an annotation; False if it holds more than names, dates and forms."""
        known = sum(el.get(name) is not None for name in _ANNOTATION)
        if el.get("name") is None or known != len(el.keys()) or self.mixed:
            return False
        found: Dict = {"id": new_id("a"), **dict(attributes_of(el))}
        leftover = self.leftover
        for child in el:
            fits = child.tag == "form" and self.form(found, child, "text", "form", NEITHER, False)
            if not fits or "residue" in found:
                self.leftover = leftover
                return False
        if on:
            found["on"] = on
        out.setdefault("annotations", []).append(found)
        return True

    def number(self, out: Dict, key: str, name: str) -> None:
        """Turns an attribute into a number; keeps it as it is if it would come back different."""
        value = out.get(key)
        if value is None:
            return
        if _NUMBER.fullmatch(value):
            out[key] = int(value)
        else:
            del out[key]
            self.keep_attribute(out, "", name, value)

    def item(self, out: Dict, key: str, list_code: str) -> None:
        """Turns a code into the id of an item; keeps an empty one as it is."""
        code = out.get(key)
        if code:
            out[key] = self.names.item(list_code, code)
        elif code is not None:
            del out[key]
            self.keep_attribute(out, "", key, code)

    def _odd_form(
        self, out: Dict, el: Element, field: str, at: str, code: str, annotated: bool
    ) -> bool:
        texts = [child for child in el if child.tag == "text"]
        if len(texts) != 1:
            return False
        value, exact = self._value(texts[0])
        out.setdefault(field, {})[code] = value
        if not exact:
            self.keep(out, f"{at}/text", texts[0])
        for name, attribute in attributes_of(el):
            if name != "lang":
                self.keep_attribute(out, at, name, attribute)
        if self.mixed:
            self.keep_text(out, at, el)
        for child in el:
            if child is not texts[0] and not (
                annotated
                and child.tag == "annotation"
                and self.annotation(out, child, f"{field}/{code}")
            ):
                self.keep(out, at, child)
        return True

    def _value(self, el: Element) -> tuple[str | Dict, bool]:
        """The text with its spans, and whether they say all that the element does."""
        if not len(el):
            return el.text or "", not el.keys()
        self._refuse_entities(el)
        pieces = [el.text or ""]
        spans: list[Dict] = []
        exact = self._walk(el, pieces, len(pieces[0]), spans)[1] and not el.keys()
        text = "".join(pieces)
        spans = [span for span in spans if span["end"] > span["start"]]
        return ({"text": text, "spans": spans} if spans else text), exact

    def _walk(
        self, parent: Element, pieces: list[str], length: int, spans: list[Dict]
    ) -> tuple[int, bool]:
        """Collects text and spans; returns the length so far and whether all is said."""
        exact = True
        for el in parent:
            span: Dict = {"start": length, "end": length}
            exact &= el.tag == "span" and self._span_properties(span, el)
            spans.append(span)
            pieces.append(el.text or "")
            length, inner = self._walk(el, pieces, length + len(pieces[-1]), spans)
            span["end"] = length
            exact &= inner
            if span["end"] == span["start"]:
                exact = False
            elif el.tag != "span":
                span["end"] = span["start"]
            pieces.append(el.tail or "")
            length += len(pieces[-1])
        return length, exact

    def _span_properties(self, span: Dict, el: Element) -> bool:
        exact = True
        for name, value in attributes_of(el):
            if name == "lang" and (code := self.code(value, NEITHER)) is not None:
                span["ws"] = code
            elif name == "href":
                span["href"] = value
            elif name == "class":
                span["style"] = value
            else:
                exact = False
        return exact

    def _odd_parts(self, out: Dict, at: str, el: Element, known: tuple[str, ...]) -> None:
        for name, value in attributes_of(el):
            if name not in known:
                self.keep_attribute(out, at, name, value)
        if self.mixed:
            self.keep_text(out, at, el)
        for child in el:
            self.keep(out, at, child)

    def kept_at(self, out: Dict, tag: str) -> bool:
        """Whether some residue says that a child of this name was there."""
        return tag in self._kept.get(id(out), (out, ()))[1]

    def _refuse_entities(self, el: Element) -> None:
        for entity in el.iter(etree.Entity):
            what = f"The file uses the entity {entity.text}, which nothing declares."
            raise Unreadable(what, self.file, line_of(el))
