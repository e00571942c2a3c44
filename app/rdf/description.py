"""What is said of a project as a whole: VoID, DCAT, lime, DCMI terms.

Source: W3C VoID note 2011; DCAT 2; lime 2016 (`lime:language` is a string, exactly one a lexicon).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.rdf import tags
from app.rdf.context import Context, iter_languages
from app.rdf.lists import writing_system_triples
from app.rdf.namespaces import (
    DCAT,
    DCMITYPE,
    DCT,
    LEXICOG,
    LEXINFO,
    LIGT,
    LIME,
    NIF,
    ONTOLEX,
    RDF,
    RDFS,
    SKOS,
    VARTRANS,
    VOID,
)
from app.rdf.sheet import Sheet
from app.rdf.terms import Iri, Literal, Triple, integer, iri
from app.rdf.texts import CORPUS, SENTENCES

Content = Mapping[str, Any]
_CC = re.compile(
    r"(?:creative commons|cc)[ -]*(0|zero|by(?:[ -](?:nc|nd|sa))*)[ -]*(\d\.\d)?.*", re.IGNORECASE
)
_VOCABULARIES = (ONTOLEX, LIME, VARTRANS, LEXICOG, LEXINFO, LIGT, NIF, SKOS)


def project_triples(project: Content, context: Context) -> list[Triple]:
    """The description of a project, its lexicons, corpus and writing systems."""
    sheet = Sheet(project, context)
    sheet.iri = context.project_iri
    _project(sheet, project)
    _dictionary(sheet)
    _corpus(sheet)
    for language in languages_of(context):
        _lexicon(sheet, project, language)
    return [*sheet.triples, *writing_system_triples(project, context)]


def languages_of(context: Context) -> list[str]:
    """The languages of the vernacular writing systems: there is one lexicon for each."""
    systems = context.project.get("writing_systems") or ()
    codes = [one["id"] for one in systems if one.get("vernacular")]
    return list(dict.fromkeys(tags.language_of(context.tag(code)) for code in codes))


def licence_iri(said: str) -> Iri | None:
    """The IRI of a licence that is named, if it is one of Creative Commons or an address.

    >>> licence_iri("CC BY-SA 4.0")
    'https://creativecommons.org/licenses/by-sa/4.0/'
    """
    found = iri(said)
    if found is not None:
        return found
    named = _CC.fullmatch(said.strip())
    if named is None:
        return None
    if named[1].lower() in ("0", "zero"):
        return Iri("https://creativecommons.org/publicdomain/zero/1.0/")
    return Iri(
        "https://creativecommons.org/licenses/"
        f"{named[1].lower().replace(' ', '-')}/{named[2] or '4.0'}/"
    )


def _project(sheet: Sheet, project: Content) -> None:
    context, node = sheet.context, sheet.iri
    for kind in (DCAT.Dataset, VOID.Dataset, DCMITYPE.Dataset, sheet.life.Project):
        sheet.add(node, RDF.type, kind)
    sheet.said(node, DCT.title, project.get("title"))
    sheet.said(node, sheet.life.slug, project.get("slug"))
    sheet.said(node, DCT.description, project.get("description"))
    sheet.said(node, DCT.bibliographicCitation, project.get("citation"))
    _licence(sheet, node, str(project.get("licence") or ""))
    sheet.said(node, VOID.uriSpace, f"{context.project_iri}/")
    for vocabulary in (*_VOCABULARIES, context.life):
        sheet.add(node, VOID.vocabulary, Iri(vocabulary.base))
    for language in dict.fromkeys(found for _, found in iter_languages(project)):
        sheet.add(node, DCT.language, language)
    for place, language in enumerate(project.get("languages") or (), 1):
        _language(sheet, place, language)
    sheet.said(node, sheet.life.visibility, project.get("visibility", "members"))


def _licence(sheet: Sheet, node: Iri, said: str) -> None:
    licence = licence_iri(said)
    if licence is not None:
        sheet.add(node, DCT.license, licence)
    if said and said != licence:
        sheet.said(node, DCT.rights, said)


def _language(sheet: Sheet, place: int, language: Content) -> None:
    """An object language as the project has it."""
    node, life = sheet.part(f"language-{language['id']}"), sheet.life
    sheet.add(sheet.iri, life.objectLanguage, node)
    sheet.add(node, RDF.type, DCT.LinguisticSystem)
    sheet.add(node, life.place, integer(place))
    sheet.said(node, SKOS.notation, language.get("id"))
    sheet.said(node, RDFS.label, language.get("name"))
    sheet.said(node, life.writtenTag, language.get("tag"))
    sheet.said(node, life.iso639, language.get("iso639_3"))
    sheet.said(node, life.glottocode, language.get("glottocode"))
    for code, prefix in (
        ("iso639_3", "http://lexvo.org/id/iso639-3/"),
        ("glottocode", "https://glottolog.org/resource/languoid/id/"),
    ):
        if language.get(code) and (found := iri(prefix + str(language[code]))) is not None:
            sheet.add(node, SKOS.exactMatch, found)


def _dictionary(sheet: Sheet) -> None:
    """The dictionary: the entries in the order and with the numbers of a dictionary."""
    node = sheet.context.of_project("dictionary")
    sheet.add(node, RDF.type, LEXICOG.LexicographicResource)
    sheet.add(node, DCT.isPartOf, sheet.iri)
    sheet.add(sheet.iri, VOID.subset, node)
    sheet.said(node, DCT.title, sheet.record.get("title"))
    for language in languages_of(sheet.context):
        sheet.said(node, LIME.language, language)


def _corpus(sheet: Sheet) -> None:
    context = sheet.context
    corpus, sentences = context.of_project(CORPUS), context.of_project(SENTENCES)
    sheet.add(corpus, RDF.type, LIGT.Document)
    sheet.add(corpus, RDF.type, VOID.Dataset)
    sheet.said(corpus, DCT.title, sheet.record.get("title"))
    sheet.add(corpus, DCT.isPartOf, sheet.iri)
    sheet.add(sheet.iri, VOID.subset, corpus)
    sheet.add(corpus, LIGT.hasUtterances, sentences)
    sheet.add(sentences, RDF.type, LIGT.InterlinearCollection)
    counts = context.counts
    for name in ("text", "utterance"):
        if name in counts:
            sheet.add(corpus, sheet.life.term(f"{name}s"), integer(counts[name]))
    if "entry" in counts:
        whole = sum(counts.get(kind, 0) for kind in ("entry", "text", "utterance"))
        sheet.add(sheet.iri, VOID.entities, integer(whole))


def _lexicon(sheet: Sheet, project: Content, language: str) -> None:
    """The lexicon of a language, in which its entries are counted."""
    context, node = sheet.context, sheet.context.lexicon(language)
    sheet.add(node, RDF.type, LIME.Lexicon)
    sheet.add(node, DCT.isPartOf, sheet.iri)
    sheet.add(sheet.iri, VOID.subset, node)
    sheet.add(node, LIME.language, Literal(language))
    sheet.said(node, DCT.title, project.get("title"))
    if language in context.languages:
        sheet.add(node, DCT.language, context.languages[language])
    sheet.add(node, LIME.linguisticCatalog, Iri(LEXINFO.base.rstrip("#")))
    count = context.counts.get(f"entry/{language}")
    if count is not None:
        sheet.add(node, LIME.lexicalEntries, integer(count))
    _licence(sheet, node, str(project.get("licence") or ""))
