"""The syntaxes say the same, whatever stands in the records, and stream."""

from __future__ import annotations

import io
import json
import random

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.ids import new_id
from app.domain.lexicon import LexicalEntry
from app.domain.texts import InterlinearText, Utterance
from app.rdf.context import make_context
from app.rdf.records import triples_of
from app.rdf.syntax import SYNTAXES, find_syntax, quad_lines, write_quads, write_triples
from app.rdf.terms import Iri, Literal
from tests.rdf.graphs import BASE, SYSTEMS, Graph, context, entry, read, written
from tests.rdf.test_texts import PERSON, line, text

NAMES = [one.id for one in SYNTAXES]
RDFLIB = {
    "turtle": "turtle",
    "ntriples": "nt",
    "rdfxml": "xml",
    "trig": "trig",
    "jsonld": "json-ld",
    "nquads": "nquads",
}


def some_triples():
    """The triples of an entry, a text and a line with odd characters."""
    record = entry('say "x" \\ 🐘\u202b', notes=[{"id": "n_1", "text": {"en": "a\tb\n<&>'"}}])
    graph = Graph(
        ("entry", record), ("text", text()), ("utterance", line(speaker="h_1")), ("person", PERSON),
        context=context(people=[PERSON]),
    )  # fmt: skip
    return graph.triples


@pytest.mark.parametrize("name", NAMES)
def test_every_syntax_says_the_same(name):
    triples = some_triples()
    assert read(written(triples, name), name) == read(written(triples, "ntriples"), "ntriples")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib in itself
@pytest.mark.parametrize("name", NAMES)
def test_rdflib_and_pyoxigraph_read_the_same(name):
    data = written(some_triples(), name)
    by_rdflib = rdflib.Dataset(default_union=True)
    by_rdflib.parse(data=data, format=RDFLIB[name])
    store = ox.Store()
    store.bulk_load(data, format=find_syntax(name).format)
    dumped = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
    by_oxigraph = rdflib.Graph().parse(data=dumped, format="nt")
    found = {(s, p, o) for s, p, o, _ in by_rdflib.quads()}
    assert found == set(by_oxigraph)
    assert len(found) == len(store)


def test_own_lines_are_those_of_pyoxigraph():
    """Of strings with every character that has to be escaped, or may be."""
    odd = "".join(map(chr, range(32, 300))) + '\t\n"\\\u2028\ufeff🐘'
    triples = [(Iri("a:s"), Iri("a:p"), one) for one in (Literal(odd), Literal(odd, "en"))]
    for triple in read(written(triples, "ntriples"), "ntriples"):
        assert triple.object.value == odd


def test_the_order_of_triples_does_not_matter():
    triples = some_triples()
    shuffled = list(triples)
    random.Random(5).shuffle(shuffled)
    assert read(written(shuffled, "turtle"), "turtle") == read(written(triples, "turtle"), "turtle")


@pytest.mark.parametrize("name", NAMES)
def test_quads_keep_their_graphs_where_the_syntax_has_them(name):
    syntax = find_syntax(name)
    quads = [(*triple, Iri(f"{BASE}/g/{place % 3}")) for place, triple in enumerate(some_triples())]
    out = io.BytesIO()
    write_quads(quads, out, syntax, BASE)
    graphs = {quad.graph_name for quad in ox.parse(out.getvalue(), format=syntax.format)}
    assert len(graphs) == (3 if syntax.quads else 1)


@pytest.mark.parametrize("name", NAMES)
def test_writing_streams(name):
    """What was written first is out before the last triple is asked for."""
    out = io.BytesIO()
    triple = (Iri("http://x/s"), Iri("http://x/p"), Literal("x" * 1000))
    seen = []

    def many():
        for _ in range(20_000):
            yield triple
        seen.append(out.tell())

    write_triples(many(), out, find_syntax(name), BASE)
    assert seen[0] > 10_000_000


def test_json_ld_is_json_with_our_prefixes():
    made = json.loads(written(some_triples(), "jsonld"))
    assert made


@pytest.mark.parametrize("wanted", ["turtle", ".ttl", "text/turtle", "TEXT/TURTLE"])
def test_a_syntax_is_found_by_any_of_its_names(wanted):
    assert find_syntax(wanted).id == "turtle"
    assert find_syntax("image/png") is None


def test_a_quad_is_one_line():
    (made,) = quad_lines([(Iri("a:s"), Iri("a:p"), Literal("x\ny"), Iri("a:g"))])
    assert made == '<a:s> <a:p> "x\\ny" <a:g> .\n'


