"""A set of named graphs in an Oxigraph store on the disk.

One process at a time owns the store; what it holds is derived and can be made anew.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyoxigraph as ox

from app.rdf.oxigraph import ox_quads
from app.rdf.syntax import quad_lines
from app.rdf.terms import Iri, Quad, Triple

Digest = tuple[int, int]
_Pattern = tuple[str | None, str, str | None]
_MANY = 5000  # quads


class Graphs(Protocol):
    """Where graphs are kept."""

    def belong_to(self, project: Iri) -> None:
        """Says which project they are of: their names are its IRI, or begin with that."""

    def replace(self, graphs: Mapping[Iri, Sequence[Triple]]) -> None:
        """Has graphs hold these triples and no others; one without any is there no more."""

    def mentioning(self, iri: Iri) -> set[str]:
        """The names of the graphs in which something points at an IRI."""

    def count(self, subject: Iri | None, predicate: Iri, value: Iri | None) -> int:
        """How many quads there are of a pattern."""

    def value(self, subject: Iri, predicate: Iri) -> str | None:
        """What a property of something is, or one of its values."""

    def clear(self) -> None:
        """Removes all graphs."""

    def digest(self) -> Digest:
        """How many quads there are, and a sum of their hashes that does not ask for an order."""

    def tidy(self) -> None:
        """Has what was removed be gone from the disk."""


class DiskGraphs:
    """Graphs in a folder.

    Attributes:
        writes: how often something was changed since it was opened.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._store = ox.Store(str(folder))
        self._lock = threading.Lock()
        self._tallies: dict[_Pattern, int] = {}  # counts that were asked for once are kept up
        self.writes = 0

    def belong_to(self, project: Iri) -> None:
        """Nothing follows of it: all graphs of the folder are of one project."""

    def replace(self, graphs: Mapping[Iri, Sequence[Triple]]) -> None:
        """Has graphs hold these triples and no others; what stays is not touched."""
        with self._lock:
            fresh: list[Quad] = []
            for name, triples in graphs.items():
                graph = ox.NamedNode(name)
                before = set(self._store.quads_for_pattern(None, None, None, graph))
                if before:
                    self._change(graph, before, triples)
                else:
                    new = dict.fromkeys(triples)
                    self._tally(((s, p, str(o)) for s, p, o in new if isinstance(o, Iri)), 1)
                    fresh += [(s, p, o, name) for s, p, o in new]
            if len(fresh) > _MANY:  # several times as fast, and a new file each time
                lines = "".join(quad_lines(fresh)).encode()
                self._store.bulk_load(lines, format=ox.RdfFormat.N_QUADS)
            elif fresh:
                self._store.extend(ox_quads(fresh))
            self.writes += bool(fresh)

    def _change(self, graph: ox.NamedNode, before: set[ox.Quad], triples: Sequence[Triple]) -> None:
        """Has a graph that is there hold other triples."""
        name = Iri(graph.value)
        after = set(ox_quads((s, p, o, name) for s, p, o in triples))
        for quad in before - after:
            self._store.remove(quad)
        self._tally(_plain(before - after), -1)
        self._tally(_plain(after - before), 1)
        if after - before:
            self._store.extend(after - before)
        if not after:
            self._store.remove_graph(graph)
        self.writes += before != after

    def mentioning(self, iri: Iri) -> set[str]:
        """The names of the graphs in which something points at an IRI."""
        found = self._store.quads_for_pattern(None, None, ox.NamedNode(iri), None)
        names = (quad.graph_name for quad in found)
        return {name.value for name in names if isinstance(name, ox.NamedNode)}

    def _tally(self, triples: Iterable[tuple[str, str, str]], by: int) -> None:
        """Keeps counts up as triples that point at something come or go."""
        if not self._tallies:
            return
        for subject, predicate, value in triples:
            for pattern in ((None, predicate, value), (subject, predicate, None)):
                if pattern in self._tallies:
                    self._tallies[pattern] += by

    def count(self, subject: Iri | None, predicate: Iri, value: Iri | None) -> int:
        """How many quads there are that point at something, by subject or by value.

        The first time it takes as long as reading them.
        """
        pattern = (subject, predicate, value)
        with self._lock:
            if pattern not in self._tallies:
                one = ox.NamedNode(subject) if subject else None
                other = ox.NamedNode(value) if value else None
                found = self._store.quads_for_pattern(one, ox.NamedNode(predicate), other, None)
                self._tallies[pattern] = sum(1 for _ in found)
            return self._tallies[pattern]

    def value(self, subject: Iri, predicate: Iri) -> str | None:
        """What a property of something is, or one of its values."""
        pattern = (ox.NamedNode(subject), ox.NamedNode(predicate), None, None)
        found = next(iter(self._store.quads_for_pattern(*pattern)), None)
        if found is None or isinstance(found.object, ox.Triple):
            return None
        return found.object.value

    def iter_quads(self) -> Iterator[ox.Quad]:
        """All quads."""
        return iter(self._store.quads_for_pattern(None, None, None, None))

    def clear(self) -> None:
        """Removes all graphs."""
        with self._lock:
            self._store.clear()
            self._store.flush()
            self._tallies.clear()
            self.writes += 1

    def digest(self) -> Digest:
        """How many quads there are, and a sum of their hashes that does not ask for an order."""
        return digest_of(map(str, self.iter_quads()))

    def tidy(self) -> None:
        """Has what was removed be gone from the disk."""
        self._store.optimize()

    def backup(self, folder: Path) -> int:
        """Makes a copy that others can open; returns the number of `writes` that it has."""
        with self._lock:
            shutil.rmtree(folder, ignore_errors=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._store.backup(str(folder))
            return self.writes

    def dump(self, path: Path, media_type: str, prefixes: Mapping[str, str]) -> None:
        """Writes everything; a syntax without graphs has the triples of all."""
        syntax = ox.RdfFormat.from_media_type(media_type)
        if syntax is None:
            raise ValueError(f"{media_type} is no syntax")
        if syntax in (ox.RdfFormat.N_QUADS, ox.RdfFormat.TRIG):
            self._store.dump(str(path), format=syntax, prefixes=dict(prefixes))
            return
        triples = (quad.triple for quad in self.iter_quads())
        ox.serialize(triples, str(path), format=syntax, prefixes=dict(prefixes))

    def close(self) -> None:
        """Lets the folder go."""
        with self._lock:
            del self._store

    def flush(self) -> None:
        """Has everything that was written be on the disk."""
        self._store.flush()


def digest_of(quads: Iterator[str]) -> Digest:
    """A digest of quads, each as a line of N-Quads."""
    count = total = 0
    for quad in quads:
        count += 1
        total ^= int.from_bytes(hashlib.blake2b(quad.encode(), digest_size=8).digest())
    return count, total


def _plain(quads: Iterable[ox.Quad]) -> Iterator[tuple[str, str, str]]:
    """Quads that point at something, as text."""
    for quad in quads:
        subject, value = quad.subject, quad.object
        if isinstance(subject, ox.NamedNode) and isinstance(value, ox.NamedNode):
            yield subject.value, quad.predicate.value, value.value
