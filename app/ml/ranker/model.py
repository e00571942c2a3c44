"""The ranker as an engine: trained on lines, asked about lines, kept in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from app.domain.errors import Invalid, Unreadable
from app.domain.messages import say
from app.ml.data import Alternative, Entry, Line, LineGuess, Morph, Word
from app.ml.folder import Saved, read_model, write_model
from app.ml.ranker.bridge import Bridge, Told
from app.ml.ranker.candidates import TAUGHT, TRANSLATED, Asked, Candidate, Proposer
from app.ml.ranker.features import DENSE, KNOWN, Analyses, Arrays, Table
from app.ml.ranker.fitting import Fit, Weights, fit, scored, shares, temperature
from app.ml.ranker.forms import is_mark, key_of
from app.ml.ranker.inventory import NOTHING, Chunk, Inventory, Withheld
from app.ml.ranker.keeping import kept_of, restore
from app.ml.ranker.memory import BLOCK, Memory, Traits, style_of, traits_of
from app.ml.ranker.surface import Analysis, stretches

Tell = Callable[[float, str], None]
_MOST = 8
_PARTS, _BRIEF, _ENOUGH = 5, 15, 30  # of lines, rounds and words
ENGINE = "ranker"
_MOST_WORDS = 45_000  # on which weights are fitted
_MOST_LINES = 15_000  # that others are compared with
_UNTAUGHT = -2


def asked_of(word: Word, segmented: bool, number: int, count: int) -> Asked:
    """A word as the ranker sees it."""
    forms = tuple(morph.form for morph in word.morphs) if segmented else ()
    forms = forms or ((word.form,) if segmented else ())
    written = key_of(word.form) or word.form
    key = "-".join(forms).lower() if segmented else written
    mark = is_mark("".join(forms) if segmented else word.form)
    return Asked(word.form, written, key, forms, mark, (number + 0.5) / max(count, 1))


def analysis_of(word: Word, target: str) -> Analysis:
    """The analysis of a word that can be learnt from; empty if there is none."""
    units = tuple((morph.form.lower(), morph.gloss) for morph in word.morphs)
    if not word.confirmed or not units:
        return ()
    if target == "form":
        return units if all(form for form, _ in units) else ()
    return units if all(gloss for _, gloss in units) else ()


class Ranker:
    """A glosser that was trained.

    Attributes:
        options: with which it was trained.
        engine: its name; `fit` finds its weights.
    """

    engine = ENGINE
    fit = staticmethod(fit)

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = {"from": "words", "target": "gloss", "translation": "auto"} | dict(options)
        self.segmented = self.options["from"] == "morphs"
        self.target = str(self.options["target"])
        self.inventory = Inventory(self.segmented)
        self.bridge: Bridge | None = None
        self.memory = Memory()
        self.weights: Weights | None = None
        self.heat = 1.0
        self.reach = [1.0] * KNOWN  # how often the right analysis is proposed, for new words first
        self.cases: dict[str, str] = {}
        self.joints: dict[tuple[str, str], str] = {}

    def learn(self, lines: Sequence[Line], tell: Tell) -> None:
        """Learns from lines."""
        tell(0.0, "count")
        asked = [self._asked(line) for line in lines]
        gold = [[analysis_of(word, self.target) for word in line.words] for line in lines]
        self._learn_cases(lines)
        gold = self._with_forms(asked, gold)
        seen: Counter[tuple[str, Analysis]] = Counter()
        for row, right in zip(asked, gold, strict=True):
            seen.update(
                (one.key, units)
                for one, units in zip(row, right, strict=True)
                if units and not (one.mark and units == ((one.key, one.form),))
            )
        if not seen:
            raise Invalid(say("No word has an analysis that can be learnt from."))
        self.inventory.learn(seen)
        tell(0.1, "translations")
        told = self._learn_translations(lines, gold)
        self._learn_memory(lines, asked, gold)
        self._rank(lines, asked, gold, told, tell)

    def _rank(
        self,
        lines: Sequence[Line],
        asked: Sequence[Sequence[Asked]],
        gold: Sequence[Sequence[Analysis]],
        told: Sequence[Told],
        tell: Tell,
    ) -> None:
        """Learns to tell right candidates from wrong ones."""
        proposer = Proposer(self.inventory, self.bridge, self.target == "form")
        table = Table(Analyses(self.inventory), self.bridge, self.memory)
        right: list[int] = []
        numbers: list[int] = []
        chosen = _spread([len(row) for row in asked], _MOST_WORDS)
        remembered = {n: at for at, n in enumerate(_remembered(lines))}
        for place, n in enumerate(chosen):
            if place % BLOCK == 0:
                block = chosen[place : place + BLOCK]
                likes = self.memory.likeness(
                    [self._traits(lines[one], asked[one]) for one in block],
                    [remembered.get(one, -1) for one in block],
                )
                tell(0.15 + 0.25 * place / len(chosen), "candidates")
            withheld = self._withhold(asked[n], gold[n])
            listed = self._listed(proposer, asked[n], told[n], withheld, {})
            for candidates, units in zip(listed, gold[n], strict=True):
                right.append(_place(proposer, candidates, units))
            numbers.extend([place] * len(listed))
            table.add_line(asked[n], listed, told[n], likes[place % BLOCK], self._style(lines[n]))
        proposer.forget()
        tell(0.4, "weights")
        arrays = table.arrays()
        at = np.array(right, np.int64)
        gold_at = np.where(at >= 0, arrays.starts[:-1] + at, -1)
        rows = [asked[n] for n in chosen]
        self._fit(arrays, gold_at, at > _UNTAUGHT, np.array(numbers, np.int64), rows, tell)

    def _fit(
        self,
        arrays: Arrays,
        gold: NDArray[np.int64],
        usable: NDArray[np.bool_],
        lines: NDArray[np.int64],
        _rows: Sequence[Sequence[Asked]],
        tell: Tell,
    ) -> None:
        """Weights from a part of the lines, which say how sure to be of the rest; then from all."""
        starts = arrays.starts
        tops = arrays.tops(starts[:-1].astype(np.int64))
        held = usable & (lines % _PARTS == 0)
        brief = replace(Fit(), rounds=_BRIEF)
        begin = self.fit(
            arrays,
            gold,
            usable & ~held,
            tops,
            brief,
            lambda share: tell(0.4 + 0.2 * share, "weights"),
        )
        self._calibrate(arrays, gold, held, usable, scored(arrays, tops, begin))
        self.weights = self.fit(
            arrays,
            gold,
            usable,
            tops,
            Fit(),
            lambda share: tell(0.6 + 0.4 * share, "weights"),
            begin,
        )

    def _calibrate(
        self,
        arrays: Arrays,
        gold: NDArray[np.int64],
        held: NDArray[np.bool_],
        usable: NDArray[np.bool_],
        scores: NDArray[np.float64],
    ) -> None:
        """How sure to be: what to divide scores by, and how often the right answer is there."""
        if held.sum() >= _ENOUGH:
            self.heat = temperature(scores, arrays.starts, np.where(held, gold, -1))
        for at in range(KNOWN):
            some = usable & (arrays.seen == at)
            self.reach[at] = float(((gold[some] >= 0).sum() + 1) / (some.sum() + 2))

    def predict(self, lines: Sequence[Line], lexicon: Sequence[Entry] = ()) -> list[LineGuess]:
        """Up to 8 analyses for each word of each line."""
        taught: dict[str, list[tuple[str, str]]] = {}
        for entry in lexicon:
            for form in entry.forms:
                for gloss in entry.glosses:
                    taught.setdefault(form.lower(), []).append((entry.forms[0], gloss))
        proposer = self._proposer()
        table = Table(Analyses(self.inventory), self.bridge, self.memory)
        every: list[list[Candidate]] = []
        asked = [self._asked(line) for line in lines]
        traits = [self._traits(line, row) for line, row in zip(lines, asked, strict=True)]
        for n, (line, row) in enumerate(zip(lines, asked, strict=True)):
            if n % BLOCK == 0:
                likes = self.memory.likeness(traits[n : n + BLOCK])
            told = self._told(line)
            listed = self._listed(proposer, row, told, [NOTHING] * len(row), taught)
            every.extend(listed)
            table.add_line(row, listed, told, likes[n % BLOCK], self._style(line))
        if not every:
            return [LineGuess(line.id, ()) for line in lines]
        arrays = table.arrays()
        scores = self._scores(arrays, asked)
        chance = shares(scores / self.heat, arrays.starts)
        there = np.array(self.reach)[arrays.seen]
        chance *= np.repeat(there, np.diff(arrays.starts))
        return self._guesses(lines, asked, every, arrays.starts, chance)

    def _scores(
        self, arrays: Arrays, _rows: Sequence[Sequence[Asked]]
    ) -> NDArray[np.float64]:  # fmt: skip
        """The score of each candidate."""
        assert self.weights is not None
        return scored(arrays, arrays.tops(arrays.starts[:-1].astype(np.int64)), self.weights)

    def _proposer(self) -> Proposer:
        if not hasattr(self, "_kept"):
            self._kept = Proposer(self.inventory, self.bridge, self.target == "form")
        return self._kept

    def _guesses(
        self,
        lines: Sequence[Line],
        asked: Sequence[Sequence[Asked]],
        every: Sequence[Sequence[Candidate]],
        starts: NDArray[np.int32],
        chance: NDArray[np.float64],
    ) -> list[LineGuess]:
        found, at = [], 0
        for line, row in zip(lines, asked, strict=True):
            words = []
            for one in row:
                listed = every[at]
                likely = chance[starts[at] : starts[at + 1]]
                order = np.argsort(-likely, kind="stable")[:_MOST]
                words.append(
                    tuple(self._alternative(one, listed[n], float(likely[n])) for n in order)
                )
                at += 1
            found.append(LineGuess(line.id, tuple(words)))
        return found

    def _alternative(self, asked: Asked, one: Candidate, likely: float) -> Alternative:
        forms = asked.forms if len(asked.forms) == len(one.units) else ()
        morphs = []
        for n, (form, gloss) in enumerate(one.units):
            shown = forms[n] if forms else self.cases.get(form, form)
            morphs.append(Morph(shown, gloss, self.joints.get((form, gloss), "-") if n else ""))
        source = {TAUGHT: "lexicon", TRANSLATED: "translation"}.get(one.kind, "model")
        return Alternative(tuple(morphs), likely, source)

    def _asked(self, line: Line) -> list[Asked]:
        size = len(line.words)
        return [asked_of(word, self.segmented, n, size) for n, word in enumerate(line.words)]

    def _learn_cases(self, lines: Sequence[Line]) -> None:
        """How forms are written, and the signs before morphs that are no hyphen."""
        cases: dict[str, Counter[str]] = {}
        for line in lines:
            for word in line.words:
                for morph in word.morphs:
                    cases.setdefault(morph.form.lower(), Counter())[morph.form] += 1
                    if morph.joint and morph.joint != "-":
                        self.joints[morph.form.lower(), morph.gloss] = morph.joint
        for low, held in cases.items():
            best = min(held, key=lambda one: (-held[one], one))
            if best != low:
                self.cases[low] = best

    def _with_forms(
        self, asked: Sequence[Sequence[Asked]], gold: list[list[Analysis]]
    ) -> list[list[Analysis]]:
        """Where analyses have no forms, those that they give in the word."""
        if all(form for row in gold for units in row for form, _ in units):
            return gold
        typed: Counter[tuple[str, Analysis]] = Counter()
        for row, right in zip(asked, gold, strict=True):
            typed.update((one.key, units) for one, units in zip(row, right, strict=True) if units)
        cut = stretches(typed)
        return [
            [
                tuple(
                    (form or part, gloss)
                    for (form, gloss), part in zip(units, cut[one.key, units], strict=True)
                )
                if units
                else ()
                for one, units in zip(row, right, strict=True)
            ]
            for row, right in zip(asked, gold, strict=True)
        ]

    def _learn_translations(
        self, lines: Sequence[Line], gold: Sequence[Sequence[Analysis]]
    ) -> list[Told]:
        code = str(self.options["translation"])
        if code == "auto":
            codes = Counter(one for line in lines for one in line.translations)
            code = min(codes, key=lambda one: (-codes[one], one)) if codes else ""
        self.options["translation"] = code
        if code in {"", "none"} or not any(line.translations.get(code) for line in lines):
            return [Told() for _ in lines]
        self.bridge = Bridge()
        return self.bridge.learn(
            [
                (line.translations.get(code, ""), [gloss for units in row for _, gloss in units])
                for line, row in zip(lines, gold, strict=True)
            ]
        )

    def _learn_memory(
        self,
        lines: Sequence[Line],
        asked: Sequence[Sequence[Asked]],
        gold: Sequence[Sequence[Analysis]],
    ) -> None:
        kept = _remembered(lines)
        self.memory.learn(
            [self._traits(lines[n], asked[n]) for n in kept],
            [
                [(one.key, units) for one, units in zip(asked[n], gold[n], strict=True)]
                for n in kept
            ],
        )

    def _traits(self, line: Line, row: Sequence[Asked]) -> Traits:
        said = self._translation(line)
        written = [one.form for one in row]
        return traits_of([one.written for one in row if not one.mark], written, said)

    def _style(self, line: Line) -> str:
        return style_of([word.form for word in line.words], self._translation(line))

    def _translation(self, line: Line) -> str:
        return line.translations.get(str(self.options["translation"]), "")

    def _told(self, line: Line) -> Told:
        code = str(self.options["translation"])
        if self.bridge is None or not line.translations.get(code):
            return Told()
        return Told(words=self.bridge.words_of(line.translations[code]))

    def _withhold(self, row: Sequence[Asked], gold: Sequence[Analysis]) -> list[Withheld]:
        """For each word of a line what its line taught of it."""
        times = Counter((one.key, units) for one, units in zip(row, gold, strict=True) if units)
        chunks: Counter[tuple[str, Chunk]] = Counter()
        for typed, count in times.items():
            for part in self.inventory.parts.get(typed, ()):
                chunks[part] += count
        found = []
        for one, units in zip(row, gold, strict=True):
            parts = self.inventory.parts.get((one.key, units), ())
            mine = {part: chunks[part] for part in parts}
            found.append(Withheld(units, times[one.key, units], mine) if units else NOTHING)
        return found

    def _listed(
        self,
        proposer: Proposer,
        row: Sequence[Asked],
        told: Told,
        withheld: Sequence[Withheld],
        taught: Mapping[str, Sequence[tuple[str, str]]],
    ) -> list[list[Candidate]]:
        grounds = [
            proposer.grounds(one, less, taught) for one, less in zip(row, withheld, strict=True)
        ]
        covered: dict[str, int] = {}
        if self.bridge is not None and told.words:
            for analyses, ways in grounds:
                units = analyses[0][0] if analyses else ways[0].units if ways else ()
                for at in {
                    self.bridge.support(gloss, told)[2] for _, gloss in units if gloss is not None
                }:
                    covered[at] = covered.get(at, 0) + 1
        return [
            proposer.candidates(one, ground, told, covered, less)
            for one, ground, less in zip(row, grounds, withheld, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Writes the model, whole or not at all."""
        also, weights = self._kept_weights()
        kept = {**kept_of(self), **also}
        write_model(folder, Saved(self.facts(), kept, {**weights, **self.memory.arrays()}))

    @classmethod
    def load(cls, folder: Path) -> Ranker:
        """Reads a model.

        Raises:
            Unreadable: the folder holds no model of this engine.
        """
        saved = read_model(folder, cls.engine)
        try:
            made = cls(saved.model["options"])
            made.heat = float(saved.model["heat"])
            made.reach = [float(saved.model["reach"][n]) for n in range(KNOWN)]
            restore(made, saved.lexicon)
            made.memory.restore(saved.weights, saved.lexicon["memory"])
            made._restore_weights(saved)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise Unreadable("The model lacks something, or it is of another kind.") from error
        return made

    def _kept_weights(self) -> tuple[dict[str, Any], dict[str, NDArray[np.generic]]]:
        """What goes with the weights into the lexicon, and the weights."""
        assert self.weights is not None
        signs = self.weights.signs.astype(np.float16)
        return {}, {"signs": signs, "dense": self.weights.dense}

    def _restore_weights(self, saved: Saved) -> None:
        self.weights = _weights(saved)

    def facts(self) -> dict[str, Any]:
        """What it is, for a record and a card."""
        return {
            "task": "segment" if self.target == "form" else "gloss",
            "engine": self.engine,
            "options": self.options,
            "heat": self.heat,
            "reach": self.reach,
            "labels": sorted(self.inventory.glosses),
            "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
        }


