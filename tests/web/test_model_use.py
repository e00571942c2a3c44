"""Pages on which models are put to use, and the same by API."""

from __future__ import annotations

import gzip
import io
import json

import pytest

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import accounts, people
from app.services.desk import open_desk
from app.services.predict import Predict
from app.store import files, members, models
from tests.modelling import add_bare_lines, add_lines, add_model
from tests.web.client import flashes

FILL = "/sena/models/fill"
SAYS = {"mti": ("tree", 0.97), "jua": ("sun", 0.6)}


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """What the models say, without any."""

    def guess(_self, _model, lines, _lexicon=(), *, seconds=0.0):
        return [{"words": [_alternatives(word.form) for word in one.words]} for one in lines]

    monkeypatch.setattr(Predict, "guess", guess)


def _alternatives(form):
    gloss, probability = SAYS.get(form, ("", 0.0))
    morphs = [{"form": form, "gloss": gloss, "joint": ""}]
    return [{"morphs": morphs, "probability": probability, "source": "model"}] if gloss else []


@pytest.fixture
def desk(store, owner):
    return open_desk(store, SYSTEM, "sena")


@pytest.fixture
def signed_in(make_client, owner):
    return make_client(owner)


@pytest.fixture
def api(app, store, desk, make_user, clock):
    user = make_user("apieditor")
    members.put(store, desk.project_id, user["_id"], Role.EDITOR, by=SYSTEM, at=clock())
    token = accounts.make_token(
        store, accounts.actor_of(user), "t", ["read", "write"], None, clock()
    )
    client = app.test_client()

    def call(method, path="", status=200, **facts):
        answer = client.open(
            f"/api/v1/projects/sena{path}", method=method,
            headers={"Authorization": f"Bearer {token}"}, **facts,
        )  # fmt: skip
        assert answer.status_code == status, answer.text
        return answer

    return call


def follow(client, answer):
    """The page to which a job leads that is done."""
    assert answer.status_code == 302, answer.text
    answer = client.http.get(answer.headers["Location"])
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_guesses_are_filled_in_after_they_were_seen(desk, signed_in):
    add_model(desk)
    first, _ = add_bare_lines(desk, ["mti jua", "jua mti"])
    page = signed_in.get_page("/sena/models")
    assert page.xpath("//a[contains(., 'Fill in guesses')]")
    page = signed_in.get_page(FILL)
    assert page.xpath("//option[@value='0.95'][@selected]")
    where = follow(signed_in, signed_in.post(FILL, {"certainty": "0.95"}))
    page = signed_in.get_page(where)
    assert "2 words of 4 that nobody has looked at would be filled in" in page.text_content()
    assert page.xpath("//*[@class='occurrence']//b[.='mti']")
    assert "97\u00a0%" in page.text_content()
    page = signed_in.get_page(follow(signed_in, signed_in.post(where, {"do": "yes"})))
    assert "2 lines were changed" in page.text_content()
    word = desk.store.utterances.find_one({"_id": first})["words"][0]
    assert word["analyses"][0]["origin"] == "model"
    text = desk.store.utterances.find_one({"_id": first})["text"]
    page = signed_in.get_page(f"/sena/texts/{text}")
    assert page.xpath("//*[@data-state='stored']")
    assert "fill in guesses" in signed_in.get_page("/sena/activity").text_content()


def test_what_is_not_wanted_is_forgotten_and_nonsense_refused(desk, signed_in):
    add_bare_lines(desk, ["mti"])
    assert signed_in.post_page(FILL, {"certainty": "0.7"}, status=422).xpath("//*[@role='alert']")
    where = follow(signed_in, signed_in.post(FILL, {"certainty": "0.5"}))
    assert "Nothing to fill in" in signed_in.get_page(where).text_content()
    page = signed_in.submit(where, {"do": "no"})
    assert flashes(page) == ["Nothing was changed."]
    assert signed_in.http.get(where).status_code == 404


