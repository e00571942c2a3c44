"""Lines of texts: split, joined, spelt anew, added, deleted; their fields and groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain import diff, respelling, segmentation
from app.domain.diff import FieldChange
from app.domain.errors import Invalid, NotAllowed, Problem
from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.domain.messages import say
from app.domain.ranks import LONG, between, spread
from app.domain.roles import Action
from app.domain.splitting import Splitting, tokens
from app.domain.text import plain
from app.services.checking import checked
from app.services.desk import Desk
from app.services.linking import Linker
from app.store import changes, records, texts
from app.store.changes import SMALL, Committed, Op
from app.store.database import Document
from app.store.envelope import content_of

Content = dict[str, Any]
Edit = Callable[[Content], Content]
_LINE_FIELDS = frozenset(
    {"translation", "literal", "label", "speaker", "source", "status", "notes", "time"}
)


def may_edit(desk: Desk, record: Document) -> bool:
    """Whether the actor may change a text or an utterance: contributors only their own."""
    if desk.may(Action.EDIT):
        return True
    own = record.get("owner") == desk.actor.id and bool(desk.actor.id)
    return desk.may(Action.EDIT_OWN) and own


def get(desk: Desk, line: str) -> Document:
    """A stored utterance.

    Raises:
        NotFound: there is none, or it may not be read.
    """
    desk.require(Action.READ)
    return records.get(desk.store, desk.scope, "utterance", line)


def add_group(
    desk: Desk, line: str, words: Sequence[str], facts: Mapping[str, Any], *, change_id: str
) -> Committed:
    """Ties words of a line together, as an idiom is.

    Args:
        facts: `type` and `gloss` of the group.

    Raises:
        Invalid: fewer than two of its words are named.
    """
    known = [word["id"] for word in get(desk, line).get("words", ())]
    members = [word for word in known if word in words]
    if len(members) < 2:
        raise Invalid(Problem("members", "Tick at least two words that belong together."))
    name = new_id("g")
    group: Content = {"id": name, "type": str(facts.get("type") or ""), "members": members}
    if gloss := checked(desk, ("groups", name, "gloss"), facts.get("gloss"), "utterance"):
        group["gloss"] = gloss
    if tied := Linker(desk).entry_of(_said(desk, line, members)):
        group |= tied

    def edit(now: Content) -> Content:
        return {**now, "groups": [*now.get("groups", ()), group]}

    return edit_line(desk, line, edit, change_id)


def remove_group(desk: Desk, line: str, group: str, *, change_id: str) -> Committed:
    """Takes a group apart; its words stay."""

    def edit(now: Content) -> Content:
        return {**now, "groups": [one for one in now.get("groups", ()) if one["id"] != group]}

    return edit_line(desk, line, edit, change_id)


def split_word(desk: Desk, line: str, word: str, at: int, *, change_id: str) -> Committed:
    """Parts a word in two; see `app.domain.segmentation`."""
    ws = main_system(desk)
    return edit_line(desk, line, lambda now: segmentation.split_word(now, word, ws, at), change_id)


def join_words(desk: Desk, line: str, word: str, *, change_id: str) -> Committed:
    """Joins a word to the one before it."""
    return edit_line(desk, line, lambda now: segmentation.join_words(now, word), change_id)


def respell(desk: Desk, line: str, ws: str, text: str, *, change_id: str) -> Committed:
    """Types the baseline of a line anew; words that are still there keep their analyses.

    Raises:
        Invalid: the project has no such writing system, or the text has characters that none has.
    """
    said = checked(desk, ("baseline", ws), text, "utterance")
    found = tokens(said, rules_of(desk))
    return edit_line(desk, line, lambda now: respelling.respell(now, ws, said, found), change_id)


def split_line(desk: Desk, line: str, word: str, *, change_id: str) -> str:
    """Parts a line in two, the right one beginning with a word; returns the new one's id."""
    stored = open_line(desk, line)
    desk.require(Action.ADD)
    new = new_id("l")
    left, right = segmentation.split_line(content_of(stored), word, new)
    following = texts.neighbour(desk.store, desk.project_id, stored, 1)
    right["rank"], moved = _rank_after(desk, stored, following)
    moves = {op.id: op for op in moved}
    ranked = moves.pop(line).changes if line in moves else ()
    ops = [
        Op("utterance", line, changes=[*diff.diff(content_of(stored), left), *ranked]),
        Op("utterance", new, "create", right),
        *moves.values(),
    ]
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=change_id)
    return new


def join_lines(desk: Desk, line: str, *, change_id: str) -> str:
    """Joins a line to the one before it in its text, whose id it has then and is returned.

    Raises:
        Invalid: it is the first one.
        NotAllowed: one of the two may not be changed.
    """
    stored = open_line(desk, line)
    before = texts.neighbour(desk.store, desk.project_id, stored, -1)
    if before is None or not stored.get("text"):
        raise Invalid(Problem("line", "There is no line before this one to join it to."))
    left = open_line(desk, before["_id"])
    wanted = segmentation.join_lines(content_of(left), content_of(stored))
    ops = [
        Op("utterance", line, "delete"),
        Op("utterance", left["_id"], changes=diff.diff(content_of(left), wanted)),
    ]
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=change_id)
    return str(left["_id"])


