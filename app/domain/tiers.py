"""The tiers in which a text can be shown, and in which order a person wants them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Level = Literal["line", "word", "morph"]


@dataclass(frozen=True)
class Tier:
    """A tier: a line of the stack that is shown for each utterance, word or morph."""

    id: str
    level: Level


TIERS: tuple[Tier, ...] = (
    Tier("baseline", "line"),
    Tier("word", "word"),
    Tier("morphs", "morph"),
    Tier("entry", "morph"),
    Tier("gloss", "morph"),
    Tier("pos", "morph"),
    Tier("word_gloss", "word"),
    Tier("word_pos", "word"),
    Tier("translation", "line"),
    Tier("literal", "line"),
    Tier("notes", "line"),
)
BY_ID = {tier.id: tier for tier in TIERS}
DEFAULT = ("baseline", "morphs", "gloss", "word_gloss", "translation", "literal", "notes")


def clean(wanted: Iterable[object]) -> tuple[str, ...]:
    """The tiers that are asked for and exist, each once; the usual ones if none is left.

    >>> clean(["gloss", "x", "gloss", "morphs"]), clean([]) == DEFAULT
    (('gloss', 'morphs'), True)
    """
    found = tuple(dict.fromkeys(str(one) for one in wanted if str(one) in BY_ID))
    return found or DEFAULT


def gloss_languages(wanted: Iterable[object], known: Sequence[str]) -> tuple[str, ...]:
    """The analysis languages in which somebody sees glosses, in the order of the project.

    Args:
        wanted: codes of writing systems.
        known: those of the project's analysis languages; the first one if none of them is wanted.

    >>> gloss_languages(["id", "xx", "en"], ["en", "id", "pt"]), gloss_languages([], ["en", "id"])
    (('en', 'id'), ('en',))
    """
    asked = set(map(str, wanted))
    return tuple(code for code in known if code in asked) or tuple(known[:1])


def blocks(wanted: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The tiers of words and morphs in their order, those of one level side by side together.

    >>> blocks(("morphs", "gloss", "word_gloss", "pos"))
    [('morph', ['morphs', 'gloss']), ('word', ['word_gloss']), ('morph', ['pos'])]
    """
    inside = [BY_ID[one] for one in wanted if BY_ID[one].level != "line"]
    grouped = groupby(inside, key=lambda tier: tier.level)
    return [(level, [tier.id for tier in found]) for level, found in grouped]


def of_lines(wanted: Iterable[str]) -> tuple[list[str], list[str]]:
    """The tiers of whole utterances that stand above the words, and those below them.

    >>> of_lines(("baseline", "morphs", "translation"))
    (['baseline'], ['translation'])
    """
    above: list[str] = []
    below: list[str] = []
    now = above
    for one in wanted:
        if BY_ID[one].level != "line":
            now = below
        else:
            now.append(one)
    return above, below
