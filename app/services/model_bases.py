"""What a model can begin with: encoders of transformers that were brought in, accepted or not."""

from __future__ import annotations

from pathlib import Path

from app.domain.errors import Invalid, Problem
from app.domain.messages import say
from app.domain.roles import Action
from app.ml import asking
from app.ml.running import Room
from app.ml.uploads.taking import TRANSFORMERS
from app.services import model_uploads
from app.services.desk import Desk
from app.store import records
from app.store.database import Document

BASE = "base"  # the option that says with which one
_MIB = 1 << 20
_TIMES = 8  # the memory that a training takes, by the size of what it begins with


def bases(desk: Desk) -> list[tuple[str, str]]:
    """The encoders of the project, by id, with what people call them."""
    if not desk.may(Action.TRAIN):
        return []
    kept = records.iterate(desk.store, desk.scope, "model", engine=TRANSFORMERS)
    accepted = [(str(one["_id"]), str(one["name"])) for one in kept]
    offered = [
        (str(one["_id"]), model_uploads.name_of(one))
        for one in model_uploads.find_open(desk)
        if _can_begin(one)
    ]
    return [*sorted(accepted, key=lambda one: one[1].casefold()), *offered]


def lay(desk: Desk, base: str, folder: Path) -> tuple[Path, Room]:
    """The files of an encoder in a new folder, and what a training that begins with it may take.

    Raises:
        Invalid: it is not there any more.
        Unavailable: models from outside are off on this server, and why.
    """
    if base not in [one for one, _ in bases(desk)]:
        what = "What it was to begin with is not there any more; choose another one."
        raise Invalid(Problem(BASE, say(what)))
    asking.require_fences()
    if base.startswith("j"):
        archive = str(model_uploads.get(desk, base).facts["archive"])
    else:
        archive = str(records.get(desk.store, desk.scope, "model", base)["archive"])
    into = model_uploads.lay_archive(desk, archive, folder)
    size = sum(path.stat().st_size for path in into.iterdir())
    return into, Room(memory=4096 + _TIMES * (size // _MIB))


def _can_begin(job: Document) -> bool:
    """Whether an offer is an encoder: one that makes texts of texts is none."""
    facts = job.get("result") or {}
    return job["state"] == "done" and facts.get("kind") == TRANSFORMERS and bool(facts.get("does"))
