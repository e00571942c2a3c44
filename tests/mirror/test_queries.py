"""Queries: what they find, and how they end."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from lxml import etree

from app.domain.errors import Invalid, NotAllowed, Unavailable
from app.domain.roles import Role
from app.mirror import asking, results
from app.mirror.pool import Limits, Pool
from app.services.mirror import Mirror
from app.settings import REPOSITORY
from tests.factories import make_desk, save_entry

FORM = "SELECT ?f WHERE { ?e <http://www.w3.org/ns/lemon/ontolex#canonicalForm>/<http://www.w3.org/ns/lemon/ontolex#writtenRep> ?f } ORDER BY ?f"  # noqa: E501
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o }"


@pytest.fixture
def ask(served, settings, desk):
    save_entry(desk, 'a "quoted"\tmoto', 'fire, "flame"')
    save_entry(desk, "nyumba")

    def run(query, rows_type=results.JSON, graph_type="text/turtle", by=desk, **more):
        answer = Mirror(settings).query(
            by, query, rows_type=rows_type, graph_type=graph_type, **more
        )
        return answer, b"".join(answer.body).decode()

    return run


def test_rows_in_every_format(ask):
    answer, body = ask(FORM)
    found = json.loads(body)
    assert found["head"] == {"vars": ["f"]} and (answer.rows, answer.more) == (2, False)
    assert found["results"]["bindings"][1]["f"] == {
        "type": "literal", "value": "nyumba", "xml:lang": "seh",
    }  # fmt: skip
    _, body = ask(FORM, results.XML)
    tree = etree.fromstring(body.encode())
    assert [one.text for one in tree.iter("{*}literal")] == ['a "quoted"\tmoto', "nyumba"]
    _, body = ask(FORM, results.CSV)
    assert list(csv.reader(io.StringIO(body)))[1] == ['a "quoted"\tmoto']
    _, body = ask(FORM, results.TSV)
    assert body.splitlines()[2] == '"nyumba"@seh'


def test_truth_values_and_graphs(ask):
    assert json.loads(ask("ASK { ?a ?b 'nyumba'@seh }")[1])["boolean"] is True
    assert ask("ASK { ?a ?b 'none' }", results.CSV)[1] == "false\n"
    answer, body = ask("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5", rows_type=results.CSV)
    assert answer.media_type == "text/turtle" and answer.rows == 5 and body


def test_rows_are_limited_and_that_is_said(ask):
    answer, body = ask("SELECT * WHERE { ?s ?p ?o }", rows=3)
    assert (answer.rows, answer.more) == (3, True)
    assert len(json.loads(body)["results"]["bindings"]) == 3


def test_one_named_graph_is_one_record(ask):
    graphs = json.loads(ask("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }")[1])
    names = [one["g"]["value"] for one in graphs["results"]["bindings"]]
    entry = next(one for one in names if "/e_" in one)
    _, body = ask("SELECT * WHERE { ?s ?p ?o }", default_graphs=[entry])
    subjects = {one["s"]["value"] for one in json.loads(body)["results"]["bindings"]}
    assert {one.partition("#")[0] for one in subjects if "/e_" in one} == {entry}


def test_only_what_the_asker_may_read_is_found(ask, desk):
    save_entry(desk, "siri", access={"level": "groups", "groups": ["elders"]})
    viewer = make_desk(desk.store, role=Role.VIEWER)
    assert "siri" in ask(FORM)[1] and "siri" not in ask(FORM, by=viewer)[1]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT * WHERE { SERVICE <http://example.org/> { ?s ?p ?o } }", "SERVICE"),
        ("select * { service\tsilent ?x { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * { {SERVICE<http://e.org/>{?s ?p ?o}} }", "SERVICE"),
        ("SELECT * { SERVICESILENT<http://e.org/>{?s ?p ?o} }", "SERVICE"),
        ("SELECT * { FILTER(trueSERVICE <http://e.org/>{?s ?p ?o}) }", "SERVICE"),
        ("PREFIX : <http://e.org/> SELECT * { SERVICE:x{?s ?p ?o} }", "SERVICE"),
        ("PREFIX : <http://e.org/> SELECT * { ?s ?p 1.SERVICE:x{?s ?p ?o} }", "SERVICE"),
        ("SELECT * { ?a ?b ns:.SERVICE <http://e.org/>{?s ?p ?o} }", "SERVICE"),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", "Updates"),
        ("PREFIX a: <b:c> DELETE WHERE { ?s ?p ?o }", "Updates"),
        ("LOAD <http://example.org/>", "Updates"),
        ("", "begins with"),
        ("SELECT WHERE", "no query"),
        ("SELECT * WHERE { ?s ?p }", "no query"),
        ("x" * 200_000, "at most"),
    ],
)
def test_what_is_no_query_that_reads_is_refused(ask, query, told):
    with pytest.raises(Invalid, match=told):
        ask(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service ?p ?o }",
        "PREFIX e: <http://e.org/> SELECT * { ?s e:service-of ?o }",
        "# SERVICE <x:y>\nSELECT * { ?s ?p 'SERVICE' }",
        'SELECT * { ?s ?p """a " SERVICE"""@service }',
        "SELECT * { ?s <http://e.org/#SERVICE> ?o }",
    ],
)
def test_a_name_or_string_calls_nobody(query):
    asking.check(query)


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is of Linux")
def test_where_there_are_no_namespaces_sockets_are_refused():
    code = (
        "import socket; from app.processes.seccomp import refuse_sockets\n"
        "print(refuse_sockets())\n"
        "try: socket.socket()\nexcept PermissionError: print('refused')"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=REPOSITORY,
        check=True,
    )  # fmt: skip
    assert said.stdout.split() == ["True", "refused"]


