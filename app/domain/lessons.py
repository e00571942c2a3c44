"""What the confirmed words of an utterance teach the memory: facts that are counted.

A fact is a key under which it is looked up and a value; the memory knows how often each was
taught. Facts only add up, so that undoing takes away exactly what was added:

- a word, and how it was analysed;
- a word beside its left or right neighbour, and how it was analysed;
- a neighbour, and with which sorts of morph the word beside it began and ended;
- a stretch of letters, and the morph that it was; of a stem also what is spelt nearly so;
- which sort of morph follows which.

Content is what the models of `app.domain.texts` dump without defaults.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from app.domain import leipzig
from app.domain.interlinear import chosen
from app.domain.morph_stretches import stretches
from app.domain.text import compare_key, first_plain, fold, plain

Content = dict[str, Any]
STEM, BEGIN, END = "S", "<", ">"  # sorts of morph beside the labels: a stem, the ends of a word
EDGE = ""  # the neighbour of the first and last word
_MACHINES = frozenset({"memory", "lexicon", "model"})
_MORPH = (
    "form", "ws", "parts", "type", "left", "right", "lemma", "homograph", "gloss", "pos",
    "entry", "sense", "allomorph",
)  # fmt: skip
_WHOLE = ("gloss", "pos", "entry", "sense")
_TAB = "\t"


class Fact(NamedTuple):
    """Something that was taught: under which key, and what."""

    key: str
    value: str

    @property
    def has_content(self) -> bool:
        """Whether the value stands for an analysis or morph that is looked up with it."""
        return self.key[0] in "wmn"


@dataclass
class Lessons:
    """What was taught.

    Attributes:
        counts: how often each fact was.
        contents: what the value of a fact about a word or morph stands for.
    """

    counts: Counter[Fact] = field(default_factory=Counter)
    contents: dict[str, Content] = field(default_factory=dict)


def lessons_of(line: Mapping[str, Any]) -> Lessons:
    """What the confirmed words of an utterance teach."""
    taught = Lessons()
    words = list(line.get("words", ()))
    for place, word in enumerate(words):
        analysis = confirmed(word)
        if analysis is not None and word.get("type") != "punctuation":
            for ws, form in _forms(word, analysis):
                around = neighbours(words, place, ws)
                _teach(taught, word.get("language") or ws, form, around, analysis, ws)
    return taught


def confirmed(word: Mapping[str, Any]) -> Content | None:
    """The chosen analysis of a word if a person or a source stands for it."""
    analysis = chosen(dict(word))
    if analysis is None or not _says_something(analysis):
        return None
    if analysis.get("origin", "person") in _MACHINES and not analysis.get("confirmed_by"):
        return None
    return analysis


def neighbours(words: Sequence[Mapping[str, Any]], place: int, ws: str) -> tuple[str, str]:
    """The keys of the words or marks before and after one, empty at the ends of a line."""
    before = word_key(form_of(words[place - 1], ws)) if place else EDGE
    after = word_key(form_of(words[place + 1], ws)) if place + 1 < len(words) else EDGE
    return before, after


def form_of(word: Mapping[str, Any], ws: str) -> str:
    """The form of a word in a writing system, else in the first that it has."""
    return first_plain(word.get("form") or {}, (ws,))


@lru_cache(maxsize=16384)
def word_key(form: str) -> str:
    """Under which a form is remembered: its letters count, not their case.

    >>> word_key("This.Morning")
    'this.morning'
    """
    return compare_key(compare_key(form).casefold())


def word_fact(ws: str, word: str) -> str:
    """The key of the analyses of a word."""
    return f"w{ws}{_TAB}{word}"


def beside_fact(ws: str, word: str, side: str, neighbour: str) -> str:
    """The key of the analyses of a word beside a neighbour; `side` is `l` or `r`."""
    return f"{side}{ws}{_TAB}{word}{_TAB}{neighbour}"


def edge_fact(ws: str, side: str, neighbour: str) -> str:
    """The key of the sorts with which words begin and end beside a neighbour."""
    return f"e{side}{ws}{_TAB}{neighbour}"


def edges_of(analysis: Mapping[str, Any]) -> tuple[str, ...]:
    """With which sorts the morphs of a word begin and end."""
    morphs = analysis.get("morphs", ())
    if not morphs:
        return ()
    return f"{BEGIN}{sort_of(morphs[0])}", f"{sort_of(morphs[-1])}{END}"


def stretch_fact(ws: str, stretch: str) -> str:
    """The key of the morphs that a stretch of letters was; an empty one for those not seen."""
    return f"m{ws}{_TAB}{stretch}"


def near_fact(ws: str, near: str) -> str:
    """The key of the stems that are spelt nearly so."""
    return f"n{ws}{_TAB}{near}"


@lru_cache(maxsize=16384)
def near_key(stretch: str) -> str:
    """What stems that are spelt nearly alike have in common; empty for less than two letters.

    Marks and the length of letters make no difference.

    >>> near_key("ixóqiil")
    'ixoqil'
    """
    found = "".join(letter for letter, _ in groupby(fold(stretch)))
    return found if len(found) > 1 else ""


def order_fact(ws: str) -> str:
    """The key of which sort of morph follows which."""
    return f"o{ws}"


def sort_of(morph: Mapping[str, Any]) -> str:
    """The sort of a morph: the label with which a grammatical one is glossed, else `STEM`."""
    gloss = first_plain(morph.get("gloss") or {})
    return gloss if is_grammatical(gloss) else STEM


@lru_cache(maxsize=8192)
def is_grammatical(gloss: str) -> bool:
    """Whether a gloss has category labels only.

    >>> is_grammatical("1SG.POSS"), is_grammatical("go.PST"), is_grammatical("house")
    (True, False, False)
    """
    parts = [part for part, _ in leipzig.gloss_parts(gloss) if any(c.isalnum() for c in part)]
    return bool(parts) and all(leipzig.is_label(part) for part in parts)


def essence(analysis: Mapping[str, Any]) -> Content:
    """What of an analysis is remembered: no ids, nobody's name."""
    kept = {key: analysis[key] for key in _WHOLE if analysis.get(key)}
    morphs = [
        {key: morph[key] for key in _MORPH if morph.get(key)}
        for morph in analysis.get("morphs", ())
    ]
    return kept | {"morphs": morphs}


