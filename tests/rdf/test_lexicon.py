"""Entries in OntoLex, lexicog, LexInfo and SKOS."""

from __future__ import annotations

import random

import pytest

from app.domain.ids import new_id
from app.rdf.namespaces import (
    DCT,
    LEXICOG,
    LEXINFO,
    LIME,
    ONTOLEX,
    PROV,
    RDF,
    RDFS,
    SKOS,
    numbered,
)
from app.rdf.terms import Iri, integer
from tests.rdf.graphs import Graph, context, entry, item

LIFE = context().life


def canonical(graph, record):
    return graph.one(graph.of(record), ONTOLEX.canonicalForm)


@pytest.mark.parametrize(
    "lemma",
    [
        "nyama",
        "ku enda",
        'so "called"',
        "back\\slash",
        "🐘 njovu",
        "ńdà ꜛ",
        "a\u0301b",
        "ʼaʼ",
        "<b>&",
    ],
)
def test_a_headword_comes_as_it_is(lemma):
    record = entry(lemma)
    graph = Graph(("entry", record))
    assert graph.texts(canonical(graph, record), ONTOLEX.writtenRep) == {(lemma, "seh")}
    assert graph.texts(graph.of(record), RDFS.label) == {(lemma, "seh")}


def test_a_headword_in_several_scripts_is_one_form():
    record = entry(lemma={}) | {"lemma": {"seh": "nyama", "ar": "نياما"}}
    graph = Graph(("entry", record))
    form = canonical(graph, record)
    assert graph.texts(form, ONTOLEX.writtenRep) == {("nyama", "seh"), ("نياما", "ar")}


def test_a_writing_system_without_a_valid_tag_has_a_private_one():
    record = entry("x", ws="old")
    graph = Graph(("entry", record))
    assert graph.texts(canonical(graph, record), ONTOLEX.writtenRep) == {("x", "und-x-old")}


def test_a_text_with_spans_is_its_string():
    spans = [{"start": 0, "end": 1, "style": "b"}]
    record = entry() | {"lemma": {"seh": {"text": "nyama", "spans": spans}}}
    graph = Graph(("entry", record))
    assert graph.texts(canonical(graph, record), ONTOLEX.writtenRep) == {("nyama", "seh")}


def test_the_citation_form_is_the_canonical_one_and_the_lemma_another():
    record = entry("gul") | {"citation": {"seh": "kugula"}}
    graph = Graph(("entry", record))
    assert graph.texts(canonical(graph, record), ONTOLEX.writtenRep) == {("kugula", "seh")}
    lemma = graph.one(graph.of(record), LIFE.lemmaForm)
    assert graph.texts(lemma, ONTOLEX.writtenRep) == {("gul", "seh")}
    assert lemma in graph.objects(graph.of(record), ONTOLEX.otherForm)


def test_an_entry_that_is_not_written_is_no_lexical_entry():
    record = entry() | {"lemma": {}}
    graph = Graph(("entry", record))
    assert graph.types(graph.of(record)) == {"Unwritten"}
    assert not graph.objects(graph.of(record), ONTOLEX.canonicalForm)


def test_the_name_of_a_recording_is_no_written_form():
    record = entry() | {"lemma": {"audio": "nyama.wav", "seh": "nyama"}}
    graph = Graph(("entry", record))
    form = canonical(graph, record)
    assert graph.texts(form, ONTOLEX.writtenRep) == {("nyama", "seh")}
    assert graph.texts(form, LIFE.recordedRep) == {("nyama.wav", "seh-zxxx-x-audio")}


def test_homographs_have_their_numbers_in_the_dictionary():
    pair = [entry("nda", homograph=number) for number in (1, 2)]
    graph = Graph(*(("entry", one) for one in pair))
    places = [graph.one(graph.of(one, "entry"), LIFE.homographNumber) for one in pair]
    assert places == [integer(1), integer(2)]
    assert graph.one(graph.of(pair[0], "entry"), LEXICOG.describes) == graph.of(pair[0])
    assert canonical(graph, pair[0]) != canonical(graph, pair[1])


