"""The object languages of a project, in its settings and through the API."""

from __future__ import annotations

import pytest

from app.services import accounts

SETTINGS = "/sena/settings"


@pytest.fixture
def browser(owner, make_client):
    return make_client(owner)


def languages(store):
    return store.projects.find_one({"slug": "sena"})["languages"]


def test_a_language_is_added_changed_and_taken_out(store, browser):
    page = browser.submit(f"{SETTINGS}/languages", {"tag": "nya", "glottocode": "nyan1308"})
    assert "nyan1308" in page.text_content()
    first, added = languages(store)
    assert (first["name"], first["iso639_3"]) == ("Sena", "seh")
    assert (added["name"], added["iso639_3"], added["glottocode"]) == ("Nyanja", "nya", "nyan1308")
    browser.submit(f"{SETTINGS}/languages/{added['id']}", {"name": "Chichewa", "tag": "ny"})
    assert languages(store)[1]["name"] == "Chichewa"
    assert languages(store)[1]["glottocode"] == "nyan1308"
    browser.submit(f"{SETTINGS}/languages/{first['id']}/remove")
    assert [one["name"] for one in languages(store)] == ["Chichewa"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("iso639_3", "SEH", "three small letters"),
        ("iso639_3", "se", "three small letters"),
        ("iso639_3", "se1", "three small letters"),
        ("glottocode", "sena126", "four figures"),
        ("glottocode", "SENA1262", "four figures"),
        ("tag", "not a tag", "not a BCP 47"),
        ("tag", "zzzzzzzzzz", "not a BCP 47"),
        ("name", " ", "visible character"),
    ],
)
def test_a_wrong_code_is_refused_beside_its_field(store, browser, field, value, says):
    (language,) = languages(store)
    for url, id_ in ((f"/{language['id']}", language["id"]), ("", "new")):
        typed = {"name": "X", field: value}
        page = browser.post_page(f"{SETTINGS}/languages{url}", typed, status=422)
        told = page.xpath(f"string(//form[.//input[@id='language-name-{id_}']])")
        assert says in told
    assert languages(store) == [language]


def test_two_languages_with_one_code_are_refused(store, browser):
    page = browser.post_page(f"{SETTINGS}/languages", {"name": "Y", "iso639_3": "seh"}, status=422)
    assert "Sena has the code seh already" in page.text_content()


def test_the_api_changes_the_languages(app, store, owner, clock):
    actor = accounts.actor_of(owner)
    token = accounts.make_token(store, actor, "t", ["read", "write", "admin"], None, clock())
    client = app.test_client()

    def call(method, rev=None, **facts):
        headers = {"Authorization": f"Bearer {token}"} | ({"If-Match": f'"{rev}"'} if rev else {})
        return client.open("/api/v1/projects/sena", method=method, headers=headers, **facts)

    sent = {"languages": [{"name": "Nyanja", "tag": "ny", "glottocode": "nyan1308"}]}
    assert call("PATCH", json=sent).status_code == 428
    assert call("PATCH", 9, json=sent).status_code == 412
    assert call("PATCH", 1, json=sent).json["languages"][0]["glottocode"] == "nyan1308"
    for wrong in ([{"name": "N", "iso639_3": "X"}], [{"who": 1}], "x", [1]):
        assert call("PATCH", 2, json={"languages": wrong}).status_code == 422
    assert call("PATCH", 2, json={"groups": []}).status_code == 422


def test_sorting_rules_are_kept_and_what_is_not_understood_is_named(store, browser):
    address = f"{SETTINGS}/systems/seh"
    for rules, told in (("&n < ng", "own sorting rules"), ("[reorder Grek]", "[reorder Grek]")):
        page = browser.submit(address, {"letters": "", "rules": rules})
        assert told in page.text_content()
        (system, *_) = store.projects.find_one({"slug": "sena"})["writing_systems"]
        assert (system["collation"]["kind"], system["collation"]["rules"]) == ("icu", rules)
    browser.submit(address, {"letters": "a", "rules": rules})
    (system, *_) = store.projects.find_one({"slug": "sena"})["writing_systems"]
    assert system["collation"]["kind"] == "alphabet"
    browser.submit(address, {"letters": "", "rules": ""})
    (system, *_) = store.projects.find_one({"slug": "sena"})["writing_systems"]
    assert system["collation"].get("kind", "default") == "default"
