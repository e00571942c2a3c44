"""What other people do, while they do it: events that an actor may see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from app.domain.errors import NotAllowed, NotFound
from app.domain.roles import Action
from app.services.closed_parts import shown_ops
from app.services.desk import Desk, open_desk
from app.store import feed, records
from app.store.changes import current_seq
from app.store.database import Document

PRESENT = timedelta(seconds=45)  # that somebody counts as there after their last sign
_TOLD = 50  # operations of one change that an event names; after that everything is stale


def reopen(desk: Desk) -> Desk | None:
    """The desk as the actor's membership is now; None if they may not read any more."""
    try:
        now = open_desk(desk.store, desk.actor, desk.project_id)
        now.require(Action.READ)
    except (NotFound, NotAllowed):
        return None
    return now


def position(desk: Desk) -> int:
    """The number of the project's last change."""
    return current_seq(desk.store, desk.project_id)


def events_since(desk: Desk, seen: int) -> Iterator[dict[str, Any]]:
    """The changes after number `seen`, each with what of it the actor may see."""
    desk.require(Action.READ)
    for change in feed.iter_since(desk.store, desk.project_id, seen):
        yield _event(desk, change)


def who_is_here(desk: Desk, now: datetime) -> list[dict[str, Any]]:
    """Notes the actor as present and gives everybody who is."""
    if desk.role is None:
        return []
    if desk.actor.id:
        feed.touch_presence(desk.store, desk.project_id, desk.actor.id, desk.actor.name, now)
    return feed.present(desk.store, desk.project_id, now - PRESENT)


def move_to(desk: Desk, place: str, now: datetime) -> None:
    """Notes at which record of the project the actor is; others with it open are told."""
    desk.require(Action.READ)
    if desk.role is not None and desk.actor.id:
        actor = desk.actor
        feed.touch_presence(desk.store, desk.project_id, actor.id, actor.name, now, place)


def _event(desk: Desk, change: Document) -> dict[str, Any]:
    ops = change.get("ops")
    event: dict[str, Any] = {
        "seq": change["seq"],
        "id": change["_id"],
        "actor": change["actor"],
        "name": change["actor_name"],
        "cause": change["cause"],
    }
    if ops is None or len(ops) > _TOLD:
        return event | {"many": True, "ops": []}
    seen = shown_ops(desk, [op for op in ops if _may_see(desk, op)])
    return event | {"ops": [_told(op) for op in seen]}


def _told(op: Document) -> dict[str, Any]:
    return {
        "kind": op["kind"],
        "id": op["id"],
        "action": op["action"],
        "paths": [change["path"] for change in op.get("changes", ())],
    }


def _may_see(desk: Desk, op: Document) -> bool:
    if op["action"] == "erased":
        return True
    return records.find(desk.store, desk.scope, op["kind"], op["id"], deleted=True) is not None
