"""Our graphs keep to our SHACL shapes, and the shapes refuse what is wrong."""

from __future__ import annotations

import pyshacl
import pytest
import rdflib

from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.formats import find_format
from app.rdf import ontology
from app.rdf.namespaces import LIGT, LIME, ONTOLEX, PREFIXES, RDF, RDFS, SKOS
from app.rdf.terms import Iri
from app.rdf.texts import order_triples
from app.services import sample
from app.services.desk import open_desk
from app.services.exports import ProjectContents
from tests.factories import make_store
from tests.formats.memory import load
from tests.formats.samples import DATA, MISSING
from tests.rdf.graphs import (
    BASE,
    Graph,
    context,
    entry,
    graph_of_all,
    item,
    lit,
    make_project,
    written,
)
from tests.rdf.test_lists import known_terms, needs_terms
from tests.rdf.test_relations import relation
from tests.rdf.test_texts import PERSON, line, text

UNDECLARED = {LIGT.gloss, LIGT.translation, LIGT.utterance}


@pytest.fixture(scope="module")
def shapes():
    found = rdflib.Graph()
    for name in ontology.SHAPES:
        found.parse(ontology.FOLDER / name, format="turtle", publicID=ontology.address(BASE))
    return found


def complaints(triples, shapes):
    """What is wrong in a graph, in the words of the validator."""
    graph = rdflib.Graph().parse(data=written(triples, "ntriples"), format="nt")
    valid, _, said = pyshacl.validate(graph, shacl_graph=shapes, inference="none")
    return "" if valid else said


def full():
    """A bit of everything."""
    one = entry(
        "kugula",
        citation={"seh": "ku-gula"},
        homograph=1,
        pronunciations=[{"id": new_id("p"), "form": {"seh-fonipa": "kuɡula"}}],
        forms=[{"id": new_id("o"), "form": {"seh": "gule"}}, {"id": new_id("o")}],
    )
    sense = one["senses"][0]
    sense |= {
        "pos": item("parts-of-speech", "Verb"),
        "definition": {"en": "to buy"},
        "senses": [{"id": new_id("s")}],
        "examples": [{"id": new_id("x"), "form": {"seh": "Ndagula."}}, {"id": new_id("x")}],
        "links": [
            {"id": "k_1", "catalog": "dbpedia", "kind": "exact", "status": "accepted",
             "target": "http://dbpedia.org/resource/Purchasing", "score": 0.5},
        ],
    }  # fmt: skip
    other, unwritten = entry("nyumba"), {"id": new_id("e")}
    said = line(speaker="h_1", time={"start": 0, "end": 1.5})
    said["words"][0]["analyses"][0]["morphs"][0] |= {"entry": one["id"], "sense": sense["id"]}
    records = [
        ("project", make_project()),
        *(("entry", record) for record in (one, other, unwritten)),
        ("relation", relation("Synonym", (one["id"], sense["id"]), (other["id"], "s_1"))),
        ("relation", relation("_component-lexeme", one["id"], other["id"])),
        ("text", text()),
        ("utterance", said),
        ("item", {"id": "i_1", "list": "genres", "code": "song", "name": {"en": "song"}}),
    ]
    return Graph(*records, context=context(people=[PERSON]))


def test_a_bit_of_everything_keeps_to_the_shapes(shapes):
    assert complaints(full().triples, shapes) == ""


def break_form(graph):
    form = graph.subjects(RDF.type, ONTOLEX.Form)[0]
    return [one for one in graph.triples if (one[0], one[1]) != (form, ONTOLEX.writtenRep)]


def break_tag(graph):
    form = graph.subjects(RDF.type, ONTOLEX.Form)[0]
    return [*graph.triples, (form, ONTOLEX.writtenRep, lit("plain"))]


def break_reference(graph):
    (sense,) = {s for s, p, _ in graph.triples if p == ONTOLEX.reference}
    return [*graph.triples, (sense, ONTOLEX.reference, Iri("http://dbpedia.org/resource/Sale"))]


def break_sense(graph):
    sense = graph.subjects(RDF.type, ONTOLEX.LexicalSense)[0]
    return [*graph.triples, (Iri("http://x/other"), ONTOLEX.sense, sense)]


