"""Changing many entries at once: chosen by filter, seen before it is done, undone as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import regex

from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotFound, Problem, Problems
from app.domain.expressions import compile_expression
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import Action
from app.domain.schema import describe
from app.domain.text import bad_characters, normalise, plain
from app.services import list_merging, pointers
from app.services.checking import ITEM_FIELDS
from app.services.desk import Desk
from app.store import bulk, listing, records, rows
from app.store.changes import Op, current_seq
from app.store.database import Document
from app.store.listing import Query

Kind = Literal["set", "replace", "clear", "add", "delete"]
KINDS: tuple[Kind, ...] = ("set", "replace", "clear", "add", "delete")
# Where the values of a target lie: keys, with `*` where all members of a list are meant.
TARGETS: dict[str, tuple[str, ...]] = {
    "lemma": ("lemma",),
    "citation": ("citation",),
    "gloss": ("senses*", "gloss"),
    "definition": ("senses*", "definition"),
    "scientific_name": ("senses*", "scientific_name"),
    "example": ("senses*", "examples*", "form"),
    "translation": ("senses*", "examples*", "translations*", "text"),
    "sense_note": ("senses*", "notes*", "text"),
    "note": ("notes*", "text"),
    "variant": ("forms*", "form"),
    "pronunciation": ("pronunciations*", "form"),
    "pos": ("senses*", "pos"),
    "domains": ("senses*", "domains"),
    "status": ("status",),
    "morph_type": ("morph_type",),
}
SINGLE = frozenset({"pos", "status", "morph_type"})
_SHOWN = 300
_AT_ONCE = 500  # entries that are changed while a person waits
_REGEX_SECONDS = 0.5
Progress = Callable[[str, int, int], None]


def _quiet(_phase: str, _done: int, _total: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True)
class Operation:
    """What is to be done to the chosen entries.

    Attributes:
        kind: set a value, find and replace in a text, clear, add an item to a list, or delete.
        target: key of `TARGETS`.
        ws: writing system, for texts.
        value: text or id of an item.
        find: what to find, for `replace`.
        as_regex: whether `find` is a regular expression, with groups by number in `value`.
        empty_only: for `set`: leave what has a value.
    """

    kind: Kind
    target: str = ""
    ws: str = ""
    value: str = ""
    find: str = ""
    as_regex: bool = False
    empty_only: bool = False

    @property
    def label(self) -> str:
        """The operation in words, for history."""
        field = f"{self.target} ({self.ws})" if self.ws else self.target
        if self.kind == "replace":
            return f"replace “{self.find}” by “{self.value}” in {field}"
        if self.kind == "delete":
            return "delete entries"
        return {"set": f"set {field}", "clear": f"clear {field}", "add": f"add to {field}"}[
            self.kind
        ]


def prepare(desk: Desk, query: Query, operation: Operation, ids: Sequence[str] = ()) -> Document:
    """Works out what would change, as a prepared change that does nothing until confirmed.

    Args:
        ids: the entries chosen by hand; empty for all that the filter shows.

    Returns:
        The prepared change; `preview` lists the first 300 entries with their values before and
        after, `records` says how many would change, and `places` how many places in texts point
        at what would be deleted.

    Raises:
        Invalid: the operation is not complete, or a regular expression is none.
    """
    desk.require(Action.BULK)
    if operation.kind == "delete":
        desk.require(Action.DELETE)
    _check(desk, operation)
    order = listing.current_order(desk.store, desk.project_id)
    chosen = list(ids) or listing.entry_ids(desk.store, desk.scope, order, query)
    change = bulk.prepare(
        desk.store,
        desk.project_id,
        desk.actor,
        "bulk",
        change_id=new_id("x"),
        label=operation.label,
    )
    preview: list[Document] = []
    try:
        bulk.stage(desk.store, change, _ops(desk, chosen, operation, preview, order["ws"]))
        bulk.ready(
            desk.store,
            change,
            preview=preview,
            asked=len(chosen),
            places=_places(desk, chosen) if operation.kind == "delete" else 0,
            seen=current_seq(desk.store, desk.project_id),
        )
    except BaseException:
        bulk.discard(desk.store, change["_id"])
        raise
    return change


def _places(desk: Desk, chosen: Sequence[str]) -> int:
    """How many places in texts point at what is to be deleted."""
    starts = range(0, len(chosen), _AT_ONCE)
    return sum(pointers.count(desk, chosen[start : start + _AT_ONCE]) for start in starts)


def get_prepared(desk: Desk, change_id: str) -> Document:
    """A bulk change that waits to be confirmed, or was carried out.

    Raises:
        NotFound: there is none.
    """
    desk.require(Action.BULK)
    change = desk.store.changes.find_one(
        {"_id": change_id, "project": desk.project_id, "cause": "bulk"}
    )
    own = change is not None and change["actor"] == desk.actor.id
    if change is None or not (own or desk.scope.everything):
        raise NotFound("This bulk change is not there any more; prepare it again.")
    return change


def is_large(change: Document) -> bool:
    """Whether a prepared change is better carried out by a worker than while a person waits."""
    return int(change["records"]) > _AT_ONCE


def choose(desk: Desk, change_id: str, leave: Sequence[str] = ()) -> Document:
    """A prepared bulk change that is to be carried out now, without what was unticked.

    Args:
        leave: entries that are not to be changed after all.

    Raises:
        NotFound: there is no such change.
        Conflict: it has begun already.
    """
    change = get_prepared(desk, change_id)
    if change["state"] != "prepared":
        raise Conflict("This bulk change has been carried out already.")
    if leave:
        bulk.leave_out(desk.store, change_id, leave)
    return get_prepared(desk, change_id)


def carry_out(desk: Desk, change_id: str, progress: Progress = _quiet) -> Document:
    """Carries a prepared bulk change out, whole or not at all; goes on with one broken off.

    Raises:
        NotFound: there is no such change.
        Conflict: another large change of the project is at work.
    """
    if get_prepared(desk, change_id)["state"] == "prepared":
        list_merging.resolve(desk, change_id)
        pointers.extend(desk, change_id)
    return bulk.apply(desk.store, change_id, lambda part, parts: progress("writing", part, parts))


def confirm(desk: Desk, change_id: str, leave: Sequence[str] = ()) -> Document:
    """`choose` and `carry_out` in one.

    Raises:
        NotFound: there is no such change.
        Conflict: it has begun already.
    """
    choose(desk, change_id, leave)
    return carry_out(desk, change_id)


def discard(desk: Desk, change_id: str) -> None:
    """Forgets a prepared bulk change."""
    get_prepared(desk, change_id)
    bulk.discard(desk.store, change_id)


def _ops(
    desk: Desk, ids: Sequence[str], operation: Operation, preview: list[Document], ws: str
) -> Iterator[Op]:
    for start in range(0, len(ids), 400):
        wanted = ids[start : start + 400]
        found = records.find_many(desk.store, desk.scope, "entry", wanted)
        if operation.kind == "delete":  # nobody deletes what they can't see
            for closed in records.closed_in(desk.store, desk.scope, wanted):
                found.pop(closed, None)
        for entry in (found[one] for one in wanted if one in found):
            if operation.kind == "delete":
                _show(preview, entry, ws, ())
                yield Op("entry", entry["_id"], "delete", base_rev=entry["rev"])
                continue
            made = list(changes_of(entry, operation, desk.project))
            if made:
                _show(preview, entry, ws, made)
                yield Op("entry", entry["_id"], changes=made, base_rev=entry["rev"])


def changes_of(entry: Document, operation: Operation, project: Document) -> Iterator[FieldChange]:
    """What an operation changes in one entry."""
    for path, before in _values(entry, (), TARGETS[operation.target], operation.ws):
        after = _after(before, operation, path, project)
        if (before or None) != (after or None):
            yield FieldChange(path, before, after or None)


def _values(
    value: Any, path: tuple[str, ...], keys: tuple[str, ...], ws: str
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The places that a target means in an entry, with what they hold."""
    key, rest = keys[0], keys[1:]
    if key.endswith("*"):
        name = key[:-1]
        for member in value.get(name, ()):
            here = (*path, name, member["id"])
            yield from _values(member, here, rest, ws)
            if name == "senses":  # subsenses are senses too
                yield from _values(member, here, keys, ws)
    elif ws:
        yield (*path, key, ws), (value.get(key) or {}).get(ws)
    else:
        yield (*path, key), value.get(key)


