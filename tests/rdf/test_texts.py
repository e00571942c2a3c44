"""Texts in Ligt, with NIF, PROV and FrAC."""

from __future__ import annotations

import random

import pytest

from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.domain.texts import Utterance
from app.rdf.namespaces import DCT, FRAC, LEXINFO, LIGT, NIF, PROV, RDF, RDFS, UNIMORPH
from app.rdf.terms import Iri
from app.rdf.texts import order_triples
from tests.rdf.graphs import BASE, Graph, context, item, lit

LIFE = context().life


def line(text="Ninasoma kitabu.", morphs="Ni-na-soma kitabu", gloss="1SG-PRS-read book", **facts):
    words = make_words(text, "seh", morphs, gloss, "en", facts={"origin": "person"})
    made = {"id": new_id("l"), "text": "t_1", "rank": "i", "baseline": {"seh": text}}
    made |= {"words": words, "translation": {"en": "I read."}, **facts}
    Utterance.model_validate(made)
    return made


def chain(graph, predicate, start):
    """What follows, found in shuffled triples."""
    triples = list(graph.triples)
    random.Random(4).shuffle(triples)
    following = {s: o for s, p, o in triples if p == predicate}
    found = [start]
    while found[-1] in following:
        found.append(following[found[-1]])
    return found


def morphs_of(record):
    return [m for w in record["words"] for m in w.get("analyses", [{}])[0].get("morphs", ())]


def test_an_utterance_has_words_and_morphs_in_order():
    record = line()
    graph = Graph(("utterance", record))
    words = [graph.of(record, word["id"]) for word in record["words"]]
    assert chain(graph, LIGT.nextWord, words[0]) == words
    morphs = [graph.of(record, morph["id"]) for morph in morphs_of(record)]
    assert chain(graph, LIGT.nextMorph, morphs[0]) == morphs
    assert graph.objects(graph.one(graph.of(record), LIGT.hasWords), LIGT.item) == words
    assert graph.objects(graph.one(graph.of(record), LIGT.hasMorphs), LIGT.item) == morphs
    assert [graph.one(morph, DCT.isPartOf) for morph in morphs] == [words[0]] * 3 + [words[1]]


def test_labels_glosses_and_translations_have_their_languages():
    record = line()
    graph = Graph(("utterance", record))
    assert graph.texts(graph.of(record), RDFS.label) == {("Ninasoma kitabu.", "seh")}
    assert graph.texts(graph.of(record), LIGT.translation) == {("I read.", "en")}
    first = graph.of(record, record["words"][0]["id"])
    assert graph.texts(first, LIGT.gloss) == {("1SG-PRS-read", "en")}
    morph = graph.of(record, morphs_of(record)[0]["id"])
    assert graph.texts(morph, LIGT.gloss) == {("1SG", "en")}


def test_glosses_mean_something_elsewhere():
    record = line()
    graph = Graph(("utterance", record))
    first, second, *_ = (graph.of(record, morph["id"]) for morph in morphs_of(record))
    assert graph.one(first, LEXINFO.person) == LEXINFO.firstPerson
    assert graph.one(first, LEXINFO.number) == LEXINFO.singular
    assert graph.one(second, LEXINFO.tense) == LEXINFO.present
    assert graph.one(second, LIFE.category) == UNIMORPH.PRS


def test_a_gloss_that_contradicts_itself_has_no_feature():
    record = line("Anamwona.", "A-na-mw-ona", "3SG-PRS-1SG>3PL-see")
    graph = Graph(("utterance", record))
    third = graph.of(record, morphs_of(record)[2]["id"])
    assert not graph.objects(third, LEXINFO.person)


def test_a_project_says_itself_what_an_abbreviation_is():
    own = {"id": "i_own", "list": "gloss-abbreviations", "code": "PRS", "iri": LEXINFO.future}
    record = line()
    graph = Graph(("utterance", record), context=context(items=[own]))
    second = graph.of(record, morphs_of(record)[1]["id"])
    assert graph.objects(second, LEXINFO.tense) == [LEXINFO.future]


@pytest.mark.parametrize("text", ["🐘 Njovu adya.", "صلاة ناس", "á\u0301b ńdà"])
def test_words_stand_in_the_baseline_by_code_points(text):
    record = line(text, "", "")
    graph = Graph(("utterance", record))
    for word in record["words"]:
        node = graph.of(record, word["id"])
        where = graph.one(node, NIF.referenceContext)
        whole = graph.one(where, NIF.isString).value
        start, end = (int(graph.one(node, one).value) for one in (NIF.beginIndex, NIF.endIndex))
        assert whole == text
        assert whole[start:end] == graph.one(node, NIF.anchorOf).value == word["form"]["seh"]