@pytest.mark.parametrize(
    ("code", "kind", "element"),
    [
        ("prefix", "Affix", "prefix"),
        ("suffix", "Affix", "suffix"),
        ("infix", "Affix", "infix"),
        ("circumfix", "Affix", "affix"),
        ("root", "Word", "radical"),
        ("stem", "Word", None),
        ("phrase", "MultiWordExpression", None),
    ],
)
def test_a_morph_type_makes_the_class(code, kind, element):
    record = entry("x", morph_type=item("morph-types", code))
    graph = Graph(("entry", record))
    assert graph.types(graph.of(record)) == {"LexicalEntry", kind}
    found = graph.objects(graph.of(record), LEXINFO.termElement)
    assert found == ([LEXINFO.term(element)] if element else [])
    assert graph.one(graph.of(record), LIFE.morphType)


def test_a_headword_of_several_words_is_a_multi_word_expression():
    record = entry("nyama ya ng'ombe")
    graph = Graph(("entry", record))
    assert "MultiWordExpression" in graph.types(graph.of(record))


def test_a_clitic_is_one():
    record = entry("mbo", morph_type=item("morph-types", "enclitic"))
    graph = Graph(("entry", record))
    assert graph.one(graph.of(record), LEXINFO.cliticness) == LEXINFO.yes


def order_of(graph, place):
    """What stands below a place of the dictionary, by rdf:_n alone."""
    found = {}
    triples = list(graph.triples)
    random.Random(1).shuffle(triples)
    for subject, predicate, value in triples:
        if subject == place and predicate.startswith(RDF.base + "_"):
            found[int(predicate.rpartition("_")[2])] = value
    return [graph.one(found[number], LEXICOG.describes) for number in sorted(found)]


def test_25_senses_keep_their_order():
    senses = [{"id": new_id("s"), "gloss": {"en": f"meaning {n}"}} for n in range(25)]
    random.Random(2).shuffle(senses)
    record = entry(senses=senses)
    graph = Graph(("entry", record))
    assert order_of(graph, graph.of(record, "entry")) == [graph.of(record, s["id"]) for s in senses]
    assert len(graph.objects(graph.of(record), ONTOLEX.sense)) == 25
    assert all(graph.one(graph.of(record, s["id"]), ONTOLEX.isSenseOf) for s in senses)


def test_subsenses_stand_below_their_sense():
    below = [{"id": new_id("s"), "gloss": {"en": name}} for name in ("beef", "pork")]
    below[0]["senses"] = [{"id": new_id("s"), "gloss": {"en": "steak"}}]
    top = {"id": new_id("s"), "gloss": {"en": "meat"}, "senses": below}
    record = entry(senses=[top])
    graph = Graph(("entry", record))
    (place,) = graph.objects(graph.of(record, "entry"), LEXICOG.subComponent)
    assert graph.one(place, LEXICOG.describes) == graph.of(record, top["id"])
    assert order_of(graph, place) == [graph.of(record, one["id"]) for one in below]
    assert len(graph.objects(graph.of(record), ONTOLEX.sense)) == 4
    assert set(graph.objects(graph.of(record, top["id"]), LIFE.subsense)) == {
        graph.of(record, one["id"]) for one in below
    }


def sense_of(record):
    return record["senses"][0]


def test_a_gloss_defines_where_no_definition_does():
    record = entry()
    sense_of(record).update(gloss={"en": "meat", "pt": "carne"}, definition={"en": "flesh"})
    graph = Graph(("entry", record))
    sense = graph.of(record, sense_of(record)["id"])
    assert graph.texts(sense, LIFE.gloss) == {("meat", "en"), ("carne", "pt")}
    assert graph.texts(sense, SKOS.definition) == {("flesh", "en"), ("carne", "pt")}
    assert not graph.objects(sense, LIFE.definition)


