"""Whether a new version of a model is worth training: how much was confirmed since the last one.

It is said, never done: nothing is trained unless somebody presses a button.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.domain.models import gloss_system_of
from app.domain.roles import Action
from app.ml.targets import FIELD, LANGUAGE, POS, SENSE, TRANSLATION
from app.ml.tasks import find_task
from app.services.desk import Desk
from app.services.model_data import has_agreed, taught_in
from app.services.model_fields import Fields
from app.services.model_lines import Categories, categories_of, line_of, said_line
from app.services.model_senses import read_senses
from app.services.text_lines import main_system
from app.store import models, records
from app.store.changes import current_seq
from app.store.database import Document

SHARE, MANY, FEW = 0.2, 100, 10  # of what it learnt from; sentences that are enough, or too few
COUNTED = 500  # sentences after which nobody goes on counting
_LOOKED = 2_000  # changed lines that are looked at
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Since:
    """What was confirmed since a model was trained.

    Attributes:
        new: sentences that can be learnt from and that it does not know.
        more: whether there are more, which nobody counted.
        lines: sentences that it knows, those that it was measured on included.
    """

    new: int
    more: bool
    lines: int

    @property
    def share(self) -> int:
        """How many per cent the new ones are of what it knows."""
        return round(100 * self.new / self.lines) if self.lines else 100

    @property
    def is_worth_it(self) -> bool:
        """Whether a new version is worth training."""
        return self.new >= MANY or (self.new >= FEW and self.new >= SHARE * self.lines)


def since(desk: Desk, model: Document) -> Since | None:
    """What was confirmed since a model was trained; None where no new version can be.

    Of versions only the last one is asked for; of models from outside nobody knows.
    """
    task, learnt = find_task(model["task"]), model.get("learnt_from") or {}
    if not desk.may(Action.TRAIN) or model["project"] != desk.project_id or not learnt:
        return None
    if task is None or not _is_last(desk, model):
        return None
    known = models.lines_of(desk.store, model)
    taught = _senses(desk, learnt) if task.target == SENSE else _taught(desk, model, task.target)
    new = sum(1 for _ in islice((one for one in taught if one not in known), COUNTED))
    return Since(new, new == COUNTED, int(learnt.get("lines", 0)))


def _is_last(desk: Desk, model: Document) -> bool:
    later = {"series": model.get("series", ""), "version": {"$gt": model.get("version", 1)}}
    return records.count(desk.store, desk.scope, "model", **later) == 0


def _senses(desk: Desk, learnt: Content) -> Iterator[str]:
    """What can be learnt from senses of entries that were changed since."""
    changed = {"seq": {"$gt": learnt.get("seq", 0)}}
    entries = records.iterate(desk.store, desk.scope, "entry", **changed)
    now = current_seq(desk.store, desk.project_id)
    yield from read_senses(desk, islice(entries, _LOOKED), now).lines


def _taught(desk: Desk, model: Document, target: str) -> Iterator[str]:
    """The lines, or where they are sorted as a whole the texts, that teach something since."""
    whole = target == FIELD and (model.get("options") or {}).get("each") == "text"
    people = {one["_id"]: one for one in desk.store.people.find({"project": desk.project_id})}
    teaches = _teaching(desk, model, target, people)
    seen: set[str] = set()
    for line, text in _changed(desk, model["learnt_from"], target, people):
        one = str(line.get("text") or "") if whole else str(line["_id"])
        if one and one not in seen and teaches(line, text):
            seen.add(one)
            yield one


def _teaching(
    desk: Desk, model: Document, target: str, people: Mapping[str, Document]
) -> Callable[[Document, Document], bool]:
    """What tells whether a line of a text has what a model learns."""
    ws, system = main_system(desk), gloss_system_of(model)
    if target == LANGUAGE:
        return lambda line, _text: any(word.get("language") for word in line.get("words", ()))
    if target == FIELD:
        fields, named = Fields(desk, people), str((model.get("options") or {}).get("field", ""))
        return lambda line, text: bool(line.get("words") and fields.label(named, line, text))
    if target == TRANSLATION:
        return lambda line, _text: bool(
            taught_in(said_line(line_of(line, ws, system), line, ws, system), target)
        )
    categories = categories_of(desk) if target == POS else Categories()
    return lambda line, _text: bool(taught_in(line_of(line, ws, system, categories), target))


def _changed(
    desk: Desk, learnt: Content, target: str, people: Mapping[str, Document]
) -> Iterator[tuple[Document, Document]]:
    """The lines that were changed since, or whose text was, that may be read and learnt from."""
    texts = {one["_id"]: one for one in records.iterate(desk.store, desk.scope, "text")}
    statuses, seq = set(learnt.get("statuses", ())), learnt.get("seq", 0)
    only: dict[str, Any] = {"seq": {"$gt": seq}}
    if target == FIELD:
        since = [key for key, one in texts.items() if one.get("seq", 0) > seq]
        only = {"$and": [{"$or": [only, {"text": {"$in": since}}]}]}
    elif target not in (LANGUAGE, TRANSLATION):
        only["words.analyses.0"] = {"$exists": True}
    for one in islice(records.iterate(desk.store, desk.scope, "utterance", **only), _LOOKED):
        text = texts.get(one.get("text") or "", {})
        if statuses and (one.get("status") or text.get("status")) not in statuses:
            continue
        own = one.get("speaker")
        said = {own} if own else set(text.get("speakers", ()))
        said |= {word["speaker"] for word in one.get("words", ()) if word.get("speaker")}
        if all(has_agreed(people.get(person, {"deleted": True}), text or None) for person in said):
            yield one, text
