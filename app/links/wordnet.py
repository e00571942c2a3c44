"""A wordnet in indexed form: one SQLite file, written whole or not at all, read without loading."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from app.domain.concepts import Concept, Meaning
from app.domain.errors import Unreadable
from app.domain.gloss_keys import key_of, stems
from app.domain.messages import say
from app.links.synsets import About, Source, Synset

Progress = Callable[[str, int, int], None]
_LAYOUT = "1"  # changes where an index of before cannot be read
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE synset (n INTEGER PRIMARY KEY, id TEXT, pos TEXT, ili TEXT, iri TEXT, lexfile TEXT,
  wikidata TEXT, definition TEXT, members TEXT, examples TEXT);
CREATE TABLE word (key TEXT, pos TEXT, number INTEGER, synset INTEGER, count INTEGER);
CREATE TABLE form (form TEXT, key TEXT);
CREATE TABLE relation (source INTEGER, kind TEXT, target INTEGER);
CREATE TABLE stem (stem TEXT PRIMARY KEY, weight REAL) WITHOUT ROWID;
CREATE VIRTUAL TABLE told USING fts5(stems, content='', tokenize='ascii');
"""
_INDEXES = """
CREATE INDEX word_key ON word (key, pos, number);
CREATE INDEX word_synset ON word (synset);
CREATE INDEX form_form ON form (form);
CREATE INDEX synset_id ON synset (id);
CREATE INDEX synset_ili ON synset (ili);
CREATE INDEX relation_source ON relation (source, kind);
CREATE INDEX relation_target ON relation (target, kind);
"""
_UP = ("hypernym", "instance_hypernym")
_SUFFIX = ".sqlite"


def build(source: Source, folder: Path, progress: Progress = lambda *_: None) -> Path:
    """Writes the index of a wordnet into a folder; one of the same id is replaced.

    Raises:
        Unreadable: the source is cut off or no wordnet; what was there before is unchanged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{source.about.id}{_SUFFIX}"
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft)) as base:
            base.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)
            _fill(base, source, progress)
            base.executescript(_INDEXES + "ANALYZE;")
            base.commit()
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def installed(folder: Path) -> list[Path]:
    """The indexed wordnets of a folder, by name."""
    return sorted(folder.glob(f"*{_SUFFIX}"))


def give_ili(path: Path, numbers: dict[str, str]) -> int:
    """Writes interlingual numbers, by synset id, into an index; returns how many it has now."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    draft.write_bytes(path.read_bytes())
    try:
        with closing(sqlite3.connect(draft)) as base:
            rows = ((ili, name) for name, ili in numbers.items())
            base.executemany("UPDATE synset SET ili = ? WHERE id = ? AND ili = ''", rows)
            base.commit()
            (known,) = base.execute("SELECT count(*) FROM synset WHERE ili != ''").fetchone()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return int(known)


