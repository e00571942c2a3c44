"""Graphs that are kept by a SPARQL 1.1 server.

Source: SPARQL 1.1 Protocol (query and update sent directly), SPARQL 1.1 Update, and the SPARQL 1.1
Query Results JSON Format.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

from app.domain.errors import Unavailable
from app.mirror.graphs import Digest, digest_of
from app.rdf.syntax import triple_lines
from app.rdf.terms import Iri, Triple

_SECONDS = 60.0  # that the server may be silent
_BATCH = 300_000  # bytes of an update
_GRAPHS = 200  # graphs that are asked for at once
_QUERY, _UPDATE = "application/sparql-query", "application/sparql-update"
_ROWS = "application/sparql-results+json"


class RemoteGraphs:
    """The graphs of one project on a server that may have others of other projects.

    Attributes:
        update_url: where updates go; `query_url`: where queries go. Both may hold a name and
            password (`https://name:password@host/…`).
    """

    def __init__(self, update_url: str, query_url: str, notes: Path) -> None:
        """Makes one.

        Args:
            notes: file with the IRIs under which graphs were sent, so that they can be removed
                when the project's IRI is another one.
        """
        self.update_url, self.query_url = update_url, query_url
        self._notes = notes
        self._project = Iri("")

    def belong_to(self, project: Iri) -> None:
        """Says which project they are of."""
        self._project = project

    def replace(self, graphs: Mapping[Iri, Sequence[Triple]]) -> None:
        """Has graphs hold these triples and no others.

        Raises:
            Unavailable: the server did not take it; it may have taken a part.
        """
        self._note()
        for update in _updates(graphs):
            self._update(update)

    def mentioning(self, iri: Iri) -> set[str]:
        """The names of the graphs in which something points at an IRI."""
        return set(self._names(f"?s ?p <{iri}>"))

    def count(self, subject: Iri | None, predicate: Iri, value: Iri | None) -> int:
        """How many quads there are of a pattern."""
        one = f"<{subject}>" if subject else "?s"
        other = f"<{value}>" if value else "?o"
        pattern = f"GRAPH ?g {{ {one} <{predicate}> {other} }} {_within(self._project)}"
        (row,) = self._ask(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}")
        return int(row[0].value)

    def value(self, subject: Iri, predicate: Iri) -> str | None:
        """What a property of something is, or one of its values."""
        pattern = f"GRAPH ?g {{ <{subject}> <{predicate}> ?v }} {_within(self._project)}"
        for row in self._ask(f"SELECT ?v WHERE {{ {pattern} }} LIMIT 1"):
            return str(row[0].value)
        return None

    def clear(self) -> None:
        """Removes all graphs of the project, also those of an IRI that it had."""
        for project in self._noted() | {self._project} - {""}:
            names = iter(self._names("?s ?p ?o", Iri(project)))
            while some := list(islice(names, _GRAPHS)):
                self._update(";\n".join(f"DROP SILENT GRAPH <{name}>" for name in some))
        self._notes.unlink(missing_ok=True)

    def iter_quads(self) -> Iterator[ox.Quad]:
        """All quads of the project."""
        names = iter(self._names("?s ?p ?o"))
        while some := list(islice(names, _GRAPHS)):
            wanted = " ".join(f"<{name}>" for name in some)
            pattern = f"VALUES ?g {{ {wanted} }} GRAPH ?g {{ ?s ?p ?o }}"
            for row in self._ask(f"SELECT ?g ?s ?p ?o WHERE {{ {pattern} }}"):
                yield ox.Quad(row["s"], row["p"], row["o"], row["g"])

    def digest(self) -> Digest:
        """How many quads there are, and a sum of their hashes that does not ask for an order."""
        return digest_of(map(str, self.iter_quads()))

    def tidy(self) -> None:
        """The server does that itself."""

    def flush(self) -> None:
        """The server does that itself."""

    def _names(self, pattern: str, project: Iri | None = None) -> list[str]:
        """The names of graphs of the project in which there is something of a pattern."""
        within = _within(project or self._project)
        query = f"SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ {pattern} }} {within} }}"
        return [str(row[0].value) for row in self._ask(query)]

    def _note(self) -> None:
        """Notes the project's IRI before anything is sent under it."""
        noted = self._noted()
        if self._project not in noted:
            new = self._notes.with_suffix(".new")
            new.write_text(json.dumps(sorted(noted | {self._project})))
            new.replace(self._notes)

    def _noted(self) -> set[str]:
        return set(json.loads(self._notes.read_text())) if self._notes.exists() else set()

    def _ask(self, query: str) -> Iterable[ox.QuerySolution]:
        body = _send(self.query_url, query, _QUERY)
        try:
            found = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
            if isinstance(found, ox.QuerySolutions):
                return list(found)
        except (SyntaxError, ValueError) as error:
            raise Unavailable("The SPARQL server gave no rows in JSON.") from error
        raise Unavailable("The SPARQL server gave no rows.")

    def _update(self, update: str) -> None:
        _send(self.update_url, update, _UPDATE)


def _within(project: Iri) -> str:
    """The filter of graphs that are of a project."""
    return f'FILTER(?g = <{project}> || STRSTARTS(STR(?g), "{project}/"))'


def _updates(graphs: Mapping[Iri, Sequence[Triple]]) -> Iterator[str]:
    """Updates of so many bytes, or little more; several where one graph has more."""
    parts: list[str] = []
    size = 0
    for name, triples in graphs.items():
        parts.append(f"DROP SILENT GRAPH <{name}>")
        for block in _blocks(triples):
            insert = f"INSERT DATA {{ GRAPH <{name}> {{\n{block}}} }}"
            if size and size + len(insert) > _BATCH:
                yield ";\n".join(parts)
                parts, size = [], 0
            parts.append(insert)
            size += len(insert)
    if parts:
        yield ";\n".join(parts)


def _blocks(triples: Sequence[Triple]) -> Iterator[str]:
    """Triples as lines, in blocks that fit an update."""
    lines: list[str] = []
    size = 0
    for line in triple_lines(dict.fromkeys(triples)):
        lines.append(line)
        size += len(line)
        if size > _BATCH:
            yield "".join(lines)
            lines, size = [], 0
    if lines:
        yield "".join(lines)


def _send(url: str, body: str, media_type: str) -> bytes:
    """Sends a query or update; returns the answer.

    Raises:
        Unavailable: the server is not there, takes too long, or refuses.
    """
    place = urlsplit(url)
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    headers = {"Content-Type": f"{media_type}; charset=utf-8", "Accept": _ROWS}
    if place.username:
        known = f"{unquote(place.username)}:{unquote(place.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(known.encode()).decode()}"
    target = (place.path or "/") + (f"?{place.query}" if place.query else "")
    try:
        with closing(kind(place.hostname or "", place.port, timeout=_SECONDS)) as connection:
            connection.request("POST", target, body.encode(), headers)
            response = connection.getresponse()
            answer = response.read()
    except (OSError, HTTPException) as error:
        raise Unavailable(f"The SPARQL server does not answer ({error!r}).") from error
    if response.status not in (200, 201, 202, 204):
        said = answer[:200].decode(errors="replace")
        raise Unavailable(f"The SPARQL server answers {response.status}: {said}")
    return answer
