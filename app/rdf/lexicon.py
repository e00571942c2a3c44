"""Lexical entries as triples: OntoLex, lexicog for order and examples, LexInfo for categories.

The words of a project that have no home in these vocabularies are those of `ontology/life.ttl`.

Source: W3C OntoLex-Lemon 2016; lexicog 2019; LexInfo 3.0; docs/linked-data.md for each field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.domain.text import plain, plains
from app.rdf import links
from app.rdf.context import NONE, Context
from app.rdf.features import features_of_cell
from app.rdf.namespaces import DCT, FOAF, LEXICOG, LEXINFO, LIME, ONTOLEX, RDF, RDFS, SKOS
from app.rdf.sheet import Sheet
from app.rdf.tags import UNKNOWN, is_spoken, language_of
from app.rdf.terms import Iri, Literal, Triple, clean, integer, string

Content = Mapping[str, Any]
CANONICAL = "canonical-form"
LEMMA = "lemma"
PLACE = "entry"
_AFFIXES = {
    "prefix": LEXINFO.prefix,
    "suffix": LEXINFO.suffix,
    "infix": LEXINFO.infix,
    "circumfix": LEXINFO.affix,
    "simulfix": LEXINFO.affix,
    "suprafix": LEXINFO.affix,
    "prefixing interfix": LEXINFO.affix,
    "infixing interfix": LEXINFO.infix,
    "suffixing interfix": LEXINFO.affix,
}
_ROOTS = frozenset({"root", "bound root"})
_CLITICS = frozenset({"clitic", "proclitic", "enclitic"})
_PHRASES = frozenset({"phrase", "discontiguous phrase"})


def entry_triples(entry: Content, context: Context) -> list[Triple]:
    """The triples of a lexical entry; those of its relations stand with these."""
    return _Entry(entry, context).write()


def term_element(morph_type: str) -> Iri | None:
    """What part of a word a morph type is in LexInfo."""
    return _AFFIXES.get(morph_type) or (LEXINFO.radical if morph_type in _ROOTS else None)


class _Entry(Sheet):
    """The sheet of an entry."""

    __slots__ = ()

    def write(self) -> list[Triple]:
        """Writes the entry from top to bottom."""
        entry = self.record
        self.whole()
        self._headword()
        self._kind()
        self.points(self.iri, self.life.morphType, entry.get("morph_type"))
        self.points(self.iri, self.life.status, entry.get("status"))
        for node, form in self.in_order(entry.get("forms") or ()):
            self._form(node, form)
        self._place()
        self._senses(entry.get("senses") or ())
        for node, etymology in self.in_order(entry.get("etymologies") or ()):
            self._etymology(node, etymology)
        self.notes(self.iri, entry.get("notes"))
        return self.triples

    def _headword(self) -> None:
        """The canonical form is that of a dictionary; a lemma that differs is another form."""
        entry = self.record
        shown = "citation" if _is_written(entry.get("citation"), self.context) else LEMMA
        form = self.part(CANONICAL)
        if _is_written(entry.get(shown), self.context):
            self.add(self.iri, RDF.type, ONTOLEX.LexicalEntry)
            self.add(self.iri, ONTOLEX.canonicalForm, form)
            self.add(form, RDF.type, ONTOLEX.Form)
            lexicon = self.context.lexicon(self._language(entry[shown]))
            self.add(lexicon, LIME.entry, self.iri)
        else:
            self.add(self.iri, RDF.type, self.life.Unwritten)
        self.representations(form, ONTOLEX.writtenRep, ONTOLEX.phoneticRep, entry.get(shown))
        for code, value in (entry.get(shown) or NONE).items():
            if (bare := clean(plain(value))) and not is_spoken(tag := self.context.tag(code)):
                self.add(self.iri, RDFS.label, Literal(bare, tag))
        if shown == "citation":
            self._other_lemma()
        self._pronunciations(self.iri, form, entry.get("pronunciations") or ())

    def _other_lemma(self) -> None:
        lemma = self.part(LEMMA)
        self.add(self.iri, self.life.lemmaForm, lemma)
        text = self.record.get("lemma")
        if self.representations(lemma, ONTOLEX.writtenRep, ONTOLEX.phoneticRep, text):
            self.add(self.iri, ONTOLEX.otherForm, lemma)
            self.add(lemma, RDF.type, ONTOLEX.Form)

    def _language(self, text: Content) -> str:
        """The language of the first value that there is."""
        for code, value in text.items():
            if plain(value):
                return language_of(self.context.tag(code))
        return UNKNOWN

    def _kind(self) -> None:
        code = self.context.morph_type(self.record.get("morph_type") or "")
        element = term_element(code)
        if code in _AFFIXES:
            self.add(self.iri, RDF.type, ONTOLEX.Affix)
        elif code in _PHRASES or (not code and self._has_space()):
            self.add(self.iri, RDF.type, ONTOLEX.MultiWordExpression)
        elif _is_written(self.record.get("lemma") or self.record.get("citation"), self.context):
            self.add(self.iri, RDF.type, ONTOLEX.Word)
        if element is not None:
            self.add(self.iri, LEXINFO.termElement, element)
        if code in _CLITICS:
            self.add(self.iri, LEXINFO.cliticness, LEXINFO.yes)

    def _has_space(self) -> bool:
        found = plains(self.record.get("citation") or self.record.get("lemma") or {})
        return any(" " in one.strip() for one in found)

    def _pronunciations(self, subject: Iri, form: Iri, found: Sequence[Content]) -> None:
        context = self.context
        for node, one in self.in_order(found):
            self.add(subject, self.life.hasPronunciation, node)
            self.add(node, RDF.type, self.life.Pronunciation)
            for code, value in (one.get("form") or NONE).items():
                bare = clean(plain(value))
                if not bare:
                    continue
                tag = context.phonetic_tags.get(code) or context.tag(code)
                self.add(node, RDF.value, Literal(bare, tag))
                if not is_spoken(tag):
                    self.add(form, ONTOLEX.phoneticRep, Literal(bare, tag))
            self.media(node, self.life.recording, one.get("media"))
            self.extensible(node, one)

    def _form(self, node: Iri, form: Content) -> None:
        text = form.get("form")
        written = self.representations(node, ONTOLEX.writtenRep, ONTOLEX.phoneticRep, text)
        self.add(self.iri, ONTOLEX.otherForm if written else self.life.unwrittenForm, node)
        self.add(node, RDF.type, ONTOLEX.Form if written else self.life.Unwritten)
        code = self.context.morph_type(form.get("morph_type") or "")
        if form.get("morph_type"):
            self.add(node, RDF.type, self.life.Allomorph)
            self.points(node, self.life.morphType, form["morph_type"])
        element = term_element(code)
        if element is not None:
            self.add(node, LEXINFO.termElement, element)
        environments = [string(one) for one in form.get("environments") or ()]
        for one in environments:
            self.add(node, self.life.environment, one)
        if len(environments) > 1:
            self.sequence(node, environments)
        if form.get("paradigm"):
            self.said(node, self.life.paradigmCell, form["paradigm"])
            for property_, value in features_of_cell(form["paradigm"], self.context):
                self.add(node, property_, value)
        self.said(node, self.life.variantOf, form.get("ref"))
        self._pronunciations(node, node, form.get("pronunciations") or ())
        self.extensible(node, form)

    def _place(self) -> None:
        """The entry of the dictionary: its homograph number, and below it the order of senses."""
        place = self.part(PLACE)
        self.add(self.context.of_project("dictionary"), LEXICOG.entry, place)
        self.add(place, RDF.type, LEXICOG.Entry)
        self.add(place, LEXICOG.describes, self.iri)
        if self.record.get("homograph") is not None:
            self.add(place, self.life.homographNumber, integer(self.record["homograph"]))

    def _senses(self, senses: Sequence[Content]) -> None:
        found = {sense["id"]: self._category(sense) for sense in _all(senses)}
        categories = list(dict.fromkeys(one for one in found.values() if one is not None))
        for category in categories:
            self.add(self.iri, LEXINFO.partOfSpeech, category)
        several = len(set(found.values())) > 1
        self._level(senses, None, self.part(PLACE), found if several else {})

    def _level(
        self,
        senses: Sequence[Content],
        above: Iri | None,
        place: Iri,
        categories: Mapping[str, Iri | None],
    ) -> None:
        """Senses of one level, and those below them.

        Args:
            above: the sense that they are subsenses of.
            place: the component of the dictionary in which they stand.
            categories: parts of speech by sense, where not all have the same.
        """
        for number, sense in enumerate(senses, 1):
            node = self.part(sense["id"])
            component = self.part(f"{sense['id']}-place")
            self._sense(node, sense)
            category = categories.get(sense["id"])
            if category is not None:
                self.add(node, LEXINFO.partOfSpeech, category)
            if above is not None:
                self.add(above, self.life.subsense, node)
            if len(senses) > 1 or above is not None or sense.get("senses"):
                self.add(place, LEXICOG.subComponent, component)
                self.add(component, RDF.type, LEXICOG.LexicographicComponent)
                self.add(component, LEXICOG.describes, node)
                self.sequence_at(place, number, component)
            self._level(sense.get("senses") or (), node, component, categories)

    def _sense(self, node: Iri, sense: Content) -> None:
        self.add(self.iri, ONTOLEX.sense, node)
        self.add(node, RDF.type, ONTOLEX.LexicalSense)
        self.add(node, ONTOLEX.isSenseOf, self.iri)
        self._glosses(node, sense)
        self.points(node, self.life.partOfSpeech, sense.get("pos"))
        self.traits(node, self.life.partOfSpeechTrait, sense.get("pos_traits") or ())
        for domain in sense.get("domains") or ():
            self.points(node, DCT.subject, domain)
        if len(sense.get("domains") or ()) > 1:
            self.sequence(node, [self.context.record(one) for one in sense["domains"]])
        self.texts(node, self.life.scientificName, sense.get("scientific_name"))
        for example, content in self.in_order(sense.get("examples") or ()):
            self._example(node, example, content)
        self.media(node, FOAF.depiction, sense.get("pictures"))
        for reversal, content in self.in_order(sense.get("reversals") or ()):
            self.add(node, self.life.reversal, reversal)
            self._reversal(reversal, content)
        self.notes(node, sense.get("notes"))
        self.said(node, DCT.identifier, sense.get("source_id"))
        if sense.get("order") is not None:
            self.add(node, self.life.number, integer(sense["order"]))
        self.access(node, sense.get("access"))
        self.extensible(node, sense)
        links.write(self, node, sense)

    def _glosses(self, node: Iri, sense: Content) -> None:
        """Glosses as what they are, and as definitions where no longer one stands."""
        gloss, definition = sense.get("gloss") or NONE, sense.get("definition") or NONE
        self.texts(node, self.life.gloss, gloss)
        self.texts(node, SKOS.definition, definition)
        defined = {code: value for code, value in definition.items() if plain(value)}
        left = {code: value for code, value in gloss.items() if code not in defined}
        self.texts(node, SKOS.definition, left)
        same = {
            code: text for code, text in defined.items() if plain(gloss.get(code)) == plain(text)
        }
        self.texts(node, self.life.definition, same)
        for further, phrase in self.in_order(sense.get("further_glosses") or ()):
            self.add(node, self.life.furtherGloss, further)
            self.add(further, RDF.type, self.life.Gloss)
            self.texts(further, RDF.value, phrase.get("text"))

    def _example(self, sense: Iri, node: Iri, example: Content) -> None:
        """An example, or the utterance of a text that it is."""
        utterance = example.get("utterance")
        if utterance:
            self.points(sense, LEXICOG.usageExample, utterance)
            self.add(sense, self.life.hasExample, node)
            self.add(node, RDF.type, self.life.ExampleOfText)
            self.points(node, self.life.utterance, utterance)
        wrote = self.texts(node, RDF.value, example.get("form"))
        for one in example.get("translations") or ():
            wrote = self.texts(node, RDF.value, one.get("text")) or wrote
        if wrote:
            self.add(node, RDF.type, LEXICOG.UsageExample)
        if not utterance:
            self.add(sense, LEXICOG.usageExample if wrote else self.life.hasExample, node)
        self._original(node, example)
        self.translations(node, example.get("translations"))
        self.said(node, DCT.bibliographicCitation, example.get("source"))
        self.notes(node, example.get("notes"))
        self.access(node, example.get("access"))
        self.extensible(node, example)

    def _original(self, node: Iri, example: Content) -> None:
        """The sentence itself, where it could be taken for a translation."""
        translated = {
            code for one in example.get("translations") or () for code in one.get("text") or ()
        }
        form = example.get("form") or NONE
        self.texts(node, self.life.original, {c: t for c, t in form.items() if c in translated})

    def _reversal(self, node: Iri, reversal: Content) -> None:
        self.add(node, RDF.type, self.life.Reversal)
        self.texts(node, RDFS.label, reversal.get("form"))
        self.said(node, self.life.index, reversal.get("type"))
        self.points(node, self.life.partOfSpeech, reversal.get("pos"))
        self.traits(node, self.life.partOfSpeechTrait, reversal.get("pos_traits") or ())
        if reversal.get("main"):
            above = self.part(reversal["main"]["id"])
            self.add(node, self.life.main, above)
            self._reversal(above, reversal["main"])

    def _etymology(self, node: Iri, etymology: Content) -> None:
        self.add(self.iri, self.life.hasEtymology, node)
        self.add(node, RDF.type, self.life.Etymology)
        self.points(node, DCT.type, etymology.get("type"))
        self.said(node, self.life.sourceLanguage, etymology.get("source"))
        self.texts(node, RDF.value, etymology.get("form"))
        self.texts(node, self.life.gloss, etymology.get("gloss"))
        self.extensible(node, etymology)

    def _category(self, sense: Content) -> Iri | None:
        return category_of(sense.get("pos"), self.context)


def category_of(item: str | None, context: Context) -> Iri | None:
    """A part of speech: that of LexInfo where it has it, else the project's own concept."""
    if not item:
        return None
    return context.category(item).value or context.record(item)


def _is_written(text: Content | None, context: Context) -> bool:
    return any(
        clean(plain(value)) and not is_spoken(context.tag(code))
        for code, value in (text or NONE).items()
    )


def _all(senses: Sequence[Content]) -> Iterator[Content]:
    for sense in senses:
        yield sense
        yield from _all(sense.get("senses") or ())
