"""Deciding which concepts of WordNet and other catalogs senses stand for, one after the other."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.candidates import CUT_OFF
from app.domain.errors import Conflict
from app.domain.ids import new_id
from app.domain.messages import Message
from app.domain.roles import Action
from app.services import link_proposals, links
from app.services.catalogs import catalogs_of
from app.services.jobs import LINK
from app.store.database import Document
from app.web.context import desk, now, parts
from app.web.entry_view import items_in, make_entry_view, make_lists
from app.web.rules import rule
from app.web.texts import translate
from app.web.waiting import as_job

bp = Blueprint("links", __name__)
Page = str | Response | tuple[str, int]
_REMEMBERED = 40  # senses to which one can go back


@bp.app_template_filter("reason")
def reason(kept: Any) -> str:
    """A stored reason in the reader's language."""
    if not isinstance(kept, dict):
        return str(kept)
    facts = {name: reason(fact) for name, fact in kept.get("facts", {}).items()}
    message = Message(kept["text"])
    message.pattern, message.facts = kept["text"], facts
    return translate(message)


@bp.get("/<slug>/links")
@rule(Action.EDIT)
def index(slug: str) -> Page:
    """The next sense to decide, or how to begin."""
    found = links.next_sitting(desk(), now(), request.args.get("after", ""))
    if found is not None:
        return redirect(url_for("links.show", slug=slug, sense=found.sense["id"]))
    return render_template("links/index.html", progress=links.progress(desk()))


@bp.get("/<slug>/links/<sense>")
@rule(Action.EDIT)
def show(slug: str, sense: str) -> Page:
    """A sense and the concepts that it may stand for."""
    link_proposals.refresh(desk(), catalogs_of(parts().settings), sense)
    return _screen(links.sitting_at(desk(), sense, now()))


@bp.post("/<slug>/links/propose")
@rule(Action.EDIT)
def propose(slug: str) -> Page:
    """Looks for candidates of all senses that have changed, as a job."""
    return as_job(LINK)


@bp.post("/<slug>/links/again")
@rule(Action.EDIT)
def again(slug: str) -> Page:
    """Shows again what was skipped."""
    links.unskip(desk())
    return _next(slug)


@bp.post("/<slug>/links/<sense>")
@rule(Action.EDIT)
def decide(slug: str, sense: str) -> Page:
    """Writes a decision and goes on to the next sense, or stays where it is not decided yet."""
    form = request.form
    do = form.get("do", "")
    if do == "skip":
        links.skip(desk(), sense)
        return _onward(slug, sense)
    if do == "next":
        return _onward(slug, sense)
    try:
        done = links.decide(
            desk(),
            sense,
            cast(Any, do if do in ("reject", "none") else "accept"),
            now=now(),
            target=form.get("target", ""),
            kind="exact" if do in ("reject", "none") else do,
            change_id=form.get("change") or new_id("x"),
        )
    except Conflict as error:
        flash(translate(error.args[0]), "danger")
        return _onward(slug, sense)
    session["link_last"] = {"change": done.change, "sense": sense, "slug": slug}
    if done.done:
        return _onward(slug, sense)
    return redirect(url_for("links.show", slug=slug, sense=sense))


@bp.post("/<slug>/links/undo")
@rule(Action.EDIT)
def undo(slug: str) -> Page:
    """Takes one's last decision back and shows its sense again."""
    sense = request.form.get("sense", "")
    links.undo(desk(), request.form.get("change", ""), sense)
    session.pop("link_last", None)
    flash(_("Taken back."), "done")
    return redirect(url_for("links.show", slug=slug, sense=sense))


def _onward(slug: str, sense: str) -> Response:
    seen = [one for one in session.get("links_seen", []) if one != sense]
    session["links_seen"] = [*seen, sense][-_REMEMBERED:]
    return _next(slug, sense)


def _next(slug: str, after: str = "") -> Response:
    found = links.next_sitting(desk(), now(), after)
    if found is None:
        return redirect(url_for("links.index", slug=slug))
    return redirect(url_for("links.show", slug=slug, sense=found.sense["id"]))


def _screen(sitting: links.Sitting) -> str:
    lists = make_lists(desk(), items_in(sitting.entry))
    view = make_entry_view(desk(), sitting.entry, lists)
    others = [one for one in view.content.get("senses", ()) if one["id"] != sitting.sense["id"]]
    last = session.get("link_last")
    seen = [one for one in session.get("links_seen", []) if one != sitting.sense["id"]]
    return render_template(
        "links/review.html",
        sitting=sitting,
        view=view,
        sense=sitting.sense,
        others=others,
        groups=_groups(sitting.proposal["candidates"]),
        progress=links.progress(desk()),
        last=last if last and last["change"] and last["slug"] == view.slug else None,
        earlier=seen[-1] if seen else "",
        cut_off=CUT_OFF,
        change=new_id("x"),
        chosen=_chosen(sitting),
    )


def _groups(candidates: list[Document]) -> list[tuple[str, list[Document]]]:
    """Candidates by catalog, in the order in which catalogs first appear."""
    groups: dict[str, list[Document]] = {}
    for one in candidates:
        groups.setdefault(one["catalog"], []).append(one)
    return list(groups.items())


def _chosen(sitting: links.Sitting) -> str:
    """The candidate that is chosen at first: the best one that was not rejected."""
    for one in sitting.proposal["candidates"]:
        if sitting.links.get(one["target"], {}).get("status") != "rejected":
            return str(one["target"])
    return ""
