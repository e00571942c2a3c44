"""From entries to the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.formats.base import Contents, Names
from app.formats.table.cells import SEPARATOR
from app.formats.table.columns import SIMPLE, Column, Systems, parse_key
from app.formats.table.laying import iter_senses, values_of

Dict = dict[str, Any]


class Table:
    """The entries of a project as rows.

    Args:
        contents: what is written.
        keys: columns wanted; all that are in use where there are none.
        by_entry: one row an entry instead of one a sense.
    """

    def __init__(self, contents: Contents, keys: Sequence[str], by_entry: bool) -> None:
        self._contents, self._by_entry = contents, by_entry
        systems = Systems.of(contents.project.writing_systems)
        self.columns = (
            [parse_key(key, systems) for key in keys]
            if keys
            else _columns_in_use(contents, systems)
        )
        self._labels = _labels(contents, systems)

    def rows(self) -> Iterator[list[str]]:
        """The headings, then the rows."""
        yield [column.key for column in self.columns]
        for entry in self._contents.iter_records("entry"):
            senses = list(iter_senses(entry))
            if self._by_entry or not senses:
                yield [self._cell(entry, senses, column) for column in self.columns]
            else:
                for sense in senses:
                    yield [self._cell(entry, [sense], column) for column in self.columns]

    def _cell(self, entry: Dict, senses: Iterable[Dict], column: Column) -> str:
        parts = [entry] if column.simple.level == "entry" else senses
        values = [value for part in parts for value in values_of(part, column)]
        if column.simple.kind in ("item", "items"):
            values = [self._labels.get(value, value) for value in values]
        return SEPARATOR.join(values)


def _columns_in_use(contents: Contents, systems: Systems) -> list[Column]:
    """The columns in which any entry has something, in the order of the list of columns."""
    codes = [ws.id for ws in contents.project.writing_systems]
    possible = [one for base in SIMPLE for one in _columns(base, codes)]
    used: dict[Column, None] = {}
    own: dict[Column, None] = {}
    for entry in contents.iter_records("entry"):
        for level, parts in (("entry", [entry]), ("sense", list(iter_senses(entry)))):
            for part in parts:
                for column in possible:
                    fits = column not in used and column.simple.level == level
                    if fits and values_of(part, column):
                        used[column] = None
                own |= dict.fromkeys(_own_columns(part, level, systems))
    always = {"id", "sense_id"}
    found = [one for one in possible if one in used or one.base in always]
    first = [one for one in found if one.base == "lemma"]
    rest = [one for one in found if one.base not in ("lemma", *always)]
    ids = [one for one in found if one.base in always]
    return [*first, *rest, *sorted(own, key=lambda one: one.key), *ids]


def _columns(base: str, codes: list[str]) -> list[Column]:
    if SIMPLE[base].kind not in ("text", "members"):
        return [Column(base, SIMPLE[base])]
    return [Column(base, SIMPLE[base], ws) for ws in codes]


def _own_columns(part: Dict, level: str, systems: Systems) -> Iterator[Column]:
    prefix = "sense." if level == "sense" else ""
    for one in part.get("fields") or ():
        for ws in one.get("text") or {}:
            yield parse_key(f"{prefix}field.{one['type']}.{ws}", systems)
    for one in part.get("traits") or ():
        yield parse_key(f"{prefix}trait.{one['name']}", systems)


def _labels(contents: Contents, systems: Systems) -> dict[str, str]:
    """What stands for each item: its name where that means no other item, else its code."""
    names = Names()
    items = list(contents.iter_records("item"))
    for item in items:
        names.items[item["list"], item["code"]] = item["id"]
        names.add_labels(item, item["id"])
    return {item["id"]: _label(item, names, systems) for item in items}


def _label(item: Dict, names: Names, systems: Systems) -> str:
    name = item.get("name") or {}
    for label in (name.get(systems.analysis), *name.values()):
        key = (item["list"], label) if isinstance(label, str) else ("", "")
        found = names.items.get(key) or names.labels.get(key)
        plain = isinstance(label, str) and ";" not in label and label == label.strip()
        if plain and found == item["id"]:
            return str(label)
    return str(item["code"])