def _says_something(analysis: Mapping[str, Any]) -> bool:
    """Whether there is more than the bare word in it."""
    told = (analysis, *analysis.get("morphs", ()))
    return len(analysis.get("morphs", ())) > 1 or any(
        one.get(key) for one in told for key in _WHOLE
    )


def _forms(word: Mapping[str, Any], analysis: Content) -> Iterator[tuple[str, str]]:
    """The writing systems in which a word teaches: those in which its morphs are written."""
    written = {ws for morph in analysis.get("morphs", ()) for ws in morph.get("form") or {}}
    for ws, value in (word.get("form") or {}).items():
        if plain(value) and (ws in written or not written):
            yield ws, plain(value)


def _teach(
    taught: Lessons, ws: str, form: str, around: tuple[str, str], analysis: Content, written: str
) -> None:
    """Adds what one word teaches.

    Args:
        ws: the writing system under which it is remembered.
        written: that in which it is written here.
    """
    kept = essence(analysis) | {"length": len(form)}
    word, value = word_key(form), _value(kept)
    taught.contents[value] = kept
    taught.counts[Fact(word_fact(ws, word), value)] += 1
    taught.counts[Fact(beside_fact(ws, word, "l", around[0]), value)] += 1
    taught.counts[Fact(beside_fact(ws, word, "r", around[1]), value)] += 1
    for edge in edges_of(kept):
        taught.counts[Fact(edge_fact(ws, "l", around[0]), edge)] += 1
        taught.counts[Fact(edge_fact(ws, "r", around[1]), edge)] += 1
    if len(kept["morphs"]) > 1 or not kept.get("gloss"):
        _teach_morphs(taught, ws, form, kept["morphs"], written)


def _teach_morphs(
    taught: Lessons, ws: str, form: str, morphs: Sequence[Content], written: str
) -> None:
    found = _stretches(form, morphs, written)
    if not found:
        return
    last = BEGIN
    for stretch, morph in zip(found, morphs, strict=True):
        sort = sort_of(morph)
        kept = {key: value for key, value in morph.items() if key not in ("parts", "ws")}
        value = _value(kept | {"sort": sort})
        taught.contents[value] = kept | {"sort": sort}
        taught.counts[Fact(stretch_fact(ws, stretch), value)] += 1
        base = word_key(_said(morph, written))
        if base != stretch:
            taught.counts[Fact(stretch_fact(ws, base), value)] += 1
        taught.counts[Fact(order_fact(ws), f"{last}{_TAB}{sort}")] += 1
        if sort == STEM:
            for near in {near_key(stretch), near_key(base)} - {""}:
                taught.counts[Fact(near_fact(ws, near), value)] += 1
        last = sort
    taught.counts[Fact(order_fact(ws), f"{last}{_TAB}{END}")] += 1


def _stretches(form: str, morphs: Sequence[Content], ws: str) -> tuple[str, ...]:
    """The stretch of the word that each morph is; none where they lie in one another."""
    if any(len(morph.get("parts", ())) > 1 for morph in morphs):
        return ()
    said = tuple(word_key(_said(morph, ws)) for morph in morphs)
    parts = [morph.get("parts", ()) for morph in morphs]
    cut = tuple(word_key(form[one[0]["start"] : one[0]["end"]]) if one else "" for one in parts)
    return cut if "".join(cut) == word_key(form) else stretches(word_key(form), said)


def _said(morph: Content, ws: str) -> str:
    said = first_plain(morph.get("form") or {}, (ws,))
    return "" if said in leipzig.ZEROS else said


def _value(content: Content) -> str:
    told = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(told.encode(), digest_size=9).hexdigest()