class Wordnet:
    """An indexed wordnet, opened for reading; one thread at a time.

    Raises:
        Unreadable: the file is no index, or one of another version of the program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        address = f"file:{path}?mode=ro&immutable=1"
        self._base = sqlite3.connect(address, uri=True, check_same_thread=False)
        try:
            about = dict(self._base.execute("SELECT name, value FROM about"))
        except sqlite3.DatabaseError as error:
            raise _unusable(path) from error
        if about.get("layout") != _LAYOUT:
            raise _unusable(path)
        self.about = About(
            about["id"], about["label"], about["language"], about["version"], about["licence"],
            about["url"],
        )  # fmt: skip
        self.size = int(about["synsets"])
        known = self._base.execute("SELECT 1 FROM synset WHERE ili > '' LIMIT 1").fetchone()
        self.with_ili = known is not None
        self.concept = lru_cache(20_000)(self._concept)
        self.weight = lru_cache(50_000)(self._weight)
        self.above = lru_cache(20_000)(self._above)
        self.meanings = lru_cache(20_000)(self._meanings)

    @property
    def language(self) -> str:
        """BCP 47 tag of the language of its words."""
        return self.about.language

    def close(self) -> None:
        """Closes the file."""
        self._base.close()

    def lemmas_of(self, form: str) -> list[str]:
        """Keys of the lemmas of which a key is an irregular form."""
        rows = self._base.execute("SELECT DISTINCT key FROM form WHERE form = ?", (form,))
        return [str(key) for (key,) in rows]

    def beginning(self, prefix: str, most: int = 20) -> list[int]:
        """Synsets of the lemmas that begin with a key."""
        rows = self._base.execute(
            "SELECT DISTINCT synset FROM word WHERE key >= ? AND key < ? LIMIT ?",
            (prefix, prefix + "\U0010ffff", most),
        )
        return [int(n) for (n,) in rows]

    def near(self, key: str) -> list[str]:
        """Keys that share the beginning and about the length of one: for misspelled words."""
        rows = self._base.execute(
            "SELECT DISTINCT key FROM word WHERE key >= ? AND key < ? "
            "AND length(key) BETWEEN ? AND ?",
            (key[:2], key[:2] + "\U0010ffff", len(key) - 2, len(key) + 2),
        )
        return [str(found) for (found,) in rows]

    def find(self, name: str) -> int | None:
        """The synset with an ILI or an id, also as the end of an IRI."""
        tail = name.rpartition("/")[2]
        for column, value in (("ili", tail), ("id", tail.removeprefix("oewn-"))):
            row = self._base.execute(
                f"SELECT n FROM synset WHERE {column} = ?",  # noqa: S608  a name of our own
                (value,),
            ).fetchone()
            if row:
                return int(row[0])
        return None

    def told_by(self, stems_: Sequence[str], pos: str = "", most: int = 30) -> list[int]:
        """Synsets whose definition and members hold some stems, the most telling first.

        Args:
            pos: only these parts of speech, as letters; empty for all.
        """
        wanted = sorted({stem for stem in stems_ if stem.isascii() and stem.isalnum()})
        if not wanted:
            return []
        query = " OR ".join(f'"{stem}"' for stem in wanted)
        rows = self._base.execute(
            "SELECT told.rowid, synset.pos FROM told JOIN synset ON synset.n = told.rowid "
            "WHERE told MATCH ? ORDER BY bm25(told) LIMIT ?",
            (query, most * 2 if pos else most),
        )
        return [int(n) for n, found in rows if not pos or found in pos][:most]

    def ids(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Id, ILI and members of every synset."""
        for name, ili, members in self._base.execute("SELECT id, ili, members FROM synset"):
            yield str(name), str(ili), tuple(json.loads(members))

    def _meanings(self, key: str) -> tuple[Meaning, ...]:
        rows = self._base.execute(
            "SELECT pos, number, synset, count FROM word WHERE key = ? ORDER BY pos, number",
            (key,),
        ).fetchall()
        of: Counter[str] = Counter(row[0] for row in rows)
        counts: Counter[str] = Counter()
        for pos, _, _, count in rows:
            counts[pos] += count
        return tuple(
            Meaning(synset, pos, number, of[pos], count, counts[pos])
            for pos, number, synset, count in rows
        )

    def _concept(self, n: int) -> Concept:
        row = self._base.execute(
            "SELECT id, pos, ili, iri, lexfile, wikidata, definition, members, examples "
            "FROM synset WHERE n = ?",
            (n,),
        ).fetchone()
        name, pos, ili, iri, lexfile, wikidata, definition, members, examples = map(str, row)
        return Concept(
            n, name, pos, ili, iri, lexfile, wikidata, definition,
            tuple(json.loads(members)), tuple(json.loads(examples)),
        )  # fmt: skip

    def _above(self, n: int) -> tuple[int, ...]:
        """The synsets right above one."""
        rows = self._base.execute(
            "SELECT target FROM relation WHERE source = ? AND kind IN (?, ?)", (n, *_UP)
        )
        return tuple(int(found) for (found,) in rows)

    def _weight(self, stem: str) -> float:
        row = self._base.execute("SELECT weight FROM stem WHERE stem = ?", (stem,)).fetchone()
        return float(row[0]) if row else 1.0


