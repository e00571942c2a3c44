"""The most likely analyses of words, from what the memory was taught and the lexicon knows.

A word that was seen gets the analyses that it had, the likeliest beside these neighbours first. A
word that was not seen is taken apart into stretches that were morphs before: each way is as likely
as its morphs are for their letters and as their sorts follow one another. A stretch that is no
known morph may be a stem; its gloss stays open. All glosses are the project's own.

The numbers below hold for all languages. They were chosen on the training files of the benchmark
(`python -m bench.guessing`), never on those that it measures with.

Source: Bell and Witten's method C for the order of sorts (Witten and Bell 1991, doi
10.1109/18.87000); the search is a beam over stretches.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from app.domain.lessons import (
    BEGIN,
    END,
    STEM,
    beside_fact,
    edge_fact,
    near_fact,
    near_key,
    sort_of,
    stretch_fact,
    word_fact,
    word_key,
)
from app.domain.text import first_plain

Content = dict[str, Any]
MOST = 8
_NEIGHBOUR = {"l": 0.6, "r": 0.4}  # how much what stands beside a word weighs
_EDGE = {"l": 0.3, "r": 0.3}  # how much the sorts that are usual beside a neighbour weigh
_EDGE_DOUBT = 20.0
_DOUBT = 0.5  # how little a neighbour says that was seen once
_LOG_LETTERS = math.log(14.0)  # one letter of an unknown stem is as rare as one in so many
_NEW, _NEW_FALLS = 20.0, 0.5  # how often a stem is a new one: less and less
_LOG_NEAR, _NEAR = -1.5, 3  # a stem that is spelt nearly so is less likely; how many are tried
_LONGEST, _LONGEST_STRETCH = 60, 24
_BEAM, _WAYS = 8, 16
_TAB = "\t"


@dataclass(frozen=True)
class Asked:
    """A word that is asked about.

    Attributes:
        ws: the writing system of its language.
        form: as it is written.
        before, after: the keys of its neighbours; empty at the ends of a line.
        written: the writing system in which it is written, if that is not `ws`.
    """

    ws: str
    form: str
    before: str = ""
    after: str = ""
    written: str = ""

    @property
    def key(self) -> str:
        """Under which it is remembered."""
        return word_key(self.form)


@dataclass(frozen=True)
class Guess:
    """One analysis that a word may have.

    Attributes:
        analysis: content of an `Analysis`, without ids.
        confidence: from 0 to 1; see `docs/architecture.md`.
        count: how often the word was confirmed so; 0 for one taken apart.
        beside: how often with the neighbour `neighbour` of those times.
        known: how many of its morphs are known; all of them where `count` is more than 0.
        from_lexicon: one of its morphs was never seen in a text, and the lexicon has it.
    """

    analysis: Content
    confidence: float
    count: int = 0
    beside: int = 0
    neighbour: str = ""
    known: int = 0
    from_lexicon: bool = False


@dataclass
class Knowledge:
    """What was looked up: by key how often each value was taught, and what values stand for."""

    counts: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    contents: dict[str, Content] = field(default_factory=dict)

    def add(self, key: str, value: str, count: float, content: Content | None = None) -> None:
        """Adds to how often a value was taught under a key."""
        under = self.counts[key]
        under[value] = under.get(value, 0) + count
        if content is not None:
            self.contents[value] = content

    def under(self, key: str) -> Mapping[str, float]:
        """What was taught under a key."""
        return self.counts.get(key, {})


class Order:
    """How the sorts of morphs follow one another in the words of a writing system."""

    def __init__(
        self, taught: Mapping[str, float], untaught: Mapping[str, float] | None = None
    ) -> None:
        self._taught, self._untaught = taught, untaught or {}
        self._pairs: dict[str, dict[str, float]] = defaultdict(dict)
        for pair, count in taught.items():
            first, _, second = pair.partition(_TAB)
            self._pairs[first][second] = count
        self.totals = {sort: sum(nexts.values()) for sort, nexts in self._pairs.items()}
        self._all = sum(self.totals.values())
        self._known: dict[tuple[str, str], float] = {}

    def share(self, first: str, second: str) -> float:
        """Which share of the words begins (first is `BEGIN`) or ends (second is `END`) so."""
        words = self.totals.get(BEGIN, 0.0)
        return (self._pairs.get(first, {}).get(second, 0.0) + 0.5) / (words + 1)

    @property
    def size(self) -> float:
        """How many morphs and ends of words it was taught with."""
        return self._all

    def with_sorts(self, sorts: Mapping[str, float]) -> Order:
        """The same, where some sorts that were never seen count as seen so often."""
        new = {sort: count for sort, count in sorts.items() if sort not in self.totals}
        return Order(self._taught, new) if new else self

    def log(self, first: str, second: str) -> float:
        """The logarithm of how likely the second sort is after the first."""
        found = self._known.get((first, second))
        if found is None:
            nexts = self._pairs.get(first, {})
            total, kinds = self.totals.get(first, 0.0), len(nexts)
            come = self.totals.get(BEGIN if second == END else second, 0.0)
            come = come or self._untaught.get(second, 0.0)
            alone = (come + 0.01) / (self._all + 1)
            likely = (nexts.get(second, 0.0) + (kinds + 0.001) * alone) / (total + kinds + 0.001)
            found = self._known[first, second] = math.log(likely)
        return found


def keys_for(asked: Iterable[Asked]) -> set[str]:
    """What to look up for words that may have been seen."""
    found = set()
    for one in asked:
        found.add(word_fact(one.ws, one.key))
        found.update(_beside(one).values())
    return found


def keys_around(asked: Asked) -> Iterable[str]:
    """What to look up besides for a word that has several analyses, or none."""
    return _edges(asked).values()


def stretches_of(form: str) -> set[str]:
    """The stretches of a word that may be morphs, as they are remembered."""
    letters = _letters(word_key(form))
    ends = range(1, len(letters) + 1)
    found = (
        letters[start:end] for end in ends for start in range(max(0, end - _LONGEST_STRETCH), end)
    )
    return {"".join(one) for one in found} if len(letters) <= _LONGEST else set()


def keys_of_parts(asked: Asked) -> set[str]:
    """What to look up for a word that is to be taken apart."""
    stretches = stretches_of(asked.form)
    near = {near_key(stretch) for stretch in stretches} - {""}
    return {stretch_fact(asked.ws, one) for one in stretches} | {
        near_fact(asked.ws, one) for one in near
    }


def remembered(asked: Asked, knowledge: Knowledge, order: Order) -> list[Guess]:
    """The analyses that a word had, the likeliest here first."""
    context = _Context(asked, knowledge, order)
    groups = _grouped(knowledge.under(word_fact(asked.ws, asked.key)), knowledge)
    total = sum(count for _, count in groups.values())
    sides = {side: knowledge.under(key) for side, key in _beside(asked).items()}
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
        scored.append((score, values, count, beside, neighbour))
    top = max((one[0] for one in scored), default=0.0)
    every = sum(math.exp(one[0] - top) for one in scored)
    made = [
        Guess(
            _fitted(knowledge.contents[values[0]], asked),
            round(math.exp(score - top) / every * _trust(count), 4),
            int(count),
            int(beside),
            neighbour,
            len(knowledge.contents[values[0]].get("morphs", ())),
        )
        for score, values, count, beside, neighbour in sorted(scored, key=lambda s: (-s[0], s[1]))
    ]
    return made[:MOST]


def taken_apart(asked: Asked, knowledge: Knowledge, order: Order) -> list[Guess]:
    """Ways to take a word apart into known morphs and unknown stems; one is a stem as a whole."""
    letters = _letters(word_key(asked.form))
    if not 0 < len(letters) <= _LONGEST:
        return []
    context = _Context(asked, knowledge, order)
    ways = [
        (score + context.weigh_sorts(way.steps[0].sort, way.steps[-1].sort), way)
        for score, way in _Search(asked, letters, knowledge, order).ways()
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
        for _, (share, way) in ranked[:MOST]
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


_APART = 0.45  # how far the ways to take a word apart are to be trusted


def _trust(count: float) -> float:
    """How likely a word that was confirmed so often has one of the analyses that it had."""
    return (count + 2) / (count + 3)


def _map(holder: Content, name: str) -> Iterable[tuple[str, Any]]:
    return (holder.get(name) or {}).items()


def _beside(asked: Asked) -> dict[str, str]:
    sides = (("l", asked.before), ("r", asked.after))
    return {side: beside_fact(asked.ws, asked.key, side, other) for side, other in sides}


def _edges(asked: Asked) -> dict[str, str]:
    return {
        side: edge_fact(asked.ws, side, other)
        for side, other in (("l", asked.before), ("r", asked.after))
    }


class _Context:
    """How well the sorts at the edges of a word go with what stands beside it."""

    def __init__(self, asked: Asked, knowledge: Knowledge, order: Order) -> None:
        self._order = order
        self._sides = []
        for side, key in _edges(asked).items():
            taught = knowledge.under(key)
            total = sum(taught.values()) / 2  # each word has two edges
            if total and _EDGE[side]:
                self._sides.append((_EDGE[side], taught, total))

    def weigh(self, analysis: Content) -> float:
        """What to add to the logarithm of how likely an analysis is."""
        morphs = analysis.get("morphs", ())
        return self.weigh_sorts(sort_of(morphs[0]), sort_of(morphs[-1])) if morphs else 0.0

    def weigh_sorts(self, first: str, last: str) -> float:
        """The same for the first and last sort of a word."""
        score = 0.0
        for edge, pair in ((f"{BEGIN}{first}", (BEGIN, first)), (f"{last}{END}", (last, END))):
            usual = self._order.share(*pair)
            for weight, taught, total in self._sides:
                likely = (taught.get(edge, 0.0) + _EDGE_DOUBT * usual) / (total + _EDGE_DOUBT)
                score += weight * math.log(likely / usual)
        return score


@lru_cache(maxsize=4096)
def _letters(key: str) -> tuple[str, ...]:
    """The letters of a word, each with its marks."""
    return tuple(key) if key.isascii() else tuple(regex.findall(r"\X", key))


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
        self, asked: Asked, letters: tuple[str, ...], knowledge: Knowledge, order: Order
    ) -> None:
        self._ws, self._letters = asked.ws, letters
        self._knowledge, self._order = knowledge, order
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
            for end in range(start + 1, min(size, start + _LONGEST_STRETCH) + 1):
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
                key: tuple[str, ...] = (morph["sort"], *_morph_key(morph))
                before = merged.get(key)
                merged[key] = (count + before[0], before[1]) if before else (count, morph)
        made: list[tuple[float, _Step]] = []
        is_stem = False
        for key, (count, morph) in heapq.nlargest(8, merged.items(), key=lambda one: one[1][0]):
            sort = morph["sort"]
            likely = math.log(count / max(self._order.totals.get(sort, 0.0), count))
            is_stem = is_stem or sort == STEM
            likely += self._log_old if sort == STEM else 0.0
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
        for value, count in heapq.nlargest(_NEAR, taught.items(), key=lambda one: one[1]):
            morph = self._knowledge.contents[value]
            likely = math.log(count / stems) + self._log_old + _LOG_NEAR
            made.append((likely, _Step(start, end, STEM, _morph_key(morph), morph)))
        return made

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
        (morph.pop("left", ""), morph.pop("right", ""), step.sort != STEM or is_bound(step.morph))
        for morph, step in zip(morphs, steps, strict=True)
    ]
    for place in range(1, len(morphs)):
        (_, right, before), (left, _, after) = own[place - 1], own[place]
        join = (after and left) or (before and right) or "-"
        morphs[place - 1]["right"] = morphs[place]["left"] = join


def is_bound(morph: Content | None) -> bool:
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
