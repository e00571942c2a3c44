"""Links that pointed at a WordNet move up to the interlingual index once it knows their synset."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.links.wordnet import Wordnet
from app.services.catalogs import Catalogs, opened
from app.services.desk import Desk, open_desk
from app.store import changes, projects
from app.store.changes import SMALL, Op
from app.store.database import Document, Store
from app.store.envelope import content_of

_PRINCETON = re.compile(r"http://wordnet-rdf\.princeton\.edu/wn31/\d(\d{8})-([nvars])")
_PREFIX = "^http://wordnet-rdf\\.princeton\\.edu/wn31/"
_ILI = "http://globalwordnet.org/ili/"


def move_up(desk: Desk, wordnets: Sequence[Wordnet]) -> int:
    """Points accepted and rejected links at the ILI where a wordnet knows it now.

    A synset of Open English WordNet with the same number counts as the same if it shares a word.

    Returns:
        How many entries were changed; each change stands in the history.
    """
    known = [one for one in wordnets if one.with_ili]
    if not known:
        return 0
    ops = (op for entry in _iter_entries(desk) for op in _moves(entry, known))
    moved = 0
    while batch := list(islice(ops, SMALL)):
        done = changes.commit(
            desk.store, desk.project_id, SYSTEM, "sync", batch, change_id=new_id("x"),
            strict=False, label="links moved to the interlingual index",
        )  # fmt: skip
        moved += len(done.revs)
    return moved


def move_everything_up(store: Store, catalogs: Catalogs) -> int:
    """As `move_up`, for every project; returns how many entries were changed."""
    with opened(catalogs) as found:
        slugs = [str(one["slug"]) for one in projects.find_all(store)]
        return sum(move_up(open_desk(store, SYSTEM, slug), found.all) for slug in slugs)


def _iter_entries(desk: Desk) -> Iterator[Document]:
    places = ("senses.links.target", "senses.senses.links.target")
    query = {
        "project": desk.project_id,
        "deleted": {"$ne": True},
        "$or": [{place: {"$regex": _PREFIX}} for place in places],
    }
    yield from list(desk.store.entries.find(query))


def _moves(entry: Document, wordnets: Sequence[Wordnet]) -> Iterator[Op]:
    made = list(_changes(content_of(entry).get("senses") or (), (), wordnets))
    if made:
        yield Op("entry", entry["_id"], changes=made)


def _changes(
    senses: Sequence[Mapping[str, Any]], at: tuple[str, ...], wordnets: Sequence[Wordnet]
) -> Iterator[FieldChange]:
    for sense in senses:
        here = (*at, "senses", sense["id"])
        for link in sense.get("links") or ():
            ili = _ili_of(link, wordnets)
            if ili:
                path = (*here, "links", link["id"], "target")
                yield FieldChange(path, link["target"], f"{_ILI}{ili}")
        yield from _changes(sense.get("senses") or (), here, wordnets)


def _ili_of(link: Mapping[str, Any], wordnets: Sequence[Wordnet]) -> str:
    found = _PRINCETON.fullmatch(str(link.get("target") or ""))
    if found is None:
        return ""
    offset, pos = found.groups()
    words = {word.strip().lower() for word in str(link.get("label") or "").split(",")}
    for one in wordnets:
        for letter in (pos, "s") if pos == "a" else (pos,):
            n = one.find(f"{offset}-{letter}")
            if n is None:
                continue
            concept = one.concept(n)
            if one.about.id == "pwn31" or words & {member.lower() for member in concept.members}:
                return concept.ili
    return ""
