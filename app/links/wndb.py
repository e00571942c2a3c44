"""Reading WordNet database files: the folder `dict` with `data.*` and `index.*`.

Source: WordNet 3.1, wndb(5WN), senseidx(5WN), morphy(7WN) for `*.exc`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from app.domain.errors import Unreadable
from app.domain.messages import say
from app.links.files import cut_off, iter_lines
from app.links.synsets import LEXFILES, About, Synset, WordSense

_FILES = (("n", "noun"), ("v", "verb"), ("a", "adj"), ("r", "adv"))
_RELATIONS = {
    "@": "hypernym", "@i": "instance_hypernym", "&": "similar", "#p": "mero_part",
    "#m": "mero_member", "#s": "mero_substance", ";c": "domain_topic", "=": "attribute",
    "^": "also", "*": "entails", ">": "causes", "%p": "holo_part", "%m": "holo_member",
    "%s": "holo_substance",
}  # fmt: skip
_VERSION = re.compile(r"WordNet (\d\.\d) Copyright")
_DIGIT = {"n": "1", "v": "2", "a": "3", "s": "3", "r": "4"}
_PRINCETON = "http://wordnet-rdf.princeton.edu/wn31/"
_PUBLISHED = "3.1"  # the version whose offsets Princeton publishes as IRIs


class Wndb:
    """A folder of WordNet database files.

    Args:
        ili: numbers of the interlingual index, by offset and part of speech.

    Attributes:
        numbers: those of them that are about synsets of these files, by the synset's id.
    """

    def __init__(self, folder: Path, ili: dict[str, str] | None = None) -> None:
        self._folder = folder / "dict" if (folder / "dict").is_dir() else folder
        self._satellites = self._find_satellites()
        self.numbers = self._join(ili or {})
        version = self._version()
        self.about = About(
            f"pwn{version.replace('.', '')}",
            f"WordNet {version}",
            "en",
            version,
            "https://wordnet.princeton.edu/license-and-commercial-use",
            "https://wordnet.princeton.edu/",
        )
        if version != _PUBLISHED and not ili:
            raise Unreadable(
                say(
                    "The synsets of WordNet %(version)s have no published addresses. Give the "
                    "table of the interlingual index too: --ili ili-map-pwn30.tab.",
                    version=version,
                ),
                self._folder.name,
            )

    def iter_synsets(self) -> Iterator[Synset]:
        """All synsets, one file of a part of speech after the other."""
        for pos, name in _FILES:
            path = self._path(f"data.{name}")
            for number, line in iter_lines(path):
                if not line.startswith(" "):
                    try:
                        yield self._synset(line, pos)
                    except (ValueError, IndexError) as error:
                        raise cut_off(path, number) from error

    def iter_senses(self) -> Iterator[WordSense]:
        """All senses of words, in the order of the index."""
        counts = self._counts()
        for pos, name in _FILES:
            path = self._path(f"index.{name}")
            for number, line in iter_lines(path):
                if line.startswith(" "):
                    continue
                fields = line.split()
                try:
                    lemma, synsets = fields[0], fields[-int(fields[2]) :]
                except (ValueError, IndexError) as error:
                    raise cut_off(path, number) from error
                for place, offset in enumerate(synsets, 1):
                    count = counts.get((lemma, pos, offset), 0)
                    yield WordSense(_spelled(lemma), pos, place, self._name(offset, pos), count)

    def iter_forms(self) -> Iterator[tuple[str, str]]:
        """The irregular forms of `*.exc`, where they are there."""
        for _, name in _FILES:
            path = self._folder / f"{name}.exc"
            if path.is_file():
                for _, line in iter_lines(path):
                    form, *lemmas = line.split()
                    yield from ((_spelled(form), _spelled(lemma)) for lemma in lemmas)

    def _synset(self, line: str, pos: str) -> Synset:
        said, bar, gloss = line.partition(" | ")
        if not bar:
            raise ValueError(line)
        fields = said.split()
        offset, lexfile, kind, words = fields[0], int(fields[1]), fields[2], int(fields[3], 16)
        members = tuple(_spelled(re.sub(r"\(\w+\)$", "", w)) for w in fields[4 : 4 + 2 * words : 2])
        at = 4 + 2 * words
        pointers = int(fields[at])
        relations = []
        for place in range(at + 1, at + 1 + 4 * pointers, 4):
            sign, target, target_pos, ends = fields[place : place + 4]
            if sign in _RELATIONS and ends == "0000":
                relations.append((_RELATIONS[sign], self._name(target, target_pos)))
        definition, examples = _gloss(gloss)
        return Synset(
            self._name(offset, pos),
            kind,
            self.numbers.get(self._name(offset, pos), ""),
            f"{_PRINCETON}{_DIGIT[kind]}{offset}-{kind if kind != 's' else 'a'}",
            LEXFILES[lexfile],
            "",
            definition,
            members,
            examples,
            tuple(relations),
        )

    def _name(self, offset: str, pos: str) -> str:
        return f"{offset}-{'s' if pos in 'as' and offset in self._satellites else pos}"

    def _find_satellites(self) -> frozenset[str]:
        """Offsets of the adjectives that stand beside others; the index doesn't tell them."""
        lines = iter_lines(self._path("data.adj"))
        return frozenset(line[:8] for _, line in lines if line[12:13] == "s" and line[0] != " ")

    def _counts(self) -> dict[tuple[str, str, str], int]:
        """How often senses were counted in tagged texts (index.sense), where that is there."""
        path, counts = self._folder / "index.sense", {}
        if path.is_file():
            for number, line in iter_lines(path):
                key, offset, _, count = _four(line, path, number)
                if count != "0":
                    lemma, _, rest = key.partition("%")
                    counts[lemma, "nvara"[int(rest[0]) - 1], offset] = int(count)
        return counts

    def _join(self, table: dict[str, str]) -> dict[str, str]:
        """The table laid over the offsets of these files.

        Files that were built anew (Debian) have other offsets, but the same synsets in the same
        order: they are joined by rank where not all offsets are known.
        """
        joined: dict[str, str] = {}
        for pos, name in _FILES if table else ():
            mine = self._offsets(f"data.{name}")
            theirs = sorted(
                (key.partition("-")[0], ili)
                for key, ili in table.items()
                if key[-1] == pos or (pos == "a" and key[-1] == "s")
            )
            known = dict(theirs)
            if len(mine) == len(theirs) and not known.keys() >= set(mine):
                known = {o: ili for o, (_, ili) in zip(mine, theirs, strict=True)}
            joined |= {self._name(o, pos): known[o] for o in mine if o in known}
        return joined

    def _offsets(self, name: str) -> list[str]:
        lines = iter_lines(self._path(name))
        return [line.partition(" ")[0] for _, line in lines if not line.startswith(" ")]

    def _version(self) -> str:
        with self._path("data.noun").open(encoding="utf-8", errors="replace") as file:
            found = _VERSION.search(file.read(3000))
        return found[1] if found else _PUBLISHED

    def _path(self, name: str) -> Path:
        path = self._folder / name
        if not path.is_file():
            raise Unreadable(
                say("The folder lacks the file %(name)s of WordNet.", name=name), self._folder.name
            )
        return path


def is_wndb(folder: Path) -> bool:
    """Whether a folder holds WordNet database files."""
    return (folder / "data.noun").is_file() or (folder / "dict" / "data.noun").is_file()


def _four(line: str, path: Path, number: int) -> list[str]:
    fields = line.split()
    if len(fields) != 4:
        raise cut_off(path, number)
    return fields


def _gloss(text: str) -> tuple[str, tuple[str, ...]]:
    """Definition and examples of a gloss: what stands in quotation marks after it is examples."""
    definition, mark, rest = text.strip().partition('; "')
    examples = tuple(re.findall(r'"([^"]+)"', mark[2:] + rest)) if mark else ()
    return definition.strip(), examples


def _spelled(lemma: str) -> str:
    return lemma.replace("_", " ")
