"""What is written comes back as it was."""

from __future__ import annotations

import json

import pytest

from app.domain.errors import Unreadable
from app.domain.glossing import is_suggestion
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.domain.roles import SYSTEM
from app.formats import find_format
from app.formats.base import Names
from app.formats.linked_data import LINKED_DATA
from app.rdf.reader.source import natural
from app.services import exports, imports, sample
from app.services.desk import open_desk
from app.services.exports import ProjectContents
from tests.factories import make_desk, make_store
from tests.formats.memory import MemoryContents, load
from tests.formats.samples import DATA, MISSING
from tests.rdf.graphs import SYSTEMS
from tests.rdf.test_shapes import full

REAL = (
    ("lift", "lift/lift-standard-examples/full-entry.lift"),
    ("lift", "lift/lift-standard-examples/lexical-relations.lift"),
    ("flextext", "flextext/kalamang/glosses.flextext"),
    ("cldf", "cldf-igt/lgr"),
)


DEFAULTS = (("origin", "person"), ("status", "accepted"), ("kind", "exact"))


def bare(value):
    """A record without what a graph cannot hold, and without empty values."""
    if isinstance(value, dict):
        if "spans" in value and "text" in value:
            return value["text"]
        made = {key: bare(inner) for key, inner in value.items() if key not in ("residue", "_rev")}
        kept = {k: v for k, v in made.items() if v not in ({}, [], "", None)}
        return {k: v for k, v in kept.items() if (k, v) not in DEFAULTS}
    if isinstance(value, list | tuple):
        return [bare(one) for one in value]
    return value


def again(contents, path):
    list(LINKED_DATA.write(contents, path, {}))
    return load(LINKED_DATA, path)


def differences(before, after):
    """Ids of records that are not the same, of those kinds that a graph holds."""
    found = []
    for kind, records in before.records.items():
        if kind in ("person", "comment"):
            continue
        for one, content in records.items():
            if bare(content) != bare(after.records.get(kind, {}).get(one, {})):
                found.append((kind, one, bare(content), after.records.get(kind, {}).get(one)))
    return found


IDS = {one: new_id(one[0]) for one in ("t_1", "i_1", "h_1", "k_1", "s_1", "e_1")}


def with_ids(value):
    """A record of a test with ids as they are."""
    if isinstance(value, dict):
        return {key: with_ids(one) for key, one in value.items() if key != "speaker"}
    if isinstance(value, list | tuple):
        return [with_ids(one) for one in value]
    return IDS.get(value, value) if isinstance(value, str) else value


def small():
    """A bit of everything that a graph holds, as a project in memory."""
    graph = full()
    contents = MemoryContents(SYSTEMS)
    contents.project = contents.project.model_copy(
        update={"description": "x", "licence": "CC BY 4.0", "citation": "y"}
    )
    for kind, record in graph.records:
        if kind != "project":
            contents.add(kind, with_ids(record))
    return contents


@pytest.mark.parametrize("suffix", LINKED_DATA.suffixes)
def test_what_is_written_comes_back(suffix, tmp_path):
    contents = small()
    back = again(contents, tmp_path / f"all{suffix}")
    assert differences(contents, back) == []
    for kind, records in back.records.items():
        for one in records.values():
            KINDS[kind].type.model_validate(one)


def test_a_project_comes_back_with_its_writing_systems(tmp_path):
    contents = small()
    (project,) = again(contents, tmp_path / "all.ttl").records["project"].values()
    made = [one["tag"] for one in project["writing_systems"]]
    assert made == [one.tag for one in SYSTEMS]
    assert (project["description"], project["licence"], project["citation"]) == (
        "x",
        "CC BY 4.0",
        "y",
    )


def real(name, path):
    there = (DATA / path).exists()
    return pytest.param(
        name, DATA / path, id=path, marks=() if there else pytest.mark.skip(reason=MISSING)
    )


