"""From a service's problems to the fields of a form."""

from __future__ import annotations

from app.domain.errors import Invalid


def errors_of(error: Invalid) -> dict[str, str]:
    """What is wrong, by field; under the empty name what belongs to no field.

    >>> from app.domain.errors import Problem
    >>> errors_of(Invalid(Problem("name", "Too long."), "Try later."))
    {'name': 'Too long.', '': 'Try later.'}
    """
    errors: dict[str, str] = {}
    for problem in error.problems:
        earlier = errors.get(problem.where)
        errors[problem.where] = f"{earlier} {problem.what}" if earlier else problem.what
    return errors
