"""Reading a dataset: texts, utterances, entries, and the dataset itself, row by row.

Senses and examples wait in a temporary database on the disk until their entry is read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.domain.ids import is_id, new_id
from app.domain.ranks import spread
from app.formats.base import Found, FoundProblem, FoundRecord, Laid, Names
from app.formats.cldf.languages import Languages
from app.formats.cldf.laying import FORMAT, Dict, Entry, Example, Row, Sense, Sheet, is_glossed, lay
from app.formats.cldf.laying import sheet_of as make_sheet
from app.formats.cldf.metadata import rows_of, tables_of
from app.formats.cldf.package import Package
from app.formats.cldf.values import Setting

METADATA, TABLE, FILE = "metadata", "table:", "file:"
ROLES = frozenset({"entry", "sense", "example", "text"})
_MOST_KEPT = 8 << 20  # bytes of all that is kept whole: a record is at most 16 MiB


class Reader:
    """Reads a dataset once."""

    def __init__(self, package: Package, names: Names) -> None:
        self.package, self.names = package, names
        self.tables = {one.role: one for one in tables_of(package.metadata, package.name)}
        self.all = tables_of(package.metadata, package.name)
        self.key = dataset_key(package.metadata, package.metadata_name)
        self.document: Dict = {"id": new_id("d"), "format": FORMAT, "name": self.key}
        self.problems: list[FoundProblem] = []
        languages = Languages(lambda tag: names.writing_system(tag, vernacular=True))
        languages.analysis = names.writing_system(main_language(package.metadata), analysis=True)
        codes = {one: code for (_, code), one in names.items.items()}
        self.setting = Setting(languages, codes, names)
        self._read_languages()
        systems = _Systems(names, languages.analysis)
        self.sheets = {
            role: make_sheet(table, systems) for role, table in self.tables.items() if role in ROLES
        }
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;"
            "CREATE TABLE senses (entry, id, line, row);"
            "CREATE TABLE examples (id PRIMARY KEY, text, position, line, row, utterance, used);"
            "CREATE TABLE links (sense, example); BEGIN"
        )

    def read(self) -> Iterator[Found]:
        """Streams what the dataset holds.

        Raises:
            Unreadable: see `app.formats.cldf.metadata`.
        """
        try:
            yield FoundRecord("document", self._whole_document())
            self._store_senses()
            self._store_examples()
            yield from self._texts()
            yield from self._utterances()
            yield from self._entries()
            yield from self.problems
        finally:
            self._db.close()

    def _read_languages(self) -> None:
        table = self.tables.get("language")
        if table is None or not self.package.has(table.url):
            return
        columns = {one.term: one.name for one in table.columns if one.term}
        self.setting.languages.add((row for _, row in rows_of(self.package, table)), columns)

    def _whole_document(self) -> Dict:
        """The dataset with all that no record holds: metadata, other tables, sources."""
        kept = [_residue(METADATA, json.dumps(self.package.metadata, ensure_ascii=False))]
        room = _MOST_KEPT
        source = self.package.metadata.get("dc:source")
        wanted = [(TABLE + one.url, one.url) for one in self.all if one.role in ("", "language")]
        wanted += [(FILE + url, url) for url in self._media()]
        if isinstance(source, str):
            wanted.append((FILE + source, source))
        for at, url in wanted:
            text = self.package.read_small(url)
            if text is None or len(text.encode()) > room:
                what = f"The file “{url}” is missing or too large: it is not kept."
                self.problems.append(FoundProblem(0, what))
                continue
            room -= len(text.encode())
            kept.append(_residue(at, text))
        return self.document | {"residue": kept, "producer": self.package.metadata_name}

    def _media(self) -> Iterator[str]:
        """The files of the dataset that its table of media names."""
        for table in self.all:
            column = table.column("downloadUrl")
            if column is not None and self.package.has(table.url):
                for _, row in rows_of(self.package, table):
                    if self.package.has(row.get(column.name, "")):
                        yield row[column.name]

    def _rows(self, role: str) -> Iterator[tuple[int, Row]]:
        table = self.tables.get(role)
        if table is not None:
            yield from rows_of(self.package, table)

    def _store_senses(self) -> None:
        sheet = self.sheets.get("sense")
        for line, row in self._rows("sense"):
            assert sheet is not None
            told = (sheet.cell(row, "entry"), sheet.cell(row, "id"), line, json.dumps(row))
            self._db.execute("INSERT INTO senses VALUES (?, ?, ?, ?)", told)
        self._db.execute("CREATE INDEX by_entry ON senses (entry)")

    def _store_examples(self) -> None:
        sheet = self.sheets.get("example")
        for line, row in self._rows("example"):
            assert sheet is not None
            one = sheet.cell(row, "id")
            position = sheet.cell(row, "position")
            place = int(position) if position.isascii() and position.isdigit() else line
            refs = self._refs(sheet, row)
            text = sheet.cell(row, "text")
            alone = bool(refs) and not text and not is_glossed(sheet, row) and not _is_line(one)
            utterance = "" if alone else new_id("l")
            told = (one, text, place, line, json.dumps(row), utterance)
            if (
                self._db.execute(
                    "INSERT OR IGNORE INTO examples VALUES (?, ?, ?, ?, ?, ?, 0)", told
                ).rowcount
                < 1
            ):
                what = f"The example “{one}” is there twice; the first is read."
                self.problems.append(FoundProblem(line, what))
                continue
            pairs = [(sense, one) for sense in dict.fromkeys(refs)]
            self._db.executemany("INSERT INTO links VALUES (?, ?)", pairs)
        self._db.execute("CREATE INDEX by_sense ON links (sense)")

    @staticmethod
    def _refs(sheet: Sheet, row: Row) -> list[str]:
        column = sheet.column("refs")
        cell = sheet.cell(row, "refs")
        if column is None or not cell:
            return []
        found = cell.split(column.separator) if column.separator else [cell]
        return [one.strip() for one in found if one.strip()]

    def _texts(self) -> Iterator[Found]:
        self._text_ids: dict[str, str] = {}
        sheet = self.sheets.get("text")
        for line, row in self._rows("text"):
            assert sheet is not None
            told = sheet.cell(row, "id")
            self._text_ids[told] = new_id("t")
            content = {"id": self._text_ids[told], "sources": [self._source(told)]}
            yield self._found("text", "text", content, row, sheet, line)

    def _utterances(self) -> Iterator[Found]:
        sheet = self.sheets.get("example")
        if sheet is None:
            return
        query = "SELECT text, count(*) FROM examples WHERE utterance != '' GROUP BY text"
        counts = dict(self._db.execute(query).fetchall())
        ranks: list[str] = []
        last, place = None, 0
        query = (
            "SELECT id, text, line, row, utterance FROM examples WHERE utterance != '' "
            "ORDER BY text = '', text_order(text), position, line"
        )
        order = {text: number for number, text in enumerate(self._text_ids)}
        self._db.create_function("text_order", 1, lambda text: order.get(text, len(order)))
        for one, text, line, packed, utterance in self._db.execute(query):
            if text != last:
                last, place = text, 0
                ranks = spread(counts[text]) if text in self._text_ids else []
            content: Dict = {"id": utterance, "sources": [self._source(one)]}
            if ranks:
                content |= {"text": self._text_ids[text], "rank": ranks[place]}
            elif text:
                what = f"The example “{one}” is of a text “{text}” that is not there."
                self.problems.append(FoundProblem(line, what))
            place += 1
            row = json.loads(packed)
            self._check(sheet, row, one, line)
            yield self._found("utterance", "example", content, row, sheet, line)

    def _check(self, sheet: Sheet, row: Row, one: str, line: int) -> None:
        """Tells of a row whose glosses are not as many as its words."""
        word, gloss = sheet.column("analyzed"), sheet.column("glosses")
        if word is None or gloss is None or not row.get(gloss.name):
            return
        counts = [
            len(row.get(column.name, "").split(column.separator or None))
            for column in (word, gloss)
        ]
        if counts[0] != counts[1]:
            what = f"Example “{one}” has {counts[0]} words and {counts[1]} glosses."
            self.problems.append(FoundProblem(line, what))

    def _found(
        self, kind: str, role: str, content: Dict, row: Row, sheet: Sheet, line: int
    ) -> FoundRecord:
        lays = partial(_lay_one, role, sheet, row, self.setting)
        made = lays(content, False).content
        left = len(made.get("residue", ()))
        filled = max(0, sum(1 for cell in row.values() if cell) - left)
        return FoundRecord(kind, made, line, filled=filled, leftover=left, lay=lays)

    def _entries(self) -> Iterator[Found]:
        sheet = self.sheets.get("entry")
        if sheet is None:
            return
        for line, row in self._rows("entry"):
            told = sheet.cell(row, "id")
            entry = Entry(row, self._senses(told), self.sheets, self.setting)
            made = entry.lay({"id": new_id("e"), "sources": [self._source(told)]}).content
            left = _residues(made)
            rows = [row, *(one.row for one in entry.senses)]
            cells = sum(1 for one in rows for cell in one.values() if cell)
            filled = max(0, cells - left)
            yield FoundRecord("entry", made, line, filled=filled, leftover=left, lay=entry.lay)
        self._tell_of_lost()

    def _senses(self, entry: str) -> list[Sense]:
        query = "SELECT id, row FROM senses WHERE entry = ? ORDER BY line"
        sheet = self.sheets.get("sense")
        made = []
        for one, packed in self._db.execute(query, (entry,)).fetchall():
            assert sheet is not None
            row = json.loads(packed)
            made.append(Sense(one, row, sheet.cell(row, "parent"), self._examples(one)))
        self._db.execute("DELETE FROM senses WHERE entry = ?", (entry,))
        return made

    def _examples(self, sense: str) -> list[Example]:
        query = (
            "SELECT examples.id, row, utterance FROM links JOIN examples ON example = examples.id "
            "WHERE sense = ? ORDER BY links.rowid"
        )
        found = self._db.execute(query, (sense,)).fetchall()
        self._db.execute("UPDATE examples SET used = 1 WHERE id IN "
                         "(SELECT example FROM links WHERE sense = ?)", (sense,))  # fmt: skip
        return [Example(one, json.loads(row), utterance) for one, row, utterance in found]

    def _tell_of_lost(self) -> None:
        """Tells of senses without an entry and of examples without a sense."""
        for entry, sense, line in self._db.execute("SELECT entry, id, line FROM senses"):
            what = f"The sense “{sense}” is of an entry “{entry}” that is not there."
            self.problems.append(FoundProblem(line, what, "error"))
        query = "SELECT id, line FROM examples WHERE utterance = '' AND used = 0"
        for one, line in self._db.execute(query):
            what = f"The example “{one}” is of a sense that is not there."
            self.problems.append(FoundProblem(line, what, "error"))

    def _source(self, told: str) -> Dict:
        return {"format": FORMAT, "document": self.document["id"], "id": f"{self.key}#{told}"}


class _Systems(dict[str, str]):
    """Writing systems by language tag, made as they are asked for; `""` that of descriptions."""

    def __init__(self, names: Names, analysis: str) -> None:
        super().__init__({"": analysis})
        self._names = names

    def __missing__(self, tag: str) -> str:
        self[tag] = self._names.writing_system(tag)
        return self[tag]


def dataset_key(metadata: Mapping[str, Any], name: str) -> str:
    """What names a dataset: its identifier, else its title, else its file."""
    told = metadata.get("rdf:ID") or metadata.get("dc:title")
    return str(told).replace("#", " ") if told else name.removesuffix("-metadata.json")


def main_language(metadata: Mapping[str, Any]) -> str:
    """The language of the descriptions of a dataset."""
    context = metadata.get("@context")
    for told in context if isinstance(context, list) else ():
        if isinstance(told, dict) and isinstance(told.get("@language"), str):
            return str(told["@language"])
    return "en"


def external_id(content: Mapping[str, Any], key: str) -> str:
    """The id that a record has in a dataset; empty if it is not from there."""
    for source in content.get("sources", ()):
        if source.get("format") == FORMAT and source.get("id", "").startswith(f"{key}#"):
            return str(source["id"]).removeprefix(f"{key}#")
    return ""


def own_id(told: str) -> str:
    """The id of a record that was made in a project, from its source; empty for another."""
    found = told.rpartition("#")[2]
    return found if is_id(found) else ""


def _is_line(told: str) -> bool:
    return is_id(told) and told.startswith("l_")


def _lay_one(
    role: str, sheet: Sheet, row: Row, setting: Setting, base: Dict, _only_missing: bool
) -> Laid:
    content = json.loads(json.dumps(base))
    lay(role, content, sheet, row, setting)
    return Laid(content)


def _residue(at: str, content: str) -> Dict:
    return {"format": FORMAT, "at": at, "content": content}


def _residues(content: Mapping[str, Any]) -> int:
    inside = sum(map(_residues, content.get("senses", ())))
    return len(content.get("residue", ())) + inside
