"""Which concepts of a wordnet a sense may stand for, ranked, with reasons.

What is looked up are the words that glosses and definitions offer; each concept that a word can
mean gathers evidence: how the word was come by, how usual that meaning of it is, what definitions,
notes, examples and domains have in common with what the wordnet tells. Every weight is the
logarithm of a factor on the odds; none depends on a language but that of the wordnet.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from app.domain.concepts import Candidate, Concept, Facts, Meaning, Words
from app.domain.gloss_keys import alternatives, is_label, key_of, noun_heads, stems
from app.domain.link_keys import Habits, Key, keys_of, lemmas, own_texts
from app.domain.messages import say

_FEW = 12  # observations that count as much as chance
MOST = 10  # candidates that are kept of a sense
CUT_OFF = 0.3  # a sense counts as covered from this score on
_TOLD = "\0"  # stands for the words of a definition as a whole
_NOTHING = -2.6  # log odds of no concept at all


@dataclass
class _Found:
    """The evidence for one concept."""

    concept: Concept
    by_key: dict[str, float] = field(default_factory=dict)
    exact: float = -99.0
    broader: float = -99.0
    more: float = 0.0
    reasons: list[tuple[float, str]] = field(default_factory=list)


def rank(facts: Facts, wordnets: Sequence[Words], habits: Habits) -> list[Candidate]:
    """The concepts that a sense may stand for, the likeliest first; at most `MOST`.

    Args:
        wordnets: the first one's concepts are preferred where several know the same.
    """
    found: dict[str, _Found] = {}
    for words in wordnets:
        keys = list(keys_of(facts, words, habits))
        for key in keys:
            _look_up(key, facts, words, found)
        if not found and facts.pos != "x":
            for key in keys:
                _look_up_near(key, facts, words, found)
        _scientific(facts, words, found)
        _told(facts, words, found)
    if not found:
        return []
    first = wordnets[0]
    told = _context(facts, first)
    for one in found.values():
        _weigh(one, facts, told, habits, first)
    return _ranked(found)


def is_covered(ranked: Sequence[Candidate]) -> bool:
    """Whether the best candidate passes the program's own cut-off."""
    return bool(ranked) and ranked[0].score >= CUT_OFF


def _look_up(key: Key, facts: Facts, words: Words, found: dict[str, _Found]) -> None:
    wanted = key.pos or facts.pos
    meanings = lemmas(key.key, "", words)
    fitting = [one for one in meanings if _pos_weight(one[0].pos, wanted) == 0.0]
    for meaning, form in meanings:
        weight = key.weight + form + _pos_weight(meaning.pos, wanted)
        if fitting and _pos_weight(meaning.pos, wanted) < 0:
            weight -= 1.0
        concept = words.concept(meaning.synset)
        weight -= 0.7 if _is_name(concept, key.key) and not facts.proper else 0.0
        _add(found, concept, key, weight + _usual(meaning))


def _look_up_near(key: Key, facts: Facts, words: Words, found: dict[str, _Found]) -> None:
    """Lemmas that are spelled almost as a key or its last word, where nothing else was found."""
    if key.broader:
        return
    last = key.key.rpartition(" ")[2]
    for word, lower, broader in ((key.key, 0.7, False), (last, 1.4, True)):
        if len(word) < 4 or (broader and (found or word == key.key)):
            continue
        least = 85 if len(word) > 4 else 88
        scored = ((fuzz.ratio(word, one), one) for one in words.near(word))
        for ratio, lemma in sorted(scored, reverse=True)[:2]:
            if ratio >= least:
                reason = say("“%(lemma)s” is spelled almost as “%(word)s”", lemma=lemma, word=word)
                near = Key(lemma, key.weight - lower, reason, key.pos, broader)
                _look_up(near, facts, words, found)


def _pos_weight(pos: str, wanted: str) -> float:
    """What another part of speech than the wanted one costs.

    Adjectives are verbs or adverbs in many languages; other classes seldom change so.
    """
    if not wanted or pos == wanted:
        return 0.0
    if wanted == "x":
        return -1.2
    return -0.9 if {pos, wanted} in ({"a", "v"}, {"a", "r"}) else -1.9


def _is_name(concept: Concept, key: str) -> bool:
    """Whether a key is written with capitals as a member: a title, a name, an abbreviation."""
    written = [member for member in concept.members if key_of(member) == key]
    return bool(written) and all(member != member.lower() for member in written)


