"""DBpedia over the network, which may hang, lie or send too much; and its labels on the disk."""

from __future__ import annotations

import http.server
import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.concepts import Facts, Thing
from app.domain.errors import Unavailable, Unreadable
from app.domain.things import labels_of, rank_things
from app.links import labels
from app.links.concepticon import Concepticon
from app.links.dbpedia import Lookup, Sparql, resource
from app.links.labels import Labels
from app.links.web_client import Limits
from app.services.catalogs import Remembered
from tests.factories import make_store
from tests.formats.samples import DATA, MISSING

MOON = {
    "docs": [
        {
            "resource": ["http://dbpedia.org/resource/Moon"],
            "label": ["<B>Moon</B>"],
            "comment": ["Earth's only natural satellite."],
            "typeName": ["CelestialBody"],
        },
        {"label": ["nothing else"]},
        "rubbish",
    ]
}
ROWS = {
    "results": {
        "bindings": [
            {
                "r": {"type": "uri", "value": "http://dbpedia.org/resource/Month"},
                "c": {"type": "literal", "value": "A unit of time."},
            }
        ]
    }
}
LIMITS = Limits(seconds=0.4, size=10_000)


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers as its server was told to."""

    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, f"do_{self.server.mood}")()

    def do_right(self):
        self.send(200, json.dumps(self.server.answer).encode())

    def do_xml(self):
        self.send(200, b"<?xml version='1.0'?><ArrayOfResults/>", "application/xml")

    def do_rubbish(self):
        self.send(200, b"\x00\xff{[[[")

    def do_deep(self):
        self.send(200, b"[" * 9000)

    def do_other(self):
        self.send(200, b'{"docs": {"results": 3}}')

    def do_number(self):
        self.send(200, b"17")

    def do_error(self):
        self.send(500, b"oh")

    def do_missing(self):
        self.send(404, b"")

    def do_elsewhere(self):
        self.send_response(302)
        self.send_header("Location", "http://localhost.invalid/stolen")
        self.end_headers()

    def do_huge(self):
        self.send(200, b'"' + b"x" * 50_000 + b'"')

    def do_hang(self):
        self.server.release.wait(5)

    def do_drip(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(40):
            if self.server.release.wait(0.1):
                return
            self.wfile.write(b" ")
            self.wfile.flush()

    def do_cut(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"docs": [')

    def send(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that went away is no fault."""


@pytest.fixture
def server():
    made = Server(("127.0.0.1", 0), Answers)
    made.mood, made.answer, made.asked, made.release = "right", MOON, [], threading.Event()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.release.set()
    made.shutdown()
    thread.join()
    made.server_close()


def address(server):
    return f"http://127.0.0.1:{server.server_address[1]}/api/search"


def test_lookup_asks_for_its_own_json(server):
    found = Lookup(address(server), LIMITS).find("moon", "en")
    assert found == [
        Thing(
            "http://dbpedia.org/resource/Moon",
            "Moon",
            "Earth's only natural satellite.",
            ("CelestialBody",),
            "DBpedia Lookup",
        )
    ]
    assert "format=JSON_RAW" in server.asked[0] and "query=moon" in server.asked[0]


def test_sparql_asks_for_exact_labels_and_for_wikidata(server):
    server.answer = ROWS
    service = Sparql(address(server), LIMITS)
    (found,) = service.find('mo"nth\\', "en")
    assert (found.label, found.description) == ("Month", "A unit of time.")
    assert "mo%5C%22nth%5C%5C" in server.asked[0]
    assert service.same_as("Q5151") == [found]
    assert service.same_as("Q5151> . ?s ?p ?o") == []
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "mood",
    ("xml", "rubbish", "deep", "other", "number", "error", "missing", "elsewhere", "huge", "hang",
     "drip", "cut"),
)  # fmt: skip
@pytest.mark.parametrize("service", (Lookup, Sparql))
def test_a_service_that_fails_is_said_in_time(service, mood, server):
    server.mood = mood
    begun = time.monotonic()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1|form that is not known"):
        service(address(server), LIMITS).find("moon", "en")
    assert time.monotonic() - begun < 3


def test_a_server_that_is_not_there_is_said():
    with pytest.raises(Unavailable, match="cannot be used now"):
        Lookup("http://127.0.0.1:9/api", LIMITS).find("moon", "en")


def test_answers_are_kept_and_failures_leave_a_service_alone(server, database):
    store = make_store(database)
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    service = Remembered(Lookup(address(server), LIMITS), store, lambda: now[0])
    first = service.find("moon", "en")
    assert service.find("moon", "en") == first and len(server.asked) == 1
    server.mood = "error"
    for pause in (30, 60, 120):
        with pytest.raises(Unavailable, match="HTTP 500"):
            service.find("sun", "en")
        asked = len(server.asked)
        now[0] += timedelta(seconds=pause - 1)
        with pytest.raises(Unavailable, match="left alone"):
            service.find("sun", "en")
        assert len(server.asked) == asked
        now[0] += timedelta(seconds=2)
    assert service.find("moon", "en") == first
    server.mood = "right"
    assert service.find("sun", "en")
    server.mood = "error"
    with pytest.raises(Unavailable):
        service.find("star", "en")
    now[0] += timedelta(seconds=31)
    server.mood = "right"
    assert service.find("star", "en")


