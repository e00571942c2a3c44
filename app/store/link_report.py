"""What is proposed for the senses of a project, for programs that read it."""

from __future__ import annotations

from collections.abc import Iterator

from app.store.database import Document, Store

_BATCH = 500
_KEPT = ("catalog", "target", "id", "label", "kind", "score")


def iter_best(store: Store, project: str, top: int) -> Iterator[Document]:
    """The best candidates of each sense, with what names the sense in the file it came from."""
    found = store.link_candidates.find({"project": project}).sort([("entry", 1), ("_id", 1)])
    batch: list[Document] = []
    for one in found:
        batch.append(one)
        if len(batch) >= _BATCH:
            yield from _told(store, batch, top)
            batch = []
    yield from _told(store, batch, top)


def _told(store: Store, batch: list[Document], top: int) -> Iterator[Document]:
    fields = {"lemma": 1, "homograph": 1, "sources": 1, "senses": 1}
    wanted = {"_id": {"$in": sorted({one["entry"] for one in batch})}}
    entries = {entry["_id"]: entry for entry in store.entries.find(wanted, fields)}
    for one in batch:
        entry = entries.get(one["entry"], {})
        senses = list(_senses(entry.get("senses", ())))
        number = next((n for n, s in enumerate(senses, 1) if s["id"] == one["_id"]), 0)
        sense = senses[number - 1] if number else {}
        yield {
            "entry": one["entry"],
            "sense": one["_id"],
            "number": number,
            "lemma": entry.get("lemma", {}),
            "homograph": entry.get("homograph"),
            "gloss": sense.get("gloss", {}),
            "source_id": sense.get("source_id"),
            "sources": [
                {name: source[name] for name in ("id", "guid") if source.get(name)}
                for source in entry.get("sources", ())
            ],
            "score": one["best"],
            "candidates": [
                {name: found[name] for name in _KEPT if name in found}
                for found in _best(one["candidates"], top)
            ],
        }


def _best(candidates: list[Document], top: int) -> Iterator[Document]:
    """The first few of each catalog."""
    seen: dict[str, int] = {}
    for one in candidates:
        seen[one["catalog"]] = seen.get(one["catalog"], 0) + 1
        if seen[one["catalog"]] <= top:
            yield one


def _senses(senses: list[Document]) -> Iterator[Document]:
    for sense in senses:
        yield sense
        yield from _senses(sense.get("senses", []))
