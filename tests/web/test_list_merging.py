"""Merging and deleting list items on the pages and through the API."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.domain.project import NOTE_TYPES, PARTS_OF_SPEECH
from app.services import accounts, jobs, projects
from app.services.desk import open_desk
from app.web import create_app
from tests.factories import item_id, save_entry
from tests.web.client import flashes


@pytest.fixture
def desk(store, owner):
    return open_desk(store, accounts.actor_of(owner), "sena")


@pytest.fixture
def browser(owner, make_client):
    return make_client(owner)


def test_an_item_in_use_is_offered_to_be_merged(desk, browser):
    noun, verb = (item_id(desk, PARTS_OF_SPEECH, code) for code in ("Noun", "Verb"))
    entry = save_entry(desk, "moto", sense={"pos": noun})
    address = f"/sena/lists/{PARTS_OF_SPEECH}/{noun}"
    page = browser.submit(f"{address}/delete")
    assert flashes(page) == ["1 entry holds “Noun”: merge it into another item instead."]
    assert "moto" in page.text_content()
    assert "would change 1 entry" in page.text_content()
    browser.post_page(f"{address}/merge", {"into": ""}, status=422)
    page = browser.submit(f"{address}/merge", {"into": verb})
    assert "Merged" in flashes(page)[0]
    assert desk.store.entries.find_one({"_id": entry["id"]})["senses"][0]["pos"] == verb
    assert "merge “Noun” into “Verb”" in browser.get_page("/sena/activity").text_content()


def test_an_item_that_nothing_holds_is_deleted(desk, browser):
    item = projects.save_item(desk, NOTE_TYPES, "odd", {"en": "odd"})
    browser.get_page(f"/sena/lists/{NOTE_TYPES}/{item}/merge")
    page = browser.submit(f"/sena/lists/{NOTE_TYPES}/{item}/delete")
    assert flashes(page) == ["Deleted."]


def test_the_api_counts_merges_and_deletes(desk, settings, store, clock, tmp_path):
    asked = []
    app = create_app(settings, store, clock=clock, enqueue=asked.append)
    token = accounts.make_token(store, desk.actor, "t", ["read", "write"], None, clock())
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    noun, verb = (item_id(desk, PARTS_OF_SPEECH, code) for code in ("Noun", "Verb"))
    save_entry(desk, "moto", sense={"pos": noun})
    items = "/api/v1/projects/sena/items"
    assert client.get(f"{items}/{noun}/uses", headers=headers).json == {"entry": 1}
    assert client.delete(f"{items}/{noun}", headers=headers).status_code == 422
    made = client.post(f"{items}/{noun}/merge", headers=headers, json={"into": verb})
    assert made.status_code == 202
    jobs.run(store, asked[0], tmp_path)
    assert client.get(f"{items}/{verb}/uses", headers=headers).json == {"entry": 1}
    unknown = client.post(f"{items}/{verb}/merge", headers=headers, json={"into": new_id("i")})
    assert unknown.status_code == 404
