"""Reading Concepticon as if it were a wordnet: its concept sets, and which words mean them.

Source: Concepticon data, `concepticon.tsv` and `mappings/map-en.tsv`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.domain.errors import Unreadable
from app.domain.messages import say
from app.links.files import cut_off, iter_lines
from app.links.synsets import About, Synset, WordSense

NAME = "concepticon"
_IRI = "https://concepticon.clld.org/parameters/"
_PARTS = {"Person/Thing": "n", "Action/Process": "v", "Property": "a"}
_SETS = ("ID", "GLOSS", "SEMANTICFIELD", "DEFINITION", "ONTOLOGICAL_CATEGORY")
_WORDS = ("ID", "GLOSS", "PRIORITY")


class Concepticon:
    """Concept sets with the words of one language.

    Args:
        paths: the table of concept sets and one of words, in any order.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        heads = {path: _head(path) for path in paths}
        self._sets = _with(heads, _SETS)
        self._words = _with(heads, _WORDS)
        language = self._words.name.partition("map-")[2].partition(".")[0] or "en"
        self.about = About(
            NAME,
            "Concepticon",
            language,
            licence="https://creativecommons.org/licenses/by/4.0/",
            url="https://concepticon.clld.org/",
        )
        self._found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._parts: dict[str, str] = {}

    def iter_synsets(self) -> Iterator[Synset]:
        """Each concept set as a synset."""
        self._read_words()
        for row in _rows(self._sets):
            if row.get("REPLACEMENT_ID"):
                continue
            pos = _PARTS.get(row["ONTOLOGICAL_CATEGORY"], "n")
            self._parts[row["ID"]] = pos
            words = (word for _, word in sorted(self._found.get(row["ID"], ())))
            yield Synset(
                row["ID"],
                pos,
                "",
                f"{_IRI}{row['ID']}",
                row["SEMANTICFIELD"],
                "",
                row["DEFINITION"],
                tuple(dict.fromkeys((row["GLOSS"].lower(), *words)))[:12],
            )

    def iter_senses(self) -> Iterator[WordSense]:
        """Each word that means a concept set, by priority."""
        by_word: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for concept, words in self._found.items():
            if concept in self._parts:
                for priority, word in words:
                    by_word[word.lower(), self._parts[concept]].append((priority, concept))
        for (word, pos), concepts in by_word.items():
            for number, (_, concept) in enumerate(sorted(concepts), 1):
                yield WordSense(word, pos, number, concept)

    def iter_forms(self) -> Iterator[tuple[str, str]]:
        """None."""
        return iter(())

    def _read_words(self) -> None:
        self._found.clear()
        for row in _rows(self._words):
            _, _, word = row["GLOSS"].rpartition("///")
            priority = int(row["PRIORITY"]) if row["PRIORITY"].isdigit() else 9
            self._found[row["ID"]].append((priority, word))


def _with(heads: dict[Path, list[str]], wanted: tuple[str, ...]) -> Path:
    for path, columns in heads.items():
        if set(wanted) <= set(columns):
            return path
    raise Unreadable(
        say(
            "A table with the columns %(columns)s is missing; give concepticon.tsv and map-en.tsv.",
            columns=", ".join(wanted),
        )
    )


def _head(path: Path) -> list[str]:
    return next(iter_lines(path, whole=False), (0, ""))[1].split("\t")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    lines = iter_lines(path, whole=False)
    columns = next(lines, (0, ""))[1].split("\t")
    for number, line in lines:
        values = line.split("\t")
        if not len(_WORDS) <= len(values) <= len(columns):
            raise cut_off(path, number)
        values += [""] * (len(columns) - len(values))  # the last columns may be left out
        yield dict(zip(columns, values, strict=True))
