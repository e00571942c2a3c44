"""Models of a project: reading, naming, describing, sharing, choosing the one that guesses."""

from __future__ import annotations

import gzip
import json
import time
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from app.domain import diff
from app.domain.accounts import username_key
from app.domain.errors import Conflict, NotAllowed, NotFound, Problems
from app.domain.messages import Message, say
from app.domain.models import ProjectModel
from app.domain.roles import Action
from app.domain.text import bad_characters, is_blank
from app.ml.labels import Fit, fit_of
from app.ml.tasks import TASKS, Task
from app.ml.uploads.taking import SKLEARN, SKOPS_NAME, TRANSFORMERS
from app.services import model_cards, model_data
from app.services.desk import Desk
from app.services.model_archives import SUFFIX
from app.services.model_data import LEAST, USEFUL, Amount
from app.store import accounts, changes, files, models, projects, records
from app.store.access import Scope
from app.store.changes import Op, current_seq
from app.store.database import Document
from app.store.envelope import content_of
from app.store.moment import once

LONGEST_NAME, LONGEST_NOTES = 200, 10_000
Content = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """A task with what there is for it.

    Attributes:
        amount: of data; none for a reader who may not train.
        models: of the project, the last version of each first.
        can_train: whether there is enough.
    """

    task: Task
    amount: Amount | None
    models: tuple[Document, ...]

    @property
    def can_train(self) -> bool:
        """Whether there is enough to learn from."""
        return self.amount is not None and not self.amount.missing

    @property
    def is_useful(self) -> bool:
        """Whether what would be learnt is worth showing."""
        return self.amount is not None and self.amount.lines >= USEFUL

    @property
    def least(self) -> int:
        """Sentences that it takes."""
        return LEAST


@dataclass(frozen=True)
class Withdrawn:
    """What a model should not have learnt from, as it is seen today.

    Attributes:
        why: sentences for people.
    """

    why: tuple[Message | str, ...]


@dataclass(frozen=True)
class _Counted:
    """Amounts as of a change, when they were counted and how long it took."""

    seq: int
    at: float
    seconds: float
    amounts: Mapping[str, Amount]


_LONG, _MOMENT = 0.25, 60.0  # seconds that counting takes, and that it is then good for
_MOST_COUNTED = 64
_counted: dict[tuple[str, Scope], _Counted] = {}


def benches(desk: Desk) -> list[Bench]:
    """Every task with its models, and for who may train how much there is to learn from."""
    found = find_all(desk)
    amounts = _amounts(desk) if desk.may(Action.TRAIN) else {}
    return [
        Bench(
            task,
            amounts.get(task.target),
            tuple(one for one in found if one["task"] == task.name),
        )
        for task in TASKS
    ]


def _amounts(desk: Desk) -> Mapping[str, Amount]:
    """How much there is for each target: now, or where counting takes long a moment ago."""
    key, now = (desk.store.name, desk.scope), time.monotonic()
    seq, kept = current_seq(desk.store, desk.project_id), _counted.get(key)
    if kept and (kept.seq == seq or (kept.seconds > _LONG and now - kept.at < _MOMENT)):
        return kept.amounts
    found = model_data.amounts(desk, dict.fromkeys(task.target for task in TASKS))
    if len(_counted) >= _MOST_COUNTED:
        _counted.clear()
    _counted[key] = _Counted(seq, now, time.monotonic() - now, found)
    return found


def find_all(desk: Desk) -> list[Document]:
    """The models of the project that may be read: by name, the last version first."""
    desk.require(Action.READ)
    found = records.iterate(desk.store, desk.scope, "model")
    return sorted(found, key=lambda one: (one["name"].casefold(), -one.get("version", 1)))


def elsewhere(desk: Desk) -> list[Document]:
    """Models of other projects that are shared with everybody, this project or the asker."""
    desk.require(Action.READ)
    if desk.role is None and not desk.actor.system:
        return []
    return list(models.iterate_elsewhere(desk.store, desk.scope, desk.actor.id))


