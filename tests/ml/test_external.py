"""Models that run elsewhere: what is sent, what is taken, and what is not asked at all."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from app.domain.errors import Invalid, Unavailable
from app.ml import external
from app.ml.external import PROTOCOL, Service, checked, resolved

LINES = [
    {
        "id": "l_1", "text": "t_1", "words": [{"form": "mbwa", "pos": "N"}, {"form": "analala"}],
        "translations": {"en": "the dog sleeps"}, "labels": {"speaker": "Ana"},
    }
]  # fmt: skip
GUESSES = [{"id": "0", "words": [[{"label": "dog", "probability": 0.9}], []]}]


class Elsewhere(BaseHTTPRequestHandler):
    """Answers as it is told to by the path."""

    asked: ClassVar[list] = []
    answers: ClassVar[dict] = {}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((dict(self.headers), json.loads(body)))
        answer = self.answers[self.path]
        if callable(answer):
            answer(self)
            return
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture(scope="module")
def place():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def service(place):
    """A service that gives an answer."""
    Elsewhere.asked.clear()

    def make(answer, seconds=5.0):
        Elsewhere.answers["/model"] = answer
        return Service(f"http://{place}/model", (place,), seconds)

    return make


def test_words_and_translations_are_sent_and_guesses_taken(service):
    (found,) = service({"guesses": GUESSES, "more": 1}).guess("gloss", LINES)
    assert found == {"id": "l_1", "words": [[{"label": "dog", "probability": 0.9}], []]}
    ((headers, body),) = Elsewhere.asked
    sent = {"id": "0", "words": ["mbwa", "analala"], "translations": {"en": "the dog sleeps"}}
    assert body == {"protocol": PROTOCOL, "ask": "guess", "task": "gloss", "lines": [sent]}
    assert "Cookie" not in headers and "Authorization" not in headers


def test_it_says_what_it_is(service):
    about = service({"name": "Sena", "unit": "line", "labels": ["a", "b", "a"]}).about()
    assert (about.name, about.unit, about.labels) == ("Sena", "line", ("a", "b"))
    assert service({"name": "x\x00"}).about().name == "127.0.0.1"


def slowly(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def elsewhere(handler):
    handler.send_response(307)
    handler.send_header("Location", "http://127.0.0.1:1/")
    handler.end_headers()


def packed(handler):
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.end_headers()


def cut_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{}")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"<html>", "no JSON"),
        (b"[" * 200_000, "no JSON"),
        ([], "no JSON object"),
        ({}, "not of these lines"),
        ({"guesses": GUESSES * 2}, "not of these lines"),
        ({"guesses": [{**GUESSES[0], "id": "l_1"}]}, "not of these lines"),
        ({"guesses": [{"id": "0", "words": [[{"label": "x" * 300, "probability": 1}], []]}]},
         "not of these lines"),
        ({"guesses": [{"id": "0", "words": [[{"label": "a\x07", "probability": 1}], []]}]},
         "not of these lines"),
        ({"guesses": [{"id": "0", "words": [[{"label": "a", "probability": "1"}], []]}]},
         "not of these lines"),
        (b" " * ((4 << 20) + 1), "more than 4194304 bytes"),
        (elsewhere, "HTTP 307"),
        (packed, "is packed"),
        (cut_off, "ended too early|IncompleteRead"),
        (lambda handler: handler.send_error(500), "HTTP 500"),
        (lambda handler: handler.connection.close(), "closed connection"),
    ],
)  # fmt: skip
def test_other_answers_are_refused_and_named(service, answer, told):
    with pytest.raises(Unavailable, match=f"127.0.0.1 gave .*({told})"):
        service(answer).guess("gloss", LINES)


def test_one_that_takes_too_long_is_left(service):
    began = time.monotonic()
    with pytest.raises(Unavailable, match="it took too long"):
        service(slowly, seconds=0.4).guess("gloss", LINES)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("said", [{"unit": "x"}, {"labels": "a"}, {"labels": [1]}])
def test_what_says_odd_things_of_itself_is_refused(service, said):
    with pytest.raises(Unavailable, match="cannot be used"):
        service(said).about()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://elsewhere.example.org/", "not among the hosts"),
        ("https://good.example.org:8443/", "not among the hosts"),
        ("http://good.example.org:8080/", "begin with https"),
        ("ftp://good.example.org/", "begin with https"),
        ("https://me:secret@good.example.org/", "Leave user"),
        ("https://good.example.org/#x", "Leave user"),
        ("https://good.example.org@evil.example.org/", "Leave user"),
        ("https://good.example.org\\@evil.example.org/", "Leave user|not among"),
        ("https://good.exämple.org/", "no address"),
        ("https://good.example.org/" + "x" * 600, "no address"),
        ("https://good.example.org:port/", "no address"),
        ("https://[::1/", "no address"),
        ("", "begin with https"),
    ],
)
def test_addresses_that_are_not_asked(address, told):
    with pytest.raises(Invalid, match=told):
        checked(address, ("good.example.org", "good.example.org:8080"))
    with pytest.raises(Invalid):
        checked(address, ())


def test_hosts_that_are_listed():
    hosts = external.hosts_of("good.example.org, localhost:9000 [::1]:9001,")
    for address in ("https://GOOD.example.org/x?y=1", "https://good.example.org:443/",
                    "http://localhost:9000/", "http://[::1]:9001/"):  # fmt: skip
        assert checked(address, hosts)
    with pytest.raises(Invalid, match="have listed none"):
        checked("https://good.example.org/", ())


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "0.0.0.0", "100.64.0.1", "::1",
     "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "224.0.0.1"],
)  # fmt: skip
def test_names_that_lead_into_closed_networks(monkeypatch, number):
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))
    closed = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (number, 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [public, closed])
    place = checked("https://good.example.org/", ("good.example.org",))
    with pytest.raises(ValueError, match="closed network"):
        resolved(place, ("good.example.org",))
    with pytest.raises(Unavailable, match="closed network"):
        Service("https://good.example.org/", ("good.example.org",)).about()
    listed = ("good.example.org", f"[{number}]" if ":" in number else number)
    assert resolved(place, listed) == "93.184.215.14"


def test_too_much_is_not_sent(service):
    words = [{"form": "x" * 1000}] * 1100
    with pytest.raises(Invalid, match="too many words"):
        service({}).guess("gloss", [{"id": "1", "words": words}])
    assert Elsewhere.asked == []
