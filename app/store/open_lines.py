"""The lines in which somebody has yet to say something of a word: derived by following the log.

One row a line, with a number that is drawn from its id, so that some of them can be had in a few
milliseconds, from wherever one likes, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from pymongo import DeleteOne, ReplaceOne
from pymongo.client_session import ClientSession

from app.domain import glossing
from app.domain.models import place_of
from app.store.database import Document, Store
from app.store.followers import Touched, live

Row = tuple[str, str]  # a line and its text, empty where it stands alone


class OpenLines:
    """Follows utterances."""

    name = "open-lines"
    version = 1
    kinds = frozenset({"utterance"})
    collections = ("open_lines",)

    def follow(self, store: Store, project: str, touched: Touched, session: ClientSession) -> None:
        """Replaces what was known of utterances by what they are now."""
        ids = set(touched.get("utterance", ()))
        query = live(store, project, session) | {"_id": {"$in": sorted(ids)}}
        fields = {"text": 1, "owner": 1, "words.type": 1, "words.analyses": 1}
        found = store.utterances.find(query, fields, session=session)
        rows = {one["_id"]: _row(one, project) for one in found if is_open(one)}
        requests: list[ReplaceOne[Document] | DeleteOne] = [
            ReplaceOne({"_id": one}, row, True) for one, row in rows.items()
        ]
        requests += [DeleteOne({"_id": one}) for one in sorted(ids - rows.keys())]
        if requests:
            store.open_lines.bulk_write(requests, ordered=False, session=session)

    def clear(self, store: Store, project: str) -> None:
        """Forgets everything of a project."""
        store.open_lines.delete_many({"project": project})


def is_open(utterance: Document) -> bool:
    """Whether it has a word of which nobody has said anything, or a machine something too."""
    return any(
        word.get("type") != "punctuation"
        and (
            not word.get("analyses") or any(glossing.is_suggestion(one) for one in word["analyses"])
        )
        for word in utterance.get("words", ())
    )


def count(store: Store, project: str) -> int:
    """How many lines of a project are open."""
    return store.open_lines.count_documents({"project": project})


def draw(store: Store, project: str, start: float, owner: str = "") -> Iterator[Row]:
    """The open lines of a project in an order that belongs to their ids, once around.

    Args:
        start: from 0 to 1, where in that order the first one is looked for.
        owner: whose lines alone are meant.
    """
    query: Document = {"project": project} | ({"owner": owner} if owner else {})
    for part in ({"$gte": start}, {"$lt": start}):
        for one in store.open_lines.find(query | {"draw": part}, {"text": 1}).sort("draw", 1):
            yield one["_id"], one.get("text") or ""


def _row(utterance: Document, project: str) -> Document:
    row: Document = {"_id": utterance["_id"], "project": project}
    # not the number by which lines are kept to measure models: the two must not hang together
    row["draw"] = place_of(f"next {utterance['_id']}")
    return row | {key: utterance[key] for key in ("text", "owner") if utterance.get(key)}
