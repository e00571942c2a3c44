"""Addresses of linked data, SPARQL, dumps, releases, graphs: as people and programs meet them."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
import rdflib

from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.mirror.listening import listen
from app.mirror.service import owned
from app.rdf.syntax import SYNTAXES
from app.services import accounts, duplicates, erase, lexicon, projects, texts
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.services.linked_data import keep_base
from tests.factories import save_entry
from tests.services.test_pointers import add

BASE = "http://localhost"


@pytest.fixture
def desk(store, owner):
    keep_base(store, BASE, "")
    return open_desk(store, SYSTEM, "sena")


@pytest.fixture
def client(make_client, owner):
    return make_client(owner)


@pytest.fixture
def browser(client):
    """A client that asks for pages, as browsers do."""
    client.http.environ_base["HTTP_ACCEPT"] = "text/html,application/xhtml+xml,*/*;q=0.8"
    return client


@pytest.fixture
def public(desk):
    """The project, open to everybody."""
    facts = {"visibility": "public"}
    projects.save_settings(desk, facts, desk.project["rev"], new_id("x"))
    return open_desk(desk.store, SYSTEM, "sena")


@pytest.fixture
def mirror(settings, store, desk):
    """The mirror, answering."""
    with owned(settings, store) as made, listen(settings, made) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def triples_in(data, syntax):
    """What a document says, whatever graphs it is in."""
    return {str(quad.triple) for quad in ox.parse(data, format=syntax.format)}


def ask(client, url, accept="", **headers):
    return client.http.get(url, headers=headers | ({"Accept": accept} if accept else {}))


@pytest.mark.parametrize(
    ("accept", "status", "end"),
    [
        ("text/html", 303, "/lexicon/"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 303, "/lexicon/"),
        ("*/*", 303, "/lexicon/"),
        ("", 303, "/lexicon/"),
        ("nonsense", 303, "/lexicon/"),
        (";;;,,q=x", 303, "/lexicon/"),
        ("text/turtle", 303, ".ttl"),
        ("text/html;q=0.2, application/ld+json", 303, ".jsonld"),
        ("application/rdf+xml, text/turtle;q=0.9", 303, ".rdf"),
        ("application/n-triples", 303, ".nt"),
        ("application/trig", 303, ".trig"),
        ("image/png", 406, ""),
    ],
)
def test_accept_decides_what_an_address_leads_to(client, desk, accept, status, end):
    entry = save_entry(desk)
    answer = ask(client, f"/id/{desk.project_id}/{entry['id']}", accept)
    assert answer.status_code == status, answer.text
    assert end in answer.headers.get("Location", "")
    if status == 303:
        assert "Accept" in answer.headers["Vary"]


def test_each_syntax_says_the_same(client, desk):
    entry = save_entry(desk, 'nyumba 🏠 "x"')
    graphs = []
    for syntax in SYNTAXES:
        answer = ask(client, f"/id/{desk.project_id}/{entry['id']}{syntax.suffix}")
        assert answer.status_code == 200 and answer.mimetype == syntax.media_type
        assert f"/id/{desk.project_id}/{entry['id']}>; rel" in answer.headers["Link"]
        again = ask(client, answer.request.path, **{"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        graphs.append(triples_in(answer.data, syntax))
    assert all(one == graphs[0] for one in graphs) and len(graphs[0]) > 5


def test_what_went_says_where_to(client, desk):
    one, other, third = save_entry(desk), save_entry(desk, "nyumbe"), save_entry(desk, "moto")
    address = f"/id/{desk.project_id}"
    duplicates.merge(desk, one["id"], other["id"], change_id=new_id("x"))
    answer = ask(client, f"{address}/{other['id']}.ttl")
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"/{one['id']}.ttl")
    lexicon.delete(desk, third["id"], change_id=new_id("x"))
    assert ask(client, f"{address}/{third['id']}", "text/turtle").status_code == 410
    assert ask(client, f"{address}/{third['id']}", "text/html").status_code == 410
    assert ask(client, f"{address}/e_none").status_code == 404
    assert ask(client, f"{address}/z_none.ttl").status_code == 404


def test_who_may_not_read_a_project_finds_nothing(client, make_client, desk, public_or_not):
    entry = save_entry(desk, access={"level": "members"})
    guest = make_client()
    address = f"/id/{desk.project_id}/{entry['id']}.ttl"
    assert ask(client, address).status_code == 200
    assert ask(guest, address).status_code == 404


@pytest.fixture(params=[True, False])
def public_or_not(request, desk):
    if request.param:
        facts = {"visibility": "public"}
        projects.save_settings(desk, facts, desk.project["rev"], new_id("x"))


def test_a_token_opens_a_private_project(client, make_client, store, owner, desk, clock):
    entry = save_entry(desk)
    token = accounts.make_token(store, accounts.actor_of(owner), "t", ["read"], None, clock())
    guest = make_client()
    address = f"/id/{desk.project_id}/{entry['id']}.ttl"
    assert ask(guest, address).status_code == 404
    answer = ask(guest, address, Authorization=f"Bearer {token}")
    assert answer.status_code == 200 and '"nyumba"@seh' in answer.text


def test_lines_texts_items_and_projects_have_addresses(client, desk):
    entry = save_entry(desk)
    (line,) = add(desk, entry)
    text = desk.store.utterances.find_one({"_id": line})["text"]
    item = desk.store.items.find_one({"project": desk.project_id})["_id"]
    address = f"/id/{desk.project_id}"
    assert f"#{line}" in ask(client, f"{address}/{line}", "text/html").headers["Location"]
    assert f"/texts/{text}" in ask(client, f"{address}/{text}", "text/html").headers["Location"]
    for record in (entry["id"], line, text, item):
        page = client.get_page(f"{address}/{record}.html")
        assert page.xpath("//dl[@class='linked__facts']")
        assert ask(client, f"{address}/{record}.ttl").status_code == 200
    assert "nextSegment" not in ask(client, f"{address}/{text}.ttl").text
    client.get_page(f"{address}.html")
    assert "lime#Lexicon" in ask(client, f"{address}.nt").text
    assert ask(client, address, "text/turtle").headers["Location"].endswith(".ttl")
    assert texts.get(desk, text)


def test_a_picture_leads_to_what_it_stands_in(client, mirror, desk):
    picture = new_id("m")
    sense = {"pictures": [{"id": picture, "href": "nyumba.jpg"}]}
    entry = save_entry(desk, sense=sense)
    answer = ask(client, f"/id/{desk.project_id}/{picture}.ttl")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/{entry['id']}.ttl")
    assert ask(client, f"/id/{desk.project_id}/{new_id('m')}").status_code == 404


def test_the_vocabulary_explains_itself(client, desk):
    assert ask(client, "/ontology/life", "text/turtle").status_code == 303
    found = rdflib.Graph().parse(data=ask(client, "/ontology/life.ttl").text, format="turtle")
    terms = {str(one) for one in found.subjects() if "/ontology/life#" in str(one)}
    assert len(terms) > 20
    page = client.get_page("/ontology/life.html")
    shown = {one.removeprefix("life-") for one in page.xpath("//dt/@id") if "life-" in one}
    assert shown and {one.rpartition("#")[2] for one in terms} >= shown
    assert ask(client, "/ontology/life.xyz").status_code == 404
    assert "shacl#NodeShape" in ask(client, "/ontology/shapes.ttl").text
    assert "@context" in ask(client, "/ontology/context.jsonld").json


QUERY = """SELECT ?word WHERE {
  ?entry <http://www.w3.org/ns/lemon/ontolex#canonicalForm> ?form .
  ?form <http://www.w3.org/ns/lemon/ontolex#writtenRep> ?word } ORDER BY ?word"""


def test_the_protocol_of_sparql(client, make_client, mirror, desk, public):
    save_entry(desk)
    guest = make_client()
    rows = "application/sparql-results+json"
    by_get = guest.http.get("/sena/sparql", query_string={"query": QUERY}, headers={"Accept": rows})
    assert by_get.status_code == 200 and by_get.mimetype == rows
    assert by_get.headers["Access-Control-Allow-Origin"] == "*"
    assert by_get.json["results"]["bindings"][0]["word"]["value"] == "nyumba"
    form = guest.http.post("/sena/sparql", data={"query": QUERY}, headers={"Accept": "text/csv"})
    assert form.text.splitlines() == ["word", "nyumba"]
    kind = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+xml"}
    body = guest.http.post("/sena/sparql", data=QUERY, headers=kind)
    assert body.mimetype == "application/sparql-results+xml"
    graph = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3"
    made = guest.http.get(
        "/sena/sparql", query_string={"query": graph}, headers={"Accept": "application/ld+json"}
    )
    assert made.mimetype == "application/ld+json" and json.loads(made.text)
    nothing = guest.http.get("/sena/sparql?query=", headers={"Accept": rows})
    assert nothing.status_code == 400


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("SELECT WHERE", 400, "no query"),
        ("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", 400, "SERVICE"),
        ("DROP ALL", 400, "Updates"),
    ],
)
def test_queries_that_cannot_be_answered(browser, mirror, desk, query, status, told):
    client = browser
    headers = {"Accept": "application/sparql-results+json"}
    answer = client.http.get("/sena/sparql", query_string={"query": query}, headers=headers)
    assert answer.status_code == status and told in answer.text
    page = client.get_page(f"/sena/sparql?{urlencode({'query': query})}", status=400)
    assert told in page.text_content()


