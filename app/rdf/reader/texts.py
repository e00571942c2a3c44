"""Texts, utterances, words and morphs from Ligt, of any version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from app.domain.ranks import spread
from app.domain.text import first_plain
from app.rdf.reader.parts import Parts, chain, filled
from app.rdf.reader.source import Node, Source, Subject, natural, short
from app.rdf.reader.tongues import Tongues, is_own

Content = dict[str, Any]
TEXTS = ("ligt:InterlinearText",)
_HOLDERS = ("ligt:hasSubSegment", "ligt:subSegment", "ligt:utterance", "ligt:hasUtterances")
_JOINS = {"ligt:Suffix": ("-", ""), "ligt:Prefix": ("", "-"), "ligt:Enclitic": ("=", "")}


class TextReader(Parts):
    """Reads texts and utterances."""

    def __init__(self, source: Source, tongues: Tongues) -> None:
        super().__init__(source, tongues)
        self._paragraph: dict[Subject, str] = {}
        self._text: dict[Subject, Subject] = {}

    def texts(self) -> Iterator[tuple[Content, list[Content]]]:
        """Each text with its utterances in their order; the last has those that stand alone."""
        keys = list(self.source.of_type(*TEXTS))
        if not keys:  # others have documents with utterances, and no texts in them
            documents = (self.source.node(key) for key in self.source.of_type("ligt:Document"))
            keys = [one.key for one in documents if not one.is_a("void:Dataset")]
        lines: dict[Subject | None, list[Node]] = {key: [] for key in keys}
        for key in keys:
            self._walk(self.source.node(key), key, "")
        for key in self.source.of_type("ligt:Utterance"):
            node = self.source.node(key)
            text = next((one for one in node.things("dct:isPartOf") if one in lines), None)
            lines.setdefault(text or self._text.get(key), []).append(node)
        for text, found in lines.items():
            ordered = _in_order(found)
            head = self._head(self.source.node(text)) if text is not None else {}
            yield head, list(self._utterances(ordered, head))

    def _walk(self, node: Node, text: Subject, paragraph: str, depth: int = 0) -> None:
        """Notes which utterances a text holds, and in which paragraphs."""
        for key in node.things(*_HOLDERS):
            if key in self._text or depth > 6:
                continue
            below = self.source.node(key)
            if below.is_a("ligt:Utterance"):
                self._text[key] = text
                self._paragraph[key] = paragraph
            elif not below.is_a(*TEXTS):
                own = self.tongues.id(key, "b") if below.is_a("ligt:Paragraph") else paragraph
                self._walk(below, text, own, depth + 1)

    def _head(self, node: Node) -> Content:
        tongues = self.tongues
        paragraphs = [self.source.node(one) for one in node.things(*_HOLDERS)]
        ordered = chain(
            [one for one in paragraphs if one.is_a("ligt:Paragraph")], "ligt:nextSegment"
        )
        return {
            "id": tongues.id(node.key, "t"),
            **self.record(node),
            **filled(
                title=tongues.text(node.literals("dct:title", "rdfs:label")),
                abbreviation=tongues.text(node.literals("dct:alternative")),
                source=tongues.text(node.literals("dct:source")),
                description=tongues.text(node.literals("dct:description")),
                genre=self.item(node, "dct:type"),
                speakers=[tongues.id(one, "h") for one in node.things("life:speaker")],
                date=node.said("dct:date"),
                media=self.media(node, "life:recording"),
                notes=self.notes(node),
                status=self.item(node, "life:status"),
                paragraphs=[{"id": tongues.id(one.key, "b")} for one in ordered],
            ),
        }

    def _utterances(self, found: list[Node], text: Content) -> Iterator[Content]:
        ranks = spread(len(found)) if found else []
        for rank, node in zip(ranks, found, strict=True):
            yield self._utterance(node, text, rank)

    def _utterance(self, node: Node, text: Content, rank: str) -> Content:
        tongues = self.tongues
        made: Content = {"id": tongues.id(node.key, "l"), **self.record(node)}
        if text:
            paragraph = self._paragraph.get(node.key, "")
            made |= filled(text=text["id"], paragraph=paragraph)
            made["rank"] = node.said("life:rank") or rank
        elif node.said("life:rank"):
            made["rank"] = node.said("life:rank")
        baseline = self._label(node)
        words = self._words(node, baseline)
        if not baseline and words:
            baseline = _line_of(words)
        return made | filled(
            label=node.said("dct:identifier"),
            baseline=baseline,
            words=words,
            groups=[self._group(one) for one in self.members(node, "life:hasGroup")],
            translation=tongues.text(node.literals("ligt:translation"), joined=" / "),
            literal=tongues.text(node.literals("life:literalTranslation")),
            translations=self.translations(node),
            notes=self.notes(node),
            speaker=self.pointer(node, "life:speaker", "h"),
            time=self._time(node),
            source=node.said("dct:bibliographicCitation"),
            status=self.item(node, "life:status"),
        )

    def _items(self, node: Node, kind: str) -> list[Node]:
        """The items of the tiers of an utterance of one kind, in order."""
        tiers = [
            self.source.node(one)
            for one in node.things("ligt:hasWords", "ligt:hasMorphs", "ligt:hasTier")
        ]
        found = {key: None for tier in tiers for key in tier.things("ligt:item")}
        nodes = [self.source.node(key) for key in found]
        classes = (kind, "ligt:Stem", "ligt:Prefix", "ligt:Suffix", "ligt:Enclitic")
        wanted = classes if kind == "ligt:Morph" else (kind,)
        names = "ligt:nextMorph" if kind == "ligt:Morph" else "ligt:nextWord"
        chosen = [one for one in nodes if one.is_a(*wanted)]
        following = names if any(one.thing(names) for one in chosen) else "ligt:next"
        return chain(chosen, following)

    def _words(self, node: Node, baseline: Content) -> list[Content]:
        words, morphs = self._items(node, "ligt:Word"), self._items(node, "ligt:Morph")
        by_word: dict[Subject | None, list[Node]] = {}
        keys = {one.key for one in words}
        for morph in morphs:
            holders = morph.things("dct:isPartOf", "ligt:correspondsTo", "nif:subString")
            word = next((one for one in holders if one in keys), None)
            by_word.setdefault(word, []).append(morph)
        if not words and morphs:  # morphs alone: each is a word
            return [self._word(one, [one], baseline) for one in morphs]
        made = [self._word(one, by_word.get(one.key, []), baseline) for one in words]
        placed = node.things("life:baseline") or any(
            one.things("nif:referenceContext") for one in words
        )
        if not placed:
            _place(made, baseline)
        return made

    def _word(self, node: Node, morphs: list[Node], baseline: Content) -> Content:
        tongues = self.tongues
        spans = self._spans(node)
        form = self._label(node, () if spans else ("nif:anchorOf",))
        made: Content = {"id": tongues.id(node.key, "w")}
        made |= filled(
            form=form,
            type="punctuation" if node.is_a("life:Punctuation") else "",
            spans=spans,
            language=self._language(node),
            speaker=self.pointer(node, "life:speaker", "h"),
            time=self._time(node),
            notes=self.notes(node),
        )
        analysis = self._analysis(node, morphs, form)
        if analysis is not None:
            made |= {"analyses": [analysis], "chosen": analysis["id"]}
        return made | self.extensible(node)

    def _label(
        self, node: Node, others: tuple[str, ...] = ("nif:isString", "nif:anchorOf")
    ) -> Content:
        """What something is labelled; else the string that it stands for."""
        for name in ("rdfs:label", *others):
            found = self.tongues.text(node.literals(name), vernacular=True)
            if found:
                return found
        return {}

    def _language(self, node: Node) -> str:
        tag = node.said("life:language")
        return self.tongues.code(tag, vernacular=True) if tag else ""

    def _spans(self, node: Node) -> list[Content]:
        made = []
        for one in (node, *(self.source.node(key) for key in node.things("life:span"))):
            where = one.thing("nif:referenceContext")
            start, end = one.number("nif:beginIndex"), one.number("nif:endIndex")
            if where is None or start is None or end is None or end <= start:
                continue
            tag = self.source.node(where).said("life:tag")
            if tag:
                code = self.tongues.code(tag, vernacular=True)
                made.append({"start": start, "end": end, "ws": code})
        return made

    def _analysis(self, word: Node, morphs: list[Node], form: Content) -> Content | None:
        key = word.thing("life:analysis")
        own = self.source.node(key) if key is not None else None
        told = own.literals("life:gloss") if own is not None else word.literals("ligt:gloss")
        gloss = self.tongues.text(told)
        if own is None and not (morphs or gloss):
            return None
        if own is None and morphs and morphs[0].key != word.key:
            gloss = {}  # it is that of its morphs
        made: Content = {
            "id": self.tongues.id(own.key, "y")
            if own is not None
            else self.derived(word, "analysis", "y"),
            "origin": (own.said("life:origin") if own is not None else "") or "import",
        }
        if own is not None:
            made |= filled(
                by=own.said("life:by"),
                confidence=own.real("life:confidence"),
                confirmed_by=own.said("life:confirmedBy"),
            ) | self.extensible(own)
        if made["origin"] == "person":
            del made["origin"]
        made |= filled(
            morphs=[self._morph(one, form) for one in morphs],
            gloss=gloss,
            pos=self.item(word, "life:partOfSpeech"),
        )
        if not morphs or morphs[0].key != word.key:
            made |= self._lexical(word, allomorph=False)
        return made

    def _morph(self, node: Node, form: Content) -> Content:
        tongues = self.tongues
        label = self._label(node)
        left, right = node.said("life:left"), node.said("life:right")
        if not (left or right or is_own(node.key) or node.thing("life:morphType")):
            label, left, right = _joined(label, node)
        parts = [one.split("-") for one in node.said("life:stretches").split()]
        of = node.said("life:stretchesOf")
        ws = tongues.code(of, vernacular=True) if of else next(iter(form), "") if parts else ""
        return {
            "id": tongues.id(node.key, "m"),
            **filled(
                form=label,
                ws=ws,
                parts=[{"start": int(p[0]), "end": int(p[1])} for p in parts if len(p) == 2],
                type=self.item(node, "life:morphType"),
                left=left,
                right=right,
                lemma=tongues.text(node.literals("life:lemma"), vernacular=True),
                homograph=node.number("life:homographNumber"),
                gloss=tongues.text(node.literals("ligt:gloss")),
                pos=self.item(node, "life:partOfSpeech"),
            ),
            **self._lexical(node),
            **self.extensible(node),
        }

    def _lexical(self, node: Node, *, allomorph: bool = True) -> Content:
        return filled(
            entry=self.pointer(node, "life:lexicalEntry", "e"),
            sense=self.pointer(node, "life:lexicalSense", "s"),
            allomorph=self.pointer(node, "life:lexicalForm", "o") if allomorph else None,
        )

    def _group(self, node: Node) -> Content:
        members = [one for one in node.sequence() if not isinstance(one, ox.Literal)]
        return {
            "id": self.tongues.id(node.key, "g"),
            **filled(
                type=node.said("life:kind"),
                members=[self.tongues.id(one, "w") for one in members],
                gloss=self.tongues.text(node.literals("ligt:gloss")),
            ),
            **self._lexical(node, allomorph=False),
            **self.extensible(node),
        }

    def _time(self, node: Node) -> Content | None:
        key = node.thing("life:hasTime")
        if key is None:
            return None
        span = self.source.node(key)
        start, end = span.real("life:start"), span.real("life:endTime")
        if start is None or end is None or end < start:
            return None
        recording = span.thing("life:recording")
        own = recording is not None and not recording.value.endswith("/recording")
        named = self.tongues.id(recording, "m") if own and recording is not None else None
        made: Content = {"start": start, "end": end, **filled(recording=named)}
        if span.said("life:estimated") == "true":
            made["estimated"] = True
        return made


def _in_order(found: list[Node]) -> list[Node]:
    """Utterances by their ranks, or as each says what follows it."""
    if all(one.said("life:rank") for one in found):
        return sorted(found, key=lambda one: (one.said("life:rank"), natural(one.iri)))
    return chain(found, "ligt:nextSegment")


def _joined(label: Content, node: Node) -> tuple[Content, str, str]:
    """A label as others write it, with its joins: `-PL`, `=te`, `mw=`."""
    kind = next(
        (short(one.value) for one in node.things("rdf:type") if short(one.value) in _JOINS), ""
    )
    left, right = _JOINS.get(kind, ("", ""))
    made: Content = {}
    for code, text in label.items():
        if len(text) > 1 and text[0] in "-=~":
            left, text = text[0], text[1:]
        if len(text) > 1 and text[-1] in "-=~":
            right, text = text[-1], text[:-1]
        made[code] = text
    return made, left, right


def _line_of(words: list[Content]) -> Content:
    """The line that words make."""
    codes = dict.fromkeys(code for word in words for code in word.get("form", {}))
    return {
        code: " ".join(first_plain(word.get("form", {}), (code,)) for word in words)
        for code in codes
    }


def _place(words: list[Content], baseline: Content) -> None:
    """Notes where words stand in the line, one after the other."""
    for code, line in baseline.items():
        at = 0
        for word in words:
            form = word.get("form", {}).get(code)
            start = line.find(form, at) if isinstance(form, str) and form else -1
            if start >= 0:
                at = start + len(form)
                word.setdefault("spans", []).append({"start": start, "end": at, "ws": code})
