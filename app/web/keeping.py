"""Keeping and letting go: backups of a project, and erasing a record for good."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, NotFound
from app.domain.ids import new_id
from app.domain.roles import Action
from app.services import erase as service
from app.services import lexicon, people, texts
from app.web.context import desk, now
from app.web.forms import errors_of
from app.web.rules import rule
from app.web.waiting import as_job

bp = Blueprint("keeping", __name__)
Page = str | BaseResponse | tuple[str, int]
ERASED_HERE = ("entry", "text", "person")


@bp.post("/<slug>/backups")
@rule(Action.BACKUP)
def back_up(slug: str) -> Page:
    """Starts writing a backup of the project."""
    name = f"{desk().project['slug']}-{now():%Y-%m-%d}.tar"
    return as_job("backup", name=name)


@bp.get("/<slug>/erase/<kind>/<record>")
@rule(Action.ERASE)
def ask_to_erase(slug: str, kind: str, record: str) -> Page:
    """What erasing means, and the form that asks for a reason."""
    return _page(kind, record)


@bp.post("/<slug>/erase/<kind>/<record>")
@rule(Action.ERASE)
def erase(slug: str, kind: str, record: str) -> Page:
    """Erases a record for good."""
    name = _name(kind, record)
    reason = request.form.get("reason", "")
    change = request.form.get("change") or new_id("x")
    try:
        service.erase(desk(), kind, record, reason=reason, change_id=change, now=now())
    except Invalid as error:
        return _page(kind, record, errors_of(error)), 422
    flash(_("Erased: nothing of %(name)s is kept here.", name=name), "done")
    return redirect(url_for("projects.activity", slug=slug))


def _page(kind: str, record: str, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "projects/erase.html",
        kind=kind,
        record=record,
        name=_name(kind, record),
        reason=request.form.get("reason", ""),
        errors=errors or {},
    )


def _name(kind: str, record: str) -> str:
    """What people call the record.

    Raises:
        NotFound: there is none, or records of this kind are not erased here.
    """
    if kind not in ERASED_HERE:
        raise NotFound(_("There is nothing at this address. It may have been moved."))
    if kind == "person":
        return str(people.get(desk(), record)["name"])
    if kind == "text":
        return texts.title_of(texts.get(desk(), record)) or _("a text")
    lexicon.get(desk(), record, deleted=True)
    rows = lexicon.rows_of(desk(), record)
    return str(rows[0]["lemma"]) if rows else _("an entry")
