"""Language tags of the literals: well-formed, in lower case, each for one writing system.

Lower case is what RDF compares, and what stores turn them into.

Source: RFC 5646 (BCP 47), section 2.1; RDF 1.1 Concepts, section 3.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

UNKNOWN = "und"
_SUBTAG = "[a-z0-9]{1,8}"
_PRIVATE = f"x(?:-{_SUBTAG})+"
_TAG = re.compile(
    "(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"  # language, extended language
    "(?:-[a-z]{4})?"  # script
    "(?:-(?:[a-z]{2}|[0-9]{3}))?"  # region
    "((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"  # variants
    "((?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)"  # extensions
    f"(?:-{_PRIVATE})?"
)
_GRANDFATHERED = frozenset(
    {"en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux"}
    | {"i-mingo", "i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-be-fr", "sgn-be-nl"}
    | {"sgn-ch-de", "art-lojban", "cel-gaulish", "no-bok", "no-nyn", "zh-guoyu", "zh-hakka"}
    | {"zh-min", "zh-min-nan", "zh-xiang"}
)
_ONLY_PRIVATE = re.compile(_PRIVATE)
_PHONETIC = re.compile(r"-fon(?:ipa|upa|xsamp|kirsh|napa)\b")
_SPOKEN = re.compile(r"-zxxx\b|-x-(?:.*-)?audio\b")
_ODD = re.compile("[^a-z0-9]+")


def is_valid(tag: str) -> bool:
    """Whether a tag is well-formed, with each variant and extension once.

    >>> is_valid("bho-Deva-IN"), is_valid("qaa-x-spec"), is_valid("seh-Latn-Cyrl")
    (True, True, False)
    """
    low = tag.lower()
    if low in _GRANDFATHERED or _ONLY_PRIVATE.fullmatch(low):
        return True
    found = _TAG.fullmatch(low)
    if found is None:
        return False
    variants = found[1].split("-")[1:]
    singles = [part for part in found[2].split("-") if len(part) == 1]
    return len(variants) == len(set(variants)) and len(singles) == len(set(singles))


def tag_of(tag: str, code: str = "") -> str:
    """A valid tag for a writing system.

    Args:
        tag: the one that it has; kept if it is valid.
        code: its code, of which a private tag is made if not.

    >>> tag_of("seh"), tag_of("Old Sena", "old sena"), tag_of("")
    ('seh', 'und-x-old-sena', 'und')
    """
    low = tag.replace("_", "-").lower()
    if is_valid(low):
        return low
    private = _private(code or tag)
    return f"{UNKNOWN}-x-{private}" if private else UNKNOWN


def tags_of(systems: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tag of each writing system by its code; no two have the same.

    >>> tags_of([{"id": "a", "tag": "seh"}, {"id": "b", "tag": "SEH"}])
    {'a': 'seh', 'b': 'seh-x-b'}
    """
    made: dict[str, str] = {}
    used: set[str] = set()
    for system in systems:
        code = system["id"]
        wanted = tag = tag_of(system.get("tag") or "", code)
        number = 1
        while tag in used:
            more = _private(code) if number == 1 else f"n{number}"
            more = more or "n"
            tag = f"{wanted}-{more}" if "-x-" in f"-{wanted}" else f"{wanted}-x-{more}"
            number += 1
        used.add(tag)
        made[code] = tag
    return made


def phonetic(tag: str) -> str:
    """The tag for what is written in the International Phonetic Alphabet.

    >>> phonetic("bpa"), phonetic("bpa-x-old"), phonetic("bpa-fonipa")
    ('bpa-fonipa', 'bpa-fonipa-x-old', 'bpa-fonipa')
    """
    if is_phonetic(tag) or tag.startswith(("x-", "i-")):
        return tag
    public, sign, private = tag.partition("-x-")
    public, extensions = _before_extensions(public)
    return f"{public}-fonipa{extensions}{sign}{private}"


def is_phonetic(tag: str) -> bool:
    """Whether a tag is of a phonetic alphabet."""
    return bool(_PHONETIC.search(tag))


def is_spoken(tag: str) -> bool:
    """Whether what stands there is no writing but the name of a recording."""
    return bool(_SPOKEN.search(tag))


def language_of(tag: str) -> str:
    """The language of a tag.

    >>> language_of("bho-deva"), language_of("x-old"), language_of("qaa-x-spec")
    ('bho', 'und', 'qaa')
    """
    first = tag.partition("-")[0]
    return first if len(first) > 1 else UNKNOWN


def _before_extensions(tag: str) -> tuple[str, str]:
    parts = tag.split("-")
    place = next((at for at, part in enumerate(parts) if at and len(part) == 1), len(parts))
    rest = parts[place:]
    return "-".join(parts[:place]), "".join(f"-{part}" for part in rest)


def _private(code: str) -> str:
    """A code as private subtags, of at most eight letters each."""
    words = [word for word in _ODD.split(code.lower()) if word]
    return "-".join(word[at : at + 8] for word in words for at in range(0, len(word), 8))
