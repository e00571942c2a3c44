"""Relations as triples: vartrans, LexInfo where it has the relation, decomp for components.

A relation of two ends is one of vartrans; one of more ends is the program's own, with its ends in
order. Where LexInfo has the relation and both ends are of its level, they are related directly.

Source: W3C OntoLex-Lemon 2016, vartrans and decomp; lexicog 2019 for subentries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.rdf.context import Context
from app.rdf.lexicon import PLACE
from app.rdf.namespaces import DECOMP, LEXICOG, RDF, RDFS, SKOS, VARTRANS
from app.rdf.sheet import Sheet
from app.rdf.terms import Iri, Triple, integer, segment

Content = Mapping[str, Any]
COMPONENT = "_component-lexeme"
_SUBENTRY = frozenset({"subentry", "main"})
_PRIMARY = "is-primary"


@dataclass(frozen=True)
class End:
    """One end of a relation.

    Attributes:
        id: of the member.
        entry: the entry; `iri` the entry, sense or form that is meant.
        level: `entry`, `sense` or `form`.
    """

    id: str
    entry: Iri
    iri: Iri
    level: str


def relation_triples(relation: Content, context: Context) -> list[Triple]:
    """The triples of a relation."""
    return _Relation(relation, context).write()


class _Relation(Sheet):
    """The sheet of a relation."""

    __slots__ = ("ends",)

    def write(self) -> list[Triple]:
        """Writes the relation, then what it makes true of its ends."""
        self.ends = [end for end in map(self._end, self.record.get("members") or ()) if end]
        self.whole()
        self.add(self.iri, RDF.type, self.life.Relation)
        self.points(self.iri, self.life.relationType, self.record.get("type"))
        self._members()
        self._statements()
        code = self.context.relation_code(self.record.get("type") or "")
        if code == COMPONENT:
            self._components()
        elif len(self.ends) > 1:
            self._reify()
            self._relate()
        if code in _SUBENTRY:
            self._subentries(code)
        return self.triples

    def _end(self, member: Content) -> End | None:
        if not member.get("entry"):
            return None
        entry = self.context.record(member["entry"])
        part = member.get("part")
        if not part:
            return End(member["id"], entry, entry, "entry")
        level = "sense" if part.startswith("s_") else "form"
        return End(member["id"], entry, Iri(f"{entry}#{segment(part)}"), level)

    def _members(self) -> None:
        ends = {end.id: end for end in self.ends}
        for place, member in enumerate(self.record.get("members") or (), 1):
            node = self.part(member["id"])
            self.add(self.iri, self.life.member, node)
            self.sequence_at(self.iri, place, node)
            self.add(node, RDF.type, self.life.RelationMember)
            if member["id"] in ends:
                self.add(node, self.life.end, ends[member["id"]].iri)
            self.said(node, RDFS.label, member.get("label"))

    def _statements(self) -> None:
        for node, one in self.in_order(self.record.get("statements") or ()):
            self.add(self.iri, self.life.statement, node)
            self.add(node, RDF.type, self.life.RelationStatement)
            self.add(node, self.life.at, self.part(one["at"]))
            self.add(node, self.life.to, self.part(one["to"]))
            if one.get("order") is not None:
                self.add(node, self.life.number, integer(one["order"]))
            self.texts(node, SKOS.note, one.get("usage"))
            self.extensible(node, one)

    def _reify(self) -> None:
        """The relation in vartrans, which knows relations of two ends only."""
        levels = {end.level for end in self.ends}
        related = [end.entry if end.level == "form" else end.iri for end in self.ends]
        if len(set(related)) != 2 or len(related) != 2:
            return
        kind = VARTRANS.LexicoSemanticRelation
        if levels == {"sense"}:
            kind = VARTRANS.SenseRelation
        elif "sense" not in levels:
            kind = VARTRANS.LexicalRelation
        self.add(self.iri, RDF.type, kind)
        for one in related:
            self.add(self.iri, VARTRANS.relates, one)
        if self._is_directed():
            self.add(self.iri, VARTRANS.source, related[0])
            self.add(self.iri, VARTRANS.target, related[1])
        category = self._category()
        if category is not None:
            self.add(self.iri, VARTRANS.category, category)

    def _category(self) -> Iri | None:
        item = self.record.get("type")
        known = self.context.relation_type(item or "")
        if known is not None:
            return known.property
        return self.context.record(item) if item else None

    def _relate(self) -> None:
        """The ends directly."""
        known = self.context.relation_type(self.record.get("type") or "")
        for one, other in self._pairs():
            if one.iri == other.iri:
                continue
            if known is not None and one.level == other.level == known.level:
                self.add(one.iri, known.property, other.iri)
                if known.inverse is not None:
                    self.add(other.iri, known.inverse, one.iri)
            elif one.level == other.level == "sense":
                self.add(one.iri, VARTRANS.senseRel, other.iri)
            elif one.level == other.level == "entry":
                self.add(one.iri, VARTRANS.lexicalRel, other.iri)

    def _pairs(self) -> Iterator[tuple[End, End]]:
        """The first end with each other one; all with all where they are alike."""
        if self._is_directed():
            yield from ((self.ends[0], end) for end in self.ends[1:])
            return
        for place, one in enumerate(self.ends):
            yield from ((one, other) for other in self.ends[place + 1 :])

    def _is_directed(self) -> bool:
        return self.context.is_directed(self.record.get("type") or "")

    def _components(self) -> None:
        """What a complex form, the first end, is made of; in order as it states it."""
        if len(self.ends) < 2:
            return
        whole = self.ends[0]
        orders = {one["to"]: one.get("order") for one in self.record.get("statements") or ()}
        for place, end in enumerate(self.ends[1:]):
            order = orders.get(end.id)
            node = self.part(f"{end.id}-component")
            self.add(whole.entry, DECOMP.subterm, end.entry)
            self.add(whole.entry, DECOMP.constituent, node)
            self.add(node, RDF.type, DECOMP.Component)
            self.add(node, DECOMP.correspondsTo, end.entry)
            if order is None or order >= 0:
                self.sequence_at(whole.entry, (place if order is None else order) + 1, node)
            if self._is_primary():
                self._subentry(end, whole)

    def _is_primary(self) -> bool:
        said = (self.record, *(self.record.get("statements") or ()))
        traits = (trait for one in said for trait in one.get("traits") or ())
        return any(one["name"] == _PRIMARY and one["value"].lower() == "true" for one in traits)

    def _subentries(self, code: str) -> None:
        """Entries that stand below another one in the dictionary."""
        for end in self.ends[1:]:
            pair = (self.ends[0], end) if code == "subentry" else (end, self.ends[0])
            self._subentry(*pair)

    def _subentry(self, main: End, below: End) -> None:
        if main.entry != below.entry:
            above = Iri(f"{main.entry}#{PLACE}")
            self.add(above, LEXICOG.subComponent, Iri(f"{below.entry}#{PLACE}"))
