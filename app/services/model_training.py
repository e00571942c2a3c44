"""Training: asked for by a person, done by a worker with a child that has given up everything.

What comes of it is stored whole (record, model, report) or not at all.
"""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.domain.errors import Conflict, NotFound
from app.domain.ids import new_id
from app.domain.messages import as_message, say
from app.domain.models import Parted, ProjectModel, Value, place_of
from app.domain.roles import Action
from app.ml import lookup, running, scores
from app.ml.data import Alternative, Line, Morph, write_lines
from app.ml.engines import module_of
from app.ml.running import Training
from app.ml.stretches import answers, cut
from app.ml.targets import FIELD, LANGUAGE, OF_LINES, OF_MORPHS, TRANSLATION
from app.ml.tasks import Task, find_task
from app.processes.fence import Fence
from app.processes.talking import Ended, Talker
from app.services import model_archives, model_bases, model_cards, model_data, model_reports, quotas
from app.services.clock import utc_now
from app.services.desk import Desk
from app.services.model_data import Choice, Gathered
from app.services.model_units import units_said
from app.services.model_wishes import Wish, as_before, checked, choice_with
from app.services.scratch import scratch_folder
from app.store import changes, files, jobs, models, records
from app.store.changes import Op
from app.store.database import Document, Store

KIND = "train"
SEED = 1
_MOST_TESTED = 1000
_MOST_TRANSLATED = 200  # lines of which translations are measured: making one takes seconds
_PART = 0.8  # of the whole: a larger part tells nothing new
_MOST_POINTS = 4  # of a learning curve, beside the whole
_ANSWER = 300.0  # seconds for a batch
_LOOK = 0.4  # seconds between two looks whether somebody stopped it
Beat = Callable[[str, int, int], None]


def ask(desk: Desk, wish: Wish, enqueue: Callable[[str], None]) -> str:
    """Has a worker train a model; returns the job's id.

    Raises:
        Invalid: what is wished for is not to be had, or there is too little to learn from.
        Conflict: a model of the project is being trained.
    """
    arguments = prepare(desk, wish)
    if job_at_work(desk) is not None:
        raise Conflict("A model of this project is being trained; wait for it, or stop it.")
    job = jobs.add(desk.store, desk.project_id, desk.actor.id, KIND, utc_now(), **arguments)
    enqueue(job)
    return job


def prepare(desk: Desk, wish: Wish) -> dict[str, Any]:
    """The arguments of a job for a wish, checked.

    Raises:
        Invalid: as `ask`.
    """
    desk.require(Action.TRAIN)
    before = records.get(desk.store, desk.scope, "model", wish.series) if wish.series else None
    if before is not None:
        wish = as_before(wish, before)
    task, engine, options = checked(desk, wish)
    found = model_data.gather(desk, task.target, choice_with(wish.choice, options))
    model_data.check(found, model_data.parted(desk, found), task.target)
    return {
        "model": new_id("a"),
        "task": task.name,
        "engine": engine,
        "options": options,
        "texts": list(wish.choice.texts),
        "statuses": list(wish.choice.statuses),
        "name": str(before["name"]) if before else " ".join(wish.name.split())[:200],
        "series": str(before["series"]) if before else "",
        "curve": wish.curve,
        "expected": _expected(desk, task.name, engine, len(found.lines)),
    }


def train_now(desk: Desk, wish: Wish, beat: Beat, scratch: Path) -> str:
    """Trains a model in this process, as a command does; returns its id.

    Raises:
        Invalid, Failed: as `ask` and `carry_out`.
    """
    job = {"_id": new_id("j"), "arguments": prepare(desk, wish)}
    return str(carry_out(desk, job, beat, scratch)["model"])


def job_at_work(desk: Desk) -> Document | None:
    """The training of the project that waits or runs."""
    at_work = {"project": desk.project_id, "kind": KIND, "state": {"$in": ["waiting", "running"]}}
    return desk.store.jobs.find_one(at_work)


