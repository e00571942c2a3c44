"""JSON that scripts and programs send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request

from app.domain.diff import FieldChange
from app.domain.errors import Invalid, Problem
from app.domain.ids import is_id, new_id
from app.store.database import Document


def json_body() -> Document:
    """The object that a request carries.

    Raises:
        Invalid: it carries none.
    """
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid("Send a JSON object.")
    return body


def change_id_of(body: Document) -> str:
    """The id that the client gave the change, so that a retry is not a second change.

    Raises:
        Invalid: it is no id of a change.
    """
    given = body.get("id")
    if given is None:
        return new_id("x")
    if not is_id(given) or not str(given).startswith("x_"):
        raise Invalid(Problem("id", "A change's id is x_ and a UUIDv7 in base32hex."))
    return str(given)


def field_changes_of(body: Document) -> list[FieldChange]:
    """The changes of fields in a body: each has a path, the value that was seen and the new one.

    Raises:
        Invalid: one is not of that shape.
    """
    found = body.get("changes")
    if not isinstance(found, list):
        raise Invalid(Problem("changes", "Send a list of changes with path, before and after."))
    return [_field_change(one) for one in found]


def _field_change(found: Any) -> FieldChange:
    try:
        change = FieldChange.from_document(found)
    except (KeyError, TypeError, AttributeError) as error:
        raise Invalid(Problem("changes", "Each change has a path, before and after.")) from error
    if not all(isinstance(key, str) for key in change.path):
        raise Invalid(Problem("changes", "The keys of a path are strings."))
    return replace(change, path=tuple(change.path))
