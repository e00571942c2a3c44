"""The utterances that point at entries, whoever may read them: so that no pointer dangles."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from app.store.database import Document, Store

PLACES = ("words.analyses.morphs.entry", "words.analyses.entry", "groups.entry")


def pointing_at(entries: Collection[str]) -> Document:
    """The filter of utterances that point at some entries or their parts."""
    wanted = sorted(entries)
    return {"$or": [{place: {"$in": wanted}} for place in PLACES]}


def iter_pointing(store: Store, project: str, entries: Collection[str]) -> Iterator[Document]:
    """Live utterances of a project that point at some entries, in no order."""
    if entries:
        query = {"project": project, "deleted": {"$ne": True}, **pointing_at(entries)}
        yield from store.utterances.find(query)
