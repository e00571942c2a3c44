"""List items, writing systems, own fields, persons and sources as triples.

Source: SKOS reference 2009 for items of lists; PROV-O and FOAF for persons and files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain import project as lists
from app.rdf.context import Context, is_named, relation_meaning
from app.rdf.meanings import meaning_of
from app.rdf.namespaces import DCT, FOAF, LEXINFO, PROV, RDF, RDFS, SKOS
from app.rdf.sheet import Sheet
from app.rdf.terms import Triple, boolean, integer, iri, string

Content = Mapping[str, Any]


def item_triples(item: Content, context: Context) -> list[Triple]:
    """An item of a list: a concept, with what it is elsewhere."""
    sheet = Sheet(item, context)
    scheme = context.of_project(item["list"])
    sheet.whole()
    sheet.add(sheet.iri, RDF.type, SKOS.Concept)
    sheet.add(scheme, RDF.type, SKOS.ConceptScheme)
    sheet.add(scheme, SKOS.notation, string(item["list"]))
    sheet.add(sheet.iri, SKOS.inScheme, scheme)
    sheet.add(sheet.iri, SKOS.notation, string(item["code"]))
    sheet.texts(sheet.iri, SKOS.prefLabel, item.get("name"))
    sheet.texts(sheet.iri, context.life.abbreviation, item.get("abbreviation"))
    sheet.texts(sheet.iri, SKOS.definition, item.get("description"))
    if item.get("rank"):
        sheet.add(sheet.iri, context.life.place, integer(item["rank"]))
    if item.get("parent"):
        sheet.points(sheet.iri, SKOS.broader, item["parent"])
    else:
        sheet.add(sheet.iri, SKOS.topConceptOf, scheme)
    _tie(sheet, item)
    return sheet.triples


def _tie(sheet: Sheet, item: Content) -> None:
    """Ties an item to the categories of LexInfo, UniMorph or what the project says."""
    meaning, life = meaning_of(item), sheet.life
    if item["list"] == lists.PARTS_OF_SPEECH:
        sheet.add(sheet.iri, RDF.type, LEXINFO.PartOfSpeech)
    if item["list"] == lists.RELATION_TYPES:
        relation = relation_meaning(item)
        if relation is not None:
            sheet.add(sheet.iri, life.sameRelationAs, relation.property)
    if meaning.value is not None:
        sheet.add(sheet.iri, SKOS.exactMatch, meaning.value)
    for broader in meaning.broader:
        sheet.add(sheet.iri, SKOS.broader, broader)
    for close in meaning.close:
        sheet.add(sheet.iri, SKOS.closeMatch, close)
    said = iri(str(item.get("iri") or ""))
    if said is not None:
        sheet.add(sheet.iri, life.tiedTo, said)


def field_triples(definition: Content, context: Context) -> list[Triple]:
    """The definition of an own field."""
    sheet = Sheet(definition, context)
    life = context.life
    sheet.whole()
    sheet.add(sheet.iri, RDF.type, life.FieldDefinition)
    sheet.said(sheet.iri, life.name, definition["code"])
    sheet.texts(sheet.iri, RDFS.label, definition.get("name"))
    sheet.texts(sheet.iri, RDFS.comment, definition.get("description"))
    for level in definition.get("levels", ("entry",)):
        sheet.said(sheet.iri, life.level, level)
    sheet.said(sheet.iri, life.kind, definition.get("kind", "multitext"))
    sheet.said(sheet.iri, life.list, definition.get("list"))
    return sheet.triples


def document_triples(document: Content, context: Context) -> list[Triple]:
    """A file that was imported."""
    sheet = Sheet(document, context)
    sheet.whole()
    sheet.add(sheet.iri, RDF.type, PROV.Entity)
    sheet.said(sheet.iri, DCT.title, document.get("name"))
    sheet.said(sheet.iri, DCT.format, document.get("format"))
    sheet.said(sheet.iri, DCT.hasVersion, document.get("version"))
    sheet.said(sheet.iri, context.life.producer, document.get("producer"))
    return sheet.triples


def person_triples(person: Content, context: Context) -> list[Triple]:
    """Somebody who agreed to be named in what is published, by the public name; else nothing."""
    if not is_named(person):
        return []
    sheet = Sheet(person, context)
    sheet.add(sheet.iri, RDF.type, FOAF.Person)
    sheet.add(sheet.iri, RDF.type, PROV.Person)
    sheet.add(sheet.iri, DCT.isPartOf, context.project_iri)
    sheet.said(sheet.iri, FOAF.name, person.get("label"))
    return sheet.triples


def writing_system_triples(project: Content, context: Context) -> list[Triple]:
    """The writing systems of a project, and which tag stands for each."""
    sheet = Sheet(project, context)
    life = context.life
    for place, system in enumerate(project.get("writing_systems") or (), 1):
        node = context.of_project(f"ws-{system['id']}")
        sheet.add(context.project_iri, life.writingSystem, node)
        sheet.add(node, RDF.type, life.WritingSystem)
        sheet.add(node, life.place, integer(place))
        sheet.said(node, SKOS.notation, system["id"])
        sheet.said(node, life.writtenTag, system.get("tag"))
        sheet.said(node, life.tag, context.tags[system["id"]])
        sheet.said(node, RDFS.label, system.get("name"))
        sheet.said(node, life.abbreviation, system.get("abbreviation"))
        sheet.said(node, life.direction, system.get("direction", "ltr"))
        sheet.add(node, life.vernacular, boolean(bool(system.get("vernacular"))))
        sheet.add(node, life.analysisLanguage, boolean(bool(system.get("analysis"))))
    return sheet.triples
