"""The tables and columns that the metadata of a dataset describe.

Source: CSV on the Web, metadata vocabulary (W3C Recommendation 2015); CLDF 1.3, terms.rdf.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.errors import Unreadable
from app.formats.cldf.package import Package

TERMS = "http://cldf.clld.org/v1.0/terms.rdf#"
CLDF_TABLES = {
    "EntryTable": "entry",
    "SenseTable": "sense",
    "ExampleTable": "example",
    "ContributionTable": "text",
    "LanguageTable": "language",
}
Dict = dict[str, Any]


@dataclass
class Column:
    """A column.

    Attributes:
        term: the local name of its CLDF term; empty if it has none.
        lang: the language of its texts, if the metadata say it.
        separator: between the values of a cell, if it holds several.
        target: role of the table to which it points.
        raw: its description as it stands.
    """

    name: str
    term: str = ""
    lang: str = ""
    separator: str = ""
    target: str = ""
    raw: Dict = field(default_factory=dict)


@dataclass
class Table:
    """A table.

    Attributes:
        url: its file.
        role: `entry`, `sense`, `example`, `text`, `language`, or empty for others.
        raw: its description as it stands.
    """

    url: str
    role: str
    columns: list[Column]
    raw: Dict
    dialect: Dict = field(default_factory=dict)

    def column(self, term: str, *names: str) -> Column | None:
        """The column with a term, else with one of these names."""
        found = next((one for one in self.columns if one.term == term), None)
        named = (one for one in self.columns if not one.term and one.name in names)
        return found or next(named, None)


def tables_of(metadata: Mapping[str, Any], name: str) -> list[Table]:
    """The tables of a dataset, with the part that each plays.

    Raises:
        Unreadable: a table has no file or no columns.
    """
    tables = [_table(one, metadata, name) for one in metadata["tables"]]
    taken: set[str] = set()
    for table in tables:
        if table.role in taken:
            table.role = ""
        taken.add(table.role)
    examples = next((one for one in tables if one.role == "example"), None)
    _find_texts(tables, examples)
    roles = {table.url: table.role for table in tables}
    for table in tables:
        for column in table.columns:
            column.target = roles.get(column.target, "")
    return tables


def _find_texts(tables: list[Table], examples: Table | None) -> None:
    """Finds the table of the texts: the one of contributions, or another, that examples name."""
    named = {one.target for one in examples.columns} if examples else set()
    known = [one for one in tables if one.role == "text"]
    for table in known:
        table.role = "text" if table.url in named else ""
    if not any(table.role == "text" for table in tables):
        others = (one for one in tables if one.url in named and not one.raw.get("dc:conformsTo"))
        for table in list(others)[:1]:
            table.role = "text"


def rows_of(package: Package, table: Table) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table with the number of the line on which each ends.

    Raises:
        Unreadable: it is not UTF-8, no CSV, or its header does not fit.
    """
    dialect = table.dialect
    delimiter = str(dialect.get("delimiter") or ",")
    with package.open(table.url) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        reader = csv.reader(text, delimiter=delimiter[0], strict=True)
        names: list[str] = []
        try:
            for cells in reader:
                if not names:
                    names = _header(cells, table, reader.line_num)
                elif cells:
                    if len(cells) != len(names):
                        what = f"This row has {len(cells)} cells, the header {len(names)}."
                        raise Unreadable(what, table.url, reader.line_num)
                    yield reader.line_num, dict(zip(names, cells, strict=True))
        except UnicodeDecodeError as error:
            raise Unreadable("The table is not UTF-8.", table.url, reader.line_num) from error
        except csv.Error as error:
            raise Unreadable(f"No CSV: {error}.", table.url, reader.line_num) from error


def _header(cells: list[str], table: Table, line: int) -> list[str]:
    titles = {_title(one.raw): one.name for one in table.columns}
    names = [titles.get(cell, cell) for cell in cells]
    if len(set(names)) != len(names):
        raise Unreadable("Two columns have the same name.", table.url, line)
    required = [one.name for one in table.columns if one.term == "id"]
    for name in required:
        if name not in names:
            raise Unreadable(f"The table has no column “{name}”.", table.url, line)
    return names


def _title(raw: Mapping[str, Any]) -> str:
    titles = raw.get("titles")
    return titles if isinstance(titles, str) else str(raw.get("name", ""))


def _table(raw: Any, metadata: Mapping[str, Any], name: str) -> Table:
    schema = raw.get("tableSchema") if isinstance(raw, dict) else None
    columns = schema.get("columns") if isinstance(schema, dict) else None
    if not isinstance(columns, list) or not isinstance(raw.get("url"), str):
        raise Unreadable("A table of the metadata has no file or no columns.", name)
    conforms = str(raw.get("dc:conformsTo") or "")
    role = CLDF_TABLES.get(conforms.removeprefix(TERMS), "")
    targets = dict(_targets(schema))  # type: ignore[arg-type]
    made = [_column(one, targets) for one in columns if isinstance(one, dict)]
    dialects = (metadata.get("dialect"), raw.get("dialect"))
    dialect = {key: one for told in dialects if isinstance(told, dict) for key, one in told.items()}
    return Table(raw["url"], role, [one for one in made if one.name], raw, dialect)


def _column(raw: Dict, targets: Mapping[str, str]) -> Column:
    name = str(raw.get("name") or raw.get("titles") or "")
    url = str(raw.get("propertyUrl") or "")
    term = url.removeprefix(TERMS) if url.startswith(TERMS) else ""
    separator = str(raw.get("separator") or "")
    return Column(name, term, str(raw.get("lang") or ""), separator, targets.get(name, ""), raw)


def _targets(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each column that is a foreign key of its own, with the file to which it points."""
    for key in schema.get("foreignKeys") or ():
        found = key.get("columnReference") if isinstance(key, dict) else None
        names = [found] if isinstance(found, str) else found
        reference = key.get("reference") if isinstance(key, dict) else None
        if isinstance(names, list) and len(names) == 1 and isinstance(reference, dict):
            yield str(names[0]), str(reference.get("resource") or "")
