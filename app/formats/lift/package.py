"""A LIFT file and what belongs to it: a folder, a zip file, or the files beside a .lift.

A zip file is looked through before anything is unpacked, and counted while it is: nobody can
trust one that was uploaded.

Source: OWASP on archive extraction; CVE-2018-1002200 (zip slip); D. Fifield, "A better zip
bomb", WOOT 2019.
"""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.domain.errors import Unreadable

MAX_FILES = 100_000
MAX_SIZE = 4 << 30
MAX_RATIO = 200
RATIO_FROM = 10 << 20
_CHUNK = 1 << 20
_ARCHIVES = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst")
_MEDIA = ("", "pictures", "audio", "others")
_MAX_DEPTH = 20


@dataclass(frozen=True)
class Package:
    """Where the parts of a LIFT package lie.

    Attributes:
        lift: the .lift file; everything else lies in its folder.
        writing_systems: the .ldml files.
    """

    lift: Path
    writing_systems: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the package."""
        return self.lift.parent

    def find_ranges(self, href: str = "") -> Path | None:
        """The ranges file that a header names, whatever folder it names; else the one beside."""
        names = [re.split(r"[/\\]", href)[-1]] if href else []
        names.append(f"{self.lift.stem}.lift-ranges")
        for name in names:
            if name.endswith(".lift-ranges") and (path := self._inside(name)):
                return path
        return None

    def find_file(self, href: str) -> Path | None:
        """The picture or recording that a record names, or None if it is not there."""
        parts = [p for p in re.split(r"[/\\]", href) if p not in ("", ".")]
        if not parts or ".." in parts:
            parts = parts[-1:]
        for tail in dict.fromkeys((tuple(parts), tuple(parts[-1:]))):
            for folder in _MEDIA:
                name = "/".join((folder, *tail) if folder else tail)
                if tail and (path := self._inside(name)):
                    return path
        return None

    def _inside(self, name: str) -> Path | None:
        """A file of the package; never one outside it, nor by way of a link."""
        try:
            path = (self.folder / name).resolve()
            inside = path.is_relative_to(self.folder.resolve())
            return self.folder / name if inside and path.is_file() else None
        except (OSError, ValueError):
            return None


def open_package(path: Path, scratch: Path, max_size: int = MAX_SIZE) -> Package:
    """Finds the parts of a .lift file, a folder or a zip file, which is unpacked first.

    Args:
        path: what to open.
        scratch: an existing folder to unpack into; left empty when the file is refused.
        max_size: most bytes that a zip file may unpack to.

    Raises:
        Unreadable: there is no such file, it is no package, or the zip file is not to be trusted.
    """
    if path.is_dir():
        return _of_folder(path, path.name)
    if not path.is_file():
        raise Unreadable("There is no such file or folder.", path.name)
    if not zipfile.is_zipfile(path):
        if path.suffix.lower() == ".zip":
            raise Unreadable("The file is no zip file, or it is cut off.", path.name)
        return _of_file(path)
    target = scratch / "package"
    try:
        _unpack(path, target, max_size)
        return _of_folder(target, path.name)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _of_file(lift: Path) -> Package:
    folder = lift.parent / "WritingSystems"
    found = sorted(folder.glob("*.ldml")) if folder.is_dir() and not folder.is_symlink() else []
    return Package(lift, tuple(p for p in found if p.is_file() and not p.is_symlink()))


def _of_folder(folder: Path, name: str) -> Package:
    for pattern in ("*.lift", "*/*.lift"):
        found = [
            p
            for p in sorted(folder.glob(pattern))
            if not p.name.startswith(".") and p.parent.name != "__MACOSX"
        ]
        if any(p.is_symlink() or p.parent.is_symlink() for p in found):
            raise Unreadable("The package holds a link in place of the .lift file.", name)
        if len(found) == 1:
            return _of_file(found[0])
        if found:
            names = ", ".join(p.name for p in found[:5])
            what = f"The package holds {len(found)} .lift files ({names}); leave one in it."
            raise Unreadable(what, name)
    raise Unreadable("The package holds no .lift file.", name)


def _unpack(path: Path, target: Path, max_size: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check(members, path, max_size)
            target.mkdir()
            left = max_size
            for member in members:
                if not member.is_dir():
                    left -= _unpack_one(archive, member, target, left, path.name)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise Unreadable(f"The zip file is broken ({error}).", path.name) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise Unreadable(f"The zip file cannot be unpacked ({error}).", path.name) from error


def _check(members: list[zipfile.ZipInfo], path: Path, max_size: int) -> None:
    if len(members) > MAX_FILES:
        what = f"The zip file holds {len(members)} files; at most {MAX_FILES} are unpacked."
        raise Unreadable(what, path.name)
    seen: set[str] = set()
    for member in members:
        if problem := _problem(member, seen):
            raise Unreadable(f"The zip file {problem}; it was not unpacked.", path.name)
    total = sum(member.file_size for member in members)
    if total > max_size:
        what = f"The zip file unpacks to {total} bytes; at most {max_size} are unpacked."
        raise Unreadable(what, path.name)
    packed = max(1, min(path.stat().st_size, sum(member.compress_size for member in members)))
    if total > RATIO_FROM and total / packed > MAX_RATIO:
        what = f"The zip file unpacks to {total // packed} times its size, like a zip bomb."
        raise Unreadable(what, path.name)


def _problem(member: zipfile.ZipInfo, seen: set[str]) -> str:
    """What is wrong with a member of a zip file, or nothing."""
    # The name as it stands in the file: ZipInfo cuts it off at a NUL.
    name = member.orig_filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    kind = stat.S_IFMT(member.external_attr >> 16)
    problem = ""
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        problem = f"holds the absolute name “{name}”"
    elif ".." in parts or "\0" in name or not parts:
        problem = f"holds the name “{name}”, which leads out of its folder"
    elif len(parts) > _MAX_DEPTH or any(len(part.encode()) > 255 for part in parts):
        problem = "holds a name that is too long"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        problem = f"holds “{name}”, which is a link or device and not a file"
    elif member.flag_bits & 0x41:
        problem = f"holds “{name}”, which is encrypted"
    elif name.lower().endswith(_ARCHIVES):
        problem = f"holds another archive, “{name}”"
    elif name.rstrip("/").casefold() in seen:
        problem = f"holds the name “{name}” twice"
    elif member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * member.compress_size:
        problem = f"holds “{name}”, which unpacks to over {MAX_RATIO} times its size, like a bomb"
    seen.add(name.rstrip("/").casefold())
    return problem


def _unpack_one(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int, file: str
) -> int:
    """Unpacks one file, counting what really comes out; returns its size."""
    place = target.joinpath(*PurePosixPath(member.orig_filename.replace("\\", "/")).parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(member) as source, place.open("xb") as out:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > left or size > member.file_size:
                what = "The zip file unpacks to more than it says or than is allowed."
                raise Unreadable(what, file)
            out.write(chunk)
    return size
