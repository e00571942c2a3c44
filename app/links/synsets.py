"""What a wordnet says, as its readers give it to the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

# Names of the lexicographer files by number. Source: WordNet 3.1, lexnames(5WN).
_NAMES = """
adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body
noun.cognition noun.communication noun.event noun.feeling noun.food noun.group noun.location
noun.motive noun.object noun.person noun.phenomenon noun.plant noun.possession noun.process
noun.quantity noun.relation noun.shape noun.state noun.substance noun.time verb.body verb.change
verb.cognition verb.communication verb.competition verb.consumption verb.contact verb.creation
verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative verb.weather
adj.ppl
"""
LEXFILES = tuple(_NAMES.split())


@dataclass(slots=True)
class Synset:
    """A concept of a wordnet.

    Attributes:
        id: its name in the wordnet, such as `02124272-n`.
        pos: `n`, `v`, `a`, `s` (satellite adjective) or `r`.
        ili: its number in the interlingual index, such as `i46593`; empty if it has none.
        iri: where it is published, for one without an ILI.
        members: its lemmas, spelled as in a text.
        relations: kind and id of the other synset; kinds as in WN-LMF (`hypernym`, `similar`).
    """

    id: str
    pos: str
    ili: str = ""
    iri: str = ""
    lexfile: str = ""
    wikidata: str = ""
    definition: str = ""
    members: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    relations: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class WordSense:
    """That a lemma has a synset as its `number`-th meaning (from 1) in a part of speech.

    Attributes:
        count: how often it was counted in tagged texts; 0 where nothing is known.
        forms: irregular forms of the lemma.
    """

    lemma: str
    pos: str
    number: int
    synset: str
    count: int = 0
    forms: tuple[str, ...] = ()


@dataclass
class About:
    """What a wordnet says of itself."""

    id: str
    label: str
    language: str
    version: str = ""
    licence: str = ""
    url: str = ""


class Source(Protocol):
    """A wordnet in files; the senses are read after the synsets."""

    about: About

    def iter_synsets(self) -> Iterator[Synset]:
        """All synsets.

        Raises:
            Unreadable: the file is cut off or no wordnet.
        """

    def iter_senses(self) -> Iterator[WordSense]:
        """All senses of words.

        Raises:
            Unreadable: the file is cut off or no wordnet.
        """

    def iter_forms(self) -> Iterator[tuple[str, str]]:
        """Irregular forms with their lemma, where they stand apart from the senses."""
