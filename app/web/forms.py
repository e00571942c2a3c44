"""From a service's problems to the fields of a form."""

from __future__ import annotations

from app.domain.errors import Invalid
from app.web.texts import translate


def errors_of(error: Invalid) -> dict[str, str]:
    """What is wrong, in the reader's language, by field; under the empty name what has none.

    >>> from app.domain.errors import Problem
    >>> errors_of(Invalid(Problem("name", "Too long."), "Try later."))
    {'name': 'Too long.', '': 'Try later.'}
    """
    errors: dict[str, str] = {}
    for problem in error.problems:
        earlier, what = errors.get(problem.where), translate(problem.what)
        errors[problem.where] = f"{earlier} {what}" if earlier else what
    return errors
