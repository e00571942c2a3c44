"""Registering, signing in and out, one's own account, tokens."""

import pytest

from tests.web.client import PASSWORD

NEW = {"username": "ana", "name": "Ana Ruiz", "email": "", "password": PASSWORD}


def login(client, username="root", password=PASSWORD, **more):
    return client.post("/login", {"username": username, "password": password, **more})


def is_signed_in(client):
    return client.http.get("/account").status_code == 200


def test_the_first_account_administers_the_server_and_the_second_does_not(client, store):
    page = client.submit("/register", NEW)
    assert "Your projects" in page.xpath("string(//h1)")
    client.logout()
    client.submit("/register", {**NEW, "username": "ben"})
    found = {user["username"]: user["admin"] for user in store.accounts.find({})}
    assert found == {"ana": True, "ben": False}


def test_pages_of_guests_are_sound(client):
    for url in ("/", "/login", "/register", "/login?next=/account"):
        client.get_page(url)


def test_pages_of_ones_account_are_sound(make_client, admin):
    client = make_client(admin)
    for url in ("/", "/account", "/account/tokens", "/admin", "/admin/projects", "/admin/audit"):
        client.get_page(url)


@pytest.mark.parametrize(
    "username",
    ["", "  ", "\u200b\u200b", "ana\u202eb", "a\u0000b", "x" * 61, "\u0301", "ana\u200dx"],
)
def test_a_username_that_misleads_is_refused(client, store, username):
    page = client.post_page("/register", {**NEW, "username": username}, status=422)
    assert page.xpath("string(//*[@id='f-username-error'])").strip()
    assert store.accounts.count_documents({}) == 0


@pytest.mark.parametrize("username", ["ANA", " ana ", "ａｎａ"])
def test_a_username_is_taken_in_every_case_and_width(client, make_user, username):
    make_user("ana")
    page = client.post_page("/register", {**NEW, "username": username}, status=422)
    assert "taken" in page.xpath("string(//*[@id='f-username-error'])")


def test_a_username_may_be_written_in_any_script(client, store):
    client.submit("/register", {**NEW, "username": "संजय"})
    client.logout()
    assert login(client, "संजय").status_code == 302


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaa", "x" * 1001, "anastacia_1"])
def test_a_poor_password_is_refused_and_not_shown_again(client, password):
    form = {**NEW, "username": "Anastacia_1", "password": password}
    page = client.post_page("/register", form, status=422)
    assert page.xpath("string(//*[@id='f-password-error'])").strip()
    assert not page.xpath("//input[@type='password']/@value")


def test_a_password_counts_the_same_from_every_keyboard(client, make_user):
    make_user("ana", password="cafe\u0301 de la ma\u00f1ana")
    assert login(client, "ana", "caf\u00e9 de la man\u0303ana").status_code == 302


def test_closed_registration_takes_the_first_account_only(make_client, make_app):
    client = make_client(app=make_app(open_registration=False))
    client.submit("/register", NEW)
    client.logout()
    assert "invitation" in client.get_page("/register").xpath("string(//main)")
    answer = client.post("/register", {**NEW, "username": "ben"})
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/login")


def test_signing_in_leads_back_to_where_one_was(client, admin):
    answer = client.http.get("/admin/audit?before=2026-01-01T00:00:00%2B00:00")
    assert answer.headers["Location"].startswith("/login?next=")
    answer = login(client, next="/admin/audit")
    assert answer.headers["Location"] == "/admin/audit"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\t//evil", "javascript:x"],
)
def test_signing_in_never_leads_elsewhere(client, admin, target):
    assert login(client, next=target).headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_name_say_the_same(client, admin):
    form = {"username": "root", "password": "wrong password"}
    wrong = client.post_page("/login", form, status=422).xpath("string(//main//*[@role='alert'])")
    form["username"] = "nobody"
    unknown = client.post_page("/login", form, status=422).xpath("string(//main//*[@role='alert'])")
    assert wrong.split() == unknown.split() != []


def test_staying_signed_in_is_a_choice(make_client, admin):
    for remember, expected in (("", False), ("yes", True)):
        client = make_client()
        answer = login(client, remember=remember)
        cookies = "\n".join(answer.headers.getlist("Set-Cookie"))
        assert ("life-remember=" in cookies) is expected
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_signing_out(make_client, admin):
    client = make_client(admin)
    client.logout()
    assert not is_signed_in(client)


