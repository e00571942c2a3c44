"""How well words are glossed, beside the most frequent gloss, on files of the glossing benchmark.

    python -m bench.glossing TRAIN TEST --track 1|2 [--engine ranker|crf|sklearn|transformer|lookup]
                             [--no-translation] [--seed N]
    python -m bench.glossing --all [../shared/data/glossing] [--seed N]
    python -m bench.glossing --hold-out TRAIN --track 1|2

The first trains on one file and scores on another, and ends with one line of JSON. Track 1 gives
words, track 2 words that are taken apart. If the training file says how words are taken apart,
track 1 learns that too. `--all` makes the table of three languages and both tracks; `--hold-out`
scores on a tenth of a training file, which is how every setting was chosen.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

for one in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(one, "1")

from app.ml import scores  # noqa: E402 - threads are counted at the first import of numpy
from app.ml.data import Alternative, Line, LineGuess, Morph, Word  # noqa: E402

LANGUAGES = {"Lezgi": "lez", "Tsez": "ddo", "Uspanteko": "usp"}
REFERENCE = {  # word accuracy on the dev files by `SOURCES.md`, tracks 1 and 2
    "Lezgi": (83.3, 87.6),
    "Tsez": (83.8, 86.7),
    "Uspanteko": (81.9, 80.3),
}
MARKS = '.,!?;:"“”«»()…–—*[]¡¿'
WS = "x"
ENGINES = {
    "ranker": "app.ml.gloss",
    "crf": "app.ml.crf",
    "sklearn": "app.ml.pointwise",
    "transformer": "app.ml.transformer",
}


@dataclass(frozen=True)
class Sentence:
    """A sentence of a file: what is asked, and the glosses of its words as they should be."""

    line: Line
    gold: tuple[str, ...]
    text: str


@dataclass
class Result:
    """What a model did on a file."""

    facts: dict[str, Any]
    right: list[int]
    counts: list[int]
    said: list[float]
    hits: list[bool]


def read(path: Path, track: int, translation: bool = True) -> list[Sentence]:
    """The sentences of a file, taken apart where it says so."""
    found = []
    for number, block in enumerate(path.read_text(encoding="utf-8").split("\n\n")):
        tiers = {row[:2]: row[2:].strip() for row in block.splitlines() if row.startswith("\\")}
        if "\\t" not in tiers:
            continue
        words, glosses = tiers["\\t"].split(), tiers.get("\\g", "").split()
        taken = tiers.get("\\m", "").split()
        if track == 2 and len(taken) != len(words):
            words = [one.replace("-", "") for one in taken]
        told = [
            _word(form, taken[n] if len(taken) == len(words) else "", glosses[n : n + 1])
            for n, form in enumerate(words)
        ]
        said = {WS: tiers["\\l"]} if translation and tiers.get("\\l") else {}
        line = Line(str(number), "", tuple(told), said)
        found.append(Sentence(line, tuple(glosses), tiers["\\t"]))
    return found


def covered(sentence: Sentence, track: int) -> Line:
    """A sentence without glosses; without morphs on track 1."""
    words = tuple(
        replace(
            word,
            morphs=tuple(Morph(one.form, "", one.joint) for one in word.morphs)
            if track == 2
            else (),
        )
        for word in sentence.line.words
    )
    return replace(sentence.line, words=words)


def _word(form: str, taken: str, gloss: Sequence[str]) -> Word:
    forms, glosses = taken.split("-") if taken else [], gloss[0].split("-") if gloss else []
    if not glosses:
        glosses = [""] * len(forms)
    if len(forms) != len(glosses):
        forms = [""] * len(glosses)
    morphs = [
        Morph(one, other, "-" if n else "")
        for n, (one, other) in enumerate(zip(forms, glosses, strict=True))
    ]
    return Word(form, tuple(morphs))


class Lookup:
    """The baseline: the most frequent gloss of a word or morph; what was not seen is copied."""

    def __init__(self, lines: Sequence[Line], track: int) -> None:
        self._track = track
        self._seen: dict[str, Counter[str]] = defaultdict(Counter)
        for line in lines:
            for word in line.words:
                if track == 2:
                    for morph in word.morphs:
                        self._seen[morph.form][morph.gloss] += 1
                else:
                    gloss = "-".join(morph.gloss for morph in word.morphs)
                    self._seen[_key(word.form)][gloss] += 1

    def predict(self, lines: Sequence[Line]) -> list[LineGuess]:
        return [LineGuess(one.id, tuple((self._of(word),) for word in one.words)) for one in lines]

    def _of(self, word: Word) -> Alternative:
        forms = [one.form for one in word.morphs] if self._track == 2 else [_key(word.form)]
        glosses = [
            self._seen[form].most_common(1)[0][0] if form in self._seen else form for form in forms
        ]
        morphs = zip(forms, glosses, strict=True)
        return Alternative(tuple(Morph(form, gloss, "-") for form, gloss in morphs), 1.0)


def _key(form: str) -> str:
    return form.lower().strip(MARKS) or form


def train(engine: str, lines: Sequence[Line], track: int, options: Mapping[str, Any]) -> Any:
    """A model of some engine."""
    if engine == "lookup":
        return Lookup(lines, track)
    given = {"from": "morphs" if track == 2 else "words", "target": "gloss", **options}
    return import_module(ENGINES[engine]).train(lines, given, _quiet)


def _quiet(share: float, phase: str) -> None:
    """Nobody is told."""


def measure(
    learnt: Sequence[Sentence],
    asked: Sequence[Sentence],
    track: int,
    engine: str = "ranker",
    options: Mapping[str, Any] = {},
) -> Result:
    """Trains on sentences and scores on others."""
    begun, spent = time.perf_counter(), time.process_time()
    model = train(engine, [one.line for one in learnt], track, options)
    trained = time.perf_counter()
    guesses = model.predict([covered(one, track) for one in asked])
    ended, spent = time.perf_counter(), time.process_time() - spent
    told = [[row[0].gloss if row else "" for row in guess.words] for guess in guesses]
    gold = [one.gold for one in asked]
    right = [
        sum(a == b for a, b in zip(one, other, strict=False))
        for one, other in zip(told, gold, strict=True)
    ]
    said = [row[0].probability for guess in guesses for row in guess.words if row]
    hits = [
        row[0].gloss == gloss
        for guess, other in zip(guesses, gold, strict=True)
        for row, gloss in zip(guess.words, other, strict=False)
        if row
    ]
    facts = {
        "engine": engine,
        "track": track,
        "word": round(100 * scores.word_accuracy(told, gold), 2),
        "morpheme": round(100 * scores.morpheme_accuracy(told, gold), 2),
        "segmentation": _segmentation(guesses, asked),
        "calibration_error": round(scores.calibration_error(said[: len(hits)], hits), 4),
        "train_seconds": round(trained - begun, 1),
        "predict_seconds": round(ended - trained, 1),
        "seconds": round(ended - begun, 1),
        "cpu_seconds": round(spent, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "model_bytes": _bytes(model),
        "train_sentences": len(learnt),
        "test_sentences": len(asked),
        "test_words": sum(map(len, gold)),
    }
    return Result(facts, right, [len(one) for one in gold], said[: len(hits)], hits)


def _segmentation(guesses: Sequence[LineGuess], asked: Sequence[Sentence]) -> float | None:
    """F1 in percent; None where the file does not say how words are taken apart."""
    gold = [[morph.form for word in one.line.words for morph in word.morphs] for one in asked]
    if not any(any(one) for one in gold):
        return None
    said = [
        [morph.form for row in guess.words if row for morph in row[0].morphs] for guess in guesses
    ]
    return round(100 * scores.segmentation_f1(said, gold), 2)


def _bytes(model: Any) -> int:
    """What a model takes on disk."""
    if not hasattr(model, "save"):
        return 0
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held) / "model"
        model.save(folder)
        return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def interval(result: Result) -> tuple[float, float]:
    """The 95 % interval of word accuracy, in percent."""
    found = scores.bootstrap(result.right, result.counts)
    return round(100 * found.low, 1), round(100 * found.high, 1)


def every(folder: Path, engine: str, options: Mapping[str, Any], closed: bool) -> dict[str, Any]:
    """The table of three languages and both tracks."""
    cells, row = {}, "{:10} {:>5} {:>6} {:>11} {:>6} {:>6} {:>5} {:>6} {:>6} {:>6} {:>7} {:>5}"
    names = "language track word 95% lookup new ref morph seg ece cpu MB".split()
    print(row.format(*names))
    for language, code in LANGUAGES.items():
        for track in (1, 2):
            cell = _cell(folder / language, code, track, engine, options, closed)
            cells[f"{language} t{track}"] = cell
            low, high = cell["interval"]
            print(
                row.format(
                    language,
                    track,
                    cell["word"],
                    f"{low}-{high}",
                    cell["lookup"],
                    cell["word_new"],
                    REFERENCE[language][track - 1],
                    cell["morpheme"],
                    str(cell["segmentation"]),
                    cell["calibration_error"],
                    cell["cpu_seconds"],
                    cell["peak_mb"],
                ),
                flush=True,
            )
    mean = statistics.mean(one["word"] for one in cells.values())
    lookup = statistics.mean(one["lookup"] for one in cells.values())
    new = statistics.mean(one["word_new"] for one in cells.values())
    print(f"mean {mean:.2f}, lookup {lookup:.2f}, without sentences that stand in train {new:.2f}")
    return {"mean": round(mean, 2), "lookup": round(lookup, 2), "new": round(new, 2)} | {
        "cells": cells
    }


def _cell(
    folder: Path, code: str, track: int, engine: str, options: Mapping[str, Any], closed: bool
) -> dict[str, Any]:
    """One language and track, measured in a process of its own, so that memory is its own."""
    train_track = 1 if closed and track == 1 else 2
    paths = (
        folder / f"{code}-train-track{train_track}-uncovered",
        folder / f"{code}-dev-track2-uncovered",
    )
    with _forked() as run:
        return run(lambda: _measured(*paths, track, engine, options))


def _measured(
    train_path: Path, test_path: Path, track: int, engine: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    learnt = read(train_path, track)
    asked = read(test_path, track)
    result = measure(learnt, asked, track, engine, options)
    base = measure(learnt, asked, track, "lookup")
    known = {one.text for one in learnt}
    new = [n for n, one in enumerate(asked) if one.text not in known]
    right, counts = (sum(row[n] for n in new) for row in (result.right, result.counts))
    return result.facts | {
        "interval": interval(result),
        "lookup": base.facts["word"],
        "word_new": round(100 * right / counts, 2) if counts else None,
        "new_sentences": len(new),
        "reliability": [
            (one.count, round(one.said, 3), round(one.right, 3))
            for one in scores.reliability(result.said, result.hits)
        ],
        "above": {
            str(least): [round(100 * x, 1) for x in scores.above(result.said, result.hits, least)]
            for least in (0.8, 0.9, 0.95, 0.99)
        },
    }


class _forked:
    """Runs something in a child and brings back what it gave, as JSON."""

    def __enter__(self) -> Callable[[Callable[[], Any]], Any]:
        return self._run

    def __exit__(self, *_: object) -> None:
        pass

    @staticmethod
    def _run(task: Callable[[], Any]) -> Any:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            status = 1
            try:
                with os.fdopen(writing, "w") as file:
                    json.dump(task(), file)
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        with os.fdopen(reading) as file:
            told = file.read()
        os.waitpid(child, 0)
        return json.loads(told)


def split(sentences: Sequence[Sentence], seed: int) -> tuple[list[Sentence], list[Sentence]]:
    """A training file in nine tenths to learn from and one to be asked about."""
    order = list(range(len(sentences)))
    random.Random(seed).shuffle(order)
    held = set(order[: max(1, len(order) // 10)])
    rest = [one for n, one in enumerate(sentences) if n not in held]
    return rest, [sentences[n] for n in sorted(held)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("files", nargs="*", type=Path, help="TRAIN TEST, or the folder of --all")
    parser.add_argument("--track", type=int, choices=(1, 2), default=1)
    parser.add_argument("--engine", choices=(*ENGINES, "lookup"), default="ranker")
    parser.add_argument("--translation", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="the table of the three languages")
    parser.add_argument("--closed", action="store_true", help="with --all: track 1 without \\m")
    parser.add_argument("--hold-out", action="store_true", help="score on a tenth of TRAIN")
    asked = parser.parse_args()
    options = {"seed": asked.seed, "translation": "auto" if asked.translation else "none"}
    if asked.all:
        folder = asked.files[0] if asked.files else Path("../shared/data/glossing")
        print(json.dumps(every(folder, asked.engine, options, asked.closed)))
        return
    sentences = read(asked.files[0], asked.track, asked.translation)
    if asked.hold_out:
        learnt, tested = split(sentences, asked.seed)
    else:
        learnt, tested = sentences, read(asked.files[1], asked.track, asked.translation)
    result = measure(learnt, tested, asked.track, asked.engine, options)
    facts = result.facts | {"interval": interval(result), "seed": asked.seed}
    print(json.dumps(facts))


class _Raw(argparse.RawDescriptionHelpFormatter):
    """The description as it is written."""


if __name__ == "__main__":
    main()
