"""Names of uploaded files: those that lead nowhere but into a folder of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from app.domain.errors import Problems
from app.domain.messages import say
from app.ml.uploads.found import shown

_LONGEST = 200
_DRIVE = re.compile(r"[A-Za-z]:")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_BESIDE = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.DS_Store|\._[^/]*|Thumbs\.db|\.gitattributes)")


def is_beside(name: str) -> bool:
    """Whether a file belongs to somebody's system, not to the model; such are left out."""
    return _BESIDE.fullmatch(name) is not None


def check_names(names: Iterable[str]) -> None:
    """Refuses names that lead elsewhere, or two that some file system takes for one.

    Raises:
        Invalid: with each.
    """
    problems, seen = Problems(), dict[str, str]()
    for name in names:
        what = _trouble(name)
        key = unicodedata.normalize("NFC", name).casefold().rstrip("/")
        if what:
            problems.add(shown(name), what)
        elif key in seen:
            problems.add(shown(name), "This name is there twice (small and capital letters alike).")
        seen[key] = name
    for key in seen:
        above = key.rpartition("/")[0]
        if above in seen and not seen[above].endswith("/"):
            problems.add(shown(seen[key]), "The folder of this file is itself a file.")
    problems.check()


def _trouble(name: str) -> str:
    parts = name.rstrip("/").split("/")
    if not name.strip("/. "):
        return "The name is empty."
    if len(name) > _LONGEST:
        return say("The name is longer than %(most)s characters.", most=_LONGEST)
    if name.startswith("/") or _DRIVE.match(name):
        return "The name is absolute: it leads out of the model's folder."
    if "\\" in name:
        return "The name holds a backslash: it can lead out of the model's folder."
    if ".." in parts:
        return "The name holds “..”: it leads out of the model's folder."
    if any(part in ("", ".") or part != part.strip() or part.endswith(".") for part in parts):
        return "The name has an empty part, or a part with a space or full stop at its end."
    if not all(one.isprintable() for one in name):
        return "The name holds control characters."
    if any(_RESERVED.fullmatch(part) for part in parts) or set(name) & set('<>:"|?*'):
        return "The name cannot be used on every system."
    return ""
