"""Laying the rows of a table over an entry: only what the columns say is touched.

Nothing is deleted by leaving rows out. An empty cell takes a value away, unless the rows only
fill what is empty.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.ids import new_id
from app.domain.project import FieldDefinition
from app.domain.text import plain
from app.formats.base import Laid, Names
from app.formats.table.cells import SEPARATOR, split
from app.formats.table.columns import Column

Dict = dict[str, Any]
_LETTERS = {
    "pronunciations": "p",
    "forms": "o",
    "notes": "n",
    "examples": "x",
    "fields": "v",
    "traits": "t",
}


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        line: its line in the file.
        cells: what stands in each column that is taken.
    """

    line: int
    cells: dict[Column, str] = field(default_factory=dict)

    def get(self, base: str) -> str:
        """The cell of the column with this key, whatever its writing system; empty for none."""
        cells = (cell for column, cell in self.cells.items() if column.base == base)
        return next(cells, "").strip()

    def has_sense(self) -> bool:
        """Whether anything is said of a sense."""
        return any(cell and one.simple.level == "sense" for one, cell in self.cells.items())


class Layer:
    """Lays rows over entries of one project.

    Args:
        columns: those that are taken from the file.
        names: through which items and own fields are found or made.
    """

    def __init__(self, columns: Sequence[Column], names: Names) -> None:
        self._names = names
        self._entry = [one for one in columns if _is_taken(one, "entry")]
        self._sense = [one for one in columns if _is_taken(one, "sense")]

    def lay(self, rows: Sequence[Row], base: Dict, fill: bool = False) -> Laid:
        """The entry with what the rows say.

        Args:
            fill: whether only what is empty is filled.
        """
        content = copy.deepcopy(base)
        left: list[tuple[str, ...]] = []
        for column in self._entry:
            values = list(dict.fromkeys(row.cells[column] for row in rows if row.cells[column]))
            if not self._set(content, column, values, fill):
                left.append((column.simple.name, *([column.ws] if column.ws else [])))
        senses = list(iter_senses(content))
        if len(rows) == 1 and len(senses) > 1 and _by_name(rows[0], senses) is None:
            left += self._left_of_joined(rows[0], senses)
            return Laid(content, tuple(left))
        for row, sense in self._pairs(rows, senses):
            if sense is None:
                sense = {"id": new_id("s")}
                if row.get("sense_id"):
                    sense["source_id"] = row.get("sense_id")
                content["senses"] = [*content.get("senses", ()), sense]
            for column in self._sense:
                cell = row.cells[column]
                if not self._set(sense, column, [cell] if cell else [], fill):
                    path = ("senses", sense["id"], column.simple.name)
                    left.append((*path, *([column.ws] if column.ws else [])))
        return Laid(content, tuple(left))

    def _pairs(self, rows: Sequence[Row], senses: list[Dict]) -> Iterator[tuple[Row, Dict | None]]:
        """The sense of each row: by id, by gloss, by place where as many are left; else new."""
        telling = [row for row in rows if row.has_sense() or _by_id(row, senses)]
        found: dict[int, Dict] = {}
        free = list(senses)
        for find in (_by_id, _by_gloss):
            for place, row in enumerate(telling):
                sense = find(row, free) if place not in found else None
                if sense is not None:
                    found[place] = sense
                    free = [one for one in free if one is not sense]
        rest = [place for place in range(len(telling)) if place not in found]
        if len(rest) == len(free):
            found |= dict(zip(rest, free, strict=True))
        for place, row in enumerate(telling):
            yield row, found.get(place)

    def _left_of_joined(self, row: Row, senses: list[Dict]) -> Iterator[tuple[str, ...]]:
        """Of one row for a whole entry, the fields that say other than the senses do."""
        for column in self._sense:
            joined = SEPARATOR.join(v for s in senses for v in values_of(s, column))
            if row.cells[column] not in ("", joined) and not self._same_items(row, senses, column):
                yield "senses", column.simple.name, column.ws

    def _same_items(self, row: Row, senses: list[Dict], column: Column) -> bool:
        """Whether a cell names the items that the senses have."""
        if column.simple.kind not in ("item", "items"):
            return False
        ids = [one for sense in senses for one in values_of(sense, column)]
        return [self._item(column, label) for label in split(row.cells[column])] == ids

    def _set(self, part: Dict, column: Column, values: list[str], fill: bool) -> bool:
        """Sets a field to what a cell says; tells whether that could be done."""
        simple = column.simple
        wanted = self._wanted(column, values)
        if wanted is None:
            return False
        current = values_of(part, column)
        if wanted == current or SEPARATOR.join(wanted) == SEPARATOR.join(current):
            return True
        if fill and (current or not wanted):
            return not wanted
        if simple.kind == "members":
            return self._set_members(part, column, wanted)
        if simple.kind == "text":
            _put(part, simple.name, column.ws, wanted[0] if wanted else "")
        elif not wanted:
            part.pop(simple.name, None)
        elif simple.kind == "number":
            part[simple.name] = int(wanted[0])
        else:
            part[simple.name] = wanted if simple.kind == "items" else wanted[0]
        return True

    def _wanted(self, column: Column, values: list[str]) -> list[str] | None:
        """What a cell says, as `values_of` gives it; None if it cannot be said."""
        kind = column.simple.kind
        if kind == "number":
            return (
                None if values and not _is_number(values[0]) else [str(int(v)) for v in values[:1]]
            )
        if kind == "item":
            return [self._item(column, value) for value in values[:1]]
        if kind == "items":
            whole = [value for cell in values for value in self._labels(column, cell)]
            return [self._item(column, value) for value in dict.fromkeys(whole)]
        return values[:1] if kind == "text" else values

    def _labels(self, column: Column, cell: str) -> list[str]:
        """The items that a cell names: one, if it is the name of one as a whole."""
        return [cell] if self._known_item(column, cell) else split(cell)

    def _known_item(self, column: Column, label: str) -> str:
        """The item of that very name; empty if there is none."""
        key = (column.simple.list, label)
        return self._names.items.get(key) or self._names.labels.get(key) or ""

    def _item(self, column: Column, label: str) -> str:
        exact = self._known_item(column, label)
        return exact or self._names.labelled_item(column.simple.list, label.strip())

    def _set_members(self, part: Dict, column: Column, wanted: list[str]) -> bool:
        """Sets the texts of members one by one, where it is clear which is which."""
        members = list(part.get(column.simple.name) or ())
        ours = [one for one in members if _is_ours(one, column)]
        with_text = [one for one in ours if _text_of(one, column)]
        if len(with_text) > 1 and len(wanted) == 1:
            parts = wanted[0].split(SEPARATOR)
            wanted = parts if len(parts) == len(with_text) else wanted
        if len(with_text) > 1 and len(with_text) != len(wanted):
            return False
        for place in range(max(len(wanted), len(with_text))):
            value = wanted[place] if place < len(wanted) else ""
            slot = with_text[place] if place < len(with_text) else None
            if slot is None:
                empty = [one for one in ours if not _text_of(one, column)]
                slot = empty[0] if empty else self._new_member(column)
                if not empty:
                    members.append(slot)
                    ours.append(slot)
            _put_member(slot, column, value)
        part[column.simple.name] = [one for one in members if len(one) > _bare(column)]
        if not part[column.simple.name]:
            del part[column.simple.name]
        return True

    def _new_member(self, column: Column) -> Dict:
        made: Dict = {"id": new_id(_LETTERS[column.simple.name])}
        if column.base == "field":
            if column.code not in self._names.fields:
                levels = (column.simple.level,)
                definition = FieldDefinition(id=new_id("f"), code=column.code, levels=levels)
                self._names.add_field(definition)
            made["type"] = column.code
        if column.base == "trait":
            made["name"] = column.code
        return made


