r"""The notation of the Leipzig Glossing Rules: words to morphs, glosses, and what does not fit.

A word is written with the joins of its morphs: `-` an affix, `=` a clitic, `~` reduplication,
`<` and `>` around an infix, `Ø` or square brackets in the gloss for a zero morph. The gloss has
the same joins; `.` `:` `;` `\` and `>` stay inside a gloss.

Source: Leipzig Glossing Rules (2015), rules 1 to 10.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

from app.domain.texts import Join

ZERO = "Ø"
ZEROS = frozenset({"Ø", "∅", "ø", "0"})
_JOINS = re.compile(r"([-=~\u2011\u2010])")
_INFIX = re.compile(r"<([^<>]+)>")
_BRACKETED = re.compile(r"\[([^\[\]]+)\]$")
_WITHIN = re.compile(r"[.:;\\>/|()\[\]]")
_MARKS = re.compile(r"([-=~<>.:;\\/|()\[\]\s]+)")
_LABEL = re.compile(r"[0-9]?[A-Z][A-Z0-9]*|[123](?=$)")
_PERSON = re.compile(r"([123])([A-Z]+)$")
_HYPHENS = {"\u2011": "-", "\u2010": "-"}


@dataclass(frozen=True)
class Piece:
    """A morph as it is written.

    Attributes:
        text: without joins; an infixed stem without its infix.
        left, right: its joins.
        parts: (start, end) of each stretch of the word's form; none for a zero morph.
    """

    text: str
    left: Join = ""
    right: Join = ""
    parts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Misfit:
    """What does not fit in a gloss; never a reason to refuse it.

    Attributes:
        code: `words`, `morphs`, `joins` or `label`.
        what: for people.
        word: number of the word, from 0.
    """

    code: Literal["words", "morphs", "joins", "label"]
    what: str
    word: int = 0


def pieces(written: str) -> list[Piece]:
    """The morphs of a written word, a stem before the infixes in it.

    >>> [(p.text, p.left, p.parts) for p in pieces("b<um>ili-Ø=na")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('bili', '', ((0, 1), (3, 6))), ('um', '<>', ((1, 3),)), ('Ø', '-', ()),
     ('na', '=', ((6, 8),))]
    """
    found: list[Piece] = []
    place = 0
    for segment, left, right in _segments(written):
        if segment in ZEROS:
            found.append(Piece(ZERO, left, right))
            continue
        stem, spans, infixes = "", [], []
        for number, text in enumerate(_INFIX.split(segment)):
            if not text:
                continue
            span = (place, place + len(text))
            place += len(text)
            if number % 2:
                infixes.append(Piece(text, "<>", "<>", (span,)))
            else:
                stem += text
                spans.append(span)
        found.append(Piece(stem, left, right, tuple(spans)))
        found.extend(infixes)
    return found


def surface(written: str) -> str:
    """The form of a written word: without joins, infix brackets and zeros.

    >>> surface("b<um>ili-Ø=na")
    'bumilina'
    """
    segments = [segment for segment, _, _ in _segments(written) if segment not in ZEROS]
    return _INFIX.sub(r"\1", "".join(segments))


def glosses(written: str) -> list[str]:
    """The glosses of a written gloss, that of a stem before those of its infixes.

    >>> glosses("<ACTFOC>buy-PST=Q"), glosses("boy[NOM.SG]")
    (['buy', 'ACTFOC', 'PST', 'Q'], ['boy', 'NOM.SG'])
    """
    found: list[str] = []
    for segment, _, _ in _segments(written):
        stem = _INFIX.sub("", segment)
        zero = _BRACKETED.search(stem)
        if zero and zero.start():
            found.append(stem[: zero.start()])
            found.extend(_INFIX.findall(segment))
            found.append(zero.group(1))
        else:
            found.append(stem)
            found.extend(_INFIX.findall(segment))
    return found


def has_bracketed_zero(gloss: str) -> bool:
    """Whether the last morph of a word is one that only its gloss shows: `boy[NOM.SG]`."""
    segments = _segments(gloss)
    zero = _BRACKETED.search(_INFIX.sub("", segments[-1][0])) if segments else None
    return bool(zero and zero.start())


def join(written: list[tuple[str, Join]]) -> str:
    """Writes morphs or glosses with their joins (each with that to its left).

    >>> join([("buy", ""), ("ACTFOC", "<>"), ("PST", "-")])
    'buy<ACTFOC>-PST'
    """
    made = ""
    for text, left in written:
        if left == "<>":
            made += f"<{text}>"
        else:
            made += f"{left if made else ''}{text}"
    return made


def check(form: str, gloss: str, known: Container[str] = frozenset()) -> list[Misfit]:
    """What does not fit between a line of words and a line of glosses.

    Args:
        known: category labels of the project and of the standard list; empty for any.

    >>> [w.what for w in check("ni-na-soma kitabu", "1SG-read book", {"1", "SG"})]
    ['3 morphs and 2 glosses in “ni-na-soma”.']
    """
    words, told = form.split(), gloss.split()
    found = []
    if len(words) != len(told):
        found.append(Misfit("words", f"{len(words)} words and {len(told)} glosses."))
    for number, (word, labels) in enumerate(zip(words, told, strict=False)):
        found += _check_word(number, word, labels)
        if known:
            unknown = [one for one in labels_in(labels) if one not in known]
            found += [
                Misfit("label", f"{label} is not in the project's list.", number)
                for label in dict.fromkeys(unknown)
            ]
    return found


def labels_in(gloss: str) -> list[str]:
    """The category labels in a gloss; person and number are taken apart.

    >>> labels_in("1SG-PST-see.IPFV")
    ['1', 'SG', 'PST', 'IPFV']
    """
    found = []
    for piece in glosses(gloss):
        for part in _WITHIN.split(piece):
            person = _PERSON.match(part)
            if person:
                found += [person.group(1), person.group(2)]
            elif _LABEL.fullmatch(part):
                found.append(part)
    return found


def gloss_parts(gloss: str) -> list[tuple[str, bool]]:
    """A gloss in pieces, each with whether it is a category label, set in small capitals.

    >>> gloss_parts("3SG.SBJ-see")
    [('3SG', True), ('.', False), ('SBJ', True), ('-', False), ('see', False)]
    """
    return [(part, is_label(part)) for part in _MARKS.split(gloss) if part]


def is_label(part: str) -> bool:
    """Whether a part of a gloss is a category label, which is set in small capitals.

    >>> is_label("PST"), is_label("see"), is_label("1SG"), is_label("I")
    (True, False, True, False)
    """
    return part != "I" and bool(_LABEL.fullmatch(part) or _PERSON.fullmatch(part))


def _segments(written: str) -> list[tuple[str, Join, Join]]:
    """The stretches between joins, each with that to its left and right.

    A join inside the brackets of an infix, or at the edge of a word, stays what it is: a clitic
    or affix that is written apart is joined across the boundary.
    """
    depth, pieces_, joins, current = 0, [], [], ""
    for character in written:
        depth += (character == "<") - (character == ">" and depth > 0)
        if depth == 0 and _JOINS.fullmatch(character):
            pieces_.append(current)
            joins.append(_HYPHENS.get(character, character))
            current = ""
        else:
            current += character
    pieces_.append(current)
    made: list[tuple[str, Join, Join]] = []
    for place, text in enumerate(pieces_):
        if text:
            left = joins[place - 1] if place else ""
            right = joins[place] if place < len(joins) else ""
            made.append((text, left, right))  # type: ignore[arg-type]
    return made


def _check_word(number: int, word: str, gloss: str) -> list[Misfit]:
    formed, told = pieces(word), glosses(gloss)
    expected = len(formed) + has_bracketed_zero(gloss)
    if expected != len(told):
        what = f"{expected} morphs and {len(told)} glosses in “{word}”."
        return [Misfit("morphs", what, number)]
    ours = [left for _, left, _ in _segments(word)]
    theirs = [left for _, left, _ in _segments(gloss)]
    if ours != theirs or len(_INFIX.findall(word)) != len(_INFIX.findall(gloss)):
        what = f"“{word}” and “{gloss}” are joined differently."
        return [Misfit("joins", what, number)]
    return []