def get(desk: Desk, model: str, *, deleted: bool = False) -> Document:
    """A model of the project, or one that another shares.

    Raises:
        NotFound: there is none, or it may not be seen.
    """
    desk.require(Action.READ)
    own = records.find(desk.store, desk.scope, "model", model, deleted=deleted)
    if own is not None:
        return own
    if desk.role is not None or desk.actor.system:
        shared = models.find_elsewhere(desk.store, desk.scope, desk.actor.id, model)
        if shared is not None:
            return shared
    return records.get(desk.store, desk.scope, "model", model, deleted=deleted)


def versions(desk: Desk, model: Document) -> list[Document]:
    """All versions of a model, the last one first."""
    if model["project"] != desk.project_id:
        return [model]
    found = records.iterate(desk.store, desk.scope, "model", series=model["series"])
    return sorted(found, key=lambda one: -one.get("version", 1))


def default_of(desk: Desk, task: str) -> Document | None:
    """The model whose guesses are shown for a task; none that should not be used any more."""
    store, scope = desk.store, desk.scope
    found = once(
        ("default models", store.name, scope),
        lambda: list(records.iterate(store, scope, "model", is_default=True)),
    )
    chosen = (one for one in found if one["task"] == task)
    return next((one for one in chosen if withdrawn(desk, one) is None), None)


def withdrawn(desk: Desk, model: Document) -> Withdrawn | None:
    """Why a model should not be used any more: consent was withdrawn, or something was erased.

    It is looked up, not noted, so that it is right after an undo and in a restored backup too.
    """
    if model.get("origin", "trained") != "trained":
        return None  # what it learnt from is not here
    key = ("withdrawn", desk.store.name, model["_id"])
    why = once(key, lambda: _reasons_against(desk, model))
    return Withdrawn(why) if why else None


def _reasons_against(desk: Desk, model: Document) -> tuple[Message | str, ...]:
    why: list[Message | str] = []
    gone = _not_agreeing(desk, model.get("learnt_from") or {})
    if len(gone) == 1:
        why.append("Somebody whose words it learnt from does not agree to training any more.")
    elif gone:
        what = "%(count)s persons whose words it learnt from do not agree to training any more."
        why.append(say(what, count=len(gone)))
    if _is_erased(desk, model["project"], model):
        why.append("Something that it learnt from was erased for good.")
    return tuple(why)


def report(desk: Desk, model: Document) -> Content:
    """What was measured in detail; of its sentences those that the asker may read.

    Empty where it was erased with what stood in it.
    """
    try:
        stream = files.open_file(desk.store, model["project"], model.get("report", ""))
    except NotFound:
        return {}
    told: Content = json.loads(gzip.decompress(stream.read()))
    if model["project"] != desk.project_id or (desk.role is None and not desk.actor.system):
        told["sentences"] = []  # they belong to the members of its project
        return told
    told["sentences"] = readable(desk, told.get("sentences", ()))
    return told


def readable(desk: Desk, sentences: Iterable[Content]) -> list[Content]:
    """Of the sentences of a report, or what else was measured, those that the asker may read."""
    held = list(sentences)
    ids, known = [one["id"] for one in held], set[str]()
    for kind in ("utterance", "text", "entry"):
        known |= records.find_many(desk.store, desk.scope, kind, ids).keys()
    return [one for one in held if one["id"] in known]


def card(desk: Desk, model: Document) -> str:
    """The card of a model, in Markdown."""
    owner = desk
    if model["project"] != desk.project_id:
        found = desk.store.projects.find_one({"_id": model["project"]}) or desk.project
        owner = Desk(desk.store, desk.actor, found, None)
    gone = withdrawn(desk, model)
    why = gone.why if gone else ()
    return model_cards.write(owner, content_of(model), report(desk, model), why)


def open_archive(desk: Desk, model: Document) -> tuple[str, BinaryIO]:
    """The model as one file, with the name to keep it under.

    Raises:
        NotFound: the file is gone.
        NotAllowed: something that it learnt from may not be used any more.
    """
    if withdrawn(desk, model) is not None:
        raise NotAllowed(
            "What it learnt from may not be used any more; train a new version instead."
        )
    stored = files.open_file(desk.store, model["project"], model.get("archive", ""))
    stream, suffix = cast(BinaryIO, stored), SUFFIX
    if model["engine"] == SKLEARN:
        packed = zipfile.ZipFile(stream)  # left open: it is read by whoever sends it
        stream, suffix = cast(BinaryIO, packed.open(SKOPS_NAME)), ".skops"
    elif model["engine"] == TRANSFORMERS:
        suffix = ".zip"
    name = "".join(one if one.isalnum() else "-" for one in model["name"].casefold())
    short = "-".join(filter(None, name.split("-")))[:60] or "model"
    return f"{short}-v{model.get('version', 1)}{suffix}", stream


