"""The REST API: what it promises in its own description."""

from __future__ import annotations

import io

import pytest
from openapi_spec_validator import validate

from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.domain.roles import SYSTEM, Role
from app.services import accounts, texts
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import members
from app.store.indexes import ensure_indexes
from app.web.openapi import make_document, paths
from tests.factories import make_entry, make_project

LIFT = (
    '<lift version="0.13"><entry id="a"><lexical-unit><form lang="seh"><text>moto</text></form>'
    "</lexical-unit></entry></lift>"
)


@pytest.fixture
def slug(store):
    """A project with its lists."""
    ensure_indexes(store)
    return store.projects.find_one({"_id": make_project(store)})["slug"]


@pytest.fixture
def api(app, store, slug, make_user, clock):
    """A client with a token of an editor, and the address of the project."""
    user = make_user("editor")
    actor = join(store, user, slug, Role.EDITOR)
    token = accounts.make_token(store, actor, "t", ["read", "write"], None, clock())
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}

    def call(method, path, **facts):
        facts["headers"] = headers | facts.get("headers", {})
        return client.open(f"/api/v1{path}", method=method, **facts)

    return call, f"/projects/{slug}"


def join(store, user, slug, role):
    """Makes a user a member; gives the actor."""
    project = store.projects.find_one({"slug": slug})
    members.put(store, project["_id"], user["_id"], role, by=SYSTEM, at=utc_now())
    return accounts.actor_of(user)


