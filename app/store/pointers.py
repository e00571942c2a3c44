"""The utterances that point at entries, whoever may read them: so that no pointer dangles."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from app.store.database import Document, Store

PLACES = ("words.analyses.morphs.entry", "words.analyses.entry", "groups.entry")
_NAMES = ("id", "entry", "sense", "allomorph")
# The fields of an utterance that `app.domain.pointers.holders` needs, as a projection.
POINTERS = {"words.id": 1} | {
    f"{place.removesuffix('entry')}{name}": 1 for place in PLACES for name in _NAMES
}


def pointing_at(readable: Document, entries: Collection[str]) -> Document:
    """The filter of live utterances that point at some entries or their parts.

    Each alternative holds all that is asked, so that it is looked up by its own index.

    Args:
        readable: the filter of those that may be read, the project among it.
    """
    wanted = sorted(entries)
    live = {"$and": [readable, {"deleted": {"$ne": True}}]}
    return {"$or": [{**live, place: {"$in": wanted}} for place in PLACES]}


def iter_pointing(store: Store, project: str, entries: Collection[str]) -> Iterator[Document]:
    """Live utterances of a project that point at some entries, in no order."""
    if entries:
        yield from store.utterances.find(pointing_at({"project": project}, entries), POINTERS)
