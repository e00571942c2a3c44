"""Concepts of wordnets, and what a project says of a sense that may stand for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Concept:
    """A synset as ranking sees it (`n`: its number in the index)."""

    n: int
    id: str
    pos: str
    ili: str
    iri: str
    lexfile: str
    wikidata: str
    definition: str
    members: tuple[str, ...]
    examples: tuple[str, ...]

    @property
    def target(self) -> str:
        """The IRI under which it is linked: that of its ILI, else its own."""
        return f"http://globalwordnet.org/ili/{self.ili}" if self.ili else self.iri


@dataclass(frozen=True, slots=True)
class Meaning:
    """That a key has a synset as meaning `number` of `of` in a part of speech.

    Attributes:
        count: how often it was counted in texts; `all` of the key in that part of speech.
    """

    synset: int
    pos: str
    number: int
    of: int
    count: int
    all: int


class Words(Protocol):
    """An indexed wordnet."""

    @property
    def language(self) -> str:
        """BCP 47 tag of its words."""

    def meanings(self, key: str) -> tuple[Meaning, ...]:
        """What a lemma can mean, by part of speech and number."""

    def lemmas_of(self, form: str) -> list[str]:
        """Lemmas of which a key is an irregular form or other spelling."""

    def near(self, key: str) -> list[str]:
        """Keys that begin alike."""

    def beginning(self, prefix: str) -> list[int]:
        """Synsets of the lemmas that begin with a key."""

    def concept(self, n: int) -> Concept:
        """A synset."""

    def above(self, n: int) -> tuple[int, ...]:
        """The synsets right above one."""

    def weight(self, stem: str) -> float:
        """How telling a stem is: 0 for one that is everywhere, 1 for one that is nowhere."""

    def told_by(self, stems_: Sequence[str], pos: str = "") -> list[int]:
        """Synsets whose definitions hold some stems, the most telling first."""


@dataclass(frozen=True)
class Facts:
    """What a project says of a sense.

    Attributes:
        glosses: language and text of each gloss and further gloss, in order.
        definitions: as `glosses`.
        pos: `n`, `v`, `a`, `r`, `x` for a category without content words, empty if not known.
        pos_label: what the project calls the part of speech.
        proper: names are meant: the part of speech or the glosses are written so.
        domains: labels of semantic domains.
        scientific: scientific names.
        notes, examples, others: notes, translations of examples, glosses of the other senses.
    """

    id: str
    glosses: tuple[tuple[str, str], ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()
    pos: str = ""
    pos_label: str = ""
    proper: bool = False
    domains: tuple[str, ...] = ()
    scientific: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A concept that a sense may stand for.

    Attributes:
        score: from 0 to 1, its share among all candidates and none.
        kind: `exact`, `close` or `broader`: what the words suggest.
        reasons: why, in words, the weightiest first.
    """

    concept: Concept
    score: float
    kind: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something of the world with a label, as a service or a dump of labels tells of it.

    Attributes:
        types: what it is, or how its label is qualified.
        source: where it was found.
    """

    iri: str
    label: str
    description: str = ""
    types: tuple[str, ...] = ()
    source: str = ""
