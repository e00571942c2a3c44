"""What administrators of the server do."""

import pytest

from app.domain.errors import Invalid
from app.services.quotas import require_room
from tests.web.client import PASSWORD

NEW = "another horse battery"


@pytest.fixture
def user(admin, make_user):
    return make_user("ulla", name="Ulla User")


def link_in(page):
    value = page.xpath("string(//input[@id='new-link']/@value)")
    return value.removeprefix("http://127.0.0.1:8000")


def test_a_disabled_account_is_out_at_once_and_can_come_back(make_client, admin, user):
    administering, working = make_client(admin), make_client(user)
    administering.submit(f"/admin/users/{user['_id']}/disable")
    assert working.http.get("/account").status_code == 302
    form = {"username": "ulla", "password": PASSWORD}
    assert working.post("/login", form).status_code == 422
    administering.submit(f"/admin/users/{user['_id']}/enable")
    working.login(user)


def test_a_disabled_accounts_token_stops(make_client, admin, user):
    page = make_client(user).post_page("/account/tokens", {"name": "x", "scopes": ["read"]})
    token = page.xpath("string(//input[@id='new-token']/@value)")
    headers = {"Authorization": f"Bearer {token}"}
    make_client(admin).submit(f"/admin/users/{user['_id']}/disable")
    assert make_client().http.get("/", headers=headers).status_code == 401


def test_nobody_disables_themself(make_client, admin):
    make_client(admin).post_page(f"/admin/users/{admin['_id']}/disable", status=422)


def test_a_one_time_link_sets_a_password_once(make_client, admin, user, client, store):
    working = make_client(user)
    link = link_in(make_client(admin).post_page(f"/admin/users/{user['_id']}/password-link"))
    assert link.rpartition("/")[2] not in str(store.password_links.find_one({}))
    client.get_page(link)
    client.post_page(link, {"new": "short"}, status=422)
    client.submit(link, {"new": NEW})
    assert client.http.get("/account").status_code == 200
    assert working.http.get("/account").status_code == 302
    make_client().get_page(link, status=404)
    other = make_client()
    other.login("ulla", NEW)


def test_a_one_time_link_ends(make_client, admin, user, client, clock):
    url = f"/admin/users/{user['_id']}/password-link"
    first = link_in(make_client(admin).post_page(url))
    second = link_in(make_client(admin).post_page(url))
    client.get_page(first, status=404)
    clock.pass_(days=2, seconds=1)
    client.get_page(second, status=404)


def test_a_one_time_link_opens_an_account_that_is_shut_by_failures(
    make_client, admin, user, client
):
    form = {"username": "ulla", "password": "wrong password"}
    while client.post("/login", form).status_code != 429:
        pass
    client.submit(
        link_in(make_client(admin).post_page(f"/admin/users/{user['_id']}/password-link")),
        {"new": NEW},
    )
    make_client().login("ulla", NEW)


def test_an_invitation_lets_one_person_in(make_client, make_app, admin, store):
    app = make_app(open_registration=False)
    link = link_in(make_client(admin, app=app).post_page("/admin/invitations", {"note": "Juma"}))
    client = make_client(app=app)
    answer = client.http.get(link)
    assert answer.status_code == 302
    form = {"invitation": link.rpartition("/")[2], "password": PASSWORD}
    client.get_page(answer.headers["Location"])
    client.submit("/register", {**form, "username": "juma"})
    second = make_client(app=app)
    assert second.post("/register", {**form, "username": "ben"}).headers["Location"] != "/"
    assert not store.accounts.find_one({"username": "ben"})


def test_an_expired_invitation_is_made_anew(make_client, admin, clock, store, client):
    administering = make_client(admin)
    old = link_in(administering.post_page("/admin/invitations", {"note": "Juma"}))
    clock.pass_(days=8)
    client.get_page(old, status=404)
    administering.get_page("/admin")
    invitation = store.invitations.find_one({})["_id"]
    new = link_in(administering.post_page(f"/admin/invitations/{invitation}/again"))
    assert client.http.get(new).status_code == 302
    assert [row["note"] for row in store.invitations.find({})] == ["Juma"]
    invitation = store.invitations.find_one({})["_id"]
    administering.submit(f"/admin/invitations/{invitation}/revoke")
    assert client.http.get(new).status_code == 404


def test_projects_are_listed_with_their_space_and_quota(make_client, admin, make_project, store):
    project = make_project("Kiswahili")
    store.entries.insert_many(
        {"_id": f"e{n}", "project": project["_id"], "text": "x" * 1000} for n in range(2000)
    )
    client = make_client(admin)
    page = client.get_page("/admin/projects")
    assert "about 2.0 MiB" in page.text_content()
    client.submit(f"/admin/projects/{project['_id']}/quota", {"quota": "1"})
    page = client.get_page("/admin/projects")
    assert "of 1.0 MiB" in page.text_content() and "full" in page.text_content()
    with pytest.raises(Invalid, match=r"room for 0\.0 MiB"):
        require_room(store, project["_id"], 1)
    for bad in ("0", "x", "-5", "9999999999"):
        client.post_page(f"/admin/projects/{project['_id']}/quota", {"quota": bad}, status=422)
    client.submit(f"/admin/projects/{project['_id']}/quota", {"quota": ""})
    require_room(store, project["_id"], 10**12)


def test_a_project_gets_another_owner(make_client, admin, make_project, user, make_user, store):
    editor = make_user()
    project = make_project(owner=user, editor=editor)
    url = f"/admin/projects/{project['_id']}/owner"
    client = make_client(admin)
    client.submit(url, {"user": editor["_id"]})
    found = {row["user"]: row["role"] for row in store.members.find({})}
    assert found == {editor["_id"]: "owner", user["_id"]: "manager"}
    assert client.post(url, {"user": admin["_id"]}).status_code == 404


def test_what_was_done_stands_in_the_log(make_client, admin, user):
    client = make_client(admin)
    client.submit(f"/admin/users/{user['_id']}/disable")
    rows = client.get_page("/admin/audit").xpath("//tbody/tr")
    assert "disabled the account" in rows[0].text_content() and "Ulla" in rows[0].text_content()
    assert client.http.get("/admin/audit?before=yesterday").status_code == 400
