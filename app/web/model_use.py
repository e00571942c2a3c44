"""Pages on which models are put to use: what to gloss next, filling in what they guess."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid
from app.domain.roles import Action
from app.services import model_fill, models, next_line, texts
from app.services.predict import Predict
from app.services.text_lines import main_system
from app.store.database import Document
from app.web.context import desk, enqueue, now, parts
from app.web.forms import errors_of
from app.web.rules import rule
from app.web.texts import translate

bp = Blueprint("model_use", __name__)
Page = str | BaseResponse | tuple[str, int]


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


@bp.get("/<slug>/texts/next")
@rule(Action.EDIT_OWN)
def next_sentence(slug: str) -> Page:
    """Leads to the sentence to gloss next; one that was offered before is passed over."""
    day = now().date()
    passed = _passed(f"{day} {desk().project_id}")
    found = next_line.find(desk(), Predict(parts().settings), day, passed)
    if found is None and passed:  # round again
        session.pop(_OFFERED, None)
        passed = []
        found = next_line.find(desk(), Predict(parts().settings), day)
    if found is None:
        flash(_("There is no sentence left to gloss that you may change."), "done")
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


def _titles(wanted: list[str]) -> list[str]:
    """What some texts are called, as far as they may be read."""
    return [one.title for one in texts.list_texts(desk()) if one.text["_id"] in wanted]


def _system() -> Document:
    code = main_system(desk())
    systems = desk().project.get("writing_systems", ())
    return next((one for one in systems if one["id"] == code), {"tag": "und"})
