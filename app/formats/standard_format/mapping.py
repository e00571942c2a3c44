r"""Which marker of a file is which field: guessed, chosen, kept as JSON.

{"format": "mdf", "record": "lx", "encoding": "utf-8",
"markers": {"lx": {"field": "lemma", "ws": "seh"},
"ge": {"field": "gloss", "ws": "en"},
"ng": {"field": "note", "type": "grammar", "ws": "en"},
"ph": {"field": "pronunciation", "ws": "seh-fonipa", "encoding": "cp1252"},
"zz": {"field": "keep"}},
"styles": {"fv": {"ws": "seh"}, "b": {"style": "bold"}}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from app.domain import project as lists
from app.domain.errors import Invalid, Problem
from app.domain.messages import say
from app.domain.project import WritingSystem
from app.formats.standard_format.lines import DEFAULT_ENCODING, check_encoding

KEEP, SKIP, OWN = "keep", "skip", "own"
Level = Literal["entry", "sense", "example", "text", "utterance", "tier", "any"]
_CODE = re.compile(r"[A-Za-z0-9]{1,8}([-_][A-Za-z0-9]{1,8})*")
_MARKER = re.compile(r"[^\s\\]{1,60}")


@dataclass(frozen=True)
class Meaning:
    """What a marker can be.

    Attributes:
        level: of what it is a field.
        label: for people.
        has_ws: whether its values are in a writing system ...
        vernacular: ... of the object language.
        list: the list of the project that its values come from.
        typed: whether a type goes with it (of note, relation, form, or an own field's name).
    """

    level: Level
    label: str
    has_ws: bool = False
    vernacular: bool = False
    list: str = ""
    typed: bool = False


def _text(level: Level, label: str, vernacular: bool = False, typed: bool = False) -> Meaning:
    return Meaning(level, label, True, vernacular, typed=typed)


_REST = {
    OWN: _text("any", "Own field", typed=True),
    KEEP: Meaning("any", "Keep as it is, in its place"),
    SKIP: Meaning("any", "Leave out"),
}
DICTIONARY: dict[str, Meaning] = {
    "lemma": _text("entry", "Lemma", True),
    "homograph": Meaning("entry", "Homograph number"),
    "citation": _text("entry", "Citation form", True),
    "subentry": _text("entry", "Subentry", True),
    "pronunciation": _text("entry", "Pronunciation", True),
    "variant": _text("entry", "Variant", True),
    "variant_comment": _text("entry", "Remark on a variant"),
    "paradigm": _text("entry", "Inflected form", True, True),
    "etymology": _text("entry", "Etymology: form", True),
    "etymology_gloss": _text("entry", "Etymology: gloss"),
    "etymology_source": Meaning("entry", "Etymology: source language"),
    "borrowed": Meaning("entry", "Borrowed from"),
    "entry_note": _text("entry", "Note on the entry", typed=True),
    "status": Meaning("entry", "Status", list=lists.STATUSES),
    "modified": Meaning("entry", "Date of change"),
    "number": Meaning("sense", "Number of the sense"),
    "pos": Meaning("sense", "Part of speech", list=lists.PARTS_OF_SPEECH),
    "gloss": _text("sense", "Gloss"),
    "definition": _text("sense", "Definition"),
    "domain": Meaning("sense", "Semantic domain", list=lists.SEMANTIC_DOMAINS),
    "scientific_name": _text("sense", "Scientific name"),
    "reversal": _text("sense", "Reversal"),
    "note": _text("sense", "Note on the sense", typed=True),
    "example": _text("example", "Example", True),
    "example_translation": _text("example", "Translation of the example"),
    "example_source": Meaning("example", "Source of the example"),
    "picture": Meaning("sense", "Picture"),
    "relation": Meaning("sense", "Relation to another entry", typed=True),
    "relation_type": Meaning("sense", "Type of the relation that follows"),
    "relation_target": Meaning("sense", "Entry to which that relation leads"),
    **_REST,
}
TEXT: dict[str, Meaning] = {
    "text": _text("text", "Beginning of a text: its title", True),
    "title": _text("text", "Title", True),
    "source": _text("text", "Source of the text"),
    "description": _text("text", "Description of the text"),
    "genre": Meaning("text", "Genre", list=lists.GENRES),
    "utterance": Meaning("utterance", "Beginning of a line: its number"),
    "line": _text("tier", "Words", True),
    "morphs": _text("tier", "Morphs", True),
    "gloss": _text("tier", "Glosses of the morphs"),
    "pos": Meaning("tier", "Parts of speech of the morphs", list=lists.PARTS_OF_SPEECH),
    "word_gloss": _text("tier", "Glosses of the words"),
    "word_pos": Meaning("tier", "Parts of speech of the words", list=lists.PARTS_OF_SPEECH),
    "translation": _text("utterance", "Free translation"),
    "literal": _text("utterance", "Literal translation"),
    "note": _text("utterance", "Note", typed=True),
    "speaker": Meaning("utterance", "Who speaks"),
    "start": Meaning("utterance", "Begin of the time"),
    "end": Meaning("utterance", "End of the time"),
    "recording": Meaning("utterance", "Recording, perhaps with times"),
    "utterance_source": Meaning("utterance", "Source of the line"),
    KEEP: _REST[KEEP],
    SKIP: _REST[SKIP],
}
MEANINGS: dict[str, dict[str, Meaning]] = {"mdf": DICTIONARY, "toolbox": TEXT}
HEADS = {"mdf": "lemma", "toolbox": "utterance"}


@dataclass(frozen=True)
class Use:
    """What one marker is.

    Attributes:
        field: key of the format's meanings.
        ws: code of a writing system.
        type: of the note, relation or form; the name of the own field.
        encoding: of its values, if another one than that of the file.
    """

    field: str = KEEP
    ws: str = ""
    type: str = ""
    encoding: str = ""

    @property
    def key(self) -> str:
        """What of a record it is: `gloss/en`, `note:grammar/en`."""
        typed = f"{self.field}:{self.type}" if self.type else self.field
        return f"{typed}/{self.ws}" if self.ws else typed


@dataclass(frozen=True)
class Style:
    """What a character style means.

    Attributes:
        ws: the writing system of what it marks.
        style: its name, if it only looks different.
    """

    ws: str = ""
    style: str = ""


@dataclass(frozen=True)
class MarkerMap:
    """A mapping of markers to fields.

    Attributes:
        format: `mdf` or `toolbox`.
        record: the marker with which a record begins.
        markers: in the sequence of the file; tiers stand in the same one.
    """

    format: str
    record: str
    encoding: str = DEFAULT_ENCODING
    markers: Mapping[str, Use] = field(default_factory=dict)
    styles: Mapping[str, Style] = field(default_factory=dict)

    def use(self, marker: str) -> Use:
        """What a marker is; kept where it is unknown."""
        return self.markers.get(marker) or Use()

    def encoding_of(self, marker: str) -> str:
        """The encoding of a marker's values."""
        found = self.markers.get(marker)
        return (found and found.encoding) or self.encoding

    def find(self, field: str, ws: str = "", type: str = "") -> str:
        """The first marker for something; empty if there is none."""
        wanted = (field, ws, type)
        return next(
            (one for one, use in self.markers.items() if (use.field, use.ws, use.type) == wanted),
            "",
        )

    def to_json(self) -> str:
        """The mapping as JSON."""
        return json.dumps(self.to_document(), ensure_ascii=False, indent=1)

    def to_document(self) -> dict[str, Any]:
        """The mapping as plain data."""
        found: dict[str, Any] = {
            "format": self.format,
            "record": self.record,
            "encoding": self.encoding,
            "markers": {one: _dumped(use) for one, use in self.markers.items()},
        }
        if self.styles:
            found["styles"] = {one: _dumped(style) for one, style in self.styles.items()}
        return found


def parse_map(given: str, format_id: str, base: MarkerMap | None = None) -> MarkerMap:
    """A mapping from JSON; what it does not say is taken from another one.

    Raises:
        Invalid: with everything that is wrong in it.
    """
    try:
        found = json.loads(given or "{}")
    except ValueError as error:
        raise Invalid(Problem("map", say("The mapping is no JSON: %(why)s.", why=error))) from error
    if not isinstance(found, dict) or not isinstance(found.get("markers", {}), dict):
        raise Invalid(Problem("map", "The mapping must be an object with “markers”."))
    if found.get("format", format_id) != format_id:
        what = say(
            "This mapping is for the format “%(other)s”, not for “%(format)s”.",
            other=found["format"],
            format=format_id,
        )
        raise Invalid(Problem("map", what))
    problems = [
        Problem("map", say("“%(key)s” is nothing that a mapping says.", key=key))
        for key in sorted(found.keys() - {"format", "record", "encoding", "markers", "styles"})
    ]
    uses = {
        one: _use(one, said, format_id, problems) for one, said in found.get("markers", {}).items()
    }
    styles = {one: _style(one, said, problems) for one, said in (found.get("styles") or {}).items()}
    if problems:
        raise Invalid(*problems)
    known = base or MarkerMap(format_id, "")
    return check_map(
        replace(
            known,
            record=str(found.get("record") or known.record),
            encoding=check_encoding(str(found.get("encoding") or known.encoding)),
            markers={**known.markers, **uses},
            styles={**known.styles, **styles},
        )
    )


def check_map(found: MarkerMap) -> MarkerMap:
    """The mapping itself, if it can be used.

    Raises:
        Invalid: it cannot.
    """
    head = HEADS[found.format]
    if not found.record:
        raise Invalid(Problem("record", "Say with which marker a record begins."))
    if found.use(found.record).field != head:
        label = MEANINGS[found.format][head].label
        what = say(
            "The marker \\%(marker)s begins a record: it must be “%(field)s”.",
            marker=found.record,
            field=say(label),
        )
        raise Invalid(Problem("record", what))
    return found


def _use(marker: str, said: Any, format_id: str, problems: list[Problem]) -> Use:
    where = f"map.{marker}"
    if isinstance(said, str):
        said = {"field": said}
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        problems.append(Problem(where, "Write what a marker is as an object of strings."))
        return Use()
    if extra := sorted(said.keys() - {"field", "ws", "type", "encoding"}):
        what = say("“%(key)s” is nothing that is said of a marker.", key=extra[0])
        problems.append(Problem(where, what))
        return Use()
    use = Use(**said)
    meaning = MEANINGS[format_id].get(use.field)
    if not _MARKER.fullmatch(marker):
        problems.append(Problem(where, "This is no marker."))
    elif meaning is None:
        problems.append(Problem(where, say("There is no field “%(field)s”.", field=use.field)))
    elif meaning.has_ws and not _CODE.fullmatch(use.ws):
        problems.append(Problem(where, "Say in which writing system it is."))
    elif meaning.typed and use.field in ("relation", OWN, "paradigm") and not use.type.strip():
        problems.append(Problem(where, "Say of which type, or under which name, it is."))
    elif use.encoding:
        check_encoding(use.encoding)
    return use


def _style(name: str, said: Any, problems: list[Problem]) -> Style:
    if isinstance(said, dict) and not said.keys() - {"ws", "style"}:
        return Style(str(said.get("ws", "")), str(said.get("style", "")))
    problems.append(Problem(f"styles.{name}", "A style has “ws” or “style”."))
    return Style()


def _dumped(one: Use | Style) -> dict[str, str]:
    return {key: value for key, value in vars(one).items() if value}


@dataclass(frozen=True)
class Systems:
    """The writing systems that markers are guessed with.

    Attributes:
        vernacular: the first one of the object language.
        analysis: those of glosses, in order.
        codes: all codes by what they may be called in a marker.
    """

    vernacular: str = "und"
    analysis: tuple[str, ...] = ("en",)
    codes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, systems: Iterable[WritingSystem]) -> Systems:
        """Those of a project."""
        known = list(systems)
        codes: dict[str, str] = {}
        for ws in known:
            for name in (ws.id, ws.tag, ws.abbreviation, ws.name):
                if name:
                    codes.setdefault(name.lower(), ws.id)
        vernacular = next((ws.id for ws in known if ws.vernacular), known[0].id if known else "und")
        analysis = tuple(ws.id for ws in known if ws.analysis) or ("en",)
        return cls(vernacular, analysis, codes)

    def of_letter(self, letter: str) -> str:
        """The code that a marker's last letter means: vernacular, English, national, regional.

        Source: Coward & Grimes, "Making dictionaries" (2000), chapter 2.
        """
        if letter == "v":
            return self.vernacular
        if letter == "e":
            return self.codes.get("en", "en")
        others = [one for one in self.analysis if one != self.codes.get("en", "en")]
        place = "nr".index(letter)
        return others[place] if place < len(others) else ("qaa-x-nat", "qaa-x-reg")[place]