def test_a_part_of_speech_is_that_of_lexinfo_where_it_has_it():
    record = entry()
    sense_of(record)["pos"] = item("parts-of-speech", "Noun")
    graph = Graph(("entry", record))
    assert graph.objects(graph.of(record), LEXINFO.partOfSpeech) == [LEXINFO.noun]


def test_a_part_of_speech_without_a_match_is_the_projects_own_concept():
    code = "Ideophone"
    record = entry()
    sense_of(record)["pos"] = item("parts-of-speech", code)
    graph = Graph(("entry", record))
    own = graph.context.record(item("parts-of-speech", code))
    assert graph.objects(graph.of(record), LEXINFO.partOfSpeech) == [own]


def test_senses_of_several_parts_of_speech_say_which_they_are():
    senses = [
        {"id": new_id("s"), "pos": item("parts-of-speech", code)} for code in ("Noun", "Verb")
    ]
    record = entry(senses=senses)
    graph = Graph(("entry", record))
    both = set(graph.objects(graph.of(record), LEXINFO.partOfSpeech))
    assert both == {LEXINFO.noun, LEXINFO.verb}
    verb = graph.of(record, senses[1]["id"])
    assert graph.one(verb, LEXINFO.partOfSpeech) == LEXINFO.verb


def test_domains_keep_their_order():
    record = entry()
    sense_of(record)["domains"] = ["i_b", "i_a"]
    graph = Graph(("entry", record))
    sense = graph.of(record, sense_of(record)["id"])
    assert graph.one(sense, numbered(1)) == graph.context.record("i_b")
    assert len(graph.objects(sense, DCT.subject)) == 2


def test_an_example_has_a_value_in_each_language():
    example = {
        "id": new_id("x"),
        "form": {"seh": "Ndadya nyama."},
        "translations": [
            {"id": new_id("t"), "text": {"en": "I ate meat.", "pt": "Comi carne."}},
            {"id": new_id("t"), "type": "i_literal", "text": {"en": "I-ate meat"}},
        ],
        "source": "T1",
    }
    record = entry()
    sense_of(record)["examples"] = [example]
    graph = Graph(("entry", record))
    sense, node = graph.of(record, sense_of(record)["id"]), graph.of(record, example["id"])
    assert graph.one(sense, LEXICOG.usageExample) == node
    assert ("Ndadya nyama.", "seh") in graph.texts(node, RDF.value)
    assert len(graph.objects(node, RDF.value)) == 4
    assert graph.texts(node, DCT.bibliographicCitation) == {("T1", "")}


def test_an_utterance_as_an_example_is_pointed_at():
    record = entry()
    sense_of(record)["examples"] = [{"id": new_id("x"), "utterance": "l_1"}]
    graph = Graph(("entry", record))
    sense = graph.of(record, sense_of(record)["id"])
    assert graph.one(sense, LEXICOG.usageExample) == graph.context.record("l_1")


def test_pronunciations_are_phonetic_representations():
    plain = {"id": new_id("p"), "form": {"ar": "nˈjama"}}
    record = entry(pronunciations=[plain, {"id": new_id("p"), "form": {"seh-fonipa": "ɲama"}}])
    graph = Graph(("entry", record))
    found = graph.texts(canonical(graph, record), ONTOLEX.phoneticRep)
    assert found == {("nˈjama", "ar-fonipa"), ("ɲama", "seh-fonipa")}


def test_variants_allomorphs_and_inflected_forms():
    forms = [
        {"id": new_id("o"), "form": {"seh": "nyamaa"}},
        {"id": new_id("o"), "form": {"seh": "m-"}, "morph_type": item("morph-types", "prefix"),
         "environments": ["/_b", "/_p"]},
        {"id": new_id("o"), "form": {"seh": "zinyama"}, "paradigm": "plural"},
        {"id": new_id("o"), "ref": "nowhere"},
    ]  # fmt: skip
    record = entry(forms=forms)
    graph = Graph(("entry", record))
    nodes = [graph.of(record, one["id"]) for one in forms]
    assert graph.objects(graph.of(record), ONTOLEX.otherForm) == nodes[:3]
    assert graph.objects(graph.of(record), LIFE.unwrittenForm) == nodes[3:]
    assert graph.one(nodes[1], LEXINFO.termElement) == LEXINFO.prefix
    assert graph.texts(nodes[1], LIFE.environment) == {("/_b", ""), ("/_p", "")}
    assert graph.one(nodes[2], LEXINFO.number) == LEXINFO.plural


