"""The tables of `ontology/`: from the categories of projects to those of LexInfo and UniMorph.

Each is tab-separated, with a header; the labels of a row are separated by ` | ` and compared
without regard to case, full stops and spaces at the ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from app.rdf.namespaces import LEXINFO, UNIMORPH
from app.rdf.terms import Iri

T = TypeVar("T")
FOLDER = Path(__file__).parents[2] / "ontology"


@dataclass(frozen=True)
class Meaning:
    """What a category of a project is elsewhere.

    Attributes:
        property: the property of LexInfo whose value it is, if it is one.
        value: the value, or category, that is the same.
        broader: categories that are wider.
        close: categories of other vocabularies that are the same, or nearly.
    """

    property: Iri | None = None
    value: Iri | None = None
    broader: tuple[Iri, ...] = ()
    close: tuple[Iri, ...] = ()


@dataclass(frozen=True)
class RelationMeaning:
    """What a relation type is in LexInfo.

    Attributes:
        property: from the first member to the others.
        inverse: from the others to the first; empty if there is none.
        level: `sense` or `entry`, between which the property holds.
    """

    property: Iri
    inverse: Iri | None
    level: str


NOTHING = Meaning()


@lru_cache(maxsize=1)
def parts_of_speech() -> dict[str, Meaning]:
    """Parts of speech by label."""
    made: dict[str, Meaning] = {}
    for match, lexinfo, unimorph, labels in _rows("parts-of-speech.tsv"):
        term = LEXINFO.term(lexinfo) if lexinfo else None
        close = tuple(UNIMORPH.term(name) for name in unimorph.split())
        exact = match == "exact"
        meaning = Meaning(
            LEXINFO.partOfSpeech,
            term if exact else None,
            () if exact or term is None else (term,),
            close if exact else (),
        )
        _add(made, labels, meaning)
    return made


@lru_cache(maxsize=1)
def abbreviations() -> dict[str, Meaning]:
    """Glossing abbreviations by label; case counts, as `N` is not `n`."""
    made: dict[str, Meaning] = {}
    for name, value, unimorph, labels, _meaning in _rows("abbreviations.tsv"):
        meaning = Meaning(
            LEXINFO.term(name) if name else None,
            LEXINFO.term(value) if value else None,
            (),
            tuple(UNIMORPH.term(one) for one in unimorph.split()),
        )
        for label in labels.split(" | "):
            made[label] = meaning
    return made


@lru_cache(maxsize=1)
def features() -> dict[str, Meaning]:
    """Values of LexInfo by what they are called in English, as `plural` or `first person`."""
    made: dict[str, Meaning] = {}
    for name, value, unimorph, labels, told in _rows("abbreviations.tsv"):
        if not value:
            continue
        close = tuple(UNIMORPH.term(one) for one in unimorph.split())
        meaning = Meaning(LEXINFO.term(name), LEXINFO.term(value), (), close)
        _add(made, " | ".join((labels, told.replace(", ", " | "))), meaning)
    return made


@lru_cache(maxsize=1)
def relation_types() -> dict[str, RelationMeaning]:
    """Relation types by label."""
    made: dict[str, RelationMeaning] = {}
    for level, name, inverse, labels in _rows("relation-types.tsv"):
        back = LEXINFO.term(inverse) if inverse else None
        _add(made, labels, RelationMeaning(LEXINFO.term(name), back, level))
    return made


def key_of(label: str) -> str:
    """A label as the tables compare it.

    >>> key_of(" N. "), key_of("Proper  Noun")
    ('n', 'proper noun')
    """
    return " ".join(label.casefold().replace("_", " ").split()).strip(" .:;")


def find(table: dict[str, T], labels: Iterable[str]) -> T | None:
    """What the first of some labels that the table knows means."""
    for label in labels:
        found = table.get(key_of(label))
        if found is not None:
            return found
    return None


def _add(table: dict[str, T], labels: str, meaning: T) -> None:
    for label in labels.split(" | "):
        table.setdefault(key_of(label), meaning)


def _rows(name: str) -> Iterator[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    width = len(lines[0].split("\t"))
    for line in lines[1:]:
        if line and not line.startswith("#"):
            cells = line.split("\t")
            yield cells + [""] * (width - len(cells))
