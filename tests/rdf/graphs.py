"""A small project and its triples, for tests of linked data."""

from __future__ import annotations

import io

import pyoxigraph as ox

from app.domain.defaults import default_items
from app.domain.ids import new_id
from app.domain.project import Project, WritingSystem
from app.rdf.context import make_context
from app.rdf.namespaces import RDF
from app.rdf.records import KINDS, triples_of
from app.rdf.syntax import find_syntax, write_triples
from app.rdf.terms import Literal

BASE = "https://life.example.org"
SYSTEMS = (
    WritingSystem(id="seh", tag="seh", vernacular=True),
    WritingSystem(id="seh-fonipa", tag="seh-fonipa", vernacular=True),
    WritingSystem(id="ar", tag="ar", vernacular=True, direction="rtl"),
    WritingSystem(id="en", tag="en", analysis=True),
    WritingSystem(id="pt", tag="pt", analysis=True),
    WritingSystem(id="old", tag="Old Sena!", analysis=True),
    WritingSystem(id="audio", tag="seh-Zxxx-x-audio", vernacular=True),
)
_ITEMS = [one.model_dump(mode="json", exclude_defaults=True) for one in default_items()]


def make_project(**facts):
    project = Project(
        id="p_06h0eum0000000000000000000", slug="sena", title="Sena", writing_systems=SYSTEMS
    )
    return project.model_dump(mode="json", exclude_defaults=True) | facts


def context(items=(), people=(), counts=None, **facts):
    """The context of a project with the usual lists and some more items."""
    return make_context(BASE, make_project(**facts), [*_ITEMS, *items], people, counts)


def item(list_code, code):
    """The id of one of the usual items."""
    return next(one["id"] for one in _ITEMS if (one["list"], one["code"]) == (list_code, code))


def entry(lemma="nyama", *, ws="seh", **facts):
    sense = {"id": new_id("s"), "gloss": {"en": "meat"}}
    return {"id": new_id("e"), "lemma": {ws: lemma}, "senses": [sense], **facts}


class Graph:
    """The triples of records, to be asked."""

    def __init__(self, *records, context=context()):  # noqa: B008
        self.context, self.records = context, records
        self.triples = [
            one for kind, record in records for one in triples_of(kind, record, context)
        ]
        self.facts = set(self.triples)

    def objects(self, subject, predicate):
        return [o for s, p, o in self.triples if s == subject and p == predicate]

    def subjects(self, predicate, value):
        return [s for s, p, o in self.triples if p == predicate and o == value]

    def one(self, subject, predicate):
        (found,) = self.objects(subject, predicate)
        return found

    def texts(self, subject, predicate):
        return {(one.value, one.lang) for one in self.objects(subject, predicate)}

    def types(self, subject):
        return {one.rpartition("#")[2] for one in self.objects(subject, RDF.type)}

    def of(self, record, part=""):
        return self.context.part(record["id"], part) if part else self.context.record(record["id"])


def graph_of_all(contents, base=BASE):
    """The triples of a project in memory; see tests/formats/memory.py."""
    project = contents.project.model_dump(mode="json", exclude_defaults=True)
    made = make_context(
        base, project, contents.iter_records("item"), contents.iter_records("person")
    )
    records = {kind: contents.iter_records(kind) for kind in KINDS}
    records["project"] = [project]
    return [
        one for kind in KINDS for record in records[kind] for one in triples_of(kind, record, made)
    ]


def written(triples, name):
    """Triples in a syntax."""
    out = io.BytesIO()
    write_triples(triples, out, find_syntax(name), BASE)
    return out.getvalue()


def read(data, name):
    """What a syntax says, as pyoxigraph reads it."""
    return {quad.triple for quad in ox.parse(data, format=find_syntax(name).format)}


def lit(value, lang=""):
    return Literal(value, lang)
