"""Giving the members of a newly read record the ids that they had before.

A file has no ids for most members of a record. For a three-way merge the second reading of a
record must carry the ids of the first: members are matched by the identifier that the source
gives them, then by equal content, then by type, then by place.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from app.domain.diff import UNCOMPARED, is_members

Member = dict[str, Any]
_UNTOLD = frozenset({"id"})
_FOREIGN = frozenset({"sources"})  # their ids are those of files, not of members


def align(found: dict[str, Any], base: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A found record with the ids of `base` wherever they are the same members.

    Returns:
        The record, and which found id became which base id.
    """
    renamed: dict[str, str] = {}
    aligned = _align_map(found, base, renamed)
    return aligned, renamed


def without_ids(value: Any) -> Any:
    """Content without member ids, in which two readings of the same thing are equal."""
    if isinstance(value, dict):
        return {key: without_ids(inner) for key, inner in value.items() if key not in _UNTOLD}
    if isinstance(value, list | tuple):
        return [without_ids(inner) for inner in value]
    return value


def _align_map(found: Member, base: Member, renamed: dict[str, str]) -> Member:
    aligned: Member = {}
    for key, value in found.items():
        other = base.get(key)
        if key not in _FOREIGN and is_members(value) and is_members(other):
            aligned[key] = _align_members(value, list(other or ()), renamed)
        elif isinstance(value, dict) and isinstance(other, dict):
            aligned[key] = _align_map(value, other, renamed)
            if "id" in value and "id" in other:  # a member that stands alone
                renamed[value["id"]] = aligned[key]["id"] = other["id"]
        else:
            aligned[key] = value
    return aligned


def _align_members(
    found: list[Member], base: list[Member], renamed: dict[str, str]
) -> list[Member]:
    partner: dict[int, Member] = {}
    taken: set[int] = set()
    for key_of in (_source, _content, _type, _place):
        if len(partner) == len(found) or len(taken) == len(base):
            break
        _pair(found, base, key_of, partner, taken)
    aligned = []
    for place, member in enumerate(found):
        known = partner.get(place)
        if known is None:
            aligned.append(member)
            continue
        renamed[member["id"]] = known["id"]
        aligned.append({**_align_map(member, known, renamed), "id": known["id"]})
    return aligned


def _pair(
    found: list[Member],
    base: list[Member],
    key_of: Callable[[Member], Any],
    partner: dict[int, Member],
    taken: set[int],
) -> None:
    """Pairs the members that are left and have the same key, in their order."""
    waiting: dict[Any, deque[int]] = {}
    for place, member in enumerate(base):
        if place not in taken and (key := key_of(member)):
            waiting.setdefault(key, deque()).append(place)
    for place, member in enumerate(found):
        if place in partner or not (key := key_of(member)):
            continue
        queue = waiting.get(key)
        while queue:
            if key_of is _place and _are_strangers(member, base[queue[0]]):
                queue.rotate(-1)
                if all(_are_strangers(member, base[other]) for other in queue):
                    break
                continue
            other = queue.popleft()
            partner[place] = base[other]
            taken.add(other)
            break


def _source(member: Member) -> Any:
    return member.get("source_id") or None


def _content(member: Member) -> Any:
    """Equal for members that `app.domain.diff.same` calls the same but for their ids."""
    return json.dumps(_compared(member), sort_keys=True, ensure_ascii=False, default=str)


def _compared(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {
            key: _compared(one)
            for key, one in value.items()
            if key not in _UNTOLD and key not in UNCOMPARED
        }
        return {key: one for key, one in inner.items() if one not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [_compared(one) for one in value]
    return value


def _type(member: Member) -> Any:
    return member.get("type") or member.get("name") or None


def _place(member: Member) -> Any:
    """What is left is matched in order, unless both say that they are somebody else."""
    return (member.get("type"), member.get("name"))


def _are_strangers(one: Member, other: Member) -> bool:
    return bool(one.get("source_id") and other.get("source_id"))
