"""The likeliest analyses of the words of a line, looked at together.

Words that were seen come first: what they account for in the translation of the line is no gloss
of an unknown stem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain.guessing import MOST, merge_key, remembered
from app.domain.knowledge import Asked, Guess, Knowledge, Order
from app.domain.taking_apart import LEAST, taken_apart
from app.domain.translation_hints import Hints, Proposal, Unknown

Content = dict[str, Any]
_LEAST_TRANSLATED = 0.01  # confidence of a proposal that is worth showing


def guess_line(
    asked: Mapping[str, Asked],
    knowledge: Knowledge,
    orders: Mapping[str, Order],
    hints: Hints | None = None,
    *,
    everything: bool = False,
) -> dict[str, list[Guess]]:
    """Guesses by word, the likeliest first, at most 8; nothing for one of which nothing is known.

    Args:
        orders: the order of sorts by language.
        hints: of the translation of the line.
        everything: words that were seen are taken apart too.
    """
    seen = {name: remembered(one, knowledge, orders[one.ws], hints) for name, one in asked.items()}
    unseen = [name for name in asked if everything or not seen[name]]
    if hints:
        _take(hints, [found for found in seen.values() if found])
    apart = {
        name: taken_apart(asked[name], knowledge, orders[asked[name].ws], hints) for name in unseen
    }
    proposed = _proposals(hints, asked, seen, apart) if hints else {}
    found = {}
    for name in asked:
        ways = _worth(apart.get(name, ()), proposed.get(name, ()), hints.ws if hints else "")
        if told := _different([*seen[name], *ways])[:MOST] if ways else seen[name]:
            found[name] = told
    return found


def _take(hints: Hints, found: Sequence[Sequence[Guess]]) -> None:
    for guesses in found:
        hints.take(guesses[0].analysis)


def _proposals(
    hints: Hints,
    asked: Mapping[str, Asked],
    seen: Mapping[str, Sequence[Guess]],
    apart: Mapping[str, Sequence[Guess]],
) -> dict[str, list[Proposal]]:
    """Glosses for the words whose likeliest way has one open stem."""
    _take(hints, [ways for ways in apart.values() if ways and not _open(ways[0])])
    unknown = {
        name: Unknown(asked[name].key, asked[name].place)
        for name, ways in apart.items()
        if ways and not seen[name] and len(_open(ways[0])) == 1
    }
    return hints.propose(unknown) if unknown else {}


def _open(guess: Guess) -> list[int]:
    """Which morphs of a guess have no gloss."""
    morphs = guess.analysis.get("morphs", ())
    return [place for place, morph in enumerate(morphs) if not morph.get("gloss")]


def _worth(ways: Sequence[Guess], proposals: Sequence[Proposal], ws: str) -> list[Guess]:
    """The ways that say more than that the word is a word, and are likely enough.

    Args:
        proposals: glosses of the open stem of the first; with each of them it comes before all.
    """
    told = [way for way in ways if way.known and way.confidence >= LEAST]
    filled = [_filled(ways[0], one, ws) for one in proposals]
    made = [guess for guess in filled if guess.confidence >= _LEAST_TRANSLATED]
    if not made:
        return told
    least = made[-1].confidence
    return [*made, *(replace(way, confidence=min(way.confidence, least)) for way in told)]


def _filled(way: Guess, proposal: Proposal, ws: str) -> Guess:
    """A way to take a word apart with a gloss for its open stem."""
    (place,) = _open(way)
    morphs = [dict(morph) for morph in way.analysis["morphs"]]
    morphs[place]["gloss"] = {ws: proposal.gloss}
    return replace(
        way,
        analysis={**way.analysis, "morphs": morphs},
        confidence=round(way.confidence * proposal.confidence, 4),
        translated=proposal.word,
    )


def _different(guesses: Sequence[Guess]) -> list[Guess]:
    found: dict[tuple[Any, ...], Guess] = {}
    for guess in guesses:
        found.setdefault(merge_key(guess.analysis), guess)
    return list(found.values())
