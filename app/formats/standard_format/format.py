"""The formats of Standard Format as the program knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.standard_format.dictionary import DictionaryReader, DictionaryWriter
from app.formats.standard_format.document import open_to_read, open_to_write
from app.formats.standard_format.interlinear import TextReader, TextWriter

_UNMAPPED = "left out where the mapping has no marker for"
_MDF_LOSSES = (
    Loss("entry.access", "MDF cannot say who may read an entry."),
    Loss("sense.access", "MDF cannot say who may read a sense."),
    Loss("example.access", "MDF cannot say who may read an example."),
    Loss("relation.access", "MDF cannot say who may read a relation."),
    Loss("media.access", "MDF cannot say who may read a picture."),
    Loss("media.file", "MDF names a picture by its place only."),
    Loss("media.label", "MDF has no captions."),
    Loss("entry.morph_type", "MDF has no types of morphs; the hyphens of the lemma show them."),
    Loss("form.details", "Of variants MDF has the form and remarks only."),
    Loss("pronunciation.media", "MDF has no recordings of a pronunciation."),
    Loss("sense.senses", "Subsenses come as senses of their own."),
    Loss("sense.source_id", "MDF has no identifiers of senses."),
    Loss("sense.pos_traits", "MDF has no properties of the part of speech."),
    Loss("sense.links", "MDF has no links to WordNet or other catalogs."),
    Loss("reversal.details", "Of reversals MDF has the words only."),
    Loss("example.notes", "MDF has no notes on examples."),
    Loss("example.utterance", "An example that is a line of a text comes without its words."),
    Loss("translation.type", "MDF has translations of examples of one kind."),
    Loss("etymology.type", "Of types of etymologies MDF has borrowings only."),
    Loss("note.type", "A note of a type for which the mapping has no marker is a general note."),
    Loss("relation.usage", "MDF does not say how a relation is used."),
    Loss("relation.members", "A relation of more than two members comes as pairs."),
    Loss("writing-system", f"Texts in a writing system are {_UNMAPPED} it."),
    Loss("fields", f"Own fields are {_UNMAPPED} them, and so are traits and annotations."),
    Loss("dates", "MDF has the day of an entry's last change only."),
    Loss("spans", "Links, and styles that the mapping does not name, are left out of texts."),
    Loss("text", "MDF holds a lexicon: it has no texts."),
    Loss("utterance", "MDF holds a lexicon: it has no lines of texts."),
    Loss("item", "MDF has no lists; it has the short names of items where they are used."),
    Loss("field", "MDF does not describe own fields."),
    Loss("person", "MDF has no people."),
    Loss("comment", "MDF has no discussions."),
    Loss("project", "MDF has no place for what is said of the project as a whole."),
)
_TEXT_LOSSES = (
    Loss("text.access", "Toolbox cannot say who may read a text."),
    Loss("text.date", "Toolbox has no date of a text."),
    Loss("text.notes", "Toolbox has notes on lines only."),
    Loss("text.status", "Toolbox has no status of a text."),
    Loss("text.speakers", "Toolbox names who speaks at each line only."),
    Loss("text.paragraphs", "Toolbox has no paragraphs."),
    Loss("text.media", "A recording of which no line has a time is left out."),
    Loss("media.file", "Toolbox names a recording by its place only."),
    Loss("media.label", "Toolbox has no captions."),
    Loss("media.access", "Toolbox cannot say who may read a recording."),
    Loss("utterance.access", "Toolbox cannot say who may read a line."),
    Loss("utterance.translations", "Toolbox has one free and one literal translation."),
    Loss("utterance.groups", "Toolbox cannot tie words or morphs together."),
    Loss("utterance.status", "Toolbox has no status of a line."),
    Loss("utterance.text", "Sentences that stand alone come in a text of their own."),
    Loss("time.estimated", "Toolbox cannot say that a time is estimated."),
    Loss("word.form", "Words stand in the line as it is written, without another spelling."),
    Loss("word.language", "Toolbox cannot say that a word is of another language."),
    Loss("word.speaker", "Toolbox has no speakers of words."),
    Loss("word.time", "Toolbox has times of lines only."),
    Loss("word.notes", "Toolbox has notes on lines only."),
    Loss("word.analyses", "Toolbox has one analysis of a word: the chosen one."),
    Loss("analysis.origin", "Toolbox does not say who made or confirmed an analysis."),
    Loss(
        "analysis.gloss", f"Glosses and parts of speech of words with morphs are {_UNMAPPED} them."
    ),
    Loss("analysis.entry", "Toolbox has no ties of words to the lexicon."),
    Loss("morph.entry", "Toolbox has no ties of morphs to the lexicon."),
    Loss("morph.lemma", "Toolbox has morphs as they are said here, without lemma and number."),
    Loss("morph.form", "A space in a morph becomes a full stop."),
    Loss("morph.parts", "Toolbox does not say which stretches of a word a morph is."),
    Loss("morph.type", "Toolbox has types of morphs only as far as their joins show them."),
    Loss("note.type", "A note of a type for which the mapping has no marker is a general note."),
    Loss("writing-system", f"Texts in a writing system are {_UNMAPPED} it."),
    Loss("spans", "Toolbox has plain text, without links and styles."),
    Loss("dates", "Toolbox does not say when something was made or changed."),
    Loss("fields", "Texts in Toolbox have no own fields, traits and annotations."),
    Loss("entry", "A text in Toolbox has no lexicon: write a dictionary beside it."),
    Loss("relation", "A text in Toolbox has no relations."),
    Loss("item", "Toolbox has no lists; it has the short names of items where they are used."),
    Loss("field", "Toolbox does not describe own fields."),
    Loss("person", "Toolbox has the names of speakers only."),
    Loss("comment", "Toolbox has no discussions."),
    Loss("project", "Toolbox has no place for what is said of the project as a whole."),
)


class Dictionary:
    """Dictionaries in Standard Format with the markers of MDF or with others.

    Options of `read` and `write`:
        map: JSON; see `app.formats.standard_format.mapping`. What it does not name is guessed.
        encoding: of the file; UTF-8 where left out.
    Options of `write`:
        document: id of the source document whose entries are written; without it all.
    """

    id = "mdf"
    name = "MDF"
    suffixes: tuple[str, ...] = (".sfm", ".db", ".dic", ".lex", ".mdf")
    written: tuple[str, ...] = (".sfm",)
    media_type = "text/plain"
    losses: tuple[Loss, ...] = _MDF_LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the source document, the entries with their subentries, then relations.

        Raises:
            Unreadable: it is no text, in another encoding, or has no records.
            Invalid: the mapping is wrong.
        """
        yield from DictionaryReader(open_to_read(path, self.id, names, options), names).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes the entries, subentries inside of the entries in which they came.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such document.
            Invalid: the mapping is wrong.
        """
        document = open_to_write(contents, self.id, options)
        return DictionaryWriter(contents, document, options.get("document", "")).write(path)


class Toolbox:
    """Interlinear texts in Standard Format, as Toolbox and Shoebox keep them.

    Options of `read` and `write`:
        map: JSON; see `app.formats.standard_format.mapping`. What it does not name is guessed.
        encoding: of the file; UTF-8 where left out.
    Options of `write`:
        document: id of the source document whose texts are written; without it all.
        columns: `bytes` counts columns in bytes, as older programs do.
        morphs: `apart` gives each morph a cell of its own also where its type is not known.
    """

    id = "toolbox"
    name = "Toolbox"
    suffixes: tuple[str, ...] = (".txt", ".sfm", ".tbt")
    written: tuple[str, ...] = (".txt",)
    media_type = "text/plain"
    losses: tuple[Loss, ...] = _TEXT_LOSSES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the source document, then each text with its utterances.

        Raises:
            Unreadable: it is no text, in another encoding, or has no lines.
            Invalid: the mapping is wrong.
        """
        yield from TextReader(open_to_read(path, self.id, names, options), names).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes texts, and the sentences that stand alone as a text of their own.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such document.
            Invalid: the mapping is wrong.
        """
        document = open_to_write(contents, self.id, options)
        return TextWriter(
            contents,
            document,
            options.get("document", ""),
            by_bytes=options.get("columns") == "bytes",
            spaced=options.get("morphs") == "apart",
        ).write(path)


MDF = Dictionary()
TOOLBOX = Toolbox()