def test_changing_the_password_ends_the_other_sessions(make_client, admin):
    here, elsewhere = make_client(admin), make_client(admin)
    form = {"old": PASSWORD, "new": "another horse battery"}
    here.submit("/account/password", form)
    assert is_signed_in(here) and not is_signed_in(elsewhere)
    assert login(elsewhere).status_code == 422
    assert login(elsewhere, password="another horse battery").status_code == 302


def test_the_old_password_is_asked_for(make_client, admin):
    client = make_client(admin)
    form = {"old": "not this one", "new": "another horse battery"}
    page = client.post_page("/account/password", form, status=422)
    assert page.xpath("string(//*[@id='f-old-error'])").strip()
    assert login(make_client()).status_code == 302


def test_signing_out_everywhere_else(make_client, admin):
    here, elsewhere = make_client(admin), make_client(admin)
    here.submit("/account/sessions")
    assert is_signed_in(here) and not is_signed_in(elsewhere)


def test_a_remembered_session_ends_too(make_client, admin):
    remembered = make_client()
    login(remembered, remember="yes")
    make_client(admin).submit("/account/sessions")
    assert not is_signed_in(remembered)


def test_renaming(make_client, admin, store):
    client = make_client(admin)
    page = client.submit("/account/name", {"name": "Ана\u0301  Рус", "email": "ana@example.org"})
    assert page.xpath("string(//input[@id='f-name']/@value)") == "Ана\u0301 Рус"
    page = client.post_page("/account/name", {"name": "a\u202eb", "email": "no"}, status=422)
    assert page.xpath("//*[@id='f-name-error']") and page.xpath("//*[@id='f-email-error']")
    assert store.accounts.find_one({})["email"] == "ana@example.org"


# Personal tokens


def make_token(client, *scopes, days=""):
    form = {"name": "script", "scopes": list(scopes), "days": days}
    page = client.post_page("/account/tokens", form)
    return page.xpath("string(//input[@id='new-token']/@value)")


def bearer(token):
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def test_a_token_is_shown_once_and_kept_hashed(make_client, admin, store):
    client = make_client(admin)
    token = make_token(client, "read")
    assert token.startswith("life_")
    assert token not in client.http.get("/account/tokens").text
    assert token not in str(store.tokens.find_one({}))


def test_a_token_opens_what_its_scope_allows(make_client, admin):
    token = make_token(make_client(admin), "read")
    guest = make_client().http
    assert guest.get("/", headers=bearer(token)).status_code == 200
    assert guest.get("/admin", headers=bearer(token)).status_code == 403
    administering = make_token(make_client(admin), "admin")
    assert guest.get("/admin", headers=bearer(administering)).status_code == 200


def test_a_token_needs_no_proof_but_the_scope_to_write(make_client, admin):
    client = make_client(admin)
    guest = make_client().http
    url = "/admin/invitations"
    for scopes, status in ((("read",), 403), (("write",), 403), (("admin",), 200)):
        token = make_token(client, *scopes)
        assert guest.post(url, headers=bearer(token)).status_code == status


def test_a_token_never_changes_the_account_itself(make_client, admin):
    client = make_client(admin)
    token = make_token(client, "read", "write", "admin")
    for url in ("/account/password", "/account/tokens", "/account/name"):
        assert make_client().http.post(url, headers=bearer(token)).status_code == 403


def test_a_bad_token_is_no_guest(make_client, admin):
    answer = make_client().http.get("/", headers=bearer("life_unknown"))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.mimetype == "application/problem+json"


def test_a_token_ends_by_time_or_by_hand(make_client, admin, clock, store):
    client = make_client(admin)
    short, long = make_token(client, "read", days="30"), make_token(client, "read")
    clock.pass_(days=31)
    guest = make_client().http
    assert guest.get("/", headers=bearer(short)).status_code == 401
    assert guest.get("/", headers=bearer(long)).status_code == 200
    token_id = store.tokens.find_one({"expires": None})["_id"]
    client.submit(f"/account/tokens/{token_id}/revoke")
    assert guest.get("/", headers=bearer(long)).status_code == 401


def test_another_persons_token_cannot_be_revoked(make_client, admin, make_user, store):
    make_token(make_client(admin), "read")
    token_id = store.tokens.find_one({})["_id"]
    other = make_client(make_user())
    assert other.post(f"/account/tokens/{token_id}/revoke").status_code == 404
    assert store.tokens.count_documents({}) == 1


def test_a_token_administers_no_more_than_its_owner_may(app, make_client, admin, make_user):
    statuses = []
    for user in (make_user(), admin):
        secret = make_token(make_client(user), "admin")
        headers = {"Authorization": f"Bearer {secret}"}
        statuses.append(app.test_client().get("/admin", headers=headers).status_code)
    assert statuses == [403, 200]
