"""Looks through an uploaded model and loads it behind the fence, before anybody decides on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo.errors import PyMongoError

from app.domain.errors import Invalid, Problem, Problems
from app.domain.messages import say
from app.domain.roles import Action
from app.ml import asking, external
from app.ml.engines import module_of
from app.ml.labels import Unit
from app.ml.running import Stopped
from app.ml.tasks import Task, find_engine, find_task
from app.ml.uploads import skops_file, transformers_folder
from app.ml.uploads.own_folder import ABOUT
from app.ml.uploads.taking import OWN, Taken, Uploaded, take
from app.services import model_archives, model_data, model_uploads, quotas
from app.services.desk import Desk
from app.services.model_data import Choice
from app.services.model_stops import Beat, stopper
from app.services.model_tasks import choices_of
from app.services.model_uploads import MAKES_TEXTS, SERVICE, TASKS_OF, TRANSLATE
from app.services.scratch import scratch_folder
from app.store import files
from app.store.database import Document

_LABELS_WORDS, _LABELS_LINES = "ForTokenClassification", "ForSequenceClassification"
_ENCODERS = ("ForMaskedLM", "Model")  # label nothing yet: others begin with them
_MOST_FIELDS = 8  # of which the labels are looked up

Body = dict[str, Any]


def carry_out(desk: Desk, job: Document, beat: Beat, scratch: Path) -> Body:
    """Looks through uploaded files and loads them behind the fence; what `jobs` runs.

    Raises:
        Invalid: with what is wrong; nothing is left of them.
        Unavailable: models from outside are off on this server, and why.
        Stopped: somebody stopped it.
    """
    desk.require(Action.TRAIN)
    model_uploads.clear(desk.store, job)  # what a broken-off try has left
    try:
        with scratch_folder(scratch) as folder:
            of = _asked if job["arguments"].get("address") else _taken
            made = of(desk, job, beat, folder)
        if model_uploads.is_decided(desk, job["_id"]):
            raise Stopped("It was withdrawn meanwhile.")
    except PyMongoError:
        raise  # it is put back in line when the database answers
    except BaseException:
        model_uploads.forget(desk.store, job)
        model_uploads.decided(desk, job["_id"])
        raise
    model_uploads.forget_uploads(desk.store, job)
    return made


def describe(desk: Desk, job: Document, facts: Body, labels: Sequence[str], folder: Path) -> Body:
    """Keeps what is known of an offer; gives what its job has as result.

    Args:
        facts: with the tasks that it may do.
        folder: for what is written on the way.
    """
    about = folder / "about.json"
    about.write_text(
        json.dumps({"labels": list(labels), "known": _known(desk, facts["tasks"])}),
        encoding="utf-8",
    )
    return {**facts, "labels": len(labels), "about": model_uploads.keep(desk, job["_id"], about)}


def _taken(desk: Desk, job: Document, beat: Beat, folder: Path) -> Body:
    beat("Looking through the files", 10, 100)
    into = folder / "model"
    taken = take(_fetched(desk, job, folder), into)
    facts = _facts_of(taken, into)
    beat("Loading it behind the fence", 40, 100)
    stop = stopper(desk, job)
    with asking.loaded(
        module_of(facts["engine"]), model_uploads.opened_up(into), folder / "log", stop
    ) as model:
        told = model.facts
    if taken.kind != OWN:
        facts |= _used_for(told)
    facts["version"] = told.version
    labels = getattr(taken.described, "labels", ()) or told.labels
    beat("Keeping it", 80, 100)
    archive = folder / "model.zip"
    facts["sha256"] = model_archives.pack(into, archive)
    facts["size"] = archive.stat().st_size
    quotas.require_room(desk.store, desk.project_id, facts["size"])
    facts["archive"] = model_uploads.keep(desk, job["_id"], archive)
    return describe(desk, job, facts, labels, folder)


def _asked(desk: Desk, job: Document, beat: Beat, folder: Path) -> Body:
    """What a service says of itself."""
    desk.require(Action.SETTINGS)
    asked = job["arguments"]
    beat("Asking the service", 40, 100)
    about = external.Service(asked["address"], tuple(asked["hosts"])).about()
    facts: Body = {
        "kind": SERVICE, "engine": SERVICE, "made_of": about.name, "options": {}, "libraries": {},
        "tasks": _tasks_of(about.unit), "address": asked["address"],
    }  # fmt: skip
    return describe(desk, job, facts, about.labels, folder)


def _tasks_of(*units: Unit) -> list[str]:
    return [task for unit in units for task in TASKS_OF[unit] if find_task(task)]


def _fetched(desk: Desk, job: Document, folder: Path) -> list[Uploaded]:
    came, asked = folder / "came", job["arguments"]
    came.mkdir()
    found = []
    for place, (file, name) in enumerate(zip(asked["file"], asked["names"], strict=True)):
        path = came / str(place)
        with files.open_file(desk.store, desk.project_id, file) as stored, path.open("wb") as out:
            while block := stored.read(1 << 20):
                out.write(block)
        found.append(Uploaded(name, path))
    return found


def _facts_of(taken: Taken, into: Path) -> Body:
    described = taken.described
    facts: Body = {"kind": taken.kind, "engine": taken.kind, "options": {}, "libraries": {}}
    if isinstance(described, skops_file.Described):
        made = ", ".join(described.versions)
        return facts | {"made_of": described.estimator, "libraries": {"scikit-learn": made}}
    if isinstance(described, transformers_folder.Described):
        return facts | {"made_of": described.architecture or described.model_type}
    task, engine = find_task(described.task), find_engine(described.engine)
    problems = Problems()
    if task is None:
        what = "It does “%(name)s”, which models do not do here."
        problems.add(ABOUT, say(what, name=described.task))
    if engine is None:
        what = "It was made by “%(name)s”, an engine that is not here. A newer LiFE may have it."
        problems.add(ABOUT, say(what, name=described.engine))
    problems.check()
    assert task is not None
    about = json.loads((into / ABOUT).read_text("utf-8"))
    return facts | {
        "engine": described.engine,
        "tasks": [task.name],
        "made_of": described.engine,
        "options": _options(task, about),
        "libraries": _versions(about),
    }


def _options(task: Task, about: Mapping[str, Any]) -> dict[str, str]:
    """The options of a model of another LiFE, as far as they are known."""
    given = about.get("options")
    told: Body = given if isinstance(given, dict) else {}
    if about.get("segmented") is True:
        told = {**told, "from": "morphs"}
    return {
        one.name: str(told[one.name])
        for one in task.options
        if told.get(one.name) in [value for value, _ in one.choices]
    }


def _versions(about: Mapping[str, Any]) -> dict[str, str]:
    told = about.get("versions")
    if not isinstance(told, dict):
        return {}
    pairs = [(key, one) for key, one in told.items() if isinstance(one, str) and key.isalnum()]
    return {key[:40]: one[:20] for key, one in pairs[:10] if one.isprintable()}


def _used_for(told: asking.Facts) -> Body:
    """What a foreign model can be used for.

    Raises:
        Invalid: nothing that there is here.
    """
    unit: dict[str, tuple[Unit, ...]] = {
        "": ("word", "line"), _LABELS_WORDS: ("word",), _LABELS_LINES: ("line",),
        **dict.fromkeys(MAKES_TEXTS, ("text",)),
    }  # fmt: skip
    units = unit.get(told.does, ())
    tasks = _tasks_of(*units)
    if not tasks and told.does not in _ENCODERS:
        what = "It does nothing that is used here."
        raise Invalid(Problem("model", what))
    return {"tasks": tasks, "does": told.does, "codes": list(told.codes)}


def _known(desk: Desk, tasks: Sequence[str]) -> dict[str, list[str]]:
    """The labels of the project for some tasks, of whatever field where lines are sorted."""
    found = {}
    for name in tasks:
        task = find_task(name)
        assert task is not None
        labels: set[str] = set()
        for field in _fields_of(desk, task) if name != TRANSLATE else ():
            lines = model_data.gather(desk, task.target, Choice(field=field)).lines.values()
            labels |= model_data.labels_in(lines, task.target)
        found[name] = sorted(labels)
    return found


def _fields_of(desk: Desk, task: Task) -> list[str]:
    """By which fields of the project a task can sort lines; an empty one where it sorts none."""
    option = next((one for one in task.options if one.name == "field"), None)
    return [key for key, _ in choices_of(desk, option)[:_MOST_FIELDS]] if option else [""]
