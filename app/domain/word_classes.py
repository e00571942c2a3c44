"""Which part of speech of a wordnet a project's own category is."""

from __future__ import annotations

import re

from app.domain.text import fold

# Beginnings of the words of a category's name, in the languages in which dictionaries name them.
_BEGINNINGS = (
    ("x", ("pron", "dem", "conj", "prep", "postp", "adp", "det", "art", "clf", "class", "ptcl",
           "part", "pos", "aux", "tam", "suf", "pref", "pref", "affix", "afix", "infl", "neg",
           "comp", "assoc", "copul", "interrog", "relat", "case", "tense", "aspect")),
    ("r", ("adv",)),
    ("a", ("adj", "attrib", "stative", "qual")),
    ("n", ("noun", "nom", "subst", "sust", "nam")),
    ("v", ("verb", "vb", "ver")),
)  # fmt: skip
_EXACT = {"n": "n", "v": "v", "vt": "v", "vi": "v", "vtr": "v", "vitr": "v", "a": "a", "pn": "n"}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def word_class(*labels: str) -> str:
    """The part of speech of a wordnet: `n`, `v`, `a`, `r`; `x` for one that it has not.

    Args:
        labels: code, name and abbreviation of a project's part of speech.

    Returns:
        Empty if no label says.

    >>> [word_class(one) for one in ("Nome", "transitiveVerb", "adj1", "Advérbio", "pron", "n.rel")]
    ['n', 'v', 'a', 'r', 'x', 'n']
    """
    for label in labels:
        for word in re.split(r"[^a-z]+", fold(_CAMEL.sub(" ", label))):
            if word in _EXACT:
                return _EXACT[word]
            for pos, beginnings in _BEGINNINGS:
                if word.startswith(beginnings):
                    return pos
    return ""
