"""What the IRIs of projects, records and of our vocabulary lead to: a page, or RDF."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import pyoxigraph as ox
from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, NotFound, Unavailable
from app.domain.messages import say
from app.domain.roles import Action
from app.rdf import ontology
from app.rdf.records import graph_of, triples_of
from app.rdf.syntax import SYNTAXES, Syntax, find_syntax, prefixes
from app.rdf.terms import Iri, Literal, Quad
from app.services import linked_data, record_graphs
from app.services.mirror import Mirror
from app.store.database import Document
from app.web import negotiation
from app.web.context import desk, parts, store
from app.web.rules import rule

bp = Blueprint("iris", __name__)
Page = str | BaseResponse | tuple[str, int]
_SEE_OTHER = 303
_SHOWN = 2000  # statements on a page


@bp.app_context_processor
def _position() -> dict[str, Any]:
    """For pages of records: how far their linked data is; asked only where it is shown."""
    return {"mirror_position": lambda: record_graphs.position(desk())}


@bp.get("/id/<slug>")
@rule(Action.READ)
def project(slug: str) -> Page:
    """A project: its page, or its description."""
    syntax = negotiation.wanted()
    if syntax is None:
        address = url_for("lexicon.project", slug=desk().project["slug"])
    else:
        address = url_for("iris.document", slug=slug, suffix=syntax.suffix.removeprefix("."))
    return _see(address)


@bp.get("/id/<slug>.<suffix>")
@rule(Action.READ)
def document(slug: str, suffix: str) -> Page:
    """The description of a project, in a syntax."""
    quads = _description()
    return _document(quads, f".{suffix}", desk().project, "")


@bp.get("/id/<slug>/<record>")
@rule(Action.READ)
def record(slug: str, record: str) -> Page:
    """A record: its page or its graph; with the ending of a syntax, that document."""
    bare, suffix = negotiation.by_suffix(record)
    if not record_graphs.is_record(bare):
        holder = _holder_of(bare)
        return _see(url_for("iris.record", slug=desk().project_id, record=holder + suffix))
    found = record_graphs.find(desk(), bare)
    if found.get("deleted"):
        now = record_graphs.successor(desk(), bare)
        moved = url_for("iris.record", slug=desk().project_id, record=now + suffix)
        return negotiation.opened(redirect(moved, 301))
    if suffix:
        context = record_graphs.context_of(desk())
        return _document(record_graphs.quads(desk(), found, context), suffix, found, bare)
    syntax = negotiation.wanted()
    if syntax is None:
        return _see(_page_of(found))
    return _see(url_for("iris.record", slug=desk().project_id, record=bare + syntax.suffix))


@bp.get("/id/<slug>/<record>/recording")
@rule(Action.READ)
def recording(slug: str, record: str) -> Page:
    """The recording of a text that has none yet: leads to the text."""
    found = record_graphs.find(desk(), record)
    return _see(url_for("iris.record", slug=desk().project_id, record=found["_id"]))


@bp.get("/ontology/life")
@rule("anyone")
def vocabulary() -> Page:
    """The terms of our own vocabulary: a page, or RDF."""
    syntax = negotiation.wanted()
    suffix = "html" if syntax is None else syntax.suffix.removeprefix(".")
    return _see(url_for("iris.vocabulary_document", suffix=suffix))


@bp.get("/ontology/life.<suffix>")
@rule("anyone")
def vocabulary_document(suffix: str) -> Page:
    """Our vocabulary as a document."""
    base = linked_data.base_of(store(), {})
    found = ontology.vocabulary(base)
    if suffix == "html":
        return _vocabulary_page(found)
    syntax = _syntax(f".{suffix}")
    return _ox_answer(found, syntax)


@bp.get("/ontology/shapes.ttl")
@rule("anyone")
def shapes() -> Page:
    """The SHACL shapes to which lexicons and texts conform."""
    found = ontology.shapes(linked_data.base_of(store(), {}))
    return _ox_answer(found, _syntax(".ttl"))


@bp.get("/ontology/context.jsonld")
@rule("anyone")
def jsonld_context() -> Page:
    """The context for JSON-LD."""
    made = jsonify(ontology.jsonld_context(linked_data.base_of(store(), {})))
    made.mimetype = "application/ld+json"
    return negotiation.opened(made)


def _holder_of(media: str) -> str:
    """The record in which a picture or recording stands, as the mirror knows.

    Raises:
        NotFound: in none that the asker may read.
    """
    iri = record_graphs.context_of(desk()).record(media)
    query = f"SELECT ?g WHERE {{ GRAPH ?g {{ ?s ?p <{iri}> }} }} LIMIT 1"
    lines: list[str] = []
    with contextlib.suppress(Unavailable):
        found = Mirror(parts().settings).query(
            desk(), query, rows_type="text/csv", graph_type="application/n-triples"
        )
        lines = b"".join(found.body).decode().split()
    if len(lines) < 2:
        what = "There is no record %(record)s here, or you may not read it."
        raise NotFound(say(what, record=media))
    return lines[1].rpartition("/")[2]


def _description() -> list[Quad]:
    """What is said of the project, with its counts where the mirror answers."""
    context = record_graphs.context_of(desk())
    graph = graph_of("project", context.project, context)
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    try:
        found = Mirror(parts().settings).query(
            desk(), query, rows_type="text/csv", graph_type="application/n-triples"
        )
        body = b"".join(found.body)
        return [(*_plain(one), graph) for one in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)]
    except (Unavailable, Invalid):  # it does not answer, or has too much to do
        return [(s, p, o, graph) for s, p, o in triples_of("project", context.project, context)]


def _plain(quad: ox.Quad) -> tuple[Iri, Iri, Iri | Literal]:
    subject, predicate, value = quad.triple
    said: Iri | Literal
    if isinstance(value, ox.Literal):
        datatype = "" if value.language else value.datatype.value
        bare = "" if datatype.endswith("XMLSchema#string") else datatype
        said = Literal(value.value, value.language or "", bare)
    else:
        said = Iri(value.value)
    return Iri(subject.value), Iri(predicate.value), said


def _see(address: str) -> BaseResponse:
    made = redirect(address, _SEE_OTHER)
    made.vary.add("Accept")
    return negotiation.opened(made)


def _document(quads: list[Quad], suffix: str, found: Document, record: str) -> Page:
    context = record_graphs.context_of(desk())
    iri = record_graphs.iri_of(found, context) if record else context.project_iri
    if suffix == ".html":
        return _record_page(quads, iri, record)
    made = negotiation.answer(quads, _syntax(suffix), context.base)
    made.headers["Link"] = f'<{iri}>; rel="describes"'
    return made.make_conditional(request)


def _syntax(suffix: str) -> Syntax:
    found = find_syntax(suffix)
    if found is None:
        raise NotFound(say("“%(suffix)s” is no syntax of RDF known here.", suffix=suffix))
    return found


def _page_of(found: Document) -> str:
    """The page on which people read a record."""
    kind, slug = record_graphs.kind_of(found["_id"]), desk().project["slug"]
    if kind == "entry":
        return url_for("lexicon.show", slug=slug, entry=found["_id"])
    if kind == "text":
        return url_for("texts.show", slug=slug, text=found["_id"])
    if kind == "utterance":
        where = {"text": found["text"]} if found.get("text") else {}
        endpoint = "texts.show" if where else "texts.sentences"
        address: str = url_for(endpoint, slug=slug, at=found["_id"], **where)
        return f"{address}#{found['_id']}"
    return url_for("iris.record", slug=desk().project_id, record=f"{found['_id']}.html")


def _record_page(quads: list[Quad], iri: Iri, record: str) -> str:
    by_subject: dict[str, list[tuple[str, Iri | Literal]]] = {}
    for subject, predicate, value, _graph in quads[:_SHOWN]:
        by_subject.setdefault(subject, []).append((predicate, value))
    return render_template(
        "linked_data/record.html",
        iri=iri,
        record=record,
        subjects=by_subject,
        more=max(0, len(quads) - _SHOWN),
        is_iri=lambda value: isinstance(value, Iri),
        short=shortener(),
        syntaxes=SYNTAXES,
        page=_page_of(record_graphs.find(desk(), record)) if record else "",
        position=record_graphs.position(desk()),
    )


def shortener() -> Callable[[str], str]:
    """Shortens IRIs for readers: by the known prefixes, and those of this project by their end."""
    context = record_graphs.context_of(desk())
    short = _shortened(context.base)
    return lambda iri: short(iri).removeprefix(f"{context.project_iri}/")


def _shortened(base: str) -> Callable[[str], str]:
    known = {start: name for name, start in prefixes(base).items()}

    def short(iri: str) -> str:
        for start, name in known.items():
            if iri.startswith(start):
                return f"{name}:{iri.removeprefix(start)}"
        return iri

    return short


def _vocabulary_page(found: list[ox.Triple]) -> str:
    labels = "http://www.w3.org/2000/01/rdf-schema#"
    terms: dict[str, dict[str, str]] = {}
    for triple in found:
        subject, predicate, value = triple
        if isinstance(subject, ox.NamedNode) and isinstance(value, ox.Literal | ox.NamedNode):
            name = predicate.value.removeprefix(labels).rpartition("#")[2]
            terms.setdefault(subject.value, {}).setdefault(name, value.value)
    short = _shortened(linked_data.base_of(store(), {}))
    own = {short(iri): facts for iri, facts in terms.items() if "#" in iri and facts.get("label")}
    return render_template(
        "linked_data/vocabulary.html",
        terms=sorted(own.items(), key=lambda one: one[0].casefold()),
        syntaxes=SYNTAXES,
        title=_("Vocabulary of LiFE"),
    )


def _ox_answer(triples: list[ox.Triple], syntax: Syntax) -> Response:
    out = io.BytesIO()
    ox.serialize(
        triples, out, format=syntax.format, prefixes=prefixes(linked_data.base_of(store(), {}))
    )
    made = Response(out.getvalue(), mimetype=syntax.media_type)
    made.add_etag()
    return negotiation.opened(made)
