"""From glosses and definitions to the words under which a wordnet is searched.

Source: STANDARDS of candidate linking: alternatives, brackets, labels, irregular and regular
inflection (WordNet, morphy(7WN)), heads of phrases.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.domain.defaults import ABBREVIATIONS

_SPLIT = re.compile(r"[;,/\n|]|\s+or\s+|(?<=[^\s.]{3})\.\s+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
_LITERALLY = re.compile(r"\b(?:lit(?:erally)?|cf|e\.\s?g|i\.\s?e|see)\b[.:].*", re.S | re.I)
_PLACEHOLDER = re.compile(
    r"\b(?:s\.?t\.|s\.?o\.|sth|smth|smb|sb|something|someone|somebody|oneself|one's)(?![\w-])\.?"
)
_LABEL = re.compile(r"[A-Z0-9+.:<>=\-/]*[A-Z0-9][A-Z0-9+.:<>=\-/]*")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FIRST = ("to ", "a ", "an ", "the ", "be ")
_KNOWN = frozenset(code for code, *_ in ABBREVIATIONS)
_KINDS_WORDS = "type kind sort species variety form sp name"
_KINDS = frozenset(_KINDS_WORDS.split())
_LINKS_WORDS = """
of in on at with for from by to into onto that which who whom whose where when while as used
made like near under over around during without within through along against between than if so
because about after before out up upon is are was were can has have having found eaten worn
looking resembling belonging containing growing consisting
"""
_LINKS = frozenset(_LINKS_WORDS.split())
_CAUSES_WORDS = "cause make get become let have begin start go come do keep"
_CAUSES = frozenset(_CAUSES_WORDS.split())
_COMMON_WORDS = """
a an the of to in on at by for from with and or not as is are was were be been being it its that
this these those which who whom whose what when where how one ones some any all each other
another such than then so very much more most many few no nor only also etc usually often
especially used use using into onto out up down off over under about between through during
before after while because if but can may might will would shall should could do does did done
have has had having he she they them his her their him you your i we us our my me something
someone somebody person kind type sort make made esp e g cf sth
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_NOUN = (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("ses", "s"), ("xes", "x"), ("zes", "z"),
         ("men", "man"), ("s", ""))  # fmt: skip
_VERB = (("ies", "y"), ("es", "e"), ("es", ""), ("s", ""), ("ed", "e"), ("ed", ""), ("ing", "e"),
         ("ing", ""))  # fmt: skip
