"""Which things of the world a sense may name, ranked, with reasons."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.concepts import Candidate, Facts, Thing
from app.domain.gloss_keys import alternatives, key_of, stems
from app.domain.messages import say

MOST = 5
_TOLD = 3  # concepts of the wordnet whose definitions are compared


@dataclass(frozen=True, slots=True)
class NamedThing:
    """A thing that a sense may name; `score` from 0 to 1."""

    thing: Thing
    score: float
    kind: str
    reasons: tuple[str, ...]


def labels_of(facts: Facts, language: str = "en") -> list[str]:
    """The labels under which things are looked up: scientific names, then glosses.

    Empty for what is no noun: labels of things are nouns.
    """
    if facts.pos not in ("n", ""):
        return []
    texts = [text for tag, text in (*facts.glosses, *facts.definitions) if _is(tag, language)]
    found = [one.key for text in facts.scientific for one in alternatives(text)]
    found += [one.key for text in texts for one in alternatives(text) if len(one.words) <= 4]
    return list(dict.fromkeys(found))[:4]


def rank_things(
    facts: Facts,
    things: Iterable[Thing],
    concepts: Sequence[Candidate],
    same: Mapping[str, str] | None = None,
) -> list[NamedThing]:
    """Things, the likeliest first; at most `MOST`.

    Args:
        concepts: the ranked concepts of the sense: what they tell is compared.
        same: IRIs of things that are the same as a concept, with the concept's name.
    """
    labels = labels_of(facts)
    told = {one for text in _texts(facts) for one in stems(text)}
    for concept in concepts[:_TOLD]:
        told.update(stems(concept.concept.definition))
    found: dict[str, NamedThing] = {}
    for thing in things:
        made = _judge(thing, facts, labels, told, (same or {}).get(thing.iri, ""))
        if thing.iri not in found or found[thing.iri].score < made.score:
            found[thing.iri] = made
    return sorted(found.values(), key=lambda one: (-one.score, one.thing.iri))[:MOST]


def _judge(
    thing: Thing, facts: Facts, labels: Sequence[str], told: set[str], same: str
) -> NamedThing:
    bare = key_of(thing.label.partition(" (")[0])
    odds = -1.5
    reasons: list[str] = []
    if same:
        odds += 3.0
        reasons.append(say("Wikidata says that it is the same as “%(word)s”", word=same))
    if bare in labels:
        odds += 1.8 - 0.3 * labels.index(bare) - (0.8 if " (" in thing.label else 0.0)
        reasons.append(say("label “%(label)s”", label=thing.label))
    shared = [one for one in dict.fromkeys(stems(f"{thing.description} {' '.join(thing.types)}"))
              if one in told and one not in stems(bare)]  # fmt: skip
    if shared:
        odds += 1.2 * (1 - math.exp(-len(shared) / 2))
        reasons.append(say("description shares %(words)s", words=", ".join(shared[:3])))
    if any(text.lower() in thing.description.lower() for text in facts.scientific if text):
        odds += 1.5
        reasons.append(say("the scientific name is in its description"))
    reasons.append(thing.source)
    kind = "exact" if same or bare in labels else "close"
    return NamedThing(thing, round(1 / (1 + math.exp(-odds)), 4), kind, tuple(reasons))


def _texts(facts: Facts) -> Iterable[str]:
    yield from (text for _, text in (*facts.glosses, *facts.definitions))
    yield from (*facts.notes, *facts.domains)


def _is(tag: str, language: str) -> bool:
    return tag.partition("-")[0].lower() == language
