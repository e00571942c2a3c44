"""IRIs as people write and read them: with prefixes, as `lexinfo:noun`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain import project as lists
from app.rdf.context import relation_meaning
from app.rdf.meanings import meaning_of
from app.rdf.namespaces import PREFIXES
from app.rdf.terms import Iri, iri


def expand(written: str) -> Iri | None:
    """The IRI that somebody wrote, whole or with a prefix; None if it is none.

    >>> expand("lexinfo:noun")
    'http://www.lexinfo.net/ontology/3.0/lexinfo#noun'
    >>> expand("a noun") is None
    True
    """
    prefix, sign, name = written.strip().partition(":")
    if sign and prefix in PREFIXES and name and not name.startswith("//"):
        return iri(PREFIXES[prefix] + name)
    return iri(written)


def compact(found: str) -> str:
    """An IRI with its prefix, if it has one.

    >>> compact("http://www.lexinfo.net/ontology/3.0/lexinfo#noun")
    'lexinfo:noun'
    """
    for prefix, base in PREFIXES.items():
        if found.startswith(base) and len(found) > len(base):
            return f"{prefix}:{found[len(base) :]}"
    return found


def meaning_in_words(item: Mapping[str, Any]) -> str:
    """What an item of a list is taken for in linked data; empty for nothing.

    >>> meaning_in_words({"list": "parts-of-speech", "code": "Coverb"})
    '< lexinfo:verb'
    """
    if item.get("list") == lists.RELATION_TYPES:
        relation = relation_meaning(item)
        return compact(relation.property) if relation is not None else ""
    meaning = meaning_of(item)
    if meaning.value is not None:
        return compact(meaning.value)
    if meaning.broader:
        return f"< {compact(meaning.broader[0])}"
    return compact(meaning.close[0]) if meaning.close else ""
