"""Sentences for people that keep what is needed to say them in another language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PATTERN = re.compile(r"(?:[^%]|%%|%\(\w{1,40}\)s)*", re.DOTALL)


class Message(str):
    """A sentence in English, with its pattern and its facts.

    Attributes:
        pattern: the sentence with `%(name)s` where facts stand; what translators see.
        facts: what stands there; another message among them is translated too.
    """

    __slots__ = ("facts", "pattern")

    pattern: str
    facts: dict[str, Any]


def say(pattern: str, **facts: Any) -> Message:
    """A sentence with facts in it, for an error or a problem. Without facts a plain string does.

    >>> say("There is no project “%(slug)s”.", slug="sena")
    'There is no project “sena”.'
    >>> say("There is no project “%(slug)s”.", slug="sena").pattern
    'There is no project “%(slug)s”.'
    """
    message = Message(pattern % facts)
    message.pattern, message.facts = pattern, facts
    return message


def as_message(text: str) -> Message:
    """A sentence or word without facts, to stand as a fact in another one and be translated."""
    if isinstance(text, Message):
        return text
    message = Message(text)
    message.pattern, message.facts = text, {}
    return message


def packed(message: str) -> Any:
    """A sentence as it can be stored, or sent to another process, without losing its facts.

    >>> packed(say("%(n)s of %(all)s", n=1, all=2))
    {'pattern': '%(n)s of %(all)s', 'facts': {'n': 1, 'all': 2}}
    >>> packed("Training")
    'Training'
    """
    if not isinstance(message, Message):
        return message
    facts = {key: packed(one) if isinstance(one, str) else one
             for key, one in message.facts.items()}  # fmt: skip
    return {"pattern": message.pattern, "facts": facts}


def unpacked(stored: Any) -> str:
    """The sentence that `packed` gave; what is none, whoever made it, is empty or plain text."""
    if not isinstance(stored, Mapping):
        return stored if isinstance(stored, str) else ""
    pattern, facts = stored.get("pattern"), stored.get("facts")
    if not isinstance(pattern, str) or not isinstance(facts, Mapping):
        return ""
    if not _PATTERN.fullmatch(pattern):
        return pattern
    told = {
        str(key): unpacked(one) if isinstance(one, Mapping) else _fact(one)
        for key, one in facts.items()
    }
    try:
        return say(pattern, **told)
    except (KeyError, TypeError, ValueError):
        return pattern


def _fact(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)