@pytest.mark.parametrize(("name", "path"), [real(*one) for one in REAL])
def test_real_files_come_back(name, path, tmp_path):
    contents = load(find_format(name), path)
    for kind in ("text", "utterance"):
        for one in contents.records.get(kind, {}).values():
            one.pop("speakers", None), one.pop("speaker", None)  # nobody was asked
    assert differences(contents, again(contents, tmp_path / "real.nt")) == []


WORKED = DATA / "ontology" / "worked-example.ttl"


@pytest.mark.skipif(not WORKED.exists(), reason=MISSING)
def test_the_worked_example_is_read():
    found = load(LINKED_DATA, WORKED)
    entries = {one["lemma"]["bpa"]: one for one in found.entries()}
    moon = entries["ebyate"]
    assert [one["definition"] for one in moon["senses"]] == [
        {"en": "moon", "bi": "mun"}, {"en": "month", "bi": "manis"},
    ]  # fmt: skip
    assert moon["forms"][0]["form"] == {"bpa": "byate"}
    assert moon["pronunciations"][0]["form"] == {"bpa-fonipa": "ebjate"}
    assert moon["senses"][0]["examples"][0]["form"]["bpa"] == "ebyate mwe tung mu vu"
    assert {one["catalog"] for one in moon["senses"][0]["links"]} == {"wordnet", "dbpedia"}
    (line,) = found.records["utterance"].values()
    assert line["baseline"] == {"bpa": "vyanten ente mwi abwilyep"}
    assert line["translation"]["en"] == "this man is a sorcerer"
    assert [word["form"]["bpa"] for word in line["words"]] == ["vyanten", "ente", "mwi", "abwilyep"]
    morphs = line["words"][1]["analyses"][0]["morphs"]
    assert [(one["form"]["bpa"], one.get("left", "")) for one in morphs] == [
        ("en", ""),
        ("te", "="),
    ]
    relations = found.records["relation"].values()
    assert len(relations) == 2
    for kind, records in found.records.items():
        for one in records.values():
            KINDS[kind].type.model_validate(one)


OLDER = """
@prefix ligt: <{base}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
@prefix : <http://example.org/> .
:doc a ligt:Document ; ligt:hasUtterances :col .
:col a ligt:InterlinearCollection ; ligt:{sub} :u2, :u1 .
:u1 a ligt:Utterance ; nif:anchorOf "wena-s"@xx ; ligt:translation "houses"@en ;
  ligt:hasTier :w1, :m1 ; ligt:nextSegment :u2 .
:w1 a ligt:WordTier ; ligt:item :u1w1 .
:m1 a ligt:MorphTier ; ligt:item :u1m2, :u1m1 .
:u1w1 a ligt:Word ; nif:anchorOf "wenas"@xx .
:u1m1 a ligt:Morph ; rdfs:label "wena"@xx ; ligt:gloss "house"@en ; ligt:nextMorph :u1m2 ;
  nif:subString :u1w1 .
:u1m2 a ligt:Morph ; rdfs:label "-s"@xx ; ligt:gloss "PL"@en ; nif:subString :u1w1 .
:u2 a ligt:Utterance ; rdfs:label "second"@xx .
"""


@pytest.mark.parametrize(
    ("base", "sub"),
    [
        ("http://purl.org/ligt/ligt-0.2#", "subSegment"),
        ("http://purl.org/ligt/ligt-0.3#", "hasSubSegment"),
        ("http://purl.org/liodi/ligt/", "utterance"),
        ("https://purl.org/liodi/ligt#", "utterance"),
    ],
)
def test_older_names_of_ligt_are_read(base, sub, tmp_path):
    path = tmp_path / "older.ttl"
    path.write_text(OLDER.format(base=base, sub=sub), encoding="utf-8")
    found = load(LINKED_DATA, path)
    first, second = sorted(found.records["utterance"].values(), key=lambda one: one["rank"])
    assert (first["baseline"], second["baseline"]) == ({"xx": "wena-s"}, {"xx": "second"})
    (analysis,) = first["words"][0]["analyses"]
    assert [one["gloss"]["en"] for one in analysis["morphs"]] == ["house", "PL"]
    assert analysis["morphs"][1]["left"] == "-"
    assert len(found.records["text"]) == 1