def test_updates_are_refused_however_they_come(client, mirror, desk):
    kind = {"Content-Type": "application/sparql-update"}
    assert client.http.post("/sena/sparql", data="CLEAR ALL", headers=kind).status_code == 400
    assert client.http.post("/sena/sparql", data={"update": "CLEAR ALL"}).status_code == 400
    assert (
        client.http.post("/sena/sparql", data="x", headers={"Content-Type": "text/x"}).status_code
        == 415
    )


def test_the_page_of_queries_answers_in_a_table(browser, mirror, desk):
    client = browser
    save_entry(desk)
    page = client.get_page("/sena/sparql")
    examples = page.xpath("//nav[@class='sparql__examples']//a/@href")
    assert len(examples) >= 12
    for href in examples:
        assert client.get_page(href).xpath("//*[@id='found']"), href
    answer = client.http.get(examples[0] + "&format=csv")
    assert answer.mimetype == "text/csv" and "nyumba" in answer.text
    assert "attachment" in answer.headers["Content-Disposition"]


def test_without_the_mirror_pages_say_so_and_records_go_on(browser, desk):
    client = browser
    entry = save_entry(desk)
    page = client.http.get("/sena/sparql", query_string={"query": QUERY})
    assert page.status_code == 503 and "does not answer" in page.text
    headers = {"Accept": "text/csv"}
    answer = client.http.get("/sena/sparql", query_string={"query": QUERY}, headers=headers)
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert ask(client, f"/id/{desk.project_id}/{entry['id']}.ttl").status_code == 200
    assert ask(client, f"/id/{desk.project_id}.ttl").status_code == 200
    assert "not made yet" in client.get_page("/sena/publish").text_content()
    assert ask(client, "/sena/dump.ttl").status_code == 503


