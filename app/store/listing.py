"""Reading the lexicon as a list: in order, by letter, filtered, searched.

All of it reads derived rows (`app.store.rows`) through the access predicate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pymongo.errors import ExecutionTimeout, OperationFailure

from app.domain.errors import Invalid, Problem
from app.domain.expressions import compile_expression
from app.domain.messages import say
from app.domain.text import compare_key, fold, words
from app.store.access import Scope, readable, readable_rows
from app.store.database import Document, Store
from app.store.rows import STARTS, beginnings, orders_in_use, sorter_of

Mode = Literal["start", "inside", "regex"]
MODES: tuple[Mode, ...] = ("start", "inside", "regex")
FILTERS = ("pos", "domains", "status", "missing", "morph_type")
_SHOWN = dict.fromkeys(
    ("entry", "key", "letter", "lemma", "gloss", "homograph", "pos", "status", "rev"), 1
)
_LIST = [("project", 1), ("order", 1), ("key", 1)]
_MERGED = 150  # beginnings of words; the database merges at most 200
_COUNT_LIMIT = 500
_SLOW_MS = 3000
_SEARCHED = ("forms", "glosses", "definitions")


@dataclass(frozen=True)
class Query:
    """What a list shows.

    Attributes:
        text: what was typed into the search field.
        mode: by beginnings of words, inside words, or as a regular expression.
        exact: case and marks count.
        only: values by filter (`pos`, `domains`, `status`, `missing`, `morph_type`).
    """

    text: str = ""
    mode: Mode = "start"
    exact: bool = False
    only: dict[str, str] = field(default_factory=dict)

    @property
    def is_all(self) -> bool:
        """Whether it shows the whole lexicon."""
        return not self.text.strip() and not self.only


@dataclass(frozen=True)
class Page:
    """A stretch of the list.

    Attributes:
        rows: stored rows.
        more: whether others follow.
        partial: the search ran out of time; what is shown may not be all.
    """

    rows: list[Document]
    more: bool = False
    partial: bool = False


@dataclass(frozen=True)
class Letter:
    """A heading of the alphabet: how many entries stand under it, and after how many others."""

    letter: str
    count: int
    before: int


def current_order(store: Store, project: str) -> Document:
    """The order that lists show."""
    in_use = orders_in_use(store, project)
    return next(order for order in in_use["orders"] if order["id"] == in_use["current"])


def letters(store: Store, scope: Scope, order: Document) -> list[Letter]:
    """The headings of the alphabet that have entries, in order, with counts."""
    counts = {
        found["letter"]: int(found["count"])
        for found in store.letters.find({"project": scope.project, "order": order["id"]})
    }
    if not scope.everything:
        for letter, hidden in _hidden(store, scope, order).items():
            counts[letter] = counts.get(letter, 0) - hidden
    sorter = sorter_of(order)
    found, before = [], 0
    for letter in sorted(counts, key=sorter.letter_start):
        if counts[letter] > 0:
            found.append(Letter(letter, counts[letter], before))
            before += counts[letter]
    return found


def page(
    store: Store,
    scope: Scope,
    order: Document,
    query: Query,
    *,
    start: str = "",
    after: str = "",
    limit: int = 100,
) -> Page:
    """One stretch of the list.

    Args:
        start: a key at which to begin, such as that of a letter.
        after: the key of the last row that is known, to go on after it.

    Raises:
        Invalid: a regular expression is none.
    """
    wanted = _filter(store, scope, order, query)
    if after:
        wanted["key"] = {"$gt": after}
    elif start:
        wanted["key"] = {"$gte": start}
    cursor = store.rows.find(wanted, _SHOWN).sort("key")
    cursor = cursor.limit(limit + 1).max_time_ms(_SLOW_MS)
    if _walks_the_list(wanted):
        cursor = cursor.hint(_LIST)
    if query.mode != "start" and query.text:
        cursor = cursor.batch_size(20)
    rows: list[Document] = []
    try:
        for row in cursor:
            rows.append(row)
    except ExecutionTimeout:
        return Page(rows[:limit], len(rows) > limit, True)
    except OperationFailure as error:
        raise _regex_problem(error) from error
    return Page(rows[:limit], len(rows) > limit)


def key_at(store: Store, scope: Scope, order: Document, place: int) -> str:
    """The key of the row at a place of the whole list, found through its letter's heading."""
    headings = letters(store, scope, order)
    heading = next((h for h in reversed(headings) if h.before <= place), None)
    if heading is None:
        return ""
    begin = sorter_of(order).letter_start(heading.letter)
    inside = place - heading.before
    if inside <= 0:
        return begin
    query = _filter(store, scope, order, Query()) | {"key": {"$gte": begin}}
    cursor = store.rows.find(query, {"_id": 0, "key": 1}).sort("key")
    found = next(iter(cursor.skip(inside).limit(1)), None)
    return str(found["key"]) if found else begin


def count(store: Store, scope: Scope, order: Document, query: Query) -> tuple[int, bool]:
    """How many rows a filtered list has, at most 500, and whether there are more."""
    wanted = _filter(store, scope, order, query)
    try:
        found = store.rows.count_documents(wanted, limit=_COUNT_LIMIT + 1, maxTimeMS=_SLOW_MS)
    except ExecutionTimeout:
        return _COUNT_LIMIT, True
    return min(found, _COUNT_LIMIT), found > _COUNT_LIMIT


