"""The files of a dataset: in a zip file, in a folder, or beside a metadata file.

Only names that lead to a file inside are opened; nothing is unpacked or fetched.

Source: CLDF 1.3; CSV on the Web, metadata vocabulary (W3C Recommendation 2015), section 6.3.
"""

from __future__ import annotations

import json
import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from app.domain.errors import Unreadable
from app.formats.archive import open_archive

ENDING = "-metadata.json"
MAX_METADATA = 8 << 20
MAX_KEPT = 4 << 20  # bytes of a file that no record holds and that is kept whole


@dataclass
class Package:
    """Where the files of a dataset lie.

    Attributes:
        name: of what was opened.
        metadata_name: of its metadata file.
        metadata: what that file says.
    """

    name: str
    root: Path | zipfile.ZipFile
    folder: str
    metadata_name: str
    metadata: dict[str, Any]

    def has(self, url: str) -> bool:
        """Whether a table's file is there."""
        return self._find(url) is not None

    def open(self, url: str) -> IO[bytes]:
        """A file of the dataset.

        Raises:
            Unreadable: it is not there.
        """
        found = self._find(url)
        if found is None:
            raise Unreadable(f"The dataset has no file “{url}”.", self.name)
        if isinstance(self.root, zipfile.ZipFile):
            return self.root.open(str(found))
        return Path(found).open("rb")

    def read_small(self, url: str) -> str | None:
        """The text of a file that is kept whole; None if it is missing, too large or no text."""
        if not self.has(url):
            return None
        with self.open(url) as file:
            found = file.read(MAX_KEPT + 1)
        try:
            return found.decode("utf-8") if len(found) <= MAX_KEPT else None
        except UnicodeDecodeError:
            return None

    def _find(self, url: str) -> str | Path | None:
        name = posixpath.normpath(unquote(url))
        if "://" in url or name.startswith(("/", "..")) or "\\" in name or ":" in name:
            return None
        if isinstance(self.root, zipfile.ZipFile):
            member = posixpath.join(self.folder, name)
            return member if member in self.root.NameToInfo else None
        path = self.root / name
        inside = path.resolve().is_relative_to(self.root.resolve())
        return path if inside and path.is_file() else None


@contextmanager
def open_dataset(path: Path) -> Iterator[Package]:
    """Finds the metadata of a zip file, folder or metadata file.

    Raises:
        Unreadable: there is no such file, no dataset in it, or the zip file is not to be trusted.
    """
    if path.is_dir():
        path = path / _only(sorted(one.name for one in path.glob(f"*{ENDING}")), path.name)
    if path.is_file() and path.suffix.lower() != ".zip" and not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield Package(path.name, path.parent, "", path.name, _parse(file, path.name))
        return
    with open_archive(path) as archive:
        member = _only(metadata_members(archive), path.name)
        folder, name = posixpath.split(member)
        with archive.open(member) as source:
            metadata = _parse(source, name)
        yield Package(path.name, archive, folder, name, metadata)


def metadata_members(archive: zipfile.ZipFile) -> list[str]:
    """The members of a zip file that are named like metadata, at most two folders deep."""
    names = (name for name in archive.namelist() if name.endswith(ENDING))
    kept = [name for name in names if name.count("/") <= 2 and not name.startswith("__MACOSX")]
    return sorted(kept, key=lambda name: (name.count("/"), name))


def is_dataset(path: Path) -> bool:
    """Whether a zip file or folder holds the metadata of a dataset."""
    if path.is_dir():
        return next(path.glob(f"*{ENDING}"), None) is not None
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(metadata_members(archive))
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _only(found: list[str], name: str) -> str:
    if not found:
        raise Unreadable(f"There is no dataset in it: no file ends in “{ENDING}”.", name)
    depth = found[0].count("/")
    same = [one for one in found if one.count("/") == depth]
    if len(same) > 1:
        raise Unreadable(f"It holds {len(same)} datasets ({', '.join(same[:5])}).", name)
    return found[0]


def _parse(file: IO[bytes], name: str) -> dict[str, Any]:
    text = file.read(MAX_METADATA + 1)
    if len(text) > MAX_METADATA:
        raise Unreadable("The metadata are too long.", name)
    try:
        found = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable("The metadata are not UTF-8.", name) from error
    except RecursionError as error:
        raise Unreadable("The metadata are nested too deep.", name) from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"No JSON: {error.msg}.", name, error.lineno, error.colno) from error
    if not isinstance(found, dict) or not isinstance(found.get("tables"), list):
        raise Unreadable("The metadata describe no tables.", name)
    return found
