"""Columns of a table: keys such as `gloss.en`, and what headings of other programs mean.

    id, sense_id                   the ids of entry and sense
    lemma.WS, citation.WS          texts of the entry, by code of the writing system
    gloss.WS, definition.WS, scientific_name.WS       texts of the sense
    homograph, morph_type, status, pos, domains       a number, and names of list items
    pronunciation.WS, variant.WS, entry_note.WS       parts of the entry
    example.WS, example_translation.WS, note.WS       parts of the sense
    field.NAME.WS, trait.NAME      own fields and properties of the entry ...
    sense.field.NAME.WS, sense.trait.NAME             ... and of the sense

Without a writing system a text is in the project's first one for such texts.

Source: Coward & Grimes, "Making dictionaries" (2000), for the markers of MDF; the CLDF
Dictionary module and Dictionaria for theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from app.domain import project as lists
from app.domain.errors import Invalid, Problem
from app.domain.messages import say
from app.domain.project import WritingSystem

Kind = Literal["id", "text", "number", "item", "items", "members"]
Level = Literal["entry", "sense"]
SKIP = "skip"
_OWN = "own:"
_WS = re.compile(r"[A-Za-z0-9]{1,8}([-_][A-Za-z0-9]{1,8})*")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class Simple:
    """What a key without its writing system means.

    Attributes:
        name: field of the record; for `members` the list in which they stand.
        inner: for `members`, the field of a member that the cell holds.
        list: the list of the project that items come from.
        vernacular: whether texts are in the object language.
    """

    level: Level
    kind: Kind
    name: str
    label: str
    inner: str = ""
    list: str = ""
    vernacular: bool = False


SIMPLE: dict[str, Simple] = {
    "id": Simple("entry", "id", "id", "Id of the entry"),
    "lemma": Simple("entry", "text", "lemma", "Lemma", vernacular=True),
    "citation": Simple("entry", "text", "citation", "Citation form", vernacular=True),
    "homograph": Simple("entry", "number", "homograph", "Homograph number"),
    "morph_type": Simple("entry", "item", "morph_type", "Morph type", list=lists.MORPH_TYPES),
    "status": Simple("entry", "item", "status", "Status", list=lists.STATUSES),
    "pronunciation": Simple(
        "entry", "members", "pronunciations", "Pronunciation", "form", vernacular=True
    ),
    "variant": Simple("entry", "members", "forms", "Variant", "form", vernacular=True),
    "entry_note": Simple("entry", "members", "notes", "Note on the entry", "text"),
    "sense_id": Simple("sense", "id", "id", "Id of the sense"),
    "pos": Simple("sense", "item", "pos", "Part of speech", list=lists.PARTS_OF_SPEECH),
    "gloss": Simple("sense", "text", "gloss", "Gloss"),
    "definition": Simple("sense", "text", "definition", "Definition"),
    "domains": Simple("sense", "items", "domains", "Semantic domains", list=lists.SEMANTIC_DOMAINS),
    "scientific_name": Simple("sense", "text", "scientific_name", "Scientific name"),
    "example": Simple("sense", "members", "examples", "Example", "form", vernacular=True),
    "example_translation": Simple(
        "sense", "members", "examples", "Translation of the example", "translation"
    ),
    "note": Simple("sense", "members", "notes", "Note on the sense", "text"),
}
_FIELD = Simple("entry", "members", "fields", "Own field", "text")
_TRAIT = Simple("entry", "members", "traits", "Property", "value")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        base: key without writing system.
        ws: code of the writing system, for texts.
        code: name of the own field or property.
    """

    base: str
    simple: Simple
    ws: str = ""
    code: str = ""

    @property
    def key(self) -> str:
        """The key as it is written."""
        level = "sense." if self.code and self.simple.level == "sense" else ""
        return level + ".".join(part for part in (self.base, self.code, self.ws) if part)

    @property
    def has_text(self) -> bool:
        """Whether its cells are in a writing system."""
        return self.simple.kind in ("text", "members") and self.base != "trait"


@dataclass(frozen=True)
class Systems:
    """The writing systems that a table is read with.

    Attributes:
        vernacular, analysis: codes of the first of each.
        codes: all codes, and tags in small letters, each with its code.
    """

    vernacular: str = ""
    analysis: str = ""
    codes: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, systems: Iterable[WritingSystem]) -> Systems:
        """Those of a project."""
        known = list(systems)
        vernacular = next((ws.id for ws in known if ws.vernacular), known[0].id if known else "und")
        analysis = next((ws.id for ws in known if ws.analysis), "en")
        codes = [(ws.tag.lower(), ws.id) for ws in known] + [(ws.id.lower(), ws.id) for ws in known]
        return cls(vernacular, analysis, tuple(codes))

    def find(self, tag: str) -> str:
        """The code for a tag; empty if there is none."""
        return dict(self.codes).get(tag.lower(), "")


