"""Logging in, and how often somebody may try."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.accounts import username_key
from app.domain.errors import DomainError
from app.domain.messages import say
from app.services import passwords
from app.store import accounts
from app.store.database import Document, Store

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10
PER_ADDRESS = 60


class TooManyAttempts(DomainError):
    """Somebody tried too often.

    Attributes:
        until: when the next attempt is looked at.
        seconds: how long that is from now.
    """

    code = "too-many-attempts"

    def __init__(self, until: datetime, now: datetime) -> None:
        self.until = until
        self.seconds = max(1, round((until - now).total_seconds()))
        minutes = -(-self.seconds // 60)
        wait = say("a minute") if minutes == 1 else say("%(n)s minutes", n=minutes)
        super().__init__(
            say(
                "Too many failed attempts. Try again in %(wait)s, "
                "or ask an administrator for a one-time password link.",
                wait=wait,
            )
        )


@dataclass(frozen=True)
class Attempt:
    """One try to log in.

    Attributes:
        username: as typed.
        password: as typed.
        address: the network address it came from.
    """

    username: str
    password: str
    address: str


def log_in(store: Store, attempt: Attempt, now: datetime) -> Document | None:
    """The account that a name and password belong to; None where they don't fit.

    Every attempt is counted before it is judged, so that many at once gain nothing; unknown
    names are counted and take as long as known ones.

    Raises:
        TooManyAttempts: for the account or from the address, in a sliding window.
    """
    key = username_key(attempt.username)
    limits = {
        f"account:{passwords.digest(key)}": PER_ACCOUNT,
        f"address:{network_of(attempt.address)}": PER_ADDRESS,
    }
    counted = accounts.begin_attempt(store, limits, now)
    try:
        for limited, limit in limits.items():
            _check_limit(store, limited, limit, now)
    except TooManyAttempts:
        accounts.forget_attempt(store, counted)  # waiting is enough, trying does not prolong it
        raise
    account = accounts.find_by_key(store, key)
    fits = passwords.verify_password(account["password"] if account else None, attempt.password)
    if account is None or not fits or account["disabled"]:
        return None
    accounts.forget_attempt(store, counted)
    accounts.forget_attempts_of(store, next(iter(limits)))
    _note_login(store, account, attempt.password, now)
    return account


def network_of(address: str) -> str:
    """What attempts are counted under: an IPv4 address, or the /64 network of an IPv6 one.

    >>> network_of("2001:db8::1")
    '2001:db8::/64'
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "local"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _check_limit(store: Store, key: str, limit: int, now: datetime) -> None:
    # the attempt that is being made has been counted too, hence one more
    earlier = accounts.nth_latest_attempt(store, key, now - WINDOW, limit + 1)
    if earlier is not None:
        raise TooManyAttempts(earlier + WINDOW, now)


def _note_login(store: Store, account: Document, password: str, now: datetime) -> None:
    values: Document = {"last_login": now}
    if passwords.needs_rehash(account["password"]):
        values["password"] = passwords.hash_password(password)
    accounts.update(store, account["_id"], values)
