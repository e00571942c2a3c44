"""The graphs follow the log, each view what its readers may read, and equal those made anew."""

from __future__ import annotations

import json

import pytest

from app.domain.diff import FieldChange, diff
from app.domain.ids import new_id
from app.domain.project import PARTS_OF_SPEECH
from app.domain.roles import Role
from app.mirror import follower, views
from app.mirror.graphs import DiskGraphs
from app.rdf.terms import Iri, Literal
from app.services import erase, history, lexicon, projects, text_lines
from app.services.clock import utc_now
from app.services.linked_data import EVERYTHING, MEMBERS, PUBLIC, scope_of, view_of
from app.store import changes
from app.store.changes import Op
from app.store.envelope import content_of
from tests.factories import item_id, make_desk, save_entry
from tests.mirror.conftest import BASE
from tests.services.test_pointers import add

LEXINFO = "http://www.lexinfo.net/ontology/3.0/lexinfo#"


def save(desk, kind, content):
    op = Op(kind, content["id"], "create", content)
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    return content["id"]


def alter(desk, kind, record, **fields):
    stored = desk.store[{"text": "texts", "item": "items", "person": "people"}[kind]].find_one(
        {"_id": record}
    )
    made = diff(content_of(stored), content_of(stored) | fields)
    op = Op(kind, record, changes=made)
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))


def about(quads, record):
    return {quad for quad in quads if f"/{record}>" in quad or f"/{record}#" in quad}


def are_right(own, desk):
    return own.check({"project": desk.project_id})["wrong"] == []


def test_an_edit_and_its_undoing_are_followed(own, look, desk):
    entry = save_entry(desk)
    first = look()
    assert any('"nyumba"@seh' in quad for quad in first)
    path = ("senses", entry["senses"][0]["id"], "gloss", "en")
    done = lexicon.save(
        desk, entry["id"], [FieldChange(path, "house", "hut")], base_rev=None,
        change_id=new_id("x"),
    )  # fmt: skip
    second = look()
    assert {one for one in first - second if "house" in one}
    assert {one for one in second - first if "hut" in one}
    history.undo(desk, [done.change["_id"]], change_id=new_id("x"))
    assert {one for one in first - look() if "modified" not in one} == set()
    lexicon.delete(desk, entry["id"], change_id=new_id("x"))
    assert about(look(), entry["id"]) == set()
    assert are_right(own, desk)


def test_what_is_counted_follows(look, desk):
    def counted():
        return [one for one in look() if "lime#lexicalEntries" in one]

    save_entry(desk)
    assert ['"1"' in one for one in counted()] == [True]
    save_entry(desk, "moto")
    assert ['"2"' in one for one in counted()] == [True]


def test_each_view_has_what_its_readers_may_read(own, look, desk):
    sense = {"access": {"level": "members"}}
    entry, closed = (
        save_entry(desk, sense=sense),
        save_entry(desk, "siri", access={"level": "groups", "groups": ["a"]}),
    )
    (line,) = add(desk, entry, access={"level": "members"})
    views = (PUBLIC, MEMBERS, 'members+["a"]', EVERYTHING)
    told = {view: look(view) for view in views}
    part = f"#{entry['senses'][0]['id']}>"
    assert [any(part in one for one in told[view]) for view in views] == [False, True, True, True]
    assert [bool(about(told[view], closed["id"])) for view in views] == [False, False, True, True]
    assert [bool(about(told[view], line)) for view in views] == [False, True, True, True]
    text = desk.store.utterances.find_one({"_id": line})["text"]
    alter(desk, "text", text, access=None)
    assert [bool(about(look(view), line)) for view in views] == [True] * 4
    assert are_right(own, desk)
    lexicon.save(
        desk, closed["id"], [FieldChange(("access",), closed["access"], None)], base_rev=None,
        change_id=new_id("x"),
    )  # fmt: skip
    assert about(look(PUBLIC), closed["id"])


