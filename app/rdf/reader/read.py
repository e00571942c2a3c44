"""What an RDF file holds, as records of a project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.rdf.reader.lexicon import LexiconReader
from app.rdf.reader.parts import Parts, filled
from app.rdf.reader.source import Node, Source, open_source
from app.rdf.reader.texts import TextReader
from app.rdf.reader.tongues import Names, Tongues

Content = dict[str, Any]
__all__ = ["Found", "Names", "read_graph"]


@dataclass(frozen=True)
class Found:
    """A record in a file.

    Attributes:
        kind: key of `app.domain.kinds.KINDS`.
        content: as the model of that kind dumps it without defaults.
        own: whether it comes from a description of our own making.
    """

    kind: str
    content: Content
    own: bool = False


def read_graph(path: Path, names: Names) -> Iterator[Found]:
    """Streams the records of a file: the project, lists and persons before what points at them.

    Raises:
        Unreadable: see `app.rdf.reader.source.open_source`.
    """
    with open_source(path) as source:
        tongues = Tongues(source, names)
        own = source.has_type("life:Project")
        if own:
            yield from _described(source, tongues)
        lexicon, texts = LexiconReader(source, tongues), TextReader(source, tongues)
        yield from (Found("entry", one, own) for one in lexicon.entries())
        yield from (Found("relation", one, own) for one in lexicon.relations())
        for text, lines in texts.texts():
            if text:
                yield Found("text", text, own)
            yield from (Found("utterance", one, own) for one in lines)


def _described(source: Source, tongues: Tongues) -> Iterator[Found]:
    """The project itself, its lists, own fields, sources and the people whom it names."""
    reader = _Lists(source, tongues)
    for key in source.of_type("life:Project"):
        yield Found("project", reader.project(source.node(key)), True)
    for kind, names, read in (
        ("item", ("skos:Concept",), reader.item_),
        ("field", ("life:FieldDefinition",), reader.definition),
        ("document", ("prov:Entity",), reader.document),
        ("person", ("foaf:Person",), reader.person),
    ):
        for key in source.of_type(*names):
            node = source.node(key)
            if kind != "item" or node.said("skos:notation"):
                yield Found(kind, read(node), True)


class _Lists(Parts):
    """Reads what our own description of a project says of it."""

    def project(self, node: Node) -> Content:
        """The project."""
        kept = ("id", "tag", "name", "abbreviation", "direction", "vernacular", "analysis")
        systems = [{key: one[key] for key in kept} for one in self.tongues.own]
        languages = [
            {
                "id": one.said("skos:notation"),
                "name": one.said("rdfs:label"),
                **filled(
                    tag=one.said("life:writtenTag"),
                    iso639_3=one.said("life:iso639"),
                    glottocode=one.said("life:glottocode"),
                ),
            }
            for one in self.members(node, "life:objectLanguage")
        ]
        licence = node.thing("dct:license")
        rights = node.said("dct:rights") or (licence.value if licence is not None else "")
        return {
            "id": self.tongues.id(node.key, "p"),
            "slug": node.said("life:slug"),
            "title": node.said("dct:title"),
            **filled(
                description=node.said("dct:description"),
                citation=node.said("dct:bibliographicCitation"),
                licence=rights,
                visibility=node.said("life:visibility"),
                writing_systems=systems,
                languages=languages,
            ),
        }

    def item_(self, node: Node) -> Content:
        """An item of a list."""
        scheme = node.thing("skos:inScheme")
        name = self.source.node(scheme).said("skos:notation") if scheme is not None else ""
        parents = [
            one for one in node.things("skos:broader") if self.source.node(one).is_a("skos:Concept")
        ]
        tied = node.thing("life:tiedTo")
        return {
            "id": self.tongues.id(node.key, "i"),
            "list": name,
            "code": node.said("skos:notation"),
            **self.record(node),
            **filled(
                name=self.tongues.text(node.literals("skos:prefLabel")),
                abbreviation=self.tongues.text(node.literals("life:abbreviation")),
                description=self.tongues.text(node.literals("skos:definition")),
                parent=self.tongues.id(parents[0], "i") if parents else None,
                rank=node.number("life:place"),
                iri=tied.value if tied is not None else "",
            ),
        }

    def definition(self, node: Node) -> Content:
        """The definition of an own field."""
        levels = sorted(one.value for one in node.literals("life:level"))
        return {
            "id": self.tongues.id(node.key, "f"),
            "code": node.said("life:name"),
            **self.record(node),
            **filled(
                name=self.tongues.text(node.literals("rdfs:label")),
                description=self.tongues.text(node.literals("rdfs:comment")),
                levels=levels if levels != ["entry"] else None,
                kind=node.said("life:kind").removeprefix("multitext"),
                list=node.said("life:list"),
            ),
        }

    def document(self, node: Node) -> Content:
        """A file that was imported."""
        return {
            "id": self.tongues.id(node.key, "d"),
            "format": node.said("dct:format"),
            "name": node.said("dct:title"),
            **self.record(node),
            **filled(version=node.said("dct:hasVersion"), producer=node.said("life:producer")),
        }

    def person(self, node: Node) -> Content:
        """Somebody who is named; what they agreed to is not in the file."""
        label = node.said("foaf:name")
        return {"id": self.tongues.id(node.key, "h"), "name": label or "?", **filled(label=label)}