def parse_key(key: str, systems: Systems) -> Column:
    """The column that a key means.

    Raises:
        Invalid: it means none.
    """
    if key.startswith(_OWN) and key[len(_OWN) :].strip():
        return Column("field", _FIELD, systems.analysis, key[len(_OWN) :].strip())
    level, rest = ("sense", key[6:]) if key.startswith("sense.") else ("entry", key)
    base, _, ws = rest.partition(".")
    if base in ("field", "trait") and ws:
        simple = Simple(**{**vars(_FIELD if base == "field" else _TRAIT), "level": level})
        code, _, tag = ws.rpartition(".") if base == "field" else (ws, "", "")
        if base == "field" and (not code or not _WS.fullmatch(tag)):
            code, tag = ws, systems.analysis
        return Column(base, simple, tag, code)
    found = SIMPLE.get(base) if level == "entry" else None
    if found is None or (ws and not _takes_ws(found, ws)):
        raise Invalid(Problem("columns", f"There is no column “{key}”; see the list of columns."))
    if found.kind in ("text", "members") and not ws:
        ws = systems.vernacular if found.vernacular else systems.analysis
    return Column(base, found, systems.find(ws) or ws)


def _takes_ws(simple: Simple, ws: str) -> bool:
    return simple.kind in ("text", "members") and bool(_WS.fullmatch(ws))


def guess(headings: Iterable[str], systems: Systems) -> list[str]:
    """For each heading the key that it most likely means, each key once; else an own field."""
    taken: set[str] = set()
    keys = []
    for heading in headings:
        found = _guess_one(heading, systems)
        key = _OWN + heading if found is None or found in taken else found
        taken.add(key)
        keys.append(key)
    return keys


def _guess_one(heading: str, systems: Systems) -> str | None:
    """The key of one heading: a key itself, or a name with a language in brackets or at its end."""
    heading = heading.strip()
    try:
        return parse_key(heading, systems).key
    except Invalid:
        pass
    name, ws = _split_language(heading, systems)
    known = _HEADINGS.get(_normal(name)) or _HEADINGS.get(_normal(heading))
    if known is None:
        return None
    base, _, own = known.partition(".")
    if base == SKIP or SIMPLE[base].kind not in ("text", "members"):
        return base
    return parse_key(".".join(part for part in (base, ws or own) if part), systems).key


def _split_language(heading: str, systems: Systems) -> tuple[str, str]:
    found = re.fullmatch(r"(.+?)\s*[(\[](.+?)[)\]]", heading)
    if found and _TAG.fullmatch(found[2]):
        return found[1], systems.find(found[2]) or found[2]
    found = re.fullmatch(r"(.+?)[ _.:-]+([A-Za-z0-9-]+)", heading)
    if found and (code := systems.find(found[2])):
        return found[1], code
    return heading, ""


def _normal(heading: str) -> str:
    return re.sub(r"[\W_]+", " ", heading.lower()).strip()


# Words that stand at the head of columns; the markers of MDF are among them.
_WORDS: Mapping[str, str] = {
    "id": "id|entry id|lexeme id|guid|uuid|key|nr|no|number",
    "lemma": "lemma|lx|lex|headword|head word|lexeme|lexeme form|word|entry|form|vernacular|term",
    "citation": "lc|citation|citation form|lexical citation form",
    "homograph": "hm|homograph|homograph number|homonym|homonym number",
    "morph_type": "morph type|morphtype|morpheme type|mp",
    "status": "st|status",
    "pronunciation": "ph|pronunciation|phonetic|phonetic form|ipa",
    "variant": "va|variant|variants|variant form",
    "entry_note": "entry note",
    "sense_id": "sense id",
    "pos": "ps|pos|part of speech|parts of speech|word class|category|grammatical info"
    "|grammatical category|gram info",
    "gloss": "gloss|glosses|translation|meaning|english gloss|gn",
    "gloss.en": "ge|english",
    "definition": "definition|def|description|dn|sense",
    "definition.en": "de",
    "domains": "sd|semantic domain|semantic domains|domain|domains|semantic field|is",
    "scientific_name": "sc|scientific name|latin name|species",
    "example": "xv|example|example sentence|examples|example sentences",
    "example_translation": "xn|example translation|example sentence translation"
    "|translation of example|free translation",
    "example_translation.en": "xe",
    "note": "nt|note|notes|comment|comments|general note|remark|remarks",
    SKIP: "language id|dt|sn",
}
_HEADINGS = {_normal(word): key for key, words in _WORDS.items() for word in words.split("|")}


def targets(systems: Iterable[WritingSystem]) -> list[tuple[str, str]]:
    """The keys that a column can be given to, each with words for it."""
    known = list(systems)
    found = []
    for base, simple in SIMPLE.items():
        if simple.kind not in ("text", "members"):
            found.append((base, simple.label))
            continue
        fitting = [ws for ws in known if (ws.vernacular if simple.vernacular else ws.analysis)]
        found += [
            (f"{base}.{ws.id}", say("%(field)s (%(ws)s)", field=say(simple.label), ws=ws.id))
            for ws in fitting or known
        ]
    return found
