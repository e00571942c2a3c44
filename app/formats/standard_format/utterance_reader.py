"""From the fields of a line of a text to an utterance with words, analyses and morphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from app.domain import leipzig
from app.domain import project as lists
from app.domain.ids import new_id
from app.domain.interlinear import tokens
from app.domain.text import fold
from app.formats.base import FoundProblem, Names
from app.formats.standard_format import columns
from app.formats.standard_format.columns import FAILED, JOINS
from app.formats.standard_format.lines import Field, tidy
from app.formats.standard_format.mapping import SKIP, MarkerMap
from app.formats.standard_format.shape import MORE, Seen
from app.formats.standard_format.utterance_parts import TIER, TIERS
from app.formats.standard_format.values import Dict, Labels, parse_time

_LABELS = {
    "line": "words",
    "morphs": "morphs",
    "gloss": "glosses",
    "pos": "parts of speech",
    "word_gloss": "glosses of words",
    "word_pos": "parts of speech of words",
}


@dataclass
class Draft:
    """An utterance while it is read.

    Attributes:
        speaker: name of who speaks.
        recording: name of the recording.
    """

    content: Dict
    line: int
    seen: list[Seen] = field(default_factory=list)
    problems: list[FoundProblem] = field(default_factory=list)
    speaker: str = ""
    recording: str = ""
    start: float | None = None
    end: float | None = None


@dataclass
class _Tier:
    """An interlinear line of one stretch, or of all of them one after the other."""

    marker: str
    text: str
    line: int
    cells: list[str] = field(default_factory=list)


@dataclass
class _Unit:
    """A word with the morphs below it.

    Attributes:
        morphs: cells of the line of morphs.
        told: for each of the further tiers, a cell a morph.
        whole: the same for tiers of words.
    """

    chunk: str
    morphs: list[str] = field(default_factory=list)
    told: dict[str, list[str]] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)


class UtteranceReader:
    """Reads utterances; items of lists are found or made."""

    def __init__(self, names: Names, markers: MarkerMap) -> None:
        self.names, self.markers = names, markers
        self.labels = Labels({}, names.short, names)
        tiers = [(one, use) for one, use in markers.markers.items() if use.field in TIERS]
        self.line = next((one for one, use in tiers if use.field == "line"), "")
        self.morphs = next((one for one, use in tiers if use.field == "morphs"), "")
        self.ws = markers.use(self.line).ws
        self.tiers = {
            one
            for one, use in tiers
            if use.field != "line" or one == self.line
        }

    def read(self, fields: Sequence[Field]) -> Draft:
        """An utterance from its fields, without its text, place and sources."""
        draft = Draft({"id": new_id("l")}, fields[0].line)
        head = fields[0]
        if head.value:
            draft.content["label"] = head.value
        draft.seen.append(Seen("", "label", head.marker, head.raw))
        block: list[Field] = []
        for one in fields[1:]:
            if one.marker in self.tiers:
                if not draft.seen or draft.seen[-1].key not in (TIER, MORE):
                    draft.seen.append(Seen("", MORE if block else TIER, one.marker, one.raw))
                else:
                    draft.seen[-1].raw += f"\n\\{one.marker} {one.raw}"
                block.append(one)
            else:
                self._field(draft, one)
        if block:
            self._block(draft, block)
        self._time(draft)
        return draft

    def _field(self, draft: Draft, one: Field) -> None:
        use = self.markers.use(one.marker)
        if use.field == SKIP:
            return
        key = use.key if one.value and self._put(draft, use.field, use.ws, use.type, one) else ""
        if not one.value and use.field != "keep":
            key = use.key
        draft.seen.append(Seen("", key, one.marker, one.raw))

    def _put(self, draft: Draft, name: str, ws: str, kind: str, one: Field) -> bool:
        """Puts a value into its field; tells whether there was room."""
        content, value = draft.content, one.value
        if name in ("translation", "literal", "line"):
            text = content.setdefault("baseline" if name == "line" else name, {})
            if text.get(ws):
                return False
            text[ws] = value
        elif name == "note":
            note: Dict = {"id": new_id("n"), "text": {ws: value}}
            if kind:
                note["type"] = self.names.item(lists.NOTE_TYPES, kind)
            content.setdefault("notes", []).append(note)
        elif name == "utterance_source" and "source" not in content:
            content["source"] = value
        elif name in ("start", "end") and getattr(draft, name) is None:
            seconds = parse_time(value)
            if seconds is None:
                what = f"\\{one.marker} “{value[:40]}” is no time: it is kept as it is."
                draft.problems.append(FoundProblem(one.line, what))
                return False
            setattr(draft, name, seconds)
        elif name == "speaker" and not draft.speaker:
            draft.speaker = value
        elif name == "recording" and not draft.recording:
            draft.recording, times = split_recording(value)
            if times:
                draft.start, draft.end = times
        else:
            return False
        return True

    def _time(self, draft: Draft) -> None:
        """Sets the time, if begin and end are known and in order; else their fields are kept."""
        start, end = draft.start, draft.end
        if start is not None and end is not None and start <= end:
            draft.content["time"] = {"start": start, "end": end}
            return
        if start is not None or end is not None or draft.recording:
            if start is not None and end is not None:
                what = f"The time ends before it begins ({start} to {end}): it is kept as it is."
                draft.problems.append(FoundProblem(draft.line, what))
            for one in draft.seen:
                if one.key in ("start", "end", "recording"):
                    one.key = ""
        draft.recording = ""

    # --- interlinear lines

    def _block(self, draft: Draft, block: Sequence[Field]) -> None:
        """The words of an utterance from its interlinear lines."""
        stretches = list(_stretches(block, self.line))
        units: list[_Unit] = []
        for stretch in stretches:
            found = self._units(stretch)
            if isinstance(found, str):
                units = self._whole(draft, stretches, found, stretch)
                break
            units += found
        self._words(draft, units)

    def _whole(
        self, draft: Draft, stretches: Sequence[Mapping[str, _Tier]], why: str,
        where: Mapping[str, _Tier],
    ) -> list[_Unit]:  # fmt: skip
        """The words where a stretch fits not: by number over all stretches, else without more."""
        joined: dict[str, _Tier] = {}
        for stretch in stretches:
            for marker, tier in stretch.items():
                known = joined.setdefault(marker, _Tier(marker, "", tier.line))
                known.text = f"{known.text} {tidy(tier.text)}".strip()
        found = self._units(joined) if len(stretches) > 1 else why
        if not isinstance(found, str):
            return found
        line = next((tier.line for tier in where.values()), draft.line)
        what = f"{why} The words are taken without an analysis, the other lines as they are."
        draft.problems.append(FoundProblem(line, what))
        self._keep_tiers(draft)
        text = joined.get(self.line)
        return [_Unit(one.text) for one in columns.tokens_of(text.text if text else "")]

    def _keep_tiers(self, draft: Draft) -> None:
        """Marks all interlinear lines but that of the words as kept."""
        made: list[Seen] = []
        first = True
        for one in draft.seen:
            if one.key not in (TIER, MORE):
                made.append(one)
                continue
            for number, row in enumerate(one.raw.split("\n\\")):
                marker, _, raw = row.partition(" ") if number else (one.marker, "", row)
                key = (TIER if first else MORE) if marker == self.line else ""
                first = first and marker != self.line
                made.append(Seen("", key, marker, raw))
        draft.seen = made

    def _units(self, stretch: Mapping[str, _Tier]) -> list[_Unit] | str:
        """The words of a stretch with what stands below them; else why that is unclear."""
        line = stretch[self.line].text if self.line in stretch else ""
        words = columns.tokens_of(line)
        morphs = stretch.get(self.morphs)
        told: dict[str, list[str]] = {}
        whole: dict[str, list[str]] = {}
        for marker, tier in stretch.items():
            name = self.markers.use(marker).field
            if name in ("line", "morphs"):
                continue
            of_morphs = name in ("gloss", "pos") and morphs is not None
            upper = morphs.text if of_morphs and morphs else line
            cells = columns.align(upper, tier.text) if upper.strip() else None
            if cells is None and not of_morphs:
                cells = self._without_marks(line, tier.text)
            if cells is None and tier.text.strip():
                above = len(columns.tokens_of(upper))
                below = len(columns.tokens_of(tier.text))
                over = _LABELS["morphs" if of_morphs else "line"]
                return (
                    f"The lines \\{marker} and \\{(morphs or tier).marker if of_morphs else self.line}"
                    f" are not aligned: {below} {_LABELS[name]} below {above} {over}."
                )
            (told if of_morphs else whole)[marker] = cells or []
        units = self._grouped(words, line, morphs)
        if isinstance(units, str):
            return units
        place = 0
        for unit in units:
            for marker, cells in told.items():
                unit.told[marker] = cells[place : place + len(unit.morphs)]
            place += len(unit.morphs)
        for marker, cells in whole.items():
            for unit, cell in zip([one for one in units if one.chunk], cells, strict=False):
                unit.whole[marker] = cell
        return units

    def _without_marks(self, line: str, lower: str) -> list[str] | None:
        """Cells below words, where marks of punctuation that stand alone have none."""
        chunks = [one.text for one in columns.tokens_of(line)]
        cells = iter(columns.tokens_of(lower))
        words = [any(c.isalnum() for c in one) for one in chunks]
        if sum(words) != len(columns.tokens_of(lower)):
            return None
        return [next(cells).text if is_word else "" for is_word in words]

    def _grouped(
        self, words: Sequence[columns.Token], line: str, morphs: _Tier | None
    ) -> list[_Unit] | str:
        """The words, each with its morphs."""
        if morphs is None or not morphs.text.strip():
            return [_Unit(one.text) for one in words]
        cells = [one.text for one in columns.tokens_of(morphs.text)]
        if not words:
            return [_Unit("", [cells[one] for one in numbers]) for numbers in columns.group(cells)]
        groups = columns.group(cells)
        real = [one.text for one in words if any(c.isalnum() for c in one.text)]
        if len(groups) not in (len(words), len(real)):
            under = columns.by_columns(line, morphs.text)
            if under is not None:
                return [
                    _Unit(one.text, [cells[number] for number in numbers])
                    for one, numbers in zip(words, under, strict=True)
                ]
        if len(groups) == len(words):
            real = [one.text for one in words]
        surfaces = [leipzig.surface("".join(cells[one] for one in numbers)) for numbers in groups]
        partners = columns.pair([_bare(one) for one in real], [_bare(one) for one in surfaces])
        if partners is None:
            return (
                f"The lines \\{self.line} and \\{morphs.marker} are not aligned: "
                f"{len(groups)} words with morphs below {len(real)} words."
            )
        return list(_placed(words, real, groups, partners, cells))

    # --- words

    def _words(self, draft: Draft, units: Sequence[_Unit]) -> None:
        baseline = " ".join(unit.chunk for unit in units if unit.chunk)
        if baseline:
            draft.content.setdefault("baseline", {})[self.ws] = baseline
        made: list[Dict] = []
        place = 0
        last = max((n for n, unit in enumerate(units) if unit.chunk), default=-1)
        for number, unit in enumerate(units):
            if unit.chunk:
                made += self._chunk(draft, unit, place, number == last)
                place += len(unit.chunk) + 1
            elif word := self._analysed(draft, unit, leipzig.surface("".join(unit.morphs))):
                made.append(word)
        if made:
            draft.content["words"] = made

    def _chunk(self, draft: Draft, unit: _Unit, place: int, last: bool) -> Iterator[Dict]:
        """The word of a piece of the line, and the marks of punctuation around it."""
        start, end = _core(unit.chunk, unit.morphs, last)
        for token in tokens(unit.chunk[:start]):
            yield self._mark(token.text, place + token.start)
        if start < end:
            core = unit.chunk[start:end]
            unit.morphs = [_stripped(one, unit.chunk[end:]) for one in unit.morphs]
            word = self._analysed(draft, unit, core)
            word["spans"] = [{"ws": self.ws, "start": place + start, "end": place + end}]
            yield word
        for token in tokens(unit.chunk[end:]):
            yield self._mark(token.text, place + end + token.start)

    def _mark(self, text: str, start: int) -> Dict:
        span = {"ws": self.ws, "start": start, "end": start + len(text)}
        return {
            "id": new_id("w"),
            "form": {self.ws: text},
            "type": "punctuation",
            "spans": [span],
        }

    def _analysed(self, draft: Draft, unit: _Unit, form: str) -> Dict:
        """A word with the analysis that the lines below it give."""
        word: Dict = {"id": new_id("w"), "form": {self.ws: form}}
        analysis: Dict = {"id": new_id("y"), "origin": "import"}
        if unit.morphs and not all(one == FAILED for one in unit.morphs):
            self._morphs(analysis, unit, form)
        elif not self.morphs and any(join in form.strip(JOINS) for join in "-="):
            self._morphs(analysis, _Unit(form, [form], {k: [v] for k, v in unit.whole.items()}), form)
            unit.whole = {}
        for marker, cell in unit.whole.items():
            use = self.markers.use(marker)
            if cell and cell != FAILED:
                if use.field in ("word_pos", "pos"):
                    analysis["pos"] = self.names.labelled_item(lists.PARTS_OF_SPEECH, cell)
                else:
                    analysis.setdefault("gloss", {})[use.ws] = cell
        if len(analysis) > 2:
            word["analyses"], word["chosen"] = [analysis], analysis["id"]
        return word

    def _morphs(self, analysis: Dict, unit: _Unit, form: str) -> None:
        morphs: list[Dict] = []
        offset = 0
        surface = leipzig.surface("".join(unit.morphs))
        spelt = len(surface) == len(form) and fold(surface) == fold(form)
        for number, cell in enumerate(unit.morphs):
            pieces = leipzig.pieces(cell) or [leipzig.Piece(cell)]
            own = [self._morph(piece, offset, spelt) for piece in pieces]
            if len(own) == 1:
                own[0] |= self._typed(cell)
            for marker, cells in unit.told.items():
                self._told(analysis, own, pieces, marker, cells[number] if cells else "")
            offset += len(leipzig.surface(cell))
            morphs += own
        for one, other in pairwise(morphs):
            if one.get("right") and not other.get("left"):
                other["left"] = one["right"]
            elif other.get("left") and not one.get("right"):
                one["right"] = other["left"]
        analysis["morphs"] = morphs

    def _morph(self, piece: leipzig.Piece, offset: int, spelt: bool) -> Dict:
        morph: Dict = {"id": new_id("m"), "form": {self.ws: piece.text}}
        if spelt and piece.parts:
            morph["ws"] = self.ws
            morph["parts"] = [{"start": a + offset, "end": b + offset} for a, b in piece.parts]
        morph |= {side: found for side in ("left", "right") if (found := getattr(piece, side))}
        return morph

    def _typed(self, cell: str) -> Dict:
        """The type of a morph that a cell of its own shows by its joins."""
        if len(cell.strip(JOINS)) == len(cell) or not cell.strip(JOINS):
            return {}
        before, after = cell[0] in JOINS, cell[-1] in JOINS
        clitic = "=" in (cell[0], cell[-1])
        if before and after:
            name = "infix"
        elif clitic:
            name = "enclitic" if before else "proclitic"
        else:
            name = "suffix" if before else "prefix"
        return {"type": self.names.item(lists.MORPH_TYPES, name)}

    def _told(
        self, analysis: Dict, own: list[Dict], pieces: Sequence[Any], marker: str, cell: str
    ) -> None:
        """Gives a cell of glosses or parts of speech to the morphs above it."""
        if not cell or cell == FAILED:
            return
        use = self.markers.use(marker)
        if len(own) == 1:
            values = [_unjoined(cell, own[0])]
        else:
            values = leipzig.glosses(cell)
        if len(values) != len(own):
            if use.field == "gloss":
                analysis.setdefault("gloss", {})[use.ws] = cell
            else:
                analysis["pos"] = self.names.labelled_item(lists.PARTS_OF_SPEECH, cell)
            return
        for morph, value in zip(own, values, strict=True):
            if not value or value in (FAILED, "?"):
                continue
            if use.field == "gloss":
                morph.setdefault("gloss", {})[use.ws] = value
            else:
                morph["pos"] = self.names.labelled_item(lists.PARTS_OF_SPEECH, value)


def split_recording(value: str) -> tuple[str, tuple[float, float] | None]:
    """The name of a recording, and the times behind it if there are two.

    >>> split_recording("story one.wav 1.5 2"), split_recording("a.wav")
    (('story one.wav', (1.5, 2.0)), ('a.wav', None))
    """
    pieces = value.rsplit(None, 2)
    if len(pieces) == 3:
        start, end = parse_time(pieces[1]), parse_time(pieces[2])
        if start is not None and end is not None:
            return pieces[0], (start, end)
    return value, None


def _stretches(block: Sequence[Field], first: str) -> Iterator[dict[str, _Tier]]:
    """Interlinear lines in stretches: where one comes again another begins."""
    stretch: dict[str, _Tier] = {}
    for one in block:
        if one.marker in stretch or (one.marker == first and stretch):
            yield stretch
            stretch = {}
        stretch[one.marker] = _Tier(one.marker, one.raw.replace("\n", " "), one.line)
    if stretch:
        yield stretch


def _placed(
    words: Sequence[columns.Token],
    real: Sequence[str],
    groups: Sequence[list[int]],
    partners: Sequence[int | None],
    cells: Sequence[str],
) -> Iterator[_Unit]:
    """Words with their groups; groups of no word stand between them alone."""
    coming = iter(partners)
    following = 0
    everything = len(real) == len(words)
    for one in words:
        is_word = everything or any(c.isalnum() for c in one.text)
        group = next(coming) if is_word else None
        if group is not None:
            for left in groups[following:group]:
                yield _Unit("", [cells[number] for number in left])
            following = group + 1
        yield _Unit(one.text, [] if group is None else [cells[n] for n in groups[group]])
    for left in groups[following:]:
        yield _Unit("", [cells[number] for number in left])


def _bare(text: str) -> str:
    return "".join(token.text for token in tokens(text) if token.is_word) or text


def _core(chunk: str, morphs: Sequence[str], last: bool) -> tuple[int, int]:
    """Where the word of a piece of a line begins and ends, without marks around it.

    A full stop that the morphs have too is the word's own, but at the end of the line.
    """
    found = tokens(chunk)
    words = [one for one in found if one.is_word]
    surface = leipzig.surface("".join(morphs))
    if not words:
        return (0, len(chunk)) if surface == chunk else (0, 0)
    start, end = words[0].start, words[-1].end
    if not last and chunk[end:] == "." and surface.endswith("."):
        end += 1
    return start, end


def _stripped(cell: str, marks: str) -> str:
    """A cell without the marks that stand behind its word."""
    return cell[: -len(marks)] if marks and cell.endswith(marks) and cell != marks else cell


def _unjoined(cell: str, morph: Mapping[str, Any]) -> str:
    """A gloss without the joins of its morph."""
    for side, strip in (("left", str.lstrip), ("right", str.rstrip)):
        join = morph.get(side)
        if join in ("-", "=", "~") and strip(cell, JOINS):
            edge = cell[0] if side == "left" else cell[-1]
            cell = strip(cell, JOINS) if edge in JOINS else cell
    return cell