def test_a_second_reading_finds_the_same_ids(tmp_path):
    path = tmp_path / "older.ttl"
    path.write_text(OLDER.format(base="http://purl.org/liodi/ligt/", sub="utterance"), "utf-8")
    ids = [sorted(load(LINKED_DATA, path).records["utterance"]) for _ in range(2)]
    assert ids[0] == ids[1]


HEAD = "@prefix o: <http://www.w3.org/ns/lemon/ontolex#> .\n"


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("cut.ttl", HEAD + "<http://x/e> a o:LexicalEntry ; o:canonicalForm <http://", 2),
        ("cut.nt", '<http://x/a> <http://x/b> "x" .\n<http://x/a> <http', 2),
        ("cut.trig", HEAD + "<http://x/g> { <http://x/e> a o:Word .", 2),
        ("cut.nq", '<http://x/a> <http://x/b> "x" <http://x/g> .\n<http://x/a', 2),
        ("cut.jsonld", '[{"@id": "http://x/a",\n"http://x/p": [{"@val', 2),
        ("cut.rdf", '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n<rdf:D', 2),
        ("relative.ttl", HEAD + "\n<e1> a o:LexicalEntry .", 3),
        ("page.ttl", "<!DOCTYPE html>\n<html><body>Not here</body></html>", 1),
        ("page.rdf", "<!DOCTYPE html>\n<html><body>Not here</body></html>", 1),
        ("empty.ttl", "", 1),
        ("remote.jsonld", '{"@context": "http://x.org/c.jsonld", "@id": "http://a"}', 0),
        ("deep.jsonld", '\n{"@id":"http://x/a","http://x/p":' * 5000 + "1" + "}" * 5000, 502),
        (
            "deep.ttl",
            "<http://x/a> <http://x/b> " * 2 + "<<( <http://x/a> <http://x/b> " * 50_000,
            1,
        ),
    ],
)
def test_what_is_broken_is_refused_with_its_line(name, data, line, tmp_path):
    path = tmp_path / name
    path.write_text(data, encoding="utf-8")
    with pytest.raises(Unreadable) as caught:
        list(LINKED_DATA.read(path, Names()))
    assert (caught.value.file, caught.value.line) == (name, line)


def test_relative_addresses_and_pages_are_called_so(tmp_path):
    for name, data, word in (
        ("a.ttl", HEAD + "<e1> a o:LexicalEntry .", "relative"),
        ("b.ttl", "<html></html>", "web page"),
        ("c.rdf", "<html></html>", "web page"),
        ("d.jsonld", '{"@context": "http://x.org/c.jsonld", "@id": "http://a"}', "internet"),
    ):
        path = tmp_path / name
        path.write_text(data, encoding="utf-8")
        with pytest.raises(Unreadable, match=word):
            list(LINKED_DATA.read(path, Names()))


def test_entities_do_not_blow_up(tmp_path):
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 9))
    path = tmp_path / "bomb.rdf"
    path.write_text(
        f'<!DOCTYPE r [<!ENTITY e0 "xxxxxxxxxx">{levels}]>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="http://d/">'
        '<rdf:Description rdf:about="http://b/b"><d:x>&e8;</d:x></rdf:Description></rdf:RDF>',
        encoding="utf-8",
    )
    with pytest.raises(Unreadable):
        list(LINKED_DATA.read(path, Names()))


def test_brackets_in_strings_are_no_nesting(tmp_path):
    path = tmp_path / "smile.jsonld"
    said = '[{"' * 2000 + "\\"
    data = {"@id": "http://x/e", "@type": "http://www.w3.org/ns/lemon/ontolex#LexicalEntry"}
    path.write_text(json.dumps({**data, "http://x/p": [said]}), encoding="utf-8")
    assert list(LINKED_DATA.read(path, Names()))


