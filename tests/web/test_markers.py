"""A file in Standard Format is uploaded, its markers are given to fields, and it is brought."""

from __future__ import annotations

import io
import json

import pytest

from app.domain.roles import SYSTEM, Role
from app.services import jobs
from app.services.clock import utc_now
from app.store import members
from app.store.indexes import ensure_indexes
from tests.factories import make_project
from tests.web.client import text_of

DICTIONARY = "\\lx moto\n\\ps n\n\\ge fire\n\\zz north\n\n\\lx maji\n\\ge water\n"
TEXT = "\\id Story\n\\ref 1\n\\tx ana soma\n\\mb a- na soma\n\\ge 3SG- PRS read\n\\ft She reads.\n"


@pytest.fixture
def slug(store):
    ensure_indexes(store)
    return store.projects.find_one({"_id": make_project(store)})["slug"]


@pytest.fixture
def client(make_client, store, slug, make_user):
    return make_client(join(store, make_user("editor"), slug))


def join(store, user, slug):
    project = store.projects.find_one({"slug": slug})["_id"]
    members.put(store, project, user["_id"], Role.EDITOR, by=SYSTEM, at=utc_now())
    return user


def upload(client, slug, text=DICTIONARY, name="words.sfm"):
    data = text if isinstance(text, bytes) else text.encode()
    answer = client.post(f"/{slug}/imports", {"file": (io.BytesIO(data), name)})
    assert answer.status_code == 302, text_of(answer)
    return answer.headers["Location"]


def chosen(page):
    """Marker by marker: field and writing system."""
    found = [one.get("value") for one in page.xpath("//table//select/option[@selected]")]
    return list(zip(found[::2], found[1::2], strict=True))


def as_shown(page, **more):
    """The form as a browser would send it."""
    fields = {
        one.get("name"): next(iter(one.xpath("option[@selected]/@value")), "")
        for one in page.xpath("//main//form//select")
    }
    return {**fields, **more}


def finish(store, settings, answer):
    """Runs the job that an answer leads to, if no worker has; returns it."""
    assert answer.status_code == 302, text_of(answer)
    job = answer.headers["Location"].rsplit("/", 1)[1]
    jobs.run(store, job, settings.tmp)
    return store.jobs.find_one({"_id": job})


def bring(client, slug, store, settings, place, fields):
    job = finish(store, settings, client.post(place, fields))
    assert job["state"] == "done", job.get("error")
    change = job["result"]["change"]
    finish(store, settings, client.post(f"/{slug}/imports/{change}/confirm"))


def test_a_dictionary_is_mapped_seen_and_brought(client, slug, store, settings):
    place = upload(client, slug)
    page = client.get_page(place)
    assert chosen(page) == [("lemma", "seh"), ("pos", ""), ("gloss", "en"), ("keep", "")]
    assert "It is read as a dictionary." in page.text_content() and "moto" in page.text_content()
    bring(
        client, slug, store, settings, place, as_shown(page, **{"field-4": "own:zz", "ws-4": "en"})
    )
    moto, maji = store.entries.find({}).sort("_id", 1)
    assert (moto["lemma"], moto["senses"][0]["gloss"]) == ({"seh": "moto"}, {"en": "fire"})
    assert moto["senses"][0]["fields"][0]["type"] == "zz"
    assert maji["senses"][0].get("pos") is None


def test_a_text_is_mapped_seen_and_brought(client, slug, store, settings):
    place = upload(client, slug, TEXT, "story.txt")
    page = client.get_page(place)
    assert "It is read as interlinear texts." in page.text_content()
    bring(client, slug, store, settings, place, as_shown(page))
    assert store.texts.find_one({})["title"] == {"seh": "Story"}
    line = store.utterances.find_one({})
    assert line["baseline"] == {"seh": "ana soma"} and len(line["words"]) == 2