def _remembered(lines: Sequence[Line]) -> list[int]:
    """The lines that others are compared with."""
    return _spread([1] * len(lines), _MOST_LINES)


def _spread(sizes: Sequence[int], most: int) -> list[int]:
    """All lines, or as many as there is time or room for, from everywhere."""
    share = min(1.0, most / max(sum(sizes), 1))
    return [n for n in range(len(sizes)) if int((n + 1) * share) > int(n * share)]


def _place(proposer: Proposer, candidates: Sequence[Candidate], units: Analysis) -> int:
    """Which candidate is right; -1 if none is, `_UNTAUGHT` if nobody said."""
    if not units:
        return _UNTAUGHT
    key = proposer.key_of(units)
    return next((n for n, one in enumerate(candidates) if proposer.key_of(one.units) == key), -1)


def _weights(saved: Saved) -> Weights:
    """Weights of the right sizes.

    Raises:
        ValueError: they have others.
    """
    signs, dense = saved.weights["signs"], saved.weights["dense"]
    bits = max(0, len(signs).bit_length() - 1)
    if signs.shape != (1 << bits,) or dense.shape != (DENSE,):
        raise ValueError("weights of another size")
    return Weights(signs.astype(np.float32), dense.astype(np.float32), bits)


def train(
    lines: Sequence[Line], options: Mapping[str, Any], tell: Tell = lambda share, phase: None
) -> Ranker:
    """Trains a ranker.

    Args:
        lines: with glosses of their words.
        options: `from` (`words` or `morphs`), `target` (`gloss`, or `form` to take words apart),
            `translation` (a language code, `auto` or `none`).
        tell: is told the share done and the phase.

    Raises:
        Invalid: there is nothing to learn from.
    """
    made = Ranker(options)
    made.learn(lines, tell)
    return made


Model = Ranker
