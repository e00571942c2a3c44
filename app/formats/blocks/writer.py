"""Writing texts as glossed examples in plain text, in columns that wrap."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from app.domain import interlinear, leipzig
from app.domain.text import first_plain
from app.domain.texts import Join
from app.formats.base import Contents
from app.formats.blocks.words import pair
from app.formats.text_setting import TextSetting

Content = Mapping[str, Any]
Column = tuple[str, str]
_WIDTH = 100
_SPACES = re.compile(r"\s+")


class Writer:
    """Writes the texts of a project once."""

    def __init__(self, contents: Contents, options: Mapping[str, str]) -> None:
        self.setting = TextSetting(contents, options)

    def write(self, path: Path) -> list[str]:
        """Writes the file; returns what could not be said."""
        with path.open("w", encoding="utf-8", newline="\n") as out:
            begun = False
            for text in self.setting.texts():
                out.write("\n" * begun + f"# {_one_line(self.setting.title(text)) or text['id']}\n")
                begun = True
                for number, utterance in enumerate(self.setting.utterances(text), 1):
                    out.write("\n" + "\n".join(self._block(utterance, number)) + "\n")
        return []

    def _block(self, utterance: Content, number: int) -> Iterator[str]:
        """The lines of an example."""
        head = f"({label})" if _is_number(label := utterance.get("label", "")) else f"({number})"
        indent = " " * max(4, len(head) + 1)
        rows = list(self._rows(utterance)) or [""]
        if told := _one_line(self.setting.told(utterance.get("translation"))):
            rows.append(f"‘{told}’")
        if told := _one_line(self.setting.told(utterance.get("literal"))):
            rows.append(f"lit. ‘{told}’")
        if source := _one_line(utterance.get("source") or ""):
            rows.append(f"({source})")
        for place, row in enumerate(rows):
            yield ((head.ljust(len(indent)) if place == 0 else indent) + row).rstrip()

    def _rows(self, utterance: Content) -> Iterator[str]:
        ws, gloss_ws = self.setting.ws, self.setting.gloss_ws
        baseline = _one_line(self.setting.baseline(utterance))
        columns = list(columns_of(utterance, ws, gloss_ws))
        if not any(gloss for _, gloss in columns):
            line = baseline or " ".join(word for word, _ in columns)
            yield from [line] if line else []
            return
        filled = [(word, gloss or "?") for word, gloss in columns]
        written, glossed = (" ".join(column[row] for column in filled) for row in (0, 1))
        if baseline and baseline != pair(written, glossed, ws, gloss_ws)[0]:
            yield baseline
        for group in _wrapped(filled):
            widths = [max(map(_width, column)) for column in group]
            for row in (0, 1):
                cells = (
                    column[row] + " " * (width - _width(column[row]))
                    for column, width in zip(group, widths, strict=True)
                )
                yield "  ".join(cells).rstrip()


def columns_of(utterance: Content, ws: str, gloss_ws: str) -> Iterator[Column]:
    """Words with the marks that stand close to them, each with its gloss; no spaces in either.

    A mark that stands apart has itself as its gloss.
    """
    made: list[list[str]] = []
    waiting = ""
    words = utterance.get("words", ())
    for place, word in enumerate(words):
        form = _dotted(first_plain(word.get("form") or {}, (ws,)))
        if word.get("type") == "punctuation" and _is_apart(word, words, place):
            made.append([waiting + form, form])
            waiting = ""
            continue
        if word.get("type") == "punctuation":
            if made and not waiting and not _opens(form):
                made[-1][0] += form
            else:
                waiting += form
            continue
        analysis = interlinear.chosen(word) or {}
        written = _dotted(written_word(analysis, ws)) or form
        gloss = _dotted(interlinear.written_gloss(analysis, gloss_ws))
        if written:
            made.append([waiting + written, gloss])
            waiting = ""
    if waiting and made:
        made[-1][0] += waiting
    yield from ((word, gloss) for word, gloss in made)


def written_word(analysis: Content, ws: str) -> str:
    """The morphs of an analysis with their joins, infixes where they stand in their stem."""
    written: list[tuple[str, Join]] = []
    morphs = list(analysis.get("morphs", ()))
    for place, morph in enumerate(morphs):
        if morph.get("left") == "<>" and written and place:
            continue
        infixes = list(takewhile(lambda one: one.get("left") == "<>", morphs[place + 1 :]))
        text = first_plain(morph.get("form") or {}, (ws,))
        written.append((_with_infixes(morph, text, infixes, ws), morph.get("left", "")))
    before = morphs[0].get("left", "") if morphs else ""
    after = morphs[-1].get("right", "") if morphs else ""
    edges = ["" if one == "<>" else one for one in (before, after)]
    return edges[0] + leipzig.join(written) + edges[1]


def _with_infixes(stem: Content, text: str, infixes: list[Content], ws: str) -> str:
    """A stem with its infixes in brackets: by their places, else behind it."""
    said = [first_plain(one.get("form") or {}, (ws,)) for one in infixes]
    parts = sorted((one["start"], one["end"]) for one in stem.get("parts", ()))
    starts = [one["parts"][0]["start"] for one in infixes if one.get("parts")]
    if sum(end - start for start, end in parts) != len(text) or len(starts) < len(infixes):
        return text + "".join(f"<{one}>" for one in said)
    pieces = [*zip(starts, (f"<{one}>" for one in said), strict=True)]
    at = 0
    for start, end in parts:
        pieces.append((start, text[at : at + end - start]))
        at += end - start
    return "".join(piece for _, piece in sorted(pieces, key=lambda one: one[0]))


def _wrapped(columns: list[Column]) -> Iterator[list[Column]]:
    group: list[Column] = []
    used = 0
    for column in columns:
        width = max(map(_width, column)) + 2
        if group and used + width > _WIDTH:
            yield group
            group, used = [], 0
        group.append(column)
        used += width
    if group:
        yield group


def _is_apart(mark: Content, words: Sequence[Content], place: int) -> bool:
    """Whether there is space on both sides of a mark of the line."""
    start, end = _span(mark)
    before = _span(words[place - 1])[1] if place else -1
    after = _span(words[place + 1])[0] if place + 1 < len(words) else end + 1
    return 0 <= before < start and 0 < end < after


def _span(word: Content) -> tuple[int, int]:
    """Where a word stands in the line; before it where that is not known."""
    spans = word.get("spans", ())
    return (spans[0]["start"], spans[0]["end"]) if spans else (-1, -1)


def _opens(form: str) -> bool:
    return all(
        unicodedata.category(character) in ("Ps", "Pi") or character in "¿¡" for character in form
    )


def _dotted(value: str) -> str:
    return _SPACES.sub(".", value.strip())


def _one_line(value: str) -> str:
    return " ".join(str(value).split())


def _is_number(label: str) -> bool:
    return bool(re.fullmatch(r"\d+[a-z]?(\.\d+)*", label))


def _width(value: str) -> int:
    """How many columns a string takes: marks none, wide letters two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in value
    )
