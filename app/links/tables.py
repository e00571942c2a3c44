"""Reading a wordnet from a pair of tables: `NAME-synsets.tsv` and `NAME-senses.tsv`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.domain.errors import Unreadable
from app.domain.messages import say
from app.links.files import cut_off, iter_lines
from app.links.synsets import About, Synset, WordSense

_SYNSETS = ("synset", "pos", "ili", "wikidata", "lexfile", "members", "definition", "examples",
            "relations")  # fmt: skip
_SENSES = ("lemma", "entry_pos", "sense_no", "synset", "sense_key", "forms")
_IRI = "https://en-word.net/id/oewn-"


class Tables:
    """A wordnet as two tables, plain or packed.

    Args:
        place: the folder with both, or one of them.
    """

    def __init__(self, place: Path) -> None:
        folder = place if place.is_dir() else place.parent
        self._synsets = _only(folder, "*-synsets.tsv*")
        self._senses = _only(folder, "*-senses.tsv*")
        name = self._synsets.name.partition("-synsets")[0]
        self._members = 0
        self._is_oewn = name.startswith("oewn")
        self.about = About(
            name,
            "Open English WordNet" if self._is_oewn else name,
            "en",
            licence="https://creativecommons.org/licenses/by/4.0/" if self._is_oewn else "",
            url="https://en-word.net/" if self._is_oewn else "",
        )

    def iter_synsets(self) -> Iterator[Synset]:
        """All synsets of the first table."""
        self._members = 0
        for row in _rows(self._synsets, _SYNSETS):
            members = tuple(row["members"].split("|"))
            self._members += len(members)
            yield Synset(
                row["synset"],
                row["pos"],
                row["ili"],
                f"{_IRI}{row['synset']}" if self._is_oewn else "",
                row["lexfile"],
                row["wikidata"],
                row["definition"],
                members,
                tuple(filter(None, row["examples"].split(" ¦ "))),
                tuple(_relations(row["relations"])),
            )

    def iter_senses(self) -> Iterator[WordSense]:
        """All senses of the second table.

        Raises:
            Unreadable: it has not as many as the first table has members.
        """
        found = 0
        for row in _rows(self._senses, _SENSES):
            found += 1
            yield WordSense(
                row["lemma"],
                row["entry_pos"].replace("s", "a"),
                int(row["sense_no"]),
                row["synset"],
                0,
                tuple(filter(None, row["forms"].split("|"))),
            )
        if found < self._members:
            raise cut_off(self._senses)

    def iter_forms(self) -> Iterator[tuple[str, str]]:
        """None: forms stand beside the senses."""
        return iter(())


def are_tables(place: Path) -> bool:
    """Whether a folder holds such a pair, or a file is one of it."""
    if place.is_dir():
        return any(place.glob("*-synsets.tsv*")) and any(place.glob("*-senses.tsv*"))
    return "-synsets.tsv" in place.name or "-senses.tsv" in place.name


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise Unreadable(
            say(
                "There must be one file %(name)s, but there are %(n)s.",
                name=pattern,
                n=len(found),
            ),
            folder.name,
        )
    return found[0]


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    lines = iter_lines(path)
    _, head = next(lines, (0, ""))
    if tuple(head.split("\t")) != columns:
        raise Unreadable(
            say("The columns must be %(columns)s.", columns=", ".join(columns)), path.name, 1
        )
    for number, line in lines:
        values = line.split("\t")
        if len(values) != len(columns):
            raise cut_off(path, number)
        yield dict(zip(columns, values, strict=True))


def _relations(text: str) -> Iterator[tuple[str, str]]:
    for relation in filter(None, text.split(";")):
        kind, _, targets = relation.partition("=")
        yield from ((kind, target) for target in targets.split("|"))
