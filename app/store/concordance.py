"""Reading the derived collection of occurrences: finds in order, counts, frequencies.

All of it goes through `app.store.records.filter_of`: a row has the fields of its utterance on which
that filter rests.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo.errors import ExecutionTimeout

from app.domain import occurrences
from app.domain.corpus_query import SIGNS, CorpusQuery, Sort, Term
from app.domain.occurrences import key_of
from app.domain.text import compare_key
from app.store import records
from app.store.access import Scope
from app.store.database import Document, Store

FORMS = 150  # forms whose finds the database merges in order
NEIGHBOURS = 2000  # forms that a neighbour may have
COUNTED = 1000  # finds that are counted one by one
_SECONDS = 1.5  # for going through the forms of a line
_SLOW_MS = 2000
_RARE = 500  # neighbours that are so few are looked up first
_RARER = 20  # times rarer than what is looked for
After = tuple[str, str]
INDEXES: dict[Sort, str] = {"text": "text", "left": "by_left", "right": "by_right"}


@dataclass(frozen=True)
class Matches:
    """The forms that a term means.

    Attributes:
        keys: folded, the commonest first.
        exact: as they are written, where that counts.
        cut: there are more forms, or there was no time to look at all.
        counted: how many finds they have together, before access; None where it is not known.
    """

    keys: list[str]
    exact: list[str] | None = None
    cut: bool = False
    counted: int | None = None


@dataclass(frozen=True)
class Page:
    """A stretch of finds.

    Attributes:
        rows: stored rows.
        after: where the next stretch begins; None if there is none.
        partial: time ran out; there may be others before and after.
    """

    rows: list[Document] = field(default_factory=list)
    after: After | None = None
    partial: bool = False


def matching(store: Store, project: str, term: Term, most: int = FORMS) -> Matches:
    """The forms that a term means.

    Raises:
        Invalid: a regular expression is none.
    """
    if term.ids:
        codes = (term.code, occurrences.ENTRY) if term.line == "sense" else (term.code,)
        keys = [f"{code}:{one}" for one in term.ids[:most] for code in codes]
        return Matches(keys, cut=len(term.ids) > most)
    if term.mode == "whole":
        key = key_of(term.code, term.text)
        exact = [f"{term.code}:{compare_key(term.text)}"] if term.exact else None
        return Matches([key], exact)
    return _looked_up(store, project, term, most)


def _looked_up(store: Store, project: str, term: Term, most: int) -> Matches:
    """Goes through the forms of a line, as long as there is time."""
    begun = time.monotonic()
    found: list[Document] = []
    cut = False
    try:
        for one in _iter_forms(store, project, term, begun):
            found.append(one)
    except (TimeoutError, ExecutionTimeout):
        cut = True
    by_key: Counter[str] = Counter()
    for one in found:
        by_key[one["key"]] += one["n"]
    keys = [key for key, _n in by_key.most_common(most)]
    kept = set(keys)
    exact = [f"{term.code}:{one['form']}" for one in found if one["key"] in kept]
    return Matches(keys, exact if term.exact else None, cut or len(by_key) > most)


def _iter_forms(store: Store, project: str, term: Term, begun: float) -> Iterator[Document]:
    start = key_of(term.code, term.text) if term.mode == "start" else f"{term.code}:"
    query = {"project": project, "key": {"$gte": start, "$lt": start + "\U0010ffff"}}
    shown = {"key": 1, "form": 1, "n": 1}
    pattern = term.matcher() if term.mode != "start" else None
    wanted = compare_key(term.text)
    for one in store.vocabulary.find(query, shown).hint("key").max_time_ms(_SLOW_MS):
        left = _SECONDS - (time.monotonic() - begun)
        if left <= 0:
            raise TimeoutError
        if pattern is None:
            if not term.exact or one["form"].startswith(wanted):
                yield one
        elif term.matches(one["form"], one["key"].partition(":")[2], pattern, left):
            yield one


@dataclass
class Search:
    """One query while it is answered for a reader.

    Attributes:
        cut: some forms were left out.
    """

    store: Store
    scope: Scope
    query: CorpusQuery
    cut: bool = False

    def __post_init__(self) -> None:
        self._readable = records.filter_of(self.store, self.scope, "utterance")
        self.matches = matching(self.store, self.scope.project, self.query.term)
        self.cut = self.matches.cut
        self._beside: list[str] = []
        if self.query.near:
            beside = matching(self.store, self.scope.project, self.query.beside, NEIGHBOURS)
            self._beside = beside.keys
            self.cut = self.cut or beside.cut

    def page(self, after: After | None, limit: int) -> Page:
        """A stretch of finds.

        Args:
            after: the place of the last one that is known.
        """
        order = self.query.order
        rows: list[Document] = []
        partial = False
        for bounds in _stretches(order, after):
            if len(rows) <= limit and not partial:
                partial = self._read(rows, bounds, order, limit + 1 - len(rows))
        more = len(rows) > limit
        rows = rows[:limit]
        last = rows[-1] if more else None
        return Page(rows, _place_of(last, order) if last else None, partial)

    def _read(self, rows: list[Document], bounds: Document, order: Sort, most: int) -> bool:
        """Reads rows; tells whether time ran out."""
        if not self.matches.keys or (self.query.near and not self._beside):
            return False
        query = {"$and": [self._filter(), bounds]}
        sort = [("_id", 1)] if order == "text" else [(order, 1), ("tie", 1)]
        cursor = self.store.occurrences.find(query).sort(sort).limit(most).max_time_ms(_SLOW_MS)
        cursor = cursor.hint(self._index(order))
        if self.query.near:
            cursor = cursor.batch_size(10)
        try:
            for row in cursor:
                rows.append(row)
        except ExecutionTimeout:
            return True
        return False

    def count(self) -> tuple[int, bool]:
        """How many finds there are, and whether there are more than were counted."""
        if not self.matches.keys or (self.query.near and not self._beside):
            return 0, False
        known = self._known_count()
        if known is not None:
            return known, False
        hint = self._index("text")
        try:
            found = self.store.occurrences.count_documents(
                self._filter(), limit=COUNTED + 1, maxTimeMS=_SLOW_MS // 4, hint=hint
            )
        except ExecutionTimeout:
            return 0, True
        return min(found, COUNTED), found > COUNTED

    def by_text(self) -> tuple[dict[str | None, int], bool]:
        """How many finds each text has, and whether time ran out."""
        if not self.matches.keys or (self.query.near and not self._beside):
            return {}, False
        steps = [{"$match": self._filter()}, {"$group": {"_id": "$text", "n": {"$sum": 1}}}]
        hint = self._index("text")
        try:
            found = self.store.occurrences.aggregate(steps, maxTimeMS=_SLOW_MS * 2, hint=hint)
            return {one["_id"]: int(one["n"]) for one in found}, False
        except ExecutionTimeout:
            return {}, True

    def _known_count(self) -> int | None:
        """The count of the vocabulary, where the reader may read everything that it counts."""
        if self.query.near or self.query.within or len(self.matches.keys) != 1:
            return None
        if not self.reads_everything:
            return None
        wanted: Document = {"project": self.scope.project, "key": self.matches.keys[0]}
        if self.matches.exact is not None:
            wanted["form"] = {"$in": [one.partition(":")[2] for one in self.matches.exact]}
        forms = list(self.store.vocabulary.find(wanted, {"n": 1}).hint("key").limit(2))
        # a row with two spellings of one key is one find
        return int(forms[0]["n"]) if len(forms) == 1 else None if forms else 0

    @property
    def reads_everything(self) -> bool:
        """Whether nothing of the corpus is closed to the reader."""
        return reads_everything(self.store, self.scope, self._readable)

    def _filter(self) -> Document:
        keys = self.matches.keys
        wanted: Document = {
            "project": self.scope.project,
            self._keyed: keys[0] if len(keys) == 1 else {"$in": keys},
        }
        parts = [wanted, self._readable]
        if self.matches.exact is not None:
            parts.append(_written(self.matches.exact))
        if self.query.near:
            sign = SIGNS[self.query.near]
            parts.append({"near": {"$in": [sign + key for key in self._beside]}})
        if self.query.within:
            text = self.query.within
            parts.append({"_id": {"$gte": f"{text} ", "$lt": f"{text}!"}})
        if self._lines is not None:
            parts.append({"line": {"$in": self._lines}})
        return {"$and": parts}

    @property
    def _keyed(self) -> str:
        """The field in which the keys stand that are looked for."""
        return "ids" if self.query.term.line == "sense" else "keys"

    def _index(self, order: Sort) -> str:
        """The index in whose order finds are read; those of a sense are sorted when they are."""
        if self._lines is not None:
            return "line"
        return "ids" if self._keyed == "ids" else INDEXES[order]

    @property
    def _lines(self) -> list[str] | None:
        """The utterances with a neighbour that is rare; None where it is not."""
        if not self.query.near:
            return None
        if not hasattr(self, "_rare"):
            self._rare = self._find_rare()
        return self._rare

    def _find_rare(self) -> list[str] | None:
        mine = {"project": self.scope.project}
        forms = self.store.vocabulary.find(mine | {"key": {"$in": self._beside}}, {"n": 1})
        beside = sum(one["n"] for one in forms.hint("key"))
        if beside > _RARE:
            return None
        forms = self.store.vocabulary.find(mine | {"key": {"$in": self.matches.keys}}, {"n": 1})
        if sum(one["n"] for one in forms.hint("key")) < beside * _RARER:
            return None
        rows = self.store.occurrences.find(mine | {"keys": {"$in": self._beside}}, {"line": 1})
        return sorted({row["line"] for row in rows.hint("text")})


def reads_everything(store: Store, scope: Scope, readable: Document) -> bool:
    """Whether nothing that the vocabulary counts is closed to a reader.

    Args:
        readable: the filter of the utterances that they may read.
    """
    if scope.everything:
        return True
    if readable["text"]["$nin"]:
        return False
    mine = {"project": scope.project}
    for one in store.vocabulary.find(mine | {"line": occurrences.ACCESS}).hint("count"):
        if not scope.permits(json.loads(one["form"])):
            return False
    if "speaker" not in readable:
        return True
    spoken = set(readable["speaker"]["$in"])
    heard = store.vocabulary.find(mine | {"line": occurrences.SPEAKER}, {"form": 1}).hint("count")
    return all(one["form"] in spoken for one in heard)


def frequencies(
    store: Store, scope: Scope, code: str, after: tuple[int, str] | None, limit: int
) -> tuple[list[Document], bool]:
    """What stands on a line, the commonest first: `form` and `n`; whether time ran out.

    Args:
        code: of the line, such as `w`.
        after: count and form of the last one that is known.
    """
    readable = records.filter_of(store, scope, "utterance")
    if not reads_everything(store, scope, readable):
        return _counted(store, readable, code, after, limit)
    mine: Document = {"project": scope.project, "line": code}
    found: list[Document] = []
    for bounds in _counts_after(after):
        if len(found) < limit:
            cursor = store.vocabulary.find(mine | bounds, {"_id": 0, "form": 1, "n": 1})
            cursor = cursor.sort([("n", -1), ("form", 1)]).hint("count")
            found += cursor.limit(limit - len(found))
    return found, False


def text_words(store: Store, project: str) -> dict[str, int]:
    """How many words each text has."""
    found = store.vocabulary.find({"project": project, "line": occurrences.TEXT_WORDS})
    return {str(one["form"]): int(one["n"]) for one in found.hint("count")}


def _counted(
    store: Store, readable: Document, code: str, after: tuple[int, str] | None, limit: int
) -> tuple[list[Document], bool]:
    """Counts what a reader who may not read everything may read."""
    stretch = {"$gte": f"{code}:", "$lt": f"{code};"}
    beyond: list[Document] = []
    if after:
        same = {"n": after[0], "_id": {"$gt": f"{code}:{after[1]}"}}
        beyond = [{"$match": {"$or": [{"n": {"$lt": after[0]}}, same]}}]
    steps: list[Document] = [
        {"$match": {"$and": [readable, {"keys": stretch}]}},
        {"$project": {"said": {"$ifNull": ["$said", "$keys"]}}},
        {"$unwind": "$said"},
        {"$match": {"said": stretch}},
        {"$group": {"_id": "$said", "n": {"$sum": 1}}},
        *beyond,
        {"$sort": {"n": -1, "_id": 1}},
        {"$limit": limit},
    ]
    try:
        found = list(store.occurrences.aggregate(steps, maxTimeMS=_SLOW_MS * 2))
    except ExecutionTimeout:
        return [], True
    return [{"form": one["_id"].partition(":")[2], "n": one["n"]} for one in found], False


def _stretches(order: Sort, after: After | None) -> Sequence[Document]:
    """What comes after a place, in stretches of the index that are each read from their start."""
    if after is None:
        return ({},)
    surroundings, place = after
    if order == "text":
        return ({"_id": {"$gt": place}},)
    tie = int(place) if place.isdigit() else 0
    return ({order: surroundings, "tie": {"$gt": tie}}, {order: {"$gt": surroundings}})


def _place_of(row: Document, order: Sort) -> After:
    return ("", row["_id"]) if order == "text" else (row[order], str(row["tie"]))


def _counts_after(after: tuple[int, str] | None) -> Sequence[Document]:
    if after is None:
        return ({},)
    return ({"n": after[0], "form": {"$gt": after[1]}}, {"n": {"$lt": after[0]}})


def _written(exact: list[str]) -> dict[str, Any]:
    """The filter of rows in which something is written just so."""
    wanted = {"$in": exact}
    return {"$or": [{"said": wanted}, {"said": None, "keys": wanted}]}
