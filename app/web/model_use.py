"""Pages on which models are put to use: what to gloss next, filling in what they guess."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, Unavailable
from app.domain.models import gloss_system_of
from app.domain.roles import Action
from app.ml.tasks import find_task
from app.services import (
    model_batch,
    model_comparison,
    model_fill,
    model_renewal,
    model_trying,
    models,
    next_line,
    texts,
)
from app.services.model_uploads import TRANSLATE
from app.services.predict import Predict
from app.services.text_lines import main_system
from app.store.database import Document
from app.web.context import desk, enqueue, now, parts
from app.web.forms import errors_of
from app.web.rules import rule
from app.web.texts import message_of, translate

bp = Blueprint("model_use", __name__)
Page = str | BaseResponse | tuple[str, int]


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {
        "confirmed_since": lambda model: model_renewal.since(desk(), model),
        "comparable_with": lambda model: model_comparison.comparable_with(desk(), model),
    }


@bp.get("/<slug>/models/fill")
@rule(Action.BULK)
def fill(slug: str) -> Page:
    """A form that says where guesses are filled in, and how certain they have to be."""
    return _fill(request.args.getlist("text"), model_fill.USUAL)


@bp.post("/<slug>/models/fill")
@rule(Action.BULK)
def ask_to_fill(slug: str) -> Page:
    """Has a worker work out what would be filled in."""
    chosen = request.form.getlist("texts")
    certainty = request.form.get("certainty", 0.0, type=float)
    try:
        job = model_fill.ask(desk(), chosen, certainty, enqueue)
    except Invalid as error:
        return _fill(chosen, certainty, errors_of(error)), 422
    return redirect(url_for("imports.watch", slug=slug, job=job))


@bp.get("/<slug>/models/fill/<change>")
@rule(Action.BULK)
def filled(slug: str, change: str) -> Page:
    """What would be filled in, or was."""
    found = model_fill.get_prepared(desk(), change)
    shown = model_fill.examples(desk(), found)
    lines = {one.line["text"] for _, each in shown for one in each if one.line.get("text")}
    return render_template(
        "models/filled.html",
        change=found,
        filled=model_fill.filled(found),
        levels=model_fill.levels(found),
        examples=shown,
        left=model_fill.left_out(desk(), found),
        titles={one: texts.title_of(texts.get(desk(), one)) for one in sorted(lines)},
        chosen=_titles(found["fill"]["texts"]),
        ws=_system(),
    )


@bp.post("/<slug>/models/fill/<change>")
@rule(Action.BULK)
def decide(slug: str, change: str) -> Page:
    """Fills it in, or forgets it."""
    if request.form.get("do") != "yes":
        model_fill.discard(desk(), change)
        flash(_("Nothing was changed."), "done")
        return redirect(url_for("model_use.fill", slug=slug))
    job = model_fill.confirm(desk(), change, enqueue)
    return redirect(url_for("imports.watch", slug=slug, job=job))


@bp.get("/<slug>/models/<model>/try")
@rule(Action.EXPORT)
def try_out(slug: str, model: str) -> Page:
    """A field to type lines into that a model is asked about."""
    return _try(models.get(desk(), model))


@bp.post("/<slug>/models/<model>/try")
@rule(Action.EXPORT)
def answer(slug: str, model: str) -> Page:
    """What a model says of typed lines."""
    found, typed = models.get(desk(), model), request.form.get("typed", "")
    try:
        said = model_trying.try_out(desk(), _predict(), found, typed.splitlines())
    except Invalid as error:
        return _try(found, typed, errors_of(error)), 422
    except Unavailable as error:
        return _try(found, typed, {"": message_of(error)}), 503
    return _try(found, typed, answers=said)


@bp.get("/<slug>/models/<model>/compare")
@rule(Action.READ)
def compare(slug: str, model: str) -> Page:
    """Two models of one task beside each other."""
    if not request.args.get("with"):
        return redirect(url_for("models.show", slug=slug, model=model, _anchor="compare"))
    one, other = models.get(desk(), model), models.get(desk(), request.args.get("with", ""))
    return render_template(
        "models/compare.html",
        one=one,
        other=other,
        found=model_comparison.compare(desk(), one, other),
        figures=_figures(one, other),
        most=model_comparison.MOST_SENTENCES,
    )


@bp.get("/<slug>/models/<model>/guesses")
@rule(Action.EXPORT)
def guesses(slug: str, model: str) -> Page:
    """A form for the guesses of a model for whole texts, as a file."""
    return _guesses(model, request.args.getlist("text"))


@bp.post("/<slug>/models/<model>/guesses")
@rule(Action.EXPORT)
def ask_for_guesses(slug: str, model: str) -> Page:
    """Has a worker write them."""
    chosen = request.form.getlist("texts")
    try:
        job = model_batch.ask(desk(), model, chosen, request.form.get("format", ""), enqueue)
    except Invalid as error:
        return _guesses(model, chosen, errors_of(error)), 422
    return redirect(url_for("imports.watch", slug=slug, job=job))


@bp.get("/<slug>/texts/next")
@rule(Action.EDIT_OWN)
def next_sentence(slug: str) -> Page:
    """Leads to the sentence to gloss next; one that was offered before is passed over."""
    day = now().date()
    passed = _passed(f"{day} {desk().project_id}")
    found = next_line.find(desk(), _predict(), now(), passed)
    if found is None and passed:  # round again
        session.pop(_OFFERED, None)
        passed = []
        found = next_line.find(desk(), _predict(), now())
    if found is None:
        flash(
            _("There is no sentence left to gloss that you may change and that nobody else is at."),
            "done",
        )
        return redirect(url_for("texts.index", slug=slug))
    line = found.line["_id"]
    session[_OFFERED] = [f"{day} {desk().project_id}", *passed[1 - _MOST_OFFERED :], line]
    flash(f"{_('Next sentence.')} {translate(found.why)}", "info")
    text = found.line.get("text")
    if text:
        return redirect(url_for("texts.show", slug=slug, text=text, at=line, _anchor=line))
    return redirect(url_for("texts.sentences", slug=slug, at=line, _anchor=line))


_OFFERED, _MOST_OFFERED = "offered", 40


def _passed(seed: str) -> list[str]:
    """The sentences that this person was led to in this project today."""
    offered = session.get(_OFFERED) or [""]
    return list(offered[1:]) if offered[0] == seed else []


def _fill(chosen: list[str], certainty: float, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "models/fill.html",
        texts=texts.list_texts(desk()),
        chosen=chosen,
        certainty=certainty,
        certainties=model_fill.CERTAINTIES,
        model=models.default_of(desk(), "gloss"),
        errors=errors or {},
    )


def _try(
    model: Document,
    typed: str = "",
    errors: dict[str, str] | None = None,
    answers: list[model_trying.Answer] | None = None,
) -> str:
    model_trying.require_usable(desk(), model)
    return render_template(
        "models/try.html",
        model=model,
        task=find_task(model["task"]),
        apart=(model.get("options") or {}).get("from") == "morphs",
        most=model_trying.most_lines(model),
        into=_into(model),
        typed=typed,
        errors=errors or {},
        answers=answers,
        ws=_system(),
    )


def _into(model: Document) -> Document | None:
    """The writing system of what a model that translates gives; None of others."""
    if model["task"] != TRANSLATE:
        return None
    code, systems = gloss_system_of(model), desk().project.get("writing_systems", ())
    return next((one for one in systems if one["id"] == code), {"tag": "und"})


def _figures(one: Document, other: Document) -> list[tuple[str, Document | None, Document | None]]:
    """The measures of two models by name, those of the first in their order."""
    by_name = [{each["name"]: each for each in found.get("measures", ())} for found in (one, other)]
    names = dict.fromkeys([*by_name[0], *by_name[1]])
    return [(name, by_name[0].get(name), by_name[1].get(name)) for name in names]


def _guesses(model: str, chosen: list[str], errors: dict[str, str] | None = None) -> str:
    found = models.get(desk(), model)
    model_trying.require_usable(desk(), found)
    return render_template(
        "models/guesses.html",
        model=found,
        formats=model_batch.formats_for(found),
        texts=texts.list_texts(desk()),
        chosen=chosen,
        errors=errors or {},
    )


def _predict() -> Predict:
    return Predict(parts().settings)


def _titles(wanted: list[str]) -> list[str]:
    """What some texts are called, as far as they may be read."""
    return [one.title for one in texts.list_texts(desk()) if one.text["_id"] in wanted]


def _system() -> Document:
    code = main_system(desk())
    systems = desk().project.get("writing_systems", ())
    return next((one for one in systems if one["id"] == code), {"tag": "und"})
