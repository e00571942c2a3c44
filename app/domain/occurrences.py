"""What a concordance finds in an utterance: its words and morphs, each with its surroundings.

A key says on which line something stands and what stands there, folded for search: `w:nyumba`,
`g:pl`. Only the chosen analysis of a word counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain import interlinear
from app.domain.splitting import tokens
from app.domain.text import compare_key, first_plain, fold, plain, plains, words

WORD, MORPH, GLOSS, CATEGORY = "w", "m", "g", "c"
SENSE, ENTRY, WORD_GLOSS, TRANSLATION = "s", "e", "v", "t"
# What of an utterance is counted without being found: its text's words, speakers, accesses.
TEXT_WORDS, SPEAKER, ACCESS = "x", "h", "a"
# Where a neighbour stands: the morph before and after in the word, the word before and after.
MORPH_BEFORE, MORPH_AFTER, WORD_BEFORE, WORD_AFTER = "<", ">", "[", "]"
_LONGEST = 100  # characters of a key
_CONTEXT = 20  # characters by which surroundings are sorted
_AROUND = 4  # words and morphs that make them
_MACHINES = frozenset({"memory", "lexicon", "model"})
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """Something that stands on a line: the line's code, and the value as it is written."""

    line: str
    value: str

    @property
    def key(self) -> str:
        """As it is searched for: without case and marks."""
        return key_of(self.line, self.value)

    @property
    def exact(self) -> str:
        """As it is written, in one normal form."""
        return f"{self.line}:{compare_key(self.value)[:_LONGEST]}"


@dataclass
class Occurrence:
    """A word or morph of an utterance, or the utterance itself for what is said of all of it.

    Attributes:
        place: number of the word, number of the morph; sorts in the order of the utterance.
        at: id of the word or morph, where it has one.
        said: what stands on the lines; a word of one morph is one with it.
        left: what comes before, nearest first, and `right` what follows: for sorting.
        near: keys of neighbours, each after the sign of its place.
        unsure: a machine made the analysis and nobody confirmed it.
    """

    place: tuple[int, int]
    at: str = ""
    said: list[Said] = field(default_factory=list)
    left: str = ""
    right: str = ""
    near: list[str] = field(default_factory=list)
    unsure: bool = False


def key_of(line: str, value: str) -> str:
    """What is searched for on a line, folded; ids stay as they are.

    >>> key_of("g", "PL"), key_of("c", "i_AB")
    ('g:pl', 'c:i_AB')
    """
    return f"{line}:{(value if line in (CATEGORY, SENSE, ENTRY) else fold(value))[:_LONGEST]}"


def occurrences(utterance: Content) -> list[Occurrence]:
    """The words and morphs of an utterance, in order; one without words is taken apart here."""
    units = [_unit(number, word) for number, word in _words(utterance)]
    flat = [unit.text for unit in units]
    found: list[Occurrence] = []
    for place, unit in enumerate(units):
        before = flat[max(0, place - _AROUND) : place][::-1]
        after = flat[place + 1 : place + 1 + _AROUND]
        near = [WORD_BEFORE + key for key in (units[place - 1].seen if place else ())]
        near += [
            WORD_AFTER + key for key in (units[place + 1].seen if place + 1 < len(units) else ())
        ]
        found += unit.occurrences(before, after, near)
    return found


def count_words(utterance: Content) -> int:
    """How many words an utterance has, punctuation left out."""
    return sum(1 for _ in _words(utterance))


def translation_words(utterance: Content) -> list[Said]:
    """Each different word of the free translations."""
    seen: dict[str, Said] = {}
    for value in plains(utterance.get("translation") or {}):
        for word in words(value):
            said = Said(TRANSLATION, word)
            seen.setdefault(said.exact, said)
    return list(seen.values())


@dataclass
class _Morph:
    id: str
    said: list[Said]
    text: str


@dataclass
class _Unit:
    """A word with its chosen analysis."""

    number: int
    id: str
    said: list[Said]
    text: str
    morphs: list[_Morph]
    unsure: bool
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        inside = [one for morph in self.morphs for one in morph.said]
        self.seen = _keys(
            one for one in (*self.said, *inside) if one.line in (WORD, GLOSS, CATEGORY)
        )

    def occurrences(self, before: list[str], after: list[str], near: list[str]) -> list[Occurrence]:
        """The word, and its morphs where it has several."""
        whole = Occurrence(
            (self.number, 0),
            self.id,
            self.said,
            _context(before),
            _context(after),
            near,
            self.unsure,
        )
        if len(self.morphs) == 1:
            whole.said = [*self.said, *self.morphs[0].said]
        if len(self.morphs) < 2:
            return [whole]
        return [whole, *(self._morph(place, before, after, near) for place in self._places())]

    def _places(self) -> range:
        return range(len(self.morphs))

    def _morph(
        self, place: int, before: list[str], after: list[str], near: list[str]
    ) -> Occurrence:
        texts = [morph.text for morph in self.morphs]
        inside = []
        if place:
            inside += _near(MORPH_BEFORE, self.morphs[place - 1])
        if place + 1 < len(self.morphs):
            inside += _near(MORPH_AFTER, self.morphs[place + 1])
        return Occurrence(
            (self.number, place + 1),
            self.morphs[place].id,
            self.morphs[place].said,
            _context([*texts[:place][::-1], *before]),
            _context([*texts[place + 1 :], *after]),
            [*inside, *near],
            self.unsure,
        )


def _words(utterance: Content) -> Iterator[tuple[int, Content]]:
    """The words with their numbers; from the baseline where nobody has made any."""
    made = utterance.get("words")
    if made:
        for number, word in enumerate(made):
            if word.get("type") != "punctuation":
                yield number, word
        return
    for ws, value in (utterance.get("baseline") or {}).items():
        for number, token in enumerate(tokens(plain(value))):
            if token.is_word:
                yield number, {"form": {ws: token.text}}
        return


def _unit(number: int, word: Content) -> _Unit:
    analysis = interlinear.chosen(dict(word)) or {}
    said = [Said(WORD, form) for form in plains(word.get("form") or {})]
    said += [Said(WORD_GLOSS, gloss) for gloss in plains(analysis.get("gloss") or {})]
    said += _lexical(analysis)
    return _Unit(
        number,
        str(word.get("id", "")),
        said,
        fold(first_plain(word.get("form") or {})),
        [_morph(morph) for morph in analysis.get("morphs", ())],
        analysis.get("origin") in _MACHINES and not analysis.get("confirmed_by"),
    )


def _morph(morph: Content) -> _Morph:
    said = [Said(MORPH, form) for form in plains(morph.get("form") or {})]
    said += [Said(GLOSS, gloss) for gloss in plains(morph.get("gloss") or {})]
    said += _lexical(morph)
    return _Morph(morph["id"], said, fold(first_plain(morph.get("form") or {})))


def _lexical(part: Content) -> Iterator[Said]:
    """Category, and the sense or else the entry that it realises."""
    if part.get("pos"):
        yield Said(CATEGORY, part["pos"])
    if part.get("sense"):
        yield Said(SENSE, part["sense"])
    elif part.get("entry"):
        yield Said(ENTRY, part["entry"])


def _near(sign: str, morph: _Morph) -> list[str]:
    named = (one for one in morph.said if one.line in (MORPH, GLOSS, CATEGORY))
    return [sign + key for key in _keys(named)]


def _keys(said: Iterable[Said]) -> list[str]:
    return list(dict.fromkeys(one.key for one in said))


def _context(parts: list[str]) -> str:
    return " ".join(parts[:_AROUND])[:_CONTEXT]
