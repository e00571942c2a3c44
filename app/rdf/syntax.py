"""Writing triples in the syntaxes of RDF, streaming.

N-Triples and N-Quads are written directly; the others by pyoxigraph, which writes each triple as
it comes: nothing is collected, so a project of any size fits. Only JSON-LD is framed by a context.

Source: RDF 1.1 N-Triples, N-Quads, Turtle, TriG, RDF/XML; JSON-LD 1.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

import pyoxigraph as ox

from app.rdf.namespaces import OWN_PATH, PREFIXES
from app.rdf.oxigraph import ox_quads, ox_triples
from app.rdf.terms import Iri, Quad, Term, Triple

_BATCH = 2000  # lines that are written at once
_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r"}


@dataclass(frozen=True)
class Syntax:
    """A syntax of RDF.

    Attributes:
        id: as in addresses, commands and settings.
        suffix: of files, with its dot.
        quads: whether it has named graphs; without, the triples of all graphs are one.
        format: what pyoxigraph calls it.
    """

    id: str
    name: str
    suffix: str
    media_type: str
    quads: bool
    format: ox.RdfFormat


SYNTAXES: tuple[Syntax, ...] = (
    Syntax("turtle", "Turtle", ".ttl", "text/turtle", False, ox.RdfFormat.TURTLE),
    Syntax("ntriples", "N-Triples", ".nt", "application/n-triples", False, ox.RdfFormat.N_TRIPLES),
    Syntax("jsonld", "JSON-LD", ".jsonld", "application/ld+json", True, ox.RdfFormat.JSON_LD),
    Syntax("rdfxml", "RDF/XML", ".rdf", "application/rdf+xml", False, ox.RdfFormat.RDF_XML),
    Syntax("trig", "TriG", ".trig", "application/trig", True, ox.RdfFormat.TRIG),
    Syntax("nquads", "N-Quads", ".nq", "application/n-quads", True, ox.RdfFormat.N_QUADS),
)


def find_syntax(wanted: str) -> Syntax | None:
    """A syntax by id, suffix or media type."""
    for one in SYNTAXES:
        if wanted.lower() in (one.id, one.suffix, one.media_type):
            return one
    return None


def write_triples(triples: Iterable[Triple], out: IO[bytes], syntax: Syntax, base: str) -> None:
    """Writes triples as they come.

    Args:
        base: of the IRIs, for the prefix of our own vocabulary.
    """
    if syntax.format in (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS):
        _write_lines(triple_lines(triples), out)
        return
    ox.serialize(ox_triples(triples), out, format=syntax.format, prefixes=prefixes(base))


def write_quads(quads: Iterable[Quad], out: IO[bytes], syntax: Syntax, base: str) -> None:
    """Writes quads as they come; a syntax without graphs loses their names."""
    if syntax.format == ox.RdfFormat.N_QUADS:
        _write_lines(quad_lines(quads), out)
    elif not syntax.quads:
        write_triples(((s, p, o) for s, p, o, _ in quads), out, syntax, base)
    else:
        ox.serialize(ox_quads(quads), out, format=syntax.format, prefixes=prefixes(base))


def prefixes(base: str) -> dict[str, str]:
    """The prefixes of what is written, with that of our own vocabulary."""
    return {**PREFIXES, "life": base + OWN_PATH}


def triple_lines(triples: Iterable[Triple]) -> Iterator[str]:
    r"""The lines of N-Triples.

    >>> from app.rdf.terms import Literal
    >>> next(triple_lines([(Iri("a:s"), Iri("a:p"), Literal('say "x"', "en"))]))
    '<a:s> <a:p> "say \\"x\\""@en .\n'
    """
    for subject, predicate, value in triples:
        yield f"<{subject}> <{predicate}> {term(value)} .\n"


def quad_lines(quads: Iterable[Quad]) -> Iterator[str]:
    """The lines of N-Quads."""
    for subject, predicate, value, graph in quads:
        yield f"<{subject}> <{predicate}> {term(value)} <{graph}> .\n"


def term(value: Term) -> str:
    """An IRI or literal as N-Triples write it."""
    if isinstance(value, Iri):
        return f"<{value}>"
    text, lang, datatype = value
    if '"' in text or "\\" in text or "\n" in text or "\r" in text:
        text = text.translate(_ESCAPES)
    if lang:
        return f'"{text}"@{lang}'
    return f'"{text}"^^<{datatype}>' if datatype else f'"{text}"'


def _write_lines(lines: Iterator[str], out: IO[bytes]) -> None:
    while batch := "".join(islice(lines, _BATCH)):
        out.write(batch.encode("utf-8"))
