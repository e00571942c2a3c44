"""The pointers of an utterance to the lexicon, and what becomes of them when that changes.

Morphs, analyses and groups name an entry, and of it a sense and a form (`allomorph`). Gloss and
form are their own text and stay as they are. Content here is what the models of
`app.domain.texts` dump without defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.diff import FieldChange

Content = Mapping[str, Any]
Path = tuple[str, ...]
_NAMES = ("entry", "sense", "allomorph")


@dataclass(frozen=True)
class Standing:
    """What stands for an entry and its parts after a change.

    Attributes:
        entry: the entry itself, what it was merged into, or None if it is deleted.
        parts: ids of the senses and forms of that.
        moved: parts that have others in their place, by id.
    """

    entry: str | None = None
    parts: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)

    def part(self, wanted: str | None) -> str | None:
        """What stands for a sense or form; None if it is gone."""
        now = self.moved.get(wanted or "", wanted)
        return now if now in self.parts else None


GONE = Standing()


def standing(entry: str, content: Content, moved: Mapping[str, str] | None = None) -> Standing:
    """An entry as it stands with some content."""
    return Standing(entry, frozenset(parts_of(content)), moved or {})


def parts_of(content: Content) -> set[str]:
    """Ids of the senses, subsenses and forms of an entry."""
    return {*_senses(content.get("senses") or ()), *(one["id"] for one in _forms(content))}


def holders(utterance: Content) -> Iterator[tuple[Path, Content]]:
    """The parts of an utterance that can point at the lexicon, each with its path."""
    for word in utterance.get("words", ()):
        for analysis in word.get("analyses", ()):
            path = ("words", word["id"], "analyses", analysis["id"])
            yield path, analysis
            for morph in analysis.get("morphs", ()):
                yield (*path, "morphs", morph["id"]), morph
    for group in utterance.get("groups", ()):
        yield ("groups", group["id"]), group


def entries_in(utterance: Content) -> set[str]:
    """The entries that an utterance points at."""
    return {one["entry"] for _, one in holders(utterance) if one.get("entry")}


def repointed(utterance: Content, now: Mapping[str, Standing]) -> list[FieldChange]:
    """What makes the pointers of an utterance right again.

    Args:
        now: how some entries stand; pointers at others stay.
    """
    made: list[FieldChange] = []
    for path, holder in holders(utterance):
        found = now.get(holder.get("entry") or "")
        if found is None:
            continue
        wanted = (found.entry, *(found.part(holder.get(name)) for name in _NAMES[1:]))
        made += [
            FieldChange((*path, name), holder.get(name), after)
            for name, after in zip(_NAMES, wanted, strict=True)
            if holder.get(name) != after
        ]
    return made


def back_at(changes: Sequence[FieldChange], entry: str) -> list[FieldChange]:
    """Of changes that cleared pointers, what brings those at an entry back."""
    places = {one.path[:-1] for one in changes if one.path[-1] == "entry" and one.before == entry}
    return [one.inverted() for one in changes if one.path[:-1] in places and one.path[-1] in _NAMES]


def takes_parts(changes: Iterable[FieldChange]) -> bool:
    """Whether changes of an entry can take senses or forms out of it."""
    return any(
        {"senses", "forms"} & {*one.path[-2:]} and one.path[-1] != "#" and one.before
        for one in changes
        if one.after is None or one.path[-1] in ("senses", "forms")
    )


def _forms(content: Content) -> Iterator[Content]:
    yield from content.get("forms") or ()


def _senses(senses: Iterable[Content]) -> Iterator[str]:
    for sense in senses:
        yield sense["id"]
        yield from _senses(sense.get("senses") or ())
