"""Giving the members of a newly read record the ids that they had before.

A file has no ids for most members of a record. For a three-way merge the second reading of a
record must carry the ids of the first: members are matched by the identifier that the source
gives them, then by equal content, then by type, then by place.
"""

from __future__ import annotations

from typing import Any

from app.domain.diff import is_members, same

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
        else:
            aligned[key] = value
    return aligned


def _align_members(
    found: list[Member], base: list[Member], renamed: dict[str, str]
) -> list[Member]:
    partner: dict[int, Member] = {}
    free = list(base)
    for matches in (_by_source, _by_content, _by_type, _by_place):
        for place, member in enumerate(found):
            if place in partner:
                continue
            other = next((one for one in free if matches(member, one)), None)
            if other is not None:
                partner[place] = other
                free.remove(other)
    aligned = []
    for place, member in enumerate(found):
        known = partner.get(place)
        if known is None:
            aligned.append(member)
            continue
        renamed[member["id"]] = known["id"]
        aligned.append({**_align_map(member, known, renamed), "id": known["id"]})
    return aligned


def _by_source(one: Member, other: Member) -> bool:
    return bool(one.get("source_id")) and one.get("source_id") == other.get("source_id")


def _by_content(one: Member, other: Member) -> bool:
    return same(without_ids(one), without_ids(other))


def _by_type(one: Member, other: Member) -> bool:
    named = one.get("type") or one.get("name")
    return bool(named) and named == (other.get("type") or other.get("name"))


def _by_place(one: Member, other: Member) -> bool:
    """What is left is matched in order, unless both say that they are somebody else."""
    if one.get("source_id") and other.get("source_id"):
        return False
    return (one.get("type"), one.get("name")) == (other.get("type"), other.get("name"))
