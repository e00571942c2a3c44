"""CoNLL-U as the program knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.conllu.reader import Reader
from app.formats.conllu.words import FORMAT
from app.formats.conllu.writer import Writer

_LOSSES = (
    Loss("text.details", "Of a text only an identifier comes, that of its file or its title."),
    Loss("utterance.access", "CoNLL-U cannot say who may read a sentence."),
    Loss("utterance.baseline", "Lines come in one writing system and one transliteration."),
    Loss("utterance.literal", "CoNLL-U has free translations only."),
    Loss("utterance.translations", "CoNLL-U has one translation into each language."),
    Loss("utterance.notes", "CoNLL-U has no notes."),
    Loss("utterance.groups", "CoNLL-U ties words together as multiword tokens only."),
    Loss("utterance.time", "CoNLL-U has times of words only, without their recording."),
    Loss("utterance.source", "CoNLL-U has no sources of sentences."),
    Loss("utterance.status", "CoNLL-U has no status of a sentence."),
    Loss("utterance.text", "Sentences that stand alone come in a document of their own."),
    Loss("word.details", "Of a word the form, its time and its analysis come."),
    Loss("word.analyses", "CoNLL-U has one analysis of a word: the chosen one."),
    Loss(
        "analysis.origin",
        "Of who made an analysis only unconfirmed guesses are told.",
    ),
    Loss("analysis.entry", "CoNLL-U has no ties to the lexicon."),
    Loss("analysis.pos", "A space in a part of speech becomes an underscore."),
    Loss("morph.details", "Of a morph the form, the gloss and the joins come."),
    Loss("morph.lemma", "Words of several morphs come without lemmas."),
    Loss("morph.gloss", "Glosses come in one language; a vertical bar becomes a slash."),
    Loss("spans", "CoNLL-U has plain text, without links and styles."),
    Loss("dates", "CoNLL-U does not say when something was made or changed."),
    Loss("fields", "CoNLL-U has no own fields, traits and annotations."),
    Loss("entry", "CoNLL-U holds texts: it has no lexicon."),
    Loss("relation", "CoNLL-U has no relations."),
    Loss("item", "CoNLL-U has the labels of parts of speech where they are used."),
    Loss("field", "CoNLL-U does not describe own fields."),
    Loss("person", "CoNLL-U has the names of speakers only."),
    Loss("comment", "CoNLL-U has no discussions."),
    Loss("project", "CoNLL-U has no place for what is said of the project as a whole."),
)


class Conllu:
    """Treebanks in CoNLL-U, with glosses and segmentations where they have them.

    Options of `read` and `write`:
        ws: the writing system of the words; else the language that a name such as
            `bej_nsc-ud-test.conllu` tells, else the project's first.
        gloss: that of glosses.
    Options of `read`:
        pos: `upos` or `xpos`, the column that holds the parts of speech.
    Options of `write`:
        text: id of the one text that is written; without it all.
        document: id of the source document whose texts are written.
    """

    id = FORMAT
    name = "CoNLL-U"
    suffixes: tuple[str, ...] = (".conllu", ".conll")
    written: tuple[str, ...] = (".conllu",)
    media_type = "text/plain"
    losses: tuple[Loss, ...] = _LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the source document, then each text with its sentences.

        Raises:
            Unreadable: it is no text in UTF-8, or holds no sentences of ten columns.
            Invalid: an option is wrong.
        """
        yield from Reader(path, names, options).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes texts, and the sentences that stand alone as a document of their own.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such text.
        """
        return Writer(contents, options).write(path)


CONLLU = Conllu()
