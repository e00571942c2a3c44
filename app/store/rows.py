"""Derived rows: one per entry and sort order in use, from which lists and searches read.

Written with the entry, outside revision and history; `rebuild` makes them anew. A row holds the
few texts that the list shows, what the screen filters by, and the beginnings of words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Any

from pymongo import DeleteMany, InsertOne, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession

from app.domain import parts
from app.domain.project import Collation
from app.domain.sorting import Sorter, collation_id, make_sorter
from app.domain.text import compare_key, first_plain, fold_anew, plains, words
from app.store.database import Document, Store
from app.store.moment import once

STARTS = 3  # letters of the beginnings of words that are indexed
Letters = Counter[tuple[str, str]]  # by order and letter
_TAIL = 8
_COPIED = ("homograph", "status", "morph_type", "access", "batch", "owner")
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
    if session is None:
        return once(("orders", store.name, project), lambda: _orders_in_use(store, project, None))
    return _orders_in_use(store, project, session)


def _orders_in_use(store: Store, project: str, session: ClientSession | None) -> Document:
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
    made: Mapping[str, list[Document]] = MappingProxyType({}),
) -> Letters:
    """Writes the rows of changed entries, and removes those of deleted ones.

    Args:
        entries: stored entries, tombstones among them.
        before: the same entries as they were, without those that are new.
        made: rows of new entries that were made before, and their beginnings noted.

    Returns:
        By how much the number of entries under each letter changes, for `count_letters`.
    """
    orders = orders_in_use(store, project, session)["orders"]
    requests: list[InsertOne[Document] | ReplaceOne[Document] | DeleteMany] = []
    letters: Letters = Counter()
    begun: list[Document] = []
    for entry in entries:
        old = before.get(entry["_id"])
        if old is not None and not old.get("deleted"):
            letters.subtract(_letters(old, orders))
        if entry.get("deleted"):
            requests.append(DeleteMany({"project": project, "entry": entry["_id"]}))
            continue
        known = _still_good(made.get(entry["_id"]), entry, orders)
        new = known or list(make_rows(entry, orders))
        if not known:
            had = set(_shared(old)["starts"]) if old is not None else set()
            begun += [row for row in new if not had.issuperset(row["starts"])]
        if old is not None and parts.is_narrowed(old):
            ids = [row["_id"] for row in new]
            stale = {"entry": entry["_id"], "variant": {"$exists": True}, "_id": {"$nin": ids}}
            requests.append(DeleteMany({"project": project, **stale}))
        for row in new:
            letters[row["order"], row["letter"]] += "variant" not in row
            if old is None:
                requests.append(InsertOne(row))
            else:
                requests.append(ReplaceOne({"_id": row["_id"]}, row, upsert=True))
    if begun:
        note_beginnings(store, project, begun)
    if requests:
        store.rows.bulk_write(requests, ordered=False, session=session)
    return letters


def _still_good(
    made: list[Document] | None, entry: Document, orders: Sequence[Document]
) -> list[Document] | None:
    """Rows that were made before, where entry and orders are still those."""
    wanted = [(order["id"], entry["rev"]) for order in orders]
    return made if made and [(row["order"], row["rev"]) for row in made] == wanted else None


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
    store.beginnings.delete_many({"project": project})
    begun: set[str] = set()
    for order in orders:
        store.rows.delete_many({"project": project, "order": order["id"]})
        store.letters.delete_many({"project": project, "order": order["id"]})
    count = 0
    batch: list[Document] = []
    letters: Counter[tuple[str, str]] = Counter()
    for entry in store.entries.find({"project": project, "deleted": {"$ne": True}}):
        for row in make_rows(entry, orders):
            letters[row["order"], row["letter"]] += "variant" not in row
            begun.update(row["starts"])
            batch.append(row)
        count += 1
        if len(batch) >= 1000:
            store.rows.insert_many(batch, ordered=False)
            batch = []
    if batch:
        store.rows.insert_many(batch, ordered=False)
    count_letters(store, project, letters)
    _add_beginnings(store, project, begun)
    return count


def beginnings(store: Store, project: str, prefix: str, limit: int) -> list[str]:
    """The beginnings of words that begin with `prefix`: all that rows have, perhaps some more.

    Args:
        limit: how many to give at most.
    """
    first = f"{project}:{prefix}"
    wanted = {"_id": {"$gte": first, "$lt": f"{first}\U0010ffff"}}
    return [one["start"] for one in store.beginnings.find(wanted, {"start": 1}).limit(limit)]


def make_rows(entry: Document, orders: Iterable[Document]) -> Iterator[Document]:
    """The rows of one stored entry: one an order, and one more for those who see less of it.

    A row of an entry with closed parts says which accesses it `shows` and which it `hides`;
    `app.store.access.readable_rows` finds the one for a reader. `variant` numbers those that are
    not of the whole entry.
    """
    for place, (shown, shows, hides) in enumerate(parts.views(entry)):
        facts = {"shows": shows, "hides": hides, "variant": place}
        yield from _rows_of(shown, orders, {key: one for key, one in facts.items() if one})


def _rows_of(entry: Document, orders: Iterable[Document], facts: Document) -> Iterator[Document]:
    shared = _shared(entry) | facts
    ending = f":{facts['variant']}" if "variant" in facts else ""
    for order in orders:
        lemma = headword(entry, order["ws"])
        found = sorter_of(order).sort_key(lemma)
        homograph = int(entry.get("homograph") or 0)
        yield {
            "_id": f"{entry['_id']}:{order['id']}{ending}",
            "order": order["id"],
            # the end of the id makes it the only one of its kind: lists go on after a key
            "key": f"{found.key}{homograph:04d}{entry['_id'][-_TAIL:]}",
            "letter": found.letter,
            "lemma": lemma,
            **shared,
        }


def forget_beginnings(
    store: Store, project: str, gone: Iterable[Document], session: ClientSession
) -> None:
    """Takes out the beginnings of words that only erased entries had."""
    begun = {start for entry in gone for start in _shared(entry)["starts"]}
    orders = [order["id"] for order in orders_in_use(store, project, session)["orders"]]
    for start in begun:
        wanted = {"project": project, "order": {"$in": orders}, "starts": start}
        if store.rows.find_one(wanted, {"_id": 1}, session=session) is None:
            store.beginnings.delete_one({"_id": f"{project}:{start}"}, session=session)


def note_beginnings(store: Store, project: str, made: Iterable[Document]) -> None:
    """Adds what rows have to the known beginnings of words.

    Outside of the transaction: a beginning too many does no harm, and none may be missing.
    """
    _add_beginnings(store, project, {start for row in made for start in row["starts"]})


def _add_beginnings(store: Store, project: str, begun: set[str]) -> None:
    ids = {f"{project}:{start}": start for start in begun}
    known = store.beginnings.find({"_id": {"$in": list(ids)}}, {"_id": 1})
    for found in known:
        del ids[found["_id"]]
    requests = [
        UpdateOne({"_id": key}, {"$setOnInsert": {"project": project, "start": start}}, upsert=True)
        for key, start in ids.items()
    ]
    if requests:
        store.beginnings.bulk_write(requests, ordered=False)


def headword(entry: Mapping[str, Any], ws: str) -> str:
    """The form under which an entry is listed: citation form, else lemma."""
    return first_plain(entry.get("citation") or {}, (ws,)) or first_plain(
        entry.get("lemma") or {}, (ws,)
    )


def sorter_of(order: Mapping[str, Any]) -> Sorter:
    """The sorter of a stored order."""
    collation = order["collation"]
    kind, letters = str(collation.get("kind", "default")), str(collation.get("letters", ""))
    return _sorter(kind, letters, str(collation.get("rules", "")))


def _letters(entry: Document, orders: Iterable[Document]) -> Counter[tuple[str, str]]:
    """Under which letter an entry stands, by order."""
    return Counter(
        (order["id"], sorter_of(order).sort_key(headword(entry, order["ws"])).letter)
        for order in orders
    )


@lru_cache(maxsize=256)
def _sorter(kind: str, letters: str, rules: str) -> Sorter:
    facts = {"kind": kind, "letters": letters, "rules": rules}
    return make_sorter(Collation.model_validate(facts))


def _shared(entry: Document) -> Document:
    """What the rows of an entry have in common, whatever their order."""
    senses = list(iter_senses(entry.get("senses", ())))
    forms = _form_texts(entry)
    glosses = [_gloss_texts(sense) for sense in senses]
    definitions = [plains(sense["definition"]) if "definition" in sense else [] for sense in senses]
    told, defined = list(chain(*glosses)), list(chain(*definitions))
    # folded together: a line break ends a word, and one pass costs a third of many
    found = dict.fromkeys(words(fold_anew("\n".join((*forms, *told, *defined)))))
    row: Document = {
        "project": entry["project"],
        "entry": entry["_id"],
        "rev": entry["rev"],
        "gloss": _gloss_line(senses),
        "forms": [compare_key(text) for text in forms],
        "glosses": [compare_key(text) for text in told],
        "definitions": [compare_key(text) for text in defined],
        "text": f" {' '.join(found)}" if found else "",
        "starts": sorted({word[:STARTS] for word in found}),
        "pos": sorted({sense["pos"] for sense in senses if sense.get("pos")}),
        "domains": sorted({domain for sense in senses for domain in sense.get("domains", ())}),
        "missing": _missing(entry, senses, all(glosses), all(definitions)),
    }
    for key in _COPIED:
        if entry.get(key):
            row[key] = entry[key]
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


def _missing(entry: Document, senses: list[Document], glossed: bool, defined: bool) -> list[str]:
    """Fields that a dictionary wants and this entry lacks."""
    absent = {
        "sense": not senses,
        "gloss": not (senses and glossed),
        "definition": not (senses and defined),
        "pos": not senses or not all(sense.get("pos") for sense in senses),
        "domain": not senses or not all(sense.get("domains") for sense in senses),
        "example": not any(sense.get("examples") for sense in senses),
        "pronunciation": not entry.get("pronunciations"),
        "picture": not any(sense.get("pictures") for sense in senses),
    }
    return [name for name, lacks in absent.items() if lacks]
