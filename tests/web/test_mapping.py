"""A table is uploaded, its columns are given to fields, and a table of chosen columns goes out."""

from __future__ import annotations

import io

import pytest

from app.domain.roles import SYSTEM, Role
from app.services import jobs
from app.services.clock import utc_now
from app.store import files, members
from app.store.indexes import ensure_indexes
from tests.factories import make_project
from tests.web.client import text_of

TABLE = "Word,Gloss (en),Dialect,Nr of page\nmoto,fire,north,7\nmaji,water,,8\n"


@pytest.fixture
def slug(store):
    ensure_indexes(store)
    return store.projects.find_one({"_id": make_project(store)})["slug"]


@pytest.fixture
def editor(store, slug, make_user):
    return join(store, make_user("editor"), slug)


def join(store, user, slug):
    project = store.projects.find_one({"slug": slug})["_id"]
    members.put(store, project, user["_id"], Role.EDITOR, by=SYSTEM, at=utc_now())
    return user


@pytest.fixture
def client(make_client, editor):
    return make_client(editor)


def upload(client, slug, text=TABLE, name="words.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    answer = client.post(f"/{slug}/imports", {"file": (io.BytesIO(data), name)})
    assert answer.status_code == 302, text_of(answer)
    return answer.headers["Location"]


def chosen(page):
    return [one.get("value") for one in page.xpath("//select/option[@selected]")]


def finish(store, settings, answer):
    """Runs the job that an answer leads to, if no worker has; returns it."""
    assert answer.status_code == 302, text_of(answer)
    job = answer.headers["Location"].rsplit("/", 1)[1]
    jobs.run(store, job, settings.tmp)
    return store.jobs.find_one({"_id": job})


def test_a_table_is_mapped_seen_and_brought(client, slug, store, settings):
    place = upload(client, slug)
    assert "/imports/map/" in place
    page = client.get_page(place)
    assert chosen(page) == ["lemma.seh", "gloss.en", "own", "own"]
    assert "moto" in page.text_content() and "Nr of page" in page.text_content()
    keys = {"column-1": "lemma.seh", "column-2": "gloss.en", "column-3": "own", "column-4": "skip"}
    job = finish(store, settings, client.post(place, keys))
    assert job["state"] == "done", job.get("error")
    preview = client.get_page(f"/{slug}/imports/{job['result']['change']}")
    assert "Nothing has been changed yet" in preview.text_content()
    finish(store, settings, client.post(f"/{slug}/imports/{job['result']['change']}/confirm"))
    found = list(store.entries.find({}).sort("_id", 1))
    assert [one["lemma"]["seh"] for one in found] == ["moto", "maji"]
    assert [one["type"] for one in found[0]["fields"]] == ["Dialect"]


def test_a_mapping_is_remembered_for_the_same_headings(client, slug, store, settings):
    keys = {"column-1": "gloss.en", "column-2": "lemma.seh", "column-3": "skip", "column-4": "own"}
    finish(store, settings, client.post(upload(client, slug), keys))
    page = client.get_page(upload(client, slug, name="more words.csv"))
    assert chosen(page) == ["gloss.en", "lemma.seh", "skip", "own"]
    other = client.get_page(upload(client, slug, "Word,Gloss (en)\na,b\n"))
    assert chosen(other) == ["lemma.seh", "gloss.en"]


def test_what_cannot_be_is_said_on_the_page(client, slug):
    place = upload(client, slug)
    keys = {f"column-{n}": "lemma.seh" for n in range(1, 5)}
    page = client.post_page(place, keys, status=422)
    assert "4 columns are given" in page.text_content()
    assert chosen(page) == ["lemma.seh"] * 4
    assert client.post(place, {}).status_code == 422


def test_a_broken_table_is_told_with_its_place(client, slug):
    place = upload(client, slug, 'Word,Gloss\na,"b\n')
    answer = client.http.get(place)
    assert answer.status_code in (400, 422) and "words.csv:2:3" in text_of(answer)


def test_nobody_looks_into_files_of_others(client, slug, store, make_client, make_user):
    place = upload(client, slug)
    other = make_client(join(store, make_user("other"), slug))
    assert other.http.get(place).status_code == 404
    project = store.projects.find_one({"slug": slug})["_id"]
    export = files.put(store, project, io.BytesIO(b"lx\na\n"), "all.csv", use="export")
    assert client.http.get(f"/{slug}/imports/map/{export}").status_code == 404


def test_a_file_in_another_format_goes_on_at_once(client, slug):
    assert "/jobs/" in upload(client, slug, "<lift/>", "words.lift")
    assert "/jobs/" in upload(client, slug, "{}", "words.life.json")


def test_a_table_of_chosen_columns_is_written(client, slug, store, settings):
    page = client.get_page(f"/{slug}/exchange")
    values = page.xpath("//input[@name='option.columns']/@value")
    assert {"lemma.seh", "gloss.en", "pos", "id"} <= set(values)
    form = {
        "format": "csv",
        "option.rows": "entry",
        "option.columns": ["gloss.en", "lemma.seh"],
    }
    job = finish(store, settings, client.post(f"/{slug}/exports", form))
    project = store.projects.find_one({"slug": slug})["_id"]
    written = files.open_file(store, project, job["result"]["file"]).read()
    assert written == b"\xef\xbb\xbfgloss.en,lemma.seh\r\n"
    assert job["arguments"]["options"] == {"rows": "entry", "columns": "gloss.en,lemma.seh"}


def test_an_excel_workbook_is_mapped_too(client, slug, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["lx", "ge"])
    book.active.append(["moto", "fire"])
    book.save(tmp_path / "x.xlsx")
    page = client.get_page(upload(client, slug, (tmp_path / "x.xlsx").read_bytes(), "x.xlsx"))
    assert chosen(page) == ["lemma.seh", "gloss.en"]
