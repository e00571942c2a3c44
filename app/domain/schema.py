"""What the parts of an entry are called and how they are edited: one table for all screens.

Pages, history, table view and CSV columns read it, so that a field is described once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain import project as lists

Kind = Literal["multitext", "text", "number", "item", "items", "members", "texts"]


@dataclass(frozen=True)
class Field:
    """A field of a level.

    Attributes:
        name: key in the record.
        kind: a text by writing system, one string, a number, one or several items of a list,
            members of another level, or a list of strings.
        label: what people read; plural for members.
        one: what one member is called.
        vernacular: whether a text is in the object language.
        list: the list of the project that items come from.
        level: the level of members.
        main: shown even when empty.
        long: a text of several lines.
        decided: made on a screen of its own; in an entry it can be read and removed only.
    """

    name: str
    kind: Kind
    label: str
    one: str = ""
    vernacular: bool = False
    list: str = ""
    level: str = ""
    letter: str = "m"
    main: bool = False
    long: bool = False
    decided: bool = False


_NOTES = Field("notes", "members", "Notes", "note", level="note", letter="n")
_PRONUNCIATIONS = Field(
    "pronunciations", "members", "Pronunciations", "pronunciation",
    level="pronunciation", letter="p",
)  # fmt: skip

LEVELS: dict[str, tuple[Field, ...]] = {
    "entry": (
        Field("lemma", "multitext", "Lemma", vernacular=True, main=True),
        Field("citation", "multitext", "Citation form", vernacular=True),
        Field("homograph", "number", "Homograph number"),
        Field("morph_type", "item", "Morph type", list=lists.MORPH_TYPES),
        Field("status", "item", "Status", list=lists.STATUSES, main=True),
        _PRONUNCIATIONS,
        Field("senses", "members", "Senses", "sense", level="sense", letter="s", main=True),
        Field("forms", "members", "Variants and allomorphs", "form", level="form", letter="o"),
        Field(
            "etymologies", "members", "Etymology", "etymology", level="etymology", letter="y"
        ),
        _NOTES,
    ),
    "sense": (
        Field("gloss", "multitext", "Gloss", main=True),
        Field("pos", "item", "Part of speech", list=lists.PARTS_OF_SPEECH, main=True),
        Field("definition", "multitext", "Definition", main=True, long=True),
        Field("domains", "items", "Semantic domains", list=lists.SEMANTIC_DOMAINS),
        Field(
            "further_glosses", "members", "Further glosses", "gloss", level="phrase", letter="g"
        ),
        Field("scientific_name", "multitext", "Scientific name"),
        Field("examples", "members", "Examples", "example", level="example", letter="x"),
        Field("pictures", "members", "Pictures", "picture", level="picture", letter="m"),
        _NOTES,
        Field("reversals", "members", "Reversals", "reversal", level="reversal", letter="v"),
        Field("links", "members", "Links", "link", level="link", letter="k", decided=True),
        Field("senses", "members", "Subsenses", "subsense", level="sense", letter="s"),
    ),
    "example": (
        Field("form", "multitext", "Example", vernacular=True, main=True, long=True),
        Field(
            "translations", "members", "Translations", "translation",
            level="translation", letter="t", main=True,
        ),
        Field("source", "text", "Reference"),
        _NOTES,
    ),
    "translation": (
        Field("text", "multitext", "Translation", main=True, long=True),
        Field("type", "item", "Type", list=lists.TRANSLATION_TYPES),
    ),
    "note": (
        Field("text", "multitext", "Note", main=True, long=True),
        Field("type", "item", "Type", list=lists.NOTE_TYPES, main=True),
    ),
    "form": (
        Field("form", "multitext", "Form", vernacular=True, main=True),
        Field("morph_type", "item", "Morph type", list=lists.MORPH_TYPES),
        Field("environments", "texts", "Environments"),
        Field("paradigm", "text", "Paradigm cell"),
        _PRONUNCIATIONS,
    ),
    "pronunciation": (
        Field("form", "multitext", "Pronunciation", vernacular=True, main=True),
        Field("media", "members", "Recordings", "recording", level="media", letter="m"),
    ),
    "etymology": (
        Field("type", "item", "Type", list=lists.ETYMOLOGY_TYPES, main=True),
        Field("source", "text", "Source language", main=True),
        Field("form", "multitext", "Form", vernacular=True, main=True),
        Field("gloss", "multitext", "Gloss", main=True),
    ),
    "reversal": (
        Field("form", "multitext", "Reversal", main=True),
        Field("pos", "item", "Part of speech", list=lists.PARTS_OF_SPEECH),
    ),
    "link": (
        Field("catalog", "text", "Catalog"),
        Field("target", "text", "Target"),
        Field("label", "text", "Name of the target"),
        Field("kind", "text", "Kind of link"),
        Field("status", "text", "Decision"),
        Field("score", "number", "Score"),
        Field("by", "text", "Decided by"),
        Field("at", "text", "Decided at"),
    ),
    "phrase": (Field("text", "multitext", "Gloss", main=True),),
    "picture": (Field("label", "multitext", "Caption", main=True),),
    "media": (Field("label", "multitext", "Label", main=True),),
    "interlinear": (
        Field("title", "multitext", "Title", main=True),
        Field("abbreviation", "multitext", "Abbreviation"),
        Field("genre", "item", "Genre", list=lists.GENRES, main=True),
        Field("date", "text", "Date", main=True),
        Field("speakers", "texts", "Speakers", main=True),
        Field("source", "multitext", "Source"),
        Field("description", "multitext", "Description", long=True),
        Field("status", "item", "Status", list=lists.STATUSES),
        _NOTES,
    ),
    "utterance": (
        Field("baseline", "multitext", "Baseline", vernacular=True, main=True),
        Field("words", "members", "Words", "word", level="word", letter="w"),
        Field("groups", "members", "Groups", "group", level="group", letter="g"),
        Field("translation", "multitext", "Free translation", main=True, long=True),
        Field("literal", "multitext", "Literal translation", long=True),
        Field(
            "translations", "members", "Translations", "translation",
            level="translation", letter="t",
        ),
        _NOTES,
        Field("label", "text", "Number"),
        Field("speaker", "text", "Speaker"),
        Field("source", "text", "Reference"),
        Field("status", "item", "Status", list=lists.STATUSES),
    ),
    "word": (
        Field("form", "multitext", "Word", vernacular=True, main=True),
        Field("analyses", "members", "Analyses", "analysis", level="analysis", letter="y"),
        _NOTES,
    ),
    "analysis": (
        Field("morphs", "members", "Morphs", "morph", level="morph", letter="m"),
        Field("gloss", "multitext", "Word gloss"),
        Field("pos", "item", "Word category", list=lists.PARTS_OF_SPEECH),
    ),
    "morph": (
        Field("form", "multitext", "Morph", vernacular=True, main=True),
        Field("lemma", "multitext", "Lemma", vernacular=True),
        Field("gloss", "multitext", "Gloss", main=True),
        Field("pos", "item", "Category", list=lists.PARTS_OF_SPEECH),
        Field("type", "item", "Morph type", list=lists.MORPH_TYPES),
    ),
    "group": (
        Field("type", "text", "Type"),
        Field("members", "texts", "Members"),
        Field("gloss", "multitext", "Gloss", main=True),
    ),
}  # fmt: skip
# The level with which a record of a kind begins.
ROOTS = {"text": "interlinear", "utterance": "utterance"}


def find_field(level: str, name: str) -> Field | None:
    """A field of a level by its name."""
    return next((field for field in LEVELS.get(level, ()) if field.name == name), None)


def is_in_writing_system(path: Sequence[str], kind: str = "entry") -> bool:
    """Whether a path ends in the code of a writing system: it leads to one value of a text.

    Args:
        kind: of the record from whose root the path leads.

    >>> is_in_writing_system(("senses", "s_0", "gloss", "en"))
    True
    >>> is_in_writing_system(("senses", "s_0", "pos"))
    False
    """
    level, place = ROOTS.get(kind, "entry"), 0
    while place < len(path):
        if path[place] == "fields":
            return path[place + 2 : place + 3] == ("text",) and len(path) == place + 4
        field = find_field(level, path[place])
        if field is None or field.kind not in ("members", "multitext"):
            return False
        if field.kind == "multitext":
            return len(path) == place + 2
        level, place = field.level, place + 2
    return False


def describe(path: tuple[str, ...], say: Callable[[str], str] = str, kind: str = "entry") -> str:
    """A path in words, as `Sense › Gloss (en)`; own fields by their key.

    Args:
        path: keys and ids from the root of a record.
        say: says a word of this table in another language.
        kind: of the record.

    >>> describe(("senses", "s_0", "gloss", "en"))
    'sense › Gloss (en)'
    """
    level, words = ROOTS.get(kind, "entry"), []
    place = 0
    while place < len(path):
        key = path[place]
        field = find_field(level, key)
        if field is None and key in OTHER:
            words.append(say(OTHER[key]))
        elif field is None:
            words.append(key if "_" not in key[1:2] else "")
        elif field.kind == "members" and place + 1 < len(path):
            words.append(say(OTHER["#"] if path[place + 1] == "#" else field.one))
            level = field.level
            place += 1
        elif field.kind == "multitext" and place + 1 < len(path):
            words.append(f"{say(field.label)} ({path[place + 1]})")
            place += 1
        else:
            words.append(say(field.label))
        place += 1
    return " › ".join(word for word in words if word)


# Keys that are no field of the table.
OTHER = {
    "#": "order",
    "fields": "own field",
    "traits": "property",
    "annotations": "annotation",
    "access": "access",
    "pos_traits": "property of the part of speech",
    "residue": "residue",
}
