"""Work that takes too long to wait for: it becomes a job, and the page shows how far it is."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from werkzeug.wrappers import Response

from app.services import jobs
from app.web.context import desk, enqueue


def as_job(kind: str, **arguments: Any) -> Response:
    """Hands work to a worker; answers with the page that shows how far it is."""
    job = jobs.ask(desk(), enqueue, kind, **arguments)
    return redirect(url_for("imports.watch", slug=desk().project["slug"], job=job))
