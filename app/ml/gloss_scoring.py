"""How well candidates of the ranker fit words as an encoder sees them where they stand.

A word, or each morph of one that comes taken apart, is a row of numbers; so is whatever a candidate
is made of: its glosses, its glosses with their forms, its gloss as a whole. Their products are
added up, and with them the ranker's own numbers of a candidate. Imported by child processes only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from app.ml.encoder import Ids, Parts, Stretch, scored, stretches_of
from app.ml.ranker.candidates import MOST, Asked
from app.ml.ranker.features import DENSE, Arrays, hashed

WIDTH = 64  # numbers that a word is; the table has one more, for what holds of all words
_BITS = 31
_LEAST = 4  # a sign that fewer candidates have is not learnt
_DROPPED = 0.3
Places = NDArray[np.int64]


@dataclass
class Grid:
    """Words of some lines with their candidates, ready to be scored.

    Attributes:
        lines: where the words of each line begin.
        stretches: of each line, over its forms; `forms` where those of each word begin.
        starts: where the candidates of each word begin.
        first: where the units of each candidate begin.
        units, wholes, around: signs of units, of candidates and of what stands beside a word.
        order: of each unit in its candidate.
        dense: numbers of each candidate.
    """

    lines: Places
    stretches: list[list[Stretch]]
    forms: Places
    starts: Places
    first: Places
    units: NDArray[np.int32]
    wholes: NDArray[np.int32]
    around: NDArray[np.int32]
    order: Places
    dense: NDArray[np.float32]

    @classmethod
    def of(cls, arrays: Arrays, rows: Sequence[Sequence[Asked]], parts: Parts) -> Self:
        """The grid of lines.

        Args:
            arrays: of their candidates.
            rows: their words.
        """
        forms = [[_forms(one) for one in row] for row in rows]
        stretches = [stretches_of(parts, [one for word in row for one in word]) for row in forms]
        first = arrays.first.astype(np.int64)
        units, wholes, around = _signs(arrays)
        counts = np.diff(first)
        return cls(
            _starts([len(row) for row in rows]),
            stretches,
            _starts([len(word) for row in forms for word in row]),
            arrays.starts.astype(np.int64),
            first,
            units,
            wholes,
            around,
            np.arange(first[-1]) - np.repeat(first[:-1], counts),
            arrays.dense,
        )

    def sizes(self) -> list[int]:
        """Pieces of each line."""
        return [sum(len(p) for one in row for p in one.pieces) for row in self.stretches]


class Scorer(torch.nn.Module):  # type: ignore[misc]
    """The numbers of what candidates are made of.

    Attributes:
        keys: signs that are known, in order.
        table: numbers of each; the first row is of those that are not known.
        leans: how much each number of the ranker counts.
    """

    def __init__(self, keys: NDArray[np.int32]) -> None:
        super().__init__()
        self.keys = keys
        self.table = torch.nn.Parameter(0.05 * torch.randn(len(keys) + 1, WIDTH + 1))
        leans = torch.zeros(DENSE)
        leans[0] = 1.0
        self.leans = torch.nn.Parameter(leans)

    @classmethod
    def known(cls, grid: Grid) -> Self:
        """One that knows the signs in a grid that are not too rare."""
        every = np.concatenate([one.ravel() for one in (grid.units, grid.wholes, grid.around)])
        keys, counts = np.unique(every, return_counts=True)
        return cls(keys[counts >= _LEAST].astype(np.int32))

    def rows(self, signs: NDArray[np.int32]) -> Any:
        """The sums of the numbers of some signs, a row each."""
        at = np.searchsorted(self.keys, signs)
        found = at < len(self.keys)
        found[found] = self.keys[at[found]] == signs[found]
        numbers = torch.from_numpy(np.where(found, at + 1, 0)).to(self.table.device)
        return torch.nn.functional.embedding_bag(numbers, self.table, mode="sum", padding_idx=0)

    def forward(
        self, parts: Parts, grid: Grid, lines: Sequence[int],
        pieces: Sequence[Sequence[Ids]] | None = None,
    ) -> Any:  # fmt: skip
        """Scores of the candidates of the words of some lines, `(words, MOST)`.

        Args:
            pieces: for each stretch other ones than it has.
        """
        words = ranges(grid.lines, np.asarray(lines, np.int64))[0]
        seen, own, first, counts = self._seen(parts, grid, lines, words, pieces)
        candidates, owner = ranges(grid.starts, words)
        units, holder = ranges(grid.first, candidates)
        word = owner[holder]
        at = first[word] + np.minimum(grid.order[units], counts[word] - 1)
        fits = (seen[_on(at, seen)] * self.rows(grid.units[units])).sum(-1)
        score = (own[_on(owner, own)] * self.rows(grid.wholes[candidates])).sum(-1)
        score = score.index_add(0, _on(holder, score), fits)
        dense = torch.from_numpy(grid.dense[candidates]).to(score.device)
        score = score + dense @ self.leans
        inside = candidates - grid.starts[words][owner]
        told = torch.full((len(words), MOST), -torch.inf, device=score.device)
        return told.index_put((_on(owner, score), _on(inside, score)), score)

    def _seen(
        self, parts: Parts, grid: Grid, lines: Sequence[int], words: Places,
        pieces: Sequence[Sequence[Ids]] | None,
    ) -> tuple[Any, Any, Places, Places]:  # fmt: skip
        """Numbers of forms and of words, where the forms of each word begin and how many."""
        held = [one for n in lines for one in grid.stretches[n]]
        counts = np.diff(grid.forms)[words]
        first = np.cumsum(counts) - counts
        begin = np.cumsum([0, *(_count(grid, n) for n in lines)])
        at = np.array(
            [begin[n] + place for n, line in enumerate(lines)
             for one in grid.stretches[line] for place in one.places], np.int64,
        )  # fmt: skip
        total, device = int(counts.sum()), self.table.device
        seen = torch.zeros(total, WIDTH, device=device)
        if held:
            told = scored(parts, held, pieces or [one.pieces for one in held])
            told = torch.nn.functional.dropout(told, _DROPPED, self.training)
            seen = seen.index_put((_on(at, seen),), told)
        word = np.repeat(np.arange(len(words)), counts)
        around = self.rows(grid.around[words])[:, :WIDTH]
        seen = seen + around[_on(word, seen)]
        seen = torch.cat([seen, torch.ones(total, 1, device=device)], 1)
        own = torch.zeros(len(words), WIDTH + 1, device=device).index_add(0, _on(word, seen), seen)
        own = own / torch.from_numpy(counts.astype(np.float32)).to(device)[:, None]
        return seen, own, first, counts

    def kept(self) -> dict[str, NDArray[np.generic]]:
        """Its numbers, at half precision."""
        table = self.table.detach().half().numpy()
        return {"keys": self.keys, "table": table, "leans": self.leans.detach().numpy()}

    @classmethod
    def restored(cls, kept: Mapping[str, NDArray[Any]]) -> Self:
        """One from what `kept` gave.

        Raises:
            ValueError: it is none.
        """
        keys, table, leans = (kept[one] for one in ("keys", "table", "leans"))
        if keys.ndim != 1 or table.shape != (len(keys) + 1, WIDTH + 1) or leans.shape != (DENSE,):
            raise ValueError("numbers of another size")
        made = cls(keys.astype(np.int32))
        made.table.data = torch.from_numpy(table.astype(np.float32))
        made.leans.data = torch.from_numpy(leans.astype(np.float32))
        made.eval()
        return made


def ranges(starts: Places, some: Places) -> tuple[Places, Places]:
    """What some owners have, and the place among them of the owner of each.

    >>> [one.tolist() for one in ranges(np.array([0, 2, 3, 6]), np.array([2, 0]))]
    [[3, 4, 5, 0, 1], [0, 0, 0, 1, 1]]
    """
    counts = starts[some + 1] - starts[some]
    owner = np.repeat(np.arange(len(some)), counts)
    inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return starts[some][owner] + inside, owner


def _count(grid: Grid, line: int) -> int:
    """How many forms a line has."""
    return int(grid.forms[grid.lines[line + 1]] - grid.forms[grid.lines[line]])


def _forms(asked: Asked) -> tuple[str, ...]:
    return asked.forms or (asked.form,)


def _signs(arrays: Arrays) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Signs of units, of candidates, and of the likeliest analyses beside each word."""
    sizes = np.diff(arrays.first)
    offset = np.arange(arrays.first[-1]) - np.repeat(arrays.first[:-1], sizes)
    row = np.repeat(arrays.at[arrays.ids], sizes) + offset
    gloss, form, before, after, _, _, kind, _ = (one[row] for one in arrays.rows)
    units = hashed([(gloss,), (gloss, form), (gloss, before), (gloss, after), (kind,)], 201, _BITS)
    whole, classes, grams, *_, size = (one[arrays.ids] for one in arrays.wholes)
    wholes = hashed([(whole,), (grams,), (classes,), (arrays.signs, size)], 301, _BITS)
    tops = arrays.tops(arrays.starts[:-1].astype(np.int64))
    beside = [(top[arrays.items + far],) for far in (-1, 1) for top in tops]
    return units, wholes, hashed(beside, 401, _BITS)


def _starts(counts: Sequence[int]) -> Places:
    return np.cumsum([0, *counts]).astype(np.int64)


def _on(places: NDArray[Any], like: Any) -> Any:
    return torch.from_numpy(np.ascontiguousarray(places)).to(like.device)
