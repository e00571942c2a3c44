"""Texts as triples: Ligt 0.3 for their structure, NIF for places in the baseline.

An utterance's triples hold all that it says; its place in the text is its rank there. Which
utterance follows which is written by `order_triples`, as it depends on the others.

Source: Ligt 0.3 (2023) with `gloss`, `translation` and `utterance`, which published data use;
NIF core 2; W3C Media Fragments URI 1.0; PROV-O; FrAC draft for attestations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from app.domain.text import plain
from app.rdf.context import NONE, Context
from app.rdf.namespaces import DCT, FOAF, LIGT, NIF, PROV, RDF, RDFS
from app.rdf.sheet import Sheet
from app.rdf.terms import Iri, Literal, Triple, boolean, clean, date, decimal, plain_number
from app.rdf.words import Words

Content = Mapping[str, Any]
UTTERANCES = "utterances"
CORPUS = "corpus"
SENTENCES = "sentences"


def text_triples(text: Content, context: Context) -> list[Triple]:
    """The triples of a text without those of its utterances."""
    return _Text(text, context).write()


def utterance_triples(utterance: Content, context: Context) -> list[Triple]:
    """The triples of an utterance with its words, morphs and groups."""
    return _Utterance(utterance, context).write()


def order_triples(utterances: Iterable[str], context: Context) -> Iterator[Triple]:
    """Which utterance of a text follows which.

    Args:
        utterances: ids in the order of (rank, id).
    """
    for one, following in pairwise(utterances):
        yield context.record(one), LIGT.nextSegment, context.record(following)


def order_graph(text: str, context: Context) -> Iri:
    """The name of the graph in which the order of a text's utterances lies."""
    return context.part(text, "order")


class _Speech(Sheet):
    """What texts and utterances have in common."""

    __slots__ = ()

    def speaker(self, subject: Iri, person: str | None) -> None:
        """Writes who speaks, if they agreed to be named in what is published."""
        label = self.context.people.get(person or "")
        if not person or label is None:
            return
        who = self.context.record(person)
        self.add(subject, self.life.speaker, who)
        self.add(subject, PROV.wasAttributedTo, who)
        self.add(who, RDF.type, PROV.Person)
        self.add(who, RDF.type, FOAF.Person)
        self.said(who, FOAF.name, label)


class _Text(_Speech):
    """The sheet of a text."""

    __slots__ = ()

    def write(self) -> list[Triple]:
        """Writes the text, its paragraphs and recordings."""
        text = self.record
        self.whole()
        self.add(self.iri, RDF.type, LIGT.InterlinearText)
        corpus, utterances = self.context.of_project(CORPUS), self.part(UTTERANCES)
        self.add(corpus, LIGT.hasText, self.iri)
        self.add(corpus, LIGT.hasUtterances, utterances)
        self.add(utterances, RDF.type, LIGT.InterlinearCollection)
        self.texts(self.iri, DCT.title, text.get("title"))
        self.texts(self.iri, DCT.alternative, text.get("abbreviation"))
        self.texts(self.iri, DCT.source, text.get("source"))
        self.texts(self.iri, DCT.description, text.get("description"))
        self.points(self.iri, DCT.type, text.get("genre"))
        self.points(self.iri, self.life.status, text.get("status"))
        for person in text.get("speakers") or ():
            self.speaker(self.iri, person)
        if text.get("date"):
            self.add(self.iri, DCT.date, date(text["date"]))
        self.media(self.iri, self.life.recording, text.get("media"))
        self._default_recording()
        self.notes(self.iri, text.get("notes"))
        self._paragraphs()
        return self.triples

    def _default_recording(self) -> None:
        """Which recording is meant where an utterance's time names none: the first."""
        found = self.record.get("media") or ()
        if found:
            recording = Iri(f"{self.iri}/recording")
            self.add(recording, DCT.isVersionOf, self.context.record(found[0]["id"]))

    def _paragraphs(self) -> None:
        nodes = [self.part(one["id"]) for one in self.record.get("paragraphs") or ()]
        for node in nodes:
            self.add(self.iri, LIGT.hasSubSegment, node)
            self.add(node, RDF.type, LIGT.Paragraph)
        for one, following in pairwise(nodes):
            self.add(one, LIGT.nextSegment, following)


class _Utterance(_Speech):
    """The sheet of an utterance."""

    __slots__ = ()

    def write(self) -> list[Triple]:
        """Writes the utterance as a whole, then its words."""
        line = self.record
        self.whole()
        self.add(self.iri, RDF.type, LIGT.Utterance)
        self._stand()
        self._baseline()
        self.texts(self.iri, LIGT.translation, line.get("translation"))
        self.texts(self.iri, self.life.literalTranslation, line.get("literal"))
        self.translations(self.iri, line.get("translations"))
        self.said(self.iri, DCT.identifier, line.get("label"))
        self.said(self.iri, DCT.bibliographicCitation, line.get("source"))
        self.points(self.iri, self.life.status, line.get("status"))
        self.speaker(self.iri, line.get("speaker"))
        self.time(self.iri, "time", line.get("time"))
        self.notes(self.iri, line.get("notes"))
        Words(self, self.speaker, self.time).write()
        return self.triples

    def _stand(self) -> None:
        """Where in a text it stands, if in one."""
        line, context = self.record, self.context
        text, paragraph = line.get("text"), line.get("paragraph")
        if not text:
            sentences = context.of_project(SENTENCES)
            self.add(sentences, LIGT.utterance, self.iri)
            self.add(sentences, LIGT.hasSubSegment, self.iri)
        else:
            self.add(context.part(text, UTTERANCES), LIGT.utterance, self.iri)
            self.add(context.part(text, UTTERANCES), LIGT.hasSubSegment, self.iri)
            self.points(self.iri, DCT.isPartOf, text)
            above = context.part(text, paragraph) if paragraph else context.record(text)
            self.add(above, LIGT.hasSubSegment, self.iri)
        self.said(self.iri, self.life.rank, line.get("rank"))

    def _baseline(self) -> None:
        for code, value in (self.record.get("baseline") or NONE).items():
            bare = clean(plain(value))
            if not bare:
                continue
            tag = self.context.tag(code)
            self.add(self.iri, RDFS.label, Literal(bare, tag))
            line = self.part(f"baseline-{code}")
            self.add(self.iri, self.life.baseline, line)
            self.add(line, RDF.type, NIF.Context)
            self.add(line, NIF.isString, Literal(bare))
            self.add(line, self.life.tag, Literal(tag))

    def time(self, subject: Iri, name: str, time: Content | None) -> None:
        """Writes a stretch of a recording.

        Args:
            name: of the node that says more of it.
        """
        if not time:
            return
        node, life = self.part(name), self.life
        self.add(subject, life.hasTime, node)
        self.add(node, RDF.type, life.TimeSpan)
        self.add(node, life.start, decimal(time["start"]))
        self.add(node, life.endTime, decimal(time["end"]))
        if time.get("estimated"):
            self.add(node, life.estimated, boolean(True))
        recording = self._recording(time)
        self.add(node, life.recording, recording)
        span = f"t={plain_number(time['start'])},{plain_number(time['end'])}"
        self.add(subject, life.mediaFragment, Iri(f"{recording}#{span}"))

    def _recording(self, time: Content) -> Iri:
        """The recording that is meant: the one named, that of the utterance, that of the text."""
        named = time.get("recording") or (self.record.get("time") or NONE).get("recording")
        if named:
            return self.context.record(named)
        whole = self.record.get("text") or self.id
        return Iri(f"{self.context.record(whole)}/recording")
