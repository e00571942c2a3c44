"""Deciding which concepts senses stand for: one sense after the other, by several people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast

from app.domain import diff
from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotFound, Problem
from app.domain.ids import new_id
from app.domain.lexicon import Link
from app.domain.messages import say
from app.domain.roles import Action
from app.services import history, lexicon
from app.services.closed_parts import check_changes
from app.services.desk import Desk
from app.services.link_proposals import iter_senses, state_of
from app.store import accounts, changes, records
from app.store import link_candidates as stored
from app.store.changes import Op, current_seq
from app.store.database import Document
from app.store.envelope import content_of

Decision = Literal["accept", "reject", "none"]
KINDS = ("exact", "close", "broader", "narrower")
_MOST_LEFT = 50  # senses that somebody may not read, passed over in one look


@dataclass(frozen=True)
class Progress:
    """How far a project is.

    Attributes:
        open: senses with candidates that nobody has decided.
        skipped: those of them that the asker has skipped.
        decided: senses that were decided.
        none: senses of which nothing is proposed.
        stale: whether the lexicon has changed since the candidates were made.
        at: when they were made; None for never.
        said: what could not be used then.
    """

    open: int
    skipped: int
    decided: int
    none: int
    stale: bool
    at: datetime | None
    said: tuple[Any, ...] = ()
    wordnets: tuple[str, ...] = ()

    @property
    def all(self) -> int:
        """Senses of which something is or was proposed."""
        return self.open + self.decided


@dataclass(frozen=True)
class Sitting:
    """A sense before a person.

    Attributes:
        entry: the stored entry; `sense` inside of it.
        proposal: what is stored of its candidates.
        links: what was decided of each target, by target.
        held_by: name of another person who has the sense before them; empty for none.
    """

    entry: Document
    sense: Mapping[str, Any]
    proposal: Document
    links: Mapping[str, Mapping[str, Any]]
    held_by: str = ""


@dataclass(frozen=True)
class Decided:
    """What came of a decision.

    Attributes:
        change: id of the change, with which it is undone; empty if nothing was written.
        done: whether the sense is decided now.
    """

    change: str
    done: bool


def progress(desk: Desk) -> Progress:
    """How far the project is."""
    desk.require(Action.EDIT)
    counts = stored.counts(desk.store, desk.project_id, desk.actor.id)
    run = stored.find_run(desk.store, desk.project_id) or {}
    stale = bool(run) and run["seq"] < current_seq(desk.store, desk.project_id)
    return Progress(
        counts["open"],
        counts["skipped"],
        counts["decided"],
        counts["none"],
        stale,
        run.get("at"),
        tuple(run.get("said", ())),
        tuple(run.get("wordnets", ())),
    )


def next_sitting(desk: Desk, now: datetime, after: str = "") -> Sitting | None:
    """The next sense to decide, which nobody else gets for a while; None where all is done.

    Args:
        after: the sense that was before the person; the one behind it comes.
    """
    desk.require(Action.EDIT)
    at = stored.find(desk.store, desk.project_id, after) if after else None
    if at is not None:
        stored.release(desk.store, at["_id"], desk.actor.id)
    for _ in range(_MOST_LEFT):
        found = stored.lease_next(desk.store, desk.project_id, desk.actor.id, now, after=at)
        if found is None:
            return None
        sitting = _sitting(desk, found)
        if sitting is not None and _state(sitting) == "open":
            return sitting
        if sitting is not None:
            stored.set_states(desk.store, {found["_id"]: _state(sitting)})
        stored.skip(desk.store, found["_id"], desk.actor.id)
    return None


def sitting_at(desk: Desk, sense: str, now: datetime) -> Sitting:
    """One sense, whether it is decided or not; it is leased if it is free.

    Raises:
        NotFound: nothing is proposed for it, or it may not be read.
    """
    desk.require(Action.EDIT)
    found = stored.find(desk.store, desk.project_id, sense)
    sitting = _sitting(desk, found) if found else None
    if found is None or sitting is None:
        raise NotFound(say("There is no sense with candidates here, or you may not read it."))
    if stored.lease(desk.store, sense, desk.actor.id, now):
        return sitting
    holder = accounts.find(desk.store, found["lease"]["by"])
    name = str(holder["name"]) if holder else "?"
    return Sitting(sitting.entry, sitting.sense, sitting.proposal, sitting.links, name)


def decide(
    desk: Desk,
    sense: str,
    decision: Decision,
    *,
    now: datetime,
    target: str = "",
    kind: str = "exact",
    catalog: str = "wordnet",
    change_id: str,
) -> Decided:
    """Writes what a person decided of a sense and a candidate; it stands in the history.

    Args:
        target: the candidate that is accepted or rejected.
        kind: how the sense stands to it, for one that is accepted.
        catalog: of which it was decided that it has nothing.

    Raises:
        NotFound: there is no such sense or candidate.
        Conflict: somebody else has the sense before them.
        Invalid: the kind is none.
        NotAllowed: the actor may not change the entry.
    """
    sitting = sitting_at(desk, sense, now)
    if sitting.held_by:
        told = say("%(name)s has this sense before them now; go on to the next.",
                   name=sitting.held_by)  # fmt: skip
        raise Conflict(told)
    if not lexicon.may_edit(desk, sitting.entry):
        desk.require(Action.EDIT)
    link = _link(desk, sitting, decision, target, kind, catalog, now)
    made = _changes(sitting, link)
    check_changes(desk, sitting.entry["_id"], made)
    op = Op("entry", sitting.entry["_id"], changes=made)
    label = _LABELS[decision] % {"kind": kind, "label": link.label or catalog}
    done = changes.commit(
        desk.store, desk.project_id, desk.actor, "edit", [op], change_id=change_id, label=label
    )
    if done.change:
        stored.advance_run(desk.store, desk.project_id, done.change["seq"])
    left = [one for one in sitting.links.values() if one["id"] != link.id]
    state = state_of([*left, link.model_dump()], sitting.proposal["candidates"])
    stored.set_states(desk.store, {sense: state})
    if state == "decided":
        stored.release(desk.store, sense, desk.actor.id)
    return Decided(done.change["_id"] if done.change else "", state == "decided")


def skip(desk: Desk, sense: str) -> None:
    """Leaves a sense to others, or for later; nothing happens to one that is not of the project."""
    desk.require(Action.EDIT)
    if stored.find(desk.store, desk.project_id, sense) is not None:
        stored.skip(desk.store, sense, desk.actor.id)


def unskip(desk: Desk) -> None:
    """Shows the asker again what they have skipped."""
    desk.require(Action.EDIT)
    stored.unskip(desk.store, desk.project_id, desk.actor.id)


def undo(desk: Desk, change: str, sense: str) -> None:
    """Takes one's own decision back; the sense is to be decided again.

    Raises:
        NotFound: it is no decision of the actor about this sense.
    """
    desk.require(Action.EDIT)
    query = {"_id": change, "project": desk.project_id, "actor": desk.actor.id}
    proposal = stored.find(desk.store, desk.project_id, sense)
    found = desk.store.changes.find_one(query, {"ops": 1})
    touched = {op["id"] for op in (found or {}).get("ops", ())}
    if proposal is None or touched != {proposal["entry"]}:
        raise NotFound(say("This decision is not yours, or it is not there."))
    taken = history.undo(desk, [change], change_id=new_id("x"))
    if taken.change:
        stored.advance_run(desk.store, desk.project_id, taken.change["seq"])
    sitting = _sitting(desk, proposal)
    if sitting is not None:
        stored.set_states(desk.store, {sense: _state(sitting)})


_LABELS = {
    "accept": "link (%(kind)s): %(label)s",
    "reject": "no link: %(label)s",
    "none": "nothing in %(label)s",
}


def _sitting(desk: Desk, proposal: Document) -> Sitting | None:
    entry = records.find(desk.store, desk.scope, "entry", proposal["entry"])
    if entry is None:
        return None
    for sense in iter_senses(content_of(entry).get("senses", ())):
        if sense["id"] == proposal["_id"]:
            links = {one.get("target", ""): one for one in sense.get("links") or ()}
            return Sitting(entry, sense, proposal, links)
    return None


def _state(sitting: Sitting) -> str:
    return state_of(sitting.sense.get("links") or (), sitting.proposal["candidates"])


def _link(
    desk: Desk,
    sitting: Sitting,
    decision: Decision,
    target: str,
    kind: str,
    catalog: str,
    now: datetime,
) -> Link:
    if kind not in KINDS:
        raise Invalid(Problem("kind", "A link is exact, close, broader or narrower."))
    facts: dict[str, Any] = {"by": desk.actor.id, "at": now.isoformat(timespec="seconds")}
    if decision == "none":
        known = next(
            (one for one in sitting.sense.get("links") or ()
             if one.get("status") == "none" and one["catalog"] == catalog), None
        )  # fmt: skip
        name = known["id"] if known else new_id("k")
        return Link(id=name, catalog=cast(Any, catalog), status="none", **facts)
    found = _candidate(sitting.proposal["candidates"], target)
    known = sitting.links.get(target)
    return Link(
        id=known["id"] if known else new_id("k"),
        catalog=found["catalog"],
        target=target,
        label=str(found["label"])[:1000],
        kind=cast(Any, kind),
        status="accepted" if decision == "accept" else "rejected",
        score=found["score"],
        **facts,
    )


def _candidate(candidates: Sequence[Document], target: str) -> Document:
    for one in candidates:
        if one["target"] == target:
            return one
    raise NotFound(say("This concept is not among the candidates; load the page again."))


def _changes(sitting: Sitting, link: Link) -> list[FieldChange]:
    """The changes that put a link into its sense, in the place of one with the same id."""
    path = _path_of(content_of(sitting.entry).get("senses", ()), sitting.sense["id"])
    content = link.model_dump(mode="json", exclude_defaults=True)
    links = list(sitting.sense.get("links") or ())
    after = [content if one["id"] == link.id else one for one in links]
    if content not in after:
        after.append(content)
    made = diff.diff({"links": links}, {"links": after})
    return [replace(one, path=(*path, *one.path)) for one in made]


def _path_of(senses: Any, wanted: str, at: tuple[str, ...] = ()) -> tuple[str, ...]:
    for sense in senses:
        here = (*at, "senses", sense["id"])
        if sense["id"] == wanted:
            return here
        if found := _path_of(sense.get("senses", ()), wanted, here):
            return found
    return ()
