"""What a record's triples need beside the record: IRIs, tags, list items, public names.

A record's triples depend on other records in few ways, all of which lie here:

* the tags of the project's writing systems (`Context.tags`): every record;
* what a part of speech is in LexInfo (`Context.category`): entries and utterances that use it;
* what a morph type is (`Context.morph_type`): entries and utterances that use it;
* what a relation type is (`Context.relation_type`, `is_directed`): relations of that type;
* what an abbreviation is that the project's list ties to an IRI (`Context.abbreviation`):
  utterances whose glosses have it;
* who agreed to be named in what is published (`Context.people`): texts and utterances of theirs.

Everything else that leads to another record is its IRI, whose own graph says the rest.
`app.rdf.records.stale` tells which records a change of another one concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from app.domain import project as lists
from app.domain.text import first_plain, plains
from app.rdf import tables, tags
from app.rdf.meanings import meaning_of, property_of
from app.rdf.namespaces import Namespace, own
from app.rdf.tables import NOTHING, Meaning, RelationMeaning
from app.rdf.terms import Iri, iri, segment

Content = Mapping[str, Any]
NONE: Mapping[str, Any] = MappingProxyType({})
_NAMED_FIRST = ("en", "pt", "es", "fr")
INVERSE_NAME = "inverse-name"


@dataclass(frozen=True)
class Context:
    """A project as the graphs of its records need it.

    Attributes:
        base: of all IRIs, such as `https://life.example.org`, without a slash at its end.
        project: the stored project.
        items: the stored items of its lists, by id.
        people: what the public may call those who agreed that it may, by id.
        counts: how much there is, for the description: `entry`, `sense`, `text`, `utterance`,
            `relation`, and `entry/LANGUAGE` for each lexicon; may be empty.
    """

    base: str
    project: Content
    items: Mapping[str, Content] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def project_id(self) -> str:
        """Id of the project."""
        return record_id(self.project)

    @cached_property
    def project_iri(self) -> Iri:
        """The project itself."""
        return Iri(f"{self.base}/id/{segment(self.project_id)}")

    @cached_property
    def life(self) -> Namespace:
        """The program's own vocabulary."""
        return own(self.base)

    @cached_property
    def tags(self) -> dict[str, str]:
        """The language tag of each writing system, by code."""
        return tags.tags_of(self.project.get("writing_systems") or ())

    @cached_property
    def phonetic_tags(self) -> dict[str, str]:
        """The tag of each writing system where a pronunciation is written in it.

        It stays what it is where the project has another writing system for that.
        """
        there = set(self.tags.values())
        made: dict[str, str] = {}
        for code, tag in self.tags.items():
            found = tags.phonetic(tag)
            made[code] = tag if found in there or tags.is_spoken(tag) else found
        return made

    @cached_property
    def languages(self) -> dict[str, Iri]:
        """The IRI of each language by the code with which tags begin."""
        return dict(iter_languages(self.project))

    def record(self, record: str) -> Iri:
        """A record, or a recording or picture, by its id; also the name of its graph."""
        return Iri(f"{self.base}/id/{segment(self.project_id)}/{segment(record)}")

    def part(self, record: str, part: str) -> Iri:
        """A part of a record."""
        return Iri(f"{self.record(record)}#{segment(part)}")

    def of_project(self, name: str) -> Iri:
        """A thing that belongs to the project and is no record, such as a lexicon."""
        return Iri(f"{self.project_iri}#{segment(name)}")

    def tag(self, code: str) -> str:
        """The language tag of a writing system, also of one that the project lacks."""
        found = self.tags.get(code)
        return found if found is not None else tags.tag_of(code)

    def lexicon(self, language: str) -> Iri:
        """The lexicon of a language."""
        return self.of_project(f"lexicon-{language}")

    def category(self, item: str) -> Meaning:
        """What a part of speech is elsewhere."""
        return self._category.get(item, NOTHING)

    def morph_type(self, item: str) -> str:
        """The code of a morph type, as `suffix`; empty if there is no such item."""
        return self._morph_types.get(item, "")

    def relation_type(self, item: str) -> RelationMeaning | None:
        """What a relation type is in LexInfo."""
        return self._relation_types.get(item)

    def relation_code(self, item: str) -> str:
        """The code of a relation type."""
        return str(self.items.get(item, NONE).get("code") or "")

    def is_directed(self, item: str) -> bool:
        """Whether the first member of a relation of a type is another thing to the rest."""
        known = self.relation_type(item)
        if known is not None:
            return known.property != known.inverse
        traits = self.items.get(item, NONE).get("traits") or ()
        return any(one["name"] == INVERSE_NAME and one["value"] for one in traits)

    def abbreviation(self, label: str) -> Meaning:
        """What a glossing abbreviation is elsewhere."""
        return self._abbreviations.get(label) or tables.abbreviations().get(label, NOTHING)

    @cached_property
    def _category(self) -> dict[str, Meaning]:
        return {one: meaning_of(item) for one, item in self._of(lists.PARTS_OF_SPEECH)}

    @cached_property
    def _morph_types(self) -> dict[str, str]:
        return {one: str(item.get("code") or "") for one, item in self._of(lists.MORPH_TYPES)}

    @cached_property
    def _relation_types(self) -> dict[str, RelationMeaning]:
        found = {one: relation_meaning(item) for one, item in self._of(lists.RELATION_TYPES)}
        return {one: meaning for one, meaning in found.items() if meaning is not None}

    @cached_property
    def _abbreviations(self) -> dict[str, Meaning]:
        """Those that the project itself ties to something."""
        return {
            str(item.get("code")): meaning_of(item)
            for _, item in self._of(lists.GLOSS_ABBREVIATIONS)
            if item.get("iri")
        }

    def _of(self, name: str) -> list[tuple[str, Content]]:
        return [(one, item) for one, item in self.items.items() if item.get("list") == name]


