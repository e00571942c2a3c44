"""Pages about models: what there is to learn from, training, figures, sharing, the file."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, NotFound
from app.domain.ids import new_id
from app.domain.models import gloss_system_of
from app.domain.project import STATUSES
from app.domain.roles import Action
from app.domain.text import first_plain
from app.ml.engines import engines_here, lacking
from app.ml.tasks import ENGINES, TASKS, find_engine, find_task
from app.services import jobs, model_training, model_uploads, texts
from app.services import models as service
from app.services.desk import Desk
from app.services.model_data import Choice
from app.services.model_needs import too_few
from app.services.model_tasks import choices_of
from app.services.model_uploads import Sent
from app.services.model_wishes import Wish
from app.services.projects import list_items
from app.services.text_lines import main_system
from app.store import accounts, projects
from app.store.database import Document
from app.web.context import desk, enqueue, store
from app.web.forms import errors_of
from app.web.rules import rule
from app.web.texts import error_of, translate

bp = Blueprint("models", __name__)
Page = str | BaseResponse | tuple[str, int]


@bp.get("/<slug>/models")
@rule(Action.READ)
def index(slug: str) -> Page:
    """The models by task, with what there is to learn from."""
    return _index()


@bp.post("/<slug>/models")
@rule(Action.TRAIN)
def train(slug: str) -> Page:
    """Starts a training."""
    form = request.form
    chosen = Choice(tuple(form.getlist("texts")), tuple(form.getlist("statuses")))
    wish = Wish(
        form.get("task", ""), form.get("engine", ""), _options(), chosen, form.get("name", ""),
        form.get("series", ""), curve=form.get("curve", "yes") != "no",
    )  # fmt: skip
    try:
        job = model_training.ask(desk(), wish, enqueue)
    except Invalid as error:
        return _index(wish.task, errors_of(error)), 422
    return redirect(url_for("models.watch", slug=slug, job=job))


@bp.get("/<slug>/models/jobs/<job>")
@rule(Action.TRAIN)
def watch(slug: str, job: str) -> Page:
    """How far a training is; leads on to the model when it is done."""
    found = jobs.get(desk(), job)
    if found["kind"] != model_training.KIND:
        raise NotFound(_("There is no such training."))
    if request.headers.get("Accept") == "application/json":
        return jsonify(_told(found))
    if found["state"] == "done":
        return redirect(url_for("models.show", slug=slug, model=found["result"]["model"]))
    return render_template("models/job.html", job=found, task=find_task(found["arguments"]["task"]))


@bp.post("/<slug>/models/jobs/<job>/cancel")
@rule(Action.TRAIN)
def cancel(slug: str, job: str) -> Page:
    """Stops a training."""
    jobs.cancel(desk(), job)
    return redirect(url_for("models.watch", slug=slug, job=job))


@bp.get("/<slug>/models/<model>")
@rule(Action.READ)
def show(slug: str, model: str) -> Page:
    """A model: its figures, report, card and versions."""
    return _show(service.get(desk(), model))


@bp.get("/<slug>/models/<model>/card.md")
@rule(Action.READ)
def card(slug: str, model: str) -> Page:
    """The card, as it lies beside the model on a hub."""
    made = Response(service.card(desk(), service.get(desk(), model)), mimetype="text/markdown")
    made.headers["Content-Disposition"] = "inline; filename=README.md"
    return made


@bp.get("/<slug>/models/<model>/file")
@rule(Action.READ)
def download(slug: str, model: str) -> Page:
    """The model as one file."""
    name, stream = service.open_archive(desk(), service.get(desk(), model))
    return send_file(stream, "application/zip", as_attachment=True, download_name=name, max_age=0)


@bp.post("/<slug>/models/<model>")
@rule(Action.TRAIN)
def save(slug: str, model: str) -> Page:
    """Changes name, notes and licence."""
    form = request.form
    rev = form.get("rev", type=int)
    try:
        service.save(desk(), model, form, base_rev=rev, change_id=new_id("x"))
    except Invalid as error:
        return _show(service.get(desk(), model), errors_of(error), form), 422
    return _back(model, _("Saved."))


@bp.post("/<slug>/models/<model>/default")
@rule(Action.TRAIN)
def choose(slug: str, model: str) -> Page:
    """Makes it the one that guesses, or none."""
    chosen = request.form.get("chosen", "yes") == "yes"
    service.choose(desk(), model, change_id=new_id("x"), chosen=chosen)
    return _back(model, _("It guesses now.") if chosen else _("It does not guess any more."))


@bp.post("/<slug>/models/<model>/share")
@rule(Action.SETTINGS)
def share(slug: str, model: str) -> Page:
    """Says who else may use it."""
    form = request.form
    try:
        service.share(
            desk(), model, public=form.get("public") == "yes", slugs=form.get("projects", ""),
            people=form.get("people", ""), licence=form.get("licence", ""), change_id=new_id("x"),
        )  # fmt: skip
    except Invalid as error:
        found = {f"share-{key}" if key else "": one for key, one in errors_of(error).items()}
        return _show(service.get(desk(), model), found, form), 422
    return _back(model, _("Saved."))


@bp.post("/<slug>/models/<model>/bring")
@rule(Action.TRAIN)
def bring(slug: str, model: str) -> Page:
    """Brings a model that another project shares in, as an upload of it would."""
    shared = service.get(desk(), model)
    name, stream = service.open_archive(desk(), shared)
    said = {key: shared[key] for key in ("name", "licence", "languages") if shared.get(key)}
    offer = model_uploads.receive(desk(), [Sent(name, stream)], enqueue, **said)
    return redirect(url_for("model_uploads.show", slug=slug, offer=offer))


@bp.post("/<slug>/models/<model>/delete")
@rule(Action.TRAIN)
def delete(slug: str, model: str) -> Page:
    """Deletes it; it can be brought back from the list."""
    service.delete(desk(), model, change_id=new_id("x"))
    flash(_("The model was deleted; it can be brought back below."), "done")
    return redirect(url_for("models.index", slug=slug))


@bp.post("/<slug>/models/<model>/restore")
@rule(Action.TRAIN)
def restore(slug: str, model: str) -> Page:
    """Brings it back."""
    service.restore(desk(), model, change_id=new_id("x"))
    return _back(model, _("It is back."))


def _options() -> dict[str, str]:
    """The options of a task, and of the engine that is chosen: others are posted with them."""
    form, found = request.form, dict[str, str]()
    for key, value in form.items():
        kind, _dot, name = key.rpartition(".")
        if value and kind in ("option", f"option.{form.get('engine', '')}"):
            found[name] = value
    return found


def _index(task: str = "", errors: dict[str, str] | None = None) -> str:
    at = desk()
    may = at.may(Action.TRAIN)
    choices = {
        option.name: [(key, translate(one)) for key, one in choices_of(at, option)]
        for options in [one.options for one in TASKS] + [one.options for one in ENGINES]
        for option in options
    }
    return render_template(
        "models/index.html",
        benches=service.benches(at),
        elsewhere=[(one, _project_of(one)) for one in service.elsewhere(at)],
        deleted=service.deleted(at) if may else [],
        at_work=model_training.job_at_work(at) if may else None,
        offers=[one for one in model_uploads.find_open(at) if not model_uploads.is_encoder(one)]
        if may
        else [],
        texts=texts.list_texts(at) if may else [],
        statuses=_statuses() if may else [],
        choices=choices,
        baseless=[one.name for one in ENGINES if not all(choices[o.name] for o in one.options)],
        too_few=too_few,
        engines_here=engines_here,
        lacking=lacking,
        asked=task,
        errors=errors or {},
    )


def _show(model: Document, errors: dict[str, str] | None = None, typed: Any = None) -> str:
    at = desk()
    shared = model.get("shared") or {}
    return render_template(
        "models/model.html",
        model=model,
        own=model["project"] == at.project_id,
        project=_project_of(model),
        task=find_task(model["task"]),
        engine=find_engine(model["engine"]),
        learnt=model.get("learnt_from") or {},
        report=service.report(at, model),
        versions=service.versions(at, model),
        withdrawn=service.withdrawn(at, model),
        use=service.use(at, model),
        into=_system(at, gloss_system_of(model)),
        ws=_system(at, main_system(at)),
        titles=_titles(model),
        errors=errors or {},
        typed=typed,
        shared_projects=_slugs(shared.get("projects", ())),
        shared_people=_names(shared.get("people", ())),
    )


def _system(at: Desk, code: str) -> Document:
    """A writing system of the project, with its tag."""
    systems = at.project.get("writing_systems", ())
    return next((one for one in systems if one["id"] == code), {"tag": "und"})


def _told(job: Document) -> dict[str, Any]:
    return {
        **{key: job.get(key) for key in ("state", "done", "total")},
        "phase": translate(job.get("phase")),
        "error": error_of(job),
        "expected": job["arguments"].get("expected", 0),
        "log": [_logged(row) for row in job.get("log", ())],
    }


def _logged(row: Document) -> dict[str, str]:
    said = translate(row.get("told") or row["said"])
    return {"at": row["at"].strftime("%H:%M:%S"), "said": said}


def _back(model: str, said: str) -> BaseResponse:
    flash(said, "done")
    return redirect(url_for("models.show", slug=desk().project["slug"], model=model))


def _project_of(model: Document) -> Document | None:
    return None if model["project"] == desk().project_id else projects.find(
        store(), model["project"]
    )  # fmt: skip


def _titles(model: Document) -> list[str]:
    """The titles of the texts that it learnt from and that the reader may read."""
    if model["project"] != desk().project_id:
        return []
    named = set((model.get("learnt_from") or {}).get("texts", ()))
    return [one.title for one in texts.list_texts(desk()) if one.text["_id"] in named]


def _statuses() -> list[tuple[str, str]]:
    return [
        (item["_id"], first_plain(item.get("name") or {}) or item["code"])
        for item in list_items(desk(), STATUSES)
    ]


def _slugs(ids: list[str]) -> str:
    return ", ".join(str(one["slug"]) for one in projects.find_many(store(), list(ids)))


def _names(ids: list[str]) -> str:
    found = accounts.find_many(store(), ids)
    return ", ".join(str(one["username"]) for one in found.values())