def test_which_line_follows_which_is_right_after_each_move(own, look, desk):
    entry = save_entry(desk)
    one, two, three = add(desk, entry, 3)

    def order(view=EVERYTHING):
        follows = [quad.split() for quad in look(view) if "nextSegment" in quad]
        return {
            (quad[0].rpartition("/")[2][:-1], quad[2].rpartition("/")[2][:-1]) for quad in follows
        }

    assert order() == {(one, two), (two, three)}
    text_lines.delete_line(desk, two, change_id=new_id("x"))
    assert order() == {(one, three)}
    op = Op("utterance", one, changes=[FieldChange(("rank",), "00000", "00009")])
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    assert order() == {(three, one)}
    closed = FieldChange(("access",), None, {"level": "members"})
    op = Op("utterance", one, changes=[closed])
    assert order(PUBLIC) == {(three, one)}
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    assert order(PUBLIC) == set()
    assert are_right(own, desk)


def test_relations_with_closed_ends_are_closed(own, look, desk):
    one, other = save_entry(desk), save_entry(desk, "nyumbe")
    kind = _relation_type(desk)
    relation = lexicon.relate(desk, one["id"], None, kind, other["id"], change_id=new_id("x"))
    assert about(look(PUBLIC), relation)
    closed = FieldChange(("access",), None, {"level": "members"})
    lexicon.save(desk, other["id"], [closed], base_rev=None, change_id=new_id("x"))
    assert not about(look(PUBLIC), relation) and about(look(MEMBERS), relation)
    assert are_right(own, desk)


def _relation_type(desk):
    return desk.store.items.find_one({"project": desk.project_id, "list": "relation-types"})["_id"]


def test_who_speaks_stands_there_only_if_they_agreed(own, look, desk):
    person = save(desk, "person", {"id": new_id("h"), "name": "Asha Juma", "label": "A. J."})
    text = save(
        desk, "text", {"id": new_id("t"), "title": {"seh": "Hadithi"}, "speakers": [person]}
    )
    line = {"id": new_id("l"), "text": text, "rank": "a", "baseline": {"seh": "moto"}}
    save(desk, "utterance", line | {"speaker": person})
    everything = "".join(look())
    assert "Asha" not in everything and "A. J." not in everything and person not in everything
    assert not about(look(PUBLIC), line["id"])
    consents = [{"id": new_id("k"), "purposes": ["show", "publish"]}]
    alter(desk, "person", person, consents=consents)
    assert "A. J." in "".join(look(PUBLIC)) and about(look(PUBLIC), line["id"])
    assert "Asha" not in "".join(look())
    alter(desk, "person", person, consents=[])
    assert not about(look(PUBLIC), line["id"]) and "A. J." not in "".join(look())
    assert are_right(own, desk)


def test_what_an_item_means_elsewhere_is_said_of_all_that_hold_it(own, look, desk):
    noun = item_id(desk, PARTS_OF_SPEECH, "Noun")
    save_entry(desk, sense={"pos": noun})
    assert f"{LEXINFO}noun>" in "".join(look())
    alter(desk, "item", noun, iri=f"{LEXINFO}properNoun")
    entries = [one for one in look() if "lexinfo#partOfSpeech" in one and "/e_" in one]
    assert entries and all("properNoun" in one for one in entries)
    assert are_right(own, desk)


def test_what_rests_on_too_much_is_made_anew(own, look, desk, monkeypatch):
    monkeypatch.setattr(follower, "MOST_STALE", 1)
    noun = item_id(desk, PARTS_OF_SPEECH, "Noun")
    for lemma in ("moto", "maji", "meza"):
        save_entry(desk, lemma, sense={"pos": noun})
    look()
    alter(desk, "item", noun, iri=f"{LEXINFO}properNoun")
    assert sum("properNoun" in one and "/e_" in one for one in look()) >= 3
    assert are_right(own, desk)


def test_one_that_is_killed_between_graphs_and_checkpoint_goes_on(own, look, desk, monkeypatch):
    entry = save_entry(desk)
    look()
    path = ("senses", entry["senses"][0]["id"], "gloss", "en")
    change = FieldChange(path, "house", "hut")
    lexicon.save(desk, entry["id"], [change], base_rev=None, change_id=new_id("x"))
    real = follower.Mirror.follow

    def die(self, *given):
        real(self, *given)
        raise KeyboardInterrupt

    monkeypatch.setattr(follower.Mirror, "follow", die)
    with pytest.raises(KeyboardInterrupt):
        look()
    monkeypatch.setattr(follower.Mirror, "follow", real)
    desk.store.follower_leases.delete_many({})
    assert any("hut" in one for one in look())
    assert are_right(own, desk)


