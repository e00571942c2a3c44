"""From relations as each end states them to relations with members, when all ends are known.

Which identifier is what lies in a temporary database on the disk, so that memory does not grow with
the file; statements of relations are kept until its end.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType

from app.domain.ids import new_id
from app.domain.project import RELATION_TYPES, ListItem
from app.formats.base import FoundRecord, Names
from app.formats.lift.entries import Stated
from app.formats.lift.values import FORMAT, Dict, nature_traits, relation_nature

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
End = tuple[str, str | None]
Key = str | bytes
Said = tuple[Stated, End | None]  # a statement, and the end that it names, if that is known
Nature = tuple[str, str]
NO_NATURES: Mapping[str, Nature] = MappingProxyType({})
# Of two directions of a tree those that stand at its parts, where no file says it.
_BACKWARD = frozenset({"whole", "generic"})


class Identifiers:
    """Which entry or sense an identifier of the file is."""

    def __init__(self) -> None:
        # an empty name: a file of its own that is gone when it is closed
        self._known = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._known.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;"
            "CREATE TABLE entries (key PRIMARY KEY, entry) WITHOUT ROWID;"
            "CREATE TABLE senses (key PRIMARY KEY, entry, sense) WITHOUT ROWID;"
            "BEGIN"
        )
        self._again: Counter[Key] = Counter()

    def add_entry(self, identifier: str, entry: str) -> int:
        """Notes an entry's identifier; tells how many entries before had it."""
        key = _key(identifier)
        if identifier and self._insert("INSERT OR IGNORE INTO entries VALUES (?, ?)", (key, entry)):
            return 0
        self._again[key] += 1
        return self._again[key] - (not identifier)

    def add_sense(self, identifier: str, entry: str, sense: str) -> bool:
        """Notes a sense's identifier; tells whether it is the first with it."""
        row = (_key(identifier), entry, sense)
        return self._insert("INSERT OR IGNORE INTO senses VALUES (?, ?, ?)", row)

    def find(self, ref: str) -> End | None:
        """The entry, or entry and sense, that a reference means."""
        key = (_key(ref),)
        query = "SELECT entry, NULL FROM entries WHERE key = ?"
        found: End | None = self._known.execute(query, key).fetchone()
        if found is None:
            query = "SELECT entry, sense FROM senses WHERE key = ?"
            found = self._known.execute(query, key).fetchone()
        return found

    def _insert(self, statement: str, row: tuple[object, ...]) -> bool:
        return self._known.execute(statement, row).rowcount > 0

    def close(self) -> None:
        """Frees the disk that it took."""
        self._known.close()


def iter_relations(
    stated: list[Stated],
    identifiers: Identifiers,
    names: Names,
    document: str,
    natures: Mapping[str, Nature] = NO_NATURES,
) -> Iterator[FoundRecord]:
    """Relations, each once, however many of its ends state it.

    Sets, sequences and trees are one relation with all their members where the file states them
    whole: a set at every member to every other, a sequence too and with the place of each in
    `order`, a tree at its whole, at its parts, or at both. What is stated otherwise is pairs.

    Args:
        natures: kind and name of the other direction of the relation types that the file describes.
    """
    by_type: dict[str, list[Stated]] = defaultdict(list)
    for statement in stated:
        by_type[statement.type].append(statement)
    backward = _backward(by_type, natures)
    done: set[str] = set()
    for name in by_type:
        code = backward.get(name, name)
        if code in done:
            continue
        done.add(code)
        back = [one for other, to in backward.items() if to == code for one in by_type[other]]
        kind = natures.get(code) or relation_nature(code)
        found = _Type(relation_type(names, code), code, identifiers, document)
        forward = code in natures or code.lower() not in _BACKWARD
        yield from found.records(by_type.get(code, []), back, kind[0], forward)


def _backward(by_type: Mapping[str, list[Stated]], natures: Mapping[str, Nature]) -> dict[str, str]:
    """Types that are the other direction of a tree, as `Whole` is of `Part`."""
    found = {}
    for code in dict.fromkeys((*natures, *by_type)):
        kind, inverse = natures.get(code) or relation_nature(code)
        forward = code in natures or code.lower() not in _BACKWARD
        if kind == "tree" and forward and inverse in by_type and inverse not in natures:
            found[inverse] = code
    return found


