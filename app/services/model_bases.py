"""What a model can begin with: models of transformers that were brought in, accepted or not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.domain.errors import Invalid, Problem
from app.domain.messages import say
from app.domain.roles import Action
from app.ml import asking
from app.ml.labels import USE
from app.ml.running import Room
from app.ml.uploads.taking import TRANSFORMERS
from app.services import model_uploads
from app.services.desk import Desk
from app.services.model_uploads import TRANSLATE, is_translator
from app.store import files, records
from app.store.database import Document

BASE, TRANSLATOR = "base", "translator"  # the options that say with which one
_MIB = 1 << 20
_TIMES = 8  # the memory that a training takes, by the size of what it begins with


def bases(desk: Desk) -> list[tuple[str, str]]:
    """The encoders of the project, by id, with what people call them."""
    if not desk.may(Action.TRAIN):
        return []
    return _named(desk, {"$ne": TRANSLATE}, translates=False)


def translators(desk: Desk) -> list[tuple[str, str]]:
    """The models of the project that make texts of texts, as `bases` has encoders."""
    if not desk.may(Action.TRAIN):
        return []
    return _named(desk, TRANSLATE, translates=True)


def chosen(options: Mapping[str, object]) -> str:
    """The model that a training is to begin with, by its options; empty where that is none."""
    return str(options.get(BASE) or options.get(TRANSLATOR) or "")


def lay(desk: Desk, base: str, folder: Path) -> tuple[Path, Room]:
    """The files of such a model in a new folder, and what a training that begins with it may take.

    What the project has decided about it lies beside them, where it has.

    Raises:
        Invalid: it is not there any more.
        Unavailable: models from outside are off on this server, and why.
    """
    if base not in [one for one, _ in (*bases(desk), *translators(desk))]:
        what = "What it was to begin with is not there any more; choose another one."
        raise Invalid(Problem(BASE, say(what)))
    asking.require_fences()
    archive, use = _files_of(desk, base)
    into = model_uploads.lay_archive(desk, archive, folder)
    size = sum(path.stat().st_size for path in into.iterdir())
    if use:
        into.joinpath(USE).write_bytes(use)
        into.joinpath(USE).chmod(0o444)
    return into, Room(memory=4096 + _TIMES * (size // _MIB))


def _named(desk: Desk, task: object, *, translates: bool) -> list[tuple[str, str]]:
    kept = records.iterate(desk.store, desk.scope, "model", engine=TRANSFORMERS, task=task)
    accepted = [(str(one["_id"]), str(one["name"])) for one in kept]
    offered = [
        (str(one["_id"]), model_uploads.name_of(one))
        for one in model_uploads.find_open(desk)
        if _can_begin(one) and is_translator(one) is translates
    ]
    return [*sorted(accepted, key=lambda one: one[1].casefold()), *offered]


def _can_begin(job: Document) -> bool:
    facts = job.get("result") or {}
    return job["state"] == "done" and facts.get("kind") == TRANSFORMERS and bool(facts.get("does"))


def _files_of(desk: Desk, base: str) -> tuple[str, bytes]:
    """The archive of a model, and what is decided about it: of an offer by its last trial."""
    if base.startswith("j"):
        offer = model_uploads.get(desk, base)
        use = offer.trial["arguments"]["use"] if offer.trial else None
        said = model_uploads.fit_of(offer, use).written() if use else b""
        return str(offer.facts["archive"]), said
    model = records.get(desk.store, desk.scope, "model", base)
    if not model.get("use"):
        return str(model["archive"]), b""
    with files.open_file(desk.store, desk.project_id, str(model["use"])) as stored:
        return str(model["archive"]), stored.read()