def test_pages_of_records_tell_how_far_their_linked_data_is(client, mirror, desk):
    entry = save_entry(desk)
    page = f"/sena/lexicon/{entry['id']}"
    hints = lambda: client.get_page(page).xpath("//*[@class='menu__hint']/text()")  # noqa: E731
    assert hints() == ["not made yet"]
    ask(client, "/sena/dump.nt")
    assert hints() == ["up to date"]
    save_entry(desk, "moto")
    save_entry(desk, "maji")
    assert hints() == ["2 changes behind"]


def test_all_of_it_as_a_file(client, mirror, desk):
    save_entry(desk)
    sizes = set()
    for syntax in SYNTAXES:
        answer = ask(client, f"/sena/dump{syntax.suffix}")
        assert answer.status_code == 200 and answer.mimetype == syntax.media_type
        sizes.add(len(triples_in(answer.data, syntax)))
    assert len(sizes) == 1 and sizes.pop() > 50
    assert ask(client, "/sena/dump.docx").status_code == 404


def test_a_release_is_dated_citable_and_checked(client, make_client, store, settings, public):
    desk = public
    entry, closed = save_entry(desk), save_entry(desk, "siri", access={"level": "members"})
    client.get_page("/sena/publish")
    wrong = client.post_page("/sena/publish", {"version": "a b"}, status=422)
    assert len(wrong.xpath("//*[@class='field__error']")) == 3
    said = {"version": "1.0", "licence": "CC-BY-4.0", "citation": "Juma 2026. Sena."}
    assert "/jobs/" in client.post("/sena/publish", said).headers["Location"]
    page = client.get_page("/sena/publish")
    assert "Juma 2026" in page.text_content()
    links = page.xpath("//ul[@class='release__files']//a/@href")
    sums = [
        one.removeprefix("sha256:") for one in page.xpath("//code[@class='release__sum']/text()")
    ]
    guest = make_client()
    for link, told in zip(links, sums, strict=True):
        data = guest.http.get(link).data
        assert hashlib.sha256(data).hexdigest() == told
        body = gzip.decompress(data).decode()
        assert "nyumba" in body and "siri" not in body and closed["id"] not in body
    assert desk.store.projects.find_one({"_id": desk.project_id})["base"] == BASE
    keep_base(store, "https://elsewhere.example.org", "")
    assert BASE in ask(client, f"/id/{desk.project_id}/{entry['id']}.nt").text
    assert "already" in client.post_page("/sena/publish", said, status=422).text_content()
    erase.erase(desk, "entry", entry["id"], reason="x", change_id=new_id("x"), now=utc_now())
    assert guest.http.get(links[0]).status_code == 404
    assert "taken down" in client.get_page("/sena/publish").text_content()


def test_only_what_is_public_is_released(client, desk):
    said = {"version": "1.0", "licence": "CC-BY-4.0", "citation": "Juma 2026. Sena."}
    page = client.post_page("/sena/publish", said, status=422)
    assert "Only a project that is public" in page.text_content()


def test_the_graph_of_an_entry_can_be_walked(client, desk):
    one, other = save_entry(desk), save_entry(desk, "nyumbani")
    kind = desk.store.items.find_one({"project": desk.project_id, "list": "relation-types"})["_id"]
    lexicon.relate(desk, one["id"], None, kind, other["id"], change_id=new_id("x"))
    page = client.get_page(f"/sena/lexicon/{one['id']}/graph")
    (href,) = page.xpath("//a[@data-node]/@href")
    assert href == f"/sena/lexicon/{other['id']}/graph"
    assert page.xpath("//ul[@class='graph__list']//a/@href") == [href]
    back = client.get_page(href)
    assert back.xpath("//a[@data-node]/@href") == [f"/sena/lexicon/{one['id']}/graph"]
    assert f"/sena/lexicon/{one['id']}/graph" in client.get_page(
        f"/sena/lexicon/{one['id']}"
    ).xpath("//a/@href")
