"""Headers, errors, forged requests, static files, health."""

import pytest
from flask import Blueprint

from app.domain.errors import (
    Conflict,
    FieldConflict,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    Unavailable,
    Unreadable,
)
from app.web import create_app
from app.web.rules import check_rules, rule

ERRORS = {
    "not-found": (NotFound("gone"), 404),
    "not-allowed": (NotAllowed("no"), 403),
    "conflict": (Conflict("both", (FieldConflict(("gloss", "en"), "a", "b", "c"),)), 409),
    "invalid": (Invalid(Problem("name", "Too long."), "Else."), 422),
    "unreadable": (Unreadable("no XML", "a.lift", 3, 7), 422),
    "unavailable": (Unavailable("later"), 503),
}


@pytest.fixture
def app(settings, store, clock):
    """The application, with pages that fail."""
    failing = Blueprint("failing", __name__)

    @failing.get("/api/fail/<code>", endpoint="api")
    @failing.get("/fail/<code>", endpoint="page")
    @rule("anyone")
    def fail(code):
        raise ERRORS[code][0]

    made = create_app(settings, store, clock=clock)
    made.register_blueprint(failing)
    check_rules(made)
    return made


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_a_status_a_page_and_a_problem_document(make_client, admin, code):
    client, status = make_client(admin), ERRORS[code][1]
    client.get_page(f"/fail/{code}", status=status)
    for url, headers in (
        (f"/api/fail/{code}", {}),
        (f"/fail/{code}", {"Accept": "application/json"}),
    ):
        answer = client.http.get(url, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert answer.json["code"] == code and answer.json["status"] == status


def test_a_problem_document_carries_the_facts(make_client, admin):
    client = make_client(admin)
    conflict = client.http.get("/api/fail/conflict").json["conflicts"][0]
    assert (conflict["path"], conflict["mine"], conflict["theirs"]) == (["gloss", "en"], "b", "c")
    problems = client.http.get("/api/fail/invalid").json["problems"]
    assert problems[0] == {"where": "name", "what": "Too long."}
    assert client.http.get("/api/fail/unreadable").json["line"] == 3


def test_a_guest_is_asked_to_sign_in(client):
    answer = client.http.get("/fail/not-allowed")
    assert answer.headers["Location"] == "/login?next=/fail/not-allowed"
    answer = client.http.get("/api/fail/not-allowed")
    assert (answer.status_code, answer.json["code"]) == (401, "not-signed-in")


def test_addresses_that_lead_nowhere(client):
    client.get_page("/a/b/c/d", status=404)
    client.get_page("/no-such-project/members", status=404)
    assert client.http.get("/api/nowhere").mimetype == "application/problem+json"
    answer = client.http.delete("/login")
    assert answer.status_code in {400, 405}


def test_what_is_too_large_is_refused(make_client, make_app):
    client = make_client(app=make_app(max_upload=1000))
    answer = client.http.post("/login", data={"username": "x" * 5000})
    assert answer.status_code == 413


def test_a_form_from_elsewhere_is_refused(make_client, admin, store):
    client = make_client(admin)
    for token in (None, "", "made-up"):
        form = {"note": "x", **({} if token is None else {"csrf_token": token})}
        assert client.http.post("/admin/invitations", data=form).status_code == 400
    assert store.invitations.count_documents({}) == 0


def test_a_tokens_header_without_a_good_token_does_not_pass_for_proof(make_client, admin, store):
    client = make_client(admin)  # with a session's cookie
    for header in ("Bearer ", "Bearer x", "bearer"):
        answer = client.http.post("/admin/invitations", headers={"Authorization": header})
        assert answer.status_code in {400, 401}
    assert store.invitations.count_documents({}) == 0


@pytest.mark.parametrize("url", ["/", "/login", "/healthz", "/nowhere/at/all", "/static/icons.svg"])
def test_every_answer_keeps_the_browser_on_a_short_leash(client, url):
    headers = client.http.get(url, buffered=True).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "microphone=(self)" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_with_secure_cookies_the_browser_is_told_to_stay_with_https(make_client, make_app):
    answer = make_client(app=make_app(secure_cookies=True)).http.get("/login")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "Secure" in answer.headers["Set-Cookie"]


def test_pages_are_not_kept_and_static_files_are(client):
    assert client.http.get("/login").headers["Cache-Control"] == "private, no-cache"
    page = client.get_page("/login")
    address = page.xpath("string(//link[@rel='stylesheet'][last()]/@href)")
    assert "?v=" in address
    assert "immutable" in client.http.get(address, buffered=True).headers["Cache-Control"]
    answer = client.http.get("/static/js/menus.js", buffered=True)
    assert answer.headers["Cache-Control"] == "no-cache"
    known = {"If-None-Match": answer.headers["ETag"]}
    again = client.http.get("/static/js/menus.js", headers=known, buffered=True)
    assert again.status_code == 304


def test_health(client):
    assert client.http.get("/healthz").json == {"status": "ok"}


def test_an_interface_language_that_is_not_there_falls_back(client):
    for wanted in ("ar", "de-AT, fr;q=0.5", "*", ""):
        page = client.http.get("/login", headers={"Accept-Language": wanted}).text
        assert '<html lang="en" dir="ltr">' in page
