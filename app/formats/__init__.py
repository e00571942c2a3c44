"""Interchange formats: one file and one entry in `FORMATS` each."""

from app.domain.errors import NotFound
from app.formats.base import Format
from app.formats.blocks import BLOCKS
from app.formats.cldf import CLDF
from app.formats.conllu import CONLLU
from app.formats.flextext import FLEXTEXT
from app.formats.lift import LIFT
from app.formats.linked_data import LINKED_DATA
from app.formats.papers import HTML, LATEX, TEXT_TABLE
from app.formats.project_json import JSON
from app.formats.standard_format import MDF, TOOLBOX
from app.formats.table import CSV, XLSX

FORMATS: tuple[Format, ...] = (
    LIFT,
    FLEXTEXT,
    MDF,
    TOOLBOX,
    BLOCKS,
    CONLLU,
    CLDF,
    JSON,
    LINKED_DATA,
    CSV,
    XLSX,
    LATEX,
    HTML,
    TEXT_TABLE,
)


def find_format(name: str) -> Format:
    """The format with this id.

    Raises:
        NotFound: there is no such format.
    """
    for known in FORMATS:
        if known.id == name:
            return known
    names = ", ".join(known.id for known in FORMATS)
    raise NotFound(f"There is no format “{name}”; there are: {names}.")