def test_notes_are_read_by_all_and_keep_their_type():
    note = {"id": new_id("n"), "type": "i_grammar", "text": {"en": "irregular"}}
    record = entry(notes=[note])
    graph = Graph(("entry", record))
    assert graph.texts(graph.of(record), SKOS.note) == {("irregular", "en")}
    assert graph.one(graph.of(record, note["id"]), DCT.type) == graph.context.record("i_grammar")


def link(catalog, kind, target, **facts):
    made = {"id": new_id("k"), "catalog": catalog, "kind": kind, "target": target}
    return made | {"status": "accepted", "label": "x"} | facts


def test_accepted_links_are_written_each_as_it_may():
    links = [
        link("wordnet", "exact", "http://globalwordnet.org/ili/i85805", score=0.9, by="u_1"),
        link("dbpedia", "exact", "http://dbpedia.org/resource/Meat"),
        link("dbpedia", "exact", "http://dbpedia.org/resource/Flesh"),
        link("wikidata", "broader", "http://www.wikidata.org/entity/Q1"),
        link("wordnet", "exact", "http://globalwordnet.org/ili/i1", status="rejected"),
        link("wordnet", "exact", "", status="none"),
        link("concepticon", "close", "not an address"),
    ]
    record = entry()
    sense_of(record)["links"] = links
    graph = Graph(("entry", record))
    sense = graph.of(record, sense_of(record)["id"])
    assert graph.objects(sense, ONTOLEX.reference) == [Iri("http://dbpedia.org/resource/Meat")]
    assert graph.objects(sense, SKOS.closeMatch) == [Iri("http://dbpedia.org/resource/Flesh")]
    assert graph.objects(sense, SKOS.broadMatch) == [Iri("http://www.wikidata.org/entity/Q1")]
    ili = Iri("http://globalwordnet.org/ili/i85805")
    assert graph.objects(sense, ONTOLEX.isLexicalizedSenseOf) == [ili]
    assert graph.objects(graph.of(record), ONTOLEX.evokes) == [ili]
    node = graph.of(record, links[0]["id"])
    assert graph.one(node, LIFE.score).value == "0.9"
    assert len(graph.subjects(RDF.type, LIFE.Link)) == 4
    assert graph.one(node, PROV.wasAttributedTo) == graph.context.of_project("u_1")


def test_where_a_record_is_from_and_who_may_read_it():
    record = entry(
        sources=[{"format": "lift", "document": "d_1", "id": "nyama_1", "guid": "g"}],
        access={"level": "groups", "groups": ["elders"]},
        modified="2017-02-08",
    )
    graph = Graph(("entry", record))
    assert graph.one(graph.of(record), PROV.wasDerivedFrom) == graph.context.record("d_1")
    assert graph.one(graph.of(record), DCT.accessRights) == LIFE.groups
    assert graph.one(graph.of(record), LIFE.group).value == "elders"
    assert graph.one(graph.of(record), DCT.modified).datatype.endswith("#date")


def test_an_entry_stands_in_the_lexicon_of_its_language():
    record = entry("نياما", ws="ar")
    graph = Graph(("entry", record))
    assert graph.subjects(LIME.entry, graph.of(record)) == [graph.context.lexicon("ar")]


def test_a_stored_record_is_the_same_as_its_content():
    record = entry()
    content = {key: value for key, value in record.items() if key != "id"}
    stored = {"_id": record["id"], "project": "p", "rev": 3, **content}
    assert Graph(("entry", record)).facts == Graph(("entry", stored)).facts
