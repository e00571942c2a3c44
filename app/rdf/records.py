"""From a record of any kind to its triples, and which records a change concerns.

`triples_of` is pure: it reads the record and the `Context`, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import project as lists
from app.rdf.context import INVERSE_NAME, Context, is_named, record_id, relation_meaning
from app.rdf.description import project_triples
from app.rdf.lexicon import entry_triples
from app.rdf.lists import document_triples, field_triples, item_triples, person_triples
from app.rdf.meanings import meaning_of
from app.rdf.relations import relation_triples
from app.rdf.tags import tags_of
from app.rdf.terms import Iri, Triple
from app.rdf.texts import text_triples, utterance_triples

Content = Mapping[str, Any]
Writer = Callable[[Content, Context], list[Triple]]
WRITERS: dict[str, Writer] = {
    "project": project_triples,
    "item": item_triples,
    "field": field_triples,
    "document": document_triples,
    "person": person_triples,
    "entry": entry_triples,
    "relation": relation_triples,
    "text": text_triples,
    "utterance": utterance_triples,
}
# Kinds of record that have triples, in the order in which a whole project is written.
KINDS = tuple(WRITERS)


@dataclass(frozen=True)
class Stale:
    """Records whose triples may say something else than they did.

    Attributes:
        kinds: of these records; nothing is stale if there are none.
        mentioning: id of a record: of those kinds only those are stale that hold this id, in
            whatever field; their graphs hold its IRI too, unless it is a person. Empty for all
            records of these kinds.
    """

    kinds: tuple[str, ...] = ()
    mentioning: str = ""


FRESH = Stale()


def triples_of(kind: str, record: Content, context: Context) -> Iterator[Triple]:
    """The triples of a record, as somebody may read it who may read `record` as it is given.

    Args:
        kind: key of `app.domain.kinds.KINDS`; kinds that are not of `KINDS` have no triples.
        record: the stored record, or its content with `id`.
    """
    writer = WRITERS.get(kind)
    return iter(writer(record, context)) if writer is not None else iter(())


def graph_of(kind: str, record: Content, context: Context) -> Iri:
    """The name of the graph in which a record's triples lie: the record's IRI."""
    return context.project_iri if kind == "project" else context.record(record_id(record))


def stale(kind: str, before: Content | None, after: Content | None) -> Stale:
    """Which other records a change of a record concerns; the record itself always is.

    Args:
        before, after: the record; None where it was not there, or is there no more.
    """
    one, other = _present(before), _present(after)
    if kind == "project":
        changed = _project_facts(one) != _project_facts(other)
        return Stale(tuple(name for name in KINDS if name != "project")) if changed else FRESH
    if kind == "person":
        changed = _person_facts(one) != _person_facts(other)
        return Stale(("text", "utterance"), _id_of(one, other)) if changed else FRESH
    if kind == "item":
        return _stale_by_item(one, other)
    return FRESH


def fact_of(kind: str, record: Content) -> Any:
    """What of a list item or person stands in the triples of others; None for nothing."""
    one = _present(record)
    if kind == "item":
        return _item_facts(one)
    return _person_facts(one) if kind == "person" else None


def _stale_by_item(before: Content | None, after: Content | None) -> Stale:
    if _item_facts(before) == _item_facts(after):
        return FRESH
    name = str((after or before or {}).get("list"))
    if name == lists.GLOSS_ABBREVIATIONS:
        return Stale(("utterance",))
    if name == lists.RELATION_TYPES:
        return Stale(("relation",), _id_of(before, after))
    return Stale(("entry", "utterance"), _id_of(before, after))


def _item_facts(item: Content | None) -> Any:
    """What of an item stands in the triples of others."""
    if item is None:
        return None
    name = item.get("list")
    if name == lists.PARTS_OF_SPEECH:
        return meaning_of(item)
    if name == lists.MORPH_TYPES:
        return item.get("code")
    if name == lists.RELATION_TYPES:
        traits = [one["value"] for one in item.get("traits") or () if one["name"] == INVERSE_NAME]
        return item.get("code"), traits, relation_meaning(item)
    if name == lists.GLOSS_ABBREVIATIONS and item.get("iri"):
        return item.get("code"), meaning_of(item)
    return None


def _person_facts(person: Content | None) -> Any:
    return person.get("label") if person is not None and is_named(person) else None


def _project_facts(project: Content | None) -> Any:
    systems = (project or {}).get("writing_systems") or ()
    return tags_of(systems)


def _present(record: Content | None) -> Content | None:
    return None if record is None or record.get("deleted") else record


def _id_of(before: Content | None, after: Content | None) -> str:
    return record_id(after or before or {"id": ""})
