"""Models from outside: uploaded, and offered until somebody accepts or withdraws them.

An offer is a job with a few stored files, no part of the project; what is refused or withdrawn
leaves no file behind. What is looked through is in `model_checks`, the trial in `model_trials`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from app.domain.errors import Conflict, Invalid, NotFound, Problem
from app.domain.messages import Message, say
from app.domain.roles import Action
from app.ml import external
from app.ml.labels import Fit, Others, Unit, fit_of_texts, parts_of, proposed
from app.ml.tasks import Task, find_task
from app.ml.uploads import zips
from app.ml.uploads.limits import USUAL
from app.ml.uploads.taking import OWN, SKLEARN
from app.services import quotas
from app.services.clock import utc_now
from app.services.desk import Desk
from app.store import files, jobs
from app.store.database import Document, Store

KIND, TRY = "take-model", "try-model"
SERVICE = "service"  # kind and engine of what is asked elsewhere
USE = "offer"  # of stored files that belong to an offer; an erasure removes them
MOST_OPEN = 5  # offers of a project that wait for a decision
# What a model from outside can be used for, by what it labels.
TASKS_OF: dict[Unit, tuple[str, ...]] = {
    "word": ("gloss", "pos", "language"),
    "line": ("classify",),
    "text": ("translate",),
}
TRANSLATE = "translate"
MAKES_TEXTS = ("ForConditionalGeneration", "MTModel")  # what models of transformers do that do so
_AT_WORK = ("waiting", "running")

Body = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A file as it is uploaded.

    Attributes:
        name: what its owner calls it; with folders, where a folder was uploaded.
    """

    name: str
    stream: BinaryIO


@dataclass(frozen=True)
class Offer:
    """A model that waits for a decision.

    Attributes:
        job: in which it was looked through.
        facts: what is known of it: kind, engine, tasks, options, size, warnings.
        labels: that it can give; empty where it does not list them.
        known: labels of the project by task, as of the upload.
        trial: the last job in which it was tried, if any.
    """

    job: Document
    facts: Mapping[str, Any]
    labels: tuple[str, ...]
    known: Mapping[str, Sequence[str]]
    trial: Document | None

    @property
    def id(self) -> str:
        """What it is called until it is a model: the id of its job."""
        return str(self.job["_id"])

    @property
    def name(self) -> str:
        """What it may be called: as its file, or what it is made of where it is several."""
        return name_of(self.job)

    @property
    def tasks(self) -> list[Task]:
        """What it can be used for."""
        found = (find_task(name) for name in self.facts.get("tasks", ()))
        return [one for one in found if one is not None]

    @property
    def others(self) -> Others:
        """What usually becomes of labels that the project does not have.

        A model of LiFE can make glosses of translations that stand in no list.
        """
        return "keep" if self.facts["kind"] == OWN else "leave"

    @property
    def warnings(self) -> list[Message]:
        """What whoever decides should know."""
        made, here = self.facts["libraries"].get("scikit-learn"), self.facts.get("version")
        if self.facts["kind"] != SKLEARN or made == here:
            return []
        what = (
            "It was made with scikit-learn %(made)s and is run by %(here)s here. It may guess "
            "otherwise than where it was made: look at the trial."
        )
        return [say(what, made=made or "?", here=here)]

    @property
    def service(self) -> external.Service | None:
        """What is asked elsewhere; None for a model with files."""
        if self.facts["kind"] != SERVICE:
            return None
        asked = self.job["arguments"]
        return external.Service(asked["address"], tuple(asked["hosts"]))

    def unit_of(self, task: str) -> Unit:
        """What it is asked about in a task."""
        return next((unit for unit, tasks in TASKS_OF.items() if task in tasks), "word")

    @property
    def codes(self) -> Sequence[str]:
        """How one that makes texts of texts calls the languages that it knows."""
        return list(self.facts.get("codes", ()))

    def parts(self, task: str) -> list[str]:
        """Its labels as they are to be found in the project."""
        return parts_of(self.labels, task)


@dataclass(frozen=True)
class Row:
    """A label that the project does not have just so.

    Attributes:
        proposed: what is the same but for case.
    """

    label: str
    proposed: str


def is_encoder(job: Document) -> bool:
    """Whether an offer is about an encoder: nothing is to be decided, trainings begin with it."""
    return job["state"] == "done" and not (job.get("result") or {}).get("tasks", True)


