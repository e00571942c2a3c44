"""Models from outside in the API: uploading, the trial, accepting, withdrawing."""

from __future__ import annotations

from typing import Any, cast

from flask import jsonify, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import Invalid, Problem
from app.domain.roles import Action
from app.ml.external import hosts_of
from app.ml.labels import SAYS
from app.services import model_expiry, model_trials, model_uploads
from app.services.model_trials import Wanted
from app.services.model_uploads import Sent
from app.web.api_answers import accepted
from app.web.bodies import json_body
from app.web.context import desk, enqueue, parts
from app.web.model_uploads import files_sent
from app.web.model_use_api import bp
from app.web.rules import rule

__all__ = ["bp"]
_TOLD = ("kind", "engine", "made_of", "libraries", "options", "tasks", "size", "sha256")


@bp.post("/projects/<slug>/models/uploads")
@rule(Action.TRAIN)
def add_model_upload(slug: str) -> ResponseReturnValue:
    """Uploads a model (multipart field `file`, once or several times) to be looked through."""
    sent = [Sent(one.filename or "", cast(Any, one.stream)) for one in files_sent()]
    return accepted(slug, model_uploads.receive(desk(), sent, enqueue))


@bp.post("/projects/<slug>/models/services")
@rule(Action.SETTINGS)
def add_model_service(slug: str) -> ResponseReturnValue:
    """Has a model elsewhere, by its `address`, asked what it is; then it is like an upload."""
    hosts = hosts_of(parts().settings.model_hosts)
    address = str(json_body().get("address", ""))
    return accepted(slug, model_uploads.ask_service(desk(), address, hosts, enqueue))


@bp.get("/projects/<slug>/models/uploads/<offer>")
@rule(Action.TRAIN)
def get_model_upload(slug: str, offer: str) -> ResponseReturnValue:
    """What an uploaded model is, what its labels may mean, and how its last trial went."""
    found = model_uploads.get(desk(), offer)
    trial, ends = found.trial or {}, model_expiry.ends(desk().store, found.job)
    result = trial.get("result") or {}
    return jsonify(
        id=found.id,
        **{key: found.facts.get(key) for key in _TOLD},
        expires=ends.isoformat() if ends else None,
        warnings=[str(one) for one in found.warnings],
        labels=list(found.labels),
        codes=list(found.codes),
        proposed={
            task.name: {row.label: row.proposed for row in model_uploads.rows(found, task.name)}
            for task in found.tasks
        },
        trial={
            "state": trial["state"],
            "error": trial.get("error", ""),
            "sentences": result.get("tried", 0),
            "measures": result.get("measures", []),
            "odd": result.get("odd", []),
            "report": model_trials.report(desk(), found),
        }
        if trial
        else None,
    )


@bp.post("/projects/<slug>/models/uploads/<offer>/trial")
@rule(Action.TRAIN)
def add_model_trial(slug: str, offer: str) -> ResponseReturnValue:
    """Tries an uploaded model on sentences of the project, as a job."""
    body = json_body()
    found = model_uploads.get(desk(), offer)
    pairs = body.get("pairs", model_uploads.proposal(found, str(body.get("task", ""))))
    languages = body.get("languages", [])
    if not isinstance(pairs, dict) or not all(isinstance(one, str) for one in pairs.values()):
        raise Invalid(Problem("pairs", "Send an object with a text for each label."))
    if not isinstance(languages, list) or not all(isinstance(one, str) for one in languages):
        raise Invalid(Problem("languages", "Send a list of language tags."))
    options = body.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(one, str) for one in options.values()):
        raise Invalid(Problem("options", "Send an object with a text for each option."))
    texts = {key: str(body.get(key, "")) for key in ("name", "task", "ws", "licence")}
    others = str(body.get("others", found.others))
    says = {key: str(body.get(key, "")) for key in SAYS}
    wanted = Wanted(
        **texts, others=others, options=options, pairs=pairs, languages=tuple(languages), says=says
    )
    return accepted(slug, model_trials.try_it(desk(), found, wanted, enqueue))


@bp.post("/projects/<slug>/models/uploads/<offer>/accept")
@rule(Action.TRAIN)
def accept_model_upload(slug: str, offer: str) -> ResponseReturnValue:
    """Makes an uploaded model one of the project's, as it was tried."""
    model = model_trials.accept(desk(), model_uploads.get(desk(), offer))
    address = url_for("api.get_model", slug=slug, model=model)
    answer = jsonify(id=model, model=address)
    answer.headers["Location"] = address
    return answer, 201


@bp.delete("/projects/<slug>/models/uploads/<offer>")
@rule(Action.TRAIN)
def delete_model_upload(slug: str, offer: str) -> ResponseReturnValue:
    """Withdraws an uploaded model; nothing of it is kept."""
    model_uploads.withdraw(desk(), offer)
    return "", 204
