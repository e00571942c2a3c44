"""Zip files that were uploaded: looked through before anything in them is read.

Source: OWASP on archive extraction; D. Fifield, "A better zip bomb", WOOT 2019.
"""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import Unreadable

MAX_FILES = 100_000
MAX_SIZE = 4 << 30
MAX_RATIO = 200
RATIO_FROM = 10 << 20
_ENCRYPTED = 0x41


@contextmanager
def open_archive(path: Path, max_size: int = MAX_SIZE) -> Iterator[zipfile.ZipFile]:
    """A zip file that promises to unpack to something bearable, open for reading.

    Python reads no more of a member than its header says, so that the promise holds.

    Args:
        max_size: most bytes that all members together may unpack to.

    Raises:
        Unreadable: it is no zip file, broken, encrypted, or like a zip bomb.
    """
    if not zipfile.is_zipfile(path):
        raise Unreadable("The file is no zip file, or it is cut off.", path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, path, max_size)
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise Unreadable(f"The zip file is broken ({error}).", path.name) from error


def extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Writes one member to a file of our own naming."""
    with archive.open(member) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)


def _check(archive: zipfile.ZipFile, path: Path, max_size: int) -> None:
    members = archive.infolist()
    if len(members) > MAX_FILES:
        what = f"The zip file holds {len(members)} files; at most {MAX_FILES} are read."
        raise Unreadable(what, path.name)
    total = sum(member.file_size for member in members)
    if total > max_size:
        what = f"The zip file unpacks to {total} bytes; at most {max_size} are read."
        raise Unreadable(what, path.name)
    packed = max(1, path.stat().st_size)
    if total > RATIO_FROM and total > MAX_RATIO * packed:
        what = f"The zip file unpacks to {total // packed} times its size, like a zip bomb."
        raise Unreadable(what, path.name)
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise Unreadable(f"The zip file holds “{member.filename}” encrypted.", path.name)
        if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * member.compress_size:
            what = f"“{member.filename}” unpacks to over {MAX_RATIO} times its size, like a bomb."
            raise Unreadable(what, path.name)
