"""An entry while its record is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.domain.ids import new_id
from app.formats.base import FoundProblem
from app.formats.standard_format.shape import Seen
from app.formats.standard_format.values import Dict


@dataclass
class Stated:
    """A relation as a record states it."""

    code: str
    entry: str
    part: str
    target: str
    line: int


@dataclass
class Draft:
    """An entry while its record is read.

    Attributes:
        seen: its fields as they stood.
        stated: relations that it states.
        bare: it has nothing but its head.
        at: line of the field that is read.
        slot: where it stands in its main entry.
    """

    content: Dict
    line: int
    seen: list[Seen] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    skipped: int = 0
    problems: list[FoundProblem] = field(default_factory=list)
    bare: bool = True
    sense: Dict | None = None
    example: Dict | None = None
    variant: Dict | None = None
    etymology: Dict | None = None
    pos: str | None = None
    waiting: Seen | None = None
    grouped: bool = False
    explicit: bool = False
    relation: str = ""
    slot: Seen | None = None
    at: int = 0


def close(draft: Draft) -> None:
    """A part of speech that no sense has taken makes one."""
    if draft.waiting is not None:
        sense = {"id": new_id("s"), "pos": draft.pos}
        draft.waiting.owner = str(sense["id"])
        draft.waiting = None
        draft.content.setdefault("senses", []).append(sense)


def settle_types(draft: Draft) -> None:
    """The type of a relation that no entry follows is kept as it is."""
    there = {(one.owner, one.key) for one in draft.seen}
    for one in draft.seen:
        name, _, code = one.key.partition(":")
        if name == "relation_type" and (one.owner, f"relation:{code}") not in there:
            one.key = ""


def give_up(draft: Draft, main: Draft) -> None:
    """What stands with a subentry that only names another entry stays with the main entry."""
    place = next(number for number, one in enumerate(main.seen) if one is draft.slot) + 1
    main.seen[place:place] = [Seen("", "", one.marker, one.raw) for one in draft.seen[1:]]
    del draft.seen[1:]
