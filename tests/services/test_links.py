"""Links of senses: proposing, deciding, several people at once, moving up to the ILI."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.lexicon import LexicalEntry
from app.domain.roles import Role
from app.services import history, imports, lexicon, links
from app.services.catalogs import Catalogs, give_ili, install_wordnet
from app.services.link_proposals import propose, refresh
from app.store import changes, erase, link_candidates, link_report
from app.store.changes import Op
from tests.factories import item_id, make_desk, make_store, save_entry
from tests.links import samples

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HOUSE = "http://globalwordnet.org/ili/i6"
FAMILY = "http://globalwordnet.org/ili/i7"


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    return make_desk(store)


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("links")
    samples.install(folder).close()
    return Catalogs(folder)


def noun(desk, **fields):
    return {"pos": item_id(desk, "parts-of-speech", "Noun"), **fields}


def sense_of(entry):
    return entry["senses"][0]["id"]


def stored_links(desk, entry):
    found = desk.store.entries.find_one({"_id": entry["id"]})
    LexicalEntry.model_validate(
        {k: v for k, v in found.items() if k in LexicalEntry.model_fields} | {"id": entry["id"]}
    )
    return found["senses"][0].get("links", [])


def decide(desk, entry, decision="accept", now=NOW, **facts):
    return links.decide(desk, sense_of(entry), decision, now=now, change_id=new_id("x"), **facts)


def test_candidates_are_proposed_and_counted(desk, catalogs):
    save_entry(desk, "nyumba", "house", sense=noun(desk))
    save_entry(desk, "-ngu", "1SG.POSS")
    told = propose(desk, catalogs)
    assert (told.senses, told.with_candidate, told.covered, told.fresh) == (2, 1, 1, 2)
    assert told.share == 0.5
    assert desk.store.changes.count_documents({}) == 3  # the project and two entries, no more
    one, other = link_report.iter_best(desk.store, desk.project_id, 5)
    assert one["candidates"][0]["target"] == HOUSE and one["candidates"][0]["kind"] == "exact"
    assert other["candidates"] == []


def test_only_what_has_changed_is_ranked_again(desk, catalogs):
    entry, other = save_entry(desk, "nyumba", "house"), save_entry(desk, "ndege", "bird")
    propose(desk, catalogs)
    assert propose(desk, catalogs).fresh == 0
    change = FieldChange(("senses", sense_of(entry), "gloss", "en"), "house", "crane")
    lexicon.save(desk, entry["id"], [change], base_rev=None, change_id=new_id("x"))
    assert links.progress(desk).stale
    refresh(desk, catalogs, sense_of(entry))
    sitting = links.sitting_at(desk, sense_of(entry), NOW)
    assert sitting.proposal["candidates"][0]["label"] == "crane"
    lexicon.delete(desk, other["id"], change_id=new_id("x"))
    told = propose(desk, catalogs)
    assert (told.senses, told.fresh) == (1, 1)
    assert not links.progress(desk).stale
    assert link_candidates.find(desk.store, desk.project_id, sense_of(other)) is None


def test_an_accepted_link_stands_in_the_entry_and_its_history(desk, catalogs):
    entry = save_entry(desk, "nyumba", "house", sense=noun(desk))
    propose(desk, catalogs)
    done = decide(desk, entry, target=HOUSE, kind="close")
    assert done.done and not links.progress(desk).stale
    (link,) = stored_links(desk, entry)
    assert link["catalog"] == "wordnet" and link["target"] == HOUSE and link["label"] == "house"
    assert (link["kind"], link["by"], link["at"]) == ("close", desk.actor.id, NOW.isoformat())
    assert 0 < link["score"] <= 1
    step = history.of_record(desk, "entry", entry["id"])[0]
    assert (step.actor, step.label) == ("Ann", "link (close): house")
    assert links.progress(desk).decided == 1
    assert links.next_sitting(desk, NOW) is None
    # the same target once more changes the link
    decide(desk, entry, target=HOUSE, kind="broader", now=NOW + timedelta(hours=1))
    (again,) = stored_links(desk, entry)
    assert (again["id"], again["kind"]) == (link["id"], "broader")


def test_a_decision_can_be_taken_back_by_who_made_it(store, desk, catalogs):
    entry = save_entry(desk, "nyumba", "house", sense=noun(desk))
    propose(desk, catalogs)
    done = decide(desk, entry, target=HOUSE)
    other = make_desk(store, role=Role.EDITOR, name="Ben")
    with pytest.raises(NotFound):
        links.undo(other, done.change, sense_of(entry))
    links.undo(desk, done.change, sense_of(entry))
    assert stored_links(desk, entry) == []
    assert links.next_sitting(desk, NOW).sense["id"] == sense_of(entry)
    assert history.of_record(desk, "entry", entry["id"])[0].cause == "undo"


def test_rejecting_goes_through_the_candidates(desk, catalogs):
    entry = save_entry(desk, "nyumba", "house", sense=noun(desk))
    propose(desk, catalogs)
    targets = [
        one["target"] for one in links.sitting_at(desk, sense_of(entry), NOW).proposal["candidates"]
    ]
    done = [decide(desk, entry, "reject", target=target).done for target in targets]
    assert done == [False] * (len(targets) - 1) + [True]
    assert {one["status"] for one in stored_links(desk, entry)} == {"rejected"}


def test_none_says_that_the_catalog_has_nothing(desk, catalogs):
    entry = save_entry(desk, "nyumba", "house")
    propose(desk, catalogs)
    assert decide(desk, entry, "none").done
    (link,) = stored_links(desk, entry)
    assert (link["status"], link.get("target", "")) == ("none", "")
    assert decide(desk, entry, "none", now=NOW + timedelta(days=1)).done
    assert len(stored_links(desk, entry)) == 1


def test_two_people_never_have_the_same_sense(store, desk, catalogs):
    for gloss in ("house", "bird", "basket", "crane"):
        save_entry(desk, gloss, gloss, sense=noun(desk))
    propose(desk, catalogs)
    ben, cleo = (make_desk(store, role=Role.EDITOR, name=name) for name in ("Ben", "Cleo"))
    found = [links.next_sitting(one, NOW) for one in (desk, ben, cleo)]
    assert len({one.sense["id"] for one in found}) == 3
    assert links.next_sitting(ben, NOW).sense["id"] == found[1].sense["id"]
    assert links.sitting_at(cleo, found[1].sense["id"], NOW).held_by in ("Ben", "?")
    with pytest.raises(Conflict, match="before them"):
        links.decide(cleo, found[1].sense["id"], "none", now=NOW, change_id=new_id("x"))
    # who goes on leaves the sense to others
    links.next_sitting(ben, NOW, after=found[1].sense["id"])
    assert not links.sitting_at(make_desk(store), found[1].sense["id"], NOW).held_by
    # a lease that is over binds nobody
    later = NOW + link_candidates.LEASE + timedelta(seconds=1)
    assert links.next_sitting(make_desk(store, name="Dora"), later) is not None


def test_what_is_skipped_comes_back_on_demand_only(store, desk, catalogs):
    entry = save_entry(desk, "nyumba", "house")
    propose(desk, catalogs)
    links.skip(desk, sense_of(entry))
    assert links.next_sitting(desk, NOW) is None
    assert links.progress(desk).skipped == 1
    assert links.next_sitting(make_desk(store, role=Role.EDITOR), NOW) is not None
    links.unskip(desk)
    assert links.next_sitting(desk, NOW + timedelta(minutes=6)).sense["id"] == sense_of(entry)


def test_a_sense_of_another_project_is_not_skipped(store, desk, catalogs):
    save_entry(desk, "nyumba", "house")
    propose(desk, catalogs)
    sense = store.link_candidates.find_one({"state": "open"})
    links.skip(replace(desk, project={**desk.project, "_id": "p_other"}), sense["_id"])
    assert store.link_candidates.find_one({"_id": sense["_id"]}) == sense


def test_one_goes_on_to_the_next_sense_and_round(desk, catalogs):
    for gloss in ("house", "bird", "basket"):
        save_entry(desk, gloss, gloss, sense=noun(desk))
    propose(desk, catalogs)
    seen, after = [], ""
    for _ in range(4):
        after = links.next_sitting(desk, NOW, after).sense["id"]
        seen.append(after)
    assert len(set(seen)) == 3 and seen[3] == seen[0]


@pytest.mark.parametrize("role", (Role.CONTRIBUTOR, Role.COMMENTER, Role.VIEWER))
def test_only_who_may_edit_entries_decides(role, store, desk, catalogs):
    entry = save_entry(desk)
    propose(desk, catalogs)
    other = make_desk(store, role=role)
    for attempt in (
        lambda: decide(other, entry, target=HOUSE),
        lambda: links.next_sitting(other, NOW),
        lambda: links.progress(other),
        lambda: propose(other, catalogs),
        lambda: links.undo(other, "x_1", sense_of(entry)),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_wrong_decisions_are_refused(desk, catalogs):
    entry = save_entry(desk, "nyumba", "house")
    propose(desk, catalogs)
    with pytest.raises(NotFound, match="not among"):
        decide(desk, entry, target="http://example.org/x")
    with pytest.raises(Invalid, match="exact, close"):
        decide(desk, entry, target=HOUSE, kind="rather")
    with pytest.raises(NotFound):
        links.decide(desk, "s_0", "none", now=NOW, change_id=new_id("x"))
    assert stored_links(desk, entry) == []


def test_a_closed_sense_is_not_shown_to_those_who_may_not_read_it(store, desk, catalogs):
    access = {"level": "groups", "groups": ["elders"]}
    entry = save_entry(desk, "siri", "house", sense={"access": access})
    propose(desk, catalogs)
    editor = make_desk(store, role=Role.EDITOR)
    assert links.next_sitting(editor, NOW) is None
    with pytest.raises(NotFound):
        links.sitting_at(editor, sense_of(entry), NOW)
    assert links.next_sitting(desk, NOW).sense["id"] == sense_of(entry)


def test_closed_glosses_teach_nothing_that_others_see(store, desk, catalogs):
    access = {"level": "groups", "groups": ["elders"]}
    glosses = {"gloss": {"en": "house", "pt": "segredo"}}
    save_entry(desk, "siri", "x", access=access, sense=glosses)
    shown = save_entry(desk, "wazi", "x", sense={"gloss": {"pt": "segredo"}})
    propose(desk, catalogs)
    found = link_candidates.find(desk.store, desk.project_id, sense_of(shown))
    assert found["candidates"] == []


def test_links_are_not_typed_into_entries_but_removed_there(desk, catalogs):
    entry = save_entry(desk, "nyumba", "house", sense=noun(desk))
    propose(desk, catalogs)
    decide(desk, entry, target=HOUSE)
    (link,) = stored_links(desk, entry)
    path = ("senses", sense_of(entry), "links", link["id"])
    for change in (
        FieldChange((*path, "target"), HOUSE, FAMILY),
        FieldChange((*path[:-1], new_id("k")), None, {**link, "by": "u_0"}, True),
    ):
        with pytest.raises(Invalid, match="page of links"):
            lexicon.save(desk, entry["id"], [change], base_rev=None, change_id=new_id("x"))
    gone = FieldChange(path, link, None, True)
    lexicon.save(desk, entry["id"], [gone], base_rev=None, change_id=new_id("x"))
    assert stored_links(desk, entry) == []
    assert links.next_sitting(desk, NOW).sense["id"] == sense_of(entry)


@pytest.mark.parametrize("target", ("javascript:alert(1)", "ftp://x", "http://a b", "http://<x>"))
def test_a_target_is_a_web_address(target):
    link = {"id": "k_1", "catalog": "wordnet", "target": target}
    with pytest.raises(ValueError, match="target"):
        LexicalEntry.model_validate({"id": "e_1", "senses": [{"id": "s_1", "links": [link]}]})


def test_links_move_up_when_the_index_knows_them(desk, tmp_path):
    (tmp_path / "dict").mkdir()
    samples.write_wndb(tmp_path / "dict")
    catalogs = Catalogs(tmp_path / "links", tmp_path / "dict")
    entry = save_entry(desk, "nyumba", "house", sense=noun(desk))
    below = save_entry(desk, "kanga", "other", sense={"senses": [{"id": new_id("s")}]})
    told = propose(desk, catalogs)  # the bundled wordnet is indexed at the first use
    assert told.wordnets == ["WordNet 3.1"]
    princeton = "http://wordnet-rdf.princeton.edu/wn31/"
    decide(desk, entry, target=f"{princeton}100000006-n")
    link = {"id": new_id("k"), "catalog": "wordnet", "target": f"{princeton}300000012-a"}
    inner = below["senses"][0]["senses"][0]["id"]
    path = ("senses", sense_of(below), "senses", inner, "links", link["id"])
    op = Op("entry", below["id"], changes=[FieldChange(path, None, link, True)])
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    table = tmp_path / "ili.tab"
    table.write_text("\n".join(samples.ili_lines()) + "\n")
    give_ili(catalogs, table)
    assert propose(desk, catalogs).moved == 2
    (moved,) = stored_links(desk, entry)
    assert moved["target"] == HOUSE
    stored = desk.store.entries.find_one({"_id": below["id"]})
    assert stored["senses"][0]["senses"][0]["links"][0]["target"].endswith("/i12")
    assert propose(desk, catalogs).moved == 0
    assert history.of_record(desk, "entry", entry["id"])[0].cause == "sync"


def test_a_synset_of_another_wordnet_with_the_same_number_needs_a_common_word(desk, tmp_path):
    catalogs = Catalogs(tmp_path / "links")
    samples.install(tmp_path / "links").close()
    entry = save_entry(desk, "nyumba", "house")
    target = "http://wordnet-rdf.princeton.edu/wn31/100000006-n"
    for label in ("elephant", "dwelling, house"):
        link = {"id": new_id("k"), "catalog": "wordnet", "target": target, "label": label}
        path = ("senses", sense_of(entry), "links", link["id"])
        op = Op("entry", entry["id"], changes=[FieldChange(path, None, link, True)])
        changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    propose(desk, catalogs)
    assert {one["target"] for one in stored_links(desk, entry)} == {target, HOUSE}


def test_the_interlingual_table_can_come_with_the_wordnet(desk, tmp_path):
    samples.write_wndb(tmp_path)
    table = tmp_path / "ili.tab"
    table.write_text("\n".join(samples.ili_lines()) + "\n")
    install_wordnet(Catalogs(tmp_path / "links"), tmp_path, table)
    entry = save_entry(desk, "nyumba", "house", sense=noun(desk))
    propose(desk, replace(Catalogs(tmp_path / "links"), lookup="http://127.0.0.1:9/"))
    proposal = link_candidates.find(desk.store, desk.project_id, sense_of(entry))
    assert proposal["candidates"][0]["target"] == HOUSE
    run = link_candidates.find_run(desk.store, desk.project_id)
    assert "127.0.0.1" in str(run["said"])  # said, and gone on without it


def test_erasing_forgets_what_reasons_quote(desk, catalogs):
    entry = save_entry(desk, "siri", "house", sense={"gloss": {"en": "house", "pt": "segredo"}})
    other = save_entry(desk, "wazi", "x", sense={"gloss": {"pt": "segredo"}})
    propose(desk, catalogs)
    assert "segredo" in str(link_candidates.find(desk.store, desk.project_id, sense_of(other)))
    erase.erase(
        desk.store, desk.project_id, desk.actor, "entry", entry["id"], reason="asked",
        change_id=new_id("x"), now=NOW,
    )  # fmt: skip
    assert desk.store.link_candidates.count_documents({}) == 0
    assert propose(desk, catalogs).senses == 1


WORDS = (
    '<lift version="0.13"><entry id="a" guid="11111111-1111-4111-8111-111111111111"><lexical-unit>'
    '<form lang="seh"><text>nyumba</text></form></lexical-unit><sense id="s"><gloss lang="en">'
    "<text>{gloss}</text></gloss></sense></entry></lift>"
)


def test_links_stay_when_a_file_is_imported_again(desk, catalogs, tmp_path):
    path = tmp_path / "words.lift"
    for gloss in ("house", "a house"):
        path.write_text(WORDS.format(gloss=gloss), encoding="utf-8")
        imports.confirm(desk, imports.preview(desk, path)["_id"])
        propose(desk, catalogs)
        entry = desk.store.entries.find_one({})
        if gloss == "house":
            decide(desk, entry, target=HOUSE)
    assert entry["senses"][0]["gloss"]["en"] == "a house"
    assert [one["target"] for one in stored_links(desk, {"id": entry["_id"]})] == [HOUSE]
    assert links.progress(desk).decided == 1
