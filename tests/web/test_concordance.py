"""Pages of the concordance, the API beside them, and the program that keeps them up to date."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from urllib.parse import urlencode

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import concordance
from app.services.desk import open_desk
from app.settings import REPOSITORY
from app.store import changes, members
from app.store.changes import Op
from tests.corpus import add_text, follow, make_line
from tests.factories import item_id, make_project, make_store, save_entry


@pytest.fixture
def desk(owner, store):
    return open_desk(store, SYSTEM, "sena")


def address(**query):
    return f"/sena/concordance?{urlencode(query)}"


def test_a_project_without_texts_says_what_comes_here(make_client, owner, desk):
    follow(desk)
    client = make_client(owner)
    page = client.get_page("/sena/concordance")
    assert page.xpath("//nav//a[@aria-current='page'][contains(., 'Concordance')]")
    assert "Nothing found" in client.get_page(address(text="a")).text_content()
    assert "Nothing to count yet" in client.get_page("/sena/concordance/frequencies").text_content()


def test_finds_stand_in_their_lines_and_lead_to_text_and_entry(make_client, owner, desk):
    entry = save_entry(desk, "nyumba", "house")
    verb = item_id(desk, "parts-of-speech", "Verb")
    line = make_line("a nyumba-z kulu", "a nyumba-z kulu", "x house-PL big", label="7")
    morphs = line["words"][1]["analyses"][0]["morphs"]
    morphs[0] |= {"entry": entry["id"], "pos": verb}
    text = add_text(desk, line, date="1998")
    follow(desk)
    client = make_client(owner)
    query = {"line": "gloss", "text": "pl", "sort": "left"}
    query |= {"near": "morph-before", "near_line": "category", "near_category": verb}
    page = client.get_page(address(**(query | {"near": "morph-after"})))
    assert "Nothing found" in page.text_content()
    page = client.get_page(address(**query))
    (found,) = page.xpath("//li[contains(@class, 'kwic__find')]")
    assert [mark.text_content() for mark in found.xpath(".//mark")] == ["z", "PL"]
    stored = desk.store.utterances.find_one({"text": text})["_id"]
    assert found.xpath(f".//a[@href='/sena/texts/{text}?at={stored}#{stored}']")
    assert page.xpath("//select[@name='near']/option[@selected]/@value") == ["morph-before"]
    page = client.get_page(address(text="nyumba", mode="start"))
    assert page.xpath(f"//ol//a[@href='/sena/lexicon/{entry['id']}']")
    page = client.get_page(f"/sena/lexicon/{entry['id']}")
    (link,) = page.xpath("//a[normalize-space()='Occurrences']/@href")
    answer = client.http.get(link)
    page = client.get_page(answer.headers["Location"])
    assert "1 find" in page.text_content() and "nyumba" in page.xpath("string(//h2)")
    assert "1998" in client.get_page(f"/sena/concordance/years?{urlencode(query)}").text_content()
    page = client.get_page("/sena/concordance/frequencies?line=gloss")
    (link,) = page.xpath("//th/a[normalize-space()='PL']/@href")
    assert "1 find" in client.get_page(link).text_content()
    page = client.get_page("/sena/concordance/frequencies?line=category")
    assert "Verb" in page.text_content()


def test_an_expression_that_is_none_says_where(make_client, owner):
    page = make_client(owner).get_page(address(text="ab(", mode="regex"), status=422)
    assert "at character" in page.xpath("string(//*[@id='f-text-error'])")
    assert page.xpath("//input[@name='text']/@value") == ["ab("]


def test_what_was_typed_is_shown_as_text(make_client, owner, desk):
    evil = "<script>alert(1)</script>"
    add_text(desk, make_line(f"a {evil} b", translation={"en": evil}), title=evil)
    follow(desk)
    client = make_client(owner)
    for query in ({"text": evil}, {"text": "script"}, {"line": "translation", "text": "alert"}):
        page = client.get_page(address(**query))
        assert not page.xpath("//main//script")
    assert client.post("/sena/concordance/saved", {"name": evil, "text": "a"}).status_code == 302
    page = client.get_page("/sena/concordance")
    assert page.xpath("string(//nav[@aria-label='Kept queries']//a)") == evil


def test_a_kept_query_comes_back_and_is_forgotten(make_client, owner, desk):
    client = make_client(owner)
    form = {"name": "Plurals", "line": "gloss", "text": "PL", "sort": "right"}
    answer = client.post("/sena/concordance/saved", form)
    assert answer.headers["Location"].endswith("/concordance?line=gloss&text=PL&sort=right")
    page = client.get_page("/sena/concordance")
    (link,) = page.xpath("//a[normalize-space()='Plurals']/@href")
    assert "sort=right" in link
    (delete,) = page.xpath("//form[contains(@action, '/saved/')]/@action")
    assert client.post(delete, {}).status_code == 302
    assert "Plurals" not in client.get_page("/sena/concordance").xpath("string(//main)")


def test_pages_lead_on(make_client, owner, desk, monkeypatch):
    monkeypatch.setattr(concordance, "PAGE", 2)
    add_text(desk, *["na a"] * 3)
    follow(desk)
    client = make_client(owner)
    page = client.get_page(address(text="na", sort="right"))
    assert len(page.xpath("//li[contains(@class, 'kwic__find')]")) == 2
    (more,) = page.xpath("//a[@rel='next']/@href")
    page = client.get_page(more)
    assert len(page.xpath("//li[contains(@class, 'kwic__find')]")) == 1
    assert page.xpath("//a[@rel='prev']")
    client.get_page(address(text="na", after="strange"))


def test_a_language_from_right_to_left_is_shown_so(make_client, owner, store):
    make_project(make_store(store), "arabic", language="ar")
    desk = open_desk(store, SYSTEM, "arabic")
    members.put(store, desk.project_id, owner["_id"], Role.OWNER, by=SYSTEM, at=owner["created"])
    line = make_line("هذا بيت", ws="ar")
    add_text(desk, line)
    follow(desk)
    page = make_client(owner).get_page(f"/arabic/concordance?{urlencode({'text': 'بيت'})}")
    assert page.xpath("//ol[@class='kwic']/@dir") == ["rtl"]
    assert page.xpath("//span[contains(@class, 'kwic__left')]/@lang") == ["ar"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.EDITOR])
def test_each_role_sees_what_it_may_do(make_client, make_user, owner, desk, store, role, clock):
    user = make_user()
    members.put(store, desk.project_id, user["_id"], role, by=SYSTEM, at=clock())
    add_text(desk, "na a")
    follow(desk)
    client = make_client(user)
    page = client.get_page(address(text="na"))
    assert bool(page.xpath("//form[contains(@action, '/saved')]")) is (role is not Role.VIEWER)
    assert page.xpath("//a[contains(@href, 'finds.csv')]")
    assert client.http.get("/sena/concordance/finds.csv?text=na").status_code == 200
    wanted = 403 if role is Role.VIEWER else 302
    assert client.post("/sena/concordance/saved", {"name": "n", "text": "a"}).status_code == wanted


def test_guests_of_a_public_project_read_but_take_nothing_along(client, desk, store):
    store.projects.update_one({"_id": desk.project_id}, {"$set": {"visibility": "public"}})
    closed = add_text(desk, "secretword", title="Closed")
    op = Op("text", closed, changes=[FieldChange(("access",), None, {"level": "members"})])
    add_text(desk, "na a")
    changes.commit(store, desk.project_id, SYSTEM, "edit", [op], change_id=new_id("x"))
    follow(desk)
    assert "1 find" in client.get_page(address(text="na")).text_content()
    page = client.get_page(address(text="secretword"))
    assert "Nothing found" in page.text_content() and "0 finds" in page.text_content()
    page = client.get_page(address(text="secret", mode="start"))
    assert "Closed" not in page.text_content() and "0 finds" in page.text_content()
    page = client.get_page("/sena/concordance/frequencies")
    assert "secretword" not in page.text_content()
    assert client.http.get("/sena/concordance/finds.csv?text=na").status_code in (302, 403)


def test_the_table_and_the_examples_are_files(make_client, owner, desk):
    add_text(desk, make_line("anyumba", "a-nyumba", "PL-house"))
    follow(desk)
    client = make_client(owner)
    answer = client.http.get("/sena/concordance/finds.csv?line=gloss&text=PL")
    assert answer.mimetype == "text/csv" and "a-nyumba,PL-house" in answer.text
    answer = client.http.get("/sena/concordance/examples/gb4e?line=gloss&text=PL")
    assert answer.mimetype == "text/plain" and answer.text.startswith(r"\begin{exe}")
    assert client.http.get("/sena/concordance/examples/word?text=a").status_code == 404
    assert client.http.get("/sena/concordance/finds.csv?mode=regex&text=(").status_code == 422


def test_the_api_gives_finds_and_frequencies(make_client, owner, desk):
    add_text(desk, *["na a"] * 3)
    follow(desk)
    client = make_client(owner)
    base = "/api/v1/projects/sena"
    first = client.http.get(f"{base}/occurrences?text=na&limit=2").get_json()
    assert (first["count"], len(first["items"]), first["items"][0]["right"]) == (3, 2, " a")
    rest = client.http.get(first["next"]).get_json()
    assert len(rest["items"]) == 1 and rest["next"] is None
    counted = client.http.get(f"{base}/frequencies?line=word").get_json()
    assert counted["items"] == [{"form": "a", "count": 3}, {"form": "na", "count": 3}]
    wrong = client.http.get(f"{base}/occurrences?text=(&mode=regex")
    assert wrong.status_code == 422 and wrong.mimetype == "application/problem+json"


class Following:
    """`python -m app follow` in a process of its own."""

    def __init__(self, settings):
        self.log = (settings.log / "follow.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "follow"],
            cwd=REPOSITORY,
            env={**os.environ, **settings.environ()},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def end(self, number):
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.log.close()
        return code


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_save_is_found_within_two_seconds_and_a_kill_loses_nothing(
    make_client, owner, desk, settings
):
    client = make_client(owner)

    def finds(word):
        answer = client.http.get(f"/api/v1/projects/sena/occurrences?text={word}")
        return answer.get_json()["count"]

    add_text(desk, "first")
    program = Following(settings)
    try:
        assert wait_for(lambda: finds("first") == 1, 30)  # it has started and caught up
        add_text(desk, "second")
        assert wait_for(lambda: finds("second") == 1, 2)
    finally:
        program.end(signal.SIGKILL)
    add_text(desk, "third")
    desk.store.follower_leases.delete_many({})  # as when its time has run out
    program = Following(settings)
    try:
        assert wait_for(lambda: finds("third") == 1, 30)
    finally:
        assert program.end(signal.SIGTERM) == 0
