"""The words, morphs and groups of an utterance as triples.

Of the analyses of a word only the chosen one is written, and none that a machine proposed and
nobody confirmed.

Source: Ligt 0.3; NIF core 2; FrAC draft; Leipzig Glossing Rules 2015 for joins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from app.domain.glossing import is_suggestion
from app.domain.interlinear import chosen
from app.domain.leipzig import join
from app.domain.text import plain, plains
from app.rdf.context import NONE
from app.rdf.features import categories_of_gloss, features_of_gloss
from app.rdf.lexicon import category_of
from app.rdf.namespaces import DCT, FRAC, LEXINFO, LIGT, NIF, RDF, RDFS
from app.rdf.sheet import Sheet
from app.rdf.terms import Iri, Literal, clean, decimal, integer, segment, string

Content = Mapping[str, Any]
WORDS, MORPHS = "words", "morphs"
_CLASSES = {"prefix": LIGT.Prefix, "suffix": LIGT.Suffix, "enclitic": LIGT.Enclitic}
_STEMS = frozenset({"stem", "root", "bound root", "bound stem"})
_OWN = {"infix": "Infix", "circumfix": "Circumfix", "proclitic": "Proclitic"}
_AFFIX = frozenset({"-", "<>", "~"})


class Words:
    """Writes what stands below the line of an utterance.

    Args:
        sheet: of the utterance.
        speaker: writes who says something; `time` when.
    """

    def __init__(
        self,
        sheet: Sheet,
        speaker: Callable[[Iri, str | None], None],
        time: Callable[[Iri, str, Content | None], None],
    ) -> None:
        self.sheet, self.speaker, self.time = sheet, speaker, time
        self.context, self.life = sheet.context, sheet.life
        self.line = sheet.record
        self.morphs: list[Iri] = []
        self.attested: dict[Iri, tuple[Iri, str]] = {}

    def write(self) -> None:
        """Writes words, morphs, groups and what of the lexicon they attest."""
        words = self.line.get("words") or ()
        sheet = self.sheet
        nodes = [sheet.part(word["id"]) for word in words]
        if nodes:
            tier = self._tier(LIGT.hasWords, WORDS, LIGT.WordTier)
            for node, word in zip(nodes, words, strict=True):
                sheet.add(tier, LIGT.item, node)
                self._word(node, word)
            for one, following in pairwise(nodes):
                sheet.add(one, LIGT.nextWord, following)
        if self.morphs:
            tier = self._tier(LIGT.hasMorphs, MORPHS, LIGT.MorphTier)
            for node in self.morphs:
                sheet.add(tier, LIGT.item, node)
            for one, following in pairwise(self.morphs):
                sheet.add(one, LIGT.nextMorph, following)
        for node, group in sheet.in_order(self.line.get("groups") or ()):
            self._group(node, group)
        self._attest()

    def _tier(self, has: Iri, name: str, kind: Iri) -> Iri:
        tier = self.sheet.part(name)
        self.sheet.add(self.sheet.iri, has, tier)
        self.sheet.add(tier, RDF.type, kind)
        return tier

    def _word(self, node: Iri, word: Content) -> None:
        sheet = self.sheet
        sheet.add(node, RDF.type, LIGT.Word)
        sheet.add(node, DCT.isPartOf, sheet.iri)
        sheet.texts(node, RDFS.label, word.get("form"))
        if word.get("type") == "punctuation":
            sheet.add(node, RDF.type, self.life.Punctuation)
        for place, span in enumerate(word.get("spans") or ()):
            self._span(node, node if place == 0 else sheet.part(f"{word['id']}-{span['ws']}"), span)
        if word.get("language"):
            sheet.add(node, self.life.language, string(self.context.tag(word["language"])))
        self.speaker(node, word.get("speaker"))
        self.time(node, f"{word['id']}-time", word.get("time"))
        sheet.notes(node, word.get("notes"))
        sheet.extensible(node, word)
        analysis = chosen(dict(word))
        if analysis is not None and not is_suggestion(analysis):
            self._analysis(node, word, analysis)

    def _span(self, word: Iri, node: Iri, span: Content) -> None:
        """Where a word stands in a baseline; the first one on the word itself."""
        line = plain((self.line.get("baseline") or NONE).get(span["ws"]))
        start, end = _shifted(line, span["start"]), _shifted(line, span["end"])
        sheet = self.sheet
        if node != word:
            sheet.add(word, self.life.span, node)
        sheet.add(node, NIF.referenceContext, sheet.part(f"baseline-{span['ws']}"))
        sheet.add(node, NIF.beginIndex, integer(start))
        sheet.add(node, NIF.endIndex, integer(end))
        sheet.add(node, NIF.anchorOf, Literal(clean(line)[start:end]))

    def _analysis(self, word: Iri, content: Content, analysis: Content) -> None:
        sheet, life = self.sheet, self.life
        node = sheet.part(analysis["id"])
        sheet.add(word, life.analysis, node)
        sheet.add(node, RDF.type, life.Analysis)
        sheet.said(node, life.origin, analysis.get("origin", "person"))
        if analysis.get("confidence") is not None:
            sheet.add(node, life.confidence, decimal(analysis["confidence"]))
        if analysis.get("confirmed_by"):
            sheet.said(node, life.confirmedBy, analysis["confirmed_by"])
        sheet.said(node, life.by, analysis.get("by"))
        sheet.texts(node, life.gloss, analysis.get("gloss"))
        sheet.extensible(node, analysis)
        morphs = analysis.get("morphs") or ()
        self._word_gloss(word, analysis, morphs)
        self._category(word, analysis.get("pos"))
        self._lexical(word, analysis)
        for morph in morphs:
            self._morph(sheet.part(morph["id"]), word, content, morph)

    def _word_gloss(self, word: Iri, analysis: Content, morphs: Sequence[Content]) -> None:
        """The gloss of a word: its own, else those of its morphs with their joins."""
        own = analysis.get("gloss") or NONE
        self.sheet.texts(word, LIGT.gloss, own)
        codes = dict.fromkeys(code for morph in morphs for code in morph.get("gloss") or ())
        for code in codes:
            told = [(plain((m.get("gloss") or NONE).get(code)), m.get("left", "")) for m in morphs]
            if plain(own.get(code)) or not any(gloss for gloss, _ in told):
                continue
            joined = clean(join([(gloss or "?", left) for gloss, left in told]))
            self.sheet.add(word, LIGT.gloss, Literal(joined, self.context.tag(code)))

    def _morph(self, node: Iri, word: Iri, content: Content, morph: Content) -> None:
        sheet, life = self.sheet, self.life
        self.morphs.append(node)
        sheet.add(node, RDF.type, LIGT.Morph)
        self._morph_class(node, morph)
        sheet.texts(node, RDFS.label, morph.get("form"))
        sheet.texts(node, LIGT.gloss, morph.get("gloss"))
        sheet.add(node, DCT.isPartOf, word)
        sheet.add(node, LIGT.correspondsTo, word)
        sheet.said(node, life.left, morph.get("left"))
        sheet.said(node, life.right, morph.get("right"))
        self._stretches(node, content, morph)
        sheet.points(node, life.morphType, morph.get("type"))
        sheet.texts(node, life.lemma, morph.get("lemma"))
        if morph.get("homograph") is not None:
            sheet.add(node, life.homographNumber, integer(morph["homograph"]))
        self._features(node, morph)
        self._lexical(node, morph)
        sheet.extensible(node, morph)

    def _morph_class(self, node: Iri, morph: Content) -> None:
        """What Ligt calls it, by its type, or by its joins where it has none."""
        code = self.context.morph_type(morph.get("type") or "")
        left, right = morph.get("left", ""), morph.get("right", "")
        if code in _CLASSES:
            self.sheet.add(node, RDF.type, _CLASSES[code])
        elif code in _OWN:
            self.sheet.add(node, RDF.type, self.life.term(_OWN[code]))
        elif code in _STEMS or not (code or left or right):
            self.sheet.add(node, RDF.type, LIGT.Stem)
        elif not code and left == "<>":
            self.sheet.add(node, RDF.type, self.life.Infix)
        if not (morph.get("parts") or any(plains(morph.get("form") or {}))):
            self.sheet.add(node, RDF.type, self.life.ZeroMorph)

    def _stretches(self, node: Iri, word: Content, morph: Content) -> None:
        """Which stretches of the word's form a morph is, as `0-2 5-7`."""
        parts = morph.get("parts") or ()
        ws = morph.get("ws") or ""
        form = word.get("form") or NONE
        if parts:
            line = plain(form.get(ws))
            told = [f"{_shifted(line, p['start'])}-{_shifted(line, p['end'])}" for p in parts]
            self.sheet.said(node, self.life.stretches, " ".join(told))
        if ws and (not parts or ws != next(iter(form), "")):
            self.sheet.said(node, self.life.stretchesOf, self.context.tag(ws))

    def _features(self, node: Iri, morph: Content) -> None:
        sheet = self.sheet
        self._category(node, morph.get("pos"))
        glosses = plains(morph.get("gloss") or {})
        for property_, value in features_of_gloss(glosses, self.context):
            if property_ != LEXINFO.partOfSpeech or not morph.get("pos"):
                sheet.add(node, property_, value)
        for category in categories_of_gloss(glosses, self.context):
            sheet.add(node, self.life.category, category)

    def _category(self, node: Iri, item: str | None) -> None:
        category = category_of(item, self.context)
        if category is not None:
            self.sheet.add(node, LEXINFO.partOfSpeech, category)
            self.sheet.points(node, self.life.partOfSpeech, item)

    def _lexical(self, node: Iri, holder: Content) -> None:
        """What of the lexicon something realises."""
        if not holder.get("entry"):
            return
        entry = self.context.record(holder["entry"])
        self.sheet.add(node, self.life.lexicalEntry, entry)
        target = entry
        if holder.get("sense"):
            target = Iri(f"{entry}#{segment(holder['sense'])}")
            self.sheet.add(node, self.life.lexicalSense, target)
        if holder.get("allomorph"):
            form = Iri(f"{entry}#{segment(holder['allomorph'])}")
            self.sheet.add(node, self.life.lexicalForm, form)
        gloss = next(iter(plains(holder.get("gloss") or {})), "")
        self.attested.setdefault(target, (node, gloss))

    def _group(self, node: Iri, group: Content) -> None:
        sheet, life = self.sheet, self.life
        sheet.add(sheet.iri, life.hasGroup, node)
        sheet.add(node, RDF.type, life.Group)
        sheet.said(node, life.kind, group.get("type"))
        members = [sheet.part(one) for one in group.get("members") or ()]
        for member in members:
            sheet.add(node, life.member, member)
        sheet.sequence(node, members)
        sheet.texts(node, LIGT.gloss, group.get("gloss"))
        self._lexical(node, group)
        sheet.extensible(node, group)

    def _attest(self) -> None:
        """That senses and entries are attested here, each once, with the first place."""
        sheet = self.sheet
        text = self.line.get("text")
        where = self.context.record(text) if text else self.context.of_project("sentences")
        said = [
            Literal(bare, self.context.tag(code))
            for code, value in (self.line.get("baseline") or NONE).items()
            if (bare := clean(plain(value)))
        ]
        for target, (locus, gloss) in self.attested.items():
            node = Iri(f"{locus}-attestation")
            sheet.add(target, FRAC.attestation, node)
            sheet.add(node, RDF.type, FRAC.Attestation)
            sheet.add(node, FRAC.locus, locus)
            sheet.add(node, FRAC.observedIn, where)
            for value in said or [Literal("")]:
                sheet.add(node, RDF.value, value)
            sheet.said(node, FRAC.gloss, gloss)


def _shifted(line: str, place: int) -> int:
    """An offset in a line as it is written, where control characters have gone."""
    return place if line.isprintable() else len(clean(line[:place]))
