"""Rows of tables laid over records: a cell that says what the record says already changes nothing.

A first import lays rows over nothing. What no field holds, and what a field would write otherwise,
is residue of the column.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.ids import new_id
from app.domain.text import plain
from app.formats.base import Laid
from app.formats.cldf import words
from app.formats.cldf.fields import META, ROW, STRUCTURE, Field, field_of, has_gloss
from app.formats.cldf.metadata import Column, Table
from app.formats.cldf.values import NOTHING, Setting, get, put, put_description

FORMAT = "cldf"
ID = "#ID"  # where the id of an example of a sense is kept
MAPPED = "="  # before the name of a column that is a field: what was made of it, and the cell
Dict = dict[str, Any]
Row = Mapping[str, str]


@dataclass
class Known:
    """A column of a table with its field; None for one that is kept as it is."""

    column: Column
    field: Field | None


@dataclass
class Sheet:
    """A table whose columns are known.

    Attributes:
        glossed: of senses, whether there are glosses beside the descriptions.
    """

    role: str
    columns: list[Known]
    glossed: bool = False
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Finds the columns by their fields."""
        for one in self.columns:
            if one.field is not None:
                self.names.setdefault(one.field.name, one.column.name)

    def cell(self, row: Row, name: str) -> str:
        """The cell of a field; empty if the table has none."""
        return row.get(self.names.get(name, ""), "")

    def column(self, name: str) -> Column | None:
        """The column of a field."""
        wanted = self.names.get(name)
        return next((one.column for one in self.columns if one.column.name == wanted), None)


def sheet_of(table: Table, systems: Mapping[str, str]) -> Sheet:
    """A table with its columns known; of two columns for one field the first is it."""
    seen: set[Field] = set()
    known = []
    for column in table.columns:
        found = field_of(table, column, systems)
        if found in seen:
            found = None
        if found is not None:
            seen.add(found)
        known.append(Known(column, found))
    return Sheet(table.role, known, has_gloss(table))


def cell_of(role: str, content: Dict, one: Known, setting: Setting) -> str:
    """What a record says in a column: as it came, while that is still so."""
    if one.field is None:
        return _kept(content, one.column.name) or ""
    return _as_it_came(content, one, get(role, content, one.field, setting))


def lay(role: str, content: Dict, sheet: Sheet, row: Row, setting: Setting) -> None:
    """Lays a row over a record, in place.

    Args:
        role: that of the table, or `form` for an example of a sense.
    """
    language = setting.languages.ws(sheet.cell(row, "language")) if role in _SPOKEN else ""
    meta = setting.languages.meta(sheet.cell(row, "meta"))
    systems = {ROW: language, META: meta}
    row = without_stand_ins(sheet, row)
    changed = [one for one in sheet.columns if _differs(role, content, one, row, setting)]
    names = {one.field.name for one in changed if one.field is not None}
    for one in changed:
        if one.field is not None and not _is_apart(role, one.field.name):
            ws = systems.get(one.field.ws or "", one.field.ws or "")
            put(role, content, one.field, row[one.column.name], setting, ws)
    if role == "sense" and "description" in names:
        _lay_description(content, sheet, row, setting)
    if role == "example" and names & {"baseline", "analyzed", "glosses"}:
        _lay_words(content, sheet, row, systems)
    if role == "example" and names & {"baseline", "analyzed", "glosses", "guessed"}:
        words.mark_guesses(content, sheet.cell(row, "guessed"))
    _keep_rest(role, content, sheet, row, setting)


def without_stand_ins(sheet: Sheet, row: Row) -> Row:
    """A row without what stands in a required cell for want of a value of its own."""
    made = dict(row)
    for one in sheet.columns:
        raw = row.get(one.column.name, "")
        if one.field is None or one.field.name not in _REQUIRED or not raw:
            continue
        others = (
            row.get(other.column.name, "")
            for other in sheet.columns
            if other is not one and _is(other, one.field.name)
        )
        if raw == NOTHING or raw in others:
            made[one.column.name] = ""
    told = {one.column.name: row.get(one.column.name, "") for one in sheet.columns if _cites(one)}
    if any(told.values()) and "reference" in sheet.names:
        made |= {name: cell or next(filter(None, told.values())) for name, cell in told.items()}
    return made


def _cites(one: Known) -> bool:
    return one.field is not None and one.field.name in ("source", "reference")


