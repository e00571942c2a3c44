"""The links of a sense to WordNet, DBpedia and other catalogs, as triples; accepted ones only.

Source: STANDARDS 1.10; OntoLex for `ontolex:reference`, of which a sense has at most one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.rdf.namespaces import DCT, ONTOLEX, PROV, RDF, RDFS, SKOS
from app.rdf.sheet import Sheet
from app.rdf.terms import Iri, date, decimal, iri

Content = Mapping[str, Any]
WORDNET, DBPEDIA = "wordnet", "dbpedia"
_MATCHES = {
    "exact": SKOS.exactMatch,
    "close": SKOS.closeMatch,
    "broader": SKOS.broadMatch,
    "narrower": SKOS.narrowMatch,
}


def write(sheet: Sheet, sense: Iri, content: Content) -> None:
    """Writes the links of a sense that somebody accepted."""
    referred = False
    for link in content.get("links") or ():
        target = iri(str(link.get("target") or ""))
        if target is None or link.get("status", "accepted") != "accepted":
            continue
        catalog, kind = link.get("catalog"), link.get("kind", "exact")
        if catalog == WORDNET and kind == "exact":
            sheet.add(sense, ONTOLEX.isLexicalizedSenseOf, target)
            sheet.add(sheet.iri, ONTOLEX.evokes, target)
            sheet.add(target, RDF.type, ONTOLEX.LexicalConcept)
        elif catalog == DBPEDIA and kind == "exact" and not referred:
            sheet.add(sense, ONTOLEX.reference, target)
            sheet.add(sheet.iri, ONTOLEX.denotes, target)
            referred = True
        elif catalog == DBPEDIA and kind == "exact":  # one reference a sense
            sheet.add(sense, SKOS.closeMatch, target)
        else:
            sheet.add(sense, _MATCHES.get(kind, SKOS.closeMatch), target)
        _accepted(sheet, sense, link, target)


def _accepted(sheet: Sheet, sense: Iri, link: Content, target: Iri) -> None:
    """Who accepted a link, when, and how sure the program was."""
    node, life = sheet.part(link["id"]), sheet.life
    sheet.add(node, RDF.type, life.Link)
    sheet.add(node, life.sense, sense)
    sheet.add(node, life.target, target)
    sheet.said(node, life.kind, link.get("kind", "exact"))
    sheet.said(node, life.catalog, link.get("catalog"))
    sheet.said(node, RDFS.label, link.get("label"))
    if link.get("score") is not None:
        sheet.add(node, life.score, decimal(link["score"]))
    if link.get("by"):
        sheet.add(node, PROV.wasAttributedTo, sheet.context.of_project(link["by"]))
    if link.get("at"):
        sheet.add(node, PROV.generatedAtTime, date(str(link["at"])))
    sheet.add(node, DCT.isPartOf, sheet.iri)
