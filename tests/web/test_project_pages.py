"""Every page of a project, through the client that checks every page it fetches."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.domain.project import PARTS_OF_SPEECH, SEMANTIC_DOMAINS
from app.domain.roles import SYSTEM, Role
from app.services import accounts, bulk_edit, imports, projects
from app.services.bulk_edit import Operation
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import changes, members
from app.store.changes import Op
from app.store.listing import Query
from tests.factories import item_id, make_entry, make_project, make_store, save_entry

LIFT = (
    '<lift version="0.13"><entry id="a"><lexical-unit><form lang="seh"><text>moto</text></form>'
    "</lexical-unit></entry></lift>"
)


@pytest.fixture
def desk(store, make_user):
    """An owner's desk in a project with an entry that has a bit of everything."""
    make_project(make_store(store), analysis=("en", "pt"))
    user = make_user("owner")
    project = store.projects.find_one({"slug": "sena"})
    members.put(store, project["_id"], user["_id"], Role.OWNER, by=SYSTEM, at=utc_now())
    at = open_desk(store, accounts.actor_of(user), "sena")
    domain = projects.save_item(at, SEMANTIC_DOMAINS, "1.1", {"en": "Sky"})
    sense = {
        "pos": item_id(at, PARTS_OF_SPEECH, "Noun"),
        "domains": [domain],
        "definition": {"en": {"text": "what burns", "spans": [{"start": 0, "end": 4}]}},
        "examples": [{"id": new_id("x"), "form": {"seh": "moto ukali"}}],
        "senses": [{"id": new_id("s"), "gloss": {"en": "heat"}}],
        "notes": [{"id": new_id("n"), "text": {"en": "a <b>remark</b> & more"}}],
    }
    fields = [{"id": new_id("o"), "type": "own", "text": {"en": "value"}}]
    save_entry(at, "moto", "fire", sense=sense, fields=fields, homograph=1)
    save_entry(at, "moto", "fire")
    return at


@pytest.fixture
def page(desk, make_client):
    client = make_client(desk.store.accounts.find_one({"_id": desk.actor.id}))
    return lambda path: client.get_page(f"/sena/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "lexicon",
        "lexicon?q=mo&mode=inside",
        "lexicon?letter=M",
        "table",
        "table?q=moto",
        "duplicates",
        "activity",
        "settings",
        "lists",
        "lists/semantic-domains",
        "fields",
        "exchange",
        "comments",
        "people",
        "members",
    ],
)
def test_the_page_is_right(page, path):
    page(path)


def test_an_entry_and_its_history(desk, page):
    for entry in desk.store.entries.find():
        page(f"lexicon/{entry['_id']}")
        page(f"lexicon/{entry['_id']}/history")


def test_a_bulk_change_before_and_after(desk, page):
    prepared = bulk_edit.prepare(desk, Query(), Operation("set", "gloss", "pt", "fogo"))
    page(f"table/{prepared['_id']}")
    bulk_edit.confirm(desk, prepared["_id"])
    page(f"table/{prepared['_id']}")


def test_a_large_bulk_change_is_a_job_that_leads_to_its_result(desk, make_client):
    client = make_client(desk.store.accounts.find_one({"_id": desk.actor.id}))
    entries = [make_entry(f"w{n}", "old") for n in range(501)]
    made = [Op("entry", one["id"], "create", one) for one in entries]
    for ops in (made[:500], made[500:]):
        changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=new_id("x"))
    operation = Operation("replace", "gloss", "en", "new", find="old")
    prepared = bulk_edit.prepare(desk, Query(), operation)
    kept = entries[0]["id"]
    left = {"do": "yes", "shown[]": [kept]}
    answer = client.post(f"/sena/table/{prepared['_id']}", left)
    assert "/jobs/" not in answer.location  # 500 are done while one waits
    prepared = bulk_edit.prepare(desk, Query(), Operation("replace", "gloss", "en", "n", find="e"))
    answer = client.post(f"/sena/table/{prepared['_id']}", {"do": "yes"})
    assert "/jobs/" in answer.location
    job = desk.store.jobs.find_one({"kind": "bulk"})
    assert job["state"] == "done"
    assert client.http.get(answer.location).location == f"/sena/table/{prepared['_id']}"
    assert desk.store.changes.find_one({"_id": prepared["_id"]})["state"] == "done"


def test_an_import_before_and_after(desk, page, tmp_path):
    path = tmp_path / "words.lift"
    path.write_text(LIFT)
    change = imports.preview(desk, path)
    page(f"imports/{change['_id']}")
    imports.confirm(desk, change["_id"])
    page(f"imports/{change['_id']}")


def test_a_search_that_is_no_regular_expression_says_so_and_speaks_of_no_saving(desk, make_client):
    client = make_client(desk.store.accounts.find_one({"_id": desk.actor.id}))
    told = client.get_page("/sena/lexicon?q=(&mode=regex", status=422)
    words = told.xpath("string(//main)")
    assert "This cannot be shown" in words
    assert "q:" not in words
    assert "This is no regular expression" in words
