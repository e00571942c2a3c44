"""The options of tasks as a project can choose them."""

from __future__ import annotations

from app.domain.messages import say
from app.ml.tasks import Option
from app.services.desk import Desk
from app.services.model_bases import BASE, TRANSLATOR, bases, translators
from app.services.model_fields import own_choices
from app.store import records

INTO = "into"  # the option that says which language of translation is given


def choices_of(desk: Desk, option: Option) -> list[tuple[str, str]]:
    """What an option may be in a project, with what people read."""
    if option.name == "field":
        return [*option.choices, *own_choices(desk)]
    if option.name == BASE:
        return bases(desk)
    if option.name == TRANSLATOR:
        return translators(desk)
    if option.name == INTO:
        return _translated_into(desk)
    if option.name != "translation":
        return list(option.choices)
    systems = [
        (ws["id"], say("only the one in %(language)s", language=ws.get("name") or ws["id"]))
        for ws in desk.project.get("writing_systems", ())
        if ws.get("analysis")
    ]
    return [*option.choices, *(systems if len(systems) > 1 else ())]


def _translated_into(desk: Desk) -> list[tuple[str, str]]:
    """The languages of translation of a project, those into which most is translated first."""
    named = {
        str(ws["id"]): str(ws.get("name") or ws["id"])
        for ws in desk.project.get("writing_systems", ())
        if ws.get("analysis")
    }
    counts = dict.fromkeys(named, 0)
    for ws in named if len(named) > 1 else ():
        there = {f"translation.{ws}": {"$exists": True}}
        counts[ws] = records.count(desk.store, desk.scope, "utterance", **there)
    return sorted(named.items(), key=lambda one: -counts[one[0]])
