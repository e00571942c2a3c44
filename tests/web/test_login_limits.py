"""How often somebody may try to sign in."""

import time

import pytest

from app.services import login as service
from app.services.login import PER_ACCOUNT, PER_ADDRESS, WINDOW, Attempt, TooManyAttempts, log_in
from tests.web.client import PASSWORD


def fail(store, clock, username, address="192.0.2.1"):
    assert log_in(store, Attempt(username, "wrong password", address), clock()) is None


def test_an_account_is_shut_after_its_limit_and_opens_by_waiting(store, clock, admin):
    for _ in range(PER_ACCOUNT):
        fail(store, clock, "root")
        clock.pass_(seconds=1)
    with pytest.raises(TooManyAttempts) as refused:
        log_in(store, Attempt("root", PASSWORD, "198.51.100.7"), clock())
    assert refused.value.seconds == WINDOW.total_seconds() - PER_ACCOUNT
    clock.pass_(seconds=refused.value.seconds)
    assert log_in(store, Attempt("ROOT", PASSWORD, "198.51.100.7"), clock())


def test_trying_while_shut_out_does_not_prolong_it(store, clock, admin):
    for _ in range(PER_ACCOUNT):
        fail(store, clock, "root")
    for _ in range(30):
        with pytest.raises(TooManyAttempts):
            log_in(store, Attempt("root", PASSWORD, "192.0.2.1"), clock())
        clock.pass_(seconds=29)
    clock.pass_(seconds=31)
    assert log_in(store, Attempt("root", PASSWORD, "192.0.2.1"), clock())


def test_an_unknown_name_is_limited_like_a_known_one(store, clock):
    for _ in range(PER_ACCOUNT):
        fail(store, clock, "nobody")
    with pytest.raises(TooManyAttempts):
        log_in(store, Attempt("nobody", "x", "192.0.2.2"), clock())


def test_one_address_cannot_try_many_names(store, clock):
    for number in range(PER_ADDRESS):
        store.login_attempts.insert_one(
            {"_id": str(number), "key": "address:2001:db8::/64", "at": clock()}
        )
    with pytest.raises(TooManyAttempts):
        log_in(store, Attempt("somebody", "x", "2001:db8::ffff"), clock())
    fail(store, clock, "somebody", "2001:db8:0:1::1")


def test_a_success_takes_the_accounts_failures_back(store, clock, admin):
    for _ in range(PER_ACCOUNT - 1):
        fail(store, clock, "root")
    assert log_in(store, Attempt("root", PASSWORD, "192.0.2.1"), clock())
    fail(store, clock, "root")


def test_an_unknown_name_takes_as_long_to_refuse(store, clock, admin):
    def seconds(username):
        started = time.perf_counter()
        fail(store, clock, username)
        return time.perf_counter() - started

    fail(store, clock, "warm")
    known = min(seconds("root") for _ in range(3))
    unknown = min(seconds("nobody") for _ in range(3))
    assert 0.4 < known / unknown < 2.5


def test_the_page_says_when_to_try_again(client, admin):
    form = {"username": "root", "password": "wrong password"}
    for _ in range(PER_ACCOUNT):
        client.post("/login", form)
    page = client.post_page("/login", form, status=429)
    assert "Try again in 15 minutes" in page.xpath("string(//main//*[@role='alert'])")


def test_a_disabled_account_does_not_come_in(store, clock, admin):
    store.accounts.update_one({}, {"$set": {"disabled": True}})
    assert log_in(store, Attempt("root", PASSWORD, "192.0.2.1"), clock()) is None


def test_attempts_are_forgotten_by_the_database(store):
    index = store.login_attempts.index_information()["at_1"]
    assert index["expireAfterSeconds"] >= service.WINDOW.total_seconds()
