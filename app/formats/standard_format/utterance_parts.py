"""From texts and utterances to the fields of Toolbox, alike for reading and for writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain import leipzig
from app.domain.interlinear import chosen, written_gloss, written_morphs
from app.domain.text import plain
from app.formats.standard_format.columns import FAILED, lay_out, tokens_of
from app.formats.standard_format.lines import tidy
from app.formats.standard_format.mapping import MarkerMap
from app.formats.standard_format.shape import MORE, Part
from app.formats.standard_format.values import Dict, Labels, format_time

TIER = "tier"
TIERS = frozenset({"line", "morphs", "gloss", "pos", "word_gloss", "word_pos"})
# types of morphs that stand in a cell of their own, with the sides on which their join is written
SIDES = {
    "suffix": ("left",),
    "enclitic": ("left",),
    "prefix": ("right",),
    "proclitic": ("right",),
    "infix": ("left", "right"),
}
Column = dict[str, str]


@dataclass
class Setting:
    """What the parts of an utterance depend on.

    Attributes:
        persons: name by person.
        media: file name by recording.
        by_bytes: whether columns are counted in bytes.
        spaced: whether morphs without a type stand in cells of their own.
        unsaid: what could not be written, by field.
    """

    markers: MarkerMap
    labels: Labels
    persons: Mapping[str, str] = field(default_factory=dict)
    media: Mapping[str, str] = field(default_factory=dict)
    by_bytes: bool = False
    spaced: bool = False
    unsaid: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Finds the tiers, in the sequence of the mapping."""
        found = [(one, use) for one, use in self.markers.markers.items() if use.field in TIERS]
        self.line = next((one for one, use in found if use.field == "line"), "")
        self.ws = self.markers.use(self.line).ws
        self.morphs = next((one for one, use in found if use.field == "morphs"), "")
        own = [one for one, use in found if use.field != "line"]
        self.tiers = own

    def marker(self, field: str, ws: str = "", type: str = "") -> str:
        """The marker of something; what has none is counted."""
        found = self.markers.find(field, ws, type)
        if not found and type:
            found = self.markers.find(field, ws)
        if not found:
            told = " ".join(one for one in (field, type, f"({ws})" if ws else "") if one)
            self.unsaid[told] = self.unsaid.get(told, 0) + 1
        return found


def text_parts(text: Dict, setting: Setting) -> list[Part]:
    """A text as fields: its name, then what is said of it."""
    parts: list[Part] = []
    titles = {ws: tidy(plain(one)) for ws, one in text.get("title", {}).items() if plain(one)}
    short = {ws: tidy(plain(one)) for ws, one in text.get("abbreviation", {}).items() if plain(one)}
    head = next((one for one, use in setting.markers.markers.items() if use.field == "text"), "")
    if head:
        name = next(iter((short or titles).values()), "")
        parts.append(Part("", "text", head, name))
    for place, (ws, title) in enumerate(titles.items()):
        if short or place:
            _add(parts, f"title/{ws}", setting.marker("title", ws), title)
    for name in ("source", "description"):
        for ws, value in text.get(name, {}).items():
            if plain(value):
                _add(parts, f"{name}/{ws}", setting.marker(name, ws), tidy(plain(value)))
    if text.get("genre"):
        _add(parts, "genre", setting.marker("genre"), setting.labels.label(text["genre"]))
    return parts


def utterance_parts(content: Dict, setting: Setting, more: int = 0) -> list[Part]:
    """An utterance as fields.

    Args:
        more: into how many further stretches its file divides the interlinear lines.
    """
    parts = [Part("", "label", setting.markers.record, content.get("label", ""))]
    _add_time(parts, content, setting)
    if name := setting.persons.get(content.get("speaker") or ""):
        _add(parts, "speaker", setting.marker("speaker"), name)
    for ws, value in content.get("baseline", {}).items():
        if ws != setting.ws and plain(value):
            _add(parts, f"line/{ws}", setting.marker("line", ws), tidy(plain(value)))
    if (block := written_block(content, setting)) is not None:
        parts.append(Part("", TIER, block[0], block[1]))
        parts += [Part("", MORE, block[0], block[1], True) for _ in range(more)]
    for name in ("translation", "literal"):
        for ws, value in content.get(name, {}).items():
            if plain(value):
                _add(parts, f"{name}/{ws}", setting.marker(name, ws), tidy(plain(value)))
    for note in content.get("notes", ()):
        kind = setting.labels.code(note["type"]) if note.get("type") else ""
        typed = f"note:{kind}" if kind else "note"
        for ws, value in note.get("text", {}).items():
            if plain(value):
                marker = setting.marker("note", ws, kind)
                _add(parts, f"{typed}/{ws}", marker, tidy(plain(value)))
    if content.get("source"):
        _add(parts, "utterance_source", setting.marker("utterance_source"), content["source"])
    return parts


