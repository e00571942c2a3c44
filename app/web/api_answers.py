"""What the requests and answers of the API have in common."""

from __future__ import annotations

import uuid

from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired

from app.domain.errors import Invalid, Problem
from app.domain.ids import id_of, is_id, new_id
from app.domain.messages import say
from app.services import history
from app.store.database import Document
from app.store.envelope import content_of
from app.web.context import desk

MOST = 500  # records in one answer


def change_id() -> str:
    """The id of a change that this request makes; the same again for the same `Idempotency-Key`.

    The key can be an id of a change that the client made, or any other text of its own.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return new_id("x")
    if is_id(key) and key.startswith("x_"):
        return key
    named = f"{desk().actor.id} {desk().project_id} {key}"
    return id_of(uuid.uuid5(uuid.NAMESPACE_URL, named), "x")


def earlier_change() -> Document | None:
    """The change that an earlier try of this request made, whose answer was lost on its way."""
    if "Idempotency-Key" not in request.headers:
        return None
    change = history.find_own(desk(), change_id())
    return change if change and "ops" in change else None


def limit_of_page() -> int:
    """How many things a page of an answer has.

    Raises:
        Invalid: the address asks for none, or for too many.
    """
    typed = request.args.get("limit", "100")
    limit = int(typed) if typed.isascii() and typed.isdecimal() else 0
    if not 1 <= limit <= MOST:
        raise Invalid(Problem("limit", say("It lies between 1 and %(most)s.", most=MOST)))
    return limit


def tagged(answer: Response, stored: Document) -> Response:
    """An answer with the revision of its record."""
    answer.set_etag(str(stored["rev"]))
    return answer


def require_match(stored: Document) -> None:
    """Refuses a change of a record that is not of the revision in `If-Match` any more.

    Raises:
        PreconditionFailed: it has another revision now.
        PreconditionRequired: the request names none.
    """
    if "If-Match" not in request.headers:
        raise PreconditionRequired("Name the revision that you saw in If-Match.")
    if not request.if_match.contains(str(stored["rev"])):
        raise PreconditionFailed(f"It is at revision {stored['rev']} now; read it again.")


def told(stored: Document) -> Document:
    """A record as the API gives it: its content, revision and owner."""
    return content_of(stored) | {"rev": stored["rev"], "owner": stored.get("owner", "")}


def accepted(slug: str, job: str) -> ResponseReturnValue:
    """The answer to what became a job: where to look how far it is."""
    address = url_for("api.get_job", slug=slug, job=job)
    answer = jsonify(id=job, job=address)
    answer.headers["Location"] = address
    return answer, 202
