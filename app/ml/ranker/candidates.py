"""Whole analyses that a word may have: as seen, made of what is known, or with a new stem.

The gloss of a stem that was never seen is proposed from the translation of the line, from forms
that are nearly the same, from the commonest glosses, or is the form itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.lessons import is_grammatical
from app.ml.ranker.bridge import Bridge, Proposal, Told, sounds_like
from app.ml.ranker.forms import distance
from app.ml.ranker.inventory import NOTHING, Inventory, Withheld
from app.ml.ranker.lattice import Open, Taught, Way, ways
from app.ml.ranker.surface import Analysis

SEEN, MADE, COPIED, TRANSLATED, NEAR, COMMON, TAUGHT = range(7)
MOST = 16
_MADE_WEIGHT, _NEW_WAYS, _PROPOSED = 0.5, 3, 12
_NEAREST, _BUCKET = 3, 150
_KEPT = 100_000  # words whose grounds are kept to be quick
_HOPELESS = 9.0  # how far a candidate may lie behind the likeliest, as a logarithm
EVIDENCE = 7  # numbers that tell how a stem's gloss was found


@dataclass(frozen=True)
class Asked:
    """A word of a line as the ranker sees it.

    Attributes:
        form: as it is written.
        written: its key.
        key: under which its analyses are counted: `written`, or its morphs if it comes taken apart.
        forms: its morphs, if it comes taken apart.
        mark: whether it is punctuation.
        place: where in the line it stands, from 0 to 1.
    """

    form: str
    written: str
    key: str
    forms: tuple[str, ...]
    mark: bool
    place: float


class Candidate(NamedTuple):
    """An analysis that a word may have.

    Attributes:
        units: forms and glosses.
        kind: how it was found.
        prior: the logarithm of how likely it is before ranking.
        times: how often the word had it.
        total: how often the word was seen.
        way: how likely it is by its parts, beside the likeliest way; None if no way leads to it.
        new: how many of its stems were never seen.
        evidence: how its stem's gloss was found.
    """

    units: Analysis
    kind: int
    prior: float
    times: int
    total: int
    way: float | None
    new: int = 0
    evidence: tuple[float, ...] = (0.0,) * EVIDENCE


NO_ENTRIES: Taught = {}


class _Proposed(NamedTuple):
    gloss: str
    kind: int
    weight: float
    evidence: tuple[float, ...]


Key = tuple[str | None, ...]
Grounds = tuple[list[tuple[Analysis, int]], list[Way]]


class Proposer:
    """Makes candidates."""

    def __init__(self, inventory: Inventory, bridge: Bridge | None, by_form: bool = False) -> None:
        """
        Args:
            inventory: what was seen.
            bridge: to translations, where there are some.
            by_form: whether analyses with the same forms count as one, not those with the same
                glosses.
        """
        self.inventory, self.bridge, self._by_form = inventory, bridge, by_form
        self._grounds: dict[tuple[object, ...], Grounds] = {}
        self._stems: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
        self._common = self._collect()
        self._told: Told | None = None
        self._said: list[Proposal] = []
        self._nearest: dict[str, list[tuple[float, str, str, int]]] = {}

    def forget(self) -> None:
        """Lets go of what was kept to be quick."""
        self._grounds.clear()
        self._nearest.clear()

    def grounds(
        self, asked: Asked, withheld: Withheld = NOTHING, lexicon: Taught = NO_ENTRIES
    ) -> Grounds:
        """The analyses of a word, and the ways through it, which do not depend on its line."""
        key = (
            asked.key,
            asked.forms,
            withheld.analysis,
            withheld.times,
            *withheld.chunks.values(),
        )
        if lexicon:
            return self._find(asked, withheld, lexicon)
        found = self._grounds.get(key)
        if found is None:
            if len(self._grounds) > _KEPT:
                self.forget()
            found = self._grounds[key] = self._find(asked, withheld, lexicon)
        return found

    def candidates(
        self,
        asked: Asked,
        grounds: Grounds,
        told: Told,
        covered: Mapping[str, int],
        withheld: Withheld = NOTHING,
    ) -> list[Candidate]:
        """Analyses of a word in its line, the likeliest first.

        Args:
            asked: the word.
            grounds: what `grounds` gave for it.
            told: the translation of the line.
            covered: by word of the translation how many words of the line account for it.
            withheld: what must not be counted.
        """
        analyses, found = grounds
        if not analyses and not found:
            return [_copy_of(asked)]
        total = sum(times for _, times in analyses)
        best = max((way.score for way in found), default=0.0)
        chance = {way.units: math.exp(way.score - best) for way in found}
        all_ways = sum(chance.values()) or 1.0
        whole = total + _MADE_WEIGHT
        kept: dict[Key, Candidate] = {}
        by_gloss: dict[Key, Way] = {}
        for way in found:
            by_gloss.setdefault(self.key_of(way.units), way)
        for glosses, (analysis, times) in self._alike(analyses).items():
            known = by_gloss.get(glosses)
            share = _MADE_WEIGHT * (chance[known.units] / all_ways if known else 0.0)
            prior = math.log((times + share) / whole)
            rel = known.score - best if known else None
            kept[glosses] = Candidate(analysis, SEEN, prior, times, total, rel)
        if total < 30:
            self._add_ways(kept, asked, grounds, told, covered, withheld, best, all_ways, total)
        if not kept:
            return [_copy_of(asked)]
        listed = sorted(kept.values(), key=lambda one: (-one.prior, one.units))
        least = listed[0].prior - _HOPELESS
        return [one for one in listed[:MOST] if one.prior >= least]

    def key_of(self, units: Sequence[Open]) -> Key:
        """What makes an analysis another one: its glosses, or its forms."""
        if self._by_form:
            return tuple(form for form, _ in units)
        return tuple(gloss for _, gloss in units)

    def _alike(self, analyses: Sequence[tuple[Analysis, int]]) -> dict[Key, tuple[Analysis, int]]:
        """Analyses with the same key as one, which is the commonest of them."""
        found: dict[Key, tuple[Analysis, int]] = {}
        for analysis, times in analyses:
            key = self.key_of(analysis)
            held = found.get(key)
            found[key] = (held[0], held[1] + times) if held else (analysis, times)
        return found

    def _add_ways(
        self,
        kept: dict[Key, Candidate],
        asked: Asked,
        grounds: Grounds,
        told: Told,
        covered: Mapping[str, int],
        withheld: Withheld,
        best: float,
        all_ways: float,
        total: int,
    ) -> None:
        opened, base = 0, math.log(_MADE_WEIGHT / (total + _MADE_WEIGHT) / all_ways)
        for way in grounds[1]:
            prior = base + way.score - best
            rel = way.score - best
            if way.new:
                opened += 1
                if opened <= _NEW_WAYS:
                    for units, kind, more, evidence in self._fill(
                        way.units, asked, told, covered, withheld
                    ):
                        glosses = self.key_of(units)
                        made = Candidate(
                            units, kind, prior + more, 0, total, rel, way.new, evidence
                        )
                        held = kept.get(glosses)
                        if held is None or (held.kind > MADE and held.prior < made.prior):
                            kept[glosses] = made
            else:
                glosses = self.key_of(way.units)
                if glosses not in kept or kept[glosses].kind > MADE:
                    kind = TAUGHT if way.taught else MADE
                    known = tuple((form, gloss or "") for form, gloss in way.units)
                    kept[glosses] = Candidate(known, kind, prior, 0, total, rel)

    def _fill(
        self,
        units: Sequence[Open],
        asked: Asked,
        told: Told,
        covered: Mapping[str, int],
        withheld: Withheld,
    ) -> list[tuple[Analysis, int, float, tuple[float, ...]]]:
        """A way with glosses for its new stems."""
        rows: list[tuple[Analysis, int, float, tuple[float, ...]]] = [
            ((), MADE, 0.0, (0.0,) * EVIDENCE)
        ]
        several = sum(gloss is None for _, gloss in units) > 1
        for form, gloss in units:
            if gloss is not None:
                rows = [((*done, (form, gloss)), *rest) for done, *rest in rows]  # type: ignore[misc]
                continue
            proposed = self._proposals(form, asked, told, covered, withheld)
            proposed = proposed[:3] if several else proposed
            rows = [
                (
                    (*done, (form, one.gloss)),
                    one.kind,
                    score + math.log(one.weight),
                    tuple(a + b for a, b in zip(evidence, one.evidence, strict=True)),
                )
                for done, _, score, evidence in rows
                for one in proposed
            ]
        return rows

    def _proposals(
        self,
        form: str,
        asked: Asked,
        told: Told,
        covered: Mapping[str, int],
        withheld: Withheld,
    ) -> list[_Proposed]:
        """Glosses for a stem that was never seen, with weights that sum up to 1."""
        if self._by_form:
            return [_Proposed("", COPIED, 1.0, (0.0,) * EVIDENCE)]
        rows: dict[str, _Proposed] = {}
        for gloss, weight, evidence in self._translated(form, asked, told, covered):
            _keep(rows, _Proposed(gloss, TRANSLATED, weight, evidence))
        for like, gloss, _, count in self.near(form, withheld)[:_NEAREST]:
            weight = 0.6 * like * like
            more = (like, math.log1p(count), 0.0, 0.0, 0.0, 0.0, 0.0)
            _keep(rows, _Proposed(gloss, NEAR, weight, more))
        for gloss in self._common:
            _keep(rows, _Proposed(gloss, COMMON, 0.02, (0.0,) * EVIDENCE))
        name = form[:1].upper() + form[1:] if asked.form[:1].isupper() else form
        _keep(rows, _Proposed(name, COPIED, 0.1, (0.0,) * EVIDENCE))
        total = sum(one.weight for one in rows.values())
        found = sorted(rows.values(), key=lambda one: (-one.weight, one.gloss))[:_PROPOSED]
        return [one._replace(weight=one.weight / total) for one in found]

    def _translated(
        self, form: str, asked: Asked, told: Told, covered: Mapping[str, int]
    ) -> list[tuple[str, float, tuple[float, ...]]]:
        if self.bridge is None or not told.words:
            return []
        rows: list[tuple[str, float, tuple[float, ...]]] = []
        stem = form.lower()
        if self._told is not told:
            self._told, self._said = told, self.bridge.propose(told)[:16]
        for one in self._said:
            sound = sounds_like(stem, one.word.key)
            far = abs(one.word.place - asked.place)
            taken = min(covered.get(one.word.key, 0), 2)
            weight = one.stands * (0.1 + one.spelt + 2 * one.renders) * (1 + 4 * sound)
            weight *= (1.2 - far) * (0.3 if taken else 1.0)
            more = (
                math.log(one.spelt + 0.05),
                one.renders,
                math.log(one.stands),
                math.log1p(one.seen),
                far,
                sound,
                float(taken),
            )
            rows.append((one.gloss, weight, more))
        return rows

    def near(self, form: str, withheld: Withheld) -> list[tuple[float, str, str, int]]:
        """Stems that are spelt nearly so: likeness, gloss, form, count; the most alike first."""
        found = self._nearest.get(form)
        if found is None:
            part = form.lower()
            found = []
            for other, gloss, count in self._stems.get(part[:2], ())[:_BUCKET]:
                like = 1 - distance(part, other) / max(len(part), len(other))
                if like >= 0.5:
                    found.append((like, gloss, other, count))
            found.sort(key=lambda row: (-row[0], -row[3], row[1]))
            found = self._nearest[form] = found[:8]
        if not withheld.chunks:
            return found
        gone: dict[tuple[str, str], int] = defaultdict(int)
        for (part, chunk), times in withheld.chunks.items():
            gone[part, chunk[0][1]] += times
        return [
            (like, gloss, other, count - gone.get((other, gloss), 0))
            for like, gloss, other, count in found
            if count > gone.get((other, gloss), 0)
        ]

    def _find(self, asked: Asked, withheld: Withheld, lexicon: Taught) -> Grounds:
        analyses = self.inventory.analyses(asked.key, withheld)
        if asked.mark:
            return analyses, []
        return analyses, ways(self.inventory, asked.written, asked.forms, withheld, lexicon)

    def _collect(self) -> list[str]:
        """Gathers stems by their beginnings; gives the commonest glosses of stems."""
        stems: dict[tuple[str, str], int] = defaultdict(int)
        glosses: dict[str, int] = defaultdict(int)
        for part, held in self.inventory.chunks.items():
            for chunk, count in held.items():
                gloss = chunk[0][1]
                if not is_grammatical(gloss) and part:
                    stems[part, gloss] += count
                    glosses[gloss] += count
        for (part, gloss), count in sorted(stems.items(), key=lambda item: (-item[1], item[0])):
            self._stems[part[:2]].append((part, gloss, count))
        return sorted(glosses, key=lambda one: (-glosses[one], one))[:3]


def _keep(rows: dict[str, _Proposed], one: _Proposed) -> None:
    held = rows.get(one.gloss)
    if held is None or held.weight < one.weight:
        rows[one.gloss] = one


def _copy_of(asked: Asked) -> Candidate:
    """A word that is its own gloss."""
    form = asked.forms[0] if len(asked.forms) == 1 else asked.form
    return Candidate(((form, form),), COPIED, 0.0, 0, 0, None)
