"""The glosser by a chain: the grammatical part of a gloss is labelled, its stem is looked up.

Of words that come whole a label is the gloss of a word with its stems left out (`STEM-PL`); of
words taken apart it is that of a morph. Imported by child processes only.

Source: the word and morph CRFs of the SIGMORPHON 2023 shared task, such as Okabe and Yvon 2023.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from app.domain.errors import Invalid, Unreadable
from app.domain.lessons import is_grammatical
from app.domain.messages import say
from app.ml.chain import Chain, Row, calibrated, fit
from app.ml.data import Alternative, Entry, Line, LineGuess, Morph, Word
from app.ml.folder import Saved, read_model, write_model
from app.ml.targets import FORM
from app.ml.word_traits import is_mark, key_of, traits_of

ENGINE = "crf"
STEM = "\x01"
_MARK = "\x00"
_JOIN = "\x02"
_MOST_LABELS = 250  # those that are commonest: what a chain costs grows with their square
_MOST_STEMS = 4  # glosses of a stem that are offered
_PARTS, _MOST_HELD = 5, 300
_MOST = 8
_DOUBT = 0.02  # what is left for labels that a word never had, or that do not fit in its line


class Model:
    """Labels with the stems that go with them.

    Attributes:
        analyses: for each word and label the analyses that it had.
        stems: for each form of a stem its glosses.
        grams: for each grammatical gloss its forms.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = {"from": "words", "target": "gloss", **options}
        self.segmented = self.options["from"] == "morphs"
        self.chain: Chain | None = None
        self.analyses: dict[str, Counter[str]] = {}
        self.stems: dict[str, Counter[str]] = {}
        self.grams: dict[str, Counter[str]] = {}

    def learn(self, lines: Sequence[Line], seed: int, tell: Any) -> None:
        """Learns from lines with glosses.

        Raises:
            Invalid: there is nothing to learn from.
        """
        tell(0.0, "count")
        counts: Counter[str] = Counter()
        for line in lines:
            for word in line.words:
                if _is_taught(word):
                    counts.update(self._labels(word))
                    self._count(word)
        known = {label for label, _ in counts.most_common(_MOST_LABELS)}
        if len(known) < 2:
            raise Invalid(say("All words have the same label: there is nothing to choose between."))
        runs = [self._runs(line, known) for line in lines]
        every = [run for row in runs for run in row]
        held = [run for row in runs[::_PARTS] for run in row][:_MOST_HELD]
        rest = [run for n, row in enumerate(runs) if n % _PARTS for run in row]
        heat = 1.0
        if rest and held:
            part = _fitted(rest, seed, lambda share: tell(0.45 * share, "how sure to be"))
            heat = calibrated(part, [row for row, _ in held], [told for _, told in held])
        self.chain = _fitted(every, seed, lambda share: tell(0.5 + 0.5 * share, "weights"))
        self.chain.heat = heat

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LineGuess]:
        """Up to 8 analyses of each word."""
        return [LineGuess(line.id, self._guess(line)) for line in lines]

    def facts(self) -> dict[str, Any]:
        """What it is, for a record and a card."""
        return {
            "task": "gloss",
            "engine": ENGINE,
            "options": self.options,
            "labels": sorted({gloss for held in self.stems.values() for gloss in held}),
        }

    def save(self, folder: Path) -> None:
        """Writes the model, whole or not at all."""
        assert self.chain is not None
        told = {"chain": self.chain.told(), "analyses": self.analyses, "stems": self.stems,
                "grams": self.grams}  # fmt: skip
        write_model(folder, Saved(self.facts(), told))

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Reads a model.

        Raises:
            Unreadable: the folder holds no model of this engine.
        """
        saved = read_model(folder)
        try:
            made = cls(saved.model["options"])
            made.chain = Chain.of(saved.lexicon["chain"])
            for key in ("analyses", "stems", "grams"):
                held = getattr(made, key)
                for form, told in saved.lexicon[key].items():
                    held[str(form)] = Counter({str(k): int(n) for k, n in told.items()})
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Unreadable("The model lacks something, or it is of another kind.") from error
        return made

    # What is learnt

    def _labels(self, word: Word) -> list[str]:
        """The labels of a word: one, or one for each morph where words come taken apart."""
        labels = [gloss if is_grammatical(gloss) else STEM for gloss in _glosses(word)]
        return labels if self.segmented else [_JOIN.join(labels)]

    def _count(self, word: Word) -> None:
        label, key = self._labels(word), _key(word, self.segmented)
        told = _JOIN.join(f"{one.joint}\t{one.form}\t{one.gloss}" for one in word.morphs)
        if not self.segmented:
            self.analyses.setdefault(f"{key}\t{label[0]}", Counter())[told] += 1
        for one in word.morphs:
            held = self.grams if is_grammatical(one.gloss) else self.stems
            form, gloss = one.form.casefold(), one.gloss
            if is_grammatical(gloss):
                form, gloss = gloss, one.form.casefold()
            held.setdefault(form, Counter())[gloss] += 1

    def _runs(self, line: Line, known: set[str]) -> list[tuple[Row, list[str]]]:
        """The stretches whose words all have a label that is learnt."""
        found: list[tuple[list[list[str]], list[str]]] = [([], [])]
        traits = iter(self._traits(line))
        for word in line.words:
            rows = [next(traits) for _ in range(self._size(word))]
            labels = self._labels(word) if _is_taught(word) else []
            if not labels and is_mark(word.form):
                labels = [_MARK] * len(rows)
            if labels and all(one in known or one == _MARK for one in labels):
                found[-1][0].extend(rows)
                found[-1][1].extend(labels)
            elif found[-1][1]:
                found.append(([], []))
        return [(row, labels) for row, labels in found if set(labels) - {_MARK}]

    def _size(self, word: Word) -> int:
        return max(1, len(word.morphs)) if self.segmented else 1

    def _traits(self, line: Line) -> list[list[str]]:
        if not self.segmented:
            return traits_of([word.form for word in line.words])
        forms, places = [], []
        for word in line.words:
            morphs = [one.form for one in word.morphs] or [word.form]
            forms += morphs
            last = len(morphs) - 1
            places += [
                [f"at={'-' if n else ''}x{'-' if n < last else ''}", f"w={key_of(word.form)}",
                 f"f={'-' if n else ''}{form.casefold()}{'-' if n < last else ''}"]
                for n, form in enumerate(morphs)
            ]  # fmt: skip
        return [[*seen, *place] for seen, place in zip(traits_of(forms), places, strict=True)]

    # What is said

    def _guess(self, line: Line) -> tuple[tuple[Alternative, ...], ...]:
        assert self.chain is not None
        shares = self.chain.shares(self._traits(line))
        at, words = 0, []
        for word in line.words:
            size = self._size(word)
            likely = [self._likely(shares[n]) for n in range(at, at + size)]
            words.append(self._by_morphs(word, likely) if self.segmented
                         else self._by_word(word, likely[0]))  # fmt: skip
            at += size
        return tuple(words)

    def _likely(self, row: Any) -> list[tuple[str, float]]:
        assert self.chain is not None
        order = np.argsort(-row, kind="stable")[:_MOST]
        return [(self.chain.labels[n], float(row[n])) for n in order]

    def _by_word(self, word: Word, likely: Sequence[tuple[str, float]]) -> tuple[Alternative, ...]:
        found: dict[tuple[Morph, ...], float] = {}
        key = _key(word, False)
        if likely[0][0] == _MARK:
            return (Alternative((Morph(word.form, word.form),), likely[0][1]),)
        for label, share in self._weighed(key, likely):
            seen = self.analyses.get(f"{key}\t{label}")
            if seen:
                every = sum(seen.values())
                for told, count in sorted(seen.items(), key=lambda one: (-one[1], one[0])):
                    found.setdefault(_morphs(told), share * count / every)
            else:
                for morphs, part in self._built(key, label.split(_JOIN)):
                    found.setdefault(morphs, share * part)
        return _ordered(found)

    def _weighed(self, key: str, likely: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
        """Labels by how well they fit in the line and by how often the word had them."""
        seen = self._seen_as.get(key)
        if not seen:
            return [(label, share) for label, share in likely if label != _MARK]
        every, fits = sum(seen.values()), dict(likely)
        told = {
            label: (fits.get(label, 0.0) + _DOUBT) * (seen.get(label, 0) / every + _DOUBT)
            for label in dict.fromkeys((*fits, *seen))
            if label != _MARK
        }
        total = sum(told.values())
        best = sorted(told.items(), key=lambda one: (-one[1], one[0]))[:_MOST]
        return [(label, share / total) for label, share in best]

    @cached_property
    def _seen_as(self) -> dict[str, dict[str, int]]:
        """How often each word had which label."""
        found: dict[str, dict[str, int]] = {}
        for name, held in self.analyses.items():
            key, _, label = name.partition("\t")
            found.setdefault(key, {})[label] = sum(held.values())
        return found

    def _built(self, key: str, labels: Sequence[str]) -> list[tuple[tuple[Morph, ...], float]]:
        """Analyses of a word that was not seen so: what its affixes leave is the stem."""
        before = labels[: labels.index(STEM)] if STEM in labels else labels
        after = labels[labels.index(STEM) + 1 :] if STEM in labels else ()
        left, start = self._taken(key, before)
        right, end = self._taken(key[start:][::-1], list(after[::-1]), back=True)
        stem = key[start : len(key) - end] or key
        stems = self._glosses_of(stem) if STEM in labels else [("", 1.0)]
        found = []
        for gloss, share in stems:
            forms = [*left, *([stem] if STEM in labels else []), *right[::-1]]
            said = [gloss if one == STEM else one for one in labels]
            morphs = tuple(
                Morph(form, one, "-" if n else "")
                for n, (form, one) in enumerate(zip(forms, said, strict=False))
            )
            found.append((morphs, share))
        return found

    def _taken(self, text: str, labels: Sequence[str], back: bool = False) -> tuple[list[str], int]:
        """The forms of affixes at one end of a word, and how many letters they take."""
        forms, at = [], 0
        for label in labels:
            known = sorted(self.grams.get(label, ()), key=lambda one: (-len(one), one))
            fits = (one for one in known
                    if one and text[at:].startswith(one[::-1] if back else one))  # fmt: skip
            form = next(fits, "")
            forms.append(form)
            at += len(form)
        return forms, at

    def _glosses_of(self, stem: str) -> list[tuple[str, float]]:
        """The glosses of a stem; of one never seen those of the longest one in it, or itself."""
        held = self.stems.get(stem)
        if held is None:
            near = next((one for n in range(len(stem) - 1, 2, -1)
                         for one in (stem[:n], stem[-n:]) if one in self.stems), "")  # fmt: skip
            held = self.stems[near] if near else Counter({stem: 1})
        every = sum(held.values())
        ordered = sorted(held.items(), key=lambda one: (-one[1], one[0]))[:_MOST_STEMS]
        return [(gloss, count / every) for gloss, count in ordered]

    def _by_morphs(
        self, word: Word, likely: Sequence[Sequence[tuple[str, float]]]
    ) -> tuple[Alternative, ...]:
        forms = [one.form for one in word.morphs] or [word.form]
        joints = [one.joint for one in word.morphs] or [""]
        found: list[tuple[tuple[Morph, ...], float]] = [((), 1.0)]
        for form, joint, labels in zip(forms, joints, likely, strict=True):
            offers: dict[str, float] = {}
            for label, share in labels[:4]:
                if label == _MARK:
                    offers[form] = offers.get(form, 0.0) + share
                    continue
                glosses = self._glosses_of(form.casefold()) if label == STEM else [(label, 1.0)]
                for gloss, part in glosses:
                    offers[gloss] = offers.get(gloss, 0.0) + share * part
            best = sorted(offers.items(), key=lambda one: (-one[1], one[0]))[:4]
            found = sorted(
                (((*morphs, Morph(form, gloss, joint)), share * part)
                 for morphs, share in found for gloss, part in best),
                key=lambda one: -one[1],
            )[:_MOST]  # fmt: skip
        return tuple(Alternative(morphs, min(share, 1.0)) for morphs, share in found)


def train(lines: Sequence[Line], options: Mapping[str, Any], tell: Any) -> Model:
    """Trains on words with glosses.

    Raises:
        Invalid: there is nothing to learn from, or words are only to be taken apart.
    """
    if options.get("target") == FORM:
        raise Invalid(say("This engine glosses; it does not take words apart alone."))
    model = Model({key: options[key] for key in ("from", "target") if key in options})
    model.learn(lines, int(options.get("seed", 1)), tell)
    return model


def _is_taught(word: Word) -> bool:
    return word.confirmed and bool(word.morphs) and all(one.gloss for one in word.morphs)


def _glosses(word: Word) -> list[str]:
    return [one.gloss for one in word.morphs]


def _key(word: Word, segmented: bool) -> str:
    return "-".join(one.form for one in word.morphs) if segmented else key_of(word.form)


def _fitted(runs: Sequence[tuple[Row, list[str]]], seed: int, tell: Any) -> Chain:
    return fit([row for row, _ in runs], [labels for _, labels in runs], seed, tell=tell)


@lru_cache(maxsize=65536)
def _morphs(told: str) -> tuple[Morph, ...]:
    parts = (one.split("\t") for one in told.split(_JOIN))
    return tuple(Morph(form, gloss, joint) for joint, form, gloss in parts)


def _ordered(found: Mapping[tuple[Morph, ...], float]) -> tuple[Alternative, ...]:
    best = sorted(found.items(), key=lambda one: -one[1])[:_MOST]
    return tuple(Alternative(morphs, min(share, 1.0)) for morphs, share in best)