def test_the_description_is_valid_and_complete(app):
    document = make_document("http://localhost")
    validate(document)
    served = {
        (method.lower(), rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == paths()


def test_an_entry_is_added_read_changed_and_deleted(api):
    call, base = api
    made = call("POST", f"{base}/entries", json=make_entry("moto", "fire"))
    assert made.status_code == 201
    address = made.headers["Location"].removeprefix("/api/v1")
    found = call("GET", address)
    assert found.json["lemma"] == {"seh": "moto"}
    assert call("GET", address, headers={"If-None-Match": found.headers["ETag"]}).status_code == 304
    body = found.json | {"citation": {"seh": "mioto"}}
    assert call("PUT", address, json=body).status_code == 428
    stale = call("PUT", address, json=body, headers={"If-Match": '"99"'})
    assert stale.status_code == 412
    assert stale.mimetype == "application/problem+json"
    changed = call("PUT", address, json=body, headers={"If-Match": found.headers["ETag"]})
    assert changed.json["citation"] == {"seh": "mioto"}
    assert changed.headers["ETag"] == '"2"'
    sense = found.json["senses"][0]["id"]
    change = {"path": ["senses", sense, "gloss", "en"], "before": "fire", "after": "flame"}
    assert call("PATCH", address, json={"changes": [change]}).status_code == 200
    conflict = call("PATCH", address, json={"changes": [change | {"after": "x"}]})
    assert conflict.status_code == 409
    assert conflict.json["conflicts"][0]["theirs"] == "flame"
    assert call("DELETE", address, headers={"If-Match": '"3"'}).status_code == 204
    assert call("GET", address).status_code == 410


@pytest.mark.parametrize("limit", ["abc", "0", "-1", "1e3", "", "501", "٣"])
def test_a_limit_that_is_none_is_refused(api, limit):
    call, base = api
    answer = call("GET", f"{base}/entries?limit={limit}")
    assert (answer.status_code, answer.json["problems"][0]["where"]) == (422, "limit")


@pytest.mark.parametrize("key", ["x_06h0ci91fhr13chiqn7v879v4s", "a key of the client's own"])
def test_a_retry_with_the_same_key_is_not_a_second_entry(api, key):
    call, base = api
    body = {key: value for key, value in make_entry().items() if key != "id"}
    tries = [
        call("POST", f"{base}/entries", json=body, headers={"Idempotency-Key": key})
        for _ in range(2)
    ]
    assert [one.status_code for one in tries] == [201, 201], tries[0].json
    assert tries[0].headers["Location"] == tries[1].headers["Location"]
    assert len(call("GET", f"{base}/entries").json["items"]) == 1


def test_a_retry_is_answered_as_the_first_try_would_have_been(api):
    call, base = api
    made = call("POST", f"{base}/entries", json=make_entry("moto", "fire"))
    address = made.headers["Location"].removeprefix("/api/v1")
    body = made.json | {"citation": {"seh": "mioto"}}
    for _ in range(2):
        headers = {"Idempotency-Key": "put", "If-Match": '"1"'}
        changed = call("PUT", address, json=body, headers=headers)
        assert (changed.status_code, changed.json["rev"]) == (200, 2)
    path = ["senses", made.json["senses"][0]["id"], "gloss", "en"]
    patch = {"changes": [{"path": path, "before": "fire", "after": "blaze"}]}
    for _ in range(2):
        changed = call("PATCH", address, json=patch, headers={"Idempotency-Key": "patch"})
        assert (changed.status_code, changed.json["rev"]) == (200, 3)
    for _ in range(2):
        headers = {"Idempotency-Key": "delete", "If-Match": '"3"'}
        assert call("DELETE", address, headers=headers).status_code == 204
    assert call("DELETE", address, headers={"If-Match": '"3"'}).status_code == 404


def test_the_key_of_one_project_means_nothing_in_another(api, store):
    call, base = api
    make_project(store, "other")
    join(store, store.accounts.find_one({}), "other", Role.EDITOR)
    key = {"Idempotency-Key": new_id("x")}
    assert call("POST", f"{base}/entries", json=make_entry(), headers=key).status_code == 201
    again = call("POST", "/projects/other/entries", json=make_entry(), headers=key)
    assert again.status_code == 409
    assert call("GET", "/projects/other/entries").json["items"] == []


def test_entries_are_paged_by_key_in_the_order_of_the_alphabet(api):
    call, base = api
    for word in ("c", "a", "b"):
        call("POST", f"{base}/entries", json=make_entry(word))
    first = call("GET", f"{base}/entries?limit=2").json
    assert [one["lemma"]["seh"] for one in first["items"]] == ["a", "b"]
    rest = call("GET", first["next"].removeprefix("/api/v1")).json
    assert [one["lemma"]["seh"] for one in rest["items"]] == ["c"]
    assert rest["next"] is None
    assert call("GET", f"{base}/entries?limit=9999").status_code == 422


def test_changes_are_listed_and_undone(api):
    call, base = api
    call("POST", f"{base}/entries", json=make_entry())
    change = call("GET", f"{base}/changes").json["items"][0]
    assert call("GET", f"{base}/changes/{change['id']}").json["ops"][0]["action"] == "create"
    assert call("POST", f"{base}/changes/{change['id']}/undo").json["conflicts"] == []
    assert call("GET", f"{base}/entries").json["items"] == []


def test_a_file_is_imported_and_exported(api):
    call, base = api
    sent = {"file": (io.BytesIO(LIFT.encode()), "w.lift")}
    job = call("POST", f"{base}/imports", data=sent).json["job"].removeprefix("/api/v1")
    found = call("GET", job).json
    assert found["state"] == "done", found
    address = found["import"].removeprefix("/api/v1")
    assert call("GET", address).json["report"]["counts"]["entry/new"] == 1
    assert call("POST", f"{address}/confirm").status_code == 202
    assert len(call("GET", f"{base}/entries").json["items"]) == 1
    job = call("POST", f"{base}/exports", json={"format": "lift"}).json["job"]
    assert call("GET", job.removeprefix("/api/v1")).json["file"]


@pytest.mark.parametrize("body", [None, [], "x", {"lemma": 3}, {"lemma": {"seh": "a"}, "x": 1}, {}])
def test_bad_bodies_are_told_as_problems(api, body):
    call, base = api
    answer = call("POST", f"{base}/entries", json=body)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_a_token_that_only_reads_does_not_write(app, store, slug, make_user, clock):
    actor = join(store, make_user("reader"), slug, Role.OWNER)
    token = accounts.make_token(store, actor, "t", ["read"], None, clock())
    headers = {"Authorization": f"Bearer {token}"}
    client = app.test_client()
    assert client.get(f"/api/v1/projects/{slug}", headers=headers).status_code == 200
    answer = client.post(f"/api/v1/projects/{slug}/entries", json=make_entry(), headers=headers)
    assert answer.status_code == 403
    assert client.get(f"/api/v1/projects/{slug}").status_code == 404  # not even that it exists


def test_the_words_of_a_line_come_with_guesses(api, store, slug):
    call, base = api
    desk = open_desk(store, SYSTEM, slug)
    words = make_words("tikagwa", "seh", "ti-ka-gwa", "1PL-PST-fall", "en")
    texts.add_utterance(
        desk, {"baseline": {"seh": "tikagwa"}, "words": words}, change_id=new_id("x")
    )
    bare = {"baseline": {"seh": "Tikagwa"}, "words": make_words("Tikagwa", "seh")}
    line = texts.add_utterance(desk, bare, change_id=new_id("x"))
    found = call("GET", f"{base}/utterances/{line}/guesses").json["words"]
    (guess, *_) = found[bare["words"][0]["id"]]
    assert (guess["origin"], guess["count"]) == ("memory", 1)
    assert [m["gloss"]["en"] for m in guess["analysis"]["morphs"]] == ["1PL", "PST", "fall"]
    assert call("GET", f"{base}/utterances/l_nowhere/guesses").status_code == 404


def test_texts_are_added_read_changed_and_glossed(api):
    call, base = api
    made = call("post", f"{base}/texts", json={"title": {"seh": "N"}, "typed": "a b. C."})
    assert made.status_code == 201
    text = made.json["id"]
    (listed,) = call("get", f"{base}/texts").json["items"]
    assert listed["counts"] == {"utterances": 2, "words": 3, "glossed": 0}
    assert call("get", f"{base}/texts/{text}").json["title"] == {"seh": "N"}
    page = call("get", f"{base}/texts/{text}/utterances?limit=1").json
    (line,) = page["items"]
    assert line["baseline"] == {"seh": "a b."}
    (last,) = call("get", page["next"].removeprefix("/api/v1")).json["items"]
    assert last["baseline"] == {"seh": "C."}
    address = f"{base}/utterances/{line['id']}"
    change = {"path": ["translation", "en"], "before": None, "after": "x"}
    changed = call("patch", address, json={"changes": [change]})
    assert changed.json["translation"] == {"en": "x"}
    analysis = {"morphs": [{"form": {"seh": "a"}, "gloss": {"en": "A"}}]}
    word = line["words"][0]["id"]
    glossed = call("post", f"{address}/words/{word}", json={"analysis": analysis}).json["words"][0]
    assert glossed["analyses"][0]["morphs"][0]["gloss"] == {"en": "A"} and glossed["chosen"]
    assert call("get", address).json["rev"] == 3
    for body in ({}, {"analysis": 1}, {"analysis": {"nonsense": 1}}):
        assert call("post", f"{address}/words/{word}", json=body).status_code == 422
    assert call("post", f"{base}/texts", json={"typed": ""}).status_code == 422
