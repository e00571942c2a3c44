"""Guesses: how the words of a line may be analysed, from the memory and the lexicon.

They are worked out when somebody asks and never stored. Only those get them who may change texts.
A word of a line costs no query of its own: the words are looked up together, then the stretches of
those that were never seen, in the memory and in the lexicon.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from app.domain.ids import new_id
from app.domain.knowledge import (
    Asked,
    Guess,
    Knowledge,
    Order,
    keys_around,
    keys_for,
    keys_of_parts,
    stretches_of,
)
from app.domain.lessons import (
    confirmed,
    form_of,
    neighbours,
    order_fact,
    word_fact,
)
from app.domain.line_guessing import guess_line
from app.domain.messages import say
from app.domain.roles import Action
from app.domain.text import plain
from app.domain.translation_hints import Hints
from app.domain.translations import FOUND, Rendered, keys_of_translation, rendered, totals_fact
from app.services.desk import Desk
from app.services.lexicon_morphs import add_lexicon, morph_types
from app.store import followers, memory
from app.store.memory import Memory

Content = dict[str, Any]
MEMORY = Memory()
_WAIT = 0.5  # seconds that a line waits for the newest confirmation
_PAUSE = 0.02
_FRESH = 30.0  # seconds that the order of sorts may be old, once there is much of it
_MUCH = 5_000


@dataclass(frozen=True)
class Suggestion:
    """An analysis that a word may have.

    Attributes:
        analysis: content of an `Analysis` with ids of its own, origin and confidence.
        origin: `memory`, or `lexicon` where a morph was never seen in a text.
        confidence: from 0 to 1.
        count: how often the word was confirmed so; 0 where it was taken apart.
        reason: for people.
        tentative: its gloss is but a word of the translation.
    """

    analysis: Content
    origin: str
    confidence: float
    count: int
    reason: str
    tentative: bool = False


def suggest(desk: Desk, line: Mapping[str, Any], most: int = 0) -> dict[str, list[Suggestion]]:
    """What the words of a stored utterance without a confirmed analysis may be.

    Args:
        most: of so many words from its beginning; of all if left out.

    Returns:
        By the id of the word, the likeliest first, at most 8; nothing for a word of which nothing
        is known, and nothing at all for those who may not change texts.
    """
    if not may_suggest(desk):
        return {}
    words = list(line.get("words", ()))
    main = _main(desk)
    asked: dict[str, Asked] = {}
    known: list[Content] = []
    for place, word in enumerate(words):
        analysis = confirmed(word)
        if analysis is not None:
            known.append(analysis)
        elif word.get("type") != "punctuation" and not len(asked) == most > 0:
            ws = main if (word.get("form") or {}).get(main) else _first(word, main)
            around = neighbours(words, place, ws)
            form = form_of(word, ws)
            if form:
                where = (place + 0.5) / len(words)
                asked[word["id"]] = Asked(
                    word.get("language") or ws, form, *around, ws, place=where
                )
    return _answers(desk, asked, translation=_translation(line), known=known)


def analyses_of(desk: Desk, form: str, ws: str) -> list[Suggestion]:
    """What a word may be, wherever it stands: as it was confirmed, most often first, then others.

    Args:
        ws: the writing system of the word's language.
    """
    if not may_suggest(desk) or not form.strip():
        return []
    asked = Asked(ws, form.strip(), written=ws)
    return _answers(desk, {"": asked}, everything=True).get("", [])


def may_suggest(desk: Desk) -> bool:
    """Whether somebody gets guesses: those who may change texts."""
    return desk.may(Action.EDIT_OWN) and (desk.scope.member or desk.scope.everything)


def _main(desk: Desk) -> str:
    systems = list(desk.project.get("writing_systems", ()))
    found = next((one for one in systems if one.get("vernacular")), None)
    return str((found or (systems or [{"id": "und"}])[0])["id"])


def _is_own(desk: Desk, ws: str) -> bool:
    """Whether a writing system is one of the object language."""
    systems = desk.project.get("writing_systems", ())
    return ws == _main(desk) or any(one["id"] == ws and one.get("vernacular") for one in systems)


def _first(word: Mapping[str, Any], otherwise: str) -> str:
    return next(iter(word.get("form") or {}), otherwise)


Translation = Mapping[str, Sequence[Rendered]]


def _translation(line: Mapping[str, Any]) -> Translation:
    """The words of the translations of a line, by language."""
    told = {ws: rendered(plain(value)) for ws, value in (line.get("translation") or {}).items()}
    return {ws: words for ws, words in told.items() if words}


def _answers(
    desk: Desk,
    asked: Mapping[str, Asked],
    *,
    everything: bool = False,
    translation: Translation | None = None,
    known: Sequence[Content] = (),
) -> dict[str, list[Suggestion]]:
    """Guesses by word.

    Args:
        everything: words that were seen are taken apart too.
        known: the confirmed analyses of the line.
    """
    if not asked:
        return {}
    seq = freshen(desk)
    knowledge, told = Knowledge(), translation or {}
    keys = keys_for(asked.values())
    keys |= {key for ws, words in told.items() for key in keys_of_translation(ws, words)}
    grammar = _grammar(desk, next(iter(asked.values())).ws, seq)
    _look_up(desk, keys, grammar, knowledge)
    unsure = {
        word: one
        for word, one in asked.items()
        if everything or len(knowledge.under(word_fact(one.ws, one.key))) != 1
    }
    orders = _learn_parts(desk, unsure.values(), knowledge, seq, everything=everything)
    hints = _hints(desk, asked, told, knowledge)
    if hints:
        for analysis in known:
            hints.take(analysis)
    found = guess_line(asked, knowledge, orders, hints, everything=everything)
    return {
        word: [_suggestion(guess, asked[word]) for guess in guesses]
        for word, guesses in found.items()
    }


def _hints(
    desk: Desk, asked: Mapping[str, Asked], translation: Translation, knowledge: Knowledge
) -> Hints | None:
    """What the translation says that is in the language of most glosses; None without one."""
    counts = {ws: knowledge.under(totals_fact(ws)).get(FOUND, 0.0) for ws in translation}
    ws = max(counts, key=lambda one: counts[one], default="")
    if not counts.get(ws):
        return None
    unseen = [one for one in asked.values() if not knowledge.under(word_fact(one.ws, one.key))]
    together = memory.translated(desk.store, desk.scope, [(o.ws, o.key) for o in unseen], ws)
    return Hints(ws, translation[ws], knowledge, together)


def _learn_parts(
    desk: Desk, unsure: Iterable[Asked], knowledge: Knowledge, seq: int, *, everything: bool
) -> dict[str, Order]:
    """Looks up what decides between analyses, and what stretches of unseen words may be.

    Returns:
        The order of sorts by language.
    """
    by_language: dict[str, list[Asked]] = {}
    for one in unsure:
        by_language.setdefault(one.ws, []).append(one)
    orders: dict[str, Order] = defaultdict(lambda: Order({}))
    for ws, words in by_language.items():
        grammar = _grammar(desk, ws, seq)
        unseen = [one for one in words if everything or not knowledge.under(word_fact(ws, one.key))]
        stretches = set().union(*(stretches_of(one.form) for one in unseen))
        keys = {key for one in words for key in keys_around(one)}
        keys |= {key for one in unseen for key in keys_of_parts(one)}
        _look_up(desk, keys, grammar, knowledge)
        whole = {one.key for one in unseen}
        known = unseen and _is_own(desk, ws)  # the lexicon says nothing of other languages
        sorts = add_lexicon(desk, ws, whole, stretches, grammar.types, knowledge) if known else {}
        orders[ws] = grammar.order.with_sorts(sorts)
    return orders


def _suggestion(guess: Guess, asked: Asked) -> Suggestion:
    origin = "lexicon" if guess.from_lexicon else "memory"
    analysis: Content = {"id": new_id("y"), **guess.analysis}
    analysis["morphs"] = [{"id": new_id("m"), **morph} for morph in analysis.get("morphs", ())]
    analysis |= {"origin": origin, "confidence": guess.confidence}
    return Suggestion(
        analysis,
        origin,
        guess.confidence,
        guess.count,
        _reason(guess, asked),
        bool(guess.translated),
    )


def _reason(guess: Guess, asked: Asked) -> str:
    """Why a guess is made, in one line."""
    if guess.count and guess.beside:
        facts = {"count": guess.count, "beside": guess.beside, "other": guess.neighbour}
        if guess.neighbour == asked.before:
            return say("confirmed %(count)s times, %(beside)s after ‘%(other)s’", **facts)
        return say("confirmed %(count)s times, %(beside)s before ‘%(other)s’", **facts)
    if guess.translated:
        return say("perhaps ‘%(word)s’ of the translation", word=guess.translated)
    if guess.count == 1:
        return say("confirmed once")
    if guess.count:
        return say("confirmed %(count)s times", count=guess.count)
    if len(guess.analysis["morphs"]) == 1:
        return say("an entry of the lexicon") if guess.from_lexicon else say("a known morph")
    if guess.known == len(guess.analysis["morphs"]):
        return say("all its morphs are known")
    facts = {"known": guess.known, "all": len(guess.analysis["morphs"])}
    return say("%(known)s of its %(all)s morphs are known", **facts)


@dataclass(frozen=True)
class _Grammar:
    """What is known of a language beside its words, kept a while."""

    order: Order
    types: Mapping[str, str]
    seq: int
    at: float
    facts: dict[str, Mapping[str, float]] = field(default_factory=dict)


_STEADY = ("e", "td", "te", "tn")  # keys of facts that are kept: counts of sorts and of words
_MOST_FACTS = 20_000
_kept: dict[tuple[str, str, str], _Grammar] = {}
_lock = Lock()
_MOST_KEPT = 64


def _grammar(desk: Desk, ws: str, seq: int) -> _Grammar:
    """How the sorts of morphs follow one another: as it is now, or was half a minute ago."""
    key = (desk.store.name, f"{desk.project_id} {desk.scope.everything} {desk.scope.groups}", ws)
    kept = _kept.get(key)
    if kept is not None and (
        kept.seq == seq or (kept.order.size > _MUCH and time.monotonic() - kept.at < _FRESH)
    ):
        return kept
    knowledge = Knowledge()
    memory.look_up(desk.store, desk.scope, [order_fact(ws)], knowledge)
    made = _Grammar(
        Order(knowledge.under(order_fact(ws))), morph_types(desk), seq, time.monotonic()
    )
    with _lock:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[key] = made
    return made


def _look_up(desk: Desk, keys: Set[str], grammar: _Grammar, knowledge: Knowledge) -> None:
    """Adds what was taught under some keys to what is known; takes what is kept from there."""
    if len(grammar.facts) > _MOST_FACTS:
        grammar.facts.clear()
    steady = [key for key in keys if key.startswith(_STEADY)]
    kept = {key: found for key in steady if (found := grammar.facts.get(key)) is not None}
    memory.look_up(desk.store, desk.scope, keys - kept.keys(), knowledge)
    for key in steady:
        if key not in kept:
            grammar.facts[key] = dict(knowledge.under(key))
    for key, found in kept.items():
        knowledge.counts[key] = dict(found)


def freshen(desk: Desk) -> int:
    """Sees that the newest confirmation counts; gives up where a large change is being learnt.

    Returns:
        The number of the last change that is known.
    """
    end = time.monotonic() + _WAIT
    position = followers.position(desk.store, desk.project_id, MEMORY.name)
    while not position.is_current and time.monotonic() < end:
        followers.catch_up(
            desk.store, desk.project_id, (MEMORY,), stop=lambda: time.monotonic() > end
        )
        position = followers.position(desk.store, desk.project_id, MEMORY.name)
        if not position.is_current:  # another process is at it
            time.sleep(_PAUSE)
    return position.seq


def told(suggested: Mapping[str, Sequence[Suggestion]]) -> dict[str, list[Content]]:
    """What was suggested for the words of a line, as the API gives it."""
    return {
        word: [
            {
                "analysis": one.analysis,
                "origin": one.origin,
                "confidence": one.confidence,
                "count": one.count,
                "reason": one.reason,
            }
            for one in found
        ]
        for word, found in suggested.items()
    }
