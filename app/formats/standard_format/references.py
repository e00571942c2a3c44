"""How entries are named in relations: by lemma or citation form, perhaps with homograph number.

What is known lies in a temporary database on the disk, so that memory does not grow with the file.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator

from app.domain.text import compare_key
from app.formats.standard_format.entry_draft import Stated

_NUMBERED = re.compile(r"(.+?)[ _]?(\d{1,4})")
_LOWERED = {ord(c): str(n) for n, c in enumerate("₀₁₂₃₄₅₆₇₈₉")}


class Occurrences:
    """How often something came before."""

    def __init__(self) -> None:
        self._known = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._known.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000;"
            "CREATE TABLE seen (key PRIMARY KEY, number) WITHOUT ROWID; BEGIN"
        )

    def close(self) -> None:
        """Lets the database go."""
        self._known.close()

    def add(self, key: str) -> int:
        """Counts one more; tells how many there were before."""
        query = "SELECT number FROM seen WHERE key = ?"
        row = self._known.execute(query, (key,)).fetchone()
        number = int(row[0]) if row else 0
        self._known.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (key, number + 1))
        return number


class References:
    """Entries by what they are called, and the relations that name them."""

    def __init__(self) -> None:
        # an empty name: a file of its own that is gone when it is closed
        self._known = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._known.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;"
            "CREATE TABLE forms (form, number, entry);"
            "CREATE INDEX by_form ON forms (form);"
            "CREATE TABLE names (entry PRIMARY KEY, form, number) WITHOUT ROWID;"
            "CREATE TABLE stated (code, entry, part, target, line);"
            "CREATE TABLE bare (main, target, line, piece);"
            "BEGIN"
        )

    def close(self) -> None:
        """Lets the database go."""
        self._known.close()

    def add(self, entry: str, forms: list[str], number: int | None) -> None:
        """Notes what an entry is called, its lemma first."""
        for form in dict.fromkeys(map(_key, forms)):
            self._known.execute("INSERT INTO forms VALUES (?, ?, ?)", (form, number, entry))
        if forms:
            row = (entry, forms[0], number)
            self._known.execute("INSERT OR REPLACE INTO names VALUES (?, ?, ?)", row)

    def state(self, one: Stated) -> None:
        """Notes a relation until all entries are known."""
        row = (one.code, one.entry, one.part, one.target, one.line)
        self._known.execute("INSERT INTO stated VALUES (?, ?, ?, ?, ?)", row)

    def iter_stated(self) -> Iterator[Stated]:
        """The relations noted, in their sequence."""
        for row in self._known.execute("SELECT * FROM stated ORDER BY rowid"):
            yield Stated(*row)

    def add_bare(self, main: str, target: str, line: int, piece: str) -> None:
        """Notes a subentry of which a record has the form only."""
        self._known.execute("INSERT INTO bare VALUES (?, ?, ?, ?)", (main, target, line, piece))

    def iter_bare(self) -> Iterator[tuple[str, str, int, str]]:
        """The subentries noted: main entry, form, line, and the subentry as it would be."""
        yield from self._known.execute("SELECT * FROM bare ORDER BY rowid")

    def find(self, target: str) -> str | None:
        """The entry that is called so: the one with its number, else the first."""
        plain = _key(target)
        found = self._rows(plain)
        if not found and (numbered := _NUMBERED.fullmatch(plain.translate(_LOWERED))):
            found = [row for row in self._rows(numbered[1]) if row[0] == int(numbered[2])]
        return found[0][1] if found else None

    def label(self, entry: str, label: str = "") -> str | None:
        """How an entry is named: as before while that leads to it; None for an unknown one."""
        if label and entry in self._all(label):
            return label
        row = self._known.execute(
            "SELECT form, number FROM names WHERE entry = ?", (entry,)
        ).fetchone()
        if row is None:
            return None
        alone = len(self._rows(_key(row[0]))) < 2
        return row[0] if alone or row[1] is None else f"{row[0]}{row[1]}"

    def _all(self, label: str) -> set[str]:
        plain = _key(label)
        found = {row[1] for row in self._rows(plain)}
        if numbered := _NUMBERED.fullmatch(plain.translate(_LOWERED)):
            found |= {row[1] for row in self._rows(numbered[1]) if row[0] == int(numbered[2])}
        return found

    def _rows(self, form: str) -> list[tuple[int | None, str]]:
        query = (
            "SELECT number, entry FROM forms WHERE form = ? ORDER BY number IS NULL, number, rowid"
        )
        return self._known.execute(query, (form,)).fetchall()


def _key(form: str) -> str:
    return compare_key(unicodedata.normalize("NFC", form.strip()))
