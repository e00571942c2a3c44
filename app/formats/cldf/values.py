"""Fields of records as the cells of a table, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain import project as lists
from app.domain.ids import new_id
from app.domain.text import plain
from app.formats.base import Names
from app.formats.cldf.fields import META, ROW, Field
from app.formats.cldf.languages import Languages
from app.formats.cldf.words import conformance, glosses_of, guessed_in, words_of

Dict = dict[str, Any]
NOTHING = "—"  # stands where a table wants a value and there is none
_ITEMS = {
    "morph_type": lists.MORPH_TYPES,
    "status": lists.STATUSES,
    "pos": lists.PARTS_OF_SPEECH,
    "genre": lists.GENRES,
}
_MAIN = {"entry": "lemma", "example": "baseline", "form": "form"}
_SEPARATORS = re.compile(r"\s*;\s*")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass
class Setting:
    """What values depend on.

    Attributes:
        codes: code by item.
        names: while a file is read, the project's lists.
    """

    languages: Languages
    codes: dict[str, str] = field(default_factory=dict)
    names: Names | None = None

    def item(self, list_code: str, label: str) -> str:
        """The item with a label, made if there is none."""
        assert self.names is not None
        found = self.names.labelled_item(list_code, label)
        if found not in self.codes:
            self.codes |= {one: code for (_, code), one in self.names.items.items()}
        return found

    def row_ws(self, role: str, content: Mapping[str, Any]) -> str:
        """The writing system of a record: the first of its text that is a language's."""
        systems = list(content.get(_MAIN.get(role, ""), ()))
        known = (ws for ws in systems if ws in self.languages.ids)
        return next(known, systems[0] if systems else "")

    def meta_ws(self, content: Mapping[str, Any]) -> str:
        """The writing system of a record's translation."""
        systems = list(_translation(content))
        known = (ws for ws in systems if ws in self.languages.ids)
        if self.languages.analysis in systems:
            return self.languages.analysis
        return next(known, systems[0] if systems else self.languages.analysis)

    def resolve(self, role: str, content: Mapping[str, Any], wanted: Field) -> str:
        """The writing system of a field of a record."""
        if wanted.ws == ROW:
            return self.row_ws(role, content)
        return self.meta_ws(content) if wanted.ws == META else wanted.ws or ""


def get(role: str, content: Dict, wanted: Field, setting: Setting) -> str:
    """A field as a cell; `role` is that of the table, or `form` for an example of a sense."""
    name, ws = wanted.name, setting.resolve(role, content, wanted)
    if name in _ITEMS:
        return setting.codes.get(content.get(name) or "", "")
    if name == "domains":
        return " ; ".join(setting.codes.get(one, "") for one in content.get("domains", ()))
    if name == "language":
        return setting.languages.id_of(setting.row_ws(role, content))
    if name == "meta":
        ids = setting.languages.ids if _translation(content) else {}
        return ids.get(setting.meta_ws(content), "")
    if name == "description" and role == "sense":
        return _description(content, setting.languages.analysis)
    if name == "note":
        note = _note(content)
        return plain(note.get("text", {}).get(ws)) if note else ""
    if name == "analyzed":
        return "\t".join(words_of(content, setting.row_ws(role, content)))
    if name == "glosses":
        return "\t".join(glosses_of(content, ws))
    if name == "guessed":
        return guessed_in(content)
    if name == "conformance":
        return conformance(content, setting.row_ws(role, content))
    if role == "form" and name in ("baseline", "translation"):
        text = content.get("form", {}) if name == "baseline" else _translation(content)
        return plain(text.get(ws))
    if name in ("source", "reference") and role != "text":
        return str(content.get("source") or "")
    told: Any = content.get(name) or ""
    return str(told) if wanted.ws is None or not told else plain(told.get(ws))


def put(role: str, content: Dict, wanted: Field, cell: str, setting: Setting, ws: str) -> None:
    """A cell into its field; one that no field can hold is left to the residue.

    Args:
        ws: writing system of the field.
    """
    name = wanted.name
    if name in _ITEMS:
        _set(content, name, setting.item(_ITEMS[name], cell) if cell else None)
    elif name == "domains":
        labels = [one for one in _SEPARATORS.split(cell) if one]
        items = dict.fromkeys(setting.item(lists.SEMANTIC_DOMAINS, one) for one in labels)
        _set(content, name, list(items))
    elif name == "homograph":
        if _NUMBER.fullmatch(cell) or not cell:
            _set(content, name, int(cell) if cell else None)
    elif name == "note":
        _put_note(content, cell, ws)
    elif name in ("source", "reference") and role != "text":
        _set(content, "source", cell)
    elif role == "form" and name == "translation":
        _put_translation(content, cell, ws)
    elif wanted.ws is not None:
        key = "form" if role == "form" and name == "baseline" else name
        text = {**content.get(key, {}), ws: cell}
        _set(content, key, {one: value for one, value in text.items() if plain(value)})
    elif name in ("label", "date"):
        _set(content, name, cell)


def put_description(sense: Dict, cell: str, row: Iterable[str], ws: str, glossed: bool) -> None:
    """A description into the definition or gloss of a sense, unless another cell says it.

    Args:
        row: the glosses and definitions in the other cells.
        glossed: whether the table has a column of glosses.
    """
    if cell == NOTHING or cell in set(row):
        return
    defined = glossed or plain(sense.get("definition", {}).get(ws))
    name = "definition" if defined else "gloss"
    _set(sense, name, {**sense.get(name, {}), ws: cell})


def main_text(role: str, content: Mapping[str, Any]) -> Dict:
    """The text without which a record of a table is nothing: headword or line."""
    return dict(content.get(_MAIN[role]) or {})


def _description(sense: Dict, ws: str) -> str:
    told = (sense.get(name) or {} for name in ("definition", "gloss"))
    texts = list(told)
    first = (plain(text.get(ws)) for text in texts)
    rest = (plain(value) for text in texts for value in text.values())
    return next((one for one in (*first, *rest) if one), NOTHING)


def _note(content: Mapping[str, Any]) -> Dict | None:
    return next((dict(one) for one in content.get("notes", ()) if not one.get("type")), None)


def _put_note(content: Dict, cell: str, ws: str) -> None:
    notes = list(content.get("notes", ()))
    place = next((at for at, one in enumerate(notes) if not one.get("type")), len(notes))
    if place == len(notes):
        notes.append({"id": new_id("n")})
    text = {**notes[place].get("text", {}), ws: cell}
    notes[place] = {**notes[place], "text": {one: value for one, value in text.items() if value}}
    _set(content, "notes", [one for one in notes if one["text"]])


def _translation(content: Mapping[str, Any]) -> Dict:
    """The free translation of an utterance or of an example of a sense."""
    if "translations" in content and "baseline" not in content:
        told: Dict = next(iter(content["translations"]), {})
        return dict(told.get("text") or {})
    return dict(content.get("translation") or {})


def _put_translation(content: Dict, cell: str, ws: str) -> None:
    told = [dict(one) for one in content.get("translations", ())] or [{"id": new_id("t")}]
    text = {**told[0].get("text", {}), ws: cell}
    told[0]["text"] = {one: value for one, value in text.items() if plain(value)}
    _set(content, "translations", [one for one in told if one["text"]])


def _set(content: Dict, name: str, value: Any) -> None:
    if value in (None, "", {}, []):
        content.pop(name, None)
    else:
        content[name] = value