def save(desk: Desk, line: str, wanted: Sequence[FieldChange], *, change_id: str) -> Committed:
    """Saves fields of a line beside its words: translations, notes, speaker, time, status.

    Raises:
        Conflict: somebody changed the same field meanwhile; carries both values.
        Invalid: with every field that is wrong.
        NotFound: the speaker is no person of the project.
    """
    open_line(desk, line)
    made = []
    for change in wanted:
        if not change.path or change.path[0] not in _LINE_FIELDS:
            raise Invalid(Problem("/".join(change.path), "This field can't be changed here."))
        after = checked(desk, change.path, change.after, "utterance")
        if change.path == ("speaker",) and after:
            records.get(desk.store, desk.scope, "person", str(after))
        made.append(replace(change, after=after))
    return commit_line(desk, line, made, change_id)


def add_line(desk: Desk, after: str, said: str, *, change_id: str) -> str:
    """Adds a line with words after another one of its text; returns its id."""
    desk.require(Action.ADD)
    stored = get(desk, after)
    ws = main_system(desk)
    following = texts.neighbour(desk.store, desk.project_id, stored, 1)
    rank, moved = _rank_after(desk, stored, following)
    made = {
        "id": new_id("l"),
        "rank": rank,
        **{key: stored[key] for key in ("text", "paragraph") if stored.get(key)},
        **make_line(desk, said, ws),
    }
    ops = [Op("utterance", made["id"], "create", made), *moved]
    changes.commit(desk.store, desk.project_id, desk.actor, "create", ops, change_id=change_id)
    return str(made["id"])


def delete_line(desk: Desk, line: str, *, change_id: str) -> None:
    """Deletes a line; it can be undone."""
    open_line(desk, line)
    op = Op("utterance", line, "delete")
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=change_id)


def make_line(desk: Desk, said: str, ws: str) -> Content:
    """Baseline and words of a typed line, by the rules of the project."""
    text = checked(desk, ("baseline", ws), said.strip(), "utterance")
    return {"baseline": {ws: text}, "words": make_words(text, ws, rules=rules_of(desk))}


def rules_of(desk: Desk) -> Splitting:
    """How the project parts what is typed."""
    return Splitting.model_validate(desk.project.get("splitting") or {})


def main_system(desk: Desk) -> str:
    """The first writing system of the object language: what words and morphs are written in."""
    systems = desk.project.get("writing_systems", ())
    vernacular = [ws["id"] for ws in systems if ws.get("vernacular")]
    return str((vernacular or [ws["id"] for ws in systems] or [""])[0])


def open_line(desk: Desk, line: str) -> Document:
    """A stored utterance that the actor may change.

    Raises:
        NotAllowed: the role does not permit it, or somebody else added it.
        NotFound: there is none, or it may not be read.
    """
    stored = get(desk, line)
    if not may_edit(desk, stored):
        desk.require(Action.EDIT)
        raise NotAllowed("This line was added by somebody else; ask for the role of an editor.")
    return stored


def edit_line(desk: Desk, line: str, edit: Edit, change_id: str) -> Committed:
    """Saves what an edit makes of a line."""
    stored = open_line(desk, line)
    before = content_of(stored)
    return commit_line(desk, line, diff.diff(before, edit(before)), change_id)


def commit_line(desk: Desk, line: str, made: Sequence[FieldChange], change_id: str) -> Committed:
    """Writes changes of a line."""
    op = Op("utterance", line, changes=made)
    return changes.commit(
        desk.store, desk.project_id, desk.actor, "edit", [op], change_id=change_id
    )


def _said(desk: Desk, line: str, words: Sequence[str]) -> str:
    """Some words of a line as they are written, with spaces between them."""
    ws = main_system(desk)
    found = {word["id"]: word for word in get(desk, line).get("words", ())}
    return " ".join(plain(found[word].get("form", {}).get(ws, "")) for word in words)


def _rank_after(desk: Desk, line: Document, following: Document | None) -> tuple[str, list[Op]]:
    """A rank between a line and the next, and what spreads the ranks of a text grown long."""
    left = line.get("rank", "")
    right = following.get("rank", "") if following else None
    if right is None or left < right:
        rank = between(left, right)
        if len(rank) <= LONG:
            return rank, []
    return _spread(desk, line)


def _spread(desk: Desk, line: Document) -> tuple[str, list[Op]]:
    lines = texts.ranks(desk.store, desk.project_id, line.get("text"))
    if len(lines) >= SMALL - 1:
        what = say("The text has %(n)s lines; split it before adding lines here.", n=len(lines))
        raise Invalid(Problem("rank", what))
    place = [one["_id"] for one in lines].index(line["_id"]) + 1
    new = spread(len(lines) + 1)
    rank = new.pop(place)
    ops = [
        Op(
            "utterance",
            one["_id"],
            changes=[FieldChange(("rank",), one.get("rank"), wanted)],
        )
        for one, wanted in zip(lines, new, strict=True)
        if one.get("rank") != wanted
    ]
    return rank, ops