def test_a_mapping_is_kept_for_the_next_file(client, slug, store, settings):
    place = upload(client, slug)
    fields = as_shown(client.get_page(place), **{"field-3": "definition", "ws-3": "en"})
    finish(store, settings, client.post(place, fields))
    page = client.get_page(upload(client, slug, DICTIONARY + "\\de more\n", "other.db"))
    assert chosen(page)[2] == ("definition", "en")


def test_what_cannot_be_is_said_on_the_page(client, slug):
    place = upload(client, slug)
    fields = as_shown(client.get_page(place), **{"field-1": "gloss", "ws-3": ""})
    page = client.post_page(place, fields, status=422)
    assert "writing system" in page.text_content()
    assert chosen(page)[0] == ("gloss", "seh")
    fields["ws-3"] = "en"
    page = client.post_page(place, fields, status=422)
    assert "begins a record" in page.text_content()


def test_an_older_encoding_is_asked_for(client, slug, store, settings):
    place = upload(client, slug, DICTIONARY.replace("moto", "motö").encode("cp1252"))
    page = client.get_page(place)
    assert "older encoding" in page.text_content()
    job = finish(store, settings, client.post(place, as_shown(page)))
    assert job["state"] == "failed" and "words.sfm:1:" in job["error"]
    place = upload(client, slug, DICTIONARY.replace("moto", "motö").encode("cp1252"))
    fields = as_shown(client.get_page(place), encoding="cp1252")
    bring(client, slug, store, settings, place, fields)
    assert store.entries.find_one({})["lemma"] == {"seh": "motö"}


def test_mixed_encodings_are_given_marker_by_marker(client, slug, store, settings):
    data = "\\lx möto\n".encode() + b"\\ge f\xefre\n"
    place = upload(client, slug, data)
    page = client.get_page(place)
    assert "encoding of its own" in page.text_content()
    fields = as_shown(page, **{"encoding-2": "cp1252"})
    bring(client, slug, store, settings, place, fields)
    found = store.entries.find_one({})
    assert (found["lemma"], found["senses"][0]["gloss"]) == ({"seh": "möto"}, {"en": "fïre"})


def test_a_broken_file_is_told_with_its_place(client, slug):
    place = upload(client, slug, b"\\lx a\n\\ge b\0c\n")
    answer = client.http.get(place)
    assert answer.status_code in (400, 422) and "words.sfm:2:" in text_of(answer)


def test_nobody_looks_into_files_of_others(client, slug, store, make_client, make_user):
    place = upload(client, slug)
    other = make_client(join(store, make_user("other"), slug))
    assert other.http.get(place).status_code == 404


def test_a_mapping_goes_through_the_api(client, slug, store, settings):
    mapping = {"markers": {"ge": {"field": "definition", "ws": "en"}}}
    data = {"file": (io.BytesIO(DICTIONARY.encode()), "words.sfm"), "map": json.dumps(mapping)}
    answer = client.post(f"/api/v1/projects/{slug}/imports", data)
    assert answer.status_code == 202, text_of(answer)
    job = store.jobs.find_one({})
    jobs.run(store, job["_id"], settings.tmp)
    change = store.jobs.find_one({})["result"]["change"]
    client.post(f"/api/v1/projects/{slug}/imports/{change}/confirm")
    jobs.run(store, store.jobs.find_one({"kind": "import"})["_id"], settings.tmp)
    assert store.entries.find_one({})["senses"][0]["definition"] == {"en": "fire"}


def test_glossed_examples_in_plain_text_need_no_markers(client, slug, store, settings):
    text = "(1) ana-soma kitabu.\n    3SG-read book\n    ‘She reads a book.’\n"
    where = upload(client, slug, text, "story.txt")
    assert "/jobs/" in where
    page = client.get_page(f"/{slug}/exchange")
    options = page.xpath("//select[@name='option.package']/option/text()")
    assert options == ["gb4e", "ExPex", "linguex"]
    options = page.xpath("//select[@name='option.module']/option/@value")
    assert options == ["", "dictionary", "texts"]
