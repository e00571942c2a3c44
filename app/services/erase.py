"""Erasing for good: for owners, with a reason."""

from __future__ import annotations

from datetime import datetime

from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.pointers import GONE
from app.domain.roles import Action
from app.domain.text import bad_characters, is_blank
from app.services import pointers
from app.services.desk import Desk
from app.store import erase as store
from app.store.database import Document

LONGEST_REASON = 500


def erase(
    desk: Desk, kind: str, record: str, *, reason: str, change_id: str, now: datetime
) -> Document:
    """Removes a record for good, with the comments on it and the relations to it.

    What points at an entry in texts loses the pointer by a change of its own.

    Its values leave every past change, lists, waiting imports, exports kept on the server,
    releases and files that nothing else uses. The log keeps who erased when, and the reason. It
    can't be undone.

    Args:
        kind: `entry`, `text` (with its lines), `utterance`, `person`, `relation`, `comment` or
            `file` (a picture or recording).
        reason: kept in the log for good, so it must not hold what is to be erased.

    Raises:
        NotAllowed: the actor is no owner.
        Invalid: there is no reason, or records of this kind are not erased.
        NotFound: the project has no such record.
        Conflict: an import or bulk change is at work.
    """
    desk.require(Action.ERASE)
    if kind not in store.ERASABLE:
        raise Invalid(Problem("kind", say("A %(kind)s is deleted, not erased.", kind=kind)))
    if is_blank(reason):
        raise Invalid(Problem("reason", "Say why it is erased; the reason stays in the log."))
    if len(reason) > LONGEST_REASON or bad_characters(reason):
        what = say(
            "Use at most %(most)s characters, without control characters.", most=LONGEST_REASON
        )
        raise Invalid(Problem("reason", what))
    done = store.erase(
        desk.store,
        desk.project_id,
        desk.actor,
        kind,
        record,
        reason=reason.strip(),
        change_id=change_id,
        now=now,
    )
    if kind == "entry" and (cleared := list(pointers.mending(desk, {record: GONE}))):
        pointers.write(desk, "edit", cleared, change_id=new_id("x"), strict=False)
    return done
