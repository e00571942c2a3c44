"""Derived rows: one per entry and sort order in use, from which lists and searches read.

Written with the entry, outside revision and history; `rebuild` makes them anew. A row holds the
few texts that the list shows, what the screen filters by, and the beginnings of words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pymongo import DeleteMany, InsertOne, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession

from app.domain.project import Collation
from app.domain.sorting import Sorter, collation_id, make_sorter
from app.domain.text import compare_key, first_plain, fold, plains, words
from app.store.database import Document, Store

STARTS = 3  # letters of the beginnings of words that are indexed
Letters = Counter[tuple[str, str]]  # by order and letter
_SHOWN = 160  # code points of gloss that a row shows


def orders_of(project: Mapping[str, Any]) -> list[Document]:
    """The sort orders in use: those listed as derived, else that of the first vernacular."""
    systems = [ws for ws in project.get("writing_systems", ()) if ws.get("vernacular")]
    systems = systems or list(project.get("writing_systems", ()))[:1]
    if not systems:
        return [{"id": "und@0", "ws": "und", "collation": {}}]
    ws = systems[0]
    collation = Collation.model_validate(ws.get("collation") or {})
    return [
        {
            "id": collation_id(ws["id"], collation),
            "ws": ws["id"],
            "collation": collation.model_dump(),
        }
    ]


def orders_in_use(store: Store, project: str, session: ClientSession | None = None) -> Document:
    """The stored list of orders of a project, made from its settings if there is none.

    Returns:
        `orders` (id, ws, collation), of which `current` is the one that lists show.
    """
    found = store.orders.find_one({"_id": project}, session=session)
    if found is None:
        settings = store.projects.find_one({"_id": project}, session=session) or {}
        orders = orders_of(settings)
        found = {"_id": project, "orders": orders, "current": orders[0]["id"]}
        store.orders.replace_one({"_id": project}, found, upsert=True, session=session)
    return found


def replace(
    store: Store,
    project: str,
    entries: Sequence[Document],
    before: Mapping[str, Document],
    session: ClientSession | None,
) -> Letters:
    """Writes the rows of changed entries, and removes those of deleted ones.

    Args:
        entries: stored entries, tombstones among them.
        before: the same entries as they were, without those that are new.

    Returns:
        By how much the number of entries under each letter changes, for `count_letters`.
    """
    orders = orders_in_use(store, project, session)["orders"]
    requests: list[InsertOne[Document] | ReplaceOne[Document] | DeleteMany] = []
    letters: Letters = Counter()
    for entry in entries:
        old = before.get(entry["_id"])
        if old is not None and not old.get("deleted"):
            letters.subtract(_letters(old, orders))
        if entry.get("deleted"):
            requests.append(DeleteMany({"project": project, "entry": entry["_id"]}))
            continue
        for row in make_rows(entry, orders):
            letters[row["order"], row["letter"]] += 1
            if old is None:
                requests.append(InsertOne(row))
            else:
                requests.append(ReplaceOne({"_id": row["_id"]}, row, upsert=True))
    if requests:
        store.rows.bulk_write(requests, ordered=False, session=session)
    return letters


def count_letters(
    store: Store,
    project: str,
    letters: Mapping[tuple[str, str], int],
    session: ClientSession | None = None,
) -> None:
    """Adds to the number of entries under each letter (order, letter)."""
    requests = [
        UpdateOne(
            {"_id": f"{project}:{order}:{letter}"},
            {
                "$inc": {"count": count},
                "$set": {"project": project, "order": order, "letter": letter},
            },
            upsert=True,
        )
        for (order, letter), count in letters.items()
        if count
    ]
    if requests:
        store.letters.bulk_write(requests, ordered=False, session=session)


def rebuild(store: Store, project: str, orders: Sequence[Document]) -> int:
    """Makes all rows of some orders anew; returns how many entries have them."""
    for order in orders:
        store.rows.delete_many({"project": project, "order": order["id"]})
        store.letters.delete_many({"project": project, "order": order["id"]})
    count = 0
    batch: list[Document] = []
    letters: Counter[tuple[str, str]] = Counter()
    for entry in store.entries.find({"project": project, "deleted": {"$ne": True}}):
        for row in make_rows(entry, orders):
            letters[row["order"], row["letter"]] += 1
            batch.append(row)
        count += 1
        if len(batch) >= 1000:
            store.rows.insert_many(batch, ordered=False)
            batch = []
    if batch:
        store.rows.insert_many(batch, ordered=False)
    count_letters(store, project, letters)
    return count


def make_rows(entry: Document, orders: Iterable[Document]) -> Iterator[Document]:
    """The rows of one stored entry."""
    shared = _shared(entry)
    for order in orders:
        lemma = headword(entry, order["ws"])
        found = sorter_of(order).sort_key(lemma)
        homograph = int(entry.get("homograph") or 0)
        yield {
            "_id": f"{entry['_id']}:{order['id']}",
            "order": order["id"],
            "key": f"{found.key}{homograph:04d}",
            "letter": found.letter,
            "lemma": lemma,
            **shared,
        }


def headword(entry: Mapping[str, Any], ws: str) -> str:
    """The form under which an entry is listed: citation form, else lemma."""
    return first_plain(entry.get("citation") or {}, (ws,)) or first_plain(
        entry.get("lemma") or {}, (ws,)
    )


def sorter_of(order: Mapping[str, Any]) -> Sorter:
    """The sorter of a stored order."""
    collation = order["collation"]
    return _sorter(str(collation.get("kind", "default")), str(collation.get("letters", "")))


def _letters(entry: Document, orders: Iterable[Document]) -> Counter[tuple[str, str]]:
    """Under which letter an entry stands, by order."""
    return Counter(
        (order["id"], sorter_of(order).sort_key(headword(entry, order["ws"])).letter)
        for order in orders
    )


@lru_cache(maxsize=256)
def _sorter(kind: str, letters: str) -> Sorter:
    return make_sorter(Collation.model_validate({"kind": kind, "letters": letters}))


def _shared(entry: Document) -> Document:
    """What the rows of an entry have in common, whatever their order."""
    senses = list(iter_senses(entry.get("senses", ())))
    forms = _form_texts(entry)
    glosses = [text for sense in senses for text in _gloss_texts(sense)]
    definitions = [text for sense in senses for text in plains(sense.get("definition") or {})]
    found = dict.fromkeys(
        word for text in (*forms, *glosses, *definitions) for word in words(fold(text))
    )
    row: Document = {
        "project": entry["project"],
        "entry": entry["_id"],
        "rev": entry["rev"],
        "gloss": _gloss_line(senses),
        "forms": [compare_key(text) for text in forms],
        "glosses": [compare_key(text) for text in glosses],
        "definitions": [compare_key(text) for text in definitions],
        "text": "".join(f" {word}" for word in found),
        "starts": sorted({word[:length] for word in found for length in (2, STARTS)}),
        "pos": sorted({sense["pos"] for sense in senses if sense.get("pos")}),
        "domains": sorted({domain for sense in senses for domain in sense.get("domains", ())}),
        "missing": _missing(entry, senses),
    }
    row |= {
        key: entry[key]
        for key in ("homograph", "status", "morph_type", "access", "batch", "owner")
        if entry.get(key)
    }
    return row


def iter_senses(senses: Iterable[Document]) -> Iterator[Document]:
    """Senses and their subsenses, in the order of print."""
    for sense in senses:
        yield sense
        yield from iter_senses(sense.get("senses", ()))


def _form_texts(entry: Document) -> list[str]:
    texts = [*plains(entry.get("lemma") or {}), *plains(entry.get("citation") or {})]
    for form in entry.get("forms", ()):
        texts.extend(plains(form.get("form") or {}))
    return list(dict.fromkeys(texts))


def _gloss_texts(sense: Document) -> list[str]:
    texts = plains(sense.get("gloss") or {})
    for further in sense.get("further_glosses", ()):
        texts.extend(plains(further.get("text") or {}))
    return texts


def _gloss_line(senses: list[Document]) -> str:
    """What the list shows below the headword: the first gloss of each sense."""
    shown = [
        first_plain(sense.get("gloss") or {}) or first_plain(sense.get("definition") or {})
        for sense in senses
    ]
    line = "; ".join(dict.fromkeys(text for text in shown if text))
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _missing(entry: Document, senses: list[Document]) -> list[str]:
    """Fields that a dictionary wants and this entry lacks."""
    absent = {
        "sense": not senses,
        "gloss": not all(plains(sense.get("gloss") or {}) for sense in senses) or not senses,
        "definition": not all(plains(s.get("definition") or {}) for s in senses) or not senses,
        "pos": not all(sense.get("pos") for sense in senses) or not senses,
        "domain": not all(sense.get("domains") for sense in senses) or not senses,
        "example": not any(sense.get("examples") for sense in senses),
        "pronunciation": not entry.get("pronunciations"),
        "picture": not any(sense.get("pictures") for sense in senses),
    }
    return [name for name, lacks in absent.items() if lacks]
