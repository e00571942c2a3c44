"""Lists, the tables of categories, the description of a project, and what a change concerns."""

from __future__ import annotations

import csv

import pytest

from app.domain.defaults import default_items
from app.rdf import tables
from app.rdf.description import licence_iri
from app.rdf.namespaces import DCAT, DCT, LEXINFO, LIME, PREFIXES, RDF, SKOS, UNIMORPH, VOID
from app.rdf.ontology import jsonld_context, vocabulary
from app.rdf.records import FRESH, KINDS, stale, triples_of
from app.rdf.tables import FOLDER
from app.rdf.terms import Iri, integer
from tests.formats.samples import DATA, MISSING
from tests.rdf.graphs import Graph, context, make_project

LIFE = context().life
TERMS = DATA / "ontology" / "terms.tsv"
needs_terms = pytest.mark.skipif(not TERMS.exists(), reason=MISSING)


def category(code, list_code="parts-of-speech", **facts):
    return {"id": "i_1", "list": list_code, "code": code, "name": {"en": code}, **facts}


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("Noun", LEXINFO.noun), ("n", LEXINFO.noun), ("N.", LEXINFO.noun),
        ("sustantivo", LEXINFO.noun),
        ("Verbo", LEXINFO.verb), ("adj", LEXINFO.adjective), ("advérbio", LEXINFO.adverb),
        ("préposition", LEXINFO.preposition), ("Proper Noun", LEXINFO.properNoun),
        ("conjunção", LEXINFO.conjunction), ("num", LEXINFO.numeral),
        ("interj.", LEXINFO.interjection),
    ],
)  # fmt: skip
def test_usual_names_of_parts_of_speech_are_known(label, found):
    graph = Graph(("item", category(label)))
    assert graph.one(graph.context.record("i_1"), SKOS.exactMatch) == found


def test_a_category_without_a_match_has_a_broader_one():
    graph = Graph(("item", category("Coverb", parent="i_0")))
    assert graph.objects(graph.context.record("i_1"), SKOS.broader) == [
        graph.context.record("i_0"),
        LEXINFO.verb,
    ]
    assert not graph.objects(graph.context.record("i_1"), SKOS.exactMatch)


def test_a_project_ties_a_category_itself():
    graph = Graph(("item", category("Coverb", iri=LEXINFO.auxiliary)))
    assert graph.one(graph.context.record("i_1"), SKOS.exactMatch) == LEXINFO.auxiliary
    other = "http://example.org/coverb"
    graph = Graph(("item", category("Coverb", iri=other)))
    assert graph.one(graph.context.record("i_1"), SKOS.closeMatch) == other


def test_an_item_is_a_concept_of_its_scheme():
    made = category("Noun", abbreviation={"en": "n"}, description={"en": "A name"}, rank=3)
    graph = Graph(("item", made))
    node = graph.context.record("i_1")
    assert graph.texts(node, SKOS.prefLabel) == {("Noun", "en")}
    assert graph.texts(node, LIFE.abbreviation) == {("n", "en")}
    scheme = graph.one(node, SKOS.inScheme)
    assert scheme == graph.context.of_project("parts-of-speech")
    assert "ConceptScheme" in graph.types(scheme)


def test_abbreviations_are_tied_to_lexinfo_and_unimorph():
    graph = Graph(("item", category("PST", "gloss-abbreviations")))
    node = graph.context.record("i_1")
    assert graph.one(node, SKOS.exactMatch) == LEXINFO.past
    assert graph.one(node, SKOS.closeMatch) == UNIMORPH.PST


def test_most_of_the_usual_lists_is_known():
    parts = tables.parts_of_speech()
    unknown = [
        one.code
        for one in default_items()
        if one.list == "parts-of-speech" and tables.key_of(one.code) not in parts
    ]
    assert unknown == []
    short = tables.abbreviations()
    assert [
        one.code
        for one in default_items()
        if one.list == "gloss-abbreviations" and one.code not in short
    ] == []


@needs_terms
def test_the_abbreviations_of_the_leipzig_rules_are_known():
    with (DATA / "cldf-igt" / "lgr" / "abbreviations.csv").open(encoding="utf-8") as file:
        codes = {row["ID"] for row in csv.DictReader(file)}
    assert codes - set(tables.abbreviations()) == {"N-"}


def known_terms():
    with TERMS.open(encoding="utf-8") as file:
        return {row["iri"] for row in csv.DictReader(file, delimiter="\t")}


@needs_terms
def test_the_tables_use_terms_that_exist():
    known = known_terms()
    meanings = [*tables.parts_of_speech().values(), *tables.abbreviations().values()]
    used = {one for m in meanings for one in (m.property, m.value, *m.broader) if one}
    relations = tables.relation_types().values()
    used |= {one for r in relations for one in (r.property, r.inverse) if one}
    assert {one for one in used if one not in known} == set()


