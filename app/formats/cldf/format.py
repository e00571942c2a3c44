"""The format CLDF as the program knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.cldf.package import open_dataset
from app.formats.cldf.reader import Reader
from app.formats.cldf.writer import Writer

_LOSSES: tuple[Loss, ...] = ()


class Cldf:
    """Datasets of CLDF 1.x: a zip file, a folder, or a metadata file with tables beside it.

    Options of `write`:
        module: `dictionary` or `texts`; without it all that there is.
        document: id of the source document whose records are written, in its tables.
    """

    id = "cldf"
    name = "CLDF"
    suffixes: tuple[str, ...] = (".cldf.zip", "-metadata.json")
    written: tuple[str, ...] = (".cldf.zip",)
    media_type = "application/zip"
    losses: tuple[Loss, ...] = _LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the source document, texts with their utterances, then entries.

        Raises:
            Unreadable: it is no dataset, a table is broken, or the zip file is not to be trusted.
        """
        with open_dataset(path) as package:
            yield from Reader(package, names).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes a zip file, or into the folder of the metadata file that is named.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such document.
            Invalid: there is no such module.
        """
        return Writer(contents, options).write(path)


CLDF = Cldf()
