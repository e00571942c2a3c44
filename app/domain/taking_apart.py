"""Taking words that were never seen apart into stretches that were morphs before.

Each way is as likely as its morphs are for their letters and as their sorts follow one another. A
stretch that is no known morph may be a stem; its gloss stays open. The search is a beam over
stretches.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import regex

from app.domain.knowledge import (
    LONGEST,
    LONGEST_STRETCH,
    Asked,
    Context,
    Guess,
    Knowledge,
    Order,
    letters_of,
)
from app.domain.lessons import BEGIN, END, STEM, near_fact, near_key, stretch_fact, word_key
from app.domain.text import first_plain
from app.domain.translation_hints import APART, Hints

Content = dict[str, Any]
_MOST = 8
_APART = 0.45  # how far the ways to take a word apart are to be trusted
LEAST = 0.04  # confidence of one that is worth showing
_LOG_LETTERS = math.log(14.0)  # one letter of an unknown stem is as rare as one in so many
_NEW, _NEW_FALLS = 20.0, 0.5  # how often a stem is a new one: less and less
_LOG_NEAR, _NEAR = -1.5, 3  # a stem that is spelt nearly so is less likely; how many are tried
_BEAM, _WAYS = 8, 16


def taken_apart(
    asked: Asked, knowledge: Knowledge, order: Order, hints: Hints | None = None
) -> list[Guess]:
    """Ways to take a word apart into known morphs and unknown stems; one is a stem as a whole.

    The likeliest comes first; of the others those that are hardly likely are left out.

    Args:
        hints: of the translation of the line.
    """
    letters = letters_of(word_key(asked.form))
    if not 0 < len(letters) <= LONGEST:
        return []
    context = Context(asked, knowledge, order)
    ways = [
        (score + context.weigh_sorts(way.steps[0].sort, way.steps[-1].sort), way)
        for score, way in _Search(asked, letters, knowledge, order, hints).ways()
    ]
    top = max((one[0] for one in ways), default=0.0)
    every = sum(math.exp(score - top) for score, _ in ways)
    merged: dict[tuple[Any, ...], tuple[float, _Way]] = {}
    for score, way in ways:
        share = math.exp(score - top) / every
        before = merged.get(way.said)
        merged[way.said] = (share + (before[0] if before else 0), before[1] if before else way)
    ranked = sorted(merged.items(), key=lambda item: (-item[1][0], item[0]))
    return [
        Guess(
            _put_together(way, asked),
            round(share * _APART, 4),
            known=way.known,
            from_lexicon=way.from_lexicon,
        )
        for place, (_, (share, way)) in enumerate(ranked[:_MOST])
        if not place or share * _APART >= LEAST
    ]


class _Step(NamedTuple):
    """One morph of a way to take a word apart: the letters from `start` to `end`.

    Attributes:
        said: what a person sees of it.
        morph: None for an unknown stem.
    """

    start: int
    end: int
    sort: str
    said: tuple[str, ...]
    morph: Content | None


class _Way(NamedTuple):
    """A way to take a word apart."""

    steps: tuple[_Step, ...]
    letters: tuple[str, ...]

    @property
    def known(self) -> int:
        """How many of its morphs are known."""
        return sum(step.morph is not None for step in self.steps)

    @property
    def from_lexicon(self) -> bool:
        """Whether the lexicon alone has one of its morphs."""
        return any("bound" in (step.morph or {}) for step in self.steps)

    @property
    def said(self) -> tuple[Any, ...]:
        """What a person sees of it."""
        return tuple(step.said for step in self.steps)


def _morph_key(morph: Content) -> tuple[str, str, str]:
    return (
        word_key(first_plain(morph.get("form") or {})),
        first_plain(morph.get("gloss") or {}),
        str(morph.get("sense") or ""),
    )


Link = tuple[Any, ...]  # the last step and the link before it


class _Search:
    """The likeliest ways through the letters of one word."""

    def __init__(
        self,
        asked: Asked,
        letters: tuple[str, ...],
        knowledge: Knowledge,
        order: Order,
        hints: Hints | None,
    ) -> None:
        self._ws, self._letters = asked.ws, letters
        self._knowledge, self._order, self._hints = knowledge, order, hints
        stems = order.totals.get(STEM, 0.0)
        new = min(0.9, (1 + stems / _NEW) ** -_NEW_FALLS)
        self._log_new, self._log_old = math.log(new), math.log(1 - new)

    def ways(self) -> list[tuple[float, _Way]]:
        """Each with the logarithm of how likely it is."""
        size, log = len(self._letters), self._order.log
        at: list[list[tuple[float, str, Link]]] = [[] for _ in range(size + 1)]
        at[0] = [(0.0, BEGIN, ())]
        for start in range(size):
            reached = heapq.nlargest(_BEAM, at[start], key=_score)
            if not reached:
                continue
            for end in range(start + 1, min(size, start + LONGEST_STRETCH) + 1):
                into = at[end]
                for likely, step in self._steps(start, end):
                    sort, is_open = step.sort, step.morph is None
                    for score, last, link in reached:
                        if not (is_open and link and link[0].morph is None):  # else they are one
                            into.append((score + likely + log(last, sort), sort, (step, link)))
        ends = [(score + log(last, END), last, link) for score, last, link in at[size]]
        return [
            (score, _Way(tuple(_unrolled(link)), self._letters))
            for score, _, link in heapq.nlargest(_WAYS, ends, key=_score)
        ]

    def _steps(self, start: int, end: int) -> list[tuple[float, _Step]]:
        """What a stretch may be, each with the logarithm of how likely."""
        stretch = "".join(self._letters[start:end])
        merged: dict[tuple[str, ...], tuple[float, Content]] = {}
        for value, count in self._knowledge.under(stretch_fact(self._ws, stretch)).items():
            morph = self._knowledge.contents[value]
            if self._may_stand(morph, start, end):
                key: tuple[str, ...] = (morph["sort"], *self._key(value, morph))
                before = merged.get(key)
                merged[key] = (count + before[0], before[1]) if before else (count, morph)
        made: list[tuple[float, _Step]] = []
        is_stem = False
        commonest = sorted(merged.items(), key=lambda one: one[1][0], reverse=True)
        for key, (count, morph) in commonest[:_MOST]:
            sort = morph["sort"]
            likely = math.log(count / max(self._order.totals.get(sort, 0.0), count))
            is_stem = is_stem or sort == STEM
            likely += self._log_old + self._weigh(morph) if sort == STEM else 0.0
            made.append((likely, _Step(start, end, sort, key[1:], morph)))
        if not is_stem:
            made += self._near(start, end, stretch)
            likely = self._log_new - (end - start + 1) * _LOG_LETTERS
            made.append((likely, _Step(start, end, STEM, (stretch,), None)))
        return made

    def _near(self, start: int, end: int, stretch: str) -> list[tuple[float, _Step]]:
        """The commonest stems that are spelt nearly as a stretch is."""
        near = near_key(stretch)
        taught = self._knowledge.under(near_fact(self._ws, near)) if near else {}
        stems = max(self._order.totals.get(STEM, 0.0), 1.0)
        made = []
        for value, count in sorted(taught.items(), key=lambda one: one[1], reverse=True)[:_NEAR]:
            morph = self._knowledge.contents[value]
            likely = math.log(count / stems) + self._log_old + _LOG_NEAR + self._weigh(morph)
            made.append((likely, _Step(start, end, STEM, self._key(value, morph), morph)))
        return made

    def _key(self, value: str, morph: Content) -> tuple[str, ...]:
        """What a person sees of a morph, worked out once for all words that are asked about."""
        found = self._knowledge.seen.get(value)
        if found is None:
            found = self._knowledge.seen[value] = _morph_key(morph)
        return found

    def _weigh(self, morph: Content) -> float:
        """What the translation of the line says for a stem."""
        return APART * self._hints.weigh_morph(morph) if self._hints else 0.0

    def _may_stand(self, morph: Content, start: int, end: int) -> bool:
        """Whether a morph that needs a neighbour has one on that side."""
        if not morph.get("bound") and morph["sort"] == STEM:
            return True
        first, last = start == 0, end == len(self._letters)
        return not (first and morph.get("left")) and not (last and morph.get("right"))


def _score(one: tuple[float, str, Link]) -> float:
    return one[0]


def _unrolled(link: Link) -> list[_Step]:
    found = []
    while link:
        found.append(link[0])
        link = link[1]
    return found[::-1]


def _put_together(way: _Way, asked: Asked) -> Content:
    """The analysis that a way to take a word apart makes."""
    ws = asked.written or asked.ws
    offsets = _offsets(way.letters, asked.form)
    morphs: list[Content] = []
    spelt = offsets is not None
    for step in way.steps:
        stretch = "".join(way.letters[step.start : step.end])
        here = asked.form[offsets[step.start] : offsets[step.end]] if offsets else stretch
        known = {k: v for k, v in (step.morph or {}).items() if k not in ("sort", "bound")}
        said = first_plain(known.get("form") or {}, (ws,)) or here
        spelt = spelt and word_key(said) == stretch
        form = {**known["form"]} if known.get("form") else {ws: here}
        if word_key(said) == stretch and step.start and isinstance(form.get(ws), str):
            form[ws] = here if said.lower() == here.lower() else said
        morphs.append({**known, "form": form})
    _join(morphs, way.steps)
    if spelt and offsets:
        for morph, step in zip(morphs, way.steps, strict=True):
            morph["ws"] = ws
            morph["parts"] = [{"start": offsets[step.start], "end": offsets[step.end]}]
    return {"morphs": morphs}


def _join(morphs: Sequence[Content], steps: Sequence[_Step]) -> None:
    """Joins morphs as the grammatical ones among them were joined before."""
    own = [
        (morph.pop("left", ""), morph.pop("right", ""), step.sort != STEM or _is_bound(step.morph))
        for morph, step in zip(morphs, steps, strict=True)
    ]
    for place in range(1, len(morphs)):
        (_, right, before), (left, _, after) = own[place - 1], own[place]
        join = (after and left) or (before and right) or "-"
        morphs[place - 1]["right"] = morphs[place]["left"] = join


def _is_bound(morph: Content | None) -> bool:
    """Whether the lexicon says that a morph stands with another one only."""
    return bool(morph and morph.get("bound"))


def _offsets(letters: Sequence[str], form: str) -> list[int] | None:
    """Where each letter begins in the form as it is written, and its end."""
    written = regex.findall(r"\X", form)
    if len(written) != len(letters):
        return None
    found = [0]
    for letter in written:
        found.append(found[-1] + len(letter))
    return found
