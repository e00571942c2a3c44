"""What a form meant in lines that are like this one.

Texts differ in topic and in the habits of those who glossed them. Lines are compared by their
words, those of their translation and the way they are written (capitals, marks); each earlier
occurrence of an ambiguous form counts as much as its line is like the one in question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from app.ml.ranker.surface import Analysis

COLUMNS = 1 << 16
BLOCK = 256  # lines that are compared at once
_OFTEN, _DOUBT = 0.2, 0.05
_SHARP = (1.5, 4.0)  # powers of likeness
Traits = tuple[int, ...]
Floats = NDArray[np.float32]


def traits_of(words: Sequence[str], written: Sequence[str], translation: str) -> Traits:
    """By what a line is compared.

    Args:
        words: keys of its words.
        written: its words as they are written.
        translation: its translation.
    """
    told = {f"w{one}" for one in words}
    told |= {f"p{one}/{other}" for one, other in pairwise(words)}
    told |= {f"t{one}" for one in translation.lower().split()}
    told.add(f"s{style_of(written, translation)}")
    return tuple(sorted({crc32(one.encode()) % COLUMNS for one in told}))


def style_of(written: Sequence[str], translation: str) -> str:
    """How a line is written: capitals and marks at its edges, and those of its translation."""
    first, last = (written[0][:1], written[-1][-1:]) if written else ("", "")
    return "".join(
        (
            "A" if first.isupper() else "a",
            "." if last and not last.isalnum() else "x",
            "A" if translation[:1].isupper() else "a" if translation[:1].isalnum() else "(",
            "." if translation and not translation[-1:].isalnum() else "x",
        )
    )


class Memory:
    """Lines that were learnt from, and what ambiguous forms were in them.

    Attributes:
        lines: their traits.
        places: by form in which lines it stands, with the number of its gloss.
        glosses: by form what its glosses are.
    """

    def __init__(self) -> None:
        self.lines: list[Traits] = []
        self.places: dict[str, tuple[NDArray[np.int32], NDArray[np.int32]]] = {}
        self.glosses: dict[str, dict[str, int]] = {}
        self._turned: csr_matrix | None = None

    def learn(
        self, traits: Sequence[Traits], rows: Sequence[Sequence[tuple[str, Analysis]]]
    ) -> None:
        """Learns lines.

        Args:
            traits: of each line.
            rows: for each line its words, by key, with their analyses.
        """
        self.lines = list(traits)
        held: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, row in enumerate(rows):
            for word, analysis in row:
                if analysis:
                    for key, gloss in keyed(word, analysis):
                        held[key].append((number, gloss))
        for key, told in held.items():
            numbers: dict[str, int] = {}
            kinds = [numbers.setdefault(gloss, len(numbers)) for _, gloss in told]
            if len(numbers) > 1:
                self.glosses[key] = numbers
                at = np.array([number for number, _ in told], np.int32)
                self.places[key] = at, np.array(kinds, np.int32)
        self.finish()

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Lines and places as arrays, for keeping."""
        sizes = [len(row) for row in self.lines]
        rows = [self.places[key] for key in sorted(self.places)]
        small = np.uint16 if len(self.lines) <= 1 << 16 else np.int32
        return {
            "memory.sizes": np.array(sizes, np.uint16),
            "memory.traits": np.array([one for row in self.lines for one in row], np.uint16),
            "memory.counts": np.array([len(at) for at, _ in rows], np.int32),
            "memory.at": np.concatenate(
                [*(at.astype(small) for at, _ in rows), np.zeros(0, small)]
            ),
            "memory.kinds": np.concatenate(
                [*(kinds.astype(np.uint16) for _, kinds in rows), np.zeros(0, np.uint16)]
            ),
        }

    def restore(
        self, arrays: Mapping[str, NDArray[Any]], glosses: Mapping[str, Sequence[str]]
    ) -> None:
        """Puts back what `arrays` gave.

        Raises:
            ValueError: it does not belong together.
        """
        ends = np.cumsum(arrays["memory.sizes"], dtype=np.int64)
        traits, at, kinds = (arrays[f"memory.{one}"] for one in ("traits", "at", "kinds"))
        counts = np.cumsum(arrays["memory.counts"], dtype=np.int64)
        if len(traits) != (ends[-1] if len(ends) else 0) or len(counts) != len(glosses):
            raise ValueError("lines of another size")
        if len(at) != len(kinds) or len(at) != (counts[-1] if len(counts) else 0):
            raise ValueError("places of another size")
        if len(at) and not 0 <= at.min() <= at.max() < len(ends):
            raise ValueError("places in lines that are not there")
        self.lines = [tuple(map(int, row)) for row in np.split(traits, ends[:-1])]
        low = 0
        for key, high in zip(sorted(glosses), counts, strict=True):
            names = glosses[key]
            part = kinds[low:high].astype(np.int32)
            if len(part) and part.max() >= len(names):
                raise ValueError("glosses that are not there")
            self.glosses[key] = {gloss: number for number, gloss in enumerate(names)}
            self.places[key] = at[low:high].astype(np.int32), part
            low = int(high)
        self.finish()

    def finish(self) -> None:
        """Makes the table by which lines are compared."""
        count = len(self.lines)
        often = np.zeros(COLUMNS, np.int32)
        for row in self.lines:
            often[list(row)] += 1
        weight = np.log((count + 1.0) / (often + 0.5))
        weight[often > _OFTEN * count] *= 0.3
        self._weight = np.maximum(weight, 0.05).astype(np.float32)
        self._turned = self._table(self.lines).T.tocsr()

    def likeness(self, traits: Sequence[Traits], own: Sequence[int] | None = None) -> Floats:
        """How alike lines are to those learnt.

        Args:
            traits: of the lines.
            own: their numbers where they are among those learnt, else -1; no line is like itself.
        """
        assert self._turned is not None
        found: Floats = (self._table(traits) @ self._turned).toarray()
        if own is not None:
            there = np.flatnonzero(np.asarray(own) >= 0)
            found[there, np.asarray(own)[there]] = 0.0
        return found

    def recall(self, key: str, like: Floats) -> dict[str, tuple[float, ...]]:
        """How likely each gloss of an ambiguous form is by lines that are alike, as logarithms."""
        places = self.places.get(key)
        if places is None:
            return {}
        at, kinds = places
        near, names = like[at], self.glosses[key]
        tables = []
        for power in _SHARP:
            counts = np.bincount(kinds, near**power, len(names))
            doubt = _DOUBT / len(names)
            tables.append(np.log((counts + doubt) / (counts.sum() + _DOUBT)))
        return {
            name: tuple(float(table[number]) for table in tables) for name, number in names.items()
        }

    def _table(self, traits: Sequence[Traits]) -> csr_matrix:
        sizes = np.array([0, *(len(row) for row in traits)])
        columns = np.fromiter((one for row in traits for one in row), np.int32, sizes.sum())
        values = self._weight[columns]
        table = csr_matrix((values, columns, np.cumsum(sizes)), shape=(len(traits), COLUMNS))
        length = np.sqrt(np.asarray(table.multiply(table).sum(1)).ravel()) + 1e-6
        table.data /= np.repeat(length, np.diff(table.indptr)).astype(np.float32)
        return table


def keyed(word: str, analysis: Analysis) -> list[tuple[str, str]]:
    """What is remembered of a word: its whole gloss, and that of each form."""
    whole = "-".join(gloss for _, gloss in analysis)
    return [(f"w{word}", whole), *((f"u{form.lower()}", gloss) for form, gloss in analysis)]
