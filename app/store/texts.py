"""Reading the utterances of texts in their order, and counting how far they are glossed."""

from __future__ import annotations

from dataclasses import dataclass

from app.store.database import Document, Store

_LIVE: Document = {"deleted": {"$ne": True}}


@dataclass(frozen=True)
class Counts:
    """How much a text holds, and how many of its words have a chosen analysis."""

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
        rank = after.get("rank", "")
        wanted.append(
            {"$or": [{"rank": {"$gt": rank}}, {"rank": rank, "_id": {"$gt": after["_id"]}}]}
        )
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
    analysed: Document = {
        "$filter": {"input": words, "as": "word", "cond": {"$gt": ["$$word.chosen", None]}}
    }
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
