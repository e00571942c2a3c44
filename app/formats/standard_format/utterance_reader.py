"""From the fields of a line of a text to an utterance with words, analyses and morphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from app.domain import leipzig
from app.domain import project as lists
from app.domain.ids import new_id
from app.domain.splitting import tokens
from app.domain.text import fold
from app.formats.base import FoundProblem, Names
from app.formats.standard_format import columns
from app.formats.standard_format.columns import FAILED, JOINS
from app.formats.standard_format.lines import Field, tidy
from app.formats.standard_format.mapping import SKIP, MarkerMap
from app.formats.standard_format.shape import MORE, Seen
from app.formats.standard_format.units import Aligner, Tier, Unit, stretches_of
from app.formats.standard_format.utterance_parts import TIER, TIERS
from app.formats.standard_format.values import Dict, Labels, parse_time


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


class UtteranceReader:
    """Reads utterances; items of lists are found or made."""

    def __init__(self, names: Names, markers: MarkerMap) -> None:
        self.names, self.markers = names, markers
        self.labels = Labels({}, names.short, names)
        tiers = [(one, use) for one, use in markers.markers.items() if use.field in TIERS]
        self.line = next((one for one, use in tiers if use.field == "line"), "")
        self.morphs = next((one for one, use in tiers if use.field == "morphs"), "")
        self.ws = markers.use(self.line).ws
        self.aligner = Aligner(markers, self.line, self.morphs)
        self.tiers = {one for one, use in tiers if use.field != "line" or one == self.line}

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
        stretches = list(stretches_of(block, self.line))
        units: list[Unit] = []
        for stretch in stretches:
            found = self.aligner.units(stretch)
            if isinstance(found, str):
                units = self._whole(draft, stretches, found, stretch)
                break
            units += found
        self._words(draft, units)

    def _whole(
        self, draft: Draft, stretches: Sequence[Mapping[str, Tier]], why: str,
        where: Mapping[str, Tier],
    ) -> list[Unit]:  # fmt: skip
        """The words where a stretch fits not: by number over all stretches, else without more."""
        joined: dict[str, Tier] = {}
        for stretch in stretches:
            for marker, tier in stretch.items():
                known = joined.setdefault(marker, Tier(marker, "", tier.line))
                known.text = f"{known.text} {tidy(tier.text)}".strip()
        found = self.aligner.units(joined) if len(stretches) > 1 else why
        if not isinstance(found, str):
            return found
        line = next((tier.line for tier in where.values()), draft.line)
        what = f"{why} The words are taken without an analysis, the other lines as they are."
        draft.problems.append(FoundProblem(line, what))
        self._keep_tiers(draft)
        text = joined.get(self.line)
        return [Unit(one.text) for one in columns.tokens_of(text.text if text else "")]

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

    # --- words

    def _words(self, draft: Draft, units: Sequence[Unit]) -> None:
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

    def _chunk(self, draft: Draft, unit: Unit, place: int, last: bool) -> Iterator[Dict]:
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

    def _analysed(self, draft: Draft, unit: Unit, form: str) -> Dict:
        """A word with the analysis that the lines below it give."""
        word: Dict = {"id": new_id("w"), "form": {self.ws: form}}
        analysis: Dict = {"id": new_id("y"), "origin": "import"}
        if unit.morphs and not all(one == FAILED for one in unit.morphs):
            self._morphs(analysis, unit, form)
        elif not self.morphs and any(join in form.strip(JOINS) for join in "-="):
            self._morphs(
                analysis, Unit(form, [form], {key: [one] for key, one in unit.whole.items()}), form
            )
            unit.whole = {}
        else:
            unit.whole |= {
                marker: " ".join(cell for cell in cells if cell != FAILED)
                for marker, cells in unit.told.items()
            }
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

    def _morphs(self, analysis: Dict, unit: Unit, form: str) -> None:
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
        alone = len(own) == 1
        values = [_unjoined(cell, own[0])] if alone else leipzig.glosses(cell)
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