def use(desk: Desk, model: Document) -> Fit | None:
    """What the labels of a model from outside mean in its project; None for one of its own."""
    if not model.get("use"):
        return None
    with files.open_file(desk.store, model["project"], model["use"]) as stored:
        return fit_of(stored.read())


def save(
    desk: Desk, model: str, facts: Mapping[str, str], *, base_rev: int | None, change_id: str
) -> None:
    """Changes name, notes and licence of a model.

    Raises:
        Invalid: with every field that is wrong.
        Conflict: somebody changed the same field meanwhile.
    """
    desk.require(Action.TRAIN)
    stored = _own(desk, model)
    checked = _checked(facts)
    after = {**content_of(stored), **checked}
    _update(desk, stored, after, change_id, base_rev)


def choose(desk: Desk, model: str, *, change_id: str, chosen: bool = True) -> None:
    """Makes a model the one that guesses for its task, or none; one change."""
    desk.require(Action.TRAIN)
    stored = _own(desk, model)
    others = records.iterate(desk.store, desk.scope, "model", task=stored["task"], is_default=True)
    wanted = [one for one in others if one["_id"] != model] if chosen else []
    ops = [_op(one, {**content_of(one), "is_default": False}) for one in wanted]
    ops.append(_op(stored, {**content_of(stored), "is_default": chosen}))
    _commit(desk, [op for op in ops if op.changes], change_id)


def share(
    desk: Desk,
    model: str,
    *,
    public: bool,
    slugs: str,
    people: str,
    licence: str,
    change_id: str,
) -> None:
    """Says who else may use a model: everybody, some projects, some people.

    Args:
        slugs: of projects, with commas or spaces between; people: user names, the same.

    Raises:
        Invalid: one is not known, or everybody is to have it without a licence.
    """
    desk.require(Action.TRAIN)
    desk.require(Action.SETTINGS)
    stored, found = _own(desk, model), Problems()
    named = _projects(desk, slugs, found)
    accounts_ = _people(desk, people, found)
    if (public or named or accounts_) and is_blank(licence):
        found.add("licence", "Say under which licence others may use it, such as CC-BY-4.0.")
    if (public or named or accounts_) and withdrawn(desk, stored) is not None:
        found.add("", "What it learnt from may not be used any more; it cannot be shared.")
    if (public or named or accounts_) and stored.get("origin") == "service":
        found.add("", "It is asked elsewhere; others have to add it by its address.")
    found.check()
    access, shared = _access(stored, public=public), {"projects": named, "people": accounts_}
    after = {
        **content_of(stored),
        "shared": {key: one for key, one in shared.items() if one},
        "licence": licence.strip(),
        "access": access,
    }
    _update(desk, stored, after, change_id, None)


def delete(desk: Desk, model: str, *, change_id: str) -> None:
    """Deletes a model; it can be brought back."""
    desk.require(Action.TRAIN)
    _own(desk, model)
    _commit(desk, [Op("model", model, "delete")], change_id)


def restore(desk: Desk, model: str, *, change_id: str) -> None:
    """Brings a deleted model back."""
    desk.require(Action.TRAIN)
    stored = records.get(desk.store, desk.scope, "model", model, deleted=True)
    ops = [Op("model", model, "restore")]
    if stored.get("is_default"):  # meanwhile there may be another
        left = {**content_of(stored), "is_default": False}
        ops = [Op("model", model, "restore", changes=_op(stored, left).changes)]
    _commit(desk, ops, change_id)


def deleted(desk: Desk) -> list[Document]:
    """Models that were deleted and can be brought back."""
    desk.require(Action.TRAIN)
    return list(records.iterate_deleted(desk.store, desk.scope, "model"))


