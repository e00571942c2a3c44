"""Pages of a project as a whole: making one, its settings, lists, own fields and activity."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.errors import Conflict, Invalid
from app.domain.ids import new_id
from app.domain.project import (
    GLOSS_ABBREVIATIONS,
    LISTS,
    PARTS_OF_SPEECH,
    RELATION_TYPES,
    SEMANTIC_DOMAINS,
    Collation,
)
from app.domain.roles import Action
from app.domain.sorting import problem_of
from app.rdf.names import meaning_in_words
from app.services import history, list_merging, settings_forms
from app.services import projects as service
from app.services.text_lines import rules_of
from app.store.database import Document
from app.web.auth import actor_of_request
from app.web.context import desk, now, store
from app.web.entry_view import items_in, make_lists
from app.web.forms import errors_of
from app.web.rules import rule
from app.web.waiting import as_job

bp = Blueprint("projects", __name__)
Page = str | Response | tuple[str, int]
PAGE = 40


@bp.get("/new")
@rule("user")
def new() -> Page:
    """The form for a new project."""
    return render_template("projects/new.html", values={"analysis": "en"}, errors={})


@bp.post("/new")
@rule("user")
def create() -> Page:
    """Makes a project and opens it."""
    form = request.form
    title = form.get("title", "").strip()
    slug = form.get("slug", "").strip() or service.suggest_slug(store(), title)
    analysis = [tag for tag in form.get("analysis", "").replace(",", " ").split() if tag]
    try:
        service.create_project(
            store(),
            actor_of_request(),
            slug=slug,
            title=title,
            language=form.get("language", "").strip(),
            analysis=analysis or ["en"],
        )
    except Invalid as error:
        page = render_template("projects/new.html", values=form, errors=errors_of(error))
        return page, 422
    return redirect(url_for("lexicon.index", slug=slug))


@bp.get("/<slug>/settings")
@rule(Action.SETTINGS)
def settings(slug: str) -> Page:
    """Title, languages, writing systems, licence, visibility."""
    return _settings()


@bp.post("/<slug>/settings")
@rule(Action.SETTINGS)
def save_settings(slug: str) -> Page:
    """Saves the project's own fields."""
    form = request.form
    names = ("title", "slug", "description", "licence", "citation", "visibility")
    wanted: dict[str, Any] = {name: form[name].strip() for name in names if name in form}
    return _save(wanted, form.get("slug", slug))


@bp.post("/<slug>/settings/splitting")
@rule(Action.SETTINGS)
def save_splitting(slug: str) -> Page:
    """Saves how typed texts are parted into utterances and words."""
    form = request.form
    wanted: dict[str, Any] = {"by": form.get("by", "")}
    wanted |= {name: "".join(form.get(name, "").split()) for name in ("ends", "letters", "breaks")}
    wanted["abbreviations"] = form.get("abbreviations", "").split()
    return _save({"splitting": wanted}, slug, "splitting")


@bp.post("/<slug>/settings/delete")
@rule(Action.OWN)
def delete(slug: str) -> Page:
    """Hides the project from everybody; administrators can bring it back."""
    try:
        service.delete_project(desk(), request.form.get("confirm", ""), now())
    except Invalid as error:
        return _settings(errors_of(error)), 422
    flash(_("The project is deleted. An administrator of the server can restore it."), "done")
    return redirect(url_for("home.show"))


@bp.post("/<slug>/settings/languages")
@rule(Action.SETTINGS)
def add_language(slug: str) -> Page:
    """Adds an object language."""
    try:
        made = settings_forms.new_language(request.form)
    except Invalid as error:
        return _settings(errors_of(error)), 422
    return _save({"languages": [*_languages(), made]}, slug, "languages", made["id"])


@bp.post("/<slug>/settings/languages/<language>")
@rule(Action.SETTINGS)
def save_language(slug: str, language: str) -> Page:
    """Changes an object language."""
    changed = [
        settings_forms.changed_language(one, request.form) if one["id"] == language else one
        for one in _languages()
    ]
    return _save({"languages": changed}, slug, "languages")


@bp.post("/<slug>/settings/languages/<language>/remove")
@rule(Action.SETTINGS)
def remove_language(slug: str, language: str) -> Page:
    """Takes an object language out of the project."""
    left = [one for one in _languages() if one["id"] != language]
    return _save({"languages": left}, slug, "languages")


@bp.post("/<slug>/settings/systems")
@rule(Action.SETTINGS)
def add_system(slug: str) -> Page:
    """Adds a writing system."""
    form = request.form
    try:
        made = settings_forms.new_system(form.get("tag", ""), form.get("role", "analysis"))
    except Invalid as error:
        return _settings(errors_of(error)), 422
    return _save({"writing_systems": [*_systems(), made]}, slug)


