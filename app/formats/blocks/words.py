"""From words and glosses below one another to words with analyses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.domain import leipzig
from app.domain.ids import new_id
from app.domain.interlinear import make_analysis
from app.domain.text import fold

Content = dict[str, Any]
MARKS = ".,;!?…“”\"‘’'«»‹›„()[]{}¿¡।॥،؛؟。！？、"
_NO_GLOSS = frozenset({"?", "???", "***", "_"})


def pair(
    written: str, glossed: str, ws: str, gloss_ws: str, *, joined: bool = True
) -> tuple[str, list[Content]]:
    """The line and the words that a line of words and one of as many glosses make.

    Without glosses the words have no analysis. Marks at the edges of a word are marks of the line;
    a full stop is the word's own where its gloss ends with one too.

    Args:
        joined: hyphens and the like in the words are joins of morphs.
    """
    line = ""
    made: list[Content] = []
    told = glossed.split()
    for place, chunk in enumerate(written.split()):
        gloss = told[place] if place < len(told) else ""
        before, core, after = parted(chunk, gloss)
        line += " " if line else ""
        for text, gloss_ in ((before, None), (core, gloss), (after, None)):
            if not text:
                continue
            form = leipzig.surface(text) if gloss_ is not None and joined else text
            word = _word(form or text, len(line), ws)
            line += form or text
            if gloss_ is None:
                word["type"] = "punctuation"
            elif glossed:
                _analyse(word, text, _without(gloss_, after), ws, gloss_ws)
            made.append(word)
    return line, made


def place_words(words: list[Content], line: str, ws: str) -> None:
    """Notes where words stand in another line that is said to be the same."""
    at = 0
    folded = fold(line) if len(fold(line)) == len(line) else line
    for word in words:
        form = word["form"][ws]
        start = line.find(form, at)
        if start < 0 and len(fold(form)) == len(form):
            start = folded.find(fold(form), at)
        word.pop("spans", None)
        if start >= 0:
            at = start + len(form)
            word["spans"] = [{"ws": ws, "start": start, "end": at}]
            word["form"] = {ws: line[start:at]}


def parted(chunk: str, gloss: str) -> tuple[str, str, str]:
    """A piece of a line as marks, word and marks.

    >>> parted("“kitabu.”", "book"), parted("Dr.", "Dr."), parted("-Ø", "-PL"), parted("...", "")
    (('“', 'kitabu', '.”'), ('', 'Dr.', ''), ('', '-Ø', ''), ('...', '', ''))
    """
    core = chunk.lstrip(MARKS)
    before = chunk[: len(chunk) - len(core)]
    bare = core.rstrip(MARKS)
    after = core[len(bare) :]
    if after.startswith(".") and gloss.endswith(".") and bare and gloss.strip(MARKS):
        bare, after = bare + ".", after[1:]
    if bare.endswith(("n", "t", "s", "a", "e", "i", "o", "u")) and after in ("'", "’"):
        bare, after = bare + after, ""
    return before, bare, after


def _word(form: str, start: int, ws: str) -> Content:
    span = {"ws": ws, "start": start, "end": start + len(form)}
    return {"id": new_id("w"), "form": {ws: form}, "spans": [span]}


def _without(gloss: str, marks: str) -> str:
    """A gloss without the marks that stand behind its word."""
    gloss = gloss[: -len(marks)] if marks and gloss.endswith(marks) else gloss
    return "" if gloss in _NO_GLOSS else gloss


def _analyse(word: Content, written: str, gloss: str, ws: str, gloss_ws: str) -> None:
    joined = len(leipzig.pieces(written)) > 1 or leipzig.surface(written) != written
    if not (gloss or joined):
        return
    form = word["form"][ws]
    analysis = make_analysis(written, gloss, form, ws, gloss_ws)
    for morph in analysis["morphs"]:
        if "gloss" in morph and morph["gloss"][gloss_ws] in _NO_GLOSS:
            del morph["gloss"]
    if not analysis["morphs"]:
        return
    word["analyses"] = [{**analysis, "origin": "import"}]
    word["chosen"] = analysis["id"]


def bare_words(line: str, ws: str) -> Iterator[Content]:
    """The words of a line of which nothing more is known."""
    yield from pair(line, "", ws, "", joined=False)[1]
