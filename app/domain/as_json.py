"""Dataclasses as JSON."""

from __future__ import annotations

from typing import Any


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, for `json.dumps(…, default=fields_of)`.

    `dataclasses.asdict` takes thrice as long, and a guess for a line has hundreds of them.

    Raises:
        TypeError: it is no dataclass.
    """
    names = getattr(type(value), "__dataclass_fields__", None)
    if names is None:
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")
    return {name: getattr(value, name) for name in names}
