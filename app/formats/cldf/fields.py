"""Which column of a table is which field of a record.

A column with a CLDF term is known by it; one of our own by its name and language (`Gloss_pt`); some
names are those that the dictionaries of Dictionaria use. What is known by neither is residue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.formats.cldf.metadata import TERMS, Column, Table

STRUCTURE = frozenset({"id", "entry", "parent", "refs", "text", "position"})
ROW = "@row"  # the language of the row
META = "@meta"  # the language of the translation of the row

_BY_TERM = {
    "entry": {"id": "id", "languageReference": "language", "headword": "lemma",
              "partOfSpeech": "pos", "comment": "note"},
    "sense": {"id": "id", "description": "description", "entryReference": "entry",
              "comment": "note", "partOfSpeech": "pos"},
    "example": {"id": "id", "languageReference": "language", "primaryText": "baseline",
                "analyzedWord": "analyzed", "gloss": "glosses", "translatedText": "translation",
                "metaLanguageReference": "meta", "lgrConformance": "conformance",
                "comment": "note", "source": "source", "contributionReference": "text",
                "position": "position"},
    "text": {"id": "id", "name": "title", "description": "description"},
}  # fmt: skip
_BY_NAME = {
    "entry": {"Homograph": "homograph", "Morph_Type": "morph_type", "Status": "status",
              "Lemma": "lemma", "Citation": "citation", "Note": "note"},
    "sense": {"Gloss": "gloss", "Definition": "definition", "Part_Of_Speech": "pos",
              "Scientific_Name": "scientific_name", "Semantic_Domain": "domains",
              "Parent_Sense": "parent", "Note": "note"},
    "example": {"Label": "label", "Reference": "reference", "Primary_Text": "baseline",
                "Gloss": "glosses", "Translated_Text": "translation", "Note": "note",
                "Literal_Translation": "literal", "Guessed_Words": "guessed"},
    "text": {"Title": "title", "Name": "title", "Abbreviation": "abbreviation",
             "Description": "description", "Origin": "source", "Date": "date",
             "Genre": "genre", "ID": "id"},
}  # fmt: skip
# Fields that are texts, by the language that they are in unless their column says it.
_VERNACULAR = frozenset({"lemma", "citation", "baseline"})
_ANALYSIS = frozenset(
    {"gloss", "definition", "scientific_name", "note", "title", "abbreviation", "literal",
     "description", "source_text"}
)  # fmt: skip
_OF_META = frozenset({"translation", "glosses"})
_TEXT_SOURCE = frozenset({("text", "source")})


@dataclass(frozen=True)
class Field:
    """A field in a writing system.

    Attributes:
        ws: code of the writing system; `ROW` or `META` for that of the row; None for no text.
    """

    name: str
    ws: str | None = None


def field_of(table: Table, column: Column, systems: Mapping[str, str]) -> Field | None:
    """The field that a column is; None for one that is kept as it is.

    Args:
        systems: writing system by language tag; `""` is that of descriptions without one.
    """
    role = table.role
    name = _BY_TERM[role].get(column.term, "") if column.term else ""
    if not column.term:
        name = _named(role, column)
    if not name and column.target:
        name = _pointer(role, column)
    if not name:
        return None
    return Field(name, _ws(role, name, column, systems))


def has_gloss(table: Table) -> bool:
    """Whether senses have glosses of their own beside their descriptions."""
    return any(_named("sense", one) == "gloss" for one in table.columns if not one.term)


def describe(role: str, field: Field, tag: str, url: str = "") -> dict[str, Any]:
    """A column of our own for a field.

    Args:
        tag: language tag of the writing system.
        url: file of the table to which it points.
    """
    term = next((term for term, name in _CANONICAL[role].items() if name == field.name), "")
    name = _NAMES[role].get(field.name) or next(
        one for one, known in _BY_NAME[role].items() if known == field.name
    )
    made: dict[str, Any] = {"name": name, "datatype": "string"}
    if term:
        made["propertyUrl"] = TERMS + term
    if field.ws and tag:
        made["lang"] = tag
    if field.name in ("analyzed", "glosses"):
        made["separator"] = "\t"
    if field.name in ("refs", "domains"):
        made["separator"] = " ; "
    return made | _DATATYPES.get(field.name, {})


def further_column(role: str, field: Field, tag: str) -> dict[str, Any]:
    """A column of our own for a field in a further writing system: `Gloss_pt`."""
    base = next(one for one, known in _BY_NAME[role].items() if known == field.name)
    made = {"name": f"{base}_{tag}", "datatype": "string", "lang": tag}
    return made | ({"separator": "\t"} if field.name == "glosses" else {})


_ID = {"base": "string", "format": "[a-zA-Z0-9_\\-]+"}
_DATATYPES: dict[str, dict[str, Any]] = {
    "id": {"datatype": _ID, "required": True},
    "language": {"required": True},
    "lemma": {"required": True},
    "baseline": {"required": True},
    "entry": {"required": True},
    "position": {"datatype": "integer"},
    "homograph": {"datatype": "integer"},
    "conformance": {"datatype": {"base": "string", "format": "WORD_ALIGNED|MORPHEME_ALIGNED"}},
}
_CANONICAL = {
    role: {term: name for term, name in known.items() if (role, term) != ("sense", "partOfSpeech")}
    for role, known in _BY_TERM.items()
}
_NAMES: dict[str, dict[str, str]] = {
    "entry": {"id": "ID", "language": "Language_ID", "lemma": "Headword",
              "pos": "Part_Of_Speech", "note": "Comment"},
    "sense": {"id": "ID", "description": "Description", "entry": "Entry_ID", "note": "Comment"},
    "example": {"id": "ID", "language": "Language_ID", "baseline": "Primary_Text",
                "analyzed": "Analyzed_Word", "glosses": "Gloss",
                "translation": "Translated_Text", "meta": "Meta_Language_ID",
                "conformance": "LGR_Conformance", "note": "Comment", "source": "Source",
                "text": "Contribution_ID", "position": "Position", "refs": "Sense_IDs"},
    "text": {"id": "ID", "title": "Name", "description": "Description"},
}  # fmt: skip


def _named(role: str, column: Column) -> str:
    known = _BY_NAME[role]
    base = column.name.removesuffix(f"_{column.lang}") if column.lang else column.name
    return known.get(base, "")


def _pointer(role: str, column: Column) -> str:
    """What a column without a term points at; its target is the role of that table."""
    return {("example", "sense"): "refs", ("example", "text"): "text"}.get(
        (role, column.target), ""
    )


def _ws(role: str, name: str, column: Column, systems: Mapping[str, str]) -> str | None:
    if (role, name) in _TEXT_SOURCE:
        name = "source_text"
    if name not in _VERNACULAR | _ANALYSIS | _OF_META:
        return None
    if column.lang:
        return systems[column.lang]
    if name in _OF_META:
        return META
    return ROW if name in _VERNACULAR else systems[""]