_ADJECTIVE = (("er", ""), ("est", ""), ("er", "e"), ("est", "e"))
_ENDINGS = {"n": _NOUN, "v": _VERB, "a": _ADJECTIVE}


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the meanings that a gloss or definition offers.

    Attributes:
        words: its words, without brackets, articles and placeholders.
        place: which it is, from 0.
        kind_of: it says of which kind the thing is (`type of hornbill`).
        verbal: it was written with `to`.
        context: what stood in brackets.
    """

    words: tuple[str, ...]
    place: int
    kind_of: bool = False
    verbal: bool = False
    context: str = ""

    @property
    def key(self) -> str:
        """The words as a key of a wordnet."""
        return " ".join(self.words)


@lru_cache(maxsize=50_000)
def key_of(text: str) -> str:
    """How a lemma is written in an index: lower case, spaces for hyphens and underscores.

    >>> key_of("Loin-cloth")
    'loin cloth'
    """
    plain = unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'").lower()
    return " ".join(re.sub(r"[_\-]", " ", plain).split())


def is_label(text: str) -> bool:
    """Whether a gloss is a grammatical label, not a translation.

    >>> [is_label(one) for one in ("$3pl", "3S+1", "INF", "10", "ASSOC", "moon", "I")]
    [True, True, True, True, True, False, False]
    """
    bare = text.strip()
    if bare.startswith("$") or not any(letter.isalpha() for letter in bare):
        return True
    if bare in _KNOWN and bare.isupper() and len(bare) > 1:
        return True
    return bool(_LABEL.fullmatch(bare)) and (
        any(sign in "0123456789+." for sign in bare) or 1 < len(bare) <= 6
    )


@lru_cache(maxsize=20_000)
def alternatives(text: str) -> tuple[Alternative, ...]:
    """The meanings that a gloss or definition offers, in order.

    >>> [one.key for one in alternatives("to paddle; row (a boat), a loin.cloth")]
    ['paddle', 'row', 'loin cloth']
    >>> alternatives("type of hornbill")[0].kind_of
    True
    """
    if is_label(text):
        return ()
    brackets = " ".join(found[1:-1] for found in _BRACKETS.findall(text))
    bare = _LITERALLY.sub("", _BRACKETS.sub(" ", text)).replace("_", " ")
    bare = re.sub(r"(?<=\w)\.(?=\w)", " ", bare)
    found: list[Alternative] = []
    for part in _SPLIT.split(bare):
        if part.strip() and not is_label(part):
            one = _alternative(part, len(found), brackets)
            if one.words:
                found.append(one)
    return tuple(found)


def _alternative(part: str, place: int, context: str) -> Alternative:
    text = _PLACEHOLDER.sub(" ", key_of(part).strip(' .?!:"“”*=~'))
    text = " ".join(re.sub(r"[^\w' ]", " ", text).split())
    verbal, kind_of, changed = text.startswith("to "), False, True
    while changed:
        changed = False
        for article in _FIRST:
            if text.startswith(article):
                text, changed = text[len(article) :], True
    words = text.split()
    while len(words) > 2 and "of" in words[:4] and set(words[: words.index("of")]) & _KINDS:
        words, kind_of = words[words.index("of") + 1 :], True
    if words and words[-1] in ("sp", "spp", "species"):
        words, kind_of = words[:-1], True
    if words and words[0] in ("a", "an", "the"):
        words = words[1:]
    if len(words) > 1 and words[-1] == "of":
        words = words[:-1]
    return Alternative(tuple(words), place, kind_of, verbal, context)


def is_common(key: str) -> bool:
    """Whether a key is a word that tells nothing by itself."""
    return key in _COMMON


def is_caused(words: tuple[str, ...]) -> bool:
    """Whether a verb phrase says what comes about, as `get dirty` does."""
    return len(words) > 1 and words[0] in _CAUSES


def variants(words: tuple[str, ...]) -> Iterator[str]:
    """Ways in which the same words may be written as a lemma, the likeliest first."""
    key = " ".join(words)
    yield key
    if len(words) > 1:
        yield "".join(words)
    if len(words) > 1 and words[-1] in _LINKS:
        yield " ".join(words[:-1])


def base_forms(key: str, pos: str) -> Iterator[str]:
    """What a regular inflected form may come from.

    >>> list(base_forms("crumbs", "n"))
    ['crumb']
    """
    for ending, instead in _ENDINGS.get(pos, ()):
        if key.endswith(ending) and len(key) - len(ending) >= 2:
            base = key[: -len(ending)] + instead
            yield base
            if ending in ("ed", "ing") and not instead and len(base) > 3 and base[-1] == base[-2]:
                yield base[:-1]


def noun_heads(words: tuple[str, ...]) -> Iterator[str]:
    """What a noun phrase is about, the longest first.

    >>> list(noun_heads(("water", "carrying", "basket")))
    ['carrying basket', 'basket']
    >>> list(noun_heads(("plant", "with", "long", "leaves")))
    ['plant']
    """
    end = next((n for n, word in enumerate(words) if word in _LINKS and n), len(words))
    before = words[:end]
    for start in range(0 if end < len(words) else 1, len(before)):
        yield " ".join(before[start:])


def verb_heads(words: tuple[str, ...]) -> Iterator[str]:
    """What a verb phrase is about, the longest first; what is caused before `cause`.

    >>> list(verb_heads(("dig", "out", "again")))
    ['dig out', 'dig']
    """
    rest = words
    while len(rest) > 1 and rest[0] in _CAUSES:
        rest = rest[1:]
        while len(rest) > 1 and rest[0] in ("to", "be", "a", "an", "the", "cause"):
            rest = rest[1:]
        yield " ".join(rest)
    for end in range(len(words) - 1, 0, -1):
        if end > 1 or words[0] not in _CAUSES:
            yield " ".join(words[:end])


def other_heads(words: tuple[str, ...]) -> Iterator[str]:
    """What a phrase with an adjective or adverb is about: its end, then its beginning."""
    for start in range(1, len(words)):
        yield " ".join(words[start:])
    if len(words) > 1:
        yield words[0]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A word without its commonest English endings, for comparing texts.

    >>> stem("fishes") == stem("fishing") == "fish"
    True
    """
    for ending, instead in (
        ("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"),
        ("ing", ""), ("ed", ""), ("ly", ""), ("s", ""),
    ):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def stems(text: str) -> list[str]:
    """The stems of the telling words of a text.

    >>> stems("the fishes of a river")
    ['fish', 'river']
    """
    found = (word.lower() for word in _WORD.findall(text))
    parts = (part for word in found for part in word.replace("’", "'").split("-"))
    return [stem(part.removesuffix("'s")) for part in parts if part not in _COMMON]
