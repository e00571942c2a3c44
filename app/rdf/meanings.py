"""What an item of a project's list is in LexInfo, UniMorph or elsewhere.

A project ties an item to an IRI itself, in its settings; else its code and names are looked up in
the tables of `ontology/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain import project as lists
from app.domain.text import plains
from app.rdf import tables
from app.rdf.namespaces import LEXINFO
from app.rdf.tables import NOTHING, Meaning, RelationMeaning
from app.rdf.terms import Iri, iri

Content = Mapping[str, Any]


def meaning_of(item: Content) -> Meaning:
    """What a part of speech or glossing abbreviation is elsewhere.

    >>> meaning_of({"list": "parts-of-speech", "code": "Noun"}).value.rpartition("#")[2]
    'noun'
    """
    said = iri(str(item.get("iri") or ""))
    if item.get("list") == lists.PARTS_OF_SPEECH:
        if said is not None:
            return _tied(LEXINFO.partOfSpeech, said)
        return tables.find(tables.parts_of_speech(), _labels(item)) or NOTHING
    if item.get("list") == lists.GLOSS_ABBREVIATIONS:
        code = str(item.get("code") or "")
        if said is not None:
            return _tied(_property_of_value(said), said)
        return tables.abbreviations().get(code, NOTHING)
    return NOTHING if said is None else Meaning(None, None, (), (said,))


def property_of(item: Content) -> RelationMeaning | None:
    """What a relation type is that the project ties to a property of LexInfo."""
    said = iri(str(item.get("iri") or ""))
    if said is None or not said.startswith(LEXINFO.base):
        return None
    for known in tables.relation_types().values():
        if known.property == said:
            return known
    return None


def _tied(property_: Iri | None, said: Iri) -> Meaning:
    """What a project says itself: the value, where it is one of LexInfo."""
    if property_ is not None and said.startswith(LEXINFO.base):
        return Meaning(property_, said)
    return Meaning(property_, None, (), (said,))


def _property_of_value(said: Iri) -> Iri | None:
    """The property of LexInfo whose value something is, as far as the tables know."""
    for known in (*tables.abbreviations().values(), *tables.features().values()):
        if known.value == said:
            return known.property
    return LEXINFO.partOfSpeech if said in _categories() else None


def _categories() -> set[Iri]:
    return {found.value for found in tables.parts_of_speech().values() if found.value is not None}


def _labels(item: Content) -> list[str]:
    code = str(item.get("code") or "")
    return [code, *plains(item.get("name") or {}), *plains(item.get("abbreviation") or {})]
