"""A model from outside is tried on the project's own sentences, beside the lookup, then accepted.

What is accepted is what was tried: the same task, the same meaning of its labels.
"""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from app.domain.errors import Conflict, Invalid, NotFound, Problems
from app.domain.messages import say
from app.domain.models import ProjectModel
from app.domain.roles import Action
from app.domain.text import bad_characters
from app.ml import asking, lookup
from app.ml.data import Alternative, Line, write_lines
from app.ml.engines import module_of
from app.ml.labels import LONGEST, MOST, SAYS, USE, Others, fitted, parts_of
from app.ml.stretches import LINES, answers
from app.ml.targets import OF_LINES, OF_MORPHS, SENSE, TRANSLATION, labels_said, units_of
from app.ml.tasks import Task, find_task
from app.services import model_data, model_reports, model_uploads
from app.services.clock import utc_now
from app.services.desk import Desk
from app.services.model_data import Choice
from app.services.model_lines import line_of, said_line
from app.services.model_stops import Beat, stopper
from app.services.model_tasks import choices_of
from app.services.model_units import blank_line, labels_of, units_said
from app.services.model_uploads import TRANSLATE, TRY, Offer
from app.services.model_wishes import choice_with
from app.services.models import LONGEST_NAME, readable
from app.services.scratch import scratch_folder
from app.services.text_lines import main_system
from app.store import changes, files, jobs, models, records
from app.store.changes import Op
from app.store.database import Document

MOST_TRIED = 200  # sentences
_MOST_TRANSLATED, _TRANSLATED_BATCH = 60, 4  # the same of those that translate: each takes seconds
_BARE = 20  # sentences where nobody has confirmed any
_MOST_ODD = 60  # labels that do not fit which are named
ASKED = ("field", "each", "into")  # options that a project says of a model from outside
_LONGEST_SAID = {"prefix": 200, "source": 40, "gives": 40}
_OTHERS: tuple[Others, ...] = ("leave", "keep")

Body = dict[str, Any]
Ask = Callable[[Sequence[Body]], list[Body]]


@dataclass(frozen=True)
class Wanted:
    """What a model from outside is to be used for.

    Attributes:
        task: `gloss` …
        others: what becomes of labels that have none in the project: `leave` or `keep`.
        options: of the task, where it has to be said: by which field lines are sorted.
        pairs: for labels of the model those of the project, as a person has typed them.
        says: how a model that makes texts of texts is asked, as `Fit` has it: `prefix`, `source`
            and `gives`.
        ws: writing system of its glosses; empty for the one that most glosses have.
        languages: BCP 47 tags.
    """

    name: str
    task: str
    others: str = "leave"
    options: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)
    ws: str = ""
    languages: tuple[str, ...] = ()
    licence: str = ""
    says: Mapping[str, str] = field(default_factory=dict)


def try_it(desk: Desk, offer: Offer, wanted: Wanted, enqueue: Callable[[str], None]) -> str:
    """Has a worker try an offered model; returns the job's id.

    Raises:
        Invalid: with every field that is wrong.
        Conflict: it is being tried.
    """
    desk.require(Action.TRAIN)
    if offer.trial is not None and offer.trial["state"] in ("waiting", "running"):
        raise Conflict("It is being tried; wait for that, or stop it.")
    use = _checked(desk, offer, wanted)
    job = jobs.add(
        desk.store, desk.project_id, desk.actor.id, TRY, utc_now(), offer=offer.id, use=use
    )
    enqueue(job)
    return job


def carry_out(desk: Desk, job: Document, beat: Beat, scratch: Path) -> Body:
    """Tries a model and keeps what came of it; what `jobs` runs.

    Raises:
        Invalid, Unavailable: it took too much, or gave no answer that fits.
        NotFound: it was withdrawn meanwhile.
        Stopped: somebody stopped it.
    """
    asked = job["arguments"]
    offer = model_uploads.get(desk, asked["offer"])
    with scratch_folder(scratch) as folder:
        told = _Trial(desk, offer, job, beat, folder).run()
        path = folder / "report.json.gz"
        path.write_bytes(gzip.compress(json.dumps(told.pop("report")).encode(), mtime=0))
        if model_uploads.is_decided(desk, offer.id):
            raise NotFound("The model was withdrawn meanwhile.")
        model_uploads.clear(desk.store, offer.job, _held(offer))
        return {**told, "report": model_uploads.keep(desk, offer.id, path)}


