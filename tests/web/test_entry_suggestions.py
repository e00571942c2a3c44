"""Suggestions for an entry as the page and the API have them."""

from __future__ import annotations

import pytest

from app.domain.roles import SYSTEM
from app.services import accounts, entry_suggestions
from app.services.desk import open_desk
from app.services.guesses import Suggestion
from tests.factories import save_entry


@pytest.fixture
def entry(store, owner, monkeypatch):
    desk = open_desk(store, SYSTEM, "sena")
    morph = {"gloss": {"en": "dog"}}
    found = [Suggestion({"morphs": [morph]}, "memory", 0.9, 3, "confirmed 3 times")]
    monkeypatch.setattr(entry_suggestions.guesses, "analyses_of", lambda *_args: found)
    return save_entry(desk, "mbwa", "")


def test_the_page_and_the_api_tell_what_a_field_may_be(entry, owner, make_client, app, clock):
    client = make_client(owner)
    page = client.get_page(f"/sena/lexicon/{entry['id']}")
    assert page.xpath("//article[@data-editable]")
    told = client.http.get(f"/sena/lexicon/{entry['id']}/suggestions").json
    sense = entry["senses"][0]["id"]
    offer = {"value": "dog", "shown": "dog", "probability": 0.9, "origin": "memory",
             "reason": "in texts: confirmed 3 times"}  # fmt: skip
    wanted = {"path": ["senses", sense, "gloss", "en"], "kind": "text", "offers": [offer]}
    assert told == {"fields": [wanted], "waiting": False}
    token = accounts.make_token(
        app.extensions["life"].store, accounts.actor_of(owner), "t", ["read"], None, clock()
    )
    address = f"/api/v1/projects/sena/entries/{entry['id']}/suggestions"
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get(address, headers=headers).json == told
