"""Reading the utterances of texts in their order, and counting how far they are glossed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.glossing import MACHINES
from app.store.database import Document, Store

_LIVE: Document = {"deleted": {"$ne": True}}


@dataclass(frozen=True)
class Counts:
    """How much a text holds, and how many of its words have an analysis that somebody chose."""

    utterances: int
    words: int
    glossed: int


NONE = Counts(0, 0, 0)


def page(
    store: Store, query: Document, text: str | None, after: Document | None, limit: int
) -> list[Document]:
    """Utterances of a text (None for those that stand alone) in the order of (rank, id).

    Args:
        query: the filter of what may be read.
        after: the stored utterance before the first.
    """
    wanted: list[Document] = [query, _LIVE, {"text": text}]
    if after is not None:
        rank = after.get("rank")  # those that stand alone may have none: they come first
        later: Document = {"rank": {"$gte": ""} if rank is None else {"$gt": rank}}
        wanted.append({"$or": [later, {"rank": rank, "_id": {"$gt": after["_id"]}}]})
    found = store.utterances.find({"$and": wanted}).sort([("rank", 1), ("_id", 1)])
    return list(found.limit(limit))


def place(store: Store, query: Document, line: Document) -> int:
    """The number of an utterance in its text, from 1.

    Args:
        query: the filter of what may be read.
    """
    rank = line.get("rank", "")
    before = {"$or": [{"rank": {"$lt": rank}}, {"rank": rank, "_id": {"$lte": line["_id"]}}]}
    return store.utterances.count_documents(
        {"$and": [query, _LIVE, {"text": line.get("text")}, before]}
    )


def at_place(store: Store, query: Document, text: str | None, place: int) -> Document | None:
    """The utterance at a place of its text, from 1; None beyond its end."""
    wanted: Document = {"$and": [query, _LIVE, {"text": text}]}
    found = store.utterances.find(wanted, {"rank": 1}).sort([("rank", 1), ("_id", 1)])
    return next(iter(found.skip(place - 1).limit(1)), None)


def neighbour(store: Store, project: str, line: Document, step: int) -> Document | None:
    """The utterance after another one in its text (`step` 1), or before it (-1)."""
    sign, way = ("$gt", 1) if step > 0 else ("$lt", -1)
    rank = line.get("rank", "")
    beyond = {"$or": [{"rank": {sign: rank}}, {"rank": rank, "_id": {sign: line["_id"]}}]}
    wanted = {"$and": [{"project": project, "text": line.get("text")}, _LIVE, beyond]}
    return store.utterances.find_one(wanted, sort=[("rank", way), ("_id", way)])


def ranks(store: Store, project: str, text: str | None) -> list[Document]:
    """Id and rank of the utterances of a text in their order."""
    wanted = {"$and": [{"project": project, "text": text}, _LIVE]}
    found = store.utterances.find(wanted, {"rank": 1})
    return list(found.sort([("rank", 1), ("_id", 1)]))


def with_word(store: Store, query: Document, ws: str, form: str, limit: int) -> Iterator[Document]:
    """Utterances with a word of a form, its case aside.

    Args:
        query: the filter of what may be read.
    """
    spellings = sorted({form, form.lower(), form.capitalize(), form.upper()})
    wanted = {"$and": [query, _LIVE, {f"words.form.{ws}": {"$in": spellings}}]}
    yield from store.utterances.find(wanted).sort([("text", 1), ("rank", 1)]).limit(limit)


def counts(store: Store, query: Document) -> dict[str | None, Counts]:
    """By text, None for utterances that stand alone.

    Args:
        query: the filter of what may be read.
    """
    words: Document = {
        "$filter": {
            "input": {"$ifNull": ["$words", []]},
            "as": "word",
            "cond": {"$ne": ["$$word.type", "punctuation"]},
        }
    }
    # what a machine filled in and nobody confirmed is not glossed yet
    filled: Document = {
        "$filter": {
            "input": {"$ifNull": ["$$word.analyses", []]},
            "as": "one",
            "cond": {
                "$and": [
                    {"$eq": ["$$one.id", "$$word.chosen"]},
                    {"$in": ["$$one.origin", sorted(MACHINES)]},
                    {"$not": ["$$one.confirmed_by"]},
                ]
            },
        }
    }
    said: Document = {"$and": [{"$gt": ["$$word.chosen", None]}, {"$eq": [filled, []]}]}
    analysed: Document = {"$filter": {"input": words, "as": "word", "cond": said}}
    grouped = store.utterances.aggregate(
        [
            {"$match": {"$and": [query, _LIVE]}},
            {
                "$group": {
                    "_id": "$text",
                    "utterances": {"$sum": 1},
                    "words": {"$sum": {"$size": words}},
                    "glossed": {"$sum": {"$size": analysed}},
                }
            },
        ]
    )
    return {
        found["_id"]: Counts(found["utterances"], found["words"], found["glossed"])
        for found in grouped
    }
