"""The format LIFT as the program knows it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.lift.package import open_package
from app.formats.lift.reader import Reader
from app.formats.lift.targets import open_target
from app.formats.lift.writer import Writer

_LOSSES = (
    Loss("entry.access", "LIFT cannot say who may read an entry."),
    Loss("sense.access", "LIFT cannot say who may read a sense."),
    Loss("example.access", "LIFT cannot say who may read an example."),
    Loss("sense.links", "LIFT has no links to WordNet or other catalogs."),
    Loss("media.access", "LIFT cannot say who may read a picture or recording."),
    Loss("relation.access", "LIFT cannot say who may read a relation."),
    Loss("item.access", "LIFT cannot say who may read an item of a list."),
    Loss("example.utterance", "LIFT knows no texts; an example holds its words only itself."),
    Loss("media.file", "LIFT names a picture or recording by file name only."),
    Loss(
        "relation.members",
        "LIFT says the order of members of sequences only, and has no others of more than two "
        "than sets, sequences and trees.",
    ),
    Loss("annotation.on", "LIFT has annotations on forms; others move to what holds the field."),
    Loss("field.name", "LIFT 0.12 and 0.13 give an own field a code and a description only."),
    Loss("field.levels", "LIFT gives an own field one level."),
    Loss("item.iri", "LIFT cannot say what an item of a list is in linked data."),
    Loss("item.rank", "LIFT has no ranks; items stand in their sequence."),
    Loss("document.files", "LIFT does not list further files of the folder."),
    Loss("project", "LIFT has no place for what is said of the project as a whole."),
    Loss("text", "LIFT holds a lexicon: it has no texts."),
    Loss("utterance", "LIFT holds a lexicon: it has no lines of texts."),
    Loss("person", "LIFT has no people."),
    Loss("comment", "LIFT has no discussions."),
)


class Lift:
    """LIFT 0.12, 0.13 and 0.15: a .lift file with companions, a folder, or a zip file.

    Options of `write`:
        version: `0.12`, `0.13` or `0.15`; without it the version that was read, else 0.13.
        document: id of the source document whose header and identifiers are written; without
            it the first.
    """

    id = "lift"
    name = "LIFT"
    suffixes: tuple[str, ...] = (".lift", ".zip")
    media_type = "application/xml"
    losses: tuple[Loss, ...] = _LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams what a file, folder or zip file holds.

        A zip file is unpacked into a folder that lasts until the stream ends: take the files
        while you read. Items and own fields that the project has already come as records with
        the project's id, so that it can be seen what the file says of them; new ones are in
        `names.new`. The source document comes last.

        Raises:
            Unreadable: see `app.formats.xml` and `app.formats.lift.package`.
        """
        with tempfile.TemporaryDirectory(prefix="lift-") as scratch:
            yield from Reader(open_package(path, Path(scratch)), names).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes `x.lift` (and `x.lift-ranges` for lists), or a whole package: `x.zip`, a folder.

        Returns:
            Warnings about what could not be said.

        Raises:
            Invalid: the version is none that can be written.
            NotFound: there is no such document.
        """
        with open_target(path) as target:
            return Writer(contents, target, options).write()


LIFT = Lift()
