"""Under which words a wordnet is searched for a sense, and what a project teaches for it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.domain.concepts import Facts, Meaning, Words
from app.domain.gloss_keys import (
    Alternative,
    alternatives,
    base_forms,
    is_caused,
    is_common,
    is_label,
    noun_heads,
    other_heads,
    variants,
    verb_heads,
)
from app.domain.messages import say


@dataclass(frozen=True, slots=True)
class Key:
    """A word to look up.

    Attributes:
        weight: logarithm of how sure it is that the sense means what the word does.
        reason: how it was come by, in words.
        pos: the part of speech in which it is meant, where that is known.
        broader: it names what is above the sense.
    """

    key: str
    weight: float
    reason: str
    pos: str = ""
    broader: bool = False


@dataclass
class Habits:
    """What a project's own senses teach about it.

    Attributes:
        bridges: words of the wordnet's language by language and text of another one's gloss.
        lexfiles: how often what is unmistakable lies in a lexicographer file, by domain and by
            part of speech as the project labels it; `""` for all.
        chances: how often the meanings of ambiguous words lie in a lexicographer file, each
            meaning of a word counting alike.
    """

    bridges: dict[tuple[str, str], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    lexfiles: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    chances: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def learn(senses: Iterable[Facts], words: Words) -> Habits:
    """What the senses of a project teach: which words go together, and what a domain holds."""
    habits = Habits()
    for facts in senses:
        keys = [
            one.key for _, text in own_texts(facts.glosses, words) for one in alternatives(text)
        ]
        for language, text in _foreign(facts, words):
            for one in alternatives(text):
                habits.bridges[language, one.key].update(dict.fromkeys(keys, 1))
        _learn_lexfiles(facts, keys, words, habits)
    return habits


def own_texts(texts: Iterable[tuple[str, str]], words: Words) -> Iterator[tuple[str, str]]:
    """The texts that are in the language of a wordnet, each with its language."""
    return ((tag, text) for tag, text in texts if _same_language(tag, words.language))


def _foreign(facts: Facts, words: Words) -> Iterator[tuple[str, str]]:
    for tag, text in (*facts.glosses, *facts.definitions):
        if not _same_language(tag, words.language):
            yield tag, text


def _same_language(one: str, other: str) -> bool:
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()


def keys_of(facts: Facts, words: Words, habits: Habits) -> Iterator[Key]:
    """What to look up for a sense, each key once, with its best weight."""
    best: dict[tuple[str, bool], Key] = {}
    for key in (*_told_keys(facts, words), *_bridged(facts, words, habits)):
        known = best.get((key.key, key.broader))
        if known is None or known.weight < key.weight:
            best[key.key, key.broader] = key
    exact = {key for key, broader in best if not broader and words.meanings(key)}
    for (text, broader), one in best.items():
        if not (broader and text in exact):
            yield one


def _told_keys(facts: Facts, words: Words) -> Iterator[Key]:
    label = any(is_label(text) for _, text in facts.glosses)
    for n, (_, text) in enumerate(own_texts(facts.glosses, words)):
        for one in alternatives(text):
            yield from _readings(one, facts, -0.12 * (n + one.place), say("gloss"), words)
    for _, text in own_texts(facts.definitions, words):
        for one in alternatives(text):
            short = len(one.words) <= 3
            weight = -0.35 - 0.12 * one.place - (0.0 if short else 0.5) - (1.0 if label else 0.0)
            yield from _readings(one, facts, weight, say("definition"), words)
    for text in facts.notes:
        for one in alternatives(text) if len(text) < 80 else ():
            if len(one.words) <= 2:
                yield Key(one.key, -1.9, say("note “%(word)s”", word=one.key))


def _readings(
    one: Alternative, facts: Facts, weight: float, what: str, words: Words
) -> Iterator[Key]:
    """An alternative as a whole, else what it is about."""
    pos = "v" if one.verbal and facts.pos in ("", "v") else ""
    whole = False
    for n, key in enumerate(variants(one.words)):
        known = lemmas(key, facts.pos or pos, words)
        if known or n == 0:
            reason = f"{what} “{' '.join(one.words)}”"
            lower = 0.1 * n + (0.15 if one.kind_of else 0.0)
            yield Key(key, weight - lower, reason, pos, one.kind_of)
        if known:
            whole = True
            break
    if whole and _fits(one.key, facts, words):
        return
    yield from _heads(one, facts, weight - 0.9, what, words)


def _heads(one: Alternative, facts: Facts, weight: float, what: str, words: Words) -> Iterator[Key]:
    pos = facts.pos or ("v" if one.verbal else "")
    if one.verbal and pos != "n":
        pos = "v"
    phrase = " ".join(one.words)
    ways = {"n": noun_heads, "v": verb_heads, "a": other_heads, "r": other_heads}
    found = 0
    for kind in (pos,) if pos in ways else ("n", "v", "a"):
        for key in ways[kind](one.words):
            meant = kind
            if kind == "v" and not lemmas(key, "v", words) and is_caused(one.words):
                meant = "a"  # `get dirty`
            meanings = lemmas(key, meant, words)
            if meanings and found < 3 and not is_common(key):
                reason = say(
                    "“%(word)s” in the %(what)s “%(phrase)s”", word=key, what=what, phrase=phrase
                )
                yield Key(key, weight - 0.35 * found, reason, meant, True)
                found += 1
                if len(key.split()) == 1 and kind != "v":
                    break


def _bridged(facts: Facts, words: Words, habits: Habits) -> Iterator[Key]:
    """Words that elsewhere in the project stand beside the same gloss of another language."""
    own = {one.key for _, text in own_texts(facts.glosses, words) for one in alternatives(text)}
    for language, text in _foreign(facts, words):
        for one in alternatives(text):
            seen = habits.bridges.get((language, one.key))
            others = {key: n for key, n in (seen or {}).items() if key not in own}
            most = sum(others.values()) + len(own)
            for key, n in others.items():
                yield Key(
                    key,
                    -1.6 + 0.8 * math.log(min(1.0, 2 * n / most)),
                    say("“%(text)s” elsewhere means “%(word)s”", text=one.key, word=key),
                )


def lemmas(key: str, pos: str, words: Words) -> list[tuple[Meaning, float]]:
    """What a key can mean, by itself, by irregular and by regular inflection; only in one pos."""
    found = [(meaning, 0.0) for meaning in words.meanings(key)]
    known = bool(found)
    for lemma in words.lemmas_of(key):
        lower = -1.4 if known else -0.1
        found += [(meaning, lower) for meaning in words.meanings(lemma)]
    direct = any(not pos or meaning.pos == pos for meaning, _ in found)
    for kind in (pos,) if pos in ("n", "v", "a") else ("n", "v", "a"):
        for base in base_forms(key, kind) if not direct or kind == "n" else ():
            lower = -0.7 if direct else -0.2
            found += [(m, lower) for m in words.meanings(base) if m.pos == kind]
    if pos in ("n", "v", "a", "r"):
        return [(m, w) for m, w in found if m.pos == pos]
    return found


def _fits(key: str, facts: Facts, words: Words) -> bool:
    return facts.pos not in ("n", "v", "a", "r") or bool(lemmas(key, facts.pos, words))


def _learn_lexfiles(facts: Facts, keys: Sequence[str], words: Words, habits: Habits) -> None:
    for key in keys:
        meanings = [m for m in words.meanings(key) if not facts.pos or m.pos == facts.pos]
        if len(meanings) == 1:
            lexfile = words.concept(meanings[0].synset).lexfile
            for label in ("", f"p {facts.pos_label}", *(f"d {one}" for one in facts.domains)):
                habits.lexfiles[label][lexfile] += 1
        for meaning in meanings if len(meanings) > 1 else ():
            habits.chances[words.concept(meaning.synset).lexfile] += 1 / len(meanings)
