"""Linked data: what the pure functions of `app.rdf` need to know of a project, and of its readers.

A *view* is what one kind of reader may read of a project, written as one word: `public`,
`members`, `everything`, or `members+` and the groups that they are in, as JSON.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from app.rdf.context import Context, make_context
from app.rdf.description import languages_of
from app.rdf.namespaces import LIME, ONTOLEX, RDF
from app.rdf.records import triples_of
from app.store import records
from app.store.access import Scope
from app.store.database import Document, Store
from app.store.projects import BASE

PUBLIC, MEMBERS, EVERYTHING = "public", "members", "everything"
_COUNTED = ("entry", "relation", "text", "utterance")


def view_of(scope: Scope) -> str:
    """The view that a reader has.

    >>> view_of(Scope("p_1")), view_of(Scope("p_1", member=True, groups=frozenset({"b", "a"})))
    ('public', 'members+["a", "b"]')
    """
    if scope.everything:
        return EVERYTHING
    if not scope.member:
        return PUBLIC
    groups = json.dumps(sorted(scope.groups), ensure_ascii=False)
    return f"{MEMBERS}+{groups}" if scope.groups else MEMBERS


def scope_of(project: str, view: str) -> Scope:
    """What the readers of a view may read.

    >>> scope_of("p_1", 'members+["a"]') == Scope("p_1", member=True, groups=frozenset({"a"}))
    True
    """
    name, _, groups = view.partition("+")
    chosen = frozenset(map(str, json.loads(groups))) if groups else frozenset()
    return Scope(project, name == EVERYTHING, name != PUBLIC, chosen)


def keep_base(store: Store, public_url: str, base_url: str) -> None:
    """Notes with what the IRIs of projects begin that have not been released.

    Args:
        public_url: the address under which people reach the server, if it is set; it counts.
        base_url: the address of this start, which counts for good where there is no other.
    """
    if public_url:
        store.server.update_one({"_id": BASE}, {"$set": {"url": public_url}}, upsert=True)
    else:
        first = {"$setOnInsert": {"url": base_url}}
        store.server.update_one({"_id": BASE}, first, upsert=True)


def base_of(store: Store, project: Mapping[str, Any]) -> str:
    """What the IRIs of a project begin with: frozen at its first release, else the server's."""
    if project.get("base"):
        return str(project["base"])
    kept = store.server.find_one({"_id": BASE})
    return str(kept["url"]) if kept else "http://localhost"


def context_of(store: Store, scope: Scope, project: Document, *, counted: bool = False) -> Context:
    """What the triples of a project's records need beside each record.

    Args:
        counted: whether they say how much there is: takes as long as reading it.
    """
    base = base_of(store, project)
    items = records.iterate(store, scope, "item")
    people = store.people.find({"project": scope.project, "deleted": {"$ne": True}})
    made = make_context(base, project, items, people)
    if not counted:
        return made
    return Context(base, project, made.items, made.people, _counts(store, scope, made))


def lines_of(store: Store, scope: Scope, text: str) -> list[str]:
    """The ids of the utterances of a text that may be read, in their order."""
    query = records.filter_of(store, scope, "utterance")
    query = {"$and": [query, {"text": text, "deleted": {"$ne": True}}]}
    found = store.utterances.find(query, {"_id": 1}).sort([("rank", 1), ("_id", 1)])
    return [str(one["_id"]) for one in found]


def _counts(store: Store, scope: Scope, context: Context) -> dict[str, int]:
    """How many records there are of the kinds that are described, and senses, and by language."""
    counts = Counter({kind: records.count(store, scope, kind) for kind in _COUNTED})
    lexicons = {context.lexicon(one): f"entry/{one}" for one in languages_of(context)}
    for entry in records.iterate(store, scope, "entry"):
        for subject, predicate, value in triples_of("entry", entry, context):
            if predicate == LIME.entry and subject in lexicons:
                counts[lexicons[subject]] += 1
            elif predicate == RDF.type and value == ONTOLEX.LexicalSense:
                counts["sense"] += 1
    return dict(counts)
