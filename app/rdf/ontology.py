"""The files of `ontology/` as a server with a given base has them."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox

from app.rdf.namespaces import OWN_PATH
from app.rdf.tables import FOLDER

VOCABULARY = "life.ttl"
SHAPES = ("shapes-lexicon.ttl", "shapes-texts.ttl")


def address(base: str) -> str:
    """The address of our vocabulary.

    >>> address("https://life.example.org")
    'https://life.example.org/ontology/life'
    """
    return base + OWN_PATH.rstrip("#")


def vocabulary(base: str) -> list[ox.Triple]:
    """The triples of our vocabulary."""
    return _parse(VOCABULARY, base)


def shapes(base: str) -> list[ox.Triple]:
    """The SHACL shapes of lexicons and texts; they have blank nodes."""
    return [triple for name in SHAPES for triple in _parse(name, base)]


def jsonld_context(base: str) -> dict[str, Any]:
    """The context for JSON-LD, under which our terms are `life:...`."""
    made: dict[str, Any] = json.loads((FOLDER / "context.jsonld").read_text(encoding="utf-8"))
    made["@context"]["life"] = base + OWN_PATH
    return made


def _parse(name: str, base: str) -> list[ox.Triple]:
    data = (FOLDER / name).read_bytes()
    return [
        quad.triple for quad in ox.parse(data, format=ox.RdfFormat.TURTLE, base_iri=address(base))
    ]
