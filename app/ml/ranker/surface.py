"""Where the morphs of a word lie in its written form, found by expectation and maximisation.

A morph of an analysis need not be what is written (Tsez `debex` is `mi-x`). Each morph is taken to
give a stretch of the word, which may be empty; how likely a stretch is starts from how alike it is
to the form, or from its length alone where forms are not known, and is then counted.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.ml.ranker.forms import distance

Unit = tuple[str, str]  # form and gloss
Analysis = tuple[Unit, ...]
Typed = tuple[str, Analysis]
_BASE, _ROUNDS, _LONGEST = 0.3, 5, 60
_Table = dict[str, dict[str, float]]


def stretches(seen: Mapping[Typed, int]) -> dict[Typed, tuple[str, ...]]:
    """For each analysis of a word the stretch of the word that each of its morphs gives.

    Args:
        seen: words, by key, with their analyses, and how often each was seen.
    """
    found: dict[Typed, tuple[str, ...]] = {}
    hard: list[tuple[Typed, int]] = []
    table: _Table = defaultdict(lambda: defaultdict(float))
    for typed, count in seen.items():
        word, analysis = typed
        forms = tuple(form.lower() for form, _ in analysis)
        if "".join(forms) == word and all(forms):
            found[typed] = forms
            for unit, form in zip(analysis, forms, strict=True):
                table[_name(unit)][form] += count
        elif len(analysis) == 1 or len(word) > _LONGEST:
            found[typed] = (word, *("",) * (len(analysis) - 1))
        else:
            hard.append((typed, count))
    for _ in range(_ROUNDS if hard else 0):
        likely = _Likely(table)
        added: _Table = defaultdict(lambda: defaultdict(float))
        for (word, analysis), count in hard:
            _expect(word, analysis, likely, count, added)
        table = _sum(found, seen, added)
    likely = _Likely(table)
    for typed, _ in hard:
        found[typed] = _best(*typed, likely)
    return found


def _name(unit: Unit) -> str:
    """Under which stretches of a morph are counted: its form, or its gloss where there is none."""
    return f"f{unit[0].lower()}" if unit[0] else f"g{unit[1]}"


def _sum(found: Mapping[Typed, Sequence[str]], seen: Mapping[Typed, int], added: _Table) -> _Table:
    for typed, parts in found.items():
        if len(parts) == len(typed[1]):
            for unit, part in zip(typed[1], parts, strict=True):
                added[_name(unit)][part] += seen[typed]
    return added


class _Likely:
    """How likely a morph gives a stretch."""

    def __init__(self, table: _Table) -> None:
        self._table = table
        self._total = {name: sum(held.values()) for name, held in table.items()}

    def __call__(self, unit: Unit, part: str) -> float:
        name = _name(unit)
        total = self._total.get(name, 0.0)
        count = self._table[name].get(part, 0.0) if total else 0.0
        return (count + _BASE * _base(unit[0].lower(), part)) / (total + _BASE)


def _base(form: str, part: str) -> float:
    """How likely a stretch is before anything was counted."""
    if not form:
        return 0.02 if not part else 0.3 * 0.7 ** len(part) * 0.04 ** len(part) * 20
    if abs(len(form) - len(part)) > 6:
        return 1e-12
    return math.exp(-2.0 * distance(form, part))


def _expect(word: str, analysis: Analysis, likely: _Likely, count: int, added: _Table) -> None:
    """Adds to `added` how often each morph of a word is expected to give each stretch."""
    size = len(word)
    arcs = _arcs(word, analysis, likely)
    before = [[0.0] * (size + 1) for _ in range(len(analysis) + 1)]
    after = [[0.0] * (size + 1) for _ in range(len(analysis) + 1)]
    before[0][0] = after[-1][size] = 1.0
    for n, row in enumerate(arcs):
        for start, end, chance in row:
            before[n + 1][end] += before[n][start] * chance
    for n in range(len(analysis) - 1, -1, -1):
        for start, end, chance in arcs[n]:
            after[n][start] += after[n + 1][end] * chance
    total = before[-1][size]
    if total <= 0.0:
        return
    for n, row in enumerate(arcs):
        held = added[_name(analysis[n])]
        for start, end, chance in row:
            share = before[n][start] * chance * after[n + 1][end] / total
            if share > 1e-3:
                held[word[start:end]] += count * share


def _best(word: str, analysis: Analysis, likely: _Likely) -> tuple[str, ...]:
    """The likeliest stretches of a word."""
    best: dict[int, tuple[float, tuple[str, ...]]] = {0: (0.0, ())}
    for row in _arcs(word, analysis, likely):
        further: dict[int, tuple[float, tuple[str, ...]]] = {}
        for start, end, chance in row:
            if start in best and chance > 0.0:
                score = best[start][0] + math.log(chance)
                if end not in further or score > further[end][0]:
                    further[end] = (score, (*best[start][1], word[start:end]))
        best = further
    if len(word) in best:
        return best[len(word)][1]
    return (word, *("",) * (len(analysis) - 1))


def _arcs(word: str, analysis: Analysis, likely: _Likely) -> list[list[tuple[int, int, float]]]:
    """For each morph of a word which stretches it may give, with how likely."""
    size, last = len(word), len(analysis) - 1
    return [
        [
            (start, end, likely(unit, word[start:end]))
            for start in ((0,) if n == 0 else range(size + 1))
            for end in ((size,) if n == last else range(start, size + 1))
        ]
        for n, unit in enumerate(analysis)
    ]
