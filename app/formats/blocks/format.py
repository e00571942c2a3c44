"""Glossed examples in plain text as the program knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.blocks.reader import FORMAT, Reader
from app.formats.blocks.writer import Writer

_LOSSES = (
    Loss("text.details", "Of a text the title comes in one language, and nothing else."),
    Loss("text.paragraphs", "Blocks have no paragraphs."),
    Loss("utterance.access", "Blocks cannot say who may read a line."),
    Loss("utterance.label", "A number that is no number, such as “T1.b”, is counted anew."),
    Loss("utterance.baseline", "Lines and words come in one writing system."),
    Loss("utterance.translation", "Translations come in one language."),
    Loss("utterance.translations", "Blocks have one free and one literal translation."),
    Loss("utterance.notes", "Blocks have no notes."),
    Loss("utterance.groups", "Blocks cannot tie words or morphs together."),
    Loss("utterance.speaker", "Blocks do not say who speaks."),
    Loss("utterance.time", "Blocks have no times."),
    Loss("utterance.status", "Blocks have no status of a line."),
    Loss("utterance.text", "Sentences that stand alone come in a text of their own."),
    Loss("word.details", "Of a word the form and its analysis come."),
    Loss("word.form", "A space in a word, morph or gloss becomes a full stop."),
    Loss("word.analyses", "Blocks have one analysis of a word: the chosen one."),
    Loss("analysis.origin", "Blocks do not say who made or confirmed an analysis."),
    Loss("analysis.gloss", "The gloss of a word comes where its morphs have none."),
    Loss("analysis.pos", "Blocks have no parts of speech."),
    Loss("analysis.entry", "Blocks have no ties to the lexicon."),
    Loss("morph.details", "Of a morph the form, the gloss and the joins come."),
    Loss("spans", "Blocks are plain text, without links and styles."),
    Loss("dates", "Blocks do not say when something was made or changed."),
    Loss("fields", "Blocks have no own fields, traits and annotations."),
    Loss("entry", "Blocks hold texts: they have no lexicon."),
    Loss("relation", "Blocks have no relations."),
    Loss("item", "Blocks have no lists."),
    Loss("field", "Blocks do not describe own fields."),
    Loss("person", "Blocks have no people."),
    Loss("comment", "Blocks have no discussions."),
    Loss("project", "Blocks have no place for what is said of the project as a whole."),
)


class Blocks:
    """Glossed examples in plain text: number, words with joins, glosses, translation.

    Options of `read` and `write`:
        ws: the writing system of the words; the project's first where left out.
        gloss: that of glosses and translations.
    Options of `write`:
        text: id of the one text that is written; without it all.
    """

    id = FORMAT
    name = "Glossed examples"
    suffixes: tuple[str, ...] = (".igt", ".txt")
    written: tuple[str, ...] = (".txt",)
    media_type = "text/plain"
    losses: tuple[Loss, ...] = _LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the source document, then each text with its utterances.

        Raises:
            Unreadable: it is no text in UTF-8, or is empty.
        """
        yield from Reader(path, names, options).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes texts, and the sentences that stand alone as a text of their own.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such text.
        """
        return Writer(contents, options).write(path)


BLOCKS = Blocks()
