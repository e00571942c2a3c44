"""Texts that point at an entry: they follow it; how many do is said before it is deleted."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Conflict
from app.domain.ids import new_id
from app.domain.roles import Action
from app.domain.text import first_plain
from app.services import lexicon, pointers, text_lines, text_updates
from app.store.database import Document
from app.web.context import desk
from app.web.entry_view import make_entry_view, make_lists
from app.web.pages import number
from app.web.rules import rule
from app.web.waiting import as_job

bp = Blueprint("text_updates", __name__)
Page = str | BaseResponse | tuple[str, int]
_SHOWN = 500  # places on the page


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"text_offer": text_offer, "pointed_at": pointed_at}


def text_offer(entry: str) -> str:
    """What the page of an entry says of places in texts that say otherwise; empty for nothing."""
    found = text_updates.offer(desk(), entry)
    if found is None:
        return ""
    count = f"{number(found.places)}+" if found.more else number(found.places)
    if found.said:
        return str(
            ngettext(
                "%(n)s place in texts says “%(said)s”",
                "%(n)s places in texts say “%(said)s”",
                found.places,
                n=count,
                said=found.said,
            )
        )
    return str(
        ngettext(
            "%(n)s place in texts says this otherwise",
            "%(n)s places in texts say this otherwise",
            found.places,
            n=count,
        )
    )


def pointed_at(content: Document) -> set[str]:
    """The senses and forms of an entry that texts point at, and the entry."""
    return text_updates.parts_pointed_at(desk(), content)


@bp.get("/<slug>/lexicon/<entry>/texts")
@rule(Action.EDIT_OWN)
def show(slug: str, entry: str) -> Page:
    """The places in texts that say otherwise than the entry they point at."""
    return _page(entry)


@bp.post("/<slug>/lexicon/<entry>/texts")
@rule(Action.EDIT_OWN)
def update(slug: str, entry: str) -> Page:
    """Has the ticked places say what the entry says, as one change."""
    wanted = set(request.form.getlist("use"))
    if request.form.get("rest") == "yes":
        beyond = text_updates.find(desk(), entry)[_SHOWN:]
        wanted |= {one.key for one in beyond if one.earlier}
    if len(wanted) > pointers.AT_ONCE:
        return as_job("update-texts", entry=entry, places=sorted(wanted), id=new_id("x"))
    try:
        done = text_updates.update(desk(), entry, wanted, change_id=new_id("x"))
    except Conflict:
        flash(_("Somebody changed one of these places meanwhile; look again."), "danger")
        return _page(entry), 409
    text = ngettext("%(num)s place was updated.", "%(num)s places were updated.", done)
    flash(f"{text} {_('Undo it as one in Activity.')}", "done")
    return redirect(url_for("lexicon.show", slug=slug, entry=entry))


@bp.get("/<slug>/lexicon/<entry>/delete")
@rule(Action.EDIT_OWN)
def ask(slug: str, entry: str) -> Page:
    """What of texts points at an entry, or at a part of it, before that is deleted."""
    part = request.args.get("part", "")
    stored = lexicon.get(desk(), entry)
    taken = lexicon.removal_of(stored, part) if part else None
    if part and taken is None:
        abort(404)
    view = make_entry_view(desk(), stored, make_lists(desk()))
    return render_template(
        "lexicon/delete.html",
        view=view,
        part=part,
        name=_name_of(taken.before) if taken else "",
        count=pointers.count(desk(), [entry], part),
    )


@bp.post("/<slug>/lexicon/<entry>/parts/<part>/delete")
@rule(Action.EDIT_OWN)
def delete_part(slug: str, entry: str, part: str) -> Page:
    """Deletes a sense or form of an entry."""
    if pointers.are_many(desk(), entry):
        return as_job("delete-part", entry=entry, part=part, id=new_id("x"))
    lexicon.delete_part(desk(), entry, part, change_id=new_id("x"))
    flash(_("Deleted. The history of the entry brings it back."), "done")
    return redirect(url_for("lexicon.show", slug=slug, entry=entry))


def _page(entry: str) -> str:
    stored = lexicon.get(desk(), entry)
    found = text_updates.find(desk(), entry)
    shown = found[:_SHOWN]
    systems = desk().project.get("writing_systems", ())
    ws = text_lines.main_system(desk())
    return render_template(
        "lexicon/text_updates.html",
        view=make_entry_view(desk(), stored, make_lists(desk())),
        found=shown,
        more=sum(1 for one in found[_SHOWN:] if one.earlier),
        titles=text_updates.titles(desk(), shown),
        systems={one["id"]: one for one in systems},
        ws=next((one for one in systems if one["id"] == ws), {"tag": "und"}),
    )


def _name_of(part: Document) -> str:
    return first_plain(part.get("gloss") or {}) or first_plain(part.get("form") or {})
