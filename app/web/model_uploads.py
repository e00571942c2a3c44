"""Pages about models from outside: uploading, what was found, the trial, accepting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, NotFound
from app.domain.roles import Action
from app.ml.external import hosts_of
from app.ml.labels import MOST, SAYS
from app.services import jobs, model_expiry, model_trials
from app.services import model_uploads as service
from app.services.desk import Desk
from app.services.model_tasks import choices_of
from app.services.model_trials import Wanted
from app.services.model_uploads import Offer, Sent
from app.services.text_lines import main_system
from app.store.database import Document
from app.web.context import desk, enqueue, parts
from app.web.forms import errors_of
from app.web.rules import rule
from app.web.texts import error_of, translate

bp = Blueprint("model_uploads", __name__)
Page = str | BaseResponse | tuple[str, int]
SHOWN = 300  # labels of which the form asks what they mean


@bp.get("/<slug>/models/upload")
@rule(Action.TRAIN)
def new(slug: str) -> Page:
    """What can be uploaded, and a form for it."""
    return _new()


@bp.post("/<slug>/models/upload")
@rule(Action.TRAIN)
def upload(slug: str) -> Page:
    """Takes files and has them looked through."""
    sent = [Sent(one.filename or "", cast(Any, one.stream)) for one in files_sent()]
    try:
        offer = service.receive(desk(), sent, enqueue)
    except Invalid as error:
        return _new(errors_of(error)), 422
    return redirect(url_for("model_uploads.show", slug=slug, offer=offer))


@bp.post("/<slug>/models/services")
@rule(Action.SETTINGS)
def add_service(slug: str) -> Page:
    """Has a service elsewhere asked what it is."""
    address = request.form.get("address", "")
    try:
        offer = service.ask_service(desk(), address, _hosts(), enqueue)
    except Invalid as error:
        return _new(errors_of(error), address), 422
    return redirect(url_for("model_uploads.show", slug=slug, offer=offer))


@bp.get("/<slug>/models/convert")
@rule(Action.READ)
def convert(slug: str) -> Page:
    """How a model is converted on one's own machine into what can be uploaded."""
    return render_template("models/convert.html")


@bp.get("/<slug>/models/uploads/<offer>")
@rule(Action.TRAIN)
def show(slug: str, offer: str) -> Page:
    """How far an upload is; then what it is, what it is to do, and how it did."""
    job = found_job(offer)
    if job["state"] == "done" and (job.get("result") or {}).get("model"):
        return redirect(url_for("models.show", slug=slug, model=job["result"]["model"]))
    at_work = job if job["state"] in ("waiting", "running") else _trial_at_work(offer)
    if request.headers.get("Accept") == "application/json":
        return jsonify(_told(at_work or job))
    if at_work is not None and not job.get("decided"):
        return render_template("models/looking.html", job=at_work, offer=offer)
    if job["state"] != "done" or job.get("decided"):
        return render_template("models/refused.html", job=job)
    return _show(service.get(desk(), offer))


@bp.post("/<slug>/models/uploads/<offer>/trial")
@rule(Action.TRAIN)
def try_it(slug: str, offer: str) -> Page:
    """Has a model tried with what the form says of it."""
    found = service.get(desk(), offer)
    try:
        model_trials.try_it(desk(), found, _wanted(), enqueue)
    except Invalid as error:
        return _show(found, errors_of(error)), 422
    return redirect(url_for("model_uploads.show", slug=slug, offer=offer))


@bp.post("/<slug>/models/uploads/<offer>/stop")
@rule(Action.TRAIN)
def stop(slug: str, offer: str) -> Page:
    """Stops a trial."""
    found = _trial_at_work(offer)
    if found is not None:
        jobs.cancel(desk(), found["_id"])
    return redirect(url_for("model_uploads.show", slug=slug, offer=offer))


@bp.post("/<slug>/models/uploads/<offer>/accept")
@rule(Action.TRAIN)
def accept(slug: str, offer: str) -> Page:
    """Makes it a model of the project, as it was tried."""
    model = model_trials.accept(desk(), service.get(desk(), offer))
    flash(_("It is a model of the project now. “Let it guess” has it guess."), "done")
    return redirect(url_for("models.show", slug=slug, model=model))