def test_punctuation_is_in_the_tier_and_called_so():
    record = line()
    graph = Graph(("utterance", record))
    assert graph.types(graph.of(record, record["words"][-1]["id"])) == {"Word", "Punctuation"}


def test_zero_morphs_infixes_and_clitics_apart():
    record = line("bumili na", "b<um>ili-Ø =na", "buy<ACTFOC>-PST =Q")
    graph = Graph(("utterance", record))
    nodes = [graph.of(record, morph["id"]) for morph in morphs_of(record)]
    stem, infix, zero, clitic = nodes
    assert graph.texts(stem, LIFE.stretches) == {("0-1 3-6", "")}
    assert graph.texts(infix, LIFE.stretches) == {("1-3", "")}
    assert "Infix" in graph.types(infix)
    assert graph.texts(zero, RDFS.label) == {("Ø", "seh")}
    assert not graph.objects(zero, LIFE.stretches)
    assert graph.texts(clitic, LIFE.left) == {("=", "")}
    assert graph.one(clitic, DCT.isPartOf) == graph.of(record, record["words"][1]["id"])


def test_a_circumfix_is_one_morph_of_two_stretches():
    record = line("gesagt", "ge-sag-t", "PTCP-say-PTCP")
    word = record["words"][0]
    morphs = word["analyses"][0]["morphs"]
    end = morphs.pop()
    morphs[0] |= {"parts": [*morphs[0]["parts"], *end["parts"]], "form": {"seh": "ge…t"}}
    morphs[0]["type"] = item("morph-types", "circumfix")
    graph = Graph(("utterance", record))
    node = graph.of(record, morphs[0]["id"])
    assert graph.texts(node, LIFE.stretches) == {("0-2 5-6", "")}
    assert "Circumfix" in graph.types(node)


@pytest.mark.parametrize(("code", "name"), [
    ("prefix", "Prefix"), ("suffix", "Suffix"), ("enclitic", "Enclitic"), ("stem", "Stem"),
    ("proclitic", "Proclitic"),
])  # fmt: skip
def test_a_morph_has_the_class_of_its_type(code, name):
    record = line()
    morphs_of(record)[0]["type"] = item("morph-types", code)
    graph = Graph(("utterance", record))
    assert graph.types(graph.of(record, morphs_of(record)[0]["id"])) == {"Morph", name}


def test_of_competing_analyses_only_the_chosen_one_is_written():
    record = line()
    rival = {"id": new_id("y"), "origin": "person", "gloss": {"en": "rival words"}}
    record["words"][0]["analyses"].append(rival)
    graph = Graph(("utterance", record))
    assert "rival words" not in str(graph.triples)


def test_what_a_machine_proposed_is_written_when_somebody_confirmed_it():
    record = line()
    record["words"][0]["analyses"][0]["origin"] = "memory"
    assert "1SG" not in str(Graph(("utterance", record)).triples)
    record["words"][0]["analyses"][0]["confirmed_by"] = "u_1"
    assert "1SG" in str(Graph(("utterance", record)).triples)


def test_a_word_without_a_chosen_analysis_is_a_word():
    record = line()
    del record["words"][0]["chosen"]
    graph = Graph(("utterance", record))
    assert not graph.objects(graph.of(record, record["words"][0]["id"]), LIGT.gloss)


def test_a_morph_points_at_the_lexicon_which_is_attested_there():
    record = line()
    morphs_of(record)[3] |= {"entry": "e_1", "sense": "s_1", "allomorph": "o_1"}
    graph = Graph(("utterance", record))
    node = graph.of(record, morphs_of(record)[3]["id"])
    assert graph.one(node, LIFE.lexicalEntry) == graph.context.record("e_1")
    assert graph.one(node, LIFE.lexicalSense) == graph.context.part("e_1", "s_1")
    assert graph.one(node, LIFE.lexicalForm) == graph.context.part("e_1", "o_1")
    attestation = graph.one(graph.context.part("e_1", "s_1"), FRAC.attestation)
    assert graph.one(attestation, FRAC.locus) == node
    assert graph.one(attestation, FRAC.observedIn) == graph.context.record("t_1")
    assert graph.texts(attestation, RDF.value) == {("Ninasoma kitabu.", "seh")}


def test_an_idiom_is_a_group_with_its_members_in_order():
    record = line()
    members = [record["words"][1]["id"], record["words"][0]["id"]]
    group = {"id": new_id("g"), "type": "idiom", "members": members, "gloss": {"en": "study"}}
    record["groups"] = [group | {"entry": "e_1"}]
    graph = Graph(("utterance", record))
    node = graph.of(record, group["id"])
    assert graph.one(graph.of(record), LIFE.hasGroup) == node
    assert graph.one(node, RDF.term("_1")) == graph.of(record, members[0])
    assert graph.texts(node, LIGT.gloss) == {("study", "en")}
    assert graph.one(node, LIFE.lexicalEntry) == graph.context.record("e_1")