def _after(before: Any, operation: Operation, path: tuple[str, ...], project: Document) -> Any:
    if operation.kind == "clear":
        return None
    if operation.target == "domains":
        if operation.kind == "set":
            return [operation.value]
        return [*(before or ()), *([operation.value] * (operation.value not in (before or ())))]
    if operation.kind == "set":
        return before if operation.empty_only and before else _typed(operation, project)
    if not plain(before):
        return before
    if isinstance(before, dict):
        return before  # a text with spans is left alone: its spans could not follow
    try:
        pattern = operation.find if operation.as_regex else regex.escape(operation.find)
        value = operation.value if operation.as_regex else operation.value.replace("\\", "\\\\")
        changed = regex.sub(pattern, value, before, timeout=_REGEX_SECONDS)
    except (regex.error, TimeoutError, IndexError) as error:
        raise Invalid(
            Problem("find", say("This cannot be carried out: %(error)s", error=str(error)))
        ) from error
    return normalise(changed, _normal_form(operation.ws, project))


def _typed(operation: Operation, project: Document) -> str:
    return normalise(operation.value, _normal_form(operation.ws, project))


def _normal_form(code: str, project: Document) -> str:
    systems = project.get("writing_systems", ())
    return next((str(ws.get("normal_form", "NFC")) for ws in systems if ws["id"] == code), "")


