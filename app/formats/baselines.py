"""The line of an utterance and where its words stand in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.domain.text import plain

Dict = dict[str, Any]

_OPENING = frozenset("([{¿¡«‹“‘„‚<")
_CLOSING = frozenset(".,;:!?)]}»›”’…%>،؛؟।")
_ROOM = 20  # code points that a word which is not found may take


def compose(words: Iterable[Dict], ws: str) -> str:
    """The line that words make, where the file has none.

    >>> compose([{"form": {"x": "a"}}, {"form": {"x": "."}, "type": "punctuation"}], "x")
    'a.'
    """
    made: list[str] = []
    glued = True
    for word in words:
        text = plain((word.get("form") or {}).get(ws))
        if not text:
            continue
        mark = word.get("type") == "punctuation"
        if not glued and not (mark and text[0] in _CLOSING):
            made.append(" ")
        made.append(text)
        glued = mark and text[-1] in _OPENING
    return "".join(made)


def locate(line: str, words: Iterable[Dict], ws: str) -> None:
    """Notes on words, in their sequence, where they stand in the line of a writing system."""
    place, slack = 0, 0
    for word in words:
        text = plain((word.get("form") or {}).get(ws))
        if not text:
            continue
        start = _find(line, text, place, slack)
        if start < 0:
            slack += len(text) + _ROOM
            continue
        place, slack = start + len(text), 0
        word.setdefault("spans", []).append({"ws": ws, "start": start, "end": place})


def _find(line: str, text: str, place: int, slack: int) -> int:
    """Where a word begins; -1 unless only words that were not found stand before it."""
    limit = place + slack + len(text)
    while limit < len(line) and not line[limit - len(text)].isalnum():
        limit += 1
    return line.find(text, place, limit)
