"""From lines as they are written to words with analyses, and back.

Content here is what the models of `app.domain.texts` dump without defaults.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from app.domain import leipzig
from app.domain.ids import new_id
from app.domain.leipzig import Piece
from app.domain.splitting import DEFAULT, Splitting, Token, tokens
from app.domain.text import first_plain, fold, plain
from app.domain.texts import Join

Content = dict[str, Any]


def make_words(
    line: str,
    ws: str,
    written: str = "",
    glossed: str = "",
    gloss_ws: str = "",
    *,
    facts: Mapping[str, Any] | None = None,
    rules: Splitting = DEFAULT,
) -> list[Content]:
    """The words of a line, each with the analysis that the lines below it give.

    Args:
        line: the baseline.
        written: its words with their joins as in the Leipzig rules; may be empty.
        glossed: the glosses in the same order.
        facts: of each analysis, such as its `origin`.
        rules: how the project parts words.
    """
    found = tokens(line, rules)
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


def align(analysis: Content, form: str, ws: str, anew: Container[str] | None = None) -> Content:
    """An analysis whose morphs say which stretches of the word's form they are.

    Where the morphs spell the word one after the other, infixes inside of the morph before them,
    their parts follow from that. Else those whose forms are new have none, and the others keep
    what they had.

    Args:
        form: the word in the writing system `ws`.
        anew: ids of the morphs whose forms are new; None when it is the word that is.
    """
    morphs = [dict(morph) for morph in analysis.get("morphs", ())]
    if anew is not None and not any(morph["id"] in anew for morph in morphs):
        return analysis
    tiles = _tiles([(_said(morph, ws), morph.get("left") == "<>") for morph in morphs], form)
    for place, morph in enumerate(morphs):
        if tiles is not None:
            morph.pop("parts", None)
            if tiles[place]:
                morph |= {
                    "ws": ws,
                    "parts": [{"start": start, "end": end} for start, end in tiles[place]],
                }
        elif morph.get("ws", ws) == ws and not _keeps_parts(morph, form, ws, anew):
            morph.pop("parts", None)
    return {**analysis, "morphs": morphs}


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


def written_gloss(analysis: Content, ws: str = "", fused: str = "") -> str:
    """The glosses of an analysis in one line, with the joins of their morphs.

    Args:
        fused: what stands between those of morphs that are not joined by a sign, as a root and its
            pattern; a backslash by rule 4D of the Leipzig Glossing Rules.
    """
    morphs = analysis.get("morphs", ())
    told = [first_plain(morph.get("gloss") or {}, (ws,)) for morph in morphs]
    if not any(told):
        return first_plain(analysis.get("gloss") or {}, (ws,))
    found: list[tuple[str, Join]] = []
    for gloss, morph in zip(told, morphs, strict=True):
        left = morph.get("left", "")
        found.append((gloss or "?" if left or not found else f"{fused}{gloss or '?'}", left))
    return leipzig.join(found)


def _filled(glosses: list[str], written: str) -> list[str]:
    return glosses + [""] * (len(written.split()) - len(glosses))


def _is_spelt(surface: str, form: str) -> bool:
    """Whether offsets in the analysed word count in the form too."""
    return len(surface) == len(form) and fold(surface) == fold(form)


def _said(morph: Content, ws: str) -> str:
    form = plain((morph.get("form") or {}).get(ws, ""))
    return "" if form in leipzig.ZEROS else form


def _keeps_parts(morph: Content, form: str, ws: str, anew: Container[str] | None) -> bool:
    if anew is not None:
        return morph["id"] not in anew
    parts = morph.get("parts", ())
    held = "".join(form[part["start"] : part["end"]] for part in parts)
    return bool(parts) and fold(held) == fold(_said(morph, ws))


Spans = list[tuple[int, int]]


def _tiles(said: list[tuple[str, bool]], form: str) -> list[Spans] | None:
    """Where morphs stand in a word that they spell in their order; None if they do not.

    Args:
        said: the form of each, and whether it is an infix of the one before.
    """
    found: list[Spans] = []
    place = at = 0
    while place < len(said):
        infixes: list[str] = []
        while place + 1 + len(infixes) < len(said) and said[place + 1 + len(infixes)][1]:
            infixes.append(said[place + 1 + len(infixes)][0])
        stem = said[place][0]
        length = len(stem) + sum(map(len, infixes))
        laid = _lay(stem, infixes, form[at : at + length])
        if laid is None:
            return None
        found += [[(start + at, end + at) for start, end in spans] for spans in laid]
        at += length
        place += 1 + len(infixes)
    return found if at == len(form) else None


def _lay(stem: str, infixes: list[str], form: str) -> list[Spans] | None:
    """Where a stem and the infixes in it stand, each infix as far to the left as it can."""
    if not infixes:
        return [[(0, len(stem))] if stem else []] if _is_spelt(stem, form) else None
    first, *rest = infixes
    for cut in [*range(1, len(stem) + 1), 0]:
        middle = cut + len(first)
        if not (_is_spelt(stem[:cut], form[:cut]) and _is_spelt(first, form[cut:middle])):
            continue
        after = _lay(stem[cut:], rest, form[middle:])
        if after is not None:
            own, *others = [[(s + middle, e + middle) for s, e in spans] for spans in after]
            head = [(0, cut)] if cut else []
            return [head + own, [(cut, middle)] if first else [], *others]
    return None


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
