"""Utterances as models take them: words with what somebody has confirmed of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.lessons import STEM, confirmed, form_of, sort_of
from app.domain.project import MORPH_TYPES, PARTS_OF_SPEECH
from app.domain.text import first_plain, plain
from app.ml.data import Line, Morph, Word
from app.ml.targets import FIELD, SAID
from app.services.desk import Desk
from app.services.projects import list_items

_FREE = ("stem", "root", "bound stem", "bound root", "particle", "phrase")
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Categories:
    """The parts of speech of a project, as models know them.

    Attributes:
        codes: by the id of the item; what models learn, so that one can be used elsewhere.
        free: ids of morph types that a stem has.
    """

    codes: Mapping[str, str] = field(default_factory=dict)
    free: frozenset[str] = frozenset()

    def id_of(self, code: str) -> str:
        """The item with a code; empty if there is none."""
        return next((key for key, one in self.codes.items() if one == code), "")

    def of(self, analysis: Content) -> str:
        """The category of a word: its own, else that of its only stem; empty if it has none."""
        if analysis.get("pos"):
            return self.codes.get(analysis["pos"], "")
        morphs = list(analysis.get("morphs", ()))
        stems = morphs if len(morphs) == 1 else [one for one in morphs if self._is_stem(one)]
        if len(stems) != 1:
            return ""
        return self.codes.get(stems[0].get("pos") or "", "")

    def _is_stem(self, morph: Content) -> bool:
        if morph.get("type"):
            return morph["type"] in self.free
        return sort_of(morph) == STEM


def categories_of(desk: Desk) -> Categories:
    """The parts of speech of the project."""
    items = list_items(desk, codes=(PARTS_OF_SPEECH, MORPH_TYPES))
    return Categories(
        {one["_id"]: str(one["code"]) for one in items if one["list"] == PARTS_OF_SPEECH},
        frozenset(
            one["_id"] for one in items if one["list"] == MORPH_TYPES and one["code"] in _FREE
        ),
    )


def line_of(
    utterance: Content, ws: str, gloss_ws: str, categories: Categories = Categories()
) -> Line:
    """An utterance as models take it: its words with what is confirmed of them.

    Args:
        ws: writing system of the object language; gloss_ws: of the glosses.
        categories: with which words have a part of speech.
    """
    words = tuple(_word(one, ws, gloss_ws, categories) for one in utterance.get("words", ()))
    told = {code: plain(text) for code, text in (utterance.get("translation") or {}).items()}
    return Line(utterance.get("_id") or utterance.get("id") or "", utterance.get("text") or "",
                words, {code: one for code, one in told.items() if one})  # fmt: skip


def said_line(line: Line, utterance: Content, ws: str, into: str = "") -> Line:
    """A line as models that translate take it: what is said in it, with the marks in it.

    Args:
        ws: writing system of the object language.
        into: language of the translation that is learnt; without it there is none.
    """
    told = {SAID: " ".join(plain((utterance.get("baseline") or {}).get(ws, "")).split())}
    if into and line.words:
        told[FIELD] = " ".join(line.translations.get(into, "").split())
    return replace(line, translations={}, labels={key: one for key, one in told.items() if one})


def translation_system(desk: Desk, utterances: Iterable[Content]) -> str:
    """The writing system into which most of some utterances are translated."""
    counts = Counter(ws for one in utterances for ws in one.get("translation") or ())
    systems = [ws["id"] for ws in desk.project.get("writing_systems", ()) if ws.get("analysis")]
    if counts:
        return str(min(counts, key=lambda one: (-counts[one], one)))
    return str((systems or [""])[0])


def gloss_system(desk: Desk, utterances: Iterable[Content]) -> str:
    """The writing system in which most morphs of some utterances are glossed."""
    counts = Counter(
        ws
        for one in utterances
        for word in one.get("words", ())
        for analysis in word.get("analyses", ())
        for holder in (*analysis.get("morphs", ()), analysis)
        for ws in holder.get("gloss") or ()
    )
    systems = [ws["id"] for ws in desk.project.get("writing_systems", ()) if ws.get("analysis")]
    if counts:
        return str(min(counts, key=lambda one: (-counts[one], one)))
    return str((systems or [""])[0])


def strictest(accesses: Iterable[Content | None]) -> dict[str, Any]:
    """Who may read all of some records; members at most, since sentences stand in reports."""
    groups: set[str] | None = None
    for one in accesses:
        if one and one.get("level") == "groups":
            named = set(one.get("groups", ()))
            groups = named if groups is None else groups & named
    return {"level": "members"} if groups is None else {"level": "groups", "groups": sorted(groups)}


def _word(word: Content, ws: str, gloss_ws: str, categories: Categories) -> Word:
    form = form_of(word, ws)
    analysis = confirmed(word)
    if analysis is None or word.get("type") == "punctuation":
        return Word(form, confirmed=False, language=word.get("language") or "")
    held = list(analysis.get("morphs", ()))
    morphs: Sequence[Morph] = [
        Morph(
            plain((one.get("form") or {}).get(ws)) or first_plain(one.get("form") or {}, (ws,)),
            plain((one.get("gloss") or {}).get(gloss_ws)),
            _joint(held[place - 1], one) if place else "",
        )
        for place, one in enumerate(held)
    ]
    whole = plain((analysis.get("gloss") or {}).get(gloss_ws))
    if len(morphs) <= 1 and whole and not (morphs and morphs[0].gloss):
        morphs = [Morph(morphs[0].form if morphs else form, whole)]
    return Word(form, tuple(morphs), categories.of(analysis), word.get("language") or "")


def _joint(before: Content, morph: Content) -> str:
    return str(morph.get("left") or before.get("right") or "-")
