"""Interlinear lines in words, each with what stands below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain import leipzig
from app.domain.splitting import tokens
from app.formats.standard_format import columns
from app.formats.standard_format.lines import Field
from app.formats.standard_format.mapping import MarkerMap

_LABELS = {
    "line": "words",
    "morphs": "morphs",
    "gloss": "glosses",
    "pos": "parts of speech",
    "word_gloss": "glosses of words",
    "word_pos": "parts of speech of words",
}


@dataclass
class Tier:
    """An interlinear line of one stretch, or of all of them one after the other."""

    marker: str
    text: str
    line: int
    cells: list[str] = field(default_factory=list)


@dataclass
class Unit:
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


class Aligner:
    """Says what of the lines of a stretch stands below which word.

    Args:
        line, morphs: markers of the lines of words and of morphs; empty where there are none.
    """

    def __init__(self, markers: MarkerMap, line: str, morphs: str) -> None:
        self.markers, self.line, self.morphs = markers, line, morphs

    def units(self, stretch: Mapping[str, Tier]) -> list[Unit] | str:
        """The words of a stretch with what stands below them; else why that is unclear."""
        line = stretch[self.line].text if self.line in stretch else ""
        words = columns.tokens_of(line)
        morphs = stretch.get(self.morphs)
        if morphs is not None and morphs.text.strip():
            morphs = self._filled(line, morphs, stretch)
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
                over = "morphs" if of_morphs else "line"
                return (
                    f"The lines \\{marker} and \\{self.morphs if of_morphs else self.line} are not "
                    f"aligned: {below} {_LABELS[name]} below {above} {_LABELS[over]}."
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

    def _filled(self, line: str, morphs: Tier, stretch: Mapping[str, Tier]) -> Tier:
        """The line of morphs with gaps where words have none, if the glosses say so too."""
        below = {
            len(columns.tokens_of(tier.text))
            for marker, tier in stretch.items()
            if self.markers.use(marker).field in ("gloss", "pos")
        }
        if max(below, default=0) <= len(columns.tokens_of(morphs.text)):
            return morphs
        text = columns.fill_gaps(line, morphs.text)
        fits = below == {len(columns.tokens_of(text))}
        return Tier(morphs.marker, text, morphs.line) if fits else morphs

    def _without_marks(self, line: str, lower: str) -> list[str] | None:
        """Cells below words, where marks of punctuation that stand alone have none."""
        chunks = [one.text for one in columns.tokens_of(line)]
        cells = iter(columns.tokens_of(lower))
        words = [any(c.isalnum() for c in one) for one in chunks]
        if sum(words) != len(columns.tokens_of(lower)):
            return None
        return [next(cells).text if is_word else "" for is_word in words]

    def _grouped(
        self, words: Sequence[columns.Token], line: str, morphs: Tier | None
    ) -> list[Unit] | str:
        """The words, each with its morphs."""
        if morphs is None or not morphs.text.strip():
            return [Unit(one.text) for one in words]
        cells = [
            columns.FAILED if one.text == columns.GAP else one.text
            for one in columns.tokens_of(morphs.text)
        ]
        if not words:
            return [Unit("", [cells[one] for one in numbers]) for numbers in columns.group(cells)]
        groups = columns.group(cells)
        real = [one.text for one in words if any(c.isalnum() for c in one.text)]
        if len(groups) not in (len(words), len(real)):
            under = columns.by_columns(line, morphs.text)
            if under is not None:
                return [
                    Unit(one.text, [cells[number] for number in numbers])
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


def stretches_of(block: Sequence[Field], first: str) -> Iterator[dict[str, Tier]]:
    """Interlinear lines in stretches: where one comes again another begins."""
    stretch: dict[str, Tier] = {}
    for one in block:
        if one.marker in stretch or (one.marker == first and stretch):
            yield stretch
            stretch = {}
        stretch[one.marker] = Tier(one.marker, one.raw.replace("\n", " "), one.line)
    if stretch:
        yield stretch


def _placed(
    words: Sequence[columns.Token],
    real: Sequence[str],
    groups: Sequence[list[int]],
    partners: Sequence[int | None],
    cells: Sequence[str],
) -> Iterator[Unit]:
    """Words with their groups; groups of no word stand between them alone."""
    coming = iter(partners)
    following = 0
    everything = len(real) == len(words)
    for one in words:
        is_word = everything or any(c.isalnum() for c in one.text)
        group = next(coming) if is_word else None
        if group is not None:
            for left in groups[following:group]:
                yield Unit("", [cells[number] for number in left])
            following = group + 1
        yield Unit(one.text, [] if group is None else [cells[n] for n in groups[group]])
    for left in groups[following:]:
        yield Unit("", [cells[number] for number in left])


def _bare(text: str) -> str:
    return "".join(token.text for token in tokens(text) if token.is_word) or text