def make_context(
    base: str,
    project: Content,
    items: Iterable[Content] = (),
    people: Iterable[Content] = (),
    counts: Mapping[str, int] | None = None,
) -> Context:
    """A context from stored records.

    Args:
        base: see `Context`.
        items: all items of lists; `people`: all persons.
    """
    return Context(
        base.rstrip("/"),
        project,
        {record_id(item): item for item in items},
        public_labels(people),
        counts or {},
    )


def record_id(record: Content) -> str:
    """The id of a record, stored (`_id`) or as content (`id`)."""
    return str(record.get("_id") or record["id"])


def public_labels(people: Iterable[Content]) -> dict[str, str]:
    """What those may be called who agreed that what they say is published, by id.

    A consent for certain recordings only names nobody. The label may be empty.
    """
    return {
        record_id(person): str(person.get("label") or "")
        for person in people
        if not person.get("deleted") and is_named(person)
    }


def is_named(person: Content) -> bool:
    """Whether somebody agreed to stand in what is published, without a condition."""
    return any(
        "publish" in consent.get("purposes", ()) and not consent.get("scope")
        for consent in person.get("consents") or ()
    )


def relation_meaning(item: Content) -> RelationMeaning | None:
    """What a relation type is in LexInfo, by what the project says or by its names."""
    said = property_of(item)
    if said is not None:
        return said
    names = item.get("name") or {}
    labels = (str(item.get("code") or ""), first_plain(names, _NAMED_FIRST), *plains(names))
    return tables.find(tables.relation_types(), labels)


def iter_languages(project: Content) -> Iterable[tuple[str, Iri]]:
    """The IRI of each object language by the code with which its tags begin.

    Source: STANDARDS 1.0 (Lexvo for ISO 639-3, else Glottolog).
    """
    for language in project.get("languages") or ():
        code = tags.language_of(tags.tag_of(language.get("tag") or "", language.get("id") or ""))
        iso, glottocode = language.get("iso639_3") or "", language.get("glottocode") or ""
        if iso:
            found = iri(f"http://lexvo.org/id/iso639-3/{segment(iso)}")
        else:
            found = iri(f"https://glottolog.org/resource/languoid/id/{segment(glottocode)}")
        if found is not None and (iso or glottocode):
            yield code, found
            if iso and iso != code:
                yield iso, found