DUMP = """# labels
<http://dbpedia.org/resource/Moon> <http://www.w3.org/2000/01/rdf-schema#label> "Moon"@en .
<http://dbpedia.org/resource/Moon_(film)> <http://www.w3.org/2000/01/rdf-schema#label> "Moon (film)"@en .
<http://dbpedia.org/resource/Lune> <http://www.w3.org/2000/01/rdf-schema#label> "Lune \\u00E9 \\"x\\""@fr .
<http://dbpedia.org/resource/The_Moon> <http://www.w3.org/2000/01/rdf-schema#label> "The Moon"@en .
<http://dbpedia.org/resource/The_Moon> <http://dbpedia.org/ontology/wikiPageRedirects> <http://dbpedia.org/resource/Moon> .
<http://dbpedia.org/resource/Moon> <http://www.w3.org/2000/01/rdf-schema#comment> "Earth's satellite."@en .
"""  # noqa: E501


def test_labels_are_found_without_their_qualification(tmp_path):
    path = tmp_path / "labels.ttl"
    path.write_text(DUMP, encoding="utf-8")
    assert labels.build([path], tmp_path / "links") == 3
    known = Labels(tmp_path / "links" / labels.NAME)
    moon, film = known.find("moon", "en")
    assert (moon.label, moon.description, moon.types) == ("Moon", "Earth's satellite.", ())
    assert (film.iri, film.types) == ("http://dbpedia.org/resource/Moon_(film)", ("film",))
    assert known.find("the moon", "en") == []
    (lune,) = known.find('lune é "x"', "fr")
    assert lune.label == 'Lune é "x"'


@pytest.mark.parametrize("share", (0.2, 0.6, 0.95))
def test_a_dump_cut_off_leaves_what_was_there(share, tmp_path):
    whole = tmp_path / "labels.ttl"
    whole.write_text(DUMP, encoding="utf-8")
    labels.build([whole], tmp_path / "links")
    cut = tmp_path / "cut.ttl"
    cut.write_text(DUMP[: int(len(DUMP) * share)], encoding="utf-8")
    with pytest.raises(Unreadable, match=r"cut\.ttl"):
        labels.build([cut], tmp_path / "links")
    assert Labels(tmp_path / "links" / labels.NAME).find("moon", "en")
    assert [path.name for path in (tmp_path / "links").iterdir()] == [labels.NAME]


@pytest.mark.skipif(not (DATA / "dbpedia").is_dir(), reason=MISSING)
def test_real_labels_are_read(tmp_path):
    assert labels.build([DATA / "dbpedia" / "dbo-labels_en.ttl"], tmp_path) == 3817
    found = Labels(tmp_path / labels.NAME).find("river", "en")
    assert "http://dbpedia.org/ontology/River" in [one.iri for one in found]


def test_things_are_ranked_by_label_and_what_is_told():
    facts = Facts("s", (("en", "moon"),), (("en", "satellite of the earth"),), "n")
    moon = Thing("http://dbpedia.org/resource/Moon", "Moon", "Earth's satellite.")
    film = Thing("http://dbpedia.org/resource/Moon_(film)", "Moon (film)", "", ("film",))
    other = Thing("http://dbpedia.org/resource/Luna", "Luna", "A goddess.")
    ranked = rank_things(facts, [other, film, moon], [])
    assert [one.thing for one in ranked] == [moon, film, other]
    assert ranked[0].kind == "exact" and any("earth" in why for why in ranked[0].reasons)
    same = rank_things(facts, [moon, other], [], {other.iri: "moon"})
    assert same[0].score > same[1].score or same[0].thing == moon
    assert labels_of(Facts("s", (("en", "walk"),), pos="v")) == []


def test_a_title_becomes_an_iri():
    assert resource("rock & roll <x>") == "http://dbpedia.org/resource/Rock_&_roll_%3Cx%3E"


def test_concepticon_is_read_as_a_wordnet(tmp_path):
    sets = tmp_path / "concepticon.tsv"
    head = "ID\tGLOSS\tSEMANTICFIELD\tDEFINITION\tONTOLOGICAL_CATEGORY\tREPLACEMENT_ID\n"
    sets.write_text(
        head
        + "1313\tMOON\tThe physical world\tThe natural satellite.\tPerson/Thing\n"
        + "1\tOLD\tTime\tNot young.\tProperty\t7\n"
    )
    words = tmp_path / "map-en.tsv"
    words.write_text(
        "ID\tGLOSS\tPRIORITY\n1313\tMOON///the moon\t1\n1313\tMOON///moon\t2\n1\tO///old\t1"
    )
    source = Concepticon([words, sets])
    (moon,) = source.iter_synsets()
    assert (moon.iri, moon.pos) == ("https://concepticon.clld.org/parameters/1313", "n")
    assert {one.lemma for one in source.iter_senses()} == {"moon", "the moon"}
    with pytest.raises(Unreadable, match="columns"):
        Concepticon([words])
