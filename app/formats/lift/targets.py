"""Where a LIFT package is written: a folder, a zip file, or one .lift with its ranges beside."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_UNSAFE = re.compile(r'[\x00-\x1f<>:"|?*]')


class Target:
    """A place that takes files by name, one at a time.

    Attributes:
        stem: name of the .lift file without its ending.
        whole: whether pictures, recordings and writing systems are wanted too.
    """

    def __init__(self, stem: str, place: Path | zipfile.ZipFile, *, whole: bool) -> None:
        self.stem, self.whole = stem, whole
        self._place = place

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write."""
        if isinstance(self._place, zipfile.ZipFile):
            member = f"{self.stem}/{name}"
            with self._place.open(member, "w", force_zip64=True) as file:
                yield file
        else:
            path = self._place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                yield file


@contextmanager
def open_target(path: Path) -> Iterator[Target]:
    """The place that a path means: `x.lift`, `x.zip`, or a folder."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            yield Target(path.stem, archive, whole=True)
    elif path.suffix.lower() == ".lift" and not path.is_dir():
        yield Target(path.stem, path.parent, whole=False)
    else:
        path.mkdir(parents=True, exist_ok=True)
        yield Target(path.name, path, whole=True)


class MediaNames:
    """Names under which stored files are written, each once, inside their folder."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], str] = {}  # folder and name, to id of the stored file

    def name(self, media: dict[str, object], folder: str) -> str:
        """The href to write for a picture or recording; notes its file for copying."""
        href, file = str(media.get("href", "")), media.get("file")
        if not isinstance(file, str):
            return href
        parts = [p for p in re.split(r"[/\\]", href) if p not in ("", ".")]
        unsafe = ".." in parts or _UNSAFE.search(href) or href.startswith(("/", "\\"))
        if unsafe or not parts:
            parts = [_UNSAFE.sub("_", parts[-1]) if parts and parts[-1] != ".." else file]
            href = parts[0]
        inner = parts[1:] if parts[0] == folder and len(parts) > 1 else parts
        key = (folder, "/".join(inner))
        if self.files.setdefault(key, file) != file:
            href = f"{file}-{inner[-1]}"
            self.files[folder, href] = file
        return href
