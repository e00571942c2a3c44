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
_SERVICE = "SERVICE"
_LOCAL_SERVICE = re.compile(r"(?:.*\.)?SERVICE", re.DOTALL)
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
    tokens = [(match.lastgroup, match.group().upper()) for match in _TOKENS.finditer(query)]
    words = [text for kind, text in tokens if kind == "word"]
    if any(_calls_out(kind, text) for kind, text in tokens):
        raise _refusal("SERVICE is not possible: a query sees the graphs of this project only.")
    first = next((word for word in words if word in _FORMS | _UPDATES), "")
    if first in _UPDATES:
        raise _refusal("Updates are not possible: the graphs follow the project. Change it there.")
    if not first:
        raise _refusal("A query begins with SELECT, ASK, CONSTRUCT or DESCRIBE.")


def _calls_out(kind: str | None, text: str) -> bool:
    """Whether the parser may read a SERVICE in a token: it wants no space around one."""
    if kind == "word":
        return _SERVICE in text
    if kind != "name" or text[0] in "?$@_":
        return False
    prefix, _, local = text.partition(":")
    return _SERVICE in prefix or _LOCAL_SERVICE.fullmatch(local) is not None


def explain(query: str, why: str) -> str:
    r"""What is wrong with a query, for people, from what its parser said.

    >>> explain("SELECT *\n{ ?s ?p 1", 'error at 2:10: expected one of ".", "}", [_]')
    'line 2, column 10: the query ends too early; one of these was expected: . }'
    """
    told = _AT.match(why)
    if told is None:
        return why
    line, column, expected = int(told[1]), int(told[2]), told[3]
    read = (query.splitlines() or [""])[line - 1 : line] or [""]
    before, after = read[0][: column - 1], read[0][column - 1 :]
    fault = _fault(before, after, expected, last=line > query.count("\n"))
    what = "line %(line)s, column %(column)s: %(fault)s"
    return say(what, line=str(line), column=str(column), fault=fault)


_AT = re.compile(r"error at (\d+):(\d+): expected (.*)", re.DOTALL)


def _fault(before: str, after: str, expected: str, *, last: bool) -> str:
    name = re.search(r"([\w-]*):[\w.-]*$", before)
    if "Prefix not found" in expected and name:
        return say("the prefix “%(name)s:” is not known; add PREFIX %(name)s: <…>.", name=name[1])
    if "variable that is unbound" in expected:
        return say(
            "SELECT names a variable that the pattern does not bind, or GROUP BY leaves out."
        )
    if "IRI parsing failed" in expected:
        return say("this is no IRI.")
    quoted = re.findall(r'"((?:[^"\\]|\\.)+)"', expected)
    wanted = " ".join(dict.fromkeys(one for one in quoted if one == '\\"' or "\\" not in one))
    ends = last and not after.strip()
    if ends and wanted:
        what = "the query ends too early; one of these was expected: %(wanted)s"
        return say(what, wanted=wanted.replace("\\", ""))
    if ends:
        return say("the query ends too early.")
    return say(
        "“%(found)s” does not belong here.", found=after.strip()[:30] or before.strip()[-30:]
    )


def _refusal(what: str) -> Invalid:
    return Invalid(Problem("query", what))
