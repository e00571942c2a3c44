"""Items of lists: which records hold one, and into which others they were merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import bson
from bson.raw_bson import RawBSONDocument

from app.domain.kinds import KINDS
from app.store.access import Scope, readable
from app.store.database import Document, Store

# The kinds of record that hold ids of items.
HOLDERS = ("item", "relation", "text", "utterance", "entry")


def iter_holders(store: Store, scope: Scope, kind: str, words: Iterable[str]) -> Iterator[Document]:
    """Stored records of a kind in whose bytes one of some words stands, in the order of ids.

    An id stands nowhere but where it is meant; other words want a second look. Records are
    searched as they come from the database and made into documents only when one is found.
    """
    wanted = [word.encode() for word in words]
    raw = store.codec_options.with_options(document_class=RawBSONDocument)
    query = readable(store, scope) | {"deleted": {"$ne": True}}
    found = store[KINDS[kind].collection].with_options(codec_options=raw).find(query)
    for document in found.sort("_id", 1):
        if any(word in document.raw for word in wanted):
            yield bson.decode(document.raw, codec_options=store.codec_options)


def merged(store: Store, project: str) -> dict[str, str]:
    """The items that were merged into others: by id, the one that stands for it now."""
    query = {"project": project, "merged_into": {"$exists": True}}
    into = {one["_id"]: str(one["merged_into"]) for one in store.items.find(query)}
    return {item: _last(item, into) for item in into}


def _last(item: str, into: dict[str, str]) -> str:
    seen = {item}
    while item in into and into[item] not in seen:
        item = into[item]
        seen.add(item)
    return item
