"""What everybody may read, on a SPARQL server over HTTP."""

from __future__ import annotations

import base64
import logging
import threading
from dataclasses import replace

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import Unavailable
from app.domain.ids import new_id
from app.mirror import remote, service, views
from app.mirror.remote import RemoteGraphs
from app.processes.stop import Stop
from app.rdf.terms import Iri, Literal
from app.services import lexicon
from app.services.linked_data import PUBLIC
from app.settings import Settings
from tests.factories import make_project, save_entry
from tests.mirror.conftest import BASE
from tests.mirror.sparql_server import answering
from tests.services.test_pointers import add

PROJECT, OTHER = Iri(f"{BASE}/id/p_1"), Iri(f"{BASE}/id/p_12")


@pytest.fixture
def server():
    with answering() as made:
        yield made


@pytest.fixture
def sending(settings, desk, server):
    """The service of a project that everybody may read, not following by itself."""
    desk.store.projects.update_one({"_id": desk.project_id}, {"$set": {"visibility": "public"}})
    with service.owned(replace(settings, sparql_update_url=server.url), desk.store) as made:
        yield made


@pytest.fixture
def send(sending, desk):
    """Sends all that there is; gives the view."""

    def run():
        (view,) = sending.views.keep_sent(desk.store)
        sending._wait(view)
        return view

    return run


def public_here(own, desk):
    """What the same readers have here."""
    view = own.views.get(desk.project_id, PUBLIC)
    own._wait(view)
    return set(map(str, view.graphs.iter_quads()))


def follow(own, run):
    """Runs something while the service follows by itself."""
    stop = Stop()
    thread = threading.Thread(target=own.follow, args=(stop,))
    thread.start()
    try:
        run()
    finally:
        own._ended.set()
        stop.set()
        thread.join(20)
        stop.close()


def until(is_so):
    """Waits until something is so, 20 s at most."""
    waiting = threading.Event()
    for _ in range(400):
        if is_so():
            return
        waiting.wait(0.05)
    pytest.fail("it never was so")


def gloss(desk, entry, before, after):
    path = ("senses", entry["senses"][0]["id"], "gloss", "en")
    change = FieldChange(path, before, after)
    lexicon.save(desk, entry["id"], [change], base_rev=None, change_id=new_id("x"))


def test_what_everybody_may_read_is_sent_and_follows(sending, send, server, desk):
    entry = save_entry(desk, 'a "quoted"\tword \\ 𝔘', 'line\nbreak " and \\u0022')
    save_entry(desk, "siri", access={"level": "members"})
    lines = add(desk, entry, 3)
    send()
    assert server.quads() == public_here(sending, desk) and "siri" not in str(server.quads())
    assert any("nextSegment" in quad for quad in server.quads())
    gloss(desk, entry, 'line\nbreak " and \\u0022', "hut")
    lexicon.delete(desk, save_entry(desk, "moto")["id"], change_id=new_id("x"))
    assert len(lines) == 3
    view = send()
    assert server.quads() == public_here(sending, desk) and '"hut"@en' in str(server.quads())
    assert sending.check({"project": desk.project_id})["wrong"] == []
    assert view.digest() == sending.views.get(desk.project_id, PUBLIC).digest()
    assert server.keys == {f"Basic {base64.b64encode(b'ann:s@fe').decode()}"}


