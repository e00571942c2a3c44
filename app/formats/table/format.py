"""The formats CSV and XLSX as the program knows them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path

from app.domain.errors import Invalid, Problem, Unreadable
from app.domain.ids import new_id
from app.formats.base import (
    NO_OPTIONS,
    Contents,
    Found,
    FoundProblem,
    FoundRecord,
    Loss,
    Names,
)
from app.formats.table import csv_file, xlsx_file
from app.formats.table.columns import SKIP, Column, Systems, guess, parse_key
from app.formats.table.laying import Layer, Row
from app.formats.table.rows import Table

LOSSES = (
    Loss("entry.access", "A table cannot say who may read an entry."),
    Loss("sense.access", "A table cannot say who may read a sense."),
    Loss("example.access", "A table cannot say who may read an example."),
    Loss("entry.etymologies", "A table has no column for etymologies."),
    Loss("entry.forms", "Of variants a table has the form only; allomorphs are left out."),
    Loss("sense.senses", "Subsenses stand in rows of their own, like senses."),
    Loss("sense.pictures", "A table has no pictures."),
    Loss("pronunciation.media", "A table has no recordings."),
    Loss("sense.reversals", "A table has no column for reversals."),
    Loss("sense.links", "A table has no links to WordNet or other catalogs."),
    Loss("sense.further_glosses", "A table has one gloss a language."),
    Loss("sense.pos_traits", "A table has no properties of the part of speech."),
    Loss("example.source", "Of examples a table has the words and the first translation."),
    Loss("note.type", "A table has notes without a type only."),
    Loss("annotation", "A table has no remarks on values."),
    Loss("text.spans", "A table has plain text: no links, styles or other languages inside."),
    Loss("record.residue", "A table has no place for what no field holds."),
    Loss("relation", "A table has no relations."),
    Loss("text", "A table of entries has no texts."),
    Loss("utterance", "A table of entries has no lines of texts."),
    Loss("person", "A table has no people."),
    Loss("comment", "A table has no discussions."),
    Loss("project", "A table has nothing of the project, its lists and own fields but names."),
)
_SAMPLE = 5


class TableFormat:
    """Rows of a table as entries and senses.

    Options of `read`:
        map: JSON: for each heading a key of `app.formats.table.columns`, `own:NAME`, or `skip`.
            Columns that it does not name, or all, are guessed by their headings.

    Options of `write`:
        columns: keys, separated by commas; all that are in use where left out.
        rows: `sense` (one row a sense) or `entry` (one row an entry, values joined by “; ”).
        bom: `no` leaves out the mark by which spreadsheets know UTF-8 (CSV only).
    """

    def __init__(self, kind: str, name: str, suffixes: tuple[str, ...], media_type: str) -> None:
        self.id, self.name, self.media_type = kind, name, media_type
        self.suffixes: tuple[str, ...] = suffixes
        self.losses: tuple[Loss, ...] = LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams one record an entry, before them the source document.

        Rows with the same id that follow one another are one entry; without ids, those with the
        same lemma and homograph number.

        Raises:
            Unreadable: the file is broken, with line and column.
            Invalid: the mapping names a column that there is none of, or one twice.
        """
        if not path.is_file():
            raise Unreadable("There is no such file.", path.name)
        if self.id == "xlsx" and xlsx_file.has_formulas(path):
            what = "The sheet has formulas: the values that were last calculated are taken."
            yield FoundProblem(0, what, "note")
        with closing(self._rows(path)) as rows:
            _, heads = next(rows, (0, []))
            headings = make_headings(heads)
            columns = _mapped(headings, names, options.get("map", ""), path.name)
            yield from _Reader(self.id, path.name, headings, columns, names).read(rows)

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes a table.

        Returns:
            Warnings about what had to be cut.

        Raises:
            Invalid: there is no such column, or a sheet cannot hold so many rows.
        """
        keys = [key.strip() for key in options.get("columns", "").split(",") if key.strip()]
        if options.get("rows", "sense") not in ("sense", "entry"):
            raise Invalid(Problem("rows", "The rows are by “sense” or by “entry”."))
        table = Table(contents, keys, options.get("rows") == "entry")
        if self.id == "xlsx":
            return xlsx_file.write_rows(path, table.rows())
        csv_file.write_rows(path, table.rows(), bom=options.get("bom") != "no")
        return []

    def columns_of(
        self, path: Path, systems: Systems, max_size: int = xlsx_file.MAX_SIZE
    ) -> tuple[list[str], list[list[str]], list[str]]:
        """The headings of a file, its first five rows, and what each column is likely to be.

        Args:
            max_size: most bytes that a workbook may unpack to.

        Raises:
            Unreadable: the file is broken.
        """
        with closing(self._rows(path, max_size)) as rows:
            _, heads = next(rows, (0, []))
            headings = make_headings(heads)
            if not headings:
                raise Unreadable("The file has no headings: it is empty.", path.name)
            first = [_fitted(cells, len(headings)) for _, cells in islice(rows, _SAMPLE)]
        return headings, first, guess(headings, systems)

    def _rows(
        self, path: Path, max_size: int = xlsx_file.MAX_SIZE
    ) -> Generator[csv_file.Row, None, None]:
        if self.id == "xlsx":
            return xlsx_file.read_rows(path, max_size)
        return csv_file.read_rows(path)


CSV = TableFormat("csv", "CSV", (".csv", ".tsv"), "text/csv")
XLSX = TableFormat(
    "xlsx",
    "Excel",
    (".xlsx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
TABLES = (CSV, XLSX)


def make_headings(cells: Sequence[str]) -> list[str]:
    """Names of columns, each once: those without one are counted, doubled ones numbered."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    seen: Counter[str] = Counter()
    headings = []
    for place, cell in enumerate(cells, 1):
        heading = " ".join(cell.split()) or f"Column {place}"
        seen[heading] += 1
        headings.append(heading if seen[heading] == 1 else f"{heading} ({seen[heading]})")
    return headings


