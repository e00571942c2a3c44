"""An RDF file, laid out so that it can be asked in any order: a large one on the disk.

Terms are known by prefix and name whatever version of a vocabulary a file uses: `ontolex:sense`,
`ligt:item` (0.2, 0.3 and the older IRIs), `life:place` (of any server).

Source: STANDARDS 1.0 and 1.9 for the IRIs that are about.
"""

from __future__ import annotations

import mmap
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox
from lxml import etree

from app.domain.errors import Unreadable
from app.rdf.namespaces import OWN_PATH, PREFIXES, RDF
from app.rdf.syntax import Syntax, find_syntax

Subject = ox.NamedNode | ox.BlankNode
Value = ox.NamedNode | ox.BlankNode | ox.Literal
_TYPE = ox.NamedNode(RDF.type)
_OLDER = {
    "http://purl.org/dc/elements/1.1/": "dct",
    "http://www.w3.org/2004/02/skos#": "skos",
    "http://www.lexinfo.net/ontology/2.0/lexinfo#": "lexinfo",
    "http://lexinfo.net/ontology/2.0/lexinfo#": "lexinfo",
    "http://lexinfo.net/ontology/3.0/lexinfo#": "lexinfo",
    "http://lemon-model.net/lemon#": "ontolex",
}
_LIGT = re.compile(r"https?://purl\.org/(?:ligt|liodi)/ligt(?:-[0-9.]+)?[#/]?([A-Za-z]+)")
_BASES = {**{base: prefix for prefix, base in PREFIXES.items()}, **_OLDER}
_PLACE = re.compile(r" at line (\d+) (?:between columns|column) (\d+)")
_ORDINAL = re.compile(r"[0-9]{1,18}")
_SMALL = 8 << 20  # bytes of a file that is held in memory
# Nesting, which its parser follows by calling itself until the memory for that is full. A string is
# skipped; the pattern never goes back in it.
_NESTING = {
    "jsonld": (re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{]|[\]}]', re.DOTALL), b"[{", 500),
    "turtle": (re.compile(rb"<<|>>"), b"<<", 1000),
}
_NOTHING = "The file holds no statement: it is empty, cut off or of another kind."


class Node:
    """A thing with all that is said of it.

    Attributes:
        key: the thing itself.
    """

    def __init__(self, key: Subject, values: dict[str, dict[Value, None]]) -> None:
        self.key, self._values = key, values

    @property
    def iri(self) -> str:
        """Its IRI, or the label of a blank node."""
        return self.key.value

    def all(self, *names: str) -> list[Value]:
        """The values of some properties."""
        return [value for name in names for value in self._values.get(name, ())]

    def things(self, *names: str) -> list[Subject]:
        """Those of the values that are no literals."""
        return [one for one in self.all(*names) if not isinstance(one, ox.Literal)]

    def literals(self, *names: str) -> list[ox.Literal]:
        """Those that are literals, in a fixed order."""
        found = [one for one in self.all(*names) if isinstance(one, ox.Literal)]
        return sorted(found, key=lambda one: (one.language or "", one.value))

    def thing(self, *names: str) -> Subject | None:
        """The first thing."""
        return next(iter(self.things(*names)), None)

    def said(self, *names: str) -> str:
        """The first literal as a string; empty if there is none."""
        return next((one.value for one in self.literals(*names)), "")

    def number(self, *names: str) -> int | None:
        """The first literal as a whole number."""
        said = self.said(*names)
        return int(said) if re.fullmatch(r"-?\d{1,18}", said) else None

    def real(self, *names: str) -> float | None:
        """The first literal as a number."""
        said = self.said(*names)
        return float(said) if re.fullmatch(r"\d{1,12}(\.\d+)?", said) else None

    def is_a(self, *names: str) -> bool:
        """Whether it is of one of some classes."""
        return any(short(one.value) in names for one in self.things("rdf:type"))

    def sequence(self) -> list[Value]:
        """The values of `rdf:_1`, `rdf:_2` ... in their order."""
        found = []
        for name, values in self._values.items():
            if name.startswith("rdf:_") and _ORDINAL.fullmatch(name[5:]):
                found += [(int(name[5:]), value) for value in values]
        return [value for _, value in sorted(found, key=lambda one: one[0])]


