"""From relations as each end states them to relations with members, when all ends are known.

Memory: one entry of a map for each identifier in the file; those that are UUIDs take 16 bytes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from app.domain.ids import new_id
from app.domain.project import RELATION_TYPES, ListItem
from app.formats.base import FoundRecord, Names
from app.formats.lift.entries import Stated
from app.formats.lift.values import FORMAT, Dict, nature_traits

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
End = tuple[str, str | None]
Key = str | bytes


class Identifiers:
    """Which entry or sense an identifier of the file is."""

    def __init__(self) -> None:
        self._entries: dict[Key, str] = {}
        self._senses: dict[Key, End] = {}

    def add_entry(self, identifier: str, entry: str) -> bool:
        """Notes an entry's identifier; tells whether it is the first with it."""
        return self._entries.setdefault(_key(identifier), entry) is entry

    def add_sense(self, identifier: str, entry: str, sense: str) -> bool:
        """Notes a sense's identifier; tells whether it is the first with it."""
        end = (entry, sense)
        return self._senses.setdefault(_key(identifier), end) is end

    def find(self, ref: str) -> End | None:
        """The entry, or entry and sense, that a reference means."""
        key = _key(ref)
        entry = self._entries.get(key)
        return (entry, None) if entry is not None else self._senses.get(key)


def iter_relations(
    stated: list[Stated], identifiers: Identifiers, names: Names, document: str
) -> Iterator[FoundRecord]:
    """Relations, each once, however many of its ends state it."""
    by_type: dict[str, list[Stated]] = defaultdict(list)
    for statement in stated:
        by_type[statement.type].append(statement)
    for code, statements in by_type.items():
        yield from _of_type(code, statements, identifiers, names, document)


def _of_type(
    code: str, statements: list[Stated], identifiers: Identifiers, names: Names, document: str
) -> Iterator[FoundRecord]:
    item = relation_type(names, code)
    pairs: dict[frozenset[End] | tuple[End, str], list[tuple[Stated, End | None]]] = {}
    for statement in statements:
        here: End = (statement.entry, statement.part)
        there = identifiers.find(statement.ref)
        key = frozenset((here, there)) if there else (here, statement.ref)
        pairs.setdefault(key, []).append((statement, there))
    for group in _sets(pairs):
        yield _record(item, code, [said for key in group for said in pairs.pop(key)], document)
    for said in pairs.values():
        yield _record(item, code, said, document)


def relation_type(names: Names, code: str) -> str:
    """The id of a relation type; a new one is told its nature."""
    found = names.find_item(RELATION_TYPES, code)
    if found is None:
        item: Dict = {"id": new_id("i"), "list": RELATION_TYPES, "code": code}
        item["traits"] = nature_traits(item)
        found = names.add_item(ListItem.model_validate(item))
    return found


def _sets(
    pairs: dict[frozenset[End] | tuple[End, str], list[tuple[Stated, End | None]]],
) -> list[list[frozenset[End]]]:
    """Groups of pairs in which three or more ends all state each other once, without order."""
    linked: dict[End, dict[End, None]] = defaultdict(dict)
    for key, said in pairs.items():
        if isinstance(key, frozenset) and len(key) == 2 and _mutual(said):
            one, other = key
            linked[one][other] = None
            linked[other][one] = None
    groups = []
    seen: set[End] = set()
    for end, others in linked.items():
        group = {end, *others}
        if end in seen or len(group) < 3:
            continue
        if all({other, *linked[other]} == group for other in others):
            seen |= group
            groups.append([frozenset(pair) for pair in combinations((end, *others), 2)])
    return groups


def _mutual(said: list[tuple[Stated, End | None]]) -> bool:
    starts = {(statement.entry, statement.part) for statement, _ in said}
    plain = all("order" not in statement.content for statement, _ in said)
    return len(said) == 2 and len(starts) == 2 and plain


def _record(
    item: str, code: str, said: list[tuple[Stated, End | None]], document: str
) -> FoundRecord:
    members: dict[End | str, Dict] = {}
    for statement, _ in said:
        _member(members, (statement.entry, statement.part))
    statements = []
    for statement, there in said:
        here = _member(members, (statement.entry, statement.part))
        if there == (statement.entry, statement.part):
            to = members.setdefault("itself", _new_member(there))
        else:
            to = _member(members, there if there else "unresolved")
        if "label" not in to:
            to["label"] = statement.ref
        content = {**statement.content, "at": here["id"], "to": to["id"]}
        if to["label"] != statement.ref:
            piece = {"format": FORMAT, "at": "@ref", "content": statement.ref}
            content["residue"] = [*content.get("residue", ()), piece]
        statements.append(content)
    first = said[0][0]
    for member in members.values():
        if not member.get("label"):
            member.pop("label", None)
    source = {"format": FORMAT, "document": document, "id": f"{code}:{_place(members)}"}
    record = {
        "id": new_id("r"),
        "type": item,
        "members": list(members.values()),
        "statements": statements,
        "sources": [source],
    }
    return FoundRecord("relation", record, first.line)


def _place(members: dict[End | str, Dict]) -> str:
    """What tells a relation from others of its type when the file is read again."""
    return " ".join(member.get("label", "") for member in members.values()).strip()


def _member(members: dict[End | str, Dict], end: End | str) -> Dict:
    if end not in members:
        members[end] = _new_member(end)
    return members[end]


def _new_member(end: End | str) -> Dict:
    member: Dict = {"id": new_id("z")}
    if isinstance(end, tuple):
        member["entry"] = end[0]
        if end[1]:
            member["part"] = end[1]
    return member


def _key(identifier: str) -> Key:
    if len(identifier) == 36 and _UUID.fullmatch(identifier):
        return bytes.fromhex(identifier.replace("-", ""))
    return identifier
