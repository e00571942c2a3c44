"""Pictures and recordings of entries."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, jsonify, request, send_file
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, Problem
from app.domain.roles import Action
from app.services import media
from app.web.context import desk
from app.web.rules import rule

bp = Blueprint("media", __name__)


@bp.get("/<slug>/files/<file_id>")
@rule(Action.READ)
def show_file(slug: str, file_id: str) -> BaseResponse:
    """A picture or a recording; parts of it by range."""
    found = media.open_media(desk(), file_id)
    facts = found.metadata or {}
    answer = send_file(
        cast(Any, found),
        mimetype=facts.get("type", "application/octet-stream"),
        download_name=found.filename,
        conditional=True,
        etag=facts.get("sha256", file_id),
        max_age=3600,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@bp.post("/<slug>/files")
@rule(Action.ADD)
def upload(slug: str) -> BaseResponse:
    """Keeps a picture or a recording; answers with its id."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(Problem("file", "Choose a picture or a recording first."))
    kept = media.keep_media(desk(), cast(Any, sent.stream), sent.filename)
    return jsonify(id=kept, href=sent.filename)
