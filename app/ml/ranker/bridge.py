"""How translations and glosses belong together, learnt from the lines alone.

Each word of a translation is taken to come from a gloss of its line or from none (the first model
of Brown et al. 1993, DOI-less, "The Mathematics of Statistical Machine Translation"); words that
are spelt like a gloss are taken to be its rendering before anything was counted. What a line itself
taught can be left out, so that in training its own answer is not given away.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from app.domain.lessons import is_grammatical
from app.domain.text import fold
from app.domain.translation_hints import likeness
from app.domain.translations import (
    Rendered,
    alike,
    by_beginning,
    endings_of,
    parts_of,
    rendered,
    shared,
    standing_for,
)

_ROUNDS, _DOUBT, _LIKE = 5, 1.0, 0.5
_KEEP = 0.15  # expected counts below that are forgotten
_BEGIN = 3
_LONGEST = 200  # words of a translation that are looked at
_SPELLINGS = 50_000  # that are kept to be quick


class Told(NamedTuple):
    """What the words of one translation are, and what of them its own line taught.

    Attributes:
        words: of the translation.
        own: by gloss and word what the line itself added to expected counts.
        glosses: how often each gloss stands in the line itself.
        stood: words that stand for a gloss in the line itself.
        glossed: whether the line itself was learnt from.
    """

    words: tuple[Rendered, ...] = ()
    own: Mapping[tuple[str, str], float] = {}
    glosses: Mapping[str, int] = {}
    stood: frozenset[str] = frozenset()
    glossed: bool = False


class Proposal(NamedTuple):
    """A gloss for a stem that was never seen, from a word of the translation.

    Attributes:
        gloss: spelt as glosses are.
        word: of the translation.
        spelt: how likely its spelling is, from 0 to 1.
        renders: how likely the word comes from it, by counts.
        stands: how often the word stands for a gloss, from 0 to 1.
        seen: how often the gloss was seen.
    """

    gloss: str
    word: Rendered
    spelt: float
    renders: float
    stands: float
    seen: int


class Bridge:
    """What was learnt from translations.

    Attributes:
        renders: by gloss how often words of translations are expected to come from it.
        words: in how many lines a word of translations stands.
        stands: in how many it stands for a gloss.
        endings: by ending of a word what is cut and added to make it a gloss.
        lines: how many lines there were.
    """

    def __init__(self) -> None:
        self.renders: dict[str, dict[str, float]] = {}
        self.words: Counter[str] = Counter()
        self.stands: Counter[str] = Counter()
        self.endings: dict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
        self.glosses: Counter[str] = Counter()
        self.lines = 0
        self._respelt: dict[str, list[tuple[str, float]]] = {}

    def learn(self, lines: Sequence[tuple[str, Sequence[str]]]) -> list[Told]:
        """Learns from translations with the glosses of their lines.

        Returns:
            for each line its words, with what it taught itself.
        """
        said = [self.words_of(translation) for translation, _ in lines]
        stood = [self._count(words, row) for words, (_, row) in zip(said, lines, strict=True)]
        own = self._expect(
            [{one.key for one in words} for words in said], [row for _, row in lines]
        )
        self.finish()
        return [
            Told(words, held, Counter(row), there, True)
            for words, held, (_, row), there in zip(said, own, lines, stood, strict=True)
        ]

    def finish(self) -> None:
        """Sums that are asked for often."""
        self._total = {gloss: sum(held.values()) for gloss, held in self.renders.items()}
        self._from: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for gloss, held in self.renders.items():
            for word, count in held.items():
                self._from[word].append((gloss, count))
        self._begin: dict[str, list[str]] = defaultdict(list)
        for gloss in sorted(self.glosses):
            if not is_grammatical(gloss):
                for start in {part[:_BEGIN] for part in parts_of(gloss)}:
                    self._begin[start].append(gloss)
        known, there = sum(self.stands.values()), sum(self.words.values())
        self._usual = (known + 1) / (there + 4)

    @staticmethod
    def words_of(translation: str) -> tuple[Rendered, ...]:
        """The words of a translation."""
        return rendered(translation)[:_LONGEST]

    def support(self, gloss: str, told: Told) -> tuple[float, float, str]:
        """How much a translation speaks for a gloss.

        Returns:
            the logarithm of how much likelier its best word is given the gloss, how far the gloss
            is rendered as a rule (from 0 to 1), and that word.
        """
        held, total = self.renders.get(gloss, {}), self._total.get(gloss, 0.0)
        own = told.own
        mine = sum(own.get((gloss, one.key), 0.0) for one in told.words) if told.glossed else 0.0
        count = self.glosses.get(gloss, 0) - told.glosses.get(gloss, 0)
        total = max(0.0, total - mine)
        best, at = 0.0, ""
        for word in told.words:
            key = word.key
            expected = held.get(key, 0.0)
            if told.glossed and expected:
                expected = max(0.0, expected - own.get((gloss, key), 0.0))
            like = _alike(gloss, key)
            if not expected and not like:
                continue
            usual = self.share(key)
            likely = (expected + _DOUBT * (_LIKE * like * like + 0.5 * usual)) / (total + _DOUBT)
            score = math.log(likely / usual)
            if score > best:
                best, at = score, key
        return best, min(1.0, (total + 0.5) / (count + 1.0)) if count > 0 else 0.5, at

    def share(self, word: str) -> float:
        """The share of words of translations that are this one."""
        return (self.words.get(word, 0) + 0.5) / (self._words_all() + 1.0)

    def propose(self, told: Told) -> list[Proposal]:
        """Glosses that the words of a translation may stand for."""
        found: dict[str, Proposal] = {}
        for word in told.words:
            for one in self._of_word(word, told):
                held = found.get(one.gloss)
                if held is None or _worth(one) > _worth(held):
                    found[one.gloss] = one
        return sorted(found.values(), key=lambda one: (-_worth(one), one.gloss))

    def stands_for(self, word: str, told: Told) -> float:
        """How often a word of translations stands for a gloss, from 0 to 1."""
        lines = self.words.get(word, 0) - told.glossed
        stood = self.stands.get(word, 0) - (word in told.stood)
        return (max(stood, 0) + 2 * self._usual) / (max(lines, 0) + 2)

    def _words_all(self) -> int:
        return self._all if hasattr(self, "_all") else self._count_all()

    def _count_all(self) -> int:
        self._all = sum(self.words.values())
        return self._all

    def _of_word(self, word: Rendered, told: Told) -> Iterable[Proposal]:
        stands = self.stands_for(word.key, told)
        rows = []
        for gloss, count in self._from.get(word.key, ()):
            left = count - told.own.get((gloss, word.key), 0.0)
            seen = self.glosses[gloss] - told.glosses.get(gloss, 0)
            if left > 0.2 and seen > 0 and not is_grammatical(gloss):
                rows.append((left, gloss, seen))
        whole = sum(left for left, _, _ in rows) + 1.0
        rows.sort(key=lambda row: (-row[0], row[1]))
        for left, gloss, seen in rows[:2]:
            like = _alike(gloss, word.key)
            yield Proposal(gloss, word, like, left / whole, stands, seen)
        for gloss, like, seen in self._spelt_so(word, told)[:2]:
            yield Proposal(gloss, word, like, 0.0, stands, seen)
        for gloss, likely in self.respelt(word):
            seen = max(0, self.glosses.get(gloss, 0) - told.glosses.get(gloss, 0))
            yield Proposal(gloss, word, likely, 0.0, stands, seen)

    def _spelt_so(self, word: Rendered, told: Told) -> list[tuple[str, float, int]]:
        """Known glosses that begin as a word does, the most alike first."""
        rows = []
        for gloss in self._begin.get(word.key[:_BEGIN], ()):
            seen = self.glosses[gloss] - told.glosses.get(gloss, 0)
            if seen > 0:
                like = _alike(gloss, word.key)
                if like > 0.5:
                    rows.append((gloss, like, seen))
        rows.sort(key=lambda row: (-row[1], -row[2], row[0]))
        return rows

    def respelt(self, word: Rendered) -> list[tuple[str, float]]:
        """A word of a translation spelt as glosses are, the likeliest first."""
        kept = self._respelt.get(word.said)
        if kept is None:
            if len(self._respelt) > _SPELLINGS:
                self._respelt.clear()
            kept = self._respelt[word.said] = _with(word.said, self._respell(word))
        return kept

    def _respell(self, word: Rendered) -> list[tuple[str, float]]:
        key = word.key
        found: dict[tuple[int, str], float] = {(0, ""): 1.0}
        for ending in endings_of(key):
            taught = self.endings.get(ending)
            if not taught:
                break
            total, kinds = sum(taught.values()), len(taught)
            found = {one: likely * kinds / (total + kinds) for one, likely in found.items()}
            for one, count in taught.items():
                found[one] = found.get(one, 0.0) + count / (total + kinds)
        kept = word.said if len(word.said) == len(key) else key
        made: dict[str, float] = defaultdict(float)
        for (cut, put), likely in found.items():
            if len(kept) - cut >= 2:
                made[kept[: len(kept) - cut] + put] += likely
        return sorted(made.items(), key=lambda item: (-item[1], item[0]))

    def _count(self, words: Sequence[Rendered], glosses: Sequence[str]) -> frozenset[str]:
        """Counts words, endings and what stands for a gloss in one line."""
        self.glosses.update(glosses)
        if not words:
            return frozenset()
        self.lines += 1
        near, stood = by_beginning(words), set()
        for gloss in glosses:
            word = None if is_grammatical(gloss) else standing_for(gloss, near)
            if word is not None:
                stood.add(word.key)
                self._count_endings(gloss, word.key)
        keys = {word.key for word in words}
        self.words.update(keys)
        self.stands.update(stood)
        return frozenset(stood)

    def _count_endings(self, gloss: str, word: str) -> None:
        folded = fold(gloss)
        if len(parts_of(gloss)) == 1 and len(folded) == len(gloss):
            same = shared(folded, word)
            for ending in endings_of(word):
                self.endings[ending][len(word) - same, gloss[same:]] += 1

    def _expect(
        self, said: Sequence[set[str]], glosses: Sequence[Sequence[str]]
    ) -> list[dict[tuple[str, str], float]]:
        """Expected counts of glosses and words, and what each line adds to them."""
        names: dict[tuple[str, str], int] = {}
        pairs, slots, starts = [], [], [0]
        slot = 0
        for words, row in zip(said, glosses, strict=True):
            kinds = ["", *sorted(set(row))] if words else []
            for word in sorted(words) if kinds else ():
                for gloss in kinds:
                    pairs.append(names.setdefault((gloss, word), len(names)))
                    slots.append(slot)
                slot += 1
            starts.append(len(pairs))
        if not pairs:
            return [{} for _ in said]
        share = self._rounds(names, np.array(pairs, np.int32), np.array(slots, np.int32))
        listed = list(names)
        totals = np.bincount(pairs, share, len(names))
        for number, (gloss, word) in enumerate(listed):
            if gloss and totals[number] >= _KEEP:
                self.renders.setdefault(gloss, {})[word] = round(float(totals[number]), 2)
        return [
            {
                listed[pairs[n]]: float(share[n])
                for n in range(starts[line], starts[line + 1])
                if share[n] > 0.01 and listed[pairs[n]][0]
            }
            for line in range(len(said))
        ]

    def _rounds(
        self, names: Mapping[tuple[str, str], int], pairs: np.ndarray, slots: np.ndarray
    ) -> np.ndarray:
        """The share of each gloss of a line in each word of its translation, after some rounds."""
        glosses: dict[str, int] = {}
        of = np.array([glosses.setdefault(gloss, len(glosses)) for gloss, _ in names], np.int32)
        usual = np.array([self.share(word) for _, word in names])
        like = np.array(
            [
                max((alike(part, word) for part in parts_of(gloss)), default=0.0) if gloss else 0.0
                for gloss, word in names
            ]
        )
        prior = 0.5 * usual + _LIKE * like * like
        likely = prior
        share = np.zeros(len(pairs))
        for _ in range(_ROUNDS):
            raw = likely[pairs]
            share = raw / np.bincount(slots, raw)[slots]
            counts = np.bincount(pairs, share, len(names))
            totals = np.bincount(of, counts, len(glosses))[of]
            likely = (counts + _DOUBT * prior) / (totals + _DOUBT)
        return share


def _with(said: str, made: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The likeliest spellings, that of the word itself in any case."""
    kept = made[:2]
    if all(gloss != said for gloss, _ in kept):
        kept.append((said, dict(made).get(said, 0.0)))
    return kept


def _worth(one: Proposal) -> float:
    """How much a proposal is worth before anything is known of the stem."""
    return one.stands * (0.3 + one.spelt + one.renders) * (1.0 + 0.3 * math.log1p(one.seen))


def sounds_like(form: str, word: str) -> float:
    """How far a stem sounds like a word of the translation, from 0 to 1: names and loans do."""
    return likeness(form, word)


@lru_cache(maxsize=1 << 17)
def _alike(gloss: str, word: str) -> float:
    """How alike a word of a translation and the part of a gloss are that is most like it."""
    return max((alike(part, word) for part in parts_of(gloss)), default=0.0)
