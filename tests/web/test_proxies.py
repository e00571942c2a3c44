"""Behind proxies: their word counts, as far as the setting goes, and nobody else's does."""

from __future__ import annotations

import pytest

from app.services.login import PER_ADDRESS

HEADERS = {
    "X-Forwarded-For": "203.0.113.9, 192.0.2.7",  # what the client said, then what the proxy saw
    "X-Forwarded-Host": "forged.example, life.example.org",
    "X-Forwarded-Proto": "http, https",
}


def sign_in(app, store, headers):
    """Where an attempt to sign in is counted."""
    client = app.test_client()
    page = client.get("/login", headers=headers).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"username": "nobody", "password": "wrong password", "csrf_token": token}
    answer = client.post("/login", data=form, headers=headers)
    keys = {one["key"] for one in store.login_attempts.find()}
    return answer, {key for key in keys if key.startswith("address:")}


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "127.0.0.1"), (1, "192.0.2.7"), (2, "203.0.113.9")]
)
def test_attempts_to_sign_in_are_counted_for_the_address_that_the_proxy_saw(
    make_app, store, proxies, address
):
    _, counted = sign_in(make_app(proxies=proxies), store, HEADERS)
    assert counted == {f"address:{address}"}


def test_one_address_behind_a_proxy_does_not_shut_out_the_others(make_app, store, clock):
    app = make_app(proxies=1)
    for number in range(PER_ADDRESS):
        attempt = {"_id": str(number), "key": "address:192.0.2.7", "at": clock()}
        store.login_attempts.insert_one(attempt)
    assert sign_in(app, store, HEADERS)[0].status_code == 429
    elsewhere = HEADERS | {"X-Forwarded-For": "192.0.2.7, 192.0.2.8"}
    assert sign_in(app, store, elsewhere)[0].status_code != 429


@pytest.mark.parametrize(
    ("proxies", "server"), [(0, "http://localhost"), (1, "https://life.example.org")]
)
def test_addresses_are_made_of_what_the_proxy_says(make_app, proxies, server):
    described = make_app(proxies=proxies).test_client().get("/api/v1/openapi.json", headers=HEADERS)
    assert server in str(described.json["servers"])


def test_cookies_go_over_https_only_where_people_come_by_https(make_app, store):
    app = make_app(proxies=1, public_url="https://life.example.org", secure_cookies=True)
    cookie = app.test_client().get("/login", headers=HEADERS).headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
