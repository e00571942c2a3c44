"""Takes an upload in: whole and looked through, or not at all."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import Invalid, Problem, Problems
from app.domain.messages import say
from app.ml.uploads import own_folder, skops_file, transformers_folder, zips
from app.ml.uploads.found import kind_of, refusal, shown
from app.ml.uploads.limits import USUAL, Limits
from app.ml.uploads.names import check_names, is_beside

SKLEARN, TRANSFORMERS, OWN = "scikit-learn", "transformers", "own"
SKOPS_NAME = "model.skops"

Described = skops_file.Described | transformers_folder.Described | own_folder.Described


@dataclass(frozen=True)
class Uploaded:
    """One file as it came.

    Attributes:
        name: what its owner calls it; with folders, where a folder was uploaded.
        path: where it lies; it is read and left there.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Taken:
    """An upload that passed.

    Attributes:
        kind: `scikit-learn`, `transformers` or `own`.
        described: what is known of it.
        size: bytes of all its files.
    """

    kind: str
    described: Described
    size: int


def take(uploaded: Sequence[Uploaded], into: Path, limits: Limits = USUAL) -> Taken:
    """Puts the files of a model into a new folder, once all of them have passed.

    Reads as much as the model is large, and JSON files whole: work for a job, not for a request.

    Args:
        into: where the folder is to be; not there yet, and not there if anything is wrong.

    Raises:
        Invalid: with what is wrong, where, and what to do.
    """
    into.mkdir(mode=0o700)
    try:
        return _take(uploaded, into, limits)
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


def _take(uploaded: Sequence[Uploaded], into: Path, limits: Limits) -> Taken:
    if not uploaded:
        raise Invalid("No file was uploaded.")
    if len(uploaded) > 1:
        _copy_all(uploaded, into, limits)
        return _described(into, limits)
    only = uploaded[0]
    if not zipfile.is_zipfile(only.path):
        raise Invalid(Problem(shown(only.name), _alone(only)))
    if kind := kind_of(only.path):
        raise Invalid(Problem(shown(only.name), refusal(only.name, kind)))
    with zips.opened(only.path, only.name) as archive:
        is_skops = skops_file.SCHEMA in archive.namelist()
        if not is_skops:
            _unpack(archive, into, limits)
    return _skops(only, into, limits) if is_skops else _described(into, limits)


def _alone(only: Uploaded) -> str:
    """Why one file that is no zip is not enough."""
    kind = kind_of(only.path, only.name)
    if kind or not transformers_folder.is_name(only.name.rpartition("/")[2]):
        return refusal(only.name, kind)
    return (
        "This is one file of a model. Upload all its files together: choose them all, or a zip of "
        "their folder."
    )


def _skops(only: Uploaded, into: Path, limits: Limits) -> Taken:
    if only.path.stat().st_size > limits.total:
        raise Invalid(Problem(shown(only.name), _too_large(limits)))
    described = skops_file.describe(only.path, only.name, limits)
    target = into / SKOPS_NAME
    shutil.copyfile(only.path, target)
    return Taken(SKLEARN, described, target.stat().st_size)


def _unpack(archive: zipfile.ZipFile, into: Path, limits: Limits) -> None:
    members = zips.checked(archive, limits, limits.entries)
    names = _without_folder([one.filename for one in members])
    _check_files(names)
    for member, name in zip(members, names, strict=True):
        zips.copy(archive, member, into / name)


def _copy_all(uploaded: Sequence[Uploaded], into: Path, limits: Limits) -> None:
    wanted = [one for one in uploaded if not is_beside(one.name)]
    if len(wanted) > limits.entries:
        what = "There are %(found)s files; a model has at most %(most)s."
        raise Invalid(say(what, found=len(wanted), most=limits.entries))
    check_names(one.name for one in wanted)
    if sum(one.path.stat().st_size for one in wanted) > limits.total:
        raise Invalid(_too_large(limits))
    names = _without_folder([one.name for one in wanted])
    _check_files(names)
    for one, name in zip(wanted, names, strict=True):
        shutil.copyfile(one.path, into / name)


def _check_files(names: Sequence[str]) -> None:
    check_names(names)
    if own_folder.ABOUT in names:
        own_folder.check_files(names)
    else:
        transformers_folder.check_files(names)


def _described(into: Path, limits: Limits) -> Taken:
    _check_contents(into)
    size = sum(path.stat().st_size for path in into.iterdir())
    if (into / own_folder.ABOUT).exists():
        return Taken(OWN, own_folder.describe(into, limits), size)
    return Taken(TRANSFORMERS, transformers_folder.describe(into, limits), size)


def _check_contents(into: Path) -> None:
    """Refuses files that are something else than their names say."""
    problems = Problems()
    for path in sorted(into.iterdir()):
        kind = "" if _begins_right(path) else kind_of(path)
        if kind:
            problems.add(path.name, refusal(path.name, kind))
    problems.check()


def _begins_right(path: Path) -> bool:
    """Whether the first bytes are what the name promises; texts promise nothing."""
    with path.open("rb") as file:
        head = file.read(64)
    if path.suffix == ".safetensors":
        return head[8:9] == b"{"
    return path.suffix != ".json" or head.lstrip()[:1] in (b"{", b"[")


def _without_folder(names: Sequence[str]) -> list[str]:
    """Names without the one folder in which all of them lie."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) == 1 and all("/" in name for name in names):
        return [name.partition("/")[2] for name in names]
    return list(names)


def _too_large(limits: Limits) -> str:
    return say("The upload has more than %(most)s bytes.", most=f"{limits.total:,}")
