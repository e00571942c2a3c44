"""A disk that is nearly full makes the server read-only, before the database has to stop."""

from __future__ import annotations

from flask import Flask, request
from flask_babel import gettext as _

from app.domain.errors import Unavailable
from app.services.space import free_bytes, require_space
from app.web.auth import SAFE_METHODS
from app.web.context import parts


def install(app: Flask) -> None:
    """Refuses what would write while there is too little room."""
    app.before_request(_require_space)


def _require_space() -> None:
    if request.method in SAFE_METHODS:
        return
    settings = parts().settings
    free = free_bytes(settings.data)
    if free < settings.min_free:
        raise Unavailable(
            _(
                "The server is read-only: its disk has %(free)s MB left and needs %(least)s MB. "
                "Nothing was changed. Ask whoever runs the server to make room, then try again.",
                free=free // 10**6,
                least=settings.min_free // 10**6,
            )
        )
    if request.mimetype == "multipart/form-data":  # it lies in two places on its way
        require_space(settings.data, settings.min_free, 2 * (request.content_length or 0))