_REQUIRED = frozenset({"lemma", "baseline"})
_SPOKEN = frozenset({"entry", "example", "form"})
_TOGETHER = frozenset(
    {("sense", "description"), ("example", "analyzed"), ("example", "glosses"),
     ("example", "guessed"),
     ("form", "analyzed"), ("form", "glosses")}
)  # fmt: skip
_DERIVED = frozenset({"conformance", "language", "meta"})
_NEVER = STRUCTURE | {"conformance"}


def _is_apart(role: str, name: str) -> bool:
    """Whether a field follows from others, or is laid together with others."""
    return name in _DERIVED or (role, name) in _TOGETHER


def _differs(role: str, content: Dict, one: Known, row: Row, setting: Setting) -> bool:
    if one.column.name not in row or (one.field and one.field.name in STRUCTURE):
        return False
    raw = row[one.column.name]
    return cell_of(role, content, one, setting) != raw


def _lay_description(sense: Dict, sheet: Sheet, row: Row, setting: Setting) -> None:
    others = [
        row.get(one.column.name, "")
        for one in sheet.columns
        if one.field is not None and one.field.name in ("gloss", "definition")
    ]
    ws = setting.languages.analysis
    put_description(sense, sheet.cell(row, "description"), others, ws, sheet.glossed)


def _lay_words(content: Dict, sheet: Sheet, row: Row, systems: Mapping[str, str]) -> None:
    found = (one.field.ws for one in sheet.columns if one.field and one.field.name == "baseline")
    ws = next(found, ROW) or ROW
    told = [one for one in sheet.columns if _is(one, "glosses")]
    lines = [(one.field.ws or META, _values(one.column, row)) for one in told if one.field]
    analyzed = _values(sheet.column("analyzed"), row)
    gloss_ws, glossed = lines[0] if lines else (META, [])
    ws, gloss_ws = systems.get(ws, ws), systems.get(gloss_ws, gloss_ws)
    words.read_words(content, analyzed, glossed, ws, gloss_ws)
    for other, cells in lines[1:]:
        words.add_glosses(content, cells, systems.get(other, other))


def _is(one: Known, name: str) -> bool:
    return one.field is not None and one.field.name == name


def _values(column: Column | None, row: Row) -> list[str]:
    cell = row.get(column.name, "") if column else ""
    if not cell or column is None:
        return []
    return cell.split(column.separator) if column.separator else cell.split()


def _keep_rest(role: str, content: Dict, sheet: Sheet, row: Row, setting: Setting) -> None:
    """Keeps what the record does not say as the row does, and forgets what was kept before."""
    columns = {one.column.name for one in sheet.columns} | row.keys()
    names = columns | {MAPPED + name for name in columns}
    kept = [one for one in content.get("residue", ()) if not _is_of(one, names)]
    for one in sheet.columns:
        raw = row.get(one.column.name)
        if raw is None or (one.field is not None and one.field.name in _NEVER):
            continue
        made = get(role, content, one.field, setting) if one.field is not None else ""
        if made != raw:
            kept.append(_residue(one, made, raw))
    described = {one.column.name for one in sheet.columns}
    for name, raw in row.items():
        if name not in described and raw:
            kept.append({"format": FORMAT, "at": name, "content": raw})
    if kept:
        content["residue"] = kept
    else:
        content.pop("residue", None)


def _is_of(residue: Mapping[str, Any], names: Iterable[str]) -> bool:
    return residue["format"] == FORMAT and residue.get("at", "") in names


def _residue(one: Known, made: str, raw: str) -> Dict:
    at, told = one.column.name, raw
    if one.field is not None:
        at, told = MAPPED + at, json.dumps([made, raw], ensure_ascii=False)
    return {"format": FORMAT, "at": at, "content": told}


def _as_it_came(content: Dict, one: Known, made: str) -> str:
    """A cell as it was read, while the record says the same as then."""
    try:
        before, raw = json.loads(_kept(content, MAPPED + one.column.name) or "[]")
    except ValueError:
        return made
    return str(raw) if before == made else made


def _kept(content: Mapping[str, Any], name: str) -> str | None:
    return next(
        (one["content"] for one in content.get("residue", ()) if _is_of(one, (name,))), None
    )


@dataclass
class Example:
    """A row of an example as a sense has it.

    Attributes:
        utterance: the utterance that it is; empty for one of the sense alone.
    """

    id: str
    row: Row
    utterance: str = ""