def break_canonical(graph):
    first = graph.subjects(RDF.type, ONTOLEX.LexicalEntry)[0]
    form = graph.subjects(RDF.type, ONTOLEX.Form)[-1]
    return [*graph.triples, (first, ONTOLEX.canonicalForm, form)]


def break_lexicon(graph):
    lexicon = graph.subjects(RDF.type, LIME.Lexicon)[0]
    return [*graph.triples, (lexicon, LIME.language, lit("other"))]


def break_label(graph):
    concept = graph.subjects(RDF.type, SKOS.Concept)[0]
    return [*graph.triples, (concept, SKOS.prefLabel, lit("another", "en"))]


def break_order(graph):
    word = graph.subjects(RDF.type, LIGT.Word)[0]
    return [*graph.triples, (word, LIGT.nextWord, word)]


def break_morph(graph):
    morph = graph.subjects(RDF.type, LIGT.Morph)[0]
    return [*graph.triples, (morph, RDFS.label, lit("no language"))]


def break_time(graph):
    start = graph.context.life.start
    (node,) = {s for s, p, _ in graph.triples if p == start}
    kept = [one for one in graph.triples if one[1] != start]
    decimal = next(o.datatype for _, p, o in graph.triples if p == start)
    return [*kept, (node, start, lit("9")._replace(datatype=decimal))]


@pytest.mark.parametrize(
    "broken",
    [break_form, break_tag, break_reference, break_sense, break_canonical, break_lexicon,
     break_label, break_order, break_morph, break_time],
)  # fmt: skip
def test_the_shapes_refuse_what_is_wrong(broken, shapes):
    assert complaints(broken(full()), shapes)


REAL = (
    ("lift", "lift/lift-standard-examples/full-entry.lift"),
    ("lift", "lift/lift-standard-examples/lexical-relations.lift"),
    ("flextext", "flextext/kalamang/glosses.flextext"),
    ("cldf", "cldf-igt/lgr"),
)


def real(name, path):
    there = (DATA / path).exists()
    marks = () if there else pytest.mark.skip(reason=MISSING)
    return pytest.param(name, DATA / path, id=path, marks=marks)


@needs_terms
@pytest.mark.parametrize(("name", "path"), [real(*one) for one in REAL])
def test_real_files_keep_to_the_shapes_with_terms_that_exist(name, path, shapes):
    contents = load(find_format(name), path)
    triples = graph_of_all(contents)
    for story in contents.iter_records("text"):
        ids = [one["id"] for one in contents.iter_utterances(story["id"])]
        triples += order_triples(ids, context())
    assert complaints(triples, shapes) == ""
    assert unknown_terms(triples) == set()


def test_the_sample_project_keeps_to_the_shapes(database, shapes):
    store = make_store(database)
    sample.ensure_sample(store, lambda _: None)
    triples = graph_of_all(ProjectContents(open_desk(store, SYSTEM, sample.SLUG)))
    assert len({s for s, p, o in triples if o == ONTOLEX.LexicalEntry}) > 20
    assert len({s for s, p, o in triples if o == LIGT.Morph}) > 20
    assert complaints(triples, shapes) == ""


def unknown_terms(triples):
    """Terms of OntoLex, LexInfo, Ligt ... that are none."""
    known = known_terms()
    bases = tuple(b for b in PREFIXES.values() if any(one.startswith(b) for one in known))
    used = {value for _, predicate, o in triples for value in (predicate, o)}
    ours = {one for one in used if isinstance(one, str) and one.startswith(bases)}
    return ours - known - set(bases) - UNDECLARED


@needs_terms
def test_a_bit_of_everything_uses_terms_that_exist():
    assert unknown_terms(full().triples) == set()


def test_our_own_terms_are_all_declared():
    declared = {triple.subject.value for triple in ontology.vocabulary(BASE)}
    used = {value for one in full().triples for value in one if isinstance(value, str)}
    ours = {one for one in used if "/ontology/life#" in one and not one.endswith("#")}
    assert ours - declared == set()
    assert declared >= UNDECLARED
