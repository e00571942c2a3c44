"""Pages about persons."""

from __future__ import annotations

import io

from app.domain.roles import SYSTEM, Role
from app.store import members


def test_a_person_with_consent_and_proof(make_client, owner, store):
    client = make_client(owner)
    client.get_page("/sena/people")
    client.post_page("/sena/people", {"name": ""}, status=422)
    page = client.submit("/sena/people", {"name": "Maria", "label": "M.", "languages": "seh, por"})
    assert "No consent" in page.text_content()
    (person,) = store.people.find()
    url = f"/sena/people/{person['_id']}"
    client.post_page(f"{url}/consents", {"date": "2020-01-01"}, status=422)
    form = {"purposes": ["show"], "date": "2020-01-01"}
    sent = {**form, "file": (io.BytesIO(b"<script>"), "form.html")}
    page = client.submit(f"{url}/consents", sent)
    (link,) = [one for one in page.xpath("//a/@href") if one.endswith("/proof")]
    answer = client.http.get(link)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.mimetype == "application/octet-stream"
    client.post_page(url, {"name": " ", "label": "kept"}, status=422)
    page = client.submit(url, {"name": "Maria L.", "label": "M.", "rev": "2"})
    assert page.xpath("string(//h1)") == "Maria L."
    assert "Maria L." in client.http.get("/sena/people/table.csv").text
    consent = store.people.find_one()["consents"][0]["id"]
    client.submit(f"{url}/consents/{consent}/withdraw")
    page = client.submit(f"{url}/delete")
    assert "Nobody yet" in page.text_content()


def test_the_rail_leads_there(make_client, owner):
    page = make_client(owner).get_page("/sena/people")
    assert page.xpath("//nav//a[@href='/sena/people'][@aria-current]")


def test_guests_of_a_public_project_read_no_name(make_client, owner, store):
    client = make_client(owner)
    client.submit("/sena/people", {"name": "Maria", "label": "M."})
    (person,) = store.people.find()
    url = f"/sena/people/{person['_id']}"
    store.projects.update_one({}, {"$set": {"visibility": "public"}})
    guest = make_client()
    assert "M." not in guest.get_page("/sena/people").xpath("string(//main)")
    client.submit(f"{url}/consents", {"purposes": ["show"]})
    page = guest.get_page("/sena/people")
    assert "M." in page.xpath("string(//main)")
    assert "Maria" not in page.text_content()
    assert guest.http.get(url).status_code == 404
    assert guest.http.get("/sena/people/table.csv").status_code == 302


def test_viewers_read_and_change_nothing(make_client, owner, store, make_user, clock):
    make_client(owner).submit("/sena/people", {"name": "Maria"})
    viewer = make_user("vera")
    (person,) = store.people.find()
    members.put(store, person["project"], viewer["_id"], Role.VIEWER, by=SYSTEM, at=clock())
    client = make_client(viewer)
    page = client.get_page(f"/sena/people/{person['_id']}")
    assert not page.xpath("//main//form")
    assert not client.get_page("/sena/people").xpath("//main//form")