def test_a_query_that_runs_for_ever_is_ended(settings, own, desk, tmp_path):
    for number in range(40):
        save_entry(desk, f"neno{number}")
    own.pool.close()
    own.pool = Pool(Limits(seconds=1.0, at_once=1))
    asked = {
        "project": desk.project_id, "view": "everything", "query": ENDLESS,
        "rows_type": results.JSON, "graph_type": "text/turtle",
    }  # fmt: skip
    begun = time.monotonic()
    with pytest.raises(Invalid, match="longer than") as caught:
        own.query(asked, tmp_path / "out")
    assert caught.value.code == "limit" and time.monotonic() - begun < 30
    assert own.query(asked | {"query": FORM}, tmp_path / "out")["rows"] == 40


def test_a_query_that_takes_all_memory_is_ended(settings, own, desk, tmp_path):
    for number in range(60):
        save_entry(desk, f"neno{number}")
    own.pool.close()
    own.pool = Pool(Limits(seconds=60.0, memory=700, at_once=1))
    hog = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g"
    asked = {
        "project": desk.project_id, "view": "everything", "query": hog,
        "rows_type": results.JSON, "graph_type": "text/turtle",
    }  # fmt: skip
    with pytest.raises(Invalid, match="memory"):
        own.query(asked, tmp_path / "out")
    assert own.query(asked | {"query": FORM}, tmp_path / "out")["rows"] == 60


def test_an_answer_that_is_too_large_says_so(settings, own, desk, tmp_path):
    for number in range(8):
        save_entry(desk, f"neno{number}")
    own.pool.close()
    own.pool = Pool(Limits(seconds=60.0, answer=1, at_once=1))
    asked = {
        "project": desk.project_id, "view": "everything", "rows_type": results.JSON,
        "query": "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }", "graph_type": "application/n-triples",
    }  # fmt: skip
    with pytest.raises(Invalid, match="larger than 1 MiB"):
        own.query(asked, tmp_path / "out")
    asked["query"] = "CONSTRUCT { ?a ?e ?c . ?d ?b ?f } WHERE { ?a ?b ?c . ?d ?e ?f }"
    with pytest.raises(Invalid, match="larger than 1 MiB"):
        own.query(asked, tmp_path / "out")
    assert own.query(asked | {"query": FORM}, tmp_path / "out")["rows"] == 8


def test_nobody_asks_without_the_key(served, settings, desk):
    stranger = Mirror(replace(settings, secret_key="another"))
    with pytest.raises(NotAllowed):
        stranger.query(desk, FORM, rows_type=results.JSON, graph_type="text/turtle")


def test_where_there_is_no_mirror_that_is_said(settings, desk):
    nobody = Mirror(settings)
    assert nobody.position(desk) is None and not nobody.is_there()
    with pytest.raises(Unavailable, match="does not answer"):
        nobody.query(desk, FORM, rows_type=results.JSON, graph_type="text/turtle")


def test_a_page_learns_how_far_it_is(served, settings, look, desk):
    look()
    save_entry(desk)
    at = Mirror(settings).position(desk)
    assert at is not None and at.current > at.seq and not at.is_current
    look()
    assert Mirror(settings).position(desk).is_current


def test_all_of_it_can_be_taken(served, settings, look, desk):
    save_entry(desk)
    lines = b"".join(Mirror(settings).dump(desk).body).decode().splitlines()
    assert set(lines) == {f"{one} ." for one in look()}
