"""Sort keys from a project's own alphabet or rules, and the letter under which a word stands.

An alphabet is a list of letters, digraphs among them, one a line; variants of a letter (capital,
accented) follow it on the line. The longest letter wins. What no letter covers is tried without
its marks, then comes after the alphabet; hyphens, spaces and apostrophes are passed over unless
they are letters. ICU's rules are those of `app.domain.tailoring`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Protocol

from app.domain.project import Collation
from app.domain.tailoring import RuleError, Tailoring
from app.domain.text import fold, fold_anew

_FIRST = 0x100  # first code point that stands for a letter of the alphabet
_OTHER = 0x10000  # letters outside it keep their order after it
_LAST = "\U0010ffff"
OTHER_LETTER = "…"


@dataclass(frozen=True)
class SortKey:
    """A key that sorts as bytes, and the heading that the word belongs under."""

    key: str
    letter: str


class Sorter(Protocol):
    """Gives the words of a writing system their keys."""

    def sort_key(self, word: str) -> SortKey:
        """The key of one word, and the letter under which it stands."""

    def letter_start(self, letter: str) -> str:
        """The key at which the words of a letter begin."""


def make_sorter(collation: Collation) -> Sorter:
    """The sorter that a collation describes."""
    if collation.kind == "alphabet" and collation.letters.strip():
        return Alphabet(collation.letters)
    if collation.kind == "icu" and not problem_of(collation):
        return Tailored(collation.rules)
    return BaseLetters()


def problem_of(collation: Collation) -> str:
    """Why the rules of a file are not applied, in words; empty if they are, or there are none."""
    if collation.kind != "icu":
        return ""
    try:
        Tailoring(collation.rules)
    except RuleError as error:
        return f"{error}."
    return ""


def collation_id(ws: str, collation: Collation) -> str:
    """Names an order, so that rows made for an older alphabet are told from new ones."""
    digest = hashlib.sha256(collation.model_dump_json().encode()).hexdigest()
    return f"{ws}@{digest[:12]}"


class Alphabet:
    r"""A list of letters in order.

    >>> alphabet = Alphabet("a á\nch\nc\nn\nng")
    >>> sorted(["ca", "nga", "na", "cha"], key=lambda word: alphabet.sort_key(word).key)
    ['cha', 'ca', 'na', 'nga']
    """

    def __init__(self, letters: str) -> None:
        self._ranks: dict[str, tuple[int, int]] = {}
        self._headings: list[str] = []
        for line in letters.splitlines():
            variants = [unicodedata.normalize("NFD", v) for v in line.split()]
            if not variants:
                continue
            rank = len(self._headings)
            self._headings.append(unicodedata.normalize("NFC", variants[0]))
            for place, variant in enumerate(variants):
                self._ranks.setdefault(variant, (rank, place))
                self._ranks.setdefault(variant.lower(), (rank, place))
        # capitals of a letter sort with it, unless the alphabet says otherwise
        for letter, (rank, place) in list(self._ranks.items()):
            for other in (letter.upper(), letter.capitalize()):
                self._ranks.setdefault(other, (rank, place + 64))
        self._longest = max((len(letter) for letter in self._ranks), default=1)

    def sort_key(self, word: str) -> SortKey:
        """The key of one word."""
        text = unicodedata.normalize("NFD", word)
        first: list[str] = []
        second: list[str] = []
        heading = ""
        place = 0
        while place < len(text):
            rank, variant, length = self._letter_at(text, place)
            place += length
            if rank < 0:
                continue
            first.append(chr(_FIRST + rank) if rank < _OTHER else chr(rank))
            second.append(chr(0x30 + min(variant, 0xFF)))
            if not heading:
                known = rank < len(self._headings)
                heading = self._headings[rank] if known else OTHER_LETTER
        if not first:
            return SortKey(f"{_LAST}{word}\x01", OTHER_LETTER)
        variants = "".join(second).rstrip("0")
        return SortKey(f"{''.join(first)}\x01{variants}\x01", heading or OTHER_LETTER)

    def letter_start(self, letter: str) -> str:
        """The key at which the words of a letter begin; other letters come at the end."""
        if letter in self._headings:
            return chr(_FIRST + self._headings.index(letter))
        return chr(_OTHER)

    def _letter_at(self, text: str, place: int) -> tuple[int, int, int]:
        """Rank, variant and length of the letter at a place; rank -1 is passed over."""
        for length in range(min(self._longest, len(text) - place), 0, -1):
            found = self._ranks.get(text[place : place + length])
            if found and not _cuts_marks(text, place + length):
                return (*found, length)
        end = place + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        base = text[place]
        found = self._ranks.get(base) or self._ranks.get(base.lower())
        if found:
            return found[0], found[1] + 128, end - place
        if not base.isalnum():
            return -1, 0, end - place
        return _OTHER + min(ord(base.lower()), 0xFFFFF), 0, end - place


def _cuts_marks(text: str, end: int) -> bool:
    """Whether a letter that ends here would lose marks that belong to it."""
    return end < len(text) and unicodedata.combining(text[end]) != 0


class Tailored:
    """The order of ICU's tailoring rules; figures first of all.

    Raises:
        RuleError: a rule is not understood.
    """

    def __init__(self, rules: str) -> None:
        self._rules = Tailoring(rules)

    def sort_key(self, word: str) -> SortKey:
        """The key of one word."""
        first, second, third, letter = self._rules.levels(word)
        if not first:
            return SortKey(f"\x02{word}\x01", OTHER_LETTER)
        begin = "" if letter else "\x02"
        return SortKey(f"{begin}{first}\x01{second}\x01{third}\x01", letter or OTHER_LETTER)

    def letter_start(self, letter: str) -> str:
        """The key at which the words of a letter begin."""
        return "" if letter == OTHER_LETTER else self._rules.start(letter)


class BaseLetters:
    """Without an alphabet: base letters first, then marks, then capitals; figures first of all."""

    def sort_key(self, word: str) -> SortKey:
        """The key of one word."""
        base = "".join(c for c in fold_anew(word) if c.isalnum() or ord(c) > 0x2FF)
        marks = unicodedata.normalize("NFD", word)
        letter = OTHER_LETTER
        if base and base[0].isalpha():
            letter = unicodedata.normalize("NFC", base[0]).upper()
        else:
            base = f"\x02{base}"
        second = marks.lower()
        shown = "" if second == base else second  # most words have no marks and no capitals:
        third = "" if marks == second else marks.swapcase()  # their keys stay short
        return SortKey(f"{base}\x01{shown}\x01{third}", letter)

    def letter_start(self, letter: str) -> str:
        """The key at which the words of a letter begin."""
        return "" if letter == OTHER_LETTER else fold(letter)
