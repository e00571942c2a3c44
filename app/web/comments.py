"""Comments: a page of the project, and the threads on one record, in a dialog or on a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.domain.roles import Action
from app.domain.schema import LEVELS
from app.services import comments as service
from app.services import lexicon
from app.store.database import Document
from app.web.context import desk, now
from app.web.entry_view import is_filled
from app.web.forms import errors_of
from app.web.rules import rule
from app.web.texts import describe_path

bp = Blueprint("comments", __name__)
Page = str | Response | tuple[str, int]
_PART = "comments"  # what the dialog's script asks for


@bp.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"open_comments": lambda record: service.count_open(desk(), record)}


@bp.get("/<slug>/comments")
@rule("member")
def index(slug: str) -> Page:
    """The open threads of the project, or all, last first."""
    everything = request.args.get("show") == "all"
    threads = service.threads_of(desk(), everything=everything)
    return render_template(
        "comments/index.html",
        threads=threads,
        everything=everything,
        words=service.headwords(desk(), threads),
        labels={thread.first.id: _label(thread.kind, thread.path) for thread in threads},
    )


@bp.get("/<slug>/comments/on/<kind>/<record>")
@rule("member")
def show(slug: str, kind: str, record: str) -> Page:
    """The threads on one record."""
    return _threads(kind, record)


@bp.post("/<slug>/comments/on/<kind>/<record>")
@rule(Action.COMMENT)
def add(slug: str, kind: str, record: str) -> Page:
    """Adds a comment, or an answer."""
    form = request.form
    try:
        service.add(
            desk(),
            kind,
            record,
            form.get("text", ""),
            now(),
            path=_path(form.get("path", "")),
            reply_to=form.get("reply_to") or None,
            change_id=new_id("x"),
        )
    except Invalid as error:
        return _threads(kind, record, errors_of(error)), 422
    return _done(kind, record)


@bp.post("/<slug>/comments/<comment>/resolve")
@rule(Action.COMMENT)
def resolve(slug: str, comment: str) -> Page:
    """Closes a thread."""
    return _done_with(service.set_resolved(desk(), comment, True, change_id=new_id("x")))


@bp.post("/<slug>/comments/<comment>/reopen")
@rule(Action.COMMENT)
def reopen(slug: str, comment: str) -> Page:
    """Opens a closed thread again."""
    return _done_with(service.set_resolved(desk(), comment, False, change_id=new_id("x")))


@bp.post("/<slug>/comments/<comment>/delete")
@rule(Action.COMMENT)
def delete(slug: str, comment: str) -> Page:
    """Deletes one's own comment."""
    return _done_with(service.delete(desk(), comment, change_id=new_id("x")))


def _done_with(stored: Document) -> Page:
    back = request.form.get("back")
    if back:
        show = "all" if back == "all" else None
        return redirect(url_for("comments.index", slug=desk().project["slug"], show=show))
    return _done(stored["kind"], stored["on"])


def _done(kind: str, record: str) -> Page:
    if request.headers.get("X-Part") == _PART:
        return _threads(kind, record)
    slug = desk().project["slug"]
    return redirect(url_for("comments.show", slug=slug, kind=kind, record=record))


def _threads(kind: str, record: str, errors: dict[str, str] | None = None) -> str:
    """The threads on a record as a part for the dialog, else as a page."""
    threads = service.threads_on(desk(), kind, record)
    part = request.headers.get("X-Part") == _PART
    return render_template(
        "comments/threads.html" if part else "comments/page.html",
        threads=threads,
        kind=kind,
        record=record,
        word=service.headwords(desk(), threads).get(record) or _headword(kind, record),
        choices=_choices(kind, record),
        labels={thread.first.id: _label(kind, thread.path) for thread in threads},
        errors=errors or {},
        typed=request.form,
        may_comment=desk().may(Action.COMMENT),
    )


def _headword(kind: str, record: str) -> str:
    found = lexicon.rows_of(desk(), record) if kind == "entry" else []
    return str(found[0]["lemma"]) if found else ""


def _label(kind: str, path: tuple[str, ...]) -> str:
    if not path:
        return ""
    return describe_path(path) if kind == "entry" else " › ".join(path)


def _choices(kind: str, record: str) -> list[tuple[str, str]]:
    """The filled fields of an entry on which one can comment: path as JSON, and its name."""
    if kind != "entry":
        return []
    content = lexicon.get(desk(), record, deleted=True)
    return [(json.dumps(path), label) for path, label in _fields(content, "entry")]


def _fields(
    content: Document, level: str, above: tuple[str, ...] = (), name: str = ""
) -> Iterator[tuple[list[str], str]]:
    for of in LEVELS[level]:
        if not is_filled(content, of):
            continue
        here = (*above, of.name)
        if of.kind == "members":
            for number, member in enumerate(content[of.name], 1):
                called = f"{name}{of.one} {number}"
                yield [*here, member["id"]], called
                yield from _fields(member, of.level, (*here, member["id"]), f"{called} › ")
        elif of.kind == "multitext":
            for code in content[of.name]:
                yield [*here, code], f"{name}{of.label} ({code})"
        else:
            yield [*here], f"{name}{of.label}"


def _path(text: str) -> list[str]:
    if not text:
        return []
    try:
        path = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(Problem("path", "This is no field of the record.")) from error
    if not isinstance(path, list) or not all(isinstance(key, str) for key in path):
        raise Invalid(Problem("path", "This is no field of the record."))
    return path
