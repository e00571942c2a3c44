"""Whether the server can work: for supervisors and load balancers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from pymongo.errors import PyMongoError

from app.domain.errors import Unavailable
from app.web.context import store
from app.web.rules import rule

health = Blueprint("health", __name__)


@health.get("/healthz")
@rule("anyone")
def show() -> dict[str, Any]:
    """Answers once the database does."""
    try:
        store().client.admin.command("ping")
    except PyMongoError as error:
        raise Unavailable("The database does not answer.") from error
    return {"status": "ok"}
