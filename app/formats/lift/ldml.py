"""Writing systems from and to LDML as FieldWorks, WeSay and Paratext write it.

The whole file is kept as residue of the writing system; writing changes in it only what was
changed in the program.

Source: UTS #35; palaso and SIL extensions of LDML, versions 0 to 3.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from app.domain.project import Collation, WritingSystem
from app.domain.records import Residue
from app.domain.sorting import problem_of
from app.formats.base import FoundProblem, Names
from app.formats.xml import Element, line_of, parse, parse_piece

FORMAT = "ldml"
_NS = {
    "p": "urn://palaso.org/ldmlExtensions/v1",
    "p2": "urn://palaso.org/ldmlExtensions/v2",
    "fw": "urn://fieldworks.sil.org/ldmlExtensions/v1",
    "sil": "urn://www.sil.org/ldml/0.1",
}
_FIELDS = ("name", "abbreviation", "font", "direction", "collation")
_STEM = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_SEPARATOR = "\ufffc"
_RTL = "right-to-left"


def read_writing_system(path: Path) -> WritingSystem:
    """The writing system that an LDML file describes; its code is the file's name.

    Raises:
        Unreadable: the file is no LDML, is broken, or declares entities.
    """
    root = parse(path, "ldml")
    tag = path.stem if _STEM.fullmatch(path.stem) else _tag(root)
    residue = Residue(format=FORMAT, content=etree.tostring(root, encoding="unicode"))
    fields = _read(root)
    return WritingSystem(
        id=tag,
        tag=tag,
        keyboard=_first(
            root, ".//sil:kbd/@id", ".//p2:keyboard/@layout", ".//p:defaultKeyboard/@value"
        ),
        valid_characters=_valid_characters(root),
        residue=(residue,),
        **fields,
    )


def find_writing_system(path: Path, names: Names) -> Iterator[FoundProblem]:
    """Adds the writing system of a file to those of the project, if it is new there."""
    system = read_writing_system(path)
    tags = {known.tag.lower() for known in names.writing_systems.values()}
    if system.id not in names.writing_systems and system.tag.lower() not in tags:
        names.new_writing_systems.append(system)
        names.writing_systems[system.id] = system
    for place in parse(path, "ldml").iter("collation"):
        if _first(place, ".//*[local-name()='sortRulesType']/@value") == "CustomSimple" and not (
            system.collation.letters
        ):
            what = f"The sorting of {system.tag} has no alphabet that can be read; it is kept."
            yield FoundProblem(line_of(place), what, "note")
    if problem := problem_of(system.collation):
        what = f"The sorting rules of {system.tag} are kept and not applied: {problem}"
        yield FoundProblem(0, what, "note")


def write_writing_system(system: WritingSystem) -> bytes:
    """The LDML file of a writing system."""
    kept = next((r.content for r in system.residue if r.format == FORMAT), None)
    root = parse_piece(kept) if kept is not None else _new(system)
    had = _read(root)
    for field in _FIELDS:
        wanted = getattr(system, field)
        if had[field] != wanted:
            _SETTERS[field](root, wanted)
    if kept is None and system.keyboard:
        _set_special(root, "p", "defaultKeyboard", system.keyboard)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _read(root: Element) -> dict[str, Any]:
    order = _first(
        root, "layout/orientation/characterOrder/text()", "layout/orientation/@characters"
    )
    right = order == _RTL or _first(root, ".//p:rightToLeftScript/@value").lower() == "true"
    return {
        "name": _first(root, ".//p:languageName/@value", ".//sil:languageName/@value"),
        "abbreviation": _first(root, ".//p:abbreviation/@value"),
        "font": _first(
            root,
            ".//p:defaultFontFamily/@value",
            ".//sil:font[contains(concat(' ', @types, ' '), ' default ')]/@name",
            ".//sil:font/@name",
        ),
        "direction": "rtl" if right else "ltr",
        "collation": _collation(root),
    }


def _collation(root: Element) -> Collation:
    for collation in root.iterfind("collations/collation"):
        if collation.get("type") not in (None, "standard"):
            continue
        letters = _first(collation, ".//sil:simple/text()", ".//p:simple/text()")
        if letters.strip():
            return Collation(kind="alphabet", letters=letters.strip())
        rules = _first(collation, "cr/text()")
        if rules.strip():
            return Collation(kind="icu", rules=rules.strip())
    return Collation()


def _valid_characters(root: Element) -> str:
    """FieldWorks' word-forming characters: XML in an attribute, with its own separator."""
    value = _first(root, ".//fw:validChars/@value")
    found = re.search(r"<WordForming>(.*?)</WordForming>", value, re.DOTALL)
    if not found:
        return ""
    return " ".join(
        c for c in html.unescape(found[1]).split(_SEPARATOR) if c.strip() and "U+" not in c
    )


