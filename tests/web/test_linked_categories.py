"""A project says what an item of its lists is in linked data."""

from __future__ import annotations

import pytest

from app.domain.project import PARTS_OF_SPEECH
from app.services import accounts, projects
from app.services.desk import open_desk
from tests.factories import item_id

LEXINFO = "http://www.lexinfo.net/ontology/3.0/lexinfo#"


@pytest.fixture
def desk(store, owner):
    return open_desk(store, accounts.actor_of(owner), "sena")


@pytest.fixture
def browser(owner, make_client):
    return make_client(owner)


ADDRESS = f"/sena/lists/{PARTS_OF_SPEECH}"


def form(item, written):
    return {"item": item, "code": "Classifier", "name.en": "Classifier", "iri": written}


def test_what_is_known_of_a_category_is_shown(desk, browser):
    page = browser.get_page(ADDRESS).text_content()
    assert "Taken for lexinfo:noun." in page
    assert "No category of LexInfo is known for it." in page  # classifiers


def test_a_category_is_tied_and_loosed(desk, browser):
    item = item_id(desk, PARTS_OF_SPEECH, "Classifier")
    page = browser.submit(ADDRESS, form(item, "lexinfo:determiner"))
    assert desk.store.items.find_one({"_id": item})["iri"] == LEXINFO + "determiner"
    assert "Taken for lexinfo:determiner." in page.text_content()
    browser.submit(ADDRESS, form(item, " "))
    assert not desk.store.items.find_one({"_id": item}).get("iri")


def test_what_is_no_address_is_refused(desk, browser):
    item = item_id(desk, PARTS_OF_SPEECH, "Classifier")
    page = browser.post_page(ADDRESS, form(item, "some kind of noun"), 422).text_content()
    assert "“some kind of noun” is no address; write it like lexinfo:noun." in page


def test_who_does_not_say_leaves_it(desk):
    item = item_id(desk, PARTS_OF_SPEECH, "Classifier")
    names = {"en": "Classifier"}
    projects.save_item(desk, PARTS_OF_SPEECH, "Classifier", names, item_id=item, iri="lexinfo:noun")
    projects.save_item(desk, PARTS_OF_SPEECH, "Classifier", names, item_id=item)
    assert desk.store.items.find_one({"_id": item})["iri"] == LEXINFO + "noun"
