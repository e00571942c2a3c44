"""The entry's page offers to update texts, and says what points at what is to be deleted."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import accounts, history, jobs, lexicon, pointers
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import members
from app.web import create_app
from tests.factories import save_entry
from tests.services.test_pointers import add, morph_of, pointer


@pytest.fixture
def desk(store, owner):
    return open_desk(store, SYSTEM, "sena")


@pytest.fixture
def client(make_client, owner):
    return make_client(owner)


@pytest.fixture
def entry(desk):
    return save_entry(desk)


def regloss(client, entry):
    path = ["senses", entry["senses"][0]["id"], "gloss", "en"]
    body = {
        "id": new_id("x"),
        "rev": 1,
        "changes": [{"path": path, "before": "house", "after": "hut"}],
    }
    headers = {"X-CSRFToken": client.csrf_token, "Accept": "application/json"}
    answer = client.http.post(f"/sena/lexicon/{entry['id']}/changes", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json["html"]


def test_a_changed_gloss_is_offered_seen_and_used(client, desk, entry):
    lines = add(desk, entry, 3)
    url = f"/sena/lexicon/{entry['id']}"
    assert "Update texts" not in client.get_page(url).text_content()
    assert "3 places in texts say “house”" in regloss(client, entry)
    page = client.get_page(url)
    assert "3 places in texts say “house”" in page.text_content()
    assert f"{url}/texts" in page.xpath("//a/@href")
    preview = client.get_page(f"{url}/texts")
    boxes = preview.xpath("//input[@name='use']")
    assert len(boxes) == 3 and all("checked" in box.attrib for box in boxes)
    assert "Nyumba" in preview.text_content()
    client.post(f"{url}/texts", {"use": [boxes[0].get("value"), boxes[1].get("value")]})
    assert sorted(morph_of(desk, line)["gloss"]["en"] for line in lines) == ["house", "hut", "hut"]
    assert "1 place in texts says “house”" in client.get_page(url).text_content()
    last = desk.store.changes.find_one({}, sort=[("seq", -1)])
    history.undo(desk, [last["_id"]], change_id=new_id("x"))
    assert {morph_of(desk, line)["gloss"]["en"] for line in lines} == {"house"}


def test_what_points_at_an_entry_is_said_before_it_is_deleted(client, desk, entry):
    (line,) = add(desk, entry)
    url = f"/sena/lexicon/{entry['id']}"
    page = client.get_page(url)
    assert f"{url}/delete" in page.xpath("//a/@href")
    sense = entry["senses"][0]["id"]
    assert f"{url}/delete?part={sense}" in page.xpath("//a/@href")
    assert (
        "2 places in the texts that you may read" in client.get_page(f"{url}/delete").text_content()
    )
    asked = client.get_page(f"{url}/delete?part={sense}")
    assert "2 places" in asked.text_content() and "house" in asked.text_content()
    client.post(f"{url}/parts/{sense}/delete", {})
    assert pointer(desk, line) == (entry["id"], None, None)
    client.post(f"{url}/delete", {})
    assert pointer(desk, line) == (None, None, None)
    client.post(f"{url}/restore", {})
    assert pointer(desk, line) == (entry["id"], None, None)


def test_what_nothing_points_at_is_deleted_at_once(client, desk, entry):
    page = client.get_page(f"/sena/lexicon/{entry['id']}")
    assert f"/sena/lexicon/{entry['id']}/delete" in page.xpath("//form/@action")
    assert page.xpath("//*[@data-remove]")
    client.get_page(f"/sena/lexicon/{entry['id']}/delete?part=s_none", status=404)


def test_a_contributor_updates_own_texts_and_a_viewer_none(
    make_client, make_user, store, desk, entry
):
    (line,) = add(desk, entry)
    sense = ("senses", entry["senses"][0]["id"], "gloss", "en")
    lexicon.save(
        desk,
        entry["id"],
        [FieldChange(sense, "house", "hut")],
        base_rev=None,
        change_id=new_id("x"),
    )
    people = {role: make_user(role.value) for role in (Role.CONTRIBUTOR, Role.VIEWER)}
    for role, user in people.items():
        members.put(store, desk.project_id, user["_id"], role, by=SYSTEM, at=utc_now())
    contributor = make_client(people[Role.CONTRIBUTOR])
    url = f"/sena/lexicon/{entry['id']}"
    assert "Update texts…" not in contributor.get_page(url).text_content()
    assert "Nothing to update" in contributor.get_page(f"{url}/texts").text_content()
    key = f"{line}.{morph_of(desk, line)['id']}.gloss"
    contributor.post(f"{url}/texts", {"use": [key]})
    assert morph_of(desk, line)["gloss"]["en"] == "house"
    viewer = make_client(people[Role.VIEWER])
    assert "Update texts…" not in viewer.get_page(url).text_content()
    viewer.get_page(f"{url}/texts", status=403)


def test_where_many_lines_go_with_it_it_is_a_job(
    desk, entry, owner, settings, store, clock, tmp_path, monkeypatch, make_client
):
    monkeypatch.setattr(pointers, "AT_ONCE", 1)
    asked = []
    app = create_app(settings, store, clock=clock, enqueue=asked.append)
    client = make_client(owner, app=app)
    lines, extra = add(desk, entry, 3), save_entry(desk, "nyumbe")
    url, sense = f"/sena/lexicon/{entry['id']}", entry["senses"][0]["id"]

    def submit(address, form=None):
        answer = client.post(address, form or {})
        assert "/jobs/" in answer.headers["Location"] and len(asked) == 1
        client.get_page(answer.headers["Location"])
        jobs.run(store, asked.pop(), tmp_path)
        done = client.http.get(answer.headers["Location"])
        assert done.headers["Location"].startswith("/sena/lexicon/e_")

    submit(f"{url}/parts/{sense}/delete")
    assert {pointer(desk, line) for line in lines} == {(entry["id"], None, None)}
    submit(f"{url}/delete")
    assert {pointer(desk, line)[0] for line in lines} == {None}
    submit(f"{url}/restore")
    assert {pointer(desk, line)[0] for line in lines} == {entry["id"]}
    submit("/sena/duplicates", {"one": extra["id"], "other": entry["id"], "do": "one"})
    assert {pointer(desk, line)[0] for line in lines} == {extra["id"]}
    token = accounts.make_token(
        store, accounts.actor_of(owner), "t", ["read", "write"], None, clock()
    )
    headers = {"Authorization": f"Bearer {token}", "If-Match": '"2"'}
    address = f"/api/v1/projects/sena/entries/{extra['id']}"
    assert app.test_client().delete(address, headers=headers).status_code == 202
    jobs.run(store, asked.pop(), tmp_path)
    assert {pointer(desk, line)[0] for line in lines} == {None}
