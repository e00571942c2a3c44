"""What people wish for when a model is to be trained, checked against what there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.domain.errors import Invalid, Problem, Problems
from app.domain.messages import say
from app.domain.models import Value
from app.ml.engines import lacking
from app.ml.tasks import Task, find_engine, find_task
from app.services.desk import Desk
from app.services.model_data import Choice
from app.services.model_tasks import INTO, choices_of
from app.store.database import Document


@dataclass(frozen=True)
class Wish:
    """What is to be trained.

    Attributes:
        name: of the model; made from the task if empty.
        series: a model of which this is to be a further version; its name is kept.
        curve: whether to measure what fewer sentences would have given.
    """

    task: str
    engine: str = ""
    options: Mapping[str, str] | None = None
    choice: Choice = field(default_factory=Choice)
    name: str = ""
    series: str = ""
    curve: bool = True


def as_before(wish: Wish, before: Document) -> Wish:
    """A wish for a further version: as that model was trained, where nothing else is said."""
    task, engine = find_task(wish.task), find_engine(wish.engine or str(before["engine"]))
    if task is None or engine is None:
        return wish
    known = [one.name for one in (*task.options, *engine.options)]
    kept = {key: one for key, one in (before.get("options") or {}).items() if key in known}
    return replace(wish, engine=engine.name, options=wish.options or kept)


def checked(desk: Desk, wish: Wish) -> tuple[Task, str, dict[str, Value]]:
    """What a wish comes to: the task, the name of the engine, and all options.

    Raises:
        Invalid: with everything that is not to be had.
    """
    task = find_task(wish.task)
    if task is None:
        raise Invalid(Problem("task", say("There is no task “%(task)s”.", task=wish.task[:40])))
    engine, found = wish.engine or task.engines[0], Problems()
    if engine not in task.engines:
        what = "“%(engine)s” cannot do this; it takes one of: %(known)s."
        found.add("engine", say(what, engine=engine[:40], known=", ".join(task.engines)))
    chosen = find_engine(engine)
    lacks = lacking(chosen) if chosen is not None else []
    if lacks:
        what = "“%(engine)s” needs %(packages)s, which this server does not have."
        found.add("engine", say(what, engine=engine, packages=", ".join(lacks)))
    own = chosen.options if chosen is not None else ()
    given, known = dict(wish.options or {}), {one.name: one for one in (*task.options, *own)}
    for name in sorted(given.keys() - known.keys()):
        what = "There is no such option; there are: %(known)s."
        found.add(name[:40], say(what, known=", ".join(known) or "–"))
    options: dict[str, Value] = {}
    for name, option in known.items():
        values = [one for one, _ in choices_of(desk, option)]
        value = options[name] = given.get(name) or (values[0] if values else "")
        if not values and name == INTO:
            found.add(name, "The project has no language of translation; name one in its settings.")
        elif not values:
            found.add(name, "There is no model to begin with; bring one of transformers in first.")
        elif value not in values:
            found.add(name, say("It is one of: %(values)s.", values=", ".join(values)))
    found.check()
    return task, engine, options


def choice_with(choice: Choice, options: Mapping[str, Value]) -> Choice:
    """A choice of lines, with what the options say of the field, or language, that is learnt."""
    field = str(options.get("field", ""))
    into = str(options.get("into", ""))
    return replace(choice, field=field, whole=options.get("each") == "text", into=into)