def _fill(base: sqlite3.Connection, source: Source, progress: Progress) -> None:
    places: dict[str, int] = {}
    pending: list[tuple[int, str, str]] = []
    frequency: Counter[str] = Counter()

    def rows() -> Iterator[tuple[object, ...]]:
        for n, synset in enumerate(source.iter_synsets(), 1):
            places[synset.id] = n
            pending.extend((n, kind, target) for kind, target in synset.relations)
            if n % 5000 == 0:
                progress("synsets", n, 0)
            yield _row(n, synset)

    base.executemany("INSERT INTO synset VALUES (?,?,?,?,?,?,?,?,?,?)", rows())
    _check_targets(pending, places, source)
    base.executemany(
        "INSERT INTO relation VALUES (?,?,?)", ((n, kind, places[to]) for n, kind, to in pending)
    )
    forms = _words(base, source, places)
    base.executemany("INSERT INTO form VALUES (?,?)", sorted(forms))
    told = _stems(base, frequency)
    base.executemany("INSERT INTO told (rowid, stems) VALUES (?,?)", told)
    total = len(places)
    weights = (
        (stem, math.log(1 + total / n) / math.log(1 + total)) for stem, n in frequency.items()
    )
    base.executemany("INSERT INTO stem VALUES (?,?)", weights)
    about = {
        **vars(source.about), "layout": _LAYOUT, "synsets": str(total),
    }  # fmt: skip
    base.executemany("INSERT INTO about VALUES (?,?)", about.items())


def _row(n: int, synset: Synset) -> tuple[object, ...]:
    members = json.dumps(synset.members, ensure_ascii=False)
    examples = json.dumps(synset.examples, ensure_ascii=False)
    return (
        n, synset.id, synset.pos, synset.ili, synset.iri, synset.lexfile, synset.wikidata,
        synset.definition, members, examples,
    )  # fmt: skip


def _words(
    base: sqlite3.Connection, source: Source, places: dict[str, int]
) -> set[tuple[str, str]]:
    """Writes the senses of words; returns irregular forms with the key of their lemma."""
    forms = {(key_of(form), key_of(lemma)) for form, lemma in source.iter_forms()}

    def rows() -> Iterator[tuple[object, ...]]:
        for sense in source.iter_senses():
            if sense.synset not in places:
                raise _lacking(sense.synset, source)
            key = key_of(sense.lemma)
            forms.update((key_of(form), key) for form in sense.forms)
            if " " in key:
                forms.add((key.replace(" ", ""), key))  # `fruitfly`
            yield key, sense.pos, sense.number, places[sense.synset], sense.count

    base.executemany("INSERT INTO word VALUES (?,?,?,?,?)", rows())
    return {(form, key) for form, key in forms if form and form != key}


def _stems(base: sqlite3.Connection, frequency: Counter[str]) -> Iterator[tuple[int, str]]:
    """What is told of each synset, as stems; counts in how many each stands."""
    query = "SELECT n, definition, members FROM synset"
    for n, definition, members in base.execute(query).fetchall():
        found = dict.fromkeys(stems(f"{definition} {' '.join(json.loads(members))}"))
        frequency.update(found.keys())
        yield n, " ".join(found)


def _check_targets(
    relations: Iterable[tuple[int, str, str]], places: dict[str, int], source: Source
) -> None:
    """Each relation must lead to a synset: else a part of the file is missing."""
    for _, _, target in relations:
        if target not in places:
            raise _lacking(target, source)


def _lacking(name: str, source: Source) -> Unreadable:
    return Unreadable(
        say(
            "The synset %(name)s is named but not there: the files are incomplete. "
            "Fetch them again; nothing was changed.",
            name=name,
        ),
        source.about.id,
    )


def _unusable(path: Path) -> Unreadable:
    return Unreadable(
        say("This is no index of this version; run wordnet install again."), path.name
    )
