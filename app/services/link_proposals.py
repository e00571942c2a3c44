"""Proposing concepts for the senses of a project; again only where something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from app.domain.candidates import CUT_OFF, rank
from app.domain.concepts import Candidate, Facts, Thing, Words
from app.domain.errors import Unavailable
from app.domain.link_keys import Habits, learn
from app.domain.roles import Action
from app.domain.things import NamedThing, labels_of, rank_things
from app.links.dbpedia import wikidata
from app.services import catalogs as catalog_service
from app.services.catalogs import Catalogs, Opened
from app.services.clock import utc_now
from app.services.desk import Desk
from app.services.link_facts import facts_of_entry
from app.services.link_moves import move_up
from app.store import link_candidates as stored
from app.store import records
from app.store.access import Scope
from app.store.changes import current_seq
from app.store.database import Document
from app.store.envelope import content_of

Progress = Callable[[str, int, int], None]
_BATCH = 200
_ALONE = "~"  # at the end of the mark of what was ranked without the rest of the project
_VERSION = "1"  # changes where the same senses get other candidates than before


@dataclass
class Proposed:
    """What came of proposing.

    Attributes:
        senses: of the project, those that are grammatical labels only too.
        covered: with a candidate above the program's own cut-off.
        fresh: that were ranked now; the others had not changed.
        linked: with an accepted link already.
        said: what could not be used, in words.
    """

    senses: int = 0
    with_candidate: int = 0
    covered: int = 0
    fresh: int = 0
    linked: int = 0
    moved: int = 0
    wordnets: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of senses that are covered."""
        return self.covered / self.senses if self.senses else 0.0


@dataclass(frozen=True)
class _Place:
    """A sense in its entry, with what was decided of it."""

    entry: str
    links: Sequence[Mapping[str, Any]]
    facts: Facts


def propose(desk: Desk, catalogs: Catalogs, progress: Progress = lambda *_: None) -> Proposed:
    """Works out candidates for every sense whose record or catalogs changed since the last time.

    Raises:
        NotFound: no wordnet is there.
    """
    desk.require(Action.EDIT)
    with catalog_service.opened(catalogs, desk.store) as opened:
        told = Proposed(wordnets=[one.about.label for one in opened.wordnets], said=opened.said)
        told.moved = move_up(desk, opened.all)
        habits = learn(_open_facts(desk), opened.wordnets[0])
        run = _Run(desk, opened, habits, told, catalog_service.fingerprint(catalogs))
        left = stored.ids(desk.store, desk.project_id)
        total = len(left)
        places = _iter_places(desk)
        while batch := list(islice(places, _BATCH)):
            run.rank(batch)
            left -= {place.facts.id for place in batch}
            progress("senses", told.senses, max(total, told.senses))
        stored.remove(desk.store, desk.project_id, left)
        facts = {
            "seq": current_seq(desk.store, desk.project_id), "at": utc_now(),
            "senses": told.senses, "covered": told.covered, "wordnets": told.wordnets,
            "said": [_kept(one) for one in told.said],
        }  # fmt: skip
        stored.note_run(desk.store, desk.project_id, facts)
    return told


def refresh(desk: Desk, catalogs: Catalogs, sense: str) -> None:
    """Ranks one sense anew if it was changed since; the next run learns from all and does it again.

    No service is asked over the network. Nothing happens where the sense is gone, or where only
    the catalogs are others than before: that is for the next run.
    """
    kept = stored.find(desk.store, desk.project_id, sense)
    entry = desk.store.entries.find_one({"_id": kept["entry"]}) if kept else None
    facts = next((one for one in facts_of(desk, entry) if one.id == sense), None) if entry else None
    if kept is None or entry is None or facts is None:
        return
    mark = mark_of(facts, catalog_service.fingerprint(catalogs))
    before = str(kept["mark"]).rstrip(_ALONE)
    if before.partition(".")[2] == mark.partition(".")[2] or not catalog_service.is_ready(catalogs):
        return
    with catalog_service.opened(catalogs) as opened:
        found = candidates_of(facts, opened, Habits())
    links = next(
        (one.get("links") or () for one in iter_senses(content_of(entry).get("senses", ()))
         if one["id"] == sense), ()
    )  # fmt: skip
    document = make_document(desk.project_id, entry["_id"], facts, found)
    document |= {"mark": mark + _ALONE, "state": state_of(links, found)}
    stored.update(desk.store, document)


