"""The formats of texts for people as the program knows them; they are written, not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from app.formats.base import Contents, Loss
from app.formats.papers.latex import write_latex
from app.formats.papers.page import write_page
from app.formats.papers.table import write_table

_Write = Callable[[Contents, Path, Mapping[str, str]], list[str]]
_ALL = (
    Loss("text.access", "A file for readers does not say who may read what."),
    Loss("text.media", "It has no recordings and pictures."),
    Loss("text.paragraphs", "It has no paragraphs."),
    Loss("utterance.access", "It does not say who may read a line."),
    Loss("utterance.baseline", "Words come in one writing system."),
    Loss("utterance.translations", "Of translations the free ones come."),
    Loss("utterance.notes", "It has no notes."),
    Loss("utterance.groups", "It does not tie words or morphs together."),
    Loss("utterance.status", "It has no status of a line."),
    Loss("word.details", "Of a word the form, its morphs and their glosses come."),
    Loss("word.analyses", "Of a word the chosen analysis comes."),
    Loss(
        "analysis.origin",
        "Of who made an analysis only unconfirmed guesses are told.",
    ),
    Loss("analysis.gloss", "The gloss of a word comes where its morphs have none."),
    Loss("analysis.pos", "It has no parts of speech."),
    Loss("analysis.entry", "It has no ties to the lexicon."),
    Loss("morph.details", "Of a morph the form, the gloss and the joins come."),
    Loss("spans", "Links and styles inside of texts are left out."),
    Loss("dates", "It does not say when something was made or changed."),
    Loss("fields", "It has no own fields, traits and annotations."),
    Loss("entry", "It holds texts: it has no lexicon."),
    Loss("relation", "It has no relations."),
    Loss("field", "It does not describe own fields."),
    Loss("comment", "It has no discussions."),
    Loss("project", "Of the project the title comes at most."),
)
_EXAMPLES = (
    Loss("text.details", "Of a text the title and the source come."),
    Loss("utterance.literal", "Translations come in one language, literal ones not at all."),
    Loss("utterance.time", "It has no times."),
    Loss("item", "Of lists the labels of glosses come, as far as they are used."),
)


class TextsForPeople:
    """A format in which texts are read by people.

    Attributes:
        choices: values of options among which a page lets people choose, each with its name.

    Options of `write`:
        text: id of the one text that is written; without it all.
        ws: the writing system of the words; `gloss`: that of glosses and translations.
        package: of LaTeX: `gb4e`, `expex` or `linguex`.
        bom: of CSV: `no` leaves out the mark by which spreadsheets know UTF-8.
    """

    def __init__(
        self, kind: str, name: str, suffixes: tuple[str, ...], media_type: str,
        write: _Write, losses: tuple[Loss, ...],
        choices: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.id, self.name, self.media_type = kind, name, media_type
        self.suffixes: tuple[str, ...] = suffixes
        self.losses: tuple[Loss, ...] = losses
        self.choices = choices
        self._write = write

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes texts, and the sentences that stand alone as a text of their own.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such text.
            Invalid: an option is wrong.
        """
        return self._write(contents, path, options)


LATEX = TextsForPeople(
    "latex", "LaTeX", (".tex",), "application/x-tex", write_latex,
    (*_ALL, *_EXAMPLES,
     Loss("utterance.speaker", "It does not say who speaks."),
     Loss("person", "It has no people.")),
    {"package": (("gb4e", "gb4e"), ("expex", "ExPex"), ("linguex", "linguex"))},
)  # fmt: skip
HTML = TextsForPeople(
    "html", "Texts as a page", (".html",), "text/html", write_page,
    (*_ALL, *_EXAMPLES, Loss("person", "Of people the names of speakers come.")),
)  # fmt: skip
TEXT_TABLE = TextsForPeople(
    "text-table", "Texts as a table", (".csv", ".tsv", ".xlsx"), "text/csv", write_table,
    (*_ALL,
     Loss("text.details", "Of a text the title comes."),
     Loss("utterance.source", "It has no sources of lines."),
     Loss("item", "It has no lists."),
     Loss("person", "Of people the names of speakers come.")),
)  # fmt: skip