class Source:
    """A file that can be asked.

    Args:
        store: that holds it.
    """

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        every = store.quads_for_pattern(None, _TYPE, None, None)
        self._classes = {quad.object for quad in every if isinstance(quad.object, ox.NamedNode)}

    def of_type(self, *names: str) -> Iterator[Subject]:
        """The things of some classes, each once, in the order of their IRIs."""
        seen: set[Subject] = set()
        for one in self._classes:
            if short(one.value) in names:
                found = self._store.quads_for_pattern(None, _TYPE, one, None)
                seen |= {quad.subject for quad in found}  # type: ignore[misc]
        yield from sorted(seen, key=lambda one: natural(one.value))

    def has_type(self, *names: str) -> bool:
        """Whether there is anything of some classes."""
        return any(short(one.value) in names for one in self._classes)

    def node(self, key: Subject) -> Node:
        """A thing with all that is said of it."""
        values: dict[str, dict[Value, None]] = {}
        for quad in self._store.quads_for_pattern(key, None, None, None):
            if not isinstance(quad.object, ox.Triple):
                values.setdefault(short(quad.predicate.value), {})[quad.object] = None
        return Node(key, values)

    def pointing(self, name: str, key: Value) -> list[Subject]:
        """What points at a thing with a property."""
        found = self._store.quads_for_pattern(None, None, key, None)
        pointing = {quad.subject for quad in found if short(quad.predicate.value) == name}
        return sorted(pointing, key=lambda one: natural(one.value))  # type: ignore[arg-type]

    def pairs(self, *names: str) -> Iterator[tuple[str, Subject, Subject]]:
        """All statements between things with some properties: property, subject, object."""
        for predicate in self._predicates():
            if (name := short(predicate.value)) in names:
                for quad in self._store.quads_for_pattern(None, predicate, None, None):
                    if not isinstance(quad.object, ox.Literal | ox.Triple):
                        yield name, quad.subject, quad.object  # type: ignore[misc]

    def _predicates(self) -> list[ox.NamedNode]:
        asked = "SELECT DISTINCT ?p WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
        found = self._store.query(asked)
        return [row["p"] for row in found]  # type: ignore[union-attr]


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Opens a file; a large one lies in a temporary folder until it is closed.

    Raises:
        Unreadable: it is not in the syntax that its name says, or broken; with line and column.
    """
    syntax = find_syntax(path.suffix.lower())
    if syntax is None:
        raise Unreadable(f"“{path.suffix}” is no syntax of RDF known here.", path.name)
    if not path.is_file():
        raise Unreadable("There is no such file.", path.name)
    if syntax.id == "rdfxml":
        _check_xml(path)
    else:
        _check_nesting(path, syntax)
    with tempfile.TemporaryDirectory(prefix="life-rdf-") as folder:
        store = ox.Store(folder) if path.stat().st_size > _SMALL else ox.Store()
        try:
            store.bulk_load(path=str(path), format=syntax.format)
        except (SyntaxError, ValueError, OSError) as error:
            raise _unreadable(error, path, syntax) from error
        if not len(store):
            raise Unreadable(_NOTHING, path.name, 1)
        yield Source(store)
        del store  # its files are closed before the folder goes


@lru_cache(maxsize=20_000)
def short(found: str) -> str:
    """A term by prefix and name; a foreign one as it is.

    >>> short("http://purl.org/liodi/ligt/item"), short("https://x.org/ontology/life#gloss")
    ('ligt:item', 'life:gloss')
    """
    ligt = _LIGT.fullmatch(found)
    if ligt is not None:
        return f"ligt:{ligt[1]}"
    base, sign, name = found.rpartition("#")
    if not sign:
        base, sign, name = found.rpartition("/")
    if f"{base}{sign}".endswith(OWN_PATH):
        return f"life:{name}"
    prefix = _BASES.get(f"{base}{sign}")
    return f"{prefix}:{name}" if prefix else found


def natural(name: str) -> tuple[list[str], list[tuple[int, str]], str]:
    """A key that sorts `s2` before `s10`, however long the number is."""
    parts = re.split(r"([0-9]+)", name)
    numbers = [one.lstrip("0") for one in parts[1::2]]
    return parts[::2], [(len(one), one) for one in numbers], name


def _unreadable(error: Exception, path: Path, syntax: Syntax) -> Unreadable:
    said = str(error)
    place = _PLACE.search(said)
    line, column = (int(place[1]), int(place[2])) if place else (0, 0)
    what = _PLACE.sub("", said.partition(" (line ")[0]).removeprefix("Parser error: ")
    if _looks_like_html(path):
        what = "This is a web page, not RDF; take the data that the page offers."
    elif "No scheme found" in said:
        what = f"{what}. An address is relative: the file must say to what, as by @base."
    elif "LoadDocumentCallback" in said:
        what = "It takes its context from the internet; put the context into the file."
    return Unreadable(
        f"No valid {syntax.name}: {what}.".replace("..", "."), path.name, line, column
    )


def _looks_like_html(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(400).lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _check_nesting(path: Path, syntax: Syntax) -> None:
    """Whether brackets are nested so deeply that the parser would bring the process down."""
    pattern, opening, most = _NESTING["jsonld" if syntax.id == "jsonld" else "turtle"]
    if not path.stat().st_size:
        return
    depth = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for found in pattern.finditer(data):
            sign = found.group()
            if sign[:1] == b'"':
                continue
            depth = depth + 1 if sign in opening else max(0, depth - 1)
            if depth > most:
                line = data[: found.start()].count(b"\n") + 1
                what = f"No valid {syntax.name}: it is nested more than {most} deep."
                raise Unreadable(what, path.name, line)


def _check_xml(path: Path) -> None:
    """Whether XML is whole, which the parser of RDF/XML does not tell."""
    if _looks_like_html(path):
        what = "This is a web page, not RDF; take the data that the page offers."
        raise Unreadable(what, path.name, 1, 1)
    try:
        with path.open("rb") as file:
            for _, element in etree.iterparse(
                file, events=("end",), resolve_entities="internal", no_network=True, load_dtd=False
            ):
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        line, column = error.position
        said = str(error.msg or "it ends too soon").partition(", line")[0]
        raise Unreadable(f"No valid XML: {said}.", path.name, line, column) from error