def candidates_of(
    facts: Facts, opened: Opened, habits: Habits, ask: Callable[[str], list[Thing]] | None = None
) -> list[Document]:
    """Candidates of a sense in all catalogs that are there, those of wordnets first."""
    ranked = rank(facts, opened.wordnets, habits)
    first = opened.wordnets[0]
    found = [_of_wordnet(one, first) for one in ranked]
    for one in ranked[:2]:
        if one.score >= CUT_OFF and (iri := wikidata(one.concept.wikidata)):
            found.append(_of_wikidata(one, iri))
    if opened.concepticon is not None:
        sets = rank(facts, [opened.concepticon], habits)[:3]
        found += [_of_concept(one, "concepticon", opened.concepticon) for one in sets]
    things = [
        thing
        for label in labels_of(facts)
        for thing in _named(label, opened, ask if ranked and ranked[0].score >= CUT_OFF else None)
    ]
    same = _same(ranked, opened, things)
    found += [_of_thing(one) for one in rank_things(facts, things, ranked, same)]
    return found


def state_of(links: Sequence[Mapping[str, Any]], candidates: Sequence[Document]) -> str:
    """Whether a sense is to be decided: `open`, `decided` or `none` (nothing is proposed)."""
    status = [one.get("status", "accepted") for one in links if one.get("catalog") == "wordnet"]
    if "accepted" in status or "none" in status:
        return "decided"
    refused = {one.get("target") for one in links if one.get("status") == "rejected"}
    left = [one for one in candidates if one["target"] not in refused]
    if candidates and not left:
        return "decided"
    return "open" if left else "none"


class _Run:
    """One walk over the senses of a project."""

    def __init__(
        self, desk: Desk, opened: Opened, habits: Habits, told: Proposed, made: str
    ) -> None:
        self._desk, self._opened, self._habits = desk, opened, habits
        self._told, self._made = told, made
        self._failed: set[str] = set()

    def rank(self, places: Sequence[_Place]) -> None:
        """Ranks those of some senses that have another mark than before; notes their state."""
        store, told = self._desk.store, self._told
        known = stored.find_many(store, [place.facts.id for place in places])
        fresh: list[Document] = []
        states: dict[str, str] = {}
        for place in places:
            mark = mark_of(place.facts, self._made)
            document = known.get(place.facts.id)
            if document is None or document["mark"] != mark:
                found = candidates_of(place.facts, self._opened, self._habits, self._ask)
                document = make_document(self._desk.project_id, place.entry, place.facts, found)
                document |= {"mark": mark, "state": state_of(place.links, found)}
                fresh.append(document)
            states[place.facts.id] = state_of(place.links, document["candidates"])
            self._count(document, place)
        told.fresh += len(fresh)
        stored.put_many(store, fresh)
        stored.set_states(store, states)

    def _count(self, document: Document, place: _Place) -> None:
        told = self._told
        told.senses += 1
        told.with_candidate += bool(document["n"])
        told.covered += document["best"] >= CUT_OFF
        told.linked += any(one.get("status", "accepted") == "accepted" for one in place.links)

    def _ask(self, label: str) -> list[Thing]:
        """Asks DBpedia's services; one that fails is not asked again in this run."""
        found: list[Thing] = []
        for service in self._opened.services:
            if service.name in self._failed:
                continue
            try:
                found += service.find(label, "en")
            except Unavailable as error:
                self._failed.add(service.name)
                self._told.said.append(str(error))
        return found


def make_document(project: str, entry: str, facts: Facts, found: Sequence[Document]) -> Document:
    """Candidates of a sense as they are stored, without mark and state."""
    of_wordnet = [one for one in found if one["catalog"] == "wordnet"]
    return {
        "_id": facts.id,
        "project": project,
        "entry": entry,
        "candidates": list(found),
        "n": len(of_wordnet),
        "best": of_wordnet[0]["score"] if of_wordnet else 0.0,
    }


def mark_of(facts: Facts, made: str) -> str:
    """A mark of all that candidates are made from: the catalogs, and behind a stop the sense."""
    return f"{made}.{hashlib.sha256(f'{_VERSION}{facts!r}'.encode()).hexdigest()[:24]}"


def facts_of(desk: Desk, entry: Document) -> list[Facts]:
    """The facts of the senses of a stored entry."""
    items = _items(desk)
    return list(facts_of_entry(content_of(entry), items, _tags(desk)))


