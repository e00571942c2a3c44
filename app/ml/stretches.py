"""Long lines in stretches, and lines by the question: an answer has limits in size and time.

A line of ten thousand words, such as a text that was pasted as one, is asked about and learnt from
piece by piece.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeVar

from app.ml.data import Line

LONGEST = 400  # words of a line that are taken as one
AT_ONCE = 1_500  # words of one question
LINES = 40  # of one question

Body = dict[str, Any]
Asked = TypeVar("Asked", Line, Body)


def cut(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines to learn from, long ones in stretches; these have no translation, which is a whole's.

    >>> from app.ml.data import Word
    >>> [len(one.words) for one in cut([Line("l1", words=(Word("a"),) * 900)])]
    [400, 400, 100]
    """
    for line in lines:
        if len(line.words) <= LONGEST:
            yield line
            continue
        for start in range(0, len(line.words), LONGEST):
            words = line.words[start : start + LONGEST]
            yield replace(line, id=f"{line.id}/{start}", words=words, translations={})


def answers(
    lines: Sequence[Asked],
    ask: Callable[[Sequence[Asked]], Sequence[Body]],
    *,
    whole: bool = False,
    at_once: int = LINES,
) -> Iterator[Body]:
    """What is said of lines, in their order, from as many questions as it takes.

    Args:
        lines: as such, or as objects of JSON.
        ask: what is said of some of them, in their order, each with `words` and perhaps `line`.
        whole: each is taken as one, however long; what is said is about the whole, and short.
            So are lines of which a label says something as a whole.
        at_once: lines of one question.
    """
    pieces = [(place, one) for place, line in enumerate(lines) for one in _pieces(line, whole)]
    said = (
        (place, guess)
        for some in _questions(pieces, at_once)
        for (place, _), guess in zip(some, ask([one for _, one in some]), strict=True)
    )
    for place, found in groupby(said, key=lambda pair: pair[0]):
        yield _joined(lines[place], [guess for _, guess in found])


def _pieces(line: Asked, whole: bool) -> list[Asked]:
    words = _words_of(line)
    labels = line.labels if isinstance(line, Line) else line.get("labels")
    if whole or labels or len(words) <= LONGEST:
        return [line]
    starts = range(0, len(words), LONGEST)
    if isinstance(line, Line):
        return [
            replace(line, id=f"{line.id}/{start}", words=line.words[start : start + LONGEST],
                    translations={})
            for start in starts
        ]  # fmt: skip
    return [
        {**line, "id": f"{line['id']}/{start}", "words": words[start : start + LONGEST],
         "translations": {}}
        for start in starts
    ]  # fmt: skip


def _questions(
    pieces: Sequence[tuple[int, Asked]], at_once: int
) -> Iterator[list[tuple[int, Asked]]]:
    """Pieces as they are asked about together; one alone may be longer than that."""
    some: list[tuple[int, Asked]] = []
    words = 0
    for place, one in pieces:
        count = len(_words_of(one))
        if some and (len(some) == at_once or words + count > AT_ONCE):
            yield some
            some, words = [], 0
        some.append((place, one))
        words += count
    if some:
        yield some


def _words_of(line: Line | Body) -> Sequence[Any]:
    words: Sequence[Any] = line.words if isinstance(line, Line) else line.get("words") or ()
    return words


def _joined(line: Line | Body, guesses: Sequence[Body]) -> Body:
    """What is said of the pieces of a line, as of one line."""
    if len(guesses) == 1:
        return guesses[0]
    told = [list(one.get("words") or ()) for one in guesses]
    name = line.id if isinstance(line, Line) else line["id"]
    guess: Body = {"id": name, "words": [word for one in told for word in one]}
    if any("line" in one for one in guesses):
        guess["line"] = _mean([one.get("line") or () for one in guesses])
    return guess


def _mean(said: Sequence[Iterable[Body]]) -> list[Body]:
    """Labels of several pieces as labels of the whole: their mean probability."""
    sums: defaultdict[str, float] = defaultdict(float)
    for alternatives in said:
        for one in alternatives:
            sums[str(one.get("label", ""))] += float(one["probability"])
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:16]
    return [{"label": label, "probability": total / len(said)} for label, total in ordered]
