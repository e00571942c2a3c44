"""Zips: looked through by their lists, then copied member by member with a running count.

Source: D. Fifield, "A better zip bomb", WOOT 2019; APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.domain.errors import Invalid, Problem, Problems
from app.domain.messages import say
from app.ml.uploads.found import refusal, shown
from app.ml.uploads.limits import Limits
from app.ml.uploads.names import check_names, is_beside

_ENCRYPTED = 0x41
_BLOCK = 1 << 20
_PACKED_JSON = ".json.gz"  # of our own folders, unpacked within bounds
_NESTED = (".zip", ".skops", ".jar", ".whl", ".egg", ".npz", ".tar", ".tgz", ".gz", ".7z", ".rar")


@contextmanager
def opened(path: Path | IO[bytes], name: str) -> Iterator[zipfile.ZipFile]:
    """The zip, open for reading.

    Raises:
        Invalid: it is none, or broken.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (
        *(zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error),
        *(RuntimeError, UnicodeDecodeError, ValueError, OverflowError),
    ) as error:
        what = say("The zip file is broken (%(why)s). Make it anew.", why=shown(str(error)))
        raise Invalid(Problem(shown(name), what)) from error


def checked(
    archive: zipfile.ZipFile, limits: Limits, entries: int, nested: Sequence[str] = ()
) -> list[zipfile.ZipInfo]:
    """The files of a zip that would do no harm to unpack, without what is beside the model.

    Args:
        entries: most files that it may hold.
        nested: endings of archives that it may hold all the same.

    Raises:
        Invalid: with everything that is wrong.
    """
    members = archive.infolist()
    if len(members) > entries:
        what = say(
            "The zip holds %(found)s files; a model has at most %(most)s.",
            found=len(members),
            most=entries,
        )
        raise Invalid(Problem("", what))
    check_names(member.orig_filename for member in members)
    problems = Problems()
    for member in members:
        if trouble := _trouble(member, nested):
            problems.add(shown(member.filename), trouble)
    _check_sizes(archive, members, limits, problems)
    problems.check()
    return [one for one in members if not one.is_dir() and not is_beside(one.filename)]


def copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Writes one member to a file of our naming, never more than its entry in the list says.

    Raises:
        Invalid: it is more, or less.
    """
    written = 0
    with archive.open(member) as source, target.open("xb") as out:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > member.file_size:
                break
            out.write(block)
    if written != member.file_size:
        what = "The zip's list gives another size than this file has."
        raise Invalid(Problem(shown(member.filename), what))


def _trouble(member: zipfile.ZipInfo, nested: Sequence[str]) -> str:
    mode = member.external_attr >> 16
    lowered = member.filename.lower()
    if stat.S_ISLNK(mode):
        return "This is a link, which can lead out of the model's folder."
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "This is neither a file nor a folder."
    if member.flag_bits & _ENCRYPTED:
        return "This file is encrypted. Pack it without a password."
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "This file is packed in an unusual way. Make the zip with “deflate”, the usual one."
    if member.is_dir() and member.file_size:
        return "This folder has a content of its own."
    if lowered.endswith(_NESTED) and not lowered.endswith((_PACKED_JSON, *nested)):
        return refusal(member.filename, "an archive in an archive (a zip file)")
    return ""


def _check_sizes(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], limits: Limits, problems: Problems
) -> None:
    total = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    assert archive.fp is not None
    length = archive.fp.seek(0, 2)
    if total > limits.total:
        what = "The zip unpacks to %(found)s bytes; at most %(most)s are taken."
        problems.add("", say(what, found=f"{total:,}", most=f"{limits.total:,}"))
    if packed > length:  # members that share their bytes
        problems.add("", "The zip's list gives more packed bytes than the file has.")
    for member in members:
        size, most = member.file_size, limits.ratio * max(member.compress_size, 1)
        if size > limits.ratio_from and size > most:
            what = "This file unpacks to more than %(most)s times its size, like a zip bomb."
            problems.add(shown(member.filename), say(what, most=limits.ratio))
    if total > limits.ratio_from and total > limits.ratio * min(packed, length):
        what = "The zip unpacks to more than %(most)s times its size, like a zip bomb."
        problems.add("", say(what, most=limits.ratio))
