"""The formats of Standard Format as the program knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.standard_format.dictionary import DictionaryReader, DictionaryWriter
from app.formats.standard_format.document import open_to_read, open_to_write
from app.formats.standard_format.interlinear import TextReader, TextWriter

_MDF_LOSSES: tuple[Loss, ...] = ()


class Dictionary:
    """Dictionaries in Standard Format with the markers of MDF or with others.

    Options of `read` and `write`:
        map: JSON; see `app.formats.standard_format.mapping`. What it does not name is guessed.
        encoding: of the file; UTF-8 where left out.
    Options of `write`:
        document: id of the source document whose entries are written; without it all.
    """

    id = "mdf"
    name = "MDF dictionary (Toolbox)"
    suffixes: tuple[str, ...] = (".sfm", ".db", ".dic", ".lex", ".mdf")
    media_type = "text/plain"
    losses: tuple[Loss, ...] = _MDF_LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the source document, the entries with their subentries, then relations.

        Raises:
            Unreadable: it is no text, in another encoding, or has no records.
            Invalid: the mapping is wrong.
        """
        yield from DictionaryReader(open_to_read(path, self.id, names, options), names).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes the entries, subentries inside of the entries in which they came.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such document.
            Invalid: the mapping is wrong.
        """
        document = open_to_write(contents, self.id, options)
        return DictionaryWriter(contents, document, options.get("document", "")).write(path)


class Toolbox:
    """Interlinear texts in Standard Format, as Toolbox and Shoebox keep them.

    Options of `read` and `write`:
        map: JSON; see `app.formats.standard_format.mapping`. What it does not name is guessed.
        encoding: of the file; UTF-8 where left out.
    Options of `write`:
        document: id of the source document whose texts are written; without it all.
        columns: `bytes` counts columns in bytes, as older programs do.
        morphs: `apart` gives each morph a cell of its own also where its type is not known.
    """

    id = "toolbox"
    name = "Toolbox interlinear text"
    suffixes: tuple[str, ...] = (".txt", ".sfm", ".tbt")
    media_type = "text/plain"
    losses: tuple[Loss, ...] = ()

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the source document, then each text with its utterances.

        Raises:
            Unreadable: it is no text, in another encoding, or has no lines.
            Invalid: the mapping is wrong.
        """
        yield from TextReader(open_to_read(path, self.id, names, options), names).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes texts, and the sentences that stand alone as a text of their own.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such document.
            Invalid: the mapping is wrong.
        """
        document = open_to_write(contents, self.id, options)
        return TextWriter(
            contents,
            document,
            options.get("document", ""),
            by_bytes=options.get("columns") == "bytes",
            spaced=options.get("morphs") == "apart",
        ).write(path)


MDF = Dictionary()
TOOLBOX = Toolbox()
