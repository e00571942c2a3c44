"""Standard Format: dictionaries (MDF) and interlinear texts as Toolbox and Shoebox keep them."""

from pathlib import Path

from app.domain.errors import Unreadable
from app.formats.standard_format.format import MDF, TOOLBOX, Dictionary, Toolbox
from app.formats.standard_format.lines import scan
from app.formats.standard_format.presets import format_of

FORMATS: tuple[Dictionary | Toolbox, ...] = (MDF, TOOLBOX)

__all__ = ["FORMATS", "MDF", "TOOLBOX", "find_standard_format"]


def find_standard_format(name: str, path: Path) -> Dictionary | Toolbox | None:
    """Which of the formats a file is, by its markers; None if its name tells another one."""
    endings = {ending for one in FORMATS for ending in one.suffixes}
    if not name.lower().endswith(tuple(endings)) or not path.is_file():
        return None
    try:
        found = format_of(scan(path))
    except Unreadable:  # told when it is read
        return None
    return next(one for one in FORMATS if one.id == found)