def entry_ids(
    store: Store, scope: Scope, order: Document, query: Query, limit: int = 0
) -> list[str]:
    """The entries of a filtered list in its order, for a bulk run or a CSV file."""
    cursor = store.rows.find(_filter(store, scope, order, query), {"entry": 1})
    return [row["entry"] for row in cursor.sort("key").limit(limit)]


def rows_of(store: Store, scope: Scope, order: Document, entry: str) -> list[Document]:
    """The row of one entry, if it may be read."""
    wanted = readable(store, scope) | {"order": order["id"], "entry": entry}
    wanted |= readable_rows(scope)
    return list(store.rows.find(wanted, _SHOWN))


def _filter(store: Store, scope: Scope, order: Document, query: Query) -> Document:
    wanted = readable(store, scope) | {"order": order["id"]}
    if not _has_restricted(store, wanted):
        wanted.pop("$or", None)  # every row may be read, and an index alone can answer
    wanted |= _own_rows(store, scope, order)
    for name, value in query.only.items():
        if name in FILTERS and value:
            wanted[name] = value
    conditions = _search(store, scope.project, query)
    if conditions:
        wanted["$and"] = conditions
    return wanted


def _own_rows(store: Store, scope: Scope, order: Document) -> Document:
    """What tells the reader's row of an entry with closed parts; nothing if there is no such."""
    closed = {"project": scope.project, "order": order["id"], "variant": {"$exists": True}}
    return readable_rows(scope) if store.rows.find_one(closed, {"_id": 1}) else {}


def _has_restricted(store: Store, wanted: Document) -> bool:
    """Whether any entry of the list has an access of its own."""
    known = {key: wanted[key] for key in ("project", "order")}
    return store.rows.find_one(known | {"access.level": {"$exists": True}}, {"_id": 1}) is not None


def _search(store: Store, project: str, query: Query) -> list[Document]:
    text = query.text.strip()
    if not text:
        return []
    if query.mode == "regex":
        return [_by_regex(text, query.exact)]
    if query.mode == "inside":
        if query.exact:
            pattern = re.escape(compare_key(text))
            return [{"$or": [{name: {"$regex": pattern}} for name in _SEARCHED]}]
        return [{"text": {"$regex": re.escape(fold(text))}}]
    return _by_starts(store, project, text, query.exact)


def _by_starts(store: Store, project: str, text: str, exact: bool) -> list[Document]:
    """Each word typed begins a word of the entry; the longest one uses the index."""
    typed = sorted(words(fold(text)), key=len, reverse=True)
    if not typed:  # marks alone, such as the hyphen of an affix
        marks = re.escape(compare_key(text))
        return [{"$or": [{name: {"$regex": marks}} for name in _SEARCHED]}]
    conditions: list[Document] = []
    for word in typed:
        conditions.append({"starts": _beginning(store, project, word)})
        if len(word) > STARTS:
            conditions.append({"text": {"$regex": f" {re.escape(word)}"}})
    if exact:
        conditions += [
            {"$or": [{name: {"$regex": _starting(word)}} for name in _SEARCHED]}
            for word in words(compare_key(text))
        ]
    return conditions


def _beginning(store: Store, project: str, word: str) -> Any:
    """What the index of beginnings holds of a word: its first letters.

    Of one or two letters, all beginnings that have them: each is in the order of the list, and
    the database merges them.
    """
    if len(word) >= STARTS:
        return word[:STARTS]
    known = beginnings(store, project, word, _MERGED + 1)
    if len(known) <= _MERGED:
        return {"$in": known}
    return {"$elemMatch": {"$gte": word, "$lt": f"{word}\U0010ffff"}}


def _walks_the_list(wanted: Document) -> bool:
    """Whether a page is soonest found in the order of the list.

    So it is where more beginnings fit than the index can merge: many entries have one of them.
    """
    conditions = wanted.get("$and", ())
    return len(conditions) == 1 and "$elemMatch" in conditions[0].get("starts", {})


def _starting(word: str) -> str:
    return rf"(^|[^\p{{L}}\p{{M}}\p{{N}}]){re.escape(word)}"


def _by_regex(text: str, exact: bool) -> Document:
    compile_expression(text, "q")
    condition: dict[str, Any] = {"$regex": text}
    if not exact:
        condition["$options"] = "i"
    return {"$or": [{name: condition} for name in _SEARCHED]}


def _regex_problem(error: OperationFailure) -> Exception:
    if error.code in (51091, 51108) or "egular expression" in str(error):
        return Invalid(
            Problem("q", say("This is no regular expression: %(error)s", error=str(error.details)))
        )
    return error


def _hidden(store: Store, scope: Scope, order: Document) -> dict[str, int]:
    """How many rows under each letter the asker may not read."""
    levels: Sequence[str] = ("groups",) if scope.member else ("groups", "members")
    wanted: Document = {
        "project": scope.project,
        "order": order["id"],
        "access.level": {"$in": levels},
        "variant": None,
    }
    if scope.groups:
        wanted["access.groups"] = {"$nin": sorted(scope.groups)}
    grouped = store.rows.aggregate(
        [{"$match": wanted}, {"$group": {"_id": "$letter", "n": {"$sum": 1}}}]
    )
    return {found["_id"]: int(found["n"]) for found in grouped}
