"""The lexicon: listing, reading, adding, changing and deleting entries and their relations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain import diff
from app.domain.defaults import APPROVED
from app.domain.diff import FieldChange
from app.domain.errors import Invalid, NotAllowed, NotFound, Problem, Problems
from app.domain.ids import is_id, new_id
from app.domain.lexicon import LexicalEntry, Relation
from app.domain.messages import say
from app.domain.parts import MOST_GROUPS, has_access, is_access_path, restrictions
from app.domain.roles import Action
from app.domain.text import fold, plains
from app.services import pointers
from app.services.checking import checked
from app.services.closed_parts import check_changes, require_open
from app.services.desk import Desk
from app.services.list_merging import resolved_ops
from app.store import changes, link_candidates, listing, records, rows
from app.store.changes import Committed, Op
from app.store.database import Document
from app.store.envelope import content_of
from app.store.listing import Letter, Page, Query

PAGE = 100
_FIXED = frozenset({"id", "sources", "created", "modified", "residue"})
_FIELDS = frozenset(LexicalEntry.model_fields) - _FIXED


@dataclass(frozen=True)
class Related:
    """A relation as one of its members sees it.

    Attributes:
        relation: id of the relation record.
        label: its name from this end.
        others: the other ends: entry id (None if unresolved), headword, part.
        at: id of the entry or sense that it belongs to here.
    """

    relation: str
    label: str
    others: tuple[tuple[str | None, str, str | None], ...]
    at: str


def list_page(
    desk: Desk,
    query: Query,
    *,
    at: int = 0,
    letter: str = "",
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """A stretch of the lexicon, from a place, a letter or after a row.

    Args:
        at: place of the first row in the whole list; only without a filter.
    """
    desk.require(Action.READ)
    order = listing.current_order(desk.store, desk.project_id)
    start = ""
    if letter:
        start = rows.sorter_of(order).letter_start(letter)
    elif at and query.is_all:
        start = listing.key_at(desk.store, desk.scope, order, at)
    return listing.page(desk.store, desk.scope, order, query, start=start, after=after, limit=limit)


def headings(desk: Desk) -> list[Letter]:
    """The letters of the project's alphabet under which entries stand."""
    desk.require(Action.READ)
    order = listing.current_order(desk.store, desk.project_id)
    return listing.letters(desk.store, desk.scope, order)


def count(desk: Desk, query: Query) -> tuple[int, bool]:
    """How many entries a filtered list has, and whether there are more than can be counted."""
    desk.require(Action.READ)
    order = listing.current_order(desk.store, desk.project_id)
    return listing.count(desk.store, desk.scope, order, query)


def get(desk: Desk, entry: str, *, deleted: bool = False) -> Document:
    """A stored entry.

    Raises:
        NotFound: it does not exist, or may not be read.
    """
    desk.require(Action.READ)
    return records.get(desk.store, desk.scope, "entry", entry, deleted=deleted)


def get_many(desk: Desk, entries: Sequence[str]) -> list[Document]:
    """Stored entries in the order asked for; those that may not be read are left out."""
    desk.require(Action.READ)
    found = records.find_many(desk.store, desk.scope, "entry", entries)
    return [found[entry] for entry in entries if entry in found]


def may_edit(desk: Desk, entry: Document) -> bool:
    """Whether the actor may change this entry: contributors only their own until approved."""
    if desk.may(Action.EDIT):
        return True
    own = entry.get("owner") == desk.actor.id and bool(desk.actor.id)
    return desk.may(Action.EDIT_OWN) and own and not _is_approved(desk, entry)


def add(desk: Desk, content: Mapping[str, Any], change_id: str) -> str:
    """Adds an entry; returns its id.

    Args:
        content: fields of `LexicalEntry`; `id` may be given by the client.

    Raises:
        Invalid: with every field that is wrong.
    """
    desk.require(Action.ADD)
    entry = {**content}
    entry.setdefault("id", new_id("e"))
    if not is_id(entry["id"]) or not entry["id"].startswith("e_"):
        raise Invalid(Problem("id", "An entry's id is e_ and a UUIDv7 in base32hex."))
    changes.validate("entry", entry)
    if not plains(entry.get("lemma") or {}) and not plains(entry.get("citation") or {}):
        raise Invalid(Problem("lemma", "An entry needs a lemma: type the word first."))
    _check_accesses(desk, (), entry)
    _check_number(entry)
    made = checked(desk, (), entry)
    op = Op("entry", entry["id"], "create", made)
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=change_id)
    return str(entry["id"])


