"""From a text as it is typed to paragraphs, utterances, words and marks; nothing is lost.

Every project sets its own rules. Boundaries of sentences follow the marks that end one, with the
closing quotes and brackets after them; a mark inside a number or after an abbreviation ends none.

Source: Unicode Standard Annex 29, sections 4 and 5, for the default rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import regex

from app.domain.text import Model, is_written

# Letters, marks, figures, tone letters, characters of nobody's; apostrophes, and hyphens and full
# stops inside a word.
_LETTER = r"\p{L}\p{M}\p{N}\p{Sk}\p{Co}\p{Cn}\u02bc\u02bb\ua78c\u200c\u200d"
_CLOSING = r"[\p{Pe}\p{Pf}\"'\u2019\u201d\u00bb\u203a]"
_MOST_CHARACTERS = 60


class Splitting(Model):
    """How a project parts what is typed.

    Attributes:
        by: an utterance ends with a sentence, or with a line of what is typed.
        ends: marks that end a sentence.
        abbreviations: words with a full stop that end no sentence, such as `Dr.`.
        letters: further characters that belong to words wherever they stand.
        breaks: characters that part words as a space does, such as the tsheg of Tibetan; each is
            kept in the baseline and is no word.
    """

    by: Literal["sentence", "line"] = "sentence"
    ends: str = ".?!…।॥؟۔።᙮。！？"
    abbreviations: tuple[str, ...] = ()
    letters: str = ""
    breaks: str = ""


DEFAULT = Splitting()


@dataclass(frozen=True)
class Token:
    """A word or mark of a line: what it is, and where it stands, in code points."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it is more than punctuation."""
        return is_written(self.text)


def tokens(line: str, rules: Splitting = DEFAULT) -> list[Token]:
    """The words and marks of a line; between them is nothing but white space and breaks.

    >>> [(t.text, t.is_word) for t in tokens("Ng'ombe: “ndi-o”.")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [("Ng'ombe", True), (':', False), ('“', False), ('ndi-o', True), ('”', False), ('.', False)]
    >>> [t.text for t in tokens("ŋ!a:b", Splitting(letters="!:"))]
    ['ŋ!a:b']
    """
    return [Token(found.group(), *found.span()) for found in _pattern(rules).finditer(line)]


def utterances(text: str, rules: Splitting = DEFAULT) -> list[list[str]]:
    r"""Paragraphs of a typed text, each a list of utterances without space around them.

    A blank line ends a paragraph. Within one, `rules.by` says whether lines or sentences are
    utterances; a line break inside a sentence is then a space.

    >>> utterances("Dr. Abe came. “Who?”\nasked I.\n\n3.5 km.", Splitting(abbreviations=("Dr.",)))
    [['Dr. Abe came.', '“Who?”', 'asked I.'], ['3.5 km.']]
    """
    found = []
    for paragraph in regex.split(r"\R[^\S\n]*\R\s*", text.strip()):
        lines = [line.strip() for line in regex.split(r"\R", paragraph) if line.strip()]
        if rules.by == "sentence":
            lines = list(_sentences(" ".join(lines), rules))
        if lines:
            found.append(lines)
    return found


def _sentences(line: str, rules: Splitting) -> Iterator[str]:
    start = 0
    for end in _ends(line, rules):
        if sentence := line[start:end].strip():
            yield sentence
        start = end
    if rest := line[start:].strip():
        yield rest


def _ends(line: str, rules: Splitting) -> Iterator[int]:
    """Offsets after which a new sentence begins."""
    if not rules.ends:
        return
    marks = "".join(regex.escape(mark) for mark in rules.ends)
    for found in regex.finditer(rf"[{marks}]+{_CLOSING}*(?=\s|$)|[。！？]+{_CLOSING}*", line):
        before = line[: found.end()].split()[-1].lstrip("([{“‘«\"'")
        if before not in rules.abbreviations:
            yield found.end()


@lru_cache(maxsize=32)
def _pattern(rules: Splitting) -> regex.Pattern[str]:
    breaks = _class(rules.breaks)
    letter = rf"[{_LETTER}{_class(rules.letters)}]"
    if breaks:
        letter = rf"(?:(?![{breaks}]){letter})"
    return regex.compile(rf"{letter}+(?:['\u2019\u2010\u2011\-]{letter}+)*['\u2019]?|[^\s{breaks}]")


def _class(characters: str) -> str:
    kept = [c for c in characters[:_MOST_CHARACTERS] if not c.isspace()]
    return "".join(regex.escape(character, special_only=False) for character in kept)