def test_a_server_that_is_down_is_waited_for(sending, send, server, desk, caplog, monkeypatch):
    monkeypatch.setattr(service, "_PAUSE", 0.05)
    monkeypatch.setattr(service, "_LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(service, "_LOOK_EVERY", 0.1)
    entry = save_entry(desk)
    before = send().position(desk.store).seq
    server.stop()

    def run():
        gloss(desk, entry, "house", "hut")
        local = sending.views.get(desk.project_id, "everything")
        until(lambda: local.position(desk.store).is_current and sending._is_known(local))
        until(lambda: "not sent" in caplog.text)
        (view,) = sending.views.sent()
        assert view.position(desk.store).seq == before
        server.start()
        until(lambda: '"hut"@en' in str(server.quads()))
        until(lambda: view.position(desk.store).is_current)

    with caplog.at_level(logging.WARNING, "app.mirror.service"):
        follow(sending, run)
    assert caplog.text.count("not sent") == 1


def test_one_that_is_killed_between_sending_and_checkpoint_goes_on(
    sending, send, server, desk, monkeypatch
):
    entry = save_entry(desk)
    add(desk, entry, 2)
    send()
    gloss(desk, entry, "house", "hut")
    real = RemoteGraphs._update

    def die(self, update):
        real(self, update)
        raise KeyboardInterrupt

    monkeypatch.setattr(RemoteGraphs, "_update", die)
    with pytest.raises(KeyboardInterrupt):
        send()
    monkeypatch.setattr(RemoteGraphs, "_update", real)
    send()
    assert server.quads() == public_here(sending, desk)
    assert sending.check({"project": desk.project_id})["wrong"] == []


def test_what_is_wrong_there_is_found(sending, send, server, desk):
    save_entry(desk)
    send()
    right = server.quads()
    server.store.update("DELETE WHERE { GRAPH ?g { ?s a ?o } }")
    assert sending.check({"project": desk.project_id})["wrong"] == [views.SENT]
    assert server.quads() == right


def test_a_project_that_is_closed_again_is_taken_back_there(sending, send, server, desk):
    save_entry(desk)
    folder = send().folder
    other = make_project(desk.store, "other")
    desk.store.projects.update_one({"_id": other}, {"$set": {"visibility": "public"}})
    for view in sending.views.keep_sent(desk.store):
        sending._wait(view)
    desk.store.projects.update_one({"_id": desk.project_id}, {"$set": {"visibility": "members"}})
    server.refuses = True
    with pytest.raises(Unavailable, match="500"):
        sending.views.keep_sent(desk.store)
    server.refuses = False
    (left,) = sending.views.keep_sent(desk.store)
    assert left.project == other and not folder.exists()
    assert server.quads() and desk.project_id not in str(server.quads())


def test_what_was_sent_under_another_address_goes(sending, send, server, desk):
    save_entry(desk)
    send()
    desk.store.server.update_one({"_id": "base"}, {"$set": {"url": "https://new.example.org"}})
    send()
    assert "https://new.example.org" in str(server.quads()) and BASE not in str(server.quads())


def test_without_the_setting_nothing_is_sent(own, desk):
    desk.store.projects.update_one({"_id": desk.project_id}, {"$set": {"visibility": "public"}})
    assert own.views.keep_sent(desk.store) == []


def test_graphs_of_other_projects_stay(server, tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "_BATCH", 400)  # bytes
    monkeypatch.setattr(remote, "_GRAPHS", 3)
    urls = Settings(sparql_update_url=server.url).sent_to
    one, other = (RemoteGraphs(*urls, tmp_path / name) for name in ("a.json", "b.json"))
    one.belong_to(PROJECT)
    other.belong_to(OTHER)
    for graphs, project in ((one, PROJECT), (other, OTHER)):
        graphs.replace({
            Iri(f"{project}/e_{number}"): [
                (Iri(f"{project}/e_{number}"), Iri("a:p"), Literal(f"{word}", "en"))
                for word in range(20)
            ]
            + [(Iri(f"{project}/e_{number}"), Iri("a:q"), Iri("a:target"))]
            for number in range(8)
        })  # fmt: skip
    assert server.updates > 16 and len(server.store) == 2 * 8 * 21
    assert one.count(None, Iri("a:p"), None) == 160
    assert one.count(Iri(f"{PROJECT}/e_1"), Iri("a:p"), None) == 20
    assert one.mentioning(Iri("a:target")) == {f"{PROJECT}/e_{number}" for number in range(8)}
    assert one.value(Iri(f"{PROJECT}/e_1"), Iri("a:q")) == "a:target"
    assert one.value(Iri(f"{OTHER}/e_1"), Iri("a:q")) is None
    assert one.digest()[0] == 8 * 21 and one.digest() != other.digest()
    one.clear()
    assert one.digest() == (0, 0) and other.digest()[0] == 8 * 21 == len(server.store)


@pytest.mark.parametrize("answer", ["", "rubbish", '{"boolean": true}', '{"head": {"vars"'])
def test_a_server_that_answers_rubbish_is_not_believed(answer, tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "_send", lambda *_given: answer.encode())
    graphs = RemoteGraphs("http://e.org/update", "http://e.org/query", tmp_path / "a.json")
    graphs.belong_to(PROJECT)
    with pytest.raises(Unavailable):
        graphs.value(PROJECT, Iri("a:p"))


def test_where_queries_go():
    update = "https://e.org/db/update"
    assert Settings(sparql_update_url=update).sent_to == (update, "https://e.org/db/query")
    other = Settings(sparql_update_url=update, sparql_query_url="https://e.org/q")
    assert other.sent_to == (update, "https://e.org/q") and Settings().sent_to == ("", "")
