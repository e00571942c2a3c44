"""Derives the graphs of one view of a project from its records, as a follower of the log.

A graph depends on its record, and on a few facts of others (`app.rdf.context`); who may read an
utterance or relation depends on its text, speakers and ends. These facts are kept beside the
graphs (`facts.json`), so that a change of one is noticed and what it concerns is derived again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.errors import Conflict
from app.mirror.graphs import Graphs
from app.rdf.context import Context
from app.rdf.description import languages_of
from app.rdf.namespaces import LIGT, LIME, ONTOLEX, RDF
from app.rdf.records import KINDS, fact_of, graph_of, stale, triples_of
from app.rdf.tags import tags_of
from app.rdf.terms import Iri, Triple
from app.rdf.texts import order_graph, order_triples
from app.services import linked_data
from app.store import followers, projects, records
from app.store.database import Document, Store
from app.store.followers import Touched

VERSION = 1
MOST_STALE = 5000  # records that are derived again because of another; more are all made anew
Facts = dict[str, str]


class TooMuch(Exception):
    """So much rests on what changed that everything is derived anew."""


_ORDER = "order"  # texts whose order of lines is to be written
_OTHERS = ("item", "person", "text")  # kinds whose facts concern others


class Mirror:
    """Follows what one kind of reader may read of a project.

    Attributes:
        name: of the checkpoint.
        version: changes with the program, the base of the IRIs, the tags of the project and the
            store itself; then everything is derived anew.
    """

    kinds = frozenset(KINDS) - {"project"}
    collections: tuple[str, ...] = ()

    def __init__(
        self, project: str, view: str, graphs: Graphs, facts: Path, generation: str
    ) -> None:
        self.project, self.view = project, view
        self.name = f"mirror {view}"
        self._graphs, self._facts_file = graphs, facts
        self._generation = generation
        self._scope = linked_data.scope_of(project, view)
        self.version = ""
        self._moved: set[str] = set()
        self.is_finished = False  # whether there is nothing left that waits for the rest

    def look(self, store: Store) -> bool:
        """Reads the project; False if it is there no more."""
        found = projects.find(store, self.project)
        if found is None or found.get("deleted"):
            return False
        base = linked_data.base_of(store, found)
        systems = found.get("writing_systems") or ()
        said = [VERSION, base, self._generation, tags_of(systems)]
        self.version = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]
        return True

    def begin(self, store: Store, project: str) -> None:
        """Removes all graphs, and notes the facts on which those to come rest."""
        self._graphs.clear()
        self.is_finished = False
        context = self._context(store)
        facts = {f"item {one}": _said(fact_of("item", item)) for one, item in context.items.items()}
        for kind in ("person", "text"):
            for record in records.iterate(store, linked_data.scope_of(project, "everything"), kind):
                facts[f"{kind} {record['_id']}"] = self._fact(kind, record)
        self._save(facts)

    def follow(self, store: Store, project: str, touched: Touched, session: ClientSession) -> None:
        """Derives the graphs of records anew, and of those that rest on them.

        Raises:
            Conflict: a large change began meanwhile; nothing is noted as done.
        """
        context = self._context(store)
        facts = self._load()
        wanted = {kind: set(ids) for kind, ids in touched.items()}
        direct = sum(map(len, wanted.values()))
        changed = self._changed(store, touched, facts)
        for kind, ids in self._concerned(store, context, touched, changed):
            wanted.setdefault(kind, set()).update(ids)
            if sum(map(len, wanted.values())) - direct > MOST_STALE:
                raise TooMuch
        for kind, ids in wanted.items():
            ordered = sorted(ids)
            for start in range(0, len(ordered), followers.BATCH):
                self._derive(store, context, kind, ordered[start : start + followers.BATCH])
        if followers.unfinished(store, project) != followers.unfinished(store, project, session):
            raise Conflict("A large change began meanwhile; it is tried again.")
        if changed or self._moved:
            orders = {f"{_ORDER} {text}": "1" for text in self._moved}
            self._save({**facts, **changed, **orders})
        self._moved.clear()
        self.is_finished = False

    def finish(self, store: Store) -> None:
        """Writes what waits for the rest: which line follows which, and how much there is."""
        context = self._context(store)
        facts = self._load()
        waiting = [key for key in facts if key.startswith(_ORDER)]
        for key in waiting:
            self._order(store, context, key.removeprefix(f"{_ORDER} "))
        if waiting:
            self._save({key: fact for key, fact in facts.items() if key not in set(waiting)})
        self._describe(context)
        self.is_finished = True

    def tidy(self) -> None:
        """Has what was removed be gone from the disk."""
        self._graphs.tidy()

    def _order(self, store: Store, context: Context, text: str) -> None:
        """Writes which utterance of a text follows which."""
        ids = linked_data.lines_of(store, self._scope, text)
        made = list(order_triples(ids, context))
        self._graphs.replace({order_graph(text, context): made})

    def _describe(self, context: Context) -> None:
        """Has the graph of the project say what it is, and how much there is."""
        counts = self._counts(context)
        counted = Context(context.base, context.project, context.items, context.people, counts)
        graph = graph_of("project", context.project, counted)
        self._graphs.replace({graph: list(triples_of("project", context.project, counted))})

    def _derive(self, store: Store, context: Context, kind: str, ids: Iterable[str]) -> None:
        found = records.find_many(store, self._scope, kind, ids)
        made: dict[Iri, list[Triple]] = {}
        for one in ids:
            record = found.get(one)
            graph = context.record(one)
            if kind == "utterance":
                self._note_order(graph, record, context)
            made[graph] = list(triples_of(kind, record, context)) if record else []
        self._graphs.replace(made)

    def _note_order(self, line: Iri, record: Document | None, context: Context) -> None:
        """Notes in which texts the order of lines is another one now."""
        before = self._graphs.value(line, context.life.term("rank"))
        after = str(record.get("rank") or "") if record and record.get("text") else None
        if before == after:
            return
        if record and record.get("text"):
            self._moved.add(str(record["text"]))
        for graph in self._graphs.mentioning(line):
            name, _, part = graph.rpartition("#")
            if part == "order":
                self._moved.add(name.rpartition("/")[2])

    def _changed(self, store: Store, touched: Touched, facts: Mapping[str, str]) -> Facts:
        """The facts of touched records that are others now; empty where a record is gone."""
        changed: Facts = {}
        for kind in _OTHERS:
            ids = touched.get(kind, frozenset())
            everything = linked_data.scope_of(self.project, linked_data.EVERYTHING)
            found = records.find_many(store, everything, kind, ids) if ids else {}
            for one in ids:
                fact = self._fact(kind, found[one]) if one in found else ""
                if fact != facts.get(f"{kind} {one}", ""):
                    changed[f"{kind} {one}"] = fact
        return changed

    def _fact(self, kind: str, record: Document) -> str:
        if kind == "text":
            return _said([record.get("access"), sorted(record.get("speakers") or ())])
        if kind == "person":
            shown = [one.get("purposes") for one in record.get("consents") or ()]
            return _said([fact_of(kind, record), shown])
        return _said(fact_of(kind, record))

    def _concerned(
        self, store: Store, context: Context, touched: Touched, changed: Facts
    ) -> Iterable[tuple[str, set[str]]]:
        """The records whose graphs rest on others that changed."""
        for key in changed:
            kind, _, one = key.partition(" ")
            if kind == "item":
                yield from self._with_item(store, context, one)
            elif kind == "person":
                mine: Document = {"project": self.project}
                spoken = {"$or": [{"speaker": one}, {"words.speaker": one}]}
                yield "utterance", _ids(store.utterances.find(mine | spoken, {"_id": 1}))
                theirs = _ids(store.texts.find(mine | {"speakers": one}, {"_id": 1}))
                yield "text", theirs
                yield "utterance", self._lines(store, theirs)
            else:
                yield "utterance", self._lines(store, {one})
        entries = touched.get("entry")
        if entries and self.view != linked_data.EVERYTHING:
            ends = {"project": self.project, "members.entry": {"$in": sorted(entries)}}
            yield "relation", _ids(store.relations.find(ends, {"_id": 1}))

    def _lines(self, store: Store, texts: set[str]) -> set[str]:
        query = {"project": self.project, "text": {"$in": sorted(texts)}}
        return _ids(store.utterances.find(query, {"_id": 1}))

    def _with_item(
        self, store: Store, context: Context, item: str
    ) -> Iterable[tuple[str, set[str]]]:
        found = store.items.find_one({"_id": item, "project": self.project})
        if found is None:
            return
        concerned = stale("item", None, {**found, "deleted": False})
        if concerned.kinds and not concerned.mentioning:
            raise TooMuch
        names = {one.rpartition("/")[2] for one in self._graphs.mentioning(context.record(item))}
        for kind in concerned.kinds:
            letter = {"entry": "e_", "utterance": "l_", "relation": "r_"}[kind]
            yield kind, {one for one in names if one.startswith(letter)}

    def _counts(self, context: Context) -> dict[str, int]:
        """How much there is, by what the graphs say."""
        kinds = (
            ("text", LIGT.InterlinearText), ("utterance", LIGT.Utterance),
            ("sense", ONTOLEX.LexicalSense),
        )  # fmt: skip
        counts = {name: self._graphs.count(None, RDF.type, kind) for name, kind in kinds}
        counts["entry"] = 0
        for language in languages_of(context):
            number = self._graphs.count(context.lexicon(language), LIME.entry, None)
            counts[f"entry/{language}"] = number
        counts["entry"] = self._graphs.count(None, RDF.type, ONTOLEX.LexicalEntry)
        return counts

    def _context(self, store: Store) -> Context:
        found = projects.find(store, self.project) or {"_id": self.project}
        return linked_data.context_of(store, self._scope, found)

    def _load(self) -> Facts:
        try:
            return dict(json.loads(self._facts_file.read_text()))
        except FileNotFoundError:
            return {}

    def _save(self, facts: Facts) -> None:
        new = self._facts_file.with_suffix(".new")
        new.write_text(json.dumps(facts))
        new.replace(self._facts_file)


def _said(fact: Any) -> str:
    """A fact in few letters; empty for none."""
    if fact is None:
        return ""
    return hashlib.blake2b(repr(fact).encode(), digest_size=8).hexdigest()


def _ids(found: Iterable[Document]) -> set[str]:
    return {one["_id"] for one in found}
