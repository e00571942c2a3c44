"""What linked data on the web must not do: leak, break off unnoticed, take the server down."""

from __future__ import annotations

import hashlib
import io
import socketserver
import threading
from base64 import b64encode
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from app.domain.errors import Problem, Unavailable
from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.mirror.pool import TooLong
from app.services import accounts, duplicates, projects, releases
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.services.linked_data import keep_base
from app.services.mirror import Mirror
from tests.factories import save_entry
from tests.web import test_linked_data

browser = test_linked_data.browser
client = test_linked_data.client
mirror = test_linked_data.mirror


@pytest.fixture
def desk(store, owner):
    """A project, open to everybody."""
    keep_base(store, "http://localhost", "")
    own = open_desk(store, SYSTEM, "sena")
    projects.save_settings(own, {"visibility": "public"}, own.project["rev"], new_id("x"))
    return open_desk(store, SYSTEM, "sena")


def test_pages_of_other_sites_read_what_a_guest_reads_only(
    client, make_client, store, owner, clock, mirror, desk
):
    one, other = save_entry(desk), save_entry(desk, "moto")
    duplicates.merge(desk, one["id"], other["id"], change_id=new_id("x"))
    token = accounts.make_token(store, accounts.actor_of(owner), "t", ["read"], None, clock())
    address = f"/id/{desk.project_id}"
    asked = (
        (f"{address}/{one['id']}.ttl", 200),
        (f"{address}/{one['id']}", 303),
        (f"{address}/{other['id']}.ttl", 301),
        (f"{address}.ttl", 200),
        ("/sena/sparql?query=ASK%7B%7D", 200),
        ("/sena/sparql?query=ASK", 400),
    )
    guest = make_client()
    bearer = {"Authorization": f"Bearer {token}"}
    for url, status in asked:
        for who, headers, opened in ((guest, {}, True), (guest, bearer, True), (client, {}, False)):
            answer = who.http.get(url, headers={"Accept": "text/turtle, text/csv", **headers})
            assert answer.status_code == status, url
            assert ("Access-Control-Allow-Origin" in answer.headers) is opened, url
            assert {"Cookie", "Authorization"} <= set(answer.vary), url


def test_a_value_as_long_as_it_likes_is_shown_as_far_as_it_goes(browser, mirror, desk):
    for number in range(40):
        save_entry(desk, f"nyumba{number}")
    many = "SELECT (GROUP_CONCAT(CONCAT(STR(?s), STR(?o), STR(?q))) AS ?all) { ?s ?p ?o . %s }"
    for more in ("FILTER(ISIRI(?s)) BIND('x' AS ?q)", "?a ?b ?q FILTER(LANG(?q) = 'seh')"):
        page = browser.get_page(f"/sena/sparql?{urlencode({'query': many % more})}")
        assert page.xpath("//*[@id='found']")
        assert len(page.text_content()) < 3_000_000


def test_a_variable_may_be_called_true(browser, mirror, desk):
    save_entry(desk)
    rows = "SELECT ?true { ?true ?p ?o } LIMIT 3"
    page = browser.get_page(f"/sena/sparql?{urlencode({'query': rows})}")
    assert len(page.xpath("//section[@class='sparql__found']//tr")) == 4
    page = browser.get_page("/sena/sparql?query=ASK%7B%7D")
    assert "yes" in page.xpath("string(//section[@class='sparql__found'])")


def test_a_query_of_no_told_length_ends_at_the_limit(make_client, desk):
    kind = {"Content-Type": "application/sparql-query", "Transfer-Encoding": "chunked"}
    answer = make_client().http.post(
        "/sena/sparql",
        input_stream=io.BytesIO(b"ASK {} #" + b"x" * (1 << 20)),
        headers=kind,
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


class _Half(socketserver.StreamRequestHandler):
    """A mirror that ends in the middle of an answer."""

    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def test_half_of_an_answer_is_not_taken_for_all(settings, desk):
    with socketserver.TCPServer(("127.0.0.1", 0), _Half) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_address[1]}"
        cut = Mirror(replace(settings, mirror_url=place)).dump(desk)
        with pytest.raises(Unavailable, match="ended too early"):
            list(cut.body)


def test_a_release_can_be_fetched_in_parts_and_checked(make_client, store, desk, tmp_path):
    save_entry(desk)
    releases.publish(desk, "1", "CC0-1.0", "A", tmp_path, utc_now(), lambda *_: None)
    known = store.releases.find_one({})["files"][0]
    http = make_client().http
    url = f"/sena/releases/1/{known['name']}"
    whole = http.get(url)
    digest = b64encode(hashlib.sha256(whole.data).digest()).decode()
    assert whole.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert whole.content_length == len(whole.data) == known["size"]
    part = http.get(url, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and part.data == whole.data[10:20]
    same = http.get(url, headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304 and not same.data
    assert http.head(url).content_length == known["size"]
    assert http.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416


def test_programs_are_told_in_statuses(make_client, desk, monkeypatch):
    def is_busy(*_args, **_facts):
        raise TooLong(Problem("query", "too long"))

    http = make_client().http
    assert http.get("/sena/dump.nt", headers={"Accept": "application/n-triples"}).status_code == 401
    assert http.get("/sena/dump.nt", headers={"Accept": "text/html,*/*;q=0.1"}).status_code == 302
    refused = http.get(f"/id/{desk.project_id}", headers={"Accept": "image/png"})
    assert refused.status_code == 406 and "Accept" in refused.vary
    monkeypatch.setattr(Mirror, "query", is_busy)
    answer = http.get(f"/id/{desk.project_id}.ttl")
    assert answer.status_code == 200 and "Lexicon" in answer.text