def written_block(content: Dict, setting: Setting) -> tuple[str, str] | None:
    """The interlinear lines: the marker of the first, and all of them from there on.

    None where there is neither a line nor a word.
    """
    line = tidy(plain(content.get("baseline", {}).get(setting.ws)))
    words = content.get("words", ())
    if not setting.line or not (line or words):
        return None
    stacks = list(_stacks(line, words, setting))
    cells = [one for _, column in stacks for cell in column for one in cell.items()]
    used = {marker for marker, text in cells if text not in ("", FAILED)}
    if used:
        used.add(setting.morphs)
    tiers = [one for one in setting.tiers if one in used]
    if not tiers and line:
        return setting.line, line
    lines = lay_out(stacks, tiers, by_bytes=setting.by_bytes)
    rest = zip(tiers, lines[1:], strict=True)
    return setting.line, "\n".join([lines[0], *(f"\\{one} {text}" for one, text in rest)])


def _add(parts: list[Part], key: str, marker: str, value: str) -> None:
    if marker:
        parts.append(Part("", key, marker, value))


def _add_time(parts: list[Part], content: Dict, setting: Setting) -> None:
    time = content.get("time") or {}
    href = setting.media.get(time.get("recording") or "", "")
    split = setting.markers.find("start") and setting.markers.find("end")
    if time and split:
        for name in ("start", "end"):
            _add(parts, name, setting.marker(name), format_time(time[name]))
    if not href:
        if time and not split:
            setting.marker("start")
        return
    times = "" if split else f" {format_time(time['start'])} {format_time(time['end'])}"
    _add(parts, "recording", setting.marker("recording"), href + times)


def _stacks(line: str, words: Any, setting: Setting) -> Iterator[tuple[str, list[Column]]]:
    """The pieces of a line, each with the columns below it: one a morph, or one a word."""
    analysed = any(chosen(word) for word in words)
    for chunk, inside in _chunks(line, words, setting.ws):
        cells = [cell for word in inside for cell in _cells(word, setting, analysed)]
        if chunk or cells:
            yield chunk, cells or [{}]


def _chunks(line: str, words: Any, ws: str) -> Iterator[tuple[str, list[Dict]]]:
    """The pieces of a line between spaces, each with the words in it; words in no line alone."""
    pieces = tokens_of(line)
    place = 0
    inside: list[Dict] = []
    for word in words:
        span = next((one for one in word.get("spans", ()) if one["ws"] == ws), None)
        if span is None:
            if inside and place < len(pieces):
                yield pieces[place].text, inside
                place, inside = place + 1, []
            yield "", [word]
            continue
        while place < len(pieces) and pieces[place].end <= span["start"]:
            yield pieces[place].text, inside
            place, inside = place + 1, []
        inside.append(word)
    while place < len(pieces):
        yield pieces[place].text, inside
        place, inside = place + 1, []


def _cells(word: Dict, setting: Setting, analysed: bool) -> Iterator[Column]:
    """The columns of a word: its morphs with glosses and parts of speech."""
    if word.get("type") == "punctuation":
        return
    analysis = chosen(word)
    rows = [dict(row) for row in _rows(word, analysis, setting)] if analysis else []
    if not rows and analysed and setting.morphs:
        rows = [{setting.morphs: FAILED}]
    if analysis:
        for marker in setting.tiers:
            use = setting.markers.use(marker)
            told = _of_word(analysis, use.field, use.ws, setting)
            if told:
                rows = rows or [{}]
                rows[0][marker] = told
    yield from rows


def _of_word(analysis: Dict, field: str, ws: str, setting: Setting) -> str:
    if field == "word_gloss":
        return _cell(plain((analysis.get("gloss") or {}).get(ws)))
    if field == "word_pos" and analysis.get("pos"):
        return _cell(setting.labels.label(analysis["pos"]))
    return ""


