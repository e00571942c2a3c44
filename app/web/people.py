"""Pages about the persons whose words a project keeps, and their consent."""

from __future__ import annotations

import csv
import io
from typing import Any, cast

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Conflict, Invalid
from app.domain.ids import is_id, new_id
from app.domain.roles import Action
from app.services import people as service
from app.store.database import Document
from app.web.context import desk
from app.web.forms import errors_of
from app.web.rules import rule

bp = Blueprint("people", __name__)
Page = str | BaseResponse | tuple[str, int]


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"agreed_to": service.agreed_to, "is_file_id": is_id}


@bp.get("/<slug>/people")
@rule(Action.READ)
def index(slug: str) -> Page:
    """The persons by name for members; for others the labels of who agreed to be shown."""
    if desk().role is None:
        return render_template("people/public.html", people=service.find_public(desk()))
    return _index()


@bp.get("/<slug>/people/table.csv")
@rule(Action.EXPORT)
def export(slug: str) -> Page:
    """The persons as a table."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(service.export_rows(desk()))
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={slug}-people.csv"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<slug>/people")
@rule(Action.PEOPLE)
def add(slug: str) -> Page:
    """Adds a person and opens their page."""
    try:
        made = service.add(desk(), _facts(), change_id=new_id("x"))
    except Invalid as error:
        return _index(errors_of(error)), 422
    return redirect(url_for("people.show", slug=slug, person=made))


@bp.get("/<slug>/people/<person>")
@rule("member")
def show(slug: str, person: str) -> Page:
    """A person: names, languages, note and consents."""
    return _person(service.get(desk(), person))


@bp.post("/<slug>/people/<person>")
@rule(Action.PEOPLE)
def save(slug: str, person: str) -> Page:
    """Changes a person."""
    stored = service.get(desk(), person)
    rev = request.form.get("rev", type=int)
    try:
        service.save(desk(), person, _facts(), base_rev=rev, change_id=new_id("x"))
    except Invalid as error:
        return _person(stored, errors_of(error), typed=True), 422
    except Conflict:
        return _person(stored, {"": _("Somebody changed this meanwhile; look again.")}), 409
    flash(_("Saved."), "done")
    return redirect(url_for("people.show", slug=slug, person=person))


@bp.post("/<slug>/people/<person>/delete")
@rule(Action.PEOPLE)
def delete(slug: str, person: str) -> Page:
    """Deletes a person."""
    service.delete(desk(), person, change_id=new_id("x"))
    flash(_("Deleted. It can be undone on the activity page."), "done")
    return redirect(url_for("people.index", slug=slug))


@bp.post("/<slug>/people/<person>/consents")
@rule(Action.PEOPLE)
def save_consent(slug: str, person: str) -> Page:
    """Records a consent, or corrects one."""
    form = request.form
    stored = service.get(desk(), person)
    sent = request.files.get("file")
    try:
        proof = form.get("proof", "")
        if sent is not None and sent.filename and form.getlist("purposes"):
            proof = service.keep_proof(desk(), cast(Any, sent.stream), sent.filename)
        service.save_consent(
            desk(),
            person,
            form.getlist("purposes"),
            given=form.get("date", ""),
            scope=form.get("scope", ""),
            proof=proof,
            consent=form.get("consent") or None,
            change_id=new_id("x"),
        )
    except Invalid as error:
        return _person(stored, {f"c-{key}": text for key, text in errors_of(error).items()}), 422
    flash(_("Saved."), "done")
    return redirect(url_for("people.show", slug=slug, person=person))


@bp.post("/<slug>/people/<person>/consents/<consent>/withdraw")
@rule(Action.PEOPLE)
def withdraw(slug: str, person: str, consent: str) -> Page:
    """Takes a consent out."""
    service.withdraw_consent(desk(), person, consent, change_id=new_id("x"))
    flash(_("Withdrawn. It can be undone on the activity page."), "done")
    return redirect(url_for("people.show", slug=slug, person=person))


@bp.get("/<slug>/people/<person>/consents/<consent>/proof")
@rule(Action.PEOPLE)
def proof(slug: str, person: str, consent: str) -> Page:
    """The stored proof of a consent, to keep and not to show in the page."""
    found = service.open_proof(desk(), person, consent)
    answer = send_file(
        cast(Any, found),
        mimetype="application/octet-stream",
        download_name=found.filename,
        as_attachment=True,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _facts() -> dict[str, Any]:
    form = request.form
    languages = form.get("languages", "").replace("\n", ",").split(",")
    return {
        "name": form.get("name", ""),
        "label": form.get("label", ""),
        "languages": languages,
        "note": form.get("note", ""),
    }


def _purposes() -> list[tuple[str, str]]:
    """What a person can agree to, by its code."""
    return [
        ("keep", _("their words are kept")),
        ("show", _("the public sees them by their label")),
        ("publish", _("their words are published")),
        ("train", _("models are trained on their words")),
    ]


def _index(errors: dict[str, str] | None = None) -> str:
    return render_template(
        "people/index.html",
        people=service.find_all(desk()),
        purposes=_purposes(),
        errors=errors or {},
        typed=request.form,
        may_change=desk().may(Action.PEOPLE),
    )


def _person(stored: Document, errors: dict[str, str] | None = None, *, typed: bool = False) -> str:
    facts = {**stored, "languages": ", ".join(stored.get("languages", ()))}
    if typed:
        facts |= {key: request.form.get(key, "") for key in ("name", "label", "languages", "note")}
    return render_template(
        "people/person.html",
        person=stored,
        facts=facts,
        purposes=_purposes(),
        errors=errors or {},
        may_change=desk().may(Action.PEOPLE),
    )
