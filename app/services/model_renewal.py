"""Whether a new version of a model is worth training: how much was confirmed since the last one.

It is said, never done: nothing is trained unless somebody presses a button.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.domain.models import gloss_system_of
from app.domain.roles import Action
from app.ml.data import Line
from app.ml.targets import FORM, GLOSS, POS, TRANSLATION
from app.ml.tasks import find_task
from app.services.desk import Desk
from app.services.model_data import has_agreed, taught_in
from app.services.model_lines import Categories, categories_of, line_of, said_line
from app.services.text_lines import main_system
from app.store import models, records
from app.store.database import Document

SHARE, MANY, FEW = 0.2, 100, 10  # of what it learnt from; sentences that are enough, or too few
COUNTED = 500  # sentences after which nobody goes on counting
_LOOKED = 2_000  # changed lines that are looked at
_TARGETS = (GLOSS, FORM, POS, TRANSLATION)


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
    if task is None or task.target not in _TARGETS or not _is_last(desk, model):
        return None
    known = models.lines_of(desk.store, model)
    ws, categories = main_system(desk), categories_of(desk) if task.target == POS else Categories()
    is_said, system = task.target == TRANSLATION, gloss_system_of(model)
    there = f"translation.{system}" if is_said else "words.analyses.0"
    found = (
        one
        for one in _changed(desk, learnt, **{there: {"$exists": True}})
        if one["_id"] not in known
        and taught_in(_line(one, ws, system, categories, is_said=is_said), task.target)
    )
    new = sum(1 for _ in islice(found, COUNTED))
    return Since(new, new == COUNTED, int(learnt.get("lines", 0)))


def _is_last(desk: Desk, model: Document) -> bool:
    later = {"series": model.get("series", ""), "version": {"$gt": model.get("version", 1)}}
    return records.count(desk.store, desk.scope, "model", **later) == 0


def _line(one: Document, ws: str, system: str, categories: Categories, *, is_said: bool) -> Line:
    line = line_of(one, ws, system, categories)
    return said_line(line, one, ws, system) if is_said else line


def _changed(desk: Desk, learnt: dict[str, Any], **there: Any) -> Iterator[Document]:
    """The lines that were changed since, that may be read and learnt from.

    Args:
        there: what they have to have: an analysis, or a translation.
    """
    texts = {one["_id"]: one for one in records.iterate(desk.store, desk.scope, "text")}
    people = {one["_id"]: one for one in desk.store.people.find({"project": desk.project_id})}
    statuses = set(learnt.get("statuses", ()))
    only = {"seq": {"$gt": learnt.get("seq", 0)}, **there}
    for one in islice(records.iterate(desk.store, desk.scope, "utterance", **only), _LOOKED):
        text = texts.get(one.get("text") or "")
        if statuses and (one.get("status") or (text or {}).get("status")) not in statuses:
            continue
        own = one.get("speaker")
        said = {own} if own else set((text or {}).get("speakers", ()))
        said |= {word["speaker"] for word in one.get("words", ()) if word.get("speaker")}
        if all(has_agreed(people.get(person, {"deleted": True}), text) for person in said):
            yield one
