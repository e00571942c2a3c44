"""Import, export and jobs in the API."""

from __future__ import annotations

from typing import Any, cast

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import Invalid, Problem
from app.domain.roles import Action
from app.services import imports, jobs, model_batch, model_fill
from app.services.formats import choose_format
from app.web.api_answers import accepted
from app.web.bodies import json_body
from app.web.context import desk, enqueue
from app.web.rules import rule
from app.web.text_api import bp

__all__ = ["bp"]


@bp.post("/projects/<slug>/imports")
@rule(Action.IMPORT)
def add_import(slug: str) -> ResponseReturnValue:
    """Uploads a file (multipart field `file`) and starts its preview as a job.

    For tables and files in Standard Format the field `map` may say, as JSON, which column or
    marker is which field; for the latter `encoding` may say how they are written.
    """
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(Problem("file", "Send the file as the multipart field “file”."))
    named = request.form.get("format", "")  # what a zip file is shows when it is read
    choose_format(sent.filename, named)
    kept = imports.upload(desk(), cast(Any, sent.stream), sent.filename)
    options = {key: request.form[key] for key in ("map", "encoding") if request.form.get(key)}
    job = jobs.ask(
        desk(), enqueue, "preview", file=kept, format=named, name=sent.filename, options=options
    )
    return accepted(slug, job)


@bp.get("/projects/<slug>/imports/<change>")
@rule(Action.IMPORT)
def get_import(slug: str, change: str) -> ResponseReturnValue:
    """A prepared or finished import with its report."""
    found = imports.get_prepared(desk(), change)
    return jsonify(id=found["_id"], state=found["state"], report=found.get("report"))


@bp.post("/projects/<slug>/imports/<change>/confirm")
@rule(Action.IMPORT)
def confirm_import(slug: str, change: str) -> ResponseReturnValue:
    """Carries a prepared import out, as a job."""
    imports.get_prepared(desk(), change)
    return accepted(slug, jobs.ask(desk(), enqueue, "import", change=change))


@bp.delete("/projects/<slug>/imports/<change>")
@rule(Action.IMPORT)
def discard_import(slug: str, change: str) -> ResponseReturnValue:
    """Forgets a prepared import."""
    imports.discard(desk(), change)
    return "", 204


@bp.post("/projects/<slug>/exports")
@rule(Action.EXPORT)
def add_export(slug: str) -> ResponseReturnValue:
    """Starts writing the project in a format, as a job."""
    body = json_body()
    chosen = choose_format("", str(body.get("format", "")))
    options = {str(key): str(value) for key, value in dict(body.get("options") or {}).items()}
    name = f"{desk().project['slug']}{chosen.suffixes[0]}"
    job = jobs.ask(desk(), enqueue, "export", format=chosen.id, name=name, options=options)
    return accepted(slug, job)


@bp.get("/projects/<slug>/jobs/<job>")
@rule(Action.READ)
def get_job(slug: str, job: str) -> ResponseReturnValue:
    """How far a job is, and where its result lies."""
    found = jobs.get(desk(), job)
    facts = {key: found.get(key) for key in ("kind", "state", "phase", "done", "total", "error")}
    result = found.get("result") or {}
    if found["state"] == "done" and found["kind"] in ("export", model_batch.KIND):
        facts["file"] = url_for("imports.download", slug=slug, job=job)
    elif result.get("model"):
        facts["model"] = url_for("api.get_model", slug=slug, model=result["model"])
    elif found["kind"] in (model_fill.KIND, model_fill.CARRY_OUT) and result.get("change"):
        facts["fill"] = url_for("api.get_fill", slug=slug, change=result["change"])
    elif result.get("change"):
        facts["import"] = url_for("api.get_import", slug=slug, change=result["change"])
    return jsonify(id=job, **facts)
