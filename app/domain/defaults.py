"""What a new project's lists hold; codes are those that FieldWorks writes into LIFT."""

from __future__ import annotations

from functools import lru_cache

from app.domain import project as lists
from app.domain.ids import new_id
from app.domain.project import ListItem
from app.domain.records import Trait
from app.domain.text import Text

_PARTS_OF_SPEECH = (
    ("Noun", "n"),
    ("Verb", "v"),
    ("Adjective", "adj"),
    ("Adverb", "adv"),
    ("Pronoun", "pro"),
    ("Demonstrative", "dem"),
    ("Numeral", "num"),
    ("Quantifier", "quant"),
    ("Classifier", "clf"),
    ("Adposition", "adp"),
    ("Connective", "conn"),
    ("Particle", "ptcl"),
    ("Ideophone", "ideo"),
    ("Interjection", "interj"),
    ("Auxiliary", "aux"),
    ("Proper noun", "prop"),
)
_MORPH_TYPES = (
    "stem",
    "root",
    "bound root",
    "bound stem",
    "prefix",
    "suffix",
    "infix",
    "circumfix",
    "simulfix",
    "suprafix",
    "prefixing interfix",
    "infixing interfix",
    "suffixing interfix",
    "clitic",
    "proclitic",
    "enclitic",
    "particle",
    "phrase",
    "discontiguous phrase",
)
_STATUSES = ("draft", "checked", "approved")
# Codes of statuses that end a contributor's right to edit; "Confirmed" is that of FieldWorks.
APPROVED = frozenset({"approved", "confirmed"})
_NOTE_TYPES = (
    "grammar",
    "phonology",
    "encyclopedic",
    "anthropology",
    "sociolinguistics",
    "semantics",
    "discourse",
    "bibliography",
    "restrictions",
    "source",
)
_TRANSLATION_TYPES = ("Free translation", "Literal translation", "Back translation")
_GENRES = (
    "narrative",
    "procedural",
    "expository",
    "conversation",
    "song",
    "poetry",
    "proverb",
    "elicitation",
)
_ETYMOLOGY_TYPES = ("borrowed", "proto")
_RELATION_TYPES = (
    ("Synonym", "symmetric", ""),
    ("Antonym", "symmetric", ""),
    ("Part", "pair", "Whole"),
    ("Generic", "pair", "Specific"),
    ("Compare", "symmetric", ""),
    ("_component-lexeme", "pair", "complex form"),
)
# Source: Leipzig Glossing Rules (2015), appendix.
ABBREVIATIONS = (
    ("1", "first person"),
    ("2", "second person"),
    ("3", "third person"),
    ("ABS", "absolutive"),
    ("ACC", "accusative"),
    ("CAUS", "causative"),
    ("CLF", "classifier"),
    ("COP", "copula"),
    ("DAT", "dative"),
    ("DEF", "definite"),
    ("DEM", "demonstrative"),
    ("DIST", "distal"),
    ("DU", "dual"),
    ("ERG", "ergative"),
    ("EXCL", "exclusive"),
    ("F", "feminine"),
    ("FUT", "future"),
    ("GEN", "genitive"),
    ("IMP", "imperative"),
    ("INCL", "inclusive"),
    ("IPFV", "imperfective"),
    ("IRR", "irrealis"),
    ("LOC", "locative"),
    ("M", "masculine"),
    ("NEG", "negation, negative"),
    ("NMLZ", "nominalizer"),
    ("NOM", "nominative"),
    ("OBJ", "object"),
    ("OBL", "oblique"),
    ("PASS", "passive"),
    ("PFV", "perfective"),
    ("PL", "plural"),
    ("POSS", "possessive"),
    ("PROG", "progressive"),
    ("PROX", "proximal"),
    ("PRS", "present"),
    ("PST", "past"),
    ("Q", "question particle"),
    ("REFL", "reflexive"),
    ("REL", "relative"),
    ("SBJ", "subject"),
    ("SG", "singular"),
    ("TOP", "topic"),
)


def default_items() -> list[ListItem]:
    """The items of all lists of a new project, with new ids."""
    items = [_item(lists.PARTS_OF_SPEECH, code, short) for code, short in _PARTS_OF_SPEECH]
    for name, codes in (
        (lists.MORPH_TYPES, _MORPH_TYPES),
        (lists.STATUSES, _STATUSES),
        (lists.NOTE_TYPES, _NOTE_TYPES),
        (lists.TRANSLATION_TYPES, _TRANSLATION_TYPES),
        (lists.ETYMOLOGY_TYPES, _ETYMOLOGY_TYPES),
        (lists.GENRES, _GENRES),
    ):
        items += [_item(name, code) for code in codes]
    items += [_relation_type(*found) for found in _RELATION_TYPES]
    items += [_item(lists.GLOSS_ABBREVIATIONS, *found) for found in ABBREVIATIONS]
    ranks: dict[str, int] = {}
    ranked = []
    for item in items:
        ranks[item.list] = ranks.get(item.list, 0) + 1
        ranked.append(item.model_copy(update={"rank": ranks[item.list]}))
    return ranked


@lru_cache(maxsize=1)
def default_codes() -> frozenset[tuple[str, str]]:
    """List and code of every item that a new project begins with."""
    return frozenset((item.list, item.code) for item in default_items())


def _item(list_code: str, code: str, short: str = "") -> ListItem:
    if list_code == lists.GLOSS_ABBREVIATIONS:
        return ListItem(id=new_id("i"), list=list_code, code=code, name={"en": short})
    abbreviation: Text = {"en": short} if short else {}
    return ListItem(
        id=new_id("i"), list=list_code, code=code, name={"en": code}, abbreviation=abbreviation
    )


def _relation_type(code: str, kind: str, inverse: str) -> ListItem:
    traits = [Trait(id=new_id("t"), name="relation-kind", value=kind)]
    if inverse:
        traits.append(Trait(id=new_id("t"), name="inverse-name", value=inverse))
    name = "Component" if code == "_component-lexeme" else code
    return ListItem(
        id=new_id("i"),
        list=lists.RELATION_TYPES,
        code=code,
        name={"en": name},
        traits=tuple(traits),
    )