def _rows(word: Dict, analysis: Dict, setting: Setting) -> Iterator[Column]:
    morphs = analysis.get("morphs", ())
    types = [setting.labels.code(one["type"]) if one.get("type") else "" for one in morphs]
    # a gloss of the word as a whole stands under the whole word
    whole = _word_glosses(analysis, setting)
    apart = (setting.spaced or any(one in SIDES for one in types)) and not whole
    if not morphs:
        yield _row(whole, {}, word, setting)
    elif not apart or len(morphs) == 1:
        yield _fused(morphs, analysis, whole, setting)
    else:
        told = True  # whether the join to the morph before is written there
        for morph, kind in zip(morphs, types, strict=True):
            yield _spaced(morph, kind, told, setting)
            told = "right" in SIDES.get(kind, ())


def _word_glosses(analysis: Dict, setting: Setting) -> dict[str, str]:
    """Glosses of the word that have no tier of their own, where its morphs have none."""
    found = {}
    for marker in setting.tiers:
        use = setting.markers.use(marker)
        own = any(plain((one.get("gloss") or {}).get(use.ws)) for one in analysis.get("morphs", ()))
        told = plain((analysis.get("gloss") or {}).get(use.ws))
        alone = not setting.markers.find("word_gloss", use.ws)
        if use.field == "gloss" and told and not own and alone:
            found[marker] = told
    return found


def _row(glosses: Mapping[str, str], more: Column, word: Dict, setting: Setting) -> Column:
    row = {marker: _cell(text) for marker, text in glosses.items()} | more
    if row and setting.morphs and setting.morphs not in row:
        row[setting.morphs] = FAILED
    return row


def _fused(morphs: Any, analysis: Dict, whole: Mapping[str, str], setting: Setting) -> Column:
    """A word whose morphs stand in one cell, with their joins."""
    row: Column = {}
    alone = _edges(morphs)
    if setting.morphs:
        told = written_morphs(analysis, setting.ws)
        row[setting.morphs] = _form(alone[0] + told + alone[1])
    for marker in setting.tiers:
        use = setting.markers.use(marker)
        if marker in whole:
            row[marker] = _cell(whole[marker])
        elif use.field == "gloss":
            if any(plain((one.get("gloss") or {}).get(use.ws)) for one in morphs):
                told = written_gloss(_in_one(analysis, use.ws), use.ws)
                row[marker] = _cell(alone[0] + told + alone[1])
        elif use.field == "pos" and any(one.get("pos") for one in morphs):
            labels = [setting.labels.label(one["pos"]) if one.get("pos") else "?" for one in morphs]
            joins = [one.get("left", "") for one in morphs]
            told = leipzig.join(list(zip(labels, joins, strict=True)))
            row[marker] = _cell(alone[0] + told + alone[1])
    return row


def _edges(morphs: Any) -> tuple[str, str]:
    """The joins of a word to what stands before and after it."""
    left, right = morphs[0].get("left") or "", morphs[-1].get("right") or ""
    marks = {"<>": "-"}
    return marks.get(left, left), marks.get(right, right)


def _in_one(analysis: Dict, ws: str) -> Dict:
    """An analysis whose morphs have glosses in one writing system only."""
    morphs = [
        {**one, "gloss": {ws: (one.get("gloss") or {}).get(ws, "")}}
        for one in analysis.get("morphs", ())
    ]
    return {"morphs": morphs}


def _spaced(morph: Dict, kind: str, told: bool, setting: Setting) -> Column:
    """A morph in a cell of its own, with the join on the side that its type says."""
    before, after = _sides(morph, kind)
    if not before and not told and morph.get("left") not in (None, "", "<>"):
        before = morph["left"]
    row: Column = {}
    if setting.morphs:
        form = plain(next(iter((morph.get("form") or {}).values()), ""))
        row[setting.morphs] = _form(before + form + after)
    for marker in setting.tiers:
        use = setting.markers.use(marker)
        if use.field == "gloss":
            text = plain((morph.get("gloss") or {}).get(use.ws))
        elif use.field == "pos":
            text = setting.labels.label(morph["pos"]) if morph.get("pos") else ""
        else:
            continue
        row[marker] = _cell(before + text + after) if text else FAILED
    return row


def _sides(morph: Dict, kind: str) -> tuple[str, str]:
    sides = SIDES.get(kind, ())
    left, right = morph.get("left", "") or "", morph.get("right", "") or ""
    marks = {"<>": "-"}
    return (
        marks.get(left, left) if "left" in sides else "",
        marks.get(right, right) if "right" in sides else "",
    )


def _cell(text: str) -> str:
    return " ".join(text.split()) or FAILED


def _form(text: str) -> str:
    """A cell of the line of morphs, in which spaces divide morphs."""
    return ".".join(text.split()) or FAILED
