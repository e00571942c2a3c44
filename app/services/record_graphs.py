"""The graph of one record as somebody may read it, and where a record went that was merged."""

from __future__ import annotations

from app.domain.errors import Gone, NotFound
from app.domain.kinds import KINDS
from app.domain.messages import say
from app.domain.roles import Action
from app.rdf.context import Context
from app.rdf.records import KINDS as WRITTEN
from app.rdf.records import graph_of, triples_of
from app.rdf.terms import Iri, Quad
from app.rdf.texts import order_graph, order_triples
from app.services import linked_data
from app.services.desk import Desk
from app.store import followers, records
from app.store.database import Document
from app.store.followers import Position

_BY_LETTER = {kind.letter: name for name, kind in KINDS.items() if name in WRITTEN}
_MOST_MERGES = 50


def is_record(name: str) -> bool:
    """Whether something is called as records are that have a graph."""
    return name.partition("_")[0] in _BY_LETTER


def kind_of(record: str) -> str:
    """The kind of a record by its id.

    Raises:
        NotFound: no record that has a graph has such an id.
    """
    kind = _BY_LETTER.get(record.partition("_")[0])
    if kind is None:
        raise _unknown(record)
    return kind


def find(desk: Desk, record: str) -> Document:
    """A record that has a graph; where it was merged, one with `merged_into`.

    Raises:
        NotFound: there is none, or the actor may not read it.
        Gone: it was deleted.
    """
    desk.require(Action.READ)
    found = records.find(desk.store, desk.scope, kind_of(record), record, deleted=True)
    if found is None:
        raise _unknown(record)
    if found.get("deleted") and not found.get("merged_into"):
        raise Gone(say("%(record)s was deleted.", record=record))
    return found


def successor(desk: Desk, record: str) -> str:
    """What a merged record is now.

    Raises:
        NotFound: that cannot be read.
    """
    at = record
    for _ in range(_MOST_MERGES):
        found = find(desk, at)
        if not found.get("deleted"):
            return at
        at = str(found["merged_into"])
    raise _unknown(record)


def context_of(desk: Desk) -> Context:
    """What the graphs of the project need beside its records."""
    return linked_data.context_of(desk.store, desk.scope, desk.project)


def quads(desk: Desk, record: Document, context: Context) -> list[Quad]:
    """The quads of a record's graph; for a text, with which of its lines follows which."""
    kind = kind_of(str(record["_id"]))
    graph = graph_of(kind, record, context)
    made: list[Quad] = [(s, p, o, graph) for s, p, o in triples_of(kind, record, context)]
    if kind == "text":
        order = order_graph(str(record["_id"]), context)
        lines = linked_data.lines_of(desk.store, desk.scope, str(record["_id"]))
        made += [(s, p, o, order) for s, p, o in order_triples(lines, context)]
    return made


def iri_of(record: Document, context: Context) -> Iri:
    """The IRI of a record."""
    return graph_of(kind_of(str(record["_id"])), record, context)


def position(desk: Desk) -> Position | None:
    """How far the mirror is in the project; None where it has never been there."""
    name = f"mirror {linked_data.EVERYTHING}"
    if desk.store.followers.find_one({"project": desk.project_id, "name": name}) is None:
        return None
    return followers.position(desk.store, desk.project_id, name)


def _unknown(record: str) -> NotFound:
    what = "There is no record %(record)s here, or you may not read it."
    return NotFound(say(what, record=record))
