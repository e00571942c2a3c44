"""From lines as they are written to words with analyses, and back.

Content here is what the models of `app.domain.texts` dump without defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import regex

from app.domain import leipzig
from app.domain.ids import new_id
from app.domain.leipzig import Piece
from app.domain.text import first_plain, fold, plain

# Letters, marks, figures, tone letters; apostrophes, and hyphens and full stops inside a word.
_LETTER = r"[\p{L}\p{M}\p{N}\p{Sk}\u02bc\u02bb\ua78c]"
_TOKEN = regex.compile(rf"{_LETTER}+(?:['\u2019\u2010\u2011\-]{_LETTER}+)*['\u2019]?|[^\s]")
Content = dict[str, Any]


@dataclass(frozen=True)
class Token:
    """A word or mark of a line: what it is, and where it stands, in code points."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it is more than punctuation."""
        return any(c.isalnum() for c in self.text)


def tokens(line: str) -> list[Token]:
    """The words and marks of a line; between them is nothing but white space.

    >>> [(t.text, t.is_word) for t in tokens("Ng'ombe: “ndi-o”.")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [("Ng'ombe", True), (':', False), ('“', False), ('ndi-o', True), ('”', False), ('.', False)]
    """
    return [Token(found.group(), *found.span()) for found in _TOKEN.finditer(line)]


def make_words(
    line: str,
    ws: str,
    written: str = "",
    glossed: str = "",
    gloss_ws: str = "",
    *,
    facts: Mapping[str, Any] | None = None,
) -> list[Content]:
    """The words of a line, each with the analysis that the lines below it give.

    Args:
        line: the baseline.
        written: its words with their joins as in the Leipzig rules; may be empty.
        glossed: the glosses in the same order.
        facts: of each analysis, such as its `origin`.
    """
    found = tokens(line)
    analysed = list(zip(written.split(), _filled(glossed.split(), written), strict=False))
    made: list[Content] = []
    for token, morphs in _paired(found, analysed):
        word: Content = {"id": new_id("w")}
        if token is not None:
            word["form"] = {ws: token.text}
            word["spans"] = [{"ws": ws, "start": token.start, "end": token.end}]
            if not token.is_word:
                word["type"] = "punctuation"
        else:
            word["form"] = {ws: leipzig.surface(morphs[0]) if morphs else ""}
        if morphs:
            analysis = make_analysis(*morphs, plain(word["form"][ws]), ws, gloss_ws)
            word["analyses"] = [{**analysis, **(facts or {})}]
            word["chosen"] = analysis["id"]
        made.append(word)
    return made


def make_analysis(written: str, glossed: str, form: str, ws: str, gloss_ws: str) -> Content:
    """An analysis from a word with joins and its gloss.

    Where the numbers of morphs and glosses differ, the gloss is the word's.
    """
    pieces = leipzig.pieces(written)
    glosses = leipzig.glosses(glossed)
    if leipzig.has_bracketed_zero(glossed) and len(glosses) == len(pieces) + 1:
        pieces.append(Piece(leipzig.ZERO, "-"))
    fits = len(pieces) == len(glosses)
    aligned = _is_spelt(leipzig.surface(written), form)
    analysis: Content = {"id": new_id("y"), "morphs": []}
    for place, piece in enumerate(pieces):
        morph: Content = {"id": new_id("m"), "form": {ws: piece.text}}
        if aligned:
            morph["ws"] = ws
            morph["parts"] = [{"start": start, "end": end} for start, end in piece.parts]
        morph |= {side: found for side in ("left", "right") if (found := getattr(piece, side))}
        if fits and glosses[place]:
            morph["gloss"] = {gloss_ws: glosses[place]}
        analysis["morphs"].append(morph)
    if glossed and not fits:
        analysis["gloss"] = {gloss_ws: glossed}
    return analysis


def chosen(word: Content) -> Content | None:
    """The analysis of a word that holds; None if none was chosen."""
    wanted = word.get("chosen")
    return next((one for one in word.get("analyses", ()) if one["id"] == wanted), None)


def written_morphs(analysis: Content, ws: str = "") -> str:
    """The morphs of an analysis in one line, with their joins."""
    found = [
        (first_plain(morph.get("form") or {}, (ws,)), morph.get("left", ""))
        for morph in analysis.get("morphs", ())
    ]
    return leipzig.join(found)


def written_gloss(analysis: Content, ws: str = "") -> str:
    """The glosses of an analysis in one line, with the joins of their morphs."""
    morphs = analysis.get("morphs", ())
    told = [first_plain(morph.get("gloss") or {}, (ws,)) for morph in morphs]
    if not any(told):
        return first_plain(analysis.get("gloss") or {}, (ws,))
    joins = [morph.get("left", "") for morph in morphs]
    return leipzig.join([(gloss or "?", left) for gloss, left in zip(told, joins, strict=True)])


def _filled(glosses: list[str], written: str) -> list[str]:
    return glosses + [""] * (len(written.split()) - len(glosses))


def _is_spelt(surface: str, form: str) -> bool:
    """Whether offsets in the analysed word count in the form too."""
    return len(surface) == len(form) and fold(surface) == fold(form)


def _paired(
    found: list[Token], analysed: list[tuple[str, str]]
) -> Iterator[tuple[Token | None, tuple[str, str] | None]]:
    """Each token with its analysis: by order where there are as many, else by spelling."""
    words = [token for token in found if token.is_word]
    partner: dict[int, int] = {}
    if len(words) == len(analysed):
        partner = {token.start: place for place, token in enumerate(words)}
    else:
        ours = [fold(token.text) for token in words]
        theirs = [fold(leipzig.surface(written)) for written, _ in analysed]
        for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                partner[words[block.a + step].start] = block.b + step
    following = 0
    for token in found:
        place = partner.get(token.start)
        if place is not None:
            while following < place:
                yield None, analysed[following]
                following += 1
            following = place + 1
        yield token, None if place is None else analysed[place]
    for left in analysed[following:]:
        yield None, left