def is_translator(job: Document) -> bool:
    """Whether an offer is about a model of transformers that makes texts of texts."""
    return (job.get("result") or {}).get("does") in MAKES_TEXTS


def name_of(job: Document) -> str:
    """What the model of an offer may be called, by the job in which it was looked through."""
    names = job["arguments"]["names"]
    return PurePath(names[0]).stem if len(names) == 1 else str(job["result"]["made_of"])


def rows(offer: Offer, task: str) -> list[Row]:
    """The labels of a model about whose meaning somebody has to decide; texts have none."""
    if task == TRANSLATE:
        return []
    parts, known = offer.parts(task), set(offer.known.get(task, ()))
    found = proposed(parts, known)
    return [Row(one, found.get(one, "")) for one in parts if one not in known]


def proposal(offer: Offer, task: str) -> dict[str, str]:
    """What labels of a model are called in the project where it is the same but for case."""
    return {row.label: row.proposed for row in rows(offer, task) if row.proposed}


def fit_of(offer: Offer, use: Mapping[str, Any]) -> Fit:
    """What the labels of an offered model mean, or how its texts are made, as it was asked for."""
    task, typed = str(use["task"]), dict(use["pairs"])
    if task == TRANSLATE:
        return fit_of_texts(use.get("says") or {})
    asked = {row.label for row in rows(offer, task)}
    same = proposed(offer.parts(task), offer.known.get(task, ()))
    pairs = {label: one for label, one in same.items() if label not in asked}
    return Fit(task, offer.unit_of(task), use["others"], {**pairs, **typed})


def receive(desk: Desk, sent: Sequence[Sent], enqueue: Callable[[str], None], **said: Any) -> str:
    """Keeps uploaded files and has a worker look through them; returns the offer's id.

    Args:
        said: what is known of the model: `name`, `licence`, `languages`.

    Raises:
        Invalid: they are none, too many or too large, or the project has no room.
        Conflict: too many offers of the project wait for a decision.
    """
    desk.require(Action.TRAIN)
    _check_open(desk)
    wanted = [one for one in sent if one.name]
    if not wanted:
        raise Invalid(Problem("file", "Choose the file of a model first, or all its files."))
    if len(wanted) > USUAL.entries:
        what = "There are %(found)s files; a model has at most %(most)s."
        raise Invalid(Problem("file", say(what, found=len(wanted), most=USUAL.entries)))
    total = sum(one.stream.seek(0, 2) for one in wanted)
    if total > USUAL.total:
        what = say("The upload has more than %(most)s bytes.", most=f"{USUAL.total:,}")
        raise Invalid(Problem("file", what))
    quotas.require_room(desk.store, desk.project_id, total)
    kept = [
        files.put(desk.store, desk.project_id, one.stream, one.name, use="upload",
                  actor=desk.actor.id)
        for one in wanted
    ]  # fmt: skip
    names = [one.name for one in wanted]
    return ask(desk, enqueue, file=kept, names=names, said=said)


def ask_service(
    desk: Desk, address: str, hosts: Sequence[str], enqueue: Callable[[str], None]
) -> str:
    """Has a worker make an offer of a model that is asked elsewhere; returns its id.

    Args:
        hosts: that this server may ask.

    Raises:
        NotAllowed: words would leave the project, and the asker may not decide about that.
        Invalid: the address may not be asked.
    """
    desk.require(Action.TRAIN)
    desk.require(Action.SETTINGS)
    place = external.checked(address, hosts)
    return ask(desk, enqueue, address=place.geturl(), hosts=list(hosts), names=[place.netloc])


def ask(desk: Desk, enqueue: Callable[[str], None], **arguments: Any) -> str:
    """Has a worker make an offer of what is given; returns its id."""
    _check_open(desk)
    job = jobs.add(desk.store, desk.project_id, desk.actor.id, KIND, utc_now(), **arguments)
    enqueue(job)
    return job


def get(desk: Desk, offer: str) -> Offer:
    """An offer of the project, once it has been looked through.

    Raises:
        NotFound: there is none, it was decided about, or its files are gone.
    """
    desk.require(Action.TRAIN)
    job = jobs.get(desk.store, offer, desk.project_id)
    if job["kind"] != KIND or job["state"] != "done" or job.get("decided"):
        raise NotFound("There is no model to decide about here.")
    facts = job["result"]
    try:
        with files.open_file(desk.store, desk.project_id, facts["about"]) as stream:
            about = json.loads(stream.read())
    except NotFound as error:
        raise NotFound("The upload is not kept any more; upload it again.") from error
    return Offer(job, facts, tuple(about["labels"]), about["known"], trial_of(desk, offer))


