"""The models of the API: what there is, training, figures, the file."""

from __future__ import annotations

from typing import Any

from flask import jsonify, send_file, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.domain.roles import Action
from app.ml.engines import engines_here
from app.services import jobs, model_training
from app.services import models as service
from app.services.model_data import Choice
from app.services.model_tasks import choices_of
from app.services.model_wishes import Wish
from app.store.database import Document
from app.web.api_answers import accepted, change_id, require_match, tagged, told
from app.web.bodies import json_body
from app.web.context import desk, enqueue
from app.web.exchange_api import bp
from app.web.rules import rule

__all__ = ["bp"]
_INNER = ("texts", "speakers", "evaluated", "statuses")


@bp.get("/projects/<slug>/models")
@rule(Action.READ)
def list_models(slug: str) -> ResponseReturnValue:
    """The models, and for who may train what there is to learn from for each task."""
    benches = service.benches(desk())
    return jsonify(
        tasks=[_task(bench) for bench in benches],
        items=[_model(one) for bench in benches for one in bench.models],
        shared=[_model(one) for one in service.elsewhere(desk())],
    )


@bp.post("/projects/<slug>/models")
@rule(Action.TRAIN)
def add_model(slug: str) -> ResponseReturnValue:
    """Trains a model, as a job."""
    body = json_body()
    wish = Wish(
        str(body.get("task", "")),
        str(body.get("engine", "")),
        _texts_by_name(body.get("options", {})),
        Choice(_texts("texts", body), _texts("statuses", body)),
        str(body.get("name", "")),
        str(body.get("series", "")),
        curve=body.get("curve", True) is not False,
    )
    return accepted(slug, model_training.ask(desk(), wish, enqueue))


@bp.get("/projects/<slug>/models/<model>")
@rule(Action.READ)
def get_model(slug: str, model: str) -> ResponseReturnValue:
    """A model with its figures."""
    stored = service.get(desk(), model)
    # a consent that is withdrawn changes what is said, but not the record
    return tagged(jsonify(_model(stored)), stored)


@bp.get("/projects/<slug>/models/<model>/report")
@rule(Action.READ)
def get_report(slug: str, model: str) -> ResponseReturnValue:
    """What was measured of a model in detail."""
    return jsonify(service.report(desk(), service.get(desk(), model)))


@bp.get("/projects/<slug>/models/<model>/file")
@rule(Action.READ)
def get_model_file(slug: str, model: str) -> ResponseReturnValue:
    """The model as one zip file."""
    name, stream = service.open_archive(desk(), service.get(desk(), model))
    return send_file(stream, "application/zip", as_attachment=True, download_name=name, max_age=0)


@bp.patch("/projects/<slug>/models/<model>")
@rule(Action.TRAIN)
def patch_model(slug: str, model: str) -> ResponseReturnValue:
    """Changes name, notes and licence of a model, or makes it the one that guesses."""
    body, stored = json_body(), service.get(desk(), model)
    known = {"name", "notes", "licence", "is_default"}
    if unknown := sorted(body.keys() - known):
        what = f"Send fields out of {', '.join(sorted(known))}."
        raise Invalid(Problem(unknown[0][:40], what))
    require_match(stored)
    facts = {key: str(one) for key, one in body.items() if key != "is_default"}
    if facts:
        service.save(desk(), model, facts, base_rev=None, change_id=change_id())
    if "is_default" in body:
        chosen = body["is_default"] is True
        second = new_id("x") if facts else change_id()
        service.choose(desk(), model, change_id=second, chosen=chosen)
    stored = service.get(desk(), model)
    return tagged(jsonify(_model(stored)), stored)


@bp.post("/projects/<slug>/models/<model>/share")
@rule(Action.SETTINGS)
def share_model(slug: str, model: str) -> ResponseReturnValue:
    """Says who else may use a model: everybody, projects by their `slug`, people by user name."""
    body = json_body()
    named = {key: " ".join(_texts(key, body)) for key in ("projects", "people")}
    service.share(
        desk(),
        model,
        public=body.get("public") is True,
        slugs=named["projects"],
        people=named["people"],
        licence=str(body.get("licence", "")),
        change_id=change_id(),
    )
    stored = service.get(desk(), model)
    return tagged(jsonify(_model(stored)), stored)


@bp.delete("/projects/<slug>/models/<model>")
@rule(Action.TRAIN)
def delete_model(slug: str, model: str) -> ResponseReturnValue:
    """Deletes a model; it can be brought back."""
    service.delete(desk(), model, change_id=change_id())
    return "", 204


@bp.post("/projects/<slug>/models/<model>/restore")
@rule(Action.TRAIN)
def restore_model(slug: str, model: str) -> ResponseReturnValue:
    """Brings a deleted model back."""
    service.restore(desk(), model, change_id=change_id())
    stored = service.get(desk(), model)
    return tagged(jsonify(_model(stored)), stored)


@bp.post("/projects/<slug>/jobs/<job>/cancel")
@rule(Action.READ)
def cancel_job(slug: str, job: str) -> ResponseReturnValue:
    """Stops a job."""
    jobs.cancel(desk(), job)
    return accepted(slug, job)


def _task(bench: service.Bench) -> dict[str, Any]:
    task, amount = bench.task, bench.amount
    here, _ = engines_here(task.engines)
    facts: dict[str, Any] = {
        "name": task.name,
        "about": task.about,
        "needs": task.needs,
        "engines": [one.name for one in here],
        "engine_options": {
            one.name: {
                each.name: [value for value, _label in choices_of(desk(), each)]
                for each in one.options
            }
            for one in here
            if one.options
        },
        "options": {
            one.name: [value for value, _ in choices_of(desk(), one)] for one in task.options
        },
        "measures": list(task.measures),
    }
    if amount is not None:
        facts["amount"] = {
            "sentences": amount.lines,
            "words": amount.words,
            "more": amount.more,
            "missing": amount.missing,
            "left_out": dict(amount.left_out),
        }
    return facts


def _model(stored: Document) -> dict[str, Any]:
    facts = told(stored)
    for private in ("archive", "report", "lines", "use", "shared"):
        facts.pop(private, None)
    at = desk()
    if stored["project"] != at.project_id:  # ids of another project lead nowhere here
        learnt = facts.get("learnt_from") or {}
        facts["learnt_from"] = {key: one for key, one in learnt.items() if key not in _INNER}
    why = service.withdrawn(at, stored)
    facts["withdrawn"] = [str(one) for one in why.why] if why else []
    slug = at.project["slug"]
    facts["file"] = url_for("api.get_model_file", slug=slug, model=stored["_id"])
    return facts


def _texts(key: str, body: dict[str, Any]) -> tuple[str, ...]:
    found = body.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Invalid(Problem(key, "Send a list of ids."))
    return tuple(found)


def _texts_by_name(found: object) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise Invalid(Problem("options", "Send an object with a text for each option."))
    return {str(key): one for key, one in found.items()}