@bp.post("/<slug>/settings/systems/<code>")
@rule(Action.SETTINGS)
def save_system(slug: str, code: str) -> Page:
    """Changes a writing system, its alphabet among the rest."""
    systems = [
        settings_forms.changed_system(ws, request.form) if ws["id"] == code else ws
        for ws in _systems()
    ]
    return _save({"writing_systems": systems}, slug)


@bp.post("/<slug>/settings/systems/<code>/<direction>")
@rule(Action.SETTINGS)
def move_system(slug: str, code: str, direction: str) -> Page:
    """Moves a writing system up, or takes it out."""
    systems = _systems()
    at = next((place for place, ws in enumerate(systems) if ws["id"] == code), None)
    if at is not None and direction == "up" and at:
        systems[at - 1], systems[at] = systems[at], systems[at - 1]
    if at is not None and direction == "remove":
        del systems[at]
    return _save({"writing_systems": systems}, slug)


@bp.get("/<slug>/lists")
@bp.get("/<slug>/lists/<list_code>")
@rule(Action.READ)
def lists(slug: str, list_code: str = "parts-of-speech") -> Page:
    """The lists of the project, one at a time."""
    return _lists(list_code)


@bp.post("/<slug>/lists/<list_code>")
@rule(Action.LISTS)
def save_item(slug: str, list_code: str) -> Page:
    """Adds an item, or changes one."""
    form = request.form
    names = {key.removeprefix("name."): v for key, v in form.items() if key.startswith("name.")}
    shorts = {
        key.removeprefix("abbreviation."): v
        for key, v in form.items()
        if key.startswith("abbreviation.")
    }
    code = form.get("code", "") or next((name for name in names.values() if name.strip()), "")
    try:
        service.save_item(
            desk(),
            list_code,
            code,
            names,
            item_id=form.get("item") or None,
            abbreviation=shorts,
            parent=form.get("parent") or None,
            iri=form.get("iri"),
        )
    except Invalid as error:
        return _lists(list_code, errors_of(error)), 422
    flash(_("Saved."), "done")
    return redirect(url_for("projects.lists", slug=slug, list_code=list_code))


@bp.post("/<slug>/lists/<list_code>/<item>/delete")
@rule(Action.LISTS)
def delete_item(slug: str, list_code: str, item: str) -> Page:
    """Deletes an item that nothing uses."""
    try:
        list_merging.delete(desk(), item)
    except Invalid as error:
        flash(" ".join(errors_of(error).values()), "danger")
        return redirect(url_for("projects.merge_item", slug=slug, list_code=list_code, item=item))
    flash(_("Deleted."), "done")
    return redirect(url_for("projects.lists", slug=slug, list_code=list_code))


@bp.get("/<slug>/lists/<list_code>/<item>/merge")
@rule(Action.LISTS)
def merge_item(slug: str, list_code: str, item: str) -> Page:
    """What holds an item, and the items of which it can become one."""
    return _merging(item)


@bp.post("/<slug>/lists/<list_code>/<item>/merge")
@rule(Action.LISTS)
def confirm_merging(slug: str, list_code: str, item: str) -> Page:
    """Merges an item into another: at once, or as a job where many records hold it."""
    into = request.form.get("into", "")
    if not into:
        return _merging(item, {"into": _("Choose the item that stays.")}), 422
    if list_merging.uses_of(desk(), item).total > list_merging.AT_ONCE:
        return as_job("merge-items", item=item, into=into, id=new_id("x"))
    try:
        list_merging.merge(desk(), item, into, change_id=new_id("x"))
    except Invalid as error:
        return _merging(item, errors_of(error)), 422
    flash(_("Merged. It can be undone as one from the activity page."), "done")
    return redirect(url_for("projects.lists", slug=slug, list_code=list_code))


@bp.get("/<slug>/fields")
@rule(Action.READ)
def fields(slug: str) -> Page:
    """The fields that the project defines itself."""
    return _fields()


@bp.post("/<slug>/fields")
@rule(Action.LISTS)
def save_field(slug: str) -> Page:
    """Adds an own field, or changes one."""
    form = request.form
    try:
        settings_forms.save_field(
            desk(),
            form.get("code", ""),
            form.get("kind", "multitext"),
            form.getlist("levels"),
            {},
            field_id=form.get("field") or None,
        )
    except Invalid as error:
        return _fields(errors_of(error)), 422
    flash(_("Saved."), "done")
    return redirect(url_for("projects.fields", slug=slug))


@bp.post("/<slug>/fields/<field>/delete")
@rule(Action.LISTS)
def delete_field(slug: str, field: str) -> Page:
    """Deletes the definition of an own field."""
    settings_forms.delete_field(desk(), field)
    return redirect(url_for("projects.fields", slug=slug))


