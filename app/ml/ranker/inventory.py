"""What was seen: analyses of words, glosses of stretches or morphs, and which gloss follows which.

Counts can be asked for as they were without some line, so that in training a form that was seen
once looks as unknown as it will be in use.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.ml.ranker.surface import Analysis, Unit, stretches

Chunk = tuple[Unit, ...]  # morphs of one stretch: one that gives nothing goes with its neighbour
STEM, EDGE = "*", "|"
_RARE_SHARE, _RARE_LEAST = 1 / 1500, 4


@dataclass(frozen=True)
class Withheld:
    """What of a word's own line must not be counted.

    Attributes:
        analysis: of the word.
        times: how often the word has it in the line.
        chunks: by stretch and chunk how often that stands in the line.
    """

    analysis: Analysis = ()
    times: int = 0
    chunks: Mapping[tuple[str, Chunk], int] = field(default_factory=dict)


NOTHING = Withheld()


class Inventory:
    """Counts of what was seen.

    Attributes:
        words: by key of a word its analyses.
        chunks: by stretch (or form of a morph, if words come taken apart) what it may be.
        glosses: how often each gloss was seen.
        pairs: how often a class of glosses follows another inside words.
        joints: the sign before a morph, where it is not a hyphen.
        segmented: whether words come taken apart.
    """

    def __init__(self, segmented: bool) -> None:
        self.segmented = segmented
        self.words: dict[str, Counter[Analysis]] = defaultdict(Counter)
        self.chunks: dict[str, Counter[Chunk]] = defaultdict(Counter)
        self.glosses: Counter[str] = Counter()
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.joints: dict[Unit, str] = {}
        self.classes: frozenset[str] = frozenset()
        self.parts: dict[tuple[str, Analysis], tuple[tuple[str, Chunk], ...]] = {}

    def learn(self, seen: Mapping[tuple[str, Analysis], int]) -> None:
        """Counts words with their analyses.

        Args:
            seen: how often each analysis of a word, by key, was seen.
        """
        for (word, analysis), count in seen.items():
            self.words[word][analysis] += count
            for _, gloss in analysis:
                self.glosses[gloss] += count
        self.parts = self._parts(seen)
        for typed, count in seen.items():
            for part, chunk in self.parts[typed]:
                self.chunks[part][chunk] += count
        self.count_pairs()

    def count_pairs(self) -> None:
        """Counts which gloss follows which; for a model that was read, from its words."""
        if not self.glosses:
            for held in self.words.values():
                for analysis, count in held.items():
                    for _, gloss in analysis:
                        self.glosses[gloss] += count
        least = max(_RARE_LEAST, sum(self.glosses.values()) * _RARE_SHARE)
        self.classes = frozenset(one for one, count in self.glosses.items() if count >= least)
        for held in self.words.values():
            for analysis, count in held.items():
                row = (EDGE, *(self.class_of(gloss) for _, gloss in analysis), EDGE)
                for one, other in pairwise(row):
                    self.pairs[one, other] += count
        self._total()

    def class_of(self, gloss: str) -> str:
        """A frequent gloss itself, `STEM` for others."""
        return gloss if gloss in self.classes else STEM

    def follows(self, one: str, other: str) -> float:
        """The logarithm of how likely a class follows another."""
        found = self._follows.get((one, other))
        if found is None:
            before, kinds = self._before.get(one, 0), self._kinds.get(one, 0)
            alone = (self._after.get(other, 0) + 0.1) / (self._all + 0.1 * len(self._after) + 1)
            share = (self.pairs.get((one, other), 0) + kinds * alone) / (before + kinds + 1e-9)
            found = self._follows[one, other] = math.log(max(share, 1e-9))
        return found

    def known(self, part: str, withheld: Withheld, most: int = 12) -> list[tuple[Chunk, int]]:
        """What a stretch or morph may be with how often it was that, the commonest first."""
        held = self.chunks.get(part)
        if not held:
            return []
        less = withheld.chunks
        rows = [(chunk, count - less.get((part, chunk), 0)) for chunk, count in held.items()]
        rows = [row for row in rows if row[1] > 0]
        rows.sort(key=lambda row: (-row[1], row[0]))
        return rows[:most]

    def analyses(self, word: str, withheld: Withheld, most: int = 8) -> list[tuple[Analysis, int]]:
        """The analyses of a word with how often each was seen, the commonest first."""
        held = self.words.get(word)
        if not held:
            return []
        rows = [
            (one, count - (withheld.times if one == withheld.analysis else 0))
            for one, count in held.items()
        ]
        rows = [row for row in rows if row[1] > 0]
        rows.sort(key=lambda row: (-row[1], row[0]))
        return rows[:most]

    def chance(self, chunk: Chunk, count: int) -> float:
        """The logarithm of how likely the class of a chunk's first gloss gives it."""
        first = self.class_of(chunk[0][1])
        found = math.log(count / (self._after.get(first, 0) + 1.0))
        for one, other in pairwise(chunk):
            found += self.follows(self.class_of(one[1]), self.class_of(other[1]))
        return found

    def new_chance(self, part: str) -> float:
        """The logarithm of how likely a stem that was never seen is spelt so."""
        if not self.segmented:
            spelt = sum(self._letters.get(one, self._rare) for one in part)
            return self._new + spelt + self._lengths.get(len(part), -8.0)
        return self._new

    def _parts(
        self, seen: Mapping[tuple[str, Analysis], int]
    ) -> dict[tuple[str, Analysis], tuple[tuple[str, Chunk], ...]]:
        if self.segmented:
            return {typed: tuple((unit[0].lower(), (unit,)) for unit in typed[1]) for typed in seen}
        return {typed: merged(cut, typed[1]) for typed, cut in stretches(seen).items()}

    def _total(self) -> None:
        """Sums that are asked for often."""
        self._follows: dict[tuple[str, str], float] = {}
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        for (one, other), count in self.pairs.items():
            self._before[one] += count
            self._after[other] += count
            self._kinds[one] += 1
        self._all = sum(self._before.values())
        stems: Counter[str] = Counter()
        for part, held in self.chunks.items():
            for chunk, count in held.items():
                if self.class_of(chunk[0][1]) == STEM:
                    stems[part] += count
        self._spell(stems)

    def _spell(self, stems: Counter[str]) -> None:
        """How stems are spelt, and how likely a new one is."""
        once = sum(count == 1 for count in stems.values())
        total = sum(stems.values())
        self._new = math.log((once + 0.5) / (total + 1.0))
        letters, lengths = Counter[str](), Counter[int]()
        for part in stems:
            letters.update(part)
            lengths[len(part)] += 1
        spelt = sum(letters.values()) + len(letters) + 1
        self._letters = {one: math.log((count + 0.5) / spelt) for one, count in letters.items()}
        self._rare = math.log(0.5 / spelt)
        kinds = sum(lengths.values()) + 20
        self._lengths = {n: math.log((lengths[n] + 0.5) / kinds) for n in range(60)}


def merged(cut: Sequence[str], analysis: Analysis) -> tuple[tuple[str, Chunk], ...]:
    """Stretches with their morphs; morphs that give nothing go with the one before, or after.

    >>> merged(("debe", "x"), (("mi", "you"), ("x", "LAT")))
    (('debe', (('mi', 'you'),)), ('x', (('x', 'LAT'),)))
    """
    rows: list[tuple[str, Chunk]] = []
    waiting: Chunk = ()
    for part, unit in zip(cut, analysis, strict=True):
        if part:
            rows.append((part, (*waiting, unit)))
            waiting = ()
        elif rows:
            rows[-1] = (rows[-1][0], (*rows[-1][1], unit))
        else:
            waiting = (*waiting, unit)
    return tuple(rows) if rows else (("", analysis),)


def classes_of(analysis: Iterable[Unit], inventory: Inventory) -> str:
    """The glosses of an analysis as classes, in one string."""
    return "-".join(inventory.class_of(gloss) for _, gloss in analysis)
