"""Static files: for ever under an address with the hash of their content, else revalidated."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask.wrappers import Response

from app.web.rules import rule


def install(app: Flask) -> None:
    """Gives static files addresses with a hash, and lets anyone read them."""
    app.view_functions["static"] = rule("anyone")(app.view_functions["static"])
    app.url_defaults(_add_version)
    app.jinja_env.globals["sprite"] = sprite
    app.after_request(_set_lifetime)


def sprite() -> str:
    """The address of the icons, made once a page."""
    if "sprite" not in g:
        g.sprite = url_for("static", filename="icons.svg")
    return str(g.sprite)


def version_of(path: Path) -> str:
    """Twelve digits of the hash of a file's content; empty where there is no such file."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return _hash(path, stat.st_mtime_ns, stat.st_size)


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "v" not in values and current_app.static_folder:
        version = version_of(Path(current_app.static_folder) / values["filename"])
        if version:
            values["v"] = version


def _set_lifetime(answer: Response) -> Response:
    if request.endpoint == "static":
        forever = "v" in request.args and answer.status_code in (200, 206, 304)
        answer.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if forever else "no-cache"
        )
    return answer


@lru_cache(maxsize=2048)
def _hash(path: Path, _mtime: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