def save(
    desk: Desk,
    entry: str,
    wanted: Sequence[FieldChange],
    *,
    base_rev: int | None,
    change_id: str,
) -> Committed:
    """Saves changes of fields; other people's changes of other fields are kept.

    What points in texts at a sense or form that goes loses the pointer.

    Raises:
        Conflict: somebody changed the same field meanwhile; carries both values.
        NotAllowed: a contributor changes somebody else's entry, or an approved one.
        Invalid: with every field that is wrong.
    """
    stored = get(desk, entry)
    if not may_edit(desk, stored):
        desk.require(Action.EDIT)
    check_changes(desk, entry, wanted)
    made = [_checked_change(desk, change) for change in wanted]
    if any("access" in change.path or has_access(change.after) for change in made):
        whole = records.find_whole(desk.store, desk.scope, entry) or stored
        _check_number(diff.apply(content_of(whole), made)[0])
    for change in made:
        if "links" in change.path[:-1]:
            link_candidates.reopen(desk.store, change.path[-3])
    op = Op("entry", entry, changes=made, base_rev=base_rev)
    gone = pointers.changed(desk, op)
    return pointers.commit(desk, "edit", [op], gone, change_id=change_id)


def delete(desk: Desk, entry: str, *, change_id: str, base_rev: int | None = None) -> Committed:
    """Deletes an entry; a tombstone stays and the deletion can be undone.

    What points at it in texts keeps its gloss and form and loses the pointer.
    """
    stored = get(desk, entry)
    if not desk.may(Action.DELETE) and not may_edit(desk, stored):
        desk.require(Action.DELETE)
    require_open(desk, entry)
    op = Op("entry", entry, "delete", base_rev=base_rev)
    return pointers.commit(desk, "edit", [op], pointers.changed(desk, op), change_id=change_id)


def delete_part(desk: Desk, entry: str, part: str, *, change_id: str) -> Committed:
    """Deletes a sense or form of an entry, as `save` does.

    Raises:
        NotFound: the entry has none with this id.
    """
    made = removal_of(get(desk, entry), part)
    if made is None:
        raise NotFound(say("There is no sense or form %(part)s in this entry.", part=part))
    return save(desk, entry, [made], base_rev=None, change_id=change_id)


def removal_of(
    content: Mapping[str, Any], part: str, at: tuple[str, ...] = ()
) -> FieldChange | None:
    """The change that takes a sense or form out of an entry; None if it has none with this id."""
    for name in ("senses", "forms"):
        members = content.get(name) or ()
        for place, member in enumerate(members):
            path = (*at, name, member["id"])
            if member["id"] == part:
                left = members[place - 1]["id"] if place else None
                right = members[place + 1]["id"] if place + 1 < len(members) else None
                return FieldChange(path, member, None, True, left, right)
            if (found := removal_of(member, part, path)) is not None:
                return found
    return None


def restore(desk: Desk, entry: str, *, change_id: str) -> Committed:
    """Brings a deleted entry back with its id and everything that points at it."""
    desk.require(Action.DELETE)
    ops = resolved_ops(desk, [Op("entry", entry, "restore")], frozenset())
    back = [*ops, *pointers.returning(desk, entry)]
    return pointers.write(desk, "undo", back, change_id=change_id, strict=False)


def relations_of(desk: Desk, entry: str) -> list[Related]:
    """The relations of an entry and of its senses, each as seen from there."""
    found = list(records.iterate(desk.store, desk.scope, "relation", **{"members.entry": entry}))
    types = records.find_many(desk.store, desk.scope, "item", {r["type"] for r in found})
    wanted = {m["entry"] for r in found for m in r.get("members", ()) if m.get("entry")}
    entries = records.find_many(desk.store, desk.scope, "entry", wanted)
    order = listing.current_order(desk.store, desk.project_id)
    seen: list[Related] = []
    for relation in found:
        for place, member in enumerate(relation.get("members", ())):
            if member.get("entry") == entry:
                seen.append(_related(relation, place, types, entries, order["ws"]))
    return seen


def relate(
    desk: Desk, entry: str, part: str | None, type_id: str, other: str, *, change_id: str
) -> str:
    """Ties an entry or one of its senses to another entry; returns the relation's id.

    Raises:
        Invalid: the type is not of this project, or an entry would be tied to itself.
    """
    stored, target = get(desk, entry), get(desk, other)
    if not may_edit(desk, stored):
        desk.require(Action.EDIT)
    if part in records.closed_in(desk.store, desk.scope, [entry]).get(entry, ()):
        raise Invalid(Problem("part", "This part is not there, or you may not read it."))
    if entry == other:
        raise Invalid(Problem("other", "An entry can't be related to itself; choose another."))
    if records.find(desk.store, desk.scope, "item", type_id) is None:
        raise Invalid(Problem("type", "Choose a relation type of this project."))
    relation = Relation.model_validate(
        {
            "id": new_id("r"),
            "type": type_id,
            "members": [
                {"id": new_id("m"), "entry": entry, "part": part},
                {"id": new_id("m"), "entry": target["_id"]},
            ],
        }
    )
    content = relation.model_dump(mode="json", exclude_defaults=True)
    changes.commit(
        desk.store,
        desk.project_id,
        desk.actor,
        "edit",
        [Op("relation", relation.id, "create", content)],
        change_id=change_id,
    )
    return relation.id