def _check(desk: Desk, operation: Operation) -> None:
    found = Problems()
    if operation.kind not in KINDS:
        found.add("kind", "Choose what to do.")
    elif operation.kind != "delete":
        _check_target(desk, operation, found)
    if bad_characters(operation.value):
        found.add(
            "value", say("This holds %(what)s; take it out.", what=bad_characters(operation.value))
        )
    if operation.kind == "replace":
        _check_find(operation, found)
    found.check()


def _check_target(desk: Desk, operation: Operation, found: Problems) -> None:
    if operation.target not in TARGETS:
        found.add("target", "Choose a field.")
        return
    codes = {ws["id"] for ws in desk.project.get("writing_systems", ())}
    is_item = operation.target in ITEM_FIELDS
    if not is_item and operation.ws not in codes:
        found.add("ws", "Choose a writing system of this project.")
    if operation.kind == "replace" and is_item:
        found.add("kind", "Find and replace works in texts; set the item instead.")
    if operation.kind == "add" and operation.target != "domains":
        found.add("kind", "Only semantic domains can be added to.")
    if is_item and operation.kind in ("set", "add"):
        item = records.find(desk.store, desk.scope, "item", operation.value)
        if item is None or item["list"] != ITEM_FIELDS[operation.target]:
            found.add("value", "Choose an item of the list.")
    if operation.kind == "set" and not operation.value:
        found.add("value", "Type the value, or choose “clear”.")


def _check_find(operation: Operation, found: Problems) -> None:
    if not operation.find:
        found.add("find", "Type what to find.")
    elif operation.as_regex:
        try:
            compile_expression(operation.find, "find")
        except Invalid as error:
            found.found.extend(error.problems)


def _show(preview: list[Document], entry: Document, ws: str, made: Sequence[FieldChange]) -> None:
    if len(preview) >= _SHOWN:
        return
    preview.append(
        {
            "entry": entry["_id"],
            "lemma": rows.headword(entry, ws),
            "changes": [
                {"label": describe(one.path), "before": one.before, "after": one.after}
                for one in made[:6]
            ],
        }
    )
