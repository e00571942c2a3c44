"""The page on which links are decided."""

from __future__ import annotations

import pytest

from app.domain.roles import SYSTEM, Role
from app.services.catalogs import Catalogs
from app.services.desk import open_desk
from app.services.link_proposals import propose
from app.store import members
from tests.factories import item_id, save_entry
from tests.links import samples
from tests.web.client import flashes

HOUSE = "http://globalwordnet.org/ili/i6"


@pytest.fixture
def desk(store, owner):
    return open_desk(store, SYSTEM, "sena")


@pytest.fixture
def catalogs(settings):
    samples.install(settings.links).close()
    return Catalogs(settings.links)


@pytest.fixture
def client(make_client, owner):
    return make_client(owner)


def add(desk, lemma, gloss, **sense):
    sense = {"pos": item_id(desk, "parts-of-speech", "Noun"), **sense}
    return save_entry(desk, lemma, gloss, sense=sense)


def sense_of(entry):
    return entry["senses"][0]["id"]


def page_of(entry):
    return f"/sena/links/{sense_of(entry)}"


def stored_links(desk, entry):
    found = desk.store.entries.find_one({"_id": entry["id"]})
    return found["senses"][0].get("links", [])


def test_candidates_are_found_and_decided_one_after_the_other(client, desk, catalogs):
    entries = [add(desk, "nyumba", "house"), add(desk, "ndege", "bird")]
    page = client.get_page("/sena/links")
    assert "No candidates yet" in page.text_content()
    assert page.xpath("//nav//a[@href='/sena/links'][@aria-current]")
    propose(desk, catalogs)
    at = client.http.get("/sena/links").headers["Location"]
    assert at in {page_of(one) for one in entries}
    page = client.get_page(at)
    assert "0 of 2 senses decided" in page.text_content()
    chosen = page.xpath("//input[@name='target'][@checked]")
    assert len(chosen) == 1 and chosen[0].get("value").startswith("http://globalwordnet.org/ili/i")
    about = page.xpath("string(//fieldset)")
    assert "a kind of" in page.text_content() or "a dwelling" in about
    keys = {one.get("data-key") for one in page.xpath("//*[@data-key]")}
    assert keys >= set("ecbnr0sl")
    page = client.submit(at, {"do": "exact", "target": chosen[0].get("value")})
    assert "1 of 2 senses decided" in page.text_content()
    assert page.xpath("//button[@data-key='u']") and page.xpath("//a[@data-key='h']")
    (entry,) = [one for one in entries if page_of(one) == at]
    (link,) = stored_links(desk, entry)
    assert link["target"] == chosen[0].get("value")
    undo = page.xpath("//form[@id='linking-undo']")[0]
    form = {one.get("name"): one.get("value") for one in undo.xpath("input[@name]")}
    page = client.submit("/sena/links/undo", form)
    assert "Taken back." in flashes(page) and stored_links(desk, entry) == []
    client.submit(at, {"do": "none"})
    (other,) = [one for one in entries if one is not entry]
    page = client.submit(page_of(other), {"do": "skip"})
    assert "Nothing is left but what you skipped" in page.text_content()
    page = client.submit("/sena/links/again")
    assert page.xpath("string(//h1)") == other["lemma"]["seh"]


def test_rejecting_stays_and_marks_the_candidate(client, desk, catalogs):
    entry = add(desk, "nyumba", "house")
    propose(desk, catalogs)
    page = client.submit(page_of(entry), {"do": "reject", "target": HOUSE})
    assert page.xpath("//*[contains(@class, 'candidate--out')]//*[text()='rejected']")
    assert page.xpath("//input[@name='target'][@checked]")[0].get("value") != HOUSE


def test_the_entry_shows_its_links_and_removes_them(client, desk, catalogs):
    entry = add(desk, "nyumba", "house")
    propose(desk, catalogs)
    client.post(page_of(entry), {"do": "broader", "target": HOUSE})
    history = client.get_page(f"/sena/lexicon/{entry['id']}/history")
    assert "link (broader): house" in history.text_content()
    client.post(page_of(entry), {"do": "reject", "target": "http://globalwordnet.org/ili/i7"})
    page = client.get_page(f"/sena/lexicon/{entry['id']}")
    (shown,) = page.xpath("//*[contains(@class, 'links__one')]")
    assert shown.xpath(f".//a[@href='{HOUSE}']") and "broader" in shown.text_content()
    assert shown.xpath(".//button[@data-remove]")


@pytest.fixture
def second(make_client, make_user, store, desk, clock):
    """Somebody else who may edit."""
    other = make_user("ben", name="Ben Editor")
    members.put(store, desk.project_id, other["_id"], Role.EDITOR, by=SYSTEM, at=clock())
    return make_client(other)


def test_what_somebody_else_has_is_said(client, second, desk, catalogs, clock):
    entry = add(desk, "nyumba", "house")
    propose(desk, catalogs)
    client.get_page(page_of(entry))
    page = second.get_page(page_of(entry))
    assert "Olga Owner has this sense before them now" in page.text_content()
    assert not page.xpath("//button[@name='do']")
    page = second.submit(page_of(entry), {"do": "none"})
    assert any("before them" in one for one in flashes(page))
    assert "Others are at the rest" in page.text_content()
    clock.pass_(minutes=6)
    second.submit(page_of(entry), {"do": "none"})
    assert stored_links(desk, entry)


def test_only_who_may_edit_entries_sees_the_page(make_client, make_user, store, desk, clock):
    for role, status in ((Role.EDITOR, 200), (Role.CONTRIBUTOR, 403), (Role.VIEWER, 403)):
        user = make_user(role.value)
        members.put(store, desk.project_id, user["_id"], role, by=SYSTEM, at=clock())
        person = make_client(user)
        assert person.http.get("/sena/links").status_code == status
        rail = person.http.get("/sena/lexicon").text
        assert ('href="/sena/links"' in rail) is (status == 200)


def test_candidates_are_found_by_a_job(client, desk, catalogs, settings):
    entry = add(desk, "nyumba", "house")
    client.post("/sena/links/propose")
    assert client.http.get("/sena/links").headers["Location"] == page_of(entry)
    assert desk.store.jobs.find_one({"kind": "link"})["result"]["covered"] == 1


def test_wrong_addresses_are_errors_that_say_so(client, desk, catalogs):
    add(desk, "nyumba", "house")
    propose(desk, catalogs)
    client.get_page("/sena/links/s_nothing", status=404)
    client.post_page("/sena/links/s_nothing", {"do": "exact"}, status=404)
    client.post_page("/sena/links/undo", {"change": "x_1", "sense": "s_1"}, status=404)
