"""Entries, senses and relations from OntoLex, lexicog, vartrans, decomp and LexInfo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from app.domain import project as lists
from app.rdf.reader.parts import Parts, filled
from app.rdf.reader.source import Node, Source, Subject, natural, short
from app.rdf.reader.tongues import Tongues, is_own
from app.rdf.tags import is_phonetic, is_spoken, phonetic
from app.rdf.terms import segment

Content = dict[str, Any]
ENTRIES = ("ontolex:LexicalEntry", "ontolex:Word", "ontolex:MultiWordExpression", "ontolex:Affix")
_TERM_ELEMENTS = {
    "prefix": "prefix", "suffix": "suffix", "infix": "infix", "affix": "", "radical": "root",
}  # fmt: skip
_RELATED = {
    "lexinfo:synonym": "Synonym",
    "lexinfo:antonym": "Antonym",
    "lexinfo:hypernym": "Generic",
    "lexinfo:partMeronym": "Part",
    "lexinfo:relatedTerm": "Compare",
    "vartrans:senseRel": "Compare",
    "vartrans:lexicalRel": "Compare",
    "decomp:subterm": "_component-lexeme",
}
_MATCHES = {
    "skos:exactMatch": "exact", "skos:closeMatch": "close", "skos:broadMatch": "broader",
    "skos:narrowMatch": "narrower", "ontolex:reference": "exact",
    "ontolex:isLexicalizedSenseOf": "exact",
}  # fmt: skip
_CATALOGS = {
    "dbpedia.org/": "dbpedia", "wikidata.org/": "wikidata", "concepticon.clld.org/": "concepticon",
    "globalwordnet.org/ili/": "wordnet", "wordnet-rdf.princeton.edu/": "wordnet",
    "en-word.net/": "wordnet",
}  # fmt: skip


class LexiconReader(Parts):
    """Reads entries and relations."""

    def __init__(self, source: Source, tongues: Tongues) -> None:
        super().__init__(source, tongues)
        self._entry_of: dict[Subject, Subject] = {}  # by sense or form

    def entries(self) -> Iterator[Content]:
        """All entries."""
        for key in self.source.of_type(*ENTRIES):
            yield self.entry(self.source.node(key))
        for key in self.source.of_type("life:Unwritten"):
            if not self.source.pointing("life:unwrittenForm", key):
                yield self.entry(self.source.node(key))

    def entry(self, node: Node) -> Content:
        """One entry."""
        tongues = self.tongues
        made: Content = {"id": tongues.id(node.key, "e"), **self.record(node)}
        made |= self._headword(node)
        made |= filled(morph_type=self._morph_type(node), status=self.item(node, "life:status"))
        canonical = node.thing("ontolex:canonicalForm")
        form = self.source.node(canonical) if canonical is not None else None
        made |= filled(
            pronunciations=self._pronunciations(node, form),
            forms=self._forms(node),
            etymologies=[self._etymology(one) for one in self.members(node, "life:hasEtymology")],
            notes=self.notes(node),
        )
        places = [
            self.source.node(one) for one in self.source.pointing("lexicog:describes", node.key)
        ]
        place = next((one for one in places if one.is_a("lexicog:Entry")), None)
        if place is not None:
            made |= filled(homograph=place.number("life:homographNumber"))
        return made | filled(senses=self._senses(node, place))

    def _headword(self, node: Node) -> Content:
        key = node.thing("ontolex:canonicalForm")
        shown = self._written(self.source.node(key)) if key is not None else {}
        if not shown:
            shown = self.tongues.text(node.literals("rdfs:label"), vernacular=True)
        other = node.thing("life:lemmaForm")
        if other is None:
            return filled(lemma=shown)
        return filled(lemma=self._written(self.source.node(other)), citation=shown)

    def _written(self, form: Node) -> Content:
        """How a form is written, in the phonetic alphabet too, and recorded."""
        found = form.literals("ontolex:writtenRep", "life:recordedRep")
        return self.tongues.text(found, vernacular=True)

    def _morph_type(self, node: Node) -> str | None:
        own = self.item(node, "life:morphType")
        found = node.thing("lexinfo:termElement")
        if own is not None or found is None:
            return own
        code = _TERM_ELEMENTS.get(short(found.value).rpartition(":")[2], "")
        return self.tongues.names.item(lists.MORPH_TYPES, code) if code else None

    def _pronunciations(self, node: Node, form: Node | None) -> list[Content]:
        made = [
            {
                "id": self.tongues.id(one.key, "p"),
                **filled(
                    form=self.tongues.text(one.literals("rdf:value"), vernacular=True),
                    media=self.media(one, "life:recording"),
                ),
                **self.extensible(one),
            }
            for one in self.members(node, "life:hasPronunciation")
        ]
        if made or form is None:
            return made
        written = {(one.value, one.language) for one in form.literals("ontolex:writtenRep")}
        heard = [
            _heard(one)
            for one in form.literals("ontolex:phoneticRep")
            if (one.value, one.language) not in written
        ]
        text = self.tongues.text(heard, vernacular=True)
        return [{"id": self.derived(form, "pronunciation", "p"), "form": text}] if text else []

    def _forms(self, node: Node) -> list[Content]:
        lemma = node.thing("life:lemmaForm")
        canonical = node.thing("ontolex:canonicalForm")
        names = ("ontolex:otherForm", "ontolex:lexicalForm", "life:unwrittenForm")
        found = [one for one in self.members(node, *names) if one.key not in (lemma, canonical)]
        return [self._form(one) for one in found]

    def _form(self, node: Node) -> Content:
        environments = [one.value for one in node.sequence()] or [
            one.value for one in node.literals("life:environment")
        ]
        return {
            "id": self.tongues.id(node.key, "o"),
            **filled(
                form=self._written(node),
                morph_type=self.item(node, "life:morphType"),
                environments=environments,
                paradigm=node.said("life:paradigmCell"),
                ref=node.said("life:variantOf"),
                pronunciations=self._pronunciations(node, node),
            ),
            **self.extensible(node),
        }

    def _etymology(self, node: Node) -> Content:
        return {
            "id": self.tongues.id(node.key, "y"),
            **filled(
                type=self.item(node, "dct:type"),
                source=node.said("life:sourceLanguage"),
                form=self.tongues.text(node.literals("rdf:value")),
                gloss=self.tongues.text(node.literals("life:gloss")),
            ),
            **self.extensible(node),
        }

    def _senses(self, entry: Node, place: Node | None) -> list[Content]:
        """The senses in the order of the dictionary, then those that have no place in it."""
        keys = entry.things("ontolex:sense") or self.source.pointing("ontolex:isSenseOf", entry.key)
        left = dict.fromkeys(sorted(keys, key=lambda one: natural(one.value)))
        known = (self.source.node(key) for key in left)
        own = any(one.thing("life:partOfSpeech") is not None for one in known)
        pos = None if own else self._pos(entry)
        made = self._placed(place, left, entry, pos) if place is not None else []
        below = {one for key in left for one in self.source.node(key).things("life:subsense")}
        made += [self._sense(self.source.node(key), entry, pos) for key in left if key not in below]
        if not made and pos is not None:
            made = [{"id": self.derived(entry, "sense", "s"), "pos": pos}]
        return made

    def _placed(
        self, place: Node, left: dict[Subject, None], entry: Node, pos: str | None
    ) -> list[Content]:
        made = []
        for component in place.sequence():
            if isinstance(component, ox.Literal):
                continue
            below = self.source.node(component)
            sense = below.thing("lexicog:describes") or component
            if sense not in left:
                continue
            del left[sense]
            content = self._sense(self.source.node(sense), entry, pos)
            made.append(content | filled(senses=self._placed(below, left, entry, pos)))
        return made

    def _sense(self, node: Node, entry: Node, pos: str | None) -> Content:
        """One sense.

        Args:
            pos: the part of speech of its entry, where no sense of that says its own.
        """
        tongues = self.tongues
        self._entry_of[node.key] = entry.key
        gloss = tongues.text(node.literals("life:gloss"))
        if not gloss:
            gloss = tongues.text(node.literals("rdfs:label"))
        return {
            "id": tongues.id(node.key, "s"),
            **filled(
                source_id=node.said("dct:identifier"),
                order=node.number("life:number"),
                gloss=gloss,
                further_glosses=[
                    self._phrase(one) for one in self.members(node, "life:furtherGloss")
                ],
                definition=self._definition(node, gloss),
                pos=self.item(node, "life:partOfSpeech") or pos,
                pos_traits=self.traits(node, "life:partOfSpeechTrait"),
                domains=self._domains(node),
                scientific_name=tongues.text(node.literals("life:scientificName")),
                examples=self._examples(node),
                pictures=self.media(node, "foaf:depiction"),
                notes=self.notes(node),
                reversals=[self._reversal(one) for one in self.members(node, "life:reversal")],
                access=self.access(node),
                links=self._links(node),
            ),
            **self.extensible(node),
        }

    def _definition(self, node: Node, gloss: Content) -> Content:
        """Definitions without those that stand for a gloss."""
        same = self.tongues.text(node.literals("life:definition"))
        found = self.tongues.text(node.literals("skos:definition"), joined="; ")
        left = {code: text for code, text in found.items() if text != gloss.get(code)}
        return left | same

    def _phrase(self, node: Node) -> Content:
        text = self.tongues.text(node.literals("rdf:value"))
        return {"id": self.tongues.id(node.key, "g"), "text": text}

    def _pos(self, node: Node) -> str | None:
        """The part of speech of an entry, a concept of the file or a category of LexInfo."""
        for one in node.things("lexinfo:partOfSpeech"):
            if is_own(one):
                return self.tongues.id(one, "i")
            name = short(one.value).rpartition(":")[2]
            words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
            return self.tongues.names.labelled_item(lists.PARTS_OF_SPEECH, words.capitalize())
        return None

    def _domains(self, node: Node) -> list[str]:
        keys = [one for one in node.sequence() if not isinstance(one, ox.Literal)]
        return [self._domain(one) for one in keys or node.things("dct:subject")]

    def _domain(self, key: Subject) -> str:
        if is_own(key):
            return self.tongues.id(key, "i")
        known = self.source.node(key)
        label = known.said("skos:notation", "skos:prefLabel", "rdfs:label")
        name = label or key.value.replace("#", "/").rpartition("/")[2]
        return self.tongues.names.labelled_item(lists.SEMANTIC_DOMAINS, name)

    def _examples(self, node: Node) -> list[Content]:
        found = self.members(node, "lexicog:usageExample", "life:hasExample")
        return [self._example(one) for one in found if not one.is_a("ligt:Utterance")]

    def _example(self, node: Node) -> Content:
        translations = self.translations(node)
        told = {(code, text) for one in translations for code, text in one.get("text", {}).items()}
        found = self.tongues.text(node.literals("rdf:value"))
        form = {code: text for code, text in found.items() if (code, text) not in told}
        form |= self.tongues.text(node.literals("life:original"))
        return {
            "id": self.tongues.id(node.key, "x"),
            **filled(
                form=form,
                translations=translations,
                source=node.said("dct:bibliographicCitation"),
                notes=self.notes(node),
                utterance=self.pointer(node, "life:utterance", "l"),
                access=self.access(node),
            ),
            **self.extensible(node),
        }

    def _reversal(self, node: Node) -> Content:
        main = node.thing("life:main")
        return {
            "id": self.tongues.id(node.key, "v"),
            **filled(
                type=node.said("life:index"),
                form=self.tongues.text(node.literals("rdfs:label")),
                pos=self.item(node, "life:partOfSpeech"),
                pos_traits=self.traits(node, "life:partOfSpeechTrait"),
                main=self._reversal(self.source.node(main)) if main is not None else None,
            ),
        }

    def _links(self, node: Node) -> list[Content]:
        """The links that somebody accepted; in another's file, all that it has."""
        made = []
        told = [self.source.node(one) for one in self.source.pointing("life:sense", node.key)]
        for one in told:
            target = one.thing("life:target")
            if target is None:
                continue
            by = one.thing("prov:wasAttributedTo")
            made.append({
                "id": self.tongues.id(one.key, "k"), "catalog": one.said("life:catalog"),
                "target": target.value,
                **filled(label=one.said("rdfs:label"), kind=one.said("life:kind"),
                         score=one.real("life:score"), at=one.said("prov:generatedAtTime"),
                         by=by.value.rpartition("#")[2] if by is not None else ""),
            })  # fmt: skip
        return made or self._foreign_links(node)

    def _foreign_links(self, node: Node) -> list[Content]:
        made: list[Content] = []
        for name, kind in _MATCHES.items():
            for target in node.things(name):
                catalog = next((c for part, c in _CATALOGS.items() if part in target.value), "")
                if catalog and isinstance(target, ox.NamedNode):
                    made.append({
                        "id": self.derived(node, f"link-{len(made) + 1}", "k"), "catalog": catalog,
                        "target": target.value, "kind": kind,
                    })  # fmt: skip
        return made

    def relations(self) -> Iterator[Content]:
        """Relations: as our own description has them, or as they are stated between two things."""
        if self.source.has_type("life:Relation"):
            for key in self.source.of_type("life:Relation"):
                yield self._relation(self.source.node(key))
            return
        seen: set[tuple[str, frozenset[Subject]]] = set()
        for name, one, other in self.source.pairs(*_RELATED):
            pair = (_RELATED[name], frozenset((one, other)))
            if pair not in seen and len(pair[1]) == 2:
                seen.add(pair)
                yield from self._stated(_RELATED[name], one, other)

    def _stated(self, code: str, one: Subject, other: Subject) -> Iterator[Content]:
        ends = [self._end(one), self._end(other)]
        if None in ends:
            return
        name = ox.NamedNode(f"urn:relation:{code}:{segment(one.value)}:{segment(other.value)}")
        members = [
            {"id": self.tongues.id(ox.NamedNode(f"{name.value}:{place}"), "b"), **(end or {})}
            for place, end in enumerate(ends)
        ]
        item = self.tongues.names.labelled_item(lists.RELATION_TYPES, code)
        yield {"id": self.tongues.id(name, "r"), "type": item, "members": members}

    def _end(self, key: Subject) -> Content | None:
        if key in self._entry_of:
            entry = self.tongues.id(self._entry_of[key], "e")
            return {"entry": entry, "part": self.tongues.id(key, "s")}
        if self.source.node(key).is_a(*ENTRIES):
            return {"entry": self.tongues.id(key, "e")}
        return None

    def _relation(self, node: Node) -> Content:
        members = [
            self.source.node(one) for one in node.sequence() if not isinstance(one, ox.Literal)
        ]
        return {
            "id": self.tongues.id(node.key, "r"),
            "type": self.item(node, "life:relationType") or "",
            **self.record(node),
            **filled(
                members=[self._member(one) for one in members],
                statements=[self._statement(one) for one in self.members(node, "life:statement")],
            ),
        }

    def _member(self, node: Node) -> Content:
        made: Content = {"id": self.tongues.id(node.key, "b")}
        end = node.thing("life:end")
        if end is not None:
            entry, sign, _ = end.value.partition("#")
            made["entry"] = self.tongues.id(ox.NamedNode(entry), "e")
            if sign:
                made["part"] = self.tongues.id(end, "s")
        return made | filled(label=node.said("rdfs:label"))

    def _statement(self, node: Node) -> Content:
        return {
            "id": self.tongues.id(node.key, "b"),
            "at": self.pointer(node, "life:at", "b") or "",
            "to": self.pointer(node, "life:to", "b") or "",
            **filled(
                order=node.number("life:number"),
                usage=self.tongues.text(node.literals("skos:note")),
            ),
            **self.extensible(node),
        }


def _heard(literal: ox.Literal) -> ox.Literal:
    """A pronunciation with the tag of a phonetic alphabet."""
    tag = literal.language or "und"
    if is_phonetic(tag) or is_spoken(tag):
        return literal
    return ox.Literal(literal.value, language=phonetic(tag))
