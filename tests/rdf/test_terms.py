"""IRIs, literals, dates and language tags."""

from __future__ import annotations

import doctest
import importlib

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Literal as RdflibLiteral
from rdflib import URIRef

from app.rdf import tags, terms

MODULES = ("terms", "tags", "namespaces", "tables", "meanings", "names", "features", "syntax",
           "description", "ontology")  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_what_the_docstrings_show_is_so(name):
    assert doctest.testmod(importlib.import_module(f"app.rdf.{name}")).failed == 0


@given(st.text(max_size=60))
def test_any_string_makes_a_literal_that_all_read(text):
    found = terms.clean(text)
    assert ox.Literal(found).value == found
    assert "\r" not in found
    assert terms.clean(found) == found


@given(st.text(max_size=40))
def test_whatever_counts_as_an_iri_is_one(text):
    found = terms.iri("http://example.org/" + text)
    if found is not None:
        assert ox.NamedNode(found).value == found
        assert URIRef(found).n3()
        list(ox.parse(f"<{found}> <a:b> <{found}> .".encode(), format=ox.RdfFormat.N_TRIPLES))


@pytest.mark.parametrize("text", ["", "moon", "no scheme", "http:", "http://", "a b:c", "\ud800:x"])
def test_what_is_no_iri_is_none(text):
    assert terms.iri(text) is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_every_tag_is_valid(tag, code):
    found = tags.tag_of(tag, code)
    assert tags.is_valid(found)
    assert ox.Literal("x", language=found).language == found
    assert RdflibLiteral("x", lang=found).language == found
    assert tags.is_valid(tags.phonetic(found))


TAG = st.sampled_from(["seh", "SEH", "seh-x-a", "", "Old", "x-old", "bho-Deva", "qaa-x-spec"])


@given(st.lists(st.tuples(st.text(max_size=12), TAG), max_size=12, unique_by=lambda one: one[0]))
def test_no_two_writing_systems_have_one_tag(systems):
    made = tags.tags_of({"id": code, "tag": tag} for code, tag in systems)
    assert len(set(made.values())) == len(systems)
    assert all(tags.is_valid(tag) for tag in made.values())


@pytest.mark.parametrize(
    "tag", ["bho-Deva-IN", "qaa-x-spec", "x-private", "i-klingon", "sl-rozaj-biske", "de-1996"]
)
def test_valid_tags_stay(tag):
    assert tags.tag_of(tag) == tag.lower()


@pytest.mark.parametrize("tag", ["a-DE", "en-fonipa-fonipa", "abcdefghi", "en-", "seh_x_", "en us"])
def test_invalid_tags_are_made_private(tag):
    assert not tags.is_valid(tag)
    assert tags.tag_of(tag, "my code").startswith("und-x-") or tags.is_valid(tags.tag_of(tag))


@pytest.mark.parametrize(
    ("said", "datatype"),
    [
        ("2017-02-08", "date"),
        ("2020-02-29", "date"),
        ("2017-02-08T10:00:00Z", "dateTime"),
        ("2017-02", "gYearMonth"),
        ("1950", "gYear"),
        ("2019-02-29", ""),
        ("2017-13-01", ""),
        ("0000", ""),
        ("around 1950", ""),
    ],
)
def test_dates_have_the_type_that_they_are(said, datatype):
    assert terms.date(said).datatype.rpartition("#")[2] == datatype


@given(st.floats(min_value=0, max_value=1e6, allow_nan=False))
def test_numbers_stay_as_a_store_keeps_them(number):
    made = terms.decimal(number)
    store = ox.Store()
    literal = ox.Literal(made.value, datatype=ox.NamedNode(made.datatype))
    store.add(ox.Quad(ox.NamedNode("a:a"), ox.NamedNode("a:b"), literal))
    assert next(iter(store)).object == literal


@pytest.mark.parametrize("said", ["2017-02-08T10:00:00.500+00:00", "2017-02-08T10:00:00.000-03:00"])
def test_times_stay_as_a_store_keeps_them(said):
    made = terms.date(said)
    store = ox.Store()
    literal = ox.Literal(made.value, datatype=ox.NamedNode(made.datatype))
    store.add(ox.Quad(ox.NamedNode("a:a"), ox.NamedNode("a:b"), literal))
    assert next(iter(store)).object == literal
