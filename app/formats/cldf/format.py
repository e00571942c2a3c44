"""The format CLDF as the program knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.domain.messages import say
from app.formats.base import NO_OPTIONS, Contents, Found, Loss, Names
from app.formats.cldf.package import open_dataset
from app.formats.cldf.reader import Reader
from app.formats.cldf.writer import Writer

_LOSSES = (
    Loss("entry.access", "CLDF cannot say who may read an entry."),
    Loss("sense.access", "CLDF cannot say who may read a sense."),
    Loss("example.access", "CLDF cannot say who may read an example."),
    Loss("text.access", "CLDF cannot say who may read a text."),
    Loss("utterance.access", "CLDF cannot say who may read an example."),
    Loss("entry.pronunciations", "Pronunciations of entries are left out."),
    Loss("entry.forms", "Variants, allomorphs and inflected forms of entries are left out."),
    Loss("entry.etymologies", "Etymologies are left out."),
    Loss("sense.order", "Senses have no numbers; they stand in their sequence."),
    Loss("sense.further_glosses", "A sense has one gloss in a language."),
    Loss("sense.definition", "A definition that is the same as the gloss comes as the gloss."),
    Loss("sense.pos_traits", "Properties of the part of speech are left out."),
    Loss("sense.pictures", "Pictures are left out."),
    Loss("sense.reversals", "Words of reversal indexes are left out."),
    Loss("sense.links", "Links to WordNet and other catalogs are left out."),
    Loss("sense.examples", "Examples that are lines come after those that a sense alone has."),
    Loss("example.translations", "An example has one translation in a language, without a type."),
    Loss("notes", "Of the notes of something the first without a type is written."),
    Loss("text.notes", "Notes on texts are left out."),
    Loss("text.speakers", "Who speaks in a text is left out."),
    Loss("text.media", "Recordings and pictures are left out."),
    Loss("text.status", "The status of a text is left out."),
    Loss("text.paragraphs", "CLDF has no paragraphs."),
    Loss("utterance.translations", "Of the translations the free and the literal are written."),
    Loss("utterance.groups", "CLDF cannot tie words or morphs together."),
    Loss("utterance.speaker", "Who says a line is left out."),
    Loss("utterance.time", "Times in a recording are left out."),
    Loss("utterance.status", "The status of a line is left out."),
    Loss("word.language", "CLDF cannot say that a word is of another language."),
    Loss("word.speaker", "Who says a word is left out."),
    Loss("word.time", "Times in a recording are left out."),
    Loss("word.spans", "CLDF does not say where a word stands in its line."),
    Loss("word.notes", "Notes on words are left out."),
    Loss("word.analyses", "CLDF has one analysis of a word: the chosen one."),
    Loss("analysis.by", "CLDF does not say who made an analysis, and how sure it is."),
    Loss("analysis.gloss", "A gloss of a word whose morphs have glosses is left out."),
    Loss("analysis.pos", "CLDF has no parts of speech of words in texts."),
    Loss("analysis.entry", "CLDF has no ties of words to the lexicon."),
    Loss("morph.parts", "CLDF does not say which stretches of a word a morph is."),
    Loss("morph.type", "Types of morphs in texts show in their joins only."),
    Loss("morph.lemma", "CLDF has morphs as they are said, without lemma and number."),
    Loss("morph.pos", "CLDF has no parts of speech of morphs."),
    Loss("morph.entry", "CLDF has no ties of morphs to the lexicon."),
    Loss("spans", "CLDF has plain text, without links and styles."),
    Loss("dates", "CLDF does not say when something was made or changed."),
    Loss("fields", "Own fields, traits and annotations are left out."),
    Loss("relation", "Relations between entries are left out."),
    Loss("item", "CLDF has the codes of items where they are used, not the lists."),
    Loss("field", "CLDF does not describe own fields."),
    Loss("person", "CLDF has no people."),
    Loss("comment", "CLDF has no discussions."),
    Loss("project", "How the project works (visibility, groups, splitting of words) is left out."),
)


_CHOICES = {
    "module": (
        ("", say("All there is")),
        ("dictionary", say("Dictionary")),
        ("texts", say("Texts")),
    )
}


class Cldf:
    """Datasets of CLDF 1.x: a zip file, a folder, or a metadata file with tables beside it.

    Options of `write`:
        module: `dictionary` or `texts`; without it all that there is.
        document: id of the source document whose records are written, in its tables.
    """

    id = "cldf"
    name = "CLDF"
    suffixes: tuple[str, ...] = (".cldf.zip", "-metadata.json")
    written: tuple[str, ...] = (".cldf.zip",)
    media_type = "application/zip"
    losses: tuple[Loss, ...] = _LOSSES
    choices = _CHOICES

    def read(
        self, path: Path, names: Names, options: Mapping[str, str] = NO_OPTIONS
    ) -> Iterator[Found]:
        """Streams the source document, texts with their utterances, then entries.

        Raises:
            Unreadable: it is no dataset, a table is broken, or the zip file is not to be trusted.
        """
        with open_dataset(path) as package:
            yield from Reader(package, names).read()

    def write(self, contents: Contents, path: Path, options: dict[str, str]) -> Iterable[str]:
        """Writes a zip file, or into the folder of the metadata file that is named.

        Returns:
            Warnings about what could not be said.

        Raises:
            NotFound: there is no such document.
            Invalid: there is no such module.
        """
        return Writer(contents, options).write(path)


CLDF = Cldf()