def _usual(meaning: Meaning) -> float:
    """How usual a meaning of a lemma is: its number, and its count in texts."""
    shares = sum(1 / n**1.1 for n in range(1, meaning.of + 1))
    share = 1 / meaning.number**1.1 / shares
    if meaning.all:
        counted = (meaning.count + 1) / (meaning.all + meaning.of)
        share = 0.5 * share + 0.5 * counted
    return math.log(share)


def _add(found: dict[str, _Found], concept: Concept, key: Key, weight: float) -> None:
    one = found.setdefault(concept.ili or concept.iri or concept.id, _Found(concept))
    one.by_key[key.key] = max(one.by_key.get(key.key, -99.0), weight)
    if key.broader:
        one.broader = max(one.broader, weight)
    else:
        one.exact = max(one.exact, weight)
    one.reasons.append((key.weight, key.reason))


def _scientific(facts: Facts, words: Words, found: dict[str, _Found]) -> None:
    """Concepts that have the scientific name as a member, else those above its genus."""
    for text in (*facts.scientific, *facts.notes):
        named = text in facts.scientific
        for one in alternatives(text):
            if len(one.words) < 2 or len(one.words) > 3:
                continue
            meanings = words.meanings(" ".join(one.words[:2]))
            for meaning in meanings:
                concept = words.concept(meaning.synset)
                if any(member[:1].isupper() for member in concept.members):
                    key = Key(one.key, 0.6, say("scientific name “%(name)s”", name=one.key))
                    _add(found, concept, key, 0.6)
            if named and not meanings:
                _genus(one.words[0], words, found)


def _genus(genus: str, words: Words, found: dict[str, _Found]) -> None:
    above = Counter(up for n in words.beginning(f"{genus} ") for up in words.above(n))
    for n, _ in above.most_common(1):
        reason = say("what has species of %(genus)s", genus=genus.capitalize())
        _add(found, words.concept(n), Key(genus, 0.0, reason, broader=True), -0.2)


def _told(facts: Facts, words: Words, found: dict[str, _Found]) -> None:
    """Concepts whose definition is told in the same words as the sense."""
    if facts.pos == "x":
        return
    texts = [
        text for _, text in (*own_texts(facts.definitions, words), *own_texts(facts.glosses, words))
    ]
    wanted = list(dict.fromkeys(s for text in texts if not is_label(text) for s in stems(text)))
    weights = {stem: words.weight(stem) for stem in wanted}
    total = sum(weights.values())
    if len(wanted) < 2 or total <= 0:
        return
    pos = {"n": "n", "v": "v", "a": "as", "r": "r"}.get(facts.pos, "")
    for n in words.told_by(wanted, pos):
        concept = words.concept(n)
        said = set(stems(f"{concept.definition} {' '.join(concept.members)}"))
        shared = [stem for stem in wanted if stem in said]
        if len(shared) < 2:
            continue
        share = sum(weights[stem] for stem in shared) / total
        of = share / (1 + 0.04 * len(said))
        reason = say("definition shares %(words)s", words=", ".join(shared[:4]))
        key = Key(_TOLD, -1.0, reason, broader=share < 0.6)
        _add(found, concept, key, -3.6 + 2.4 * of)


def _context(facts: Facts, words: Words) -> dict[str, float]:
    """Stems of what else is said of the sense, each with the weight of where it stands."""
    told: dict[str, float] = {}

    def note(texts: Iterable[str], weight: float) -> None:
        for text in texts:
            for found in stems(text):
                told[found] = max(told.get(found, 0.0), weight * words.weight(found))

    note((text for _, text in own_texts(facts.definitions, words)), 1.0)
    note((text for _, text in own_texts(facts.glosses, words)), 1.0)
    note(facts.notes, 0.7)
    note(facts.domains, 0.8)
    note(facts.examples, 0.4)
    note(facts.others, 0.4)
    return told


def _weigh(
    one: _Found, facts: Facts, told: Mapping[str, float], habits: Habits, words: Words
) -> None:
    """Adds what speaks for a concept beside the words that led to it."""
    concept = one.concept
    own = {found for member in concept.members for found in stems(member)}
    keyed = {found for key in one.by_key for found in stems(key)}
    said = {found for text in (concept.definition, *concept.examples) for found in stems(text)}
    near = {
        found
        for up in words.above(concept.n)
        for text in (*words.concept(up).members, words.concept(up).definition)
        for found in stems(text)
    }
    shared = {
        found: told[found] * (1.0 if found in own or found in said else 0.5)
        for found in (said | own | near) - keyed
        if found in told
    }
    overlap = sum(shared.values())
    if overlap > 0 and one.by_key.keys() != {_TOLD}:  # what is told counts once
        gain = 1.8 * (1 - math.exp(-overlap / 1.0))
        one.more += gain
        best = sorted(shared, key=lambda found: -shared[found])[:3]
        one.reasons.append((gain - 1.5, say("definitions share %(words)s", words=", ".join(best))))
    others = sum(1 for weight in one.by_key.values() if weight > -4.5) - 1
    if others > 0:
        one.more += 0.6 * min(others, 2)
    one.more += _domain(one, facts, words)
    one.more += _habit(one, facts, habits)


