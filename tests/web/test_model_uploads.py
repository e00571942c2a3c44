"""Pages and API about models from outside."""

from __future__ import annotations

import io

import pytest

from app.domain.errors import Invalid, Problem
from app.domain.roles import SYSTEM, Role
from app.ml import asking, engines
from app.ml.asking import Facts, Loaded
from app.ml.external import Service
from app.services import accounts
from app.services.desk import open_desk
from app.store import files, members
from app.web import model_uploads as pages
from tests.labelling import add_categories
from tests.ml.uploads import CONFIG, own, skops, transformers, zipped
from tests.modelling import add_lines
from tests.web.client import flashes

URL = "/sena/models/upload"
LABELS = ("dog", "cat", "Fish", "x.y")


class Said(Loaded):
    """A model that says the same of every word, in this process."""

    def guess(self, lines):
        told = [{"label": "Fish", "probability": 0.75}, {"label": "x.y", "probability": 0.25}]
        return [{"id": line["id"], "words": [told for _ in line["words"]]} for line in lines]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Models are not started: what is tried here are pages."""
    from contextlib import contextmanager

    @contextmanager
    def loaded(module, folder, log, stop):
        if not (folder / "model.skops").exists():
            raise Invalid(Problem("model", "It cannot be loaded."))
        yield Said(Facts(LABELS, "", "1.9.2"), None, stop)

    monkeypatch.setattr(asking, "loaded", loaded)


@pytest.fixture
def desk(store, owner):
    return open_desk(store, SYSTEM, "sena")


@pytest.fixture
def signed_in(make_client, owner):
    return make_client(owner)


def send(client, *sent, status=302):
    """Uploads files through the form; gives the answer."""
    answer = client.post(URL, {"file": [(io.BytesIO(data), name) for name, data in sent]},
                         content_type="multipart/form-data")  # fmt: skip
    assert answer.status_code == status, answer.text
    return answer


def blobs(desk):
    return [one["_id"] for one in files.iterate(desk.store, desk.project_id)]


def test_a_model_is_uploaded_tried_accepted_and_shown(desk, signed_in):
    add_lines(desk, 60)
    assert signed_in.get_page("/sena/models").xpath("//a[contains(., 'Bring a model in')]")
    assert signed_in.get_page(URL).xpath("//input[@type='file'][@multiple]")
    content = skops()
    where = send(signed_in, ("old.skops", content)).headers["Location"]
    assert "old.skops" in signed_in.get_page(URL).text_content()
    assert "waits for a decision" in signed_in.get_page("/sena/models").text_content()
    page = signed_in.get_page(where)
    assert "made with scikit-learn 1.9.1 and is run by 1.9.2" in page.text_content()
    assert page.xpath("//input[starts-with(@name, 'label.')]/@value") == ["Fish", "x.y"]
    assert page.xpath("//input[starts-with(@name, 'means.')]/@value")[0] == "fish"
    assert not page.xpath("//button[contains(., 'Accept')]")
    form = {"name": "Words", "task": "gloss", "others": "leave", "label.1": "Fish",
            "means.1": "fish", "label.2": "x.y", "means.2": "", "languages": "seh, pt",
            "licence": "CC0-1.0"}  # fmt: skip
    page = signed_in.post_page(f"{where}/trial", {**form, "name": ""}, status=422)
    assert page.xpath("//input[@name='name'][@aria-invalid]")
    page = signed_in.submit(f"{where}/trial", form)
    told = page.text_content()
    assert "The trial" in told and "Labels that the project does not have" not in told
    assert "Lookup:" in told and page.xpath("//*[contains(@class, 'sentence__word')]")
    page = signed_in.submit(f"{where}/accept")
    assert flashes(page)[0].startswith("It is a model of the project now")
    assert page.xpath("string(//h1)").strip() == "Words"
    told = page.text_content()
    assert "Whether it has learnt from them nobody here knows" in told and "seh, pt" in told
    assert not page.xpath("//button[contains(., 'Train a new version')]")
    model = signed_in.http.get(where).headers["Location"]
    answer = signed_in.http.get(f"{model}/file")
    assert answer.data == content and "words-v1.skops" in answer.headers["Content-Disposition"]
    assert "made elsewhere" in signed_in.http.get(f"{model}/card.md").text
    assert "elsewhere" in signed_in.get_page("/sena/models").text_content()


def test_what_is_refused_says_why_and_leads_to_how_to_convert(desk, signed_in):
    where = send(signed_in, ("model.joblib", b"\x80\x04\x95x")).headers["Location"]
    page = signed_in.get_page(where)
    assert "“model.joblib” is a pickle" in page.text_content() and blobs(desk) == []
    (link,) = page.xpath("//a[contains(., 'How to convert')]/@href")
    assert "skops.cli.entrypoint convert" in signed_in.get_page(link).text_content()
    page = signed_in.post_page(URL, {}, status=422)
    assert "Choose the file of a model first" in page.text_content()
    names = [(f"m/{name}", content) for name, content in transformers().items()]
    where = send(signed_in, *names, ("m/run.py", b"import os")).headers["Location"]
    assert "“run.py” is Python code" in signed_in.get_page(where).text_content()
    where = send(signed_in, ("theirs.zip", zipped(own()))).headers["Location"]
    assert "It cannot be loaded" in signed_in.get_page(where).text_content() and blobs(desk) == []
    where = send(signed_in, ("a.skops", skops())).headers["Location"]
    assert "withdrawn by itself on" in signed_in.get_page(where).text_content()
    page = signed_in.submit(f"{where}/withdraw")
    assert flashes(page) == ["It was withdrawn; nothing of it is kept."] and blobs(desk) == []
    desk.store.jobs.update_one({"_id": where.rpartition("/")[2]}, {"$set": {"expired": True}})
    assert "within 14 days" in signed_in.get_page(where).text_content()


def test_an_encoder_that_labels_nothing_is_there_to_begin_with(desk, signed_in, monkeypatch):
    from contextlib import contextmanager

    @contextmanager
    def loaded(module, folder, log, stop):
        yield Said(Facts((), "ForMaskedLM", "5"), None, stop)

    monkeypatch.setattr(asking, "loaded", loaded)
    monkeypatch.setattr(engines, "_is_there", lambda package: True)
    add_categories(desk, add_lines(desk, 40))
    page = signed_in.get_page("/sena/models")
    assert "there is no model to begin with" in page.text_content()
    assert not page.xpath("//option[@value='fine-tuned']")
    config = {**CONFIG, "architectures": ["BertForMaskedLM"]}
    where = send(signed_in, ("enc.zip", zipped(transformers(config__json=config))))
    page = signed_in.get_page(where.headers["Location"])
    assert "labels nothing yet" in page.text_content()
    assert not page.xpath("//form[contains(@action, '/trial')]")
    page = signed_in.get_page("/sena/models")
    assert "waits for a decision" not in page.text_content()
    assert page.xpath("//select[@id='pos-engine']/option[@value='fine-tuned']")
    assert page.xpath("//select[@name='option.fine-tuned.base']/option")[0].text == "enc"


def test_a_service_is_added_by_its_address(signed_in, monkeypatch, make_client, make_user, desk):
    assert "This server asks nobody" in signed_in.get_page(URL).text_content()
    monkeypatch.setattr(pages, "_hosts", lambda: ("good.example.org",))
    monkeypatch.setattr(Service, "_ask", lambda *_: {"name": "Glosses", "labels": ["x"]})
    page = signed_in.get_page(URL)
    assert "This server asks: good.example.org." in page.text_content()
    services = "/sena/models/services"
    page = signed_in.post_page(services, {"address": "https://bad.example.org/"}, status=422)
    assert page.xpath("//input[@name='address'][@aria-invalid]/@value") == [
        "https://bad.example.org/"
    ]
    answer = signed_in.post(services, {"address": "https://good.example.org/gloss"})
    page = signed_in.get_page(answer.headers["Location"])
    told = page.text_content()
    assert "https://good.example.org/gloss" in told and "Sent are the words" in told
    editor = make_user("editor-one")
    members.put(desk.store, desk.project_id, editor["_id"], Role.EDITOR, by=SYSTEM,
                at=editor["created"])  # fmt: skip
    client = make_client(editor)
    assert client.post(services, {"address": "https://good.example.org/"}).status_code == 403
    assert "From a service" not in client.get_page(URL).text_content()


def test_who_may_not_train_sees_only_how_to_convert(desk, signed_in, make_client, make_user):
    where = send(signed_in, ("a.skops", skops())).headers["Location"]
    user = make_user("viewer-one")
    members.put(
        desk.store, desk.project_id, user["_id"], Role.VIEWER, by=SYSTEM, at=user["created"]
    )
    viewer = make_client(user)
    assert viewer.http.get(where).status_code == viewer.http.get(URL).status_code == 403
    assert not viewer.get_page("/sena/models").xpath("//a[contains(., 'Bring a model in')]")
    assert not viewer.get_page("/sena/models/convert").xpath("//a[contains(., 'Bring a model')]")
    without = signed_in.http.post(URL, data={"file": (io.BytesIO(b"x"), "a.skops")})
    assert without.status_code == 400  # no token of the form


def test_a_trial_can_be_watched(desk, owner, make_client, make_app):
    app = make_app()
    waiting = []
    object.__setattr__(app.extensions["life"], "enqueue", waiting.append)
    client = make_client(owner, app)
    where = send(client, ("a.skops", skops())).headers["Location"]
    page = client.get_page(where)
    assert page.xpath("//progress") and len(waiting) == 1
    told = client.http.get(where, headers={"Accept": "application/json"}).json
    assert told["state"] == "waiting"
    client.submit(f"{where}/withdraw")
    assert "withdrawn" in client.get_page(where).text_content() and blobs(desk) == []
    assert client.http.get("/sena/models/uploads/j_nothing").status_code == 404


def test_the_api_uploads_tries_and_accepts(desk, app, store, make_user, clock):
    add_lines(desk, 40)
    user = make_user("apimanager")
    members.put(store, desk.project_id, user["_id"], Role.MANAGER, by=SYSTEM, at=clock())
    token = accounts.make_token(
        store, accounts.actor_of(user), "t", ["write", "admin"], None, clock()
    )

    def call(method, path, status, **facts):
        headers = {"Authorization": f"Bearer {token}"}
        where = f"/api/v1/projects/sena{path}"
        answer = app.test_client().open(where, method=method, headers=headers, **facts)
        assert answer.status_code == status, answer.text
        return answer.json

    def upload():
        sent = {"file": [(io.BytesIO(skops()), "a.skops")]}
        return call("POST", "/models/uploads", 202, data=sent)["id"]

    offer = upload()
    found = call("GET", f"/models/uploads/{offer}", 200)
    assert found["labels"] == list(LABELS) and found["trial"] is None
    assert found["proposed"]["gloss"] == {"Fish": "fish", "x.y": ""}
    call("POST", f"/models/uploads/{offer}/accept", 409)
    call("POST", f"/models/uploads/{offer}/trial", 422, json={"name": "A", "pairs": [1]})
    asked = {"name": "A", "task": "gloss", "others": "keep", "pairs": {"Fish": "fish"}}
    call("POST", f"/models/uploads/{offer}/trial", 202, json=asked)
    trial = call("GET", f"/models/uploads/{offer}", 200)["trial"]
    assert trial["state"] == "done" and trial["measures"][0]["name"] == "word"
    model = call("POST", f"/models/uploads/{offer}/accept", 201)["id"]
    told = call("GET", f"/models/{model}", 200)
    assert (told["origin"], told["name"]) == ("uploaded", "A") and "use" not in told
    call("POST", f"/models/{model}/share", 422, json={"public": True})
    told = call("POST", f"/models/{model}/share", 200, json={"public": True, "licence": "CC0-1.0"})
    assert told["access"]["level"] == "public" and "shared" not in told
    call("POST", "/models/services", 422, json={"address": "https://good.example.org/"})
    second = upload()
    call("DELETE", f"/models/uploads/{second}", 204)
    call("GET", f"/models/uploads/{second}", 404)


def test_a_shared_model_is_brought_in_from_its_page(desk, signed_in, store, make_client, make_user,
                                                    make_project):  # fmt: skip
    where = send(signed_in, ("a.skops", skops())).headers["Location"]
    add_lines(desk, 40)
    signed_in.submit(f"{where}/trial", {"name": "Words", "task": "gloss", "others": "keep"})
    signed_in.submit(f"{where}/accept")
    model = signed_in.http.get(where).headers["Location"]
    other = make_user("other-one")
    project = make_project("Other", owner=other)
    there = f"/{project['slug']}/models/{model.rpartition('/')[2]}"
    client = make_client(other)
    assert client.http.get(there).status_code == 404
    form = {"projects": project["slug"], "licence": "CC0-1.0"}
    signed_in.submit(f"{model}/share", form)
    page = client.get_page(there)
    assert page.xpath("//button[contains(., 'Use it in this project')]")
    answer = client.post(f"{there}/bring")
    page = client.get_page(answer.headers["Location"])
    assert page.xpath("//input[@name='name']/@value") == ["Words"]
    assert page.xpath("//input[@name='licence']/@value") == ["CC0-1.0"]
    assert signed_in.post(f"{model}/share", {}).status_code == 302
    assert client.post(f"{there}/bring").status_code == 404