def _tag(root: Element) -> str:
    parts = (
        _first(root, f"identity/{name}/@type")
        for name in ("language", "script", "territory", "variant")
    )
    return "-".join(part for part in parts if part) or "und"


def _first(el: Element, *paths: str) -> str:
    for path in paths:
        found = el.xpath(path, namespaces=_NS)
        if isinstance(found, list) and found:
            first = found[0]
            return first if isinstance(first, str) else str(getattr(first, "text", "") or "")
    return ""


def _new(system: WritingSystem) -> Element:
    root = etree.Element("ldml")
    identity = etree.SubElement(root, "identity")
    etree.SubElement(identity, "version", number="")
    language, _, rest = system.tag.partition("-")
    etree.SubElement(identity, "language", type=language)
    for part in rest.split("-") if rest else ():
        if re.fullmatch(r"[A-Z][a-z]{3}", part):
            etree.SubElement(identity, "script", type=part)
        elif re.fullmatch(r"[A-Z]{2}|\d{3}", part):
            etree.SubElement(identity, "territory", type=part)
        else:
            variant = rest[rest.index(part) :]
            etree.SubElement(identity, "variant", type=variant)
            break
    etree.SubElement(root, "collations")
    return root


def _set_special(root: Element, prefix: str, name: str, value: str) -> None:
    found = root.xpath(f".//{prefix}:{name}", namespaces=_NS)
    if isinstance(found, list) and found:
        element = found[0]
    else:
        special = next(
            (s for s in root.iterfind("special") if len(s) and s[0].prefix == "palaso"), None
        )
        if special is None:
            special = etree.SubElement(root, "special", nsmap={"palaso": _NS["p"]})
        element = etree.SubElement(special, f"{{{_NS[prefix]}}}{name}")
    assert isinstance(element, etree._Element)
    element.set("value", value)


def _set_font(root: Element, value: str) -> None:
    found = root.xpath(".//sil:font", namespaces=_NS)
    if isinstance(found, list) and found and isinstance(found[0], etree._Element):
        found[0].set("name", value)
        if not root.xpath(".//p:defaultFontFamily", namespaces=_NS):
            return
    _set_special(root, "p", "defaultFontFamily", value)


def _set_direction(root: Element, value: str) -> None:
    order = _RTL if value == "rtl" else "left-to-right"
    for old in root.xpath(".//p:rightToLeftScript", namespaces=_NS):  # type: ignore[union-attr]
        old.set("value", str(value == "rtl").lower())  # type: ignore[union-attr]
    layout = root.find("layout")
    if layout is None:
        layout = etree.Element("layout")
        identity = root.find("identity")
        root.insert(0 if identity is None else root.index(identity) + 1, layout)
    layout.clear()
    orientation = etree.SubElement(layout, "orientation")
    etree.SubElement(orientation, "characterOrder").text = order


def _set_collation(root: Element, value: Collation) -> None:
    collations = root.find("collations")
    if collations is None:
        collations = etree.SubElement(root, "collations")
    for old in collations.findall("collation"):
        if old.get("type") in (None, "standard"):
            collations.remove(old)
    if value.kind == "default":
        return
    collation = etree.SubElement(collations, "collation", type="standard")
    if value.kind == "icu":
        etree.SubElement(collation, "cr").text = etree.CDATA(value.rules)
    else:
        special = etree.SubElement(collation, "special", nsmap={"sil": _NS["sil"]})
        simple = etree.SubElement(special, f"{{{_NS['sil']}}}simple")
        simple.text = etree.CDATA(value.letters)


_SETTERS: dict[str, Any] = {
    "name": lambda root, value: _set_special(root, "p", "languageName", value),
    "abbreviation": lambda root, value: _set_special(root, "p", "abbreviation", value),
    "font": _set_font,
    "direction": _set_direction,
    "collation": _set_collation,
}
