"""What all records have in common: order, notes, own fields, media, access, sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from app.rdf.reader.source import Node, Source, Subject, natural
from app.rdf.reader.tongues import Tongues
from app.rdf.terms import hidden

Content = dict[str, Any]


class Parts:
    """Reads the parts that records are made of."""

    def __init__(self, source: Source, tongues: Tongues) -> None:
        self.source, self.tongues = source, tongues

    def members(self, node: Node, *names: str) -> list[Node]:
        """The members of a list in their order."""
        found = [self.source.node(key) for key in node.things(*names)]
        return sorted(found, key=lambda one: (one.number("life:place") or 0, natural(one.iri)))

    def extensible(self, node: Node) -> Content:
        """Own fields, traits, annotations and dates."""
        made: Content = {}
        for key, name in (("created", "dct:created"), ("modified", "dct:modified")):
            made |= filled(**{key: node.said(name)})
        made |= filled(
            fields=[self._field(one) for one in self.members(node, "life:hasField")],
            traits=self.traits(node, "life:hasTrait"),
            annotations=[self._annotation(one) for one in self.members(node, "life:hasAnnotation")],
        )
        return made

    def traits(self, node: Node, name: str) -> list[Content]:
        """Properties with values."""
        return [
            {
                "id": self.tongues.id(one.key, "t"),
                "name": one.said("life:name"),
                "value": one.said("rdf:value"),
            }
            for one in self.members(node, name)
        ]

    def notes(self, node: Node) -> list[Content]:
        """Notes; where they are no things of their own, their bare texts."""
        tongues = self.tongues
        made = [
            {
                "id": tongues.id(one.key, "n"),
                **filled(
                    text=tongues.text(one.literals("rdf:value")), type=self.item(one, "dct:type")
                ),
                **self.extensible(one),
            }
            for one in self.members(node, "life:hasNote")
        ]
        if not made:
            plain = tongues.text(node.literals("skos:note", "skos:scopeNote"), joined="\n")
            if plain:
                made = [{"id": self.derived(node, "note", "n"), "text": plain}]
        return made

    def translations(self, node: Node) -> list[Content]:
        """Translations with a type."""
        return [
            {
                "id": self.tongues.id(one.key, "t"),
                **filled(
                    type=self.item(one, "dct:type"),
                    text=self.tongues.text(one.literals("rdf:value")),
                ),
            }
            for one in self.members(node, "life:hasTranslation")
        ]

    def media(self, node: Node, name: str) -> list[Content]:
        """Pictures and recordings."""
        found = [one for one in self.members(node, name) if one.is_a("life:Media")]
        return [
            {
                "id": self.tongues.id(one.key, "m"),
                **filled(
                    href=one.said("life:fileName"),
                    file=one.said("life:file"),
                    label=self.tongues.text(one.literals("rdfs:label")),
                    access=self.access(one),
                ),
            }
            for one in found
        ]

    def access(self, node: Node) -> Content | None:
        """Who may read it, where that is said."""
        for one in node.things("dct:accessRights"):
            level = one.value.rpartition("#")[2]
            if level in ("public", "members", "groups"):
                groups = sorted(found.value for found in node.literals("life:group"))
                return {"level": level, **filled(groups=groups)}
        return None

    def record(self, node: Node) -> Content:
        """What every record has: access, sources, own fields."""
        sources = [
            {
                "format": one.said("dct:format"),
                **filled(
                    document=self.pointer(one, "prov:entity", "d"),
                    id=hidden(one.said("dct:identifier")),
                    guid=one.said("life:guid"),
                    occurrence=one.number("life:occurrence"),
                ),
            }
            for one in self.members(node, "prov:qualifiedDerivation")
        ]
        return filled(access=self.access(node), sources=sources) | self.extensible(node)

    def item(self, node: Node, name: str) -> str | None:
        """The item of a list that something points at."""
        return self.pointer(node, name, "i")

    def pointer(self, node: Node, name: str, letter: str) -> str | None:
        """The id of what something points at."""
        found = node.thing(name)
        return None if found is None else self.tongues.id(found, letter)

    def derived(self, node: Node, name: str, letter: str) -> str:
        """A lasting id for a part that has no IRI."""
        return self.tongues.id(_part_of(node.key, name), letter)

    def _field(self, node: Node) -> Content:
        text = self.tongues.text(node.literals("rdf:value"))
        made = {"id": self.tongues.id(node.key, "f"), "type": node.said("life:name")}
        return made | filled(text=text) | self.extensible(node)

    def _annotation(self, node: Node) -> Content:
        value = node.literals("rdf:value")
        made: Content = {"id": self.tongues.id(node.key, "a"), "name": node.said("life:name")}
        if value:
            made["value"] = value[0].value
        return made | filled(
            who=node.said("life:who"),
            when=node.said("dct:date"),
            text=self.tongues.text(node.literals("rdfs:comment")),
            on=node.said("life:on"),
        )


def filled(**fields: Any) -> Content:
    """The fields that hold something.

    >>> filled(a="x", b="", c=0, d=[])
    {'a': 'x', 'c': 0}
    """
    return {key: value for key, value in fields.items() if value is not None and value != ""
            and value != [] and value != {}}  # fmt: skip


def chain(items: Iterable[Node], following: str) -> list[Node]:
    """Things in the order in which each says what follows it; loose ones by their IRIs."""
    known = {one.key: one for one in items}
    after = {key: one.thing(following) for key, one in known.items()}
    pointed = {key for key in after.values() if key is not None}
    made: list[Node] = []
    seen: set[Subject] = set()
    starts = sorted(known, key=lambda key: (key in pointed, natural(key.value)))
    for start in starts:
        key: Subject | None = start
        while key is not None and key in known and key not in seen:
            seen.add(key)
            made.append(known[key])
            key = after[key]
    return made


def _part_of(key: Subject, name: str) -> Subject:
    if isinstance(key, ox.BlankNode):
        return ox.BlankNode(key.value + "".join(filter(str.isalnum, name)))
    sign = "-" if "#" in key.value else "#"
    return ox.NamedNode(f"{key.value}{sign}{name}")