def choose_columns(
    headings: Sequence[str], given: Mapping[str, str], systems: Systems
) -> list[Column | None]:
    """The column that each heading means; None for one that is skipped.

    Args:
        given: keys by heading; where it is silent they are guessed.

    Raises:
        Invalid: there is no such column, two headings have the same, or none is the lemma.
    """
    pairs = zip(headings, guess(headings, systems), strict=True)
    keys = [given.get(heading, guessed) for heading, guessed in pairs]
    columns = [None if key == SKIP else parse_key(key, systems) for key in keys]
    for column, times in Counter(one for one in columns if one is not None).items():
        if times > 1:
            what = f"{times} columns are given to “{column.key}”; give it to one of them."
            raise Invalid(Problem("map", what))
    if not any(one and one.base in ("lemma", "citation", "id", "gloss") for one in columns):
        what = "No column is the lemma: say which column holds the words."
        raise Invalid(Problem("map", what))
    return columns


def _mapped(headings: Sequence[str], names: Names, given: str, file: str) -> list[Column | None]:
    """The columns as a mapping in JSON gives them; their writing systems are made."""
    if not headings:
        raise Unreadable("The file has no headings: it is empty.", file)
    systems = Systems.of(names.writing_systems.values())
    columns = choose_columns(headings, _mapping(given), systems)
    for column in columns:
        if column is not None and column.has_text:
            vernacular = column.simple.vernacular
            names.writing_system(column.ws, vernacular=vernacular, analysis=not vernacular)
    return columns


def _mapping(given: str) -> dict[str, str]:
    try:
        found = json.loads(given or "{}")
    except ValueError as error:
        raise Invalid(Problem("map", "The mapping is no JSON.")) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found.values()):
        raise Invalid(Problem("map", "The mapping must give one key for each heading."))
    return found


def _fitted(cells: list[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


class _Reader:
    """Gathers rows into entries."""

    def __init__(
        self,
        kind: str,
        file: str,
        headings: list[str],
        columns: list[Column | None],
        names: Names,
    ) -> None:
        self._kind, self._file, self._columns = kind, file, columns
        self._headings = headings
        self._layer = Layer([one for one in columns if one], names)
        self._has_ids = any(one and one.base == "id" for one in columns)
        self._document = new_id("d")
        self._occurrences: Counter[str] = Counter()

    def read(self, rows: Iterator[csv_file.Row]) -> Iterator[Found]:
        document = {"id": self._document, "format": self._kind, "name": self._file}
        yield FoundRecord("document", document)
        group: list[Row] = []
        for line, cells in rows:
            row = self._row(line, cells)
            if not any(row.cells.values()):
                continue
            if group and self._key(row) != self._key(group[0]):
                yield from self._entry(group)
                group = []
            group.append(row)
        if group:
            yield from self._entry(group)

    def _row(self, line: int, cells: list[str]) -> Row:
        width = len(self._columns)
        short = self._kind == "csv" and len(cells) < width
        if short or any(cell.strip() for cell in cells[width:]):
            what = (
                f"This row has {len(cells)} cells where the headings are {width}; "
                "is a separator inside a cell, without quotation marks around it?"
            )
            raise Unreadable(what, self._file, line, min(len(cells), width) + 1)
        pairs = zip(self._columns, _fitted(cells, width), strict=True)
        return Row(line, {column: cell if cell.strip() else "" for column, cell in pairs if column})

    def _key(self, row: Row) -> str:
        """What rows of one entry share."""
        if self._has_ids and row.get("id"):
            return row.get("id")
        lemmas = [cell for one, cell in row.cells.items() if one.base == "lemma"]
        words = lemmas if any(lemmas) else [row.get("citation") or row.get("gloss")]
        return "\x1f".join([*words, row.get("homograph")])

    def _entry(self, rows: list[Row]) -> Iterator[Found]:
        for row in rows[1:]:
            yield from self._differences(rows[0], row)
        if number := next((row for row in rows if not _is_number(row.get("homograph"))), None):
            what = f"“{number.get('homograph')}” is no homograph number; it is left out."
            yield FoundProblem(number.line, what)
        key = self._key(rows[0])
        source = {"format": self._kind, "document": self._document, "id": key}
        if self._occurrences[key]:
            source["occurrence"] = self._occurrences[key]  # type: ignore[assignment]
        self._occurrences[key] += 1
        lay = partial(self._layer.lay, rows)
        content = lay({"id": new_id("e"), "sources": [source]}).content
        filled = sum(1 for row in rows for cell in row.cells.values() if cell)
        yield FoundRecord("entry", content, rows[0].line, filled=filled, lay=lay)

    def _differences(self, first: Row, row: Row) -> Iterator[Found]:
        """Rows of one entry must agree on what can be said once only."""
        for column, cell in row.cells.items():
            simple = column.simple
            once = simple.level == "entry" and simple.kind in ("text", "number", "item")
            if once and cell and first.cells[column] and cell != first.cells[column]:
                what = (
                    f"“{cell}” differs from “{first.cells[column]}” in the row of the same entry "
                    f"before; the first is taken ({column.key})."
                )
                yield FoundProblem(row.line, what)


def _is_number(value: str) -> bool:
    return not value or (value.isascii() and value.isdigit() and len(value) < 10)
