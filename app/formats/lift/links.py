"""Relations on their way out: at which entry, form or sense each is stated, and how it is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

from lxml import etree

from app.domain.ids import uuid_of
from app.formats.base import Contents
from app.formats.lift.elements import EntryWriter, remarks_of
from app.formats.lift.values import Dict, inverse_of_item, kind_of_item
from app.formats.xml import Element

_EVERYWHERE = ("symmetric", "set")


@dataclass(slots=True)
class _Stated:
    """A relation as it is to be written at one end."""

    type: str
    to: Dict
    content: Dict


class Links:
    """The relations of a project by the entry at which they are written.

    Args:
        names: gives identifier and guid of an entry.
    """

    def __init__(
        self,
        contents: Contents,
        items: Iterable[Dict],
        writer: EntryWriter,
        names: Callable[[Dict], tuple[str, str]],
    ) -> None:
        self.warnings: list[str] = []
        self._writer = writer
        self._items = {item["id"]: item for item in items}
        self._by_entry: dict[str, dict[str | None, list[_Stated]]] = defaultdict(dict)
        self._known: dict[tuple[str, str | None], tuple[str, ...]] = {}
        wanted = self._collect(contents)
        if wanted:
            self._find(contents, wanted, names)

    def write(self, parent: Element, entry: str, part: str | None) -> None:
        """Writes the relations that an entry or a part of it states."""
        for stated in self._by_entry.get(entry, {}).get(part, ()):
            ref = self._ref(stated.to)
            if ref is None:
                self.warnings.append(
                    f"A relation “{stated.type}” was left out: it points to an entry that is not "
                    "part of this export."
                )
                continue
            self._write_one(parent, stated, ref)

    def _write_one(self, parent: Element, stated: _Stated, ref: str) -> None:
        content = stated.content
        el = etree.SubElement(parent, "relation", {"type": stated.type})
        residue = [r for r in content.get("residue", ()) if r.get("at") not in ("@ref", "@type")]
        other = _kept(content, "@ref")
        known = self._known.get(_end(stated.to), ())
        el.set("ref", other if other is not None and (other in known or not known) else ref)
        if content.get("order") is not None:
            el.set("order", str(content["order"]))
        remarks = remarks_of(content)
        self._writer.container(el, content, "usage", "usage", remarks)
        self._writer.close(el, {**content, "residue": residue}, remarks)

    def _ref(self, member: Dict) -> str | None:
        """How a member is named: as its source did while that is right, else by identifier."""
        label: str = member.get("label", "")
        if not member.get("entry"):
            return label
        known = self._known.get(_end(member))
        if not known:
            return None
        return label if label in known else known[0]

    def _collect(self, contents: Contents) -> set[tuple[str, str | None]]:
        wanted: set[tuple[str, str | None]] = set()
        for relation in contents.iter_records("relation"):
            members = {member["id"]: member for member in relation.get("members", ())}
            for at, to, content in self._statements(relation, members):
                if at.get("entry"):
                    code = self._code(relation["type"], content)
                    parts = self._by_entry[at["entry"]]
                    parts.setdefault(at.get("part"), []).append(_Stated(code, to, content))
                if to.get("entry"):
                    wanted.add(_end(to))
        self._writer.targets = {part for _, part in wanted if part}
        return wanted

    def _code(self, item: str, content: Dict) -> str:
        """The type as it is written: that of the other direction where it was read so."""
        code = self._writer.code_of(item)
        if _kept(content, "@type") is None:
            return code
        return inverse_of_item(self._items.get(item, {"code": code})) or code

    def _statements(
        self, relation: Dict, members: dict[str, Dict]
    ) -> Iterator[tuple[Dict, Dict, Dict]]:
        """Who says it to whom: as it was read, and as its type wants for members that are new."""
        said = {
            (one["at"], one["to"], place): one
            for place, one in enumerate(relation.get("statements", ()))
            if one["at"] in members and one["to"] in members
        }
        known = {end for at, to, _ in said for end in (at, to)}
        kind = kind_of_item(self._items.get(relation["type"], {"code": ""}))
        own = ("traits", "fields")
        made: Dict = {} if said else {key: relation[key] for key in own if key in relation}
        if kind == "sequence" and _is_moved(said, list(members)):
            before = {(at, to): one for (at, to, _), one in said.items()}
            places = {member: place for place, member in enumerate(members, 1)}
            for at, to in permutations(members, 2):
                statement = {**before.get((at, to), made), "order": places[to]}
                yield members[at], members[to], statement
            return
        for (at, to, _), statement in said.items():
            yield members[at], members[to], statement
        pairs = list(permutations(members, 2))
        if kind not in _EVERYWHERE:
            pairs = pairs[: max(0, len(members) - 1)]
        for at, to in pairs:
            if not {at, to} <= known:
                yield members[at], members[to], made

    def _find(
        self,
        contents: Contents,
        wanted: set[tuple[str, str | None]],
        names: Callable[[Dict], tuple[str, str]],
    ) -> None:
        entries = {entry for entry, _ in wanted}
        for iterate in (contents.iter_records, contents.iter_deleted):
            for content in iterate("entry"):
                if content["id"] in entries:
                    self._known[content["id"], None] = tuple(n for n in names(content) if n)
                    for sense in _senses(content):
                        if (content["id"], sense["id"]) in wanted:
                            name = sense.get("source_id") or str(uuid_of(sense["id"]))
                            self._known[content["id"], sense["id"]] = (name,)


def _senses(content: Dict) -> Iterator[Dict]:
    for sense in content.get("senses", ()):
        yield sense
        yield from _senses(sense)


def _is_moved(said: dict[tuple[str, str, int], Dict], members: list[str]) -> bool:
    """Whether the members of a sequence are others than, or stand otherwise than, is stated."""
    places = {to: one["order"] for (_, to, _), one in said.items() if "order" in one}
    known = {end for at, to, _ in said for end in (at, to)}
    stated = [places[member] for member in members if member in places]
    return not known >= set(members) or stated != sorted(stated)


def _kept(content: Dict, at: str) -> str | None:
    """What a source wrote at a place of a statement that no field holds."""
    pieces = content.get("residue", ())
    return next((str(one["content"]) for one in pieces if one.get("at") == at), None)


def _end(member: Dict) -> tuple[str, str | None]:
    return member.get("entry") or "", member.get("part")
