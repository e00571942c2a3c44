"""What fewer sentences give, and whether "what 400 more would bring" comes true.

    python -m bench.glossing_curve TRAIN TEST --track 1|2 [--draws 3]

Sentences of TRAIN are drawn in some order; models learn from the first 25, 50, 100 … of them, and
each is scored on TEST. From each part of the curve up to some size the gain of 400 more sentences,
or of as many again where there are fewer, is foretold as the report of a model does it, and is set
beside what they brought: a model that learnt from the first so many more. Ends with one line of
JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.ml import scores
from bench.glossing import Sentence, measure, read

MORE, LEAST, POINTS = (
    400,
    100,
    4,
)  # sentences at most; the first size that foretells; points of a report
OPTIONS = {"seed": 1, "translation": "auto"}


def curve(
    learnt: Sequence[Sentence], asked: Sequence[Sentence], track: int, engine: str
) -> dict[int, tuple[float, float]]:
    """Word accuracy in percent after so many sentences, with that of the baseline."""
    doubled = scores.curve_sizes(len(learnt))
    further = {one + min(MORE, one) for one in doubled if LEAST <= one <= len(learnt) - MORE}
    found = {}
    for size in sorted({*doubled, *further}):
        part = learnt[:size]
        found[size] = (
            measure(part, asked, track, engine, OPTIONS).facts["word"],
            measure(part, asked, track, "lookup").facts["word"],
        )
        print(size, *found[size], flush=True)
    return found


def promises(
    found: Mapping[int, tuple[float, float]], learnt: int
) -> dict[int, tuple[float, float]]:
    """By size how much more was foretold for further sentences, and how much it was."""
    doubled = scores.curve_sizes(learnt)
    told = {}
    for size in doubled:
        more = min(MORE, size)
        if size + more in found and size >= LEAST:
            known = [one for one in doubled if one <= size][-POINTS - 1 :]
            gain = scores.expected_gain({one: found[one][0] / 100 for one in known}, more)
            told[size] = (round(100 * gain, 2), round(found[size + more][0] - found[size][0], 2))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--track", type=int, choices=(1, 2), default=2)
    parser.add_argument("--engine", default="ranker")
    parser.add_argument("--draws", type=int, default=1, help="orders of the sentences")
    asked = parser.parse_args()
    sentences, tested = read(asked.train, asked.track), read(asked.test, asked.track)
    curves, told = [], []
    for draw in range(1, asked.draws + 1):
        drawn = list(sentences)
        random.Random(draw).shuffle(drawn)
        curves.append(curve(drawn, tested, asked.track, asked.engine))
        told.append(promises(curves[-1], len(drawn)))
        print("foretold, came", told[-1], flush=True)
    print(json.dumps(summary(curves, told)))


def summary(
    curves: Sequence[Mapping[int, tuple[float, float]]],
    told: Sequence[Mapping[int, tuple[float, float]]],
) -> dict[str, Any]:
    """Means over the draws."""
    return {
        "curve": {n: _means([one[n] for one in curves]) for n in curves[0]},
        "promises": {n: _means([one[n] for one in told]) for n in told[0]},
        "off": [round(a - b, 2) for one in told for a, b in one.values()],
    }


def _means(rows: Sequence[tuple[float, float]]) -> list[float]:
    return [round(statistics.mean(column), 2) for column in zip(*rows, strict=True)]


class _Raw(argparse.RawDescriptionHelpFormatter):
    """The description as it is written."""


if __name__ == "__main__":
    main()
