"""What a record says: its fields that have a value, each in its writing system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.domain.interlinear import chosen
from app.domain.text import plain
from app.formats.cldf.fields import Field
from app.formats.cldf.laying import Dict
from app.formats.cldf.values import Setting
from app.formats.cldf.words import guessed_in

_TEXTS = {
    "entry": ("lemma", "citation"),
    "sense": ("gloss", "definition", "scientific_name"),
    "form": (),
    "example": ("baseline", "literal"),
    "text": ("title", "abbreviation", "description", "source"),
}
_PLAIN = {
    "entry": ("homograph", "morph_type", "status"),
    "sense": ("domains",),
    "form": (),
    "example": ("label",),
    "text": ("date", "genre"),
}


_NONE: Dict = {}


def fields_in(role: str, content: Dict, setting: Setting) -> Iterator[Field]:
    """The fields of a record that have a value, each in its writing system."""
    for name in _TEXTS[role]:
        for ws, value in (content.get(name) or {}).items():
            described = name == "definition" and ws == setting.languages.analysis
            if plain(value) and not described:
                yield Field(name, ws)
    analysis = setting.languages.analysis
    if role == "sense" and plain((content.get("definition") or {}).get(analysis)):
        yield Field("gloss", analysis)
    yield from (Field(name) for name in _PLAIN[role] if content.get(name))
    notes: Iterable[Dict] = (one for one in content.get("notes", ()) if not one.get("type"))
    yield from (
        Field("note", ws) for ws in next(iter(notes), _NONE).get("text", {}) if role != "text"
    )
    if role in ("form", "example"):
        yield from _fields_of_example(role, content)


def _fields_of_example(role: str, content: Dict) -> Iterator[Field]:
    told = content.get("translation", {})
    if role == "form":
        told = next(iter(content.get("translations", ())), _NONE).get("text", {})
        yield from (Field("baseline", ws) for ws in content.get("form", {}))
    yield from (Field("translation", ws) for ws, value in told.items() if plain(value))
    if content.get("source"):
        yield Field("reference")
    glossed: dict[str, None] = {}
    for word in content.get("words", ()):
        analysis = chosen(word) or {}
        for one in (analysis, *analysis.get("morphs", ())):
            glossed |= dict.fromkeys(one.get("gloss") or {})
    yield from (Field("glosses", ws) for ws in glossed)
    if guessed_in(content):
        yield Field("guessed")
