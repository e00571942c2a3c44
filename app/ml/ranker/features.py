"""What is told of each candidate, hashed straight into typed arrays.

Two kinds: a few numbers a candidate, and signs (a gloss beside a form, a word, a neighbour), which
are crossed and hashed by numpy. Strings become numbers by crc32, which is the same in every run.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.domain.lessons import is_grammatical
from app.ml.ranker.bridge import Bridge, Told
from app.ml.ranker.candidates import EVIDENCE, MADE, SEEN, Asked, Candidate
from app.ml.ranker.inventory import Inventory, classes_of
from app.ml.ranker.memory import Memory, keyed
from app.ml.ranker.surface import Analysis

Ints = NDArray[np.uint32]
_PAD = 3  # words of nothing between lines, so that neighbours never cross
_BLOCK = 15
_BLOCKS = 3
DENSE = _BLOCKS * _BLOCK + EVIDENCE + 4
_LEVELS = (1, 3)
KNOWN = 4  # how well words are known
_UNHEARD = (-6.0, -6.0)


@lru_cache(maxsize=1 << 18)
def sign(text: str) -> int:
    """A string as a number of 32 bits."""
    return crc32(text.encode())


class Analyses:
    """Analyses with the signs of their units, each kept once."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._ids: dict[Analysis, int] = {}
        self._rows: list[array[int]] = [array("I") for _ in range(8)]
        self._wholes: list[array[int]] = [array("I") for _ in range(6)]
        self._starts = array("i", [0])

    def id_of(self, units: Analysis) -> int:
        """The number of an analysis."""
        found = self._ids.get(units)
        if found is None:
            found = self._ids[units] = len(self._ids)
            self._add(units)
        return found

    def arrays(self) -> tuple[NDArray[np.int32], list[Ints], list[Ints]]:
        """Where the units of each analysis begin, signs of units and signs of analyses."""
        return (
            np.frombuffer(self._starts, np.int32).copy(),
            [np.frombuffer(one, np.uint32).copy() for one in self._rows],
            [np.frombuffer(one, np.uint32).copy() for one in self._wholes],
        )

    def _add(self, units: Analysis) -> None:
        last = len(units) - 1
        for n, (form, gloss) in enumerate(units):
            before = units[n - 1] if n else ("", "|")
            after = units[n + 1] if n < last else ("", "|")
            kind = self._inventory.class_of(gloss)
            slot = "x" if not last else "<" if not n else ">" if n == last else "-"
            part = form.lower()
            told = (
                gloss,
                part,
                before[1],
                after[1],
                before[0].lower(),
                after[0].lower(),
                f"{kind}{slot}",
                f"{'G' if is_grammatical(gloss) else 'S'}{slot}",
            )
            for held, one in zip(self._rows, told, strict=True):
                held.append(sign(one))
        whole = "-".join(gloss for _, gloss in units)
        told_whole = (
            whole,
            classes_of(units, self._inventory),
            "-".join(gloss if is_grammatical(gloss) else "*" for _, gloss in units),
            units[0][1],
            units[-1][1],
            str(len(units)),
        )
        for held, one in zip(self._wholes, told_whole, strict=True):
            held.append(sign(one))
        self._starts.append(self._starts[-1] + len(units))