def unrelate(desk: Desk, relation: str, *, change_id: str) -> None:
    """Deletes a relation; the entries stay.

    Raises:
        NotFound: there is none, or it may not be read.
        NotAllowed: it has ends that may not be read.
    """
    desk.require(Action.EDIT)
    shown = records.get(desk.store, desk.scope, "relation", relation, deleted=True)
    whole = desk.store.relations.find_one({"_id": relation}) or shown
    if len(shown["members"]) != len(whole["members"]):
        raise NotAllowed("It has ends that you may not see. Ask an owner or manager.")
    changes.commit(
        desk.store,
        desk.project_id,
        desk.actor,
        "edit",
        [Op("relation", relation, "delete")],
        change_id=change_id,
    )


def similar(desk: Desk, lemma: str, limit: int = 8) -> list[Document]:
    """Rows of entries with the same letters, marks and case aside: before adding another."""
    desk.require(Action.READ)
    order = listing.current_order(desk.store, desk.project_id)
    found = listing.page(desk.store, desk.scope, order, Query(lemma), limit=50)
    return [row for row in found.rows if fold(row["lemma"]) == fold(lemma)][:limit]


def rows_of(desk: Desk, entry: str) -> list[Document]:
    """The row of an entry in the list, or nothing."""
    desk.require(Action.READ)
    order = listing.current_order(desk.store, desk.project_id)
    return listing.rows_of(desk.store, desk.scope, order, entry)


def _related(
    relation: Document,
    place: int,
    types: Mapping[str, Document],
    entries: Mapping[str, Document],
    ws: str,
) -> Related:
    members = relation["members"]
    here = members[place]
    kind = types.get(relation["type"])
    shown = members[:place] + members[place + 1 :]
    if place and _is_tree(kind):
        shown = members[:1]  # a part has its whole, and not the other parts
    others = []
    for other in shown:
        entry = entries.get(other.get("entry") or "")
        word = rows.headword(entry, ws) if entry else other.get("label", "")
        others.append((entry["_id"] if entry else None, word, other.get("part")))
    return Related(
        relation["_id"],
        relation_label(kind, place) if kind else "",
        tuple(others),
        here.get("part") or here["entry"],
    )


def _is_tree(kind: Document | None) -> bool:
    traits = (kind or {}).get("traits", ())
    return any(one["name"] == "relation-kind" and one["value"] == "tree" for one in traits)


def relation_label(kind: Document, place: int) -> str:
    """The name of a relation type, at its first member or at the others."""
    name = next(iter(plains(kind.get("name") or {})), "") or str(kind["code"])
    inverse = next((t["value"] for t in kind.get("traits", ()) if t["name"] == "inverse-name"), "")
    return inverse if place and inverse else name


def _is_approved(desk: Desk, entry: Document) -> bool:
    status = entry.get("status")
    if not status:
        return False
    item = records.find(desk.store, desk.scope, "item", status)
    return item is not None and item["code"].casefold() in APPROVED


def _checked_change(desk: Desk, change: FieldChange) -> FieldChange:
    """A change whose new value is in the project's normal form and points at what exists."""
    if not change.path or change.path[0] not in _FIELDS:
        raise Invalid(Problem("/".join(change.path), "This field can't be changed."))
    if "links" in change.path[:-1] and change.after is not None:
        what = "Links are decided on the page of links; here they can be removed."
        raise Invalid(Problem("links", what))
    if "access" in change.path and not is_access_path(change.path):
        what = "Set who may read as a whole: level and groups together."
        raise Invalid(Problem("access", what))
    _check_accesses(desk, change.path, change.after)
    if change.path[-1] == "#":
        return change
    return replace(change, after=checked(desk, change.path, change.after))


def _check_accesses(desk: Desk, path: tuple[str, ...], value: Any) -> None:
    """Refuses each access in a value that the actor may not give, or that nobody has."""
    if path[-1:] == ("access",):
        _check_access(desk, value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key != "access" or inner:
                _check_accesses(desk, (*path, key), inner)
    elif isinstance(value, list):
        for inner in value:
            _check_accesses(desk, path, inner)


def _check_access(desk: Desk, access: Any) -> None:
    """Refuses an access that nobody has, and one that shuts out who sets it."""
    if not desk.may(Action.EDIT):
        raise NotAllowed("Only editors, managers and owners decide who may read an entry.")
    found = Problems()
    if access is not None and not isinstance(access, dict):
        found.add("access", "Who may read is a level and the groups that it names.")
    elif access and access.get("level") == "groups":
        groups = access.get("groups") or []
        unknown = sorted(set(map(str, groups)) - set(desk.project.get("groups", ())))
        if not groups:
            found.add("access", "Choose at least one group.")
        elif unknown:
            found.add(
                "access", say("The project has no group %(unknown)s.", unknown=", ".join(unknown))
            )
        elif not desk.scope.permits(access):
            found.add("access", "You belong to none of these groups: you would lose the entry.")
    found.check()


def _check_number(entry: Mapping[str, Any]) -> None:
    """Refuses more different sets of groups in one entry than its rows can tell apart."""
    groups = [one for one in restrictions(entry) if one["level"] == "groups"]
    if len(groups) > MOST_GROUPS:
        what = say(
            "The parts of one entry can be open to %(most)s different sets of groups.",
            most=MOST_GROUPS,
        )
        raise Invalid(Problem("access", what))
