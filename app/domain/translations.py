"""What the translations of lines teach: which of their words are glosses, and how they are spelt.

Nothing of any language is built in. A word of a translation and a gloss are taken to be the same
if they are spelt alike from their beginning on; which words of translations never are a gloss, and
how their endings differ from those of glosses, is learnt from the lines of the project. Like all
that is taught (`app.domain.lessons`) these are facts that add up:

- a word of translations: in how many lines it stands, also unglossed ones; in how many of which
  the words are confirmed, and in how many of those it is the gloss of a stem;
- an ending of words of translations, and what stands in its place in the gloss;
- the first letters of glosses, and the glosses;
- how many glosses of stems stand in the translation of their line, and how many don't.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from app.domain.lessons import Content, Fact, confirmed, is_grammatical
from app.domain.text import fold, plain

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}\p{Sk}\u02bc\u2019'\ua78c]+")
_QUOTES = "'\u2019"
_BEGINS = regex.compile(r"[\p{S}\p{P}--[,;\-()'\u2019]]", regex.V1)  # marks that begin a sentence
_PARTS = regex.compile(r"[^\p{L}\p{N}\p{M}\u2019']+")
_TAB = "\t"
LINES, GLOSSED, GLOSS = "n", "c", "g"  # of words of translations: in lines, confirmed ones, a gloss
FOUND, MISSING = "+", "-"  # glosses of stems that stand in the translation, and that don't
_ENDING = 4  # letters of the longest ending
_BEGINNING = 3
_MOST_LEFT = 4  # letters in which words that are alike may differ at the end


class Rendered(NamedTuple):
    """A word of a translation.

    Attributes:
        key: without case and marks.
        said: as written; in lower case where it is capital only because it begins a sentence.
        place: where in the translation it stands, from 0 to 1.
    """

    key: str
    said: str
    place: float


Near = Mapping[str, Sequence[Rendered]]


@lru_cache(maxsize=256)
def rendered(translation: str) -> tuple[Rendered, ...]:
    """The words of a translation in their order.

    >>> [word.said for word in rendered("The boy saw Ali. He ran.")]
    ['the', 'boy', 'saw', 'Ali', 'he', 'ran']
    """
    written = list(_WORD.finditer(translation))
    found, last, begins = [], 0, True
    for number, match in enumerate(written):
        begins = begins or bool(_BEGINS.search(translation, last, match.start()))
        last, word = match.end(), match.group().strip(_QUOTES)
        if word:
            said = word.lower() if begins else word
            found.append(Rendered(fold(word), said, (number + 0.5) / len(written)))
            begins = False
    return tuple(found)


def alike(gloss: str, word: str) -> float:
    """How alike a part of a gloss and a word of a translation are, both without case and marks.

    >>> alike("burn", "burned"), alike("house", "house"), alike("go", "good")
    (0.6666666666666666, 1.0, 0.0)
    """
    if gloss == word:
        return 1.0
    same, longer = shared(gloss, word), max(len(gloss), len(word))
    if same < _BEGINNING or 2 * same < longer or longer - same > _MOST_LEFT:
        return 0.0
    return same / longer


def shared(one: str, other: str) -> int:
    """With how many of the same letters two strings begin."""
    same = 0
    for letter, beside in zip(one, other, strict=False):
        if letter != beside:
            break
        same += 1
    return same


@lru_cache(maxsize=16384)
def parts_of(gloss: str) -> tuple[str, ...]:
    """The words of a gloss that may stand in a translation, without case and marks.

    >>> parts_of("go.out"), parts_of("3SG")
    (('go', 'out'), ('3sg',))
    """
    return tuple(one for one in _PARTS.split(fold(gloss)) if len(one) > 1 and not one.isdigit())


def by_beginning(words: Iterable[Rendered]) -> Near:
    """The words of a translation by their first letters."""
    found: dict[str, list[Rendered]] = defaultdict(list)
    for word in words:
        found[word.key[:_BEGINNING]].append(word)
    return found


def standing_for(gloss: str, near: Near) -> Rendered | None:
    """The word of a translation that is most like a gloss; None if none is."""
    most, best = 0.0, None
    for part in parts_of(gloss):
        for word in near.get(part[:_BEGINNING], ()):
            found = alike(part, word.key)
            if found > most:
                most, best = found, word
    return best


def stem_glosses(analysis: Mapping[str, Any], ws: str) -> Iterator[str]:
    """The glosses of an analysis in a language that are no category labels."""
    morphs = analysis.get("morphs", ())
    found = [plain((morph.get("gloss") or {}).get(ws, "")) for morph in morphs]
    for gloss in found if any(found) else [plain((analysis.get("gloss") or {}).get(ws, ""))]:
        if gloss and not is_grammatical(gloss):
            yield gloss


def lessons_of_translation(line: Mapping[str, Any]) -> Counter[Fact]:
    """What an utterance and its translation teach, as facts that are counted."""
    taught: Counter[Fact] = Counter()
    words = [one for one in line.get("words", ()) if one.get("type") != "punctuation"]
    known = [analysis for one in words if (analysis := confirmed(one)) is not None]
    translation = {ws: plain(value) for ws, value in (line.get("translation") or {}).items()}
    for ws in sorted({*translation, *_languages(known)}):
        said = rendered(translation.get(ws, ""))
        glosses = [gloss for one in known for gloss in stem_glosses(one, ws)]
        _teach(taught, ws, said, glosses, glossed=2 * len(known) >= max(len(words), 1))
    return taught


def word_fact_of(ws: str, word: str) -> str:
    """The key of a word of translations."""
    return f"td{ws}{_TAB}{word}"


def totals_fact(ws: str) -> str:
    """The key of what is counted over all translations in a language."""
    return f"tn{ws}"


def ending_fact(ws: str, ending: str) -> str:
    """The key of what stands in a gloss in the place of an ending."""
    return f"te{ws}{_TAB}{ending}"


def beginning_fact(ws: str, word: str) -> str:
    """The key of the glosses that begin as a word does."""
    return f"tg{ws}{_TAB}{word[:_BEGINNING]}"


def endings_of(word: str) -> Sequence[str]:
    """The endings of a word, the shortest, which is empty, first."""
    return [word[len(word) - size :] for size in range(min(_ENDING, len(word)) + 1)]


def keys_of_translation(ws: str, words: Iterable[Rendered]) -> set[str]:
    """What to look up for the words of a translation."""
    found = {totals_fact(ws)}
    for word in words:
        found |= {word_fact_of(ws, word.key), beginning_fact(ws, word.key)}
        found |= {ending_fact(ws, ending) for ending in endings_of(word.key)}
    return found


def _languages(analyses: Iterable[Content]) -> set[str]:
    """The languages in which analyses have glosses."""
    held = (one for analysis in analyses for one in (analysis, *analysis.get("morphs", ())))
    return {ws for one in held for ws in one.get("gloss") or {}}


def _teach(
    taught: Counter[Fact], ws: str, said: Sequence[Rendered], glosses: Sequence[str], glossed: bool
) -> None:
    """Adds what the words of a translation and the glosses of stems in its line teach."""
    for gloss in glosses:
        for start in {part[:_BEGINNING] for part in parts_of(gloss)}:
            taught[Fact(beginning_fact(ws, start), gloss)] += 1
    if not said:
        return
    totals, words = totals_fact(ws), {word.key for word in said}
    stand_for = _found(taught, ws, said, glosses)
    taught[Fact(totals, LINES)] += 1
    for word in words:
        taught[Fact(word_fact_of(ws, word), LINES)] += 1
    if glossed and glosses:
        taught[Fact(totals, GLOSSED)] += len(words)
        for word in words:
            taught[Fact(word_fact_of(ws, word), GLOSSED)] += 1
        for word in stand_for:
            taught[Fact(totals, GLOSS)] += 1
            taught[Fact(word_fact_of(ws, word), GLOSS)] += 1


def _found(
    taught: Counter[Fact], ws: str, said: Sequence[Rendered], glosses: Sequence[str]
) -> set[str]:
    """The words of a translation that are glosses; adds how they are spelt otherwise."""
    near, stand_for = by_beginning(said), set()
    for gloss in glosses:
        stands = standing_for(gloss, near)
        taught[Fact(totals_fact(ws), FOUND if stands else MISSING)] += 1
        if stands is not None:
            stand_for.add(stands.key)
            for fact in _endings(ws, gloss, stands.key):
                taught[fact] += 1
    return stand_for


def _endings(ws: str, gloss: str, word: str) -> Iterator[Fact]:
    """How the ending of a word of a translation becomes that of a gloss of one word."""
    if len(parts_of(gloss)) == 1 and len(fold(gloss)) == len(gloss):
        same = shared(fold(gloss), word)
        for ending in endings_of(word):
            yield Fact(ending_fact(ws, ending), f"{len(word) - same}{_TAB}{gloss[same:]}")
