"""Relations in vartrans, LexInfo and decomp."""

from __future__ import annotations

import random

import pytest

from app.domain.ids import new_id
from app.rdf.namespaces import DECOMP, LEXICOG, LEXINFO, RDF, VARTRANS
from tests.rdf.graphs import Graph, context, item

LIFE = context().life


def relation(code, *ends, **facts):
    """A relation; each end is an entry's id, or entry and part."""
    pairs = [end if isinstance(end, tuple) else (end, None) for end in ends]
    members = [
        {"id": new_id("b"), "entry": entry} | ({"part": part} if part else {})
        for entry, part in pairs
    ]
    type_ = item("relation-types", code)
    return {"id": new_id("r"), "type": type_, "members": members, **facts}


def test_synonyms_of_senses_are_related_both_ways():
    graph = Graph(("relation", relation("Synonym", ("e_1", "s_1"), ("e_2", "s_2"))))
    one, other = graph.context.part("e_1", "s_1"), graph.context.part("e_2", "s_2")
    assert graph.objects(one, LEXINFO.synonym) == [other]
    assert graph.objects(other, LEXINFO.synonym) == [one]


def test_a_relation_of_entries_is_lexical_with_the_category_of_lexinfo():
    made = relation("Synonym", "e_1", "e_2")
    graph = Graph(("relation", made))
    node = graph.of(made)
    assert "LexicalRelation" in graph.types(node)
    assert set(graph.objects(node, VARTRANS.relates)) == {
        graph.context.record("e_1"),
        graph.context.record("e_2"),
    }
    assert graph.one(node, VARTRANS.category) == LEXINFO.synonym
    assert not graph.objects(graph.context.record("e_1"), LEXINFO.synonym)  # it is of senses


def test_a_directed_relation_has_source_and_target():
    made = relation("Part", ("e_1", "s_1"), ("e_2", "s_2"))
    graph = Graph(("relation", made))
    whole, part = graph.context.part("e_1", "s_1"), graph.context.part("e_2", "s_2")
    assert graph.one(graph.of(made), VARTRANS.source) == whole
    assert graph.one(graph.of(made), VARTRANS.target) == part
    assert graph.one(whole, LEXINFO.partMeronym) == part
    assert graph.one(part, LEXINFO.partHolonym) == whole


def test_a_set_relates_all_and_keeps_its_order():
    ends = [(f"e_{n}", f"s_{n}") for n in range(4)]
    made = relation("Synonym", *ends)
    graph = Graph(("relation", made))
    assert not {"SenseRelation", "LexicalRelation"} & graph.types(graph.of(made))
    assert len([1 for _, p, _ in graph.triples if p == LEXINFO.synonym]) == 12
    shuffled = list(graph.triples)
    random.Random(3).shuffle(shuffled)
    places = {p: o for s, p, o in shuffled if s == graph.of(made) and p.startswith(RDF._)}
    order = [graph.one(places[key], LIFE.end) for key in sorted(places)]
    assert order == [graph.context.part(*end) for end in ends]


def test_a_relation_to_nobody_knows_what_its_source_said():
    made = relation("Synonym", "e_1", "e_2")
    made["members"][1] = {"id": "b_2", "label": "nyumba (?)"}
    graph = Graph(("relation", made))
    assert "LexicalRelation" not in graph.types(graph.of(made))
    assert graph.texts(graph.of(made, "b_2"), LABEL) == {("nyumba (?)", "")}


LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


def test_components_of_a_compound_are_in_order():
    made = relation("_component-lexeme", "e_compound", "e_first", "e_second")
    graph = Graph(("relation", made))
    whole = graph.context.record("e_compound")
    assert graph.objects(whole, DECOMP.subterm) == [
        graph.context.record("e_first"),
        graph.context.record("e_second"),
    ]
    for number, entry in ((1, "e_first"), (2, "e_second")):
        (component,) = graph.objects(whole, RDF.term(f"_{number}"))
        assert graph.one(component, DECOMP.correspondsTo) == graph.context.record(entry)
        assert component in graph.objects(whole, DECOMP.constituent)


def test_components_stated_one_by_one_have_their_places():
    made = []
    for place, entry in ((1, "e_second"), (0, "e_first")):
        one = relation("_component-lexeme", "e_compound", entry)
        at, to = (member["id"] for member in one["members"])
        one["statements"] = [{"id": new_id("b"), "at": at, "to": to, "order": place}]
        made.append(("relation", one))
    graph = Graph(*made)
    (first,) = graph.objects(graph.context.record("e_compound"), RDF.term("_1"))
    assert graph.one(first, DECOMP.correspondsTo) == graph.context.record("e_first")


@pytest.mark.parametrize("primary", ["true", "false"])
def test_a_primary_complex_form_is_a_subentry(primary):
    trait = {"id": new_id("t"), "name": "is-primary", "value": primary}
    made = relation("_component-lexeme", "e_compound", "e_first", traits=[trait])
    graph = Graph(("relation", made))
    main = graph.context.part("e_first", "entry")
    below = graph.objects(main, LEXICOG.subComponent)
    assert below == ([graph.context.part("e_compound", "entry")] if primary == "true" else [])


def test_an_end_that_is_a_form_relates_its_entry():
    made = relation("Compare", ("e_1", "o_1"), "e_2")
    graph = Graph(("relation", made))
    assert graph.context.record("e_1") in graph.objects(graph.of(made), VARTRANS.relates)
    ends = {o for _, p, o in graph.triples if p == LIFE.end}
    assert graph.context.part("e_1", "o_1") in ends
