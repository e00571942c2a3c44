"""Our terms as those of pyoxigraph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import pyoxigraph as ox

from app.rdf.terms import Iri, Literal, Quad, Term, Triple


@lru_cache(maxsize=4096)
def _node(value: str) -> ox.NamedNode:
    return ox.NamedNode(value)


def ox_term(value: Term) -> ox.NamedNode | ox.Literal:
    """An IRI or literal."""
    if isinstance(value, Iri):
        return ox.NamedNode(value)
    return ox_literal(value)


def ox_literal(value: Literal) -> ox.Literal:
    """A literal."""
    if value.lang:
        return ox.Literal(value.value, language=value.lang)
    if value.datatype:
        return ox.Literal(value.value, datatype=_node(value.datatype))
    return ox.Literal(value.value)


def ox_triples(triples: Iterable[Triple]) -> Iterator[ox.Triple]:
    """Triples, one by one."""
    for subject, predicate, value in triples:
        yield ox.Triple(ox.NamedNode(subject), _node(predicate), ox_term(value))


def ox_quads(quads: Iterable[Quad]) -> Iterator[ox.Quad]:
    """Quads, one by one."""
    for subject, predicate, value, graph in quads:
        yield ox.Quad(ox.NamedNode(subject), _node(predicate), ox_term(value), _node(graph))
