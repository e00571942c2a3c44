"""Pages of comments."""

from __future__ import annotations

import json

import pytest
from lxml import html

from app.domain.ids import new_id
from app.domain.roles import Role
from app.services import projects as service
from app.services.desk import open_desk
from app.store import members
from app.web.auth import service as accounts
from tests.factories import make_entry, make_store
from tests.factories import make_project as make_full_project

FIELD = "//select[@id='comment-path']/option/@value"


@pytest.fixture
def owner(store, admin, make_user, clock):
    made = make_user("olga", name="Olga Owner")
    make_store(store)
    project = make_full_project(store)
    members.put(store, project, made["_id"], Role.OWNER, by=service.Actor("x"), at=clock())
    return made


@pytest.fixture
def entry(store, owner):
    from app.services import lexicon

    desk = open_desk(store, accounts.actor_of(owner), "sena")
    return lexicon.add(desk, make_entry(), new_id("x"))


def editor_of(client, entry):
    return html.fromstring(client.http.get(f"/sena/lexicon/{entry}").text)


def test_a_thread_from_first_word_to_resolution(make_client, owner, entry):
    client = make_client(owner)
    page = editor_of(client, entry)
    (url,) = page.xpath("//a[@data-comments]/@href")
    page = client.get_page(url)
    paths = [json.loads(one) for one in page.xpath(FIELD) if one]
    gloss = next(one for one in paths if one[-2:] == ["gloss", "en"])
    client.post_page(url, {"text": "  "}, status=422)
    page = client.submit(url, {"text": "<b>Doubt</b>", "path": json.dumps(gloss)})
    assert page.xpath("string(//*[@class='said__text'])") == "<b>Doubt</b>"
    assert "Gloss (en)" in page.xpath("string(//*[@class='thread__about'])")
    (first,) = page.xpath("//input[@name='reply_to']/@value")
    page = client.submit(url, {"text": "Sure", "reply_to": first})
    assert len(page.xpath("//*[@class='said__text']")) == 2
    count = editor_of(client, entry).xpath("string(//*[@class='comments-button__count'])")
    assert count == "1"
    assert "nyumba" in client.get_page("/sena/comments").xpath("string(//ol)")
    page = client.submit(f"/sena/comments/{first}/resolve", {"back": "index"})
    assert not page.xpath("//ol[@class='threads']")
    page = client.get_page("/sena/comments?show=all")
    assert "resolved" in page.xpath("string(//ol[@class='threads'])")
    client.submit(f"/sena/comments/{first}/reopen")
    client.submit(f"/sena/comments/{first}/delete")
    assert client.get_page("/sena/activity").xpath("//nav//a[@href='/sena/comments']")


def test_the_dialog_is_given_a_part_of_a_page(make_client, owner, entry):
    client = make_client(owner)
    url = f"/sena/comments/on/entry/{entry}"
    answer = client.post(url, {"text": "Hm"}, headers={"X-Part": "comments"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'data-open="1"' in answer.text


@pytest.mark.parametrize("path", ["x", "1", "[1]", "{}", '[""]', "[" * 2000])
def test_a_path_that_is_none_is_refused(make_client, owner, entry, path):
    client = make_client(owner)
    url = f"/sena/comments/on/entry/{entry}"
    client.post_page(url, {"text": "Hm", "path": path}, status=422)


def test_members_of_other_projects_and_guests_see_nothing(make_client, owner, entry, make_user):
    for client in (make_client(), make_client(make_user("eve"))):
        assert client.http.get("/sena/comments").status_code == 404
        assert client.http.get(f"/sena/comments/on/entry/{entry}").status_code == 404
