"""LIFT's names for things: versions, ranges and lists, kinds of relation, marks of residue.

Source: LIFT 0.12, 0.13 and 0.15; the FieldWorks exporter for the names of traits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain import project
from app.domain.ids import new_id

FORMAT = "lift"
RANGES_FORMAT = "lift-ranges"
Dict = dict[str, Any]

RELATION_KIND = "relation-kind"
INVERSE_NAME = "inverse-name"
SPEC_LANGUAGE = "qaa-x-spec"

_RANGES = {
    "grammatical-info": project.PARTS_OF_SPEECH,
    "semantic-domain-ddp4": project.SEMANTIC_DOMAINS,
    "lexical-relation": project.RELATION_TYPES,
    "note-type": project.NOTE_TYPES,
    "translation-type": project.TRANSLATION_TYPES,
    "etymology": project.ETYMOLOGY_TYPES,
    "morph-type": project.MORPH_TYPES,
    "status": project.STATUSES,
}
_RANGES_012 = {
    "grammatical-info": project.PARTS_OF_SPEECH,
    "semantic_domain": project.SEMANTIC_DOMAINS,
    "lexical-relations": project.RELATION_TYPES,
    "note-type": project.NOTE_TYPES,
    "translation-types": project.TRANSLATION_TYPES,
    "etymology": project.ETYMOLOGY_TYPES,
    "MorphType": project.MORPH_TYPES,
    "status": project.STATUSES,
}


@dataclass(frozen=True)
class Dialect:
    """What one version of LIFT calls things.

    Attributes:
        morph_type, domain: names of traits.
        scientific_name: type of the field.
        field_key: attribute that says which field a `field` is.
        definition_tag, definition_key: the same in the header.
        ranges: list of the project by id of the range.
    """

    version: str
    morph_type: str = "morph-type"
    domain: str = "semantic-domain-ddp4"
    scientific_name: str = "scientific-name"
    field_key: str = "type"
    definition_tag: str = "field"
    definition_key: str = "tag"
    ranges: Mapping[str, str] = field(default_factory=lambda: _RANGES)

    def list_of(self, range_id: str) -> str:
        """The list that a range is."""
        return self.ranges.get(range_id, range_id)

    def range_of(self, list_code: str) -> str:
        """The range that a list is."""
        return next((key for key, value in self.ranges.items() if value == list_code), list_code)


DIALECTS = {
    "0.12": Dialect(
        "0.12",
        morph_type="MorphType",
        domain="semantic_domain",
        scientific_name="scientific_name",
        ranges=_RANGES_012,
    ),
    "0.13": Dialect("0.13"),
    "0.15": Dialect(
        "0.15", field_key="name", definition_tag="field-definition", definition_key="name"
    ),
}
VERSIONS = tuple(DIALECTS)
DEFAULT_VERSION = "0.13"


def dialect_of(version: str) -> Dialect:
    """The names of a version; of the nearest one for versions that are not known."""
    if version in DIALECTS:
        return DIALECTS[version]
    number = re.match(r"\d+\.(\d+)", version)
    if number and int(number[1]) < 13:
        return DIALECTS["0.12"]
    return DIALECTS["0.15" if number and int(number[1]) > 13 else DEFAULT_VERSION]


# FieldWorks' LexRefType.MappingType: pairs, collections, trees and sequences for senses, for
# entries, for both; the last four point in one direction.
_REFERENCE_KINDS = {
    "": "set",
    "0": "set",
    "1": "symmetric",
    "2": "pair",
    "3": "tree",
    "4": "sequence",
    "5": "set",
    "6": "symmetric",
    "7": "pair",
    "8": "tree",
    "9": "sequence",
    "10": "set",
    "11": "symmetric",
    "12": "pair",
    "13": "tree",
    "14": "sequence",
    "15": "pair",
    "16": "pair",
    "17": "pair",
}
_KNOWN_TYPES: dict[str, tuple[str, str]] = {
    "_component-lexeme": ("pair", "complex form"),
    "baseform": ("pair", "derived form"),
    "synonym": ("set", ""),
    "synonyms": ("set", ""),
    "antonym": ("symmetric", ""),
    "antonyms": ("symmetric", ""),
    "compare": ("set", ""),
    "confer": ("set", ""),
    "cf": ("set", ""),
    "etymological": ("set", ""),
    "part": ("tree", "Whole"),
    "whole": ("tree", "Part"),
    "generic": ("tree", "Specific"),
    "specific": ("tree", "Generic"),
    "calendar": ("sequence", ""),
    "classified noun": ("tree", "Classifier"),
    "main": ("pair", "minor entry"),
    "subentry": ("pair", "main entry"),
    "composition": ("pair", "compound"),
}


def relation_nature(
    code: str, reference_type: str | None = None, reverse: str = ""
) -> tuple[str, str]:
    """Kind and name of the other direction of a relation type.

    Args:
        code: the type as the file writes it.
        reference_type: FieldWorks' number for the kind, if the file has one.
        reverse: the name of the other direction that the file gives.

    Returns:
        `symmetric`, `pair`, `tree`, `set` or `sequence`; and a name, perhaps empty.

    >>> relation_nature("_component-lexeme")
    ('pair', 'complex form')
    """
    known = _KNOWN_TYPES.get(code.lower())
    kind = _REFERENCE_KINDS.get(reference_type) if reference_type else None
    if kind is None:
        kind = known[0] if known else ("set" if reference_type == "" else "pair")
    return kind, reverse or (known[1] if known and kind in ("pair", "tree") else "")


def nature_of_item(item: Dict) -> tuple[str, str]:
    """What `relation_nature` says of a relation type with the traits and fields that it has."""
    reference = next(
        (t["value"] for t in item.get("traits", ()) if t["name"] == "referenceType"), None
    )
    reverse: Dict = next(
        (f.get("text", {}) for f in item.get("fields", ()) if f["type"] == "reverse-label"), {}
    )
    name = next((value for value in reverse.values() if isinstance(value, str) and value), "")
    return relation_nature(item["code"], reference, name)


def nature_traits(item: Dict) -> list[Dict]:
    """The traits that tell the program the nature of a relation type that lacks them."""
    kind, inverse = nature_of_item(item)
    have = {trait["name"] for trait in item.get("traits", ())}
    traits = [(RELATION_KIND, kind), (INVERSE_NAME, inverse)]
    return [
        {"id": new_id("t"), "name": name, "value": value}
        for name, value in traits
        if value and name not in have
    ]


def kind_of_item(item: Dict) -> str:
    """The kind of a relation type: its trait, or what is known of its code."""
    return next(
        (t["value"] for t in item.get("traits", ()) if t["name"] == RELATION_KIND),
        nature_of_item(item)[0],
    )


def inverse_of_item(item: Dict) -> str:
    """The name of the other direction of a relation type: its trait, or what is known of it."""
    return next(
        (str(t["value"]) for t in item.get("traits", ()) if t["name"] == INVERSE_NAME),
        nature_of_item(item)[1],
    )


def lift_source(content: Dict, document: str = "") -> Dict | None:
    """The record's source in a LIFT document: the one named, else the first."""
    found = None
    for source in content.get("sources", ()):
        if source.get("format") == FORMAT:
            if source.get("document", "") == document:
                return dict(source)
            found = found or dict(source)
    return found