PERSON = {"id": "h_1", "name": "Maria Secret", "label": "M.",
          "consents": [{"id": "c_1", "purposes": ["keep", "show", "publish"]}]}  # fmt: skip


@pytest.mark.parametrize(
    "consents",
    [[], [{"id": "c", "purposes": ["keep", "show"]}],
     [{"id": "c", "purposes": ["publish"], "scope": "tape 3 only"}]],
)  # fmt: skip
def test_who_did_not_agree_stands_in_no_graph(consents):
    person = PERSON | {"consents": consents}
    records = [("utterance", line(speaker="h_1")), ("text", text(speakers=["h_1"])),
               ("person", person)]  # fmt: skip
    graph = Graph(*records, context=context(people=[person]))
    assert "h_1" not in str(graph.triples)
    assert "Maria" not in str(graph.triples)
    assert "'M.'" not in str(graph.triples)


def test_who_agreed_is_named_as_the_public_may():
    records = [("utterance", line(speaker="h_1")), ("text", text(speakers=["h_1"])),
               ("person", PERSON)]  # fmt: skip
    graph = Graph(*records, context=context(people=[PERSON]))
    who = graph.context.record("h_1")
    assert graph.one(graph.of(records[0][1]), PROV.wasAttributedTo) == who
    assert "Person" in graph.types(who)
    assert "M." in str(graph.triples)
    assert "Maria" not in str(graph.triples)


def text(**facts):
    paragraphs = [{"id": new_id("b")} for _ in range(3)]
    return {"id": "t_1", "title": {"en": "The hare"}, "paragraphs": paragraphs, **facts}


def test_a_text_has_paragraphs_in_order_and_utterances_in_them():
    story = text(media=[{"id": "m_1", "href": "hare.wav"}], date="2016-05")
    record = line(paragraph=story["paragraphs"][1]["id"])
    graph = Graph(("text", story), ("utterance", record))
    nodes = [graph.of(story, one["id"]) for one in story["paragraphs"]]
    assert chain(graph, LIGT.nextSegment, nodes[0]) == nodes
    assert graph.objects(nodes[1], LIGT.hasSubSegment) == [graph.of(record)]
    utterances = graph.one(graph.context.of_project("corpus"), LIGT.hasUtterances)
    assert graph.objects(utterances, LIGT.utterance) == [graph.of(record)]
    assert graph.one(graph.of(story), DCT.date).datatype.endswith("gYearMonth")


def test_times_are_media_fragments():
    record = line(time={"start": 1.2, "end": 3.4, "recording": "m_1"})
    record["words"][0]["time"] = {"start": 1.25, "end": 2}
    graph = Graph(("utterance", record))
    recording = graph.context.record("m_1")
    assert graph.one(graph.of(record), LIFE.mediaFragment) == Iri(f"{recording}#t=1.2,3.4")
    word = graph.of(record, record["words"][0]["id"])
    assert graph.one(word, LIFE.mediaFragment) == Iri(f"{recording}#t=1.25,2")


def test_a_time_without_a_recording_is_in_that_of_the_text():
    story = text(media=[{"id": "m_1", "href": "hare.wav"}])
    record = line(time={"start": 0, "end": 1})
    graph = Graph(("text", story), ("utterance", record))
    fragment = graph.one(graph.of(record), LIFE.mediaFragment)
    recording = Iri(fragment.partition("#")[0])
    assert graph.one(recording, DCT.isVersionOf) == graph.context.record("m_1")


def test_the_order_of_utterances_is_by_rank():
    made = context()
    found = list(order_triples(["l_1", "l_2", "l_3"], made))
    assert found == [
        (made.record("l_1"), LIGT.nextSegment, made.record("l_2")),
        (made.record("l_2"), LIGT.nextSegment, made.record("l_3")),
    ]
    record = line(rank="i5")
    graph = Graph(("utterance", record))
    assert graph.objects(graph.of(record), LIFE.rank) == [lit("i5")]


def test_a_sentence_on_its_own_is_one_of_the_sentences():
    record = line(source="Grammar, p. 7")
    del record["text"]
    graph = Graph(("utterance", record))
    assert graph.subjects(LIGT.utterance, graph.of(record)) == [
        Iri(f"{graph.context.project_iri}#sentences")
    ]
    assert graph.of(record).startswith(BASE)