def report(desk: Desk, offer: Offer) -> Body:
    """What came of the last trial; of its sentences those that the asker may read."""
    if offer.trial is None or offer.trial["state"] != "done":
        return {}
    file = str(offer.trial["result"]["report"])
    with files.open_file(desk.store, desk.project_id, file) as stored:
        told: Body = json.loads(gzip.decompress(stored.read()))
    told["sentences"] = readable(desk, told["sentences"])
    return told


def accept(desk: Desk, offer: Offer) -> str:
    """Makes an offered model one of the project's, as it was tried; returns its id.

    Raises:
        Conflict: it was not tried yet.
        NotAllowed: it is asked elsewhere, and the asker may not decide about that.
    """
    desk.require(Action.TRAIN)
    if offer.service is not None:
        desk.require(Action.SETTINGS)  # words leave the project
    trial = offer.trial
    if trial is None or trial["state"] != "done":
        raise Conflict("Try it first: accepted is what was seen.")
    model = f"a{offer.id[1:]}"
    content = _content(desk, offer, trial, model)
    ProjectModel.model_validate(content)
    for key in ("archive", "report"):
        if content.get(key):
            files.keep(desk.store, content[key], model=model)
    ops = [Op("model", model, "create", content)]
    change_id = f"x{offer.id[1:]}"
    changes.commit(desk.store, desk.project_id, desk.actor, "model", ops, change_id=change_id)
    model_uploads.decided(desk, offer.id, result={**offer.facts, "model": model})
    model_uploads.clear(desk.store, offer.job)
    return model


