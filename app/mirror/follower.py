"""Derives the graphs of one view of a project from its records, as a follower of the log.

A graph depends on its record, and on a few facts of others (`app.rdf.context`); who may read an
utterance or relation depends on its text, speakers and ends. These facts are kept beside the
graphs (`facts.json`), so that a change of one is noticed and what it concerns is derived again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.errors import Conflict
from app.mirror.graphs import Graphs
from app.rdf.context import Context, make_context
from app.rdf.description import languages_of
from app.rdf.namespaces import LIGT, LIME, ONTOLEX, RDF
from app.rdf.records import KINDS, fact_of, graph_of, stale, triples_of
from app.rdf.tags import tags_of
from app.rdf.terms import Iri
from app.rdf.texts import order_graph, order_triples
from app.services import linked_data
from app.store import followers, projects, records
from app.store.database import Document, Store
from app.store.followers import Touched

VERSION = 1
PORTION = 2000  # records that are derived at once when all are: each time takes a new file
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
        portion: records that are derived at once.
    """

    kinds = frozenset(KINDS) - {"project"}
    collections: tuple[str, ...] = ()

    def __init__(
        self,
        project: str,
        view: str,
        graphs: Graphs,
        facts: Path,
        generation: str,
        name: str = "",
        portion: int = PORTION,
    ) -> None:
        self.project, self.view = project, view
        self.name = f"mirror {name or view}"
        self._graphs, self._facts_file, self.portion = graphs, facts, portion
        self._generation = generation
        self._scope = linked_data.scope_of(project, view)
        self.version = ""
        self._known_facts: Facts | None = None
        self._beside: Context | None = None  # items and people, while they are known to be so
        self.is_finished = False  # whether there is nothing left that waits for the rest

    def look(self, store: Store) -> bool:
        """Reads the project; False if it is there no more."""
        found = projects.find(store, self.project)
        if found is None or found.get("deleted"):
            return False
        base = linked_data.base_of(store, found)
        self._graphs.belong_to(make_context(base, found).project_iri)
        systems = found.get("writing_systems") or ()
        said = [VERSION, base, self._generation, tags_of(systems)]
        version = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]
        if version != self.version:
            self.version, self._beside = version, None
        return True

    def begin(self, store: Store, project: str) -> None:
        """Removes all graphs, and notes the facts on which those to come rest."""
        self._graphs.clear()
        self.is_finished, self._beside = False, None
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
        self.is_finished = False
        if {"item", "person"} & touched.keys():
            self._beside = None
        context = self._context(store)
        changed = self._changed(store, touched, self._load())
        wanted = {kind: set(ids) for kind, ids in touched.items()}
        direct = sum(map(len, wanted.values()))
        for kind, ids in self._concerned(store, context, touched, changed):
            wanted.setdefault(kind, set()).update(ids)
            if sum(map(len, wanted.values())) - direct > MOST_STALE:
                raise TooMuch
        is_new = followers.position(store, project, self.name).building
        for kind, ids in wanted.items():
            ordered = sorted(ids)
            for start in range(0, len(ordered), self.portion):
                batch = ordered[start : start + self.portion]
                self._derive(store, context, kind, batch, is_new)
        if followers.unfinished(store, project) != followers.unfinished(store, project, session):
            raise Conflict("A large change began meanwhile; it is tried again.")
        if changed:
            self._save({**self._load(), **changed})

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
        counted = replace(context, counts=counts)
        graph = graph_of("project", context.project, counted)
        self._graphs.replace({graph: list(triples_of("project", context.project, counted))})

    def _derive(
        self, store: Store, context: Context, kind: str, ids: Sequence[str], is_new: bool
    ) -> None:
        """Derives graphs anew.

        Args:
            is_new: whether they are made for the first time.
        """
        found = records.find_many(store, self._scope, kind, ids)
        if kind == "utterance":
            self._note_orders({context.record(one): found.get(one) for one in ids}, context, is_new)
        self._graphs.replace({
            context.record(one): list(triples_of(kind, found[one], context)) if one in found else []
            for one in ids
        })  # fmt: skip

    def _note_orders(
        self, lines: Mapping[Iri, Document | None], context: Context, is_new: bool
    ) -> None:
        """Notes in which texts the order of lines is another one, before a graph tells it."""
        moved: set[str] = set()
        for line, record in lines.items():
            in_text = bool(record and record.get("text"))
            after = str(record.get("rank") or "") if record and in_text else None
            before = None if is_new else self._graphs.value(line, context.life.term("rank"))
            if before == after:
                continue
            if record and in_text:
                moved.add(str(record["text"]))
            named = () if is_new else self._graphs.mentioning(line)
            orders = (graph.rpartition("#") for graph in named)
            moved.update(name.rpartition("/")[2] for name, _, part in orders if part == "order")
        keys = {f"{_ORDER} {text}": "1" for text in moved}
        if keys.keys() - self._load().keys():
            self._save({**self._load(), **keys})

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
        """What the triples need beside the records.

        Items and people are read again when one is touched. What a large change has half written
        is not kept: nobody is told when it is taken back.
        """
        found = projects.find(store, self.project) or {"_id": self.project}
        if self._beside is not None:
            if self._beside.project != found:
                self._beside = replace(self._beside, project=found)
            return self._beside
        is_quiet = followers.unfinished(store, self.project) is None
        made = linked_data.context_of(store, self._scope, found)
        if is_quiet and followers.unfinished(store, self.project) is None:
            self._beside = made
        return made

    def _load(self) -> Facts:
        if self._known_facts is None:
            try:
                self._known_facts = dict(json.loads(self._facts_file.read_text()))
            except FileNotFoundError:
                self._known_facts = {}
        return self._known_facts

    def _save(self, facts: Facts) -> None:
        new = self._facts_file.with_suffix(".new")
        new.write_text(json.dumps(facts))
        new.replace(self._facts_file)
        self._known_facts = facts


def _said(fact: Any) -> str:
    """A fact in few letters; empty for none."""
    if fact is None:
        return ""
    return hashlib.blake2b(repr(fact).encode(), digest_size=8).hexdigest()


def _ids(found: Iterable[Document]) -> set[str]:
    return {one["_id"] for one in found}