@needs_terms
def test_the_values_of_unimorph_exist():
    said = (DATA / "ontology" / "olia-unimorph.owl").read_text(encoding="utf-8")
    meanings = [*tables.parts_of_speech().values(), *tables.abbreviations().values()]
    names = {one.rpartition("#")[2] for m in meanings for one in m.close}
    assert {name for name in names if f'unimorph;{name}"' not in said and f"unimorph.owl#{name}" not in said} == set()  # noqa: E501  # fmt: skip


def test_each_own_term_is_declared_with_label_comment_and_range():
    facts = {
        (t.subject.value, t.predicate.value.rpartition("#")[2]) for t in vocabulary("https://x")
    }
    own = {s for s, _ in facts if "/ontology/life#" in s}
    assert len(own) > 100
    for one in own:
        assert (one, "label") in facts
        assert (one, "comment") in facts
        if one.rpartition("#")[2][0].islower() and one.rpartition("#")[2] not in (
            "public",
            "members",
            "groups",
        ):
            assert (one, "range") in facts


def test_the_context_of_json_ld_has_our_terms():
    made = jsonld_context("https://x")["@context"]
    assert made["life"] == "https://x/ontology/life#"
    assert PREFIXES.items() <= made.items()
    assert (FOLDER / "context.jsonld").exists()


def test_a_project_is_described():
    facts = {
        "description": "A dictionary",
        "licence": "CC BY 4.0",
        "citation": "Sena 2026",
        "languages": [
            {"id": "seh", "name": "Sena", "tag": "seh", "iso639_3": "seh", "glottocode": "sena1262"}
        ],
    }  # fmt: skip
    made = context(counts={"entry": 5, "entry/seh": 4, "text": 1, "utterance": 2}, **facts)
    graph = Graph(("project", make_project(**facts)), context=made)
    node = made.project_iri
    assert {"Dataset", "Project"} <= graph.types(node)
    assert (node, RDF.type, DCAT.Dataset) in graph.facts
    licence = Iri("https://creativecommons.org/licenses/by/4.0/")
    assert graph.one(node, DCT.license) == licence
    assert graph.one(node, DCT.language) == "http://lexvo.org/id/iso639-3/seh"
    assert graph.one(node, VOID.entities) == integer(8)
    lexicon = made.lexicon("seh")
    assert graph.texts(lexicon, LIME.language) == {("seh", "")}
    assert graph.one(lexicon, LIME.lexicalEntries) == integer(4)
    assert graph.one(lexicon, DCT.language) == "http://lexvo.org/id/iso639-3/seh"
    tags = {
        value
        for node in graph.objects(node, LIFE.writingSystem)
        for value, _ in graph.texts(node, LIFE.tag)
    }
    assert {"seh", "seh-fonipa", "und-x-old", "seh-zxxx-x-audio"} <= tags


@pytest.mark.parametrize(
    ("said", "iri"),
    [
        ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("cc-by-nc-sa 3.0", "https://creativecommons.org/licenses/by-nc-sa/3.0/"),
        ("CC0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("https://example.org/licence", "https://example.org/licence"),
        ("ask the elders", None),
    ],
)
def test_licences(said, iri):
    assert licence_iri(said) == iri


def test_comments_and_queries_have_no_triples():
    assert "comment" not in KINDS
    assert list(triples_of("comment", {"id": "c_1"}, context())) == []


def test_a_new_name_of_an_item_concerns_nobody_else():
    before = category("Coverb")
    assert stale("item", before, before | {"description": {"en": "x"}}) == FRESH


def test_another_meaning_concerns_who_mentions_it():
    before = category("Coverb")
    found = stale("item", before, before | {"iri": LEXINFO.verb})
    assert (found.kinds, found.mentioning) == (("entry", "utterance"), "i_1")
    assert stale("item", before, None).mentioning == "i_1"


def test_an_abbreviation_concerns_texts_only_where_the_project_ties_it():
    before = category("PST", "gloss-abbreviations")
    assert stale("item", None, before) == FRESH
    assert stale("item", before, before | {"iri": LEXINFO.future}).kinds == ("utterance",)


def test_a_consent_concerns_what_its_person_said():
    before = {"id": "h_1", "name": "M", "label": "M."}
    after = before | {"consents": [{"id": "c", "purposes": ["publish"]}]}
    assert stale("person", before, after).kinds == ("text", "utterance")
    assert stale("person", after, after | {"deleted": True}).mentioning == "h_1"
    assert stale("person", before, before | {"name": "N"}) == FRESH


def test_a_tag_concerns_everything():
    before = make_project()
    assert stale("project", before, before | {"title": "New"}) == FRESH
    systems = [
        {**one, "tag": "sw"} if one["id"] == "seh" else one for one in before["writing_systems"]
    ]
    found = stale("project", before, before | {"writing_systems": systems})
    assert "entry" in found.kinds
    assert not found.mentioning


def test_an_entry_concerns_nobody_else():
    assert stale("entry", {"id": "e_1"}, None) == FRESH
