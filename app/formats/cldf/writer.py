"""Writing a project as a dataset: dictionary, texts, or both."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.domain.errors import Invalid, NotFound, Problem
from app.domain.text import first_plain, plain
from app.formats.base import Contents
from app.formats.cldf.fields import STRUCTURE, Field
from app.formats.cldf.laying import (
    FORMAT,
    Dict,
    Known,
    cell_of,
    example_id,
    is_mapped,
    pos_cell,
)
from app.formats.cldf.metadata import TERMS
from app.formats.cldf.outputs import Output, open_target
from app.formats.cldf.reader import METADATA, external_id
from app.formats.cldf.saying import fields_in
from app.formats.cldf.skeleton import Skeleton, kept_skeleton, new_description, new_skeleton
from app.formats.cldf.values import NOTHING, Setting, get, main_text

MODULES = ("", "dictionary", "texts")
_CITED = re.compile(r"([^\[;]+)(\[[^\]]*\])?")


class Writer:
    """Writes a project once.

    Args:
        options: `document` and `module`; see `app.formats.cldf.format`.

    Raises:
        NotFound: there is no such document.
        Invalid: there is no such module.
    """

    def __init__(self, contents: Contents, options: Mapping[str, str]) -> None:
        self.contents = contents
        self.warnings: list[str] = []
        self.module = options.get("module", "")
        if self.module not in MODULES:
            raise Invalid(Problem("module", "A module is “dictionary” or “texts”."))
        self.document = options.get("document", "")
        self.skeleton = self._choose()
        codes = {one["id"]: one["code"] for one in contents.iter_records("item")}
        self.setting = Setting(self.skeleton.languages, codes)
        roles = ("entry", "sense", "example", "text")
        self.outputs = {role: self.skeleton.output(role) for role in roles}
        self.links: dict[str, list[str]] = {}
        self._ids: dict[str, set[str]] = {role: set() for role in roles}
        self._marks: dict[str, bytes] = {}
        self._names: dict[str, str] = {}
        self._sources = self.skeleton.sources

    def write(self, path: Path) -> list[str]:
        """Writes the dataset; returns what could not be said."""
        try:
            if self.module != "texts":
                self._entries()
            self._texts()
            with open_target(path) as write:
                self._finish(write, path)
        finally:
            for one in self.outputs.values():
                one.close()
        return self.warnings

    def _choose(self) -> Skeleton:
        found = [one for one in self.contents.iter_records("document") if one["format"] == FORMAT]
        if self.document:
            found = [one for one in found if one["id"] == self.document]
            if not found:
                raise NotFound(f"There is no CLDF document {self.document} in this project.")
        named = {one["name"]: one for one in found}
        self._wanted = next(iter(named), "") if self.document else ""
        if len(named) == 1 and not self.module:
            (document,) = named.values()
            if any(one.get("at") == METADATA for one in document.get("residue", ())):
                return kept_skeleton(document, self.contents.project)
        return new_skeleton(self.contents.project)

    def _is_wanted(self, content: Dict) -> bool:
        return not self._wanted or bool(external_id(content, self._wanted))

    def _id(self, role: str, content: Dict) -> str:
        """The id of a record: that of the dataset from which it came, else its own."""
        told = external_id(content, self.skeleton.key)
        return self._unused(role, told, content["id"])

    def _unused(self, role: str, told: str, own: str) -> str:
        made = told if told and told not in self._ids[role] else own
        self._ids[role].add(made)
        return made

    def _entries(self) -> None:
        output = self.outputs["entry"]
        for entry in self.contents.iter_records("entry"):
            if not self._is_wanted(entry):
                continue
            told = self._id("entry", entry)
            row = self._row("entry", output, entry, {"id": told})
            self._add_pos(output, entry, row)
            output.add(row)
            from_here = bool(external_id(entry, self.skeleton.key))
            uniform = len({one.get("pos") for one in entry.get("senses", ())}) < 2
            for sense, above in _senses(entry.get("senses", ())):
                self._sense(sense, above, told, from_here, uniform and not above)

    def _add_pos(self, output: Output, entry: Dict, row: dict[str, str]) -> None:
        """The part of speech of an entry, which is that of its senses."""
        column = _column(output, "pos")
        made = pos_cell(entry, column, self.setting) if column else _first_pos(entry, self.setting)
        if column is None and made:  # a table that came without
            column = output.further(Field("pos"), "")
        if column is not None:
            row[column.column.name] = made

    def _sense(self, sense: Dict, above: str, entry: str, known: bool, uniform: bool) -> None:
        output = self.outputs["sense"]
        source = str(sense.get("source_id") or "") if known else ""
        told = self._names.setdefault(
            sense["id"], self._unused("sense", source if _is_valid(source) else "", sense["id"])
        )
        extra = {"id": told, "entry": entry, "parent": self._names.get(above, "")}
        row = self._row("sense", output, sense, extra)
        if above and _column(output, "parent") is None:
            parent = output.further(Field("parent"), "")
            row[parent.column.name if parent else ""] = self._names[above]
        if _column(output, "pos") is None:
            pos = output.further(Field("pos"), "", needed=not uniform and bool(sense.get("pos")))
            if pos is not None:
                row[pos.column.name] = get("sense", sense, Field("pos"), self.setting)
        output.add(row)
        for example in sense.get("examples", ()):
            self._example(example, told)

    def _example(self, example: Dict, sense: str) -> None:
        """An example of a sense; one of a text comes with the text."""
        if example.get("utterance"):
            self.links.setdefault(example["utterance"], []).append(sense)
            return
        output = self.outputs["example"]
        row = self._row("form", output, example, {})
        mark = hashlib.blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=16).digest()
        told = example_id(example)
        if self._marks.get(told) != mark:
            told = self._unused("example", told, example["id"])
            self._marks[told] = mark
            row[output.sheet.names["id"]] = told
            output.add(row)
        self.links.setdefault(told, []).append(sense)

    def _texts(self) -> None:
        if self.module != "dictionary":
            for text in self.contents.iter_records("text"):
                if self._is_wanted(text):
                    told = self._id("text", text)
                    output = self.outputs["text"]
                    output.add(self._row("text", output, text, {"id": told}))
                    self._utterances(text["id"], told)
        self._utterances(None, "")
        if self.module == "dictionary":  # lines of texts that senses name
            for text in self.contents.iter_records("text"):
                self._utterances(text["id"], "")

    def _utterances(self, text: str | None, name: str) -> None:
        output = self.outputs["example"]
        only_named = self.module == "dictionary"
        for place, one in enumerate(self.contents.iter_utterances(text), 1):
            if not self._is_wanted(one) or (only_named and one["id"] not in self.links):
                continue
            told = self._id("example", one)
            extra = {"id": told, "text": name, "position": str(place) if name else ""}
            row = self._row("example", output, one, extra)
            if name:
                url = self.outputs["text"].url
                row[output.point("text", "Contribution_ID", url)] = name
            output.add(row)
            if one["id"] in self.links and told != one["id"]:
                self.links[told] = self.links.pop(one["id"])

    def _row(
        self, role: str, output: Output, content: Dict, extra: Mapping[str, str]
    ) -> dict[str, str]:
        """A record as a row; columns that it needs are added to its table."""
        row: dict[str, str] = {}
        covered: set[Field] = set()
        for one in output.sheet.columns:
            cell = self._cell(role, content, one, extra)
            row[one.column.name] = cell
            if one.field is not None and (cell or one.field.name != "source"):
                ws = self.setting.resolve(role, content, one.field)
                covered.add(Field(one.field.name, ws or None))
                if one.field.name == "source":
                    covered.add(Field("reference"))
        for wanted in fields_in(role, content, self.setting):
            if wanted not in covered:
                self._add_extra(role, output, content, wanted, row)
        self._stand_in(role, output, content, row)
        self._add_residue(output, content, row)
        return row

    def _cell(self, role: str, content: Dict, one: Known, extra: Mapping[str, str]) -> str:
        if one.field is None:
            return cell_of(role, content, one, self.setting)
        if one.field.name in STRUCTURE:
            return extra.get(one.field.name, "")
        if one.field.name == "pos" and role == "entry":
            return ""
        cell = cell_of(role, content, one, self.setting)
        cites = one.field.name == "source" and one.column.term == "source"
        return "" if cites and not self._is_cited(cell) else cell

    def _is_cited(self, cell: str) -> bool:
        """Whether a reference names sources that are in the dataset."""
        keys = [found[1].strip() for one in cell.split(";") if (found := _CITED.fullmatch(one))]
        return bool(keys) and set(keys) <= self._sources

    def _add_extra(
        self, role: str, output: Output, content: Dict, wanted: Field, row: dict[str, str]
    ) -> None:
        needed = wanted.name != "gloss" or not _is_described(content, wanted, self.setting)
        tag = self.skeleton.tags.get(wanted.ws or "", wanted.ws or "")
        column = output.further(wanted, tag, needed=needed)
        if column is not None:
            row[column.column.name] = get(role, content, wanted, self.setting)
        else:
            what = f"“{wanted.name}” ({tag}) was left out: another column has its name."
            if what not in self.warnings:
                self.warnings.append(what)

    @staticmethod
    def _stand_in(role: str, output: Output, content: Dict, row: dict[str, str]) -> None:
        """Something in the cell that must not be empty."""
        name = {"entry": "lemma", "example": "baseline", "form": "baseline"}.get(role)
        column = output.sheet.column(name) if name else None
        if column is not None and not row[column.name]:
            row[column.name] = first_plain(main_text(role, content)) or NOTHING

    @staticmethod
    def _add_residue(output: Output, content: Dict, row: dict[str, str]) -> None:
        """Cells that another dataset had beside those that are known."""
        for one in content.get("residue", ()):
            name = one.get("at", "")
            if one["format"] == FORMAT and not is_mapped(name) and output.plain(name):
                row[name] = one["content"]

    def _finish(self, write: Any, path: Path) -> None:
        metadata, skeleton = self.skeleton.metadata, self.skeleton
        if self.links:
            self.outputs["example"].used.add(self._refs())
        dialect = metadata.get("dialect") or {}
        described = []
        for raw in metadata["tables"]:
            role = next((one.role for one in skeleton.tables if one.raw is raw), "")
            if role in self.outputs:
                described.append(self._table(write, self.outputs[role], dialect))
            elif raw["url"] in skeleton.files:
                described.append(raw)
                write(raw["url"], skeleton.files[raw["url"]])
            else:
                self.warnings.append(f"The table {raw['url']} was not kept: it is left out.")
        written = {one["url"] for one in described}
        for output in self.outputs.values():
            if output.count and output.url not in written:
                described.append(self._table(write, output, dialect))
        if skeleton.rows:
            described.append(self._languages(write))
        tables = _without_dangling(described)
        metadata = metadata | {"tables": tables}
        if "dc:conformsTo" not in metadata:
            metadata = {"dc:conformsTo": TERMS + self._kind()} | metadata
        for url in skeleton.files.keys() - {one["url"] for one in tables}:
            write(url, skeleton.files[url])
        name = path.name if path.suffix == ".json" else skeleton.name
        write(name, json.dumps(metadata, ensure_ascii=False, indent=1))

    def _kind(self) -> str:
        entries, texts = self.outputs["entry"].count, self.outputs["text"].count
        if entries or self.module == "dictionary":
            return "Generic" if texts else "Dictionary"
        return "TextCorpus" if texts and self.outputs["example"].count else "Generic"

    def _refs(self) -> str:
        """The column in which examples point at senses."""
        url = self.outputs["sense"].url
        return self.outputs["example"].point("refs", "Sense_IDs", url, " ; ")

    def _table(self, write: Any, output: Output, dialect: Mapping[str, Any]) -> Dict:
        raw = output.raw
        own = raw.get("dialect") or {}
        delimiter = str(own.get("delimiter") or dialect.get("delimiter") or ",")
        write(output.url, output.text(self._fill(output), delimiter))
        schema = raw["tableSchema"] | {"columns": output.columns()}
        return raw | {"tableSchema": schema, "dc:extent": output.count}

    def _fill(self, output: Output) -> Any:
        name = self._refs() if self.links else ""
        column = output.sheet.column("refs")
        separator = (column.separator if column else "") or " ; "
        told = output.sheet.names.get("id", "")

        def fill(row: dict[str, str]) -> None:
            if output.sheet.role == "example" and name:
                row[name] = separator.join(dict.fromkeys(self.links.get(row[told], ())))

        return fill

    def _languages(self, write: Any) -> Dict:
        raw = new_description("language", "", "")
        names = [str(one["name"]) for one in raw["tableSchema"]["columns"]]
        lines = [",".join(names), *(_csv_line(row, names) for row in self.skeleton.rows)]
        write(raw["url"], "\n".join(lines) + "\n")
        return raw | {"dc:extent": len(self.skeleton.rows)}


def _is_described(sense: Dict, wanted: Field, setting: Setting) -> bool:
    """Whether the description of a sense says its gloss already."""
    analysis = setting.languages.analysis
    defined = plain((sense.get("definition") or {}).get(analysis))
    return wanted.ws == analysis and not defined


def _senses(senses: Iterable[Dict], above: str = "") -> Iterator[tuple[Dict, str]]:
    for sense in senses:
        yield sense, above
        yield from _senses(sense.get("senses", ()), sense["id"])


def _first_pos(entry: Dict, setting: Setting) -> str:
    codes = (setting.codes.get(one.get("pos") or "", "") for one in entry.get("senses", ()))
    return next((one for one in codes if one), "")


def _column(output: Output, name: str) -> Known | None:
    return next((k for k in output.sheet.columns if k.field and k.field.name == name), None)


def _listed(key: Mapping[str, Any]) -> list[str]:
    found = key.get("columnReference") or ()
    return [found] if isinstance(found, str) else list(found)


def _is_valid(told: str) -> bool:
    return bool(re.fullmatch(r"[a-zA-Z0-9_-]+", told))


def _csv_line(row: Mapping[str, str], names: Iterable[str]) -> str:
    cells = ('"' + row[name].replace('"', '""') + '"' if row[name] else "" for name in names)
    return ",".join(cells)


def _without_dangling(tables: list[Dict]) -> list[Dict]:
    """Tables without pointers to tables that are not there."""
    urls = {one["url"] for one in tables}
    made = []
    for raw in tables:
        schema = dict(raw["tableSchema"])
        names = {one.get("name") for one in schema["columns"]}
        keys = [
            key
            for key in schema.get("foreignKeys", ())
            if (key.get("reference") or {}).get("resource") in urls
            and names.issuperset(_listed(key))
        ]
        if keys:
            schema["foreignKeys"] = keys
        else:
            schema.pop("foreignKeys", None)
        made.append(raw | {"tableSchema": schema})
    return made
