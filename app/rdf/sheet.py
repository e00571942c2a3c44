"""A sheet on which the triples of one record are written, with what all records have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.domain.text import plain
from app.rdf import tags
from app.rdf.context import NONE, Context, record_id
from app.rdf.namespaces import DCMITYPE, DCT, PROV, RDF, RDFS, SKOS, numbered
from app.rdf.terms import Iri, Literal, Term, Triple, clean, date, integer, segment, shown, string

Content = Mapping[str, Any]
_STILL = frozenset(["png", "jpg", "jpeg", "gif", "webp", "tif", "tiff", "bmp", "svg", "heic"])
_MOVING = frozenset(["mp4", "mov", "avi", "mkv", "mpg", "mpeg", "webm", "m4v", "mts"])


class Sheet:
    """Collects the triples of a record.

    Args:
        record: the record, stored or as content.

    Attributes:
        iri: the record's.
        triples: what was written.
    """

    __slots__ = ("_prefix", "context", "id", "iri", "life", "record", "triples")

    def __init__(self, record: Content, context: Context) -> None:
        self.record, self.context = record, context
        self.id = record_id(record)
        self.iri = context.record(self.id)
        self.life = context.life
        self._prefix = f"{self.iri}#"
        self.triples: list[Triple] = []

    def add(self, subject: Iri, predicate: Iri, value: Term) -> None:
        """Writes a triple."""
        self.triples.append((subject, predicate, value))

    def part(self, name: str) -> Iri:
        """A part of the record, by its id."""
        return Iri(self._prefix + segment(name))

    def texts(self, subject: Iri, predicate: Iri, text: Content | None) -> bool:
        """Writes each value of a text; tells whether there was any."""
        wrote = False
        for code, value in (text or NONE).items():
            bare = clean(value if type(value) is str else plain(value))
            if bare:
                literal = Literal(bare, self.context.tag(code))
                self.triples.append((subject, predicate, literal))
                wrote = True
        return wrote

    def representations(self, form: Iri, written: Iri, phonetic: Iri, text: Content | None) -> bool:
        """Writes a form: in the phonetic alphabet also as that, recordings by their names.

        Returns:
            Whether anything is written.
        """
        wrote = False
        for code, value in (text or NONE).items():
            bare = clean(plain(value))
            if not bare:
                continue
            tag = self.context.tag(code)
            literal = Literal(bare, tag)
            if tags.is_spoken(tag):
                self.add(form, self.life.recordedRep, literal)
                continue
            self.add(form, written, literal)
            wrote = True
            if tags.is_phonetic(tag):
                self.add(form, phonetic, literal)
        return wrote

    def said(self, subject: Iri, predicate: Iri, value: Any) -> None:
        """Writes a bare string, if it is not empty."""
        if value and (bare := clean(str(value))):
            self.add(subject, predicate, Literal(bare))

    def points(self, subject: Iri, predicate: Iri, record: str | None) -> None:
        """Writes a pointer to another record, if there is one."""
        if record:
            self.add(subject, predicate, self.context.record(record))

    def in_order(self, members: Sequence[Content]) -> Iterable[tuple[Iri, Content]]:
        """The members of a list with their IRIs; their order is written."""
        several = len(members) > 1
        for place, member in enumerate(members, 1):
            subject = self.part(member["id"])
            if several:
                self.add(subject, self.life.place, integer(place))
            yield subject, member

    def sequence(self, subject: Iri, members: Iterable[Term]) -> None:
        """Writes `rdf:_1`, `rdf:_2` ..."""
        for place, member in enumerate(members, 1):
            self.add(subject, numbered(place), member)

    def sequence_at(self, subject: Iri, place: int, member: Term) -> None:
        """Writes one member of a sequence, `rdf:_1` for the first."""
        self.add(subject, numbered(place), member)

    def extensible(self, subject: Iri, content: Content) -> None:
        """Writes own fields, traits, annotations and dates."""
        if content.get("created"):
            self.add(subject, DCT.created, date(content["created"]))
        if content.get("modified"):
            self.add(subject, DCT.modified, date(content["modified"]))
        for name in ("fields", "traits", "annotations"):
            if content.get(name):
                getattr(self, f"_{name}")(subject, content[name])

    def notes(self, subject: Iri, notes: Sequence[Content] | None) -> None:
        """Writes notes: their text for all to read, and each as a thing of its own."""
        for node, note in self.in_order(notes or ()):
            self.add(subject, self.life.hasNote, node)
            self.add(node, RDF.type, self.life.Note)
            self.texts(subject, SKOS.note, note.get("text"))
            self.texts(node, RDF.value, note.get("text"))
            self.points(node, DCT.type, note.get("type"))
            self.extensible(node, note)

    def translations(self, subject: Iri, found: Sequence[Content] | None) -> None:
        """Writes translations, each as a thing of its own."""
        for node, one in self.in_order(found or ()):
            self.add(subject, self.life.hasTranslation, node)
            self.add(node, RDF.type, self.life.Translation)
            self.texts(node, RDF.value, one.get("text"))
            self.points(node, DCT.type, one.get("type"))

    def media(self, subject: Iri, predicate: Iri, found: Sequence[Content] | None) -> None:
        """Writes pictures and recordings."""
        several = len(found or ()) > 1
        for place, one in enumerate(found or (), 1):
            node = self.context.record(one["id"])
            self.add(subject, predicate, node)
            self.add(node, RDF.type, _media_type(str(one.get("href") or "")))
            self.add(node, RDF.type, self.life.Media)
            self.add(node, DCT.isPartOf, self.iri)
            if several:
                self.add(node, self.life.place, integer(place))
            self.said(node, self.life.fileName, one.get("href"))
            self.said(node, self.life.file, one.get("file"))
            self.texts(node, RDFS.label, one.get("label"))
            self.access(node, one.get("access"))

    def whole(self) -> None:
        """Writes what every record says of itself: whence it is, who may read it, own fields."""
        content = self.record
        self.add(self.iri, DCT.isPartOf, self.context.project_iri)
        for place, source in enumerate(content.get("sources") or (), 1):
            self._source(place, source)
        self.access(self.iri, content.get("access"))
        self.extensible(self.iri, content)

    def access(self, subject: Iri, access: Content | None) -> None:
        """Writes who may read something, where not everybody may."""
        level = (access or NONE).get("level", "members") if access else "public"
        if level == "public":
            if access:
                self.add(subject, DCT.accessRights, self.life.public)
            return
        self.add(subject, DCT.accessRights, self.life.term(str(level)))
        for group in (access or NONE).get("groups") or ():
            self.said(subject, self.life.group, group)

    def _source(self, place: int, source: Content) -> None:
        node = self.part(f"source-{place}")
        self.add(self.iri, PROV.qualifiedDerivation, node)
        self.add(node, RDF.type, PROV.Derivation)
        document = source.get("document")
        if document:
            self.points(node, PROV.entity, document)
            self.points(self.iri, PROV.wasDerivedFrom, document)
        self.said(node, DCT.format, source.get("format"))
        self.said(node, DCT.identifier, shown(str(source.get("id") or "")))
        self.said(node, self.life.guid, source.get("guid"))
        if place > 1:
            self.add(node, self.life.place, integer(place))
        if source.get("occurrence"):
            self.add(node, self.life.occurrence, integer(source["occurrence"]))

    def _fields(self, subject: Iri, fields: Sequence[Content]) -> None:
        for node, one in self.in_order(fields):
            self.add(subject, self.life.hasField, node)
            self.add(node, RDF.type, self.life.OwnField)
            self.said(node, self.life.name, one.get("type"))
            self.texts(node, RDF.value, one.get("text"))
            self.extensible(node, one)

    def _traits(self, subject: Iri, traits: Sequence[Content]) -> None:
        self.traits(subject, self.life.hasTrait, traits)

    def traits(self, subject: Iri, predicate: Iri, traits: Sequence[Content]) -> None:
        """Writes properties with values."""
        for node, one in self.in_order(traits):
            self.add(subject, predicate, node)
            self.add(node, RDF.type, self.life.Trait)
            self.said(node, self.life.name, one.get("name"))
            self.add(node, RDF.value, string(str(one.get("value") or "")))

    def _annotations(self, subject: Iri, annotations: Sequence[Content]) -> None:
        for node, one in self.in_order(annotations):
            self.add(subject, self.life.hasAnnotation, node)
            self.add(node, RDF.type, self.life.Annotation)
            self.said(node, self.life.name, one.get("name"))
            if one.get("value") is not None:
                self.add(node, RDF.value, string(str(one["value"])))
            self.said(node, self.life.who, one.get("who"))
            self.said(node, self.life.on, one.get("on"))
            if one.get("when"):
                self.add(node, DCT.date, date(str(one["when"])))
            self.texts(node, RDFS.comment, one.get("text"))


def _media_type(name: str) -> Iri:
    suffix = name.rpartition(".")[2].lower()
    if suffix in _STILL:
        return DCMITYPE.StillImage
    return DCMITYPE.MovingImage if suffix in _MOVING else DCMITYPE.Sound