@bp.get("/<slug>/activity")
@rule(Action.READ)
def activity(slug: str) -> Page:
    """Who did what in the project, last first."""
    before = request.args.get("before", type=int)
    changes = history.activity(desk(), before, PAGE)
    return render_template(
        "projects/activity.html",
        changes=changes,
        words=history.headwords(desk(), changes),
        lists=make_lists(desk(), items_in([change.get("ops", ()) for change in changes])),
        more=changes[-1]["seq"] if len(changes) == PAGE else None,
        may_undo=desk().may(Action.UNDO),
    )


@bp.post("/<slug>/activity/<change>/undo")
@rule(Action.EDIT_OWN)
def undo(slug: str, change: str) -> Page:
    """Takes a change back, an import or a bulk run as one."""
    if history.is_large(desk(), change):
        return as_job("undo", change=change, id=new_id("x"))
    done = history.undo(desk(), [change], change_id=new_id("x"))
    if done.conflicts:
        flash(
            _("%(n)s fields were changed since and stay as they are.", n=len(done.conflicts)),
            "info",
        )
    flash(_("Undone.") if done.change else _("There was nothing left to undo."), "done")
    return redirect(url_for("projects.activity", slug=slug))


def _settings(errors: dict[str, str] | None = None) -> str:
    return render_template(
        "projects/settings.html",
        project=desk().project,
        errors=errors or {},
        typed=request.form,
        languages=_languages(),
        implied={ws["id"]: service.make_writing_system(ws["tag"]).name for ws in _systems()},
        sorting={
            ws["id"]: problem_of(Collation.model_validate(ws.get("collation") or {}))
            for ws in _systems()
        },
        systems=_systems(),
        splitting=rules_of(desk()),
    )


def _save(wanted: dict[str, Any], slug: str, part: str | None = None, made: str = "") -> Page:
    """Saves settings, then shows them again.

    Args:
        part: the section of the page to which the answer leads.
        made: id of a language that is new; what is wrong with it stands at the form for new ones.
    """
    try:
        service.save_settings(desk(), wanted, desk().project["rev"], new_id("x"))
    except Invalid as error:
        wrong = errors_of(error).items()
        old, new = f"languages/{made}/", "languages/new/"
        return _settings({key.replace(old, new): what for key, what in wrong}), 422
    except Conflict:
        return _settings({"": _("Somebody changed the settings meanwhile; look again.")}), 409
    flash(_("Saved."), "done")
    return redirect(url_for("projects.settings", slug=slug, _anchor=part))


def _languages() -> list[Document]:
    return [dict(language) for language in desk().project.get("languages", ())]


def _systems() -> list[Document]:
    return [dict(ws) for ws in desk().project.get("writing_systems", ())]


def _lists(list_code: str, errors: dict[str, str] | None = None) -> str:
    everything = make_lists(desk(), codes=None)
    codes = list(dict.fromkeys((*LISTS, *everything.by_list)))
    items = service.list_items(desk(), list_code)
    return render_template(
        "projects/lists.html",
        codes=codes,
        titles=_titles(),
        list_code=list_code,
        items=items,
        meanings={one["_id"]: meaning_in_words(one) for one in items},
        tied=list_code in (PARTS_OF_SPEECH, GLOSS_ABBREVIATIONS, RELATION_TYPES, SEMANTIC_DOMAINS),
        lists=everything,
        errors=errors or {},
        may_change=desk().may(Action.LISTS),
        analysis=[w for w in desk().project.get("writing_systems", ()) if w.get("analysis")],
    )


def _titles() -> dict[str, str]:
    """What the lists that every project begins with are called."""
    return {
        "parts-of-speech": _("Parts of speech"),
        "semantic-domains": _("Semantic domains"),
        "morph-types": _("Morph types"),
        "statuses": _("Statuses"),
        "relation-types": _("Relation types"),
        "note-types": _("Note types"),
        "translation-types": _("Translation types"),
        "etymology-types": _("Etymology types"),
        "gloss-abbreviations": _("Gloss abbreviations"),
        "genres": _("Genres"),
    }


def _merging(item: str, errors: dict[str, str] | None = None) -> str:
    uses = list_merging.uses_of(desk(), item)
    stored = list_merging.get(desk(), item)
    return render_template(
        "projects/merge_item.html",
        item=stored,
        uses=uses,
        others=list_merging.others_of(desk(), stored),
        lists=make_lists(desk(), codes=(stored["list"],)),
        titles=_titles(),
        errors=errors or {},
    )


def _fields(errors: dict[str, str] | None = None) -> str:
    return render_template(
        "projects/fields.html",
        fields=service.own_fields(desk()),
        kinds=settings_forms.FIELD_KINDS,
        levels=settings_forms.FIELD_LEVELS,
        errors=errors or {},
        may_change=desk().may(Action.LISTS),
    )