class _Trial:
    """One trial."""

    def __init__(
        self, desk: Desk, offer: Offer, job: Document, beat: Beat, folder: Path
    ) -> None:  # fmt: skip
        self._desk, self._offer, self._job = desk, offer, job
        self._beat, self._folder = beat, folder
        use = job["arguments"]["use"]
        task = find_task(use["task"])
        if task is None:
            raise NotFound("There is no such task any more.")
        self._task: Task = task
        self._ws = str(use["ws"])
        self._options = {**use["options"], "target": task.target}
        self._fit = model_uploads.fit_of(offer, use)

    def run(self) -> Body:
        self._beat("Reading the texts", 0, 100)
        desk, target = self._desk, self._task.target
        chosen = choice_with(Choice(), self._options)
        found = model_data.gather(desk, target, chosen)
        split = model_data.parted(desk, found)
        most = _MOST_TRANSLATED if target == TRANSLATION else MOST_TRIED
        test = [found.lines[one] for one in split.test][:most] or self._bare()
        if not test:
            raise Invalid("There are no sentences in the project to try it on.")
        self._beat("Trying it", 30, 100)
        raw = self._guesses(test)
        told = fitted(raw, self._written(test), self._fit)
        train = [found.lines[one] for one in split.train]
        known = model_data.labels_in(found.lines.values(), target)
        said = [units_said(one, target, apart=self._labels) for one in told]
        judged = model_reports.judge(test, said, target)
        segments = target in OF_MORPHS and not self._labels and self._from != "morphs"
        report = model_reports.report(
            test, judged, self._looked_up(train, test), target, known, segments=segments
        )
        if not found.lines:
            report = {"measures": [], "sentences": self._shown(test, told)}
        return {
            "report": report,
            "measures": report["measures"],
            "tried": len(test) if found.lines else 0,
            "shown": len(test),
            "ids": [each for one in test for each in found.within.get(one.id, (one.id,))],
            "odd": self._odd(raw, known) if target != TRANSLATION else [],
            "access": found.access,
            "gloss_ws": found.gloss_ws,
        }

    @property
    def _from(self) -> str:
        return str(self._options.get("from", "words"))

    @property
    def _labels(self) -> bool:
        """Whether it gives a label for each word, and does not take words apart."""
        return bool(self._offer.facts["kind"] != "own")

    def _bare(self) -> list[Line]:
        """Some sentences, where nobody has confirmed any."""
        desk = self._desk
        if self._offer.service is not None or self._task.target == SENSE:
            return []  # nothing is sent away of which nobody knows who agreed to what
        stored = records.iterate(desk.store, desk.scope, "utterance", **{"words.0": {"$exists": 1}})
        ws = main_system(desk)
        lines = ((one, line_of(one, ws, self._ws)) for one in islice(stored, _BARE))
        if self._task.target == TRANSLATION:
            return [said_line(line, one, ws) for one, line in lines]
        return [line for _, line in lines]

    def _guesses(self, lines: Sequence[Line]) -> list[Body]:
        written, said, whole = self._written(lines), list[Body](), self._task.target in OF_LINES
        step = _TRANSLATED_BATCH if self._task.target == TRANSLATION else LINES
        with self._asked() as ask:
            for one in answers(written, ask, whole=whole, at_once=step):
                said.append(one)
                self._beat("Trying it", 30 + 60 * len(said) // len(written), 100)
        return said

    @contextmanager
    def _asked(self) -> Iterator[Ask]:
        """What gives guesses while the block runs."""
        service = self._offer.service
        if service is not None:
            self._desk.require(Action.SETTINGS)
            yield lambda lines: service.guess(self._task.name, lines)
            return
        folder = model_uploads.lay(self._desk, self._offer, self._folder)
        folder.joinpath(USE).write_bytes(self._fit.written())
        module = module_of(str(self._offer.facts["engine"]))
        stop, log = stopper(self._desk, self._job), self._folder / "log"
        with asking.loaded(module, model_uploads.opened_up(folder), log, stop) as model:
            yield model.guess

    def _written(self, lines: Sequence[Line]) -> list[Body]:
        """Lines as they are asked about."""
        return [json.loads(one) for one in write_lines(self._blank(lines))]

    def _blank(self, lines: Sequence[Line]) -> list[Line]:
        """Lines without what is to be found."""
        segmented = self._from == "morphs"
        return [blank_line(one, self._task.target, segmented=segmented) for one in lines]

    def _looked_up(
        self, train: Sequence[Line], test: Sequence[Line]
    ) -> list[list[model_reports.Judged]]:
        made, target = lookup.train(train, self._options), self._task.target
        said = [units_said(asdict(one), target) for one in made.predict(self._blank(test))]
        return model_reports.judge(test, said, target)

    def _shown(self, test: Sequence[Line], told: Sequence[Body]) -> list[Body]:
        """Guesses about sentences of which nobody has said what is right."""
        target = self._task.target
        return [
            {"id": line.id, "words": [
                [unit.form, "", "-".join(_first(said, target)), _certainty(said)]
                for unit, said in zip(units_of(line, target), units_said(one, target), strict=True)
            ]}
            for line, one in zip(test, told, strict=True)
        ]  # fmt: skip

    def _odd(self, raw: Sequence[Body], known: set[str]) -> list[list[Any]]:
        """Labels that it gave and the project does not have, with how often and what they became.

        Of its own label nothing is left where it was left out.
        """
        counts: Counter[str] = Counter()
        for one in raw:
            for alternatives in (*one["words"], one.get("line", [])):
                counts.update(parts_of(labels_of(alternatives[:1]), self._task.name))
        odd = [
            [label, count, self._fit.said(label)]
            for label, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            if label and self._fit.said(label) not in known
        ]
        return odd[:_MOST_ODD]


def _held(offer: Offer) -> list[str]:
    return [str(offer.facts[key]) for key in ("archive", "about") if offer.facts.get(key)]


def _checked(desk: Desk, offer: Offer, wanted: Wanted) -> Body:
    found = Problems()
    name = " ".join(wanted.name.split())
    if not name or len(name) > LONGEST_NAME or bad_characters(name):
        found.add("name", say("Give it a name of 1 to %(most)s letters.", most=LONGEST_NAME))
    if wanted.task not in [one.name for one in offer.tasks]:
        found.add("task", "Choose what it does.")
    if wanted.others not in _OTHERS:
        found.add("others", say("It is one of: %(values)s.", values=", ".join(_OTHERS)))
    systems = [ws["id"] for ws in desk.project.get("writing_systems", ()) if ws.get("analysis")]
    if wanted.ws and wanted.ws not in systems:
        found.add("ws", say("It is one of: %(values)s.", values=", ".join(systems)))
    options = _options(desk, offer, wanted, found)
    pairs = {str(key): str(one).strip() for key, one in wanted.pairs.items() if str(one).strip()}
    if len(pairs) > MOST or any(
        len(one) > LONGEST or bad_characters(one) for pair in pairs.items() for one in pair
    ):
        found.add("pairs", say("Labels have at most %(most)s letters.", most=LONGEST))
    for key, most in _LONGEST_SAID.items():
        if len(wanted.says.get(key, "")) > most or bad_characters(wanted.says.get(key, "")):
            found.add(key, say("Write at most %(most)s letters.", most=most))
    for tag in wanted.languages:
        if not tag.replace("-", "").isalnum() or len(tag) > 40:
            found.add("languages", say("“%(tag)s” is no language tag.", tag=tag[:40]))
    if len(wanted.licence) > LONGEST_NAME or bad_characters(wanted.licence):
        found.add("licence", say("Write at most %(most)s letters.", most=LONGEST_NAME))
    found.check()
    return {
        "name": name, "task": wanted.task, "options": options, "others": wanted.others,
        "pairs": _listed(pairs), "says": _says(wanted),
        "ws": wanted.ws if wanted.task != TRANSLATE else "",
        "languages": list(wanted.languages), "licence": wanted.licence.strip(),
    }  # fmt: skip


def _says(wanted: Wanted) -> dict[str, str]:
    """How a model of texts is asked; a prefix is set off by a space."""
    said = {key: wanted.says.get(key, "").strip() for key in SAYS}
    return {**said, "prefix": f"{said['prefix']} " if said["prefix"] else ""}


def _options(desk: Desk, offer: Offer, wanted: Wanted, found: Problems) -> dict[str, str]:
    """The options of a model: its own, and what this project has to say."""
    task, options = find_task(wanted.task), dict(offer.facts["options"])
    for one in task.options if task else ():
        if one.name not in ASKED:
            continue
        choices = [key for key, _ in choices_of(desk, one)]
        first = one.default or next(iter(choices), "")
        options[one.name] = wanted.options.get(one.name) or first
        if options[one.name] not in choices:
            found.add(one.name, say("It is one of: %(values)s.", values=", ".join(choices)))
    return options


def _listed(pairs: Mapping[str, str]) -> list[list[str]]:
    """Pairs as a list: a label may hold what a key of the database may not."""
    return [[key, one] for key, one in sorted(pairs.items())]


def _content(desk: Desk, offer: Offer, trial: Document, model: str) -> Body:
    """The record of an accepted model; writes the files that it needs beside the offer's."""
    use, told, facts = trial["arguments"]["use"], trial["result"], offer.facts
    kept = {
        "use": (model_uploads.fit_of(offer, use).written(), f"{model}.use.json"),
        # sentences it was tried on may be learnt from: they are no evaluation sentences
        "lines": (models.write_lines(told["ids"], ()), f"{model}.txt"),
    }
    content: Body = {
        "id": model, "name": use["name"], "task": use["task"], "engine": facts["engine"],
        "options": use["options"], "series": model, "version": 1,
        "origin": "uploaded" if offer.service is None else "service",
        "ws": use["ws"] or told["gloss_ws"],
        "tried": told["tried"], "measures": told["measures"], "report": told["report"],
        "languages": use["languages"], "licence": use["licence"], "access": told["access"],
        "address": facts.get("address", ""), "archive": facts.get("archive", ""),
        "size": facts.get("size", 0), "sha256": facts.get("sha256", ""),
        "libraries": facts["libraries"],
    }  # fmt: skip
    for key, (data, name) in kept.items():
        stream = io.BytesIO(data)
        content[key] = files.put(desk.store, desk.project_id, stream, name, model=model)
    return {
        key: one for key, one in content.items() if one or key in ("name", "version", "options")
    }


def _first(said: Sequence[Alternative], target: str) -> list[str]:
    if not said:
        return []
    return list(labels_said(said[0], target))


def _certainty(said: Sequence[Alternative]) -> float:
    return round(said[0].probability, 3) if said else 0.0
