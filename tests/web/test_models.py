"""Pages about models: what there is, training, figures, sharing, the file."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.ml import engines, running
from app.services import accounts, model_training, people
from app.services.desk import open_desk
from app.store import members
from app.store.database import Document
from tests.labelling import add_categories
from tests.modelling import add_lines
from tests.web.client import flashes

URL = "/sena/models"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The simplest engine in the place of the usual one."""
    for part in (running, model_training):
        monkeypatch.setattr(part, "module_of", lambda _engine: "app.ml.lookup")


@pytest.fixture
def desk(store, owner):
    return open_desk(store, SYSTEM, "sena")


@pytest.fixture
def signed_in(make_client, owner):
    return make_client(owner)


def member(make_client, make_user, desk, role):
    user = make_user(f"{role.value}-one")
    members.put(desk.store, desk.project_id, user["_id"], role, by=SYSTEM, at=user["created"])
    return make_client(user)


def train(client, **form) -> Document:
    """Trains through the form; gives the model's page and address."""
    answer = client.post(URL, {"task": "gloss", "curve": "no", **form})
    assert answer.status_code == 302
    answer = client.http.get(answer.headers["Location"])
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_what_is_missing_is_told_and_nothing_can_be_pressed(desk, signed_in):
    add_lines(desk, 18)
    page = signed_in.get_page(URL)
    assert "12 more glossed sentences are needed." in page.text_content()
    assert not page.xpath("//button[normalize-space()='Train']")
    page = signed_in.post_page(URL, {"task": "gloss"}, status=422)
    assert page.xpath("//h1")


def test_a_model_is_trained_and_its_figures_stand_beside_the_lookup(desk, signed_in):
    add_lines(desk, 70)
    page = signed_in.get_page(URL)
    assert page.xpath("//a[contains(@class, 'rail__link')][@aria-current]")
    assert len(page.xpath("//button[normalize-space()='Train']")) == 3
    where = train(signed_in, curve="yes")
    page = signed_in.get_page(where)
    headings = [one.text_content() for one in page.xpath("//h2")]
    assert headings.index("Figures") < headings.index("How far it can be believed")
    assert "Lookup:" in page.text_content() and "Learning curve" in headings
    assert page.xpath("//*[contains(@class, 'sentence__word')]")
    assert "guesses" in signed_in.get_page(URL).text_content()


def test_options_of_one_way_to_learn_are_not_those_of_another(desk, signed_in, monkeypatch):
    monkeypatch.setattr(engines, "_is_there", lambda package: True)
    add_categories(desk, add_lines(desk, 40))
    page = signed_in.get_page(URL)
    for task in ("pos", "gloss"):
        assert page.xpath(f"//select[@id='{task}-engine']/option[@value='transformer']")
    assert page.xpath("//select[@name='option.transformer.size']/option[@value='medium']")
    where = train(signed_in, task="pos", engine="crf", **{"option.transformer.size": "medium"})
    assert store_model(desk, where)["options"] == {}
    size = {"option.transformer.size": "medium"}
    where = train(signed_in, task="pos", engine="transformer", **size)
    assert store_model(desk, where)["options"] == {"size": "medium", "epochs": "auto"}
    monkeypatch.setattr(engines, "_is_there", lambda package: False)
    page = signed_in.get_page(URL)
    assert not page.xpath("//select[@id='pos-engine']/option[@value='transformer']")
    assert "needs torch, transformers, which this server does not have" in page.text_content()


def store_model(desk, where):
    return desk.store.models.find_one({"_id": where.rsplit("/", 1)[1]})


def test_names_versions_and_deleting(desk, signed_in):
    add_lines(desk, 60)
    first = train(signed_in, name="Erste")
    series = first.rpartition("/")[2]
    second = train(signed_in, series=series)
    page = signed_in.get_page(second)
    assert "Versions" in page.text_content() and "version 2" in page.text_content()
    page = signed_in.submit(second, {"name": "Zweite", "notes": "Nicht schlecht.", "rev": "1"})
    assert page.xpath("string(//h1)").strip() == "Zweite"
    assert signed_in.post_page(second, {"name": " "}, status=422).xpath("//*[@aria-invalid]")
    page = signed_in.submit(f"{second}/default")
    assert flashes(page) == ["It guesses now."]
    page = signed_in.submit(f"{second}/delete")
    assert page.xpath("//button[normalize-space()='Bring back']")
    page = signed_in.submit(f"{second}/restore")
    assert page.xpath("string(//h1)").strip() == "Zweite"
    assert "a model" in signed_in.get_page("/sena/activity").text_content()


def test_the_file_and_the_card(desk, signed_in):
    add_lines(desk, 60)
    where = train(signed_in)
    answer = signed_in.http.get(f"{where}/file")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert "card.md" in packed.namelist()
    answer = signed_in.http.get(f"{where}/card.md")
    assert answer.mimetype == "text/markdown" and answer.text.startswith("---\n")


