"""A dump of labels in indexed form: DBpedia where there is no internet.

Source: DBpedia label dumps: one N-Triples line a label, `<resource> rdfs:label "X"@en .`
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from app.domain.concepts import Thing
from app.domain.errors import Unreadable
from app.domain.gloss_keys import key_of
from app.domain.messages import say
from app.links.files import iter_lines

Progress = Callable[[str, int, int], None]
_LINE = re.compile(
    r'<([^<>\s]+)> <([^<>\s]+)> (?:"((?:[^"\\]|\\.)*)"(?:@([\w-]+))?|<([^<>\s]+)>) \.'
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_SIGNS = {"n": "\n", "t": "\t", "r": "\r"}
_QUALIFIED = re.compile(r"(.+?) \(([^()]+)\)")
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_COMMENTS = ("http://www.w3.org/2000/01/rdf-schema#comment", "http://dbpedia.org/ontology/abstract")
_NOT_THINGS = (
    "http://dbpedia.org/ontology/wikiPageRedirects",
    "http://dbpedia.org/ontology/wikiPageDisambiguates",
)
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE label (key TEXT, language TEXT, qualifier TEXT, label TEXT, resource TEXT);
CREATE TABLE comment (resource TEXT, language TEXT, text TEXT);
CREATE TABLE no_thing (resource TEXT);
"""
_INDEXES = """
CREATE INDEX no_thing_resource ON no_thing (resource);
DELETE FROM label WHERE resource IN (SELECT resource FROM no_thing);
DROP TABLE no_thing;
CREATE INDEX label_key ON label (key, language);
CREATE INDEX comment_resource ON comment (resource, language);
"""
NAME = "dbpedia.sqlite"
_LAYOUT = "1"


def build(paths: Sequence[Path], folder: Path, progress: Progress = lambda *_: None) -> int:
    """Writes the index of dumps of labels, redirects, disambiguations and abstracts.

    Returns:
        How many labels it has.

    Raises:
        Unreadable: a file is cut off, or has no line of such a dump; what was there is unchanged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    draft = folder / f".{NAME}.{os.getpid()}.draft"
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft)) as base:
            base.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)
            for one in paths:
                _read(base, one, progress)
            base.executescript(_INDEXES)
            base.execute("INSERT INTO about VALUES ('layout', ?)", (_LAYOUT,))
            base.commit()
            (count,) = base.execute("SELECT count(*) FROM label").fetchone()
        if not count:
            raise Unreadable(say("There is no label in these files."), paths[0].name)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return int(count)


class Labels:
    """An indexed dump of labels, opened for reading."""

    name = "DBpedia labels"

    def __init__(self, path: Path) -> None:
        address = f"file:{path}?mode=ro&immutable=1"
        self._base = sqlite3.connect(address, uri=True, check_same_thread=False)

    def find(self, label: str, language: str) -> list[Thing]:
        """Things with a label, those without a qualification first."""
        tag = language.partition("-")[0].lower()
        rows = self._base.execute(
            "SELECT label, qualifier, resource FROM label WHERE key = ? AND language = ? "
            "ORDER BY qualifier != '', label LIMIT 10",
            (key_of(label), tag),
        )
        return [
            Thing(iri, text, self._comment(iri, tag), (qualifier,) if qualifier else (), self.name)
            for text, qualifier, iri in rows
        ]

    def close(self) -> None:
        """Closes the file."""
        self._base.close()

    def _comment(self, resource: str, language: str) -> str:
        row = self._base.execute(
            "SELECT text FROM comment WHERE resource = ? AND language = ?", (resource, language)
        ).fetchone()
        return str(row[0]) if row else ""


def _read(base: sqlite3.Connection, path: Path, progress: Progress) -> None:
    labels: list[tuple[str, ...]] = []
    found = 0
    for number, line in iter_lines(path):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise Unreadable(say("This is no line of a label dump."), path.name, number)
        subject, predicate, text, language, _ = match.groups()
        if predicate == _LABEL and text is not None:
            labels.append(_label(subject, _plain(text), (language or "").lower()))
        elif predicate in _COMMENTS and text is not None:
            row = (subject, (language or "").lower(), _plain(text)[:2000])
            base.execute("INSERT INTO comment VALUES (?,?,?)", row)
        elif predicate in _NOT_THINGS:
            base.execute("INSERT INTO no_thing VALUES (?)", (subject,))
        found += 1
        if len(labels) >= 20_000:
            base.executemany("INSERT INTO label VALUES (?,?,?,?,?)", labels)
            labels.clear()
            progress(path.name, found, 0)
    base.executemany("INSERT INTO label VALUES (?,?,?,?,?)", labels)


def _label(resource: str, text: str, language: str) -> tuple[str, ...]:
    qualified = _QUALIFIED.fullmatch(text)
    bare, qualifier = (qualified[1], qualified[2]) if qualified else (text, "")
    return key_of(bare), language, qualifier, text, resource


def _plain(text: str) -> str:
    def sign(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
        return _SIGNS.get(match[3], match[3])

    return _ESCAPE.sub(sign, text)


def iter_languages(path: Path) -> Iterator[str]:
    """The languages of which an index has labels."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        for (tag,) in base.execute("SELECT DISTINCT language FROM label"):
            yield str(tag)
