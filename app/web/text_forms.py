"""Pages with forms about texts: a new one, what is known of one, one line's details, everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from app.domain.diff import FieldChange, get
from app.domain.errors import Conflict, Invalid, Problem
from app.domain.ids import new_id
from app.domain.project import GENRES, STATUSES
from app.domain.roles import Action
from app.domain.text import first_plain
from app.services import everywhere as service
from app.services import label_guesses, people, text_lines, text_writing, texts
from app.services.desk import Desk
from app.services.label_guesses import Offer
from app.services.predict import Predict
from app.services.projects import list_items
from app.store.database import Document
from app.web.context import desk, parts
from app.web.forms import errors_of
from app.web.interlinear_view import written
from app.web.rules import rule

bp = Blueprint("text_forms", __name__)
Page = str | BaseResponse | tuple[str, int]
_SHOWN = 500  # occurrences on the page


@bp.get("/<slug>/texts/new")
@rule(Action.ADD)
def new(slug: str) -> Page:
    """A form for a text that is typed or pasted."""
    return _new_page()


@bp.post("/<slug>/texts/new")
@rule(Action.ADD)
def add(slug: str) -> Page:
    """Shows into which lines a typed text falls, or adds it."""
    typed = request.form.get("typed", "")
    try:
        if request.form.get("do") != "add":
            return _new_page(paragraphs=text_writing.preview(desk(), typed))
        ws = request.form.get("ws", "")
        made = text_writing.write(desk(), _facts(), typed, ws=ws, change_id=new_id("x"))
    except Invalid as error:
        return _new_page(errors_of(error)), 422
    return redirect(url_for("texts.show", slug=slug, text=made))


@bp.get("/<slug>/texts/<text>/edit")
@rule(Action.EDIT_OWN)
def edit(slug: str, text: str) -> Page:
    """What is known of a text, to be changed."""
    return _edit_page(texts.get(desk(), text))


@bp.post("/<slug>/texts/<text>/edit")
@rule(Action.EDIT_OWN)
def save(slug: str, text: str) -> Page:
    """Changes what is known of a text."""
    stored = texts.get(desk(), text)
    rev = request.form.get("rev", type=int)
    try:
        text_writing.save(desk(), text, _facts(), base_rev=rev, change_id=new_id("x"))
    except Invalid as error:
        return _edit_page(stored, errors_of(error)), 422
    except Conflict:
        return _edit_page(stored, {"": _("Somebody changed this meanwhile; look again.")}), 409
    flash(_("Saved."), "done")
    return redirect(url_for("texts.show", slug=slug, text=text))


@bp.get("/<slug>/texts/lines/<line>/words/<word>/everywhere")
@rule(Action.EDIT)
def everywhere(slug: str, line: str, word: str) -> Page:
    """Where else a word stands, with what it is analysed as there."""
    try:
        analysis, found = service.find(desk(), line, word)
    except Invalid as error:
        flash(" ".join(errors_of(error).values()), "danger")
        return redirect(_place_of(slug, text_lines.get(desk(), line)))
    open_ones = [one for one in found if not one.same]
    ws = text_lines.main_system(desk())
    return render_template(
        "texts/everywhere.html",
        line=line,
        word=word,
        back=_place_of(slug, text_lines.get(desk(), line)),
        analysis=written(analysis, ws),
        found=open_ones[:_SHOWN],
        more=max(0, len(open_ones) - _SHOWN),
        same=len(found) - len(open_ones),
        titles=service.titles(desk(), open_ones[:_SHOWN]),
        written=lambda one: written(one, ws),
        ws=_system(ws),
    )


@bp.post("/<slug>/texts/lines/<line>/words/<word>/everywhere")
@rule(Action.EDIT)
def use_everywhere(slug: str, line: str, word: str) -> Page:
    """Gives the ticked words the analysis of this one, as one change."""
    change = new_id("x")
    wanted = set(request.form.getlist("use"))
    if request.form.get("rest") == "yes":
        _analysis, found = service.find(desk(), line, word)
        beyond = [one for one in found if not one.same][_SHOWN:]
        wanted |= {one.key for one in beyond if one.analysis is None or one.suggested}
    done = service.use(desk(), line, word, wanted, change_id=change)
    text = ngettext("Used for %(num)s word.", "Used for %(num)s words.", done)
    flash(f"{text} {_('Undo it as one in Activity.')}", "done")
    return redirect(_place_of(slug, text_lines.get(desk(), line)))


def _place_of(slug: str, line: Document) -> str:
    """The address of a line in its text."""
    if line.get("text"):
        address = url_for("texts.show", slug=slug, text=line["text"], at=line["_id"])
    else:
        address = url_for("texts.sentences", slug=slug, at=line["_id"])
    return f"{address}#{line['_id']}"


def _new_page(
    errors: dict[str, str] | None = None, paragraphs: list[list[str]] | None = None
) -> str:
    return render_template(
        "texts/new.html",
        errors=errors or {},
        values=request.form,
        paragraphs=paragraphs or [],
        rules=text_lines.rules_of(desk()),
        **_lists(),
    )


def _edit_page(stored: Document, errors: dict[str, str] | None = None) -> str:
    if not text_lines.may_edit(desk(), stored):
        desk().require(Action.EDIT)
    values: dict[str, Any] = {
        f"{name}.{ws}": value if isinstance(value, str) else value.get("text", "")
        for name in ("title", "abbreviation", "source", "description")
        for ws, value in (stored.get(name) or {}).items()
    }
    values |= {name: stored.get(name) or "" for name in ("genre", "date", "status")}
    if request.method == "POST":
        values = request.form.to_dict()
    return render_template(
        "texts/edit.html",
        offer=_offer(label_guesses.of_text, stored, values),
        text=stored,
        title=texts.title_of(stored),
        errors=errors or {},
        values=values,
        chosen=request.form.getlist("speakers") or stored.get("speakers", ()),
        **_lists(),
    )


def _lists() -> dict[str, Any]:
    systems = desk().project.get("writing_systems", ())
    vernacular = [ws for ws in systems if ws.get("vernacular")]
    main = vernacular[:1]
    return {
        "systems": [*main, *(ws for ws in systems if ws.get("analysis") and ws not in main)],
        "vernacular": vernacular,
        "written_in": [(ws["id"], ws.get("name") or ws["tag"]) for ws in vernacular],
        "genres": _options(GENRES),
        "statuses": _options(STATUSES),
        "people": people.find_all(desk()) if desk().role is not None else [],
    }


def _offer(
    propose: Callable[[Desk, Predict, Document], Offer | None],
    stored: Document,
    values: Mapping[str, Any],
) -> Offer | None:
    """What a model proposes for a field that is empty and stays so in what was typed."""
    found = propose(desk(), Predict(parts().settings), stored)
    return found if found is not None and not values.get(found.field) else None


def _options(list_code: str) -> list[tuple[str, str]]:
    items = list_items(desk(), list_code)
    named = [(one["_id"], first_plain(one.get("name") or {}) or one["code"]) for one in items]
    return [("", "–"), *named]


def _facts() -> dict[str, Any]:
    """What a form says of a text; fields that it does not have are left alone."""
    form = request.form
    facts: dict[str, Any] = {}
    for name in ("title", "abbreviation", "source", "description"):
        found = {
            key.removeprefix(f"{name}."): value.strip()
            for key, value in form.items()
            if key.startswith(f"{name}.")
        }
        if found:
            facts[name] = {ws: value for ws, value in found.items() if value}
    facts |= {name: form[name].strip() for name in ("date",) if name in form}
    facts |= {name: form[name] or None for name in ("genre", "status") if name in form}
    if "with-speakers" in form:
        facts["speakers"] = form.getlist("speakers")
    return facts


def _system(code: str) -> Document:
    systems = desk().project.get("writing_systems", ())
    return next((ws for ws in systems if ws["id"] == code), {"tag": code or "und"})


@bp.get("/<slug>/texts/lines/<line>/details")
@rule(Action.EDIT_OWN)
def details(slug: str, line: str) -> Page:
    """Speaker, time, status, reference and notes of a line."""
    return _details_page(text_lines.get(desk(), line))


@bp.post("/<slug>/texts/lines/<line>/details")
@rule(Action.EDIT_OWN)
def save_details(slug: str, line: str) -> Page:
    """Changes the details of a line."""
    stored = text_lines.get(desk(), line)
    try:
        wanted = _wanted(stored)
        text_lines.save(desk(), line, wanted, change_id=new_id("x"))
    except Invalid as error:
        return _details_page(stored, errors_of(error)), 422
    flash(_("Saved."), "done")
    return redirect(_place_of(slug, stored))


@bp.post("/<slug>/texts/lines/<line>/groups")
@rule(Action.EDIT_OWN)
def add_group(slug: str, line: str) -> Page:
    """Ties words of a line together."""
    form = request.form
    gloss = {
        ws["id"]: said
        for ws in _lists()["systems"]
        if (said := form.get(f"gloss.{ws['id']}", "").strip())
    }
    facts = {"type": form.get("type", "").strip(), "gloss": gloss}
    words = form.getlist("members")
    try:
        text_lines.add_group(desk(), line, words, facts, change_id=new_id("x"))
    except Invalid as error:
        return _details_page(text_lines.get(desk(), line), errors_of(error)), 422
    return redirect(url_for("text_forms.details", slug=slug, line=line, _anchor="groups"))


@bp.post("/<slug>/texts/lines/<line>/groups/<group>/remove")
@rule(Action.EDIT_OWN)
def remove_group(slug: str, line: str, group: str) -> Page:
    """Takes a group apart."""
    text_lines.remove_group(desk(), line, group, change_id=new_id("x"))
    return redirect(url_for("text_forms.details", slug=slug, line=line, _anchor="groups"))


def _details_page(stored: Document, errors: dict[str, str] | None = None) -> str:
    time = stored.get("time") or {}
    values = {
        **{name: stored.get(name) or "" for name in ("label", "speaker", "source", "status")},
        **{name: f"{time[name]:g}" if name in time else "" for name in ("start", "end")},
    }
    if request.method == "POST":
        values |= request.form.to_dict()
    ws = text_lines.main_system(desk())
    return render_template(
        "texts/details.html",
        offer=_offer(label_guesses.of_line, stored, values),
        code=ws,
        words=[
            (word["id"], first_plain(word.get("form") or {}, (ws,)))
            for word in stored.get("words", ())
            if word.get("type") != "punctuation"
        ],
        line=stored,
        back=_place_of(desk().project["slug"], stored),
        baseline=first_plain(stored.get("baseline") or {}, (text_lines.main_system(desk()),)),
        ws=_system(text_lines.main_system(desk())),
        errors=errors or {},
        values=values,
        **_lists(),
    )


def _wanted(stored: Document) -> list[FieldChange]:
    form = request.form
    if form.get("take") in label_guesses.OF_LINE:  # what was proposed, and nothing else
        name = form["take"]
        return [FieldChange((name,), get(stored, (name,)), form.get(name, "").strip() or None)]
    made: dict[tuple[str, ...], Any] = {
        (name,): form.get(name, "").strip() or None
        for name in ("label", "speaker", "source", "status")
    }
    made["time",] = _time(stored)
    for note in stored.get("notes", ()):
        for ws in note.get("text", {}):
            path = ("notes", note["id"], "text", ws)
            made[path] = form.get(f"note.{note['id']}.{ws}", "").strip() or None
    changes = [
        FieldChange(path, get(stored, path), after)
        for path, after in made.items()
        if (get(stored, path) or None) != after
    ]
    added = {ws["id"]: form.get(f"note.new.{ws['id']}", "").strip() for ws in _lists()["systems"]}
    if text := {ws: said for ws, said in added.items() if said}:
        note = {"id": new_id("n"), "text": text}
        left = [one["id"] for one in stored.get("notes", ())][-1:]
        changes.append(
            FieldChange(
                ("notes", note["id"]), None, note, member=True, left=left[0] if left else None
            )
        )
    return changes


def _time(stored: Document) -> Document | None:
    start, end = (request.form.get(name, "").strip() for name in ("start", "end"))
    if not start and not end:
        return None
    try:
        times = {"start": float(start.replace(",", ".")), "end": float(end.replace(",", "."))}
    except ValueError as error:
        what = "Give both times in seconds, such as 12.5."
        raise Invalid(Problem("start", what)) from error
    before = stored.get("time") or {}
    if (before.get("start"), before.get("end")) == (times["start"], times["end"]):
        return before
    return {**{key: before[key] for key in ("recording",) if key in before}, **times}