class Table:
    """Words of lines with their candidates, as arrays that grow.

    Attributes:
        analyses: those of the candidates.
    """

    def __init__(
        self, analyses: Analyses, bridge: Bridge | None, memory: Memory | None = None
    ) -> None:
        self.analyses, self._bridge, self._memory = analyses, bridge, memory
        self._words: list[array[int]] = [array("I") for _ in range(10)]
        self._seen = array("b")  # how well the word of an item is known
        self._items = array("i")  # the word of each item
        self._starts = array("i", [0])  # its candidates
        self._ids = array("i")
        self._dense = array("f")
        self._signs = array("I")  # a candidate's kind
        self._found = array("I")  # per unit the word of the translation that speaks for it
        self._levels = array("I")
        self._pad(_PAD)

    def add_line(
        self,
        words: Sequence[Asked],
        listed: Sequence[Sequence[Candidate]],
        told: Told,
        like: NDArray[np.float32] | None = None,
        style: str = "",
    ) -> None:
        """Adds a line with the candidates of its words."""
        supports: dict[str, tuple[float, float, str]] = {}
        tops = [row[0].units for row in listed]
        speaks: dict[str, int] = {}
        if self._bridge is not None and told.words:
            for units in tops:
                for at in {self._support(gloss, told, supports)[2] for _, gloss in units}:
                    speaks[at] = speaks.get(at, 0) + 1
        first, recalled = len(self._words[0]), dict[str, Mapping[str, tuple[float, ...]]]()
        for n, asked in enumerate(words):
            self._add_word(asked, n, len(words), style)
        self._pad(_PAD)
        for n, row in enumerate(listed):
            mine = {supports[gloss][2] for _, gloss in tops[n] if gloss in supports}
            self._items.append(first + n)
            self._seen.append(_known(row[0].total, words[n].mark))
            for one in row:
                self._add(
                    one, told, supports, speaks, mine, self._recalled(words[n], one, like, recalled)
                )
            self._starts.append(len(self._ids))

    def _pad(self, count: int) -> None:
        for held in self._words:
            held.extend([0] * count)

    def _add_word(self, asked: Asked, number: int, count: int, style: str) -> None:
        key = asked.written
        place = "a" if number == 0 else "z" if number >= count - 1 else "m"
        if number == count - 2:
            place = "y"
        shape = "A" if asked.form[:1].isupper() else "a"
        tail = asked.form[-1:] if not asked.form[-1:].isalnum() else ""
        told = (
            asked.key,
            key,
            key[-2:],
            key[-3:],
            key[:2],
            key[:3],
            place,
            shape,
            f"t{tail}",
            style,
        )
        for held, one in zip(self._words, told, strict=True):
            held.append(sign(one))

    def _recalled(
        self,
        asked: Asked,
        one: Candidate,
        like: NDArray[np.float32] | None,
        recalled: dict[str, Mapping[str, tuple[float, ...]]],
    ) -> list[float]:
        """What lines that are alike say of a candidate: of its whole, and of its units."""
        found = [0.0] * 4
        if like is None or self._memory is None:
            return found
        for n, (key, gloss) in enumerate(keyed(asked.key, one.units)):
            held = recalled.get(key)
            if held is None:
                held = recalled[key] = self._memory.recall(key, like)
            if held:
                told = held.get(gloss, _UNHEARD)
                at = 0 if not n else 2
                found[at] += told[0] / 2
                found[at + 1] += told[1] / 2
        return found

    def _support(
        self, gloss: str, told: Told, supports: dict[str, tuple[float, float, str]]
    ) -> tuple[float, float, str]:
        found = supports.get(gloss)
        if found is None:
            assert self._bridge is not None
            found = supports[gloss] = self._bridge.support(gloss, told)
        return found

    def _add(
        self,
        one: Candidate,
        told: Told,
        supports: dict[str, tuple[float, float, str]],
        speaks: Mapping[str, int],
        mine: set[str],
        near: list[float],
    ) -> None:
        self._ids.append(self.analyses.id_of(one.units))
        total = most = missing = rival = 0.0
        usable = self._bridge is not None and told.words
        for _, gloss in one.units:
            if not usable:
                self._found.append(0)
                self._levels.append(0)
                continue
            score, usual, at = self._support(gloss, told, supports)
            if not is_grammatical(gloss):
                total += min(score, 8.0)
                most = max(most, score)
                missing += usual if score < 1.0 else 0.0
                others = speaks.get(at, 0) - (at in mine) if at else 0
                rival += min(score, 8.0) if others > 0 else 0.0
            self._found.append(sign(at) if at else 0)
            level = 0 if score < 0.5 else 1 if score < 2 else 2 if score < 4 else 3
            self._levels.append(1 + level + (4 if usual > 0.5 else 0))
        self._dense.extend(_numbers(one, total, most, missing, rival, near))
        seen = 0 if not one.total else 1 if one.total < 2 else 2 if one.total < 5 else 3
        self._signs.append(sign(f"{one.kind}/{seen}/{min(one.times, 3)}"))

    def arrays(self) -> Arrays:
        """All of it for numpy."""
        return Arrays(self)


