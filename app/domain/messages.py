"""Sentences for people that keep what is needed to say them in another language."""

from __future__ import annotations

from typing import Any


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