def iter_senses(entry: Dict) -> Iterator[Dict]:
    """The senses of an entry, each before its subsenses."""
    for sense in entry.get("senses") or ():
        yield sense
        yield from iter_senses(sense)


def values_of(part: Dict, column: Column) -> list[str]:
    """What an entry or a sense has in a column; of items, the ids."""
    simple = column.simple
    value = part.get(simple.name)
    if value is None or value == "":
        return []
    if simple.kind == "text":
        text = plain(value.get(column.ws))
        return [text] if text else []
    if simple.kind == "items":
        return list(value)
    if simple.kind == "members":
        texts = (_text_of(one, column) for one in value if _is_ours(one, column))
        return [text for text in texts if text]
    return [str(value)]


def _is_taken(column: Column, level: str) -> bool:
    return column.simple.level == level and column.simple.kind != "id"


def _is_ours(member: Dict, column: Column) -> bool:
    """Whether a member of a list is one of those that the column shows."""
    if column.base == "field":
        return bool(member.get("type") == column.code)
    if column.base == "trait":
        return bool(member.get("name") == column.code)
    if column.simple.name == "notes":
        return not member.get("type")
    return not (
        column.simple.name == "forms" and (member.get("morph_type") or "paradigm" in member)
    )


def _text_of(member: Dict, column: Column) -> str:
    if column.base == "trait":
        return str(member.get("value", ""))
    if column.base == "example_translation":
        first = (member.get("translations") or [{}])[0]
        return plain((first.get("text") or {}).get(column.ws))
    return plain((member.get(column.simple.inner) or {}).get(column.ws))


def _put_member(member: Dict, column: Column, value: str) -> None:
    if column.base == "trait":
        member["value"] = value
        if not value:
            del member["value"]
        return
    if column.base != "example_translation":
        _put(member, column.simple.inner, column.ws, value)
        return
    translations = list(member.get("translations") or ())
    first = translations[0] if translations else {"id": new_id("t")}
    _put(first, "text", column.ws, value)
    rest = translations[1:]
    member["translations"] = [first, *rest] if len(first) > 1 else rest
    if not member["translations"]:
        del member["translations"]


def _put(part: Dict, name: str, ws: str, value: str) -> None:
    """Sets or takes away one text; one with spans stays where its words are the same."""
    text = dict(part.get(name) or {})
    if plain(text.get(ws)) != value:
        text[ws] = value
    if not value:
        text.pop(ws, None)
    part[name] = text
    if not text:
        del part[name]


def _bare(column: Column) -> int:
    """How many keys a member has that says nothing: its id, and its type or name."""
    return 2 if column.base in ("field", "trait") else 1


def _is_number(value: str) -> bool:
    """Whether a cell is a number as homographs have it."""
    value = value.strip()
    return value.isascii() and value.isdigit() and len(value) < 10


def _by_id(row: Row, senses: Sequence[Dict]) -> Dict | None:
    told = row.get("sense_id")
    if not told:
        return None
    return next((one for one in senses if told in (one["id"], one.get("source_id"))), None)


def _by_gloss(row: Row, senses: Sequence[Dict]) -> Dict | None:
    if row.get("sense_id") and _by_id(row, senses) is None and senses:
        return None
    for sense in senses:
        for column, cell in row.cells.items():
            if cell and column.base == "gloss" and values_of(sense, column) == [cell]:
                return sense
    return None


def _by_name(row: Row, senses: Sequence[Dict]) -> Dict | None:
    """The sense that one row for several senses is about, if it is about one."""
    return _by_id(row, senses) or _by_gloss(row, senses)
