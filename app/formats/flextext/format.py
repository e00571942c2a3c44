"""The format flextext as the program knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.flextext.reader import Reader
from app.formats.flextext.writer import Writer

_LOSSES = (
    Loss("text.access", "A flextext file cannot say who may read a text."),
    Loss("text.genre", "A flextext file has no genres."),
    Loss("text.date", "A flextext file has no date of a text."),
    Loss("text.notes", "A flextext file has notes on phrases and words only."),
    Loss("text.status", "A flextext file has no status of a text."),
    Loss("text.speakers", "A flextext file names who speaks at each phrase only."),
    Loss("media.file", "A flextext file names a recording by its place only."),
    Loss("media.label", "A flextext file has no captions."),
    Loss("media.access", "A flextext file cannot say who may read a recording."),
    Loss("utterance.access", "A flextext file cannot say who may read a phrase."),
    Loss("utterance.translations", "A flextext file has one free and one literal translation."),
    Loss("utterance.groups", "A flextext file cannot tie words or morphs together."),
    Loss("utterance.source", "A flextext file has no sources of phrases."),
    Loss("utterance.status", "A flextext file has no status of a phrase."),
    Loss("utterance.text", "Sentences that stand alone come in a text of their own."),
    Loss("time.estimated", "A flextext file cannot say that a time is estimated."),
    Loss("word.language", "A flextext file cannot say that a word is of another language."),
    Loss("word.speaker", "A flextext file has no speakers of words."),
    Loss("word.time", "A flextext file has times of phrases only."),
    Loss("word.spans", "A flextext file does not say where a word stands in its line."),
    Loss("word.analyses", "A flextext file has one analysis of a word: the chosen one."),
    Loss("analysis.by", "A flextext file does not say who made an analysis."),
    Loss("analysis.confidence", "A flextext file does not say how sure an analysis is."),
    Loss("analysis.entry", "A flextext file has no ties of whole words to the lexicon."),
    Loss("morph.parts", "A flextext file does not say which stretches of a word a morph is."),
    Loss("morph.entry", "A flextext file names the lexicon by lemma and number only."),
    Loss("note.type", "A flextext file has notes of one kind."),
    Loss("spans", "A flextext file has plain text, without links and styles."),
    Loss("dates", "A flextext file does not say when something was made or changed."),
    Loss("fields", "A flextext file has no own fields, traits and annotations."),
    Loss("entry", "A flextext file holds texts: it has no lexicon."),
    Loss("relation", "A flextext file has no relations."),
    Loss("item", "A flextext file has no lists."),
    Loss("field", "A flextext file does not describe own fields."),
    Loss("person", "A flextext file has the names of speakers only."),
    Loss("comment", "A flextext file has no discussions."),
    Loss("project", "A flextext file has no place for what is said of the project as a whole."),
)


class Flextext:
    """FieldWorks' interlinear texts: a .flextext file of version 2.

    Options of `write`:
        document: id of the source document whose texts are written; without it all texts.
    """

    id = "flextext"
    name = "FLExText"
    suffixes: tuple[str, ...] = (".flextext",)
    media_type = "application/xml"
    losses: tuple[Loss, ...] = _LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams what a file holds: persons before the text in which they speak, each text before
        its utterances, the source document last.

        Raises:
            Unreadable: see `app.formats.xml`.
        """
        yield from Reader(path, names).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes texts, and the sentences that stand alone as a text of their own.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such document.
        """
        return Writer(contents, options).write(path)


FLEXTEXT = Flextext()
