"""The one table from errors to a status and a page or a problem document.

Source: RFC 9457 (problem details for HTTP APIs).
"""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from pymongo.errors import AutoReconnect, ServerSelectionTimeoutError
from werkzeug.exceptions import HTTPException, Unauthorized
from werkzeug.wrappers import Response as BaseResponse

from app.domain import errors as domain
from app.services.login import TooManyAttempts
from app.web.auth import SAFE_METHODS, caller
from app.web.incoming import too_large
from app.web.texts import describe_path, message_of, translate

STATUSES: dict[type[domain.DomainError], HTTPStatus] = {
    domain.NotFound: HTTPStatus.NOT_FOUND,
    domain.Gone: HTTPStatus.GONE,
    domain.NotAllowed: HTTPStatus.FORBIDDEN,
    domain.Conflict: HTTPStatus.CONFLICT,
    domain.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    domain.Unreadable: HTTPStatus.UNPROCESSABLE_ENTITY,
    domain.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
}


def install(app: Flask) -> None:
    """Answers errors by the table."""
    app.register_error_handler(domain.DomainError, answer_domain_error)
    app.register_error_handler(HTTPException, _answer_http_error)
    for lost in (AutoReconnect, ServerSelectionTimeoutError):
        app.register_error_handler(lost, _answer_lost_database)
    app.register_error_handler(500, _answer_failure)


def status_of(error: domain.DomainError) -> HTTPStatus:
    """The status for an error of the domain; that of its nearest listed ancestor."""
    for ancestor in type(error).__mro__:
        if ancestor in STATUSES:
            return STATUSES[ancestor]
    return HTTPStatus.BAD_REQUEST


def wants_json() -> bool:
    """Whether the answer is for a program: an API address, or JSON preferred over HTML."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(
        ["text/html", "application/json", "application/problem+json"]
    )
    return best != "text/html" and best is not None


def answer_domain_error(error: domain.DomainError) -> BaseResponse:
    """The answer to an error of the domain."""
    status = status_of(error)
    if status is HTTPStatus.FORBIDDEN and not caller().actor.id:
        return _ask_for_login(message_of(error))
    answer = _answer(status, error.code, message_of(error), _facts(error))
    if isinstance(error, TooManyAttempts):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _facts(error: domain.DomainError) -> dict[str, Any]:
    if isinstance(error, domain.Invalid):
        problems = [{"where": one.where, "what": translate(one.what)} for one in error.problems]
        return {"problems": problems}
    if isinstance(error, domain.Conflict):
        return {
            "conflicts": [
                asdict(conflict) | {"label": describe_path(conflict.path)}
                for conflict in error.conflicts
            ]
        }
    if isinstance(error, domain.Unreadable):
        place = {"file": error.file, "line": error.line, "column": error.column}
        return {key: value for key, value in place.items() if value}
    return {}


def _ask_for_login(detail: str) -> BaseResponse:
    accepted = request.accept_mimetypes
    is_program = wants_json() or bool(accepted and not accepted.accept_html)
    if is_program or caller().scopes is not None:
        return _unauthorized(detail)
    target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
    return redirect(url_for("accounts.login", next=target))


def _unauthorized(detail: str) -> Response:
    answer = _answer(HTTPStatus.UNAUTHORIZED, "not-signed-in", detail, {})
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _answer_http_error(error: HTTPException) -> BaseResponse:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, Unauthorized):
        return _unauthorized(str(error.description))
    if isinstance(error, CSRFError):
        detail = _("This form has expired or came from another page. Go back, reload, try again.")
        return _answer(HTTPStatus.BAD_REQUEST, "forged", detail, {})
    status = HTTPStatus(error.code)
    code = status.phrase.lower().replace(" ", "-")
    answer = _answer(status, code, _detail(status, str(error.description)), {})
    if status is HTTPStatus.NOT_ACCEPTABLE:
        answer.vary.add("Accept")
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            answer.headers[name] = value
    return answer


def _detail(status: HTTPStatus, description: str) -> str:
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return too_large()
    details = {
        HTTPStatus.NOT_FOUND: _("There is nothing at this address. It may have been moved."),
        HTTPStatus.METHOD_NOT_ALLOWED: _("This address cannot be used in this way."),
    }
    return str(details.get(status, description))


def _answer_lost_database(_error: Exception) -> BaseResponse:
    detail = _("The database does not answer. Nothing was changed; try again in a moment.")
    answer = _answer(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, {})
    answer.headers["Retry-After"] = "5"
    return answer


def _answer_failure(_error: Exception) -> BaseResponse:
    detail = _("Something went wrong here. It was logged; what you had saved before is safe.")
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "failure", detail, {})


def _answer(status: HTTPStatus, code: str, detail: str, facts: dict[str, Any]) -> Response:
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
        **facts,
    }
    if wants_json():
        answer = make_response(problem, status)
        answer.mimetype = "application/problem+json"
        return answer
    title = _titles(status)
    if status is HTTPStatus.UNPROCESSABLE_ENTITY and request.method == "GET":
        title = str(_("This cannot be shown"))
        problem["detail"] = " ".join(one["what"] for one in facts.get("problems", ())) or detail
    page = render_template("error.html", title=title, problem=problem)
    return make_response(page, status)


def _titles(status: HTTPStatus) -> str:
    titles = {
        HTTPStatus.NOT_FOUND: _("Not found"),
        HTTPStatus.GONE: _("This was deleted"),
        HTTPStatus.FORBIDDEN: _("Not allowed"),
        HTTPStatus.CONFLICT: _("Somebody else changed this"),
        HTTPStatus.UNPROCESSABLE_ENTITY: _("This cannot be saved as it is"),
        HTTPStatus.SERVICE_UNAVAILABLE: _("Not available just now"),
        HTTPStatus.TOO_MANY_REQUESTS: _("Too many attempts"),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("Too large"),
        HTTPStatus.UNAUTHORIZED: _("Sign in to go on"),
        HTTPStatus.INTERNAL_SERVER_ERROR: _("Something went wrong"),
    }
    return str(titles.get(status, _("This did not work")))
