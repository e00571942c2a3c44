"""One moment: what all reads of one answer ask for is looked up once while the answer is made.

    with held():
        ...  # reads; nothing is written that they depend on

Whoever only reads holds one: every `GET`, for a start. Outside of it everything is looked up each
time. A thread sees its starter's moment if it runs in a copy of its context.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

T = TypeVar("T")
_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("known", default=None)


@contextmanager
def held() -> Iterator[None]:
    """A moment that lasts as long as the block; within another it is that one."""
    if _known.get() is not None:
        yield
        return
    begun = _known.set({})
    try:
        yield
    finally:
        _known.reset(begun)


def once(key: Hashable, look_up: Callable[[], T]) -> T:
    """What is looked up, or was in this moment under the same key.

    Args:
        key: says what is looked up, in which database and for whom.
    """
    known = _known.get()
    if known is None:
        return look_up()
    if key not in known:
        known[key] = look_up()
    return cast(T, known[key])
