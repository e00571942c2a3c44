"""The options of tasks as a project can choose them."""

from __future__ import annotations

from app.domain.messages import say
from app.ml.tasks import Option
from app.services.desk import Desk
from app.services.model_bases import BASE, bases
from app.services.model_fields import own_choices


def choices_of(desk: Desk, option: Option) -> list[tuple[str, str]]:
    """What an option may be in a project, with what people read."""
    if option.name == "field":
        return [*option.choices, *own_choices(desk)]
    if option.name == BASE:
        return bases(desk)
    if option.name != "translation":
        return list(option.choices)
    systems = [
        (ws["id"], say("only the one in %(language)s", language=ws.get("name") or ws["id"]))
        for ws in desk.project.get("writing_systems", ())
        if ws.get("analysis")
    ]
    return [*option.choices, *(systems if len(systems) > 1 else ())]