def carry_out(desk: Desk, job: Document, beat: Beat, scratch: Path) -> dict[str, Any]:
    """Trains a model, measures it and keeps both; what `app.services.jobs` runs.

    Raises:
        Stopped: somebody stopped it.
        Failed: its process came to a limit, or died.
        Invalid: there is too little to learn from by now.
    """
    asked = job["arguments"]
    if desk.store.models.find_one({"_id": asked["model"]}, {"_id": 1}) is not None:
        return {"model": asked["model"]}  # it was broken off after its end
    forget_files(desk.store, desk.project_id, asked["model"])
    with scratch_folder(scratch) as folder:
        training = _Training(desk, job, beat, folder)
        try:
            return {"model": training.run()}
        except BaseException:
            forget_files(desk.store, desk.project_id, asked["model"])
            raise


def forget_files(store: Store, project: str, model: str) -> None:
    """Deletes the files of a training that was broken off; nothing of a model that is there."""
    if store.models.find_one({"_id": model}, {"_id": 1}) is None:
        for found in list(files.iterate(store, project, model=model)):
            files.delete(store, found["_id"])


def is_worth_showing(measures: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a model may guess without being chosen: it is no worse than the lookup."""
    return not measures or measures[0]["value"] >= measures[0].get("baseline", 0.0)


class _Training:
    """One training."""

    def __init__(self, desk: Desk, job: Document, beat: Beat, folder: Path) -> None:
        self._desk, self._job, self._beat, self._folder = desk, job, beat, folder
        asked = job["arguments"]
        task = find_task(asked["task"])
        if task is None:
            raise NotFound("There is no such task any more.")
        self._task: Task = task
        self._engine = str(asked["engine"])
        self._target = task.target
        self._options: dict[str, Value] = {**asked["options"], "target": task.target, "seed": SEED}
        self._looked, self._stopped, self._phase = 0.0, False, ""

    def run(self) -> str:
        """Trains, measures, keeps; returns the model's id."""
        asked, began = self._job["arguments"], time.monotonic()
        self._desk.require(Action.TRAIN)
        chosen = Choice(tuple(asked["texts"]), tuple(asked["statuses"]))
        choice = choice_with(chosen, self._options)
        self._say("Reading the texts", 0)
        found = model_data.gather(self._desk, self._target, choice)
        split = model_data.parted(self._desk, found)
        model_data.check(found, split, self._target)
        train = [found.lines[one] for one in split.train]
        test = [found.lines[one] for one in split.test][: self._most_tested]
        folder = self._trained(train, "whole", 2, 50 if asked["curve"] else 80)
        seconds = time.monotonic() - began
        self._say("Measuring", 50 if asked["curve"] else 80)
        told = self._measured(folder, train, test)
        if asked["curve"]:
            told["curve"] = self._curve(train, test, told)
        self._say("Keeping the model", 98)
        content = self._content(found, split, choice, told, seconds)
        lines = models.write_lines(found.records(split.train), found.records(split.test))
        return self._keep(content, folder, told, lines)

    @property
    def _most_tested(self) -> int:
        return _MOST_TRANSLATED if self._target == TRANSLATION else _MOST_TESTED

    # Training and asking

    def _trained(self, lines: Sequence[Line], name: str, low: int, high: int) -> Path:
        """Trains on some lines; returns the folder of the model."""
        written = self._folder / f"{name}.jsonl"
        with written.open("w", encoding="utf-8") as out:
            out.writelines(write_lines(lines if self._target in OF_LINES else cut(lines)))
        work, into = self._folder / f"{name}-work", self._folder / name
        work.mkdir()

        def tell(share: float, phase: str) -> None:
            told = say("Training") if name == "whole" else say("Learning curve")
            self._say(told, low + int(share * (high - low)), phase)

        training = Training(module_of(self._engine), written, self._options)
        if begins_with := model_bases.chosen(self._options):
            laid = self._folder / f"{name}-base"
            laid.mkdir()
            base, room = model_bases.lay(self._desk, begins_with, laid)
            training = replace(training, base=base, room=room)
        running.carry_out(training, into, work, tell, self._is_stopped)
        written.unlink()
        for path in into.iterdir():
            path.chmod(0o644)
        into.chmod(0o755)
        return into

    def _guesses(self, folder: Path, lines: Sequence[Line]) -> list[list[tuple[Alternative, ...]]]:
        """What a model says of lines, from a process that has it loaded."""
        fence = Fence(str(folder), memory=4096, threads=17, nice=10)
        log = self._folder / f"{folder.name}.log"
        room = running.Room()
        try:
            talker = running.start(module_of(self._engine), fence, log)
            try:
                _asked(talker, {"do": "load"}, self._is_stopped)
                asked = [json.loads(one) for one in write_lines(_blank(self._options, lines))]
                whole = self._target in OF_LINES
                said = answers(asked, lambda some: self._said(talker, some), whole=whole)
                return [units_said(one, self._target) for one in said]
            finally:
                talker.end()
        except Ended as ended:
            if ended.reason == "stopped":
                raise running.Stopped("The training was stopped.") from ended
            why = running.explained(ended.reason, room)
            what = say("The model could not be measured: %(why)s.", why=why)
            raise running.Failed(what, ended.reason) from ended

    def _said(self, talker: Talker, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        asked = {"do": "predict", "lines": list(lines)}
        said: list[dict[str, Any]] = _asked(talker, asked, self._is_stopped)["guesses"]
        self._say(self._phase, -1)
        return said

    # Measuring

    def _measured(
        self, folder: Path, train: Sequence[Line], test: Sequence[Line]
    ) -> dict[str, Any]:
        target = self._target
        segments = target in OF_MORPHS and self._options.get("from") != "morphs"
        judged = model_reports.judge(test, self._guesses(folder, test), target)
        return model_reports.report(
            test, judged, self._looked_up(train, test), target,
            model_data.labels_in(train, target),
            segments=segments,
        )  # fmt: skip

    def _looked_up(
        self, train: Sequence[Line], test: Sequence[Line]
    ) -> list[list[model_reports.Judged]]:
        made = lookup.train(train, self._options)
        blank = _blank(self._options, test)
        said = [units_said(asdict(one), self._target) for one in made.predict(blank)]
        return model_reports.judge(test, said, self._target)

    def _curve(
        self, train: Sequence[Line], test: Sequence[Line], told: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Trains on fewer sentences, each part holding the smaller ones."""
        ordered = sorted(train, key=lambda line: place_of(line.id))
        sizes = [one for one in scores.curve_sizes(len(train)) if one < _PART * len(train)]
        sizes = [one for one in sizes if self._can_choose(ordered[:one])][-_MOST_POINTS:]
        main = told["measures"][0]
        points = {len(train): (main["value"], main["baseline"])}
        for place, size in enumerate(sizes):
            low = 55 + int(43 * place / len(sizes))
            folder = self._trained(ordered[:size], f"part-{size}", low, low + 10)
            judged = model_reports.judge(test, self._guesses(folder, test), self._target)
            base = self._looked_up(ordered[:size], test)
            points[size] = (
                model_reports.main_value(judged, self._target),
                model_reports.main_value(base, self._target),
            )
        return model_reports.curve_of(points)

    def _can_choose(self, lines: Sequence[Line]) -> bool:
        """Whether some lines have more than one label: of rare ones a part may have none."""
        return len(model_data.labels_in(lines, self._target)) > 1

    # Keeping

    def _content(
        self, found: Gathered, split: Parted, choice: Choice, told: Mapping[str, Any],
        seconds: float,
    ) -> dict[str, Any]:  # fmt: skip
        asked, desk, target = self._job["arguments"], self._desk, self._target
        learnt = model_data.learnt_from(desk, found, split, choice, target)
        others = [
            one for one in models.iterate_all(desk.store, desk.project_id)
            if asked["series"] and one["series"] == asked["series"]
        ]  # fmt: skip
        content = {
            "id": asked["model"],
            "name": asked["name"] or _name(self._task, desk),
            "task": self._task.name,
            "engine": self._engine,
            "options": asked["options"],
            "series": asked["series"] or asked["model"],
            "version": max((one.get("version", 1) for one in others), default=0) + 1,
            "learnt_from": {**learnt, "seconds": round(seconds, 1)},
            "measures": told["measures"],
            "languages": [
                one.get("tag") or one["id"] for one in desk.project.get("languages", ())
            ],
            "licence": str(desk.project.get("licence", "")),
            "access": found.access,
            "seed": SEED,
        }  # fmt: skip
        alone = {"project": desk.project_id, "task": self._task.name, "is_default": True,
                 "deleted": {"$ne": True}}  # fmt: skip
        if (
            self._engine != "lookup"
            and is_worth_showing(told["measures"])
            and desk.store.models.find_one(alone, {"_id": 1}) is None
        ):
            content["is_default"] = True
        return content

    def _keep(
        self, content: dict[str, Any], folder: Path, told: Mapping[str, Any], held: bytes
    ) -> str:
        desk = self._desk
        archive = self._folder / "model.zip"
        model_archives.seal(folder, model_cards.write(desk, content, told))
        digest = model_archives.pack(folder, archive)
        size = archive.stat().st_size
        content |= {"size": size, "sha256": digest}
        kept = gzip.compress(json.dumps(told, ensure_ascii=False).encode(), mtime=0)
        quotas.require_room(desk.store, desk.project_id, size + len(kept))
        for key, name, data in (
            ("archive", f"{content['id']}{model_archives.SUFFIX}", None),
            ("report", f"{content['id']}.json.gz", kept),
            ("lines", f"{content['id']}.txt", held),
        ):
            stream = archive.open("rb") if data is None else io.BytesIO(data)
            with stream:
                content[key] = files.put(
                    desk.store, desk.project_id, stream, name, model=content["id"]
                )
        ProjectModel.model_validate(content)
        op = Op("model", content["id"], "create", content)
        change_id = f"x{self._job['_id'][1:]}"
        changes.commit(desk.store, desk.project_id, desk.actor, "model", [op], change_id=change_id)
        return str(content["id"])

    # How far it is

    def _say(self, phase: str, done: int, detail: str = "") -> None:
        """Tells how far it is; a line of the log for each phase."""
        told = phase
        if detail:
            parts = {"phase": as_message(phase), "what": as_message(detail)}
            told = say("%(phase)s: %(what)s", **parts)
        if told != self._phase and done >= 0:
            jobs.log(self._desk.store, self._job["_id"], told, utc_now())
            self._phase = told
            self._done = done
        self._done = max(done, getattr(self, "_done", 0))
        self._beat(phase, self._done, 100)

    def _is_stopped(self) -> bool:
        if not self._stopped and time.monotonic() - self._looked > _LOOK:
            self._looked = time.monotonic()
            asked = {"_id": self._job["_id"], "cancel": True}
            self._stopped = self._desk.store.jobs.find_one(asked, {"_id": 1}) is not None
        return self._stopped


def _expected(desk: Desk, task: str, engine: str, lines: int) -> int:
    """About how many seconds a training will take, by the last one; 0 where nobody knows."""
    before = desk.store.models.find_one(
        {"project": desk.project_id, "task": task, "engine": engine,
         "learnt_from.seconds": {"$gt": 0}},
        sort=[("_id", -1)],
    )  # fmt: skip
    if before is None:
        return 0
    learnt = before["learnt_from"]
    return int(2 * learnt["seconds"] * lines / max(learnt.get("lines", 1), 1)) + 1


def _name(task: Task, desk: Desk) -> str:
    return f"{desk.project['title']}: {task.label}"[:200]


def _blank(options: Mapping[str, Value], lines: Sequence[Line]) -> list[Line]:
    """Lines without what is asked for."""
    segmented = options.get("from") == "morphs"
    return [
        Line(
            line.id, line.text,
            tuple(
                type(word)(
                    word.form,
                    tuple(Morph(one.form, "", one.joint) for one in word.morphs)
                    if segmented else (),
                    language="" if options.get("target") == LANGUAGE else word.language,
                )
                for word in line.words
            ),
            line.translations,
            {key: one for key, one in line.labels.items() if key != FIELD},
        )
        for line in lines
    ]  # fmt: skip


def _asked(talker: Talker, request: dict[str, Any], stop: Callable[[], bool]) -> dict[str, Any]:
    said = talker.ask(request, _ANSWER, stop)
    running.check_ended(said)
    if "error" in said:
        why = str(said.get("what"))[:500]
        raise running.Failed(say("The model could not be measured: %(why)s", why=why), "failed")
    return said