def test_numbers_in_names_may_be_of_any_length_and_script(tmp_path):
    path = tmp_path / "long.ttl"
    names = ("1" * 5000, "²", "٣", "2", "10")
    entries = "".join(f"<http://x/e{one}> a o:LexicalEntry .\n" for one in names)
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    order = "".join(f"<http://x/o> <{rdf}_{one}> <http://x/e{one}> .\n" for one in names)
    path.write_text(HEAD + entries + order, encoding="utf-8")
    found = [one for one in LINKED_DATA.read(path, Names()) if one.kind == "entry"]
    assert len(found) == len(names)
    assert natural("s2") < natural("s10") < natural("s" + "1" * 5000)


def test_many_blank_nodes_are_no_harm(tmp_path):
    path = tmp_path / "blank.nt"
    lines = (f"_:b{n} <http://x/p> _:b{n + 1} .\n" for n in range(50_000))
    path.write_text("".join(lines), encoding="utf-8")
    (problem,) = LINKED_DATA.read(path, Names())
    assert "no entry" in problem.what


def test_statements_that_go_round_in_circles_end(tmp_path):
    path = tmp_path / "circle.ttl"
    path.write_text(
        "@prefix l: <http://purl.org/ligt/ligt-0.3#> .\n@prefix : <http://x/> .\n"
        "@prefix lx: <http://www.w3.org/ns/lemon/lexicog#> .\n"
        "@prefix o: <http://www.w3.org/ns/lemon/ontolex#> .\n"
        "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
        ":t a l:InterlinearText ; l:hasSubSegment :p .\n"
        ":p a l:Paragraph ; l:hasSubSegment :p, :u .\n"
        ":u a l:Utterance ; l:nextSegment :u2 . :u2 a l:Utterance ; l:nextSegment :u .\n"
        ":e a o:LexicalEntry ; o:sense :s ; lx:describes :e ; rdf:_1 :c .\n"
        ":c lx:describes :s ; rdf:_1 :c .\n"
        ":e a lx:Entry .\n",
        encoding="utf-8",
    )
    found = load(LINKED_DATA, path)
    assert len(found.records["utterance"]) == 2
    assert len(found.entries()) == 1


@pytest.fixture
def desk(database):
    store = make_store(database)
    sample.ensure_sample(store, lambda _: None)
    return open_desk(store, SYSTEM, sample.SLUG)


def test_an_own_export_changes_nothing_where_it_is_from(desk, tmp_path):
    path = tmp_path / "sample.ttl"
    exports.write(desk, path)
    change = imports.preview(desk, path)
    counts = change["report"]["counts"]
    assert {key.partition("/")[2] for key in counts} == {"unchanged"}
    assert counts["utterance/unchanged"] > 4


def test_an_own_export_makes_the_same_project_elsewhere(desk, other_database, tmp_path):
    path = tmp_path / "sample.trig"
    exports.write(desk, path)
    before = ProjectContents(desk)
    there = make_desk(make_store(other_database))
    change = imports.preview(there, path)
    imports.confirm(there, change["_id"])
    after = ProjectContents(there)
    for kind in ("item", "entry", "relation", "text", "utterance"):
        expected = [bare(one) for one in before.iter_records(kind)]
        assert [as_chosen(bare(one)) for one in after.iter_records(kind)] == [
            as_chosen(one) for one in expected
        ]


def as_chosen(record):
    """A line with chosen analyses alone."""
    for word in record.get("words", ()):
        kept = [
            one for one in word.get("analyses", ())
            if one["id"] == word.get("chosen") and not is_suggestion(one)
        ]  # fmt: skip
        word["analyses"] = kept
        if not kept:
            word.pop("analyses"), word.pop("chosen", None)
    return record