def test_the_next_sentence_is_a_button_away_with_a_reason(desk, signed_in):
    add_lines(desk, 3)
    lines = add_bare_lines(desk, ["mti jua", "xa", "xe"])
    for page in ("/sena/texts", "/sena/texts/sentences"):
        assert signed_in.get_page(page).xpath("//a[contains(@href, '/texts/next')]")
    led = []
    for _ in lines:
        answer = signed_in.http.get("/sena/texts/next")
        where = answer.headers["Location"]
        led.append(where.rpartition("#")[2])
        page = signed_in.get_page(where.partition("#")[0])
        said = flashes(page)[-1]
        assert said.startswith("Next sentence.") and len(said) > 30
        assert page.xpath(f"//li[@id='{led[-1]}']")
    assert sorted(led) == sorted(lines)
    assert signed_in.http.get("/sena/texts/next").headers["Location"].rpartition("#")[2] in lines
    guest = signed_in.http.application.test_client()
    assert guest.get("/sena/texts/next").status_code in (302, 401, 404)


def test_an_empty_field_is_proposed_and_taken_over_by_a_press(desk, signed_in, monkeypatch):
    def guess(_self, _model, lines, _lexicon=(), *, seconds=0.0):
        said = [{"label": "narrative", "probability": 0.8}]
        return [{"words": [[{"label": "en", "probability": 0.9}]] * 2, "line": said} for _ in lines]

    monkeypatch.setattr(Predict, "guess", guess)
    (line,) = add_bare_lines(desk, ["mti jua"])
    stored = desk.store.utterances.find_one({"_id": line})
    where = f"/sena/texts/{stored['text']}/edit"
    assert "proposal" not in signed_in.http.get(where).text
    word = f"/sena/texts/lines/{line}/words/{stored['words'][1]['id']}/language"
    assert signed_in.http.get(word).json is None
    add_model(desk, task="classify", options={"field": "genre", "each": "line"})
    add_model(desk, task="language")
    (offer,) = signed_in.get_page(where).xpath("//*[@class='proposal']")
    assert "the model, 80 % sure" in offer.text_content()
    sent = {one.get("name"): one.get("value") for one in offer.xpath(".//input")}
    sent.pop("csrf_token")
    signed_in.post(where, sent)
    text = desk.store.texts.find_one({"_id": stored["text"]})
    assert text["genre"] == sent["genre"] and text["title"] == {"en": "Bare"}
    assert "proposal" not in signed_in.http.get(where).text
    told = signed_in.http.get(word).json
    assert (told["value"], told["reason"]) == ("en", "the model, 90 % sure")
    person = people.add(desk, {"name": "narrative", "label": "", "languages": [], "note": ""},
                        change_id=new_id("x"))  # fmt: skip
    desk.store.models.update_many({}, {"$set": {"options.field": "speaker"}})
    where = f"/sena/texts/lines/{line}/details"
    (offer,) = signed_in.get_page(where).xpath("//*[@class='proposal']")
    sent = {one.get("name"): one.get("value") for one in offer.xpath(".//input")}
    sent.pop("csrf_token")
    signed_in.post(where, sent)
    now = desk.store.utterances.find_one({"_id": line})
    assert now["speaker"] == person and now["words"] == stored["words"]


def test_a_model_is_tried_on_what_is_typed_and_writes_its_guesses(desk, signed_in, make_client):
    model = add_model(desk)
    add_bare_lines(desk, ["mti jua"])
    page = signed_in.get_page(f"/sena/models/{model}")
    assert page.xpath("//a[normalize-space()='Try it']")
    where = f"/sena/models/{model}/try"
    assert signed_in.get_page(where).xpath("//textarea[@name='typed']")
    page = signed_in.post_page(where, {"typed": "mti شمس\n\njua"})
    assert (
        "97.0\u00a0%" in page.text_content()
        and "It says nothing of this word." in page.text_content()
    )
    assert [one.text_content() for one in page.xpath("//h2")] == ["mti شمس", "jua"]
    assert signed_in.post_page(where, {"typed": " "}, status=422).xpath("//*[@aria-invalid]")
    where = f"/sena/models/{model}/guesses"
    assert signed_in.get_page(where).xpath("//option[@value='flextext']")
    page = signed_in.get_page(follow(signed_in, signed_in.post(where, {"format": "csv"})))
    (link,) = page.xpath("//a[contains(@href, '/file')]/@href")
    assert "tree" in signed_in.http.get(link).text
    assert "Guesses of a model" in signed_in.get_page("/sena/exchange").text_content()
    assert signed_in.post_page(where, {"format": "docx"}, status=422).xpath("//*[@role='alert']")
    assert make_client().http.get(where).status_code in (302, 401, 404)


def _keep(desk, name, data):
    return files.put(desk.store, desk.project_id, io.BytesIO(data), name)


