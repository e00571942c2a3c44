"""The most likely analyses of a word that was seen, as it was confirmed and beside what.

A word that was not seen is taken apart (`app.domain.taking_apart`). All glosses are the project's
own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.knowledge import Asked, Context, Guess, Knowledge, Order, beside_keys
from app.domain.lessons import word_fact, word_key
from app.domain.text import first_plain
from app.domain.translation_hints import SEEN, Hints

Content = dict[str, Any]
MOST = 8
_NEIGHBOUR = {"l": 0.6, "r": 0.4}  # how much what stands beside a word weighs
_DOUBT = 0.5  # how little a neighbour says that was seen once


def remembered(
    asked: Asked, knowledge: Knowledge, order: Order, hints: Hints | None = None
) -> list[Guess]:
    """The analyses that a word had, the likeliest here first.

    Args:
        hints: of the translation of the line.
    """
    context = Context(asked, knowledge, order)
    groups = _grouped(knowledge.under(word_fact(asked.ws, asked.key)), knowledge)
    total = sum(count for _, count in groups.values())
    sides = {side: knowledge.under(key) for side, key in beside_keys(asked).items()}
    scored = []
    for values, count in groups.values():
        share = count / total
        score, beside, neighbour = math.log(share), 0.0, ""
        for side, taught in sides.items():
            here = sum(taught.get(value, 0.0) for value in values)
            likely = (here + _DOUBT * share) / (sum(taught.values()) + _DOUBT)
            score += _NEIGHBOUR[side] * (math.log(likely) - math.log(share))
            said = asked.before if side == "l" else asked.after
            if here > beside and said:
                beside, neighbour = here, said
        if len(groups) > 1:
            score += context.weigh(knowledge.contents[values[0]])
            score += SEEN * hints.weigh(knowledge.contents[values[0]]) if hints else 0.0
        scored.append((score, values, count, beside, neighbour))
    top = max((one[0] for one in scored), default=0.0)
    every = sum(math.exp(one[0] - top) for one in scored)
    scored.sort(key=lambda one: (-one[0], one[1]))
    return [
        Guess(
            _fitted(knowledge.contents[values[0]], asked),
            round(math.exp(score - top) / every * _trust(count), 4),
            int(count),
            int(beside),
            neighbour,
            len(knowledge.contents[values[0]].get("morphs", ())),
        )
        for score, values, count, beside, neighbour in scored[:MOST]
    ]


def merge_key(analysis: Content) -> tuple[Any, ...]:
    """In which two analyses are the same to a person: forms but for case, glosses, categories."""
    morphs = tuple(
        (
            tuple(sorted((ws, word_key(first_plain({ws: v}))) for ws, v in _map(morph, "form"))),
            tuple(sorted((ws, first_plain({ws: v})) for ws, v in _map(morph, "gloss"))),
            morph.get("pos") or "",
            morph.get("sense") or morph.get("entry") or "",
        )
        for morph in analysis.get("morphs", ())
    )
    gloss = tuple(sorted((ws, first_plain({ws: v})) for ws, v in _map(analysis, "gloss")))
    return (morphs, gloss, analysis.get("pos") or "", analysis.get("sense") or "")


def _trust(count: float) -> float:
    """How likely a word that was confirmed so often has one of the analyses that it had."""
    return (count + 2) / (count + 3)


def _map(holder: Content, name: str) -> Iterable[tuple[str, Any]]:
    return (holder.get(name) or {}).items()


def _grouped(
    taught: Mapping[str, float], knowledge: Knowledge
) -> dict[tuple[Any, ...], tuple[list[str], float]]:
    """Analyses that differ in case alone are one; the commonest spelling stands for it."""
    if len(taught) == 1:
        ((value, count),) = taught.items()
        return {(): ([value], count)}
    groups: dict[tuple[Any, ...], list[tuple[float, str]]] = defaultdict(list)
    for value, count in taught.items():
        groups[merge_key(knowledge.contents[value])].append((count, value))
    found = {}
    for key, members in groups.items():
        members.sort(key=lambda one: (-one[0], one[1]))
        found[key] = ([value for _, value in members], sum(count for count, _ in members))
    return found


def _fitted(remembered: Content, asked: Asked) -> Content:
    """A remembered analysis for the word as it is written here."""
    ws = asked.written or asked.ws
    same = remembered.get("length") == len(asked.form)
    morphs = []
    for morph in remembered.get("morphs", ()):
        made = dict(morph)
        if not same or max((part["end"] for part in made.get("parts", ())), default=0) > len(
            asked.form
        ):
            made.pop("parts", None)
            made.pop("ws", None)
        elif asked.form == asked.form.lower() and len(made.get("parts", ())) == 1:
            made = _in_lower_case(made, asked.form, ws)
        morphs.append(made)
    return {k: v for k, v in remembered.items() if k != "length"} | {"morphs": morphs}


def _in_lower_case(morph: Content, form: str, ws: str) -> Content:
    """A morph learnt from the beginning of a sentence, in a word that is not at it."""
    part, said = morph["parts"][0], morph.get("form", {}).get(ws)
    here = form[part["start"] : part["end"]]
    if isinstance(said, str) and said != here and said.lower() == here:
        return {**morph, "form": {**morph["form"], ws: here}}
    return morph
