"""Tables while they are written: rows wait in temporary files until their columns are known."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from app.formats.cldf.fields import Field, describe, further_column
from app.formats.cldf.laying import Known, Sheet
from app.formats.cldf.metadata import Column

Dict = dict[str, Any]
Write = Callable[[str, str], None]
_ONE_FIELD = frozenset(
    {"homograph", "morph_type", "status", "pos", "domains", "parent", "label", "reference",
     "date", "genre", "guessed"}
)  # fmt: skip


@dataclass
class Output:
    """A table that is written.

    Attributes:
        raw: its description, with the columns that it began with.
        extras: columns that it may get, by name; `needed` names those that hold something.
        is_new: whether it leaves out columns that hold nothing.
    """

    sheet: Sheet
    url: str
    raw: Dict
    extras: dict[str, Known] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    is_new: bool = False
    count: int = 0
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Opens the file in which rows wait."""
        self._names = {one.column.name for one in self.sheet.columns}
        self._file: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115

    def further(self, wanted: Field, tag: str, *, needed: bool = True) -> Known | None:
        """A column of our own for a field; None if another column has its name."""
        role = self.sheet.role
        one = wanted.name in _ONE_FIELD
        raw = describe(role, wanted, "") if one else further_column(role, wanted, tag)
        name = str(raw["name"])
        if name in self._names:
            return None
        if name not in self.extras:
            lang, separator = raw.get("lang", ""), raw.get("separator", "")
            column = Column(name, "", lang, separator, raw=raw)
            self.extras[name] = Known(column, wanted)
        if needed:
            self.needed.add(name)
        return self.extras[name]

    def plain(self, name: str) -> bool:
        """Makes room for a column that is kept as it is; tells whether it is a new one."""
        if name in self._names:
            return False
        if name not in self.extras:
            raw = {"name": name, "datatype": "string"}
            self.extras[name] = Known(Column(name, raw=raw), None)
        self.needed.add(name)
        return self.extras[name].field is None

    def point(self, field: str, name: str, url: str, separator: str = "") -> str:
        """The column that points at another table, made if there is none; its name."""
        if field in self.sheet.names:
            return self.sheet.names[field]
        if name not in self.extras:
            raw: Dict = {"name": name, "datatype": "string"}
            raw |= {"separator": separator} if separator else {}
            column = Column(name, separator=separator, raw=raw)
            self.extras[name] = Known(column, Field(field))
            self.needed.add(name)
            keys = self.raw["tableSchema"].setdefault("foreignKeys", [])
            reference = {"resource": url, "columnReference": ["ID"]}
            keys.append({"columnReference": [name], "reference": reference})
        return name

    def add(self, row: Mapping[str, str]) -> None:
        """Adds a row; cells of columns that nothing needs are left out at the end."""
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.count += 1
        self.used.update(name for name, cell in row.items() if cell)

    def rows(self) -> Iterator[dict[str, str]]:
        """The rows as they were added."""
        self._file.seek(0)
        for line in self._file:
            yield json.loads(line)

    def columns(self) -> list[Dict]:
        """The descriptions of its columns, those that came to it last."""
        own = [one.column.raw for one in self.sheet.columns if self._is_kept(one.column)]
        return own + [self.extras[name].column.raw for name in self.extras if name in self.needed]

    def _is_kept(self, column: Column) -> bool:
        always = column.raw.get("required") or column.name in self.used
        return not self.is_new or bool(always) or self.sheet.role == "sense"

    def text(self, fill: Callable[[dict[str, str]], None], delimiter: str) -> str:
        """The table as CSV.

        Args:
            fill: adds to a row what is known only now.
        """
        described = [one for one in self.columns() if not one.get("virtual")]
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        writer.writerow([_title(one) for one in described])
        for row in self.rows():
            fill(row)
            writer.writerow([row.get(str(one["name"]), "") for one in described])
        return out.getvalue()

    def close(self) -> None:
        """Lets the waiting rows go."""
        self._file.close()


@contextmanager
def open_target(path: Path) -> Iterator[Write]:
    """What writes the files of a dataset: into a zip file, or into the folder of its metadata."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            yield archive.writestr
        return
    folder = path.parent if path.suffix else path
    folder.mkdir(parents=True, exist_ok=True)

    def write(name: str, text: str) -> None:
        (folder / Path(name).name).write_text(text, encoding="utf-8")

    yield write


def _title(raw: Mapping[str, Any]) -> str:
    titles = raw.get("titles")
    return titles if isinstance(titles, str) else str(raw["name"])
