"""What the translation of a line says about its words.

Two things: an analysis is likelier if its gloss stands in the translation, and a word of the
translation that no other word of the line accounts for may be the gloss of an unknown stem.
Such a gloss is a guess of low confidence; category labels never come about so.

The numbers below were chosen on the training files of the benchmark, as those of
`app.domain.knowledge`.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, NamedTuple

from app.domain.knowledge import Knowledge
from app.domain.lessons import is_grammatical
from app.domain.text import fold
from app.domain.translations import (
    FOUND,
    GLOSS,
    GLOSSED,
    LINES,
    MISSING,
    Rendered,
    alike,
    beginning_fact,
    by_beginning,
    ending_fact,
    endings_of,
    parts_of,
    standing_for,
    stem_glosses,
    totals_fact,
    word_fact_of,
)

Content = dict[str, Any]
Together = Mapping[str, Sequence[Set[str]]]
SEEN, APART = 0.4, 0.7  # how much the translation weighs for words that were seen, and taken apart
_GLOSS_DOUBT = 2.0  # of how many lines it is clear which words of translations are glosses
_TOGETHER_DOUBT = 1.0
_LIKE, _FAR = 3.0, 1.0  # how much spelling and place weigh
_KNOWN, _UNTAUGHT = (
    0.5,
    0.02,
)  # how much likelier a gloss is that was used before; one with an ending that was not
_SURE_A, _SURE_B = 0.6, -2.4  # how sure a proposal with some score is
_VOWELS = frozenset("aeiou")
_TAB = "\t"


class Unknown(NamedTuple):
    """A word of a line whose stem nobody has glossed.

    Attributes:
        key: under which the word is remembered.
        place: where in the line it stands, from 0 to 1.
    """

    key: str
    place: float


class Proposal(NamedTuple):
    """A word of the translation as the gloss of an unknown stem.

    Attributes:
        gloss: spelt as glosses are.
        word: as the translation has it.
        confidence: from 0 to 1.
    """

    gloss: str
    word: str
    confidence: float


class Hints:
    """The words of one translation, and what is known of them."""

    def __init__(
        self,
        ws: str,
        words: Sequence[Rendered],
        knowledge: Knowledge,
        together: Together | None = None,
    ) -> None:
        """
        Args:
            ws: the language of the translation.
            knowledge: with what was taught under `keys_of_translation`.
            together: by the key of a word of the line the translations of lines in which it
                stands, as sets of the keys of their words.
        """
        self.ws, self.words, self._near = ws, words, by_beginning(words)
        self._knowledge, self._together = knowledge, together or {}
        self._totals = knowledge.under(totals_fact(ws))
        found, missing = self._totals.get(FOUND, 0.0), self._totals.get(MISSING, 0.0)
        self._found = (found + 1) / (found + missing + 2)
        self._there = Counter(word.key for word in words)
        self._taken: Counter[str] = Counter()
        self._weights: dict[str, float] = {}
        self._glosses: dict[Rendered, str] = {}

    def weigh(self, analysis: Mapping[str, Any]) -> float:
        """What to add to the logarithm of how likely an analysis is."""
        return sum(self.weigh_gloss(gloss) for gloss in stem_glosses(analysis, self.ws))

    def weigh_morph(self, morph: Mapping[str, Any]) -> float:
        """The same for one morph."""
        return self.weigh({"morphs": (morph,)})

    def weigh_gloss(self, gloss: str) -> float:
        """The same for the gloss of a stem."""
        if not self.words or not parts_of(gloss):
            return 0.0
        weight = self._weights.get(gloss)
        if weight is None:
            word = standing_for(gloss, self._near)
            if word is None:
                weight = math.log(max(1 - self._found, 0.05))
            else:
                weight = max(0.0, math.log(self._found / min(0.9, self._share(word.key))))
            self._weights[gloss] = weight
        return weight

    def take(self, analysis: Mapping[str, Any]) -> None:
        """Counts the words that the glosses of an analysis account for as taken."""
        for gloss in stem_glosses(analysis, self.ws):
            word = standing_for(gloss, self._near)
            if word is not None:
                self._taken[word.key] += 1

    def propose(self, unknown: Mapping[str, Unknown], most: int = 2) -> dict[str, list[Proposal]]:
        """Words of the translation as glosses of unknown stems, the likeliest first.

        Each word of the translation is the first proposal for one word of the line only, wherever
        that stands.
        """
        if not self._totals.get(FOUND):
            return {}
        scored = sorted(
            (-self._score(one, word), one.place, number, name)
            for name, one in unknown.items()
            for number, word in enumerate(self.words)
            if self._taken[word.key] < self._there[word.key]
        )
        first: dict[str, int] = {}
        order: dict[str, list[tuple[int, float]]] = {name: [] for name in unknown}
        for minus, _, number, name in scored:
            key = unknown[name].key
            if key not in first and number not in first.values():
                first[key] = number
            if first.get(key) == number:
                order[name].insert(0, (number, -minus))
            else:
                order[name].append((number, -minus))
        return {name: self._told(numbers, most) for name, numbers in order.items()}

    def _told(self, numbers: Iterable[tuple[int, float]], most: int) -> list[Proposal]:
        """Some words as proposals, none surer than the one before it."""
        found: list[Proposal] = []
        least = 1.0
        for number, score in numbers:
            word = self.words[number]
            if word not in self._glosses:
                self._glosses[word] = self._gloss(word)
            gloss, least = self._glosses[word], min(least, _sure(score))
            if not is_grammatical(gloss) and gloss not in {one.gloss for one in found}:
                found.append(Proposal(gloss, word.said, least))
            if len(found) == most:
                break
        return found

    def _share(self, word: str) -> float:
        """The share of the lines in whose translations a word stands."""
        lines = self._knowledge.under(word_fact_of(self.ws, word)).get(LINES, 0.0)
        return (lines + 0.5) / (self._totals.get(LINES, 0.0) + 1)

    def _score(self, one: Unknown, word: Rendered) -> float:
        """How well a word of the translation goes with a word of the line."""
        known = self._knowledge.under(word_fact_of(self.ws, word.key))
        usual = (self._totals.get(GLOSS, 0.0) + 1) / (self._totals.get(GLOSSED, 0.0) + 4)
        glosses = known.get(GLOSS, 0.0) + _GLOSS_DOUBT * usual
        score = math.log(glosses / (known.get(GLOSSED, 0.0) + _GLOSS_DOUBT))
        share = self._share(word.key)
        lines = self._together.get(one.key) or ({word.key},)
        both = sum(word.key in line for line in lines)
        score += math.log((both / share + _TOGETHER_DOUBT) / (len(lines) + _TOGETHER_DOUBT))
        return score + _LIKE * likeness(one.key, word.key) - _FAR * abs(one.place - word.place)

    def _gloss(self, word: Rendered) -> str:
        """A word of the translation, spelt as glosses are: as one before, else as it is learnt."""
        made: dict[str, float] = defaultdict(float)
        for (cut, added), likely in self._endings(word.key).items():
            kept = word.said if len(word.said) == len(word.key) else word.key
            if len(kept) - cut >= 2:
                made[kept[: len(kept) - cut] + added] += likely
        for gloss, count in self._knowledge.under(beginning_fact(self.ws, word.key)).items():
            parts = parts_of(gloss)
            if len(parts) == 1 and alike(parts[0], word.key):
                least = 1.0 if fold(gloss) == word.key else _UNTAUGHT
                made[gloss] = max(made[gloss], least) * (1 + _KNOWN * count)
        return min(made, key=lambda gloss: (-made[gloss], gloss)) if made else word.said

    def _endings(self, word: str) -> dict[tuple[int, str], float]:
        """How many letters are cut at the end of a word and what is added, with how likely."""
        found: dict[tuple[int, str], float] = {(0, ""): 1.0}
        for ending in endings_of(word):
            taught = self._knowledge.under(ending_fact(self.ws, ending))
            if not taught:
                break
            total, kinds = sum(taught.values()), len(taught)
            found = {one: likely * kinds / (total + kinds) for one, likely in found.items()}
            for value, count in taught.items():
                cut, _, added = value.partition(_TAB)
                one = (int(cut), added)
                found[one] = found.get(one, 0.0) + count / (total + kinds)
        return found


@lru_cache(maxsize=16384)
def likeness(word: str, other: str) -> float:
    """How far a word sounds like one of the translation, from 0 to 1: names and loans do.

    >>> likeness("натаван", "natavan"), likeness("venado", "casa")
    (1.0, 0.0)
    """
    one, beside = _sounds(word), _sounds(other)
    if min(len(one), len(beside)) < 3 or (one[0] != beside[0] and one[:2] != beside[1:3]):
        return 0.0
    blocks = SequenceMatcher(None, one, beside, autojunk=False).get_matching_blocks()
    same: int = sum(block.size for block in blocks)
    return max(0.0, 2 * same / len(beside) - 1)


@lru_cache(maxsize=16384)
def _sounds(word: str) -> str:
    """The sounds of a word in Latin letters, as Unicode names the letters of other scripts."""
    return "".join(_sound(letter) for letter in fold(word))


def _sound(letter: str) -> str:
    if "a" <= letter <= "z":
        return letter
    head, _, name = unicodedata.name(letter, "").partition(" LETTER ")
    said = name.split()[-1].lower() if head and name else ""
    if len(said) > 1 and said[0] in _VOWELS and said[1] not in _VOWELS:
        said = said[1:]  # EN, EL
    vowel = next((place for place, one in enumerate(said) if one in _VOWELS), len(said))
    return said[: max(vowel, 1)]


def _sure(score: float) -> float:
    """How often a proposal with some score is right."""
    return 1 / (1 + math.exp(-(_SURE_A * score + _SURE_B)))