@bp.post("/<slug>/models/uploads/<offer>/withdraw")
@rule(Action.TRAIN)
def withdraw(slug: str, offer: str) -> Page:
    """Forgets it with all its files."""
    service.withdraw(desk(), offer)
    flash(_("It was withdrawn; nothing of it is kept."), "done")
    return redirect(url_for("model_uploads.new", slug=slug))


def files_sent() -> list[Any]:
    """The files of the request's field `file`."""
    return [one for one in request.files.getlist("file") if one.filename]


def found_job(offer: str) -> Document:
    """The job of an offer, whatever has become of it.

    Raises:
        NotFound: there is none.
    """
    job = jobs.get(desk(), offer)
    if job["kind"] != service.KIND:
        raise NotFound(_("There is no model to decide about here."))
    return job


def _trial_at_work(offer: str) -> Document | None:
    found = service.trial_of(desk(), offer)
    return found if found is not None and found["state"] in ("waiting", "running") else None


def _hosts() -> tuple[str, ...]:
    return hosts_of(parts().settings.model_hosts)


def _new(errors: Mapping[str, str] | None = None, address: str = "") -> str:
    return render_template(
        "models/upload.html",
        offers=service.find_open(desk()),
        hosts=_hosts(),
        address=address,
        errors=errors or {},
    )


def _show(offer: Offer, errors: Mapping[str, str] | None = None) -> str:
    at = desk()
    use = offer.trial["arguments"]["use"] if offer.trial else {}
    said = offer.job["arguments"].get("said") or {}
    if offer.service is not None:
        said = {"name": offer.facts["made_of"]}
    first = {"name": offer.name, **said, **use, "pairs": dict(use.get("pairs", ()))}
    typed = _typed() if errors else first
    task = typed.get("task") or request.args.get("task") or ""
    tasks = [one.name for one in offer.tasks]
    if task not in tasks:
        task = tasks[0] if tasks else ""  # an encoder that labels nothing yet has none
    rows = service.rows(offer, task)
    same = len(offer.parts(task)) - len(rows)
    return render_template(
        "models/offer.html",
        offer=offer,
        ends=model_expiry.ends(at.store, offer.job),
        task=task,
        rows=rows[:SHOWN],
        more=len(rows) - len(rows[:SHOWN]),
        same=same,
        known=list(offer.known.get(task, ()))[:MOST],
        typed=typed,
        options=[
            (one, [(key, translate(label)) for key, label in choices_of(at, one)])
            for each in offer.tasks
            for one in each.options
            if one.name in model_trials.ASKED
        ],
        into=_into(at, typed),
        ws=_system(at, main_system(at)),
        systems=[
            (ws["id"], ws.get("name") or ws["id"])
            for ws in at.project.get("writing_systems", ())
            if ws.get("analysis")
        ],
        report=model_trials.report(at, offer),
        result=(offer.trial or {}).get("result") or {},
        errors=errors or {},
    )


def _into(at: Desk, typed: Mapping[str, Any]) -> Document:
    """The writing system of what an offered model that translates gives."""
    return _system(at, str((typed.get("options") or {}).get("into", "")))


def _system(at: Desk, code: str) -> Document:
    systems = at.project.get("writing_systems", ())
    return next((one for one in systems if one["id"] == code), {"tag": "und"})


def _wanted() -> Wanted:
    typed = _typed()
    languages = tuple(typed["languages"])
    return Wanted(
        typed["name"], typed["task"], typed["others"], typed["options"], typed["pairs"],
        typed["ws"], languages, typed["licence"], typed["says"],
    )  # fmt: skip


def _typed() -> dict[str, Any]:
    form = request.form
    pairs = {
        form[f"label.{row}"]: form.get(f"means.{row}", "")
        for row in range(1, SHOWN + 1)
        if f"label.{row}" in form
    }
    typed: dict[str, Any] = {
        key: form.get(key, "") for key in ("name", "task", "others", "ws", "licence")
    }
    typed["languages"] = form.get("languages", "").replace(",", " ").split()
    typed["pairs"] = pairs
    typed["options"] = {key: form.get(f"option.{key}", "") for key in model_trials.ASKED}
    typed["says"] = {key: form.get(key, "") for key in SAYS}
    return typed


def _told(job: Document) -> dict[str, Any]:
    return {
        **{key: job.get(key) for key in ("state", "done", "total")},
        "phase": translate(job.get("phase")),
        "error": error_of(job),
        "expected": 0,
        "log": [],
    }
