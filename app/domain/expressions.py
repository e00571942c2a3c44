"""Regular expressions that people type: refused where they are none, or would take too much."""

from __future__ import annotations

import regex

from app.domain.errors import Invalid, Problem
from app.domain.messages import say

REPEATS = 1000  # a counted repeat is unrolled: nested ones would fill the memory
_COUNTED = regex.compile(r"\{(\d*)(?:,(\d*))?\}")


def compile_expression(pattern: str, where: str, flags: int = 0) -> regex.Pattern[str]:
    """The compiled expression; search it with a `timeout`.

    Args:
        where: the field that the problem is said of.

    Raises:
        Invalid: it is no expression; says at which character. Or its counts are too large.
    """
    if _repeats(pattern) > REPEATS:
        what = say("Counts in braces may come to %(most)s in all.", most=REPEATS)
        raise Invalid(Problem(where, what))
    try:
        return regex.compile(pattern, flags)
    except (regex.error, OverflowError, RecursionError) as error:
        why = say(
            "This is no regular expression: %(why)s at character %(place)s.",
            why=str(getattr(error, "msg", error)),
            place=int(getattr(error, "pos", 0) or 0) + 1,
        )
        raise Invalid(Problem(where, why)) from error


def _repeats(pattern: str) -> int:
    """How often something is repeated at most, if all counted repeats lay inside one another.

    >>> _repeats("(a{3}b{2,4})+")
    12
    """
    product = 1
    for found in _COUNTED.finditer(pattern):
        digits = [part for part in found.groups() if part]
        product *= max((int(part[:9]) for part in digits), default=1) or 1
    return product
