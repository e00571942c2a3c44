"""Numbered steps that bring a database up to date: forward only, safe to run twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.errors import Unavailable
from app.store import rows
from app.store.database import Store

_META = "schema"


@dataclass(frozen=True)
class Migration:
    """One step.

    Attributes:
        number: its place; never reused.
        says: what it does, for whoever upgrades.
        run: does it; running it again changes nothing.
    """

    number: int
    says: str
    run: Callable[[Store], None]


def _first(store: Store) -> None:
    """The shape that the first release writes; nothing is older than it."""


def _rows_with_keys_of_their_own(store: Store) -> None:
    """Rows whose keys are unique, and the beginnings of words beside them."""
    store.rows.drop_indexes()
    for found in store.orders.find({}):
        rows.rebuild(store, found["_id"], found["orders"])


def _rules_are_applied(store: Store) -> None:
    """Rows in the order of ICU rules, which were kept before and not applied."""
    for found in store.orders.find({"orders.collation.kind": "icu"}):
        rows.rebuild(store, found["_id"], found["orders"])


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "note the version of the data", _first),
    Migration(
        2, "make the rows of the lexicon anew, for faster search", _rows_with_keys_of_their_own
    ),
    Migration(3, "sort by the ICU rules of writing systems", _rules_are_applied),
)


def version(store: Store) -> int:
    """The number of the last step that the database has seen; 0 for a new one."""
    found = store.meta.find_one({"_id": _META})
    return int(found["version"]) if found else 0


def pending(store: Store, steps: tuple[Migration, ...] = MIGRATIONS) -> list[Migration]:
    """The steps still to be taken.

    Raises:
        Unavailable: the database was written by a newer program.
    """
    at = version(store)
    newest = steps[-1].number
    if at > newest:
        raise Unavailable(
            f"The data are of version {at}, and this program knows only up to {newest}: "
            "start the newer program, or restore a backup made by this one."
        )
    return [step for step in steps if step.number > at]


def migrate(
    store: Store,
    say: Callable[[str], None] = lambda _line: None,
    steps: tuple[Migration, ...] = MIGRATIONS,
) -> None:
    """Takes every step still to be taken, saying each first."""
    for step in pending(store, steps):
        say(f"Upgrading the data to version {step.number}: {step.says}.")
        step.run(store)
        store.meta.update_one({"_id": _META}, {"$set": {"version": step.number}}, upsert=True)
