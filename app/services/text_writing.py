"""Writing texts: a typed one becomes utterances and words; what is known of a text is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain import diff
from app.domain.errors import Conflict, Invalid, NotAllowed, Problem
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.ranks import spread
from app.domain.roles import Action
from app.domain.splitting import utterances
from app.services.checking import checked
from app.services.desk import Desk
from app.services.text_lines import main_system, make_line, may_edit, rules_of
from app.services.texts import get
from app.store import bulk, changes, records
from app.store.changes import SMALL, Committed, Op
from app.store.envelope import content_of

Content = dict[str, Any]
MOST_TYPED = 2_000_000  # characters
FIELDS = frozenset(
    {"title", "abbreviation", "source", "description", "genre", "speakers", "date", "status"}
)


def preview(desk: Desk, typed: str) -> list[list[str]]:
    """Paragraphs of utterances into which a typed text falls by the rules of the project.

    Raises:
        Invalid: it is empty or too long.
    """
    desk.require(Action.ADD)
    if len(typed) > MOST_TYPED:
        what = say("This is longer than %(most)s characters; paste it in parts.", most=MOST_TYPED)
        raise Invalid(Problem("typed", what))
    found = utterances(typed, rules_of(desk))
    if not found:
        raise Invalid(Problem("typed", "Type or paste the text first."))
    return found


def write(desk: Desk, facts: Mapping[str, Any], typed: str, *, ws: str = "", change_id: str) -> str:
    """Adds a text that was typed or pasted; returns its id.

    Args:
        facts: fields of `InterlinearText`; see `FIELDS`.
        ws: writing system of the baseline; that of the project if empty.

    Raises:
        Invalid: with every field that is wrong.
    """
    paragraphs = preview(desk, typed)
    code = ws or main_system(desk)
    text = {"id": new_id("t"), **_checked(desk, facts)}
    text["paragraphs"] = [{"id": new_id("b")} for _ in paragraphs]
    ranks = iter(spread(sum(map(len, paragraphs))))
    ops = [Op("text", text["id"], "create", text)]
    for paragraph, said in zip(text["paragraphs"], paragraphs, strict=True):
        for line in said:
            made = {
                "id": new_id("l"), "text": text["id"], "paragraph": paragraph["id"],
                "rank": next(ranks), **make_line(desk, line, code),
            }  # fmt: skip
            ops.append(Op("utterance", made["id"], "create", made))
    commit_all(desk, ops, change_id)
    return str(text["id"])


def save(
    desk: Desk, text: str, facts: Mapping[str, Any], *, base_rev: int | None, change_id: str
) -> Committed:
    """Changes what is known of a text.

    Raises:
        Conflict: somebody changed it since revision `base_rev`.
        Invalid: with every field that is wrong.
        NotAllowed: a contributor changes somebody else's text.
    """
    stored = get(desk, text)
    if not may_edit(desk, stored):
        desk.require(Action.EDIT)
        raise NotAllowed("This text was added by somebody else; ask for the role of an editor.")
    if base_rev is not None and stored["rev"] != base_rev:
        raise Conflict("Somebody changed this text meanwhile; look at it again.")
    before = content_of(stored)
    wanted = {**before, **_checked(desk, facts)}
    op = Op("text", text, changes=diff.diff(before, wanted), base_rev=base_rev)
    return changes.commit(
        desk.store, desk.project_id, desk.actor, "edit", [op], change_id=change_id
    )


def commit_all(desk: Desk, ops: Sequence[Op], change_id: str) -> None:
    """Writes any number of operations as one change, which can be undone as one."""
    if len(ops) <= SMALL:
        changes.commit(desk.store, desk.project_id, desk.actor, "create", ops, change_id=change_id)
        return
    change = bulk.prepare(desk.store, desk.project_id, desk.actor, "bulk", change_id=change_id)
    try:
        bulk.stage(desk.store, change, ops)
        bulk.ready(desk.store, change)
    except BaseException:
        bulk.discard(desk.store, change_id)
        raise
    bulk.apply(desk.store, change_id)


def _checked(desk: Desk, facts: Mapping[str, Any]) -> Content:
    strange = set(facts) - FIELDS
    if strange:
        raise Invalid(Problem(min(strange), "A text has no field of this name."))
    made = {key: checked(desk, (key,), value, "text") for key, value in facts.items()}
    people = made.get("speakers") or ()
    known = records.find_many(desk.store, desk.scope, "person", people) if people else {}
    if set(people) - set(known):
        raise Invalid(Problem("speakers", "A speaker is a person of this project."))
    changes.validate("text", {"id": "t_x", **made})
    return made
