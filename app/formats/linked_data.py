"""Linked data as a format: OntoLex and Ligt in Turtle, N-Triples, JSON-LD, RDF/XML, TriG, N-Quads.

What the graph cannot hold stays as it is where a file comes back into the project that it is from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from app.domain.errors import Unreadable
from app.domain.text import plain
from app.formats.base import (
    NO_OPTIONS,
    Contents,
    Found,
    FoundProblem,
    FoundRecord,
    Laid,
    Loss,
    Names,
)
from app.rdf import reader
from app.rdf.context import Context, make_context, record_id
from app.rdf.records import KINDS, graph_of, triples_of
from app.rdf.syntax import SYNTAXES, find_syntax, write_quads
from app.rdf.terms import Quad, clean, date
from app.rdf.texts import order_graph, order_triples

Dict = dict[str, Any]
# Where nobody says at which address the project is.
NOWHERE = "https://life.invalid"
_LOSSES = (
    Loss("residue", "A graph has no place for what other formats left over."),
    Loss("spans", "A graph has plain text, without links and styles."),
    Loss("word.analyses", "A graph has one analysis of a word, the chosen one, if no guess."),
    Loss("sense.links", "A graph has the links that were accepted."),
    Loss("person", "A graph has those persons who agreed to be named, by their public name."),
    Loss("document.files", "A graph does not list the files that came with another."),
    Loss("writing_system", "A graph has tag, name, short form, direction and use of one."),
    Loss("project", "A graph does not say how a project parts lines, and its groups of members."),
    Loss("query", "A graph has no kept queries."),
    Loss("comment", "A graph has no discussions."),
    Loss("deleted", "A graph does not say what was deleted."),
)
_UNSAID = ("residue", "speaker", "speakers", "file", "files", "splitting", "groups")


class LinkedData:
    """Linked data; the ending of a file tells the syntax.

    Options of `write`:
        base: of the IRIs, such as `https://life.example.org`; else that of the project.
    """

    id = "rdf"
    name = "Linked data (RDF)"
    suffixes: tuple[str, ...] = tuple(one.suffix for one in SYNTAXES)
    media_type = "text/turtle"
    losses: tuple[Loss, ...] = _LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams what a file of our own or of others' making holds.

        Raises:
            Unreadable: it is not of the syntax that its name says, or broken.
        """
        seen = False
        for one in reader.read_graph(path, names):
            seen = seen or one.kind in ("entry", "utterance", "item")
            lay = partial(_lay, one.kind, one.content)
            yield FoundRecord(one.kind, one.content, filled=1, lay=lay)
        if not seen:
            what = "There is no entry of OntoLex and no utterance of Ligt in this file."
            yield FoundProblem(0, what, "warning")

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes a project, record by record.

        Raises:
            Unreadable: the ending of the file is that of no syntax.
        """
        syntax = find_syntax(path.suffix.lower())
        if syntax is None:
            raise Unreadable(f"“{path.suffix}” is no syntax of RDF known here.", path.name)
        context = context_of(contents, options)
        with path.open("wb") as out:
            write_quads(quads_of(contents, context), out, syntax, context.base)
        return []


LINKED_DATA = LinkedData()


def context_of(contents: Contents, options: Mapping[str, str] = NO_OPTIONS) -> Context:
    """What the graphs of a project's records need beside them."""
    project = contents.project.model_dump(mode="json", exclude_defaults=True)
    base = options.get("base") or project.get("base") or NOWHERE
    items, people = contents.iter_records("item"), contents.iter_records("person")
    return make_context(base, project, items, people)


def quads_of(contents: Contents, context: Context) -> Iterator[Quad]:
    """The quads of a whole project, as the asker may read it."""
    yield from _quads("project", context.project, context)
    for kind in KINDS:
        if kind not in ("project", "text", "utterance"):
            for record in contents.iter_records(kind):
                yield from _quads(kind, record, context)
    for text in contents.iter_records("text"):
        yield from _quads("text", text, context)
        yield from _lines(contents, text["id"], context)
    yield from _lines(contents, None, context)


def _lines(contents: Contents, text: str | None, context: Context) -> Iterator[Quad]:
    """The utterances of a text, with which follows which."""
    before = ""
    for line in contents.iter_utterances(text):
        yield from _quads("utterance", line, context)
        one = record_id(line)
        if before and text is not None:
            graph = order_graph(text, context)
            yield from ((s, p, o, graph) for s, p, o in order_triples((before, one), context))
        before = one


def _quads(kind: str, record: Mapping[str, Any], context: Context) -> Iterator[Quad]:
    graph = graph_of(kind, record, context)
    for subject, predicate, value in triples_of(kind, record, context):
        yield subject, predicate, value, graph


def _lay(kind: str, found: Dict, base: Dict, _only_missing: bool = False) -> Laid:
    """What a graph says of a record, with what it cannot say as it is."""
    if kind == "person" and base:
        return Laid(base)
    return Laid(_completed(found, base))


def _completed(found: Any, base: Any) -> Any:
    if isinstance(found, dict) and isinstance(base, dict):
        made = {key: _completed(value, base.get(key)) for key, value in found.items()}
        for key, keep in _KEPT.items():
            if base.get(key):
                keep(made, base)
        return made
    if isinstance(found, list) and isinstance(base, list | tuple):
        known = {one["id"]: one for one in base if isinstance(one, dict) and "id" in one}
        return [_completed(one, known.get(_id_of(one))) for one in found]
    if isinstance(found, str) and base is not None and _says(base) == found:
        return base
    return found


def _id_of(one: Any) -> Any:
    return one.get("id") if isinstance(one, dict) else None


def _says(value: Any) -> str:
    """What a graph makes of a string or a date."""
    said = clean(plain(value)) if isinstance(value, str | dict) else ""
    return date(said).value


def _keep(name: str) -> Callable[[Dict, Dict], None]:
    def keep(made: Dict, base: Dict) -> None:
        made.setdefault(name, base[name])

    return keep


def _keep_analyses(made: Dict, base: Dict) -> None:
    """Keeps the analyses that are not in the graph, in their places."""
    told = {one["id"]: one for one in made.get("analyses", ())}
    kept = [told.pop(one["id"], one) for one in base["analyses"]]
    made["analyses"] = [*kept, *told.values()]
    if "chosen" not in made and base.get("chosen"):
        made["chosen"] = base["chosen"]


def _keep_links(made: Dict, base: Dict) -> None:
    """Keeps what was decided of catalogs beside what was accepted."""
    told = {one["id"] for one in made.get("links", ())}
    others = [one for one in base["links"] if one.get("status", "accepted") != "accepted"]
    made["links"] = [*made.get("links", ()), *(one for one in others if one["id"] not in told)]


def _keep_default(made: Dict, base: Dict) -> None:
    """Keeps what is written out though it is what is meant without it."""
    if base["origin"] == "person":
        made.setdefault("origin", "person")


_KEPT: dict[str, Callable[[Dict, Dict], None]] = {
    **{name: _keep(name) for name in _UNSAID},
    "origin": _keep_default,
    "analyses": _keep_analyses,
    "links": _keep_links,
}
