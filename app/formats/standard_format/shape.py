r"""How a record looked in its file, where that is not how its fields would be written.

A record is written from *parts*: a marker and a value each, with an owner (the record itself, or
one of its members) and a key (what it says of it). Where a file has them in another sequence, in
other words, or has more, residue says so: pieces in the sequence of the file, each of one owner
(`at`: a member's id, empty for the record), with a list of fields as JSON:

- `[marker, key]`: a part that is written as its fields say;
- `[marker, key, raw, digest]`: one that was written otherwise; `raw` holds for as long as the part
  is the one with this digest;
- `[marker, "", raw]`: what no field holds.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from app.formats.standard_format.lines import tidy

Dict = dict[str, Any]
MORE = "tier+"  # a further stretch of lines that are written as one
Line = tuple[str, str]  # marker and raw value


@dataclass(slots=True)
class Part:
    """A field as it would be written.

    Attributes:
        owner: id of the member that it is of; empty for the record.
        key: what it says.
        implied: not written where the file did not have it.
    """

    owner: str
    key: str
    marker: str
    value: str
    implied: bool = False


@dataclass(slots=True)
class Seen:
    """A field as a file has it; without a key it is kept as it is."""

    owner: str
    key: str
    marker: str
    raw: str


def digest(value: str) -> str:
    """What tells whether a part is still the same."""
    return hashlib.blake2b(value.encode(), digest_size=6).hexdigest()


def residue_of(
    format_id: str, seen: Sequence[Seen], parts: Sequence[Part], owners: Sequence[str]
) -> list[Dict]:
    """What a record of a file says beyond what its parts would say, or says otherwise.

    Args:
        owners: the record's members to which a residue may belong, in their sequence.
    """
    plain = [(part.marker, part.value) for part in parts if not part.implied]
    named = sum(1 for one in seen if _is_named(one.key))
    alike = plain == [(one.marker, one.raw) for one in seen] and all(one.key for one in seen)
    if alike and named < 2:
        return []
    waiting = _queues(parts)
    pieces = []
    for owner, group in groupby(seen, key=lambda one: one.owner):
        fields = [_piece(one, waiting) for one in group]
        content = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        pieces.append({"format": format_id, "at": owner, "content": content})
    return pieces


def leftover_in(seen: Iterable[Seen]) -> int:
    """How many fields no field here holds."""
    return sum(1 for one in seen if not one.key)


def lay(
    format_id: str,
    residue: Iterable[Mapping[str, Any]],
    parts: Sequence[Part],
    sections: Mapping[str, str],
) -> list[Line]:
    """The lines of a record: its parts in the sequence of its file, with what else was there.

    Args:
        sections: for each member that is there, the outermost one that it is in, in order.
    """
    template = [
        (str(piece.get("at", "")), field)
        for piece in residue
        if piece.get("format") == format_id and not str(piece.get("at", "")).startswith("!")
        for field in json.loads(piece["content"])
    ]
    if not template:
        return [(part.marker, part.value) for part in parts if not part.implied]
    template = [one for one in template if not one[0] or one[0] in sections]
    template = _in_order(template, sections)
    return [(line[2], line[3]) for line in _laid(template, parts, sections)]


def _piece(seen: Seen, waiting: dict[tuple[str, str], deque[Part]]) -> list[str]:
    if not seen.key:
        return [seen.marker, "", seen.raw]
    told = digest(tidy(seen.raw))
    part = _take(waiting.get((seen.owner, seen.key)), told if _is_named(seen.key) else "")
    value = part.value if part else ""
    alike = not _is_named(seen.key)
    if alike and part is not None and (part.marker, part.value) == (seen.marker, seen.raw):
        return [seen.marker, seen.key]
    return [seen.marker, seen.key, seen.raw, digest(value)]


def _is_named(key: str) -> bool:
    """Whether parts with this key name other entries: those have no sequence of their own."""
    return key.startswith("relation:") or key == "subentry"


def _take(queue: deque[Part] | None, told: str) -> Part | None:
    """The next part; where it is known which one it was, that one or none."""
    if not queue:
        return None
    if not told:
        return queue.popleft()
    found = next((part for part in queue if digest(part.value) == told), None)
    if found is not None:
        queue.remove(found)
    return found


def _queues(parts: Iterable[Part]) -> dict[tuple[str, str], deque[Part]]:
    waiting: dict[tuple[str, str], deque[Part]] = defaultdict(deque)
    for part in parts:
        waiting[part.owner, part.key].append(part)
    return waiting


def _in_order(
    template: list[tuple[str, list[str]]], sections: Mapping[str, str]
) -> list[tuple[str, list[str]]]:
    """A template with the outermost members of each kind in the sequence that they have now."""
    for kind in dict.fromkeys(one[0] for one in sections.values() if one):
        wanted = [one for one in dict.fromkeys(sections.values()) if one[:1] == kind]
        named = [(sections[owner] if owner else "") for owner, _ in template]
        there = [one for one in dict.fromkeys(named) if one[:1] == kind]
        now = [one for one in wanted if one in set(there)]
        if there != now:
            template = _moved(template, named, dict(zip(there, now, strict=True)))
    return template


def _moved(
    template: list[tuple[str, list[str]]], named: list[str], into: Mapping[str, str]
) -> list[tuple[str, list[str]]]:
    """A template in which members stand in the places of others."""
    blocks: dict[str, list[tuple[str, list[str]]]] = {one: [] for one in into}
    for one, section in zip(template, named, strict=True):
        if section in blocks:
            blocks[section].append(one)
    made: list[tuple[str, list[str]]] = []
    seen: set[str] = set()
    for one, section in zip(template, named, strict=True):
        if section not in into:
            made.append(one)
        elif section not in seen:
            seen.add(section)
            made += blocks[into[section]]
    return made


def _laid(
    template: list[tuple[str, list[str]]], parts: Sequence[Part], sections: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    """Owner, key, marker and value of each line."""
    waiting = _queues(parts)
    out: list[tuple[str, str, str, str]] = []
    place_of: dict[int, tuple[str, str, str, str]] = {}
    for owner, field in template:
        marker, key = field[0], field[1]
        if not key:
            out.append((owner, "", marker, field[2]))
            continue
        named = _is_named(key) and len(field) > 2
        part = _take(waiting.get((owner, key)), field[3] if named else "")
        if part is None:
            typed = key.startswith("relation_type:")
            if typed and waiting.get((owner, key.replace("relation_type:", "relation:", 1))):
                out.append((owner, key, marker, field[2]))
            elif (
                not typed and len(field) > 2 and field[3] == digest("")
            ):  # it was empty, and still is
                out.append((owner, "", marker, field[2]))
            continue
        holds = len(field) > 2 and field[3] == digest(part.value)
        if key == MORE and not holds:  # the lines stand where they began
            continue
        line = (owner, key, marker, field[2] if holds else part.value)
        out.append(line)
        place_of[id(part)] = line
    left = {id(part) for queue in waiting.values() for part in queue if not part.implied}
    return _filled_in(out, parts, left, place_of, sections) if left else out


def _filled_in(
    out: list[tuple[str, str, str, str]],
    parts: Sequence[Part],
    left: set[int],
    place_of: dict[int, tuple[str, str, str, str]],
    sections: Mapping[str, str],
) -> list[tuple[str, str, str, str]]:
    """Lines with the parts that the file did not have, each after the one before it."""
    before: Part | None = None
    for part in parts:
        if id(part) in left:
            line = (part.owner, part.key, part.marker, part.value)
            out.insert(_after(out, before, part, place_of, sections), line)
            place_of[id(part)] = line
            before = part
        elif id(part) in place_of:
            before = part
    return out


def _after(
    out: list[tuple[str, str, str, str]],
    before: Part | None,
    part: Part,
    place_of: dict[int, tuple[str, str, str, str]],
    sections: Mapping[str, str],
) -> int:
    """Where a new line comes: after the one before; a new member after all of the one before."""
    if before is None:
        return 1 if out else 0
    line = place_of[id(before)]
    place = next(number for number, one in enumerate(out) if one is line)
    if part.owner != before.owner and before.owner:
        section = sections.get(before.owner, before.owner)
        same = sections.get(part.owner) == section
        inside = [
            number
            for number, one in enumerate(out)
            if (one[0] == before.owner if same else one[0] and sections.get(one[0]) == section)
        ]
        place = max([place, *inside])
    return place + 1
