"""Items of lists that were merged into others: what held one holds the other then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.domain.diff import FieldChange, same


def replaced(value: Any, renamed: Mapping[str, str]) -> Any:
    """The same content with some ids in place of others; in a list each stands once.

    >>> replaced({"domains": ["i_1", "i_2"], "gloss": {"en": "x"}}, {"i_1": "i_2"})
    {'domains': ['i_2'], 'gloss': {'en': 'x'}}
    """
    if isinstance(value, str):
        return renamed.get(value, value)
    if isinstance(value, dict):
        return {key: replaced(inner, renamed) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        new = [replaced(inner, renamed) for inner in value]
        if any(isinstance(one, str) and one in renamed for one in value):
            return list(dict.fromkeys(new))
        return new
    return value


def with_traits(value: Any, names: frozenset[str], renamed: Mapping[str, str]) -> Any:
    """The same content with other codes as values of some traits, such as those of own fields."""
    if isinstance(value, dict):
        changed = {key: with_traits(inner, names, renamed) for key, inner in value.items()}
        if changed.get("name") in names and "value" in changed:
            changed["value"] = renamed.get(changed["value"], changed["value"])
        return changed
    if isinstance(value, list | tuple):
        return [with_traits(inner, names, renamed) for inner in value]
    return value


def replaced_change(change: FieldChange, renamed: Mapping[str, str]) -> FieldChange | None:
    """A change of a field with some ids in place of others; None if it changes nothing then."""
    before, after = replaced(change.before, renamed), replaced(change.after, renamed)
    if same(before, after) and not same(change.before, change.after):
        return None
    return replace(change, before=before, after=after)