def trial_of(desk: Desk, offer: str) -> Document | None:
    """The last job in which an offer was tried."""
    query = {"project": desk.project_id, "kind": TRY, "arguments.offer": offer}
    return desk.store.jobs.find_one(query, sort=[("created", -1), ("_id", -1)])


def find_open(desk: Desk) -> list[Document]:
    """The jobs of all offers that wait for a decision, or are being looked through."""
    desk.require(Action.TRAIN)
    return list(desk.store.jobs.find(_open_query(desk)).sort("created", 1))


def withdraw(desk: Desk, offer: str) -> None:
    """Forgets an offer with all its files; one that is at work is stopped.

    Raises:
        NotFound: there is none.
    """
    desk.require(Action.TRAIN)
    job = jobs.get(desk.store, offer, desk.project_id)
    if job["kind"] != KIND or job.get("decided"):
        raise NotFound("There is no model to decide about here.")
    decided(desk, offer)  # whoever is at it throws its files away at the end
    at_work = {"_id": offer, "state": "waiting"}
    desk.store.jobs.update_one(at_work, {"$set": {"state": "cancelled"}})
    jobs.update(desk.store, offer, cancel=True)
    trials = {"kind": TRY, "arguments.offer": offer, "state": {"$in": list(_AT_WORK)}}
    desk.store.jobs.update_many(trials, {"$set": {"cancel": True}})
    forget(desk.store, job)


def is_decided(desk: Desk, offer: str) -> bool:
    """Whether nothing is to be decided about an offer any more."""
    return desk.store.jobs.find_one({"_id": offer, "decided": True}, {"_id": 1}) is not None


def forget(store: Store, job: Document) -> None:
    """Removes all files of an offer, those too that are not looked through yet."""
    forget_uploads(store, job)
    clear(store, job)


def forget_uploads(store: Store, job: Document) -> None:
    """Removes files as they were uploaded."""
    for file in job["arguments"].get("file", ()):
        files.delete(store, file)


def decided(desk: Desk, offer: str, **facts: Any) -> None:
    """Notes that nothing is to be decided about an offer any more."""
    jobs.update(desk.store, offer, decided=True, **facts)


def clear(store: Store, job: Document, but: Iterable[str] = ()) -> None:
    """Removes what was kept of an offer, but for some files."""
    held = set(but)
    for found in list(files.iterate(store, job["project"], offer=job["_id"], use=USE)):
        if found["_id"] not in held:
            files.delete(store, found["_id"])


def keep(desk: Desk, offer: str, path: Path) -> str:
    """Keeps a file of an offer; returns its id."""
    with path.open("rb") as stream:
        return files.put(
            desk.store, desk.project_id, stream, path.name, use=USE, offer=offer,
            actor=desk.actor.id,
        )  # fmt: skip


def lay(desk: Desk, offer: Offer, folder: Path) -> Path:
    """The files of an offered model in a new folder that a fenced process can read.

    Raises:
        NotFound: they are gone.
    """
    return lay_archive(desk, str(offer.facts["archive"]), folder)


def lay_archive(desk: Desk, archive: str, folder: Path) -> Path:
    """The files of a model that is a stored zip, in a new folder as `lay` makes it.

    Raises:
        NotFound: it is gone.
    """
    into = folder / "model"
    into.mkdir()
    with (
        files.open_file(desk.store, desk.project_id, archive) as stored,
        zipfile.ZipFile(cast(Any, stored)) as packed,
    ):
        for member in packed.infolist():
            zips.copy(packed, member, into / Path(member.filename).name)
    return opened_up(into)


def opened_up(folder: Path) -> Path:
    """A folder that whoever runs a model may read, and nobody may write in."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o755)
    return folder


def _check_open(desk: Desk) -> None:
    if desk.store.jobs.count_documents(_open_query(desk)) >= MOST_OPEN:
        raise Conflict("Several uploaded models wait for a decision; decide about those first.")


def _open_query(desk: Desk) -> Document:
    states = [*_AT_WORK, "done"]
    return {"project": desk.project_id, "kind": KIND, "state": {"$in": states},
            "decided": {"$ne": True}}  # fmt: skip