def test_who_may_read_sees_and_who_may_edit_trains(desk, signed_in, make_client, make_user):
    add_lines(desk, 60)
    where = train(signed_in)
    viewer = member(make_client, make_user, desk, Role.VIEWER)
    page = viewer.get_page(where)
    assert "Figures" in page.text_content()
    assert not page.xpath("//button[contains(., 'Delete') or contains(., 'Train')]")
    assert not viewer.get_page(URL).xpath("//button[normalize-space()='Train']")
    assert viewer.post(URL, {"task": "gloss"}).status_code == 403
    editor = member(make_client, make_user, desk, Role.EDITOR)
    page = editor.get_page(where)
    assert page.xpath("//button[contains(., 'Delete')]") and not page.xpath("//h2[@id='share']")
    assert editor.post(f"{where}/share", {"public": "yes"}).status_code == 403


def test_guests_see_only_what_is_shared_with_everybody(desk, signed_in, make_client):
    add_lines(desk, 60)
    where = train(signed_in)
    desk.store.projects.update_one({"_id": desk.project_id}, {"$set": {"visibility": "public"}})
    guest = make_client()
    assert guest.http.get(where).status_code == 404
    assert "No model yet" in guest.get_page(URL).text_content()
    page = signed_in.post_page(f"{where}/share", {"public": "yes"}, status=422)
    assert "Say under which licence" in page.text_content()
    signed_in.submit(f"{where}/share", {"public": "yes", "licence": "CC-BY-4.0"})
    page = guest.get_page(where)
    assert "everybody may use it" in page.text_content()
    assert not page.xpath("//*[contains(@class, 'sentence__word')]")


def test_a_model_without_consent_says_so(desk, signed_in):
    facts = {"name": "Ana", "label": "", "languages": [], "note": ""}
    person = people.add(desk, facts, change_id=new_id("x"))
    given = people.save_consent(desk, person, ["train"], change_id=new_id("x"))
    add_lines(desk, 60, line={"speaker": person})
    where = train(signed_in)
    people.withdraw_consent(desk, person, given, change_id=new_id("x"))
    page = signed_in.get_page(where)
    assert "should not be used any more" in page.text_content()
    assert not page.xpath("//a[normalize-space()='Download']")
    assert signed_in.http.get(f"{where}/file").status_code == 403
    page = signed_in.get_page(URL)
    assert "has not agreed to training" in page.text_content()


def test_a_training_can_be_watched_and_stopped(desk, owner, make_client, make_app):
    add_lines(desk, 60)
    waiting = []
    app = make_app()
    object.__setattr__(app.extensions["life"], "enqueue", waiting.append)
    client = make_client(owner, app)
    answer = client.post(URL, {"task": "gloss"})
    page = client.get_page(answer.headers["Location"])
    assert page.xpath("//progress") and waiting
    told = client.http.get(answer.headers["Location"], headers={"Accept": "application/json"}).json
    assert told["state"] == "waiting" and told["log"] == []
    assert "being trained" in client.get_page(URL).text_content()
    page = client.submit(f"{answer.headers['Location']}/cancel")
    assert "It was stopped." in page.text_content()
    assert client.http.get("/sena/models/jobs/j_nothing").status_code == 404


@pytest.fixture
def api(app, store, desk, make_user, clock):
    user = make_user("apieditor")
    members.put(store, desk.project_id, user["_id"], Role.EDITOR, by=SYSTEM, at=clock())
    actor = accounts.actor_of(user)
    token = accounts.make_token(store, actor, "t", ["read", "write"], None, clock())
    client = app.test_client()

    def call(method, path="", status=200, **facts):
        headers = {"Authorization": f"Bearer {token}", **facts.pop("headers", {})}
        answer = client.open(
            f"/api/v1/projects/sena{path}", method=method, headers=headers, **facts
        )
        assert answer.status_code == status, answer.text
        return answer

    return call


def test_the_api_trains_tells_and_gives_the_file(desk, api):
    add_lines(desk, 18)
    (gloss, *_) = api("GET", "/models").json["tasks"]
    assert gloss["amount"]["missing"] == 12
    told = api("POST", "/models", 422, json={"task": "gloss"}).json
    assert "12 more" in told["detail"]
    add_lines(desk, 60, first=100)
    asked = {"task": "gloss", "options": {"from": "words"}, "curve": False, "name": "By API"}
    job = api("POST", "/models", 202, json=asked).json["id"]
    done = api("GET", f"/jobs/{job}").json
    assert done["state"] == "done"
    where = done["model"].partition("/sena")[2]
    model = api("GET", where)
    assert model.json["name"] == "By API" and model.json["measures"][0]["name"] == "word"
    assert "archive" not in model.json and model.json["withdrawn"] == []
    assert api("GET", f"{where}/report").json["sentences"]
    assert api("GET", f"{where}/file").mimetype == "application/zip"
    tag = {"If-Match": model.headers["ETag"]}
    said = {"name": "Other", "is_default": False}
    changed = api("PATCH", where, headers=tag, json=said)
    assert changed.json["name"] == "Other" and not changed.json.get("is_default")
    api("PATCH", where, 412, headers=tag, json={"name": "Late"})
    api("DELETE", where, 204)
    api("GET", where, 404)
    assert api("POST", f"{where}/restore").json["name"] == "Other"