class _Type:
    """The relations of one type.

    Args:
        item: id of the item of the list `relation-types`.
        code: its code.
    """

    def __init__(self, item: str, code: str, identifiers: Identifiers, document: str) -> None:
        self.item, self.code, self.document = item, code, document
        self._find = identifiers.find

    def records(
        self, own: list[Stated], back: list[Stated], kind: str, forward: bool
    ) -> Iterator[FoundRecord]:
        """The relations that some statements make.

        Args:
            own: statements of the type, `back` those of its other direction.
            forward: whether it is stated at the whole of a tree.
        """
        said = [(statement, self._find(statement.ref)) for statement in own]
        if kind == "tree" and forward:
            said = yield from self._trees(said, [(one, self._find(one.ref)) for one in back])
        elif kind == "sequence":
            said = yield from self._sequences(said)
        pairs: dict[frozenset[End] | tuple[End, str], list[Said]] = {}
        for statement, there in said:
            here = _end(statement)
            key = frozenset((here, there)) if there else (here, statement.ref)
            pairs.setdefault(key, []).append((statement, there))
        for group in _sets(pairs):
            yield self._record([said for key in group for said in pairs.pop(key)])
        for left in pairs.values():
            yield self._record(left, _by_place(left) if kind == "sequence" else ())

    def _trees(self, own: list[Said], back: list[Said]) -> Generator[FoundRecord, None, list[Said]]:
        """Trees, the whole first; returns what is stated in circles or leads nowhere."""
        forward = {(_end(one), there) for one, there in own}
        whole: dict[End, list[Said]] = defaultdict(list)
        left: list[Said] = []
        for statement, there in own:
            here = _end(statement)
            if there is None or there == here or (there, here) in forward:
                left.append((statement, there))
            else:
                whole[here].append((statement, there))
        for statement, there in back:
            here = _end(statement)
            if there is None or there == here or (here, there) in forward:
                left.append((statement, there))
            else:
                whole[there].append((statement, there))
        for top, said in whole.items():
            parts = (_end(one) if there == top else there for one, there in said)
            yield self._record(said, [top, *(part for part in parts if part)])
        return left

    def _sequences(self, said: list[Said]) -> Generator[FoundRecord, None, list[Said]]:
        """Sequences in their order; returns what does not say the place of each member alike."""
        left: list[Said] = []
        for group in _connected(said):
            members = _sequence(group)
            if members:
                yield self._record(group, members)
            else:
                left += group
        return left

    def _record(self, said: list[Said], ends: Sequence[End] = ()) -> FoundRecord:
        """One relation.

        Args:
            ends: its members in their order; in that of the statements where left out.
        """
        members: dict[End | str, Dict] = {}
        for end in ends or [_end(statement) for statement, _ in said]:
            _member(members, end)
        statements = [self._statement(members, one, there) for one, there in said]
        for member in members.values():
            if not member.get("label"):
                member.pop("label", None)
        source = {
            "format": FORMAT,
            "document": self.document,
            "id": f"{self.code}:{_place(members)}",
        }
        record = {
            "id": new_id("r"),
            "type": self.item,
            "members": list(members.values()),
            "statements": statements,
            "sources": [source],
        }
        return FoundRecord("relation", record, said[0][0].line)

    def _statement(self, members: dict[End | str, Dict], said: Stated, there: End | None) -> Dict:
        here = _member(members, _end(said))
        if there == _end(said):
            to = members.setdefault("itself", _new_member(there))
        else:
            to = _member(members, there if there else "unresolved")
        if "label" not in to:
            to["label"] = said.ref
        content = {**said.content, "at": here["id"], "to": to["id"]}
        kept = []
        if to["label"] != said.ref:
            kept.append({"format": FORMAT, "at": "@ref", "content": said.ref})
        if said.type != self.code:
            kept.append({"format": FORMAT, "at": "@type", "content": said.type})
        if kept:
            content["residue"] = [*content.get("residue", ()), *kept]
        return content


def _connected(said: list[Said]) -> Iterator[list[Said]]:
    """Statements in groups that have no end in common; those that lead nowhere are alone."""
    group_of: dict[End, list[Said]] = {}
    alone: list[list[Said]] = []
    for statement, there in said:
        ends = [_end(statement), *([there] if there else [])]
        if len(ends) == 1:
            alone.append([(statement, there)])
            continue
        groups = {id(group_of[end]): group_of[end] for end in ends if end in group_of}
        joined = [one for group in groups.values() for one in group] + [(statement, there)]
        for one, other in joined:
            for end in (_end(one), other):
                if end:
                    group_of[end] = joined
    yield from {id(group): group for group in group_of.values()}.values()
    yield from alone


def _by_place(said: list[Said]) -> list[End]:
    """The ends of a pair in the order that their statements give; empty if they give none."""
    place = {there: one.content.get("order") for one, there in said if there}
    ends = {_end(one) for one, _ in said} | place.keys()
    if None in place.values() or len(ends) != len(place):
        return []
    return sorted(place, key=lambda end: place[end] or 0)


def _sequence(said: list[Said]) -> list[End]:
    """The members of a sequence that all its ends state alike; empty if they don't."""
    place: dict[End, int] = {}
    targets: dict[End, set[End]] = defaultdict(set)
    for statement, there in said:
        order = statement.content.get("order")
        if there is None or order is None or place.setdefault(there, order) != order:
            return []
        targets[_end(statement)].add(there)
    members = place.keys() | targets.keys()
    whole = all(found | {end} == members for end, found in targets.items())
    if len(set(place.values())) == len(place) == len(members) == len(targets) and whole:
        return sorted(place, key=lambda end: place[end])
    return []


def relation_type(names: Names, code: str) -> str:
    """The id of a relation type; a new one is told its nature."""
    found = names.find_item(RELATION_TYPES, code)
    if found is None:
        item: Dict = {"id": new_id("i"), "list": RELATION_TYPES, "code": code}
        item["traits"] = nature_traits(item)
        found = names.add_item(ListItem.model_validate(item))
    return found


def _sets(
    pairs: dict[frozenset[End] | tuple[End, str], list[Said]],
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


def _mutual(said: list[Said]) -> bool:
    starts = {_end(statement) for statement, _ in said}
    plain = all("order" not in statement.content for statement, _ in said)
    return len(said) == 2 and len(starts) == 2 and plain


def _end(statement: Stated) -> End:
    return statement.entry, statement.part


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