def _iter_places(desk: Desk) -> Iterator[_Place]:
    """Every sense of the project, whoever may read it: what is derived is read by access again."""
    scope = Scope(desk.project_id, True, True, frozenset())
    items, tags = _items(desk), _tags(desk)
    for entry in records.iterate(desk.store, scope, "entry"):
        content = content_of(entry)
        senses = {one["id"]: one for one in iter_senses(content.get("senses", ()))}
        for facts in facts_of_entry(content, items, tags):
            yield _Place(entry["_id"], senses[facts.id].get("links") or (), facts)


def _open_facts(desk: Desk) -> Iterator[Facts]:
    """Facts that every member may read: what is learned from them shows in reasons elsewhere."""
    scope = Scope(desk.project_id, False, True, frozenset())
    items, tags = _items(desk), _tags(desk)
    for entry in records.iterate(desk.store, scope, "entry"):
        yield from facts_of_entry(content_of(entry), items, tags)


def iter_senses(senses: Any) -> Iterator[Mapping[str, Any]]:
    """Senses and subsenses, the outer ones first."""
    for sense in senses:
        yield sense
        yield from iter_senses(sense.get("senses", ()))


def _items(desk: Desk) -> dict[str, Document]:
    wanted = {"project": desk.project_id, "list": {"$in": ["parts-of-speech", "semantic-domains"]}}
    fields = {"code": 1, "name": 1, "abbreviation": 1}
    return {one["_id"]: one for one in desk.store["items"].find(wanted, fields)}


def _tags(desk: Desk) -> dict[str, str]:
    return {str(one["id"]): str(one["tag"]) for one in desk.project.get("writing_systems", ())}


def _of_wordnet(one: Candidate, words: Words) -> Document:
    document = _of_concept(one, "wordnet", words)
    above = [words.concept(n) for n in words.above(one.concept.n)]
    page = f"https://en-word.net/id/oewn-{one.concept.id}"
    known = one.concept.iri.startswith("https://en-word.net/")
    return document | {
        "above": [", ".join(up.members[:3]) for up in above],
        "id": one.concept.id,
        "page": page if known else one.concept.target,
    }


def _of_concept(one: Candidate, catalog: str, words: Words) -> Document:
    concept = one.concept
    return {
        "catalog": catalog,
        "target": concept.target,
        "label": ", ".join(concept.members[:4]),
        "members": list(concept.members),
        "definition": concept.definition,
        "examples": list(concept.examples[:2]),
        "pos": concept.pos,
        "file": concept.lexfile,
        "kind": one.kind,
        "score": one.score,
        "reasons": [_kept(reason) for reason in one.reasons],
        "page": concept.target,
    }


def _of_wikidata(one: Candidate, iri: str) -> Document:
    return {
        "catalog": "wikidata",
        "target": iri,
        "label": f"{one.concept.members[0]} ({iri.rpartition('/')[2]})",
        "definition": one.concept.definition,
        "kind": one.kind,
        "score": one.score,
        "reasons": [f"Open English WordNet: {one.concept.id}"],
        "page": iri,
        "of": one.concept.target,
    }


def _of_thing(one: NamedThing) -> Document:
    return {
        "catalog": "dbpedia",
        "target": one.thing.iri,
        "label": one.thing.label,
        "definition": one.thing.description[:1200],
        "types": list(one.thing.types[:4]),
        "kind": one.kind,
        "score": one.score,
        "reasons": [_kept(reason) for reason in one.reasons],
        "page": one.thing.iri,
    }


def _named(label: str, opened: Opened, ask: Callable[[str], list[Thing]] | None) -> list[Thing]:
    found = opened.labels.find(label, "en") if opened.labels is not None else []
    return found + (ask(label) if ask is not None else [])


def _same(ranked: Sequence[Candidate], opened: Opened, things: list[Thing]) -> dict[str, str]:
    """Things that are the same as the best concept by Wikidata; they are added to the things."""
    same: dict[str, str] = {}
    best = ranked[0] if ranked and ranked[0].score >= CUT_OFF else None
    for service in opened.services if best and best.concept.wikidata else ():
        assert best is not None
        try:
            for thing in service.same_as(best.concept.wikidata):
                things.append(thing)
                same[thing.iri] = best.concept.members[0]
        except Unavailable:
            continue  # it was said when labels were asked for
    return same


def _kept(reason: str) -> Document | str:
    """A reason as it is stored: what is to be translated with its facts."""
    pattern = getattr(reason, "pattern", None)
    if pattern is None:
        return str(reason)
    facts = {name: _kept(fact) for name, fact in getattr(reason, "facts", {}).items()}
    return {"text": pattern, "facts": facts}
