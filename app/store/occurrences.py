"""The derived collection that the concordance reads: a row for each word and morph.

A row has the keys by which it is found (`app.domain.occurrences`), surroundings to sort by, keys of
its neighbours, and those fields of its utterance by which `app.store.records.filter_of` decides who
may read it, under the same names. Its `_id` is its place in the corpus: text, rank, utterance,
number of the word, number of the morph. Of rows with the same surroundings `tie` decides, a number
that takes less room in the indexes than the place. Senses and entries stand apart in `ids`: most
are rare, and in the indexes of surroundings they would take more room than all the rest.
`vocabulary` counts what stands on each line.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from app.domain import occurrences as domain
from app.domain.occurrences import Occurrence, Said
from app.store.database import Document, Store
from app.store.followers import Touched, live

ALONE = "~"  # stands for the text of utterances that have none; after all ids
_IDS = (domain.SENSE, domain.ENTRY)


class Occurrences:
    """Follows utterances."""

    name = "occurrences"
    version = 3
    kinds = frozenset({"utterance"})
    collections = ("occurrences", "vocabulary")

    def follow(self, store: Store, project: str, touched: Touched, session: ClientSession) -> None:
        """Makes the rows of utterances anew."""
        ids = sorted(touched.get("utterance", ()))
        mine = {"project": project, "line": {"$in": ids}}
        counts: Counter[str] = Counter()
        for row in store.occurrences.find(
            mine, {"keys": 1, "said": 1, "ids": 1, "tally": 1}, session=session
        ):
            counts.subtract(_counted(row))
        if counts:
            store.occurrences.delete_many(mine, session=session)
        query = live(store, project, session) | {"_id": {"$in": ids}}
        made: list[Document] = []
        for utterance in store.utterances.find(query, session=session):
            made += make_rows(project, utterance)
        for row in made:
            counts.update(_counted(row))
        if made:
            store.occurrences.insert_many(made, ordered=False, session=session)
        _count(store, project, counts, session)


def make_rows(project: str, utterance: Document) -> list[Document]:
    """The rows of an utterance: one for itself, then its words and morphs in order."""
    text = utterance.get("text")
    place = f"{text or ALONE} {utterance.get('rank', '')} {utterance['_id']}"
    shared: Document = {"project": project, "line": utterance["_id"], "text": text}
    shared |= {key: utterance[key] for key in ("access", "speaker") if utterance.get(key)}
    others = {word["speaker"] for word in utterance.get("words", ()) if word.get("speaker")}
    if others:
        shared["words"] = [{"speaker": one} for one in sorted(others)]
    rows = [
        {
            **shared,
            "_id": place,
            "tally": _tally(utterance, others),
            **_keys(domain.translation_words(utterance)),
        }
    ]
    rows += [{**shared, **_row(place, one)} for one in domain.occurrences(utterance)]
    return rows


def _row(line: str, one: Occurrence) -> Document:
    place = f"{line} {one.place[0]:04d}.{one.place[1]:02d}"
    tie = int.from_bytes(hashlib.blake2b(place.encode(), digest_size=6).digest())
    row: Document = {"_id": place, "at": one.at, **_keys(one.said)}
    row |= {"left": one.left, "right": one.right, "tie": tie}
    if one.near:
        row["near"] = one.near
    if one.unsure:
        row["unsure"] = True
    return row


def _keys(said: list[Said]) -> Document:
    """The folded keys, and beside them what is really written where that differs."""
    ids = list(dict.fromkeys(one.key for one in said if one.line in _IDS))
    written = {one.exact: one.key for one in said if one.line not in _IDS}
    keys = list(dict.fromkeys(written.values()))
    exact = list(written)
    found = {"keys": keys} if keys == exact else {"keys": keys, "said": exact}
    return found | {"ids": ids} if ids else found


def _tally(utterance: Document, others: set[str]) -> list[Document]:
    """What is counted of the utterance as a whole."""
    counted = [(domain.TEXT_WORDS, utterance.get("text") or ALONE, domain.count_words(utterance))]
    spoken = others | ({utterance["speaker"]} if utterance.get("speaker") else set())
    counted += [(domain.SPEAKER, person, 1) for person in sorted(spoken)]
    if utterance.get("access"):
        counted.append((domain.ACCESS, json.dumps(utterance["access"], sort_keys=True), 1))
    return [{"key": f"{line}:{value}", "n": number} for line, value, number in counted if number]


def _counted(row: Document) -> Counter[str]:
    counts: Counter[str] = Counter(row.get("said") or row.get("keys", ()))
    counts.update(row.get("ids", ()))
    for one in row.get("tally", ()):
        counts[one["key"]] += one["n"]
    return counts


def _count(store: Store, project: str, counts: Counter[str], session: ClientSession) -> None:
    """Brings the vocabulary up to date."""
    changed = {exact: more for exact, more in counts.items() if more}
    if not changed:
        return
    store.vocabulary.bulk_write(list(_updates(project, changed)), ordered=False, session=session)
    fewer = [f"{project} {exact}" for exact, more in changed.items() if more < 0]
    if fewer:
        gone = {"_id": {"$in": fewer}, "n": {"$lte": 0}}
        store.vocabulary.delete_many(gone, session=session)


def _updates(project: str, changed: dict[str, int]) -> Iterator[UpdateOne]:
    for exact, more in changed.items():
        line, _, form = exact.partition(":")
        key = domain.key_of(line, form)
        first = {"project": project, "line": line, "form": form, "key": key}
        yield UpdateOne(
            {"_id": f"{project} {exact}"},
            {"$inc": {"n": more}, "$setOnInsert": first},
            upsert=True,
        )