def _measured(desk, lines, said, **facts):
    """A model that says the same of one word of each line."""
    words = [["mti", "tree", said, 0.9], ["jua", "sun", "sun", 0.4]]
    report = {"sentences": [{"id": one, "words": words} for one in lines]}
    return add_model(
        desk,
        report=_keep(desk, "r.gz", gzip.compress(json.dumps(report).encode())),
        lines=_keep(desk, "l.txt", models.write_lines((), lines)),
        measures=[{"name": "word", "value": 0.5, "low": 0.4, "high": 0.6, "count": 9}],
        **facts,
    )


def test_versions_are_compared_and_a_new_one_proposed(desk, signed_in, api):
    lines = add_lines(desk, 20)
    one = _measured(desk, lines[:6], "tree")
    other = _measured(desk, lines[:6], "post", is_default=False, series=one, version=2)
    page = signed_in.get_page(f"/sena/models/{one}")
    assert page.xpath(f"//select[@name='with']/option[@value='{other}']")
    where = f"/sena/models/{one}/compare?with={other}"
    page = signed_in.get_page(where)
    assert page.xpath("string(//h1)") == "Comparison" and "A is better." in page.text_content()
    assert len(page.xpath("//*[contains(@class, 'sentence__said--wrong')]")) == 6
    third = _measured(desk, lines[7:9], "post", is_default=False)
    page = signed_in.get_page(f"/sena/models/{one}/compare?with={third}")
    assert "This is no comparison." in page.text_content()
    assert page.xpath("string(//h1)") == "Two models beside each other"
    told = api("GET", f"/models/{one}/compare/{other}").json
    assert told["measured_on"] == "same" and told["difference"]["value"] == 0.5
    api("GET", f"/models/{one}/compare/{one}", 422)
    assert signed_in.http.get(f"/sena/models/{one}/compare?with=x").status_code == 404
    assert "was trained" not in signed_in.get_page("/sena/models").text_content()
    last = add_model(desk, learnt_from={"seq": 1, "gloss_ws": "en", "lines": 40})
    for page in ("/sena/models", f"/sena/models/{last}"):
        page = signed_in.get_page(page)
        assert "more to learn from since it was trained: 20 sentences" in page.text_content()
        assert page.xpath("//button[normalize-space()='Train a new version']")
    assert api("GET", f"/models/{last}/since").json["is_worth_it"]


def test_the_api_tries_a_model_and_writes_its_guesses(desk, api):
    model = add_model(desk)
    add_bare_lines(desk, ["mti jua"])
    told = api("POST", f"/models/{model}/try", json={"lines": ["mti\tthe tree"]}).json
    (line,) = told["lines"]
    assert line["translation"] == "the tree"
    assert line["words"][0]["alternatives"][0] == {
        "written": "mti", "gloss": "tree", "probability": 0.97, "source": "model",
    }  # fmt: skip
    api("POST", f"/models/{model}/try", 422, json={"lines": "mti"})
    job = api("POST", f"/models/{model}/guesses", 202, json={"format": "jsonl"}).json["id"]
    assert api("GET", f"/jobs/{job}").json["file"]
    api("POST", f"/models/{model}/guesses", 422, json={"format": "docx"})


def test_the_api_fills_in_and_says_what_is_next(desk, api):
    add_model(desk)
    (line,) = add_bare_lines(desk, ["mti jua"])
    told = api("GET", "/utterances/next").json
    assert told["utterance"]["id"] == line and told["why"]
    assert api("GET", f"/utterances/next?passed={line}").json == {"utterance": None}
    api("POST", "/fills", 422, json={"certainty": "much"})
    api("POST", "/fills", 422, json={"texts": "all"})
    job = api("POST", "/fills", 202, json={}).json["id"]
    where = api("GET", f"/jobs/{job}").json["fill"].partition("/sena")[2]
    told = api("GET", where).json
    assert (told["words"], told["open"], told["state"]) == (1, 2, "prepared")
    assert told["examples"][0]["gloss"] == "tree"
    api("POST", f"{where}/confirm", 202)
    assert api("GET", where).json["state"] == "done"
    api("POST", f"{where}/confirm", 409)
    job = api("POST", "/fills", 202, json={"certainty": 0.5}).json["id"]
    where = api("GET", f"/jobs/{job}").json["fill"].partition("/sena")[2]
    api("DELETE", where, 204)
    api("GET", where, 404)