def _own(desk: Desk, model: str) -> Document:
    return records.get(desk.store, desk.scope, "model", model)


def _not_agreeing(desk: Desk, learnt: Content) -> list[str]:
    """Who does not agree to training any more, not even for one of the texts by its name."""
    spoke, facts = list(learnt.get("speakers", ())), {"consents": 1, "deleted": 1}
    people = desk.store.people.find({"_id": {"$in": spoke}}, facts) if spoke else ()
    known = {one["_id"]: one for one in people if not one.get("deleted")}
    gone = [one for one in spoke if not model_data.has_agreed(known.get(one, {}), None)]
    if not gone:
        return []
    learnt_of = {"_id": {"$in": list(learnt.get("texts", ()))}}
    texts = list(desk.store.texts.find(learnt_of, {"title": 1}))
    return [
        one
        for one in gone
        if not any(model_data.has_agreed(known.get(one, {}), text) for text in texts)
    ]


def _is_erased(desk: Desk, project: str, model: Document) -> bool:
    learnt = model.get("learnt_from") or {}
    named = [*learnt.get("texts", ()), *learnt.get("speakers", ())]
    erased: set[str] = set()
    for found in desk.store.erasures.find({"project": project}, {"records": 1}):
        erased |= found["records"].keys()
    if not erased:
        return False
    return bool(erased & set(named)) or bool(erased & models.lines_of(desk.store, model))


def _checked(facts: Mapping[str, str]) -> Content:
    found, checked = Problems(), {key: str(facts[key]).strip() for key in _FIELDS if key in facts}
    if "name" in checked:
        checked["name"] = " ".join(checked["name"].split())
        if not checked["name"] or len(checked["name"]) > LONGEST_NAME:
            what = say("Give it a name of 1 to %(most)s letters.", most=LONGEST_NAME)
            found.add("name", what)
    if len(checked.get("notes", "")) > LONGEST_NOTES:
        found.add("notes", say("Write at most %(most)s letters.", most=LONGEST_NOTES))
    for key, value in checked.items():
        if bad_characters(value):
            found.add(key, "Leave control characters out.")
    found.check()
    return checked


_FIELDS = ("name", "notes", "licence")


def _projects(desk: Desk, slugs: str, found: Problems) -> list[str]:
    ids = []
    for slug in slugs.replace(",", " ").split():
        project = projects.find(desk.store, slug)
        if project is None:
            found.add("projects", say("There is no project “%(slug)s”.", slug=slug[:60]))
        elif project["_id"] != desk.project_id:
            ids.append(str(project["_id"]))
    return sorted(set(ids))


def _people(desk: Desk, names: str, found: Problems) -> list[str]:
    ids = []
    for name in names.replace(",", " ").split():
        account = accounts.find_by_key(desk.store, username_key(name))
        if account is None:
            found.add("people", say("There is no user “%(name)s”.", name=name[:60]))
        else:
            ids.append(str(account["_id"]))
    return sorted(set(ids))


def _access(stored: Document, *, public: bool) -> Content:
    """Who may read the record: what it was before it was shared comes back."""
    now: Content = stored.get("access") or {"level": "members"}
    if public:
        return {**now, "level": "public"}
    if now.get("level") == "public":
        return {**now, "level": "groups" if now.get("groups") else "members"}
    return now


def _op(stored: Document, after: Content, base_rev: int | None = None) -> Op:
    kept = {key: one for key, one in after.items() if one or key in _ALWAYS}
    ProjectModel.model_validate(kept)
    found = diff.diff(content_of(stored), kept)
    return Op("model", stored["_id"], changes=found, base_rev=base_rev)


_ALWAYS = ("name", "version")


def _update(
    desk: Desk, stored: Document, after: Content, change_id: str, base_rev: int | None
) -> None:
    op = _op(stored, after, base_rev)
    if op.changes:
        _commit(desk, [op], change_id)


def _commit(desk: Desk, ops: list[Op], change_id: str) -> None:
    if not ops:
        return
    done = changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=change_id)
    if done.conflicts:
        raise Conflict("Somebody changed it meanwhile; look at it again.", tuple(done.conflicts))
