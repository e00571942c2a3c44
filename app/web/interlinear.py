"""Pages that read texts: the list of them, and one with its glossed lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain import tiers
from app.domain.ids import new_id
from app.domain.leipzig import gloss_parts
from app.domain.project import GENRES, PARTS_OF_SPEECH
from app.domain.roles import Action
from app.domain.text import first_plain
from app.formats.examples import STYLES
from app.services import accounts, examples, label_guesses, model_guesses, texts
from app.services.projects import list_items
from app.services.text_lines import main_system, may_edit
from app.store.database import Document
from app.web.auth import caller
from app.web.context import desk, store
from app.web.interlinear_view import Lines, blocks_of, first_of_paragraphs, speakers_of, words_in
from app.web.rules import rule

bp = Blueprint("texts", __name__)
bp.add_app_template_filter(gloss_parts)


@bp.app_template_filter()
def clock(seconds: float) -> str:
    """A time in a recording, as minutes and seconds.

    >>> clock(63.456)
    '1:03.46'
    """
    minutes, rest = divmod(round(seconds, 2), 60)
    return f"{minutes:.0f}:{rest:05.2f}"


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"words_in": words_in, "example_styles": STYLES}


@bp.get("/<slug>/texts")
@rule(Action.READ)
def index(slug: str) -> str:
    """The texts of the project, with how far each is glossed."""
    return render_template(
        "texts/index.html",
        texts=texts.list_texts(desk()),
        alone=texts.standing_alone(desk()),
        genres=_names(GENRES),
    )


@bp.get("/<slug>/texts/sentences")
@rule(Action.READ)
def sentences(slug: str) -> str:
    """The utterances that belong to no text."""
    return _read(None, _stretch(None))


@bp.get("/<slug>/texts/<text>")
@rule(Action.READ)
def show(slug: str, text: str) -> str:
    """One text: its lines with words, morphs, glosses and translations; glossed here too."""
    return _read(texts.get(desk(), text), _stretch(text))


@bp.post("/<slug>/texts/tiers")
@rule(Action.READ)
def choose_tiers(slug: str) -> BaseResponse:
    """Which tiers the reader wants to see, and in which order; kept with the account."""
    order = {name: request.form.get(f"place.{name}", 99, type=int) for name in tiers.BY_ID}
    wanted = sorted(request.form.getlist("tier"), key=lambda name: order.get(name, 99))
    chosen = tiers.clean(wanted)
    _keep("tiers", list(chosen))
    _keep("glosses", request.form.getlist("gloss"))
    back = request.form.get("back", "")
    return redirect(back if back.startswith(f"/{slug}/") else url_for("texts.index", slug=slug))


@bp.post("/<slug>/texts/<text>/delete")
@rule(Action.DELETE)
def delete(slug: str, text: str) -> BaseResponse:
    """Deletes a text with its lines; it can be undone."""
    name = texts.title_of(texts.get(desk(), text)) or _("Without a title")
    texts.delete(desk(), text, change_id=new_id("x"))
    flash(_("Deleted %(name)s. Undo it in Activity.", name=name), "done")
    return redirect(url_for("texts.index", slug=slug))


@bp.get("/<slug>/texts/lines/<line>/example/<style>")
@rule(Action.READ)
def example(slug: str, line: str, style: str) -> Response:
    """One line as an example for a paper."""
    return Response(examples.write_example(desk(), line, style), mimetype="text/plain")


def tier_names() -> dict[str, str]:
    """What the tiers are called, by their id."""
    return {
        "baseline": _("Baseline"),
        "word": _("Word"),
        "morphs": _("Morphs"),
        "entry": _("Lexical entry"),
        "gloss": _("Gloss"),
        "pos": _("Category"),
        "word_gloss": _("Word gloss"),
        "word_pos": _("Word category"),
        "translation": _("Free translation"),
        "literal": _("Literal translation"),
        "notes": _("Notes"),
    }


def shown_tiers() -> tuple[str, ...]:
    """The tiers that the reader has chosen, in their order."""
    return tiers.clean(_kept("tiers") or ())


def shown_glosses(known: Sequence[str]) -> tuple[str, ...]:
    """The analysis languages in which the reader wants to see glosses.

    Args:
        known: those of the project.
    """
    return tiers.gloss_languages(_kept("glosses") or (), known)


def render_lines(lines: Sequence[Document], first: int, *, guess: bool = False) -> str:
    """Utterances as items of a list.

    Args:
        first: the number of the first one.
        guess: whether they are shown to be glossed, with guesses.
    """
    return render_template("texts/line.html", **lines_context(lines, first, guess=guess))


def lines_context(lines: Sequence[Document], first: int, *, guess: bool) -> dict[str, Any]:
    """What the template of lines needs to know."""
    project = desk().project
    systems = {ws["id"]: ws for ws in project.get("writing_systems", ())}
    code = main_system(desk())
    shown = shown_tiers()
    above, below = tiers.of_lines(shown)
    analysis = [ws for ws in systems.values() if ws.get("analysis")]
    glossed = shown_glosses([ws["id"] for ws in analysis])
    views = Lines(desk(), lines, glossed, guess=guess)
    return {
        "lines": [views.view(line, first + place) for place, line in enumerate(lines)],
        "first": first_of_paragraphs(lines),
        "systems": systems,
        "analysis": analysis,
        "glossed": [systems[code] for code in glossed],
        "code": code,
        "ws": systems.get(code, {"id": code, "tag": code or "und"}),
        "blocks": blocks_of(shown),
        "above": above,
        "below": below,
        "languages": request.args.getlist("translation"),
        "speakers": speakers_of(desk(), None, lines),
        "editing": guess,
    }


def _kept(name: str) -> Any:
    """What the reader has chosen for themselves."""
    account = caller().account
    return account.get("preferences", {}).get(name) if account else session.get(name)


def _keep(name: str, value: Any) -> None:
    if caller().account is not None:
        accounts.save_preference(store(), desk().actor, name, value)
    else:
        session[name] = value


def _stretch(text: str | None) -> texts.Stretch:
    """The lines that the address asks for: from the beginning, after one, or around one."""
    if at := request.args.get("at", ""):
        return texts.around(desk(), text, at)
    return texts.utterances(desk(), text, after=request.args.get("after", ""))


def _read(text: Document | None, stretch: texts.Stretch) -> str:
    reading = request.args.get("view") == "read" or not desk().may(Action.EDIT_OWN)
    lines = stretch.utterances
    context = lines_context(lines, stretch.before + 1, guess=not reading)
    return render_template(
        "texts/text.html",
        text=text,
        editable=text is not None and may_edit(desk(), text),
        setting=_setting(context),
        title=texts.title_of(text) if text else "",
        before=stretch.before,
        more=stretch.more,
        reading=reading,
        facts=_facts(text or {}, speakers_of(desk(), text, lines)),
        tier_names=tier_names(),
        shown=shown_tiers(),
        tier_order=list(dict.fromkeys((*shown_tiers(), *tiers.BY_ID))),
        **context,
    )


def _setting(context: dict[str, Any]) -> dict[str, Any]:
    """What the script of the editor needs to know of the project."""
    items = list_items(desk(), PARTS_OF_SPEECH)
    return {
        "slug": desk().project["slug"],
        "waiting": model_guesses.is_waiting(desk()),
        "ws": context["code"],
        "tag": context["ws"]["tag"],
        "direction": context["ws"].get("direction", "ltr"),
        "glossed": [
            {
                "id": ws["id"],
                "tag": ws["tag"],
                "name": ws.get("abbreviation") or ws["id"],
                "direction": ws.get("direction", "ltr"),
            }
            for ws in context["glossed"] or [context["ws"]]
        ],
        "categories": [
            {"id": item["_id"], "name": first_plain(item.get("name") or {}) or item["code"]}
            for item in items
        ],
        "languages": [
            {"id": ws["id"], "name": ws.get("name") or ws["tag"]}
            for ws in context["systems"].values()
            if ws["id"] != context["code"]
        ],
        "guesses_language": label_guesses.has_languages(desk()),
        "user": desk().actor.id,
    }


def _facts(text: Document, speakers: dict[str, str]) -> list[str]:
    """Genre, date and speakers of a text, as far as they are known."""
    told = [_names(GENRES).get(text.get("genre", ""), ""), str(text.get("date", ""))]
    told += [speakers.get(person, "") for person in text.get("speakers", ())]
    return [fact for fact in told if fact]


def _names(list_code: str) -> dict[str, str]:
    items = list_items(desk(), list_code)
    return {item["_id"]: first_plain(item.get("name") or {}) or item["code"] for item in items}