def test_a_store_that_is_lost_is_made_anew(settings, own, look, desk):
    save_entry(desk)
    before = look()
    view = own.views.get(desk.project_id, EVERYTHING)
    view.graphs.clear()
    assert own.check({"project": desk.project_id})["wrong"] == [EVERYTHING]
    assert look() == before


def test_what_is_erased_is_nowhere_any_more(own, look, desk):
    entry = save_entry(desk, "siri")
    assert any("siri" in one for one in look())
    erase.erase(desk, "entry", entry["id"], reason="asked", change_id=new_id("x"), now=utc_now())
    assert not any("siri" in one for one in look())


def test_iris_keep_the_base_that_they_had(look, desk):
    entry = save_entry(desk)
    assert any(f"<{BASE}/id/{desk.project_id}/{entry['id']}>" in one for one in look())


def test_a_project_that_is_gone_is_let_go(own, look, desk):
    save_entry(desk)
    look()
    folder = own.views.get(desk.project_id, EVERYTHING).folder
    projects.hide_project(desk.store, desk.actor, desk.project, desk.project["slug"], utc_now())
    assert list(own.views.keep(desk.store)) == [] and not folder.exists()


@pytest.mark.parametrize("view", [PUBLIC, MEMBERS, 'members+["a", "b"]', EVERYTHING])
def test_a_view_is_what_a_reader_reads(view):
    assert view_of(scope_of("p_1", view)) == view


def test_roles_have_their_views(desk):
    assert view_of(desk.scope) == EVERYTHING
    assert view_of(make_desk(desk.store, role=Role.VIEWER).scope) == MEMBERS


def test_one_that_is_killed_before_the_order_of_lines_is_written_writes_it(
    own, look, desk, monkeypatch
):
    one, two, three = add(desk, save_entry(desk), 3)
    look()
    op = Op("utterance", one, changes=[FieldChange(("rank",), "00000", "00009")])
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    real = DiskGraphs.replace

    def die(self, graphs):
        real(self, graphs)
        raise KeyboardInterrupt

    monkeypatch.setattr(DiskGraphs, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        look()
    monkeypatch.setattr(DiskGraphs, "replace", real)
    view = own.views.get(desk.project_id, EVERYTHING)
    view._make_mirror(json.loads((view.folder / "about.json").read_text())["generation"])
    last = [quad.split() for quad in look() if "nextSegment" in quad and f"/{three}>" in quad]
    assert {(quad[0][-29:-1], quad[2][-29:-1]) for quad in last} == {
        (two[-28:], three[-28:]), (three[-28:], one[-28:]),
    }  # fmt: skip
    assert are_right(own, desk)


def test_what_was_counted_once_is_kept_up(tmp_path):
    graphs = DiskGraphs(tmp_path / "graphs")
    kind, of, node, other = map(Iri, ("a:type", "a:of", "a:node", "a:other"))
    graphs.replace({Iri("g:1"): [(node, of, other)] * 2, Iri("g:2"): []})

    def count():
        patterns = [(None, of, other), (node, of, None), (None, kind, other)]
        return [graphs.count(*one) for one in patterns]

    assert count() == [1, 1, 0]
    graphs.replace({Iri("g:2"): [(other, of, other), (node, kind, other), (node, kind, other)]})
    assert count() == [2, 1, 1]
    graphs.replace({Iri("g:1"): [(node, of, node)], Iri("g:2"): [(node, kind, Literal("x"))]})
    assert count() == [0, 1, 0]
    graphs.clear()
    assert count() == [0, 0, 0]
    graphs.close()


def test_copies_that_nobody_reads_go(own, look, desk, monkeypatch):
    monkeypatch.setattr(views, "_BACKUP_EVERY", 0.0)
    look()
    view = own.views.get(desk.project_id, EVERYTHING)
    with view.copy() as first, view.copy() as same:
        assert first == same
        save_entry(desk)
        look()
        with view.copy() as second:
            assert second != first and first.exists() and second.exists()
    save_entry(desk, "moto")
    look()
    with view.copy() as third:
        assert [one.name for one in (view.folder / "copies").iterdir()] == [third.name]