def _domain(one: _Found, facts: Facts, words: Words) -> float:
    """Whether a domain's label names the concept, what is above it or its lexicographer file."""
    gain = 0.0
    lexfile = one.concept.lexfile.rpartition(".")[2]
    above = _all_above(one.concept.n, words)
    for label in facts.domains:
        for alternative in alternatives(
            " ".join(label.split()[1:]) if label[:1].isdigit() else label
        ):
            for key in (alternative.key, *noun_heads(alternative.words)):
                synsets = {m.synset for m, _ in lemmas(key, "", words) if m.number <= 2}
                if one.concept.n in synsets or synsets & above or lexfile in (key, key.rstrip("s")):
                    gain = max(gain, 1.2 if key == alternative.key else 0.8)
    if gain:
        one.reasons.append((gain - 1.5, say("domain %(label)s", label=", ".join(facts.domains))))
    return gain


def _all_above(n: int, words: Words) -> set[int]:
    found: set[int] = set()
    at = [n]
    while at:
        at = [up for one in at for up in words.above(one) if up not in found]
        found.update(at)
    return found


def _habit(one: _Found, facts: Facts, habits: Habits) -> float:
    """How much more often the sense's domains and category lie in this file than the project.

    Compared are files of the same part of speech; few observations count little.
    """
    lexfile = one.concept.lexfile
    gain = _bent(lexfile, habits)
    base, total = _share(habits.lexfiles.get("", {}), lexfile, 0.0, 45)
    for label in (*(f"d {label}" for label in facts.domains), f"p {facts.pos_label}"):
        share, n = _share(habits.lexfiles.get(label, {}), lexfile, 12 * base, 12)
        if n >= 5 and total:
            weight = 0.5 if label[0] == "d" else 0.25
            gain += max(-0.8, min(0.8, weight * math.log(share / base)))
    return gain


def _bent(lexfile: str, habits: Habits) -> float:
    """How much more often than by chance words of the project are about what lies in a file.

    What unmistakable words mean is compared with what ambiguous ones could: dictionaries of
    everyday speech speak more of animals and of what is done by hand than of institutions.
    """
    chance, all_chances = _share(habits.chances, lexfile, 0.1, 1.0)
    if not habits.chances.get(lexfile):
        return 0.0
    share, n = _share(habits.lexfiles.get("", {}), lexfile, _FEW * chance, _FEW)
    if n < _FEW or all_chances < _FEW:
        return 0.0
    return max(-0.4, min(0.4, 0.3 * math.log(share / chance)))


def _share(seen: Mapping[str, float], lexfile: str, more: float, of: float) -> tuple[float, float]:
    """The share of a file among those of its part of speech, smoothed, and how many there are."""
    beginning = lexfile.partition(".")[0]
    n = sum(count for name, count in seen.items() if name.startswith(beginning))
    return (seen.get(lexfile, 0) + (more or 1.0)) / (n + of), n


def _ranked(found: Mapping[str, _Found]) -> list[Candidate]:
    """Evidence as shares of the whole, with none as one more candidate."""
    totals = {
        name: math.log(sum(math.exp(w) for w in one.by_key.values())) + one.more
        for name, one in found.items()
    }
    whole = math.exp(_NOTHING) + sum(math.exp(total) for total in totals.values())
    best = sorted(totals, key=lambda name: (-totals[name], name))[:MOST]
    return [
        Candidate(
            found[name].concept,
            round(math.exp(totals[name]) / whole, 4),
            _kind(found[name]),
            _reasons(found[name]),
        )
        for name in best
    ]


def _kind(one: _Found) -> str:
    if one.exact >= one.broader:
        return "exact" if one.exact > -3.5 else "close"
    return "broader"


def _reasons(one: _Found) -> tuple[str, ...]:
    """Why, the weightiest first, each once; at most four."""
    best = sorted(one.reasons, key=lambda reason: -reason[0])
    return tuple(dict.fromkeys(reason for _, reason in best))[:4]