def _known(total: int, mark: bool) -> int:
    """How well a word is known: never seen, seen once or twice, more often, often or a mark."""
    return KNOWN - 1 if mark else sum(total >= least for least in (1, 3, 10))


def _numbers(
    one: Candidate,
    total: float,
    most: float,
    missing: float,
    rival: float,
    near: list[float],
) -> list[float]:
    """The numbers of a candidate, in a block of those for words seen as often."""
    level = 0 if one.total < _LEVELS[0] else 1 if one.total < _LEVELS[1] else 2
    way = -15.0 if one.way is None else max(one.way, -15.0)
    seen = math.log((one.times + 0.1) / (one.total + 0.2)) if one.total else 0.0
    block = [
        max(one.prior, -20.0) / 2,
        seen,
        way / 3,
        float(one.way is None),
        float(one.new),
        total / 3,
        most / 3,
        missing,
        rival / 3,
        float(one.kind == MADE),
        float(one.kind == SEEN),
        *near,
    ]
    row = [0.0] * (_BLOCKS * _BLOCK)
    row[level * _BLOCK : (level + 1) * _BLOCK] = block
    kinds = [float(one.kind == n) for n in (2, 3, 4, 5)]
    return [*row, *one.evidence, *kinds]


class Arrays:
    """What a table holds, ready for crossing.

    Attributes:
        starts: where the candidates of each item begin.
        ids: the analysis of each candidate.
        seen: how well the word of each item is known, from 0 to `KNOWN` - 1.
        dense: numbers of each candidate.
        first: where the units of each candidate begin.
    """

    def __init__(self, table: Table) -> None:
        self.words = [np.frombuffer(one, np.uint32) for one in table._words]
        self.items = np.frombuffer(table._items, np.int32)
        self.starts = np.frombuffer(table._starts, np.int32)
        self.seen = np.frombuffer(table._seen, np.int8)
        self.ids = np.frombuffer(table._ids, np.int32)
        self.dense = np.frombuffer(table._dense, np.float32).reshape(-1, DENSE)
        self.signs = np.frombuffer(table._signs, np.uint32)
        self.found = np.frombuffer(table._found, np.uint32)
        self.levels = np.frombuffer(table._levels, np.uint32)
        self.at, self.rows, self.wholes = table.analyses.arrays()
        sizes = (self.at[1:] - self.at[:-1])[self.ids]
        self.first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def tops(self, best: NDArray[np.int64]) -> list[Ints]:
        """Signs of the analysis that each word of a line has at the moment.

        Args:
            best: for each item its best candidate, counted over all.
        """
        found = []
        for whole in self.wholes[:5]:
            row = np.zeros(len(self.words[0]), np.uint32)
            row[self.items] = whole[self.ids[best]]
            found.append(row)
        return found

    def cross(
        self, low: int, high: int, tops: Sequence[Ints], bits: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Hashed signs of some items: per unit, and per candidate.

        Args:
            low: the first item.
            high: the item after the last.
            tops: what `tops` gave.
            bits: how many bits a hash has.
        """
        begin, end = int(self.starts[low]), int(self.starts[high])
        ids = self.ids[begin:end]
        counts = np.diff(self.starts[low : high + 1])
        word = np.repeat(self.items[low:high], counts)
        sizes = np.diff(self.first[begin : end + 1])
        owner = np.repeat(np.arange(end - begin), sizes)
        offset = np.arange(len(owner)) - np.repeat(self.first[begin:end] - self.first[begin], sizes)
        row = self.at[ids][owner] + offset
        units = [one[row] for one in self.rows]
        part = slice(int(self.first[begin]), int(self.first[end]))
        per_unit = self._unit_signs(units, word[owner], part, tops, bits)
        wholes = [one[ids] for one in self.wholes]
        return per_unit, self._whole_signs(wholes, word, self.signs[begin:end], tops, bits)

    def _unit_signs(
        self,
        units: list[Ints],
        word: NDArray[np.int32],
        part: slice,
        tops: Sequence[Ints],
        bits: int,
    ) -> NDArray[np.int32]:
        gloss, form, before, after, form_before, form_after, kind, _ = units
        key, written, two, three, pre2, pre3, place, shape, tail, style = self.words
        whole, classes, _, first, last = tops
        crosses: list[tuple[Ints, ...]] = [
            (gloss,),
            (gloss, form),
            (gloss, before),
            (gloss, after),
            (gloss, form_before),
            (gloss, form_after),
            (gloss, key[word]),
            (gloss, written[word]),
            (gloss, written[word - 1]),
            (gloss, written[word + 1]),
            (gloss, written[word - 2]),
            (gloss, written[word + 2]),
            (gloss, whole[word - 1]),
            (gloss, whole[word + 1]),
            (gloss, last[word - 1]),
            (gloss, first[word + 1]),
            (gloss, last[word + 1]),
            (gloss, first[word - 1]),
            (gloss, whole[word - 2]),
            (gloss, whole[word + 2]),
            (gloss, form, form_before),
            (gloss, form, form_after),
            (gloss, form, written[word - 1]),
            (gloss, form, written[word + 1]),
            (gloss, form, last[word - 1]),
            (gloss, form, last[word + 1]),
            (gloss, two[word]),
            (gloss, three[word]),
            (gloss, pre2[word]),
            (gloss, pre3[word]),
            (gloss, place[word]),
            (gloss, form, place[word]),
            (gloss, shape[word]),
            (gloss, tail[word]),
            (gloss, self.found[part]),
            (gloss, self.levels[part]),
            (kind, self.levels[part]),
            (kind, classes[word - 1]),
            (kind, classes[word + 1]),
            (kind, form),
            (gloss, style[word]),
            (gloss, form, style[word]),
            (gloss, two[word - 1]),
            (gloss, two[word + 1]),
        ]
        return hashed(crosses, 1, bits)

    def _whole_signs(
        self,
        wholes: list[Ints],
        word: NDArray[np.int32],
        kinds: Ints,
        tops: Sequence[Ints],
        bits: int,
    ) -> NDArray[np.int32]:
        whole, classes, grams, *_, size = wholes
        key, written, two, three, pre2, _, place, _, tail, style = self.words
        n_whole, n_classes, n_grams, n_first, n_last = tops
        crosses: list[tuple[Ints, ...]] = [
            (kinds,),
            (kinds, size),
            (classes,),
            (classes, two[word]),
            (classes, three[word]),
            (classes, pre2[word]),
            (classes, n_classes[word - 1]),
            (classes, n_classes[word + 1]),
            (classes, n_last[word - 1]),
            (classes, n_first[word + 1]),
            (classes, written[word - 1]),
            (classes, written[word + 1]),
            (classes, place[word]),
            (classes, tail[word]),
            (classes, style[word]),
            (whole, key[word], style[word]),
            (whole,),
            (whole, key[word]),
            (whole, written[word - 1]),
            (whole, written[word + 1]),
            (whole, n_whole[word - 1]),
            (whole, n_whole[word + 1]),
            (whole, key[word], written[word - 1]),
            (whole, key[word], written[word + 1]),
            (grams, n_grams[word - 1]),
            (grams, n_grams[word + 1]),
            (grams, n_grams[word - 1], n_grams[word + 1]),
        ]
        return hashed(crosses, 101, bits)


def hashed(crosses: Sequence[tuple[Ints, ...]], first: int, bits: int) -> NDArray[np.int32]:
    """Crossed signs as numbers of `bits` bits, one column a cross."""
    found = np.empty((len(crosses[0][0]), len(crosses)), np.int32)
    for n, parts in enumerate(crosses):
        mixed = np.full(len(found), (first + n) * 0x9E3779B97F4A7C15 % (1 << 64), np.uint64)
        for one in parts:
            mixed = (mixed ^ one) * np.uint64(0xBF58476D1CE4E5B9)
            mixed ^= mixed >> np.uint64(29)
        found[:, n] = (mixed * np.uint64(0x94D049BB133111EB)) >> np.uint64(64 - bits)
    return found
