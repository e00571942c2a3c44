from __future__ import annotations
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.cldf.package import open_dataset
from app.formats.cldf.reader import Reader

class Cldf:
    id = "cldf"
    name = "CLDF"
    suffixes: tuple[str, ...] = (".cldf.zip", "-metadata.json")
    media_type = "application/zip"
    losses: tuple[Loss, ...] = ()
    def read(self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS) -> Iterator[Found]:
        with open_dataset(path) as package:
            yield from Reader(package, names).read()
    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        raise NotImplementedError
CLDF = Cldf()
