"""What differs between two datasets, whatever wrote them.

Rows are compared by their ids, cell by cell; the sequence of rows and columns means nothing, nor
does that of the values of a cell that points at several rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.formats.cldf.metadata import Column, Table, rows_of, tables_of
from app.formats.cldf.package import Package, open_dataset

Rows = dict[str, dict[str, str]]


def differences(file_a: Path, file_b: Path) -> list[str]:
    """Each difference as table, row and column, and what stands there in one and in the other.

    Raises:
        Unreadable: a dataset is broken.
    """
    with open_dataset(file_a) as one, open_dataset(file_b) as other:
        return list(_compare(one, other))


def _compare(one: Package, other: Package) -> Iterator[str]:
    ours, theirs = one.metadata, other.metadata
    for key in sorted((ours.keys() | theirs.keys()) - {"tables"}):
        if ours.get(key) != theirs.get(key):
            yield f"{key}: {ours.get(key)!r} / {theirs.get(key)!r}"
    left = {table.url: table for table in tables_of(ours, one.name)}
    right = {table.url: table for table in tables_of(theirs, other.name)}
    for url in sorted(left.keys() | right.keys()):
        if url not in left or url not in right:
            yield f"{url} is in one of them only"
        else:
            yield from _compare_rows(
                url, left[url], _rows(one, left[url]), _rows(other, right[url])
            )


def _compare_rows(url: str, table: Table, ours: Rows, theirs: Rows) -> Iterator[str]:
    columns = {column.name: column for column in table.columns}
    for key in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(key), theirs.get(key)
        if one is None or other is None:
            yield f"{url} {key} is in one of them only"
            continue
        for name in dict.fromkeys((*one, *other)):
            left = _value(columns.get(name), one.get(name, ""))
            right = _value(columns.get(name), other.get(name, ""))
            if left != right:
                yield f"{url} {key} {name}: {left!r} / {right!r}"


def _rows(package: Package, table: Table) -> Rows:
    found = table.column("id", "ID")
    return {
        row[found.name] if found and found.name in row else str(number): dict(row)
        for number, (_, row) in enumerate(rows_of(package, table))
    }


def _value(column: Column | None, cell: str) -> str | list[str]:
    if column is not None and column.separator and column.target:
        return sorted(cell.split(column.separator))
    return cell
