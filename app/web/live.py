"""The live stream: server-sent events with what others change, and a way to ask instead."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

from flask import Blueprint, Response, jsonify, request, stream_with_context
from flask.wrappers import Response as FlaskResponse
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, Problem
from app.domain.ids import is_id
from app.domain.roles import Action
from app.services import live as service
from app.services.clock import Clock
from app.services.desk import Desk
from app.store.feed import Feed
from app.web.bodies import json_body
from app.web.context import desk, parts
from app.web.rules import rule

bp = Blueprint("live", __name__)
_PING = 15.0  # seconds; also how soon a removed member's stream is closed
_feeds: dict[int, Feed] = {}
_lock = threading.Lock()
_count = 0


@bp.get("/<slug>/live")
@rule(Action.READ)
def stream(slug: str) -> BaseResponse:
    """Changes as they happen; the event id is the change's number, so a reconnect loses none.

    At most half of the process's threads are streams; who comes later is told to ask
    `/live/changes` instead.
    """
    if not _enter(parts().settings.threads // 2):
        answer = jsonify(detail="Too many streams are open: ask /live/changes?since= instead.")
        answer.status_code = 503
        answer.headers["Retry-After"] = "60"
        return answer
    since = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    at = desk()
    seen = int(since) if since.isdigit() else service.position(at)
    body = _Counted(stream_with_context(_events(at, seen)))
    answer = Response(body, mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


@bp.get("/<slug>/live/changes")
@rule(Action.READ)
def changes(slug: str) -> FlaskResponse:
    """The changes after number `since`, for who has no stream."""
    since = request.args.get("since", 0, type=int)
    found = list(service.events_since(desk(), since)) if since else []
    return jsonify(
        seq=found[-1]["seq"] if found else max(since, service.position(desk())),
        events=found,
        here=service.who_is_here(desk(), parts().clock()),
    )


@bp.post("/<slug>/live/position")
@rule(Action.READ)
def move(slug: str) -> BaseResponse:
    """Notes at which record somebody is, for the others who have the project open."""
    place = json_body().get("at", "")
    if place and not is_id(place):
        raise Invalid(Problem("at", "A position is the id of a record."))
    service.move_to(desk(), str(place), parts().clock())
    return FlaskResponse(status=204)


class _Counted:
    """An answer's body that gives its place back when it ends, however it ends."""

    def __init__(self, body: Iterator[str]) -> None:
        self._body = body
        self._left = False

    def __iter__(self) -> Iterator[str]:
        return self._body

    def close(self) -> None:
        """Called by the server at the end of the answer."""
        if not self._left:
            self._left = True
            _leave()


def _events(at: Desk, seen: int) -> Iterator[str]:
    feed = _feed(at)
    clock = parts().clock
    yield f"retry: 3000\nid: {seen}\n{_here(at, clock)}"
    now: Desk | None = at
    while now is not None:
        changed = feed.wait(at.project_id, seen, _PING)
        now = service.reopen(at)
        if now is None:
            break
        if not changed:
            yield _here(now, clock)
            continue
        for event in service.events_since(now, seen):
            seen = event["seq"]
            yield f"id: {seen}\nevent: change\ndata: {_json(event)}\n\n"
    yield "event: closed\ndata: {}\n\n"


def _here(at: Desk, clock: Clock) -> str:
    return f"event: here\ndata: {_json(service.who_is_here(at, clock()))}\n\n"


def _feed(at: Desk) -> Feed:
    """The one reader of the change stream that this process has for a database."""
    with _lock:
        return _feeds.setdefault(id(at.store.client), Feed(at.store))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _enter(most: int) -> bool:
    global _count
    with _lock:
        if _count >= most:
            return False
        _count += 1
        return True


def _leave() -> None:
    global _count
    with _lock:
        _count -= 1
