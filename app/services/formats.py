"""Choosing an interchange format by name or by file name."""

from __future__ import annotations

from pathlib import Path

from app.domain.errors import Invalid
from app.domain.messages import say
from app.formats import FORMATS, find_format
from app.formats.base import Format
from app.formats.blocks import BLOCKS, looks_like_blocks
from app.formats.cldf import CLDF
from app.formats.cldf.package import is_dataset
from app.formats.lift.format import LIFT
from app.formats.project_json import JSON, is_project_archive
from app.formats.standard_format import find_standard_format


def choose_format(name: str, format_id: str = "", path: Path | None = None) -> Format:
    """The format named, or the one that a file's name tells: the longest ending counts.

    Args:
        path: where the file lies, if it does: a zip file, a folder or a file in
            Standard Format is looked into.

    Raises:
        Invalid: the name tells none; lists what is known.
        NotFound: there is no format with that id.
    """
    if format_id:
        return find_format(format_id)
    if path is not None and name.lower().endswith(".zip") and is_project_archive(path):
        return JSON
    if path is not None and (path.is_dir() or name.lower().endswith(".zip")) and is_dataset(path):
        return CLDF
    if path is not None and path.is_dir() and next(path.glob("*.lift"), None):
        return LIFT
    if path is not None and name.lower().endswith(BLOCKS.suffixes) and looks_like_blocks(path):
        return BLOCKS
    if path is not None and (standard := find_standard_format(name, path)) is not None:
        return standard
    endings = [
        (len(suffix), one)
        for one in FORMATS
        for suffix in one.suffixes
        if name.lower().endswith(suffix)
    ]
    if not endings:
        known = ", ".join(f"{one.id} ({' '.join(one.suffixes)})" for one in FORMATS)
        raise Invalid(
            say(
                "The name “%(name)s” tells no format known here; name one: %(known)s.",
                name=name,
                known=known,
            )
        )
    return max(endings, key=lambda ending: ending[0])[1]
