"""A line of a sentence in ten columns, and the pairs of its last one.

Source: universaldependencies.org, "CoNLL-U Format" and "MISC attributes"; the conventions for
glosses are those of UD_Beja-NSC (GE, RX, Gloss, MSeg, MGloss).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

NONE = "_"
COUNT = 10
_ID = re.compile(r"(\d+)(?:([-.])(\d+))?")
_DEP = re.compile(r"(?:^|(?<=\|))(\d+)(?=:)")
UPOS = frozenset({
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
})  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A line of a sentence.

    Attributes:
        raw: as it is written.
        columns: ten, those that are missing as `_`.
        kind: `word`, `range` (a multiword token), `empty` (an empty node).
        ragged: how many columns it has, where these are not ten.
    """

    raw: str
    columns: tuple[str, ...]
    kind: str = "word"
    ragged: int = 0

    @property
    def id(self) -> str:
        """Its number, as `3`, `3-4` or `3.1`."""
        return self.columns[0]

    @property
    def span(self) -> tuple[int, int]:
        """The numbers of the first and last word of a range."""
        first, _, last = self.id.partition("-")
        return int(first), int(last)

    @property
    def misc(self) -> Misc:
        """The pairs of the last column."""
        return Misc.parse(self.columns[9])


@dataclass
class Misc:
    """The pairs of the last column in their sequence; a value may hold `=` itself."""

    pairs: list[tuple[str, str | None]] = field(default_factory=list)

    @classmethod
    def parse(cls, column: str) -> Misc:
        """The pairs of a column.

        >>> Misc.parse("GE==[POSS].[1SG]|Break").pairs
        [('GE', '=[POSS].[1SG]'), ('Break', None)]
        """
        if column in (NONE, ""):
            return cls()
        made = []
        for piece in column.split("|"):
            key, sign, value = piece.partition("=")
            made.append((key, value if sign else None))
        return cls(made)

    def get(self, key: str) -> str:
        """The first value of a key; empty where there is none."""
        return next((value or "" for name, value in self.pairs if name == key), "")

    def drop(self, *keys: str) -> None:
        """Takes keys out."""
        self.pairs = [one for one in self.pairs if one[0] not in keys]

    def put(self, key: str, value: str) -> None:
        """Sets a key, in its place or at the end; an empty value takes it out."""
        value = clean(value).replace("|", "/")
        if not value:
            self.drop(key)
        elif any(name == key for name, _ in self.pairs):
            self.pairs = [(name, value if name == key else old) for name, old in self.pairs]
        else:
            self.pairs.append((key, value))

    def __str__(self) -> str:
        found = "|".join(key if value is None else f"{key}={value}" for key, value in self.pairs)
        return found or NONE


def parse_token(raw: str) -> Token:
    """A line in its columns; those of a line without tabs are parted by spaces."""
    columns = raw.split("\t")
    if len(columns) == 1:
        columns = raw.split()
    count = len(columns)
    ragged = 0 if count == COUNT else count
    columns = [*(one if one else NONE for one in columns), *[NONE] * (COUNT - count)][:COUNT]
    found = _ID.fullmatch(columns[0])
    kinds = {"-": "range", ".": "empty"}
    kind = kinds.get(found[2] or "", "word") if found else "word"
    if kind == "range" and found and int(found[1]) > int(found[3]):
        kind = "word"
    return Token(raw, tuple(columns), kind, ragged)


def clean(value: str) -> str:
    """A value on one line, without tabs."""
    return " ".join(value.split())


def spaceless(value: str) -> str:
    """A value for a column that may not hold spaces."""
    return "_".join(value.split()) or NONE


def renumbered(token: Token, number: str, numbers: dict[str, str]) -> Token:
    """A line with its number and those of its heads as they are now.

    Args:
        numbers: by old number; heads that are not among them are gone.
    """
    columns = list(token.columns)
    columns[0] = number
    head = columns[6]
    if head not in (NONE, "0"):
        columns[6] = numbers.get(head, NONE)
    columns[8] = _DEP.sub(lambda found: numbers.get(found[1], "0"), columns[8])
    if tuple(columns) == token.columns:
        return token
    return replace(token, columns=tuple(columns), raw="\t".join(columns))
