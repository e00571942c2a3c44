"""The parts of an entry that have readers of their own: senses, examples, pictures, recordings.

A part is read by who may read the entry, every part that it is in, and itself: the strictest of
them decides. An access `public` of a part therefore adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

CLOSABLE = ("senses", "examples", "pictures", "media")
LEVELS = frozenset({"sense", "example", "picture", "media"})  # what `app.domain.schema` calls them
MOST_GROUPS = 4  # different sets of groups that the parts of one entry can be open to
_HOLDERS = (*CLOSABLE, "pronunciations", "forms")
Content = dict[str, Any]
Permits = Callable[[Any], bool]


def iter_parts(content: Mapping[str, Any]) -> Iterator[Content]:
    """Senses, examples, pictures and recordings at any depth, outer ones first."""
    for name in _HOLDERS:
        for member in content.get(name) or ():
            if name in CLOSABLE:
                yield member
            yield from iter_parts(member)


def restrictions(content: Mapping[str, Any]) -> list[Content]:
    """The different accesses that narrow who reads a part, in a fixed order."""
    made = (restriction(part.get("access")) for part in iter_parts(content))
    found = {repr(one): one for one in made if one is not None}
    return [found[key] for key in sorted(found)]


def restriction(access: Mapping[str, Any] | None) -> Content | None:
    """An access with its groups in order; None for one that narrows nothing."""
    if not access or access.get("level") == "public":
        return None
    level = access.get("level", "members")
    groups = sorted(access.get("groups") or ()) if level == "groups" else []
    return {"level": level, "groups": groups}


def redacted(content: Content, permits: Permits) -> Content:
    """An entry without the parts that may not be read; itself if there are none.

    Args:
        permits: tells whether the reader has an access.
    """
    made = content
    for name in _HOLDERS:
        members = content.get(name)
        if not members:
            continue
        left = [
            redacted(member, permits)
            for member in members
            if name not in CLOSABLE or permits(member.get("access"))
        ]
        if len(left) != len(members) or any(a is not b for a, b in zip(left, members, strict=True)):
            made = {**made, name: left} if left else {k: v for k, v in made.items() if k != name}
    return made


def is_narrowed(content: Mapping[str, Any]) -> bool:
    """Whether any part carries an access: soon told, and no for most entries."""
    for name in _HOLDERS:
        for member in content.get(name) or ():
            if "access" in member or is_narrowed(member):
                return True
    return False


def views(content: Content) -> Iterator[tuple[Content, list[Content], list[Content]]]:
    """An entry as each kind of reader sees it: with the restrictions that it shows and hides.

    The whole entry comes first. Of more sets of groups than `MOST_GROUPS` only the whole shows
    the rest, so that nobody sees too much.
    """
    if not is_narrowed(content):  # as most are
        yield content, [], []
        return
    narrow = restrictions(content)
    yield content, narrow, []
    groups = [one for one in narrow if one["level"] == "groups"]
    members = [one for one in narrow if one["level"] == "members"]
    for size in range(min(len(groups), MOST_GROUPS), -1, -1):
        for chosen in combinations(groups[:MOST_GROUPS], size):
            # who is in a group is a member
            for shows in [[*chosen, *members]] if size or not members else [members, []]:
                hides = [one for one in narrow if one not in shows]
                if hides:
                    yield redacted(content, _shown_by(shows)), shows, hides


def _shown_by(shows: list[Content]) -> Permits:
    def permits(access: Any) -> bool:
        found = restriction(access)
        return found is None or found in shows

    return permits


def closed_ids(content: Mapping[str, Any], permits: Permits) -> set[str]:
    """Ids of the parts that may not be read, and of the parts in them."""
    return {part["id"] for part in iter_parts(content)} - {
        part["id"] for part in iter_parts(redacted(dict(content), permits))
    }


def without(value: Any, closed: Container[str], permits: Permits = lambda _access: True) -> Any:
    """A value of the log, or content, without closed parts; None if it is one itself.

    Args:
        closed: ids of parts that are left out, whatever access they carry there.
        permits: tells whether the reader has an access that a part carries.
    """
    if isinstance(value, dict):
        if value.get("id") in closed or not permits(_access_of(value)):
            return None
        return {key: without(inner, closed, permits) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        kept = (without(one, closed, permits) for one in value if not _is_in(one, closed))
        return [one for one in kept if one is not None]
    return value


def gone(known: Mapping[str, Any], before: Content, after: Content) -> dict[str, Any]:
    """The access of parts that are there no more, so that the log does not show what they held.

    Args:
        known: what was known of parts that had gone before.
        before, after: an entry before and after a change.
    """
    there = {part["id"] for part in iter_parts(after)}
    left = {
        part["id"]: part["access"]
        for part in iter_parts(before)
        if (part.get("access") or {}).get("level", "public") != "public"
    }
    return {key: access for key, access in {**known, **left}.items() if key not in there}


def has_access(value: Any) -> bool:
    """Whether something in a value carries an access."""
    if isinstance(value, dict):
        return bool(value.get("access")) or any(map(has_access, value.values()))
    return isinstance(value, list | tuple) and any(map(has_access, value))


def is_access_path(path: Sequence[str]) -> bool:
    """Whether a path is the access of the entry or of a part that can have one."""
    return path == ("access",) or (len(path) >= 3 and path[-1] == "access" and path[-3] in CLOSABLE)


def _access_of(value: Content) -> Any:
    access = value.get("access")
    return access if isinstance(access, dict) and "id" in value else None


def _is_in(value: Any, closed: Container[str]) -> bool:
    return isinstance(value, str) and value in closed