@dataclass
class Sense:
    """A row of a sense, with its examples."""

    id: str
    row: Row
    parent: str = ""
    examples: list[Example] = field(default_factory=list)


@dataclass
class Entry:
    """A row of an entry with what belongs to it, which can be laid over an entry."""

    row: Row
    senses: list[Sense]
    sheets: Mapping[str, Sheet]
    setting: Setting

    def lay(self, base: Dict, _only_missing: bool = False) -> Laid:
        """The entry with what the rows say; what they do not have stays."""
        content = copy.deepcopy(base)
        lay("entry", content, self.sheets["entry"], self._without_pos(), self.setting)
        for told in self.senses:
            self._lay_sense(content, told)
        if "pos" in self.sheets["entry"].names:
            self._lay_pos(content)
        return Laid(content)

    def _without_pos(self) -> Row:
        name = self.sheets["entry"].names.get("pos")
        return {key: cell for key, cell in self.row.items() if key != name}

    def _lay_sense(self, content: Dict, told: Sense) -> None:
        sense = find_sense(content, told.id)
        if sense is None:
            sense = {"id": new_id("s"), "source_id": told.id}
            above = find_sense(content, told.parent) if told.parent else None
            (content if above is None else above).setdefault("senses", []).append(sense)
        lay("sense", sense, self.sheets["sense"], told.row, self.setting)
        for one in told.examples:
            self._lay_example(sense, one)

    def _lay_example(self, sense: Dict, told: Example) -> None:
        found = next((x for x in sense.get("examples", ()) if told.id in example_ids(x)), None)
        if found is None:
            found = {"id": new_id("x")}
            found["residue"] = [{"format": FORMAT, "at": ID, "content": told.id}]
            if told.utterance:
                found["utterance"] = told.utterance
            sense.setdefault("examples", []).append(found)
        if not found.get("utterance"):
            lay("form", found, self.sheets["example"], told.row, self.setting)

    def _lay_pos(self, content: Dict) -> None:
        """The part of speech of the entry, for senses without one, where none has its own."""
        column = next(one for one in self.sheets["entry"].columns if _is(one, "pos"))
        raw = self.row.get(column.column.name, "")
        made = pos_cell(content, column, self.setting)
        if made != raw:
            for sense in content.get("senses", ()):
                put("sense", sense, Field("pos"), raw, self.setting, "")
        made = pos_cell(content, column, self.setting, kept=False)
        name = column.column.name
        left = [one for one in content.get("residue", ()) if not _is_of(one, (MAPPED + name,))]
        if made != raw:
            left.append(_residue(column, made, raw))
        content["residue"] = left
        if not left:
            del content["residue"]


def pos_cell(content: Dict, column: Known, setting: Setting, kept: bool = True) -> str:
    """The part of speech of an entry: that of its senses, the first if they differ."""
    codes = [setting.codes.get(one.get("pos") or "", "") for one in content.get("senses", ())]
    made = next((one for one in codes if one), "")
    return _as_it_came(content, column, made) if kept else made


def example_ids(example: Mapping[str, Any]) -> set[str]:
    """The ids by which an example of a sense is known in a dataset."""
    kept = next((x["content"] for x in example.get("residue", ()) if _is_id(x)), "")
    return {one for one in (kept, example.get("utterance") or "", example["id"]) if one}


def example_id(example: Mapping[str, Any]) -> str:
    """The id that an example of a sense has in a dataset."""
    kept = next((x["content"] for x in example.get("residue", ()) if _is_id(x)), "")
    return str(kept or example["id"])


def is_mapped(at: str) -> bool:
    """Whether residue is of a column that is a field, or an id."""
    return at.startswith(MAPPED) or at == ID


def _is_id(residue: Mapping[str, Any]) -> bool:
    return residue["format"] == FORMAT and residue.get("at") == ID


def find_sense(content: Mapping[str, Any], wanted: str) -> Dict | None:
    """The sense with an id, its own or that of a source, at any depth."""
    for sense in content.get("senses", ()):
        if wanted in (sense["id"], sense.get("source_id")):
            return dict(sense) if not isinstance(sense, dict) else sense
        if (found := find_sense(sense, wanted)) is not None:
            return found
    return None


def is_glossed(sheet: Sheet, row: Row) -> bool:
    """Whether an example is glossed, so that it is an utterance of its own."""
    return bool(plain(sheet.cell(row, "analyzed")) or plain(sheet.cell(row, "glosses")))
