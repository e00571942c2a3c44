"""Accounts, personal tokens, one-time password links and login attempts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.store.database import Document, Store

ATTEMPTS_KEPT = timedelta(days=1)


def make_indexes(store: Store) -> None:
    """Makes the indexes of accounts and what belongs to them; safe to call again."""
    store.accounts.create_index("key", unique=True)
    store.tokens.create_index("hash", unique=True)
    store.tokens.create_index("user")
    store.password_links.create_index("hash", unique=True)
    store.password_links.create_index("expires", expireAfterSeconds=0)
    store.login_attempts.create_index("at", expireAfterSeconds=int(ATTEMPTS_KEPT.total_seconds()))
    store.login_attempts.create_index([("key", 1), ("at", DESCENDING)])


def insert(store: Store, account: Document, session: ClientSession | None = None) -> None:
    """Adds an account; the first one of the server becomes its administrator.

    Raises:
        Invalid: the username is taken.
    """
    first = store.server.find_one_and_update(
        {"_id": "first-account"},
        {"$setOnInsert": {"user": account["_id"]}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    assert first is not None
    admin = account["admin"] or first["user"] == account["_id"]
    try:
        store.accounts.insert_one({**account, "admin": admin}, session=session)
    except DuplicateKeyError as error:
        taken = Problem("username", "This username is taken; choose another one.")
        raise Invalid(taken) from error


def is_empty(store: Store) -> bool:
    """Whether nobody has an account yet."""
    return store.accounts.find_one({}, {"_id": 1}) is None


def find_first_administrator(store: Store) -> Document | None:
    """The administrator who has had an account for longest; None where there is none."""
    wanted = {"admin": True, "disabled": {"$ne": True}}
    return store.accounts.find_one(wanted, sort=[("_id", 1)])


def find(store: Store, user_id: str) -> Document | None:
    """The account with an id."""
    return store.accounts.find_one({"_id": user_id})


def find_by_key(store: Store, key: str) -> Document | None:
    """The account whose username has a key (`app.domain.accounts.username_key`)."""
    return store.accounts.find_one({"key": key})


def find_many(store: Store, ids: Iterable[str]) -> dict[str, Document]:
    """The accounts with these ids, by id, without their passwords."""
    found = store.accounts.find({"_id": {"$in": list(ids)}}, {"password": 0, "stamp": 0})
    return {account["_id"]: account for account in found}


def find_all(store: Store) -> list[Document]:
    """All accounts by username, without their passwords."""
    return list(store.accounts.find({}, {"password": 0, "stamp": 0}).sort("key"))


def update(
    store: Store, user_id: str, values: dict[str, Any], session: ClientSession | None = None
) -> None:
    """Sets fields of an account."""
    store.accounts.update_one({"_id": user_id}, {"$set": values}, session=session)


def insert_token(store: Store, token: Document) -> None:
    """Adds a personal token."""
    store.tokens.insert_one(token)


def find_token(store: Store, digest: str, now: datetime) -> Document | None:
    """The token with a hash, unless it has expired; notes that it was used, to the hour."""
    token = store.tokens.find_one({"hash": digest})
    if token is None or (token["expires"] and token["expires"] <= now):
        return None
    if token["used"] is None or now - token["used"] > timedelta(hours=1):
        store.tokens.update_one({"_id": token["_id"]}, {"$set": {"used": now}})
    return token


def find_tokens(store: Store, user_id: str) -> list[Document]:
    """The tokens of an account, newest first, without their hashes."""
    return list(store.tokens.find({"user": user_id}, {"hash": 0}).sort("_id", DESCENDING))


def delete_token(store: Store, user_id: str, token_id: str) -> Document | None:
    """Takes a token away from an account; gives what it was."""
    return store.tokens.find_one_and_delete({"_id": token_id, "user": user_id})


def replace_password_link(store: Store, link: Document) -> None:
    """Keeps a one-time link and forgets earlier ones of the same account."""
    store.password_links.delete_many({"user": link["user"]})
    store.password_links.insert_one(link)


def find_password_link(store: Store, digest: str, now: datetime) -> Document | None:
    """The link with a hash that can still be used."""
    return store.password_links.find_one({"hash": digest, "expires": {"$gt": now}})


def take_password_link(
    store: Store, digest: str, now: datetime, session: ClientSession
) -> Document | None:
    """Uses a link up; None if it was used or has expired."""
    query = {"hash": digest, "expires": {"$gt": now}}
    return store.password_links.find_one_and_delete(query, session=session)


def delete_password_links(store: Store, user_id: str) -> None:
    """Forgets the one-time links of an account."""
    store.password_links.delete_many({"user": user_id})


def begin_attempt(store: Store, keys: Iterable[str], at: datetime) -> list[str]:
    """Counts a login attempt under each key before it is judged; gives the rows' ids."""
    rows = {new_id("l"): key for key in keys}
    store.login_attempts.insert_many(
        {"_id": row, "key": key, "at": at} for row, key in rows.items()
    )
    return list(rows)


def forget_attempt(store: Store, ids: Iterable[str]) -> None:
    """Takes counted attempts back."""
    store.login_attempts.delete_many({"_id": {"$in": list(ids)}})


def forget_attempts_of(store: Store, key: str) -> None:
    """Takes back all attempts under a key."""
    store.login_attempts.delete_many({"key": key})


def nth_latest_attempt(store: Store, key: str, since: datetime, number: int) -> datetime | None:
    """When the attempt came that is the `number`th counted back from now (from 1)."""
    query = {"key": key, "at": {"$gt": since}}
    rows = store.login_attempts.find(query).sort("at", DESCENDING).skip(number - 1).limit(1)
    for row in rows:
        at: datetime = row["at"]
        return at
    return None