# Records as odd as the models allow: any characters, any code of a writing system, any id.
STRING = st.text(max_size=12)
CODE = st.one_of(st.sampled_from([one.id for one in SYSTEMS]), st.text(min_size=1, max_size=8))
TEXT = st.dictionaries(CODE, STRING, max_size=3)
ID = st.one_of(st.builds(lambda: new_id("m")), st.text(min_size=1, max_size=6))


def members(**fields):
    made = st.fixed_dictionaries({"id": ID}, optional=fields)
    return st.lists(made, max_size=2)


NOTES = members(text=TEXT, type=ID)
TRAITS = members(name=STRING, value=STRING).map(
    lambda found: [{"name": "", "value": "", **one} for one in found]
)
SENSES = members(
    gloss=TEXT,
    definition=TEXT,
    pos=ID,
    domains=st.lists(ID, max_size=2),
    scientific_name=TEXT,
    examples=members(
        form=TEXT, source=STRING, translations=members(text=TEXT, type=ID), notes=NOTES
    ),
    notes=NOTES,
    traits=TRAITS,
    reversals=members(form=TEXT, type=STRING),
    pictures=members(href=STRING, label=TEXT),
    access=st.sampled_from([{"level": "members"}, {"level": "groups", "groups": ["a b"]}]),
    senses=members(gloss=TEXT),
)
ENTRY = st.fixed_dictionaries(
    {"id": st.builds(lambda: new_id("e"))},
    optional={
        "lemma": TEXT,
        "citation": TEXT,
        "homograph": st.integers(-5, 10**12),
        "morph_type": ID,
        "status": ID,
        "pronunciations": members(form=TEXT),
        "forms": members(form=TEXT, paradigm=STRING, ref=STRING, environments=st.lists(STRING)),
        "senses": SENSES,
        "etymologies": members(form=TEXT, gloss=TEXT, source=STRING),
        "notes": NOTES,
        "created": STRING,
        "modified": st.sampled_from(["2017-02-08", "2017-02-08T10:00:00Z", "then"]),
        "sources": st.lists(
            st.fixed_dictionaries({"format": STRING}, optional={"document": ID, "id": STRING}),
            max_size=2,
        ),
    },
)


def same_in_all(triples):
    expected = read(written(triples, "ntriples"), "ntriples")
    for name in NAMES:
        assert read(written(triples, name), name) == expected
    rdflib.Graph().parse(data=written(triples, "rdfxml"), format="xml")
    return expected


ODD = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@ODD
@given(ENTRY)
def test_odd_entries_are_said_alike_in_all_syntaxes(record):
    LexicalEntry.model_validate(record)
    assert same_in_all(list(triples_of("entry", record, context())))


@ODD
@given(STRING, TEXT, TEXT, st.floats(0, 1e7), STRING, st.sampled_from(["-", "=", "<>", "~", ""]))
def test_odd_lines_are_said_alike_in_all_syntaxes(string, form, gloss, time, label, join):
    morph = {"id": "m", "form": form, "gloss": gloss, "left": join, "lemma": form, "homograph": 1}
    analysis = {"id": "y", "morphs": [morph], "gloss": gloss, "entry": string or "e", "sense": "s"}
    word = {"id": "w", "form": form, "analyses": [analysis], "chosen": "y"}
    record = {"id": new_id("l"), "baseline": form, "words": [word], "translation": gloss,
              "label": label,
              "source": string, "literal": gloss, "time": {"start": time, "end": time}}  # fmt: skip
    Utterance.model_validate(record)
    InterlinearText.model_validate({"id": "t", "title": form, "date": string})
    triples = list(triples_of("utterance", record, context()))
    triples += triples_of("text", {"id": "t", "title": form, "date": string}, context())
    assert same_in_all(triples)


@ODD
@given(STRING, STRING, STRING, STRING)
def test_odd_projects_are_said_alike_in_all_syntaxes(code, tag, licence, title):
    project = {"id": "p_1", "title": title, "licence": licence, "citation": tag,
               "writing_systems": [{"id": code, "tag": tag, "vernacular": True}],
               "languages": [{"id": code, "name": title, "tag": tag, "iso639_3": licence,
                              "glottocode": tag}]}  # fmt: skip
    made = make_context(BASE, project)
    same_in_all(list(triples_of("project", project, made)))
    item = {"id": "i", "list": code, "code": tag, "name": {code: title}, "iri": licence}
    same_in_all(list(triples_of("item", item, made)))
