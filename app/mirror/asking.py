"""What may be asked: queries that only read, and only what is in the store.

Source: SPARQL 1.1 Query Language, grammar (strings, IRIs, comments, names).
"""

from __future__ import annotations

import re

from app.domain.errors import Invalid, Problem
from app.domain.messages import say

LONGEST = 100_000  # characters of a query
# What is not looked into, then words: a SERVICE in a string or a name calls nobody.
_TOKENS = re.compile(
    r"""
      (?P<comment>\#[^\n\r]*)
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<string>\"\"\"(?:[^"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<name>[?$@][\w-]+|_:[\w.-]+|[\w.-]*:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*)
    | (?P<word>[A-Za-z_][\w-]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_CALLS_OUT = frozenset({"SERVICE"})
_UPDATES = frozenset({
    "INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD",
})  # fmt: skip
_FORMS = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})


def check(query: str) -> None:
    """Refuses what is no query, and what would call somebody else.

    Raises:
        Invalid: with what it is.
    """
    if len(query) > LONGEST:
        raise _refusal(say("A query has at most %(most)s characters.", most=f"{LONGEST:,}"))
    words = [
        match.group().upper() for match in _TOKENS.finditer(query) if match.lastgroup == "word"
    ]
    if _CALLS_OUT & set(words):
        raise _refusal("SERVICE is not possible: a query sees the graphs of this project only.")
    first = next((word for word in words if word in _FORMS | _UPDATES), "")
    if first in _UPDATES:
        raise _refusal("Updates are not possible: the graphs follow the project. Change it there.")
    if not first:
        raise _refusal("A query begins with SELECT, ASK, CONSTRUCT or DESCRIBE.")


def _refusal(what: str) -> Invalid:
    return Invalid(Problem("query", what))
